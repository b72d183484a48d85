/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Urgent data, RFC 9293 3.8.5 and RFC 6093: a pointer in the header marks one octet of
 * the stream, which the user reads aside (MSG_OOB) or in its place (SO_OOBINLINE).
 *
 * What this costs everybody else is one branch at each place where it matters; those are
 * the inline functions here.
 */
#ifndef _KITE_TCP_URGENT_H
#define _KITE_TCP_URGENT_H

#include "tcp_sock.h"

void kite_urgent_mark(struct kite_tcp_sock *tp);
void kite_urgent_point(const struct kite_tcp_sock *tp, struct tcphdr *th, u32 seq);
bool kite_urgent_wants_probe(const struct kite_tcp_sock *tp);
void kite_urgent_reset(struct kite_tcp_sock *tp);

void kite_urgent_segment(struct sock *sk, const struct sk_buff *skb);
int kite_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);
u32 kite_urgent_skip(const struct sock *sk, u32 seq, size_t *used);
u32 kite_urgent_inq(const struct sock *sk, u32 inq);
bool kite_urgent_at_mark(const struct kite_tcp_sock *tp);

/**
 * kite_urgent_acked() - snd_una has moved
 * @tp: the connection
 *
 * Context: socket lock held.
 */
static inline void kite_urgent_acked(struct kite_tcp_sock *tp)
{
	if (unlikely(tp->nagle & KITE_NAGLE_URGENT) &&
	    !kite_before(tp->snd_una, tp->snd_up))
		tp->nagle &= ~KITE_NAGLE_URGENT;
}

/**
 * kite_urgent_rcv() - look for a pointer, or the octet that an earlier one meant (twin of
 * tcp_urg())
 * @sk: the connection
 * @skb: an acceptable segment, data at its header
 *
 * RFC 9293 3.10.7.4 sixth step.
 *
 * Context: socket lock held, BH disabled.
 */
static inline void kite_urgent_rcv(struct sock *sk, const struct sk_buff *skb)
{
	if (unlikely(kite_tcp_cb(skb)->flags & KITE_TCP_URG ||
		     kite_tcp_sk(sk)->urgent == KITE_URGENT_AWAITED))
		kite_urgent_segment(sk, skb);
}

/**
 * kite_urgent_passed() - the user has read up to copied_seq
 * @tp: the connection
 *
 * Context: socket lock held.
 */
static inline void kite_urgent_passed(struct kite_tcp_sock *tp)
{
	if (unlikely(tp->urgent) && kite_after(tp->copied_seq, tp->rcv_up))
		WRITE_ONCE(tp->urgent, KITE_URGENT_NONE);
}

#endif /* _KITE_TCP_URGENT_H */
