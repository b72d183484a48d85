// SPDX-License-Identifier: GPL-2.0
#include "connect.h"

#include "../ip/options.h"
#include "../observe/counters.h"
#include "../port/ehash.h"
#include "../sockaddr.h"
#include "ack.h"
#include "cong.h"
#include "ecn.h"
#include "isn.h"
#include "mss.h"
#include "options.h"
#include "output.h"
#include "receive.h"
#include "recovery.h"
#include "reply.h"
#include "rtt.h"
#include "state.h"
#include "timer.h"
#include "timewait.h"
#include "urgent.h"
#include "window.h"

/* From a RST to the SYN that follows it, jiffies: so short that nobody waits. */
#define KITE_SYN_REPEAT	2

/* Find the way to the peer, and the address we speak from. */
static struct kite_route *route_to(struct sock *sk,
				   const struct kite_endpoint *peer,
				   struct flowi4 *fl4)
{
	struct kite_sock *ks = kite_sk(sk);
	struct kite_ip_options opt;
	struct kite_route *rt;

	kite_sk_options_copy(sk, &opt);
	memset(fl4, 0, sizeof(*fl4));
	fl4->flowi4_oif		= sk->sk_bound_dev_if;
	fl4->flowi4_mark	= sk->sk_mark;
	fl4->flowi4_proto	= IPPROTO_TCP;
	fl4->flowi4_uid		= sk->sk_uid;
	fl4->daddr		= peer->addr;
	if (opt.len && opt.first_hop) {
		/* A source route has to end somewhere. */
		if (!peer->addr)
			return ERR_PTR(-EINVAL);
		fl4->daddr	= opt.first_hop;
	}
	fl4->saddr		= ks->saddr;
	fl4->fl4_dport		= peer->port;
	/* Without a port there still is the last one. */
	fl4->fl4_sport		= ks->bucket ? ks->sport : 0;
	kite_flowi4_set_tos(fl4, ks->tos);

