/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The active side of the handshake, RFC 9293 3.5.
 */
#ifndef _KITE_TCP_CONNECT_H
#define _KITE_TCP_CONNECT_H

#include "tcp_sock.h"

int kite_tcp_connect(struct sock *sk, struct sockaddr *uaddr, int len);
void kite_tcp_syn_sent_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* _KITE_TCP_CONNECT_H */
