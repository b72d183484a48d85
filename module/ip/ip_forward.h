/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Passing on what is not for us.
 */
#ifndef _KITE_IP_FORWARD_H
#define _KITE_IP_FORWARD_H

#include "../kite.h"

int kite_forward(struct sk_buff *skb);

#endif /* _KITE_IP_FORWARD_H */
