// SPDX-License-Identifier: GPL-2.0
#include "netns.h"

#include <linux/netdevice.h>
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

/* One namespace at a time becomes active. Below RTNL. */
static DEFINE_MUTEX(kite_net_mutex);

static int activate(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	int err;

	kn->counters = alloc_percpu(struct kite_counters);
	if (!kn->counters)
		return -ENOMEM;
	err = kite_reassembly_net_init(net);
	if (err)
		goto err_counters;
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
	/* Pairs with kite_net_is_active(). */
	smp_store_release(&kn->active, true);
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
err_counters:
	free_percpu(kn->counters);
	return err;
}

/**
 * __kite_net_activate() - make a namespace ready for sockets and packets
 * @net: the namespace, which nobody else may know to be active
 *
 * Context: process, may sleep; RTNL may be held.
 * Return: 0 or -ENOMEM.
 */
int __kite_net_activate(struct net *net)
{
	int err = 0;

	mutex_lock(&kite_net_mutex);
	if (!kite_net_is_active(net))
		err = activate(net);
	mutex_unlock(&kite_net_mutex);
	return err;
}

/* Without memory it is left to the next device, or to a socket. */
static int kite_net_device_event(struct notifier_block *nb,
				 unsigned long event, void *ptr)
{
	if (event == NETDEV_UP)
		kite_net_activate(dev_net(netdev_notifier_info_to_dev(ptr)));
	return NOTIFY_DONE;
}

static struct notifier_block kite_net_devices = {
	.notifier_call = kite_net_device_event,
};

static int __net_init kite_net_init(struct net *net)
{
	kite_net(net)->net = net;
	return kite_route_net_init(net);
}

/*
 * No socket of the namespace is left: each holds a reference on it, or on the module. Its
 * devices are still there when it dies. The core waits for one grace period between this
 * and kite_net_exit(), for all namespaces that go together, so nothing there has to.
 */
static void __net_exit kite_net_pre_exit(struct net *net)
{
	if (kite_net_is_active(net))
		kite_reassembly_net_pre_exit(net);
	kite_route_net_pre_exit(net);
}

/*
 * When the namespace dies its devices are gone by now; when the module goes no packet comes
 * in any more, and kite_routes_drain() has waited for those that were under way. What may
 * still be here are TCP's mini-sockets with their timers; and elsewhere packets that hold
 * a route, which is dead: they do not count any more.
 */
static void __net_exit kite_net_exit(struct net *net)
{
	bool active = kite_net_is_active(net);

	if (active) {
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
	}
	kite_route_net_exit(net);
	if (active)
		free_percpu(kite_net(net)->counters);
}

static struct pernet_operations kite_net_ops = {
	.init		= kite_net_init,
	.pre_exit	= kite_net_pre_exit,
	.exit		= kite_net_exit,
	.id		= &kite_net_id,
	.size		= sizeof(struct kite_net),
};

/**
 * kite_netns_init() - give every namespace, present and future, its state
 *
 * Context: process, module load; before anything that looks for the state.
 * Return: 0 or a negative errno.
 */
int __init kite_netns_init(void)
{
	int err;

	err = register_pernet_subsys(&kite_net_ops);
	if (err)
		return err;
	/* Tells of the devices that are there already, too. */
	err = register_netdevice_notifier(&kite_net_devices);
	if (err)
		unregister_pernet_subsys(&kite_net_ops);
	return err;
}

/**
 * kite_netns_exit() - take all state away again
 *
 * Context: process, module unload; no packet and no socket may come any more.
 */
void kite_netns_exit(void)
{
	unregister_netdevice_notifier(&kite_net_devices);
	unregister_pernet_subsys(&kite_net_ops);
}
