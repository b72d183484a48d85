// SPDX-License-Identifier: GPL-2.0
/*
 * Flows remember which route they got (shared.c), in a table of fixed size, made of
 * pages that appear when a flow falls into them. A flow may be in any of the four places
 * of its set. Who comes new takes a place whose flow has not been seen since it was put
 * there or since all four were wanted: a flood of flows of one packet each pushes out
 * its own kind. A miss costs a hash and four comparisons more than there would be
 * without a cache, and an entry that is replaced is rewritten where it is, without an
 * allocation.
 *
 * A connection's flow is remembered by its socket, too, in an entry of the same kind
 * (early demux), and takes no place in the table then.
 *
 * Nobody tells the cache of changes. A route carries the generation of the FIB in
 * which it was decided, and is not used in another; what a decision depends on of
 * the device's settings is part of the flow.
 */
#include "input_cache.h"

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "../netns.h"

/* Powers of two. The bound of one namespace: 32,768 flows in 1 MiB. */
#define KITE_FLOW_WAYS		4
#define KITE_FLOW_PAGES		256

struct kite_flow_set {
	struct kite_flow_entry	way[KITE_FLOW_WAYS];
};

#define KITE_FLOW_SETS		(PAGE_SIZE / sizeof(struct kite_flow_set))

static_assert(sizeof(struct kite_flow_entry) <= 32);

/**
 * struct kite_input_cache - the cache of a namespace
 * @secret:	of the hash
 * @pages:	arrays of KITE_FLOW_SETS sets; NULL until a flow falls into it,
 *		set once by cmpxchg()
 * @rcu:	when the namespace goes
 */
struct kite_input_cache {
	u32			secret;
	struct kite_flow_set	*pages[KITE_FLOW_PAGES];
	struct rcu_head		rcu;
};

/* In the place of a cache: nothing is remembered any more. */
#define KITE_NO_INPUT_CACHE	((struct kite_input_cache *)ERR_PTR(-ENETDOWN))

/* Settings of the device that a decision depends on, whoever sets them how. */
static u8 kite_input_settings(const struct net *net, struct in_device *in_dev)
{
	return min_t(u8, IN_DEV_RPFILTER(in_dev), 3) |
	       (IN_DEV_SRC_VMARK(in_dev) ? BIT(2) : 0) |
	       (IN_DEV_ACCEPT_LOCAL(in_dev) ? BIT(3) : 0) |
	       (IN_DEV_NET_ROUTE_LOCALNET(in_dev, net) ? BIT(4) : 0) |
	       (IN_DEV_FORWARD(in_dev) ? BIT(5) : 0) |
	       (IN_DEV_BFORWARD(in_dev) ? BIT(6) : 0);
}

/**
 * kite_flow_init() - what flow a packet belongs to
 * @flow: filled in
 * @skb: the packet
 * @daddr: its destination, network order
 * @saddr: its source, network order
 * @tos: its type of service
 * @dev: by which it came
 * @in_dev: of @dev
 *
 * Context: RCU read lock.
 */
void kite_flow_init(struct kite_flow *flow, const struct sk_buff *skb,
		    __be32 daddr, __be32 saddr, u8 tos,
		    const struct net_device *dev, struct in_device *in_dev)
{
	flow->daddr = daddr;
	flow->saddr = saddr;
	flow->mark = skb->mark;
	flow->iif = dev->ifindex;
	flow->how = (tos & INET_DSCP_MASK) << 8 |
		    kite_input_settings(dev_net(dev), in_dev);
	flow->hash = 0;
}

static bool kite_flow_is(const struct kite_flow_entry *e,
			 const struct kite_flow *flow)
{
	return READ_ONCE(e->daddr) == flow->daddr &&
	       READ_ONCE(e->saddr) == flow->saddr &&
	       READ_ONCE(e->mark) == flow->mark &&
	       READ_ONCE(e->iif) == flow->iif && READ_ONCE(e->how) == flow->how;
}