	rt = kite_route_output(sock_net(sk), fl4, sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			kite_count(sock_net(sk), KITE_CNT_Ip_OutNoRoutes);
		return rt;
	}
	if (rt->type == RTN_BROADCAST || rt->type == RTN_MULTICAST) {
		kite_route_release(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	if (opt.len && opt.first_hop)
		fl4->daddr = peer->addr;
	return rt;
}

/* What the SYN offers. */
static void prepare_syn(struct sock *sk, const struct kite_route *rt)
{
	const struct net *net = sock_net(sk);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_sock *ks = &tp->ks;
	u32 isn;

	isn = kite_tcp_isn(ks->saddr, sk->sk_daddr, ks->sport, sk->sk_dport);
	/* There was a connection of this 4-tuple, in TIME_WAIT until now. */
	if (tp->write_seq && kite_before(isn, tp->write_seq))
		isn = tp->write_seq;
	/* What became of an earlier connection is history. */
	WRITE_ONCE(sk->sk_err, 0);
	tp->snd_una = isn;
	tp->snd_nxt = isn + 1;
	tp->write_seq = isn + 1;
	tp->mss_clamp = KITE_TCP_MSS_DEFAULT;
	rcu_read_lock();
	tp->advmss = kite_tcp_mss_to_offer(tp, rt);
	rcu_read_unlock();
	if (!tp->window_clamp)
		tp->window_clamp = dst_metric(&rt->dst, RTAX_WINDOW);
	tp->wscale_ok = READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	if (tp->wscale_ok)
		tp->rcv_wscale = kite_tcp_window_scale(sk, tp->window_clamp);
	tp->sack_ok = READ_ONCE(net->ipv4.sysctl_tcp_sack);
	kite_ecn_offer(sk);
	kite_tcp_ts_init(sock_net(sk), &tp->ts, ks->saddr, sk->sk_daddr,
			 ks->sport, sk->sk_dport);
	kite_tcp_window_init(sk);
	tp->rcv_wnd = kite_tcp_window_first(&rt->dst, tp->rcv_wnd,
					    tp->advmss - kite_tcp_options_len(tp));
	kite_tcp_receive_init(sk);
	kite_tcp_mss_sync(sk);
	kite_cong_heed_route(sk);
	kite_cong_init(tp);
	atomic_set(&ks->ip_id, get_random_u32() & U16_MAX);
}

/**
 * kite_tcp_connect() - send a SYN (twin of tcp_v4_connect())
 * @sk: a closed socket
 * @uaddr: the peer
 * @len: octets of @uaddr
 *
 * Whether the peer agrees is for the caller to wait for.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0; -EINVAL or -EAFNOSUPPORT for @uaddr; -ENETUNREACH and the like when
 * there is no way; -EADDRNOTAVAIL when no local port is left; -ENOMEM.
 */
int kite_tcp_connect(struct sock *sk, struct sockaddr *uaddr, int len)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_sock *ks = &tp->ks;
	bool unbound = !ks->saddr || !ks->bucket;
	struct kite_endpoint peer;
	struct kite_route *rt;
	struct flowi4 fl4;
	u64 now_us;
	int err;

	err = kite_addr_from_user(uaddr, len, &peer);
	if (err)
		return err;
	rt = route_to(sk, &peer, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);

	if (!ks->saddr)
		ks->saddr = fl4.saddr;
	sk->sk_rcv_saddr = ks->saddr;
	sk->sk_daddr = fl4.daddr;
	sk->sk_dport = peer.port;

	/* From here on the port table takes it for a connection. */
	kite_tcp_set_state(sk, TCP_SYN_SENT);
	tp->write_seq = 0;
	err = kite_hash_connect(sk, kite_tw_reuse);
	if (err)
		goto failed;
	/* Only now it is known where from: ip_route_newports()'s twin. */
	if (unbound && kite_route_heeds_source(rt)) {
		kite_route_release(rt);
		rt = route_to(sk, &peer, &fl4);
		err = PTR_ERR_OR_ZERO(rt);
		if (err)
			goto unrouted;
	}

	sk_set_txhash(sk);
	sk_setup_caps(sk, &rt->dst);
	prepare_syn(sk, rt);
	now_us = kite_tcp_clock_us();
	tp->syn_us = (u32)now_us ?: 1;
	tp->syn_ts = kite_tcp_ts_now(&tp->ts, now_us);
	tp->last_rcv = jiffies;
	kite_count(sock_net(sk), KITE_CNT_Tcp_ActiveOpens);
	kite_tcp_send_syn(sk);
	kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, tp->rto);
	return 0;

failed:
	kite_route_release(rt);
unrouted:
	kite_tcp_set_state(sk, TCP_CLOSE);
	sk->sk_route_caps = 0;
	sk->sk_dport = 0;
	sk->sk_daddr = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		ks->saddr = 0;
		sk->sk_rcv_saddr = 0;
	}
	return err;
}

/* Whether the peer answers a SYN that we did not send: its echo is of another time. */
static bool echo_is_foreign(const struct kite_tcp_sock *tp,
			    const struct kite_tcp_options *opt)
{
	return tp->ts.ok && opt->ts_ok && opt->tsecr &&
	       !kite_between(opt->tsecr, tp->syn_ts,
			     kite_tcp_ts_now(&tp->ts, kite_tcp_clock_us()));
}

/* What the peer's SYN says about it. */
static void take_syn(struct sock *sk, const struct sk_buff *skb,
		     const struct kite_tcp_options *opt)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->mss_clamp = opt->mss ?: KITE_TCP_MSS_DEFAULT;
	kite_ecn_answered(tp, cb->flags);
	tp->sack_ok &= opt->sack_ok;
	tp->ts.ok &= opt->ts_ok;
	if (tp->ts.ok)
		kite_tcp_ts_store(&tp->ts, opt->tsval);
	tp->wscale_ok &= opt->wscale_ok;
	if (tp->wscale_ok) {
		tp->snd_wscale = opt->wscale;
	} else {
		tp->snd_wscale = 0;
		tp->rcv_wscale = 0;
		tp->window_clamp = min_t(u32, tp->window_clamp, U16_MAX);
	}
	tp->rcv_nxt = cb->seq + 1;
	tp->rcv_wup = tp->rcv_nxt;
	tp->copied_seq = tp->rcv_nxt;
}

