// SPDX-License-Identifier: GPL-2.0
#include "input.h"

#include "../observe/counters.h"
#include "ack.h"
#include "connect.h"
#include "ecn.h"
#include "options.h"
#include "output.h"
#include "receive.h"
#include "recovery.h"
#include "reply.h"
#include "sock.h"
#include "state.h"
#include "stray.h"
#include "timewait.h"
#include "urgent.h"

/* Drop a segment that its state does not expect. */
static void bad_state(struct sock *sk, struct sk_buff *skb)
{
	kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_InBadState);
}

/* The connection ended before its time: RFC 9293 3.10.7.4 second step. */
static void reset(struct sock *sk)
{
	kite_tcp_fail(sk, sk->sk_state == TCP_CLOSE_WAIT ? EPIPE : ECONNRESET);
}

/* The peer has sent its FIN. */
static bool peer_has_closed(const struct sock *sk)
{
	return kite_tcp_is_state(sk, TCPF_CLOSE_WAIT | TCPF_CLOSING |
				 TCPF_LAST_ACK);
}

/*
 * Whether a RST comes from the peer and not from somebody who guesses, RFC 5961
 * 3.2. The peer need not know yet that something it sent before got lost; and some stacks do
 * not count the FIN that they sent before it.
 */
static bool is_reset(const struct sock *sk, const struct kite_tcp_cb *cb)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 expected = tp->rcv_nxt;

	return cb->flags & KITE_TCP_RST &&
	       (cb->seq == expected || cb->seq == kite_sack_end(tp) ||
		(cb->seq + 1 == expected && peer_has_closed(sk)));
}

/*
 * PAWS, RFC 7323 5: whether a segment is of another time, though its sequence number
 * may fit. An acknowledgment that says nothing new was overtaken on the way, and does no
 * harm; nor does a reset, whose sender may not know the connection any more.
 */
static bool is_old(const struct kite_tcp_sock *tp, const struct sk_buff *skb,
		   const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	if (!tp->ts.ok || !opt->ts_ok || cb->flags & KITE_TCP_RST ||
	    !kite_tcp_ts_is_old(&tp->ts, opt->tsval, 1))
		return false;
	return !(cb->flags & KITE_TCP_ACK && cb->seq == cb->end_seq &&
		 cb->seq == tp->rcv_nxt && cb->ack_seq == tp->snd_una &&
		 !kite_tcp_tells_window(tp, skb) &&
		 !kite_tcp_ts_is_old(&tp->ts, opt->tsval,
				     jiffies_to_msecs(tp->rto)));
}

/* Say what we expect to who sent something else, unless we did just now. */
static void answer_stray(struct sock *sk, const struct sk_buff *skb,
			 enum kite_counter skipped)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (cb->flags & KITE_TCP_SYN) {
		kite_tcp_send_challenge_ack(sk);
		return;
	}
	if (kite_stray_limited(sock_net(sk), skb, &tp->last_challenge, skipped))
		return;
	if (cb->seq != cb->end_seq && kite_before(cb->seq, tp->rcv_nxt))
		kite_sack_duplicate(tp, cb->seq,
				    kite_before(cb->end_seq, tp->rcv_nxt) ?
				    cb->end_seq : tp->rcv_nxt);
	kite_tcp_send_ack(sk);
}

/*
 * First, second and fourth step: timestamp, sequence number, RST, SYN. With RFC 5961 a RST
 * counts only at the very octet expected, or behind all that is here, and a SYN never; both get
 * a challenge.
 * Returns false, and has consumed the segment, when it is not acceptable.
 */
static bool acceptable(struct sock *sk, struct sk_buff *skb,
		       const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct net *net = sock_net(sk);

	if (!(cb->flags & (KITE_TCP_ACK | KITE_TCP_RST | KITE_TCP_SYN))) {
		bad_state(sk, skb);
		return false;
	}
	if (is_reset(sk, cb)) {
		reset(sk);
		bad_state(sk, skb);
		return false;
	}
	if (is_old(tp, skb, opt)) {
		answer_stray(sk, skb, KITE_CNT_TcpExt_TCPACKSkippedPAWS);
		kite_drop(net, skb, KITE_CNT_TcpExt_PAWSEstab);
		return false;
	}
	if (kite_before(cb->end_seq, tp->rcv_wup) ||
	    kite_after(cb->seq, tp->rcv_nxt + kite_tcp_rcv_window(tp))) {
		if (!(cb->flags & KITE_TCP_RST))
			answer_stray(sk, skb, KITE_CNT_TcpExt_TCPACKSkippedSeq);
		kite_drop(net, skb, KITE_CNT_TcpExt_InOutOfWindow);
		return false;
	}
	/* A simultaneous open ends with the peer's SYN-ACK. */
	if (sk->sk_state == TCP_SYN_RECV &&
	    (cb->flags & (KITE_TCP_ACK | KITE_TCP_RST)) == KITE_TCP_ACK &&
	    cb->seq + 1 == tp->rcv_nxt && cb->end_seq == tp->rcv_nxt &&
	    cb->ack_seq == tp->snd_nxt)
		return true;
	if (cb->flags & (KITE_TCP_RST | KITE_TCP_SYN)) {
		kite_tcp_send_challenge_ack(sk);
		bad_state(sk, skb);
		return false;
	}
	return true;
}

