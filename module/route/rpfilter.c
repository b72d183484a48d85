// SPDX-License-Identifier: GPL-2.0
#include "rpfilter.h"

#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>

#include "nexthop.h"

/* rp_filter, Documentation/networking/ip-sysctl.rst */
#define KITE_RPF_OFF	0
#define KITE_RPF_STRICT	1

/*
 * The way back: what the answer to this packet would be routed by. It comes in where
 * the packet goes out, or is the host's own.
 */
static void kite_rpf_flow(const struct sk_buff *skb, __be32 saddr, __be32 daddr,
			  u8 tos, int oif, const struct net_device *dev,
			  struct in_device *in_dev, struct flowi4 *fl4)
{
	struct net *net = dev_net(dev);

	*fl4 = (struct flowi4) {
		.flowi4_iif	= oif ?: LOOPBACK_IFINDEX,
		.flowi4_l3mdev	= l3mdev_master_ifindex_rcu(dev),
		.flowi4_mark	= IN_DEV_SRC_VMARK(in_dev) ? skb->mark : 0,
		.flowi4_uid	= sock_net_uid(net, NULL),
		.daddr		= saddr,
		.saddr		= daddr,
	};
	kite_flowi4_set_tos(fl4, tos);
	if (kite_rules_heed_ports(net) && kite_flow_ports(skb, fl4))
		swap(fl4->fl4_sport, fl4->fl4_dport);
}

/**
 * kite_validate_source() - whether a source address can be where it came from
 * @skb: the packet, network header set
 * @saddr: its source, network order, unicast
 * @daddr: its destination, network order; 0 for broadcast and multicast
 * @tos: its type of service
 * @oif: ifindex of the device by which it is to be passed on, 0 for what stays here
 * @dev: by which it came
 * @in_dev: of @dev
 *
 * With rp_filter 1 the way back must lead out of @dev; with 2 there must be a
 * way back at all. Whatever the setting, an address of this host's does not
 * come from outside, unless accept_local is set.
 *
 * Context: RCU read lock.
 * Return: 0; -EXDEV when rp_filter says no; -EINVAL for a source that is no
 * other host.
 */
int kite_validate_source(const struct sk_buff *skb, __be32 saddr, __be32 daddr,
			 u8 tos, int oif, struct net_device *dev,
			 struct in_device *in_dev)
{
	int mode = IN_DEV_RPFILTER(in_dev);
	struct net *net = dev_net(dev);
	struct fib_result res;
	struct flowi4 fl4;

	/* The usual case without a lookup of the way back. */
	if (mode == KITE_RPF_OFF) {
		if (IN_DEV_ACCEPT_LOCAL(in_dev) || dev == net->loopback_dev)
			return 0;
		if (!fib4_has_custom_rules(net))
			return __ip_dev_find(net, saddr, false) ? -EINVAL : 0;
	}

	kite_rpf_flow(skb, saddr, daddr, tos, oif, dev, in_dev, &fl4);
	if (fib_lookup(net, &fl4, &res, 0))
		return mode == KITE_RPF_OFF ? 0 : -EXDEV;

	if (res.type == RTN_LOCAL) {
		/* What loops back on loopback may well be ours. */
		if (dev == net->loopback_dev)
			return 0;
		if (!IN_DEV_ACCEPT_LOCAL(in_dev))
			return -EINVAL;
	} else if (res.type != RTN_UNICAST) {
		return -EINVAL;
	}
	if (fib_info_nh_uses_dev(res.fi, dev))
		return 0;
	/* A device without addresses cannot be told from the wrong one. */
	if (!rcu_access_pointer(in_dev->ifa_list))
		return mode == KITE_RPF_OFF ? 0 : -EXDEV;
	return mode == KITE_RPF_STRICT ? -EXDEV : 0;
}

/**
 * kite_source_is_on_link() - whether the sender of a packet that leaves by the device by which it
 * came is a neighbour
 * @skb: the packet, network header set
 * @saddr: its source, network order, unicast
 * @daddr: its destination, network order
 * @tos: its type of service
 * @dev: by which it came
 * @in_dev: of @dev
 *
 * Context: RCU read lock.
 * Return: whether the way back is by @dev and without a gateway.
 */
bool kite_source_is_on_link(const struct sk_buff *skb, __be32 saddr,
			    __be32 daddr, u8 tos, struct net_device *dev,
			    struct in_device *in_dev)
{
	struct fib_result res;
	struct flowi4 fl4;

	kite_rpf_flow(skb, saddr, daddr, tos, dev->ifindex, dev, in_dev, &fl4);
	return !fib_lookup(dev_net(dev), &fl4, &res, 0) &&
	       res.type == RTN_UNICAST && fib_info_nh_uses_dev(res.fi, dev) &&
	       res.nhc->nhc_scope >= RT_SCOPE_HOST;
}
