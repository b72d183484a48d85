/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way from this host to itself.
 */
#ifndef _KITE_ROUTE_LOOPBACK_H
#define _KITE_ROUTE_LOOPBACK_H

#include "../kite.h"

int kite_loopback_xmit(struct sk_buff *skb);

#endif /* _KITE_ROUTE_LOOPBACK_H */
