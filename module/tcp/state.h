/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a connection, and how one ends.
 */
#ifndef _KITE_TCP_STATE_H
#define _KITE_TCP_STATE_H

#include "tcp_sock.h"

void kite_tcp_set_state(struct sock *sk, int state);
void kite_tcp_done(struct sock *sk);
void kite_tcp_fail(struct sock *sk, int err);
void kite_tcp_destroy(struct sock *sk);
void kite_tcp_unhash(struct sock *sk);
void kite_tcp_purge_send(struct sock *sk);

#endif /* _KITE_TCP_STATE_H */
