// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTUs that were learned from ICMP.
 *
 * One is true for a destination behind a next hop, whichever route leads there,
 * until it expires or the administrator flushes the routes. Routes do not hold
 * them: they are looked up when an MTU is asked for, so that sockets and their
 * cached routes see each change at once. A namespace that never learned one pays
 * for a look at a pointer.
 *
 * Who sends ICMP can make this host learn. So the table is bounded, its hash is
 * keyed, and a chain that is full loses its oldest.
 */
#include "pmtu.h"

#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ip.h>

#include "../netns.h"

/* Bounds of one namespace: buckets, and path MTUs in each of them. */
#define KITE_PMTU_BUCKETS	256
#define KITE_PMTU_DEPTH		8

/* Where a path leads: a destination, and the next hop on the way there. */
struct kite_pmtu_key {
	__be32	daddr;
	int	oif;
	u32	hop;	/* IPv4 gateway, or a hash of an IPv6 one; 0 = on link */
};

/**
 * struct kite_pmtu - one path MTU
 * @link:	in its bucket
 * @rcu:	to free it by
 * @key:	of which path; constant
 * @path:	MTU and lock in one word (see kite_pmtu_pack()), so that a reader
 *		gets both of the same message
 * @genid:	flush generation of routes in which it is true
 * @expires:	jiffies
 *
 * Written under the table's lock.
 */
struct kite_pmtu {
	struct hlist_node	link;
	struct rcu_head		rcu;
	struct kite_pmtu_key	key;
	u32			path;
	int			genid;
	unsigned long		expires;
};

/**
 * struct kite_pmtu_table - those of a namespace
 * @secret:	of the hash
 * @lock:	guards the chains; BH-disabling, innermost
 * @buckets:	chains of struct kite_pmtu, RCU
 */
struct kite_pmtu_table {
	hsiphash_key_t		secret;
	spinlock_t		lock;	/* see above */
	struct hlist_head	buckets[KITE_PMTU_BUCKETS];
};

#define KITE_PMTU_LOCKED	BIT(31)

static u32 kite_pmtu_pack(struct kite_path_mtu path)
{
	return path.mtu | (path.locked ? KITE_PMTU_LOCKED : 0);
}

static struct kite_path_mtu kite_pmtu_unpack(u32 path)
{
	return (struct kite_path_mtu) {
		.mtu	= path & ~KITE_PMTU_LOCKED,
		.locked	= path & KITE_PMTU_LOCKED,
	};
}

/* Under RCU, for the device. */
static struct kite_pmtu_key kite_pmtu_key_of(const struct kite_route *rt,
					     __be32 daddr)
{
	struct kite_pmtu_key key = {
		.daddr	= daddr,
		.oif	= dst_dev_rcu(&rt->dst)->ifindex,
	};

	if (rt->gw_family == AF_INET)
		key.hop = (__force u32)rt->gateway;
	else if (rt->gw_family == AF_INET6)
		key.hop = ipv6_addr_hash(&rt->gateway6);
	return key;
}

static struct hlist_head *kite_pmtu_bucket(struct kite_pmtu_table *table,
					   const struct kite_pmtu_key *key)
{
	u32 hash = hsiphash_3u32((__force u32)key->daddr, key->oif, key->hop,
				 &table->secret);

	return &table->buckets[hash % KITE_PMTU_BUCKETS];
}

/* Under RCU or the table's lock. */
static struct kite_pmtu *kite_pmtu_find(struct kite_pmtu_table *table,
					const struct kite_pmtu_key *key)
{
	struct kite_pmtu *p;

	hlist_for_each_entry_rcu(p, kite_pmtu_bucket(table, key), link,
				 lockdep_is_held(&table->lock))
		if (p->key.daddr == key->daddr && p->key.oif == key->oif &&
		    p->key.hop == key->hop)
			return p;
	return NULL;
}

/* Whether it is still true. */
static bool kite_pmtu_holds(const struct net *net, const struct kite_pmtu *p)
{
	return READ_ONCE(p->genid) == fnhe_genid(net) &&
	       time_before(jiffies, READ_ONCE(p->expires));
}

/**
 * __kite_pmtu_lookup() - what was learned about a path, where something was
 * @rt: the route by which packets leave
 * @daddr: where they go, network order
 *
 * Context: any.
 * Return: as kite_pmtu_lookup().
 */
struct kite_path_mtu __kite_pmtu_lookup(const struct kite_route *rt, __be32 daddr)
{
	struct kite_pmtu_table *table = READ_ONCE(rt->kn->pmtus);
	struct kite_path_mtu path = {};
	struct kite_pmtu_key key;
	struct kite_pmtu *p;

	rcu_read_lock();
	key = kite_pmtu_key_of(rt, daddr);
	p = kite_pmtu_find(table, &key);
	if (p && kite_pmtu_holds(rt->net, p))
		path = kite_pmtu_unpack(READ_ONCE(p->path));
	rcu_read_unlock();
	return path;
}

