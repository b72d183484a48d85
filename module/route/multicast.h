/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Group membership, as the host's own IPv4 keeps it.
 */
#ifndef _KITE_ROUTE_MULTICAST_H
#define _KITE_ROUTE_MULTICAST_H

#include <linux/types.h>

struct in_device;

bool kite_mc_is_member(const struct in_device *in_dev, __be32 group);

#endif /* _KITE_ROUTE_MULTICAST_H */
