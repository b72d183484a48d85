// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <net/ip.h>

/*
 * The smallest pointer field of an option that has one, RFC 791: it counts from
 * the option's first byte, which is 1.
 */
static u8 kite_option_min_pointer(u8 type)
{
	switch (type) {
	case IPOPT_LSRR:
	case IPOPT_SSRR:
	case IPOPT_RR:
		return IPOPT_MINOFF;
	case IPOPT_TIMESTAMP:
		return IPOPT_MINOFF + 1;
	default:
		return 0;
	}
}

/*
 * One option that has a length.
 * Return: the offset, from its type, of what is wrong with it plus one; 0 when
 * nothing is.
 */
static u8 kite_option_check(const u8 *option, unsigned int room)
{
	u8 min = kite_option_min_pointer(option[0]);

	if (room < 2 || option[1] < 2 || option[1] > room)
		return 1;
	if (!min)
		return option[0] == IPOPT_RA && option[1] < 4 ? 2 : 0;
	/* Type, length, pointer; the time stamp also has its flags. */
	if (option[1] < min - 1)
		return 2;
	if (option[2] < min)
		return 3;
	/* Either it is full, or a whole address or time stamp fits. */
	if (option[2] <= option[1] && option[2] + 3 > option[1])
		return 3;
	return 0;
}

/**
 * kite_options_parse() - check the shape of a header's options
 * @iph: the header, all ihl * 4 bytes of it
 * @opt: filled in
 *
 * RFC 1812 5.2.4: one source route, one record route, one time stamp at most;
 * unknown options are left alone.
 *
 * Return: whether they are well formed.
 */
bool kite_options_parse(const struct iphdr *iph, struct kite_options *opt)
{
	bool seen_record = false, seen_stamp = false;
	unsigned int at = sizeof(*iph), end = iph->ihl * 4;
	const u8 *header = (const u8 *)iph;

	*opt = (struct kite_options) {};
	while (at < end && header[at] != IPOPT_END) {
		bool twice = false;
		u8 wrong;

		if (header[at] == IPOPT_NOOP) {
			at++;
			continue;
		}
		wrong = kite_option_check(header + at, end - at);
		switch (header[at]) {
		case IPOPT_LSRR:
		case IPOPT_SSRR:
			twice = opt->source_route;
			opt->source_route = at;
			break;
		case IPOPT_RR:
			twice = seen_record;
			seen_record = true;
			break;
		case IPOPT_TIMESTAMP:
			twice = seen_stamp;
			seen_stamp = true;
			break;
		}
		if (twice || wrong) {
			opt->error = at + (wrong ? wrong - 1 : 0);
			return false;
		}
		at += header[at + 1];
	}
	return true;
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
