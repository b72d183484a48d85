/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Path MTU discovery, as a socket's IP_MTU_DISCOVER wants it.
 */
#ifndef _KITE_IP_PMTU_H
#define _KITE_IP_PMTU_H

#include "../kite.h"
#include "../route/pmtu.h"

u32 kite_sk_mtu(const struct sock *sk, const struct kite_route *rt);
u32 kite_skb_mtu(const struct sock *sk, const struct sk_buff *skb);
bool kite_may_fragment(const struct sock *sk);
bool kite_accepts_pmtu(const struct sock *sk);
void kite_pmtu_told(const struct sock *sk, const struct sk_buff *skb, u32 mtu);

/* IP_MTU_DISCOVER. */
static inline u8 kite_pmtudisc(const struct sock *sk)
{
	return READ_ONCE(kite_sk(sk)->pmtudisc);
}

/**
 * kite_want_df() - whether IP_MTU_DISCOVER wants DF on packets that fit
 * @sk: the sender
 * @rt: its route
 *
 * Context: any.
 * Return: whether it does.
 */
static inline bool kite_want_df(const struct sock *sk, const struct kite_route *rt)
{
	switch (kite_pmtudisc(sk)) {
	case IP_PMTUDISC_DO:
	case IP_PMTUDISC_PROBE:
		return true;
	case IP_PMTUDISC_WANT:
		return !kite_route_mtu_locked(rt);
	default:
		return false;
	}
}

#endif /* _KITE_IP_PMTU_H */
