/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Datagrams of our own making, for a host on a wire.
 */
#ifndef _KITE_WIRE_UDP_H
#define _KITE_WIRE_UDP_H

#include "wire.h"

#include <netinet/udp.h>

#define PORT	5000		/* the host's */
#define FROM	4000		/* ours */

static inline struct udphdr *udp_of(struct frame *f)
{
	return (struct udphdr *)(f->bytes + f->ip.ihl * 4);
}

/* The checksum over the pseudo header, RFC 768. */
static inline uint16_t udp_checksum(const struct frame *f,
				    const struct udphdr *uh, size_t len)
{
	static unsigned char buf[FRAME_MAX + 12];

	memcpy(buf, &f->ip.saddr, 4);
	memcpy(buf + 4, &f->ip.daddr, 4);
	buf[8] = 0;
	buf[9] = IPPROTO_UDP;
	buf[10] = len >> 8;
	buf[11] = len;
	memcpy(buf + 12, uh, len);
	return checksum(buf, len + 12) ?: 0xffff;
}

/* A datagram with @len bytes of data to a port of the host. */
static inline struct udphdr *datagram(struct frame *f, int port,
				      size_t len)
{
	struct udphdr *uh;
	size_t i;

	packet(f, PEER, HOST, IPPROTO_UDP, sizeof(*uh) + len);
	uh = udp_of(f);
	uh->source = htons(FROM);
	uh->dest = htons(port);
	uh->len = htons(sizeof(*uh) + len);
	for (i = 0; i < len; i++)
		((unsigned char *)(uh + 1))[i] = i * 7 + 1;
	uh->check = udp_checksum(f, uh, sizeof(*uh) + len);
	return uh;
}

#endif /* _KITE_WIRE_UDP_H */
