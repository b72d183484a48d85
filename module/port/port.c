// SPDX-License-Identifier: GPL-2.0
/*
 * Getting, keeping and giving back a port. docs/locking.md, "Ports", has the
 * order of the locks.
 */
#include "port.h"

#include <linux/sched.h>
#include <linux/slab.h>
#include <net/ip.h>

#include "bucket.h"
#include "ehash.h"

static void free_table(struct kite_port_table *t)
{
	rhltable_destroy(&t->demux);
	kite_bucket_map_free(&t->buckets);
	kite_port_map_free(&t->free);
	kite_port_map_free(&t->connectable);
	kfree(t);
}

/**
 * kite_port_table_get() - the port table of a namespace, made if need be
 * @net: the namespace
 * @space: which ports
 *
 * Context: process, may sleep.
 * Return: the table, or NULL for want of memory.
 */
struct kite_port_table *kite_port_table_get(struct net *net,
					    enum kite_port_space space)
{
	struct kite_port_table **slot = &kite_net(net)->ports[space];
	struct kite_port_table *t = READ_ONCE(*slot), *old;

	if (likely(t))
		return t;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	if (rhltable_init(&t->demux, &kite_demux_params)) {
		kfree(t);
		return NULL;
	}
	spin_lock_init(&t->lock);
	kite_port_map_fill(&t->free);
	kite_port_map_fill(&t->connectable);

	old = cmpxchg(slot, NULL, t);
	if (old) {
		free_table(t);
		return old;
	}
	return t;
}

/**
 * kite_port_range() - where the kernel may choose a port for a socket
 * @sk: the socket
 * @low: set to the least port
 * @high: set to the greatest port
 *
 * IP_LOCAL_PORT_RANGE narrows ip_local_port_range, and never widens it.
 *
 * Context: any.
 */
void kite_port_range(const struct sock *sk, unsigned int *low,
		     unsigned int *high)
{
	u32 own = READ_ONCE(kite_sk(sk)->local_port_range);
	int lo, hi, own_lo = own & 0xffff, own_hi = own >> 16;

	inet_get_local_port_range(sock_net(sk), &lo, &hi);
	*low = own_lo >= lo && own_lo <= hi ? own_lo : lo;
	*high = own_hi >= lo && own_hi <= hi ? own_hi : hi;
}

/**
 * kite_bucket_join() - make a socket an owner of a bucket
 * @b: the bucket
 * @sk: the socket, whose port is set already
 *
 * Context: @b->lock held, unless @b is not in the table yet.
 */
