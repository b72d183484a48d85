/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a trace event shows of a packet.
 */
#ifndef _KITE_OBSERVE_TRACE_PACKET_H
#define _KITE_OBSERVE_TRACE_PACKET_H

#include <linux/skbuff.h>

/**
 * struct kite_trace_packet - the telling fields of a packet
 * @saddr: source address, network order
 * @daddr: destination address, network order
 * @sport: source port, host order; 0 when it has none to show
 * @dport: destination port, host order; 0 when it has none to show
 * @len: total length by the header, bytes
 * @id: RFC 791 identification, host order
 * @ttl: time to live
 * @protocol: IPPROTO_*
 */
struct kite_trace_packet {
	__be32	saddr;
	__be32	daddr;
	u16	sport;
	u16	dport;
	u16	len;
	u16	id;
	u8	ttl;
	u8	protocol;
};

void kite_trace_packet_fill(struct kite_trace_packet *p,
			    const struct sk_buff *skb);

#endif /* _KITE_OBSERVE_TRACE_PACKET_H */
