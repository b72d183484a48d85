/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that stand for several: generic segmentation offload.
 */
#ifndef _KITE_IP_OFFLOAD_H
#define _KITE_IP_OFFLOAD_H

#include "../kite.h"

/*
 * How our own are marked. SKB_GSO_TCPV4 would be believed by hardware, which looks
 * for an IPv4 frame then. This one is claimed by what is software only (loopback,
 * veth), and anybody else asks kite_gso_segment().
 */
#define KITE_GSO_TYPE	SKB_GSO_SCTP

/* Of datagrams: Linux's UDP at the other end of a veth knows by the second to cut it. */
#define KITE_GSO_UDP	(SKB_GSO_SCTP | SKB_GSO_UDP_L4)

bool kite_gso_fits(const struct sk_buff *skb, u32 mtu);

/**
 * kite_exceeds_mtu() - whether a packet, or one that it stands for, is too large
 * @skb: the packet, data at the network header, transport header set
 * @mtu: bytes, network header included
 *
 * Context: any.
 */
static inline bool kite_exceeds_mtu(const struct sk_buff *skb, u32 mtu)
{
	return skb->len > mtu && !(skb_is_gso(skb) && kite_gso_fits(skb, mtu));
}

int kite_gso_each(struct net *net, struct sock *sk, struct sk_buff *skb,
		  int (*okfn)(struct net *net, struct sock *sk,
			      struct sk_buff *skb));

void kite_offload_init(void);
void kite_offload_exit(void);

#endif /* _KITE_IP_OFFLOAD_H */
