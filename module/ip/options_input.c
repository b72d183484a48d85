// SPDX-License-Identifier: GPL-2.0
/*
 * Options of a packet on its way through: looked at when its route is known,
 * filled in, and once more when it leaves for the next hop.
 */
#include "options.h"

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/ip.h>

#include "../observe/counters.h"
#include "../route/route.h"
#include "../route/source.h"
#include "icmp.h"

/* Everything that changes the header. */
#define KITE_OPT_WRITES	(KITE_OPT_RECORD | KITE_OPT_TS_ADDR | \
			 KITE_OPT_TS_TIME | KITE_OPT_TS_FULL | KITE_OPT_TAIL)

/*
 * Another decision about the packet, to @daddr instead of its destination.
 * Return: whether it is one that a source route may lead to; else the packet
 * keeps the route it has.
 */
static bool kite_source_route_hop(struct sk_buff *skb, __be32 daddr)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned long refdst = skb->_skb_refdst;
	enum kite_counter why;
	u8 type;

	skb->_skb_refdst = 0;
	if (kite_route_input(skb, daddr, iph->saddr, iph->tos, skb->dev, NULL,
			     &why)) {
		skb->_skb_refdst = refdst;
		return false;
	}
	type = kite_skb_route(skb)->type;
	if (type != RTN_UNICAST && type != RTN_LOCAL) {
		skb_dst_drop(skb);
		skb->_skb_refdst = refdst;
		return false;
	}
	refdst_drop(refdst);
	return true;
}

/*
 * RFC 791 3.1, RFC 1812 5.2.4.1: who is named as the destination finds the next
 * one in the source route (twin of ip_options_rcv_srr()). Several addresses of
 * this host in a row are passed over at once.
 * Return: whether the packet goes on, by the route it has now.
 */
static bool kite_source_route_follow(struct sk_buff *skb)
{
	struct kite_options *opt = &kite_skb_cb(skb)->opt;
	struct iphdr *iph = ip_hdr(skb);
	const u8 *option = (const u8 *)iph + opt->srr;
	unsigned int at;

	if (skb->pkt_type != PACKET_HOST)
		return false;
	switch (kite_skb_route(skb)->type) {
	case RTN_LOCAL:
		break;
	case RTN_UNICAST:
		/* Not named: that is for loose ones only. */
		if (!(opt->flags & KITE_OPT_STRICT))
			return true;
		kite_icmp_send(skb, ICMP_PARAMETERPROB, 0,
			       htonl((u32)offsetof(struct iphdr, daddr) << 24));
		return false;
	default:
		return false;
	}

	for (at = option[2]; at <= option[1]; at += sizeof(__be32)) {
		__be32 hop;

		if (at + 3 > option[1]) {
			kite_icmp_send(skb, ICMP_PARAMETERPROB, 0,
				       htonl((u32)(opt->srr + 2) << 24));
			return false;
		}
		memcpy(&hop, option + at - 1, sizeof(hop));
		if (!kite_source_route_hop(skb, hop))
			return false;
		if (kite_skb_route(skb)->type == RTN_UNICAST) {
			opt->hop = opt->srr + at - 1;
			break;
		}
		iph->daddr = hop;
		ip_send_check(iph);
	}
	return true;
}

/* Whether somebody has switched source routes off for where it came in. */
static bool kite_source_route_refused(const struct sk_buff *skb)
{
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);

	if (!in_dev || IN_DEV_SOURCE_ROUTE(in_dev))
		return false;
	if (IN_DEV_LOG_MARTIANS(in_dev))
		net_info_ratelimited("kite: source route option %pI4 -> %pI4 on %s\n",
				     &ip_hdr(skb)->saddr, &ip_hdr(skb)->daddr,
				     skb->dev->name);
	return true;
}

/**
 * kite_options_rcv() - deal with the options of a packet that came in
 * @net: the namespace
 * @skb: the packet, header checked, with a route and with options; on return its
 *	control block says where they are, and its route may be another
 *
 * Context: RCU read lock, BH disabled.
 * Return: whether the packet may go on; else it is gone.
 */
