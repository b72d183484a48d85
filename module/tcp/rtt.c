// SPDX-License-Identifier: GPL-2.0
#include "rtt.h"

/**
 * kite_tcp_rtt_init() - before anything was measured
 * @tp: the connection
 */
void kite_tcp_rtt_init(struct kite_tcp_sock *tp)
{
	tp->srtt_us = 0;
	tp->rttvar_us = 0;
	tp->rto = KITE_RTO_INIT;
}

/**
 * kite_tcp_rtt_sample() - take a measurement in
 * @tp: the connection
 * @rtt_us: µs between a segment and its acknowledgment; the segment was sent
 *	once only (Karn's rule)
 *
 * SRTT and RTTVAR are kept scaled by their gains, 1/8 and 1/4, as in Jacobson's
 * paper, so that the shifts lose nothing. The lower bound is put under the
 * variation term and not under the sum: a timeout stays that much above a long
 * smooth round trip too.
 *
 * Context: socket lock held.
 */
void kite_tcp_rtt_sample(struct kite_tcp_sock *tp, u32 rtt_us)
{
	u32 var_floor = jiffies_to_usecs(KITE_RTO_MIN);

	/* Cannot overflow, and no path takes longer than an RTO may. */
	rtt_us = clamp_t(u32, rtt_us, 1, jiffies_to_usecs(KITE_RTO_MAX));

	if (!tp->srtt_us) {
		tp->srtt_us = rtt_us << 3;
		tp->rttvar_us = rtt_us << 1;
	} else {
		s32 err = rtt_us - (tp->srtt_us >> 3);

		tp->srtt_us = max_t(u32, tp->srtt_us + err, 1);
		tp->rttvar_us += abs(err) - (tp->rttvar_us >> 2);
	}
	/* rttvar_us holds 4 * RTTVAR, the very term that RFC 6298 2.3 adds. */
	tp->rto = min_t(unsigned long, KITE_RTO_MAX,
			usecs_to_jiffies((tp->srtt_us >> 3) +
					 max(tp->rttvar_us, var_floor)));
}

/**
 * kite_tcp_rto_backed_off() - how long to wait now
 * @tp: the connection
 *
 * Return: jiffies, at most KITE_RTO_MAX.
 */
unsigned long kite_tcp_rto_backed_off(const struct kite_tcp_sock *tp)
{
	u64 rto = (u64)tp->rto << min_t(u8, tp->backoff, 16);

	return min_t(u64, rto, KITE_RTO_MAX);
}
