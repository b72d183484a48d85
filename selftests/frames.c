// SPDX-License-Identifier: GPL-2.0
/*
 * Sends KITE frames from a packet socket until it is killed: echo requests,
 * datagrams and SYNs to ports, and each of them damaged in turn. With -f, first
 * fragments, whose datagrams never become whole, each from another source.
 *
 *   frames [-f] DEVICE MAC SOURCE DESTINATION
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/kite.h>

#define PAYLOAD	32
#define BURST	16

struct frame {
	struct iphdr ip;
	union {
		struct icmphdr icmp;
		struct udphdr udp;
		struct tcphdr tcp;
	};
	unsigned char payload[PAYLOAD];
};

static uint32_t sum(const void *data, size_t len, uint32_t acc)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		acc += p[i] << 8 | p[i + 1];
	if (len & 1)
		acc += p[len - 1] << 8;
	return acc;
}

static uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons(~acc);
}

/* The pseudo header of UDP and TCP. */
static uint32_t pseudo(const struct iphdr *ip, uint16_t len)
{
	return sum(&ip->saddr, 8, ip->protocol + len);
}

static size_t build(struct frame *f, uint32_t saddr, uint32_t daddr,
		    unsigned int n)
{
	uint16_t len;

	memset(f, 0, sizeof(*f));
	switch (n % 3) {
	case 0:
		f->ip.protocol = IPPROTO_ICMP;
		len = sizeof(f->icmp) + PAYLOAD;
		f->icmp.type = ICMP_ECHO;
		f->icmp.un.echo.sequence = htons(n);
		f->icmp.checksum = fold(sum(&f->icmp, len, 0));
		break;
	case 1:
		f->ip.protocol = IPPROTO_UDP;
		len = sizeof(f->udp) + PAYLOAD;
		f->udp.source = htons(1024 + n % 60000);
		f->udp.dest = htons(7000 + n % 16);
		f->udp.len = htons(len);
		f->ip.saddr = saddr;
		f->ip.daddr = daddr;
		f->udp.check = fold(sum(&f->udp, len, pseudo(&f->ip, len)));
		break;
	default:
		f->ip.protocol = IPPROTO_TCP;
		len = sizeof(f->tcp);
		f->tcp.source = htons(1024 + n % 60000);
		f->tcp.dest = htons(7000 + n % 16);
		f->tcp.seq = htonl(n * 2654435761U);
		f->tcp.doff = sizeof(f->tcp) / 4;
		f->tcp.syn = 1;
		f->tcp.window = htons(1000);
		f->ip.saddr = saddr;
		f->ip.daddr = daddr;
		f->tcp.check = fold(sum(&f->tcp, len, pseudo(&f->ip, len)));
		break;
	}

	len += sizeof(f->ip);
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.ttl = 64;
	f->ip.id = htons(n);
	f->ip.tot_len = htons(len);
	f->ip.saddr = saddr;
	f->ip.daddr = daddr;

	switch (n / 3 % 16) {
	case 1:
		f->ip.version = 6;
		break;
	case 2:
		f->ip.ihl = 4;
		break;
	case 3:
		f->ip.ihl = 15;
		break;
	case 4:
		f->ip.tot_len = htons(len + 1);
		break;
	case 5:
		f->ip.tot_len = htons(10);
		break;
	case 6:
		f->ip.protocol = 250;
		break;
	case 7:
		f->ip.ttl = 0;
		break;
	case 8:
		f->payload[0] ^= 1;
		break;
	case 9:
		f->ip.daddr = inet_addr("192.0.2.77");
		break;
	case 10:
		f->ip.saddr = inet_addr("255.255.255.255");
		break;
	}
	f->ip.check = fold(sum(&f->ip, sizeof(f->ip), 0));
	if (n / 3 % 16 == 11)
		f->ip.check ^= 1;
	/* Cut off in the middle of the header. */
	return n / 3 % 16 == 12 ? n % sizeof(f->ip) : len;
}

/* One of 65,536 sources, of which the last two octets are counted. */
static size_t build_fragment(struct frame *f, uint32_t saddr, uint32_t daddr,
			     unsigned int n)
{
	size_t len = sizeof(f->ip) + PAYLOAD;

	memset(f, 0, sizeof(*f));
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.ttl = 64;
	f->ip.id = htons(n);
	f->ip.protocol = IPPROTO_UDP;
	f->ip.frag_off = htons(IP_MF);
	f->ip.tot_len = htons(len);
	f->ip.saddr = saddr ^ htonl(n & 0xffff);
	f->ip.daddr = daddr;
	f->ip.check = fold(sum(&f->ip, sizeof(f->ip), 0));
	return len;
}

int main(int argc, char **argv)
{
	size_t (*make)(struct frame *f, uint32_t saddr, uint32_t daddr, unsigned int n) = build;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_KITE),
		.sll_halen = ETH_ALEN,
	};
	struct ether_addr *mac;
	struct in_addr src, dst;
	struct frame f;
	unsigned int n;
	int fd;

	if (argc > 1 && !strcmp(argv[1], "-f")) {
		make = build_fragment;
		argc--;
		argv++;
	}
	if (argc != 5 || !inet_aton(argv[3], &src) || !inet_aton(argv[4], &dst)) {
		fprintf(stderr, "usage: frames [-f] DEVICE MAC SOURCE DESTINATION\n");
		return 2;
	}
	mac = ether_aton(argv[2]);
	to.sll_ifindex = if_nametoindex(argv[1]);
	if (!mac || !to.sll_ifindex) {
		fprintf(stderr, "no such device or no address\n");
		return 2;
	}
	memcpy(to.sll_addr, mac, ETH_ALEN);
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0) {
		perror("socket");
		return 1;
	}

	for (n = 0;; n++) {
		size_t len = make(&f, src.s_addr, dst.s_addr, n);

		if (sendto(fd, &f, len, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 &&
		    errno != ENOBUFS && errno != ENETDOWN) {
			perror("sendto");
			return 1;
		}
		/* Bursts, so that the rest of a small machine gets on. */
		if (n % BURST == 0)
			poll(NULL, 0, 1);
	}
}