bool kite_options_rcv(struct net *net, struct sk_buff *skb)
{
	unsigned int len = ip_hdrlen(skb) - sizeof(struct iphdr);
	struct kite_options *opt = &kite_skb_cb(skb)->opt;
	u8 *header = (u8 *)ip_hdr(skb), wrong;

	wrong = kite_options_parse(net, header + sizeof(struct iphdr), len, opt);
	if (wrong) {
		kite_icmp_send(skb, ICMP_PARAMETERPROB, 0,
			       htonl((u32)wrong << 24));
		kite_drop(net, skb, KITE_CNT_KiteExt_InBadOptions);
		return false;
	}
	if (!opt->srr && !(opt->flags & KITE_OPT_WRITES))
		return true;

	/* A tap may be looking at this header, too. */
	if (skb_cow(skb, skb_headroom(skb))) {
		kite_drop(net, skb, KITE_CNT_Ip_InDiscards);
		return false;
	}
	header = (u8 *)ip_hdr(skb);
	if (opt->flags & (KITE_OPT_RECORD | KITE_OPT_TS_ADDR |
			  KITE_OPT_TS_TIME))
		kite_options_stamp(header, opt, kite_spec_dst(skb));
	if (opt->flags & KITE_OPT_TS_FULL)
		header[opt->ts + 3] += 1 << 4;
	if (opt->flags & KITE_OPT_TAIL)
		kite_options_trim(header + sizeof(struct iphdr), len);

	ip_send_check(ip_hdr(skb));

	if (opt->srr && (kite_source_route_refused(skb) ||
			 !kite_source_route_follow(skb))) {
		kite_drop(net, skb, KITE_CNT_KiteExt_InSourceRoute);
		return false;
	}
	return true;
}

/**
 * kite_options_reparse() - find out again where a packet's options are
 * @net: the namespace
 * @skb: the packet, whose control block others have used; header linear
 *
 * Context: RCU read lock.
 */
void kite_options_reparse(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct kite_skb_cb *cb = kite_skb_cb(skb);

	memset(cb, 0, sizeof(*cb));
	if (iph->ihl > 5)
		kite_options_parse(net, (const u8 *)(iph + 1),
				   iph->ihl * 4 - sizeof(*iph), &cb->opt);
}

/*
 * What was written @back octets before an option's pointer. Hook functions may
 * have changed the header since it was checked: NULL if it has no such place.
 */
static u8 *kite_option_written(const struct sk_buff *skb, u8 at, u8 back)
{
	u8 *option = skb_network_header(skb) + at;
	unsigned int len = skb_network_header_len(skb);

	if (at + 3u > len || at + option[1] > len ||
	    option[2] < back + 4 || option[2] > option[1] + 1)
		return NULL;
	return option + option[2] - 1 - back;
}

/**
 * kite_options_forward() - what a router writes into the options of a packet
 * that it passes on (twin of ip_forward_options())
 * @skb: the packet, header writable, with its final route
 *
 * RFC 1812 5.2.4: the address is that of the interface by which the packet
 * leaves.
 *
 * Context: RCU read lock.
 */
void kite_options_forward(struct sk_buff *skb)
{
	const struct kite_options *opt = &kite_skb_cb(skb)->opt;
	unsigned int len = skb_network_header_len(skb);
	struct iphdr *iph = ip_hdr(skb);
	u8 *header = (u8 *)iph, *slot;
	__be32 addr;

	if (!opt->hop && !(opt->flags & KITE_OPT_RECORD))
		return;

	if (opt->hop && opt->hop + sizeof(addr) <= len) {
		memcpy(&iph->daddr, header + opt->hop, sizeof(iph->daddr));
		addr = kite_route_source(skb);
		memcpy(header + opt->hop, &addr, sizeof(addr));
		header[opt->srr + 2] = opt->hop - opt->srr + 1 + sizeof(addr);
		slot = opt->flags & KITE_OPT_TS_ADDR ?
			kite_option_written(skb, opt->ts, 8) : NULL;
		if (slot)
			memcpy(slot, &addr, sizeof(addr));
	} else {
		addr = kite_route_source(skb);
	}
	slot = opt->flags & KITE_OPT_RECORD ?
		kite_option_written(skb, opt->rr, 4) : NULL;
	if (slot)
		memcpy(slot, &addr, sizeof(addr));
	ip_send_check(iph);
}
