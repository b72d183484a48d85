/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As whom this host speaks of a packet that it passes on.
 */
#ifndef _KITE_ROUTE_SOURCE_H
#define _KITE_ROUTE_SOURCE_H

#include <linux/skbuff.h>

__be32 kite_route_source(const struct sk_buff *skb);

#endif /* _KITE_ROUTE_SOURCE_H */
