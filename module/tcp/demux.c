// SPDX-License-Identifier: GPL-2.0
/*
 * From the network layer to whoever a segment belongs to.
 */
#include "input.h"

#include <linux/filter.h>
#include <net/busy_poll.h>

#include "../ip/early_demux.h"
#include "../observe/counters.h"
#include "../port/ehash.h"
#include "../port/lookup.h"
#include "../route/route.h"
#include "reply.h"
#include "request.h"
#include "segment.h"
#include "timewait.h"

/*
 * Whether the socket's filter wants a segment; it is consumed when not. A filter
 * may cut data off, but nothing of the header.
 */
static bool filter(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	unsigned int len = skb->len;

	if (sk_filter_trim_cap(sk, skb, kite_tcp_hdrlen(skb))) {
		kite_drop(net, skb, KITE_CNT_TcpExt_InFiltered);
		return false;
	}
	cb->end_seq -= len - skb->len;
	return true;
}

/* A segment for a listener, RFC 9293 3.10.7.2. */
static void listen_rcv(struct net *net, struct sock *listener,
		       struct sk_buff *skb)
{
	u8 flags = kite_tcp_cb(skb)->flags;

	if (!filter(net, listener, skb))
		return;
	if (flags & KITE_TCP_RST)
		kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
	else if (flags & KITE_TCP_ACK && flags & KITE_TCP_SYN)
		kite_tcp_reply_reset(net, listener, skb, KITE_CNT_TcpExt_InBadState);
	else if (flags & KITE_TCP_ACK)
		kite_request_cookie(net, listener, skb);
	else if ((flags & (KITE_TCP_SYN | KITE_TCP_FIN)) != KITE_TCP_SYN)
		kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
	else
		kite_request_syn(net, listener, skb);
}

static struct sock *find_established(struct net *net, const struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);

	return kite_lookup_established(net, iph->saddr, th->source, iph->daddr,
				       th->dest, cb->iif, cb->sdif);
}

/**
 * kite_tcp_closed_rcv() - a segment for a connection that ended while it waited
 * @sk: the connection, in TCP_CLOSE
 * @skb: the segment, data at its header; consumed
 *
 * It belongs to the TIME_WAIT that has taken the connection's place, if one has.
 *
 * Context: softirq or BH disabled, under RCU.
 */
void kite_tcp_closed_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sock_net(sk);
	struct sock *tw = find_established(net, skb);

	if (!tw || tw->sk_state != TCP_TIME_WAIT) {
		kite_tcp_reply_reset(net, sk, skb, KITE_CNT_TcpExt_InNoSocket);
		return;
	}
	switch (kite_tw_rcv(net, tw, skb)) {
	case KITE_TW_CONSUMED:
		break;
	case KITE_TW_RESET:
		kite_tcp_reply_reset(net, sk, skb, KITE_CNT_TcpExt_InNoSocket);
		break;
	case KITE_TW_NEW:
		/* Whoever listens will see it when it comes again. */
		kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
		break;
	}
}

/*
 * A segment for a full socket: now, or, when a system call has the socket, by
 * release_sock().
 *
 * A socket in TCP_CLOSE may have lost its last reference already. Only RCU keeps
 * it then, so nothing may take a new one: it is as good as not found.
 */
static void sock_rcv(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	u64 limit;

	if (!filter(net, sk, skb))
		return;
	skb->dev = NULL;
	sk_incoming_cpu_update(sk);
	sk_mark_napi_id(sk, skb);

	bh_lock_sock_nested(sk);
	if (sk->sk_state == TCP_CLOSE) {
		bh_unlock_sock(sk);
		kite_tcp_closed_rcv(sk, skb);
		return;
	}
	if (!sock_owned_by_user(sk)) {
		kite_tcp_do_rcv(sk, skb);
	} else {
		/*
		 * What release_sock() has taken over counts in the receive
		 * queue, and until it has taken all of it in the backlog, too.
		 * And room for pure ACKs.
		 */
		limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) +
			READ_ONCE(sk->sk_sndbuf) + 64 * 1024;
		if (sk_add_backlog(sk, skb, min_t(u64, limit, UINT_MAX)))
			kite_drop(net, skb, KITE_CNT_TcpExt_TCPBacklogDrop);
	}
	bh_unlock_sock(sk);
}

