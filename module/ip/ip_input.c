// SPDX-License-Identifier: GPL-2.0
#include "ip_input.h"

#include <linux/if_ether.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "../hook/hook.h"
#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../route/route.h"
#include "early_demux.h"
#include "icmp.h"
#include "ip_forward.h"
#include "options.h"
#include "protocol.h"
#include "reassembly.h"

/* Set by the raw sockets, RCU; NULL while there are none. */
static const struct kite_raw_ops __rcu *kite_raw_ops;

/**
 * kite_set_raw_ops() - say who gives raw sockets their copies
 * @ops: the functions, or NULL for nobody; when this returns, the ones before
 *	do not run any more
 *
 * Context: process.
 */
void kite_set_raw_ops(const struct kite_raw_ops *ops)
{
	rcu_assign_pointer(kite_raw_ops, ops);
	synchronize_net();
}

/**
 * kite_raw_icmp_error() - tell raw sockets of an error about a packet of theirs
 * @skb: data at the quoted network header, transport header at the ICMP header;
 *	not consumed
 * @protocol: of the quoted packet
 * @info: as in struct kite_protocol
 *
 * Context: BH, RCU read lock.
 */
void kite_raw_icmp_error(struct sk_buff *skb, u8 protocol, u32 info)
{
	const struct kite_raw_ops *ops = rcu_dereference(kite_raw_ops);

	if (ops)
		ops->err(skb, protocol, info);
}

/**
 * kite_raw_alert() - RFC 2113: give a packet that is passing through to who has to
 * look at it (twin of ip_call_ra_chain())
 * @net: the namespace
 * @skb: the packet, data at the network header
 *
 * Who looks at it decides whether it goes on, and sends it on himself. Fragments
 * are put together first.
 *
 * Context: BH, RCU read lock.
 * Return: whether anybody has it; then it is gone.
 */
bool kite_raw_alert(struct net *net, struct sk_buff *skb)
{
	const struct kite_raw_ops *ops = rcu_dereference(kite_raw_ops);

	if (!ops || !ops->alert(skb, false))
		return false;
	if (ip_is_fragment(ip_hdr(skb))) {
		skb = kite_defrag(net, skb);
		if (!skb)
			return true;
	}
	ops->alert(skb, true);
	consume_skb(skb);
	return true;
}

/* Hand the packet to whoever takes its protocol, under RCU. */
static void kite_protocol_deliver(struct net *net, struct sk_buff *skb,
				  u8 protocol)
{
	const struct kite_net *kn = kite_net_rcu(net);
	const struct kite_raw_ops *raw_ops = NULL;
	const struct kite_protocol *prot;
	bool raw;
	int ret;

	if (unlikely(READ_ONCE(kn->raw)))
		raw_ops = rcu_dereference(kite_raw_ops);

	do {
		raw = raw_ops && raw_ops->deliver(skb, protocol);
		prot = rcu_dereference(kite_protos[protocol]);
		if (!prot) {
			if (raw) {
				kite_net_count(kn, KITE_CNT_Ip_InDelivers);
				consume_skb(skb);
				return;
			}
			kite_icmp_send(skb, ICMP_DEST_UNREACH,
				       ICMP_PROT_UNREACH, 0);
			kite_drop(net, skb, KITE_CNT_Ip_InUnknownProtos);
			return;
		}
		ret = prot->handler(skb);
		/* Unwrapped by one header at least each time: this ends. */
		protocol = -ret;
	} while (ret < 0);
	kite_net_count(kn, KITE_CNT_Ip_InDelivers);
}

static __always_inline int kite_local_deliver_finish(struct net *net, struct sock *sk,
						     struct sk_buff *skb)
{
	trace_kite_local_deliver(net, skb, skb->dev, "");
	/* When it was to be sent is not when it came, if both happen in one namespace. */
	skb_clear_delivery_time(skb);
	__skb_pull(skb, skb_network_header_len(skb));

	kite_protocol_deliver(net, skb, ip_hdr(skb)->protocol);
	return 0;
}

/**
 * kite_local_deliver() - a packet has arrived where it was going
 * @skb: the packet, a local route attached, data at the network header;
 *	consumed
 *
 * Context: RCU read lock, BH disabled.
 * Return: 0 or a negative errno of a hook function; the packet is gone either
 * way.
 */
