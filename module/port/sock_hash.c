// SPDX-License-Identifier: GPL-2.0
#include "sock_hash.h"

#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>

#include "../netns.h"
#include "listing.h"

/**
 * struct listing - where a reader of a listing is
 * @p: the namespace, for seq_file_net()
 * @locked: the table, locked between start and stop, or NULL
 */
struct listing {
	struct seq_net_private	p;
	struct kite_sock_hash	*locked;
};

/* The table may not be there yet. */
static struct kite_sock_hash *listed_hash(struct seq_file *seq)
{
	struct kite_net *kn = kite_net(seq_file_net(seq));
	size_t slot = (size_t)pde_data(file_inode(seq->file));

	return READ_ONCE(*(struct kite_sock_hash **)((char *)kn + slot));
}

/*
 * A position is the bucket in the upper half and the socket's place in it in the
 * lower. The latest socket is the first, so the place is the number counted
 * backwards; and so whoever comes while the reader is away is behind him, and
 * whoever goes moves nobody. 0 is the line of column heads.
 */
static struct sock *sock_at(struct kite_sock_hash *h, loff_t *pos)
{
	unsigned int bucket = *pos >> 32;
	u32 place = *pos;
	struct sock *sk;

	if (!h)
		return NULL;
	for (; bucket < KITE_SOCK_HASH_SIZE; bucket++) {
		sk_for_each(sk, &h->bucket[bucket]) {
			if (~sk->sk_hash < place)
				continue;
			*pos = (loff_t)bucket << 32 | ~sk->sk_hash;
			return sk;
		}
		place = 0;
	}
	return NULL;
}

static void *sock_hash_start(struct seq_file *seq, loff_t *pos)
{
	struct kite_sock_hash *h = listed_hash(seq);
	struct listing *l = seq->private;

	/* Held from one function to another, which sparse cannot follow. */
	if (h) {
		spin_lock(&h->lock);
		__release(&h->lock);
	}
	l->locked = h;
	return *pos ? sock_at(h, pos) : SEQ_START_TOKEN;
}

static void *sock_hash_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct listing *l = seq->private;

	++*pos;
	return sock_at(l->locked, pos);
}

static void sock_hash_stop(struct seq_file *seq, void *v)
{
	struct listing *l = seq->private;

	if (!l->locked)
		return;
	__acquire(&l->locked->lock);
	spin_unlock(&l->locked->lock);
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
				    sizeof(struct listing),
				    (void *)slot) ? 0 : -ENOMEM;
}
