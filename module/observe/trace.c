// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * kite_trace_packet_fill() - read what a trace event shows of a packet
 * @p: filled in; zeroes where the packet is too short to tell, or has no header yet
 * @skb: the packet; nothing of it needs to be linear or to have been checked
 *
 * Context: any.
 */
void kite_trace_packet_fill(struct kite_trace_packet *p,
			    const struct sk_buff *skb)
{
	int offset = skb_network_offset(skb);
	const struct iphdr *iph;
	const __be16 *ports;
	struct iphdr _iph;
	__be16 _ports[2];

	memset(p, 0, sizeof(*p));
	/* One that is still being made: room for the link layer's is before any header. */
	if (!skb->network_header)
		return;
	iph = skb_header_pointer(skb, offset, sizeof(_iph), &_iph);
	if (!iph)
		return;

	p->saddr = iph->saddr;
	p->daddr = iph->daddr;
	p->len = ntohs(iph->tot_len);
	p->id = ntohs(iph->id);
	p->ttl = iph->ttl;
	p->protocol = iph->protocol;

	if (iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_UDP)
		return;
	if (iph->frag_off & htons(IP_OFFSET))
		return;
	ports = skb_header_pointer(skb, offset + iph->ihl * 4, sizeof(_ports),
				   _ports);
	if (!ports)
		return;
	p->sport = ntohs(ports[0]);
	p->dport = ntohs(ports[1]);
}
