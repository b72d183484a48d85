// SPDX-License-Identifier: GPL-2.0
/*
 * Timer policy. A connection has two timers of its own and sk_timer.
 *
 * rtx_timer	retransmission (RFC 6298), before that a loss probe (RFC 8985), or
 *		persist (RFC 9293 3.8.6.1), never two of them: the first two need
 *		something outstanding, the other nothing.
 *		Armed when the first segment goes out, put off by every
 *		acknowledgment of new data, doubled at each expiry (back_off()).
 * delack_timer	an acknowledgment waits for company, at most 40 ms, and less than the peer's
 *		timeout where that is as short as ours may be.
 * sk_timer	keepalive, RFC 9293 3.8.4, when SO_KEEPALIVE is set.
 * pacer	of those that go at a pace (pacing.c).
 *
 * The first two are lazy: disarming writes a variable, and an expiry that comes
 * too early goes on waiting. A busy connection thus touches the timer wheel once
 * in a round trip or less often, and not with each segment.
 *
 * An expiry that finds the socket in a system call leaves its bit in deferred and
 * its reference for release_sock().
 */
#include "timer.h"

#include "../ip/ip_output.h"
#include "../observe/counters.h"
#include "cong.h"
#include "mss.h"
#include "output.h"
#include "pacing.h"
#include "rack.h"
#include "recovery.h"
#include "rtt.h"
#include "sock.h"
#include "state.h"
#include "tso.h"
#include "tsq.h"

/* Retries that orphans get while the sysctl is 0. */
#define KITE_ORPHAN_RETRIES	8

/* A stream with fewer segments than these under way is thin ... */
#define KITE_THIN_SEGMENTS	4
/* ... and waits no longer for so many timeouts, if it is told so. */
#define KITE_THIN_RETRIES	6

/* Until the next look when this host itself holds a segment up, jiffies. */
#define KITE_RESOURCE_RETRY	(HZ / 2)

/* Run a lazy timer no later than at @when. */
static void arm_lazy(struct sock *sk, struct timer_list *timer,
		     unsigned long when)
{
	if (!timer_pending(timer) || time_before(when, timer->expires))
		sk_reset_timer(sk, timer, when);
}

/* A lazy timer has expired: whether it was too early, and goes on waiting. */
static bool wait_on(struct sock *sk, struct timer_list *timer, u32 when)
{
	s32 left = when - (u32)jiffies;

	if (left <= 0)
		return false;
	arm_lazy(sk, timer, jiffies + left);
	return true;
}

/**
 * kite_tcp_arm_rtx() - (re)start the retransmission timer
 * @sk: the connection
 * @use: what for; KITE_TIMER_IDLE disarms it
 * @in: from now, jiffies
 *
 * Context: socket lock held.
 */
void kite_tcp_arm_rtx(struct sock *sk, enum kite_tcp_timer_use use,
		      unsigned long in)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned long when;

	tp->timer_use = use;
	if (use == KITE_TIMER_IDLE)
		return;
	when = jiffies + in;
	tp->rtx_expires = when;
	arm_lazy(sk, &tp->rtx_timer, when);
}

/**
 * kite_tcp_delay_ack() - see that what was received is acknowledged soon
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void kite_tcp_delay_ack(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned long when = jiffies + tp->delack_max;

	if (tp->ack_pending & KITE_ACK_TIMER)
		return;
	tp->ack_pending |= KITE_ACK_SCHED | KITE_ACK_TIMER;
	tp->delack_expires = when;
	arm_lazy(sk, &tp->delack_timer, when);
}

/* End a connection whose peer does not answer any more. */
static void give_up(struct sock *sk)
{
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPAbortOnTimeout);
	kite_tcp_fail(sk, sk->sk_err_soft ?: ETIMEDOUT);
}