int kite_local_deliver(struct sk_buff *skb)
{
	struct net *net = kite_skb_route(skb)->net;

	if (ip_is_fragment(ip_hdr(skb))) {
		skb = kite_defrag(net, skb);
		if (!skb)
			return 0;
	}
	return kite_hook(NF_INET_LOCAL_IN, net, NULL, skb, skb->dev, NULL,
			 kite_local_deliver_finish);
}

/* RFC 1812 5.2.7.1: tell the sender why its packet went no further. */
static void kite_no_route(struct net *net, struct sk_buff *skb,
			  const struct kite_route *rt)
{
	enum kite_counter why = KITE_CNT_Ip_InAddrErrors;
	u8 code = ICMP_HOST_UNREACH;

	switch (rt->err) {
	case ENETUNREACH:
		code = ICMP_NET_UNREACH;
		why = KITE_CNT_IpExt_InNoRoutes;
		break;
	case EACCES:
		code = ICMP_PKT_FILTERED;
		break;
	}
	kite_icmp_send(skb, ICMP_DEST_UNREACH, code, 0);
	kite_drop(net, skb, why);
}

/*
 * What came over loopback still has the route that its sender chose. That counts though
 * the tables may have changed meanwhile: nobody else could be asked about 127/8, which
 * is a martian for who has no route. Anything else needs a decision, also an IPv4 packet
 * that tc made one of ours on its way through loopback.
 *
 * A group has to be one that the device is a member of, as on any other.
 * Return: the route, or NULL when the packet is gone.
 */
static struct kite_route *kite_rcv_route(struct net *net, struct sk_buff *skb)
{
	struct kite_route *rt = kite_skb_route(skb);
	struct kite_flow_entry *own;
	const struct iphdr *iph;
	enum kite_counter why;

	if (rt && kite_route_is_local(rt)) {
		if (unlikely(rt->type == RTN_MULTICAST && !rt->heard)) {
			kite_drop(net, skb, KITE_CNT_KiteExt_InNotMember);
			return NULL;
		}
		if (netif_is_l3_master(skb->dev))
			kite_skb_cb(skb)->sdif = rt->iif;
		else if (rt->iif)
			kite_skb_cb(skb)->iif = rt->iif;
		return rt;
	}

	skb_dst_drop(skb);
	own = kite_early_demux(net, skb);
	iph = ip_hdr(skb);
	if (kite_route_input(skb, iph->daddr, iph->saddr, iph->tos, skb->dev,
			     own, &why)) {
		kite_drop(net, skb, why);
		return NULL;
	}
	return kite_skb_route(skb);
}

static __always_inline int kite_rcv_finish(struct net *net, struct sock *sk,
					   struct sk_buff *skb)
{
	struct in_device *in_dev;
	struct kite_route *rt;

	rt = kite_rcv_route(net, skb);
	if (!rt)
		return -EINVAL;
	if (unlikely(ip_hdr(skb)->ihl > 5)) {
		if (!kite_options_rcv(net, skb))
			return -EINVAL;
		rt = kite_skb_route(skb);
	}

	switch (rt->type) {
	case RTN_UNICAST:
		return kite_forward(skb);
	case RTN_MULTICAST:
		kite_count(net, KITE_CNT_IpExt_InMcastPkts);
		return kite_local_deliver(skb);
	case RTN_BROADCAST:
		kite_count(net, KITE_CNT_IpExt_InBcastPkts);
		return kite_local_deliver(skb);
	case RTN_LOCAL:
		if (likely(skb->pkt_type != PACKET_BROADCAST &&
			   skb->pkt_type != PACKET_MULTICAST))
			return kite_local_deliver(skb);
		/* RFC 1122 3.3.6: unicast has no business in such a frame. */
		in_dev = __in_dev_get_rcu(skb->dev);
		if (!in_dev ||
		    !IN_DEV_ORCONF(in_dev, DROP_UNICAST_IN_L2_MULTICAST))
			return kite_local_deliver(skb);
		kite_drop(net, skb, KITE_CNT_KiteExt_InL2Multicast);
		return -EINVAL;
	default:
		kite_no_route(net, skb, rt);
		return -rt->err;
	}
}

