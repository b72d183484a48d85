// SPDX-License-Identifier: GPL-2.0
#include "mss.h"

#include "../ip/ip_output.h"
#include "../ip/pmtu.h"
#include "../route/pmtu.h"
#include "mss_search.h"
#include "options.h"

/* Headers of a segment without options, octets. */
#define KITE_TCP_HEADERS	(sizeof(struct iphdr) + sizeof(struct tcphdr))
/* What the total length field of RFC 791 can say. */
#define KITE_MTU_MAX		0xffff
/* Less is asked of no peer, octets; as by AF_INET. */
#define KITE_ADVMSS_MIN		88
/* A value of net.ipv4.tcp_mtu_probing: search from the start. */
#define KITE_MTU_PROBING_ALWAYS	2

/**
 * kite_tcp_mss_from_mtu() - octets of data in the largest segment of a path
 * @mtu: of the path, octets
 */
u16 kite_tcp_mss_from_mtu(u32 mtu)
{
	u32 mss = min_t(u32, mtu, KITE_MTU_MAX);

	mss -= min_t(u32, mss, KITE_TCP_HEADERS);
	return max_t(u32, mss, KITE_TCP_MSS_MIN);
}

/**
 * kite_tcp_mss_to_offer() - the MSS option of a SYN
 * @tp: the connection or listener, for TCP_MAXSEG
 * @rt: the way to the peer, who is expected to use it, too
 *
 * Context: RCU read lock.
 * Return: octets: what the administrator says (ip route ... advmss), or what fits.
 */
u16 kite_tcp_mss_to_offer(const struct kite_tcp_sock *tp, const struct kite_route *rt)
{
	u16 mss = dst_metric_raw(&rt->dst, RTAX_ADVMSS) ?:
		  kite_tcp_mss_from_mtu(kite_route_mtu(rt));

	mss = max_t(u16, mss, KITE_ADVMSS_MIN);
	return tp->user_mss ? min(mss, tp->user_mss) : mss;
}

/**
 * kite_tcp_mss_sync() - make segments fit the path as it is known now
 * @sk: the connection
 *
 * A segment is at most half of the largest window that the peer ever offered,
 * so that two can be outstanding and the peer acknowledges in time.
 *
 * Context: socket lock held.
 */
void kite_tcp_mss_sync(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 mtu = tp->pmtu ?: KITE_TCP_MSS_DEFAULT + KITE_TCP_HEADERS;
	struct kite_route *rt;
	u16 mss;

	rcu_read_lock();
	rt = kite_sk_route(sk);
	if (!IS_ERR(rt))
		mtu = kite_route_mtu(rt);
	rcu_read_unlock();

	tp->pmtu = mtu;
	mss = min(kite_tcp_mss_from_mtu(mtu - kite_sk_options_len(sk)),
		  tp->mss_clamp);
	if (tp->user_mss)
		mss = min(mss, tp->user_mss);
	mss = max_t(u16, mss, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_snd_mss));
	if (unlikely(tp->mss_low)) {
		tp->mss_high = min(tp->mss_high, mss);
		mss = min(tp->mss_low, mss);
	}
	/* RFC 6691: what both say is without the options of each segment. */
	mss -= min(mss, kite_tcp_options_len(tp));
	if (tp->max_window > KITE_TCP_MSS_DEFAULT)
		mss = min_t(u32, mss, tp->max_window / 2);
	tp->mss = max_t(u16, mss, KITE_TCP_MSS_MIN);
}

/**
 * kite_tcp_mss_current() - make segments fit, unless they do (twin of tcp_current_mss())
 * @sk: the connection
 *
 * Routes change, and what is known of paths, and nobody tells. Who changes anything else calls
 * kite_tcp_mss_sync().
 *
 * Context: socket lock held.
 */
void kite_tcp_mss_current(struct sock *sk)
{
	const struct kite_route *rt;
	bool is_known;

	rcu_read_lock();
	rt = kite_sk_route(sk);
	is_known = IS_ERR(rt) || kite_route_mtu(rt) == kite_tcp_sk(sk)->pmtu;
	rcu_read_unlock();
	if (unlikely(!is_known))
		kite_tcp_mss_sync(sk);
}

/**
 * kite_tcp_mss_init() - how large segments are in the beginning (twin of tcp_mtup_init())
 * @sk: the connection, past the handshake
 *
 * Context: socket lock held.
 */
void kite_tcp_mss_init(struct sock *sk)
{
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_mtu_probing) == KITE_MTU_PROBING_ALWAYS)
		kite_mss_search_start(kite_tcp_sk(sk));
	kite_tcp_mss_sync(sk);
}

/**
 * kite_tcp_mss_options() - an option of the socket has changed how large segments are
 * @sk: the socket, connected or not
 *
 * Context: socket lock held.
 */
void kite_tcp_mss_options(struct sock *sk)
{
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		kite_tcp_mss_sync(sk);
}

/**
 * kite_tcp_mss_pmtu() - a router told of a smaller path MTU
 * @sk: the connection
 * @mtu: what fits, octets, as the router says; 0 = it did not say
 *
 * Context: socket lock held.
 * Return: whether segments have become smaller.
 */
bool kite_tcp_mss_pmtu(struct sock *sk, u32 mtu)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_route *rt;
	u16 old = tp->mss;

	if (!kite_accepts_pmtu(sk))
		return false;
	rcu_read_lock();
	rt = kite_sk_route(sk);
	if (!IS_ERR(rt))
		kite_pmtu_learn(rt, mtu);
	rcu_read_unlock();
	kite_tcp_mss_sync(sk);
	return tp->mss < old;
}

/**
 * kite_tcp_mss_black_hole() - nothing comes through, and no router says why (twin of
 * tcp_mtu_probing())
 * @sk: the connection, whose retransmission timer has run out several times
 *
 * Perhaps it is too large: segments get smaller, first net.ipv4.tcp_base_mss, then half as
 * large each time, if net.ipv4.tcp_mtu_probing allows. From what comes through the search for
 * more begins.
 *
 * Context: socket lock held.
 */
void kite_tcp_mss_black_hole(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (!READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_mtu_probing))
		return;
	if (tp->mss_low)
		kite_mss_search_lower(sk);
	else
		kite_mss_search_start(tp);
	kite_tcp_mss_sync(sk);
}