/**
 * kite_tcp_early_demux() - find a segment's connection before its route (twin of
 * tcp_v4_early_demux())
 * @net: the namespace
 * @skb: the segment, data at the network header
 *
 * Context: softirq, under RCU.
 * Return: the connection, or NULL: half-open ones and those in TIME_WAIT have no
 * place for a route.
 */
struct sock *kite_tcp_early_demux(struct net *net, struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph;
	const struct tcphdr *th;
	struct sock *sk;

	if (!READ_ONCE(net->ipv4.sysctl_tcp_early_demux) ||
	    !pskb_may_pull(skb, skb_transport_offset(skb) + sizeof(*th)))
		return NULL;
	iph = ip_hdr(skb);
	th = tcp_hdr(skb);
	sk = kite_lookup_established(net, iph->saddr, th->source, iph->daddr,
				     th->dest, cb->iif, cb->sdif);
	return sk && sk_fullsock(sk) ? sk : NULL;
}

/*
 * A connection has one peer, who means this host and no other: neither by its frame, nor
 * by its packet, RFC 1122 4.2.3.10.
 */
static bool is_for_many(const struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);

	return skb->pkt_type != PACKET_HOST || (rt && rt->type != RTN_LOCAL);
}

static struct sock *find_listener(struct net *net, struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);

	return kite_lookup_listener(net, skb, __tcp_hdrlen(th), iph->saddr,
				    th->source, iph->daddr, ntohs(th->dest),
				    cb->iif, cb->sdif);
}

/*
 * A segment for a half-open connection, which its listener's filter sees first. False
 * when that is over, and the segment for whoever came in its place.
 */
static bool half_open_rcv(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return !filter(net, kite_request(sk)->listener, skb) ||
	       kite_request_rcv(net, sk, skb);
}

/**
 * kite_tcp_rcv() - take a segment from the network layer (twin of tcp_v4_rcv())
 * @skb: the segment, data at its header; consumed
 *
 * Context: softirq, under RCU.
 * Return: 0.
 */
int kite_tcp_rcv(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct sock *sk;

	kite_net_count(kite_net_rcu(net), KITE_CNT_Tcp_InSegs);
	if (is_for_many(skb)) {
		kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
		return 0;
	}
	if (!kite_tcp_segment_read(net, skb))
		return 0;

	sk = kite_skb_steal_sock(skb) ?: find_established(net, skb);
	while (sk && sk->sk_state == TCP_NEW_SYN_RECV) {
		if (half_open_rcv(net, sk, skb))
			return 0;
		sk = find_established(net, skb);
	}
	if (sk && sk->sk_state == TCP_TIME_WAIT) {
		struct kite_tw *tw = kite_tw(sk);

		switch (kite_tw_rcv(net, sk, skb)) {
		case KITE_TW_CONSUMED:
			return 0;
		case KITE_TW_RESET:
			goto no_socket;
		case KITE_TW_NEW:
			break;
		}
		sk = find_listener(net, skb);
		if (!sk) {
			kite_tw_ack(net, tw, skb);
			kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
			return 0;
		}
		kite_tw_kill(tw);
	} else if (!sk) {
		sk = find_listener(net, skb);
	}
	if (!sk)
		goto no_socket;

	/* RFC 5082: what came from further away than the user allows. */
	if (unlikely(ip_hdr(skb)->ttl < READ_ONCE(kite_sk(sk)->min_ttl)))
		kite_drop(net, skb, KITE_CNT_TcpExt_TCPMinTTLDrop);
	else if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		listen_rcv(net, sk, skb);
	else
		sock_rcv(net, sk, skb);
	return 0;

no_socket:
	kite_tcp_reply_reset(net, sk, skb, KITE_CNT_TcpExt_InNoSocket);
	return 0;
}
