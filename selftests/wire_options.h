/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options of RFC 791 in packets on the wire (wire.h).
 */
#ifndef _KITE_WIRE_OPTIONS_H
#define _KITE_WIRE_OPTIONS_H

#include "wire.h"

/* RFC 791 3.1. */
#define RR	7
#define TS	68
#define LSRR	0x83
#define SSRR	0x89

#define A_HOST		10, 0, 0, 1
#define A_PEER		10, 0, 0, 2
#define A_STRANGER	10, 0, 0, 3
#define A_BEHIND	10, 3, 0, 1
#define NOBODY		0, 0, 0, 0

static inline uint32_t address(unsigned char a, unsigned char b, unsigned char c,
			       unsigned char d)
{
	return htonl((uint32_t)a << 24 | b << 16 | c << 8 | d);
}

/* The options of a packet begin with these. */
static inline void expect_options(struct __test_metadata *_metadata,
				  const struct frame *f,
				  const unsigned char *want, size_t n)
{
	size_t i;

	ASSERT_LE(20 + n, f->ip.ihl * 4);
	for (i = 0; i < n; i++)
		EXPECT_EQ(want[i], f->bytes[20 + i]) {
			TH_LOG("octet %zu of the options", i);
		}
	EXPECT_EQ(0, checksum(&f->ip, f->ip.ihl * 4));
}

#define EXPECT_OPTIONS(f, ...)						\
	do {								\
		static const unsigned char __want[] = { __VA_ARGS__ };	\
									\
		expect_options(_metadata, f, __want, sizeof(__want));	\
	} while (0)

#endif /* _KITE_WIRE_OPTIONS_H */