/* Whether it was said before, and half of its time is left: tunnels say so with each packet. */
static bool kite_pmtu_is_known(const struct net *net, struct kite_pmtu_table *table,
			       const struct kite_pmtu_key *key, struct kite_path_mtu path)
{
	const struct kite_pmtu *p = kite_pmtu_find(table, key);

	return p && READ_ONCE(p->path) == kite_pmtu_pack(path) &&
	       READ_ONCE(p->genid) == fnhe_genid(net) &&
	       time_before(jiffies, READ_ONCE(p->expires) -
				    READ_ONCE(net->ipv4.ip_rt_mtu_expires) / 2);
}

/* The namespace's table, made at its first use; NULL without memory. */
static struct kite_pmtu_table *kite_pmtu_table(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_pmtu_table *table = READ_ONCE(kn->pmtus);
	struct kite_pmtu_table *old;

	if (likely(table))
		return table;
	table = kzalloc(sizeof(*table), GFP_ATOMIC | __GFP_NOWARN);
	if (!table)
		return NULL;
	get_random_bytes(&table->secret, sizeof(table->secret));
	spin_lock_init(&table->lock);
	old = cmpxchg(&kn->pmtus, NULL, table);
	if (!old)
		return table;
	kfree(table);
	return old;
}

/* Make room in a chain: what is longest past its time goes, or next to it. */
static void kite_pmtu_make_room(const struct net *net, struct hlist_head *chain)
{
	struct kite_pmtu *p, *oldest = NULL;
	unsigned int n = 0;

	hlist_for_each_entry(p, chain, link) {
		n++;
		if (!oldest ||
		    (kite_pmtu_holds(net, oldest) &&
		     (!kite_pmtu_holds(net, p) ||
		      time_before(p->expires, oldest->expires))))
			oldest = p;
	}
	if (n < KITE_PMTU_DEPTH)
		return;
	hlist_del_rcu(&oldest->link);
	kfree_rcu(oldest, rcu);
}

static void kite_pmtu_store(struct net *net, struct kite_pmtu_table *table,
			    const struct kite_pmtu_key *key,
			    struct kite_path_mtu path)
{
	struct hlist_head *chain;
	struct kite_pmtu *p;
	bool is_new = false;

	lockdep_assert_held(&table->lock);

	p = kite_pmtu_find(table, key);
	if (!p) {
		p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN);
		if (!p)
			return;
		p->key = *key;
		is_new = true;
	}
	WRITE_ONCE(p->path, kite_pmtu_pack(path));
	WRITE_ONCE(p->genid, fnhe_genid(net));
	WRITE_ONCE(p->expires,
		   jiffies + READ_ONCE(net->ipv4.ip_rt_mtu_expires));
	if (!is_new)
		return;
	chain = kite_pmtu_bucket(table, key);
	kite_pmtu_make_room(net, chain);
	hlist_add_head_rcu(&p->link, chain);
}

/**
 * kite_pmtu_learn() - somebody on the path said that a packet did not fit
 * @rt: the route by which it left, to one destination (@rt->daddr)
 * @mtu: what fits, bytes; 0 when that was not said
 *
 * That the message is about a packet of ours is for the caller to make sure of.
 * What claims that the path carries more than was known is no news, nor is what the
 * administrator says, which would outlast a change of his mind. Less than
 * net.ipv4.route.min_pmtu is not believed: packets stay that large and go without
 * DF. Where there is no memory nothing is learned; the next message will be.
 *
 * Context: RCU read lock.
 */
void kite_pmtu_learn(const struct kite_route *rt, u32 mtu)
{
	struct kite_path_mtu path = { .mtu = mtu };
	struct kite_pmtu_table *table;
	struct net *net = rt->net;
	struct kite_pmtu_key key;
	u32 known, floor;

	if (rt->mtu_locked || rt->type != RTN_UNICAST || !rt->daddr)
		return;
	known = kite_route_mtu(rt);
	if (mtu > known)
		return;
	floor = READ_ONCE(net->ipv4.ip_rt_min_pmtu);
	if (mtu < floor) {
		path.locked = true;
		path.mtu = min(known, floor);
	} else if (mtu == kite_route_set_mtu(rt)) {
		return;
	}

	table = kite_pmtu_table(net);
	if (!table)
		return;
	key = kite_pmtu_key_of(rt, rt->daddr);
	if (kite_pmtu_is_known(net, table, &key, path))
		return;
	spin_lock_bh(&table->lock);
	kite_pmtu_store(net, table, &key, path);
	spin_unlock_bh(&table->lock);
}

/**
 * kite_pmtu_net_exit() - forget all path MTUs of a namespace
 * @net: the namespace, in which there is no route any more
 *
 * Context: process.
 */
void kite_pmtu_net_exit(struct net *net)
{
	struct kite_pmtu_table *table = kite_net(net)->pmtus;
	struct hlist_node *next;
	struct kite_pmtu *p;
	int i;

	if (!table)
		return;
	for (i = 0; i < KITE_PMTU_BUCKETS; i++)
		hlist_for_each_entry_safe(p, next, &table->buckets[i], link)
			kfree(p);
	kfree(table);
}
