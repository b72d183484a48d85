// SPDX-License-Identifier: GPL-2.0
/* The least retransmission timeout is a setting (6.11). */
#include <net/net_namespace.h>

int probe(const struct net *net)
{
	return net->ipv4.sysctl_tcp_rto_min_us;
}
