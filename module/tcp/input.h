/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SEGMENT ARRIVES, RFC 9293 3.10.7.
 */
#ifndef _KITE_TCP_INPUT_H
#define _KITE_TCP_INPUT_H

#include "tcp_sock.h"

struct sock *kite_tcp_early_demux(struct net *net, struct sk_buff *skb);
int kite_tcp_rcv(struct sk_buff *skb);
void kite_tcp_closed_rcv(struct sock *sk, struct sk_buff *skb);
int kite_tcp_do_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* _KITE_TCP_INPUT_H */
