// SPDX-License-Identifier: GPL-2.0
#include "hystart.h"

#include "cong.h"
#include "seq.h"

/* The constants of RFC 9406 4.3. */
#define MIN_RTT_THRESH	4000U	/* µs */
#define MAX_RTT_THRESH	16000U	/* µs */
#define RTT_DIVISOR	8
#define RTT_SAMPLES	8
#define CSS_DIVISOR	4
#define CSS_ROUNDS	5

static void begin_round(struct kite_tcp_sock *tp, struct kite_hystart *hs)
{
	hs->round_end = tp->snd_nxt;
	hs->last_min_us = hs->round_min_us;
	hs->round_min_us = 0;
	hs->samples = 0;
}

/**
 * kite_hystart_rtt() - a round-trip time was measured in the first slow start
 * @hs: HyStart++'s part of the connection, zero at the beginning
 * @rtt_us: µs, not 0
 *
 * Context: socket lock held.
 */
void kite_hystart_rtt(struct kite_hystart *hs, u32 rtt_us)
{
	u32 threshold;

	if (!hs->round_min_us || rtt_us < hs->round_min_us)
		hs->round_min_us = rtt_us;
	if (hs->samples < RTT_SAMPLES)
		hs->samples++;
	if (hs->samples < RTT_SAMPLES)
		return;

	if (hs->css_min_us) {
		/* It was not a queue that made them longer. */
		if (hs->round_min_us < hs->css_min_us) {
			hs->css_min_us = 0;
			hs->css_rounds = 0;
		}
		return;
	}
	threshold = clamp(hs->last_min_us / RTT_DIVISOR, MIN_RTT_THRESH,
			  MAX_RTT_THRESH);
	if (hs->last_min_us && hs->round_min_us >= hs->last_min_us + threshold)
		hs->css_min_us = hs->round_min_us;
}

/**
 * kite_hystart_acked() - open the window in the first slow start
 * @tp: the connection
 * @hs: HyStart++'s part of it
 * @acked: octets acknowledged
 *
 * May end slow start by setting ssthresh.
 *
 * Context: socket lock held.
 */
void kite_hystart_acked(struct kite_tcp_sock *tp, struct kite_hystart *hs,
			u32 acked)
{
	kite_cong_slow_start(tp, hs->css_min_us ? acked / CSS_DIVISOR : acked);
	if (!hs->round_end) {
		/* The first sample is of the first round, which has begun. */
		hs->round_end = tp->snd_nxt;
	} else if (!kite_before(tp->snd_una, hs->round_end)) {
		begin_round(tp, hs);
		if (hs->css_min_us && ++hs->css_rounds >= CSS_ROUNDS)
			tp->ssthresh = tp->cwnd;
	}
}
