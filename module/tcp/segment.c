// SPDX-License-Identifier: GPL-2.0
#include "segment.h"

#include <net/ip.h>

#include "../observe/counters.h"

/**
 * kite_tcp_segment_read() - check a header and remember what it says
 * @net: the namespace
 * @skb: data at the TCP header, network header behind it; freed on failure
 *
 * After success the header is in the linear part, the checksum is right and the
 * kite_tcp_cb of @skb is filled in.
 *
 * Context: softirq.
 * Return: whether the segment may be looked at.
 */
bool kite_tcp_segment_read(struct net *net, struct sk_buff *skb)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	enum kite_counter why = KITE_CNT_Tcp_InErrs;
	const struct tcphdr *th;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*th)))
		goto drop;
	th = tcp_hdr(skb);
	if (th->doff < sizeof(*th) / 4 || !pskb_may_pull(skb, th->doff * 4))
		goto drop;

	if (skb_checksum_validate(skb, IPPROTO_TCP, inet_compute_pseudo)) {
		why = KITE_CNT_Tcp_InCsumErrors;
		goto drop;
	}

	th = tcp_hdr(skb);
	len = skb->len - th->doff * 4;
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + len + th->syn + th->fin;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->isn_floor = 0;
	cb->back = NULL;
	cb->flags = ((const u8 *)th)[13];
	cb->retrans = 0;
	cb->sacked = false;
	return true;

drop:
	kite_drop(net, skb, why);
	return false;
}
