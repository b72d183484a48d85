// SPDX-License-Identifier: GPL-2.0
/*
 * Each packet pushes the moment from which on the next one may leave further into the
 * future, by the time that it takes at the pace of the connection. Only new data and what is
 * sent again because it was lost wait for that; a probe, a lone acknowledgment and what a
 * timeout sends do not. Few connections are paced, so the timer is not part of the socket.
 */
#include "pacing.h"

#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "cong.h"
#include "recovery.h"
#include "timer.h"

/**
 * struct kite_pacer - the pace of one connection
 * @timer: runs while something waits, with a reference to the socket
 * @sk: the connection
 * @next_ns: nothing leaves before, CLOCK_MONOTONIC ns
 *
 * Made when the first packet leaves at a pace, lives as long as the socket. Under the
 * socket lock.
 */
struct kite_pacer {
	struct hrtimer	timer;
	struct sock	*sk;
	u64		next_ns;
};

static enum hrtimer_restart pacing_timer_fn(struct hrtimer *timer)
{
	struct kite_pacer *pacer = container_of(timer, struct kite_pacer, timer);

	kite_tcp_run_or_defer(pacer->sk, KITE_DEFER_PACED);
	return HRTIMER_NORESTART;
}

/* The connection's pacer, or NULL without memory. */
static struct kite_pacer *pacer_of(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_pacer *pacer = tp->pacer;

	if (likely(pacer))
		return pacer;
	pacer = kzalloc(sizeof(*pacer), GFP_ATOMIC | __GFP_NOWARN);
	if (!pacer)
		return NULL;
	hrtimer_setup(&pacer->timer, pacing_timer_fn, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_PINNED_SOFT);
	pacer->sk = sk;
	tp->pacer = pacer;
	return pacer;
}

/**
 * __kite_pacing_waits() - whether it is too early for a paced connection's next packet
 * @sk: the connection
 *
 * Context: socket lock held.
 * Return: as kite_pacing_waits().
 */
bool __kite_pacing_waits(struct sock *sk)
{
	struct kite_pacer *pacer = kite_tcp_sk(sk)->pacer;

	if (!pacer || ktime_get_ns() >= pacer->next_ns)
		return false;
	if (!hrtimer_is_queued(&pacer->timer)) {
		sock_hold(sk);
		hrtimer_start(&pacer->timer, ns_to_ktime(pacer->next_ns),
			      HRTIMER_MODE_ABS_PINNED_SOFT);
	}
	return true;
}

/**
 * __kite_pacing_sent() - a packet of a paced connection has left
 * @sk: the connection
 * @len: octets of data in it
 *
 * What the timer was late, up to half of a packet's time, is made up for. Where there is
 * no memory for a pacer the next packet does not wait.
 *
 * Context: socket lock held.
 */
void __kite_pacing_sent(struct sock *sk, unsigned int len)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	struct kite_pacer *pacer;
	u64 now, took;

	if (!rate || rate == ~0UL)
		return;
	pacer = pacer_of(sk);
	if (!pacer)
		return;
	took = div64_ul((u64)len * NSEC_PER_SEC, rate);
	now = ktime_get_ns();
	if (pacer->next_ns < now)
		pacer->next_ns = now - min(now - pacer->next_ns, took / 2);
	pacer->next_ns += took;
}

/**
 * kite_pacing_millisecond() - how much a connection should send in a millisecond, or what
 * sk_pacing_shift says
 * @sk: the connection; where nobody paces it, sk_pacing_rate is not kept
 *
 * Context: socket lock held.
 * Return: octets.
 */
unsigned long kite_pacing_millisecond(const struct sock *sk)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE ?
			     kite_cong_pacing_rate(sk) : READ_ONCE(sk->sk_pacing_rate);

	return rate >> READ_ONCE(sk->sk_pacing_shift);
}

/**
 * kite_pacing_burst() - how much may leave as one packet (twin of tcp_tso_autosize())
 * @sk: the connection
 *
 * What takes a millisecond, so that there is a pace at all, but net.ipv4.tcp_min_tso_segs at
 * least; and to somebody near (net.ipv4.tcp_tso_rtt_log) as much more as half of all that can
 * be, or a quarter, and so on.
 *
 * Context: socket lock held.
 * Return: octets.
 */
u32 kite_pacing_burst(const struct sock *sk)
{
	const struct net *net = sock_net(sk);
	u32 least = READ_ONCE(net->ipv4.sysctl_tcp_min_tso_segs) * kite_tcp_sk(sk)->mss;
	u32 distance = kite_pacing_distance(sk);
	unsigned long burst = kite_pacing_millisecond(sk);

	if (distance < BITS_PER_TYPE(u32))
		burst += READ_ONCE(sk->sk_gso_max_size) >> distance;
	return clamp_t(unsigned long, burst, least, INT_MAX);
}

/**
 * kite_pacing_expired() - what waited may leave
 * @sk: the connection
 *
 * Context: socket lock held, BH disabled.
 */
void kite_pacing_expired(struct sock *sk)
{
	if (!kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_SYN_SENT | TCPF_SYN_RECV |
				   TCPF_LISTEN))
		kite_recovery_send(sk);
}

/**
 * kite_pacing_stop() - nothing waits any more
 * @tp: the connection
 *
 * A handler that runs already finds nothing to do.
 *
 * Context: socket lock held.
 */
void kite_pacing_stop(struct kite_tcp_sock *tp)
{
	if (tp->pacer && hrtimer_try_to_cancel(&tp->pacer->timer) == 1)
		__sock_put(&tp->ks.sk);
}
