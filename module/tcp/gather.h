/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments that go down in company.
 */
#ifndef _KITE_TCP_GATHER_H
#define _KITE_TCP_GATHER_H

#include "tcp_sock.h"

unsigned int kite_tcp_gather_max(const struct sock *sk);
struct sk_buff *kite_tcp_gather(const struct sk_buff *first, unsigned int *n);

#endif /* _KITE_TCP_GATHER_H */
