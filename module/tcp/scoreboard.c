// SPDX-License-Identifier: GPL-2.0
/*
 * A peer may report what it likes, as often as it likes. What that costs is bounded: a
 * packet is cut between its segments only and marked once, and runs of marked ones are
 * passed over by the end that they remember, which each passage puts further off for all
 * that it met.
 */
#include "scoreboard.h"

#include "../compat/compat.h"
#include "../observe/counters.h"
#include "options.h"
#include "output.h"
#include "rack.h"
#include "recovery.h"
#include "tcp_sock.h"
#include "tso.h"

/**
 * kite_scoreboard_init() - nothing was sent yet
 * @tp: the connection; snd_una is set, and nothing is in the queue
 */
void kite_scoreboard_init(struct kite_tcp_sock *tp)
{
	memset(&tp->board, 0, sizeof(tp->board));
	kite_scoreboard_restart(tp);
}

/**
 * kite_scoreboard_restart() - nothing is lost any more
 * @tp: the connection
 *
 * Context: socket lock held.
 */
void kite_scoreboard_restart(struct kite_tcp_sock *tp)
{
	tp->rtx_nxt = tp->snd_una;
	tp->board.edge = tp->snd_una;
	tp->board.lost = 0;
}

/* How many of the octets from @seq to @end of one packet that is not reported count as lost. */
static u32 lost_part(const struct kite_tcp_sock *tp, u32 seq, u32 end)
{
	u32 from = kite_before(seq, tp->rtx_nxt) ? tp->rtx_nxt : seq;

	return kite_before(seq, tp->board.edge) && kite_before(from, end) ?
		end - from : 0;
}

static void not_lost(struct kite_tcp_sock *tp, u32 octets)
{
	tp->board.lost -= min(tp->board.lost, octets);
}

/* One past the run of reported octets that a reported segment stands in. */
static u32 run_end(struct sock *sk, struct sk_buff *first)
{
	struct sk_buff *skb = first;
	u32 end, next;

	do {
		end = kite_tcp_cb(skb)->sack_end;
		skb = kite_tcp_rtx_find(sk, end);
	} while (skb && kite_tcp_cb(skb)->sacked);

	for (skb = first; (next = kite_tcp_cb(skb)->sack_end) != end;
	     skb = kite_tcp_rtx_find(sk, next))
		kite_tcp_cb(skb)->sack_end = end;
	return end;
}

static void note_top(struct kite_scoreboard *board, u32 seq)
{
	u8 i;

	for (i = 0; i < board->n_top; i++)
		if (kite_after(seq, board->top[i]))
			swap(seq, board->top[i]);
	if (board->n_top < KITE_DUPACK_THRESHOLD)
		board->top[board->n_top++] = seq;
}

/* A packet is reported: note where its segments begin, of which only the last ones matter. */
static void note_segments(struct kite_scoreboard *board,
			  const struct kite_tcp_cb *cb)
{
	u32 seq = kite_tcp_last_segment(cb);
	u8 i;

	for (i = 0; i < KITE_DUPACK_THRESHOLD && !kite_before(seq, cb->seq); i++) {
		note_top(board, seq);
		seq -= cb->mss;
	}
}

/*
 * The first packet of which the peer may have all segments when it has all octets from
 * @start on. Cuts off those segments that begin before.
 */
static struct sk_buff *first_reported(struct sock *sk, u32 start)
{
	struct sk_buff *skb = kite_tcp_rtx_find(sk, start);
	const struct kite_tcp_cb *cb;
	u32 before;

	if (!skb)
		return NULL;
	cb = kite_tcp_cb(skb);
	if (cb->sacked || cb->seq == start)
		return skb;
	before = roundup(start - cb->seq, cb->mss);
	return (before < skb->len ? kite_tcp_rtx_cut(sk, skb, before) : NULL) ?:
		skb_rb_next(skb);
}

/* Leave those segments in a packet that end by @end. False when there are none. */
static bool cut_to_reported(struct sock *sk, struct sk_buff *skb, u32 end)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	u32 len;

	if (!kite_after(cb->end_seq, end))
		return true;
	if (!kite_before(cb->seq, end))
		return false;
	len = rounddown(end - cb->seq, cb->mss);
	return len && kite_tcp_rtx_cut(sk, skb, len);
}

/*
 * The peer has all from @start to @end. Segments that it has a part of do not count, nor
 * those that there is no memory to tell apart. What begins before @late came later than what
 * others had overtaken it by. Returns whether anything did.
 */
