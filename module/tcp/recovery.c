// SPDX-License-Identifier: GPL-2.0
#include "recovery.h"

#include "cong.h"
#include "output.h"

/* Duplicate acknowledgments that make a loss, RFC 5681 3.2. */
#define KITE_DUPACK_THRESHOLD	3

/**
 * kite_recovery_init() - nothing is lost yet
 * @tp: the connection; snd_una is set
 */
void kite_recovery_init(struct kite_tcp_sock *tp)
{
	tp->loss = KITE_LOSS_NONE;
	tp->dupacks = 0;
	tp->recover = tp->snd_una;
	tp->rtx_nxt = tp->snd_una;
}

/**
 * kite_recovery_room() - how much the congestion window lets out now
 * @tp: the connection
 *
 * After a timeout everything from rtx_nxt to recover is believed lost, so it is
 * not in flight. The first two duplicate acknowledgments each let out one
 * segment more (RFC 3042).
 *
 * Return: octets.
 */
u32 kite_recovery_room(const struct kite_tcp_sock *tp)
{
	u32 flight = kite_tcp_flight(tp);
	u32 cwnd = tp->cwnd;

	if (tp->loss == KITE_LOSS_RTO && kite_before(tp->rtx_nxt, tp->recover))
		flight -= tp->recover - tp->rtx_nxt;
	else if (tp->loss == KITE_LOSS_NONE)
		cwnd += min_t(u8, tp->dupacks, KITE_DUPACK_THRESHOLD - 1) *
			tp->mss;
	return cwnd > flight ? cwnd - flight : 0;
}

/* Send again what the timeout made lost, as far as the window allows. */
static void resend_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	while (kite_before(tp->rtx_nxt, tp->recover) &&
	       kite_recovery_room(tp) >= tp->mss) {
		u32 end;

		if (kite_tcp_retransmit(sk, tp->rtx_nxt, &end))
			break;
		tp->rtx_nxt = end;
	}
}

/**
 * kite_recovery_acked() - new octets were acknowledged
 * @sk: the connection; snd_una has moved
 * @acked: so many
 *
 * Context: socket lock held.
 */
void kite_recovery_acked(struct sock *sk, u32 acked)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 end;

	tp->dupacks = 0;
	switch (tp->loss) {
	case KITE_LOSS_NONE:
		kite_cong_acked(tp, acked);
		break;

	case KITE_LOSS_FAST:
		if (!kite_before(tp->snd_una, tp->recover)) {
			tp->loss = KITE_LOSS_NONE;
			tp->cwnd = min(tp->ssthresh,
				       max_t(u32, kite_tcp_flight(tp), tp->mss) +
				       tp->mss);
			break;
		}
		/* A partial acknowledgment points at the next hole. */
		tp->cwnd -= min(tp->cwnd - 1, acked);
		tp->cwnd += tp->mss;
		kite_tcp_retransmit(sk, tp->snd_una, &end);
		break;

	case KITE_LOSS_RTO:
		kite_cong_acked(tp, acked);
		if (!kite_before(tp->snd_una, tp->recover)) {
			tp->loss = KITE_LOSS_NONE;
			break;
		}
		if (kite_before(tp->rtx_nxt, tp->snd_una))
			tp->rtx_nxt = tp->snd_una;
		break;
	}
}

/**
 * kite_recovery_dupack() - the peer got something, but not what is due
 * @sk: the connection
 *
 * RFC 6582 3.2 step 1: acknowledgments for what was outstanding at the last
 * loss do not start another recovery.
 *
 * Context: socket lock held.
 */
void kite_recovery_dupack(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 end;

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
	    kite_before(tp->snd_una, tp->recover))
		return;

	kite_cong_loss(tp);
	tp->recover = tp->snd_nxt;
	tp->loss = KITE_LOSS_FAST;
	kite_tcp_retransmit(sk, tp->snd_una, &end);
	tp->cwnd = tp->ssthresh + KITE_DUPACK_THRESHOLD * tp->mss;
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
	u32 end;

	if (tp->loss != KITE_LOSS_RTO)
		kite_cong_loss(tp);
	kite_cong_timeout(tp);
	tp->loss = KITE_LOSS_RTO;
	tp->dupacks = 0;
	tp->recover = tp->snd_nxt;
	tp->rtx_nxt = tp->snd_una;
	if (!kite_tcp_retransmit(sk, tp->snd_una, &end))
		tp->rtx_nxt = end;
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
	if (kite_tcp_sk(sk)->loss == KITE_LOSS_RTO)
		resend_lost(sk);
	kite_tcp_push(sk);
}
