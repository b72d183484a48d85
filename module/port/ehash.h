/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The established table: TCP's connections, requests and TIME_WAIT by 4-tuple.
 *
 * Whatever lives here begins with a struct sock_common: full sockets,
 * TCP_NEW_SYN_RECV requests and TCP_TIME_WAIT mini-sockets. Readers hold only
 * rcu_read_lock(); members are freed after a grace period.
 */
#ifndef _KITE_EHASH_H
#define _KITE_EHASH_H

#include "../kite.h"
#include "../netns.h"

int kite_ehash_insert(struct sock *sk);
bool kite_ehash_remove(struct sock *sk);
int kite_ehash_replace(struct sock *old, struct sock *new);
struct sock *kite_lookup_established(struct net *net, __be32 saddr,
				     __be16 sport, __be32 daddr, __be16 dport,
				     int dif, int sdif);
/**
 * typedef kite_reuse_t - asked whether a TIME_WAIT makes room for who connects
 * @sk: the socket that connects
 * @old: the mini-socket with its 4-tuple; if so gone afterwards, or about to be where
 *	somebody else has begun to end it
 * @chosen: the kernel chose the port, and may choose another
 *
 * Context: process, socket lock held, under RCU.
 */
typedef bool (*kite_reuse_t)(struct sock *sk, struct sock *old, bool chosen);

int kite_hash_connect(struct sock *sk, kite_reuse_t reuse);

/**
 * kite_ehash_hashed() - whether a socket is in the established table
 * @sk: full socket or mini-socket
 *
 * Context: whoever may insert or remove @sk.
 * Return: true while it is.
 */
static inline bool kite_ehash_hashed(const struct sock *sk)
{
	return sk_hashed(sk);
}

struct rhashtable_iter;
bool kite_ehash_walk_enter(struct net *net, struct rhashtable_iter *iter);

int kite_ehash_net_prepare(struct net *net);
void kite_ehash_net_exit(struct net *net);

#endif /* _KITE_EHASH_H */
