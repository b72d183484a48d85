// SPDX-License-Identifier: GPL-2.0
#include "route.h"

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/wait.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/nexthop.h>

#include "../netns.h"
#include "input_cache.h"
#include "neigh.h"
#include "pmtu.h"
#include "shared.h"

/*
 * A route lives as long as somebody refers to it: a socket's cache, or a packet
 * on its way, which may wait in a queue of the kernel's (ARP, a qdisc) long
 * after it left this module, and in a queue of another namespace's long after its
 * own namespace went. kite_net.routes knows them all, so that a device can be taken
 * out of them when it goes; and the module outlasts the last one. See
 * docs/lifetimes.md.
 */

/**
 * struct kite_routes - the live routes of one namespace, which may outlive it
 * @lock:	guards all of it; BH-disabling, innermost
 * @list:	the routes, by kite_route.list
 * @closing:	the namespace goes, or the module does: each route is dead, also a new one
 * @orphaned:	the namespace is gone: the last route frees this
 */
struct kite_routes {
	spinlock_t		lock;	/* see above */
	struct list_head	list;
	bool			closing;
	bool			orphaned;
};

static struct kmem_cache *kite_route_cache;

/* Of kite_route_init(). */
static void (*kite_route_too_large)(struct sk_buff *skb, u32 mtu) __ro_after_init;

/* How many struct kite_routes are not empty, and who waits for that to be none. */
static atomic_t kite_routes_left;
static DECLARE_WAIT_QUEUE_HEAD(kite_routes_gone);

static struct dst_entry *kite_dst_check(struct dst_entry *dst, u32 cookie)
{
	bool is_stale;

	rcu_read_lock();
	is_stale = kite_route_is_stale((struct kite_route *)dst);
	rcu_read_unlock();
	return is_stale ? NULL : dst;
}

static unsigned int kite_dst_mtu(const struct dst_entry *dst)
{
	const struct kite_route *rt = (const struct kite_route *)dst;
	unsigned int mtu;

	rcu_read_lock();
	mtu = kite_route_is_dead(rt) ? kite_route_set_mtu(rt) : kite_route_mtu(rt);
	rcu_read_unlock();
	return mtu;
}

/* What RFC 9293 3.7.1 lets the peer send to us: no less than 536. */
static unsigned int kite_dst_advmss(const struct dst_entry *dst)
{
	return clamp_t(unsigned int, kite_dst_mtu(dst),
		       TCP_MSS_DEFAULT + 40, IP_MAX_MTU) - 40;
}

/* For qdiscs and drivers that look their next hop up by themselves. */
static struct neighbour *kite_dst_neigh_lookup(const struct dst_entry *dst,
					       struct sk_buff *skb,
					       const void *daddr)
{
	const struct kite_route *rt = (const struct kite_route *)dst;
	__be32 hop = skb ? ip_hdr(skb)->daddr : *(const __be32 *)daddr;
	struct net_device *dev;
	struct neighbour *n;

	if (rt->gw_family == AF_INET6)
		return ERR_PTR(-EAFNOSUPPORT);
	if (rt->gw_family == AF_INET)
		hop = rt->gateway;

	rcu_read_lock();
	dev = dst_dev_rcu(dst);
	n = neigh_lookup(&arp_tbl, &hop, dev) ?: neigh_create(&arp_tbl, &hop, dev);
	rcu_read_unlock();
	return n;
}

/* An RCU callback of the last dst_release(); the core frees the memory next. */
static void kite_dst_destroy(struct dst_entry *dst)
{
	struct kite_route *rt = (struct kite_route *)dst;
	struct kite_routes *routes = rt->routes;
	bool last, orphaned;

	ip_dst_metrics_put(dst);
	spin_lock_bh(&routes->lock);
	list_del(&rt->list);
	last = list_empty(&routes->list);
	orphaned = routes->orphaned;
	spin_unlock_bh(&routes->lock);
	if (!last)
		return;

	/* Else its namespace may have freed it by now. */
	if (orphaned)
		kfree(routes);
	if (atomic_dec_and_test(&kite_routes_left) && wq_has_sleeper(&kite_routes_gone))
		wake_up(&kite_routes_gone);
}

/*
 * For devices that find out by themselves, as tunnels do: for each packet, before they drop what is
 * too large. The sender of one that came in is not here, to learn from the route.
 */
static void kite_dst_update_pmtu(struct dst_entry *dst, struct sock *sk,
				 struct sk_buff *skb, u32 mtu,
				 bool confirm_neigh)
{
	const struct kite_route *rt = (const struct kite_route *)dst;

	rcu_read_lock();
	if (!kite_route_is_dead(rt)) {
		kite_pmtu_learn(rt, mtu);
		if (skb)
			kite_route_too_large(skb, mtu);
	}
	rcu_read_unlock();
}