/* SYN-RECEIVED, fifth step. False when the segment was consumed. */
static bool syn_recv_ack(struct sock *sk, struct sk_buff *skb,
			 const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (cb->ack_seq != tp->snd_nxt) {
		kite_tcp_reply_reset(sock_net(sk), sk, skb,
				     KITE_CNT_TcpExt_InBadState);
		return false;
	}
	kite_tcp_handshake_done(sk, skb, opt);
	kite_tcp_set_state(sk, TCP_ESTABLISHED);
	if (tp->fin_queued)
		kite_tcp_set_state(sk, TCP_FIN_WAIT1);
	sk->sk_state_change(sk);
	/* A child has no file yet, and nobody to tell. */
	if (sk->sk_socket)
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	/* shutdown() before there was a connection ends one that is answered. */
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		kite_tcp_shutdown(sk, SEND_SHUTDOWN);
	return true;
}

/* Our FIN is acknowledged. False when the connection has ended with that. */
static bool fin_acked(struct sock *sk, const struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	switch (sk->sk_state) {
	case TCP_FIN_WAIT1:
		kite_tcp_set_state(sk, TCP_FIN_WAIT2);
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
		if (!sock_flag(sk, SOCK_DEAD)) {
			sk->sk_state_change(sk);
			return true;
		}
		/* What comes with it is looked at first. */
		if (cb->seq != cb->end_seq)
			return true;
		kite_tcp_leave_fin_wait2(sk);
		return false;
	case TCP_CLOSING:
		kite_tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		return false;
	case TCP_LAST_ACK:
		kite_tcp_done(sk);
		return false;
	}
	return true;
}

/*
 * Data for a connection whose receiving side was closed: nobody reads it. A FIN
 * beyond a gap tells of such data, too. After the peer's FIN this is data where the
 * FIN was; what lies beyond it is ignored.
 */
static bool nobody_reads(const struct sock *sk, const struct kite_tcp_cb *cb)
{
	u32 end = cb->end_seq - !!(cb->flags & KITE_TCP_FIN);
	u32 expected = kite_tcp_sk(sk)->rcv_nxt;

	if (!(sk->sk_shutdown & RCV_SHUTDOWN) || cb->seq == cb->end_seq ||
	    !kite_after(end, expected))
		return false;
	return kite_tcp_is_state(sk, TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2) ||
	       (peer_has_closed(sk) && kite_before(cb->seq, expected));
}

/* Seventh and eighth step: data and FIN. */
static void take_data(struct sock *sk, struct sk_buff *skb,
		      const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct net *net = sock_net(sk);

	if (nobody_reads(sk, cb)) {
		kite_count(net, KITE_CNT_TcpExt_TCPAbortOnData);
		reset(sk);
		kite_tcp_reply_reset(net, sk, skb, KITE_CNT_TcpExt_InBadState);
		return;
	}
	/* After the peer's FIN there is nothing new, only the old again. */
	if (peer_has_closed(sk) &&
	    kite_after(cb->end_seq, kite_tcp_sk(sk)->rcv_nxt)) {
		bad_state(sk, skb);
		return;
	}
	kite_ecn_rcv(kite_tcp_sk(sk), skb);
	kite_tcp_receive(sk, skb, opt);
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD)) {
		kite_tcp_answer(sk);
		kite_tcp_leave_fin_wait2(sk);
	}
}

/**
 * kite_tcp_do_rcv() - process a segment (proto.backlog_rcv)
 * @sk: the connection
 * @skb: the segment, data at its header; consumed
 *
 * Context: socket lock held; BH disabled, or process context with the socket
 * owned (backlog).
 * Return: 0.
 */
int kite_tcp_do_rcv(struct sock *sk, struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_options opt;

	kite_tally_received(&tp->tally, skb);
	switch (sk->sk_state) {
	case TCP_CLOSE:
		kite_tcp_closed_rcv(sk, skb);
		return 0;
	case TCP_LISTEN:
		bad_state(sk, skb);
		return 0;
	case TCP_SYN_SENT:
		kite_tcp_syn_sent_rcv(sk, skb);
		return 0;
	}

	kite_tcp_options_read(skb, &opt);
	if (!acceptable(sk, skb, &opt))
		return 0;
	tp->last_rcv = jiffies;

	if (sk->sk_state == TCP_SYN_RECV) {
		if (!syn_recv_ack(sk, skb, &opt))
			return 0;
		if (cb->flags & KITE_TCP_SYN) {
			/* A SYN-ACK; the handshake's last ACK is for it. */
			kite_tcp_ts_update(&tp->ts, &opt);
			kite_tcp_send_ack(sk);
			goto consumed;
		}
	} else if (!kite_tcp_ack(sk, skb, &opt)) {
		kite_drop(sock_net(sk), skb, KITE_CNT_TcpExt_InOutOfWindow);
		return 0;
	}
	if (!kite_after(cb->seq, tp->rcv_wup))
		kite_tcp_ts_update(&tp->ts, &opt);
	if (kite_tcp_fin_acked(tp) && !fin_acked(sk, skb)) {
		consume_skb(skb);
		return 0;
	}

	kite_urgent_rcv(sk, skb);
	take_data(sk, skb, &opt);
	/* What the acknowledgment freed, and the data did not need. */
	sk_mem_reclaim(sk);
	if (sk->sk_state == TCP_CLOSE)
		return 0;
	kite_recovery_send(sk);
	kite_tcp_answer(sk);
	return 0;

consumed:
	consume_skb(skb);
	kite_recovery_send(sk);
	return 0;
}
