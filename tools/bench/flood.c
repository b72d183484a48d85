// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs from addresses that do not answer, across one link: from host 0
 * of the chain to a listener on host 1. Honest clients come and go meanwhile. One
 * that had to wait for a retransmission would leave the processor idle, and then
 * there is no result.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench.h"

#define PARAMETERS	"/sys/module/kite/parameters/"
#define PORT		9000
#define WARM_UP		2000
#define SYNS		100000
#define FROM		0x0a400000	/* 10.64.0.0/10, all of which is forged */
#define FROM_BITS	10
/* So many SYNs to one honest client. */
#define HONEST		1000

struct syn {
	struct iphdr	ip;
	struct tcphdr	tcp;
	uint8_t		mss[4];
};

/* Where the frames go: host 1 as host 0 sees it. */
static struct sockaddr_ll target;

static uint16_t ethertype(void)
{
	unsigned int type;
	FILE *file;

	if (family == AF_INET)
		return 0x0800;
	file = fopen(PARAMETERS "ethertype", "r");
	if (!file || fscanf(file, "%u", &type) != 1)
		errx(1, "the module kite says no EtherType");
	fclose(file);
	return type;
}

static void find_target(void)
{
	struct ifreq ifr = { .ifr_name = "left" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr))
		err(1, "left");
	close(fd);
	memcpy(target.sll_addr, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	target.sll_family = AF_PACKET;
	target.sll_protocol = htons(ethertype());
	target.sll_halen = ETH_ALEN;
}

static uint32_t sum(const void *data, size_t len, uint32_t start)
{
	const uint16_t *word = data;

	for (; len > 1; len -= 2)
		start += *word++;
	return start;
}

static uint16_t fold(uint32_t value)
{
	value = (value & 0xffff) + (value >> 16);
	return ~((value & 0xffff) + (value >> 16));
}

/* The @nr-th of the flood: each has another address. */
static void forge(struct syn *syn, unsigned int nr)
{
	uint32_t pseudo;

	syn->ip.saddr = htonl(FROM | (nr * 2654435761u >> FROM_BITS));
	syn->ip.check = 0;
	syn->ip.check = fold(sum(&syn->ip, sizeof(syn->ip), 0));
	syn->tcp.source = htons(1024 + nr % 50000);
	syn->tcp.seq = nr * 0x9e3779b1;
	syn->tcp.check = 0;
	pseudo = sum(&syn->ip.saddr, 8, htons(IPPROTO_TCP) + htons(sizeof(*syn) - sizeof(syn->ip)));
	syn->tcp.check = fold(sum(&syn->tcp, sizeof(*syn) - sizeof(syn->ip), pseudo));
}

static void flood(int fd, unsigned int first, unsigned int count)
{
	struct syn syn = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
			.tot_len = htons(sizeof(syn)), .daddr = host_addr(1).s_addr },
		.tcp = { .dest = htons(PORT), .doff = 6, .syn = 1, .window = htons(65535) },
		.mss = { TCPOPT_MAXSEG, TCPOLEN_MAXSEG, 1460 >> 8, 1460 & 255 },
	};

	for (; count--; first++) {
		forge(&syn, first);
		/* The queue between the hosts is full: let ksoftirqd work. */
		while (sendto(fd, &syn, sizeof(syn), 0, (struct sockaddr *)&target,
			      sizeof(target)) != sizeof(syn)) {
			if (errno != ENOBUFS)
				err(1, "flood");
			sched_yield();
		}
	}
}

static void honest_client(int listener)
{
	int fd = sock(SOCK_STREAM);

	sock_connect(fd, host_addr(1), PORT);
	close(fd);
	close(sock_accept(listener));
}

void bench_flood(void)
{
	unsigned int nr;
	struct span span;
	int listener, fd;

	enter_host(1);
	find_target();
	add_routes(FROM, FROM_BITS, 1, in_addr(0x0a000001));
	listener = sock_listener(host_addr(1), PORT);
	enter_host(0);
	target.sll_ifindex = if_nametoindex("right");
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "packet socket");

	flood(fd, 0, WARM_UP);
	honest_client(listener);
	span = span_begin();
	for (nr = 0; nr < SYNS; nr += HONEST) {
		flood(fd, WARM_UP + nr, HONEST);
		honest_client(listener);
	}
	report("SYN of a flood", span_end(&span) / SYNS);
}
