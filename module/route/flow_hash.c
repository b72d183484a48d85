// SPDX-License-Identifier: GPL-2.0
#include "flow_hash.h"

#include <linux/ip.h>
#include <net/flow_dissector.h>

#include "nexthop.h"

/**
 * kite_flow_hash_make() - hash a packet by what IPv4's packets are hashed by
 * @skb: the packet, data at the network header
 *
 * All fragments of a packet have to wait in one queue: their ports do not count.
 *
 * Context: any.
 */
void kite_flow_hash_make(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flow_keys keys;
	struct flowi4 fl4;

	memset(&keys, 0, sizeof(keys));
	keys.control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	keys.basic.n_proto = skb->protocol;
	keys.basic.ip_proto = iph->protocol;
	keys.addrs.v4addrs.src = iph->saddr;
	keys.addrs.v4addrs.dst = iph->daddr;
	if (kite_flow_ports(skb, &fl4)) {
		keys.ports.src = fl4.fl4_sport;
		keys.ports.dst = fl4.fl4_dport;
	}
	__skb_set_sw_hash(skb, flow_hash_from_keys(&keys), keys.ports.ports);
}
