// SPDX-License-Identifier: GPL-2.0
#include "route.h"

#include <linux/inetdevice.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>

#include "multicast.h"
#include "nexthop.h"
#include "shared.h"

/*
 * What the decision about a packet of our own consists of, before it becomes a
 * route.
 */
struct kite_output {
	struct fib_result	res;	/* res.fi NULL: not from the FIB */
	struct net_device	*dev;	/* by which it leaves */
	int			iif;	/* where a local one seems to come in */
	u8			type;	/* RTN_* */
	bool			on_link; /* the source address said by which */
};

/*
 * A sender that names its address must own it, unless it may use any
 * (IP_TRANSPARENT). Towards groups and everybody the address also says which
 * device is meant, unless one was named.
 */
static int kite_output_source(struct net *net, struct flowi4 *fl4,
			      struct kite_output *out)
{
	struct net_device *dev;
	bool towards_many;

	if (ipv4_is_multicast(fl4->saddr) || ipv4_is_lbcast(fl4->saddr) ||
	    ipv4_is_zeronet(fl4->saddr))
		return -EINVAL;

	towards_many = !fl4->flowi4_oif && (ipv4_is_multicast(fl4->daddr) ||
					    ipv4_is_lbcast(fl4->daddr));
	if (!towards_many && (fl4->flowi4_flags & FLOWI_FLAG_ANYSRC))
		return 0;

	dev = __ip_dev_find(net, fl4->saddr, false);
	if (!dev)
		return -ENETUNREACH;
	if (towards_many) {
		fl4->flowi4_oif = dev->ifindex;
		out->on_link = true;
	}
	return 0;
}

/*
 * Destinations that mean the link itself need a device and no FIB.
 * Return: true when *out is decided.
 */
static bool kite_output_on_link(struct flowi4 *fl4, struct kite_output *out)
{
	if (ipv4_is_lbcast(fl4->daddr))
		out->type = RTN_BROADCAST;
	else if (ipv4_is_local_multicast(fl4->daddr) || out->on_link)
		out->type = RTN_MULTICAST;
	else
		return false;

	if (!fl4->saddr)
		fl4->saddr = inet_select_addr(out->dev, 0, RT_SCOPE_LINK);
	return true;
}

/* No destination means ourselves, who hear it by the device that was named. */
static void kite_output_to_self(struct net *net, struct flowi4 *fl4,
				struct kite_output *out)
{
	if (!fl4->saddr)
		fl4->saddr = htonl(INADDR_LOOPBACK);
	fl4->daddr = fl4->saddr;
	out->dev = net->loopback_dev;
	out->iif = fl4->flowi4_oif ?: out->dev->ifindex;
	out->type = RTN_LOCAL;
}

/* The FIB's answer is an address of this host: it goes over the domain's loopback. */
static void kite_output_local(struct net *net, struct flowi4 *fl4,
			      struct kite_output *out)
{
	struct net_device *owner = out->res.nhc->nhc_dev;

	if (!fl4->saddr)
		fl4->saddr = out->res.fi->fib_prefsrc ?: fl4->daddr;
	out->dev = l3mdev_master_dev_rcu(owner) ?: net->loopback_dev;
	out->iif = owner->ifindex;
	out->type = RTN_LOCAL;
}

static int kite_output_lookup(struct net *net, struct flowi4 *fl4,
			      struct kite_output *out)
{
	int err;

	err = fib_lookup(net, fl4, &out->res, 0);
	if (err) {
		out->res.fi = NULL;
		/*
		 * Who names a device reaches what is on its link, routes or not
		 * (DHCP lives on that), but not past an L3 domain's own tables.
		 */
		if (!fl4->flowi4_oif || (fl4->flowi4_l3mdev &&
					 !ipv4_is_multicast(fl4->daddr)))
			return err;
		if (!fl4->saddr)
			fl4->saddr = inet_select_addr(out->dev, 0, RT_SCOPE_LINK);
		out->type = RTN_UNICAST;
		return 0;
	}

	if (out->res.type == RTN_LOCAL) {
		kite_output_local(net, fl4, out);
		return 0;
	}
	if (!fl4->flowi4_oif)
		kite_nexthop_select(net, &out->res, fl4, NULL);
	if (!kite_nexthop_usable(&out->res))
		return -ENETUNREACH;
	if (!fl4->saddr) {
		struct net_device *dev = out->res.nhc->nhc_dev;
		struct net_device *l3mdev;

		/* Never leave a domain with an address from outside of it. */
		l3mdev = dev_get_by_index_rcu(net, fl4->flowi4_l3mdev);
		if (l3mdev && l3mdev_master_dev_rcu(dev) != l3mdev)
			fl4->saddr = inet_select_addr(l3mdev, 0, RT_SCOPE_LINK);
		else
			fl4->saddr = kite_nexthop_saddr(net, &out->res);
	}
	out->dev = out->res.nhc->nhc_dev;
	out->type = out->res.type;
	return 0;
}

static int kite_output_decide(struct net *net, struct flowi4 *fl4,
			      struct kite_output *out)
{
	int err;

	if (fl4->saddr) {
		err = kite_output_source(net, fl4, out);
		if (err)
			return err;
	}

