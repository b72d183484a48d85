// SPDX-License-Identifier: GPL-2.0
#include "ecn.h"

#include <net/dst.h>
#include <net/inet_ecn.h>

#include "cong.h"

#define KITE_TCP_ECN	(KITE_TCP_ECE | KITE_TCP_CWR)

/* Values of net.ipv4.tcp_ecn: what is never offered may still be agreed to. */
enum { ECN_NEVER, ECN_OFFER, ECN_AGREE };

/**
 * kite_ecn_is_agreeable() - whether the namespace agrees to an offer
 * @net: the namespace
 *
 * Context: any.
 */
bool kite_ecn_is_agreeable(const struct net *net)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_ecn) != ECN_NEVER;
}

/**
 * kite_ecn_is_offer() - whether a SYN offers what the namespace agrees to
 * @net: the namespace
 * @syn: the SYN
 *
 * A SYN that may be marked itself was written by somebody who does not know the rules,
 * RFC 3168 6.1.1.
 *
 * Context: any.
 */
bool kite_ecn_is_offer(const struct net *net, const struct sk_buff *syn)
{
	return (kite_tcp_cb(syn)->flags & KITE_TCP_ECN) == KITE_TCP_ECN &&
	       INET_ECN_is_not_ect(ip_hdr(syn)->tos) &&
	       kite_ecn_is_agreeable(net);
}

/**
 * kite_ecn_offer() - decide whether our SYN makes an offer
 * @sk: the connection, with a route
 *
 * Context: socket lock held.
 */
void kite_ecn_offer(struct sock *sk)
{
	bool offer = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_ecn) == ECN_OFFER ||
		     dst_feature(__sk_dst_get(sk), RTAX_FEATURE_ECN);

	kite_tcp_sk(sk)->ecn = offer ? KITE_ECN_OK : 0;
}

/**
 * kite_ecn_syn_flags() - what our SYN says, or the SYN-ACK of a simultaneous open
 * @sk: the connection
 *
 * What came to nothing once is not offered again, if net.ipv4.tcp_ecn_fallback allows:
 * somebody on the way may drop such SYNs (RFC 3168 6.1.1.1).
 *
 * Context: socket lock held.
 * Return: KITE_TCP_* bits.
 */
u8 kite_ecn_syn_flags(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!tp->ecn)
		return 0;
	if (sk->sk_state == TCP_SYN_RECV)
		return KITE_TCP_ECE;
	if (tp->retransmits &&
	    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_ecn_fallback))
		return 0;
	return KITE_TCP_ECN;
}

/**
 * kite_ecn_answered() - the peer's SYN or SYN-ACK has come
 * @tp: the connection, which has sent its own
 * @flags: of the peer's
 *
 * A SYN-ACK with both bits is our SYN's header given back by somebody who does not know
 * them.
 *
 * Context: socket lock held.
 */
void kite_ecn_answered(struct kite_tcp_sock *tp, u8 flags)
{
	u8 agreed = flags & KITE_TCP_ACK ? KITE_TCP_ECE : KITE_TCP_ECN;

	if ((flags & KITE_TCP_ECN) != agreed)
		tp->ecn = 0;
}

/**
 * kite_ecn_send() - data leaves that was never sent before
 * @tp: the connection, both sides of which have agreed
 * @skb: the packet, which may be marked from now on
 *
 * What is sent again may not, RFC 3168 6.1.5: nobody would know of which window the mark is.
 *
 * Context: socket lock held.
 * Return: KITE_TCP_* bits for its header.
 */
u8 kite_ecn_send(struct kite_tcp_sock *tp, struct sk_buff *skb)
{
	kite_skb_cb(skb)->flags |= KITE_SKB_ECT;
	if (!(tp->ecn & KITE_ECN_CWR))
		return 0;
	tp->ecn &= ~KITE_ECN_CWR;
	return KITE_TCP_CWR;
}

/**
 * kite_ecn_arrived() - a segment has come
 * @tp: the connection, both sides of which have agreed
 * @skb: the segment, network header behind it
 *
 * A mark is told at once, and so is the first window after the peer went slower, which may
 * be a single segment. CWR belongs to new data (RFC 3168 6.1.2); but who says it with less
 * would be told of the mark for ever. A mark where nothing is new is nobody's (6.1.5): what is sent
 * again may not be marked, and whoever guesses numbers could have the peer go slower.
 *
 * Context: socket lock held.
 */
void kite_ecn_arrived(struct kite_tcp_sock *tp, const struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	u32 end = cb->end_seq - !!(cb->flags & KITE_TCP_FIN);
	u8 tos = ip_hdr(skb)->tos;

	if (cb->flags & KITE_TCP_CWR) {
		tp->ecn &= ~KITE_ECN_ECHO;
		if (cb->seq != cb->end_seq)
			tp->ack_pending |= KITE_ACK_SCHED | KITE_ACK_NOW;
	}
	if (INET_ECN_is_not_ect(tos) || end == cb->seq || !kite_after(end, tp->rcv_nxt))
		return;
	tp->ecn |= KITE_ECN_SEEN;
	if (INET_ECN_is_ce(tos) && !(tp->ecn & KITE_ECN_ECHO)) {
		tp->ecn |= KITE_ECN_ECHO;
		tp->ack_pending |= KITE_ACK_SCHED | KITE_ACK_NOW;
	}
}

/**
 * kite_ecn_echoed() - the peer says that something of ours was marked
 * @sk: the connection, both sides of which have agreed
 * @ack: the number of the acknowledgment that says so
 *
 * Answered once for what is outstanding then, as a loss is, and not besides one; where nothing
 * is, nothing can go slower. Until more than that is acknowledged the peer has not heard of the
 * answer, and repeats the echo.
 *
 * Context: socket lock held.
 */
void kite_ecn_echoed(struct sock *sk, u32 ack)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!kite_tcp_flight(tp) || !kite_tcp_is_undisturbed(tp) ||
	    (tp->ecn & KITE_ECN_ANSWERED &&
	     kite_between(tp->ecn_end, ack, tp->snd_nxt)))
		return;
	kite_cong_reduce(tp, kite_cong_flight(tp));
	tp->ecn |= KITE_ECN_ANSWERED;
	tp->ecn_end = tp->snd_nxt;
	/* It was no mistake. */
	tp->undo.cwnd = 0;
}
