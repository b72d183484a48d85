/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence numbers live on a circle of 2^32, RFC 9293 3.4: comparisons are of
 * distances, and hold while two numbers are less than 2^31 apart.
 */
#ifndef _KITE_TCP_SEQ_H
#define _KITE_TCP_SEQ_H

#include <linux/types.h>

/**
 * kite_before() - whether one sequence number comes before another
 * @a: the one
 * @b: the other
 */
static inline bool kite_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/**
 * kite_after() - whether one sequence number comes after another
 * @a: the one
 * @b: the other
 */
static inline bool kite_after(u32 a, u32 b)
{
	return kite_before(b, a);
}

/**
 * kite_between() - whether a sequence number lies in a closed interval
 * @seq: the number
 * @low: first of the interval
 * @high: last of the interval
 */
static inline bool kite_between(u32 seq, u32 low, u32 high)
{
	return high - low >= seq - low;
}

/**
 * kite_in_window() - whether a segment has something of a receive window
 * @seq: its first number
 * @end_seq: the number behind its last; @seq if it is empty
 * @low: first of the window
 * @high: behind the last of the window
 *
 * RFC 9293 3.4, but that an empty segment right behind the window is in it, too:
 * that is where a peer is that has filled it.
 */
static inline bool kite_in_window(u32 seq, u32 end_seq, u32 low, u32 high)
{
	if (seq == end_seq)
		return kite_between(seq, low, high);
	return kite_after(end_seq, low) && kite_before(seq, high);
}

#endif /* _KITE_TCP_SEQ_H */
