/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.kite.*: the settings that only KITE has.
 */
#ifndef _KITE_OBSERVE_SYSCTL_H
#define _KITE_OBSERVE_SYSCTL_H

#include "../netns.h"

int kite_sysctl_net_init(struct net *net);
void kite_sysctl_net_exit(struct net *net);

#endif /* _KITE_OBSERVE_SYSCTL_H */
