/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What recvmsg() tells of a packet besides its data: IP_PKTINFO, IP_RECVTTL and
 * their like, ip(7).
 */
#ifndef _KITE_IP_RECV_CMSG_H
#define _KITE_IP_RECV_CMSG_H

#include "../kite.h"

/* Bits of kite_sock.rx_wants, by the option that sets them. */
#define KITE_RX_PKTINFO		BIT(0)
#define KITE_RX_TTL		BIT(1)
#define KITE_RX_TOS		BIT(2)
#define KITE_RX_OPTS		BIT(3)
#define KITE_RX_RETOPTS		BIT(4)
#define KITE_RX_PASSSEC		BIT(5)
#define KITE_RX_ORIGDSTADDR	BIT(6)
#define KITE_RX_CHECKSUM	BIT(7)
#define KITE_RX_FRAGSIZE	BIT(8)

/**
 * struct kite_rx_cb - what is kept in skb->cb of a packet that waits to be read
 * @cb: what the network layer has there, first
 * @ifindex: device it came in by, 0 = nobody asked when it was queued
 * @spec_dst: our address that an answer should come from, network order
 */
struct kite_rx_cb {
	struct kite_skb_cb	cb;
	int			ifindex;
	__be32			spec_dst;
};

static_assert(offsetof(struct kite_rx_cb, cb) == 0);

static inline struct kite_rx_cb *kite_rx_cb(const struct sk_buff *skb)
{
	return (struct kite_rx_cb *)skb->cb;
}

/**
 * kite_skb_ingress() - the device that a packet came in by
 * @skb: the packet, with what the network layer keeps in its cb
 *
 * Return: ifindex; that of the enslaved device when it came in by a VRF.
 */
static inline int kite_skb_ingress(const struct sk_buff *skb)
{
	return kite_skb_cb(skb)->sdif ?: kite_skb_cb(skb)->iif;
}

void kite_rx_prepare(const struct sock *sk, struct sk_buff *skb);
void kite_rx_queue(struct sock *sk, struct sk_buff *skb);
void kite_recv_ip_cmsgs(struct msghdr *msg, const struct sock *sk,
			struct sk_buff *skb);
void kite_recv_cmsgs(struct msghdr *msg, struct sock *sk, struct sk_buff *skb);

#endif /* _KITE_IP_RECV_CMSG_H */
