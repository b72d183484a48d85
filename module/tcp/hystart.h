/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HyStart++, RFC 9406: leave the first slow start when round trips begin to take
 * longer, which is before a queue overflows.
 */
#ifndef _KITE_TCP_HYSTART_H
#define _KITE_TCP_HYSTART_H

#include "tcp_sock.h"

/**
 * struct kite_hystart - what it knows of a connection in its first slow start
 * @round_end: the round is over when this octet is acknowledged
 * @round_min_us: least round-trip time of this round, µs; 0 = none measured
 * @last_min_us: the same of the round before
 * @css_min_us: that of the round in which conservative slow start began; 0 = it
 *	did not
 * @samples: measurements in this round, as far as they matter
 * @css_rounds: rounds of conservative slow start that are over
 */
struct kite_hystart {
	u32	round_end;
	u32	round_min_us;
	u32	last_min_us;
	u32	css_min_us;
	u8	samples;
	u8	css_rounds;
};

void kite_hystart_rtt(struct kite_hystart *hs, u32 rtt_us);
void kite_hystart_acked(struct kite_tcp_sock *tp, struct kite_hystart *hs,
			u32 acked);

/**
 * kite_hystart_paused() - octets were acknowledged of less than the window
 * @tp: the connection
 * @hs: HyStart++'s part of it
 *
 * Such a round tells nothing. Its end goes along, lest it lies ahead two gigabytes later.
 *
 * Context: socket lock held.
 */
static inline void kite_hystart_paused(const struct kite_tcp_sock *tp, struct kite_hystart *hs)
{
	if (hs->round_end && !kite_before(tp->snd_una, hs->round_end))
		hs->round_end = tp->snd_una;
}

#endif /* _KITE_TCP_HYSTART_H */
