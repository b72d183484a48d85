/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the packet handler to local delivery.
 */
#ifndef _KITE_IP_INPUT_H
#define _KITE_IP_INPUT_H

#include "../kite.h"

int kite_rcv(struct sk_buff *skb, struct net_device *dev,
	     struct packet_type *pt, struct net_device *orig_dev);
int kite_local_deliver(struct sk_buff *skb);

/*
 * Hands copies of a packet to raw sockets: data is at the transport header, and
 * the packet is not consumed. Returns whether any socket took a copy.
 */
typedef bool (*kite_raw_deliver_t)(struct sk_buff *skb);

void kite_set_raw_deliver(kite_raw_deliver_t fn);

#endif /* _KITE_IP_INPUT_H */
