// SPDX-License-Identifier: GPL-2.0
#include "reply.h"

#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>

#include "../ip/ip_output.h"
#include "../observe/counters.h"
#include "output.h"
#include "request.h"
#include "segment.h"
#include "timewait.h"

/**
 * kite_tcp_bare_as() - speak as a socket does, and take its way
 * @bare: addresses, ports, @mark, @oif, @sk and @transparent are filled in
 * @sk: full socket or mini-socket
 *
 * Context: under RCU.
 */
void kite_tcp_bare_as(struct kite_tcp_bare *bare, struct sock *sk)
{
	bare->saddr	= sk->sk_rcv_saddr;
	bare->daddr	= sk->sk_daddr;
	bare->sport	= htons(sk->sk_num);
	bare->dport	= sk->sk_dport;
	bare->oif	= READ_ONCE(sk->sk_bound_dev_if);
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_TIME_WAIT:
		bare->mark	= kite_tw(sk)->mark;
		bare->transparent = kite_tw(sk)->transparent;
		break;
	case TCP_NEW_SYN_RECV:
		bare->mark	= kite_request(sk)->mark;
		bare->sk	= kite_request(sk)->listener;
		break;
	default:
		bare->mark	= READ_ONCE(sk->sk_mark);
		bare->sk	= sk;
	}
}

/* A SYN-ACK begins a connection and has its mark; what else is said may reflect one. */
static u32 mark_of(const struct net *net, const struct sk_buff *orig,
		   const struct kite_tcp_bare *bare)
{
	if (bare->flags & KITE_TCP_SYN)
		return bare->mark;
	return IP4_REPLY_MARK(net, orig->mark) ?: bare->mark;
}

/**
 * kite_tcp_reply() - send a segment that belongs to no full socket
 * @net: the namespace
 * @orig: the segment that is answered, or NULL when a timer sends a SYN-ACK
 * @bare: what to send
 *
 * Context: softirq, under RCU.
 * Return: 0 or a negative errno; a caller that cares sends it again later.
 */
int kite_tcp_reply(struct net *net, const struct sk_buff *orig,
		   const struct kite_tcp_bare *bare)
{
	struct kite_tx tx = {
		.saddr		= bare->saddr,
		.daddr		= bare->daddr,
		.protocol	= IPPROTO_TCP,
		.tos		= bare->tos,
		.df		= true,
		.opt		= bare->ip_options,
	};
	struct flowi4 fl4 = {
		.flowi4_oif	= bare->oif,
		.flowi4_mark	= mark_of(net, orig, bare),
		.flowi4_flags	= bare->transparent ? FLOWI_FLAG_ANYSRC : 0,
		.flowi4_proto	= IPPROTO_TCP,
		.saddr		= bare->saddr,
		.daddr		= bare->daddr,
		.fl4_sport	= bare->sport,
		.fl4_dport	= bare->dport,
	};
	struct sk_buff *skb;
	struct tcphdr *th;

	skb = alloc_skb(KITE_TCP_HEADROOM, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return -ENOBUFS;
	skb_reserve(skb, KITE_TCP_HEADROOM);
	kite_flowi4_set_tos(&fl4, bare->tos);

	if (bare->optlen)
		memcpy(skb_push(skb, bare->optlen), bare->options, bare->optlen);
	else if (bare->ts && bare->ts->ok)
		kite_tcp_ts_push(skb, bare->ts, kite_tcp_clock_us());
	skb_push(skb, sizeof(*th));
	skb_reset_transport_header(skb);
	th = tcp_hdr(skb);
	memset(th, 0, sizeof(*th));
	th->source	= bare->sport;
	th->dest	= bare->dport;
	th->seq		= htonl(bare->seq);
	th->ack_seq	= bare->flags & KITE_TCP_ACK ? htonl(bare->ack) : 0;
	*((__be16 *)th + 6) = htons(skb->len / 4 << 12 | bare->flags);
	th->window	= htons(bare->window);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~csum_tcpudp_magic(bare->saddr, bare->daddr, skb->len,
				       IPPROTO_TCP, 0);
	kite_count(net, KITE_CNT_Tcp_OutSegs);
	/*
	 * Over loopback the packet has to arrive with its route, which others may give up at
	 * any moment. Who comes too late for a reference asks for another route.
	 */
	if (bare->route && dst_hold_safe(&bare->route->dst)) {
		skb_dst_set(skb, &bare->route->dst);
		skb->mark = fl4.flowi4_mark;
		skb->priority = READ_ONCE(bare->sk->sk_priority);
		return kite_xmit(net, bare->sk, skb, &tx);
	}
	return kite_send_reply(net, bare->sk, skb, orig ?: skb, &fl4, &tx);
}

/**
 * kite_tcp_reply_reset() - answer a segment that nobody wants, and drop it
 * @net: the namespace
 * @sk: full socket or mini-socket that it came to, or NULL
 * @skb: the segment, kite_tcp_cb filled in; freed
 * @why: what to count
 *
 * RFC 9293 3.10.7.1: never in answer to a reset.
 *
 * Context: softirq, under RCU.
 */
void kite_tcp_reply_reset(struct net *net, struct sock *sk, struct sk_buff *skb,
			  enum kite_counter why)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct kite_tcp_bare rst = {};

	if (!(cb->flags & KITE_TCP_RST)) {
		if (sk)
			kite_tcp_bare_as(&rst, sk);
		/* A listener has no peer, and may have no address. */
		rst.saddr = iph->daddr;
		rst.daddr = iph->saddr;
		rst.sport = th->dest;
		rst.dport = th->source;
		rst.tos = iph->tos & ~INET_ECN_MASK;
		rst.flags = KITE_TCP_RST;
		if (cb->flags & KITE_TCP_ACK) {
			rst.seq = cb->ack_seq;
		} else {
			rst.ack = cb->end_seq;
			rst.flags |= KITE_TCP_ACK;
		}
		kite_count(net, KITE_CNT_Tcp_OutRsts);
		kite_tcp_reply(net, skb, &rst);
	}
	kite_drop(net, skb, why);
}
