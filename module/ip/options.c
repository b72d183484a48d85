// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <net/ip.h>
#include <net/route.h>

/* What a check says of a wrong octet: its offset in the option, plus one. */
#define KITE_WRONG_AT(offset)	((offset) + 1)

/* The four bits below the overflow count of a time stamp: what it collects. */
#define KITE_TS_KIND(option)	((option)[3] & 0xf)
#define KITE_TS_OVERFLOW(option) ((option)[3] >> 4)

/*
 * Source route, RFC 791 3.1, RFC 1812 5.2.4.1: one at most. Whether its pointer
 * lies on an address counts only for the one who has to go by it.
 */
static u8 kite_check_source_route(const u8 *option, u8 at,
				  struct kite_options *opt)
{
	if (option[1] < 3)
		return KITE_WRONG_AT(1);
	if (option[2] < IPOPT_MINOFF)
		return KITE_WRONG_AT(2);
	if (opt->srr)
		return KITE_WRONG_AT(0);
	opt->srr = at;
	if (option[0] == IPOPT_SSRR)
		opt->flags |= KITE_OPT_STRICT;
	return 0;
}

static u8 kite_check_record_route(const u8 *option, u8 at,
				  struct kite_options *opt)
{
	if (opt->rr)
		return KITE_WRONG_AT(0);
	if (option[1] < 3)
		return KITE_WRONG_AT(1);
	if (option[2] < IPOPT_MINOFF)
		return KITE_WRONG_AT(2);
	if (option[2] <= option[1]) {
		/* Not full: then a whole address fits. */
		if (option[2] + 3 > option[1])
			return KITE_WRONG_AT(2);
		opt->flags |= KITE_OPT_RECORD;
	}
	opt->rr = at;
	return 0;
}

/* What a time stamp that is not full collects here. */
static u8 kite_check_stamp_room(struct net *net, const u8 *option,
				struct kite_options *opt)
{
	unsigned int room = option[1] + 1 - option[2];
	__be32 addr;

	if (room < 4)
		return KITE_WRONG_AT(2);
	switch (KITE_TS_KIND(option)) {
	case IPOPT_TS_TSONLY:
		opt->flags |= KITE_OPT_TS_TIME;
		return 0;
	case IPOPT_TS_TSANDADDR:
		if (room < 8)
			return KITE_WRONG_AT(2);
		opt->flags |= KITE_OPT_TS_ADDR | KITE_OPT_TS_TIME;
		return 0;
	case IPOPT_TS_PRESPEC:
		if (room < 8)
			return KITE_WRONG_AT(2);
		/* Only the one who is named next says when. */
		memcpy(&addr, option + option[2] - 1, sizeof(addr));
		if (inet_addr_type(net, addr) != RTN_UNICAST)
			opt->flags |= KITE_OPT_TS_TIME;
		return 0;
	default:
		opt->flags |= KITE_OPT_PRIVILEGED;
		return 0;
	}
}

static u8 kite_check_time_stamp(struct net *net, const u8 *option, u8 at,
				struct kite_options *opt)
{
	u8 wrong = 0;

	if (opt->ts)
		return KITE_WRONG_AT(0);
	if (option[1] < 4)
		return KITE_WRONG_AT(1);
	if (option[2] < IPOPT_MINOFF + 1)
		return KITE_WRONG_AT(2);
	if (option[2] <= option[1]) {
		wrong = kite_check_stamp_room(net, option, opt);
	} else if (KITE_TS_KIND(option) != IPOPT_TS_PRESPEC) {
		if (KITE_TS_OVERFLOW(option) == 15)
			wrong = KITE_WRONG_AT(3);
		else
			opt->flags |= KITE_OPT_TS_FULL;
	}
	if (!wrong)
		opt->ts = at;
	return wrong;
}

static u8 kite_check_option(struct net *net, const u8 *option, u8 at,
			    struct kite_options *opt)
{
	switch (option[0]) {
	case IPOPT_LSRR:
	case IPOPT_SSRR:
		return kite_check_source_route(option, at, opt);
	case IPOPT_RR:
		return kite_check_record_route(option, at, opt);
	case IPOPT_TIMESTAMP:
		return kite_check_time_stamp(net, option, at, opt);
	case IPOPT_RA:
		if (option[1] < 4)
			return KITE_WRONG_AT(1);
		if (!option[2] && !option[3])
			opt->flags |= KITE_OPT_ALERT;
		return 0;
	default:
		/* RFC 1122 3.2.1.8: left alone. */
		opt->flags |= KITE_OPT_PRIVILEGED;
		return 0;
	}
}

