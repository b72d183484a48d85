// SPDX-License-Identifier: GPL-2.0
#include "collapse.h"

#include "seq.h"
#include "stamps.h"
#include "tcp_sock.h"

/* What a page holds. */
#define KITE_PAGE_OCTETS	SKB_MAX_ORDER(0, 0)

/* Whether copying the octets would not save a quarter of their memory. */
static bool is_dense(const struct sk_buff *skb)
{
	return 4 * skb->len >= 3 * skb->truesize;
}

/*
 * A charged page for so many octets from @seq on, which is in a segment, or for as many as go
 * into one; not queued. NULL without memory.
 */
static struct sk_buff *page_for(struct sock *sk, const struct sk_buff *skb, u32 seq, u32 len)
{
	struct sk_buff *page = alloc_skb(min_t(u32, len, KITE_PAGE_OCTETS),
					 GFP_ATOMIC | __GFP_NOWARN);

	if (!page)
		return NULL;
	if (!sk_rmem_schedule(sk, page, page->truesize)) {
		__kfree_skb(page);
		return NULL;
	}
	skb_set_owner_r(page, sk);
	*kite_tcp_cb(page) = *kite_tcp_cb(skb);
	kite_tcp_cb(page)->seq = seq;
	kite_tcp_cb(page)->end_seq = seq;
	return page;
}

/* Copy octets of a segment behind those of a page. Returns whether they could be read. */
static bool page_append(struct sk_buff *page, const struct sk_buff *skb, u32 offset,
			u32 len)
{
	if (skb_copy_bits(skb, offset, skb_put(page, len), len)) {
		skb_trim(page, page->len - len);
		return false;
	}
	kite_tcp_cb(page)->end_seq += len;
	kite_stamps_follow(page, skb);
	return true;
}

/**
 * kite_tcp_collapse() - copy what waits to be read into less memory (twin of
 * tcp_collapse())
 * @sk: the connection, whose receive buffer is full
 *
 * The window goes by half of the buffer, but how much memory a segment takes is the
 * device's and the sender's choice, and what was offered must not be dropped: it would
 * be sent again and again, later and later, until long after the user has read. Pages
 * that are full of octets hold what half of the buffer does.
 *
 * Each octet is copied once, since full pages are dense. Where memory ends in the middle
 * of a segment, the octets before stand in the queue twice: readers go by copied_seq.
 *
 * Context: socket lock held, not by a reader who looks at a segment.
 */
void kite_tcp_collapse(struct sock *sk)
{
	struct sk_buff *skb, *next, *page = NULL;
	u32 seq = kite_tcp_sk(sk)->copied_seq;

	skb_queue_walk_safe(&sk->sk_receive_queue, skb, next) {
		u32 end = kite_tcp_cb(skb)->seq + skb->len;

		if (is_dense(skb)) {
			if (kite_before(seq, end))
				seq = end;
			page = NULL;
			continue;
		}
		while (kite_before(seq, end)) {
			u32 offset = seq - kite_tcp_cb(skb)->seq, len;

			if (!page || !skb_tailroom(page)) {
				/* Less than a page may be all that the buffer has room for. */
				page = page_for(sk, skb, seq, kite_tcp_sk(sk)->rcv_nxt - seq);
				if (!page)
					return;
				__skb_queue_before(&sk->sk_receive_queue, skb, page);
			}
			len = min_t(u32, end - seq, skb_tailroom(page));
			if (!page_append(page, skb, offset, len))
				return;
			seq += len;
		}
		__skb_unlink(skb, &sk->sk_receive_queue);
		__kfree_skb(skb);
	}
}

/**
 * kite_tcp_copy_behind() - copy a small segment behind the one before it
 * @sk: the connection
 * @last: the segment or page that it may follow, or NULL
 * @skb: the segment, charged, data at its header
 *
 * The heads of small segments would fill the buffer long before the window that was offered
 * does.
 *
 * Context: socket lock held.
 * Return: where the octets are now as well, @last or a page that is not queued yet; NULL
 * when @skb is not small, or memory is short.
 */
struct sk_buff *kite_tcp_copy_behind(struct sock *sk, struct sk_buff *last,
				     const struct sk_buff *skb)
{
	u32 seq = kite_tcp_cb(skb)->seq;
	struct sk_buff *page = last;

	if (2 * skb->len > skb->truesize)
		return NULL;

	if (!last || kite_tcp_cb(last)->end_seq != seq || skb_cloned(last) ||
	    skb_tailroom(last) < skb->len) {
		/* There it is for those that follow, of which a small buffer takes none then. */
		if (kite_tcp_buffer_holds(sk, sk->sk_rcvbuf + skb->truesize -
					  SKB_TRUESIZE(KITE_PAGE_OCTETS)))
			return NULL;
		page = page_for(sk, skb, seq, KITE_PAGE_OCTETS);
		if (!page)
			return NULL;
	}
	if (skb_tailroom(page) >= skb->len && page_append(page, skb, 0, skb->len))
		return page;
	if (page != last)
		__kfree_skb(page);
	return NULL;
}

/**
 * kite_tcp_compact() - put a segment into less memory, once that is short
 * @sk: the connection
 * @skb: the segment, data at its header; not queued yet
 *
 * For those beyond a gap: one that is thrown away again after it was reported costs the
 * peer a timeout.
 *
 * Context: socket lock held.
 * Return: the segment, or what has taken its place.
 */
struct sk_buff *kite_tcp_compact(const struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (!kite_tcp_buffer_holds(sk, sk->sk_rcvbuf / 4) || 2 * skb->len >= skb->truesize)
		return skb;
	copy = skb_copy_expand(skb, -skb_network_offset(skb), 0,
			       GFP_ATOMIC | __GFP_NOWARN);
	if (!copy || copy->truesize >= skb->truesize) {
		kfree_skb(copy);
		return skb;
	}
	kite_stamps_follow(copy, skb);
	consume_skb(skb);
	return copy;
}
