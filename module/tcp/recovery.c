// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery. A peer that acknowledges selectively tells what is missing (RFC 6675, RFC
 * 8985), and proportional rate reduction says how much leaves for what arrives (RFC 6937). With
 * any other it is NewReno, RFC 6582.
 *
 * A segment that was sent to find out whether it comes through (mss_search.c), and did not, is
 * sent again and costs nothing, if nothing else is lost.
 *
 * In any case, and after a timeout, what is lost are the octets from rtx_nxt to
 * board.edge that the peer does not report to have.
 */
#include "recovery.h"

#include "../observe/counters.h"
#include "cong.h"
#include "mss_search.h"
#include "output.h"
#include "pacing.h"
#include "rack.h"
#include "rtt.h"
#include "timer.h"
#include "tsq.h"
#include "undo.h"

/* How many gaps below rtx_nxt an acknowledgment has looked at, and how many it fills again. */
#define KITE_OVERTAKEN_LOOK	16
#define KITE_OVERTAKEN_MOST	2

/**
 * kite_recovery_init() - nothing is lost yet
 * @tp: the connection; snd_una is set
 *
 * Context: socket lock held, or nobody else knows the socket yet.
 */
void kite_recovery_init(struct kite_tcp_sock *tp)
{
	tp->loss = KITE_LOSS_NONE;
	tp->dupacks = 0;
	tp->recover = tp->snd_una - 1;
	memset(&tp->undo, 0, sizeof(tp->undo));
	memset(&tp->rack, 0, sizeof(tp->rack));
	kite_scoreboard_init(tp);
}

/* What is believed to be in the network, RFC 6675 "pipe", octets. */
static u32 pipe(const struct kite_tcp_sock *tp)
{
	u32 flight = kite_tcp_flight(tp);

	return flight - min(flight, tp->board.sacked + tp->board.lost);
}

/**
 * kite_recovery_room() - how much the congestion window lets out now
 * @tp: the connection
 *
 * What the peer has or what is lost is not in the network. Without selective
 * acknowledgments the first two duplicate ones each let out one segment more (RFC 3042).
 *
 * Context: socket lock held.
 * Return: octets.
 */
u32 kite_recovery_room(const struct kite_tcp_sock *tp)
{
	u32 in_network = pipe(tp);
	u32 cwnd = tp->cwnd;

	if (tp->loss == KITE_LOSS_NONE)
		cwnd += min_t(u8, tp->dupacks, KITE_DUPACK_THRESHOLD - 1) *
			tp->mss;
	return cwnd > in_network ? cwnd - in_network : 0;
}

/*
 * Send an octet and what follows it in its segment again. When it is the oldest, its timeout
 * begins anew (as RFC 6675 5 allows). 0 or a negative errno.
 */
static int resend_segment(struct sock *sk, u32 seq, u32 *end)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int err = kite_tcp_retransmit(sk, seq, end);

	if (!err && seq == tp->snd_una)
		kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, kite_tcp_rto_backed_off(tp));
	return err;
}

/* Send again what is lost next. */
static int resend(struct sock *sk, u32 seq)
{
	u32 end;
	int err = resend_segment(sk, seq, &end);

	if (!err)
		kite_scoreboard_resent(kite_tcp_sk(sk), seq, end);
	return err;
}

/* Whether the segment with an octet may be sent again now. */
static bool may_resend(struct sock *sk, u32 seq)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct sk_buff *skb = kite_tcp_rtx_find(sk, seq);
	/* A FIN of its own takes no room worth a count. */
	u32 len = skb ? min_t(u32, kite_tcp_cb(skb)->end_seq - seq, tp->mss) : 1;

	return kite_recovery_room(tp) >= len && !kite_pacing_waits(sk) &&
	       !kite_tsq_waits(sk, len);
}

/* Send again what is lost, as far as the window allows. */
static void resend_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	while (tp->board.lost && kite_recovery_room(tp)) {
		u32 seq = kite_scoreboard_next_lost(sk);

		if (!kite_before(seq, tp->board.edge)) {
			/* A part of a segment that was acknowledged meanwhile. */
			tp->board.lost = 0;
			break;
		}
		if (!may_resend(sk, seq) || resend(sk, seq))
			break;
	}
}

/* What is lost is a probe, which is sent again in pieces: see kite_recovery_send(). */
static void begin_repair(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_mss_probe_lost(sk);
	tp->undo.cwnd = 0;
	tp->recover = tp->snd_nxt;
	tp->loss = KITE_LOSS_PROBE;
}

