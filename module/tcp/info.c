// SPDX-License-Identifier: GPL-2.0
#include "info.h"

#include "cong.h"
#include "request.h"
#include "timer.h"
#include "timewait.h"
#include "tso.h"
#include "user.h"

/* Without a limit all bits are set, however long a word is. */
static u64 to_rate(unsigned long rate)
{
	return rate == ~0UL ? ~0ULL : rate;
}

/* Data sent, whatever was sent again among it. SYN and FIN are no data. */
static u64 octets_sent(const struct kite_tcp_sock *tp)
{
	if (!tp->tally.data_segs_out)
		return 0;
	return tp->bytes_acked + kite_tcp_flight(tp) -
		kite_tcp_fin_sent(tp) +
		tp->tally.octets_again;
}

/*
 * Segments under way again. Those that a loss made necessary stand before rtx_nxt; whoever
 * asks pays for the walk, not each segment.
 */
static u32 segments_again(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb;
	u32 segs = 0;

	if (tp->loss == KITE_LOSS_NONE)
		return 0;
	skb_rbtree_walk(skb, &sk->tcp_rtx_queue) {
		const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		if (!kite_before(cb->seq, tp->rtx_nxt))
			return segs;
		if (cb->retrans && !cb->sacked)
			segs += kite_tcp_segments(cb, cb->end_seq - cb->seq);
	}
	if (tp->fin_alone && !kite_tcp_fin_acked(tp) &&
	    kite_after(tp->rtx_nxt, tp->write_seq))
		segs++;
	return segs;
}

/**
 * kite_tcp_get_info() - fill in struct tcp_info
 * @sk: the socket
 * @info: all of it is written
 *
 * Windows and what is outstanding are counted in segments there, and in octets
 * here.
 *
 * Context: process, socket lock held.
 */
