// SPDX-License-Identifier: GPL-2.0
#include "icmp.h"

#include <linux/export.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <net/inetpeer.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../route/pmtu.h"
#include "ip_output.h"
#include "options.h"

/* RFC 1812 4.3.2.3: as much of the packet as fits into one of this size. */
#define KITE_ICMP_ERROR_MAX	576

/**
 * kite_icmp_count_out() - count a message that is sent
 * @net: the namespace
 * @type: its type
 */
void kite_icmp_count_out(const struct net *net, u8 type)
{
	static const enum kite_counter by_type[NR_ICMP_TYPES + 1] = {
		[ICMP_ECHOREPLY]	= KITE_CNT_Icmp_OutEchoReps,
		[ICMP_DEST_UNREACH]	= KITE_CNT_Icmp_OutDestUnreachs,
		[ICMP_SOURCE_QUENCH]	= KITE_CNT_Icmp_OutSrcQuenchs,
		[ICMP_REDIRECT]		= KITE_CNT_Icmp_OutRedirects,
		[ICMP_ECHO]		= KITE_CNT_Icmp_OutEchos,
		[ICMP_TIME_EXCEEDED]	= KITE_CNT_Icmp_OutTimeExcds,
		[ICMP_PARAMETERPROB]	= KITE_CNT_Icmp_OutParmProbs,
		[ICMP_TIMESTAMP]	= KITE_CNT_Icmp_OutTimestamps,
		[ICMP_TIMESTAMPREPLY]	= KITE_CNT_Icmp_OutTimestampReps,
		[ICMP_ADDRESS]		= KITE_CNT_Icmp_OutAddrMasks,
		[ICMP_ADDRESSREPLY]	= KITE_CNT_Icmp_OutAddrMaskReps,
	};

	kite_count(net, KITE_CNT_Icmp_OutMsgs);
	/* Counter 0 counts packets received: no type has it. */
	if (type <= NR_ICMP_TYPES && by_type[type])
		kite_count(net, by_type[type]);
}

/* Whether the limits that the administrator set are about such messages. */
static bool kite_icmp_is_limited(const struct net *net, u8 type, u8 code)
{
	/* Path MTU discovery would take longer, not less. */
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		return false;
	return type <= NR_ICMP_TYPES &&
	       READ_ONCE(net->ipv4.sysctl_icmp_ratemask) & BIT(type);
}

/* icmp_msgs_per_sec and icmp_msgs_burst. */
static bool kite_icmp_global_allow(struct net *net)
{
	if (icmp_global_allow(net))
		return true;
	kite_count(net, KITE_CNT_Icmp_OutRateLimitGlobal);
	return false;
}

/* icmp_ratelimit; what it lets pass is taken from the tokens of all. */
static bool kite_icmp_host_allow(struct net *net, __be32 daddr, int vif)
{
	bool allowed;

	rcu_read_lock();
	allowed = inet_peer_xrlim_allow(inet_getpeer_v4(net->ipv4.peers, daddr,
							vif),
					READ_ONCE(net->ipv4.sysctl_icmp_ratelimit));
	rcu_read_unlock();
	if (allowed)
		icmp_global_consume(net);
	else
		kite_count(net, KITE_CNT_Icmp_OutRateLimitHost);
	return allowed;
}

/**
 * kite_icmp_allowed() - whether the rate limits let a message be sent
 * @net: an active namespace
 * @daddr: to whom, network order
 * @vif: L3 domain (ifindex of its master) in which that is, or 0
 * @type: of the message
 * @code: of the message
 *
 * The limits, and the tokens, are those of the host's IPv4: icmp_msgs_per_sec
 * and icmp_msgs_burst over all, icmp_ratelimit for each destination, both for
 * the types in icmp_ratemask. Not to be asked about messages over loopback.
 *
 * Context: any.
 * Return: whether they do; then the message counts as sent.
 */
bool kite_icmp_allowed(struct net *net, __be32 daddr, int vif, u8 type, u8 code)
{
	return !kite_icmp_is_limited(net, type, code) ||
	       (kite_icmp_global_allow(net) &&
		kite_icmp_host_allow(net, daddr, vif));
}

/* Questions and answers. What nobody knows could be an error. */
#define KITE_ICMP_NO_ERRORS						\
	(BIT(ICMP_ECHOREPLY) | BIT(ICMP_ECHO) |				\
	 BIT(ICMP_TIMESTAMP) | BIT(ICMP_TIMESTAMPREPLY) |		\
	 BIT(ICMP_INFO_REQUEST) | BIT(ICMP_INFO_REPLY) |		\
	 BIT(ICMP_ADDRESS) | BIT(ICMP_ADDRESSREPLY))

/*
 * RFC 1122 3.2.2: never an error about an error, about what went to more than
 * one host by network or link layer, about a fragment other than the first, or
 * to a source that is no single host.
 */
