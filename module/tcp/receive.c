// SPDX-License-Identifier: GPL-2.0
#include "receive.h"

#include "../observe/counters.h"
#include "../observe/trace.h"
#include "collapse.h"
#include "memory.h"
#include "options.h"
#include "output.h"
#include "stamps.h"
#include "state.h"
#include "timer.h"
#include "timewait.h"
#include "window.h"

/* So many segments are acknowledged at once while the peer is in slow start. */
#define KITE_QUICK_ACKS		16

/**
 * kite_tcp_receive_init() - before the first octet comes
 * @sk: the connection; advmss is decided
 */
void kite_tcp_receive_init(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->rcv_mss = min_t(u16, tp->advmss, KITE_TCP_MSS_DEFAULT);
	tp->rcv_small = 0;
	tp->quick_acks = KITE_QUICK_ACKS;
	tp->ack_pending = 0;
	tp->pingpong = false;
	tp->ooo = RB_ROOT;
	memset(&tp->report, 0, sizeof(tp->report));
}

/* Something is wrong or missing: the peer should hear it at once. */
static void ack_now(struct kite_tcp_sock *tp)
{
	tp->quick_acks = KITE_QUICK_ACKS;
	tp->ack_pending |= KITE_ACK_SCHED | KITE_ACK_NOW;
}

static struct sk_buff *ooo_first(const struct kite_tcp_sock *tp)
{
	return skb_rb_first(&tp->ooo);
}

/**
 * kite_tcp_purge_ooo() - forget what waits beyond gaps
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void kite_tcp_purge_ooo(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = ooo_first(tp))) {
		rb_erase(&skb->rbnode, &tp->ooo);
		__kfree_skb(skb);
	}
	tp->report.n = 0;
}

static bool is_full(const struct sock *sk)
{
	return kite_tcp_buffer_holds(sk, sk->sk_rcvbuf);
}

/*
 * Make room for what begins at @seq by forgetting segments beyond it, the furthest first: they
 * were not acknowledged and will come again. Returns whether there was any.
 */
static bool prune_ooo(struct sock *sk, u32 seq)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool pruned = false;
	struct rb_node *node;
	struct sk_buff *skb;

	while (is_full(sk) && (node = rb_last(&tp->ooo))) {
		skb = rb_to_skb(node);
		if (!kite_after(kite_tcp_cb(skb)->seq, seq))
			break;
		rb_erase(node, &tp->ooo);
		/* It shares its place with a link of the tree. */
		skb->dev = NULL;
		kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_RcvQDrop);
		/* Reported as here, and not here: say nothing of them any more. */
		tp->report.n = 0;
		pruned = true;
	}
	return pruned;
}

/*
 * Charge a segment to the socket, perhaps the @first that is to be read. False when it has to
 * be dropped.
 */
static bool charge(struct sock *sk, struct sk_buff *skb, bool first)
{
	bool scheduled;

	if (unlikely(is_full(sk))) {
		kite_tcp_collapse(sk);
		if (is_full(sk) && (!prune_ooo(sk, kite_tcp_cb(skb)->seq) || is_full(sk)))
			return false;
	}
	if (first)
		scheduled = kite_tcp_force_memory(sk, skb->truesize, SK_MEM_RECV);
	else
		scheduled = sk_rmem_schedule(sk, skb, skb->truesize);
	if (!scheduled)
		return false;
	skb_set_owner_r(skb, sk);
	return true;
}

/*
 * Add the data to the last segment of the queue, if the octets can change hands
 * without a copy: a reader then finds fewer and longer pieces.
 */
static bool append_to_tail(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool head_stolen;
	int delta;

	if (!tail || kite_tcp_cb(tail)->end_seq != kite_tcp_cb(skb)->seq ||
	    !skb_try_coalesce(tail, skb, &head_stolen, &delta))
		return false;

	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	kite_tcp_cb(tail)->end_seq = kite_tcp_cb(skb)->end_seq;
	kite_stamps_follow(tail, skb);
	kfree_skb_partial(skb, head_stolen);
	return true;
}

