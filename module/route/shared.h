/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decisions that came out alike are one route.
 */
#ifndef _KITE_ROUTE_SHARED_H
#define _KITE_ROUTE_SHARED_H

#include <net/ip_fib.h>

#include "route.h"

/**
 * struct kite_decision - what makes one route as good as another
 * @dev: output device; for what stays here the loopback of its L3 domain
 * @res: the FIB result whose next hop and metrics count, else NULL
 * @genid: route generation from before the decision was begun
 * @iif: ifindex of the device by which the packet came, or of the one that owns the
 *	address of this host that it goes to; 0 for others that leave
 * @err: errno of one that goes nowhere, positive
 * @daddr: where packets of our own go, network order; 0 for those that came in
 * @type: RTN_*
 * @is_input: about packets that came in
 * @heard: what leaves for a group or everybody is for this host, too
 */
struct kite_decision {
	struct net_device	*dev;
	const struct fib_result	*res;
	int			genid;
	int			iif;
	int			err;
	__be32			daddr;
	u8			type;
	bool			is_input;
	bool			heard;
};

struct kite_route *kite_route_decided(struct net *net,
				      const struct kite_decision *d);

void kite_shared_routes_close(struct net *net);

#endif /* _KITE_ROUTE_SHARED_H */
