// SPDX-License-Identifier: GPL-2.0
#include "neigh.h"

#include <net/arp.h>
#include <net/ip.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "loopback.h"

/**
 * kite_neigh_confirm() - the next hop of a route has been heard of (dst_ops)
 * @dst: the route
 * @daddr: where packets go that take it, network order; NULL when that is its
 *	gateway in any case
 *
 * Context: any.
 */
void kite_neigh_confirm(const struct dst_entry *dst, const void *daddr)
{
	const struct kite_route *rt = (const struct kite_route *)dst;
	struct net_device *dev;

	rcu_read_lock();
	dev = dst_dev_rcu(dst);
	if (rt->gw_family == AF_INET6)
		__ipv6_confirm_neigh_stub(dev, &rt->gateway6);
	else if (rt->gw_family == AF_INET)
		__ipv4_confirm_neigh(dev, (__force u32)rt->gateway);
	else if (daddr && rt->type == RTN_UNICAST)
		__ipv4_confirm_neigh(dev, *(const u32 *)daddr);
	rcu_read_unlock();
}

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
	struct net_device *dev = skb->dev;

	/* Nobody is at the other end but this host. */
	if (dev->flags & IFF_LOOPBACK)
		return kite_loopback_xmit(skb);

	switch (rt->gw_family) {
	case AF_INET6:
		return neigh_xmit(NEIGH_ND_TABLE, dev, &rt->gateway6, skb);
	case AF_INET:
		return neigh_xmit(NEIGH_ARP_TABLE, dev, &rt->gateway, skb);
	default:
		return neigh_xmit(NEIGH_ARP_TABLE, dev, &ip_hdr(skb)->daddr, skb);
	}
}