/**
 * kite_flow_find() - what was decided about a flow, if this entry is its
 * @e: the entry, of the cache or of a socket
 * @flow: the flow
 *
 * Context: RCU read lock, until which unlocking the route stays.
 * Return: the route, without a reference; NULL when it is another's, or things
 * have changed.
 */
struct kite_route *kite_flow_find(struct kite_flow_entry *e,
				  const struct kite_flow *flow)
{
	struct kite_route *rt;
	u32 seq;

	/* Pairs with the end of kite_flow_write(). */
	seq = smp_load_acquire(&e->seq);
	if (!kite_flow_is(e, flow))
		return NULL;
	rt = READ_ONCE(e->rt);
	/* Pairs with kite_flow_write(): all of one writing, or a miss. */
	smp_rmb();
	if (seq & 1 || READ_ONCE(e->seq) != seq || kite_route_is_stale(rt))
		return NULL;
	if (!READ_ONCE(e->used))
		WRITE_ONCE(e->used, 1);
	return rt;
}

/*
 * Where the flow is looked for.
 * Return: NULL when nothing is there yet.
 */
static struct kite_flow_set *kite_flow_set(const struct kite_input_cache *cache,
					   u32 hash)
{
	struct kite_flow_set *page;

	/* Pairs with the cmpxchg() that put it there. */
	page = smp_load_acquire(&cache->pages[hash % KITE_FLOW_PAGES]);
	return page ? &page[hash / KITE_FLOW_PAGES % KITE_FLOW_SETS] : NULL;
}

/**
 * kite_input_cache_find() - what was decided about a flow
 * @net: the namespace
 * @flow: the flow; gets its hash
 *
 * Context: RCU read lock, until which unlocking the route stays.
 * Return: the route, without a reference; or NULL when nothing was, or things
 * have changed.
 */
struct kite_route *kite_input_cache_find(struct net *net,
					 struct kite_flow *flow)
{
	struct kite_input_cache *cache;
	struct kite_flow_set *set;
	struct kite_route *rt;
	int i;

	/* Pairs with the cmpxchg() that put it there. */
	cache = smp_load_acquire(&kite_net(net)->input_cache);
	if (IS_ERR_OR_NULL(cache))
		return NULL;
	flow->hash = jhash_3words((__force u32)flow->daddr,
				  (__force u32)flow->saddr,
				  flow->mark ^ flow->iif ^ flow->how << 16,
				  cache->secret);
	set = kite_flow_set(cache, flow->hash);
	if (!set)
		return NULL;
	for (i = 0; i < KITE_FLOW_WAYS; i++) {
		rt = kite_flow_find(&set->way[i], flow);
		if (rt)
			return rt;
	}
	return NULL;
}

/* The namespace's cache, made at its first use; NULL without memory, or when it goes. */
static struct kite_input_cache *kite_input_cache(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_input_cache *cache, *old;

	/* Pairs with the cmpxchg() below. */
	cache = smp_load_acquire(&kn->input_cache);
	if (!IS_ERR_OR_NULL(cache))
		return cache;
	if (cache)
		return NULL;
	cache = kzalloc(sizeof(*cache), GFP_ATOMIC | __GFP_NOWARN);
	if (!cache)
		return NULL;
	cache->secret = get_random_u32();
	old = cmpxchg(&kn->input_cache, NULL, cache);
	if (!old)
		return cache;
	kfree(cache);
	return IS_ERR(old) ? NULL : old;
}

static struct kite_flow_set *kite_flow_set_make(struct kite_input_cache *cache,
						u32 hash)
{
	struct kite_flow_set **slot = &cache->pages[hash % KITE_FLOW_PAGES];
	void *page;

	if (unlikely(!READ_ONCE(*slot))) {
		page = (void *)get_zeroed_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!page)
			return NULL;
		if (cmpxchg(slot, NULL, page))
			free_page((unsigned long)page);
	}
	return kite_flow_set(cache, hash);
}