static bool kite_icmp_may_answer(const struct sk_buff *skb,
				 const struct kite_route *rt)
{
	const struct iphdr *iph = ip_hdr(skb);
	u8 _type, *type;

	if (skb->pkt_type != PACKET_HOST ||
	    rt->type == RTN_BROADCAST || rt->type == RTN_MULTICAST)
		return false;
	if (iph->frag_off & htons(IP_OFFSET))
		return false;
	if (ipv4_is_zeronet(iph->saddr) || ipv4_is_lbcast(iph->saddr) ||
	    ipv4_is_multicast(iph->saddr))
		return false;
	if (iph->protocol != IPPROTO_ICMP)
		return true;

	type = skb_header_pointer(skb, skb_network_offset(skb) + iph->ihl * 4 +
				  offsetof(struct icmphdr, type),
				  sizeof(_type), &_type);
	return type && *type <= NR_ICMP_TYPES && KITE_ICMP_NO_ERRORS & BIT(*type);
}

/*
 * The address to speak as: the one the packet was sent to, if that is ours; else
 * the one that routing chooses, or, by sysctl, one of the device it came in by.
 */
static __be32 kite_icmp_source(const struct sk_buff *skb,
			       const struct kite_route *rt)
{
	struct net *net = rt->net;
	struct net_device *dev;

	if (rt->type == RTN_LOCAL)
		return ip_hdr(skb)->daddr;
	if (!rt->is_input ||
	    !READ_ONCE(net->ipv4.sysctl_icmp_errors_use_inbound_ifaddr))
		return 0;
	dev = dev_get_by_index_rcu(net, rt->iif);
	return dev ? inet_select_addr(dev, ip_hdr(skb)->saddr, RT_SCOPE_LINK) : 0;
}

/*
 * The message, as much of the packet in it as fits into @max bytes with headers,
 * of which @optlen are options.
 */
static struct sk_buff *kite_icmp_build(const struct sk_buff *about, u8 type,
				       u8 code, __be32 info, unsigned int max,
				       unsigned int optlen)
{
	int offset = skb_network_offset(about);
	unsigned int len = about->len - offset;
	struct icmphdr *icmph;
	struct sk_buff *skb;

	/* At least the header that the packet had, however small the MTU. */
	max = max_t(unsigned int, max, 2 * sizeof(struct iphdr) + optlen +
		    sizeof(*icmph) + 8);
	len = min_t(unsigned int, len,
		    max - sizeof(struct iphdr) - optlen - sizeof(*icmph));

	skb = alloc_skb(KITE_HEADROOM + sizeof(*icmph) + len,
			GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, KITE_HEADROOM);
	icmph = skb_put_zero(skb, sizeof(*icmph));
	icmph->type = type;
	icmph->code = code;
	icmph->un.gateway = info;
	if (skb_copy_bits(about, offset, skb_put(skb, len), len)) {
		kfree_skb(skb);
		return NULL;
	}
	icmph->checksum = ip_compute_csum(icmph, skb->len);
	return skb;
}

static void kite_icmp_send_by(const struct sk_buff *about,
			      struct kite_route *rt, const struct flowi4 *fl4,
			      const struct kite_ip_options *opt, u8 tos,
			      __be32 info)
{
	const struct kite_tx tx = {
		.saddr		= fl4->saddr,
		.daddr		= ip_hdr(about)->saddr,
		.protocol	= IPPROTO_ICMP,
		.tos		= tos,
		.opt		= opt->len ? opt : NULL,
	};
	struct net *net = rt->net;
	struct sk_buff *skb;

	skb = kite_icmp_build(about, fl4->fl4_icmp_type, fl4->fl4_icmp_code, info,
			      min_t(u32, kite_route_mtu(rt),
				    KITE_ICMP_ERROR_MAX), opt->len);
	if (!skb) {
		kite_count(net, KITE_CNT_Icmp_OutErrors);
		return;
	}
	skb->mark = fl4->flowi4_mark;
	dst_hold(&rt->dst);
	skb_dst_set(skb, &rt->dst);
	trace_kite_icmp_send(net, about, fl4->fl4_icmp_type,
			     fl4->fl4_icmp_code);
	kite_icmp_count_out(net, fl4->fl4_icmp_type);
	kite_xmit(net, NULL, skb, &tx);
}

/**
 * kite_icmp_send() - tell the source of a packet that something is wrong with it
 * @skb_in: the packet, network header set and linear, a route attached, control
 *	block ours; not consumed
 * @type: of the error
 * @code: of the error
 * @info: second word of the message, network order: the MTU for fragmentation
 *	needed, the gateway for redirect, the pointer in its first byte for
 *	parameter problem, or 0
 *
 * Does nothing where RFC 1122 forbids an answer or the rate limits do.
 *
 * Context: any that may run packet code.
 */
