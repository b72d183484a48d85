// SPDX-License-Identifier: GPL-2.0
/*
 * The passive side of the handshake, RFC 9293 3.5, up to the final ACK. No lock of
 * the listener is taken: SYNs of different peers meet only in the established
 * table's buckets and in the counter of requests.
 *
 * Whoever takes a request out of the table owns it, and frees it: the timer that gives
 * up, the segment that completes or resets it, or the listener that closes. Who comes
 * too late looks in the table again, where something else may be by now.
 */
#include "request.h"

#include <net/inet_ecn.h>

#include "../ip/options.h"
#include "../observe/counters.h"
#include "../port/ehash.h"
#include "child.h"
#include "cookie.h"
#include "listen.h"
#include "options.h"
#include "reply.h"
#include "saved_syn.h"
#include "stray.h"
#include "synack.h"

/* How often whoever does not answer is asked again, however full the SYN queue is. */
#define RETRIES_KEPT	2

static struct kmem_cache *request_cache;

static void request_free_rcu(struct rcu_head *rcu)
{
	struct kite_request *req = container_of(rcu, struct kite_request, rcu);

	kfree(rcu_dereference_protected(req->options, 1));
	kfree(req->saved_syn);
	kmem_cache_free(request_cache, req);
}

/* The timer does not run any more. */
static void request_free(struct kite_request *req)
{
	kite_listener_forgets(kite_tcp_sk(req->listener)->listener, !req->retries);
	sock_put(req->listener);
	call_rcu(&req->rcu, request_free_rcu);
}

/**
 * kite_request_free() - let go of a request
 * @req: the request; the caller has taken it out of the table, or never entered it
 *
 * Context: process or BH, not from the timer; under RCU.
 */
void kite_request_free(struct kite_request *req)
{
	timer_delete_sync(&req->timer);
	request_free(req);
}

/**
 * kite_request_kill() - forget a half-open connection
 * @req: the request; not in the table afterwards, whoever took it out
 *
 * Context: process or BH, not from the timer; under RCU.
 */
void kite_request_kill(struct kite_request *req)
{
	if (kite_ehash_remove((struct sock *)req))
		kite_request_free(req);
}

/*
 * How often the peer is asked again at most. When the SYN queue is more than half full
 * of those who were, they are given up the sooner the fewer young there are among them,
 * but never before the second time: the other half is kept for who answers at once.
 */
static u8 retries_allowed(const struct net *net, const struct kite_request *req)
{
	const struct kite_tcp_sock *ltp = kite_tcp_sk(req->listener);
	u8 retries = READ_ONCE(ltp->syn_retries) ?:
		     READ_ONCE(net->ipv4.sysctl_tcp_synack_retries);
	u32 len = kite_listener_requests(ltp->listener);
	u32 young = kite_listener_young(ltp->listener);

	if (retries <= RETRIES_KEPT ||
	    2 * len <= max(8U, READ_ONCE(req->listener->sk_max_ack_backlog)))
		return retries;
	return young ? max_t(int, RETRIES_KEPT, retries - ilog2(len / young)) :
		       RETRIES_KEPT;
}

/*
 * Whether the peer had its time. Who is waited for because of TCP_DEFER_ACCEPT may
 * have more of it.
 */
static bool request_expired(const struct net *net,
			    const struct kite_request *req)
{
	const struct kite_tcp_sock *ltp = kite_tcp_sk(req->listener);

	if (READ_ONCE(req->listener->sk_state) != TCP_LISTEN)
		return true;
	if (READ_ONCE(req->acked) &&
	    req->retries < READ_ONCE(ltp->defer_accept))
		return false;
	return req->retries >= retries_allowed(net, req);
}

/* Whoever has acknowledged our SYN is asked once more, when his time is over. */
static bool synack_due(const struct kite_request *req)
{
	const struct kite_tcp_sock *ltp = kite_tcp_sk(req->listener);

	return !READ_ONCE(req->acked) ||
	       req->retries >= READ_ONCE(ltp->defer_accept);
}