/* The place in a set that a new flow may take, or NULL when all are in use. */
static struct kite_flow_entry *kite_flow_victim(struct kite_flow_set *set,
						const struct kite_flow *flow)
{
	struct kite_flow_entry *victim = NULL;
	struct kite_route *rt;
	int i;

	for (i = 0; i < KITE_FLOW_WAYS; i++) {
		struct kite_flow_entry *e = &set->way[i];

		rt = READ_ONCE(e->rt);
		if (!rt || kite_route_is_stale(rt) || kite_flow_is(e, flow))
			return e;
		if (!READ_ONCE(e->used))
			victim = e;
	}
	if (!victim)
		for (i = 0; i < KITE_FLOW_WAYS; i++)
			WRITE_ONCE(set->way[i].used, 0);
	return victim;
}

/*
 * Write an entry, unless somebody else does right now.
 * Return: whether; then the reference on @rt is the entry's.
 */
static bool kite_flow_write(struct kite_flow_entry *e,
			    const struct kite_flow *flow, struct kite_route *rt)
{
	u32 seq = READ_ONCE(e->seq);
	struct kite_route *old;

	if (seq & 1 || cmpxchg(&e->seq, seq, seq + 1) != seq)
		return false;
	old = e->rt;
	WRITE_ONCE(e->daddr, flow->daddr);
	WRITE_ONCE(e->saddr, flow->saddr);
	WRITE_ONCE(e->mark, flow->mark);
	WRITE_ONCE(e->iif, flow->iif);
	WRITE_ONCE(e->how, flow->how);
	WRITE_ONCE(e->used, 0);
	WRITE_ONCE(e->rt, rt);
	/* Pairs with kite_input_cache_find(): whole, for who sees it even. */
	smp_store_release(&e->seq, seq + 2);
	kite_route_release(old);
	return true;
}

/**
 * kite_flow_remember() - remember what was decided about a flow
 * @e: the entry, of the cache or of a socket
 * @flow: the flow
 * @rt: the decision
 *
 * Or not, when somebody else writes the entry right now.
 *
 * Context: RCU read lock.
 */
void kite_flow_remember(struct kite_flow_entry *e, const struct kite_flow *flow,
			struct kite_route *rt)
{
	if (dst_hold_safe(&rt->dst) && !kite_flow_write(e, flow, rt))
		kite_route_release(rt);
}

/**
 * kite_input_cache_add() - remember what was decided about a flow
 * @net: the namespace
 * @flow: the flow, of which kite_input_cache_find() knew nothing
 * @rt: the decision
 *
 * Or not: without memory, or when the flow's places are all in use.
 *
 * Context: RCU read lock.
 */
void kite_input_cache_add(struct net *net, const struct kite_flow *flow,
			  struct kite_route *rt)
{
	struct kite_input_cache *cache = kite_input_cache(net);
	struct kite_flow_entry *e;
	struct kite_flow_set *set;

	/* The very first flow has no hash yet: its next packet has. */
	if (!cache || !flow->hash)
		return;
	set = kite_flow_set_make(cache, flow->hash);
	if (!set)
		return;
	e = kite_flow_victim(set, flow);
	if (e)
		kite_flow_remember(e, flow, rt);
}

static void give_up(struct rcu_head *rcu)
{
	struct kite_input_cache *cache = container_of(rcu, struct kite_input_cache, rcu);
	int i, set, way;

	for (i = 0; i < KITE_FLOW_PAGES; i++) {
		struct kite_flow_set *page = cache->pages[i];

		for (set = 0; page && set < KITE_FLOW_SETS; set++)
			for (way = 0; way < KITE_FLOW_WAYS; way++)
				kite_route_release(page[set].way[way].rt);
		free_page((unsigned long)page);
	}
	kfree(cache);
}

/**
 * kite_input_cache_close() - no more decisions are remembered in a namespace that goes
 * @net: the namespace, after kite_shared_routes_close()
 *
 * Those that are there are given up after a grace period. May be called again.
 *
 * Context: any.
 */
void kite_input_cache_close(struct net *net)
{
	struct kite_input_cache *cache;

	cache = xchg(&kite_net(net)->input_cache, KITE_NO_INPUT_CACHE);
	if (!IS_ERR_OR_NULL(cache))
		call_rcu(&cache->rcu, give_up);
}
