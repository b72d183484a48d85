// SPDX-License-Identifier: GPL-2.0
#include "raw_sock.h"

#include <linux/proc_fs.h>

#include "raw.h"

/* The namespace's table, made with its first raw socket. */
static struct kite_sock_hash *get_table(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_sock_hash *t = READ_ONCE(kn->raw), *old;

	if (t)
		return t;
	t = kmalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	kite_sock_hash_init(t);

	old = cmpxchg(&kn->raw, NULL, t);
	if (old) {
		kfree(t);
		return old;
	}
	return t;
}

/**
 * kite_raw_hash() - let packets find a raw socket
 * @sk: the socket, its protocol in sk_num
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kite_raw_hash(struct sock *sk)
{
	struct kite_sock_hash *t = get_table(sock_net(sk));

	if (!t)
		return -ENOMEM;
	spin_lock(&t->lock);
	kite_sock_hash_add(t, sk);
	spin_unlock(&t->lock);
	return 0;
}

/**
 * kite_raw_unhash() - undo kite_raw_hash(), if it was done
 * @sk: the socket
 *
 * Context: process.
 */
void kite_raw_unhash(struct sock *sk)
{
	struct kite_sock_hash *t = kite_raw_table(sock_net(sk));

	if (!t)
		return;
	spin_lock(&t->lock);
	sk_del_node_init_rcu(sk);
	spin_unlock(&t->lock);
}

/**
 * kite_raw_net_init() - make /proc/net/kite/raw
 * @net: the namespace
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kite_raw_net_init(struct net *net)
{
	return kite_sock_hash_proc(net, "raw", offsetof(struct kite_net, raw));
}

/**
 * kite_raw_net_exit() - undo kite_raw_net_init() and free the table
 * @net: the namespace; no raw socket is left
 *
 * Context: process, may sleep.
 */
void kite_raw_net_exit(struct net *net)
{
	remove_proc_entry("raw", kite_net(net)->proc);
	kfree(kite_net(net)->raw);
}
