// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <linux/tcp.h>

/* Kinds, as IANA lists them. */
enum {
	KITE_OPT_EOL	= 0,
	KITE_OPT_NOP	= 1,
	KITE_OPT_MSS	= 2,
	KITE_OPT_WSCALE	= 3,
};

/* Octets of a whole option, with kind and length. */
#define KITE_OPT_MSS_LEN	4
#define KITE_OPT_WSCALE_LEN	3

/**
 * kite_tcp_options_read() - read the options of a SYN
 * @skb: the segment, whole header in the linear part
 * @opt: filled in
 *
 * Unknown options are passed over, RFC 9293 MUST-6. One whose length cannot be
 * ends the reading: what came before it stands.
 *
 * Context: any.
 */
void kite_tcp_options_read(const struct sk_buff *skb,
			   struct kite_tcp_options *opt)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const u8 *end = (const u8 *)th + th->doff * 4;
	const u8 *p = (const u8 *)(th + 1);

	memset(opt, 0, sizeof(*opt));
	while (p < end && *p != KITE_OPT_EOL) {
		u8 len;

		if (*p == KITE_OPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2)
			return;
		len = p[1];
		if (len < 2 || len > end - p)
			return;
		if (p[0] == KITE_OPT_MSS && len == KITE_OPT_MSS_LEN) {
			opt->mss = p[2] << 8 | p[3];
		} else if (p[0] == KITE_OPT_WSCALE &&
			   len == KITE_OPT_WSCALE_LEN) {
			opt->wscale_ok = true;
			opt->wscale = min_t(u8, p[2], KITE_TCP_WSCALE_MAX);
		}
		p += len;
	}
}

/**
 * kite_tcp_options_write() - write the options of a SYN
 * @ptr: behind the fixed header; KITE_TCP_SYN_OPTIONS_MAX octets of room
 * @opt: what to offer
 *
 * Return: octets written, a multiple of four.
 */
unsigned int kite_tcp_options_write(u8 *ptr, const struct kite_tcp_options *opt)
{
	u8 *p = ptr;

	*p++ = KITE_OPT_MSS;
	*p++ = KITE_OPT_MSS_LEN;
	*p++ = opt->mss >> 8;
	*p++ = opt->mss & 0xff;
	if (opt->wscale_ok) {
		*p++ = KITE_OPT_NOP;
		*p++ = KITE_OPT_WSCALE;
		*p++ = KITE_OPT_WSCALE_LEN;
		*p++ = opt->wscale;
	}
	return p - ptr;
}

/**
 * kite_tcp_wscale_for() - the shift that lets a window cover a buffer
 * @space: the largest window, octets
 */
u8 kite_tcp_wscale_for(u32 space)
{
	u8 shift = 0;

	while (shift < KITE_TCP_WSCALE_MAX && (space >> shift) > U16_MAX)
		shift++;
	return shift;
}
