// SPDX-License-Identifier: GPL-2.0
#include "timewait.h"

#include "../observe/counters.h"
#include "../port/ehash.h"
#include "../port/port.h"
#include "options.h"
#include "reply.h"
#include "seq.h"
#include "state.h"
#include "stray.h"

/* A new incarnation starts further from the old one than a window reaches. */
#define KITE_TW_ISN_STEP	(U16_MAX + 2)

static struct kmem_cache *tw_cache;

static void tw_free(struct rcu_head *rcu)
{
	kmem_cache_free(tw_cache, container_of(rcu, struct kite_tw, rcu));
}

/* Take it out of all tables. The caller has set the bit in gone. */
static void tw_unlink(struct kite_tw *tw)
{
	struct net *net = read_pnet(&tw->common.skc_net);

	kite_ehash_remove((struct sock *)tw);
	kite_port_release(&tw->common, &tw->bucket);
	atomic_dec(&kite_net(net)->tw_count);
	call_rcu(&tw->rcu, tw_free);
}

static void tw_timer_fn(struct timer_list *t)
{
	struct kite_tw *tw = timer_container_of(tw, t, timer);

	if (!test_and_set_bit(0, &tw->gone))
		tw_unlink(tw);
}

/**
 * kite_tw_kill() - end a mini-socket before its time
 * @tw: it; nothing happens when somebody else ends it already
 *
 * Context: process or BH; not from its own timer. Under RCU.
 */
void kite_tw_kill(struct kite_tw *tw)
{
	if (test_and_set_bit(0, &tw->gone))
		return;
	timer_delete_sync(&tw->timer);
	tw_unlink(tw);
}

static struct kite_tw *tw_alloc(struct sock *sk, int substate)
{
	struct net *net = sock_net(sk);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_net *kn = kite_net(net);
	struct kite_tw *tw;

	if (atomic_read(&kn->tw_count) >=
	    READ_ONCE(net->ipv4.tcp_death_row.sysctl_max_tw_buckets))
		return NULL;
	tw = kmem_cache_zalloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!tw)
		return NULL;
	atomic_inc(&kn->tw_count);

	tw->common.skc_family		= sk->sk_family;
	tw->common.skc_state		= TCP_TIME_WAIT;
	tw->common.skc_reuse		= sk->sk_reuse;
	tw->common.skc_reuseport	= sk->sk_reuseport;
	tw->common.skc_bound_dev_if	= sk->sk_bound_dev_if;
	tw->common.skc_daddr		= sk->sk_daddr;
	tw->common.skc_rcv_saddr	= sk->sk_rcv_saddr;
	tw->common.skc_dport		= sk->sk_dport;
	tw->common.skc_num		= sk->sk_num;
	tw->common.skc_prot		= sk->sk_prot;
	write_pnet(&tw->common.skc_net, net);
	refcount_set(&tw->common.skc_refcnt, 1);

	tw->snd_nxt	= tp->snd_nxt;
	tw->rcv_nxt	= tp->rcv_nxt;
	tw->rcv_window	= kite_tcp_rcv_window(tp);
	tw->rcv_wnd	= min_t(u32, U16_MAX,
				DIV_ROUND_UP(tw->rcv_window, 1U << tp->rcv_wscale));
	tw->mark	= sk->sk_mark;
	tw->tos		= tp->ks.tos;
	tw->transparent	= tp->ks.transparent;
	tw->ts		= tp->ts;
	tw->substate	= substate;
	timer_setup(&tw->timer, tw_timer_fn, TIMER_PINNED);
	return tw;
}

/**
 * kite_tcp_time_wait() - end a connection, and remember it for a while
 * @sk: the connection; TCP_CLOSE afterwards, and gone if no file owns it
 * @substate: TCP_TIME_WAIT, or TCP_FIN_WAIT2 when the peer's FIN is missing
 * @timeout: how long, jiffies; for TCP_TIME_WAIT at least 2 MSL
 *
 * Without memory, or with tcp_max_tw_buckets of them, the connection is
 * forgotten at once: the worst is that an old segment meets a reset.
 *
 * Context: socket lock held, BH disabled.
 */
