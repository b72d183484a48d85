// SPDX-License-Identifier: GPL-2.0
#include "output.h"

#include "../observe/counters.h"
#include "cong.h"
#include "ecn.h"
#include "mss.h"
#include "mss_search.h"
#include "pacing.h"
#include "rack.h"
#include "recovery.h"
#include "rtt.h"
#include "timer.h"
#include "tso.h"
#include "tsq.h"
#include "undo.h"

/* Enter a packet into a tree ordered by sequence number. */
static void rtx_insert(struct rb_root *root, struct sk_buff *skb)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	u32 seq = kite_tcp_cb(skb)->seq;

	while (*link) {
		parent = *link;
		if (kite_before(seq, kite_tcp_cb(rb_to_skb(parent))->seq))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, root);
}

/**
 * kite_tcp_rtx_find() - the sent packet that holds an octet
 * @sk: the connection
 * @seq: the octet
 *
 * Context: socket lock held.
 * Return: the packet in the queue, or NULL.
 */
struct sk_buff *kite_tcp_rtx_find(const struct sock *sk, u32 seq)
{
	struct rb_node *node = sk->tcp_rtx_queue.rb_node;

	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (kite_before(seq, kite_tcp_cb(skb)->seq))
			node = node->rb_left;
		else if (!kite_before(seq, kite_tcp_cb(skb)->end_seq))
			node = node->rb_right;
		else
			return skb;
	}
	return NULL;
}

/*
 * Whether the pieces of what was sent take more memory than twice what may be queued, and two
 * packets that came on top. Whoever reports every other of small segments makes each of them
 * a packet (CVE-2019-11478).
 */
static bool too_many_pieces(const struct sock *sk)
{
	return sk->sk_wmem_queued >> 1 > sk->sk_sndbuf + 2L * SKB_TRUESIZE(SZ_64K);
}

/**
 * kite_tcp_rtx_cut() - cut a packet that was sent in two
 * @sk: the connection
 * @skb: the packet in the queue, which keeps its first @len octets
 * @len: fewer than it has
 *
 * What is to be acknowledged next and the last can be cut at any time, so that the connection
 * goes on. The oldest may begin before that, when there was no memory to cut it.
 *
 * Context: socket lock held.
 * Return: the rest, in the queue as well, or NULL without memory.
 */
struct sk_buff *kite_tcp_rtx_cut(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct sk_buff *rest;

	if (unlikely(too_many_pieces(sk)) &&
	    kite_after(kite_tcp_cb(skb)->seq, kite_tcp_sk(sk)->snd_una) &&
	    skb != skb_rb_last(&sk->tcp_rtx_queue)) {
		kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPWqueueTooBig);
		return NULL;
	}
	rest = kite_tcp_fragment(sk, skb, len);
	if (rest)
		rtx_insert(&sk->tcp_rtx_queue, rest);
	return rest;
}

/* The FIN rides on the last octets: its bits, if what ends at @end are those. */
static u8 ride_fin(struct kite_tcp_sock *tp, u32 end)
{
	if (!tp->fin_queued || end != tp->write_seq)
		return 0;
	tp->snd_nxt = end + 1;
	return KITE_TCP_FIN | KITE_TCP_PSH;
}

/*
 * Send a copy of a queued packet in segments of @mss, perhaps @again, at @now_us; the queue
 * keeps the original.
 */
static int send_copy(struct sock *sk, struct sk_buff *skb, u32 mss, bool again,
		     u64 now_us)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	u8 flags = cb->flags | KITE_TCP_ACK;
	struct sk_buff *copy;

	/* Headers are written into the original's room unless it is in use. */
	if (skb_cloned(skb))
		copy = pskb_copy(skb, GFP_ATOMIC | __GFP_NOWARN);
	else
		copy = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return -ENOBUFS;
	/* The original's is a link of tcp_rtx_queue: they share the place. */
	copy->dev = NULL;
	skb_shinfo(copy)->flags |= skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	kite_tcp_set_tso_segs(copy, mss);

	cb->mss = mss;
	cb->sent_us = now_us;
	tp->prr_out += skb->len;
	kite_pacing_sent(sk, skb->len);
	flags |= ride_fin(tp, cb->end_seq);
	if (!again)
		flags |= kite_ecn_data(tp, copy);
	kite_tcp_output(sk, copy, cb->seq, flags, now_us);
	return 0;
}