/* The probe that is outstanding is lost, whatever the peer reports of others. */
static void probe_is_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->rtx_nxt = tp->snd_una;
	tp->board.edge = tp->mss_probe_end;
	tp->board.lost = tp->mss_probe;
	begin_repair(sk);
}

/* Whether all that is lost is a probe; then it is being repaired from now on. */
static bool only_probe_is_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!kite_mss_probe_is_next(tp) || tp->board.lost != tp->mss_probe)
		return false;
	begin_repair(sk);
	return true;
}

/* A loss was found, without a timeout. */
static void begin_recovery(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_undo_begin(tp);
	kite_cong_loss(tp, kite_cong_flight(tp));
	tp->mss_probe = 0;
	tp->recover = tp->snd_nxt;
	tp->loss = KITE_LOSS_FAST;
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	tp->prr_flight = kite_tcp_flight(tp);
	kite_count(sock_net(sk), tp->sack_ok ? KITE_CNT_TcpExt_TCPSackRecovery :
					       KITE_CNT_TcpExt_TCPRenoRecovery);
}

/*
 * Proportional rate reduction, RFC 6937 3: of what arrives so much is sent that at the end
 * ssthresh octets are in the network; when there are fewer already, up to as much as
 * arrives, and a segment more while the loss is being repaired.
 */
static void reduce_rate(struct kite_tcp_sock *tp, u32 delivered, bool advanced)
{
	u32 in_network = pipe(tp);
	s64 out;

	tp->prr_delivered += delivered;
	if (in_network > tp->ssthresh) {
		out = div_u64((u64)tp->prr_delivered * tp->ssthresh +
			      tp->prr_flight - 1, tp->prr_flight);
		out -= tp->prr_out;
	} else {
		out = max_t(s64, (s64)tp->prr_delivered - tp->prr_out,
			    delivered);
		if (advanced)
			out += tp->mss;
		out = min_t(s64, out, tp->ssthresh - in_network);
	}
	/* The first goes whatever the window is. */
	if (!tp->prr_out)
		out = max_t(s64, out, tp->mss);
	tp->cwnd = max_t(u32, in_network + max_t(s64, out, 0), tp->mss);
}

/*
 * What was sent again may be lost again: when something has arrived that left later. It is in
 * the count of what is in the network, and stays there; the window needs no room for it.
 * Returns whether any was sent once more.
 */
static bool resend_overtaken(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned int looked, sent = 0;
	u32 seq = tp->snd_una, end;

	for (looked = 0; looked < KITE_OVERTAKEN_LOOK; looked++) {
		struct sk_buff *skb = kite_scoreboard_hole(sk, seq);
		const struct kite_tcp_cb *cb = skb ? kite_tcp_cb(skb) : NULL;

		if (!cb || !kite_before(cb->seq, tp->rtx_nxt))
			break;
		if (kite_before(seq, cb->seq))
			seq = cb->seq;
		end = cb->end_seq;
		if (cb->retrans && kite_rack_overtaken(tp, cb)) {
			if (sent == KITE_OVERTAKEN_MOST || resend_segment(sk, seq, &end))
				break;
			sent++;
			kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPLostRetransmit);
		}
		seq = end;
	}
	return sent;
}

/* The peer has more than before: look for what it has not. */
static void look_for_losses(struct sock *sk, u32 delivered, bool advanced)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	switch (tp->loss) {
	case KITE_LOSS_NONE:
		if (!tp->board.sacked)
			return;
		kite_scoreboard_restart(tp);
		if (!kite_scoreboard_find_lost(sk, false) || only_probe_is_lost(sk))
			return;
		begin_recovery(sk);
		break;
	case KITE_LOSS_PROBE:
		if (!kite_scoreboard_find_lost(sk, false) && !resend_overtaken(sk))
			return;
		begin_recovery(sk);
		break;
	case KITE_LOSS_FAST:
		kite_scoreboard_find_lost(sk, false);
		resend_overtaken(sk);
		break;
	case KITE_LOSS_RTO:
		resend_overtaken(sk);
		return;
	}
	reduce_rate(tp, delivered, advanced);
}

/* Nothing that is acknowledged is to be sent again. */
static void rtx_passed(struct kite_tcp_sock *tp)
{
	if (kite_before(tp->rtx_nxt, tp->snd_una))
		tp->rtx_nxt = tp->snd_una;
}

