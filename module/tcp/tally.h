/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection has sent and received, RFC 4898, for whoever asks for TCP_INFO.
 */
#ifndef _KITE_TCP_TALLY_H
#define _KITE_TCP_TALLY_H

#include <linux/jiffies.h>
#include <linux/skbuff.h>

#include "segment.h"

/**
 * struct kite_tcp_tally - counts since the connection began
 * @octets_again: data sent again
 * @octets_in:	data received in order, the FIN as one octet
 * @segs_out:	segments sent
 * @segs_in:	segments received, acceptable or not
 * @data_segs_out: those of @segs_out with data
 * @data_segs_in: those of @segs_in with data
 * @delivered:	segments that have arrived, SYN and a FIN of its own among them
 * @delivered_ce: those of @delivered whose acknowledgment told of congestion
 * @dsacks:	segments that the peer reported to have got twice
 * @late:	how often an acknowledgment told that something had been overtaken
 * @ooo:	segments received beyond a gap
 * @timeouts:	how often the retransmission timer ran out
 * @timeout_runs: those of @timeouts before which the last one had been answered
 * @timeout_ms:	how long it took to recover from @timeout_runs, ms
 * @timeout_since: when the last of them began, if that goes on, jiffies; 0 = it does not
 *
 * Context: socket lock.
 */
struct kite_tcp_tally {
	u64	octets_again;
	u64	octets_in;
	u32	segs_out;
	u32	segs_in;
	u32	data_segs_out;
	u32	data_segs_in;
	u32	delivered;
	u32	delivered_ce;
	u32	dsacks;
	u32	late;
	u32	ooo;
	u16	timeouts;
	u16	timeout_runs;
	u32	timeout_ms;
	u32	timeout_since;
};

/* Segments in a packet: the device cuts it, or has put it together. */
static inline u16 kite_tcp_segs(const struct sk_buff *skb)
{
	return max_t(u16, skb_shinfo(skb)->gso_segs, 1);
}

/* A packet of @segs segments with @len octets of data leaves. */
static inline void kite_tally_sent(struct kite_tcp_tally *tally, u16 segs,
				   unsigned int len)
{
	tally->segs_out += segs;
	if (len)
		tally->data_segs_out += segs;
}

/* A packet has come, data at the segment's header. */
static inline void kite_tally_received(struct kite_tcp_tally *tally,
				       const struct sk_buff *skb)
{
	u16 segs = kite_tcp_segs(skb);

	tally->segs_in += segs;
	if (skb->len > kite_tcp_hdrlen(skb))
		tally->data_segs_in += segs;
}

/* The retransmission timer ran out; @first: what it did last time was answered. */
static inline void kite_tally_timeout(struct kite_tcp_tally *tally, bool first)
{
	tally->timeouts++;
	tally->timeout_runs += first;
	if (!tally->timeout_since)
		tally->timeout_since = (u32)jiffies ?: 1;
}

/* How long the connection has been recovering from timeouts, ms. */
static inline u32 kite_tally_timeout_ms(const struct kite_tcp_tally *tally)
{
	u32 since = tally->timeout_since;

	return tally->timeout_ms + (since ? jiffies_to_msecs((u32)jiffies - since) : 0);
}

/* It has recovered. */
static inline void kite_tally_recovered(struct kite_tcp_tally *tally)
{
	tally->timeout_ms = kite_tally_timeout_ms(tally);
	tally->timeout_since = 0;
}

#endif /* _KITE_TCP_TALLY_H */
