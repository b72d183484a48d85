/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments on their way down: one at a time, and out of the send queue.
 */
#ifndef _KITE_TCP_OUTPUT_H
#define _KITE_TCP_OUTPUT_H

#include "../ip/ip_output.h"
#include "chrono.h"
#include "tcp_sock.h"

/* In front of a segment's data, octets. */
#define KITE_TCP_HEADROOM	(KITE_HEADROOM + KITE_TCP_MAX_HEADER)

/* segment by segment: output.c */
int kite_tcp_output(struct sock *sk, struct sk_buff *skb, u32 seq, u8 flags,
		    u64 now_us);
struct sk_buff *kite_tcp_alloc(gfp_t gfp);
void kite_tcp_send_syn(struct sock *sk);
void kite_tcp_send_ack(struct sock *sk);
void kite_tcp_send_challenge_ack(struct sock *sk);
void kite_tcp_send_fin(struct sock *sk);
void kite_tcp_send_probe(struct sock *sk);
void kite_tcp_send_reset(struct sock *sk);

/* out of the queues: sendq.c */
void kite_tcp_push(struct sock *sk);
int kite_tcp_retransmit(struct sock *sk, u32 seq, u32 *end);
bool kite_tcp_push_into_window(struct sock *sk);
void kite_tcp_queue_fin(struct sock *sk);
void kite_tcp_shrink_segments(struct sock *sk);
struct sk_buff *kite_tcp_rtx_find(const struct sock *sk, u32 seq);
struct sk_buff *kite_tcp_rtx_cut(struct sock *sk, struct sk_buff *skb, u32 len);

/**
 * kite_tcp_send_pending() - whether anything waits to be sent the first time
 * @sk: the connection
 *
 * Context: socket lock held.
 */
static inline bool kite_tcp_send_pending(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	return !skb_queue_empty(&sk->sk_write_queue) ||
	       (tp->fin_queued && !kite_tcp_fin_sent(tp));
}

/**
 * kite_tcp_writer_waits() - whether the user waits for room in the send buffer
 * @sk: the connection, in which less is queued, or has yet to be sent
 *
 * Context: socket lock held.
 */
static inline bool kite_tcp_writer_waits(const struct sock *sk)
{
	/* Pairs with may_write() of poll(): the space, then the flag. */
	smp_mb();
	return sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
}

/**
 * kite_tcp_wake_writer() - less is queued, or has yet to be sent (twin of tcp_check_space())
 * @sk: the connection
 *
 * Context: socket lock held.
 */
static inline void kite_tcp_wake_writer(struct sock *sk)
{
	if (!kite_tcp_writer_waits(sk))
		return;
	sk->sk_write_space(sk);
	if (!test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		kite_chrono_end(sk, KITE_CHRONO_SNDBUF);
}

#endif /* _KITE_TCP_OUTPUT_H */
