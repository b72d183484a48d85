// SPDX-License-Identifier: GPL-2.0
#include "output.h"

#include <net/checksum.h>

#include "../ip/ip_output.h"
#include "../observe/counters.h"
#include "ecn.h"
#include "options.h"
#include "stray.h"
#include "timer.h"
#include "tsq.h"
#include "urgent.h"
#include "window.h"

/* Put our options in front of a SYN's or SYN-ACK's data. No business of other segments' stack. */
static noinline void push_syn_options(const struct kite_tcp_sock *tp, struct sk_buff *skb,
				      u64 now_us)
{
	struct kite_tcp_options opt = {
		.mss		= tp->advmss,
		.wscale		= tp->rcv_wscale,
		.wscale_ok	= tp->wscale_ok,
		.sack_ok	= tp->sack_ok,
		.ts_ok		= tp->ts.ok,
		.tsval		= kite_tcp_ts_now(&tp->ts, now_us),
		.tsecr		= tp->ts.recent,
	};
	u8 options[KITE_TCP_SYN_OPTIONS_MAX];
	unsigned int len = kite_tcp_options_write(options, &opt);

	memcpy(skb_push(skb, len), options, len);
}

/*
 * Put a segment's options in front of its data. False when what came beyond gaps found no
 * room beside the data, and has still to be told.
 */
static bool push_options(struct kite_tcp_sock *tp, struct sk_buff *skb, u8 flags,
			 u64 now_us)
{
	bool reported = true;

	if (flags & KITE_TCP_SYN) {
		push_syn_options(tp, skb, now_us);
		return true;
	}
	if (unlikely(kite_sack_pending(&tp->report)))
		reported = kite_sack_push(tp, skb);
	if (tp->ts.ok)
		kite_tcp_ts_push(skb, &tp->ts, now_us);
	return reported;
}

/* What an acknowledgment that leaves settles. */
static void ack_sent(struct kite_tcp_sock *tp)
{
	if (tp->quick_acks && tp->ack_pending)
		tp->quick_acks--;
	tp->ack_pending = 0;
}

/**
 * kite_tcp_alloc() - a segment without data, with room for all headers
 * @gfp: how to allocate
 *
 * With a twin beside it, so that a copy for the way down costs nothing.
 *
 * Return: an empty skb or NULL.
 */
struct sk_buff *kite_tcp_alloc(gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(KITE_TCP_HEADROOM, gfp);

	if (skb)
		skb_reserve(skb, KITE_TCP_HEADROOM);
	return skb;
}

/**
 * kite_tcp_output() - put the header on a segment and hand it down
 * @sk: the connection
 * @skb: the data, with room in front; consumed
 * @seq: sequence number of the first octet or control bit, host order
 * @flags: KITE_TCP_* control bits
 * @now_us: kite_tcp_clock_us()
 *
 * Context: socket lock held.
 * Return: 0 or a negative errno from below; either way the segment is gone.
 */
int kite_tcp_output(struct sock *sk, struct sk_buff *skb, u32 seq, u8 flags,
		    u64 now_us)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_sock *ks = &tp->ks;
	unsigned int len = skb->len;
	bool reported;
	struct tcphdr *th;
	u16 segs;

	if (unlikely(tp->ecn & KITE_ECN_ECHO) && !(flags & KITE_TCP_RST))
		flags |= KITE_TCP_ECE;
	reported = push_options(tp, skb, flags, now_us);

	__skb_push(skb, sizeof(*th));
	skb_reset_transport_header(skb);
	th = tcp_hdr(skb);
	th->source	= ks->sport;
	th->dest	= sk->sk_dport;
	th->seq		= htonl(seq);
	th->ack_seq	= flags & KITE_TCP_ACK ? htonl(tp->rcv_nxt) : 0;
	*((__be16 *)th + 6) = htons((skb->len - len) / 4 << 12 | flags);
	th->urg_ptr	= 0;
	if (unlikely(tp->nagle & KITE_NAGLE_URGENT))
		kite_urgent_point(tp, th, seq);
	/* RFC 7323 2.2: the window of a SYN is not scaled. */
	if (flags & KITE_TCP_SYN) {
		th->window = htons(min_t(u32, tp->rcv_wnd, U16_MAX));
		WRITE_ONCE(tp->rcv_wup, tp->rcv_nxt);
	} else {
		th->window = htons(kite_tcp_window_select(sk));
	}

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~csum_tcpudp_magic(ks->saddr, sk->sk_daddr, skb->len,
				       IPPROTO_TCP, 0);

	if (flags & KITE_TCP_ACK && reported)
		ack_sent(tp);
	segs = kite_tcp_segs(skb);
	kite_tally_sent(&tp->tally, segs, len);
	kite_count_add(sock_net(sk), KITE_CNT_Tcp_OutSegs, segs);
	kite_tsq_own(skb, sk, !len && !(flags & (KITE_TCP_SYN | KITE_TCP_FIN)));
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	return kite_queue_xmit(sk, skb);
}