static bool mark(struct sock *sk, u32 start, u32 end, u32 late)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_scoreboard *board = &tp->board;
	struct sk_buff *skb = first_reported(sk, start);
	bool any_late = false;

	while (skb && kite_before(kite_tcp_cb(skb)->seq, end)) {
		struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (cb->sacked) {
			skb = kite_tcp_rtx_find(sk, run_end(sk, skb));
			continue;
		}
		if (!cut_to_reported(sk, skb, end))
			break;
		not_lost(tp, lost_part(tp, cb->seq, cb->end_seq));
		kite_rack_delivered(tp, cb, cb->end_seq);
		if (!cb->retrans && kite_before(cb->seq, late)) {
			kite_rack_was_late(tp);
			any_late = true;
		}
		kite_rate_delivered(&tp->rate, cb);
		cb->sacked = true;
		cb->sack_end = end;
		cb->delivered_us = 0;
		board->sacked += cb->end_seq - cb->seq;
		board->delivered += cb->end_seq - cb->seq;
		tp->tally.delivered += kite_tcp_segments(cb, cb->end_seq - cb->seq);
		note_segments(board, cb);
		skb = skb_rb_next(skb);
	}
	return any_late;
}

/* Whether a block can be true: of what is outstanding, but for the octet that is waited for. */
static bool is_plausible(const struct kite_tcp_sock *tp, u32 start, u32 end)
{
	return kite_before(start, end) && kite_after(start, tp->snd_una) &&
	       !kite_after(end, tp->snd_nxt);
}

static u32 block_start(const struct kite_tcp_options *opt, u8 i)
{
	return get_unaligned_be32(opt->sacks + 8 * i);
}

static u32 block_end(const struct kite_tcp_options *opt, u8 i)
{
	return get_unaligned_be32(opt->sacks + 8 * i + 4);
}

/*
 * Whether the first block lies in the second: then it says that something came twice beyond a
 * gap, RFC 2883 4. What the peer has it says in the second.
 */
static bool is_repeated_in_second(const struct kite_tcp_sock *tp,
				  const struct kite_tcp_options *opt)
{
	u32 start = block_start(opt, 1), end = block_end(opt, 1);

	return is_plausible(tp, start, end) &&
	       !kite_before(block_start(opt, 0), start) &&
	       !kite_after(block_end(opt, 0), end);
}

/**
 * kite_scoreboard_take() - take over what an acknowledgment reports
 * @sk: the connection; snd_una is not before @ack
 * @opt: the acknowledgment's options
 * @ack: its number
 *
 * Blocks that cannot be are passed over. A first one below the acknowledgment, or within the
 * second, says that something came twice, RFC 2883.
 *
 * Context: socket lock held.
 */
void kite_scoreboard_take(struct sock *sk, const struct kite_tcp_options *opt,
			  u32 ack)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 late = tp->board.n_top ? tp->board.top[0] : tp->snd_una;
	bool any_late = false;
	u8 i;

	if (!tp->sack_ok)
		return;
	for (i = 0; i < opt->n_sacks; i++) {
		u32 start = block_start(opt, i), end = block_end(opt, i);

		if (!i && opt->n_sacks > 1 && is_plausible(tp, start, end) &&
		    is_repeated_in_second(tp, opt))
			kite_recovery_came_twice(sk, start, end);
		else if (is_plausible(tp, start, end))
			any_late |= mark(sk, start, end, late);
		else if (!i && kite_before(start, end) &&
			 !kite_after(end, ack))
			kite_recovery_came_twice(sk, start, end);
		else if (kite_before(ack, tp->snd_una) &&
			 !kite_after(end, tp->snd_una))
			continue;
		else
			kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPSACKDiscard);
	}
	tp->tally.late += any_late;
	if (tp->rate.prior_us)
		kite_rate_sample(&tp->rate, tp->board.delivered, tp->least.us, kite_tcp_clock_us());
}

/**
 * kite_scoreboard_acked() - segments leave the queue
 * @tp: the connection
 * @cb: of the packet that they are in
 * @seq: their first octet
 * @end: one past their last
 *
 * Context: socket lock held.
 * Return: whether others had overtaken them.
 */
bool kite_scoreboard_acked(struct kite_tcp_sock *tp, const struct kite_tcp_cb *cb,
			   u32 seq, u32 end)
{
	if (cb->sacked) {
		tp->board.sacked -= end - seq;
		if (!tp->board.sacked)
			tp->board.n_top = 0;
		return false;
	}
	tp->board.delivered += end - seq;
	if (likely(cb->end_seq - seq <= cb->mss && cb->end_seq == end))
		tp->tally.delivered++;
	else
		tp->tally.delivered += kite_tcp_segments(cb, cb->end_seq - seq) -
				       kite_tcp_segments(cb, cb->end_seq - end);
	not_lost(tp, lost_part(tp, seq, end));
	kite_rack_delivered(tp, cb, end);
	kite_rate_delivered(&tp->rate, cb);
	if (!tp->board.n_top || cb->retrans ||
	    !kite_before(seq, tp->board.top[0]))
		return false;
	kite_rack_was_late(tp);
	return true;
}

/**
 * kite_scoreboard_resent() - octets that were lost are under way again
 * @tp: the connection
 * @seq: the first
 * @end: one past the last
 *
 * Context: socket lock held.
 */
void kite_scoreboard_resent(struct kite_tcp_sock *tp, u32 seq, u32 end)
{
	if (kite_before(seq, tp->board.edge))
		not_lost(tp, end - seq);
	tp->rtx_nxt = end;
}