void kite_tcp_time_wait(struct sock *sk, int substate, unsigned long timeout)
{
	struct kite_tw *tw = tw_alloc(sk, substate);

	if (!tw) {
		kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPTimeWaitOverflow);
		kite_tcp_done(sk);
		return;
	}

	if (substate == TCP_TIME_WAIT) {
		timeout = max_t(unsigned long, timeout, KITE_TIMEWAIT_LEN);
		kite_count(sock_net(sk), KITE_CNT_TcpExt_TW);
	}
	/* The timer runs before anybody can find it, and want to stop it. */
	mod_timer(&tw->timer, jiffies + timeout);
	if (kite_port_handover(sk, &tw->common, &tw->bucket))
		kite_tw_kill(tw);
	kite_tcp_done(sk);
}

/* Say where the connection ended. */
static void send_ack(struct net *net, struct kite_tw *tw,
		     const struct sk_buff *orig)
{
	struct kite_tcp_bare ack = {
		.seq	= tw->snd_nxt,
		.ack	= READ_ONCE(tw->rcv_nxt),
		.window	= tw->rcv_wnd,
		.flags	= KITE_TCP_ACK,
		.tos	= tw->tos,
		.ts	= &tw->ts,
	};

	kite_tcp_bare_as(&ack, (struct sock *)tw);
	kite_tcp_reply(net, orig, &ack);
}

/**
 * kite_tw_ack() - say where the connection ended
 * @net: the namespace
 * @tw: the mini-socket
 * @orig: the segment that is answered
 *
 * One without data is answered only so often, lest two mini-sockets talk to each
 * other.
 *
 * Context: BH disabled, under RCU.
 */
void kite_tw_ack(struct net *net, struct kite_tw *tw,
		 const struct sk_buff *orig)
{
	if (!kite_stray_limited(net, orig, &tw->last_ack,
				KITE_CNT_TcpExt_TCPACKSkippedTimeWait))
		send_ack(net, tw, orig);
}

/* Begin the 2 MSL anew, in a TIME_WAIT; one in FIN_WAIT2 waits no longer than it did. */
static void restart(struct kite_tw *tw)
{
	if (READ_ONCE(tw->substate) == TCP_TIME_WAIT)
		mod_timer_pending(&tw->timer, jiffies + KITE_TIMEWAIT_LEN);
}

/* Where a new incarnation may begin to count. */
static u32 tw_isn_floor(const struct kite_tw *tw)
{
	return tw->snd_nxt + KITE_TW_ISN_STEP ?: 1;
}

/* Whether a SYN was sent after all that the old connection sent. */
static bool is_later(const struct kite_tcp_ts *ts,
		     const struct kite_tcp_options *opt)
{
	return ts->ok && opt->ts_ok &&
	       (s32)(opt->tsval - READ_ONCE(ts->recent)) > 0;
}

/* The peer may still send its FIN, but nobody is left to read data. */
static enum kite_tw_verdict fin_wait2_rcv(struct net *net, struct kite_tw *tw,
					  struct sk_buff *skb,
					  const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	u32 expected = READ_ONCE(tw->rcv_nxt);

	if (!kite_in_window(cb->seq, cb->end_seq, expected,
			    expected + tw->rcv_window)) {
		if (!(cb->flags & KITE_TCP_RST))
			kite_tw_ack(net, tw, skb);
	} else if (cb->flags & KITE_TCP_RST && cb->seq == expected) {
		kite_tw_kill(tw);
	} else if (cb->flags & (KITE_TCP_RST | KITE_TCP_SYN)) {
		if (kite_challenge_due(net, &tw->last_ack))
			send_ack(net, tw, skb);
	} else if (cb->flags & KITE_TCP_ACK && cb->seq != cb->end_seq &&
		   kite_after(cb->end_seq, expected)) {
		if (!(cb->flags & KITE_TCP_FIN) ||
		    cb->end_seq != expected + 1) {
			kite_count(net, KITE_CNT_TcpExt_TCPAbortOnData);
			kite_tw_kill(tw);
			return KITE_TW_RESET;
		}
		WRITE_ONCE(tw->rcv_nxt, cb->end_seq);
		kite_tcp_ts_update(&tw->ts, opt);
		WRITE_ONCE(tw->substate, TCP_TIME_WAIT);
		kite_count(net, KITE_CNT_TcpExt_TW);
		mod_timer_pending(&tw->timer, jiffies + KITE_TIMEWAIT_LEN);
		kite_tw_ack(net, tw, skb);
	}
	kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
	return KITE_TW_CONSUMED;
}

