/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a socket: made, shut down, closed, disconnected, destroyed.
 */
#ifndef _KITE_TCP_LIFE_H
#define _KITE_TCP_LIFE_H

#include "tcp_sock.h"

int kite_tcp_sock_init(struct sock *sk);
void kite_tcp_sock_reset(struct sock *sk);
void kite_tcp_sock_destroy(struct sock *sk);
void kite_tcp_release_cb(struct sock *sk);
void kite_tcp_close(struct sock *sk, long timeout);
void kite_tcp_shutdown(struct sock *sk, int how);
int kite_tcp_disconnect(struct sock *sk, int flags);
bool kite_tcp_spare_orphan(struct sock *sk);
void kite_tcp_leave_fin_wait2(struct sock *sk);

#endif /* _KITE_TCP_LIFE_H */
