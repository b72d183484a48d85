// SPDX-License-Identifier: GPL-2.0
/* A setting says how many SYNs follow each other without a longer pause (6.5). */
#include <net/net_namespace.h>

int probe(const struct net *net)
{
	return net->ipv4.sysctl_tcp_syn_linear_timeouts;
}
