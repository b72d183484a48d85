// SPDX-License-Identifier: GPL-2.0
#include "icmp.h"

#include <net/ip.h>
#include <net/route.h>

#include "../observe/counters.h"
#include "../route/route.h"
#include "ip_output.h"
#include "protocol.h"

/* RFC 792: three times, in milliseconds since midnight UT. */
struct kite_icmp_timestamp {
	struct icmphdr	hdr;
	__be32		originate;
	__be32		receive;
	__be32		transmit;
};

static_assert(sizeof(struct kite_icmp_timestamp) == 20);

/*
 * Send a packet that came in back where it came from. Its ICMP message, which is
 * writable already, has been made an answer. The packet itself becomes the
 * answer: an echo of 64 KiB is not copied.
 */
static void kite_icmp_turn_round(struct net *net, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	const struct icmphdr *icmph = icmp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct kite_tx tx = {
		.protocol	= IPPROTO_ICMP,
		.tos		= iph->tos,
	};
	/* RFC 1122 3.2.2.6: as whom it was asked, unless everybody was. */
	struct flowi4 fl4 = {
		.daddr		= iph->saddr,
		.saddr		= rt->type == RTN_LOCAL ? iph->daddr : 0,
		.fl4_icmp_type	= icmph->type,
		.fl4_icmp_code	= icmph->code,
		.flowi4_mark	= IP4_REPLY_MARK(net, skb->mark),
	};

	skb_scrub_packet(skb, false);
	skb_clear_tstamp(skb);
	skb->dev = NULL;
	kite_icmp_count_out(net, fl4.fl4_icmp_type);
	kite_send_reply(net, NULL, skb, skb, &fl4, &tx);
}

/*
 * Get a message ready to be turned round: allowed, and its first @len bytes
 * writable with room for headers before them.
 * Return: whether it is; else it is gone.
 */
static bool kite_icmp_prepare(struct net *net, struct sk_buff *skb, u8 type,
			      unsigned int len)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);

	if (!(skb->dev->flags & IFF_LOOPBACK) &&
	    !kite_icmp_allowed(net, ip_hdr(skb)->saddr, cb->sdif ? cb->iif : 0,
			       type, 0)) {
		consume_skb(skb);
		return false;
	}
	if (!pskb_may_pull(skb, len)) {
		kite_drop(net, skb, KITE_CNT_Icmp_InErrors);
		return false;
	}
	if (skb_cow(skb, ip_hdrlen(skb) + LL_RESERVED_SPACE(skb->dev))) {
		kite_drop(net, skb, KITE_CNT_Ip_InDiscards);
		return false;
	}
	return true;
}

static void kite_icmp_echo(struct net *net, struct sk_buff *skb)
{
	struct icmphdr *icmph;

	if (READ_ONCE(net->ipv4.sysctl_icmp_echo_ignore_all)) {
		consume_skb(skb);
		return;
	}
	if (!kite_icmp_prepare(net, skb, ICMP_ECHOREPLY, sizeof(*icmph)))
		return;
	icmph = icmp_hdr(skb);
	icmph->type = ICMP_ECHOREPLY;
	/* One that was left to a device on the way is still to be filled in. */
	if (skb->ip_summed != CHECKSUM_PARTIAL) {
		csum_replace2(&icmph->checksum, htons(ICMP_ECHO << 8),
			      htons(ICMP_ECHOREPLY << 8));
		/* 0 may be either zero of such sums: of nothing but zeroes it is the other. */
		if (unlikely(!icmph->checksum))
			icmph->checksum = csum_fold(skb_checksum(skb, 0, skb->len, 0));
		skb->ip_summed = CHECKSUM_NONE;
	}
	kite_icmp_turn_round(net, skb);
}

static void kite_icmp_timestamp(struct net *net, struct sk_buff *skb)
{
	struct kite_icmp_timestamp *ts;

	if (!kite_icmp_prepare(net, skb, ICMP_TIMESTAMPREPLY, sizeof(*ts)))
		return;
	if (pskb_trim(skb, sizeof(*ts))) {
		kite_drop(net, skb, KITE_CNT_Ip_InDiscards);
		return;
	}
	ts = (struct kite_icmp_timestamp *)icmp_hdr(skb);
	ts->hdr.type = ICMP_TIMESTAMPREPLY;
	ts->hdr.code = 0;
	ts->receive = inet_current_timestamp();
	ts->transmit = ts->receive;
	ts->hdr.checksum = 0;
	ts->hdr.checksum = ip_compute_csum(ts, sizeof(*ts));
	skb->ip_summed = CHECKSUM_NONE;
	kite_icmp_turn_round(net, skb);
}

/* Set by the ping sockets, RCU; NULL while there are none. */
static const struct kite_ping_ops __rcu *kite_ping_ops;

/**
 * kite_set_ping_ops() - say who takes echo replies
 * @ops: the functions, or NULL for nobody; when this returns, the ones before
 *	do not run any more
 *
 * Context: process, module load and unload.
 */