/* How many timeouts in a row this connection bears, of those after which the pause doubles. */
static unsigned int max_retries(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct net *net = sock_net(sk);

	/* In SYN_RECV, too, it is the one who connects: both did at once. */
	if (kite_tcp_is_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		return tp->syn_retries ?:
			READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
	if (sock_flag(sk, SOCK_DEAD))
		return READ_ONCE(net->ipv4.sysctl_tcp_orphan_retries) ?:
			KITE_ORPHAN_RETRIES;
	return READ_ONCE(net->ipv4.sysctl_tcp_retries2);
}

/* What is left of TCP_USER_TIMEOUT since retrans_start, jiffies; LONG_MAX without a limit. */
static long user_patience(const struct kite_tcp_sock *tp)
{
	if (!tp->user_timeout || !tp->retrans_start)
		return LONG_MAX;
	return (long)msecs_to_jiffies(tp->user_timeout) -
	       (s32)((u32)jiffies - tp->retrans_start);
}

/*
 * The timer ran out. The user's patience begins with the first time, however long the pause
 * was until then.
 */
static void patience_begins(struct kite_tcp_sock *tp)
{
	if (!tp->retrans_start)
		tp->retrans_start = (u32)jiffies ?: 1;
}

/* Until the next timeout, which may be the last: jiffies. */
static unsigned long next_timeout(const struct kite_tcp_sock *tp)
{
	return clamp_t(long, user_patience(tp), 1, kite_tcp_rto_backed_off(tp));
}

/*
 * Whether the peer is there, and has taken back the window that what is outstanding was
 * sent into: each timeout is but a probe then. It could say so for ever, which only a
 * connection with an owner bears.
 */
static bool is_held_off(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	return !tp->snd_wnd && !sock_flag(sk, SOCK_DEAD) &&
	       !kite_tcp_is_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) &&
	       (u32)jiffies - tp->last_rcv < 2 * KITE_RTO_MAX;
}

/*
 * Whether an orphan has probed a closed window for as long as it may, with the longest
 * pause between two probes. The peer may answer them all, for ever, but nobody waits for
 * it any more.
 */
static bool orphan_is_too_old(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	return kite_tcp_rto_backed_off(tp) >= KITE_RTO_MAX && tp->backoff >= max_retries(sk);
}

/* What giving up, and SO_ERROR, will tell: without a route, nothing else was the matter. */
static void remember_missing_route(struct sock *sk)
{
	struct kite_route *rt;

	rcu_read_lock();
	rt = kite_sk_route(sk);
	if (IS_ERR(rt))
		WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(rt));
	rcu_read_unlock();
}

/* How long it takes until so many timeouts in a row, and one more, are over: jiffies. */
static unsigned long time_of(const struct kite_tcp_sock *tp, unsigned int timeouts)
{
	unsigned long timeout = tp->rto, sum = timeout;

	while (timeouts--) {
		timeout = min_t(unsigned long, 2 * timeout, KITE_RTO_MAX);
		sum += timeout;
	}
	return sum;
}

/*
 * The last copy of what is oldest still waits in a queue below: no sign of a loss, and
 * another would wait behind it. Soon it may have left, or have been thrown away; but it may
 * wait for ever, and the connection for it no longer than for an answer.
 */
static void wait_below(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	patience_begins(tp);
	if ((u32)jiffies - tp->retrans_start >= time_of(tp, max_retries(sk))) {
		give_up(sk);
		return;
	}
	kite_tcp_arm_rtx(sk, KITE_TIMER_RTO,
			 clamp_t(long, user_patience(tp), 1,
				 min_t(long, tp->rto, KITE_RESOURCE_RETRY)));
}

/* Whether so little is under way that no duplicate acknowledgments could tell of a loss. */
static bool is_thin(const struct sock *sk)
{
	struct sk_buff *skb;
	u32 segs = 0;

	if (kite_cong_slow_start_forever(kite_tcp_sk(sk)))
		return false;
	skb_rbtree_walk(skb, &sk->tcp_rtx_queue) {
		const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

		segs += kite_tcp_segments(cb, cb->end_seq - cb->seq);
		if (segs >= KITE_THIN_SEGMENTS)
			return false;
	}
	return true;
}

/*
 * How long the next pause is to be: twice as long (RFC 6298 5.5); or as long as this one,
 * for the first SYNs where the host is set so; or for a while as before the first timeout,
 * for what is thin: that it goes on being sent does not congest anything.
 */
static void back_off(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct net *net = sock_net(sk);

	if (sk->sk_state == TCP_SYN_SENT &&
	    tp->retransmits <= kite_sysctl_tcp_syn_linear_timeouts(net))
		return;
	if (sk->sk_state == TCP_ESTABLISHED &&
	    tp->retransmits && tp->retransmits <= KITE_THIN_RETRIES &&
	    (tp->thin_linear || READ_ONCE(net->ipv4.sysctl_tcp_thin_linear_timeouts)) &&
	    is_thin(sk))
		tp->backoff = 0;
	else if (tp->backoff < U8_MAX)
		tp->backoff++;
}