/* Say it again. False when that cannot be, and nobody is known to be there. */
static bool ask_again(struct net *net, struct kite_request *req)
{
	req->resent++;
	WRITE_ONCE(req->synack_us, 0);
	kite_count(net, KITE_CNT_Tcp_RetransSegs);
	return !kite_synack_send(net, req, NULL) || READ_ONCE(req->acked);
}

static void request_timer_fn(struct timer_list *t)
{
	struct kite_request *req = timer_container_of(req, t, timer);
	struct net *net = read_pnet(&req->common.skc_net);
	unsigned long timeout;

	rcu_read_lock();
	if (request_expired(net, req))
		goto give_up;

	if (!req->retries++)
		kite_listener_ages(kite_tcp_sk(req->listener)->listener);
	timeout = min_t(unsigned long, KITE_RTO_INIT << min_t(u8, req->retries, 7),
			KITE_RTO_MAX);
	/* Whoever takes it out of the table stops the timer again. */
	mod_timer(&req->timer, jiffies + timeout);
	if (!synack_due(req) || ask_again(net, req))
		goto out;

give_up:
	if (kite_ehash_remove((struct sock *)req)) {
		timer_delete(&req->timer);
		kite_count(net, KITE_CNT_Tcp_AttemptFails);
		request_free(req);
	}
out:
	rcu_read_unlock();
}

/**
 * enum syn_verdict - what becomes of a SYN
 * @SYN_KEEP: a request remembers it
 * @SYN_COOKIE: the peer remembers it
 * @SYN_DROP: nobody does
 */
enum syn_verdict {
	SYN_KEEP,
	SYN_COOKIE,
	SYN_DROP,
};

/* The SYN queue is full. Tells the administrator, once for each listen(). */
static enum syn_verdict syn_flood(struct net *net, struct sock *listener,
				  const struct sk_buff *skb)
{
	struct kite_listener *l = kite_tcp_sk(listener)->listener;
	bool cookies = READ_ONCE(net->ipv4.sysctl_tcp_syncookies);

	if (!READ_ONCE(l->flood_told) && !xchg(&l->flood_told, true))
		net_info_ratelimited("kite: possible SYN flooding on %pI4:%u. %s.\n",
				     &ip_hdr(skb)->daddr,
				     ntohs(tcp_hdr(skb)->dest),
				     cookies ? "Sending cookies" :
					       "Dropping requests");
	kite_count(net, cookies ? KITE_CNT_TcpExt_TCPReqQFullDoCookies :
				  KITE_CNT_TcpExt_TCPReqQFullDrop);
	return cookies ? SYN_COOKIE : SYN_DROP;
}

/*
 * The SYN queue holds one more than the backlog. Without cookies a quarter of
 * tcp_max_syn_backlog stays free, too. A SYN that ends a TIME_WAIT is always kept:
 * a cookie could not lie beyond the old sequence numbers.
 */
static enum syn_verdict syn_verdict(struct net *net, struct sock *listener,
				    const struct sk_buff *skb)
{
	int len = kite_listener_requests(kite_tcp_sk(listener)->listener);
	int limit = READ_ONCE(net->ipv4.sysctl_max_syn_backlog);
	u8 cookies = READ_ONCE(net->ipv4.sysctl_tcp_syncookies);

	if (kite_tcp_cb(skb)->isn_floor)
		return SYN_KEEP;
	if (cookies == 2)
		return SYN_COOKIE;
	if (len > READ_ONCE(listener->sk_max_ack_backlog))
		return syn_flood(net, listener, skb);
	return !cookies && limit - len < limit >> 2 ? SYN_DROP : SYN_KEEP;
}

/* Answer a SYN, which is consumed, and forget it. */
static void send_cookie(struct net *net, struct sock *listener,
			struct sk_buff *skb)
{
	struct kite_request req = { .cookie = true };

