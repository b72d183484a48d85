// SPDX-License-Identifier: GPL-2.0
/* How large a packet may become by GRO depends on its protocol (6.3). */
#include <linux/netdevice.h>

unsigned int probe(const struct net_device *dev, const struct sk_buff *skb);
unsigned int probe(const struct net_device *dev, const struct sk_buff *skb)
{
	return netif_get_gro_max_size(dev, skb);
}