/*
 * Copy a small segment behind the last one in order, once half of the buffer is used up.
 * Returns whether it was, and is consumed.
 */
static bool copy_to_tail(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue), *copy;

	if (!kite_tcp_buffer_holds(sk, sk->sk_rcvbuf / 2))
		return false;
	copy = kite_tcp_copy_behind(sk, tail, skb);
	if (!copy)
		return false;
	if (copy != tail)
		__skb_queue_tail(&sk->sk_receive_queue, copy);
	__kfree_skb(skb);
	return true;
}

/* The peer has no more to send, RFC 9293 3.10.7.4 eighth step. */
static void fin_received(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->rcv_nxt++;
	tp->tally.octets_in++;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	kite_tcp_purge_ooo(sk);

	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		/* The user may close, too: the acknowledgment goes with that. */
		tp->ack_pending |= KITE_ACK_SCHED;
		tp->pingpong = true;
		kite_tcp_set_state(sk, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		ack_now(tp);
		kite_tcp_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		kite_tcp_send_ack(sk);
		kite_tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		break;
	}

	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD,
		      sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP : POLL_IN);
}

/*
 * Put a charged segment, which has something new at rcv_nxt, where the user finds
 * it. Consumes it. The FIN stays with the caller.
 */
static void deliver(struct sock *sk, struct sk_buff *skb)
{
	u32 end = kite_tcp_cb(skb)->seq + skb->len;
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	trace_kite_sock_deliver(sock_net(sk), skb, NULL, "");
	if (!append_to_tail(sk, skb) && !copy_to_tail(sk, skb))
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	tp->tally.octets_in += end - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, end);
}

static u32 earlier(u32 a, u32 b)
{
	return kite_before(a, b) ? a : b;
}

/* Segments whose gap has closed follow. Returns whether a FIN came with them. */
static bool deliver_ooo(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 came = tp->rcv_nxt;
	struct sk_buff *skb;
	bool fin = false;

	while (!fin && (skb = ooo_first(tp))) {
		struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (kite_after(cb->seq, tp->rcv_nxt))
			break;
		rb_erase(&skb->rbnode, &tp->ooo);
		if (kite_before(cb->seq, came))
			kite_sack_duplicate_too(tp, cb->seq, earlier(cb->end_seq, came));
		if (kite_after(cb->end_seq, tp->rcv_nxt)) {
			fin = cb->flags & KITE_TCP_FIN;
			cb->end_seq -= fin;
			if (kite_after(cb->end_seq, tp->rcv_nxt)) {
				deliver(sk, skb);
				continue;
			}
		}
		__kfree_skb(skb);
	}
	return fin;
}

/*
 * Copy a small segment beyond a gap behind the one that it follows, once a quarter of the
 * buffer is used up; else it stays.
 */
static void copy_to_previous(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct rb_node *node = rb_prev(&skb->rbnode);
	struct sk_buff *previous, *copy;

	if (!node || !kite_tcp_buffer_holds(sk, sk->sk_rcvbuf / 4))
		return;
	previous = rb_to_skb(node);
	if (kite_tcp_cb(previous)->end_seq != cb->seq ||
	    (kite_tcp_cb(previous)->flags | cb->flags) & KITE_TCP_FIN)
		return;
	copy = kite_tcp_copy_behind(sk, previous, skb);
	if (!copy)
		return;
	if (copy == previous)
		rb_erase(&skb->rbnode, &tp->ooo);
	else
		rb_replace_node(&skb->rbnode, &copy->rbnode, &tp->ooo);
	__kfree_skb(skb);
}

/*
 * Keep a charged segment that lies beyond a gap. The tree holds none that another
 * covers as a whole, so both ends of its segments ascend. Consumes it.
 */
