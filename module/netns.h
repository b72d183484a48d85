/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KITE's state in one network namespace.
 */
#ifndef _KITE_NETNS_H
#define _KITE_NETNS_H

#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

struct kite_counters;
struct kite_ehash;
struct fqdir;
struct kite_hook_entries;
struct kite_input_cache;
struct kite_ping_table;
struct kite_pmtu_table;
struct kite_port_table;
struct kite_routes;
struct kite_shared_routes;
struct kite_sock_hash;
struct proc_dir_entry;
struct ctl_table;
struct ctl_table_header;

/**
 * enum kite_port_space - the transports that have ports
 * @KITE_PORTS_TCP: ports of TCP
 * @KITE_PORTS_UDP: ports of UDP
 * @KITE_PORT_SPACES: how many there are
 */
enum kite_port_space {
	KITE_PORTS_TCP,
	KITE_PORTS_UDP,
	KITE_PORT_SPACES
};

/**
 * struct kite_net - what KITE keeps per network namespace
 * @net:	the namespace
 * @active:	the namespace is ready for sockets and packets: there is all that is
 *		made in process context. Set once, under kite_net_mutex
 * @counters:	per-CPU event counters
 * @ports:	port tables; NULL until the first bind in that space. Set once by
 *		cmpxchg(), freed when the namespace goes
 * @ehash:	established TCP connections, requests and TIME_WAIT; NULL until
 *		the first connection. Set once by cmpxchg()
 * @raw:	raw sockets; NULL until the first. Set once by cmpxchg()
 * @ping:	ping sockets; NULL until the first. Set once by cmpxchg()
 * @hooks:	functions at the five hook points, RCU; written under
 *		kite_hook_mutex
 * @frags:	fragments that wait for the rest of their datagram
 * @routes:	every live struct kite_route, so that a device that goes away can
 *		be taken out of them; outlives the namespace if one of them does
 * @routes_nb:	tells the routes of devices that go
 * @nexthops_nb: tells that next hop objects change
 * @nexthops_work: makes decisions stale when such a change is done
 * @shared_routes: of those, which others may have, too; NULL until the first. Set
 *		once by cmpxchg(), freed by RCU and an error when the namespace goes
 * @input_cache: decisions about packets that came in; NULL until the first. Set
 *		once by cmpxchg(), freed by RCU and an error when the namespace goes
 * @pmtus:	path MTUs learned from ICMP; NULL until the first. Set once by
 *		cmpxchg(), freed when the namespace goes
 * @sysctl_forwarding: net.kite.forwarding (boolean)
 * @sysctl_header: the registered net.kite directory
 * @sysctl_table: what @sysctl_header describes
 * @proc:	/proc/net/kite
 * @in_use:	full sockets that packets find: connections, listeners, datagram
 *	sockets with a port
 * @tw_count:	TCP connections in TIME_WAIT
 * @orphan_count: TCP connections that no file owns any more
 * @challenge_second: the second, jiffies / HZ, that @challenge_left is for
 * @challenge_left: challenge ACKs that TCP may still send in that second
 *
 * A namespace becomes active with the first device that comes up in it, its
 * loopback included, or its first socket or hook, and big tables appear at first
 * use: one that is merely there pays for this struct only.
 */
struct kite_net {
	struct net			*net;
	bool				active;
	struct kite_counters __percpu	*counters;
	struct kite_port_table		*ports[KITE_PORT_SPACES];
	struct kite_ehash		*ehash;
	struct kite_sock_hash		*raw;
	struct kite_ping_table		*ping;
	struct kite_hook_entries __rcu	*hooks[NF_INET_NUMHOOKS];
	struct fqdir			*frags;
	struct kite_routes		*routes;
	struct notifier_block		routes_nb;
	struct notifier_block		nexthops_nb;
	struct work_struct		nexthops_work;
	struct kite_shared_routes	*shared_routes;
	struct kite_input_cache		*input_cache;
	struct kite_pmtu_table		*pmtus;
	int				sysctl_forwarding;
	struct ctl_table_header		*sysctl_header;
	struct ctl_table		*sysctl_table;
	struct proc_dir_entry		*proc;
	atomic_t			in_use[KITE_PORT_SPACES];
	atomic_t			tw_count;
	atomic_t			orphan_count;
	unsigned long			challenge_second;
	atomic_t			challenge_left;
};

extern unsigned int kite_net_id;

/**
 * kite_net() - KITE's state in a namespace
 * @net: the namespace
 *
 * What net_generic() does, which is asked for several times a packet: not to be
 * preempted keeps the array from being freed as well as two calls into RCU do.
 *
 * Context: any, while @net is alive.
 */
static inline struct kite_net *kite_net(const struct net *net)
{
	struct kite_net *kn;

	rcu_read_lock_sched_notrace();
	kn = rcu_dereference_sched(net->gen)->ptr[kite_net_id];
	rcu_read_unlock_sched_notrace();
	return kn;
}

/**
 * kite_net_rcu() - as kite_net(), where RCU keeps the array
 * @net: the namespace
 *
 * Context: RCU read lock.
 */
static inline struct kite_net *kite_net_rcu(const struct net *net)
{
	return rcu_dereference(net->gen)->ptr[kite_net_id];
}

/**
 * kite_net_is_active() - whether a namespace is ready for sockets and packets
 * @net: the namespace
 *
 * If so every counter of it may be bumped.
 *
 * Context: any, while @net is alive.
 * Return: true if it is.
 */
static inline bool kite_net_is_active(const struct net *net)
{
	/* Pairs with activate(). */
	return smp_load_acquire(&kite_net(net)->active);
}

int __kite_net_activate(struct net *net);

/**
 * kite_net_activate() - make a namespace ready for sockets and packets
 * @net: the namespace
 *
 * Context: process, may sleep; RTNL may be held.
 * Return: 0 or -ENOMEM.
 */
static inline int kite_net_activate(struct net *net)
{
	return likely(kite_net_is_active(net)) ? 0 : __kite_net_activate(net);
}

int kite_netns_init(void);
void kite_netns_exit(void);

#endif /* _KITE_NETNS_H */
