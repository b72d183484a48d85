// SPDX-License-Identifier: GPL-2.0
#include "multicast.h"

#include <linux/hash.h>
#include <linux/igmp.h>
#include <linux/inetdevice.h>

/**
 * kite_mc_is_member() - whether a device receives a group
 * @in_dev: the device's IPv4 side
 * @group: the group, network order
 *
 * Source filters are the receiving socket's business.
 *
 * Context: RCU read lock.
 * Return: whether it does.
 */
bool kite_mc_is_member(const struct in_device *in_dev, __be32 group)
{
	struct ip_mc_list __rcu **buckets = rcu_dereference(in_dev->mc_hash);
	const struct ip_mc_list *im;

	/* The kernel adds the hash once there are more than a few groups. */
	if (buckets) {
		im = rcu_dereference(buckets[hash_32((__force u32)group,
						     MC_HASH_SZ_LOG)]);
		while (im && im->multiaddr != group)
			im = rcu_dereference(im->next_hash);
	} else {
		im = rcu_dereference(in_dev->mc_list);
		while (im && im->multiaddr != group)
			im = rcu_dereference(im->next_rcu);
	}
	return im;
}
