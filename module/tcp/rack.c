// SPDX-License-Identifier: GPL-2.0
/*
 * Of each segment the queue knows when it was sent last. Those that were never sent again
 * stand there in that order, so that looking for late ones ends at the first that is not;
 * of those that were, only the first few are looked at, once for each acknowledgment.
 */
#include "rack.h"

#include <net/tcp.h>

#include "../observe/counters.h"
#include "cong.h"
#include "output.h"
#include "recovery.h"
#include "rtt.h"
#include "tcp_sock.h"
#include "timer.h"
#include "tso.h"

/* How long a peer may keep the acknowledgment of one segment back, jiffies. */
#define KITE_TLP_DELACK		(HZ / 5)
/* Shortest wait for anything, jiffies: a timer may be one early. */
#define KITE_RACK_TICKS		2
/* tcp_early_retrans from which on there are probes. */
#define KITE_TLP_ON		3
/* A whole round trip: nothing is waited for longer. */
#define KITE_RACK_QUARTERS	4

/**
 * kite_rack_delivered() - segments have arrived
 * @tp: the connection
 * @cb: of the packet that they are in
 * @end: one past their last octet
 *
 * Of one that was sent twice it may be the first copy, unless the second one left as long ago
 * as any round trip has taken (RFC 8985 6.2 step 2).
 *
 * Context: socket lock held.
 */
void kite_rack_delivered(struct kite_tcp_sock *tp, const struct kite_tcp_cb *cb,
			 u32 end)
{
	struct kite_rack *rack = &tp->rack;

	if (cb->retrans &&
	    (u32)kite_tcp_clock_us() - cb->sent_us < tp->least.us)
		return;
	if (rack->any && (kite_before(cb->sent_us, rack->newest_us) ||
			  (cb->sent_us == rack->newest_us &&
			   !kite_after(end, rack->newest_end))))
		return;
	rack->newest_us = cb->sent_us;
	rack->newest_end = end;
	rack->any = true;
}

/**
 * kite_rack_was_late() - something arrived that others had overtaken, or came twice
 * @tp: the connection
 *
 * Context: socket lock held.
 */
void kite_rack_was_late(struct kite_tcp_sock *tp)
{
	if (tp->rack.reordered < KITE_RACK_QUARTERS)
		tp->rack.reordered++;
}

/**
 * kite_rack_was_lost() - a recovery has ended, and it was needed
 * @tp: the connection
 *
 * Context: socket lock held.
 */
void kite_rack_was_lost(struct kite_tcp_sock *tp)
{
	if (tp->rack.reordered > 1)
		tp->rack.reordered--;
}

/*
 * How long one may be late, µs: RFC 8985 6.2 step 4. Not at all where nothing ever was, and
 * something else is lost already.
 */
static u32 reorder_window(const struct kite_tcp_sock *tp)
{
	if (!tp->rack.reordered && tp->loss != KITE_LOSS_NONE)
		return 0;
	return (tp->srtt_us >> 5) * max_t(u32, tp->rack.reordered, 1);
}

/**
 * kite_rack_by_time() - whether time tells what is lost: tcp_recovery, as net.ipv4 documents it
 * @tp: the connection
 */
bool kite_rack_by_time(const struct kite_tcp_sock *tp)
{
	return READ_ONCE(sock_net(&tp->ks.sk)->ipv4.sysctl_tcp_recovery) &
	       TCP_RACK_LOSS_DETECTION;
}

/**
 * kite_rack_overtaken() - whether a segment is too late (twin of tcp_rack_sent_after() and
 * tcp_rack_skb_timeout())
 * @tp: the connection
 * @cb: of a packet that the peer does not report to have
 *
 * Of those that left at the same moment the one with the higher number is later.
 *
 * Context: socket lock held.
 */
bool kite_rack_overtaken(const struct kite_tcp_sock *tp,
			 const struct kite_tcp_cb *cb)
{
	s32 later = tp->rack.newest_us - cb->sent_us;

	return tp->rack.any && later >= (s32)reorder_window(tp) &&
	       (later > 0 || kite_after(tp->rack.newest_end, cb->end_seq)) &&
	       kite_rack_by_time(tp);
}

/* When to ask for news, RFC 8985 7.2, jiffies from now. */
static unsigned long probe_timeout(const struct kite_tcp_sock *tp)
{
	unsigned long in;

	if (tp->board.sacked)
		return usecs_to_jiffies(reorder_window(tp)) + KITE_RACK_TICKS;
	in = usecs_to_jiffies(tp->srtt_us >> 2) + KITE_RACK_TICKS;
	return kite_tcp_flight(tp) > tp->mss ? in : in + KITE_TLP_DELACK;
}

