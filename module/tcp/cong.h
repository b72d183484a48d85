/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: how the window grows and shrinks. What was lost is
 * recovery.h's business.
 */
#ifndef _KITE_TCP_CONG_H
#define _KITE_TCP_CONG_H

#include "tcp_sock.h"

void kite_cong_init(struct kite_tcp_sock *tp);
void kite_cong_start(struct kite_tcp_sock *tp);
void kite_cong_acked(struct kite_tcp_sock *tp, u32 acked, u32 prior_flight);
bool kite_cong_slow_start_forever(const struct kite_tcp_sock *tp);
u32 kite_cong_ssthresh(const struct kite_tcp_sock *tp);

#endif /* _KITE_TCP_CONG_H */