static void retransmission_timeout(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *head = kite_tcp_rtx_head(sk);
	struct net *net = sock_net(sk);
	bool suspect, held_off;

	if (!kite_tcp_flight(tp))
		return;
	held_off = is_held_off(sk);
	if (user_patience(tp) <= 0 ||
	    (!held_off && min(tp->retransmits, tp->backoff) >= max_retries(sk))) {
		give_up(sk);
		return;
	}
	if (head && skb_fclone_busy(sk, head)) {
		wait_below(sk);
		return;
	}

	kite_count(net, KITE_CNT_TcpExt_TCPTimeouts);
	patience_begins(tp);
	if (!held_off) {
		kite_tally_timeout(&tp->tally, !tp->retransmits);
		if (tp->retransmits < U8_MAX)
			tp->retransmits++;
	}
	back_off(sk);
	/* Perhaps there is a better way by now, RFC 1122 4.2.3.5 (b). */
	suspect = tp->retransmits >= READ_ONCE(net->ipv4.sysctl_tcp_retries1);
	if (suspect)
		sk_dst_reset(sk);
	remember_missing_route(sk);

	if (kite_tcp_is_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		tp->syn_us = (u32)kite_tcp_clock_us() ?: 1;
		tp->total_retrans++;
		kite_count(net, KITE_CNT_Tcp_RetransSegs);
		kite_tcp_send_syn(sk);
	} else {
		if (suspect)
			kite_tcp_mss_black_hole(sk);
		kite_recovery_timeout(sk);
	}
	kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, next_timeout(tp));
}

/*
 * The peer's window has been closed for a while. The connection stays open for as long
 * as the peer answers, RFC 9293 MUST-37, and somebody waits for that.
 */
static void persist_timeout(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (kite_tcp_flight(tp) || !kite_tcp_send_pending(sk)) {
		tp->probes_out = 0;
		return;
	}
	if (user_patience(tp) <= 0 || tp->probes_out >= max_retries(sk)) {
		give_up(sk);
		return;
	}
	if (sock_flag(sk, SOCK_DEAD)) {
		if (orphan_is_too_old(sk)) {
			kite_tcp_send_reset(sk);
			give_up(sk);
			return;
		}
		if (kite_tcp_spare_orphan(sk))
			return;
	}
	if (kite_tcp_push_into_window(sk)) {
		tp->retrans_start = 0;
		return;
	}
	patience_begins(tp);
	if (tp->probes_out < U8_MAX)
		tp->probes_out++;
	if (tp->backoff < U8_MAX)
		tp->backoff++;
	kite_tcp_send_probe(sk);
	kite_tcp_arm_rtx(sk, KITE_TIMER_PROBE, next_timeout(tp));
}

