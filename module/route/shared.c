// SPDX-License-Identifier: GPL-2.0
/*
 * Two packets that leave by the same next hop, or that stay here, get the same struct
 * kite_route, and so do two connections to one address. So a decision that has to be made
 * anew costs a look at the FIB, but hardly ever memory.
 *
 * Nobody tells of changes. A route carries the generation of the FIB in which it was
 * decided, and is not found in another.
 */
#include "shared.h"

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "../netns.h"
#include "nexthop.h"

/* A power of two: the bound of a namespace, each way. */
#define KITE_SHARED_ROUTES	64

/**
 * struct kite_shared_routes - the routes of a namespace that may be found
 * @secret:	of the hash
 * @in:		of packets that came in
 * @out:	of our own
 * @rcu:	when the namespace goes
 *
 * Each with a reference of the table's; replaced by xchg(), read under RCU.
 */
struct kite_shared_routes {
	u32			secret;
	struct kite_route	*in[KITE_SHARED_ROUTES];
	struct kite_route	*out[KITE_SHARED_ROUTES];
	struct rcu_head		rcu;
};

/* In the place of a table: no more routes. */
#define KITE_NO_SHARED_ROUTES	((struct kite_shared_routes *)ERR_PTR(-ENETDOWN))

/* The namespace's table, made at its first use; NULL without memory, or when it goes. */
static struct kite_shared_routes *shared_routes(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_shared_routes *shared, *old;

	/* Pairs with the cmpxchg() below. */
	shared = smp_load_acquire(&kn->shared_routes);
	if (!IS_ERR_OR_NULL(shared))
		return shared;
	if (shared)
		return NULL;
	shared = kzalloc(sizeof(*shared), GFP_ATOMIC | __GFP_NOWARN);
	if (!shared)
		return NULL;
	shared->secret = get_random_u32();
	old = cmpxchg(&kn->shared_routes, NULL, shared);
	if (!old)
		return shared;
	kfree(shared);
	return IS_ERR(old) ? NULL : old;
}

/*
 * Where a route like this is looked for. Packets of our own hold one, and take and drop
 * references on their way over loopback: each CPU has another.
 */
static struct kite_route **slot_of(struct kite_shared_routes *shared,
				   const struct kite_decision *d)
{
	__be32 gateway = 0;
	u32 hash;

	/* An IPv6 gateway does not count: one is enough. */
	if (d->res && d->res->nhc->nhc_gw_family == AF_INET)
		gateway = d->res->nhc->nhc_gw.ipv4;
	hash = jhash_3words(d->iif ^ (__force u32)d->daddr, d->dev->ifindex,
			    (__force u32)gateway ^ d->type, shared->secret);
	if (d->is_input)
		return &shared->in[hash % KITE_SHARED_ROUTES];
	hash += raw_smp_processor_id();
	return &shared->out[hash % KITE_SHARED_ROUTES];
}

static bool is_decided(const struct kite_route *rt, const struct kite_decision *d)
{
	return rt->genid == d->genid && !kite_route_is_stale(rt) &&
	       rt->type == d->type && rt->iif == d->iif && rt->err == d->err &&
	       rt->daddr == d->daddr && rt->heard == d->heard &&
	       dst_dev_rcu(&rt->dst) == d->dev && kite_nexthop_is(rt, d->res);
}

static struct kite_route *make(struct net *net, const struct kite_decision *d)
{
	struct kite_route *rt;

	rt = kite_route_alloc(net, d->dev, d->type, d->genid);
	if (!rt)
		return NULL;
	rt->is_input = d->is_input;
	rt->heard = d->heard;
	rt->iif = d->iif;
	rt->daddr = d->daddr;
	rt->err = d->err;
	if (d->res)
		kite_nexthop_apply(rt, d->res);
	return rt;
}

/**
 * kite_route_decided() - the route that says what was decided
 * @net: the namespace
 * @d: the decision
 *
 * One that others have, too, or a new one, which others will have.
 *
 * Context: RCU read lock, until which unlocking the route stays.
 * Return: the route, without a reference; NULL without memory.
 */
struct kite_route *kite_route_decided(struct net *net,
				      const struct kite_decision *d)
{
	struct kite_shared_routes *shared = shared_routes(net);
	struct kite_route **slot, *rt;

	if (unlikely(!shared))
		return NULL;
	slot = slot_of(shared, d);
	/* Pairs with the xchg() that put it there. */
	rt = smp_load_acquire(slot);
	if (rt && is_decided(rt, d))
		return rt;
	rt = make(net, d);
	if (rt)
		kite_route_release(xchg(slot, rt));
	return rt;
}

static void give_up(struct rcu_head *rcu)
{
	struct kite_shared_routes *shared = container_of(rcu, struct kite_shared_routes, rcu);
	int i;

	for (i = 0; i < KITE_SHARED_ROUTES; i++) {
		kite_route_release(shared->in[i]);
		kite_route_release(shared->out[i]);
	}
	kfree(shared);
}

/**
 * kite_shared_routes_close() - no more routes in a namespace that goes
 * @net: the namespace; the last packets, one that ARP gives up, or a fragment whose time is
 *	over may still ask for a route
 *
 * Those that are there are given up after a grace period. May be called again.
 *
 * Context: any.
 */
void kite_shared_routes_close(struct net *net)
{
	struct kite_shared_routes *shared;

	shared = xchg(&kite_net(net)->shared_routes, KITE_NO_SHARED_ROUTES);
	if (!IS_ERR_OR_NULL(shared))
		call_rcu(&shared->rcu, give_up);
}
