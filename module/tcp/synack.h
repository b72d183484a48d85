/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SYN-ACK of a listener.
 */
#ifndef _KITE_TCP_SYNACK_H
#define _KITE_TCP_SYNACK_H

#include <linux/types.h>

struct kite_request;
struct net;
struct sk_buff;
struct sock;

bool kite_synack_prepare(struct net *net, struct kite_request *req,
			 struct sock *listener, const struct sk_buff *skb);
void kite_synack_agree(struct net *net, struct kite_request *req,
		       const struct sk_buff *skb);
bool kite_synack_agreed(struct net *net, struct kite_request *req,
			const struct sk_buff *ack);
u8 kite_synack_tos(const struct net *net, const struct kite_request *req);
int kite_synack_send(struct net *net, struct kite_request *req,
		     const struct sk_buff *orig);

#endif /* _KITE_TCP_SYNACK_H */
