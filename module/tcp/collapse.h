/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the window promised has to fit into the buffer, whatever memory it comes in.
 */
#ifndef _KITE_TCP_COLLAPSE_H
#define _KITE_TCP_COLLAPSE_H

#include <linux/types.h>

struct sk_buff;
struct sock;

void kite_tcp_collapse(struct sock *sk);
bool kite_tcp_copy_to_tail(struct sock *sk, struct sk_buff *skb);
struct sk_buff *kite_tcp_compact(const struct sock *sk, struct sk_buff *skb);

#endif /* _KITE_TCP_COLLAPSE_H */
