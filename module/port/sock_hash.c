// SPDX-License-Identifier: GPL-2.0
#include "sock_hash.h"

#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>

#include "../netns.h"
#include "listing.h"

/* The table may not be there yet. */
static struct kite_sock_hash *listed_hash(struct seq_file *seq)
{
	struct kite_net *kn = kite_net(seq_file_net(seq));
	size_t slot = (size_t)pde_data(file_inode(seq->file));

	return READ_ONCE(*(struct kite_sock_hash **)((char *)kn + slot));
}

/*
 * A position is the bucket in the upper and the place in it in the lower half; 0
 * is the line of column heads.
 */
static struct sock *sock_at(struct kite_sock_hash *h, loff_t *pos)
{
	unsigned int bucket = *pos >> 32, i;
	u32 place = *pos;
	struct sock *sk;

	if (!h)
		return NULL;
	for (; bucket < KITE_SOCK_HASH_SIZE; bucket++) {
		i = 1;
		sk_for_each_rcu(sk, &h->bucket[bucket]) {
			if (i++ < place)
				continue;
			*pos = (loff_t)bucket << 32 | (i - 1);
			return sk;
		}
		place = 1;
	}
	return NULL;
}

static void *sock_hash_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return *pos ? sock_at(listed_hash(seq), pos) : SEQ_START_TOKEN;
}

static void *sock_hash_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return sock_at(listed_hash(seq), pos);
}

static void sock_hash_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int sock_hash_show(struct seq_file *seq, void *v)
{
	struct sock *sk = v;

	if (v == SEQ_START_TOKEN)
		kite_listing_show_datagram_head(seq);
	else
		kite_listing_show_datagram(seq, sk, sk->sk_num);
	return 0;
}

static const struct seq_operations sock_hash_seq_ops = {
	.start	= sock_hash_start,
	.next	= sock_hash_next,
	.stop	= sock_hash_stop,
	.show	= sock_hash_show,
};

/**
 * kite_sock_hash_proc() - list a table of sockets in /proc/net/kite
 * @net: the namespace
 * @name: of the file
 * @slot: offset in struct kite_net of the pointer to the table
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kite_sock_hash_proc(struct net *net, const char *name, size_t slot)
{
	return proc_create_net_data(name, 0444, kite_net(net)->proc,
				    &sock_hash_seq_ops,
				    sizeof(struct seq_net_private),
				    (void *)slot) ? 0 : -ENOMEM;
}