/**
 * kite_scoreboard_hole() - the first packet, from an octet on, that is not reported
 * @sk: the connection
 * @seq: the octet
 *
 * Context: socket lock held.
 * Return: a packet, which may begin before @seq; NULL when there is none.
 */
struct sk_buff *kite_scoreboard_hole(struct sock *sk, u32 seq)
{
	struct sk_buff *skb = kite_tcp_rtx_find(sk, seq);

	while (skb && kite_tcp_cb(skb)->sacked)
		skb = kite_tcp_rtx_find(sk, run_end(sk, skb));
	return skb;
}

/**
 * kite_scoreboard_find_lost() - look for what others have overtaken
 * @sk: the connection
 * @all: time is up for whatever anything has overtaken
 *
 * RFC 6675 IsLost(): when three segments beyond it have arrived, unless it is known that
 * segments may be late, and time tells. RFC 8985: when something has arrived that was sent
 * well after it.
 *
 * Context: socket lock held.
 * Return: whether anything more is lost.
 */
bool kite_scoreboard_find_lost(struct sock *sk, bool all)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_scoreboard *board = &tp->board;
	u32 before = board->lost, from, edge;
	struct sk_buff *skb;

	if (!board->n_top)
		return false;
	if (kite_before(board->edge, tp->snd_una))
		board->edge = tp->snd_una;
	from = board->edge;
	edge = from;
	if (all)
		edge = board->top[0];
	else if (board->n_top == KITE_DUPACK_THRESHOLD &&
		 !(tp->rack.reordered && kite_rack_by_time(tp)))
		edge = board->top[KITE_DUPACK_THRESHOLD - 1];

	for (skb = kite_scoreboard_hole(sk, from);
	     skb && kite_before(kite_tcp_cb(skb)->seq, board->top[0]);
	     skb = kite_scoreboard_hole(sk, kite_tcp_cb(skb)->end_seq)) {
		const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (!kite_before(cb->seq, edge) && !kite_rack_overtaken(tp, cb))
			break;
		if (kite_before(board->edge, cb->end_seq))
			board->edge = cb->end_seq;
		board->lost += lost_part(tp, cb->seq, cb->end_seq);
	}
	if (kite_before(board->edge, edge))
		board->edge = edge;
	return board->lost != before;
}

/* The peer has thrown away what it had reported: believe nothing of it any more. */
static void forget_reports(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb;

	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPSACKReneging);
	skb_rbtree_walk(skb, &sk->tcp_rtx_queue)
		kite_tcp_cb(skb)->sacked = false;
	tp->board.sacked = 0;
	tp->board.n_top = 0;
}

/**
 * kite_scoreboard_all_lost() - the retransmission timer ran out
 * @sk: the connection
 *
 * All is lost that the peer does not report; and if it reports the very octet that it
 * waits for, what it reports is not true any more (RFC 2018 8).
 *
 * Context: socket lock held.
 */
void kite_scoreboard_all_lost(struct sock *sk)
{
	struct sk_buff *head = kite_tcp_rtx_head(sk);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 flight = kite_tcp_flight(tp);

	if (head && kite_tcp_cb(head)->sacked)
		forget_reports(sk);
	tp->rtx_nxt = tp->snd_una;
	tp->board.edge = tp->snd_nxt;
	tp->board.lost = flight - min(flight, tp->board.sacked);
}

/**
 * kite_scoreboard_too_large_lost() - segments that are larger than they may be now are lost
 * @sk: the connection
 *
 * With all before the last of them: what is lost is one run.
 *
 * Context: socket lock held.
 * Return: whether anything is lost.
 */
bool kite_scoreboard_too_large_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_scoreboard *board = &tp->board;
	struct sk_buff *skb;
	u32 missing = 0;

	if (tp->loss == KITE_LOSS_NONE || kite_before(board->edge, tp->snd_una))
		board->edge = tp->snd_una;
	tp->rtx_nxt = tp->snd_una;
	board->lost = 0;
	skb_rbtree_walk(skb, &sk->tcp_rtx_queue) {
		const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (!cb->sacked)
			missing += cb->end_seq - cb->seq;
		if (min_t(u32, skb->len, cb->mss) > tp->mss &&
		    kite_before(board->edge, cb->end_seq))
			board->edge = cb->end_seq;
		if (!kite_after(cb->end_seq, board->edge))
			board->lost = missing;
	}
	return board->lost;
}

/**
 * kite_scoreboard_next_lost() - what is to be sent again next
 * @sk: the connection, something of which is lost
 *
 * Context: socket lock held.
 * Return: a sequence number; not before the edge when nothing is left.
 */
u32 kite_scoreboard_next_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb = kite_scoreboard_hole(sk, tp->rtx_nxt);

	if (!skb)
		return kite_tcp_fin_sent(tp) ? tp->write_seq : tp->board.edge;
	return kite_before(kite_tcp_cb(skb)->seq, tp->rtx_nxt) ?
		tp->rtx_nxt : kite_tcp_cb(skb)->seq;
}
