/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many sockets there are, and what they hold.
 */
#ifndef _KITE_SOCKET_SOCKSTAT_H
#define _KITE_SOCKET_SOCKSTAT_H

struct net;

int kite_sockstat_net_init(struct net *net);
void kite_sockstat_net_exit(struct net *net);

#endif /* _KITE_SOCKET_SOCKSTAT_H */