struct dst_ops kite_dst_ops = {
	/* Nobody may take our routes for IPv4's struct rtable. */
	.family		= AF_UNSPEC,
	.check		= kite_dst_check,
	.mtu		= kite_dst_mtu,
	.default_advmss	= kite_dst_advmss,
	.cow_metrics	= dst_cow_metrics_generic,
	.destroy	= kite_dst_destroy,
	.neigh_lookup	= kite_dst_neigh_lookup,
	.confirm_neigh	= kite_neigh_confirm,
	.update_pmtu	= kite_dst_update_pmtu,
};

/**
 * kite_route_alloc() - a new route
 * @net: the namespace it belongs to
 * @dev: output device
 * @type: RTN_*
 * @genid: the route generation from before the decision was begun, so that a
 *	change in the middle of it makes it stale
 *
 * Context: RCU read lock (for @dev).
 * Return: the route with one reference, or NULL.
 */
struct kite_route *kite_route_alloc(struct net *net, struct net_device *dev,
				    u8 type, int genid)
{
	struct kite_net *kn = kite_net(net);
	struct kite_routes *routes = kn->routes;
	struct kite_route *rt;

	rt = kite_dst_alloc(&kite_dst_ops, dev, DST_OBSOLETE_FORCE_CHK,
			    DST_NOCOUNT | DST_NOXFRM | DST_NOPOLICY);
	if (!rt)
		return NULL;
	rt->net = net;
	rt->kn = kn;
	rt->routes = routes;
	rt->genid = genid;
	rt->type = type;
	rt->is_input = false;
	rt->heard = false;
	rt->mtu_locked = false;
	rt->varies = false;
	rt->gw_family = 0;
	rt->iif = 0;
	rt->daddr = 0;
	rt->mtu = 0;
	rt->err = 0;

	spin_lock_bh(&routes->lock);
	if (list_empty(&routes->list))
		atomic_inc(&kite_routes_left);
	list_add(&rt->list, &routes->list);
	/* This decision was begun before the end of its namespace was. */
	if (unlikely(routes->closing))
		rt->dst.obsolete = DST_OBSOLETE_DEAD;
	spin_unlock_bh(&routes->lock);
	return rt;
}

/**
 * kite_route_forward_mtu() - the largest packet of others that may take a route
 * @rt: the route
 * @daddr: where the packet goes, network order
 *
 * What ICMP told this host is no business of packets that it passes on (it could
 * make their sender believe anything), unless net.ipv4.ip_forward_use_pmtu says
 * so.
 *
 * Context: RCU read lock.
 * Return: bytes, network header included.
 */
u32 kite_route_forward_mtu(const struct kite_route *rt, __be32 daddr)
{
	u32 mtu = kite_route_set_mtu(rt);
	struct kite_path_mtu path;

	if (likely(!READ_ONCE(rt->net->ipv4.sysctl_ip_fwd_use_pmtu)))
		return mtu;
	path = kite_pmtu_lookup(rt, daddr);
	return path.mtu ? min(path.mtu, mtu) : mtu;
}

/*
 * A device goes, or moves to another namespace: whoever still holds a route
 * over it sends into the blackhole until he looks again. The FIB gave it up
 * before; the core repeats the event until no reference is left, so a route
 * that is made in the middle of this is caught, too.
 */
static int kite_route_netdev_event(struct notifier_block *nb,
				   unsigned long event, void *ptr)
{
	struct kite_net *kn = container_of(nb, struct kite_net, routes_nb);
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct kite_routes *routes = kn->routes;
	struct kite_route *rt;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;

	spin_lock_bh(&routes->lock);
	list_for_each_entry(rt, &routes->list, list)
		if (rt->dst.dev == dev)
			dst_dev_put(&rt->dst);
	spin_unlock_bh(&routes->lock);
	return NOTIFY_DONE;
}

/* IPv4's routes get stale, too: that costs it another look, and only where KITE has any. */
static void kite_routes_outdate(struct kite_net *kn)
{
	struct kite_routes *routes = kn->routes;
	bool any;

	spin_lock_bh(&routes->lock);
	any = !list_empty(&routes->list);
	spin_unlock_bh(&routes->lock);
	if (any)
		rt_genid_bump_ipv4(kn->net);
}

static void kite_nexthops_changed(struct work_struct *work)
{
	/* Whoever changes next hops holds it until he is done. */
	rtnl_lock();
	rtnl_unlock();
	/* And what was decided before that has its route in the list then. */
	synchronize_rcu();
	kite_routes_outdate(container_of(work, struct kite_net, nexthops_work));
}

/*
 * A next hop object (ip nexthop) goes or becomes another. The FIB's generation does not
 * change when it is in a group: the routes name the group, and of ours only that one
 * next hop is left. Some events come before the change, so what is decided in between is
 * by the old one, and gets stale when the change is done.
 */
