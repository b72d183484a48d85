// SPDX-License-Identifier: GPL-2.0
#include "ack.h"

#include "cong.h"
#include "ecn.h"
#include "mss.h"
#include "mss_search.h"
#include "options.h"
#include "output.h"
#include "rack.h"
#include "recovery.h"
#include "rtt.h"
#include "stamps.h"
#include "timer.h"
#include "tso.h"
#include "undo.h"
#include "urgent.h"

/* Memory that a queued segment takes beside its data, octets: a guess. */
#define KITE_SEGMENT_OVERHEAD	1280
/* Two SYNs are further apart than that, µs. */
#define KITE_SYN_PAUSE_US	(USEC_PER_SEC / 2)

/*
 * Let the send buffer hold two congestion windows, so that one is always written
 * while the other is outstanding. Never touches what SO_SNDBUF fixed.
 */
static void grow_sndbuf(struct sock *sk)
{
	int limit = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2]);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u64 want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	want = 2ULL * (tp->cwnd / tp->mss + 1) *
		(tp->mss + KITE_SEGMENT_OVERHEAD);
	if (want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf,
			   max_t(int, sk->sk_sndbuf, min_t(u64, want, limit)));
}

/*
 * Whether an acknowledgment answers something that came twice, RFC 2883. What it acknowledges
 * had come before, and its acknowledgment was lost. Of the copy that it answers the peer need not
 * have taken the timestamp (RFC 7323 5.3 R2): what it echoes is older than all timeouts since.
 */
static bool answers_duplicate(const struct kite_tcp_options *opt, u32 ack)
{
	return opt->n_sacks &&
	       !kite_after(get_unaligned_be32(opt->sacks + 4), ack);
}

/*
 * Free what is acknowledged. Takes the round-trip time of the last of it that the peer did
 * not report before. If any of that was sent twice nobody knows which copy was
 * acknowledged (Karn), unless the timestamp tells. That of less than a full segment may
 * have waited at the peer for company.
 */
static void clean_rtx_queue(struct sock *sk, const struct kite_tcp_options *opt,
			    u32 acked)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool once = true, any = false, late = false;
	u32 sent_us = 0, rtt_us = 0;
	struct sk_buff *skb;
	u64 now_us;

	while ((skb = kite_tcp_rtx_head(sk))) {
		const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
		u32 seq = cb->seq;
		bool whole;

		if (!kite_before(seq, tp->snd_una))
			break;
		kite_stamps_acked(sk, skb);
		whole = !kite_after(cb->end_seq, tp->snd_una);
		if (!whole && !kite_tcp_trim_head(sk, skb, tp->snd_una - seq))
			break;
		if (!cb->sacked) {
			any = true;
			once &= !cb->retrans;
			sent_us = cb->sent_us;
		}
		late |= kite_scoreboard_acked(tp, cb, seq,
					      whole ? cb->end_seq : cb->seq);
		if (!whole)
			break;
		rb_erase(&skb->rbnode, &sk->tcp_rtx_queue);
		sk_wmem_queued_add(sk, -skb->truesize);
		/* Not given back yet: the segment's own data may have it. */
		sk_mem_charge(sk, -(int)skb->truesize);
		__kfree_skb(skb);
	}
	if (RB_EMPTY_ROOT(&sk->tcp_rtx_queue)) {
		tp->rack.any = false;
		if (!kite_tcp_flight(tp) && !kite_tcp_send_pending(sk))
			kite_chrono_idle(&tp->chrono);
	}
	if (unlikely(late))
		tp->tally.late++;
	if (!any)
		return;
	now_us = kite_tcp_clock_us();
	if (!once && answers_duplicate(opt, tp->snd_una)) {
		/* Were the timeout too short, the first copy would have been answered first. */
		tp->backoff = 0;
		goto sample;
	}
	if (once)
		rtt_us = max((u32)now_us - sent_us, 1U);
	else
		rtt_us = kite_tcp_ts_rtt_us(&tp->ts, opt, now_us);
	if (rtt_us) {
		kite_tcp_rtt_sample(sk, rtt_us, acked < tp->mss);
		if (tp->cong->rtt)
			tp->cong->rtt(tp, rtt_us);
		tp->backoff = 0;
	}
sample:
	kite_rate_sample(&tp->rate, tp->board.delivered, tp->least.us, now_us);
}

