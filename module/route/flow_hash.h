/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of a device's queues a packet waits in.
 */
#ifndef _KITE_ROUTE_FLOW_HASH_H
#define _KITE_ROUTE_FLOW_HASH_H

#include <linux/netdevice.h>
#include <net/sch_generic.h>

void kite_flow_hash_make(struct sk_buff *skb);

/* Whether packets wait in a queueing discipline before a device gets them. Under RCU. */
static inline bool kite_has_qdisc(struct net_device *dev)
{
	return rcu_dereference(netdev_get_tx_queue(dev, 0)->qdisc)->enqueue;
}

/**
 * kite_flow_hash_set() - say which flow a packet is of, to whoever keeps flows apart
 * @skb: the packet, data at the network header, skb->dev the output device
 *
 * Qdiscs such as fq_codel, and the choice of a transmit queue, go by skb_get_hash(), whose
 * dissector does not know our EtherType: all of KITE would be one flow, as what it has hashed
 * when RPS asked for a packet on its way in. Nothing is done when a hash that knows of ports is
 * there, or nobody can ask for it.
 *
 * Context: RCU read lock.
 */
static inline void kite_flow_hash_set(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	if (!skb->l4_hash && (dev->real_num_tx_queues > 1 || kite_has_qdisc(dev)))
		kite_flow_hash_make(skb);
}

#endif /* _KITE_ROUTE_FLOW_HASH_H */
