// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <linux/tcp.h>

#include "../compat/compat.h"
#include "timestamp.h"

/* Kinds, as IANA lists them. */
enum {
	KITE_OPT_EOL	= 0,
	KITE_OPT_NOP	= 1,
	KITE_OPT_MSS	= 2,
	KITE_OPT_WSCALE	= 3,
	KITE_OPT_SACK_OK = 4,
	KITE_OPT_SACK	= 5,
	KITE_OPT_TS	= 8,
};

/* Octets of a whole option, with kind and length. */
#define KITE_OPT_MSS_LEN	4
#define KITE_OPT_WSCALE_LEN	3
#define KITE_OPT_SACK_OK_LEN	2
#define KITE_OPT_TS_LEN		10

static_assert(KITE_OPT_TS_LEN + 2 == KITE_TCP_TS_LEN);

/* An option that is whole. */
static void read_option(const u8 *p, struct kite_tcp_options *opt)
{
	u8 len = p[1];

	if (p[0] == KITE_OPT_MSS && len == KITE_OPT_MSS_LEN) {
		opt->mss = get_unaligned_be16(p + 2);
	} else if (p[0] == KITE_OPT_WSCALE && len == KITE_OPT_WSCALE_LEN) {
		opt->wscale_ok = true;
		opt->wscale = min_t(u8, p[2], KITE_TCP_WSCALE_MAX);
	} else if (p[0] == KITE_OPT_SACK_OK && len == KITE_OPT_SACK_OK_LEN) {
		opt->sack_ok = true;
	} else if (p[0] == KITE_OPT_SACK && len % 8 == 2) {
		opt->n_sacks = len / 8;
		opt->sacks = p + 2;
	} else if (p[0] == KITE_OPT_TS && len == KITE_OPT_TS_LEN) {
		opt->ts_ok = true;
		opt->tsval = get_unaligned_be32(p + 2);
		opt->tsecr = get_unaligned_be32(p + 6);
	}
}

/**
 * kite_tcp_options_read() - read the options of a segment
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
	/* What nearly every segment has, RFC 7323 appendix A. */
	if (end - p == KITE_TCP_TS_LEN && *(const __be32 *)p == KITE_TCP_TS_HEAD) {
		opt->ts_ok = true;
		opt->tsval = get_unaligned_be32(p + 4);
		opt->tsecr = get_unaligned_be32(p + 8);
		return;
	}
	while (p < end && *p != KITE_OPT_EOL) {
		if (*p == KITE_OPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		read_option(p, opt);
		p += p[1];
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
	if (opt->sack_ok) {
		*p++ = KITE_OPT_SACK_OK;
		*p++ = KITE_OPT_SACK_OK_LEN;
	}
	/* What is left of the word that makes the timestamp even. */
	if (opt->sack_ok != opt->ts_ok) {
		*p++ = KITE_OPT_NOP;
		*p++ = KITE_OPT_NOP;
	}
	if (opt->ts_ok) {
		*p++ = KITE_OPT_TS;
		*p++ = KITE_OPT_TS_LEN;
		put_unaligned_be32(opt->tsval, p);
		put_unaligned_be32(opt->tsecr, p + 4);
		p += 8;
	}
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
 *
 * Context: any.
 * Return: 0 to 14, RFC 7323 2.3.
 */
u8 kite_tcp_wscale_for(u32 space)
{
	u8 shift = 0;

	while (shift < KITE_TCP_WSCALE_MAX && (space >> shift) > U16_MAX)
		shift++;
	return shift;
}
