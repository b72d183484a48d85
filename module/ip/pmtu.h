/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Path MTU discovery, as a socket's IP_MTU_DISCOVER wants it.
 */
#ifndef _KITE_IP_PMTU_H
#define _KITE_IP_PMTU_H

#include "../kite.h"
#include "../route/route.h"

u32 kite_sk_mtu(const struct sock *sk, const struct kite_route *rt);
u32 kite_skb_mtu(const struct sock *sk, const struct sk_buff *skb);
bool kite_want_df(const struct sock *sk, const struct kite_route *rt);
bool kite_may_fragment(const struct sock *sk);
bool kite_accepts_pmtu(const struct sock *sk);
void kite_pmtu_told(const struct sock *sk, const struct sk_buff *skb, u32 mtu);

#endif /* _KITE_IP_PMTU_H */
