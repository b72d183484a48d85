// SPDX-License-Identifier: GPL-2.0
#include "source.h"

#include <linux/inetdevice.h>
#include <net/ip.h>
#include <net/ip_fib.h>

#include "nexthop.h"
#include "route.h"

/**
 * kite_route_source() - the address of the interface by which a packet leaves
 * (twin of ip_rt_get_source())
 * @skb: a packet that is passed on, with its route; its destination is that of
 *	the route, skb->dev the device it came in by
 *
 * Context: RCU read lock.
 * Return: the address, network order; 0 when the host has none that fits.
 */
__be32 kite_route_source(const struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct net_device *out = dst_dev_rcu(&rt->dst);
	const struct iphdr *iph = ip_hdr(skb);
	struct fib_result res;
	struct flowi4 fl4 = {
		.flowi4_oif	= out->ifindex,
		.flowi4_iif	= skb->dev->ifindex,
		.flowi4_mark	= skb->mark,
		.daddr		= iph->daddr,
		.saddr		= iph->saddr,
	};

	kite_flowi4_set_tos(&fl4, iph->tos);
	if (!fib_lookup(rt->net, &fl4, &res, 0))
		return kite_nexthop_saddr(rt->net, &res);
	return inet_select_addr(out, rt->gw_family == AF_INET ? rt->gateway :
							      iph->daddr,
				RT_SCOPE_UNIVERSE);
}
