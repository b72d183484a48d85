/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cutting a datagram into fragments, RFC 791 3.2.
 */
#ifndef _KITE_IP_FRAGMENT_H
#define _KITE_IP_FRAGMENT_H

#include "../kite.h"

int kite_fragment(struct net *net, struct sock *sk, struct sk_buff *skb,
		  u32 mtu, int (*okfn)(struct net *net, struct sock *sk,
				       struct sk_buff *skb));

#endif /* _KITE_IP_FRAGMENT_H */
