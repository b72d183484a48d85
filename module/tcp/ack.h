/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an acknowledgment means to the sender.
 */
#ifndef _KITE_TCP_ACK_H
#define _KITE_TCP_ACK_H

#include "options.h"
#include "tcp_sock.h"

bool kite_tcp_ack(struct sock *sk, const struct sk_buff *skb,
		  const struct kite_tcp_options *opt);
bool kite_tcp_tells_window(const struct kite_tcp_sock *tp, const struct sk_buff *skb);
void kite_tcp_handshake_done(struct sock *sk, const struct sk_buff *skb,
			     const struct kite_tcp_options *opt);

#endif /* _KITE_TCP_ACK_H */
