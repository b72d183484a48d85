// SPDX-License-Identifier: GPL-2.0
/* dst_ops.ifdown takes an int that tells unregister from down (until 6.4). */
#include <net/dst.h>

static void probe(struct dst_entry *dst, struct net_device *dev, int how)
{
}

struct dst_ops probe_ops = { .ifdown = probe };
