/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Source address validation, RFC 3704, as net.ipv4.conf.*.rp_filter sets it.
 */
#ifndef _KITE_ROUTE_RPFILTER_H
#define _KITE_ROUTE_RPFILTER_H

#include <linux/inetdevice.h>
#include <linux/skbuff.h>

int kite_validate_source(const struct sk_buff *skb, __be32 saddr, __be32 daddr,
			 u8 tos, int oif, struct net_device *dev,
			 struct in_device *in_dev);
bool kite_source_is_on_link(const struct sk_buff *skb, __be32 saddr,
			    __be32 daddr, u8 tos, struct net_device *dev,
			    struct in_device *in_dev);

#endif /* _KITE_ROUTE_RPFILTER_H */
