// SPDX-License-Identifier: GPL-2.0
#include "ehash.h"

#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <net/inet_sock.h>
#include <net/ip.h>

#include "bucket.h"
#include "port.h"

/*
 * The link of a member is its skc_nulls_node, which every struct sock_common has.
 * The second word says whether it is linked, where sk_hashed() looks.
 */
struct ehash_link {
	struct rhash_head	head;
	void			*hashed;
};

static_assert(sizeof(struct ehash_link) == sizeof(struct hlist_nulls_node));
static_assert(offsetof(struct ehash_link, hashed) ==
	      offsetof(struct hlist_node, pprev));
static_assert(offsetof(struct sock, __sk_common) == 0);

/**
 * struct kite_ehash - the established table of one namespace
 * @ht: struct sock_common by 4-tuple
 */
struct kite_ehash {
	struct rhashtable	ht;
};

/*
 * What a member is looked for by: seen from our end. The devices are compared
 * but not hashed, because a connection bound to no device matches any.
 */
struct ehash_key {
	struct net		*net;
	__be32			laddr;
	__be32			faddr;
	u16			lport;
	__be16			fport;
	int			dif;
	int			sdif;
};

static struct ehash_link *ehash_link(struct sock *sk)
{
	return (struct ehash_link *)&sk->__sk_common.skc_nulls_node;
}

static u32 hash_tuple(__be32 laddr, u16 lport, __be32 faddr, __be16 fport,
		      u32 seed)
{
	return jhash_3words((__force u32)laddr, (__force u32)faddr,
			    (u32)lport << 16 | (__force u16)fport, seed);
}

static inline u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct ehash_key *key = data;

	return hash_tuple(key->laddr, key->lport, key->faddr, key->fport, seed);
}

static u32 hash_member(const void *data, u32 len, u32 seed)
{
	const struct sock_common *c = data;

	return hash_tuple(c->skc_rcv_saddr, c->skc_num, c->skc_daddr,
			  c->skc_dport, seed);
}

static inline int compare_key(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ehash_key *key = arg->key;
	const struct sock_common *c = obj;

	return !(c->skc_daddr == key->faddr &&
		 c->skc_rcv_saddr == key->laddr &&
		 c->skc_dport == key->fport && c->skc_num == key->lport &&
		 inet_sk_bound_dev_eq(key->net, READ_ONCE(c->skc_bound_dev_if),
				      key->dif, key->sdif));
}

static const struct rhashtable_params ehash_params = {
	.head_offset	= offsetof(struct sock_common, skc_nulls_node),
	.hashfn		= hash_key,
	.obj_hashfn	= hash_member,
	.obj_cmpfn	= compare_key,
	.min_size	= KITE_TABLE_MIN,
	.automatic_shrinking = true,
};

/**
 * kite_ehash_net_prepare() - make the established table if there is none
 * @net: the namespace
 *
 * Whoever connects or begins to listen does so before packets can come.
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kite_ehash_net_prepare(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_ehash *h;

	if (likely(READ_ONCE(kn->ehash)))
		return 0;

	h = kmalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	if (rhashtable_init(&h->ht, &ehash_params)) {
		kfree(h);
		return -ENOMEM;
	}
	if (cmpxchg(&kn->ehash, NULL, h)) {
		rhashtable_destroy(&h->ht);
		kfree(h);
	}
	return 0;
}

/**
 * kite_ehash_net_exit() - free a namespace's established table
 * @net: the namespace; its connections, requests and TIME_WAIT are gone
 *
 * Context: process, may sleep.
 */
void kite_ehash_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);

	if (!kn->ehash)
		return;
	WARN_ON_ONCE(atomic_read(&kn->ehash->ht.nelems));
	rhashtable_destroy(&kn->ehash->ht);
	kfree(kn->ehash);
	kn->ehash = NULL;
}

/* Mini-sockets are counted elsewhere, if at all. */
static void count_full(const struct sock *sk, int n)
{
	if (sk_fullsock(sk))
		kite_count_in_use(sk, n);
}

/**
 * kite_ehash_insert() - enter a connection, a request or a TIME_WAIT
 * @sk: full socket or mini-socket; skc_rcv_saddr, skc_num, skc_daddr, skc_dport,
 *	skc_bound_dev_if and skc_net are filled in and stay until it is removed
 *
 * The namespace must have its table (kite_ehash_net_prepare()). Packets find @sk
 * from here on.
 *
 * Context: process or BH.
 * Return: 0; -EADDRNOTAVAIL when the 4-tuple is taken; -EBUSY when the table is
 * just being enlarged, and a moment later it will do; -ENOMEM.
 */
