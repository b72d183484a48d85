// SPDX-License-Identifier: GPL-2.0
#include "state.h"

#include <net/xfrm.h>

#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../port/ehash.h"
#include "../port/port.h"
#include "memory.h"
#include "receive.h"
#include "timer.h"

/**
 * kite_tcp_unhash() - nobody shall find this connection any more
 * @sk: the socket
 *
 * Context: socket lock held, BH disabled or not.
 */
void kite_tcp_unhash(struct sock *sk)
{
	if (kite_ehash_hashed(sk))
		kite_ehash_remove(sk);
}

/**
 * kite_tcp_set_state() - the one place where a full socket changes its state
 * @sk: the socket
 * @state: TCP_*
 *
 * Which event leads from which state to which is in docs/tcp-states.md. A socket
 * that becomes TCP_CLOSE leaves the established table, and its port unless
 * bind() took it. One that was not there yet has attempted nothing: it found no
 * port, or another took its place first.
 *
 * Context: socket lock held.
 */
void kite_tcp_set_state(struct sock *sk, int state)
{
	int old = sk->sk_state;

	if (state == TCP_CLOSE) {
		if (old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT)
			kite_count(sock_net(sk), KITE_CNT_Tcp_EstabResets);
		else if ((old == TCP_SYN_SENT || old == TCP_SYN_RECV) && kite_ehash_hashed(sk))
			kite_count(sock_net(sk), KITE_CNT_Tcp_AttemptFails);
		sk->sk_prot->unhash(sk);
		if (kite_sk(sk)->bucket &&
		    !(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			kite_put_port(sk);
	}
	trace_kite_sock_state(sk, old, state);
	/* Whoever reads the state without the lock sees what led to it. */
	smp_store_release(&sk->sk_state, state);
}

/**
 * kite_tcp_purge_send() - forget everything that was to be sent
 * @sk: the socket
 *
 * Context: socket lock held.
 */
void kite_tcp_purge_send(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = kite_tcp_rtx_head(sk))) {
		rb_erase(&skb->rbnode, &sk->tcp_rtx_queue);
		kite_tcp_free_queued(sk, skb);
	}
	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		kite_tcp_free_queued(sk, skb);
	sk_mem_reclaim(sk);
	tp->loss = KITE_LOSS_NONE;
	kite_scoreboard_init(tp);
	kite_chrono_idle(&tp->chrono);
	tp->timer_use = KITE_TIMER_IDLE;
}

/**
 * kite_tcp_destroy() - let go of a closed socket that has no file
 * @sk: TCP_CLOSE and SOCK_DEAD
 *
 * Gives up the reference that the socket was made with: it is gone with the
 * last timer or reader that still holds one.
 *
 * Context: socket lock held; BH disabled.
 */
void kite_tcp_destroy(struct sock *sk)
{
	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	WARN_ON_ONCE(kite_ehash_hashed(sk));

	sk->sk_prot->destroy(sk);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	sock_put(sk);
}

/**
 * kite_tcp_done() - a connection has ended
 * @sk: the socket
 *
 * What was received can still be read.
 *
 * Context: socket lock held; BH disabled.
 */
void kite_tcp_done(struct sock *sk)
{
	kite_tcp_set_state(sk, TCP_CLOSE);
	kite_tcp_stop_timers(sk);
	kite_tcp_purge_send(sk);
	kite_tcp_purge_ooo(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);

	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	else
		kite_tcp_destroy(sk);
}

/**
 * kite_tcp_fail() - a connection has ended for a reason the user must hear
 * @sk: the socket
 * @err: positive errno for SO_ERROR
 *
 * Context: socket lock held; BH disabled.
 */
void kite_tcp_fail(struct sock *sk, int err)
{
	bool dead = sock_flag(sk, SOCK_DEAD);

	WRITE_ONCE(sk->sk_err, err);
	/* Pairs with poll(), which looks at sk_err last. */
	smp_wmb();
	kite_tcp_done(sk);
	/* Whoever is woken finds error and end together. */
	if (!dead)
		sk_error_report(sk);
}
