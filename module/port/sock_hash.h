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
 * @lock: serializes changes, process context; readers hold rcu_read_lock()
 * @bucket: sockets by sk_node
 */
struct kite_sock_hash {
	spinlock_t		lock;	/* docs/locking.md, "Ports" */
	struct hlist_head	bucket[KITE_SOCK_HASH_SIZE];
};

static inline void kite_sock_hash_init(struct kite_sock_hash *h)
{
	unsigned int i;

	spin_lock_init(&h->lock);
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

int kite_sock_hash_proc(struct net *net, const char *name, size_t slot);

#endif /* _KITE_PORT_SOCK_HASH_H */
