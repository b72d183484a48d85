// SPDX-License-Identifier: GPL-2.0
#include "netns.h"

#include <linux/percpu.h>

#include "hook/hook.h"
#include "ip/reassembly.h"
#include "observe/counters.h"
#include "observe/proc.h"
#include "observe/sysctl.h"
#include "ping/ping.h"
#include "port/ehash.h"
#include "port/listing.h"
#include "port/port.h"
#include "raw/raw.h"
#include "route/route.h"
#include "socket/sockstat.h"
#include "tcp/tcp.h"

unsigned int kite_net_id;

/**
 * __kite_net_activate() - give a namespace its counters
 * @net: the namespace
 * @gfp: how to allocate
 *
 * Two CPUs may do it at once: the first wins.
 *
 * Context: any, as @gfp allows.
 * Return: 0 or -ENOMEM.
 */
int __kite_net_activate(struct net *net, gfp_t gfp)
{
	struct kite_net *kn = kite_net(net);
	struct kite_counters __percpu *counters;

	counters = alloc_percpu_gfp(struct kite_counters, gfp | __GFP_NOWARN);
	if (!counters)
		return -ENOMEM;
	if (cmpxchg(&kn->counters, NULL, counters))
		free_percpu(counters);
	return 0;
}

static int __net_init kite_net_init(struct net *net)
{
	int err;

	err = kite_route_net_init(net);
	if (err)
		return err;
	err = kite_reassembly_net_init(net);
	if (err)
		goto err_route;
	err = kite_sysctl_net_init(net);
	if (err)
		goto err_reassembly;
	err = kite_proc_net_init(net);
	if (err)
		goto err_sysctl;
	err = kite_listing_net_init(net);
	if (err)
		goto err_proc;
	err = kite_raw_net_init(net);
	if (err)
		goto err_listing;
	err = kite_ping_net_init(net);
	if (err)
		goto err_raw;
	err = kite_sockstat_net_init(net);
	if (err)
		goto err_ping;
	return 0;

err_ping:
	kite_ping_net_exit(net);
err_raw:
	kite_raw_net_exit(net);
err_listing:
	kite_listing_net_exit(net);
err_proc:
	kite_proc_net_exit(net);
err_sysctl:
	kite_sysctl_net_exit(net);
err_reassembly:
	kite_reassembly_net_exit(net);
err_route:
	kite_route_net_exit(net);
	return err;
}

/*
 * No socket of the namespace is left: each holds a reference on it, or on the
 * module. When the namespace dies its devices are gone too; when the module goes
 * no packet comes in any more. What may still be here are TCP's mini-sockets
 * with their timers, and packets that wait for a neighbour and hold a route:
 * kite_route_net_exit() waits for those, and they may still count.
 */
static void __net_exit kite_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);

	kite_sockstat_net_exit(net);
	kite_ping_net_exit(net);
	kite_raw_net_exit(net);
	kite_listing_net_exit(net);
	kite_proc_net_exit(net);
	kite_sysctl_net_exit(net);
	kite_tcp_net_exit(net);
	kite_ehash_net_exit(net);
	kite_port_net_exit(net);
	kite_hook_net_exit(net);
	kite_reassembly_net_exit(net);
	kite_route_net_exit(net);
	free_percpu(kn->counters);
}

static struct pernet_operations kite_net_ops = {
	.init	= kite_net_init,
	.exit	= kite_net_exit,
	.id	= &kite_net_id,
	.size	= sizeof(struct kite_net),
};

/**
 * kite_netns_init() - give every namespace, present and future, its state
 *
 * Context: process, module load; before anything that looks for the state.
 * Return: 0 or a negative errno.
 */
int __init kite_netns_init(void)
{
	return register_pernet_subsys(&kite_net_ops);
}

/**
 * kite_netns_exit() - take all state away again
 *
 * Context: process, module unload; no packet and no socket may come any more.
 */
void kite_netns_exit(void)
{
	unregister_pernet_subsys(&kite_net_ops);
}
