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

void kite_pmtu_learn(const struct kite_route *rt, u32 mtu);
void kite_pmtu_net_exit(struct net *net);

#endif /* _KITE_ROUTE_PMTU_H */
