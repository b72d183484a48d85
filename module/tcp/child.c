// SPDX-License-Identifier: GPL-2.0
#include "child.h"

#include <linux/memcontrol.h>
#include <net/busy_poll.h>

#include "../observe/counters.h"
#include "../port/ehash.h"
#include "../port/port.h"
#include "cong.h"
#include "input.h"
#include "listen.h"
#include "output.h"
#include "receive.h"
#include "sock.h"
#include "state.h"
#include "synack.h"
#include "timer.h"
#include "window.h"

/*
 * What the child holds is charged to the listener's memory cgroup, from the first octet on:
 * sk_clone_lock() leaves it with none.
 */
static void inherit_memcg(const struct sock *listener, struct sock *child)
{
#ifdef CONFIG_MEMCG
	if (mem_cgroup_sockets_enabled && listener->sk_memcg) {
		css_get(&listener->sk_memcg->css);
		child->sk_memcg = listener->sk_memcg;
	}
#endif
}

/* Make the listener's copy a connection of its own. */
static void child_init(struct sock *child, const struct kite_request *req,
		       const struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(child);
	struct kite_sock *ks = &tp->ks;

	sock_set_flag(child, SOCK_RCU_FREE);
	/*
	 * The listener may be on its way out. Its child has not shut anything down, and is not
	 * its own to destroy: it is the accept queue that decides what becomes of it.
	 */
	sock_reset_flag(child, SOCK_DEAD);
	child->sk_shutdown = 0;
	sock_prot_inuse_add(sock_net(child), child->sk_prot, 1);
	atomic64_set(&child->sk_cookie, 0);
	child->sk_max_ack_backlog = 0;
	child->sk_ack_backlog = 0;
	child->sk_mark = req->mark;
	child->sk_daddr = req->common.skc_daddr;
	child->sk_dport = req->common.skc_dport;
	child->sk_rcv_saddr = req->common.skc_rcv_saddr;
	child->sk_bound_dev_if = req->common.skc_bound_dev_if;
	sk_set_txhash(child);

	ks->rx_flow = (struct kite_flow_entry) {};
	RCU_INIT_POINTER(ks->options, NULL);
	ks->saddr = child->sk_rcv_saddr;
	/* Groups are the listener's. */
	RCU_INIT_POINTER(ks->mc_list, NULL);
	/* For IP_PKTOPTIONS: what came with the acknowledgment. */
	ks->mc_index = kite_skb_cb(skb)->iif;
	ks->mc_ttl = ip_hdr(skb)->ttl;
	ks->rcv_tos = req->tos;
	ks->tos = kite_synack_tos(sock_net(child), req);
	atomic_set(&ks->ip_id, get_random_u32() & U16_MAX);

	tp->listener = NULL;
	tp->pacer = NULL;
	tp->saved_syn = NULL;
	tp->defer_accept = 0;
	kite_tcp_init_timers(child);
	kite_cong_inherit(tp);
	kite_tcp_sock_reset(child);
	tp->tally.timeouts = req->resent;
	tp->tally.timeout_runs = !!req->resent;
	tp->snd_una = req->snd_isn;
	tp->snd_nxt = req->snd_isn + 1;
	tp->write_seq = tp->snd_nxt;
	tp->rcv_nxt = req->rcv_isn + 1;
	tp->rcv_wup = tp->rcv_nxt;
	tp->copied_seq = tp->rcv_nxt;
	tp->mss_clamp = req->mss;
	tp->advmss = req->advmss;
	tp->wscale_ok = req->wscale_ok;
	tp->sack_ok = req->sack_ok;
	tp->ecn = req->ecn_ok ? KITE_ECN_OK : 0;
	tp->ts = req->ts;
	tp->snd_wscale = req->snd_wscale;
	tp->rcv_wscale = req->rcv_wscale;
	tp->syn_us = READ_ONCE(req->synack_us);
	tp->total_retrans = req->resent;
	tp->tally.segs_in = 1;	/* the SYN */
	tp->window_clamp = req->window_clamp;
	kite_tcp_window_init(child);
	tp->rcv_wnd = READ_ONCE(req->rcv_wnd);
	kite_tcp_receive_init(child);
}

/* Nobody will ever have this connection. Unlocks it. */
static void child_abandon(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	sock_set_flag(child, SOCK_DEAD);
	kite_tcp_done(child);
	bh_unlock_sock(child);
	/* The reference that sk_clone_lock() took for its caller. */
	sock_put(child);
}

/*
 * Let segments find the child. Else, somebody came before with a copy of the same
 * acknowledgment: -ENOENT when the request is gone.
 */
static int child_enter(struct sock *child, struct kite_request *req)
{
	int err;

	if (req->cookie)
		return kite_ehash_insert(child);
	err = kite_ehash_replace((struct sock *)req, child);
	if (!err)
		kite_request_free(req);
	return err;
}

/**
 * kite_child_create() - complete a passive handshake
 * @net: the namespace
 * @req: the half-open connection
 * @skb: the acknowledgment of our SYN, maybe with data
 *
 * The child takes the request's place in the established table, if it has one, so
 * that there is no moment in which a segment finds neither. It is locked until it is in the
 * accept queue: segments that overtake wait for the lock.
 *
 * Context: softirq, under RCU; the listener is not locked.
 * Return: false when somebody else has ended the request, and @skb is still to be
 * processed; else it is consumed.
 */
bool kite_child_create(struct net *net, struct kite_request *req,
		       struct sk_buff *skb)
{
	struct sock *listener = req->listener;
	struct sock *child;
	int err;

	child = sk_clone_lock(listener, GFP_ATOMIC | __GFP_NOWARN);
	if (!child)
		goto drop;
	__acquire(&child->sk_lock.slock);
	inherit_memcg(listener, child);
	child_init(child, req, skb);
	kite_tcp_set_state(child, TCP_SYN_RECV);

	err = kite_inherit_port(listener, child) ? -ENOMEM : child_enter(child, req);
	if (err)
		goto abandon;
	kite_count(net, KITE_CNT_Tcp_PassiveOpens);
	/* The request's memory stays for as long as RCU is held. */
	rcu_assign_pointer(kite_sk(child)->options,
			   rcu_replace_pointer(req->options, NULL, true));
	swap(kite_tcp_sk(child)->saved_syn, req->saved_syn);

	kite_cong_heed_route(child);
	sk_mark_napi_id_set(child, skb);
	kite_tcp_do_rcv(child, skb);
	if (!kite_listen_enqueue(listener, child)) {
		kite_tcp_send_reset(child);
		child_abandon(child);
		return true;
	}
	bh_unlock_sock(child);
	sock_put(child);
	listener->sk_data_ready(listener);
	return true;

abandon:
	child_abandon(child);
	if (err == -ENOENT)
		return false;
drop:
	kite_drop(net, skb, KITE_CNT_TcpExt_ListenDrops);
	return true;
}
