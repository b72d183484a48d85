/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket of a packet, found before its route.
 */
#ifndef _KITE_IP_EARLY_DEMUX_H
#define _KITE_IP_EARLY_DEMUX_H

#include "../kite.h"

struct kite_flow_entry *kite_early_demux(struct net *net, struct sk_buff *skb);

/**
 * kite_skb_steal_sock() - take what early demux found
 * @skb: a packet that came in
 *
 * Context: the RCU read lock under which the packet came in.
 * Return: its socket, without a reference, until the end of that; or NULL.
 */
static inline struct sock *kite_skb_steal_sock(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	skb->sk = NULL;
	skb->destructor = NULL;
	return sk;
}

#endif /* _KITE_IP_EARLY_DEMUX_H */