static void established(struct sock *sk, struct sk_buff *skb,
			const struct kite_tcp_options *opt)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	kite_tcp_handshake_done(sk, skb, opt);
	kite_tcp_set_state(sk, TCP_ESTABLISHED);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}

	kite_urgent_rcv(sk, skb);
	/* A SYN-ACK may bring data, RFC 9293 3.10.7.3. */
	cb->seq++;
	cb->flags &= ~KITE_TCP_SYN;
	kite_tcp_receive(sk, skb, opt);
	if (sk->sk_state == TCP_CLOSE)
		return;
	kite_recovery_send(sk);
	kite_tcp_sk(sk)->ack_pending |= KITE_ACK_SCHED;
	/* A write that waits, or that the user promised, takes the ACK along. */
	if (sk->sk_write_pending || kite_tcp_sk(sk)->defer_accept)
		kite_tcp_delay_ack(sk);
	else
		kite_tcp_send_ack(sk);
}

/*
 * The peer answers what our SYN is not: it has an old connection, RFC 5961 4.2. Once it
 * believes our RST, that is gone and the SYN welcome. It comes again at once, but only
 * once: who never believes it must not make us send at its pace.
 */
static void repeat_syn_soon(struct sock *sk)
{
	if (!kite_tcp_sk(sk)->retransmits)
		kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, KITE_SYN_REPEAT);
}

/**
 * kite_tcp_syn_sent_rcv() - a segment in answer to our SYN, or in its stead
 * @sk: the connection, TCP_SYN_SENT
 * @skb: the segment; consumed
 *
 * RFC 9293 3.10.7.3.
 *
 * Context: socket lock held, BH disabled.
 */
void kite_tcp_syn_sent_rcv(struct sock *sk, struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct net *net = sock_net(sk);
	struct kite_tcp_options opt;

	kite_tcp_options_read(skb, &opt);
	if (cb->flags & KITE_TCP_ACK &&
	    (cb->ack_seq != tp->snd_nxt || echo_is_foreign(tp, &opt))) {
		/* Of an old incarnation: RST, and our SYN comes again. */
		if (cb->ack_seq != tp->snd_nxt)
			repeat_syn_soon(sk);
		kite_tcp_reply_reset(net, sk, skb, cb->ack_seq != tp->snd_nxt ?
				     KITE_CNT_TcpExt_InBadState :
				     KITE_CNT_TcpExt_PAWSActive);
		return;
	}
	if (cb->flags & KITE_TCP_RST) {
		if (cb->flags & KITE_TCP_ACK)
			kite_tcp_fail(sk, ECONNREFUSED);
		goto drop;
	}
	if (!(cb->flags & KITE_TCP_SYN))
		goto drop;

	take_syn(sk, skb, &opt);
	if (cb->flags & KITE_TCP_ACK) {
		established(sk, skb, &opt);
		return;
	}

	/* Both opened at once, figure 7. Data on this SYN comes again. */
	tp->snd_wnd = ntohs(tcp_hdr(skb)->window);
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = cb->seq;
	kite_tcp_mss_sync(sk);
	kite_tcp_set_state(sk, TCP_SYN_RECV);
	kite_tcp_send_syn(sk);
	kite_tcp_arm_rtx(sk, KITE_TIMER_RTO, kite_tcp_rto_backed_off(tp));
	consume_skb(skb);
	return;

drop:
	kite_drop(net, skb, KITE_CNT_TcpExt_InBadState);
}
