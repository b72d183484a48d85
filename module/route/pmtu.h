/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ICMP told about the MTU of paths, RFC 1191.
 */
#ifndef _KITE_ROUTE_PMTU_H
#define _KITE_ROUTE_PMTU_H

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

struct kite_path_mtu kite_pmtu_lookup(const struct kite_route *rt, __be32 daddr);
void kite_pmtu_learn(const struct kite_route *rt, u32 mtu);
void kite_pmtu_net_exit(struct net *net);

#endif /* _KITE_ROUTE_PMTU_H */