static void new_octets_acked(struct sock *sk, u32 ack,
			     const struct kite_tcp_options *opt)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 acked = ack - tp->snd_una, delivered = tp->board.delivered, cwnd;

	tp->bytes_acked += acked;
	kite_stamps_begin(sk);
	WRITE_ONCE(tp->snd_una, ack);
	kite_urgent_acked(tp);
	tp->retransmits = 0;
	tp->retrans_start = 0;
	clean_rtx_queue(sk, opt, acked);
	if (tp->fin_queued && kite_after(ack, tp->write_seq)) {
		tp->backoff = 0;
		tp->tally.delivered += tp->fin_alone;
	}

	if (opt->n_sacks)
		kite_scoreboard_take(sk, opt, ack);
	if (unlikely(tp->undo.cwnd))
		kite_undo_acked(sk, opt);
	if (unlikely(tp->rack.tlp != KITE_TLP_NONE))
		kite_tlp_acked(sk);
	if (unlikely(tp->mss_probe))
		kite_mss_probe_acked(sk);
	cwnd = tp->cwnd;
	kite_recovery_acked(sk, acked, tp->board.delivered - delivered);
	/* A division that is in vain where nobody paces. */
	if (smp_load_acquire(&sk->sk_pacing_status) != SK_PACING_NONE)
		kite_cong_pace(sk);
	/* As are two here; but it may have been made small for want of memory. */
	if (tp->cwnd > cwnd || sk->sk_sndbuf / 2 < tp->cwnd)
		grow_sndbuf(sk);
	kite_tcp_wake_writer(sk);

	/* RFC 6298 5.2 and 5.3 */
	kite_rack_arm(sk, true);
}

/* The peer never offered as much: segments that were held to half of it may grow. */
static void window_grew(struct sock *sk, u32 win)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool was_small = tp->max_window / 2 <= tp->mss;

	tp->max_window = win;
	if (was_small)
		kite_tcp_mss_sync(sk);
}

/**
 * kite_tcp_tells_window() - whether a segment has a say in the peer's window
 * @tp: the connection
 * @skb: the segment
 *
 * It has, unless it is older than the one that set the window, RFC 9293 3.10.7.4. Of two that
 * are equally old the wider one is the later, but for one that is closed: the peer had no memory
 * for what it allowed.
 *
 * Context: socket lock held.
 */
bool kite_tcp_tells_window(const struct kite_tcp_sock *tp, const struct sk_buff *skb)
{
	u32 win = (u32)ntohs(tcp_hdr(skb)->window) << tp->snd_wscale;
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	return kite_after(cb->ack_seq, tp->snd_una) || kite_after(cb->seq, tp->snd_wl1) ||
	       (cb->seq == tp->snd_wl1 && (win > tp->snd_wnd || !win));
}

/* Take the peer's window over. Returns whether it is another now. */
static bool update_window(struct sock *sk, const struct sk_buff *skb)
{
	u32 win = (u32)ntohs(tcp_hdr(skb)->window) << kite_tcp_sk(sk)->snd_wscale;
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool changed;

	if (!kite_tcp_tells_window(tp, skb))
		return false;

	changed = win != tp->snd_wnd;
	tp->snd_wl1 = cb->seq;
	WRITE_ONCE(tp->snd_wnd, win);
	if (unlikely(win > tp->max_window))
		window_grew(sk, win);
	return changed;
}

/* Take over what an acknowledgment reports that acknowledges nothing new. */
static void take_reports(struct sock *sk, const struct kite_tcp_options *opt, u32 ack)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 delivered = tp->board.delivered;

	kite_scoreboard_take(sk, opt, ack);
	delivered = tp->board.delivered - delivered;
	if (delivered) {
		kite_recovery_sacked(sk, delivered);
		kite_rack_arm(sk, false);
	}
}

/**
 * kite_tcp_ack() - process the acknowledgment of an acceptable segment
 * @sk: the connection, past the handshake
 * @skb: the segment; its ACK bit is set
 * @opt: its options
 *
 * RFC 9293 3.10.7.4 fifth step, with RFC 5961 5.2: an acknowledgment of what was
 * never sent, or of what is older than any window or the connection, comes from
 * somebody who guesses, and is answered by a challenge.
 *
 * The caller uses the room that this makes by kite_recovery_send().
 *
 * Context: socket lock held, BH disabled.
 * Return: false when the whole segment is to be dropped.
 */
