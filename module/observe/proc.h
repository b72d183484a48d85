/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/kite: the directory, and the counters in it.
 */
#ifndef _KITE_OBSERVE_PROC_H
#define _KITE_OBSERVE_PROC_H

#include "../netns.h"

int kite_proc_net_init(struct net *net);
void kite_proc_net_exit(struct net *net);

#endif /* _KITE_OBSERVE_PROC_H */
