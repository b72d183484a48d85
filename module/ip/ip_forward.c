// SPDX-License-Identifier: GPL-2.0
#include "ip_forward.h"

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/ip.h>
#include <net/route.h>

#include "../hook/hook.h"
#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../route/redirect.h"
#include "../route/route.h"
#include "icmp.h"
#include "ip_input.h"
#include "ip_output.h"
#include "offload.h"
#include "options.h"

static int kite_forward_finish(struct net *net, struct sock *sk,
			       struct sk_buff *skb)
{
	kite_options_forward(skb);
	/* When it came in says nothing about when it may leave. */
	skb_clear_tstamp(skb);
	return kite_output(net, NULL, skb);
}

/*
 * By the way that it came: its sender may have a better one. Who chose the way
 * himself, by a source route, is not told.
 */
static void kite_forward_redirect(struct sk_buff *skb,
				  const struct kite_route *rt)
{
	__be32 gateway;

	if (!kite_skb_cb(skb)->opt.srr &&
	    kite_redirect_is_due(skb, rt, &gateway))
		kite_icmp_send(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gateway);
}

/**
 * kite_forward() - pass a packet on to its next hop, RFC 1812 5.3
 * @skb: the packet, header checked, a RTN_UNICAST route attached, data at the
 *	network header; consumed
 *
 * Context: RCU read lock, BH disabled.
 * Return: 0, NET_XMIT_* or a negative errno; the packet is gone either way.
 */
int kite_forward(struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	enum kite_counter why = KITE_CNT_Ip_InDiscards;
	struct net_device *out = dst_dev_rcu(&rt->dst);
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = rt->net;
	u32 mtu;

	/* A socket that early demux found knows nothing of where it goes. */
	skb_orphan(skb);
	/* RFC 1812 5.3.4: a frame for everybody would make everybody a sender. */
	if (unlikely(skb->pkt_type != PACKET_HOST)) {
		why = KITE_CNT_KiteExt_InL2Multicast;
		goto drop;
	}
	if (unlikely(kite_skb_cb(skb)->opt.flags & KITE_OPT_ALERT) &&
	    kite_raw_alert(net, skb))
		return 0;
	if (unlikely(iph->ttl <= 1)) {
		kite_icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		why = KITE_CNT_KiteExt_InTtlExceeded;
		goto drop;
	}
	/* RFC 1812 5.2.4.1: a strict source route names every gateway. */
	if (unlikely(kite_skb_cb(skb)->opt.flags & KITE_OPT_STRICT &&
		     rt->gw_family)) {
		kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
		why = KITE_CNT_KiteExt_InSourceRoute;
		goto drop;
	}
	mtu = kite_route_forward_mtu(rt, iph->daddr);
	if (unlikely(iph->frag_off & htons(IP_DF) &&
		     kite_exceeds_mtu(skb, mtu))) {
		kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			       htonl(mtu));
		why = KITE_CNT_Ip_FragFails;
		goto drop;
	}

	/*
	 * The ttl changes: nobody else may be looking at this header. A sender on
	 * this machine, who may have to send the data again, is not.
	 */
	if (unlikely(skb_cow_head(skb, LL_RESERVED_SPACE(out))))
		goto drop;
	ip_decrease_ttl(ip_hdr(skb));
	if (unlikely(out == skb->dev))
		kite_forward_redirect(skb, rt);
	skb_forward_csum(skb);
	if (READ_ONCE(dev_net(out)->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(ip_hdr(skb)->tos);
	kite_skb_cb(skb)->flags |= KITE_SKB_FORWARDED;

	kite_count(net, KITE_CNT_Ip_ForwDatagrams);
	trace_kite_forward(net, skb, out, "");
	return kite_hook(NF_INET_FORWARD, net, NULL, skb, skb->dev, out,
			 kite_forward_finish);

drop:
	kite_drop(net, skb, why);
	return -EINVAL;
}
