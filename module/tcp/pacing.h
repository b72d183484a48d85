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
unsigned long kite_pacing_millisecond(const struct sock *sk);
u32 kite_pacing_burst(const struct sock *sk);

/* How far the peer is, in net.ipv4.tcp_tso_rtt_log: 0 is less than half a millisecond. */
static inline u32 kite_pacing_distance(const struct sock *sk)
{
	return kite_tcp_sk(sk)->least.us >>
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_tso_rtt_log);
}

/* Whether a packet may be as large as there is any. */
static inline bool kite_pacing_is_near(const struct sock *sk)
{
	return likely(READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE) &&
	       !kite_pacing_distance(sk);
}

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