/*
 * Nagle, RFC 9293 3.7.4, as Minshall refined it: a small segment waits only while
 * another small one is outstanding; corked, it waits for more.
 */
static bool nagle_waits(const struct kite_tcp_sock *tp)
{
	if (tp->fin_queued || tp->nagle & (KITE_NAGLE_PUSH | KITE_NAGLE_URGENT))
		return false;
	if (tp->nagle & KITE_NAGLE_CORK)
		return true;
	if (tp->nagle & KITE_NAGLE_OFF)
		return false;
	/* Where none was for two gigabytes, its number lies ahead. */
	return kite_after(tp->snd_sml, tp->snd_una) &&
	       !kite_after(tp->snd_sml, tp->snd_nxt);
}

/*
 * Whether @len octets wait for more: each small packet frees room for another small one
 * when it is acknowledged, and it would never end. What waits is less than a third of the
 * window (tcp_tso_win_divisor), so acknowledgments of the rest are to come.
 */
static bool tso_defers(const struct kite_tcp_sock *tp, u32 len)
{
	const struct net *net = sock_net(&tp->ks.sk);
	u32 divisor = READ_ONCE(net->ipv4.sysctl_tcp_tso_win_divisor);
	u32 window = min(tp->cwnd, tp->snd_wnd);

	return divisor && len < window / divisor &&
	       tp->loss == KITE_LOSS_NONE && !tp->dupacks;
}

/*
 * How many of the octets that were never sent may go as one packet, when the @first of
 * them may go: whole segments, as far as window and congestion window (@room) allow, and
 * the shorter one behind them if nothing makes it wait.
 */
static u32 sendable_run(const struct sock *sk, const struct sk_buff *skb, u32 first,
			u32 room)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 goal = kite_tcp_size_goal(sk), len = min3(skb->len, room, goal);
	u32 tail = len % tp->mss;

	if (len < min(skb->len, goal) && tso_defers(tp, len))
		return 0;
	if (tail && (len < skb->len ||
		     (skb_queue_is_last(&sk->sk_write_queue, skb) &&
		      nagle_waits(tp))))
		len -= tail;
	return max(len, first);
}

/*
 * How many octets of the first unsent packet may go now, 0 for none. Sender's
 * half of silly window avoidance, RFC 9293 3.8.6.2.1: a full segment, all there
 * is, or half of the largest window ever seen.
 */
static u32 sendable(const struct sock *sk, const struct sk_buff *skb)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 len = min_t(u32, skb->len, tp->mss), room;
	s32 wnd = kite_tcp_wnd_end(tp) - tp->snd_nxt;

	/* What is lost goes before what is new. */
	if (wnd <= 0 || tp->board.lost)
		return 0;
	if (len > wnd)
		return wnd >= tp->max_window / 2 ? wnd : 0;
	if (len < tp->mss && skb_queue_is_last(&sk->sk_write_queue, skb) &&
	    nagle_waits(tp))
		return 0;
	room = kite_recovery_room(tp);
	if (room < min_t(u32, len, tp->cwnd))
		return 0;
	return len == skb->len ? len :
		sendable_run(sk, skb, len, min_t(u32, room, wnd));
}

/* The first unsent packet, of whole length, has left for the first time. */
static void head_sent(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	__skb_unlink(skb, &sk->sk_write_queue);
	rtx_insert(&sk->tcp_rtx_queue, skb);
	if (kite_before(tp->snd_nxt, cb->end_seq))
		tp->snd_nxt = cb->end_seq;
	if (skb->len % cb->mss)
		tp->snd_sml = cb->end_seq;
}

