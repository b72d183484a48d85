// SPDX-License-Identifier: GPL-2.0
/*
 * A packet of the send queue holds as many segments as may go down together
 * (../ip/offload.h), and stays whole as long as they share their fate. It is cut where a
 * part of it leaves alone, is reported, is lost or is sent again; what is acknowledged
 * is cut off in place.
 */
#include "tso.h"

#include "output.h"
#include "pacing.h"
#include "stamps.h"

/* What the total length field of RFC 791 leaves for data behind any headers. */
#define KITE_TSO_MAX	(0xffff - KITE_TCP_MAX_HEADER - 60)

/**
 * kite_tcp_size_goal() - how much data may go down as one packet
 * @sk: the connection
 *
 * Context: socket lock held.
 * Return: octets, a multiple of the segment size.
 */
unsigned int kite_tcp_size_goal(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned int size, segs;

	/*
	 * What was received beyond gaps is reported once, not with each; the urgent
	 * pointer of each is its own.
	 */
	if (!sk_can_gso(sk) || kite_sack_pending(&tp->report) ||
	    tp->nagle & KITE_NAGLE_URGENT)
		return tp->mss;
	size = min_t(unsigned int, READ_ONCE(sk->sk_gso_max_size),
		     KITE_TSO_MAX);
	if (!kite_pacing_is_near(sk))
		size = min(size, kite_pacing_burst(sk));
	segs = min_t(unsigned int, size / tp->mss,
		     READ_ONCE(sk->sk_gso_max_segs));
	return max(segs, 1U) * tp->mss;
}

/* Make a packet's fragments its own: a copy that is on its way down keeps its. */
static bool unshare(struct sk_buff *skb)
{
	unsigned int truesize = skb->truesize;

	if (skb_unclone(skb, GFP_ATOMIC | __GFP_NOWARN))
		return false;
	/* What was charged stays charged. */
	skb->truesize = truesize;
	__skb_header_release(skb);
	return true;
}

/**
 * kite_tcp_fragment() - cut a packet of the send queue in two
 * @sk: the connection
 * @skb: the packet, which keeps its place and its first @len octets
 * @len: less than it has
 *
 * Context: socket lock held.
 * Return: the rest, which is in no queue yet, or NULL without memory.
 */
struct sk_buff *kite_tcp_fragment(struct sock *sk, struct sk_buff *skb,
				  unsigned int len)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct sk_buff *rest;

	rest = kite_tcp_alloc(GFP_ATOMIC | __GFP_NOWARN);
	if (!rest)
		return NULL;
	if (!unshare(skb)) {
		__kfree_skb(rest);
		return NULL;
	}
	sk_wmem_queued_add(sk, rest->truesize);
	sk_mem_charge(sk, rest->truesize);
	skb_split(skb, rest, len);
	rest->truesize += rest->len;
	skb->truesize -= rest->len;
	__skb_header_release(rest);

	*kite_tcp_cb(rest) = *cb;
	kite_tcp_cb(rest)->seq = cb->seq + len;
	cb->end_seq = cb->seq + len;
	cb->flags &= ~KITE_TCP_PSH;
	if (unlikely(cb->stamps))
		kite_stamps_cut(skb, rest);
	return rest;
}

/**
 * kite_tcp_trim_head() - give back what is acknowledged of a packet
 * @sk: the connection
 * @skb: the packet, all of whose data is in fragments
 * @len: octets, fewer than it has
 *
 * Context: socket lock held.
 * Return: false without memory; then it is as it was.
 */
bool kite_tcp_trim_head(struct sock *sk, struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *shinfo;
	unsigned int i, gone, left = len;

	if (!unshare(skb))
		return false;
	shinfo = skb_shinfo(skb);
	for (gone = 0; left >= skb_frag_size(&shinfo->frags[gone]); gone++) {
		left -= skb_frag_size(&shinfo->frags[gone]);
		put_page(skb_frag_page(&shinfo->frags[gone]));
	}
	skb_frag_off_add(&shinfo->frags[gone], left);
	skb_frag_size_sub(&shinfo->frags[gone], left);
	shinfo->nr_frags -= gone;
	for (i = 0; gone && i < shinfo->nr_frags; i++)
		shinfo->frags[i] = shinfo->frags[i + gone];

	skb->len -= len;
	skb->data_len -= len;
	skb->truesize -= len;
	sk_wmem_queued_add(sk, -(int)len);
	sk_mem_uncharge(sk, len);
	kite_stamps_trimmed(skb, len);
	kite_tcp_cb(skb)->seq += len;
	return true;
}
