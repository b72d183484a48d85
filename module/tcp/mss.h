/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How large a segment may be, RFC 9293 3.7 and RFC 1191.
 */
#ifndef _KITE_TCP_MSS_H
#define _KITE_TCP_MSS_H

#include "../route/route.h"
#include "tcp_sock.h"

u16 kite_tcp_mss_from_mtu(u32 mtu);
u16 kite_tcp_mss_to_offer(const struct kite_tcp_sock *tp, const struct kite_route *rt);
void kite_tcp_mss_sync(struct sock *sk);
void kite_tcp_mss_current(struct sock *sk);
void kite_tcp_mss_init(struct sock *sk);
void kite_tcp_mss_options(struct sock *sk);
void kite_tcp_mss_black_hole(struct sock *sk);
bool kite_tcp_mss_pmtu(struct sock *sk, u32 mtu);

#endif /* _KITE_TCP_MSS_H */
