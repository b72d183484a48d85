/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Round-trip times and the retransmission timeout, RFC 6298.
 */
#ifndef _KITE_TCP_RTT_H
#define _KITE_TCP_RTT_H

#include "tcp_sock.h"

u8 kite_tcp_delack_max(struct sock *sk);
void kite_tcp_rtt_init(struct kite_tcp_sock *tp);
void kite_tcp_rtt_sample(struct sock *sk, u32 rtt_us, bool waited);

/**
 * kite_tcp_rto_backed_off() - how long to wait now
 * @tp: the connection
 *
 * Return: jiffies, at most KITE_RTO_MAX.
 */
static inline unsigned long kite_tcp_rto_backed_off(const struct kite_tcp_sock *tp)
{
	u64 rto = (u64)tp->rto << min_t(u8, tp->backoff, 16);

	return min_t(u64, rto, KITE_RTO_MAX);
}

#endif /* _KITE_TCP_RTT_H */