static void queue_ooo(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct rb_node **link = &tp->ooo.rb_node, *parent = NULL, *near;
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	while (*link) {
		struct kite_tcp_cb *other = kite_tcp_cb(rb_to_skb(*link));

		parent = *link;
		if (kite_before(cb->seq, other->seq)) {
			link = &parent->rb_left;
		} else if (!kite_after(cb->end_seq, other->end_seq)) {
			/* Nothing of it is new. */
			kite_sack_duplicate(tp, cb->seq, cb->end_seq);
			kite_sack_received(tp, cb->seq, cb->end_seq);
			__kfree_skb(skb);
			return;
		} else if (cb->seq == other->seq) {
			/* It covers the other, and may cover more. */
			rb_replace_node(parent, &skb->rbnode, &tp->ooo);
			kite_sack_duplicate_too(tp, cb->seq, other->end_seq);
			__kfree_skb(rb_to_skb(parent));
			goto covered;
		} else {
			link = &parent->rb_right;
		}
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &tp->ooo);

covered:
	kite_sack_received(tp, cb->seq, cb->end_seq);
	/* An overlap with a neighbour stays: readers go by copied_seq. */
	near = rb_prev(&skb->rbnode);
	if (near && kite_after(kite_tcp_cb(rb_to_skb(near))->end_seq, cb->seq))
		kite_sack_duplicate_too(tp, cb->seq,
					kite_tcp_cb(rb_to_skb(near))->end_seq);
	while ((near = rb_next(&skb->rbnode))) {
		struct kite_tcp_cb *other = kite_tcp_cb(rb_to_skb(near));

		if (!kite_before(other->seq, cb->end_seq))
			break;
		kite_sack_duplicate_too(tp, other->seq, earlier(other->end_seq, cb->end_seq));
		if (kite_after(other->end_seq, cb->end_seq))
			break;
		rb_erase(near, &tp->ooo);
		__kfree_skb(rb_to_skb(near));
	}
	copy_to_previous(sk, skb);
}

/*
 * What a packet of segments of so many octets teaches about acknowledging. Two of one size
 * that are not the end of what was written are full ones, if the peer is not badly broken:
 * the path may have become narrower. But for those that no path makes so small: they were cut
 * at a window.
 */
static void note_arrival(struct kite_tcp_sock *tp, unsigned int size, u8 flags)
{
	if (size >= tp->rcv_mss) {
		tp->rcv_mss = min_t(unsigned int, size, tp->advmss);
		/* Its sender may have written just that much. */
		if (flags & KITE_TCP_PSH)
			tp->ack_pending |= KITE_ACK_PUSHED;
	} else if (flags & KITE_TCP_PSH) {
		tp->ack_pending |= tp->ack_pending & KITE_ACK_PUSHED ?
				   KITE_ACK_PUSHED_TWICE : KITE_ACK_PUSHED;
	} else if (size >= KITE_TCP_MSS_MIN && !(flags & (KITE_TCP_FIN | KITE_TCP_URG))) {
		if (size == tp->rcv_small)
			tp->rcv_mss = size;
		tp->rcv_small = size;
	}
	tp->ack_pending |= KITE_ACK_SCHED;
	if (!RB_EMPTY_ROOT(&tp->ooo))
		ack_now(tp);
}

static void receive_in_order(struct sock *sk, struct sk_buff *skb,
			     const struct kite_tcp_options *opt)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	bool fin = cb->flags & KITE_TCP_FIN;
	unsigned int len = skb->len, size;

	if (len) {
		size = skb_shinfo(skb)->gso_size ?: len;
		if (!charge(sk, skb, skb_queue_empty(&sk->sk_receive_queue))) {
			ack_now(tp);
			if (!sock_flag(sk, SOCK_DEAD))
				sk->sk_data_ready(sk);
			kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_RcvQDrop);
			return;
		}
		cb->end_seq -= fin;
		if (kite_before(cb->seq, tp->rcv_nxt))
			kite_sack_duplicate(tp, cb->seq, tp->rcv_nxt);
		note_arrival(tp, size, cb->flags);
		deliver(sk, skb);
		kite_rcvbuf_arrived(tp, opt);
	} else {
		consume_skb(skb);
	}

	if (!fin && !RB_EMPTY_ROOT(&tp->ooo))
		fin = deliver_ooo(sk);
	if (tp->report.n)
		kite_sack_advanced(tp);
	if (!sock_flag(sk, SOCK_DEAD) && len &&
	    (fin || tp->rcv_nxt - tp->copied_seq >= sk->sk_rcvlowat ||
	     kite_tcp_is_full(sk)))
		sk->sk_data_ready(sk);
	if (fin)
		fin_received(sk);
}

