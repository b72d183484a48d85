// SPDX-License-Identifier: GPL-2.0
#include "nexthop.h"

#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <net/flow_dissector.h>
#include <net/ip.h>
#include <net/nexthop.h>

/**
 * kite_flow_ports() - fill in what a header alone does not say of a flow
 * @skb: a packet, network header set
 * @fl4: gets protocol and ports; left alone when there are none to see
 *
 * The kernel's flow dissector does not know our EtherType.
 *
 * Return: whether there were ports.
 */
bool kite_flow_ports(const struct sk_buff *skb, struct flowi4 *fl4)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports;
	__be16 _ports[2];

	switch (iph->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		break;
	default:
		return false;
	}
	if (ip_is_fragment(iph))
		return false;
	ports = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb),
				   sizeof(_ports), _ports);
	if (!ports)
		return false;
	fl4->flowi4_proto = iph->protocol;
	fl4->fl4_sport = ports[0];
	fl4->fl4_dport = ports[1];
	return true;
}

/*
 * Errors take the way of the packets they are about (RFC 2992 wants a flow to
 * stay on its path, and path MTU discovery wants the errors to come back on it).
 */
static void kite_hash_addresses(const struct sk_buff *skb,
				struct flow_keys *keys)
{
	int offset = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct icmphdr *icmph;
	struct icmphdr _icmph;
	struct iphdr _iph;

	keys->addrs.v4addrs.src = iph->saddr;
	keys->addrs.v4addrs.dst = iph->daddr;
	if (iph->protocol != IPPROTO_ICMP || ip_is_fragment(iph))
		return;
	icmph = skb_header_pointer(skb, offset, sizeof(_icmph), &_icmph);
	if (!icmph || !icmp_is_err(icmph->type))
		return;
	iph = skb_header_pointer(skb, offset + sizeof(_icmph), sizeof(_iph),
				 &_iph);
	if (!iph)
		return;
	keys->addrs.v4addrs.src = iph->saddr;
	keys->addrs.v4addrs.dst = iph->daddr;
}

static bool kite_multipath_heeds_ports(const struct net *net)
{
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	return READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy) & 1;
#else
	return false;
#endif
}

/*
 * A hash, keyed by net.ipv4.fib_multipath_hash_seed where there is one, 31 bits as the
 * FIB scales its bounds, over what net.ipv4.fib_multipath_hash_policy names: 0 and 2 the
 * addresses (an inner header KITE does not look for), 1 and 3 the ports, too.
 */
static int kite_flow_hash(struct net *net, const struct flowi4 *fl4,
			  const struct sk_buff *skb)
{
	struct flow_keys keys = {
		.control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS,
		.addrs.v4addrs = { .src = fl4->saddr, .dst = fl4->daddr },
	};
	struct flowi4 flow = *fl4;

	if (kite_multipath_heeds_ports(net)) {
		if (skb)
			kite_flow_ports(skb, &flow);
		keys.ports.src = flow.fl4_sport;
		keys.ports.dst = flow.fl4_dport;
		keys.basic.ip_proto = flow.flowi4_proto;
	} else if (skb) {
		kite_hash_addresses(skb, &keys);
	}
	return fib_multipath_hash_from_keys(net, &keys) >> 1;
}

/**
 * kite_nexthop_select() - choose among the next hops of a multipath route
 * @net: the namespace
 * @res: what fib_lookup() found; @res->nhc changes
 * @fl4: the flow
 * @skb: the packet, for one that came in, or NULL
 *
 * One flow always gets the same next hop while the route is unchanged, in the
 * proportion of the weights: the FIB keeps, for each next hop, the upper bound
 * of its share of the hash space.
 *
 * Context: RCU read lock.
 */
void kite_nexthop_select(struct net *net, struct fib_result *res,
			 const struct flowi4 *fl4, const struct sk_buff *skb)
{
	int i, paths, hash;

	paths = fib_info_num_path(res->fi);
	if (likely(paths == 1))
		return;

	hash = kite_flow_hash(net, fl4, skb);
	if (res->fi->nh) {
		nexthop_path_fib_result(res, hash);
		return;
	}
	for (i = 0; i < paths; i++) {
		struct fib_nh_common *nhc = fib_info_nhc(res->fi, i);

		if (hash > atomic_read(&nhc->nhc_upper_bound))
			continue;
		res->nh_sel = i;
		res->nhc = nhc;
		return;
	}
}

