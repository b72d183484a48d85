// SPDX-License-Identifier: GPL-2.0
#include "counters.h"
#include "trace.h"

/* Trace events call KITE_CNT_Ip_InReceives "Ip_InReceives". */
#define KITE_PREFIX	(sizeof("KITE_CNT_") - 1)

#define KITE_COUNTER(id, group, name) \
	[id] = { group, name, &#id[KITE_PREFIX], 0 },
#define KITE_DISCARD(id, group, name, reason) \
	[id] = { group, name, &#id[KITE_PREFIX], reason },

const struct kite_counter_desc kite_counter_descs[KITE_CNT_MAX] = {
#include "counter_list.h"
};

#undef KITE_COUNTER
#undef KITE_DISCARD

/**
 * kite_counter_read() - how often an event happened in a namespace
 * @net: an active namespace
 * @c: which counter
 *
 * Context: any; other CPUs may count meanwhile.
 * Return: the sum over all CPUs, since the namespace became active.
 */
unsigned long kite_counter_read(const struct net *net, enum kite_counter c)
{
	struct kite_counters __percpu *counters = kite_net(net)->counters;
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counters, cpu)->v[c]);
	return sum;
}

/**
 * kite_drop() - lose a packet: the one way out for all that KITE discards
 * @net: an active namespace
 * @skb: the packet; freed
 * @c: why, a KITE_DISCARD entry of counter_list.h
 *
 * Context: any.
 */
void kite_drop(const struct net *net, struct sk_buff *skb, enum kite_counter c)
{
	kite_count(net, c);
	trace_kite_drop(net, skb, skb->dev, kite_counter_descs[c].full);
	kfree_skb_reason(skb, kite_counter_descs[c].reason);
}