static void receive_out_of_order(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u16 segs = kite_tcp_segs(skb);

	ack_now(tp);
	skb = kite_tcp_compact(sk, skb);
	if (!charge(sk, skb, false)) {
		kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_InOutOfOrder);
		return;
	}
	tp->tally.ooo += segs;
	queue_ooo(sk, skb);
}

/* Whether a segment has new data, and the window ends before that. */
static bool is_beyond_window(const struct kite_tcp_sock *tp, const struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	u32 first = kite_after(cb->seq, tp->rcv_nxt) ? cb->seq : tp->rcv_nxt;

	return skb->len && kite_after(cb->seq + skb->len, first) &&
	       !kite_before(first, tp->rcv_nxt + kite_tcp_rcv_window(tp));
}

/**
 * kite_tcp_receive() - take in the data and the FIN of an acceptable segment
 * @sk: the connection, in a state in which the peer may still send
 * @skb: the segment, data at its header; consumed
 * @opt: its options
 *
 * RFC 9293 3.10.7.4 seventh and eighth step. The connection may be gone
 * afterwards: TCP_CLOSE, then.
 *
 * Context: socket lock held, BH disabled.
 */
void kite_tcp_receive(struct sock *sk, struct sk_buff *skb,
		      const struct kite_tcp_options *opt)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	if (cb->seq == cb->end_seq) {
		consume_skb(skb);
		return;
	}
	skb_dst_drop(skb);
	__skb_pull(skb, kite_tcp_hdrlen(skb));

	if (!kite_after(cb->end_seq, tp->rcv_nxt)) {
		/* All of it is here already: our acknowledgment was lost. */
		kite_sack_duplicate(tp, cb->seq, cb->end_seq);
		ack_now(tp);
		kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_InOutOfWindow);
	} else if (is_beyond_window(tp, skb)) {
		/* A probe of our closed window. */
		ack_now(tp);
		kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_InOutOfWindow);
	} else if (kite_after(cb->seq, tp->rcv_nxt)) {
		receive_out_of_order(sk, skb);
	} else {
		receive_in_order(sk, skb, opt);
	}
}

/**
 * kite_tcp_answer() - acknowledge now, or soon
 * @sk: the connection, done with a segment
 *
 * RFC 9293 3.8.6.3: at least every second full segment, if the window moves with it, or the
 * user waits for more. Else the user has not read yet, and will be followed by an
 * acknowledgment that says both.
 *
 * Context: socket lock held, BH disabled.
 */
void kite_tcp_answer(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!(tp->ack_pending & KITE_ACK_SCHED) || sk->sk_state == TCP_CLOSE)
		return;
	if (tp->ack_pending & KITE_ACK_NOW ||
	    (tp->quick_acks && !tp->pingpong) ||
	    (tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss &&
	     (tp->rcv_nxt - tp->copied_seq < (u32)sk->sk_rcvlowat ||
	      kite_tcp_window_fresh(sk) >= tp->rcv_wnd)))
		kite_tcp_send_ack(sk);
	else if (__sk_dst_get(sk) && dst_metric(__sk_dst_get(sk), RTAX_QUICKACK))
		kite_tcp_send_ack(sk);
	else
		kite_tcp_delay_ack(sk);
}