int kite_ehash_insert(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct ehash_key key = {
		.net	= net,
		.laddr	= sk->sk_rcv_saddr,
		.faddr	= sk->sk_daddr,
		.lport	= sk->sk_num,
		.fport	= sk->sk_dport,
		.dif	= sk->sk_bound_dev_if,
		.sdif	= l3mdev_master_ifindex_by_index(net,
							 sk->sk_bound_dev_if),
	};
	struct ehash_link *link = ehash_link(sk);
	int err;

	/* Before others can find it, and want to take it out again. */
	link->hashed = link;
	err = rhashtable_lookup_insert_key(&kite_net(net)->ehash->ht, &key,
					   &link->head, ehash_params);
	if (!err) {
		count_full(sk, 1);
		return 0;
	}
	link->hashed = NULL;
	if (err == -EEXIST)
		return -EADDRNOTAVAIL;
	return err == -EBUSY ? -EBUSY : -ENOMEM;
}

/**
 * kite_ehash_remove() - take a member out again
 * @sk: full socket or mini-socket; nothing happens when it is not in the table
 *
 * Packets that are being processed may still use @sk until a grace period has
 * passed.
 *
 * Context: process or BH. Of several who remove or replace @sk at once, one does.
 * Return: whether the caller did.
 */
bool kite_ehash_remove(struct sock *sk)
{
	struct ehash_link *link = ehash_link(sk);

	if (!READ_ONCE(link->hashed) ||
	    rhashtable_remove_fast(&kite_net(sock_net(sk))->ehash->ht,
				   &link->head, ehash_params))
		return false;
	WRITE_ONCE(link->hashed, NULL);
	count_full(sk, -1);
	return true;
}

/**
 * kite_ehash_replace() - put one member in another's place
 * @old: the one to leave
 * @new: the one to come, with the same 4-tuple
 *
 * A packet finds either the one or the other, never none.
 *
 * Context: process or BH; the caller is the only one to insert or remove @new. Of
 * several who remove or replace @old at once, one does.
 * Return: 0; -ENOENT when @old is not in the table.
 */
int kite_ehash_replace(struct sock *old, struct sock *new)
{
	struct ehash_link *olink = ehash_link(old);
	struct ehash_link *nlink = ehash_link(new);
	int err;

	if (!READ_ONCE(olink->hashed))
		return -ENOENT;
	nlink->hashed = nlink;
	err = rhashtable_replace_fast(&kite_net(sock_net(old))->ehash->ht,
				      &olink->head, &nlink->head, ehash_params);
	if (err) {
		nlink->hashed = NULL;
		return err;
	}
	WRITE_ONCE(olink->hashed, NULL);
	count_full(old, -1);
	count_full(new, 1);
	return 0;
}

/**
 * kite_lookup_established() - find who a segment belongs to
 * @net: the namespace
 * @saddr: source address of the segment, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @dport: destination port, network order
 * @dif: device it came in by (ifindex)
 * @sdif: the enslaved device when @dif is an L3 master, else 0
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: full socket, TCP_NEW_SYN_RECV request or TCP_TIME_WAIT mini-socket,
 * without a reference; or NULL.
 */
struct sock *kite_lookup_established(struct net *net, __be32 saddr,
				     __be16 sport, __be32 daddr, __be16 dport,
				     int dif, int sdif)
{
	struct kite_ehash *h = READ_ONCE(kite_net(net)->ehash);
	struct ehash_key key = {
		.net	= net,
		.laddr	= daddr,
		.faddr	= saddr,
		.lport	= ntohs(dport),
		.fport	= sport,
		.dif	= dif,
		.sdif	= sdif,
	};

	if (!h)
		return NULL;
	return rhashtable_lookup(&h->ht, &key, ehash_params);
}

/**
 * kite_ehash_walk_enter() - begin to visit every member
 * @net: the namespace
 * @iter: the walker
 *
 * Context: process.
 * Return: false when there is no table and nothing to visit.
 */
bool kite_ehash_walk_enter(struct net *net, struct rhashtable_iter *iter)
{
	struct kite_ehash *h = READ_ONCE(kite_net(net)->ehash);

	if (!h)
		return false;
	rhashtable_walk_enter(&h->ht, iter);
	return true;
}

/*
 * Use @port, of which every owner so far came by connect(). -EADDRNOTAVAIL when
 * the 4-tuple is taken there, -ENOENT when the port is not to be shared.
 */
static int connect_share(struct kite_port_table *t, struct sock *sk,
			 unsigned int port)
{
	struct kite_bind_bucket *b;
	int err = -ENOENT;

	rcu_read_lock();
	b = kite_bucket_find(&t->buckets, port);
	if (!b)
		goto out;

	spin_lock_bh(&b->lock);
	if (hlist_empty(&b->owners) || !b->connect_only)
		goto unlock;
	kite_set_port(sk, port);
	err = kite_ehash_insert(sk);
	if (!err)
		kite_bucket_join(b, sk);
	else
		kite_set_port(sk, 0);
unlock:
	spin_unlock_bh(&b->lock);
out:
	rcu_read_unlock();
	return err;
}