void kite_set_ping_ops(const struct kite_ping_ops *ops)
{
	rcu_assign_pointer(kite_ping_ops, ops);
	synchronize_net();
}

static void kite_icmp_echo_reply(struct sk_buff *skb)
{
	const struct kite_ping_ops *ops = rcu_dereference(kite_ping_ops);

	/* Raw sockets have had their copies; a late reply is no error. */
	if (!ops || !ops->deliver(skb))
		consume_skb(skb);
}

static int kite_icmp_err(struct sk_buff *skb, u32 info)
{
	const struct kite_ping_ops *ops = rcu_dereference(kite_ping_ops);

	return ops ? ops->err(skb, info) : -ENOENT;
}

static void kite_icmp_count_in(const struct net *net, u8 type)
{
	static const enum kite_counter by_type[NR_ICMP_TYPES + 1] = {
		[ICMP_ECHOREPLY]	= KITE_CNT_Icmp_InEchoReps,
		[ICMP_DEST_UNREACH]	= KITE_CNT_Icmp_InDestUnreachs,
		[ICMP_SOURCE_QUENCH]	= KITE_CNT_Icmp_InSrcQuenchs,
		[ICMP_REDIRECT]		= KITE_CNT_Icmp_InRedirects,
		[ICMP_ECHO]		= KITE_CNT_Icmp_InEchos,
		[ICMP_TIME_EXCEEDED]	= KITE_CNT_Icmp_InTimeExcds,
		[ICMP_PARAMETERPROB]	= KITE_CNT_Icmp_InParmProbs,
		[ICMP_TIMESTAMP]	= KITE_CNT_Icmp_InTimestamps,
		[ICMP_TIMESTAMPREPLY]	= KITE_CNT_Icmp_InTimestampReps,
		[ICMP_ADDRESS]		= KITE_CNT_Icmp_InAddrMasks,
		[ICMP_ADDRESSREPLY]	= KITE_CNT_Icmp_InAddrMaskReps,
	};

	/* Counter 0 counts packets received: no type has it. */
	if (type <= NR_ICMP_TYPES && by_type[type])
		kite_count(net, by_type[type]);
}

/*
 * RFC 1122 3.2.2.6 and 3.2.2.8: echo and time stamp requests to everybody may be
 * answered; nothing else that was sent to everybody means anything.
 */
static bool kite_icmp_heeds(const struct net *net, u8 type,
			    const struct kite_route *rt)
{
	if (rt->type != RTN_BROADCAST && rt->type != RTN_MULTICAST)
		return true;
	return (type == ICMP_ECHO || type == ICMP_TIMESTAMP) &&
	       !READ_ONCE(net->ipv4.sysctl_icmp_echo_ignore_broadcasts);
}

/* Twin of icmp_rcv(); see struct kite_protocol. */
static int kite_icmp_rcv(struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct net *net = rt->net;
	u8 type;

	kite_count(net, KITE_CNT_Icmp_InMsgs);
	if (!pskb_may_pull(skb, sizeof(struct icmphdr))) {
		kite_drop(net, skb, KITE_CNT_Icmp_InErrors);
		return 0;
	}
	if (skb_checksum_simple_validate(skb)) {
		kite_drop(net, skb, KITE_CNT_Icmp_InCsumErrors);
		return 0;
	}
	type = icmp_hdr(skb)->type;
	kite_icmp_count_in(net, type);
	if (!kite_icmp_heeds(net, type, rt)) {
		kite_drop(net, skb, KITE_CNT_Icmp_InErrors);
		return 0;
	}

	switch (type) {
	case ICMP_ECHO:
		kite_icmp_echo(net, skb);
		break;
	case ICMP_ECHOREPLY:
		kite_icmp_echo_reply(skb);
		break;
	case ICMP_TIMESTAMP:
		kite_icmp_timestamp(net, skb);
		break;
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		kite_icmp_error(net, skb);
		break;
	default:
		/*
		 * RFC 1122 3.2.2: unknown ones are discarded silently. Other
		 * replies are for raw sockets, which have their copies; source quench
		 * must be ignored (RFC 6633), address masks are obsolete (RFC
		 * 6918), and redirects are advice that one need not take.
		 */
		consume_skb(skb);
	}
	return 0;
}

static const struct kite_protocol kite_icmp_protocol = {
	.handler	= kite_icmp_rcv,
	.err_handler	= kite_icmp_err,
};

/**
 * kite_icmp_init() - take protocol 1
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_icmp_init(void)
{
	return kite_add_protocol(&kite_icmp_protocol, IPPROTO_ICMP);
}

/**
 * kite_icmp_exit() - undo kite_icmp_init()
 *
 * Context: process, module unload.
 */
void kite_icmp_exit(void)
{
	kite_del_protocol(&kite_icmp_protocol, IPPROTO_ICMP);
}
