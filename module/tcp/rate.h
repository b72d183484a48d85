/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast the network delivers what a connection sends
 * (draft-cheng-iccrg-delivery-rate-estimation): what arrived between the moments when a segment was
 * sent and when it was acknowledged, in octets. That takes a round trip at least; where what was
 * acknowledged had taken longer to be sent, so long (acknowledgments may come together).
 */
#ifndef _KITE_TCP_RATE_H
#define _KITE_TCP_RATE_H

#include "segment.h"
#include "seq.h"

struct kite_tcp_sock;

/**
 * struct kite_rate - rate of delivery
 * @first_us:	when the latest of the segments that were delivered last was sent, or, when nothing
 *		had been outstanding, the first that is; µs
 * @delivered_us: when anything was delivered last, or as above; µs
 * @idle_end:	how much will have been delivered when all has arrived that was outstanding when
 *		the user had written too little, octets; 0 = it did not
 * @octets:	so much was delivered, octets
 * @interval_us: in so long, µs; 0 = nobody knows
 * @prior:	of what an acknowledgment tells, the segment that was sent last: how much had been
 *		delivered when it was, octets
 * @prior_us:	@delivered_us then; 0 = no acknowledgment is being looked at
 * @sent_us:	since @first_us then, µs
 * @prior_idle:	the user had written too little then
 * @idle:	... when @octets was measured: the network may deliver more
 *
 * Moments are the low 32 bits of kite_tcp_clock_us(). What was delivered is counted in
 * kite_scoreboard.delivered.
 *
 * Context: socket lock.
 */
struct kite_rate {
	u32	first_us;
	u32	delivered_us;
	u32	idle_end;
	u32	octets;
	u32	interval_us;
	u32	prior;
	u32	prior_us;
	u32	sent_us;
	bool	prior_idle;
	bool	idle;
};

/**
 * kite_rate_sent() - a packet leaves
 * @r: the connection's
 * @cb: of the packet, which the peer does not report to have
 * @delivered: kite_scoreboard.delivered
 * @begins: nothing else is outstanding
 * @now_us: kite_tcp_clock_us()
 *
 * Context: socket lock held.
 */
static inline void kite_rate_sent(struct kite_rate *r, struct kite_tcp_cb *cb, u32 delivered,
				  bool begins, u32 now_us)
{
	if (begins) {
		r->first_us = now_us;
		r->delivered_us = now_us;
	}
	cb->first_us = r->first_us;
	cb->delivered_us = r->delivered_us;
	cb->delivered = delivered;
	cb->idle = !!r->idle_end;
}

/**
 * kite_rate_delivered() - an acknowledgment tells that a packet has arrived (twin of
 * tcp_rate_skb_delivered())
 * @r: the connection's
 * @cb: of the packet
 *
 * Of all that it tells of, what was sent last counts. Of what the peer had reported, and then
 * has thrown away, nobody knows.
 *
 * Context: socket lock held.
 */
static inline void kite_rate_delivered(struct kite_rate *r, const struct kite_tcp_cb *cb)
{
	if (unlikely(!cb->delivered_us) ||
	    (r->prior_us && kite_before(cb->sent_us, r->first_us)))
		return;
	r->prior = cb->delivered;
	r->prior_us = cb->delivered_us;
	r->sent_us = cb->sent_us - cb->first_us;
	r->first_us = cb->sent_us;
	r->prior_idle = cb->idle;
}

/**
 * kite_rate_sample() - that is all that it tells (twin of tcp_rate_gen())
 * @r: the connection's
 * @delivered: kite_scoreboard.delivered
 * @least_us: the shortest round trip, µs: what seems to have taken less is a copy that was sent
 *	for nothing
 * @now_us: kite_tcp_clock_us()
 *
 * Where the user wrote too little, it is but the least that the network can do.
 *
 * Context: socket lock held.
 */
static inline void kite_rate_sample(struct kite_rate *r, u32 delivered, u32 least_us, u32 now_us)
{
	u32 octets = delivered - r->prior;
	u32 interval_us = max(r->sent_us, now_us - r->prior_us);

	if (unlikely(!r->prior_us))
		return;
	r->prior_us = 0;
	r->delivered_us = now_us;
	if (kite_after(delivered, r->idle_end))
		r->idle_end = 0;
	if (unlikely(interval_us < least_us) ||
	    (r->prior_idle && (u64)octets * r->interval_us < (u64)r->octets * interval_us))
		return;
	r->octets = octets;
	r->interval_us = interval_us;
	r->idle = r->prior_idle;
}

u64 kite_rate(const struct kite_tcp_sock *tp);

#endif /* _KITE_TCP_RATE_H */
