/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Losses that were none. What was only late costs nothing once that turns out, by the
 * timestamp that the peer echoes (Eifel, RFC 3522) or by its report that everything came
 * twice (RFC 3708): the congestion window is what it was (RFC 4015).
 */
#ifndef _KITE_TCP_UNDO_H
#define _KITE_TCP_UNDO_H

#include <linux/types.h>

struct kite_tcp_options;
struct kite_tcp_sock;
struct sock;

/**
 * struct kite_undo - what it takes to undo the answer to a loss
 * @cwnd:	the congestion window before, octets; 0 = there is nothing to undo
 * @ssthresh:	the slow start threshold before, octets
 * @start:	the oldest octet outstanding when the loss was found
 * @first_ts:	our timestamp in the first segment that was sent again
 * @resent:	segments sent again that the peer does not report to have twice
 * @any_resent:	there was such a first segment
 * @answered:	the first acknowledgment after that has come
 *
 * Context: socket lock.
 */
struct kite_undo {
	u32	cwnd;
	u32	ssthresh;
	u32	start;
	u32	first_ts;
	u16	resent;
	bool	any_resent;
	bool	answered;
};

void kite_undo_begin(struct kite_tcp_sock *tp);
void kite_undo_resent(struct kite_tcp_sock *tp, u64 now_us);
void kite_undo_came_twice(struct sock *sk, u32 start, u32 end);
void kite_undo_acked(struct sock *sk, const struct kite_tcp_options *opt);

#endif /* _KITE_TCP_UNDO_H */