static int kite_route_nexthop_event(struct notifier_block *nb,
				    unsigned long event, void *ptr)
{
	struct kite_net *kn = container_of(nb, struct kite_net, nexthops_nb);

	if (event == NEXTHOP_EVENT_DEL || event == NEXTHOP_EVENT_REPLACE) {
		kite_routes_outdate(kn);
		schedule_work(&kn->nexthops_work);
	}
	return NOTIFY_DONE;
}

/**
 * kite_route_net_init() - prepare a namespace for routes
 * @net: the namespace
 *
 * Context: process; takes RTNL.
 * Return: 0 or a negative errno.
 */
int kite_route_net_init(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	int err;

	kn->routes = kzalloc(sizeof(*kn->routes), GFP_KERNEL);
	if (!kn->routes)
		return -ENOMEM;
	spin_lock_init(&kn->routes->lock);
	INIT_LIST_HEAD(&kn->routes->list);
	kn->routes_nb.notifier_call = kite_route_netdev_event;
	err = register_netdevice_notifier_net(net, &kn->routes_nb);
	if (err)
		goto err_routes;

	INIT_WORK(&kn->nexthops_work, kite_nexthops_changed);
	kn->nexthops_nb.notifier_call = kite_route_nexthop_event;
	err = register_nexthop_notifier(net, &kn->nexthops_nb, NULL);
	if (err)
		goto err_devices;
	return 0;

err_devices:
	cancel_work_sync(&kn->nexthops_work);
	unregister_netdevice_notifier_net(net, &kn->routes_nb);
err_routes:
	kfree(kn->routes);
	return err;
}

/**
 * kite_route_net_pre_exit() - a namespace goes: its routes are of no use any more
 * @net: the namespace, in which there is no socket any more
 *
 * Who finds a dead route does not look at its namespace; who found it alive has until the
 * next grace period. May be called again.
 *
 * Context: process.
 */
void kite_route_net_pre_exit(struct net *net)
{
	struct kite_routes *routes = kite_net(net)->routes;
	struct kite_route *rt;

	kite_shared_routes_close(net);
	kite_input_cache_close(net);

	spin_lock_bh(&routes->lock);
	routes->closing = true;
	list_for_each_entry(rt, &routes->list, list)
		WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_DEAD);
	spin_unlock_bh(&routes->lock);
}

/**
 * kite_routes_drain() - wait until no packet in any namespace has a route any more
 *
 * Packets may wait for ARP, which gives up after a few seconds, or in a qdisc, for as
 * long as its owner likes, who may be anybody with a namespace of his own. Nothing is
 * held meanwhile: namespaces come and go, and one that goes takes its queues along.
 *
 * Context: process, module unload; no packet and no socket may come any more.
 */
void kite_routes_drain(void)
{
	struct net *net;

	/* A namespace leaves the list under this lock, before its state goes. */
	down_read(&net_rwsem);
	for_each_net(net)
		kite_route_net_pre_exit(net);
	up_read(&net_rwsem);
	wait_event_idle(kite_routes_gone, !atomic_read(&kite_routes_left));
}

/**
 * kite_route_net_exit() - let go of a namespace's routes
 * @net: the namespace, a grace period after kite_route_net_pre_exit()
 *
 * A packet that waits in a queue of another namespace's may have one for long. It is left
 * to itself: nobody waits, for one namespace that does not go holds up all others.
 *
 * Context: process.
 */
void kite_route_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct kite_routes *routes = kn->routes;
	bool none;

	unregister_nexthop_notifier(net, &kn->nexthops_nb);
	cancel_work_sync(&kn->nexthops_work);
	/* Reports every device as gone, so no route holds one up from here on. */
	unregister_netdevice_notifier_net(net, &kn->routes_nb);
	kite_pmtu_net_exit(net);

	spin_lock_bh(&routes->lock);
	none = list_empty(&routes->list);
	routes->orphaned = true;
	spin_unlock_bh(&routes->lock);
	if (none)
		kfree(routes);
}

/**
 * kite_route_init() - get ready to make routes
 * @link_failure: told of a packet whose next hop cannot be found
 * @too_large: told of a packet, and of the largest that its device says to take
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_route_init(void (*link_failure)(struct sk_buff *skb),
			   void (*too_large)(struct sk_buff *skb, u32 mtu))
{
	kite_route_cache = KMEM_CACHE(kite_route, SLAB_HWCACHE_ALIGN);
	if (!kite_route_cache)
		return -ENOMEM;
	kite_dst_ops.kmem_cachep = kite_route_cache;
	kite_dst_ops.link_failure = link_failure;
	kite_route_too_large = too_large;
	return 0;
}

/**
 * kite_route_exit() - undo kite_route_init()
 *
 * Context: process, module unload; every namespace's state is gone.
 */
void kite_route_exit(void)
{
	/* kite_dst_destroy() ran for all; let the core free their memory. */
	rcu_barrier();
	kmem_cache_destroy(kite_route_cache);
}
