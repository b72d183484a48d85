// SPDX-License-Identifier: GPL-2.0
/* dst_alloc() takes the initial reference count (until 6.6). */
#include <net/dst.h>

void *probe(struct dst_ops *ops, struct net_device *dev)
{
	return dst_alloc(ops, dev, 1, DST_OBSOLETE_FORCE_CHK, 0);
}
