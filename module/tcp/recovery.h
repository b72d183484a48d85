/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loss recovery: what is believed lost, and when it is sent again. By what the peer
 * reports and by time, RFC 6675 and 8985; without reports NewReno, RFC 6582; and the way
 * back from a timeout.
 */
#ifndef _KITE_TCP_RECOVERY_H
#define _KITE_TCP_RECOVERY_H

#include "tcp_sock.h"

void kite_recovery_init(struct kite_tcp_sock *tp);
void kite_recovery_acked(struct sock *sk, u32 acked, u32 delivered);
void kite_recovery_sacked(struct sock *sk, u32 delivered);
void kite_recovery_dupack(struct sock *sk);
void kite_recovery_late(struct sock *sk);
void kite_recovery_probe_refused(struct sock *sk);
void kite_recovery_too_large(struct sock *sk);
void kite_recovery_came_twice(struct sock *sk, u32 start, u32 end);
void kite_recovery_was_none(struct kite_tcp_sock *tp);
void kite_recovery_timeout(struct sock *sk);
void kite_recovery_send(struct sock *sk);
u32 kite_recovery_room(const struct kite_tcp_sock *tp);

#endif /* _KITE_TCP_RECOVERY_H */
