/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw sockets, raw(7).
 */
#ifndef _KITE_RAW_H
#define _KITE_RAW_H

#include "../kite.h"

extern struct proto kite_raw_prot;

int kite_raw_init(void);
void kite_raw_exit(void);
int kite_raw_net_init(struct net *net);
void kite_raw_net_exit(struct net *net);

#endif /* _KITE_RAW_H */
