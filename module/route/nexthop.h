/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a FIB result says about the next hop.
 */
#ifndef _KITE_ROUTE_NEXTHOP_H
#define _KITE_ROUTE_NEXTHOP_H

#include <net/ip_fib.h>

#include "route.h"

void kite_nexthop_select(struct net *net, struct fib_result *res,
			 const struct flowi4 *fl4, const struct sk_buff *skb);
__be32 kite_nexthop_saddr(struct net *net, const struct fib_result *res);
bool kite_nexthop_usable(const struct fib_result *res);
bool kite_nexthop_is(const struct kite_route *rt, const struct fib_result *res);
void kite_nexthop_apply(struct kite_route *rt, const struct fib_result *res);

bool kite_flow_ports(const struct sk_buff *skb, struct flowi4 *fl4);

#endif /* _KITE_ROUTE_NEXTHOP_H */