/**
 * kite_nexthop_saddr() - the source address for what takes a route
 * @net: the namespace
 * @res: a FIB result, next hop chosen
 *
 * The route's preferred source; else what the FIB remembers for this next hop
 * while no address changed; else the best one of its device.
 *
 * Context: RCU read lock.
 * Return: the address, network order; 0 when the host has none that fits.
 */
__be32 kite_nexthop_saddr(struct net *net, const struct fib_result *res)
{
	const struct fib_nh_common *nhc = res->nhc;
	__be32 gateway = 0;

	if (res->fi->fib_prefsrc)
		return res->fi->fib_prefsrc;

	if (nhc->nhc_family == AF_INET) {
		const struct fib_nh *nh;

		nh = container_of(nhc, struct fib_nh, nh_common);
		if (READ_ONCE(nh->nh_saddr_genid) ==
		    atomic_read(&net->ipv4.dev_addr_genid))
			return READ_ONCE(nh->nh_saddr);
		gateway = nh->fib_nh_gw4;
	}
	return inet_select_addr(nhc->nhc_dev, gateway, res->fi->fib_scope);
}

/**
 * kite_nexthop_usable() - whether KITE can send by a next hop
 * @res: a FIB result, next hop chosen
 *
 * One that wants the packet encapsulated (ip route ... encap) hands it to code
 * that believes it to be IPv4's.
 *
 * Context: RCU read lock.
 * Return: whether it can.
 */
bool kite_nexthop_usable(const struct fib_result *res)
{
	return !res->nhc->nhc_lwtstate;
}

/* "mtu lock" */
static bool kite_nexthop_mtu_locked(const struct fib_result *res)
{
	return res->fi->fib_metrics->metrics[RTAX_LOCK - 1] & BIT(RTAX_MTU);
}

static bool kite_nexthop_varies(const struct fib_result *res)
{
	return fib_info_num_path(res->fi) > 1;
}

/**
 * kite_nexthop_is() - whether a route has the gateway and metrics of a next hop
 * @rt: the route
 * @res: a FIB result, next hop chosen; or NULL for none, and the default metrics
 *
 * Context: RCU read lock.
 * Return: whether it has; the device is not compared.
 */
bool kite_nexthop_is(const struct kite_route *rt, const struct fib_result *res)
{
	const u32 *metrics = dst_metrics_ptr((struct dst_entry *)&rt->dst);
	const struct fib_nh_common *nhc;

	if (!res)
		return !rt->gw_family && !rt->mtu && !rt->varies &&
		       metrics == dst_default_metrics.metrics;
	nhc = res->nhc;
	if (rt->gw_family != nhc->nhc_gw_family || rt->mtu != res->fi->fib_mtu ||
	    rt->mtu_locked != kite_nexthop_mtu_locked(res) ||
	    rt->varies != kite_nexthop_varies(res) ||
	    metrics != res->fi->fib_metrics->metrics)
		return false;
	switch (nhc->nhc_gw_family) {
	case AF_INET:
		return rt->gateway == nhc->nhc_gw.ipv4;
	case AF_INET6:
		return ipv6_addr_equal(&rt->gateway6, &nhc->nhc_gw.ipv6);
	default:
		return true;
	}
}

/**
 * kite_nexthop_apply() - take gateway and metrics over into a route
 * @rt: the route, not yet published
 * @res: a FIB result, next hop chosen
 *
 * Context: RCU read lock.
 */
void kite_nexthop_apply(struct kite_route *rt, const struct fib_result *res)
{
	const struct fib_nh_common *nhc = res->nhc;

	ip_dst_init_metrics(&rt->dst, res->fi->fib_metrics);
	rt->mtu = res->fi->fib_mtu;
	rt->mtu_locked = kite_nexthop_mtu_locked(res);
	rt->varies = kite_nexthop_varies(res);
	rt->gw_family = nhc->nhc_gw_family;
	if (nhc->nhc_gw_family == AF_INET)
		rt->gateway = nhc->nhc_gw.ipv4;
	else if (nhc->nhc_gw_family == AF_INET6)
		rt->gateway6 = nhc->nhc_gw.ipv6;
}