void kite_tcp_get_info(const struct sock *sk, struct tcp_info *info)
{
	static const u8 ca_state[] = {
		[KITE_LOSS_NONE]	= TCP_CA_Open,
		[KITE_LOSS_FAST]	= TCP_CA_Recovery,
		[KITE_LOSS_RTO]		= TCP_CA_Loss,
		[KITE_LOSS_PROBE]	= TCP_CA_Loss,
	};
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct kite_tcp_tally *tally = &tp->tally;
	u32 mss = max_t(u32, tp->mss, 1);
	bool agreed;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		/* As AF_INET has it: queue length and its limit. */
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}

	info->tcpi_ca_state	= ca_state[tp->loss];
	info->tcpi_retransmits	= tp->retransmits;
	info->tcpi_probes	= tp->probes_out;
	info->tcpi_backoff	= tp->backoff;
	/* Until the peer has answered these are what we would like to have. */
	agreed = sk->sk_state != TCP_SYN_SENT;
	if (agreed && tp->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = tp->snd_wscale;
		info->tcpi_rcv_wscale = tp->rcv_wscale;
	}
	if (agreed && tp->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (agreed && tp->ts.ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (tp->ecn)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (tp->ecn & KITE_ECN_SEEN)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	info->tcpi_rto		= jiffies_to_usecs(tp->rto);
	info->tcpi_ato		= jiffies_to_usecs(tp->delack_max);
	info->tcpi_snd_mss	= tp->mss;
	info->tcpi_rcv_mss	= tp->rcv_mss;
	info->tcpi_unacked	= DIV_ROUND_UP(kite_tcp_flight(tp), mss);
	info->tcpi_sacked	= DIV_ROUND_UP(tp->board.sacked, mss);
	info->tcpi_lost		= DIV_ROUND_UP(tp->board.lost, mss);
	info->tcpi_retrans	= segments_again(sk);
	info->tcpi_last_data_sent = jiffies_to_msecs((u32)jiffies - tp->last_sent);
	info->tcpi_last_data_recv = jiffies_to_msecs((u32)jiffies - tp->last_rcv);
	info->tcpi_last_ack_recv = info->tcpi_last_data_recv;
	info->tcpi_pmtu		= tp->pmtu;
	info->tcpi_rcv_ssthresh	= tp->window_clamp;
	info->tcpi_rtt		= tp->srtt_us >> 3;
	info->tcpi_rttvar	= tp->rttvar_us >> 2;
	info->tcpi_snd_ssthresh	= kite_cong_slow_start_forever(tp) ?
				  TCP_INFINITE_SSTHRESH : tp->ssthresh / mss;
	info->tcpi_snd_cwnd	= max_t(u32, tp->cwnd / mss, 1);
	info->tcpi_advmss	= tp->advmss;
	info->tcpi_reordering	= 3;
	info->tcpi_rcv_rtt	= tp->rcvbuf.rtt_us;
	info->tcpi_rcv_space	= tp->rcvbuf.most;
	info->tcpi_total_retrans = tp->total_retrans;
	info->tcpi_notsent_bytes = max_t(s32, tp->write_seq - tp->snd_nxt, 0);
	info->tcpi_snd_wnd	= tp->snd_wnd;
	info->tcpi_bytes_acked	= tp->bytes_acked;
	info->tcpi_bytes_received = tally->octets_in;
	info->tcpi_bytes_sent	= octets_sent(tp);
	info->tcpi_bytes_retrans = tally->octets_again;
	info->tcpi_segs_out	= tally->segs_out;
	info->tcpi_segs_in	= tally->segs_in;
	info->tcpi_data_segs_out = tally->data_segs_out;
	info->tcpi_data_segs_in	= tally->data_segs_in;
	info->tcpi_min_rtt	= tp->least.us;
	info->tcpi_delivered	= tally->delivered;
	info->tcpi_delivered_ce	= tally->delivered_ce;
	info->tcpi_reord_seen	= tally->late;
	info->tcpi_dsack_dups	= tally->dsacks;
	info->tcpi_rcv_ooopack	= tally->ooo;
	info->tcpi_rwnd_limited	= kite_chrono_us(sk, KITE_CHRONO_RWND);
	info->tcpi_sndbuf_limited = kite_chrono_us(sk, KITE_CHRONO_SNDBUF);
	info->tcpi_busy_time	= kite_chrono_us(sk, KITE_CHRONO_BUSY) +
				  info->tcpi_rwnd_limited + info->tcpi_sndbuf_limited;
	info->tcpi_delivery_rate = kite_rate(tp);
	info->tcpi_delivery_rate_app_limited = tp->rate.idle;
	kite_tcp_info_set_rcv_wnd(info, tp->rcv_wnd);
	kite_tcp_info_set_timeouts(info, tally->timeouts, tally->timeout_runs,
				   kite_tally_timeout_ms(tally));
	info->tcpi_pacing_rate	= to_rate(kite_cong_pacing_rate(sk));
	info->tcpi_max_pacing_rate = to_rate(READ_ONCE(sk->sk_max_pacing_rate));
}

/* Values of the column tr. */
enum {
	KITE_LISTED_RTX		= 1,
	KITE_LISTED_KEEPALIVE	= 2,
	KITE_LISTED_TIMEWAIT	= 3,
	KITE_LISTED_PROBE	= 4,
};

/* Which of its timers comes next to matter. */
static void describe_timer(const struct kite_tcp_sock *tp,
			   struct kite_listing_row *row)
{
	const struct sock *sk = &tp->ks.sk;

	row->expires = jiffies +
		       (s32)(READ_ONCE(tp->rtx_expires) - (u32)jiffies);
	switch (READ_ONCE(tp->timer_use)) {
	case KITE_TIMER_RTO:
	case KITE_TIMER_TLP:
		row->timer = KITE_LISTED_RTX;
		return;
	case KITE_TIMER_PROBE:
		row->timer = KITE_LISTED_PROBE;
		return;
	}
	if (timer_pending(&sk->sk_timer)) {
		row->timer = KITE_LISTED_KEEPALIVE;
		row->expires = sk->sk_timer.expires;
	}
}

static void describe_full(const struct sock *sk, struct kite_listing_row *row)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 mss = max_t(u32, READ_ONCE(tp->mss), 1);

	if (READ_ONCE(sk->sk_state) == TCP_LISTEN) {
		row->rx_queue = READ_ONCE(sk->sk_ack_backlog);
	} else {
		row->rx_queue = kite_tcp_inq(sk);
		row->tx_queue = READ_ONCE(tp->write_seq) +
				(tp->fin_queued ? 1 : 0) -
				READ_ONCE(tp->snd_una);
	}
	describe_timer(tp, row);
	row->retrans	= tp->retransmits;
	row->probes	= tp->probes_out;
	row->rto	= tp->rto;
	row->ato	= tp->delack_max;
	row->quick	= tp->quick_acks << 1 | tp->pingpong;
	row->cwnd	= max_t(u32, tp->cwnd / mss, 1);
	row->ssthresh	= kite_cong_slow_start_forever(tp) ? -1 :
			  (int)(tp->ssthresh / mss);
}

/**
 * kite_tcp_describe() - TCP's part of /proc/net/kite/tcp (kite_tcp_describe_t)
 * @sk: full socket or mini-socket, not locked: what is shown may be a moment's
 *	mixture
 * @row: to be filled in
 *
 * Context: process, under RCU.
 */
void kite_tcp_describe(const struct sock *sk, struct kite_listing_row *row)
{
	switch (sk->sk_state) {
	case TCP_TIME_WAIT:
		row->state = READ_ONCE(kite_tw(sk)->substate);
		row->timer = KITE_LISTED_TIMEWAIT;
		row->expires = kite_tw(sk)->timer.expires;
		break;
	case TCP_NEW_SYN_RECV:
		row->state = TCP_SYN_RECV;
		row->timer = KITE_LISTED_RTX;
		row->expires = kite_request(sk)->timer.expires;
		row->retrans = kite_request(sk)->retries;
		row->uid = sock_i_uid(kite_request(sk)->listener);
		break;
	default:
		describe_full(sk, row);
	}
}