/* All that was outstanding when the loss was found has arrived. */
static void end_recovery(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool fast = tp->loss == KITE_LOSS_FAST;

	if (fast)
		tp->cwnd = tp->sack_ok ? tp->ssthresh :
			min(tp->ssthresh,
			    max_t(u32, kite_tcp_flight(tp), tp->mss) + tp->mss);
	tp->loss = KITE_LOSS_NONE;
	kite_tally_recovered(&tp->tally);
	kite_rack_was_lost(tp);
	if (fast && tp->sack_ok && kite_before(tp->snd_una, tp->board.edge)) {
		/*
		 * Something of what left since then is lost, too. It may be under way
		 * again, and what answers that says nothing of the first copies.
		 */
		rtx_passed(tp);
		begin_recovery(sk);
		tp->undo.cwnd = 0;
		return;
	}
	kite_scoreboard_restart(tp);
}

/* NewReno: the oldest segment is lost. */
static void begin_newreno(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	begin_recovery(sk);
	kite_scoreboard_restart(tp);
	resend(sk, tp->snd_una);
	tp->cwnd = tp->ssthresh + KITE_DUPACK_THRESHOLD * tp->mss;
}

/**
 * kite_recovery_acked() - new octets were acknowledged
 * @sk: the connection; snd_una has moved
 * @acked: so many
 * @delivered: so many octets have arrived that were not reported before
 *
 * Context: socket lock held.
 */
void kite_recovery_acked(struct sock *sk, u32 acked, u32 delivered)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->dupacks = 0;
	/* After a timeout, what was reported before opens no window: a burst would follow. */
	if (unlikely(tp->loss == KITE_LOSS_RTO))
		kite_cong_acked(tp, delivered);
	else if (tp->loss != KITE_LOSS_FAST)
		kite_cong_acked(tp, acked);
	if (tp->loss != KITE_LOSS_NONE) {
		if (!kite_before(tp->snd_una, tp->recover))
			end_recovery(sk);
		else
			rtx_passed(tp);
	}
	if (tp->sack_ok) {
		if (tp->loss != KITE_LOSS_NONE || tp->board.sacked)
			look_for_losses(sk, delivered, true);
	} else if (tp->loss == KITE_LOSS_FAST) {
		/* A partial acknowledgment points at the next hole. */
		tp->cwnd -= min(tp->cwnd - 1, acked);
		tp->cwnd += tp->mss;
		resend(sk, tp->snd_una);
	} else if (tp->loss == KITE_LOSS_PROBE &&
		   !kite_before(tp->snd_una, tp->board.edge)) {
		/* So does one of more than the probe. */
		begin_newreno(sk);
	} else if (kite_after(tp->snd_una, tp->recover)) {
		/* Lest it lies ahead two gigabytes later. */
		tp->recover = tp->snd_una - 1;
	}
}

/**
 * kite_recovery_sacked() - the peer got something, but not what is due
 * @sk: the connection, with selective acknowledgments
 * @delivered: so many octets that were not reported before
 *
 * Context: socket lock held.
 */
void kite_recovery_sacked(struct sock *sk, u32 delivered)
{
	look_for_losses(sk, delivered, false);
}

/**
 * kite_recovery_dupack() - the peer got something, and does not say what
 * @sk: the connection, without selective acknowledgments
 *
 * RFC 6582 3.2 step 2: what repeats the acknowledgment of what was outstanding at the last
 * loss does not start another recovery: it may answer what was sent again for nothing.
 *
 * Context: socket lock held.
 */
void kite_recovery_dupack(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (tp->dupacks < U8_MAX)
		tp->dupacks++;

	if (tp->loss == KITE_LOSS_FAST) {
		/* Another segment has left the network. */
		if (tp->cwnd < tp->ssthresh + tp->snd_wnd)
			tp->cwnd += tp->mss;
		return;
	}
	if (tp->loss != KITE_LOSS_NONE ||
	    tp->dupacks != KITE_DUPACK_THRESHOLD ||
	    !kite_after(tp->snd_una, tp->recover))
		return;

	if (kite_mss_probe_is_next(tp))
		probe_is_lost(sk);
	else
		begin_newreno(sk);
}

/**
 * kite_recovery_probe_refused() - a router said that what was sent is too large
 * @sk: the connection
 *
 * Of what is outstanding only a probe may be.
 *
 * Context: socket lock held.
 */