/**
 * kite_options_parse() - check options and find out where they are (twin of
 * __ip_options_compile())
 * @net: the namespace, whose addresses prespecified time stamps are about
 * @data: what follows the fixed header
 * @len: octets of @data
 * @opt: filled in, up to the first that is wrong; all its offsets count from the
 *	start of the header
 *
 * Changes nothing: see kite_options_stamp().
 *
 * Context: RCU read lock or process.
 * Return: 0, or the offset of the first wrong octet from the start of the
 * header, as ICMP parameter problem wants it.
 */
u8 kite_options_parse(struct net *net, const u8 *data, unsigned int len,
		      struct kite_options *opt)
{
	unsigned int at = 0;

	*opt = (struct kite_options) {};
	while (at < len && data[at] != IPOPT_END) {
		u8 where = sizeof(struct iphdr) + at, wrong;

		if (data[at] == IPOPT_NOOP) {
			at++;
			continue;
		}
		if (len - at < 2 || data[at + 1] < 2 || data[at + 1] > len - at)
			return where;
		wrong = kite_check_option(net, data + at, where, opt);
		if (wrong)
			return where + wrong - 1;
		at += data[at + 1];
	}
	/* What follows the end means nothing and shall tell nothing. */
	if (at < len && memchr_inv(data + at, IPOPT_END, len - at))
		opt->flags |= KITE_OPT_TAIL;
	return 0;
}

/**
 * kite_options_trim() - let nothing but zeroes follow the end of options
 * @data: what follows the fixed header; well formed
 * @len: octets of @data
 *
 * Context: any.
 */
void kite_options_trim(u8 *data, unsigned int len)
{
	unsigned int at = 0;

	while (at < len && data[at] != IPOPT_END)
		at += data[at] == IPOPT_NOOP ? 1 : data[at + 1];
	if (at < len)
		memset(data + at, IPOPT_END, len - at);
}

/* Add an address or a time where the pointer points. */
static void kite_option_add(u8 *option, __be32 value)
{
	memcpy(option + option[2] - 1, &value, sizeof(value));
	option[2] += sizeof(value);
}

/**
 * kite_options_stamp() - fill in record route and time stamp
 * @header: the header, with the options that @opt was parsed from
 * @opt: where they are, and what they want
 * @addr: the address to write down, network order
 *
 * The header's checksum is the caller's to put right.
 *
 * Context: any.
 */
void kite_options_stamp(u8 *header, const struct kite_options *opt, __be32 addr)
{
	u8 *stamp = header + opt->ts;

	if (opt->flags & KITE_OPT_RECORD)
		kite_option_add(header + opt->rr, addr);
	if (opt->flags & KITE_OPT_TS_ADDR)
		kite_option_add(stamp, addr);
	if (opt->flags & KITE_OPT_TS_TIME) {
		/* The address before it was given. */
		if (KITE_TS_KIND(stamp) == IPOPT_TS_PRESPEC)
			stamp[2] += sizeof(addr);
		kite_option_add(stamp, inet_current_timestamp());
	}
}

/**
 * kite_options_fragment() - make a first fragment's options those of a later one
 * @iph: the header; well formed
 *
 * RFC 791 3.1: only options with the copied flag go into later fragments. The
 * others become no-operations, so that the header keeps its length.
 */
void kite_options_fragment(struct iphdr *iph)
{
	unsigned int at = sizeof(*iph), end = iph->ihl * 4;
	u8 *header = (u8 *)iph;

	while (at < end && header[at] != IPOPT_END) {
		unsigned int len = 1;

		if (header[at] != IPOPT_NOOP) {
			if (end - at < 2 || header[at + 1] < 2 ||
			    header[at + 1] > end - at)
				return;
			len = header[at + 1];
			if (!IPOPT_COPIED(header[at]))
				memset(header + at, IPOPT_NOOP, len);
		}
		at += len;
	}
}
