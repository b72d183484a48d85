/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many segments in one packet: how many, and where it is cut.
 */
#ifndef _KITE_TCP_TSO_H
#define _KITE_TCP_TSO_H

#include "../ip/offload.h"
#include "segment.h"
#include "tcp_sock.h"

unsigned int kite_tcp_size_goal(const struct sock *sk);
struct sk_buff *kite_tcp_fragment(struct sock *sk, struct sk_buff *skb,
				  unsigned int len);
bool kite_tcp_trim_head(struct sock *sk, struct sk_buff *skb, unsigned int len);

/**
 * kite_tcp_set_tso_segs() - say of how many segments a packet consists
 * @skb: the data, without headers
 * @mss: octets of each but the last
 *
 * Context: socket lock held.
 */
static inline void kite_tcp_set_tso_segs(struct sk_buff *skb, unsigned int mss)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (skb->len <= mss) {
		shinfo->gso_size = 0;
		shinfo->gso_segs = 0;
		shinfo->gso_type = 0;
		return;
	}
	shinfo->gso_size = mss;
	shinfo->gso_segs = DIV_ROUND_UP(skb->len, mss);
	shinfo->gso_type = KITE_GSO_TYPE;
}

/**
 * kite_tcp_last_segment() - where the last of a sent packet's segments begins
 * @cb: the packet's
 *
 * Return: a sequence number.
 */
static inline u32 kite_tcp_last_segment(const struct kite_tcp_cb *cb)
{
	u32 len = cb->end_seq - cb->seq;

	return len > cb->mss ? cb->seq + (len - 1) / cb->mss * cb->mss : cb->seq;
}

/**
 * kite_tcp_segments() - how many segments a part of a sent packet takes
 * @cb: the packet's
 * @len: octets in that part
 *
 * Return: so many, 0 for no octets.
 */
static inline u32 kite_tcp_segments(const struct kite_tcp_cb *cb, u32 len)
{
	return len > cb->mss ? DIV_ROUND_UP(len, cb->mss) : !!len;
}

#endif /* _KITE_TCP_TSO_H */
