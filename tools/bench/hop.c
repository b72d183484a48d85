// SPDX-License-Identifier: GPL-2.0
/*
 * What a router costs: datagrams go to a host some routers away, and again to
 * the first host; the difference is what the routers took, each with a crossing
 * of the cable. Datagrams are sent in bursts and read by the same process, so
 * that no process switch comes between.
 */
#include <stdlib.h>

#include "bench.h"

#define DATAGRAM	64
#define BURST		16
#define BURSTS		500
#define PORT		9000

/* Hosts of the chain behind the first: so many routers there are at most. */
#define ROUTERS		4

static char datagram[DATAGRAM];

/* Where the datagrams of a measurement go, in turn: @count addresses */
struct targets {
	const struct in_addr	*addrs;
	unsigned int		count;
	unsigned int		next;
};

static void burst(int from, int to, struct targets *targets)
{
	struct sockaddr_in name = { .sin_family = family, .sin_port = htons(PORT) };
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		name.sin_addr = targets->addrs[targets->next++ % targets->count];
		if (sendto(from, datagram, DATAGRAM, 0,
			   (struct sockaddr *)&name, sizeof(name)) != DATAGRAM)
			err(1, "sendto");
	}
	for (i = 0; i < BURST; i++)
		if (recv(to, datagram, DATAGRAM, 0) != DATAGRAM)
			err(1, "recv");
}

/*
 * Instructions for a datagram from host 0 to the addresses, all of them host
 * @nr's, after all were used once.
 */
static double carry(unsigned int nr, const struct in_addr *addrs, unsigned int count)
{
	struct targets targets = { addrs, count, 0 };
	struct span span;
	unsigned int i;
	int from, to;
	double took;

	enter_host(nr);
	to = sock_bound(SOCK_DGRAM, in_addr(INADDR_ANY), PORT);
	enter_host(0);
	from = sock(SOCK_DGRAM);
	do
		burst(from, to, &targets);
	while (targets.next < count);

	span = span_begin();
	for (i = 0; i < BURSTS; i++)
		burst(from, to, &targets);
	took = span_end(&span);
	close(from);
	close(to);
	return took / (BURSTS * BURST);
}

void bench_hop(void)
{
	struct in_addr near = host_addr(1), far = host_addr(1 + ROUTERS);
	double without = carry(1, &near, 1);

	report("forwarding hop with its veth crossing, 64-byte datagram",
	       (carry(1 + ROUTERS, &far, 1) - without) / ROUTERS);
}

#define FLOWS		10000
#define ROUTES		100000
#define ROUTE_BITS	28

/* tools/bench/run makes these host 1's and host 2's own, as a whole. */
#define NEAR_NET	0x0ac00000	/* 10.192.0.0/11 */
#define FAR_NET		0x0a800000	/* 10.128.0.0/11 */

void bench_hop_flows(void)
{
	static struct in_addr near[FLOWS], far[FLOWS];
	unsigned int i, offset;
	double without;

	srand48(1);
	for (i = 0; i < FLOWS; i++) {
		offset = (lrand48() % ROUTES << (32 - ROUTE_BITS)) + 1;
		near[i] = in_addr(NEAR_NET + offset);
		far[i] = in_addr(FAR_NET + offset);
	}
	without = carry(1, near, FLOWS);
	enter_host(1);
	add_routes(FAR_NET, ROUTE_BITS, ROUTES, host_addr(2));
	report("forwarding hop, 100,000 routes, 10,000 flows", carry(2, far, FLOWS) - without);
}
