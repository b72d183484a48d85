// SPDX-License-Identifier: GPL-2.0
#include "errqueue.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/icmp.h>
#include <net/ip.h>

#include "../sockaddr.h"
#include "icmp.h"
#include "pmtu.h"
#include "recv_cmsg.h"

/*
 * The core keeps its own of an entry in skb->cb behind what a network layer has
 * there.
 */
static_assert(sizeof(struct kite_rx_cb) <=
	      offsetof(struct sock_exterr_skb, ee));

/**
 * kite_icmp_error_queue() - keep an ICMP error for who reads the error queue
 * (twin of ip_icmp_error())
 * @sk: the socket whose packet is quoted
 * @skb: data at the quoted network header, transport header at the ICMP header;
 *	not consumed
 * @err: what it means, positive errno
 * @port: destination port of the quoted packet, network order, 0 = none
 * @info: for ee_info: the MTU, or the offset of the parameter in trouble
 * @payload: where in the quoted packet the part that the user wrote begins
 *
 * Without memory, or over SO_RCVBUF, it is not kept.
 *
 * Context: BH, RCU read lock.
 */
void kite_icmp_error_queue(struct sock *sk, const struct sk_buff *skb, int err,
			   __be16 port, u32 info, const void *payload)
{
	unsigned int skip = (const u8 *)payload - skb->data;
	const struct icmphdr *icmph = icmp_hdr(skb);
	const struct iphdr *quoted = (const void *)skb->data;
	struct sock_exterr_skb *serr;
	struct sk_buff *entry;

	entry = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);
	if (!entry)
		return;

	kite_rx_cb(entry)->ifindex = kite_skb_ingress(entry);
	kite_rx_cb(entry)->spec_dst = 0;
	/* A route must not wait for a program to read. */
	skb_dst_drop(entry);

	serr = SKB_EXT_ERR(entry);
	serr->ee = (struct sock_extended_err) {
		.ee_errno	= err,
		.ee_origin	= SO_EE_ORIGIN_ICMP,
		.ee_type	= icmph->type,
		.ee_code	= icmph->code,
		.ee_info	= info,
	};
	serr->addr_offset = (const u8 *)&quoted->daddr -
			    skb_network_header(skb);
	serr->port = port;

	if (!skb_pull(entry, skip))
		goto drop;
	if (kite_sk(sk)->recverr_rfc4884)
		ip_icmp_error_rfc4884(entry, &serr->ee.ee_rfc4884,
				      sizeof(*icmph),
				      icmph->un.reserved[1] * 4);
	skb_reset_transport_header(entry);
	if (!sock_queue_err_skb(sk, entry))
		return;
drop:
	kfree_skb(entry);
}

/**
 * kite_local_error() - an error that was found here, before anything was sent
 * (twin of ip_local_error())
 * @sk: the sender
 * @err: positive errno
 * @daddr: where the packet was to go, network order
 * @port: the peer's port, network order, 0 = none
 * @info: for ee_info: the MTU
 *
 * Only who has IP_RECVERR hears of it this way.
 *
 * Context: process.
 */
void kite_local_error(struct sock *sk, int err, __be32 daddr, __be16 port,
		      u32 info)
{
	struct sock_exterr_skb *serr;
	struct sk_buff *entry;
	struct iphdr *iph;

	if (!kite_sk(sk)->recverr)
		return;
	entry = alloc_skb(sizeof(*iph), GFP_ATOMIC);
	if (!entry)
		return;

	/* A header that says where it was to go, and nothing behind. */
	skb_reset_network_header(entry);
	iph = skb_put_zero(entry, sizeof(*iph));
	iph->daddr = daddr;

	serr = SKB_EXT_ERR(entry);
	serr->ee = (struct sock_extended_err) {
		.ee_errno	= err,
		.ee_origin	= SO_EE_ORIGIN_LOCAL,
		.ee_info	= info,
	};
	serr->addr_offset = offsetof(struct iphdr, daddr);
	serr->port = port;
	__skb_pull(entry, sizeof(*iph));
	skb_reset_transport_header(entry);

	if (sock_queue_err_skb(sk, entry))
		kfree_skb(entry);
}

/* What IP_RECVERR's control message consists of. */
struct kite_err_report {
	struct sock_extended_err	ee;
	struct sockaddr_kite		offender;
};

