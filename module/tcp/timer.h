/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection's timers: retransmission and persist, delayed ACK, keepalive.
 */
#ifndef _KITE_TCP_TIMER_H
#define _KITE_TCP_TIMER_H

#include "tcp_sock.h"

/* How long an acknowledgment may wait, RFC 1122 4.2.3.2 allows 500 ms: jiffies. */
#define KITE_DELACK_MAX		(HZ / 25)

void kite_tcp_init_timers(struct sock *sk);
void kite_tcp_stop_timers(struct sock *sk);
void kite_tcp_arm_rtx(struct sock *sk, enum kite_tcp_timer_use use,
		      unsigned long in);
void kite_tcp_delay_ack(struct sock *sk);
void kite_tcp_arm_keepalive(struct sock *sk);
void kite_tcp_set_keepalive(struct sock *sk, int on);
void kite_tcp_run_deferred(struct sock *sk, int work);
void kite_tcp_run_or_defer_locked(struct sock *sk, int bit);
void kite_tcp_run_or_defer(struct sock *sk, int bit);

#endif /* _KITE_TCP_TIMER_H */