	if (!kite_synack_prepare(net, &req, listener, skb)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutNoRoutes);
		return;
	}
	kite_synack_agree(net, &req, skb);
	kite_listener_sends_cookie(listener);
	kite_count(net, KITE_CNT_TcpExt_SyncookiesSent);
	kite_synack_send(net, &req, skb);
	consume_skb(skb);
}

/* Whether what a peer acknowledges may be a cookie. */
static bool is_cookie_expected(const struct net *net, const struct sock *listener)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_syncookies) &&
	       kite_listener_sent_cookie(listener);
}

/**
 * kite_request_cookie() - an acknowledgment for a listener (twin of
 * cookie_v4_check())
 * @net: the namespace
 * @listener: whom to; not locked
 * @skb: ACK without SYN and RST; consumed
 *
 * If it brings back a cookie that the listener sent, it completes the handshake.
 * Otherwise it is reset: RFC 9293 3.10.7.2.
 *
 * Context: softirq, under RCU.
 */
void kite_request_cookie(struct net *net, struct sock *listener,
			 struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_request req = { .cookie = true };

	if (!is_cookie_expected(net, listener)) {
		kite_tcp_reply_reset(net, listener, skb, KITE_CNT_TcpExt_InBadState);
		return;
	}
	req.mss = kite_cookie_check(skb);
	if (!req.mss) {
		kite_tcp_reply_reset(net, listener, skb, KITE_CNT_TcpExt_SyncookiesFailed);
		return;
	}
	if (!kite_synack_prepare(net, &req, listener, skb)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutNoRoutes);
		return;
	}
	if (!kite_synack_agreed(net, &req, skb)) {
		kite_tcp_reply_reset(net, listener, skb, KITE_CNT_TcpExt_SyncookiesFailed);
		return;
	}
	kite_count(net, KITE_CNT_TcpExt_SyncookiesRecv);
	if (kite_listen_full(listener)) {
		kite_drop(net, skb, KITE_CNT_TcpExt_ListenOverflows);
		return;
	}
	req.rcv_isn = cb->seq - 1;
	req.snd_isn = cb->ack_seq - 1;
	RCU_INIT_POINTER(req.options, kite_options_save(net, skb));
	kite_child_create(net, &req, skb);
	kfree(rcu_dereference_protected(req.options, 1));
}

/**
 * kite_request_syn() - a peer wants to connect (twin of tcp_conn_request())
 * @net: the namespace
 * @listener: whom to; not locked
 * @skb: its SYN; consumed
 *
 * Data and a FIN on the SYN are not taken: the SYN-ACK does not acknowledge
 * them, and the peer sends them again.
 *
 * Context: softirq, under RCU.
 */
void kite_request_syn(struct net *net, struct sock *listener,
		      struct sk_buff *skb)
{
	enum kite_counter why = KITE_CNT_TcpExt_ListenDrops;
	struct kite_request *req;

	if (kite_listen_full(listener)) {
		why = KITE_CNT_TcpExt_ListenOverflows;
		goto drop;
	}
	switch (syn_verdict(net, listener, skb)) {
	case SYN_KEEP:
		break;
	case SYN_COOKIE:
		send_cookie(net, listener, skb);
		return;
	case SYN_DROP:
		goto drop;
	}

	req = kmem_cache_zalloc(request_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!req)
		goto drop;
	if (!kite_synack_prepare(net, req, listener, skb)) {
		why = KITE_CNT_Ip_OutNoRoutes;
		goto free;
	}
	/* RCU kept its memory, but it may have been closed. */
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		goto free;
	kite_synack_agree(net, req, skb);
	RCU_INIT_POINTER(req->options, kite_options_save(net, skb));
	req->saved_syn = kite_syn_save(listener, skb);
	req->synack_us = (u32)kite_tcp_clock_us() ?: 1;

	kite_listener_remembers(kite_tcp_sk(listener)->listener);
	timer_setup(&req->timer, request_timer_fn, TIMER_PINNED);
	mod_timer(&req->timer, jiffies + KITE_RTO_INIT);
	if (kite_ehash_insert((struct sock *)req)) {
		/* A copy of this SYN was quicker on another CPU. */
		kite_request_free(req);
		goto drop;
	}
	kite_synack_send(net, req, skb);
	consume_skb(skb);
	return;

free:
	kmem_cache_free(request_cache, req);
drop:
	kite_drop(net, skb, why);
}

