/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A second decision about a packet that changed on its way out.
 */
#ifndef _KITE_ROUTE_REROUTE_H
#define _KITE_ROUTE_REROUTE_H

#include "route.h"

int kite_route_me_harder(struct net *net, const struct sock *sk,
			 struct sk_buff *skb);

#endif /* _KITE_ROUTE_REROUTE_H */
