// SPDX-License-Identifier: GPL-2.0
#include "udp_sock.h"

#include <linux/icmp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/udp.h>

#include "../ip/early_demux.h"
#include "../ip/errqueue.h"
#include "../ip/icmp.h"
#include "../ip/mc_member.h"
#include "../observe/counters.h"
#include "../port/lookup.h"

/*
 * Cut the datagram to what its header says and check that. The checksum is
 * verified here, not while it is copied to the user: whoever was told that there
 * is something to read finds it there.
 */
static bool check_header(struct net *net, struct sk_buff *skb,
			 enum kite_counter *why)
{
	const struct udphdr *uh;
	unsigned int len;

	*why = KITE_CNT_Udp_InErrors;
	if (!pskb_may_pull(skb, sizeof(*uh)))
		return false;
	len = ntohs(udp_hdr(skb)->len);
	if (len < sizeof(*uh) || len > skb->len ||
	    pskb_trim_rcsum(skb, len))
		return false;

	uh = udp_hdr(skb);
	if (skb_checksum_init_zero_check(skb, IPPROTO_UDP, uh->check,
					 inet_compute_pseudo) ||
	    skb_checksum_complete(skb)) {
		kite_count(net, KITE_CNT_Udp_InErrors);
		*why = KITE_CNT_Udp_InCsumErrors;
		return false;
	}
	return true;
}

/**
 * struct copies - a datagram on its way to several sockets
 * @skb: the datagram
 * @last: who gets @skb itself; everybody before got a clone
 */
struct copies {
	struct sk_buff	*skb;
	struct sock	*last;
};

static void deliver_copy(struct sock *sk, void *arg)
{
	struct copies *copies = arg;
	struct sk_buff *clone;

	if (!kite_mc_allowed(sk, copies->skb))
		return;
	if (copies->last) {
		clone = skb_clone(copies->skb, GFP_ATOMIC);
		if (clone) {
			kite_udp_queue_rcv(copies->last, clone);
		} else {
			atomic_inc(&copies->last->sk_drops);
			kite_count(sock_net(sk), KITE_CNT_Udp_InErrors);
			kite_count(sock_net(sk), KITE_CNT_Udp_RcvbufErrors);
		}
	}
	copies->last = sk;
}

static void deliver_to_all(struct net *net, struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct udphdr *uh = udp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct copies copies = { .skb = skb };

	kite_visit_udp(net, iph->saddr, uh->source, iph->daddr, uh->dest,
		       cb->iif, cb->sdif, deliver_copy, &copies);
	if (copies.last)
		kite_udp_queue_rcv(copies.last, skb);
	else
		kite_drop(net, skb, KITE_CNT_Udp_IgnoredMulti);
}

static void deliver_to_one(struct net *net, struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct udphdr *uh = udp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct sock *sk;

	sk = kite_skb_steal_sock(skb) ?:
		kite_lookup_udp(net, skb, iph->saddr, uh->source, iph->daddr,
				uh->dest, cb->iif, cb->sdif);
	if (sk) {
		kite_udp_queue_rcv(sk, skb);
		return;
	}
	kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	kite_drop(net, skb, KITE_CNT_Udp_NoPorts);
}

static void deliver(struct net *net, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);

	if (rt->type == RTN_BROADCAST || rt->type == RTN_MULTICAST)
		deliver_to_all(net, skb);
	else
		deliver_to_one(net, skb);
}

/*
 * A packet that stands for many datagrams, as UDP_SEGMENT makes it on this machine: they
 * part before a socket sees them. Its checksum was good, or left out for nothing was on a
 * wire, and so it is theirs.
 */
static void deliver_each(struct net *net, struct sk_buff *skb)
{
	struct sk_buff *segs, *seg, *next;

	/* The core's part of the control block lies behind ours. */
	static_assert(sizeof(struct kite_skb_cb) <= SKB_GSO_CB_OFFSET);

	__skb_push(skb, skb->data - skb_mac_header(skb));
	skb_reset_mac_len(skb);
	segs = __skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM, false);
	if (IS_ERR_OR_NULL(segs)) {
		kite_drop(net, skb, KITE_CNT_Udp_InErrors);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		__skb_pull(seg, skb_transport_offset(seg));
		deliver(net, seg);
	}
}

/**
 * kite_udp_early_demux() - find the socket that is connected to a datagram's
 * sender before its route (twin of udp_v4_early_demux())
 * @net: the namespace
 * @skb: the datagram, data at the network header
 *
 * Context: softirq, under RCU.
 * Return: the socket, or NULL.
 */
struct sock *kite_udp_early_demux(struct net *net, struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph;
	const struct udphdr *uh;

	if (!READ_ONCE(net->ipv4.sysctl_udp_early_demux) ||
	    !pskb_may_pull(skb, skb_transport_offset(skb) + sizeof(*uh)))
		return NULL;
	iph = ip_hdr(skb);
	uh = udp_hdr(skb);
	return kite_lookup_udp_connected(net, iph->saddr, uh->source,
					 iph->daddr, uh->dest, cb->iif,
					 cb->sdif);
}

/**
 * kite_udp_rcv() - take a datagram from the network layer (twin of udp_rcv())
 * @skb: the datagram from the UDP header on; consumed
 *
 * Context: BH, RCU read lock.
 * Return: 0.
 */
int kite_udp_rcv(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	enum kite_counter why;

	if (!check_header(net, skb, &why))
		kite_drop(net, skb, why);
	else if (unlikely(skb_is_gso(skb)))
		deliver_each(net, skb);
	else
		deliver(net, skb);
	return 0;
}

/**
 * kite_udp_err() - an ICMP error about a datagram of ours (twin of udp_err())
 * @skb: data at the quoted network header
 * @info: next-hop MTU for fragmentation needed, host order
 *
 * Context: BH, RCU read lock.
 * Return: 0, or -ENOENT when no socket sent it.
 */
int kite_udp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct udphdr *uh = (const void *)(skb->data + iph->ihl * 4);
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	struct net *net = dev_net(skb->dev);
	struct sock *sk;

	sk = kite_lookup_udp(net, NULL, iph->daddr, uh->dest, iph->saddr,
			     uh->source, cb->iif, cb->sdif);
	if (!sk)
		return -ENOENT;

	kite_datagram_icmp_error(sk, skb, uh->dest, info, uh + 1);
	return 0;
}