/* What follows when something was sent the first time. */
static void new_sent(struct sock *sk, bool idle)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_cong_sent(tp);
	/* Whether the peer's window lets out what is left as well is seen there. */
	if (unlikely(tp->chrono.hand == KITE_CHRONO_RWND))
		kite_chrono_end(sk, KITE_CHRONO_RWND);
	tp->pingpong = true;
	kite_rack_arm(sk, idle);
	if (unlikely(kite_tcp_writer_waits(sk))) {
		if (skb_queue_empty(&sk->sk_write_queue))
			kite_chrono_all_sent(sk);
		/* For TCP_NOTSENT_LOWAT that is room. */
		kite_tcp_wake_writer(sk);
	}
}

/* Send the first @len octets of the first unsent packet, in segments of @mss. */
static bool send_head(struct sock *sk, struct sk_buff *skb, u32 len, u32 mss)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u64 now_us = kite_tcp_clock_us();
	bool idle = !kite_tcp_flight(tp);

	if (skb->len > len) {
		struct sk_buff *rest = kite_tcp_fragment(sk, skb, len);

		if (!rest)
			return false;
		__skb_queue_after(&sk->sk_write_queue, skb, rest);
	}
	kite_rate_sent(&tp->rate, kite_tcp_cb(skb), tp->board.delivered, idle, now_us);
	if (send_copy(sk, skb, mss, false, now_us))
		return false;
	head_sent(sk, skb);
	new_sent(sk, idle);
	return true;
}

/* Send a larger segment than others are, of @len octets. */
static bool send_probe(struct sock *sk, struct sk_buff *skb, u32 len)
{
	if (!kite_mss_probe_gather(sk, skb, len) || !send_head(sk, skb, len, len))
		return false;
	kite_mss_probe_sent(kite_tcp_sk(sk), len);
	return true;
}

/* Send what may go of the first unsent packet. False when nothing may, or could. */
static bool send_next(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int probe = unlikely(tp->mss_low) ? kite_mss_probe_len(sk) : 0;
	u32 len;

	if (probe < 0 || (probe && kite_pacing_waits(sk)))
		return false;
	if (probe && send_probe(sk, skb, probe))
		return true;
	len = sendable(sk, skb);
	return len && !kite_pacing_waits(sk) && !kite_tsq_waits(sk, len) &&
	       send_head(sk, skb, len, tp->mss);
}

/**
 * kite_tcp_push() - send what may be sent for the first time
 * @sk: the connection
 *
 * What stays behind while nothing is outstanding has the persist timer watch
 * over it.
 *
 * Context: socket lock held.
 */
void kite_tcp_push(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb;

	if (kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_SYN_SENT | TCPF_SYN_RECV |
				  TCPF_LISTEN))
		return;

	if (!skb_queue_empty(&sk->sk_write_queue)) {
		kite_tcp_mss_current(sk);
		if (!kite_tcp_flight(tp))
			kite_cong_idle(sk);
	}
	while ((skb = skb_peek(&sk->sk_write_queue)) && send_next(sk, skb))
		;
	if (skb)
		kite_chrono_waits(sk, skb);

	if (skb_queue_empty(&sk->sk_write_queue) && tp->fin_queued &&
	    !kite_tcp_fin_sent(tp) &&
	    kite_before(tp->snd_nxt, kite_tcp_wnd_end(tp))) {
		bool idle = !kite_tcp_flight(tp);

		kite_chrono_busy(&tp->chrono);
		kite_tcp_send_fin(sk);
		kite_rack_arm(sk, idle);
	}

	if (!kite_tcp_flight(tp) && tp->timer_use == KITE_TIMER_IDLE &&
	    kite_tcp_send_pending(sk) && !kite_pacing_waits(sk))
		kite_tcp_arm_rtx(sk, KITE_TIMER_PROBE,
				 kite_tcp_rto_backed_off(tp));
}

