/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames for the fuzzer: whole ones of every kind, and what can be done to them.
 * The same seed makes the same frames, but for the numbers of the TCP connection
 * that they try to disturb.
 */
#ifndef _KITE_FUZZ_H
#define _KITE_FUZZ_H

#include "draw.h"
#include "wire.h"

#define UDP_PORT	7000	/* and the three after it */
#define TCP_PORT	7100
#define PEER_PORT	7200	/* of the TCP connection, on our side */
#define PROTOCOL	253
#define GROUP		"239.1.2.3"
#define BEHIND		"10.1.0.9"	/* what the host passes on */
#define NUMBER		1000	/* of a packet that is no fragment */
#define FUZZ_MAX	1514	/* octets of the largest frame */

struct fuzz {
	uint64_t state;		/* of the generator */
	uint16_t ident;		/* of the ping socket, network order */
	uint32_t seq;		/* of the connection: ours, and the host's */
	uint32_t ack;
};

static inline unsigned char *payload_of(struct frame *f)
{
	return f->bytes + f->ip.ihl * 4;
}

/* The transport's checksum, if there is a whole header of one that we know. */
static inline void seal_transport(struct frame *f)
{
	static unsigned char pseudo[12 + FUZZ_MAX];
	size_t hlen = f->ip.ihl * 4, len, at;

	if (hlen < 20 || f->len < hlen + 8 || f->len > FUZZ_MAX)
		return;
	len = f->len - hlen;
	switch (f->ip.protocol) {
	case IPPROTO_ICMP:
		at = 2;
		break;
	case IPPROTO_TCP:
		at = 16;
		break;
	case IPPROTO_UDP:
		at = 6;
		break;
	default:
		return;
	}
	if (len < at + 2)
		return;
	memset(f->bytes + hlen + at, 0, 2);
	memcpy(pseudo, &f->ip.saddr, 8);
	pseudo[8] = 0;
	pseudo[9] = f->ip.protocol;
	pseudo[10] = len >> 8;
	pseudo[11] = len;
	memcpy(pseudo + 12, f->bytes + hlen, len);
	at += hlen;
	*(uint16_t *)(f->bytes + at) = at == hlen + 2 ?
		checksum(pseudo + 12, len) : checksum(pseudo, 12 + len);
}