void kite_bucket_join(struct kite_bind_bucket *b, struct sock *sk)
{
	/* From here on there are readers who find it without a reference. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk->sk_hash = b->next++;
	hlist_add_head(&sk->sk_bind_node, &b->owners);
	WRITE_ONCE(kite_sk(sk)->bucket, b);
}

/**
 * kite_bucket_create() - take a port that nobody owns
 * @t: the table
 * @sk: the first owner; its port is set on success
 * @port: host order; 0 = draw one
 * @connect_only: the port is for a connect() without bind()
 *
 * A bucket is never to be seen without an owner, so the first one is on it
 * before it enters the table.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0; -EEXIST when @port has got a bucket meanwhile; -EADDRINUSE when
 * there was no free port to draw; -ENOMEM.
 */
int kite_bucket_create(struct kite_port_table *t, struct sock *sk,
		       unsigned int port, bool connect_only)
{
	const unsigned long *reserved =
		sock_net(sk)->ipv4.sysctl_local_reserved_ports;
	struct kite_bind_bucket *b;
	unsigned int low, high;
	int err = 0;

	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	spin_lock_init(&b->lock);
	b->connect_only = connect_only;
	kite_port_range(sk, &low, &high);

	spin_lock_bh(&t->lock);
	if (!port) {
		port = kite_port_map_draw(&t->free, low, high, reserved);
		if (!port)
			err = -EADDRINUSE;
	} else if (!kite_port_map_has(&t->free, port)) {
		err = -EEXIST;
	}
	if (!err)
		err = kite_port_map_prepare(&t->free, port);
	if (!err)
		err = kite_port_map_prepare(&t->connectable, port);
	if (err)
		goto unlock;

	b->port = port;
	kite_set_port(sk, port);
	kite_bucket_join(b, sk);
	err = kite_bucket_store(&t->buckets, port, b);
	if (err) {
		kite_sk(sk)->bucket = NULL;
		__hlist_del(&sk->sk_bind_node);
		kite_set_port(sk, 0);
		goto unlock;
	}
	kite_port_map_del(&t->free, port);
	if (!connect_only)
		kite_port_map_del(&t->connectable, port);
unlock:
	spin_unlock_bh(&t->lock);
	if (err)
		kfree(b);
	return err;
}

/* The last owner has left: nobody can join any more, so free the port. */
static void destroy_bucket(struct kite_port_table *t,
			   struct kite_bind_bucket *b)
{
	lockdep_assert_held(&b->lock);

	spin_lock(&t->lock);
	kite_bucket_erase(&t->buckets, b->port);
	kite_port_map_add(&t->free, b->port);
	kite_port_map_add(&t->connectable, b->port);
	spin_unlock(&t->lock);
	kfree_rcu(b, rcu);
}

/* Somebody owns the port by bind() now: connect() must not share it. */
static void claim_for_bind(struct kite_port_table *t,
			   struct kite_bind_bucket *b)
{
	lockdep_assert_held(&b->lock);

	if (!b->connect_only)
		return;
	b->connect_only = false;
	spin_lock(&t->lock);
	kite_port_map_del(&t->connectable, b->port);
	spin_unlock(&t->lock);
}

/*
 * Join the owners of @port if the truth table allows it. -ENOENT when nobody
 * owns it (any more).
 */
static int join_port(struct kite_port_table *t, struct sock *sk,
		     unsigned int port, bool autobind, bool relax)
{
	struct kite_bind_bucket *b;
	int err = -ENOENT;

	rcu_read_lock();
	b = kite_bucket_find(&t->buckets, port);
	if (!b)
		goto out;

	spin_lock_bh(&b->lock);
	if (hlist_empty(&b->owners))
		goto unlock;
	err = -EADDRINUSE;
	if (kite_bind_conflict(sk, b, autobind, relax))
		goto unlock;
	kite_set_port(sk, port);
	kite_bucket_join(b, sk);
	claim_for_bind(t, b);
	err = 0;
unlock:
	spin_unlock_bh(&b->lock);
out:
	rcu_read_unlock();
	return err;
}

static int get_port_explicit(struct kite_port_table *t, struct sock *sk,
			     unsigned int port)
{
	int err;

	do {
		err = join_port(t, sk, port, false, false);
		if (err == -ENOENT)
			err = kite_bucket_create(t, sk, port, false);
	} while (err == -EEXIST);
	return err;
}

/*
 * No port of the range is free, yet some owner may be one to share with, by
 * another address or device, say: ask them all, from a random one on.
 */
static int share_any_port(struct kite_port_table *t, struct sock *sk,
			  bool relax)
{
	struct net *net = sock_net(sk);
	unsigned int low, high, i, n, port;
	int err;

	kite_port_range(sk, &low, &high);
	n = high - low + 1;
	port = low + get_random_u32_below(n);
	for (i = 0; i < n; i++) {
		if (!inet_is_local_reserved_port(net, port)) {
			err = join_port(t, sk, port, true, relax);
			if (!err)
				return 0;
		}
		if (++port > high)
			port = low;
		cond_resched();
	}
	return -EADDRINUSE;
}

static int get_port_any(struct kite_port_table *t, struct sock *sk)
{
	struct net *net = sock_net(sk);
	int err;

	err = kite_bucket_create(t, sk, 0, false);
	if (err != -EADDRINUSE)
		return err;

	err = share_any_port(t, sk, false);
	if (err && READ_ONCE(net->ipv4.sysctl_ip_autobind_reuse))
		err = share_any_port(t, sk, true);
	return err;
}

/*
 * The socket has the port already and is about to listen: what was no conflict
 * between two bound sockets may be one with a listener.
 */
static int revalidate_port(struct kite_port_table *t, struct sock *sk)
{
	struct kite_bind_bucket *b = kite_sk(sk)->bucket;
	int err = 0;

	spin_lock_bh(&b->lock);
	if (kite_bind_conflict(sk, b, false, false))
		err = -EADDRINUSE;
	else
		claim_for_bind(t, b);
	spin_unlock_bh(&b->lock);
	return err;
}

/**
 * kite_get_port() - make a socket an owner of a port (twin of
 * inet_csk_get_port() and udp_v4_get_port())
 * @sk: a TCP or UDP socket, its sk_rcv_saddr set to what it is bound to
 * @snum: the port, host order; 0 = any free one of kite_port_range() without
 *	ip_local_reserved_ports, unpredictably
 *
 * On success sk_num and sport are set. A socket that owns @snum already keeps it
 * after its claim has been checked again with its present state (listen()).
 * Datagram sockets are to be found by packets from here on.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int kite_get_port(struct sock *sk, unsigned short snum)
{
	enum kite_port_space space = kite_port_space(sk);
	struct kite_sock *ks = kite_sk(sk);
	struct kite_port_table *t;
	int err;

	t = kite_port_table_get(sock_net(sk), space);
	if (!t)
		return -ENOMEM;
	if (ks->bucket)
		return revalidate_port(t, sk);

	err = snum ? get_port_explicit(t, sk, snum) : get_port_any(t, sk);
	if (err || space != KITE_PORTS_UDP)
		return err;

	err = kite_demux_insert(t, sk);
	if (err) {
		kite_port_release(&sk->__sk_common, &ks->bucket);
		kite_set_port(sk, 0);
	}
	return err;
}

/**
 * kite_port_release() - an owner gives up its port
 * @owner: full socket's or mini-socket's common part
 * @slot: where the owner keeps its bucket; NULL there is fine
 *
 * The port is free again when this was the last owner.
 *
 * Context: any but hard interrupt. The caller is the only one to write *@slot.
 */
void kite_port_release(struct sock_common *owner,
		       struct kite_bind_bucket **slot)
{
	struct net *net = read_pnet(&owner->skc_net);
	struct kite_bind_bucket *b = *slot;
	enum kite_port_space space;

	if (!b)
		return;

	/* Mini-sockets have no protocol field, and only TCP has them. */
	space = sk_fullsock((struct sock *)owner) ?
		kite_port_space((struct sock *)owner) : KITE_PORTS_TCP;
	rcu_read_lock();
	spin_lock_bh(&b->lock);
	/* The listings look there whether a mini-socket is still an owner. */
	hlist_del_init(&owner->skc_bind_node);
	WRITE_ONCE(*slot, NULL);
	if (hlist_empty(&b->owners))
		destroy_bucket(kite_port_table(net, space), b);
	spin_unlock_bh(&b->lock);
	rcu_read_unlock();
}

/**
 * kite_put_port() - a socket gives up its port (twin of inet_put_port())
 * @sk: a TCP or UDP socket, with or without a port
 *
 * A datagram socket is not to be found by packets any more. sk_num becomes 0,
 * so a connection leaves the established table before; sport stays for what is
 * still to be sent.
 *
 * Context: process or BH, socket lock held or nobody else has @sk.
 */
void kite_put_port(struct sock *sk)
{
	if (kite_port_space(sk) == KITE_PORTS_UDP && kite_sk(sk)->bucket)
		kite_demux_remove(sk);
	kite_port_release(&sk->__sk_common, &kite_sk(sk)->bucket);
	sk->sk_num = 0;
}

/**
 * kite_inherit_port() - a listener's child becomes an owner of its port (twin
 * of __inet_inherit_port())
 * @parent: the listener
 * @child: the new connection, which has copied the listener's kite_sock
 *
 * Context: BH or process, under RCU; the listener need not be locked and may
 * be closing.
 * Return: 0; -ENOENT when the listener does not own a port any more.
 */
int kite_inherit_port(const struct sock *parent, struct sock *child)
{
	struct kite_bind_bucket *b = READ_ONCE(kite_sk(parent)->bucket);
	int err = -ENOENT;

	kite_sk(child)->bucket = NULL;
	if (!b)
		return err;

	spin_lock_bh(&b->lock);
	if (!hlist_empty(&b->owners)) {
		kite_set_port(child, b->port);
		kite_bucket_join(b, child);
		err = 0;
	}
	spin_unlock_bh(&b->lock);
	return err;
}

/**
 * kite_port_handover() - a mini-socket takes over a socket's place
 * @sk: the socket, which owns a port and is in the established table
 * @mini: its TIME_WAIT mini-socket; port, addresses, device, reuse and
 *	reuseport are filled in
 * @slot: where @mini keeps its bucket
 *
 * @mini takes the place among the owners and in the established table at once:
 * at no moment is there none of the two, and no listing shows both. The socket
 * stays an owner, a new one, when bind() gave it the port: that is its own until
 * it is closed. Otherwise it has no port any more.
 *
 * Context: process or BH, socket lock held.
 * Return: 0; -ENOENT when @sk was not in the established table.
 */
int kite_port_handover(struct sock *sk, struct sock_common *mini,
		       struct kite_bind_bucket **slot)
{
	struct kite_bind_bucket *b = kite_sk(sk)->bucket;
	bool keeps = sk->sk_userlocks & SOCK_BINDPORT_LOCK;
	int err;

	if (!b)
		return -ENOENT;
	spin_lock_bh(&b->lock);
	*slot = b;
	mini->skc_hash = sk->sk_hash;
	hlist_add_behind(&mini->skc_bind_node, &sk->sk_bind_node);
	__hlist_del(&sk->sk_bind_node);
	if (keeps)
		kite_bucket_join(b, sk);
	else
		WRITE_ONCE(kite_sk(sk)->bucket, NULL);
	err = kite_ehash_replace(sk, (struct sock *)mini);
	spin_unlock_bh(&b->lock);
	/* It was a part of the socket's key in the established table. */
	if (!keeps)
		sk->sk_num = 0;
	return err;
}

/**
 * kite_port_net_exit() - free a namespace's port tables
 * @net: the namespace; no socket of it is left
 *
 * Context: process, may sleep.
 */
void kite_port_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	enum kite_port_space space;

	for (space = 0; space < KITE_PORT_SPACES; space++) {
		unsigned int port = 0;

		if (!kn->ports[space])
			continue;
		rcu_read_lock();
		WARN_ON_ONCE(kite_bucket_next(&kn->ports[space]->buckets, &port));
		rcu_read_unlock();
		free_table(kn->ports[space]);
		kn->ports[space] = NULL;
	}
}
