/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of a connection may wait in queues below.
 */
#ifndef _KITE_TCP_TSQ_H
#define _KITE_TCP_TSQ_H

#include "tcp_sock.h"

/**
 * enum kite_tsq - whether a connection waits for what is below
 * @KITE_TSQ_OPEN: it does not
 * @KITE_TSQ_WAITS: the next packet that leaves this host brings it back
 * @KITE_TSQ_DUE: one has; it is in a processor's list of who goes on
 */
enum kite_tsq {
	KITE_TSQ_OPEN,
	KITE_TSQ_WAITS,
	KITE_TSQ_DUE,
};

void kite_tsq_init(void);
void kite_tsq_exit(void);
void kite_tsq_own(struct sk_buff *skb, struct sock *sk, bool only_ack);
bool __kite_tsq_waits(struct sock *sk, u32 len);

/**
 * kite_tsq_waits() - whether enough waits below (twin of tcp_small_queue_check())
 * @sk: the connection, past the handshake
 * @len: octets of data in its next packet
 *
 * Context: socket lock held.
 * Return: whether it does; then the connection goes on when something of that has left this
 * host.
 */
static inline bool kite_tsq_waits(struct sock *sk, u32 len)
{
	return refcount_read(&sk->sk_wmem_alloc) > 2 * SKB_TRUESIZE(len) &&
	       __kite_tsq_waits(sk, len);
}

#endif /* _KITE_TCP_TSQ_H */