	if (fl4->flowi4_oif) {
		out->dev = dev_get_by_index_rcu(net, fl4->flowi4_oif);
		if (!out->dev)
			return -ENODEV;
		if (!(out->dev->flags & IFF_UP) || !__in_dev_get_rcu(out->dev))
			return -ENETUNREACH;
		if (kite_output_on_link(fl4, out))
			return 0;
		if (!fl4->saddr && ipv4_is_multicast(fl4->daddr))
			fl4->saddr = inet_select_addr(out->dev, 0,
						      fl4->flowi4_scope);
		if (!fl4->saddr && !fl4->daddr)
			fl4->saddr = inet_select_addr(out->dev, 0,
						      RT_SCOPE_HOST);
	}

	if (!fl4->daddr) {
		kite_output_to_self(net, fl4, out);
		return 0;
	}
	return kite_output_lookup(net, fl4, out);
}

/* A reference on the route that says what was decided; NULL without memory. */
static struct kite_route *kite_output_hold(struct net *net,
					   const struct kite_decision *d)
{
	struct kite_route *rt;

	/* Who is given up by its sharers in this moment gets a successor. */
	do {
		rt = kite_route_decided(net, d);
	} while (rt && !dst_hold_safe(&rt->dst));
	return rt;
}

/* Turn a decision into a route. */
static struct kite_route *kite_output_route(struct net *net,
					    const struct flowi4 *fl4,
					    struct kite_output *out, int genid)
{
	struct kite_decision decision = {
		.dev	= out->dev,
		.res	= out->res.fi ? &out->res : NULL,
		.genid	= genid,
		.iif	= out->iif,
		.daddr	= fl4->daddr,
	};
	struct in_device *in_dev;
	struct kite_route *rt;

	in_dev = __in_dev_get_rcu(out->dev);
	if (!in_dev)
		return ERR_PTR(-EINVAL);
	/* RFC 1122 3.2.1.3 (g): 127/8 must not appear outside a host. */
	if (ipv4_is_loopback(fl4->saddr) &&
	    !(out->dev->flags & IFF_LOOPBACK) &&
	    !netif_is_l3_master(out->dev) && !IN_DEV_ROUTE_LOCALNET(in_dev))
		return ERR_PTR(-EINVAL);

	if (ipv4_is_lbcast(fl4->daddr)) {
		out->type = RTN_BROADCAST;
		decision.res = NULL;
	} else if (ipv4_is_multicast(fl4->daddr)) {
		out->type = RTN_MULTICAST;
		/* A default route is no reason to send a group to a gateway. */
		if (decision.res && out->res.prefixlen < 4)
			decision.res = NULL;
	} else if (ipv4_is_zeronet(fl4->daddr)) {
		return ERR_PTR(-EINVAL);
	}

	/* Whatever is routed to loopback has arrived. */
	if (out->type == RTN_UNICAST && out->dev->flags & IFF_LOOPBACK)
		out->type = RTN_LOCAL;

	decision.type = out->type;
	decision.heard = out->type == RTN_BROADCAST ||
			 (out->type == RTN_MULTICAST &&
			  kite_mc_is_member(in_dev, fl4->daddr));
	rt = kite_output_hold(net, &decision);
	return rt ?: ERR_PTR(-ENOBUFS);
}

/* What the socket alone decides about a flow. */
static void kite_output_socket(struct net *net, struct flowi4 *fl4,
			       const struct sock *sk)
{
	fl4->flowi4_uid = sock_net_uid(net, sk);
	if (!sk)
		return;
	if (kite_sk(sk)->transparent)
		fl4->flowi4_flags |= FLOWI_FLAG_ANYSRC;
	if (sock_flag(sk, SOCK_LOCALROUTE))
		fl4->flowi4_scope = RT_SCOPE_LINK;
}

/**
 * kite_route_output() - decide about a packet of our own
 * @net: the namespace
 * @fl4: the flow: daddr, protocol and ports; saddr or 0 to have one chosen;
 *	oif (SO_BINDTODEVICE), mark (SO_MARK), tos (kite_flowi4_set_tos()),
 *	scope (RT_SCOPE_LINK for MSG_DONTROUTE), flags, or 0. On return daddr, saddr
 *	and oif say what was decided
 * @sk: the sender, whose uid rules see and whose options count; or NULL. A
 *	mini-socket counts as NULL
 *
 * Context: any; takes the RCU read lock itself.
 * Return: a route with a reference for the caller, or ERR_PTR: -ENETUNREACH,
 * -EHOSTUNREACH (unreachable route), -EACCES (prohibit), -EINVAL (blackhole, or
 * addresses that make no sense), -ENODEV, -ENOBUFS. Sending to a broadcast
 * address without SO_BROADCAST is for the caller to refuse (@type).
 */
struct kite_route *kite_route_output(struct net *net, struct flowi4 *fl4,
				     const struct sock *sk)
{
	struct kite_output out = {};
	int genid = rt_genid_ipv4(net);
	struct kite_route *rt;
	int err;

	fl4->flowi4_iif = LOOPBACK_IFINDEX;
	kite_output_socket(net, fl4, sk && sk_fullsock(sk) ? sk : NULL);

	rcu_read_lock();
	err = kite_output_decide(net, fl4, &out);
	rt = err ? ERR_PTR(err) : kite_output_route(net, fl4, &out, genid);
	rcu_read_unlock();
	return rt;
}
