/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One segment: its header as read from the wire, and what its skb remembers.
 */
#ifndef _KITE_TCP_SEGMENT_H
#define _KITE_TCP_SEGMENT_H

#include <linux/tcp.h>

#include "../kite.h"

/* Control bits as they stand in the thirteenth octet of the header. */
#define KITE_TCP_FIN	0x01
#define KITE_TCP_SYN	0x02
#define KITE_TCP_RST	0x04
#define KITE_TCP_PSH	0x08
#define KITE_TCP_ACK	0x10
#define KITE_TCP_URG	0x20
#define KITE_TCP_ECE	0x40
#define KITE_TCP_CWR	0x80

/* Largest TCP header: a data offset of 15 words. */
#define KITE_TCP_MAX_HEADER	60

/**
 * struct kite_tcp_cb - what a segment's skb, or that of several, remembers, in skb->cb
 * @net:	the network layer's part, first
 * @seq:	sequence number of the first octet (or SYN), host order
 * @end_seq:	@seq plus octets, plus one each for SYN and FIN
 * @ack_seq:	received: acknowledgment number, host order
 * @sent_us:	sent: when last, µs (low 32 bits of the clock)
 * @isn_floor:	received SYN: our ISN must lie beyond that, 0 = anywhere
 * @back:	received SYN: the route by which to answer it, or NULL; without a
 *		reference, so for as long as RCU has been held since it was found
 * @sack_end:	sent, @sacked: the peer has all from @seq up to that at least
 * @delivered:	sent, not @sacked: how much had been delivered when it was (rate.h)
 * @first_us:	sent: kite_rate.first_us then
 * @delivered_us: sent: kite_rate.delivered_us then; 0 = nobody knows, as after @sacked
 * @flags:	KITE_TCP_* control bits
 * @retrans:	sent: how often again
 * @sacked:	sent: the peer reports to have it
 * @idle:	sent: the user had written too little then
 * @stamps:	sent: KITE_STAMP_*
 * @mss:	sent: octets of each segment in it but the last
 * @stamp_at:	sent, with KITE_STAMP_SENT: whose times are told, octets from @seq
 */
struct kite_tcp_cb {
	struct kite_skb_cb	net;
	u32			seq;
	u32			end_seq;
	union {
		u32		ack_seq;
		u32		sent_us;
	};
	union {
		u32		isn_floor;
		u32		sack_end;
		u32		delivered;
	};
	union {
		struct kite_route	*back;
		struct {
			u32		first_us;
			u32		delivered_us;
		};
	};
	u8			flags;
	u8			retrans;
	bool			sacked;
	u8			idle:1;
	u8			stamps:3;
	u16			mss;
	u16			stamp_at;
};

static_assert(sizeof(struct kite_tcp_cb) <= sizeof_field(struct sk_buff, cb));

static inline struct kite_tcp_cb *kite_tcp_cb(const struct sk_buff *skb)
{
	return (struct kite_tcp_cb *)skb->cb;
}

/* Octets of the header, as the segment itself says. */
static inline unsigned int kite_tcp_hdrlen(const struct sk_buff *skb)
{
	return tcp_hdr(skb)->doff * 4;
}

/**
 * kite_tcp_clock_us() - the clock that round-trip times are taken from
 *
 * Context: any.
 * Return: microseconds. Their low 32 bits, which wrap after 71 minutes, do for a
 * round trip.
 */
static inline u64 kite_tcp_clock_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

bool kite_tcp_segment_read(struct net *net, struct sk_buff *skb);

#endif /* _KITE_TCP_SEGMENT_H */
