// SPDX-License-Identifier: GPL-2.0
#include "rtt.h"

#include <net/dst.h>

#include "../compat/compat.h"
#include "timer.h"

/*
 * The least timeout, µs: what the route says (ip route ... rto_min), else the
 * namespace's. Linux takes the route's only when it is locked, which ip(8) does
 * to it always.
 */
static u32 rto_min_us(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	if (dst && dst_metric_locked(dst, RTAX_RTO_MIN))
		return dst_metric_raw(dst, RTAX_RTO_MIN) * USEC_PER_MSEC;
	return kite_sysctl_tcp_rto_min_us(sock_net(sk));
}

/**
 * kite_tcp_delack_max() - how long acknowledgments may wait (twin of tcp_delack_max())
 * @sk: the connection, which has a route
 *
 * If timeouts are as short on the other side as they may be here, less than one.
 *
 * Context: socket lock held.
 * Return: jiffies.
 */
u8 kite_tcp_delack_max(struct sock *sk)
{
	return min_t(unsigned long, KITE_DELACK_MAX,
		     max(usecs_to_jiffies(rto_min_us(sk)), 2UL) - 1);
}

/**
 * kite_tcp_rtt_init() - before anything was measured
 * @tp: the connection
 */
void kite_tcp_rtt_init(struct kite_tcp_sock *tp)
{
	tp->srtt_us = 0;
	tp->rttvar_us = 0;
	tp->rto = KITE_RTO_INIT;
	tp->delack_max = KITE_DELACK_MAX;
	memset(&tp->least, 0, sizeof(tp->least));
	tp->least.us = U32_MAX;
	tp->least.next_us = U32_MAX;
}

/*
 * Keep the least round trip of the last tcp_min_rtt_wlen seconds, and a later one to take
 * its place when it is too old.
 */
static void note_least(struct sock *sk, u32 rtt_us)
{
	u32 window = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_rtt_wlen) * HZ;
	struct kite_least_rtt *least = &kite_tcp_sk(sk)->least;
	u32 now = jiffies;

	if (rtt_us <= least->us || now - least->next_at > window ||
	    (rtt_us <= least->next_us && now - least->at > window)) {
		least->us = rtt_us;
		least->at = now;
	} else if (now - least->at > window) {
		least->us = least->next_us;
		least->at = least->next_at;
	} else if (rtt_us > least->next_us &&
		   (least->next_at != least->at ||
		    now - least->at <= window / 2)) {
		return;
	}
	least->next_us = rtt_us;
	least->next_at = now;
}

/**
 * kite_tcp_rtt_sample() - take a measurement in
 * @sk: the connection
 * @rtt_us: µs between a segment and its acknowledgment; the segment was sent
 *	once only (Karn's rule), or a timestamp says which copy was answered
 * @waited: the peer may have kept the acknowledgment back
 *
 * SRTT and RTTVAR are kept scaled by their gains, 1/8 and 1/4, as in Jacobson's
 * paper, so that the shifts lose nothing. The lower bound is put under the
 * variation term and not under the sum: a timeout stays that much above a long
 * smooth round trip too.
 *
 * Context: socket lock held.
 */
void kite_tcp_rtt_sample(struct sock *sk, u32 rtt_us, bool waited)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 var_floor = rto_min_us(sk);

	/* Cannot overflow, and no path takes longer than an RTO may. */
	rtt_us = clamp_t(u32, rtt_us, 1, jiffies_to_usecs(KITE_RTO_MAX));
	if (!waited || rtt_us <= tp->least.us)
		note_least(sk, rtt_us);

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
