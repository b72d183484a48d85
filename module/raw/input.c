// SPDX-License-Identifier: GPL-2.0
#include "raw_sock.h"

#include <linux/icmp.h>
#include <net/ip.h>
#include <net/raw.h>

#include "../ip/errqueue.h"
#include "../ip/mc_member.h"
#include "../ip/recv_cmsg.h"

/* Whether a packet of @protocol from @remote to @local is the socket's. */
static bool is_for(const struct sock *sk, struct net *net, u8 protocol,
		   __be32 local, __be32 remote, const struct kite_skb_cb *cb)
{
	return sk->sk_num == protocol &&
	       (!sk->sk_daddr || sk->sk_daddr == remote) &&
	       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == local) &&
	       raw_sk_bound_dev_eq(net, READ_ONCE(sk->sk_bound_dev_if),
				   cb->iif, cb->sdif);
}

/* ICMP_FILTER, raw(7). What has not even a header is nobody's. */
static bool is_filtered(const struct sock *sk, const struct sk_buff *skb)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	if (sk->sk_num != IPPROTO_ICMP)
		return false;
	icmph = skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
				   &buf);
	if (!icmph)
		return true;
	return icmph->type < 32 &&
	       READ_ONCE(kite_raw_sk(sk)->icmp_filter) & BIT(icmph->type);
}

/* Queue a copy that begins with the network header. */
static void queue_copy(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (!copy) {
		atomic_inc(&sk->sk_drops);
		return;
	}
	skb_push(copy, -skb_network_offset(copy));
	kite_rx_queue(sk, copy);
}

/**
 * kite_raw_deliver() - give every raw socket that wants it a copy of a packet
 * @skb: the packet, data at the transport header; not consumed
 * @protocol: the header's, or one that was wrapped in that
 *
 * Context: BH, RCU read lock.
 * Return: whether there was such a socket, though its filter may have said no.
 */
bool kite_raw_deliver(struct sk_buff *skb, u8 protocol)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = dev_net(skb->dev);
	struct kite_sock_hash *t = kite_raw_table(net);
	bool delivered = false;
	struct sock *sk;

	if (!t)
		return false;
	sk_for_each_rcu(sk, kite_sock_bucket(t, protocol)) {
		if (!is_for(sk, net, protocol, iph->daddr, iph->saddr, cb))
			continue;
		delivered = true;
		if (!is_filtered(sk, skb) && kite_mc_allowed(sk, skb))
			queue_copy(sk, skb);
	}
	return delivered;
}

/**
 * kite_raw_router_alert() - give every raw socket with IP_ROUTER_ALERT a copy of a
 * packet that is passing through
 * @skb: the packet, data at the network header; not consumed
 * @copy: or else only say whether there is any
 *
 * Its addresses mean nothing to them, and a device is the one that it came by.
 *
 * Context: BH, RCU read lock.
 * Return: whether there is such a socket.
 */
bool kite_raw_router_alert(struct sk_buff *skb, bool copy)
{
	struct kite_sock_hash *t = kite_raw_table(dev_net(skb->dev));
	u8 protocol = ip_hdr(skb)->protocol;
	bool any = false;
	struct sock *sk;
	int dev;

	if (!t)
		return false;
	sk_for_each_rcu(sk, kite_sock_bucket(t, protocol)) {
		dev = READ_ONCE(sk->sk_bound_dev_if);
		if (sk->sk_num != protocol || !kite_sk(sk)->router_alert ||
		    (dev && dev != skb->dev->ifindex))
			continue;
		any = true;
		if (!copy)
			break;
		queue_copy(sk, skb);
	}
	return any;
}

/**
 * kite_raw_err() - tell raw sockets of an ICMP error (twin of raw_icmp_error())
 * @skb: data at the quoted network header, transport header at the ICMP header;
 *	not consumed
 * @protocol: of the quoted packet
 * @info: next-hop MTU or offset of the parameter in trouble, host order
 *
 * Context: BH, RCU read lock.
 */
void kite_raw_err(struct sk_buff *skb, u8 protocol, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct net *net = dev_net(skb->dev);
	struct kite_sock_hash *t = kite_raw_table(net);
	struct sock *sk;

	if (!t)
		return;
	sk_for_each_rcu(sk, kite_sock_bucket(t, protocol)) {
		if (!is_for(sk, net, protocol, iph->saddr, iph->daddr,
			    kite_skb_cb(skb)))
			continue;
		/* Who wrote the header sees it again. */
		kite_datagram_icmp_error(sk, skb, 0, info,
					 kite_sk(sk)->hdrincl ?
					 skb->data : skb->data + iph->ihl * 4);
	}
}
