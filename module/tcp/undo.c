// SPDX-License-Identifier: GPL-2.0
#include "undo.h"

#include "../observe/counters.h"
#include "options.h"
#include "rack.h"
#include "recovery.h"
#include "tcp_sock.h"

/**
 * kite_undo_begin() - a loss was found; its answer comes next
 * @tp: the connection, in which nothing was lost so far
 *
 * Context: socket lock held.
 */
void kite_undo_begin(struct kite_tcp_sock *tp)
{
	bool probed = tp->rack.tlp == KITE_TLP_AGAIN;

	tp->undo.cwnd = tp->cwnd;
	tp->undo.ssthresh = tp->ssthresh;
	tp->undo.start = tp->snd_una;
	/* A loss probe under way is the first that was sent again. */
	tp->undo.first_ts = tp->rack.tlp_ts;
	tp->undo.resent = probed;
	tp->undo.any_resent = probed;
	tp->undo.answered = false;
}

/**
 * kite_undo_resent() - a segment has been sent again
 * @tp: the connection
 * @now_us: the moment that its timestamp tells
 *
 * Context: socket lock held.
 */
void kite_undo_resent(struct kite_tcp_sock *tp, u64 now_us)
{
	struct kite_undo *undo = &tp->undo;

	if (!undo->cwnd)
		return;
	if (!undo->any_resent)
		undo->first_ts = kite_tcp_ts_now(&tp->ts, now_us);
	undo->any_resent = true;
	if (undo->resent < U16_MAX)
		undo->resent++;
}

static void undo(struct sock *sk, enum kite_counter counter)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->cwnd = max(tp->cwnd, tp->undo.cwnd);
	tp->ssthresh = max(tp->ssthresh, tp->undo.ssthresh);
	tp->undo.cwnd = 0;
	tp->ecn &= ~KITE_ECN_CWR;
	/* What a timeout takes for lost may just not have been acknowledged. */
	if (tp->loss != KITE_LOSS_RTO)
		kite_rack_was_late(tp);
	kite_recovery_was_none(tp);
	kite_count(sock_net(sk), counter);
}

/**
 * kite_undo_came_twice() - the peer reports to have got something twice
 * @sk: the connection
 * @start: the first octet of that
 * @end: one past the last
 *
 * When each segment that was sent again came twice, the first copies were all there.
 *
 * Context: socket lock held.
 */
void kite_undo_came_twice(struct sock *sk, u32 start, u32 end)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!tp->undo.cwnd || !tp->undo.resent ||
	    kite_before(start, tp->undo.start) || kite_after(end, tp->recover))
		return;
	if (!--tp->undo.resent)
		undo(sk, KITE_CNT_TcpExt_TCPDSACKUndo);
}

/**
 * kite_undo_acked() - see whether an acknowledgment answers the first copy
 * @sk: the connection, with something to undo; snd_una has moved
 * @opt: the options of the acknowledgment
 *
 * The peer echoes the timestamp of the segment that filled the gap. If that is older than
 * the first segment that was sent again, the gap was none. Only the first acknowledgment
 * tells: it may be another gap that the next ones are about.
 *
 * Context: socket lock held.
 */
void kite_undo_acked(struct sock *sk, const struct kite_tcp_options *opt)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_undo *u = &tp->undo;

	if (!u->any_resent || u->answered)
		return;
	u->answered = true;
	if (tp->ts.ok && opt->ts_ok && opt->tsecr &&
	    kite_before(opt->tsecr, u->first_ts)) {
		/* With more to come the first copy was overtaken by others. */
		if (tp->loss == KITE_LOSS_FAST &&
		    kite_before(tp->snd_una, tp->recover))
			tp->tally.late++;
		undo(sk, tp->loss == KITE_LOSS_RTO ?
			 KITE_CNT_TcpExt_TCPLossUndo :
			 KITE_CNT_TcpExt_TCPFullUndo);
	}
}
