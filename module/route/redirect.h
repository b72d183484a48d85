/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to tell a host on the link of a better first hop, RFC 1812 5.2.7.2.
 */
#ifndef _KITE_ROUTE_REDIRECT_H
#define _KITE_ROUTE_REDIRECT_H

#include "route.h"

bool kite_redirect_is_due(const struct sk_buff *skb, const struct kite_route *rt,
			  __be32 *gateway);

#endif /* _KITE_ROUTE_REDIRECT_H */
