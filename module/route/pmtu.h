/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ICMP told about the MTU of paths, RFC 1191.
 */
#ifndef _KITE_ROUTE_PMTU_H
#define _KITE_ROUTE_PMTU_H

#include "../netns.h"
#include "route.h"

/**
 * struct kite_path_mtu - what was learned about a path
 * @mtu: largest packet that gets through, bytes; 0 = nothing learned
 * @locked: somebody on the path asked for less than net.ipv4.route.min_pmtu:
 *	packets go without DF from here on, and may be fragmented there
 */
struct kite_path_mtu {
	u32	mtu;
	bool	locked;
};

struct kite_path_mtu __kite_pmtu_lookup(const struct kite_route *rt, __be32 daddr);

/**
 * kite_pmtu_lookup() - what was learned about a path
 * @rt: the route by which packets leave
 * @daddr: where they go, network order
 *
 * Context: any.
 * Return: it, mtu 0 when nothing was or it is not true any more.
 */
static inline struct kite_path_mtu kite_pmtu_lookup(const struct kite_route *rt,
						    __be32 daddr)
{
	if (likely(!READ_ONCE(rt->kn->pmtus)) || rt->mtu_locked)
		return (struct kite_path_mtu) {};
	return __kite_pmtu_lookup(rt, daddr);
}

/**
 * kite_route_dev_mtu() - the largest packet that a route's device takes
 * @rt: the route
 *
 * Context: RCU read lock.
 * Return: bytes, network header included.
 */
static inline u32 kite_route_dev_mtu(const struct kite_route *rt)
{
	return min_t(u32, READ_ONCE(dst_dev_rcu(&rt->dst)->mtu), IP_MAX_MTU);
}

/* What the administrator says: of the route, or else of the device. */
static inline u32 kite_route_set_mtu(const struct kite_route *rt)
{
	return rt->mtu ? min_t(u32, rt->mtu, IP_MAX_MTU) :
			 kite_route_dev_mtu(rt);
}

/**
 * kite_route_mtu() - the largest packet of our own that may take a route
 * @rt: the route
 *
 * The route's or the device's MTU, or what ICMP told about the path, if less.
 *
 * Context: RCU read lock.
 * Return: bytes, network header included.
 */
static inline u32 kite_route_mtu(const struct kite_route *rt)
{
	struct kite_path_mtu path = kite_pmtu_lookup(rt, rt->daddr);
	u32 mtu = kite_route_set_mtu(rt);

	return path.mtu ? min(path.mtu, mtu) : mtu;
}

/**
 * kite_route_mtu_locked() - whether path MTU discovery has no say about a route
 * @rt: the route
 *
 * Context: any.
 * Return: whether the administrator said so ("mtu lock"), or the path wants less
 * than net.ipv4.route.min_pmtu.
 */
static inline bool kite_route_mtu_locked(const struct kite_route *rt)
{
	return rt->mtu_locked || kite_pmtu_lookup(rt, rt->daddr).locked;
}

void kite_pmtu_learn(const struct kite_route *rt, u32 mtu);
void kite_pmtu_net_exit(struct net *net);

#endif /* _KITE_ROUTE_PMTU_H */
