/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Explicit congestion notification, RFC 3168. A router marks what it would have dropped
 * soon (CE), the receiver tells the sender (ECE) until that says that it goes slower (CWR).
 *
 * Who has not agreed to it pays one branch at each place; those are the inline functions
 * here.
 */
#ifndef _KITE_TCP_ECN_H
#define _KITE_TCP_ECN_H

#include "tcp_sock.h"

bool kite_ecn_is_agreeable(const struct net *net);
bool kite_ecn_is_offer(const struct net *net, const struct sk_buff *syn);
void kite_ecn_offer(struct sock *sk);
u8 kite_ecn_syn_flags(const struct sock *sk);
void kite_ecn_answered(struct kite_tcp_sock *tp, u8 flags);

u8 kite_ecn_send(struct kite_tcp_sock *tp, struct sk_buff *skb);
void kite_ecn_arrived(struct kite_tcp_sock *tp, const struct sk_buff *skb);
void kite_ecn_echoed(struct sock *sk, u32 ack);

/**
 * kite_ecn_data() - data leaves that was never sent before
 * @tp: the connection
 * @skb: the packet, which gets its mark
 *
 * Return: KITE_TCP_* bits for its header.
 */
static inline u8 kite_ecn_data(struct kite_tcp_sock *tp, struct sk_buff *skb)
{
	return unlikely(tp->ecn) ? kite_ecn_send(tp, skb) : 0;
}

/**
 * kite_ecn_rcv() - a segment has come
 * @tp: the connection
 * @skb: the segment, network header behind it
 */
static inline void kite_ecn_rcv(struct kite_tcp_sock *tp, const struct sk_buff *skb)
{
	if (unlikely(tp->ecn))
		kite_ecn_arrived(tp, skb);
}

/**
 * kite_ecn_reduced() - the congestion window gets smaller, for whatever reason
 * @tp: the connection
 */
static inline void kite_ecn_reduced(struct kite_tcp_sock *tp)
{
	if (unlikely(tp->ecn))
		tp->ecn |= KITE_ECN_CWR;
}

#endif /* _KITE_TCP_ECN_H */
