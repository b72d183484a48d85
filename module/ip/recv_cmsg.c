// SPDX-License-Identifier: GPL-2.0
#include "recv_cmsg.h"

#include <net/ip.h>

#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../route/route.h"
#include "../sockaddr.h"
#include "options.h"

/**
 * kite_rx_prepare() - get a packet ready to wait in a socket's queue (twin of
 * ipv4_pktinfo_prepare())
 * @sk: who will get it
 * @skb: the packet, which this socket alone has
 *
 * What needs the route is looked up now if the socket wants it; then the route is
 * let go: it must not wait for a program to read.
 *
 * Context: BH, RCU read lock.
 */
void kite_rx_prepare(const struct sock *sk, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct kite_rx_cb *rx = kite_rx_cb(skb);

	rx->ifindex = 0;
	rx->spec_dst = 0;
	if (READ_ONCE(kite_sk(sk)->rx_wants) & KITE_RX_PKTINFO && rt) {
		rx->ifindex = kite_skb_ingress(skb);
		/* Over loopback it seems to come in where the address is. */
		if (rx->ifindex == LOOPBACK_IFINDEX && rt->iif)
			rx->ifindex = rt->iif;
		rx->spec_dst = kite_spec_dst(skb);
	}
	skb_dst_drop(skb);
}

/**
 * kite_rx_queue() - give a packet to a raw or ping socket
 * @sk: who gets it, unless its filter does not want it, or its queue is full
 * @skb: the packet, which this socket alone has; consumed
 *
 * Context: BH, RCU read lock.
 */
void kite_rx_queue(struct sock *sk, struct sk_buff *skb)
{
	int err;

	trace_kite_sock_deliver(sock_net(sk), skb, skb->dev, "");
	kite_rx_prepare(sk, skb);
	err = sock_queue_rcv_skb(sk, skb);
	if (err)
		kite_drop(sock_net(sk), skb, err == -ENOMEM || err == -ENOBUFS ?
					     KITE_CNT_KiteExt_InSockFull :
					     KITE_CNT_KiteExt_InSockFiltered);
}

static void put_pktinfo(struct msghdr *msg, const struct sk_buff *skb)
{
	const struct in_pktinfo info = {
		.ipi_ifindex		= kite_rx_cb(skb)->ifindex,
		.ipi_spec_dst.s_addr	= kite_rx_cb(skb)->spec_dst,
		.ipi_addr.s_addr	= ip_hdr(skb)->daddr,
	};

	put_cmsg(msg, SOL_IP, IP_PKTINFO, sizeof(info), (void *)&info);
}

static void put_options(struct msghdr *msg, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	int len = iph->ihl * 4 - sizeof(*iph);

	if (len)
		put_cmsg(msg, SOL_IP, IP_RECVOPTS, len, (void *)(iph + 1));
}

/* As the user has to give them back in an answer. */
static void put_answering_options(struct msghdr *msg, const struct sock *sk,
				  const struct sk_buff *skb)
{
	struct kite_ip_options opt;

	if (ip_hdr(skb)->ihl == 5)
		return;
	if (kite_options_echo(sock_net(sk), skb, &opt))
		msg->msg_flags |= MSG_CTRUNC;
	else
		put_cmsg(msg, SOL_IP, IP_RETOPTS, opt.len, opt.data);
}

/* The ports are the first four bytes of all transports that have them. */
static void put_origdstaddr(struct msghdr *msg, const struct sock *sk,
			    const struct sk_buff *skb)
{
	struct sockaddr_kite ska;
	const __be16 *ports;
	__be16 buf[2];

	ports = skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
				   buf);
	if (!ports)
		return;
	kite_addr_to_user(sk, &ska, ip_hdr(skb)->daddr, ports[1]);
	put_cmsg(msg, SOL_IP, IP_ORIGDSTADDR, sizeof(ska), &ska);
}

/* Only there when somebody had to add up the whole packet. */
static void put_checksum(struct msghdr *msg, const struct sk_buff *skb)
{
	__wsum csum = skb->csum;

	if (skb->ip_summed == CHECKSUM_COMPLETE)
		put_cmsg(msg, SOL_IP, IP_CHECKSUM, sizeof(csum), &csum);
}

static void put_fragsize(struct msghdr *msg, const struct sk_buff *skb)
{
	int size = kite_skb_cb(skb)->frag_max_size;

	if (size)
		put_cmsg(msg, SOL_IP, IP_RECVFRAGSIZE, sizeof(size), &size);
}

/**
 * kite_recv_ip_cmsgs() - the control messages of SOL_IP (twin of ip_cmsg_recv())
 * @msg: where they go
 * @sk: whose options say which
 * @skb: a packet that has waited in a queue of @sk
 *
 * Context: process.
 */
void kite_recv_ip_cmsgs(struct msghdr *msg, const struct sock *sk,
			struct sk_buff *skb)
{
	unsigned int wants = READ_ONCE(kite_sk(sk)->rx_wants);
	struct iphdr *iph = ip_hdr(skb);
	int ttl = iph->ttl;

	if (wants & KITE_RX_PKTINFO)
		put_pktinfo(msg, skb);
	if (wants & KITE_RX_TTL)
		put_cmsg(msg, SOL_IP, IP_TTL, sizeof(ttl), &ttl);
	if (wants & KITE_RX_TOS)
		put_cmsg(msg, SOL_IP, IP_TOS, sizeof(iph->tos), &iph->tos);
	if (wants & KITE_RX_OPTS)
		put_options(msg, skb);
	if (wants & KITE_RX_RETOPTS)
		put_answering_options(msg, sk, skb);
	if (wants & KITE_RX_ORIGDSTADDR)
		put_origdstaddr(msg, sk, skb);
	if (wants & KITE_RX_CHECKSUM)
		put_checksum(msg, skb);
	if (wants & KITE_RX_FRAGSIZE)
		put_fragsize(msg, skb);
}

/**
 * kite_recv_cmsgs() - all control messages of a packet
 * @msg: where they go
 * @sk: whose options say which
 * @skb: a packet that has waited in the receive queue of @sk
 *
 * Context: process.
 */
void kite_recv_cmsgs(struct msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	sock_recv_cmsgs(msg, sk, skb);
	if (READ_ONCE(kite_sk(sk)->rx_wants))
		kite_recv_ip_cmsgs(msg, sk, skb);
}