/* Tell the peer what we expect. */
static void send_ack(struct net *net, struct kite_request *req,
		     const struct sk_buff *skb)
{
	/* What was offered with the SYN-ACK, and the field is too coarse for. */
	u32 win = ALIGN(READ_ONCE(req->rcv_wnd), 1U << req->rcv_wscale);
	struct kite_tcp_bare ack = {
		.seq	= req->snd_isn + 1,
		.ack	= req->rcv_isn + 1,
		.window	= win >> req->rcv_wscale,
		.flags	= KITE_TCP_ACK,
		.tos	= ip_hdr(skb)->tos & ~INET_ECN_MASK,
		.ts	= &req->ts,
		.ip_options = kite_request_ip_options(req),
	};

	WRITE_ONCE(req->rcv_wnd, win);
	kite_tcp_bare_as(&ack, (struct sock *)req);
	kite_tcp_reply(net, skb, &ack);
}

/* To what is old or outside of the window. */
static void answer_ack(struct net *net, struct kite_request *req,
		       const struct sk_buff *skb)
{
	if (!kite_stray_limited(net, skb, &req->last_answer,
				KITE_CNT_TcpExt_TCPACKSkippedSynRecv))
		send_ack(net, req, skb);
}

/* To a RST or a SYN in the window. */
static void challenge(struct net *net, struct kite_request *req,
		      const struct sk_buff *skb)
{
	if (kite_challenge_due(net, &req->last_answer))
		send_ack(net, req, skb);
}

/* To the SYN again. */
static void answer_synack(struct net *net, struct kite_request *req,
			  const struct sk_buff *skb)
{
	if (kite_stray_limited(net, skb, &req->last_answer,
			       KITE_CNT_TcpExt_TCPACKSkippedSynRecv))
		return;
	WRITE_ONCE(req->synack_us, 0);
	kite_count(net, KITE_CNT_Tcp_RetransSegs);
	kite_synack_send(net, req, skb);
}

/*
 * An acknowledgment of something else: reset. But a copy of the SYN may have got a cookie,
 * when the queue was full; then the request gives way. Returns as kite_request_rcv() does.
 */
static bool wrong_ack(struct net *net, struct kite_request *req, struct sk_buff *skb)
{
	if (!(kite_tcp_cb(skb)->flags & KITE_TCP_SYN) &&
	    is_cookie_expected(net, req->listener) && kite_cookie_check(skb)) {
		kite_request_kill(req);
		return false;
	}
	kite_tcp_reply_reset(net, (struct sock *)req, skb, KITE_CNT_TcpExt_InBadState);
	return true;
}

/*
 * First, second, fourth and fifth step: timestamp, sequence number, RST elsewhere than at
 * the octet expected, SYN, no ACK. What can be answered is. False when the segment has to be
 * dropped, and *why.
 */
static bool acceptable(struct net *net, struct kite_request *req,
		       const struct sk_buff *skb, bool is_old, enum kite_counter *why)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	bool is_rst = cb->flags & KITE_TCP_RST;
	u32 expected = req->rcv_isn + 1;

	if (is_old || !kite_in_window(cb->seq, cb->end_seq, expected,
				      expected + READ_ONCE(req->rcv_wnd))) {
		*why = is_old ? KITE_CNT_TcpExt_PAWSEstab :
				KITE_CNT_TcpExt_InOutOfWindow;
		if (!is_rst)
			answer_ack(net, req, skb);
		return false;
	}
	if (is_rst ? cb->seq != expected : cb->flags & KITE_TCP_SYN) {
		challenge(net, req, skb);
		return false;
	}
	return cb->flags & (KITE_TCP_RST | KITE_TCP_ACK);
}

