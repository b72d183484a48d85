/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decisions over FIB results: where a packet goes and as whom.
 */
#ifndef _KITE_ROUTE_H
#define _KITE_ROUTE_H

#include <linux/in6.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip_fib.h>

#include "../kite.h"
#include "../observe/counters.h"

/**
 * struct kite_route - a decision, attached to skbs and cached in sockets
 * @dst:	what the core knows it by; @dst.dev is the output device (for
 *		local routes: loopback or the L3 master). Reference-counted; freed
 *		after a grace period
 * @list:	link in @routes
 * @routes:	kite_net.routes of @net, which stays as long as this
 * @net:	the namespace it was made in. Whose packet may have come from
 *		anywhere asks kite_route_is_dead() first
 * @kn:		kite_net(@net), which is asked for with each packet; as @net
 * @genid:	the namespace's IPv4 route generation when it was made: the
 *		decision is stale once the two differ. FIB, addresses, devices
 *		and sysctls that matter bump it
 * @type:	RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST: deliver here;
 *		RTN_UNICAST: pass on; RTN_UNREACHABLE, RTN_PROHIBIT: answer with
 *		ICMP
 * @is_input:	made by kite_route_input()
 * @heard:	output to broadcast or multicast: this host is among those that hear it
 * @gw_family:	AF_INET: @gateway counts; AF_INET6: @gateway6 (ip route ... via
 *		inet6); 0: the destination is on the link
 * @iif:	input device for routes made by kite_route_input(); for local
 *		output routes the device that owns the address, by which packets
 *		over loopback seem to come in
 * @gateway:	next hop, network order
 * @gateway6:	next hop on a link that resolves by neighbour discovery
 * @daddr:	where an output route leads in the end, network order; 0 for input
 *		routes
 * @mtu:	route's MTU metric, bytes; 0 = the device's
 * @mtu_locked:	"mtu lock": path MTU discovery has no say
 * @varies:	one of several next hops: another flow may have another
 * @err:	errno behind an RTN_UNREACHABLE/RTN_PROHIBIT route, positive
 *
 * Immutable after it is published, but for @dst.dev, which a device that goes
 * away replaces by the blackhole device: read it under RCU; and for @dst.obsolete, which
 * says so, and when the namespace goes.
 */
struct kite_route {
	struct dst_entry	dst;
	struct list_head	list;
	struct kite_routes	*routes;
	struct net		*net;
	struct kite_net		*kn;
	int			genid;
	u8			type;
	bool			is_input;
	bool			heard;
	bool			mtu_locked;
	bool			varies;
	u8			gw_family;
	int			iif;
	union {
		__be32		gateway;
		struct in6_addr	gateway6;
	};
	__be32			daddr;
	u32			mtu;
	int			err;
};

static_assert(offsetof(struct kite_route, dst) == 0);

extern struct dst_ops kite_dst_ops;

/**
 * kite_dst_is_ours() - whether a dst is a struct kite_route
 * @dst: any stack's
 *
 * Return: whether it is.
 */
static inline bool kite_dst_is_ours(const struct dst_entry *dst)
{
	return dst->ops == &kite_dst_ops;
}

/**
 * kite_skb_route() - the route attached to a packet
 * @skb: the packet
 *
 * Return: the route, or NULL when none or another stack's dst is attached (an
 * IPv4 packet whose EtherType tc rewrote still carries an IPv4 route over
 * loopback).
 */
static inline struct kite_route *kite_skb_route(const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	return dst && kite_dst_is_ours(dst) ?
		container_of(dst, struct kite_route, dst) : NULL;
}

/**
 * kite_route_is_local() - whether a route ends here
 * @rt: the route
 *
 * Return: whether packets that take it are delivered on this host.
 */
static inline bool kite_route_is_local(const struct kite_route *rt)
{
	return rt->type == RTN_LOCAL || rt->type == RTN_BROADCAST ||
	       rt->type == RTN_MULTICAST;
}

/**
 * kite_route_is_dead() - whether a route's device is gone, or its namespace about to go
 * @rt: the route
 *
 * Context: RCU read lock, until which unlocking the namespace of one that is not dead
 * stays. A packet's own device, or a socket, keeps the namespace anyway.
 * Return: whether; @rt->net and @rt->kn may be no more then.
 */
static inline bool kite_route_is_dead(const struct kite_route *rt)
{
	return READ_ONCE(rt->dst.obsolete) == DST_OBSOLETE_DEAD;
}

/**
 * kite_route_is_stale() - whether the decision may have changed since
 * @rt: the route
 *
 * Context: as kite_route_is_dead().
 * Return: whether to ask again.
 */
static inline bool kite_route_is_stale(const struct kite_route *rt)
{
	return kite_route_is_dead(rt) || rt->genid != rt_genid_ipv4(rt->net);
}

/* Whether rules look at ports, so that who looks up a route has to tell them. */
static inline bool kite_rules_heed_ports(const struct net *net)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	return net->ipv4.fib_rules_require_fldissect;
#else
	return false;
#endif
}

/**
 * kite_route_heeds_source() - whether the source of a flow may have had a say
 * @rt: its route
 *
 * Rules look at addresses and ports, and so does the choice among several next hops.
 *
 * Context: any.
 * Return: whether who has found @rt without them has to ask again.
 */
static inline bool kite_route_heeds_source(const struct kite_route *rt)
{
	return rt->varies || fib4_has_custom_rules(rt->net);
}

/**
 * kite_route_release() - give up a reference
 * @rt: the route, or NULL
 *
 * Context: any.
 */
static inline void kite_route_release(struct kite_route *rt)
{
	dst_release(rt ? &rt->dst : NULL);
}

struct kite_route *kite_route_output(struct net *net, struct flowi4 *fl4,
				     const struct sock *sk);
int kite_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos,
		     struct net_device *dev, struct kite_flow_entry *own,
		     enum kite_counter *why);
u32 kite_route_forward_mtu(const struct kite_route *rt, __be32 daddr);
__be32 kite_spec_dst(const struct sk_buff *skb);

struct kite_route *kite_route_alloc(struct net *net, struct net_device *dev,
				    u8 type, int genid);

int kite_route_init(void (*link_failure)(struct sk_buff *skb),
		    void (*too_large)(struct sk_buff *skb, u32 mtu));
void kite_route_exit(void);
void kite_routes_drain(void);
int kite_route_net_init(struct net *net);
void kite_route_net_pre_exit(struct net *net);
void kite_route_net_exit(struct net *net);

#endif /* _KITE_ROUTE_H */
