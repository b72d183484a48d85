// SPDX-License-Identifier: GPL-2.0
#include "neigh.h"

#include <net/ip.h>
#include <net/neighbour.h>

/**
 * kite_neigh_xmit() - send a packet to the next hop of its route
 * @net: the namespace
 * @skb: the packet, route attached, skb->dev the output device; consumed
 *
 * Nothing here may use the neighbour's cached link header, which says IPv4.
 * A packet whose next hop is not known yet waits in ARP's queue, with its
 * route; kite_dst_ops.link_failure hears of it if nobody answers.
 *
 * Context: any that may run packet code; takes the RCU read lock itself.
 * Return: NET_XMIT_* or a negative errno.
 */
int kite_neigh_xmit(struct net *net, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);

	switch (rt->gw_family) {
	case AF_INET6:
		return neigh_xmit(NEIGH_ND_TABLE, skb->dev, &rt->gateway6, skb);
	case AF_INET:
		return neigh_xmit(NEIGH_ARP_TABLE, skb->dev, &rt->gateway, skb);
	default:
		return neigh_xmit(NEIGH_ARP_TABLE, skb->dev,
				  &ip_hdr(skb)->daddr, skb);
	}
}