/**
 * kite_tw_rcv() - a segment for a connection in TIME_WAIT
 * @net: the namespace
 * @sk: the mini-socket, as the established table found it
 * @skb: the segment; consumed with KITE_TW_CONSUMED
 *
 * RFC 9293 3.10.7.4; RFC 1337 when net.ipv4.tcp_rfc1337 is set; a new SYN beyond
 * the old sequence numbers (RFC 1122 4.2.2.13) or with a later timestamp (RFC 6191)
 * may start a new incarnation. PAWS keeps out what is older than the connection's end.
 *
 * Context: softirq, under RCU.
 * Return: what is still to be done; @skb is the caller's but with KITE_TW_CONSUMED.
 */
enum kite_tw_verdict kite_tw_rcv(struct net *net, struct sock *sk,
				 struct sk_buff *skb)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tw *tw = kite_tw(sk);
	struct kite_tcp_options opt;
	u32 expected;

	kite_tcp_options_read(skb, &opt);
	if (kite_tcp_ts_reject(&tw->ts, &opt, cb->flags & KITE_TCP_RST)) {
		if (!(cb->flags & KITE_TCP_RST)) {
			restart(tw);
			kite_tw_ack(net, tw, skb);
		}
		kite_drop(net, skb, KITE_CNT_TcpExt_PAWSEstab);
		return KITE_TW_CONSUMED;
	}
	if (READ_ONCE(tw->substate) == TCP_FIN_WAIT2)
		return fin_wait2_rcv(net, tw, skb, &opt);

	expected = READ_ONCE(tw->rcv_nxt);
	if (cb->flags & KITE_TCP_RST) {
		if (cb->seq == expected &&
		    !READ_ONCE(net->ipv4.sysctl_tcp_rfc1337))
			kite_tw_kill(tw);
	} else if (cb->flags & KITE_TCP_SYN && !(cb->flags & KITE_TCP_ACK) &&
		   (kite_after(cb->seq, expected) ||
		    is_later(&tw->ts, &opt))) {
		cb->isn_floor = tw_isn_floor(tw);
		return KITE_TW_NEW;
	} else if (cb->seq != expected || cb->seq != cb->end_seq) {
		/* Our last acknowledgment was lost: 2 MSL start over. */
		if (cb->flags & KITE_TCP_ACK)
			restart(tw);
		kite_tw_ack(net, tw, skb);
	} else {
		kite_tcp_ts_update(&tw->ts, &opt);
	}
	kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
	return KITE_TW_CONSUMED;
}

/* net.ipv4.tcp_tw_reuse: 0 never, 1 always, 2 within this host. */
static bool reuse_wanted(struct sock *sk, const struct kite_tw *tw)
{
	switch (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_tw_reuse)) {
	case 1:
		return true;
	case 2:
		return tw->common.skc_bound_dev_if == LOOPBACK_IFINDEX ||
		       ipv4_is_loopback(tw->common.skc_daddr) ||
		       ipv4_is_loopback(tw->common.skc_rcv_saddr);
	}
	return false;
}

/**
 * kite_tw_reuse() - whether a TIME_WAIT makes room for who connects with its 4-tuple
 * (kite_reuse_t, twin of tcp_twsk_unique())
 * @sk: the socket that connects; if so, its write_seq becomes where it may begin to
 *	count
 * @old: the mini-socket; gone afterwards, or about to be, if so
 * @chosen: the kernel chose the port, and may choose another
 *
 * With timestamps it is safe: what is still under way of the old connection is older
 * than all of the new one. A port of the kernel's choice is reused only if
 * net.ipv4.tcp_tw_reuse says so, and when our clock has moved on by more than a second.
 *
 * Context: process, socket lock held, under RCU.
 */
bool kite_tw_reuse(struct sock *sk, struct sock *old, bool chosen)
{
	struct kite_tw *tw = kite_tw(old);
	u32 idle = (u32)ktime_get_seconds() - READ_ONCE(tw->ts.recent_at);

	if (READ_ONCE(tw->substate) != TCP_TIME_WAIT || !tw->ts.ok ||
	    (chosen && (!idle || !reuse_wanted(sk, tw))))
		return false;
	kite_tcp_sk(sk)->write_seq = tw_isn_floor(tw);
	kite_tw_kill(tw);
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TWRecycled);
	return true;
}

/**
 * kite_tw_init() - make the slab
 *
 * Return: 0 or -ENOMEM.
 */
int __init kite_tw_init(void)
{
	tw_cache = kmem_cache_create("kite_tw", sizeof(struct kite_tw), 0,
				     SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL);
	return tw_cache ? 0 : -ENOMEM;
}

/**
 * kite_tw_exit() - free the slab
 *
 * Context: process, module unload; every mini-socket is freed.
 */
void kite_tw_exit(void)
{
	kmem_cache_destroy(tw_cache);
}
