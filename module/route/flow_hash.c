// SPDX-License-Identifier: GPL-2.0
#include "flow_hash.h"

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <net/flow_dissector.h>
#include <net/ip.h>

static __be32 kite_flow_ports(const struct sk_buff *skb, const struct iphdr *iph)
{
	const __be32 *ports;
	__be32 _ports;

	switch (iph->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		break;
	default:
		return 0;
	}
	/* All fragments of a packet have to wait in one queue. */
	if (ip_is_fragment(iph))
		return 0;
	ports = skb_header_pointer(skb, skb_network_offset(skb) + iph->ihl * 4,
				   sizeof(_ports), &_ports);
	return ports ? *ports : 0;
}

/**
 * kite_flow_hash_make() - hash a packet by what IPv4's packets are hashed by
 * @skb: the packet, data at the network header
 *
 * Context: any.
 */
void kite_flow_hash_make(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flow_keys keys;

	memset(&keys, 0, sizeof(keys));
	keys.control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	keys.basic.n_proto = skb->protocol;
	keys.basic.ip_proto = iph->protocol;
	keys.addrs.v4addrs.src = iph->saddr;
	keys.addrs.v4addrs.dst = iph->daddr;
	keys.ports.ports = kite_flow_ports(skb, iph);
	__skb_set_sw_hash(skb, flow_hash_from_keys(&keys), keys.ports.ports);
}
