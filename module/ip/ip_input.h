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

/**
 * struct kite_raw_ops - the raw sockets, seen from the network layer
 * @deliver: hands copies of a packet, data at the transport header, to those
 *	that want @protocol: the header's, or one that was wrapped in that; the
 *	packet is not consumed. Returns whether any wanted it
 * @alert: hands copies of a packet with a router alert, data at the network
 *	header, that is only passing through to those that asked for such ones;
 *	with @copy false none, but says whether there is anybody. The packet is not
 *	consumed. Returns whether there is
 * @err: an ICMP error about a packet of @protocol, as in struct kite_protocol
 */
struct kite_raw_ops {
	bool	(*deliver)(struct sk_buff *skb, u8 protocol);
	bool	(*alert)(struct sk_buff *skb, bool copy);
	void	(*err)(struct sk_buff *skb, u8 protocol, u32 info);
};

void kite_set_raw_ops(const struct kite_raw_ops *ops);
void kite_raw_icmp_error(struct sk_buff *skb, u8 protocol, u32 info);
bool kite_raw_alert(struct net *net, struct sk_buff *skb);

#endif /* _KITE_IP_INPUT_H */
