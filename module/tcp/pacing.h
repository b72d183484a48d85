/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection that is to go at a pace, over a device whose qdisc does not see to it.
 */
#ifndef _KITE_TCP_PACING_H
#define _KITE_TCP_PACING_H

#include "tcp_sock.h"

bool __kite_pacing_waits(struct sock *sk);
void __kite_pacing_sent(struct sock *sk, unsigned int len);
void kite_pacing_stop(struct kite_tcp_sock *tp);
void kite_pacing_expired(struct sock *sk);
u32 kite_pacing_burst(const struct sock *sk);

/* Whether it is for us to pace: SO_MAX_PACING_RATE is set, and the qdisc is not fq. */
static inline bool kite_pacing_needed(const struct sock *sk)
{
	return unlikely(READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED);
}

/**
 * kite_pacing_waits() - whether it is too early for the next packet (twin of
 * tcp_pacing_check())
 * @sk: the connection
 *
 * If so a timer comes back to what waits.
 *
 * Context: socket lock held.
 */
static inline bool kite_pacing_waits(struct sock *sk)
{
	return kite_pacing_needed(sk) && __kite_pacing_waits(sk);
}

/**
 * kite_pacing_sent() - a packet has left: the next one has to wait
 * @sk: the connection
 * @len: octets of data in it
 *
 * Context: socket lock held.
 */
static inline void kite_pacing_sent(struct sock *sk, unsigned int len)
{
	if (kite_pacing_needed(sk))
		__kite_pacing_sent(sk, len);
}

#endif /* _KITE_TCP_PACING_H */
