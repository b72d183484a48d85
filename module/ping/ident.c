// SPDX-License-Identifier: GPL-2.0
#include "ident.h"

#include <linux/proc_fs.h>

#include "../port/port_map.h"
#include "../port/sock_hash.h"
#include "ping.h"

/**
 * struct kite_ping_table - the ping sockets of one namespace
 * @by_ident: the sockets, first; its lock guards @free, too
 * @free: identifiers that nobody uses
 */
struct kite_ping_table {
	struct kite_sock_hash	by_ident;
	struct kite_port_map	free;
};

static_assert(offsetof(struct kite_ping_table, by_ident) == 0);

static struct kite_ping_table *ping_table(const struct net *net)
{
	return READ_ONCE(kite_net(net)->ping);
}

/* The namespace's table, made with its first identifier. */
static struct kite_ping_table *get_table(struct net *net)
{
	struct kite_ping_table *t = ping_table(net), *old;

	if (t)
		return t;
	t = kmalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	kite_sock_hash_init(&t->by_ident);
	kite_port_map_fill(&t->free);

	old = cmpxchg(&kite_net(net)->ping, NULL, t);
	if (old) {
		kfree(t);
		return old;
	}
	return t;
}

static struct hlist_head *bucket_of(struct kite_ping_table *t, u16 ident)
{
	return kite_sock_bucket(&t->by_ident, ident);
}

/* Whether some user of @ident does not want to share it with @sk. */
static bool is_taken(struct kite_ping_table *t, const struct sock *sk,
		     u16 ident)
{
	const struct sock *other;

	sk_for_each(other, bucket_of(t, ident))
		if (other->sk_num == ident &&
		    !(other->sk_reuse && sk->sk_reuse))
			return true;
	return false;
}

/**
 * kite_ping_get_ident() - make a socket a user of an identifier (twin of
 * ping_get_port())
 * @sk: the socket
 * @ident: host order; 0 = any free one, unpredictably
 *
 * On success sk_num and sport are set, and replies find the socket.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int kite_ping_get_ident(struct sock *sk, unsigned short ident)
{
	struct kite_ping_table *t = get_table(sock_net(sk));
	int err = 0;

	if (!t)
		return -ENOMEM;

	spin_lock(&t->by_ident.lock);
	if (!ident)
		ident = kite_port_map_draw(&t->free, 1, KITE_PORTS - 1, NULL);
	if (!ident || is_taken(t, sk, ident))
		err = -EADDRINUSE;
	else
		err = kite_port_map_prepare(&t->free, ident);
	if (!err) {
		sk->sk_num = ident;
		kite_sk(sk)->sport = htons(ident);
		kite_port_map_del(&t->free, ident);
		kite_sock_hash_add(&t->by_ident, sk);
	}
	spin_unlock(&t->by_ident.lock);
	return err;
}

/* Whether nobody uses @ident any more. */
static bool is_unused(struct kite_ping_table *t, u16 ident)
{
	const struct sock *sk;

	sk_for_each(sk, bucket_of(t, ident))
		if (sk->sk_num == ident)
			return false;
	return true;
}

/**
 * kite_ping_put_ident() - a socket gives up its identifier, if it has one
 * @sk: the socket
 *
 * Context: process, socket lock held or nobody else has @sk.
 */
void kite_ping_put_ident(struct sock *sk)
{
	struct kite_ping_table *t = ping_table(sock_net(sk));

	if (!sk->sk_num)
		return;
	spin_lock(&t->by_ident.lock);
	sk_del_node_init_rcu(sk);
	if (is_unused(t, sk->sk_num))
		kite_port_map_add(&t->free, sk->sk_num);
	spin_unlock(&t->by_ident.lock);
	sk->sk_num = 0;
	kite_sk(sk)->sport = 0;
}

/**
 * kite_ping_lookup() - find the socket that a reply is for
 * @net: the namespace
 * @ident: the echo's identifier, host order
 * @local: our address, network order
 * @cb: where the message came in
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: the socket, without a reference; or NULL.
 */
struct sock *kite_ping_lookup(struct net *net, u16 ident, __be32 local,
			      const struct kite_skb_cb *cb)
{
	struct kite_ping_table *t = ping_table(net);
	struct sock *sk;
	int dev;

	if (!t)
		return NULL;
	sk_for_each_rcu(sk, bucket_of(t, ident)) {
		dev = READ_ONCE(sk->sk_bound_dev_if);
		if (sk->sk_num == ident &&
		    (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == local) &&
		    (!dev || dev == cb->iif || dev == cb->sdif))
			return sk;
	}
	return NULL;
}

/**
 * kite_ping_net_init() - make /proc/net/kite/icmp
 * @net: the namespace
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kite_ping_net_init(struct net *net)
{
	return kite_sock_hash_proc(net, "icmp", offsetof(struct kite_net, ping));
}

/**
 * kite_ping_net_exit() - undo kite_ping_net_init() and free the table
 * @net: the namespace; no ping socket is left
 *
 * Context: process, may sleep.
 */
void kite_ping_net_exit(struct net *net)
{
	struct kite_ping_table *t = kite_net(net)->ping;

	remove_proc_entry("icmp", kite_net(net)->proc);
	if (t)
		kite_port_map_free(&t->free);
	kfree(t);
}
