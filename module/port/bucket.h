/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the port table; only for the files of this room.
 */
#ifndef _KITE_PORT_BUCKET_H
#define _KITE_PORT_BUCKET_H

#include <linux/rhashtable.h>

#include "../kite.h"
#include "../netns.h"
#include "bucket_map.h"
#include "port_map.h"

/**
 * struct kite_bind_bucket - a port that somebody owns
 * @lock: guards @owners, @next, @connect_only and the owners' bucket pointers;
 *	taken with BH disabled, below the socket lock
 * @port: host order
 * @next: the next owner's number, which it carries in skc_hash
 * @connect_only: every owner got the port by connect() without bind(), so that
 *	others may share it towards other destinations
 * @owners: struct sock_common by skc_bind_node, the latest first. Never empty
 *	while the bucket is in the table: whoever finds it empty under @lock was
 *	too late
 * @rcu: frees it after a grace period
 */
struct kite_bind_bucket {
	spinlock_t		lock;	/* docs/locking.md, "Ports" */
	u16			port;
	bool			connect_only;
	u32			next;
	struct hlist_head	owners;
	struct rcu_head		rcu;
};

/**
 * struct kite_port_table - the ports of one space in one namespace
 * @lock: guards @buckets, @free and @connectable; taken with BH disabled and
 *	below any bucket lock
 * @buckets: the buckets by port; RCU for readers
 * @demux: listeners or datagram sockets by struct kite_demux_key
 * @free: ports without a bucket
 * @connectable: ports without a bucket and those whose bucket is connect_only
 */
struct kite_port_table {
	spinlock_t		lock;	/* docs/locking.md, "Ports" */
	struct kite_bucket_map	buckets;
	struct rhltable		demux;
	struct kite_port_map	free;
	struct kite_port_map	connectable;
};

/* Least size of the hash tables: a burst of sockets finds room to begin with. */
#define KITE_TABLE_MIN	256

extern const struct rhashtable_params kite_demux_params;

static inline enum kite_port_space kite_port_space(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP ? KITE_PORTS_TCP : KITE_PORTS_UDP;
}

/* NULL before the first bind in that space. */
static inline struct kite_port_table *
kite_port_table(const struct net *net, enum kite_port_space space)
{
	return READ_ONCE(kite_net(net)->ports[space]);
}

/*
 * Give a socket its port, host order, before anybody can see it as an owner; or
 * take it away, 0, when it did not become one.
 */
static inline void kite_set_port(struct sock *sk, u16 port)
{
	sk->sk_num = port;
	kite_sk(sk)->sport = htons(port);
}

/* A socket can be found by packets from now on (@n 1), or cannot any more (-1). */
static inline void kite_count_in_use(const struct sock *sk, int n)
{
	atomic_add(n, &kite_net(sock_net(sk))->in_use[kite_port_space(sk)]);
}

#define kite_for_each_owner(owner, bucket) \
	hlist_for_each_entry(owner, &(bucket)->owners, skc_bind_node)

bool kite_bind_conflict(const struct sock *sk,
			const struct kite_bind_bucket *b, bool autobind,
			bool relax);

struct kite_port_table *kite_port_table_get(struct net *net,
					    enum kite_port_space space);
int kite_bucket_create(struct kite_port_table *t, struct sock *sk,
		       unsigned int port, bool connect_only);
void kite_bucket_join(struct kite_bind_bucket *b, struct sock *sk);
int kite_demux_insert(struct kite_port_table *t, struct sock *sk);
void kite_demux_remove(struct sock *sk);

void kite_port_range(const struct sock *sk, unsigned int *low,
		     unsigned int *high);

#endif /* _KITE_PORT_BUCKET_H */
