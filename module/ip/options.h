/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of an RFC 791 header.
 */
#ifndef _KITE_IP_OPTIONS_H
#define _KITE_IP_OPTIONS_H

#include <linux/ip.h>
#include <linux/types.h>

/**
 * struct kite_options - what a header's options are
 * @error: offset of the first byte that is wrong, counted from the start of the
 *	header as ICMP parameter problem wants it; 0 = nothing is
 * @source_route: offset of a loose or strict source route, 0 = none
 */
struct kite_options {
	u8	error;
	u8	source_route;
};

bool kite_options_parse(const struct iphdr *iph, struct kite_options *opt);
void kite_options_fragment(struct iphdr *iph);

#endif /* _KITE_IP_OPTIONS_H */
