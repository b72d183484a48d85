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
void kite_tsq_wfree(struct sk_buff *skb);
bool __kite_tsq_waits(struct sock *sk, u32 len);

/**
 * kite_tsq_own() - say whose a packet is that is about to leave
 * @skb: the packet, whole
 * @sk: its connection
 * @only_ack: nothing but an acknowledgment, for which no data has to wait
 *
 * Context: socket lock held.
 */
static inline void kite_tsq_own(struct sk_buff *skb, struct sock *sk, bool only_ack)
{
	if (only_ack) {
		if (skb_set_owner_sk_safe(skb, sk))
			skb_set_hash_from_sk(skb, sk);
	} else {
		skb_set_owner_w(skb, sk);
		skb->destructor = kite_tsq_wfree;
	}
}

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
