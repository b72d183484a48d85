/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMP errors about segments that we sent.
 */
#ifndef _KITE_TCP_ERR_H
#define _KITE_TCP_ERR_H

#include "../kite.h"

int kite_tcp_err(struct sk_buff *skb, u32 info);

#endif /* _KITE_TCP_ERR_H */
