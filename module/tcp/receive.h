/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Octets on their way up: in order to the user, out of order to wait.
 */
#ifndef _KITE_TCP_RECEIVE_H
#define _KITE_TCP_RECEIVE_H

#include "tcp_sock.h"

void kite_tcp_receive_init(struct sock *sk);
void kite_tcp_receive(struct sock *sk, struct sk_buff *skb,
		      const struct kite_tcp_options *opt);
void kite_tcp_answer(struct sock *sk);
void kite_tcp_purge_ooo(struct sock *sk);

#endif /* _KITE_TCP_RECEIVE_H */