static void rtx_expired(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	enum kite_tcp_timer_use use = tp->timer_use;

	if (use == KITE_TIMER_IDLE ||
	    kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (wait_on(sk, &tp->rtx_timer, tp->rtx_expires))
		return;
	tp->timer_use = KITE_TIMER_IDLE;
	switch (use) {
	case KITE_TIMER_RTO:
		retransmission_timeout(sk);
		break;
	case KITE_TIMER_TLP:
		kite_rack_expired(sk);
		break;
	default:
		persist_timeout(sk);
	}
}

static void delack_expired(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!(tp->ack_pending & KITE_ACK_TIMER) ||
	    kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (wait_on(sk, &tp->delack_timer, tp->delack_expires))
		return;
	tp->ack_pending &= ~KITE_ACK_TIMER;
	/* The user was not as quick as we hoped. */
	tp->pingpong = false;
	kite_tcp_send_ack(sk);
}

/**
 * kite_tcp_run_deferred() - do what is due
 * @sk: the connection
 * @work: KITE_DEFER_* bits
 *
 * Context: socket lock held or its spinlock, BH disabled.
 */
void kite_tcp_run_deferred(struct sock *sk, int work)
{
	if (work & BIT(KITE_DEFER_RTX))
		rtx_expired(sk);
	if (work & BIT(KITE_DEFER_DELACK))
		delack_expired(sk);
	if (work & BIT(KITE_DEFER_PMTU))
		kite_tcp_shrink_segments(sk);
	if (work & BIT(KITE_DEFER_PACED))
		kite_pacing_expired(sk);
}

/**
 * kite_tcp_run_or_defer_locked() - act now, or have release_sock() do it
 * @sk: the connection
 * @bit: KITE_DEFER_*, what to do
 *
 * Context: softirq, the socket's spinlock held.
 */
void kite_tcp_run_or_defer_locked(struct sock *sk, int bit)
{
	if (!sock_owned_by_user(sk))
		kite_tcp_run_deferred(sk, BIT(bit));
	else if (!(atomic_fetch_or(BIT(bit), &kite_tcp_sk(sk)->deferred) & BIT(bit)))
		sock_hold(sk);
}

/**
 * kite_tcp_run_or_defer() - a timer is due: act now, or have release_sock() do it
 * @sk: the connection, whose reference that the timer had is dropped
 * @bit: KITE_DEFER_*, what to do
 *
 * Context: softirq.
 */
void kite_tcp_run_or_defer(struct sock *sk, int bit)
{
	bh_lock_sock(sk);
	kite_tcp_run_or_defer_locked(sk, bit);
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void rtx_timer_fn(struct timer_list *t)
{
	struct kite_tcp_sock *tp = timer_container_of(tp, t, rtx_timer);

	kite_tcp_run_or_defer(&tp->ks.sk, KITE_DEFER_RTX);
}

static void delack_timer_fn(struct timer_list *t)
{
	struct kite_tcp_sock *tp = timer_container_of(tp, t, delack_timer);

	kite_tcp_run_or_defer(&tp->ks.sk, KITE_DEFER_DELACK);
}

static u32 keep_idle(const struct kite_tcp_sock *tp)
{
	return tp->keep_idle ?: (u32)
		READ_ONCE(sock_net(&tp->ks.sk)->ipv4.sysctl_tcp_keepalive_time);
}

/* One round of keepalive; returns when to come again, 0 for never. */
static unsigned long keepalive_round(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct net *net = sock_net(sk);
	u32 idle = (u32)jiffies - tp->last_rcv;
	unsigned int probes = tp->keep_probes ?:
		READ_ONCE(net->ipv4.sysctl_tcp_keepalive_probes);
	bool dead;

	/* A connection with something to send notices by itself. */
	if (kite_tcp_flight(tp) || kite_tcp_send_pending(sk))
		return keep_idle(tp);
	if (idle < keep_idle(tp))
		return keep_idle(tp) - idle;

	dead = tp->user_timeout ?
		tp->probes_out &&
		idle >= msecs_to_jiffies(tp->user_timeout) :
		tp->probes_out >= probes;
	if (dead) {
		kite_tcp_send_reset(sk);
		give_up(sk);
		return 0;
	}
	if (tp->probes_out < U8_MAX)
		tp->probes_out++;
	kite_tcp_send_probe(sk);
	return tp->keep_intvl ?:
		READ_ONCE(net->ipv4.sysctl_tcp_keepalive_intvl);
}

static void keepalive_timer_fn(struct timer_list *t)
{
	struct sock *sk = timer_container_of(sk, t, sk_timer);
	unsigned long in = 0;

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		in = HZ / 20;
	else if (sock_flag(sk, SOCK_KEEPOPEN) &&
		 !kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_LISTEN |
					TCPF_SYN_SENT | TCPF_SYN_RECV))
		in = keepalive_round(sk);
	if (in)
		sk_reset_timer(sk, &sk->sk_timer, jiffies + in);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * kite_tcp_arm_keepalive() - ask the peer when it has been silent for long
 * @sk: a connection with SO_KEEPALIVE, whose handshake is over
 *
 * Context: socket lock held.
 */
void kite_tcp_arm_keepalive(struct sock *sk)
{
	sk_reset_timer(sk, &sk->sk_timer, jiffies + keep_idle(kite_tcp_sk(sk)));
}

/**
 * kite_tcp_set_keepalive() - SO_KEEPALIVE was set or cleared, or its times changed
 * @sk: the socket
 * @on: whether it is set
 *
 * Context: socket lock held.
 */
void kite_tcp_set_keepalive(struct sock *sk, int on)
{
	if (kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT |
				  TCPF_SYN_RECV))
		return;
	if (on)
		kite_tcp_arm_keepalive(sk);
	else
		sk_stop_timer(sk, &sk->sk_timer);
}

/**
 * kite_tcp_init_timers() - set the timers up, not running
 * @sk: a new socket; one that was used may have references in its deferred bits
 *
 * Context: socket lock held, or nobody else knows the socket yet.
 */
void kite_tcp_init_timers(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	timer_setup(&tp->rtx_timer, rtx_timer_fn, 0);
	timer_setup(&tp->delack_timer, delack_timer_fn, 0);
	timer_setup(&sk->sk_timer, keepalive_timer_fn, 0);
	tp->timer_use = KITE_TIMER_IDLE;
	tp->ack_pending = 0;
	atomic_set(&tp->deferred, 0);
	atomic_set(&tp->tsq, KITE_TSQ_OPEN);
}

/**
 * kite_tcp_stop_timers() - nothing shall happen by itself any more
 * @sk: the socket
 *
 * A handler that runs already finds nothing to do.
 *
 * Context: socket lock held.
 */
void kite_tcp_stop_timers(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->timer_use = KITE_TIMER_IDLE;
	tp->ack_pending = 0;
	tp->backoff = 0;
	tp->retransmits = 0;
	tp->retrans_start = 0;
	tp->probes_out = 0;
	sk_stop_timer(sk, &tp->rtx_timer);
	sk_stop_timer(sk, &tp->delack_timer);
	kite_pacing_stop(tp);
	sk_stop_timer(sk, &sk->sk_timer);
}
