// SPDX-License-Identifier: GPL-2.0
#include "sack.h"

#include "../observe/counters.h"
#include "options.h"
#include "tcp_sock.h"

/* Two no-operations that align the blocks, kind and length, octets. */
#define KITE_SACK_HEAD		4
#define KITE_SACK_BLOCK		8

/**
 * kite_sack_received() - octets beyond a gap have come
 * @tp: the connection
 * @start: the first
 * @end: one past the last
 *
 * RFC 2018 4: the first block is the one with what came last. Those that do not find
 * room any more were said before, in several acknowledgments.
 *
 * Context: socket lock held.
 */
void kite_sack_received(struct kite_tcp_sock *tp, u32 start, u32 end)
{
	struct kite_sack_report *r = &tp->report, old = *r;
	u8 i;

	if (!tp->sack_ok)
		return;
	r->n = 1;
	for (i = 0; i < old.n; i++) {
		const struct kite_sack_block *b = &old.got[i];

		if (!kite_after(b->start, end) && !kite_after(start, b->end)) {
			start = kite_before(b->start, start) ? b->start : start;
			end = kite_after(b->end, end) ? b->end : end;
		} else if (r->n < KITE_SACK_MAX) {
			r->got[r->n++] = *b;
		}
	}
	r->got[0].start = start;
	r->got[0].end = end;
}

/**
 * kite_sack_advanced() - a gap was closed
 * @tp: the connection; rcv_nxt has moved
 *
 * Context: socket lock held.
 */
void kite_sack_advanced(struct kite_tcp_sock *tp)
{
	struct kite_sack_report *r = &tp->report;
	u8 i, n = 0;

	for (i = 0; i < r->n; i++)
		if (kite_after(r->got[i].start, tp->rcv_nxt))
			r->got[n++] = r->got[i];
	r->n = n;
}

/**
 * kite_sack_duplicate() - octets have come that were here already
 * @tp: the connection
 * @start: the first
 * @end: one past the last
 *
 * The sender learns that it sent again without need, if net.ipv4.tcp_dsack allows.
 *
 * Context: socket lock held.
 */
void kite_sack_duplicate(struct kite_tcp_sock *tp, u32 start, u32 end)
{
	struct net *net = sock_net(&tp->ks.sk);

	if (!tp->sack_ok || !READ_ONCE(net->ipv4.sysctl_tcp_dsack))
		return;
	kite_count(net, kite_before(start, tp->rcv_nxt) ?
			KITE_CNT_TcpExt_TCPDSACKOldSent :
			KITE_CNT_TcpExt_TCPDSACKOfoSent);
	tp->report.dup.start = start;
	tp->report.dup.end = end;
}

/**
 * kite_sack_duplicate_too() - of what has come there was more here already
 * @tp: the connection
 * @start: the first octet of it
 * @end: one past the last
 *
 * The report tells of the first octets without a gap, RFC 2883 4.
 *
 * Context: socket lock held.
 */
void kite_sack_duplicate_too(struct kite_tcp_sock *tp, u32 start, u32 end)
{
	struct kite_sack_block *dup = &tp->report.dup;

	if (dup->start == dup->end)
		kite_sack_duplicate(tp, start, end);
	else if (!kite_after(start, dup->end) && kite_after(end, dup->end))
		dup->end = end;
}

/**
 * kite_sack_end() - the end of what is here, with or without gaps before it
 * @tp: the connection
 *
 * Context: socket lock held.
 * Return: a sequence number; rcv_nxt when nothing is reported.
 */
u32 kite_sack_end(const struct kite_tcp_sock *tp)
{
	const struct kite_sack_report *r = &tp->report;
	u32 end = tp->rcv_nxt;
	u8 i;

	for (i = 0; i < r->n; i++)
		if (kite_after(r->got[i].end, end))
			end = r->got[i].end;
	return end;
}

static __be32 *write_block(__be32 *p, const struct kite_sack_block *b)
{
	*p++ = htonl(b->start);
	*p++ = htonl(b->end);
	return p;
}

/**
 * kite_sack_push() - put the option in front of a segment's data
 * @tp: the connection, with something to report
 * @skb: the segment, without other options yet
 *
 * Data is not made smaller for it: what does not fit waits for an acknowledgment of its
 * own.
 *
 * Context: socket lock held.
 * Return: whether it fitted.
 */
bool kite_sack_push(struct kite_tcp_sock *tp, struct sk_buff *skb)
{
	unsigned int room = KITE_TCP_OPTIONS_MAX - kite_tcp_options_len(tp);
	struct kite_sack_report *r = &tp->report;
	bool dup = r->dup.start != r->dup.end;
	unsigned int n, len, i;
	__be32 *p;

	n = min_t(unsigned int, dup + r->n,
		  (room - KITE_SACK_HEAD) / KITE_SACK_BLOCK);
	len = KITE_SACK_HEAD + n * KITE_SACK_BLOCK;
	if (skb->len && skb->len + len > tp->mss)
		return false;

	p = skb_push(skb, len);
	*p++ = htonl(KITE_TCP_SACK_HEAD | (len - 2));
	if (dup)
		p = write_block(p, &r->dup);
	for (i = 0; i < n - dup; i++)
		p = write_block(p, &r->got[i]);
	r->dup.end = r->dup.start;
	return true;
}
