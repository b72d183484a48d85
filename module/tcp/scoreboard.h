/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the peer has of all that was sent, and what of it got lost, RFC 6675.
 */
#ifndef _KITE_TCP_SCOREBOARD_H
#define _KITE_TCP_SCOREBOARD_H

#include <linux/types.h>

struct kite_tcp_cb;
struct kite_tcp_options;
struct kite_tcp_sock;
struct sk_buff;
struct sock;

/* So many segments that came later make one lost, RFC 6675 DupThresh. */
#define KITE_DUPACK_THRESHOLD	3

/**
 * struct kite_scoreboard - the send queue as the peer sees it
 * @delivered:	octets that have arrived, a number that only grows
 * @sacked:	those of them that are still in the queue
 * @lost:	octets believed lost and not sent again yet: those from rtx_nxt to
 *		@edge that the peer does not report to have
 * @edge:	what the peer does not report before that is believed lost
 * @top:	where the segments begin that the peer reports, the furthest first
 * @n_top:	how many of @top there are
 *
 * Which segments the peer reports to have is in their kite_tcp_cb.
 *
 * Context: socket lock.
 */
struct kite_scoreboard {
	u32	delivered;
	u32	sacked;
	u32	lost;
	u32	edge;
	u32	top[KITE_DUPACK_THRESHOLD];
	u8	n_top;
};

void kite_scoreboard_init(struct kite_tcp_sock *tp);
void kite_scoreboard_take(struct sock *sk, const struct kite_tcp_options *opt,
			  u32 ack);
bool kite_scoreboard_acked(struct kite_tcp_sock *tp, const struct kite_tcp_cb *cb,
			   u32 seq, u32 end);
void kite_scoreboard_resent(struct kite_tcp_sock *tp, u32 seq, u32 end);
void kite_scoreboard_restart(struct kite_tcp_sock *tp);
struct sk_buff *kite_scoreboard_hole(struct sock *sk, u32 seq);
bool kite_scoreboard_find_lost(struct sock *sk, bool all);
void kite_scoreboard_all_lost(struct sock *sk);
bool kite_scoreboard_too_large_lost(struct sock *sk);
u32 kite_scoreboard_next_lost(struct sock *sk);

#endif /* _KITE_TCP_SCOREBOARD_H */