/*
 * Our SYN is acknowledged. A peer that has to wait believes that it is connected, and will
 * speak again. Returns as kite_request_rcv() does.
 */
static bool complete_handshake(struct net *net, struct kite_request *req,
			       struct sk_buff *skb, const struct kite_tcp_options *opt)
{
	enum kite_counter why = KITE_CNT_TcpExt_ListenOverflows;
	struct sock *listener = req->listener;

	WRITE_ONCE(req->acked, true);
	if (kite_tcp_cb(skb)->end_seq == req->rcv_isn + 1 &&
	    req->retries < READ_ONCE(kite_tcp_sk(listener)->defer_accept)) {
		why = KITE_CNT_TcpExt_TCPDeferAcceptDrop;
	} else if (!kite_listen_full(listener)) {
		/* The time of what is dropped is not taken over. */
		if (!kite_after(kite_tcp_cb(skb)->seq, req->rcv_isn + 1))
			kite_tcp_ts_update(&req->ts, opt);
		return kite_child_create(net, req, skb);
	} else if (READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow)) {
		kite_request_kill(req);
		kite_tcp_reply_reset(net, (struct sock *)req, skb, why);
		return true;
	}
	kite_drop(net, skb, why);
	return true;
}

/**
 * kite_request_rcv() - a segment for a half-open connection (twin of
 * tcp_check_req())
 * @net: the namespace
 * @sk: the request, as the established table found it
 * @skb: the segment; consumed
 *
 * RFC 9293 3.10.7.4, SYN-RECEIVED after a passive open, but that a wrong
 * acknowledgment is reset wherever the segment lies; RFC 5961 for RST and SYN.
 *
 * Context: softirq, under RCU.
 * Return: false when the request is no more in the table, and @skb for whoever is there
 * now.
 */
bool kite_request_rcv(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	enum kite_counter why = KITE_CNT_TcpExt_InBadState;
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_request *req = kite_request(sk);
	struct kite_tcp_options opt;
	bool is_old;

	if (!kite_ehash_hashed(sk))
		return false;
	if (READ_ONCE(req->listener->sk_state) != TCP_LISTEN) {
		kite_request_kill(req);
		return false;
	}

	kite_tcp_options_read(skb, &opt);
	is_old = kite_tcp_ts_reject(&req->ts, &opt, cb->flags & KITE_TCP_RST);
	/* A SYN again: ours got lost, or the peer is impatient. */
	if (cb->seq == req->rcv_isn &&
	    (cb->flags & (KITE_TCP_SYN | KITE_TCP_ACK | KITE_TCP_RST)) ==
	    KITE_TCP_SYN && !is_old) {
		/* Its timestamp, lest the peer takes all its waiting for a round trip. */
		kite_tcp_ts_update(&req->ts, &opt);
		answer_synack(net, req, skb);
		goto drop;
	}
	if ((cb->flags & (KITE_TCP_ACK | KITE_TCP_RST)) == KITE_TCP_ACK &&
	    cb->ack_seq != req->snd_isn + 1)
		return wrong_ack(net, req, skb);
	if (!acceptable(net, req, skb, is_old, &why))
		goto drop;
	if (!(cb->flags & KITE_TCP_RST))
		return complete_handshake(net, req, skb, &opt);

	if (!kite_ehash_remove(sk))
		return false;
	kite_count(net, KITE_CNT_Tcp_AttemptFails);
	kite_request_free(req);
drop:
	kite_drop(net, skb, why);
	return true;
}

/**
 * kite_request_init() - make the slab
 *
 * Return: 0 or -ENOMEM.
 */
int __init kite_request_init(void)
{
	request_cache = kmem_cache_create("kite_request",
					  sizeof(struct kite_request), 0,
					  SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
					  NULL);
	return request_cache ? 0 : -ENOMEM;
}

/**
 * kite_request_exit() - free the slab
 *
 * Context: process, module unload; every request is freed.
 */
void kite_request_exit(void)
{
	kmem_cache_destroy(request_cache);
}
