// SPDX-License-Identifier: GPL-2.0
/* A device's tc hooks are tcx entries (6.6), formerly struct mini_Qdisc. */
#include <linux/netdevice.h>

bool probe(const struct net_device *dev);
bool probe(const struct net_device *dev)
{
	return rcu_access_pointer(dev->tcx_egress);
}
