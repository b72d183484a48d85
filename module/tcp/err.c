// SPDX-License-Identifier: GPL-2.0
#include "err.h"

#include "../ip/errqueue.h"
#include "../ip/icmp.h"
#include "../observe/counters.h"
#include "../port/ehash.h"
#include "output.h"
#include "request.h"
#include "state.h"
#include "timer.h"

/* A packet did not fit somewhere. */
static void pmtu_reported(struct sock *sk, u32 mtu)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->pmtu_told = mtu;
	kite_tcp_run_or_defer_locked(sk, KITE_DEFER_PMTU);
}

/* The path, or somebody on it, reported an error about segment @th. */
static void error_reported(struct sock *sk, const struct sk_buff *skb,
			   const struct tcphdr *th, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)skb->data;
	const struct icmphdr *icmp = icmp_hdr(skb);
	struct kite_icmp_err e = kite_icmp_to_errno(icmp->type, icmp->code);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (quoted->ttl < READ_ONCE(tp->ks.min_ttl)) {
		kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPMinTTLDrop);
		return;
	}
	/* Only what quotes something outstanding can come from the path, RFC 5927 4.1. */
	if (!kite_between(ntohl(th->seq), tp->snd_una, tp->snd_nxt))
		return;
	if (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED) {
		pmtu_reported(sk, info);
		return;
	}

	/*
	 * RFC 1122 4.2.3.9: in a handshake an error ends it. Later it could be
	 * anybody's, RFC 5927, and is only what a timeout will be blamed on.
	 */
	if (kite_tcp_is_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		kite_icmp_error_queue(sk, skb, e.err, th->dest, info, th);
		if (!sock_owned_by_user(sk))
			kite_tcp_fail(sk, e.err);
		else
			WRITE_ONCE(sk->sk_err_soft, e.err);
	} else if (kite_sk(sk)->recverr && !sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err, e.err);
		sk_error_report(sk);
	} else {
		WRITE_ONCE(sk->sk_err_soft, e.err);
	}
}

/*
 * Whether an ICMP error says that the peer cannot be reached. Of the rest some are true for
 * a moment only, and firewalls make up others; a SYN-ACK that comes again has another chance.
 */
static bool is_no_way(const struct icmphdr *icmp)
{
	switch (icmp->type) {
	case ICMP_PARAMETERPROB:
	case ICMP_TIME_EXCEEDED:
		return true;
	case ICMP_DEST_UNREACH:
		return icmp->code == ICMP_NET_UNREACH || icmp->code == ICMP_HOST_UNREACH;
	}
	return false;
}

/**
 * kite_tcp_err() - an ICMP error came back (kite_protocol.err_handler)
 * @skb: data at the quoted header, transport header at the ICMP header; not
 *	consumed
 * @info: next-hop MTU for fragmentation needed, octets
 *
 * Context: softirq, under RCU.
 * Return: 0, or -ENOENT when no connection was meant.
 */
int kite_tcp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const void *)(skb->data + iph->ihl * 4);
	struct net *net = dev_net(skb->dev);
	u32 seq = ntohl(th->seq);
	struct sock *sk;

	sk = kite_lookup_established(net, iph->daddr, th->dest, iph->saddr,
				     th->source, kite_skb_cb(skb)->iif,
				     kite_skb_cb(skb)->sdif);
	if (!sk)
		return -ENOENT;

	switch (sk->sk_state) {
	case TCP_TIME_WAIT:
		return 0;
	case TCP_NEW_SYN_RECV:
		if (seq == kite_request(sk)->snd_isn && is_no_way(icmp_hdr(skb)) &&
		    kite_ehash_remove(sk)) {
			kite_count(net, KITE_CNT_Tcp_AttemptFails);
			kite_request_free(kite_request(sk));
		}
		return 0;
	}

	bh_lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE)
		error_reported(sk, skb, th, info);
	bh_unlock_sock(sk);
	return 0;
}