void kite_recovery_probe_refused(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (tp->loss != KITE_LOSS_NONE || !kite_mss_probe_is_next(tp) ||
	    tp->mss_probe + kite_tcp_options_len(tp) <= tp->mss_high)
		return;
	probe_is_lost(sk);
	kite_recovery_send(sk);
}

/**
 * kite_recovery_too_large() - a router said that segments are too large for the path (twin of
 * tcp_simple_retransmit())
 * @sk: the connection, whose segments have become smaller
 *
 * Those that are outstanding are lost, and it was no congestion: they are sent again, as far
 * as the window allows. A timeout has taken them for lost already.
 *
 * Context: socket lock held.
 */
void kite_recovery_too_large(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->mss_probe = 0;
	if (tp->loss == KITE_LOSS_RTO)
		kite_scoreboard_all_lost(sk);
	else if (!kite_scoreboard_too_large_lost(sk))
		return;
	if (kite_tcp_is_undisturbed(tp)) {
		tp->undo.cwnd = 0;
		tp->recover = tp->board.edge;
		tp->loss = KITE_LOSS_PROBE;
	}
	kite_recovery_send(sk);
}

/**
 * kite_recovery_late() - what was overtaken has had time enough
 * @sk: the connection, which the peer reports something to have got of
 *
 * Context: socket lock held.
 */
void kite_recovery_late(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (tp->loss != KITE_LOSS_NONE)
		return;
	kite_scoreboard_restart(tp);
	if (!kite_scoreboard_find_lost(sk, true))
		return;
	if (!only_probe_is_lost(sk)) {
		begin_recovery(sk);
		reduce_rate(tp, 0, false);
	}
	kite_recovery_send(sk);
}

/* Count what came twice; a copy that was needed for nothing has arrived, too. */
static void note_twice(struct kite_tcp_sock *tp, u32 octets)
{
	u32 segs = DIV_ROUND_UP(octets, tp->mss);

	/* Nobody who tells the truth got that much. */
	if (octets > tp->max_window)
		return;
	tp->tally.dsacks += segs;
	if (tp->tally.dsacks <= tp->total_retrans)
		tp->tally.delivered += segs;
}

/**
 * kite_recovery_came_twice() - the peer reports to have got something twice, RFC 2883
 * @sk: the connection
 * @start: the first octet of that
 * @end: one past the last
 *
 * Context: socket lock held.
 */
void kite_recovery_came_twice(struct sock *sk, u32 start, u32 end)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_count(sock_net(sk), kite_before(start, tp->snd_una) ?
				 KITE_CNT_TcpExt_TCPDSACKRecv :
				 KITE_CNT_TcpExt_TCPDSACKOfoRecv);
	note_twice(tp, end - start);
	if (tp->rack.tlp == KITE_TLP_AGAIN && end == tp->rack.tlp_end)
		tp->rack.tlp = KITE_TLP_NONE;
	else
		kite_undo_came_twice(sk, start, end);
}

/**
 * kite_recovery_was_none() - nothing of what was believed lost is
 * @tp: the connection
 *
 * Context: socket lock held.
 */
void kite_recovery_was_none(struct kite_tcp_sock *tp)
{
	tp->loss = KITE_LOSS_NONE;
	kite_tally_recovered(&tp->tally);
	tp->dupacks = 0;
	kite_scoreboard_restart(tp);
}

/**
 * kite_recovery_timeout() - the retransmission timer ran out
 * @sk: the connection, with something outstanding
 *
 * RFC 5681 3.1: ssthresh is lowered once for the same octets. Sends the oldest
 * segment again.
 *
 * Context: socket lock held.
 */
void kite_recovery_timeout(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (kite_tcp_is_undisturbed(tp))
		kite_undo_begin(tp);
	if (tp->loss != KITE_LOSS_RTO)
		kite_cong_loss(tp, kite_cong_flight(tp));
	kite_cong_timeout(tp);
	tp->mss_probe = 0;
	tp->loss = KITE_LOSS_RTO;
	tp->dupacks = 0;
	tp->recover = tp->snd_nxt;
	kite_scoreboard_all_lost(sk);
	resend(sk, tp->snd_una);
}

/**
 * kite_recovery_send() - use what room an acknowledgment made
 * @sk: the connection
 *
 * What is lost goes first, then what was never sent.
 *
 * Context: socket lock held.
 */
void kite_recovery_send(struct sock *sk)
{
	if (kite_tcp_sk(sk)->board.lost)
		resend_lost(sk);
	if (kite_tcp_send_pending(sk))
		kite_tcp_push(sk);
}