/**
 * kite_tcp_push_into_window() - send whatever the window takes, however little
 * @sk: the connection, with nothing outstanding
 *
 * The override timeout of silly window avoidance, RFC 9293 3.8.6.2.1 (4).
 *
 * Context: socket lock held.
 * Return: whether anything was sent.
 */
bool kite_tcp_push_into_window(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	s32 wnd = kite_tcp_wnd_end(tp) - tp->snd_nxt;

	if (wnd <= 0)
		return false;
	if (skb)
		return send_head(sk, skb, min3((u32)skb->len, (u32)tp->mss,
					       (u32)wnd), tp->mss);
	kite_tcp_push(sk);
	return kite_tcp_flight(tp);
}

/**
 * kite_tcp_retransmit() - send one segment again
 * @sk: the connection, past the handshake
 * @seq: its first octet not acknowledged, or our FIN
 * @end: set to one past what was sent
 *
 * Context: socket lock held.
 * Return: 0; -EBUSY when the last copy has not left this host yet; -ENOENT when
 * nothing with @seq is outstanding; -ENOBUFS; -EAGAIN when the peer took back
 * the window under it.
 */
int kite_tcp_retransmit(struct sock *sk, u32 seq, u32 *end)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb = kite_tcp_rtx_find(sk, seq);
	u64 now_us = kite_tcp_clock_us();
	int err = 0;

	if (!skb && !(kite_tcp_fin_sent(tp) && seq == tp->write_seq))
		return -ENOENT;

	kite_tcp_mss_current(sk);
	if (skb) {
		struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (skb_fclone_busy(sk, skb))
			return -EBUSY;
		if (!kite_before(seq, kite_tcp_wnd_end(tp)) &&
		    seq != tp->snd_una)
			return -EAGAIN;
		if (seq != cb->seq) {
			skb = kite_tcp_rtx_cut(sk, skb, seq - cb->seq);
			if (!skb)
				return -ENOBUFS;
			cb = kite_tcp_cb(skb);
		}
		if (skb->len > tp->mss && !kite_tcp_rtx_cut(sk, skb, tp->mss))
			return -ENOBUFS;
		err = send_copy(sk, skb, tp->mss, true, now_us);
		if (err)
			return err;
		if (cb->retrans < U8_MAX)
			cb->retrans++;
		if (!cb->sacked)
			kite_rate_sent(&tp->rate, cb, tp->board.delivered, false, now_us);
		kite_undo_resent(tp, now_us);
		tp->tally.octets_again += skb->len;
		*end = cb->end_seq;
		if (tp->fin_queued && *end == tp->write_seq)
			(*end)++;
	} else {
		kite_tcp_send_fin(sk);
		*end = tp->write_seq + 1;
	}

	if (tp->total_retrans < U32_MAX)
		tp->total_retrans++;
	kite_count(sock_net(sk), KITE_CNT_Tcp_RetransSegs);
	return 0;
}

/**
 * kite_tcp_queue_fin() - the user has nothing more to send
 * @sk: the connection, in a state that may send
 *
 * Context: socket lock held.
 */
void kite_tcp_queue_fin(struct sock *sk)
{
	kite_tcp_sk(sk)->fin_queued = true;
	kite_tcp_push(sk);
}

/**
 * kite_tcp_shrink_segments() - a router said that a segment was too large
 * @sk: the connection; pmtu_told says what fits
 *
 * It was lost, and so were others like it. If it was a probe, others may be as they are.
 *
 * Context: socket lock held.
 */
void kite_tcp_shrink_segments(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool smaller = kite_tcp_mss_pmtu(sk, tp->pmtu_told);

	if (kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_SYN_SENT | TCPF_SYN_RECV))
		return;
	if (smaller)
		kite_recovery_too_large(sk);
	else
		kite_recovery_probe_refused(sk);
}
