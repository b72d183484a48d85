/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of a device's queues a packet waits in.
 */
#ifndef _KITE_ROUTE_FLOW_HASH_H
#define _KITE_ROUTE_FLOW_HASH_H

struct sk_buff;

void kite_flow_hash_set(struct sk_buff *skb);

#endif /* _KITE_ROUTE_FLOW_HASH_H */
