// SPDX-License-Identifier: GPL-2.0
#include "route.h"

#include <linux/inetdevice.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>

#include "../netns.h"
#include "../observe/trace.h"
#include "input_cache.h"
#include "multicast.h"
#include "nexthop.h"
#include "rpfilter.h"
#include "shared.h"

/*
 * What the decision about a packet that came in starts from and comes to.
 */
struct kite_input {
	struct net		*net;
	const struct sk_buff	*skb;
	struct net_device	*dev;	 /* by which it came */
	struct in_device	*in_dev; /* of @dev */
	struct kite_flow_entry	*own;	 /* of the socket that it is for, or NULL */
	__be32			daddr;
	__be32			saddr;
	u8			tos;
	u8			type;	 /* RTN_* */
	bool			varies;	 /* within the flow: not to be cached */
	int			err;	 /* of an unreachable one, positive */
	struct fib_result	res;	 /* next hop of RTN_UNICAST */
	enum kite_counter	why;	 /* of a discarded one */
};

static int kite_input_discard(struct kite_input *in, enum kite_counter why)
{
	in->why = why;
	return -EINVAL;
}

/* RFC 1812 5.3.8 wants a way to see them; the sysctl is log_martians. */
static void kite_log_martian(const struct kite_input *in, const char *what)
{
	if (IN_DEV_LOG_MARTIANS(in->in_dev))
		net_warn_ratelimited("kite: martian %s %pI4 from %pI4, on dev %s\n",
				     what, &in->daddr, &in->saddr,
				     in->dev->name);
}

static int kite_martian_source(struct kite_input *in)
{
	kite_log_martian(in, "source");
	return kite_input_discard(in, KITE_CNT_KiteExt_InMartianSrc);
}

static int kite_martian_destination(struct kite_input *in)
{
	kite_log_martian(in, "destination");
	return kite_input_discard(in, KITE_CNT_KiteExt_InMartianDst);
}

/* Whether the source can be where it came from; @oif is 0 for what stays here. */
static int kite_input_validate(struct kite_input *in, __be32 daddr, int oif)
{
	int err;

	err = kite_validate_source(in->skb, in->saddr, daddr, in->tos, oif, in->dev,
				   in->in_dev);
	if (!err)
		return 0;
	if (err == -EXDEV) {
		kite_log_martian(in, "source");
		return kite_input_discard(in, KITE_CNT_KiteExt_InRpFilter);
	}
	return kite_martian_source(in);
}

/*
 * Addresses that no FIB should be asked about, RFC 1122 3.2.1.3.
 * Return: 0 to go on, 1 for a limited broadcast, or a negative errno.
 */
static int kite_input_check_addresses(struct kite_input *in)
{
	if (ipv4_is_multicast(in->saddr) || ipv4_is_lbcast(in->saddr))
		return kite_martian_source(in);
	/* DHCP: a host without an address yet, to everybody. */
	if (ipv4_is_lbcast(in->daddr) || (!in->saddr && !in->daddr))
		return 1;
	if (ipv4_is_zeronet(in->saddr))
		return kite_martian_source(in);
	if (ipv4_is_zeronet(in->daddr))
		return kite_martian_destination(in);
	if (likely(!ipv4_is_loopback(in->daddr) &&
		   !ipv4_is_loopback(in->saddr)))
		return 0;
	if (IN_DEV_NET_ROUTE_LOCALNET(in->in_dev, in->net))
		return 0;
	return ipv4_is_loopback(in->daddr) ? kite_martian_destination(in) :
					     kite_martian_source(in);
}

static int kite_input_multicast(struct kite_input *in)
{
	const struct iphdr *iph = ip_hdr(in->skb);
	struct net_device *master;
	bool member;

	member = kite_mc_is_member(in->in_dev, in->daddr);
	if (!member && netif_is_l3_slave(in->dev)) {
		struct in_device *master_in_dev;

		master = l3mdev_master_dev_rcu(in->dev);
		master_in_dev = master ? __in_dev_get_rcu(master) : NULL;
		member = master_in_dev &&
			kite_mc_is_member(master_in_dev, in->daddr);
	}
	if (!member)
		return kite_input_discard(in, KITE_CNT_KiteExt_InNotMember);

	if (ipv4_is_multicast(in->saddr) || ipv4_is_lbcast(in->saddr))
		return kite_martian_source(in);
	if (ipv4_is_loopback(in->saddr) && !IN_DEV_ROUTE_LOCALNET(in->in_dev))
		return kite_martian_source(in);
	in->type = RTN_MULTICAST;
	if (!ipv4_is_zeronet(in->saddr))
		return kite_input_validate(in, 0, 0);
	/* RFC 3376 4.2.13: who has no address yet may still speak of groups. */
	if (!ipv4_is_local_multicast(in->daddr) &&
	    iph->protocol != IPPROTO_IGMP)
		return kite_martian_source(in);
	return 0;
}

