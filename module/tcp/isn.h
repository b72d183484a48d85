/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Initial sequence numbers, RFC 6528.
 */
#ifndef _KITE_TCP_ISN_H
#define _KITE_TCP_ISN_H

#include <linux/types.h>

u32 kite_tcp_isn(__be32 saddr, __be32 daddr, __be16 sport, __be16 dport);

#endif /* _KITE_TCP_ISN_H */