static bool may_probe(const struct kite_tcp_sock *tp)
{
	const struct net *net = sock_net(&tp->ks.sk);

	if (!tp->sack_ok || !tp->srtt_us || tp->loss != KITE_LOSS_NONE ||
	    tp->backoff)
		return false;
	if (tp->board.sacked)
		return kite_rack_by_time(tp);
	return tp->rack.tlp == KITE_TLP_NONE &&
	       READ_ONCE(net->ipv4.sysctl_tcp_early_retrans) >= KITE_TLP_ON;
}

/* Until the timeout that runs, or begins now, jiffies. */
static unsigned long timeout_left(const struct kite_tcp_sock *tp)
{
	u32 due;

	switch (tp->timer_use) {
	case KITE_TIMER_RTO:
		due = tp->rtx_expires;
		break;
	case KITE_TIMER_TLP:
		due = tp->rack.rto_due;
		break;
	default:
		return kite_tcp_rto_backed_off(tp);
	}
	return max_t(s32, due - (u32)jiffies, 1);
}

/**
 * kite_rack_arm() - have the timer watch over what is outstanding
 * @sk: the connection
 * @restart: all of it: an acknowledgment of new data came, or this is the first that is
 *	outstanding. Otherwise a probe may be put off or off the list, but not the timeout.
 *
 * What is to be probed for is probed for when the timeout is due at the latest, RFC 8985 7.2.
 *
 * Context: socket lock held.
 */
void kite_rack_arm(struct sock *sk, bool restart)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned long left;

	if (!kite_tcp_flight(tp)) {
		kite_tcp_arm_rtx(sk, KITE_TIMER_IDLE, 0);
		return;
	}
	left = restart ? kite_tcp_rto_backed_off(tp) : timeout_left(tp);
	if (may_probe(tp)) {
		tp->rack.rto_due = jiffies + left;
		kite_tcp_arm_rtx(sk, KITE_TIMER_TLP, min(probe_timeout(tp), left));
	} else if (restart || tp->timer_use == KITE_TIMER_TLP) {
		kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, left);
	}
}

/* Send one segment that makes the peer say something. */
static void probe(struct sock *sk)
{
	struct sk_buff *last = skb_rb_last(&sk->tcp_rtx_queue);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 end;

	if (kite_tcp_send_pending(sk) && kite_tcp_push_into_window(sk)) {
		tp->rack.tlp = KITE_TLP_NEW;
	} else {
		/* One that rode on data does so again. */
		bool fin = !last || tp->fin_alone;
		u32 ts = kite_tcp_ts_now(&tp->ts, kite_tcp_clock_us());

		if (kite_tcp_retransmit(sk, fin ? tp->write_seq :
					kite_tcp_last_segment(kite_tcp_cb(last)),
					&end))
			return;
		tp->rack.tlp = KITE_TLP_AGAIN;
		tp->rack.tlp_flight = kite_cong_flight(tp);
		tp->rack.tlp_ts = ts;
	}
	tp->rack.tlp_end = tp->snd_nxt;
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPLossProbes);
}

/**
 * kite_rack_expired() - nothing was heard for too long
 * @sk: the connection
 *
 * Either what was overtaken is lost by now, or there is no news at all.
 *
 * Context: socket lock held.
 */
void kite_rack_expired(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!kite_tcp_flight(tp))
		return;
	if (tp->board.sacked)
		kite_recovery_late(sk);
	else
		probe(sk);
	kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, kite_tcp_rto_backed_off(tp));
}

/**
 * kite_tlp_repeated() - an acknowledgment came once more, and says nothing new
 * @tp: the connection
 *
 * If it is of all that was out when the probe left, it answers the second copy: the first had
 * arrived, too (RFC 8985 7.4.2, for peers that do not report what came twice).
 *
 * Context: socket lock held.
 */
void kite_tlp_repeated(struct kite_tcp_sock *tp)
{
	if (tp->rack.tlp == KITE_TLP_AGAIN && tp->snd_una == tp->rack.tlp_end)
		tp->rack.tlp = KITE_TLP_NONE;
}

/**
 * kite_tlp_acked() - see what became of the probe
 * @sk: the connection, with a probe under way; snd_una has moved
 *
 * When more than what was outstanding then is acknowledged, and the peer has not reported
 * that the probe came twice, it has repaired a loss: answer that (RFC 8985 7.4.2), which was
 * one of what was outstanding then, and not of the little that may be now.
 *
 * Context: socket lock held.
 */
void kite_tlp_acked(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (kite_before(tp->snd_una, tp->rack.tlp_end))
		return;
	if (tp->rack.tlp == KITE_TLP_AGAIN) {
		if (tp->snd_una == tp->rack.tlp_end)
			return;
		if (tp->loss == KITE_LOSS_NONE) {
			kite_cong_reduce(tp, tp->rack.tlp_flight);
			kite_count(sock_net(sk),
				   KITE_CNT_TcpExt_TCPLossProbeRecovery);
		}
	}
	tp->rack.tlp = KITE_TLP_NONE;
}