static int kite_input_broadcast(struct kite_input *in)
{
	in->type = RTN_BROADCAST;
	return ipv4_is_zeronet(in->saddr) ? 0 : kite_input_validate(in, 0, 0);
}

/* Pass it on by what the FIB says. */
static int kite_input_next_hop(struct kite_input *in, struct flowi4 *fl4)
{
	int err;

	/*
	 * Ports may have a say in this, and for errors, what they are about. And a link
	 * without a signal is good until ignore_routes_with_linkdown of its device says
	 * otherwise, of which nobody is told.
	 */
	in->varies = fib_info_num_path(in->res.fi) > 1 ||
		     in->res.nhc->nhc_flags & RTNH_F_LINKDOWN;
	kite_nexthop_select(in->net, &in->res, fl4, in->skb);
	if (!kite_nexthop_usable(&in->res) ||
	    !__in_dev_get_rcu(in->res.nhc->nhc_dev))
		return kite_input_discard(in, KITE_CNT_Ip_InAddrErrors);
	err = kite_input_validate(in, in->daddr, in->res.nhc->nhc_dev->ifindex);
	if (err)
		return err;
	in->type = RTN_UNICAST;
	return 0;
}

/* Somebody else's packet: this host is a router for it or it is not. */
static int kite_input_forward(struct kite_input *in, struct flowi4 *fl4)
{
	if (in->res.type != RTN_UNICAST)
		return kite_martian_destination(in);
	return kite_input_next_hop(in, fl4);
}

/* No way on. A host that is no router does not speak about it. */
static int kite_input_no_route(struct kite_input *in, int err)
{
	switch (err) {
	case -EINVAL:
		return kite_input_discard(in, KITE_CNT_KiteExt_InBlackhole);
	case -EACCES:
		in->type = RTN_PROHIBIT;
		break;
	default:
		in->type = RTN_UNREACHABLE;
	}
	in->err = -err;
	return 0;
}

static bool kite_may_forward(const struct kite_input *in)
{
	return READ_ONCE(kite_net(in->net)->sysctl_forwarding) &&
	       IN_DEV_FORWARD(in->in_dev);
}

/*
 * To everybody on a net of ours: for us, or, RFC 2644, for that net if the
 * administrator says so (bc_forwarding).
 */
static int kite_input_net_broadcast(struct kite_input *in, struct flowi4 *fl4)
{
	if (IN_DEV_BFORWARD(in->in_dev) &&
	    READ_ONCE(kite_net(in->net)->sysctl_forwarding))
		return kite_input_next_hop(in, fl4);
	return kite_input_broadcast(in);
}

static int kite_input_unicast(struct kite_input *in)
{
	struct flowi4 fl4 = {
		.flowi4_iif	= in->dev->ifindex,
		.flowi4_mark	= in->skb->mark,
		.flowi4_uid	= sock_net_uid(in->net, NULL),
		.daddr		= in->daddr,
		.saddr		= in->saddr,
	};
	int err;

	err = kite_input_check_addresses(in);
	if (err)
		return err < 0 ? err : kite_input_broadcast(in);

	kite_flowi4_set_tos(&fl4, in->tos);
	if (kite_rules_heed_ports(in->net))
		kite_flow_ports(in->skb, &fl4);

	err = fib_lookup(in->net, &fl4, &in->res, 0);
	if (!err && in->res.type == RTN_LOCAL) {
		in->type = RTN_LOCAL;
		return kite_input_validate(in, in->daddr, 0);
	}
	if (!err && in->res.type == RTN_BROADCAST)
		return kite_input_net_broadcast(in, &fl4);
	if (!kite_may_forward(in))
		return kite_input_discard(in, KITE_CNT_KiteExt_InNoForward);
	return err ? kite_input_no_route(in, err) : kite_input_forward(in, &fl4);
}

/* What stays here goes to the loopback of its L3 domain, by name at least. */
static struct net_device *kite_input_out_dev(const struct kite_input *in)
{
	if (in->type == RTN_UNICAST)
		return in->res.nhc->nhc_dev;
	return l3mdev_master_dev_rcu(in->dev) ?: in->net->loopback_dev;
}