static inline void put16(unsigned char *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static inline void put32(unsigned char *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* --- whole frames ------------------------------------------------------- */

static inline void make_udp(struct fuzz *z, struct frame *f, const char *daddr)
{
	size_t len = 8 + below(z, 64);
	unsigned char *uh;

	packet(f, PEER, daddr, IPPROTO_UDP, len);
	uh = payload_of(f);
	put16(uh, PEER_PORT);
	put16(uh + 2, UDP_PORT + below(z, 5));
	put16(uh + 4, len);
}

/* A segment: of the connection, a SYN to the listener, or just any. */
static inline void make_tcp(struct fuzz *z, struct frame *f)
{
	size_t optlen = below(z, 4) * 4, len = below(z, 3) ? below(z, 64) : 0;
	unsigned int how = below(z, 8);
	unsigned char *th;

	packet(f, PEER, HOST, IPPROTO_TCP, 20 + optlen + len);
	th = payload_of(f);
	put16(th, PEER_PORT);
	put16(th + 2, TCP_PORT);
	put32(th + 4, z->seq);
	put32(th + 8, z->ack);
	th[12] = (20 + optlen) / 4 << 4;
	th[13] = 0x10;
	put16(th + 14, draw(z));
	switch (how) {
	case 0:
	case 1:
		put16(th, 1024 + below(z, 60000));
		th[13] = 0x02;
		break;
	case 2:
		th[13] = draw(z);
		break;
	case 3:
		/* Behind a gap, or of old. */
		put32(th + 4, z->seq + below(z, 4000) - 2000);
		break;
	case 4:
		put32(th + 8, z->ack + below(z, 4000) - 2000);
		th[13] |= below(z, 2) * 0x08;
		break;
	default:
		break;
	}
	if (optlen && !one_in(z, 4)) {
		static const unsigned char kinds[] = { 1, 2, 3, 4, 5, 8, 254 };

		memset(th + 20, 1, optlen);
		th[20] = kinds[below(z, sizeof(kinds))];
		th[21] = below(z, optlen + 2);
	}
}

/* An ICMP error about something that the host may have sent. */
static inline void make_error(struct fuzz *z, struct frame *f)
{
	static const unsigned char types[] = { 3, 3, 3, 4, 5, 11, 12, 13, 18 };
	static const unsigned char protocols[] = { 1, 6, 17, PROTOCOL, 4 };
	static struct frame about;
	unsigned char *p, protocol = protocols[below(z, 5)];
	struct icmphdr *icmph;
	size_t len;

	packet(&about, HOST, PEER, protocol, 8 + below(z, 64));
	about.ip.id = htons(NUMBER);
	seal(&about);
	p = payload_of(&about);
	switch (protocol) {
	case IPPROTO_ICMP:
		p[0] = ICMP_ECHO;
		memcpy(p + 4, &z->ident, 2);
		break;
	case IPPROTO_TCP:
		put16(p, TCP_PORT);
		put16(p + 2, PEER_PORT);
		put32(p + 4, z->ack - below(z, 100));
		break;
	default:
		put16(p, UDP_PORT + below(z, 5));
		put16(p + 2, PEER_PORT);
	}
	len = one_in(z, 4) ? below(z, about.len + 1) : about.len;
	icmph = message(f, PEER, HOST, types[below(z, sizeof(types))],
			below(z, 17), len);
	memcpy(icmph + 1, about.bytes, len);
	icmph->un.frag.mtu = htons(one_in(z, 4) ? draw(z) : 500 + below(z, 900));
	if (one_in(z, 3))
		icmph->un.gateway = htonl(0x0a000000 | below(z, 16));
}

/* One of the pieces of a datagram, of which others may follow or not. */
static inline void make_fragment(struct fuzz *z, struct frame *f)
{
	unsigned int at = below(z, 8), more = below(z, 4) != 0;
	size_t len = 8 * (1 + below(z, 24));

	packet(f, PEER, HOST, one_in(z, 2) ? IPPROTO_UDP : IPPROTO_ICMP, len);
	fill_random(z, payload_of(f), len);
	f->ip.id = htons(below(z, 32));
	f->ip.frag_off = htons(at * (one_in(z, 4) ? 1021 : len / 8) |
			       (more ? IP_MF : 0));
}

/* Options, well formed or nearly so, in front of what is there. */
static inline void put_options(struct fuzz *z, struct frame *f)
{
	static const unsigned char kinds[] = {
		0, 1, 7, 7, 68, 68, 0x83, 0x83, 0x89, 0x94, 0x86, 0x5e
	};
	unsigned char opt[40] = {};
	size_t len = 4 * (1 + below(z, 10)), at = 0, i;

	while (at + 2 <= len) {
		size_t room = len - at, n = 2 + below(z, room - 1);

		opt[at] = kinds[below(z, sizeof(kinds))];
		if (opt[at] < 2) {
			at++;
			continue;
		}
		if (opt[at] == 7 || opt[at] == 0x83 || opt[at] == 0x89)
			n = n < 7 ? n : 3 + (n - 3) / 4 * 4;
		opt[at + 1] = n;
		for (i = 2; i < n; i++)
			opt[at + i] = one_in(z, 8) ? draw(z) : 0;
		if (n > 2)
			opt[at + 2] = opt[at] == 68 ? 5 + 4 * below(z, 4) :
				      4 + 4 * below(z, 4);
		if (opt[at] == 68 && n > 3)
			opt[at + 3] = below(z, 4);
		/* Addresses that lead somewhere. */
		for (i = 3 + (opt[at] == 68); i + 4 <= n; i += 4)
			if (!one_in(z, 4))
				put32(opt + at + i, one_in(z, 2) ? 0x0a000001 :
				      one_in(z, 2) ? 0x0a000002 : 0x0a010009);
		at += n;
	}
	if (f->len + len <= FUZZ_MAX)
		add_options(f, opt, len);
}

static inline void make_whole(struct fuzz *z, struct frame *f)
{
	switch (below(z, 16)) {
	case 0:
		echo(f, HOST, below(z, 100));
		break;
	case 1:
		message(f, PEER, HOST, draw(z), one_in(z, 2) ? 0 : draw(z),
			below(z, 40));
		break;
	case 2:
		/* For the ping socket. */
		message(f, PEER, HOST, ICMP_ECHOREPLY, 0, 8)->un.echo.id =
			z->ident;
		break;
	case 3:
	case 4:
		make_error(z, f);
		break;
	case 5:
	case 6:
		make_fragment(z, f);
		break;
	case 7:
		make_udp(z, f, one_in(z, 2) ? GROUP : "10.0.0.255");
		break;
	case 8:
	case 9:
		make_udp(z, f, HOST);
		break;
	case 10:
		make_udp(z, f, BEHIND);
		if (one_in(z, 3))
			f->ip.frag_off = htons(IP_DF);
		if (one_in(z, 4))
			f->ip.ttl = below(z, 3);
		break;
	case 11:
		packet(f, PEER, one_in(z, 2) ? HOST : GROUP,
		       one_in(z, 2) ? PROTOCOL : draw(z) & 0xff, below(z, 200));
		fill_random(z, payload_of(f), f->len - 20);
		break;
	default:
		make_tcp(z, f);
		break;
	}
	/* packet() would make it each process's own. */
	if (f->ip.id == htons(getpid()))
		f->ip.id = htons(NUMBER);
	seal(f);
	if (one_in(z, 5))
		put_options(z, f);
}

/* --- what can be done to them ------------------------------------------- */

static inline void mutate_once(struct fuzz *z, struct frame *f)
{
	static const unsigned char telling[] = {
		0, 1, 4, 5, 0x45, 0x46, 0x4f, 0x7f, 0x80, 0xff, 6, 17, 40, 60
	};
	size_t at, len;

	if (!f->len)
		return;
	/* Most of what is interesting comes first. */
	at = one_in(z, 3) ? below(z, f->len) :
	     below(z, f->len < 44 ? f->len : 44);
	switch (below(z, 8)) {
	case 0:
	case 1:
		f->bytes[at] ^= 1 << below(z, 8);
		break;
	case 2:
		f->bytes[at] = telling[below(z, sizeof(telling))];
		break;
	case 3:
		f->bytes[at] = draw(z);
		break;
	case 4:
		f->len = one_in(z, 4) ? below(z, 48) : below(z, f->len + 1);
		break;
	case 5:
		len = below(z, 64);
		if (f->len + len <= FUZZ_MAX) {
			fill_random(z, f->bytes + f->len, len);
			f->len += len;
		}
		break;
	case 6:
		/* One part over another. */
		len = below(z, f->len - at < 16 ? f->len - at + 1 : 17);
		memmove(f->bytes + below(z, f->len - len + 1), f->bytes + at,
			len);
		break;
	case 7:
		switch (below(z, 6)) {
		case 0:
			f->ip.tot_len = htons(one_in(z, 2) ? f->len : draw(z));
			break;
		case 1:
			f->ip.frag_off = draw(z);
			break;
		case 2:
			f->ip.ihl = draw(z);
			break;
		case 3:
			f->ip.saddr = htonl(0x0a000000 | below(z, 16));
			break;
		case 4:
			f->ip.daddr = one_in(z, 4) ? draw(z) :
				htonl(0x0a000000 | below(z, 512));
			break;
		case 5:
			f->ip.ttl = below(z, 3);
			break;
		}
		break;
	}
}

/*
 * A frame, with none to four things done to it. Often its length and sums are made
 * right again: else nothing would ever come past the first checks.
 */
static inline void make_frame(struct fuzz *z, struct frame *f)
{
	unsigned int n = one_in(z, 8) ? 0 : 1 + below(z, 4);

	make_whole(z, f);
	if (one_in(z, 2))
		seal_transport(f);
	while (n--)
		mutate_once(z, f);
	if (f->len >= 20 && !one_in(z, 10)) {
		if (!one_in(z, 8)) {
			f->ip.version = 4;
			if (f->ip.ihl < 5 || f->ip.ihl * 4 > f->len)
				f->ip.ihl = 5;
		}
		if (!one_in(z, 8))
			f->ip.tot_len = htons(f->len);
		if (!one_in(z, 8))
			seal_transport(f);
		if (f->ip.ihl * 4 <= f->len)
			seal(f);
	}
}

#endif /* _KITE_FUZZ_H */