/*
 * Who complains has an address only if it came by packet. A time stamp of our own
 * packet tells by which device that left, if the program asked for it
 * (SOF_TIMESTAMPING_OPT_CMSG) and the packet is still there.
 */
static bool has_header(struct sock *sk, struct sk_buff *skb)
{
	struct kite_rx_cb *rx = kite_rx_cb(skb);

	switch (SKB_EXT_ERR(skb)->ee.ee_origin) {
	case SO_EE_ORIGIN_ICMP:
		return true;
	case SO_EE_ORIGIN_TIMESTAMPING:
		if (!(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_CMSG) ||
		    !skb->len || !rx->cb.iif)
			return false;
		rx->ifindex = rx->cb.iif;
		rx->spec_dst = ip_hdr(skb)->saddr;
		return true;
	default:
		return false;
	}
}

/* The control messages of an entry. */
static void report(struct sock *sk, struct msghdr *msg, struct sk_buff *skb)
{
	const struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);
	struct kite_err_report rep = { .ee = serr->ee };

	if (has_header(sk, skb)) {
		kite_addr_to_user(sk, &rep.offender, ip_hdr(skb)->saddr, 0);
		kite_recv_ip_cmsgs(msg, sk, skb);
	}
	put_cmsg(msg, SOL_IP, IP_RECVERR, sizeof(rep), &rep);
}

/**
 * kite_recv_error() - recvmsg() with MSG_ERRQUEUE (twin of ip_recv_error())
 * @sk: the socket
 * @msg: gets what is quoted of the packet in trouble, where that was going as the
 *	name, and what is known of the error as control messages
 * @len: room for data, bytes
 * @addr_len: set to the length of the name
 *
 * Context: process; does not wait.
 * Return: bytes of the quotation, -EAGAIN when there is no error, -EFAULT.
 */
int kite_recv_error(struct sock *sk, struct msghdr *msg, size_t len,
		    int *addr_len)
{
	const struct sock_exterr_skb *serr;
	struct sk_buff *skb;
	size_t copied;
	int err;

	skb = sock_dequeue_err_skb(sk);
	if (!skb)
		return -EAGAIN;

	copied = min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err) {
		kfree_skb(skb);
		return err;
	}

	sock_recv_timestamp(msg, sk, skb);
	serr = SKB_EXT_ERR(skb);
	if (msg->msg_name && (serr->ee.ee_origin == SO_EE_ORIGIN_ICMP ||
			      serr->ee.ee_origin == SO_EE_ORIGIN_LOCAL))
		*addr_len = kite_addr_to_user(sk, msg->msg_name,
					      *(__be32 *)(skb_network_header(skb) +
							  serr->addr_offset),
					      serr->port);
	report(sk, msg, skb);
	msg->msg_flags |= MSG_ERRQUEUE;
	consume_skb(skb);
	return copied;
}

/**
 * kite_datagram_icmp_error() - an ICMP error about a datagram of a socket
 * @sk: a UDP, raw or ping socket
 * @skb: data at the quoted network header, transport header at the ICMP header;
 *	not consumed
 * @port: destination port of the quoted packet, network order, 0 = none
 * @info: next-hop MTU or offset of the parameter in trouble, host order
 * @payload: where in the quoted packet the part that the user wrote begins
 *
 * With IP_RECVERR the next system call reports any error, and the error queue
 * says more; without, a connected socket reports what is more than a passing
 * trouble, ip(7).
 *
 * Context: BH, RCU read lock.
 */
void kite_datagram_icmp_error(struct sock *sk, const struct sk_buff *skb,
			      __be16 port, u32 info, const void *payload)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	const struct kite_sock *ks = kite_sk(sk);
	struct kite_icmp_err what;

	what = kite_icmp_to_errno(icmph->type, icmph->code);
	if (icmph->type == ICMP_DEST_UNREACH &&
	    icmph->code == ICMP_FRAG_NEEDED) {
		kite_pmtu_told(sk, skb, info);
		/* Only who forbids fragments is to send less next time. */
		what.fatal = READ_ONCE(ks->pmtudisc) != IP_PMTUDISC_DONT;
		if (!what.fatal && sk->sk_type != SOCK_RAW)
			return;
	}

	if (ks->recverr)
		kite_icmp_error_queue(sk, skb, what.err, port, info, payload);
	else if (!what.fatal || READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return;
	WRITE_ONCE(sk->sk_err, what.err);
	sk_error_report(sk);
}