/* For the tracepoint. */
static const char *kite_input_verdict(u8 type)
{
	switch (type) {
	case RTN_LOCAL:
		return "local";
	case RTN_UNICAST:
		return "unicast";
	case RTN_BROADCAST:
		return "broadcast";
	case RTN_MULTICAST:
		return "multicast";
	case RTN_PROHIBIT:
		return "prohibit";
	default:
		return "unreachable";
	}
}

/*
 * The route that says what was decided.
 * Return: the route, without a reference, or NULL without memory.
 */
static struct kite_route *kite_input_route(const struct kite_input *in, int genid)
{
	const struct kite_decision decision = {
		.dev	= kite_input_out_dev(in),
		.res	= in->type == RTN_UNICAST ? &in->res : NULL,
		.genid	= genid,
		.iif	= in->dev->ifindex,
		.err	= in->err,
		.type	= in->type,
		.is_input = true,
	};

	return kite_route_decided(in->net, &decision);
}

/*
 * What is known of the packet's flow: by the socket that it is for, or else by
 * the cache.
 * Return: the route, without a reference, or NULL.
 */
static struct kite_route *kite_input_known(struct net *net,
					   struct kite_flow_entry *own,
					   struct kite_flow *flow)
{
	struct kite_route *rt;

	if (!own)
		return kite_input_cache_find(net, flow);
	rt = kite_flow_find(own, flow);
	if (likely(rt))
		return rt;
	rt = kite_input_cache_find(net, flow);
	if (rt)
		kite_flow_remember(own, flow, rt);
	return rt;
}

static void kite_input_remember(const struct kite_input *in,
				const struct kite_flow *flow,
				struct kite_route *rt)
{
	if (in->own)
		kite_flow_remember(in->own, flow, rt);
	else
		kite_input_cache_add(in->net, flow, rt);
}

/*
 * Decide by the FIB, and remember it for the flow, or for nobody (NULL).
 * Return: the route, without a reference, or an ERR_PTR, and why.
 */
static struct kite_route *kite_input_decide(struct kite_input *in,
					    const struct kite_flow *flow)
{
	int genid = rt_genid_ipv4(in->net);
	struct kite_route *rt;
	int err;

	err = ipv4_is_multicast(in->daddr) ? kite_input_multicast(in) :
					     kite_input_unicast(in);
	if (err)
		return ERR_PTR(err);
	rt = kite_input_route(in, genid);
	if (!rt) {
		in->why = KITE_CNT_Ip_InDiscards;
		return ERR_PTR(-ENOBUFS);
	}
	if (flow && !in->varies && in->type != RTN_BROADCAST)
		kite_input_remember(in, flow, rt);
	return rt;
}

/**
 * kite_route_input() - decide about a packet that came in
 * @skb: the packet, header checked, network header set; gets the route
 * @daddr: its destination, network order
 * @saddr: its source, network order
 * @tos: its type of service
 * @dev: by which it came
 * @own: where the socket that it is for remembers the way, or NULL
 * @why: on failure, the counter to drop it with
 *
 * The route may be attached without a reference: whoever keeps the packet beyond
 * the RCU read lock calls skb_dst_force(), as the core's queues do.
 *
 * Context: RCU read lock, BH disabled.
 * Return: 0 with a route attached to @skb, or a negative errno with @skb
 * unchanged.
 */
int kite_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos,
		     struct net_device *dev, struct kite_flow_entry *own,
		     enum kite_counter *why)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	struct net *net = dev_net(dev);
	struct kite_route *rt = NULL;
	struct kite_flow flow;
	bool cached;

	/* A device without IPv4 has no addresses and no settings. */
	if (unlikely(!in_dev)) {
		*why = KITE_CNT_Ip_InAddrErrors;
		return -EINVAL;
	}

	/* Rules that look at ports tell packets of one flow apart. */
	cached = !ipv4_is_multicast(daddr) &&
		 !kite_rules_heed_ports(net);
	if (likely(cached)) {
		kite_flow_init(&flow, skb, daddr, saddr, tos, dev, in_dev);
		rt = kite_input_known(net, own, &flow);
	}
	if (unlikely(!rt)) {
		struct kite_input in = {
			.net	= net,
			.skb	= skb,
			.dev	= dev,
			.in_dev	= in_dev,
			.own	= own,
			.daddr	= daddr,
			.saddr	= saddr,
			.tos	= tos,
			.why	= KITE_CNT_Ip_InAddrErrors,
		};

		rt = kite_input_decide(&in, cached ? &flow : NULL);
		if (IS_ERR(rt)) {
			*why = in.why;
			return PTR_ERR(rt);
		}
	}
	skb_dst_set_noref(skb, &rt->dst);
	trace_kite_route_input(net, skb, dev, kite_input_verdict(rt->type));
	return 0;
}