bool kite_tcp_ack(struct sock *sk, const struct sk_buff *skb,
		  const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 delivered = tp->tally.delivered;
	u32 ack = cb->ack_seq;
	bool repeated;

	if (kite_before(ack, tp->snd_una)) {
		u32 known = min_t(u64, tp->max_window, tp->bytes_acked);

		if (!kite_before(ack, tp->snd_una - known)) {
			take_reports(sk, opt, ack);
			return true;
		}
		kite_tcp_send_challenge_ack(sk);
		return false;
	}
	if (kite_after(ack, tp->snd_nxt)) {
		kite_tcp_send_challenge_ack(sk);
		return false;
	}

	tp->probes_out = 0;
	/* Whatever was the matter on the way there and back, it is not any more. */
	WRITE_ONCE(sk->sk_err_soft, 0);
	/* RFC 5681 2: a duplicate, if it acknowledges nothing. */
	repeated = !update_window(sk, skb) && cb->seq == cb->end_seq;
	if (unlikely(cb->flags & KITE_TCP_ECE) && tp->ecn)
		kite_ecn_echoed(sk, ack);
	if (kite_after(ack, tp->snd_una)) {
		sk_dst_confirm(sk);
		new_octets_acked(sk, ack, opt);
	} else if (tp->timer_use == KITE_TIMER_PROBE) {
		/* The peer lives; the pause starts over when it opens. */
		if (tp->snd_wnd) {
			tp->backoff = 0;
			tp->retrans_start = 0;
			tp->timer_use = KITE_TIMER_IDLE;
		}
	} else if (tp->sack_ok) {
		if (unlikely(tp->rack.tlp != KITE_TLP_NONE) && repeated && !opt->n_sacks)
			kite_tlp_repeated(tp);
		take_reports(sk, opt, ack);
	} else if (repeated && kite_tcp_flight(tp)) {
		kite_recovery_dupack(sk);
	}
	if (unlikely(cb->flags & KITE_TCP_ECE) && tp->ecn)
		tp->tally.delivered_ce += tp->tally.delivered - delivered;
	return true;
}

/*
 * How long the handshake's round trip took, µs; 0 = nobody knows. Of a SYN that was sent again
 * the timestamp tells, unless it is an earlier one's that is echoed: either a round trip takes
 * so long, or the first answer was lost and the next one is as the first was.
 */
static u32 handshake_rtt_us(const struct kite_tcp_sock *tp,
			    const struct kite_tcp_options *opt)
{
	u64 now_us = kite_tcp_clock_us();
	u32 last_us = (u32)now_us - tp->syn_us, rtt_us;

	if (!tp->total_retrans)
		return tp->syn_us ? last_us : 0;
	rtt_us = kite_tcp_ts_rtt_us(&tp->ts, opt, now_us);
	return tp->syn_us && rtt_us > last_us + KITE_SYN_PAUSE_US ? 0 : rtt_us;
}

/**
 * kite_tcp_handshake_done() - our SYN was acknowledged, and we have the peer's
 * @sk: the connection; mss_clamp and the window scales are agreed upon
 * @skb: the segment with the acknowledgment
 * @opt: its options
 *
 * Context: socket lock held.
 */
void kite_tcp_handshake_done(struct sock *sk, const struct sk_buff *skb,
			     const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 win = ntohs(tcp_hdr(skb)->window);
	u32 rtt_us;

	if (!(cb->flags & KITE_TCP_SYN))
		win <<= tp->snd_wscale;
	tp->snd_wnd = win;
	/* When both opened at once there was one with the SYN. */
	tp->max_window = max(tp->max_window, win);
	tp->snd_wl1 = cb->seq;
	tp->last_rcv = jiffies;
	WRITE_ONCE(sk->sk_err_soft, 0);

	tp->backoff = 0;
	tp->retransmits = 0;
	tp->retrans_start = 0;
	kite_tally_recovered(&tp->tally);
	WRITE_ONCE(tp->snd_una, cb->ack_seq);
	tp->bytes_acked = 0;
	tp->tally.delivered = 1;	/* the SYN */
	/* Keys of SO_TIMESTAMPING, if it is set already, count from the first octet on. */
	atomic_set(&sk->sk_tskey, 0);
	tp->snd_sml = tp->snd_una;
	kite_tcp_arm_rtx(sk, KITE_TIMER_IDLE, 0);

	kite_tcp_mss_init(sk);
	/* Now there is a route, which has a say in the least timeout. */
	tp->delack_max = kite_tcp_delack_max(sk);
	rtt_us = handshake_rtt_us(tp, opt);
	if (rtt_us)
		kite_tcp_rtt_sample(sk, rtt_us, false);
	else if (tp->total_retrans)
		tp->rto = KITE_RTO_RESENT;
	kite_cong_start(tp);
	kite_cong_pace(sk);
	kite_recovery_init(tp);
	kite_rcvbuf_init(tp);
	grow_sndbuf(sk);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		kite_tcp_arm_keepalive(sk);
}
