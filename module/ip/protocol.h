/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who takes which value of the header's protocol field.
 */
#ifndef _KITE_IP_PROTOCOL_H
#define _KITE_IP_PROTOCOL_H

#include "../kite.h"

/**
 * struct kite_protocol - a transport, seen from the network layer
 * @handler: takes a whole datagram: skb->data at the transport header,
 *	network header behind it, skb_dst a local route, under RCU with BH
 *	disabled. Consumes it and returns 0; or leaves it alone and returns
 *	-N to have it delivered again as protocol N
 * @err_handler: told of an ICMP error about something that was sent: skb->data
 *	at the quoted RFC 791 header, of which at least 8 bytes of payload are
 *	in the linear part; skb->transport_header at the ICMP header; @info is the
 *	next-hop MTU (host order) for fragmentation needed. Does not consume.
 *	Returns 0, or -ENOENT when no socket was meant
 * @early_demux: find the connection that a packet with a transport header, but no
 *	route yet, belongs to: skb->data at the network header, for this host's
 *	link-layer address, whole, under RCU. Returns a full socket of KITE's
 *	without a reference, which @handler gets from kite_skb_steal_sock() and
 *	has not to look for again; or NULL. May be missing
 * @wfree: the destructor of packets that it sends, if what is cut out of one takes a part
 *	of the sender's memory, and shall be freed by it, too; NULL = there is none such
 * @icmp_strict_tag_validation: @err_handler believes an error only if the quoted
 *	packet proves that its sender saw one of ours (a TCP sequence number in
 *	the window)
 */
struct kite_protocol {
	int	(*handler)(struct sk_buff *skb);
	int	(*err_handler)(struct sk_buff *skb, u32 info);
	struct sock *(*early_demux)(struct net *net, struct sk_buff *skb);
	void	(*wfree)(struct sk_buff *skb);
	bool	icmp_strict_tag_validation;
};

extern const struct kite_protocol __rcu *kite_protos[IPPROTO_RAW + 1];

int kite_add_protocol(const struct kite_protocol *prot, u8 protocol);
int kite_del_protocol(const struct kite_protocol *prot, u8 protocol);

#endif /* _KITE_IP_PROTOCOL_H */
