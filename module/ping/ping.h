/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ping sockets: ICMP echo as datagrams, for users without CAP_NET_RAW, icmp(7).
 */
#ifndef _KITE_PING_H
#define _KITE_PING_H

#include "../kite.h"

extern struct proto kite_ping_prot;

int kite_ping_init(void);
void kite_ping_exit(void);
int kite_ping_net_init(struct net *net);
void kite_ping_net_exit(struct net *net);

#endif /* _KITE_PING_H */
