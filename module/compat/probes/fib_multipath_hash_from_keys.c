// SPDX-License-Identifier: GPL-2.0
/* The hash that chooses among next hops has a seed of the namespace's (6.11). */
#include <net/ip_fib.h>

u32 probe(const struct net *net, struct flow_keys *keys);
u32 probe(const struct net *net, struct flow_keys *keys)
{
	return fib_multipath_hash_from_keys(net, keys);
}
