/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a transport to the wire.
 */
#ifndef _KITE_IP_OUTPUT_H
#define _KITE_IP_OUTPUT_H

#include "../kite.h"
#include "../route/route.h"
#include "options.h"

/* Headroom that a transport leaves before its own header, bytes. */
#define KITE_HEADROOM	(LL_MAX_HEADER + sizeof(struct iphdr) + \
			 KITE_OPTIONS_MAX)

/**
 * struct kite_tx - what a sender decides of the RFC 791 header
 * @saddr: source address, network order
 * @daddr: destination address, network order
 * @protocol: IPPROTO_*
 * @tos: type of service
 * @ttl: time to live, 0 = the socket's or the namespace's default (1 for
 *	multicast)
 * @opt: options, or NULL
 * @df: don't fragment, also not here: too big for the route is -EMSGSIZE
 */
struct kite_tx {
	__be32	saddr;
	__be32	daddr;
	u8	protocol;
	u8	tos;
	u8	ttl;
	bool	df;
	const struct kite_ip_options *opt;
};

int kite_xmit(struct net *net, struct sock *sk, struct sk_buff *skb,
	      const struct kite_tx *tx);
int kite_queue_xmit(struct sock *sk, struct sk_buff *skb);
int kite_send_reply(struct net *net, struct sk_buff *skb,
		    const struct sk_buff *orig, struct flowi4 *fl4,
		    const struct kite_tx *tx);
struct kite_route *kite_sk_route(struct sock *sk);

int kite_local_out(struct net *net, struct sock *sk, struct sk_buff *skb);
int kite_output(struct net *net, struct sock *sk, struct sk_buff *skb);

u8 kite_default_ttl(const struct sock *sk, const struct net *net, __be32 daddr);

#endif /* _KITE_IP_OUTPUT_H */
