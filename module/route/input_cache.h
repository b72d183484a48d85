/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was decided about packets that came in, so that the next one of a flow
 * need not ask the FIB.
 */
#ifndef _KITE_ROUTE_INPUT_CACHE_H
#define _KITE_ROUTE_INPUT_CACHE_H

#include <linux/inetdevice.h>
#include <net/ip_fib.h>

#include "route.h"

/**
 * struct kite_flow - all that a decision about a unicast packet depends on
 * @daddr: destination, network order
 * @saddr: source, network order
 * @mark: of the packet
 * @iif: ifindex of the device by which it came
 * @how: the DSCP bits of its type of service, and how its device is set
 * @hash: of all these, keyed; set by kite_input_cache_find()
 *
 * And on the FIB and the addresses, of which the route generation tells.
 */
struct kite_flow {
	__be32	daddr;
	__be32	saddr;
	u32	mark;
	int	iif;
	u16	how;
	u32	hash;
};

void kite_flow_init(struct kite_flow *flow, const struct sk_buff *skb,
		    __be32 daddr, __be32 saddr, u8 tos,
		    const struct net_device *dev, struct in_device *in_dev);

struct kite_route *kite_flow_find(struct kite_flow_entry *e,
				  const struct kite_flow *flow);
void kite_flow_remember(struct kite_flow_entry *e, const struct kite_flow *flow,
			struct kite_route *rt);

struct kite_route *kite_input_cache_find(struct net *net,
					 struct kite_flow *flow);
void kite_input_cache_add(struct net *net, const struct kite_flow *flow,
			  struct kite_route *rt);

void kite_input_cache_close(struct net *net);

#endif /* _KITE_ROUTE_INPUT_CACHE_H */
