// SPDX-License-Identifier: GPL-2.0
#include "pmtu.h"

#include <net/ip.h>

/**
 * kite_sk_mtu() - the largest packet that a socket may send by a route
 * @sk: the sender; NULL or a mini-socket for none with options
 * @rt: the route
 *
 * With IP_PMTUDISC_PROBE, _INTERFACE and _OMIT the device counts, whatever is
 * known of the path behind it.
 *
 * Context: RCU read lock.
 * Return: bytes, network header included.
 */
u32 kite_sk_mtu(const struct sock *sk, const struct kite_route *rt)
{
	if (sk && sk_fullsock(sk) && kite_pmtudisc(sk) >= IP_PMTUDISC_PROBE)
		return kite_route_dev_mtu(rt);
	return kite_route_mtu(rt);
}

/**
 * kite_skb_mtu() - above which size a packet on its way out is fragmented
 * @sk: the sender, or NULL
 * @skb: the packet, route attached
 *
 * Context: RCU read lock.
 * Return: bytes, network header included.
 */
u32 kite_skb_mtu(const struct sock *sk, const struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);

	if (kite_skb_cb(skb)->flags & KITE_SKB_FORWARDED)
		return kite_route_forward_mtu(rt, ip_hdr(skb)->daddr);
	return kite_sk_mtu(sk, rt);
}

/**
 * kite_may_fragment() - whether IP_MTU_DISCOVER lets what does not fit be
 * fragmented here
 * @sk: the sender
 *
 * Context: any.
 * Return: whether it does; else sending it is -EMSGSIZE.
 */
bool kite_may_fragment(const struct sock *sk)
{
	u8 pmtudisc = kite_pmtudisc(sk);

	return pmtudisc < IP_PMTUDISC_DO || pmtudisc == IP_PMTUDISC_OMIT;
}

/**
 * kite_accepts_pmtu() - whether a socket lets routers say what fits
 * @sk: the sender
 *
 * Context: any.
 * Return: whether it does; with IP_PMTUDISC_INTERFACE and _OMIT nobody can make
 * its packets smaller.
 */
bool kite_accepts_pmtu(const struct sock *sk)
{
	return kite_pmtudisc(sk) < IP_PMTUDISC_INTERFACE;
}

/**
 * kite_pmtu_told() - a router says that a packet of ours needs fragmentation
 * (twin of ipv4_sk_update_pmtu())
 * @sk: the socket that sent it
 * @skb: the message, data at the quoted network header, at least 8 bytes behind
 *	it
 * @mtu: what the router says fits, bytes; 0 = did not say
 *
 * The quoted packet, found to be one that @sk sent, says by which route it went.
 *
 * Context: BH, RCU read lock.
 */
void kite_pmtu_told(const struct sock *sk, const struct sk_buff *skb, u32 mtu)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const __be16 *ports = (const void *)(skb->data + iph->ihl * 4);
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	struct kite_route *rt;
	struct flowi4 fl4 = {
		.flowi4_oif	= READ_ONCE(sk->sk_bound_dev_if),
		.flowi4_mark	= READ_ONCE(sk->sk_mark),
		.flowi4_proto	= iph->protocol,
		.daddr		= iph->daddr,
		.saddr		= iph->saddr,
	};

	if (!kite_accepts_pmtu(sk))
		return;
	/* By the routes of the L3 domain that the message came from. */
	if (!fl4.flowi4_oif && cb->sdif)
		fl4.flowi4_oif = cb->iif;
	if (iph->protocol == IPPROTO_UDP) {
		fl4.fl4_sport = ports[0];
		fl4.fl4_dport = ports[1];
	}
	kite_flowi4_set_tos(&fl4, iph->tos);

	rt = kite_route_output(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt))
		return;
	kite_pmtu_learn(rt, mtu);
	kite_route_release(rt);
}
