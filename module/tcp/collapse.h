/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the window promised has to fit into the buffer, whatever memory it comes in.
 */
#ifndef _KITE_TCP_COLLAPSE_H
#define _KITE_TCP_COLLAPSE_H

#include <net/sock.h>

/* Whether what waits to be read, or for a gap to close, takes more memory than this, octets. */
static inline bool kite_tcp_buffer_holds(const struct sock *sk, int limit)
{
	return atomic_read(&sk->sk_rmem_alloc) > limit;
}

void kite_tcp_collapse(struct sock *sk);
struct sk_buff *kite_tcp_copy_behind(struct sock *sk, struct sk_buff *last,
				     const struct sk_buff *skb);
struct sk_buff *kite_tcp_compact(const struct sock *sk, struct sk_buff *skb);

#endif /* _KITE_TCP_COLLAPSE_H */