/* Use a port that nobody owns. */
static int connect_fresh(struct kite_port_table *t, struct sock *sk,
			 unsigned int port)
{
	int err = kite_bucket_create(t, sk, port, true);

	if (err)
		return err;
	/* The port's last owner may have left a request behind. */
	err = kite_ehash_insert(sk);
	if (err) {
		kite_put_port(sk);
		kite_set_port(sk, 0);
	}
	return err;
}

/* Whether a TIME_WAIT was in the way of @sk at @port, and is no more. */
static bool made_room(struct sock *sk, unsigned int port, bool chosen,
		      kite_reuse_t reuse)
{
	int dif = sk->sk_bound_dev_if;
	struct net *net = sock_net(sk);
	struct sock *old;
	bool made;

	rcu_read_lock();
	old = kite_lookup_established(net, sk->sk_daddr, sk->sk_dport,
				      sk->sk_rcv_saddr, htons(port), dif,
				      l3mdev_master_ifindex_by_index(net, dif));
	made = old && old->sk_state == TCP_TIME_WAIT && reuse(sk, old, chosen);
	rcu_read_unlock();
	return made;
}

static int connect_try(struct kite_port_table *t, struct sock *sk,
		       unsigned int port, kite_reuse_t reuse)
{
	int err = connect_share(t, sk, port);

	if (err == -EADDRNOTAVAIL && made_room(sk, port, true, reuse))
		err = connect_share(t, sk, port);
	return err == -ENOENT ? connect_fresh(t, sk, port) : err;
}

/* Whether another port would give no other result. */
static bool is_final(int err)
{
	return !err || err == -ENOMEM || err == -EBUSY;
}

/* Ask every port that may be shared, from a random one on. */
static int connect_scan(struct kite_port_table *t, struct sock *sk,
			unsigned int low, unsigned int high, kite_reuse_t reuse)
{
	unsigned int n = high - low + 1;
	unsigned int port = low + get_random_u32_below(n);
	struct net *net = sock_net(sk);
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		if (kite_port_map_has(&t->connectable, port) &&
		    !inet_is_local_reserved_port(net, port)) {
			err = connect_try(t, sk, port, reuse);
			if (is_final(err))
				return err;
		}
		if (++port > high)
			port = low;
		cond_resched();
	}
	return -EADDRNOTAVAIL;
}

/*
 * A socket without a port may use any that no bind() claims, as long as its
 * 4-tuple is its own. Drawing among all of those keeps ports for other
 * destinations; when the first draw fails this destination is a popular one, and
 * a port without owners succeeds at once. Only with none of these left is it a
 * search.
 */
static int connect_any_port(struct kite_port_table *t, struct sock *sk,
			    kite_reuse_t reuse)
{
	const unsigned long *reserved =
		sock_net(sk)->ipv4.sysctl_local_reserved_ports;
	unsigned int low, high, port;
	int err;

	kite_port_range(sk, &low, &high);

	spin_lock_bh(&t->lock);
	port = kite_port_map_draw(&t->connectable, low, high, reserved);
	spin_unlock_bh(&t->lock);
	if (!port)
		return -EADDRNOTAVAIL;

	err = connect_try(t, sk, port, reuse);
	if (is_final(err))
		return err;
	err = connect_fresh(t, sk, 0);
	if (is_final(err))
		return err;
	return connect_scan(t, sk, low, high, reuse);
}

/*
 * Use the port that bind() gave. A TIME_WAIT that somebody else is ending, its timer or a
 * reset, may still be there for a moment: there is no other port, so that is waited for.
 */
static int connect_own_port(struct sock *sk, kite_reuse_t reuse)
{
	int err = kite_ehash_insert(sk);

	if (err != -EADDRNOTAVAIL || !made_room(sk, sk->sk_num, false, reuse))
		return err;
	err = kite_ehash_insert(sk);
	return err == -EADDRNOTAVAIL ? -EBUSY : err;
}

/**
 * kite_hash_connect() - enter a socket that connects (twin of
 * inet_hash_connect())
 * @sk: a TCP socket with both addresses and the peer's port set, and with or
 *	without a local port
 * @reuse: asked about a TIME_WAIT that has the 4-tuple
 *
 * A socket without a port gets one of kite_port_range(), unpredictably; sk_num
 * and sport are set then.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0; -EADDRNOTAVAIL when the 4-tuple is taken, or is on every port of
 * the range; -ENOMEM.
 */
int kite_hash_connect(struct sock *sk, kite_reuse_t reuse)
{
	struct net *net = sock_net(sk);
	struct kite_port_table *t;
	int err;

	t = kite_port_table_get(net, KITE_PORTS_TCP);
	if (!t || kite_ehash_net_prepare(net))
		return -ENOMEM;
	for (;;) {
		err = kite_sk(sk)->bucket ? connect_own_port(sk, reuse) :
					    connect_any_port(t, sk, reuse);
		if (err != -EBUSY)
			return err;
		/* The table grows by a worker, which we were faster than; or a TIME_WAIT goes. */
		schedule_timeout_uninterruptible(1);
	}
}
