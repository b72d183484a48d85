// SPDX-License-Identifier: GPL-2.0
#include "reroute.h"

#include <linux/export.h>
#include <net/l3mdev.h>

#include "nexthop.h"

/**
 * kite_route_me_harder() - decide anew about a packet of our own that changed
 * (twin of ip_route_me_harder())
 * @net: the namespace
 * @sk: the sender, whose bound device and options count; or NULL
 * @skb: the packet, header complete, a route attached
 *
 * Whoever gave the packet its source address had the right to, whether the
 * address is ours or not. The L3 domain stays that of the first decision.
 *
 * Context: RCU read lock.
 * Return: 0 with the new route attached; else what kite_route_output() said,
 * with the old one.
 */
int kite_route_me_harder(struct net *net, const struct sock *sk,
			 struct sk_buff *skb)
{
	const struct net_device *dev = dst_dev_rcu(skb_dst(skb));
	const struct iphdr *iph = ip_hdr(skb);
	struct kite_route *rt;
	struct flowi4 fl4 = {
		.flowi4_oif	= sk ? READ_ONCE(sk->sk_bound_dev_if) : 0,
		.flowi4_l3mdev	= l3mdev_master_ifindex_rcu(dev),
		.flowi4_mark	= skb->mark,
		.flowi4_proto	= iph->protocol,
		.flowi4_flags	= FLOWI_FLAG_ANYSRC,
		.daddr		= iph->daddr,
		.saddr		= iph->saddr,
	};

	kite_flowi4_set_tos(&fl4, iph->tos);
	kite_flow_ports(skb, &fl4);
	rt = kite_route_output(net, &fl4, sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	return 0;
}
EXPORT_SYMBOL_GPL(kite_route_me_harder);
