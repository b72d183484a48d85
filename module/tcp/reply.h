/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments that no full socket sends: resets, and what mini-sockets say.
 */
#ifndef _KITE_TCP_REPLY_H
#define _KITE_TCP_REPLY_H

#include "../kite.h"
#include "../observe/counters.h"
#include "../route/route.h"
#include "timestamp.h"

/**
 * struct kite_tcp_bare - a segment without data
 * @saddr:	source address, network order
 * @daddr:	destination address, network order
 * @sport:	source port, network order
 * @dport:	destination port, network order
 * @seq:	sequence number, host order
 * @ack:	acknowledgment number, host order; sent with KITE_TCP_ACK only
 * @window:	window field, host order
 * @flags:	KITE_TCP_*
 * @tos:	type of service
 * @optlen:	octets of @options, a multiple of four
 * @options:	what follows the fixed header
 * @ts:		timestamps to put into a segment without @options, if they were agreed
 *		upon; or NULL
 * @mark:	for policy routing
 * @oif:	device to leave by (ifindex), 0 = any
 * @sk:		full socket whose other options of routing count, and ttl and priority; or NULL
 * @transparent: without @sk, whether @saddr may be any (IP_TRANSPARENT)
 * @route:	with @sk, by which it goes, without a reference; or NULL when that is not known
 * @ip_options:	options of the RFC 791 header; NULL = as those that are answered
 */
struct kite_tcp_bare {
	__be32		saddr;
	__be32		daddr;
	__be16		sport;
	__be16		dport;
	u32		seq;
	u32		ack;
	u16		window;
	u8		flags;
	u8		tos;
	unsigned int	optlen;
	const u8	*options;
	const struct kite_tcp_ts *ts;
	u32		mark;
	int		oif;
	struct sock	*sk;
	bool		transparent;
	struct kite_route *route;
	const struct kite_ip_options *ip_options;
};

void kite_tcp_bare_as(struct kite_tcp_bare *bare, struct sock *sk);
int kite_tcp_reply(struct net *net, const struct sk_buff *orig,
		   const struct kite_tcp_bare *bare);
void kite_tcp_reply_reset(struct net *net, struct sock *sk, struct sk_buff *skb,
			  enum kite_counter why);

#endif /* _KITE_TCP_REPLY_H */
