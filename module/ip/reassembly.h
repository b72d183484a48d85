/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting fragments together again, RFC 791 3.2 and RFC 815, on the kernel's
 * inet_frags library.
 */
#ifndef _KITE_IP_REASSEMBLY_H
#define _KITE_IP_REASSEMBLY_H

#include "../kite.h"

struct sk_buff *kite_defrag(struct net *net, struct sk_buff *skb);

int kite_reassembly_init(void);
void kite_reassembly_exit(void);
int kite_reassembly_net_init(struct net *net);
void kite_reassembly_net_pre_exit(struct net *net);
void kite_reassembly_net_exit(struct net *net);

#endif /* _KITE_IP_REASSEMBLY_H */
