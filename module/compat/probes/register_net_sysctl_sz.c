// SPDX-License-Identifier: GPL-2.0
/* register_net_sysctl_sz() exists (6.6): tables are counted, not terminated. */
#include <net/net_namespace.h>

void *probe(struct net *net, struct ctl_table *table)
{
	return register_net_sysctl_sz(net, "net/kite", table, 1);
}
