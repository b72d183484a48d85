/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A raw socket; only for the files of this room.
 */
#ifndef _KITE_RAW_SOCK_H
#define _KITE_RAW_SOCK_H

#include "../kite.h"
#include "../netns.h"
#include "../port/sock_hash.h"

/**
 * struct kite_raw_sock - a raw socket
 * @ks: the KITE socket, first; sk_num is the protocol
 * @icmp_filter: ICMP_FILTER: one bit a type, set = not wanted
 */
struct kite_raw_sock {
	struct kite_sock	ks;
	u32			icmp_filter;
};

static_assert(offsetof(struct kite_raw_sock, ks) == 0);

static inline struct kite_raw_sock *kite_raw_sk(const struct sock *sk)
{
	return (struct kite_raw_sock *)sk;
}

/* The namespace's raw sockets by protocol; NULL before the first. */
static inline struct kite_sock_hash *kite_raw_table(const struct net *net)
{
	return READ_ONCE(kite_net(net)->raw);
}

/* table.c */
int kite_raw_hash(struct sock *sk);
void kite_raw_unhash(struct sock *sk);

/* input.c */
bool kite_raw_deliver(struct sk_buff *skb, u8 protocol);
bool kite_raw_router_alert(struct sk_buff *skb, bool copy);
void kite_raw_err(struct sk_buff *skb, u8 protocol, u32 info);

/* output.c */
int kite_raw_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);

#endif /* _KITE_RAW_SOCK_H */
