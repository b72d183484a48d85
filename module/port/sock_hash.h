/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small hash table of sockets by sk_num, for the transports without ports.
 */
#ifndef _KITE_PORT_SOCK_HASH_H
#define _KITE_PORT_SOCK_HASH_H

#include <linux/spinlock.h>
#include <net/sock.h>

#define KITE_SOCK_HASH_SIZE	64

/**
 * struct kite_sock_hash - sockets by sk_num
 * @lock: serializes changes and listings, process context; packets look under
 *	rcu_read_lock()
 * @next: number of the next socket to come, which it carries in sk_hash
 * @bucket: sockets by sk_node, the latest first
 */
struct kite_sock_hash {
	spinlock_t		lock;	/* docs/locking.md, "Ports" */
	u32			next;
	struct hlist_head	bucket[KITE_SOCK_HASH_SIZE];
};

static inline void kite_sock_hash_init(struct kite_sock_hash *h)
{
	unsigned int i;

	spin_lock_init(&h->lock);
	h->next = 0;
	for (i = 0; i < KITE_SOCK_HASH_SIZE; i++)
		INIT_HLIST_HEAD(&h->bucket[i]);
}

/**
 * kite_sock_bucket() - where the sockets with a number are, among others
 * @h: the table
 * @num: sk_num
 *
 * Return: the head of the list.
 */
static inline struct hlist_head *kite_sock_bucket(struct kite_sock_hash *h,
						  u16 num)
{
	return &h->bucket[num % KITE_SOCK_HASH_SIZE];
}

/**
 * kite_sock_hash_add() - enter a socket
 * @h: the table
 * @sk: the socket, its sk_num set
 *
 * Context: process, @h->lock held.
 */
static inline void kite_sock_hash_add(struct kite_sock_hash *h, struct sock *sk)
{
	lockdep_assert_held(&h->lock);
	/* From here on there are readers who find it without a reference. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk->sk_hash = h->next++;
	sk_add_node_rcu(sk, kite_sock_bucket(h, sk->sk_num));
}

int kite_sock_hash_proc(struct net *net, const char *name, size_t slot);

#endif /* _KITE_PORT_SOCK_HASH_H */
