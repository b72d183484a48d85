/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that come in and are merged: generic receive offload.
 */
#ifndef _KITE_IP_GRO_H
#define _KITE_IP_GRO_H

#include <linux/skbuff.h>

struct sk_buff *kite_gro_receive(struct list_head *head, struct sk_buff *skb);
int kite_gro_complete(struct sk_buff *skb, int nhoff);
void kite_gro_stop(void);

#endif /* _KITE_IP_GRO_H */
