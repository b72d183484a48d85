/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Selective acknowledgments that we send, RFC 2018 and RFC 2883.
 */
#ifndef _KITE_TCP_SACK_H
#define _KITE_TCP_SACK_H

#include <linux/types.h>

struct kite_tcp_sock;
struct sk_buff;

/* So many blocks fit into a header without other options. */
#define KITE_SACK_MAX	4

/**
 * struct kite_sack_block - octets from a sequence number to another
 * @start:	the first
 * @end:	one past the last; @start when there are none
 */
struct kite_sack_block {
	u32	start;
	u32	end;
};

/**
 * struct kite_sack_report - what our acknowledgments say beyond their number
 * @dup:	what came twice just now: said once
 * @got:	what is here beyond gaps, the latest first; none touches another
 * @n:		how many of @got there are
 *
 * Context: socket lock.
 */
struct kite_sack_report {
	struct kite_sack_block	dup;
	struct kite_sack_block	got[KITE_SACK_MAX];
	u8			n;
};

/* Whether there is anything to say. */
static inline bool kite_sack_pending(const struct kite_sack_report *r)
{
	return r->n || r->dup.start != r->dup.end;
}

void kite_sack_received(struct kite_tcp_sock *tp, u32 start, u32 end);
void kite_sack_advanced(struct kite_tcp_sock *tp);
void kite_sack_duplicate(struct kite_tcp_sock *tp, u32 start, u32 end);
void kite_sack_duplicate_too(struct kite_tcp_sock *tp, u32 start, u32 end);
u32 kite_sack_end(const struct kite_tcp_sock *tp);
bool kite_sack_push(struct kite_tcp_sock *tp, struct sk_buff *skb);

#endif /* _KITE_TCP_SACK_H */
