// SPDX-License-Identifier: GPL-2.0
#include "sysctl.h"

#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/ip.h>

#include "../compat/compat.h"

/*
 * A router that starts or stops to forward must not go on with routes that were
 * decided before: the IPv4 route generation, which KITE's routes carry too, is
 * bumped as for net.ipv4.ip_forward.
 */
static int kite_sysctl_forwarding(KITE_CTL_CONST struct ctl_table *table, int write,
				  void *buffer, size_t *lenp, loff_t *ppos)
{
	struct net *net = table->extra1;
	struct ctl_table tmp = *table;
	int old, err;

	tmp.extra1 = SYSCTL_ZERO;
	tmp.extra2 = SYSCTL_ONE;
	old = READ_ONCE(kite_net(net)->sysctl_forwarding);
	err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (!err && write && old != READ_ONCE(kite_net(net)->sysctl_forwarding))
		rt_genid_bump_ipv4(net);
	return err;
}

/*
 * As for net.ipv4.*: the owner of the namespace may write, wherever the
 * namespace's user namespace is. The core's net sysctl root decides that.
 */
static const struct ctl_table kite_sysctl_table[] = {
	{
		.procname	= "forwarding",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= kite_sysctl_forwarding,
	},
};

/**
 * kite_sysctl_net_init() - make net.kite in a namespace
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int kite_sysctl_net_init(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	struct ctl_table *table;

	/* One more, zeroed: older kernels look for an empty last entry. */
	table = kcalloc(ARRAY_SIZE(kite_sysctl_table) + 1, sizeof(*table),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, kite_sysctl_table, sizeof(kite_sysctl_table));
	table[0].data = &kn->sysctl_forwarding;
	table[0].extra1 = net;

	kn->sysctl_header = kite_register_net_sysctl(net, "net/kite", table,
						     ARRAY_SIZE(kite_sysctl_table));
	if (!kn->sysctl_header) {
		kfree(table);
		return -ENOMEM;
	}
	kn->sysctl_table = table;
	return 0;
}

/**
 * kite_sysctl_net_exit() - undo kite_sysctl_net_init()
 * @net: the namespace
 */
void kite_sysctl_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);

	unregister_net_sysctl_table(kn->sysctl_header);
	kfree(kn->sysctl_table);
}
