/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event counters, per namespace and CPU.
 *
 * One list, counter_list.h, makes the enum, the names in /proc/net/kite/snmp,
 * and the drop reason of those that count a lost packet.
 */
#ifndef _KITE_OBSERVE_COUNTERS_H
#define _KITE_OBSERVE_COUNTERS_H

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/dropreason.h>

#include "../compat/compat.h"
#include "../netns.h"

#define KITE_COUNTER(id, ...)	id,
#define KITE_DISCARD(id, ...)	id,

/* enum kite_counter: one for each line of counter_list.h. */
enum kite_counter {
#include "counter_list.h"
	KITE_CNT_MAX
};

#undef KITE_COUNTER
#undef KITE_DISCARD

/**
 * struct kite_counters - the events one CPU has seen in one namespace
 * @v: how often each happened
 */
struct kite_counters {
	unsigned long v[KITE_CNT_MAX];
};

/**
 * kite_net_count_add() - count several events, with the namespace's state at hand
 * @kn: of an active namespace
 * @c: which counter
 * @n: how many
 *
 * Context: any.
 */
static inline void kite_net_count_add(const struct kite_net *kn, enum kite_counter c,
				      unsigned long n)
{
	this_cpu_add(kn->counters->v[c], n);
}

/**
 * kite_net_count() - count one event, with the namespace's state at hand
 * @kn: of an active namespace
 * @c: which counter
 *
 * Context: any.
 */
static inline void kite_net_count(const struct kite_net *kn, enum kite_counter c)
{
	kite_net_count_add(kn, c, 1);
}

/**
 * kite_count_add() - count several events
 * @net: an active namespace (see kite_net_activate())
 * @c: which counter
 * @n: how many
 *
 * Context: any.
 */
static inline void kite_count_add(const struct net *net, enum kite_counter c,
				  unsigned long n)
{
	kite_net_count_add(kite_net(net), c, n);
}

/**
 * kite_count() - count one event
 * @net: an active namespace (see kite_net_activate())
 * @c: which counter
 *
 * Context: any.
 */
static inline void kite_count(const struct net *net, enum kite_counter c)
{
	kite_net_count(kite_net(net), c);
}

void kite_drop(const struct net *net, struct sk_buff *skb,
	       enum kite_counter c);

/**
 * struct kite_counter_desc - how a counter is shown
 * @group: the word that begins its line in /proc/net/kite/snmp
 * @name: the head of its column there
 * @full: both, as trace events have it
 * @reason: for those that count a packet lost, else 0
 */
struct kite_counter_desc {
	const char		*group;
	const char		*name;
	const char		*full;
	enum skb_drop_reason	reason;
};

extern const struct kite_counter_desc kite_counter_descs[KITE_CNT_MAX];
unsigned long kite_counter_read(const struct net *net, enum kite_counter c);

#endif /* _KITE_OBSERVE_COUNTERS_H */
