// SPDX-License-Identifier: GPL-2.0
#include "chrono.h"

#include "cong.h"
#include "output.h"
#include "recovery.h"

/* Let another hand run. */
static void run(struct kite_chrono *c, enum kite_chrono_hand hand)
{
	kite_chrono_idle(c);
	c->since = jiffies;
	c->hand = hand;
}

/**
 * kite_chrono_begin() - something takes up the sender's time (twin of tcp_chrono_start())
 * @sk: the connection
 * @hand: what; nothing changes while what goes before it does so already
 *
 * Context: socket lock held.
 */
void kite_chrono_begin(struct sock *sk, enum kite_chrono_hand hand)
{
	struct kite_chrono *c = &kite_tcp_sk(sk)->chrono;

	if (hand > c->hand)
		run(c, hand);
}

/**
 * kite_chrono_end() - something does not hold the sender up any more (twin of tcp_chrono_stop())
 * @sk: the connection
 * @hand: what, if it did; while anything is outstanding or waits, it is busy then
 *
 * Context: socket lock held.
 */
void kite_chrono_end(struct sock *sk, enum kite_chrono_hand hand)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!kite_tcp_flight(tp) && !kite_tcp_send_pending(sk))
		kite_chrono_idle(&tp->chrono);
	else if (tp->chrono.hand == hand)
		run(&tp->chrono, KITE_CHRONO_BUSY);
}

/**
 * kite_chrono_waits() - something could not be sent
 * @sk: the connection
 * @skb: it; the first that was never sent
 *
 * Because of the peer's window, if the congestion window would let more of it out, and nothing
 * that is lost goes first.
 *
 * Context: socket lock held.
 */
void kite_chrono_waits(struct sock *sk, const struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	s64 window = (s32)(kite_tcp_wnd_end(tp) - tp->snd_nxt);

	if (window < skb->len && window < kite_recovery_room(tp) && !tp->board.lost)
		kite_chrono_begin(sk, KITE_CHRONO_RWND);
	else
		kite_chrono_end(sk, KITE_CHRONO_RWND);
}

/**
 * kite_chrono_all_sent() - nothing is left to be sent
 * @sk: the connection, whose user waits for room in the send buffer
 *
 * If the congestion window had let more out, a larger buffer would have held it.
 *
 * Context: socket lock held.
 */
void kite_chrono_all_sent(struct sock *sk)
{
	if (kite_tcp_is_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) &&
	    !kite_cong_is_limit(kite_tcp_sk(sk)))
		kite_chrono_begin(sk, KITE_CHRONO_SNDBUF);
}

/**
 * kite_chrono_us() - how long the sender has done something
 * @sk: the connection
 * @hand: what
 *
 * Context: socket lock held.
 * Return: µs.
 */
u64 kite_chrono_us(const struct sock *sk, enum kite_chrono_hand hand)
{
	const struct kite_chrono *c = &kite_tcp_sk(sk)->chrono;
	u64 spent = c->spent[hand - 1];

	if (c->hand == hand)
		spent += (u32)jiffies - c->since;
	return spent * (USEC_PER_SEC / HZ);
}
