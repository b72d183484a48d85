// SPDX-License-Identifier: GPL-2.0
/*
 * The search for the largest segment that comes through. It lies between mss_low, which
 * segments are made by, and mss_high, which is the path MTU as far as routers tell, or less
 * than a probe that was lost. A probe is a segment half way between the two, of data that is
 * to be sent anyway. When it is acknowledged, mss_low is its size; when it alone is lost,
 * mss_high is less than its size, and that says nothing of congestion. What is lost along
 * with others decides nothing.
 *
 * All sizes but those of probes are with the TCP options, as the MSS option is meant (RFC
 * 6691).
 */
#include "mss_search.h"

#include "../observe/counters.h"
#include "mss.h"
#include "options.h"
#include "recovery.h"
#include "stamps.h"
#include "tso.h"

/* No window smaller than so many segments is put at risk (tcp_mtu_probe() has the same). */
#define KITE_PROBE_CWND		11
/* So many segments are to follow, which tell of a loss, and one more. */
#define KITE_PROBE_FOLLOWERS	(KITE_DUPACK_THRESHOLD + 1)

/* What is believed to come through of @mss octets of data. */
static void assume(struct kite_tcp_sock *tp, int mss)
{
	const struct net *net = sock_net(&tp->ks.sk);

	mss = max(mss, READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
	tp->mss_low = clamp_t(int, mss + kite_tcp_options_len(tp),
			      KITE_TCP_MSS_MIN, U16_MAX);
}

/* Whatever the path takes may come through. */
static void open_up(struct kite_tcp_sock *tp)
{
	tp->mss_high = U16_MAX;
	tp->mss_since = jiffies;
}

/**
 * kite_mss_search_start() - begin with net.ipv4.tcp_base_mss
 * @tp: the connection, past the handshake; kite_tcp_mss_sync() follows
 *
 * Context: socket lock held.
 */
void kite_mss_search_start(struct kite_tcp_sock *tp)
{
	assume(tp, READ_ONCE(sock_net(&tp->ks.sk)->ipv4.sysctl_tcp_base_mss));
	open_up(tp);
	tp->mss_probe = 0;
}

/**
 * kite_mss_search_lower() - not even mss_low comes through (twin of tcp_mtu_probing())
 * @sk: the connection
 *
 * RFC 4821 7.7: half as much, tcp_base_mss at most, and tcp_mtu_probe_floor at least.
 *
 * Context: socket lock held.
 */
void kite_mss_search_lower(struct sock *sk)
{
	const struct net *net = sock_net(sk);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int mss = (tp->mss_low - kite_tcp_options_len(tp)) / 2;

	mss = min(mss, READ_ONCE(net->ipv4.sysctl_tcp_base_mss));
	assume(tp, max(mss, READ_ONCE(net->ipv4.sysctl_tcp_mtu_probe_floor)));
}

/*
 * The search is over. After net.ipv4.tcp_probe_interval the path may be another, RFC 4821
 * 7.3 (twin of tcp_mtu_check_reprobe()).
 */
static void search_again(struct sock *sk)
{
	u64 pause = (u64)READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_probe_interval) * HZ;
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if ((u32)jiffies - tp->mss_since < pause)
		return;
	tp->mss_low = min(tp->mss_low, tp->mss_high);
	open_up(tp);
	kite_tcp_mss_sync(sk);
}

/* Whether all that was sent arrives, as far as anybody knows, and headers have one size. */
static bool is_calm(const struct kite_tcp_sock *tp)
{
	return tp->loss == KITE_LOSS_NONE && !tp->dupacks && !tp->board.sacked &&
	       !kite_sack_pending(&tp->report);
}

/**
 * kite_mss_probe_len() - whether to send a probe now (twin of tcp_mtu_probe())
 * @sk: the connection, which searches and has something to send
 *
 * It needs enough data behind it, and windows for all that. Where only something that is
 * outstanding is in the way, new data waits for that.
 *
 * Context: socket lock held.
 * Return: octets of its data; 0 for no probe; -1 when nothing is to be sent yet.
 */