static void kite_rcv_count(const struct kite_net *kn, const struct iphdr *iph)
{
	static const enum kite_counter ecn[] = {
		[INET_ECN_NOT_ECT]	= KITE_CNT_IpExt_InNoECTPkts,
		[INET_ECN_ECT_1]	= KITE_CNT_IpExt_InECT1Pkts,
		[INET_ECN_ECT_0]	= KITE_CNT_IpExt_InECT0Pkts,
		[INET_ECN_CE]		= KITE_CNT_IpExt_InCEPkts,
	};

	kite_net_count(kn, ecn[iph->tos & INET_ECN_MASK]);
}

/* Where the packet came in, as sockets bound to a device see it. */
static void kite_rcv_mark_device(struct sk_buff *skb)
{
	struct kite_skb_cb *cb = kite_skb_cb(skb);

	memset(cb, 0, sizeof(*cb));
	cb->iif = skb->dev->ifindex;
	if (netif_is_l3_slave(skb->dev)) {
		cb->sdif = cb->iif;
		cb->iif = l3mdev_master_ifindex_rcu(skb->dev);
	}
}

/*
 * RFC 1122 3.2.1: only what is whole and has a header that makes sense goes on.
 * Return: the packet, or NULL when it is gone.
 */
static struct sk_buff *kite_rcv_core(struct net *net, struct sk_buff *skb)
{
	enum kite_counter why = KITE_CNT_Ip_InHdrErrors;
	const struct kite_net *kn = kite_net_rcu(net);
	const struct iphdr *iph;
	u32 len;

	if (unlikely(skb->pkt_type == PACKET_OTHERHOST)) {
		why = KITE_CNT_KiteExt_InOtherHost;
		goto drop;
	}
	kite_net_count(kn, KITE_CNT_Ip_InReceives);
	kite_net_count_add(kn, KITE_CNT_IpExt_InOctets, skb->len);
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		kite_count(net, KITE_CNT_KiteExt_InNoClone);
		return NULL;
	}

	if (!pskb_may_pull(skb, sizeof(struct iphdr)))
		goto drop;
	iph = ip_hdr(skb);
	if (iph->ihl < 5 || iph->version != 4)
		goto drop;
	kite_rcv_count(kn, iph);
	if (!pskb_may_pull(skb, iph->ihl * 4))
		goto drop;
	iph = ip_hdr(skb);
	if (unlikely(ip_fast_csum(iph, iph->ihl))) {
		why = KITE_CNT_IpExt_InCsumErrors;
		goto drop;
	}

	len = ntohs(iph->tot_len);
	if (skb->len < len) {
		why = KITE_CNT_IpExt_InTruncatedPkts;
		goto drop;
	}
	if (len < iph->ihl * 4)
		goto drop;
	/* The link may have padded the frame; transports go by skb->len. */
	if (pskb_trim_rcsum(skb, len)) {
		why = KITE_CNT_Ip_InDiscards;
		goto drop;
	}

	iph = ip_hdr(skb);
	skb->transport_header = skb->network_header + iph->ihl * 4;
	kite_rcv_mark_device(skb);
	skb_orphan(skb);
	return skb;

drop:
	kite_drop(net, skb, why);
	return NULL;
}

/**
 * kite_rcv() - the packet handler of KITE's EtherType
 * @skb: the packet, network header at its data; consumed
 * @dev: the device it came in by
 * @pt: our packet_type
 * @orig_dev: the device below @dev that it came in by, for stacked devices
 *
 * Context: softirq, RCU read lock.
 * Return: NET_RX_SUCCESS or NET_RX_DROP, which nobody looks at.
 */
int kite_rcv(struct sk_buff *skb, struct net_device *dev,
	     struct packet_type *pt, struct net_device *orig_dev)
{
	struct net *net = dev_net(dev);

	/* There was no memory when its device came up, not even for counters. */
	if (unlikely(!kite_net_is_active(net))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NET_RX_DROP;
	}
	trace_kite_rcv(net, skb, dev, "");

	skb = kite_rcv_core(net, skb);
	if (!skb)
		return NET_RX_DROP;
	return kite_hook(NF_INET_PRE_ROUTING, net, NULL, skb, dev, NULL,
			 kite_rcv_finish) ? NET_RX_DROP : NET_RX_SUCCESS;
}