/* A sequence number that the peer takes even if it took back its window. */
static u32 in_window_seq(const struct kite_tcp_sock *tp)
{
	u32 end = kite_tcp_wnd_end(tp);

	return kite_before(end, tp->snd_nxt) ? end : tp->snd_nxt;
}

/* A segment without data. False when there was no memory for it. */
static bool send_control(struct sock *sk, u32 seq, u8 flags)
{
	struct sk_buff *skb;

	skb = alloc_skb(KITE_TCP_HEADROOM, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return false;
	skb_reserve(skb, KITE_TCP_HEADROOM);
	kite_tcp_output(sk, skb, seq, flags, kite_tcp_clock_us());
	return true;
}

/**
 * kite_tcp_send_syn() - send our SYN, for the first time or again
 * @sk: the connection in TCP_SYN_SENT, or, after a simultaneous open, in
 *	TCP_SYN_RECV, where it acknowledges the peer's
 *
 * Without memory it counts as lost: the timer sends it again.
 *
 * Context: socket lock held.
 */
void kite_tcp_send_syn(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u8 flags = KITE_TCP_SYN | kite_ecn_syn_flags(sk);

	if (sk->sk_state == TCP_SYN_RECV)
		flags |= KITE_TCP_ACK;
	send_control(sk, tp->snd_una, flags);
}

/**
 * kite_tcp_send_ack() - acknowledge what was received
 * @sk: the connection, synchronized
 *
 * Without memory the delayed-ACK timer tries again.
 *
 * Context: socket lock held.
 */
void kite_tcp_send_ack(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (!send_control(sk, in_window_seq(kite_tcp_sk(sk)), KITE_TCP_ACK))
		kite_tcp_delay_ack(sk);
}

/**
 * kite_tcp_send_challenge_ack() - ask the peer whether it meant that, unless we did just
 * now
 * @sk: the connection, synchronized
 *
 * Context: socket lock held.
 */
void kite_tcp_send_challenge_ack(struct sock *sk)
{
	if (kite_challenge_due(sock_net(sk), &kite_tcp_sk(sk)->last_challenge))
		kite_tcp_send_ack(sk);
}

/**
 * kite_tcp_send_fin() - send our FIN on its own, for the first time or again
 * @sk: the connection; everything that the user wrote was sent
 *
 * Context: socket lock held.
 */
void kite_tcp_send_fin(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->snd_nxt = tp->write_seq + 1;
	tp->fin_alone = true;
	send_control(sk, tp->write_seq, KITE_TCP_FIN | KITE_TCP_ACK);
}

/**
 * kite_tcp_send_probe() - make the peer say where it stands
 * @sk: the connection
 *
 * A sequence number that the peer has acknowledged already makes it answer with
 * an acknowledgment, and its window, whatever it is, RFC 1122 4.2.3.6.
 *
 * Context: socket lock held.
 */
void kite_tcp_send_probe(struct sock *sk)
{
	if (kite_urgent_wants_probe(kite_tcp_sk(sk)))
		send_control(sk, kite_tcp_sk(sk)->snd_una, KITE_TCP_ACK);
	send_control(sk, kite_tcp_sk(sk)->snd_una - 1, KITE_TCP_ACK);
}

/**
 * kite_tcp_send_reset() - tell the peer that the connection is over
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void kite_tcp_send_reset(struct sock *sk)
{
	kite_count(sock_net(sk), KITE_CNT_Tcp_OutRsts);
	send_control(sk, in_window_seq(kite_tcp_sk(sk)),
		     KITE_TCP_RST | KITE_TCP_ACK);
}
