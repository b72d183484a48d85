/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last step down: from a route to a link-layer address, through ARP's
 * neighbour table.
 */
#ifndef _KITE_ROUTE_NEIGH_H
#define _KITE_ROUTE_NEIGH_H

#include "route.h"

void kite_neigh_confirm(const struct dst_entry *dst, const void *daddr);
int kite_neigh_xmit(struct net *net, struct sk_buff *skb);

#endif /* _KITE_ROUTE_NEIGH_H */
