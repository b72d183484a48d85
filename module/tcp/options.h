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
 * struct kite_tcp_options - what a SYN offers
 * @mss:	largest segment its sender takes, octets; 0 = not said
 * @wscale:	shift of its sender's windows
 * @wscale_ok:	whether window scaling is offered
 */
struct kite_tcp_options {
	u16	mss;
	u8	wscale;
	bool	wscale_ok;
};

/* MSS, then NOP and window scale: what a SYN carries at most. */
#define KITE_TCP_SYN_OPTIONS_MAX	8

void kite_tcp_options_read(const struct sk_buff *skb,
			   struct kite_tcp_options *opt);
unsigned int kite_tcp_options_write(u8 *ptr,
				    const struct kite_tcp_options *opt);
u8 kite_tcp_wscale_for(u32 space);

#endif /* _KITE_TCP_OPTIONS_H */
