/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of a TCP header, RFC 9293 3.1 and RFC 7323.
 */
#ifndef _KITE_TCP_OPTIONS_H
#define _KITE_TCP_OPTIONS_H

#include "../kite.h"

/* What a peer that says nothing accepts, RFC 9293 3.7.1, octets. */
#define KITE_TCP_MSS_DEFAULT	536
/* Less would make the headers the main cargo, octets. */
#define KITE_TCP_MSS_MIN	48
/* RFC 7323 2.3 */
#define KITE_TCP_WSCALE_MAX	14

/**
 * struct kite_tcp_options - what a segment says beside its header
 * @mss:	SYN: largest segment its sender takes, octets; 0 = not said
 * @wscale:	SYN: shift of its sender's windows
 * @wscale_ok:	SYN: whether window scaling is offered
 * @sack_ok:	SYN: whether selective acknowledgments are offered
 * @ecn_ok:	a cookie: whether congestion notification was agreed upon (ecn.h)
 * @ts_ok:	whether there is a timestamp
 * @tsval:	the sender's timestamp
 * @tsecr:	the timestamp that it echoes
 * @n_sacks:	how many blocks are acknowledged selectively
 * @sacks:	the blocks, in the header
 */
struct kite_tcp_options {
	u16	mss;
	u8	wscale;
	bool	wscale_ok;
	bool	sack_ok;
	bool	ecn_ok;
	bool	ts_ok;
	u8	n_sacks;
	u32	tsval;
	u32	tsecr;
	const u8 *sacks;
};

/* All options of a header together, octets. */
#define KITE_TCP_OPTIONS_MAX	40
/* MSS, SACK permitted and timestamp, then NOP and window scale: what a SYN has at most. */
#define KITE_TCP_SYN_OPTIONS_MAX	20

/* The first word of a timestamp option as everybody writes it: NOP, NOP, 8, 10. */
#define KITE_TCP_TS_HEAD	cpu_to_be32(0x0101080a)
/* That of selective acknowledgments, host order, but for the length. */
#define KITE_TCP_SACK_HEAD	0x01010500U

void kite_tcp_options_read(const struct sk_buff *skb,
			   struct kite_tcp_options *opt);
unsigned int kite_tcp_options_write(u8 *ptr,
				    const struct kite_tcp_options *opt);
u8 kite_tcp_wscale_for(u32 space);

#endif /* _KITE_TCP_OPTIONS_H */
