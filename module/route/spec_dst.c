// SPDX-License-Identifier: GPL-2.0
#include <linux/inetdevice.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "nexthop.h"

/* The source address that the routes back to a packet's sender would choose. */
static bool prefsrc_towards(struct net *net, const struct sk_buff *skb,
			    const struct net_device *dev, __be32 *addr)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct iphdr *iph = ip_hdr(skb);
	struct fib_result res;
	struct flowi4 fl4 = {
		.flowi4_iif	= LOOPBACK_IFINDEX,
		.flowi4_l3mdev	= l3mdev_master_ifindex_rcu(dev),
		.flowi4_scope	= RT_SCOPE_UNIVERSE,
		.daddr		= iph->saddr,
	};

	kite_flowi4_set_tos(&fl4, iph->tos);
	if (in_dev && IN_DEV_SRC_VMARK(in_dev))
		fl4.flowi4_mark = skb->mark;
	if (fib_lookup(net, &fl4, &res, 0))
		return false;
	*addr = kite_nexthop_saddr(net, &res);
	return true;
}

/**
 * kite_spec_dst() - our address that an answer to a packet should come from
 * (twin of fib_compute_spec_dst(), RFC 1122 3.2.1.3)
 * @skb: a packet that came in, with its route
 *
 * Context: RCU read lock.
 * Return: the address that it was sent to, if it is ours alone; for a broadcast
 * or a group the one by which its sender knows us. Network order.
 */
__be32 kite_spec_dst(const struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	const struct iphdr *iph = ip_hdr(skb);
	u8 scope = RT_SCOPE_UNIVERSE;
	__be32 addr;

	if (rt->type == RTN_LOCAL)
		return iph->daddr;
	if (ipv4_is_zeronet(iph->saddr))
		scope = RT_SCOPE_LINK;
	else if (prefsrc_towards(rt->net, skb, skb->dev, &addr))
		return addr;
	return inet_select_addr(skb->dev, iph->saddr, scope);
}
