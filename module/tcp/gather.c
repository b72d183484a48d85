// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue knows segments: what is acknowledged, reported, lost and sent again
 * is one of them, whole. On their first way down they go in company: one packet
 * refers to the data of as many as may leave now (../ip/offload.h), and the queue
 * keeps the originals. Nobody has to cut anything when a part of it is lost.
 */
#include "gather.h"

#include "../ip/offload.h"
#include "output.h"

/* What the total length field of RFC 791 leaves for data behind any headers. */
#define KITE_GATHER_MAX	(0xffff - KITE_TCP_MAX_HEADER - 60)

/**
 * kite_tcp_gather_max() - how many segments may go down as one packet
 * @sk: the connection
 *
 * Context: socket lock held.
 * Return: at least 1.
 */
unsigned int kite_tcp_gather_max(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned int size;

	/*
	 * What was received beyond gaps is reported once, not with each; the urgent
	 * pointer of each is its own.
	 */
	if (!sk_can_gso(sk) || kite_sack_pending(&tp->report) ||
	    tp->nagle & KITE_NAGLE_URGENT)
		return 1;
	size = min_t(unsigned int, READ_ONCE(sk->sk_gso_max_size),
		     KITE_GATHER_MAX);
	return clamp_t(unsigned int, size / tp->mss, 1,
		       max_t(u16, READ_ONCE(sk->sk_gso_max_segs), 1));
}

/* Refer to a segment's data behind what is there. False when there is no room. */
static bool refer_to(struct sk_buff *packet, const struct sk_buff *skb)
{
	struct skb_shared_info *to = skb_shinfo(packet);
	const struct skb_shared_info *from = skb_shinfo(skb);
	int i;

	if (skb_headlen(skb) || to->nr_frags + from->nr_frags > MAX_SKB_FRAGS)
		return false;
	for (i = 0; i < from->nr_frags; i++) {
		const skb_frag_t *frag = &from->frags[i];
		struct page *page = skb_frag_page(frag);
		unsigned int size = skb_frag_size(frag);

		if (skb_can_coalesce(packet, to->nr_frags, page,
				     skb_frag_off(frag))) {
			skb_frag_size_add(&to->frags[to->nr_frags - 1], size);
			continue;
		}
		get_page(page);
		skb_fill_page_desc(packet, to->nr_frags, page,
				   skb_frag_off(frag), size);
	}
	to->flags |= from->flags & SKBFL_SHARED_FRAG;
	packet->len += skb->len;
	packet->data_len += skb->len;
	packet->truesize += skb->len;
	return true;
}

/**
 * kite_tcp_gather() - one packet that stands for segments of the send queue
 * @first: the first of them, of which all but the last are equally long
 * @n: how many; set to how many there was room for
 *
 * Context: socket lock held.
 * Return: their data, without headers; or NULL without memory, or when there was
 * room for one only.
 */
struct sk_buff *kite_tcp_gather(const struct sk_buff *first, unsigned int *n)
{
	const struct sk_buff *skb = first;
	struct sk_buff *packet;
	unsigned int i;

	packet = alloc_skb(KITE_TCP_HEADROOM, GFP_ATOMIC | __GFP_NOWARN);
	if (!packet)
		return NULL;
	skb_reserve(packet, KITE_TCP_HEADROOM);
	for (i = 0; i < *n && refer_to(packet, skb); i++)
		skb = skb->next;
	if (i < 2) {
		__kfree_skb(packet);
		return NULL;
	}
	*n = i;
	skb_shinfo(packet)->gso_size = first->len;
	skb_shinfo(packet)->gso_segs = i;
	skb_shinfo(packet)->gso_type = KITE_GSO_TYPE;
	return packet;
}