int kite_mss_probe_len(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int open = tp->mss_high - tp->mss_low, len;
	u32 mss = tp->mss, needed;

	if (tp->mss_probe || !is_calm(tp) || tp->cwnd < KITE_PROBE_CWND * mss)
		return 0;
	if (open < READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_probe_threshold)) {
		search_again(sk);
		return 0;
	}
	len = (tp->mss_low + tp->mss_high) / 2 - kite_tcp_options_len(tp);
	if (len <= mss)
		return 0;
	needed = len + KITE_PROBE_FOLLOWERS * mss;
	if (tp->write_seq - tp->snd_nxt < needed || tp->snd_wnd < needed ||
	    tp->cwnd < len + mss)
		return 0;
	if (kite_after(tp->snd_nxt + needed, kite_tcp_wnd_end(tp)) ||
	    kite_recovery_room(tp) < len + mss)
		return kite_tcp_flight(tp) ? -1 : 0;
	return len;
}

/**
 * kite_mss_probe_gather() - make one packet of what waits in several
 * @sk: the connection
 * @skb: the first that was never sent
 * @len: octets that it shall have at least; so many are there
 *
 * Context: socket lock held.
 * Return: false when there is no memory, they are too many pieces, or one was written with
 * MSG_EOR.
 */
bool kite_mss_probe_gather(struct sock *sk, struct sk_buff *skb, u32 len)
{
	while (skb->len < len) {
		struct sk_buff *next = skb_queue_next(&sk->sk_write_queue, skb), *rest;
		u32 missing = len - skb->len;
		bool stolen;
		int delta;

		if (kite_tcp_cb(skb)->stamps & KITE_STAMP_EOR)
			return false;
		if (next->len > missing) {
			rest = kite_tcp_fragment(sk, next, missing);
			if (!rest)
				return false;
			__skb_queue_after(&sk->sk_write_queue, next, rest);
		}
		skb_shinfo(skb)->flags |= skb_shinfo(next)->flags & SKBFL_SHARED_FRAG;
		/* All data is in pages: there is no head that could be stolen. */
		if (!skb_try_coalesce(skb, next, &stolen, &delta))
			return false;
		kite_tcp_cb(skb)->end_seq = kite_tcp_cb(next)->end_seq;
		kite_tcp_cb(skb)->flags |= kite_tcp_cb(next)->flags;
		kite_stamps_joined(skb, next);
		__skb_unlink(next, &sk->sk_write_queue);
		sk_wmem_queued_add(sk, delta - next->truesize);
		sk_mem_uncharge(sk, next->truesize - delta);
		__kfree_skb(next);
	}
	return true;
}

/**
 * kite_mss_probe_sent() - a probe has left
 * @tp: the connection; snd_nxt is behind it
 * @len: octets of its data
 *
 * Context: socket lock held.
 */
void kite_mss_probe_sent(struct kite_tcp_sock *tp, u32 len)
{
	tp->mss_probe = len;
	tp->mss_probe_end = tp->snd_nxt;
}

/**
 * kite_mss_probe_acked() - see whether the probe has come through
 * @sk: the connection, with a probe under way; snd_una has moved
 *
 * Context: socket lock held.
 */
void kite_mss_probe_acked(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (kite_before(tp->snd_una, tp->mss_probe_end))
		return;
	tp->mss_low = tp->mss_probe + kite_tcp_options_len(tp);
	tp->mss_probe = 0;
	kite_tcp_mss_sync(sk);
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPMTUPSuccess);
}

/**
 * kite_mss_probe_lost() - a probe did not come through, and nothing else was lost
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void kite_mss_probe_lost(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->mss_high = min_t(u16, tp->mss_high,
			     tp->mss_probe + kite_tcp_options_len(tp) - 1);
	tp->mss_probe = 0;
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPMTUPFail);
}
