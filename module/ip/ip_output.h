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
int kite_send_reply(struct net *net, struct sock *sk, struct sk_buff *skb,
		    const struct sk_buff *orig, struct flowi4 *fl4,
		    const struct kite_tx *tx);
struct kite_route *kite_sk_route_renew(struct sock *sk);

int kite_local_out(struct net *net, struct sock *sk, struct sk_buff *skb);
int kite_output(struct net *net, struct sock *sk, struct sk_buff *skb);

u8 kite_default_ttl(const struct sock *sk, const struct kite_route *rt, __be32 daddr);

/**
 * kite_sk_route() - the route of a connected socket
 * @sk: the socket, with saddr, daddr and ports
 *
 * What the socket remembers, if it is still true; else a new decision, which it
 * then remembers.
 *
 * Context: RCU read lock, until which unlocking the route stays; the caller
 * gets no reference. The socket need not be locked.
 * Return: the route, or ERR_PTR as kite_route_output().
 */
static inline struct kite_route *kite_sk_route(struct sock *sk)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_dst_cache);

	if (likely(dst)) {
		struct kite_route *rt = container_of(dst, struct kite_route, dst);

		if (likely(!kite_route_is_stale(rt)))
			return rt;
	}
	return kite_sk_route_renew(sk);
}

#endif /* _KITE_IP_OUTPUT_H */