void kite_icmp_send(struct sk_buff *skb_in, u8 type, u8 code, __be32 info)
{
	const struct kite_route *rt_in = kite_skb_route(skb_in);
	const struct iphdr *iph = ip_hdr(skb_in);
	struct kite_ip_options opt;
	struct flowi4 fl4 = {};
	struct kite_route *rt;
	bool is_limited;
	struct net *net;
	int vif;
	u8 tos;

	if (!rt_in || !kite_icmp_may_answer(skb_in, rt_in))
		return;
	net = rt_in->net;

	rcu_read_lock();
	vif = l3mdev_master_ifindex_rcu(skb_in->dev ?: dst_dev_rcu(&rt_in->dst));
	is_limited = !(skb_in->dev && skb_in->dev->flags & IFF_LOOPBACK) &&
		     kite_icmp_is_limited(net, type, code);
	/* First of all: who is over the limit shall not cost a lookup of a route. */
	if (is_limited && !kite_icmp_global_allow(net))
		goto out;

	if (kite_options_echo(net, skb_in, &opt))
		goto out;
	/* RFC 1812 4.3.2.5: errors go as network control. */
	tos = RT_TOS(iph->tos) | IPTOS_PREC_INTERNETCONTROL;
	fl4.daddr = opt.first_hop ?: iph->saddr;
	fl4.saddr = kite_icmp_source(skb_in, rt_in);
	fl4.flowi4_proto = IPPROTO_ICMP;
	fl4.flowi4_oif = vif;
	fl4.flowi4_mark = IP4_REPLY_MARK(net, skb_in->mark);
	fl4.fl4_icmp_type = type;
	fl4.fl4_icmp_code = code;
	kite_flowi4_set_tos(&fl4, tos);

	rt = kite_route_output(net, &fl4, NULL);
	if (IS_ERR(rt)) {
		kite_count(net, KITE_CNT_Icmp_OutErrors);
		goto out;
	}
	/* RFC 7600 4.8: a host without any address speaks as this one. */
	if (!fl4.saddr)
		fl4.saddr = htonl(INADDR_DUMMY);
	/* That a next hop is dead the host tells itself: what loopback takes is not limited. */
	if (dst_dev_rcu(&rt->dst)->flags & IFF_LOOPBACK)
		is_limited = false;
	if ((rt->type == RTN_UNICAST || rt->type == RTN_LOCAL) &&
	    !(is_limited && !kite_icmp_host_allow(net, fl4.daddr, vif)))
		kite_icmp_send_by(skb_in, rt, &fl4, &opt, tos, info);
	kite_route_release(rt);
out:
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(kite_icmp_send);

/**
 * kite_icmp_link_failure() - the next hop of a packet does not answer ARP
 * @skb: the packet; its control block is not ours any more. Not consumed
 *
 * Context: softirq, a timer of the neighbour table.
 */
void kite_icmp_link_failure(struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);

	if (!rt || !pskb_network_may_pull(skb, sizeof(struct iphdr)) ||
	    !pskb_network_may_pull(skb, ip_hdrlen(skb)))
		return;
	rcu_read_lock();
	if (!kite_route_is_dead(rt)) {
		kite_count(rt->net, KITE_CNT_KiteExt_OutNoNeighbour);
		kite_options_reparse(rt->net, skb);
		kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	}
	rcu_read_unlock();
}

/**
 * kite_icmp_too_large() - a device on the way says what it takes
 * @skb: the packet that it is about to send, or to drop; its control block is not ours
 *	any more. Not consumed
 * @mtu: the largest that gets through, bytes
 *
 * Tells the sender of one that came in and must not be cut. Who is here learns it from the
 * route.
 *
 * Context: RCU read lock; a device's transmit function.
 */
void kite_icmp_too_large(struct sk_buff *skb, u32 mtu)
{
	const struct kite_route *rt = kite_skb_route(skb);
	const struct iphdr *iph;

	/*
	 * The tunnel holds pointers into the header: no pulling. It was pulled when it came in;
	 * tc may have put another one before it.
	 */
	if (!rt || !rt->is_input || skb_is_gso(skb) || skb_protocol(skb, true) != kite_ethertype ||
	    skb_network_offset(skb) + sizeof(*iph) > skb_headlen(skb))
		return;
	iph = ip_hdr(skb);
	if (iph->version != 4 || iph->ihl < 5 ||
	    skb_network_offset(skb) + ip_hdrlen(skb) > skb_headlen(skb) ||
	    !(iph->frag_off & htons(IP_DF)) || ntohs(iph->tot_len) <= mtu)
		return;
	kite_options_reparse(rt->net, skb);
	kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
}
