// SPDX-License-Identifier: GPL-2.0
/*
 * bind(2) and connect(2) while the port table fills.
 *
 * AF_INET gives odd ports to bind(2) until none is left, and then even ones;
 * connect(2) gets them the other way round. The tables here are filled in the order in
 * which AF_INET itself would have filled them, but port by port, since its
 * search is what takes so long.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* The default of ip_local_port_range */
#define LOW		32768
#define HIGH		60999
#define PORTS		(HIGH - LOW + 1)

#define FIRST		100	/* operations measured on the empty table */
#define PROBES		20	/* operations measured on a full one */
#define SERVER_PORT	9000

enum parity { EVEN, ODD };

/* All ports of the range: those of one parity in random order, then the others */
static unsigned int ports[PORTS];

static void order_ports(enum parity first)
{
	unsigned int i, j, half = PORTS / 2, swap;

	for (i = 0; i < half; i++) {
		ports[i] = LOW + first + 2 * i;
		ports[half + i] = LOW + (first ^ 1) + 2 * i;
	}
	srand48(1);
	for (i = half; i > 1; i--) {
		j = lrand48() % i;
		swap = ports[i - 1], ports[i - 1] = ports[j], ports[j] = swap;
		j = half + lrand48() % i;
		swap = ports[half + i - 1], ports[half + i - 1] = ports[j], ports[j] = swap;
	}
}

static double bind_any(unsigned int count)
{
	int fds[FIRST];
	struct span span;
	unsigned int i;
	double took;

	for (i = 0; i < count; i++)
		fds[i] = sock(SOCK_STREAM);
	span = span_begin();
	for (i = 0; i < count; i++)
		sock_bind(fds[i], in_addr(INADDR_LOOPBACK), 0);
	took = span_end(&span);
	for (i = 0; i < count; i++)
		close(fds[i]);
	return took / count;
}

void bench_bind_any(void)
{
	unsigned int bound = 0;

	own_net();
	sock_limit(PORTS);
	order_ports(ODD);
	report("bind to port 0, first 100", bind_any(FIRST));
	for (; bound < 20000; bound++)
		sock_bound(SOCK_STREAM, in_addr(INADDR_LOOPBACK), ports[bound]);
	report("bind to port 0, with 20,000 bound", bind_any(PROBES));
	for (; bound < 28000; bound++)
		sock_bound(SOCK_STREAM, in_addr(INADDR_LOOPBACK), ports[bound]);
	report("bind to port 0, with 28,000 bound", bind_any(PROBES));
}

#define EXPLICIT_LOW	2000
#define EXPLICIT_COUNT	60000
#define BATCH		1000

void bench_bind_explicit(void)
{
	unsigned int done, i;
	struct span span;
	int fds[BATCH];
	double took;

	own_net();
	sock_limit(EXPLICIT_COUNT);
	for (done = 0; done < EXPLICIT_COUNT; done += BATCH) {
		for (i = 0; i < BATCH; i++)
			fds[i] = sock(SOCK_STREAM);
		span = span_begin();
		for (i = 0; i < BATCH; i++)
			sock_bind(fds[i], in_addr(INADDR_LOOPBACK), EXPLICIT_LOW + done + i);
		took = span_end(&span) / BATCH;
		if (done == 0)
			report("bind to explicit ports, first 1,000", took);
	}
	report("bind to explicit ports, last 1,000 of 60,000", took);
}

/*
 * The connections that bench_connect_any() holds. All sockets stay open until
 * the program ends.
 */
static struct {
	int		listener;
	unsigned int	held;
	unsigned int	next;		/* index into ports[] */
	char		taken[PORTS];	/* by port - LOW */
} connections;

static void connect_one(int fd)
{
	sock_connect(fd, in_addr(INADDR_LOOPBACK), SERVER_PORT);
}

static void connected(int fd)
{
	sock_accept(connections.listener);
	connections.taken[sock_port(fd) - LOW] = 1;
	connections.held++;
}

/* Instructions for each of @count connections more, from ports that the kernel chooses */
static double connect_any(unsigned int count)
{
	int fds[FIRST];
	struct span span;
	unsigned int i;
	double took;

	for (i = 0; i < count; i++)
		fds[i] = sock(SOCK_STREAM);
	span = span_begin();
	for (i = 0; i < count; i++)
		connect_one(fds[i]);
	took = span_end(&span);
	for (i = 0; i < count; i++)
		connected(fds[i]);
	return took / count;
}

/* Connections from the next ports in order, until @count are held */
static void connect_until(unsigned int count)
{
	unsigned int port;
	int fd;

	while (connections.held < count) {
		port = ports[connections.next++];
		if (connections.taken[port - LOW])
			continue;
		set_port_range(port, port);
		fd = sock(SOCK_STREAM);
		connect_one(fd);
		connected(fd);
	}
	set_port_range(LOW, HIGH);
}

static long slab_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = -1;

	while (file && kib < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Slab: %ld", &kib);
	if (kib < 0)
		err(1, "/proc/meminfo");
	fclose(file);
	return kib;
}

void bench_connect_any(void)
{
	long slab;

	own_net();
	sock_limit(2 * PORTS);
	order_ports(EVEN);
	connections.listener = sock_listener(in_addr(INADDR_LOOPBACK), SERVER_PORT);
	slab = slab_kib();

	report("connect to one destination, first 100", connect_any(FIRST));
	connect_until(PORTS / 2 + FIRST);
	report("connect to one destination, past half of the range", connect_any(PROBES));
	connect_until(28000 - PROBES);
	report("connect to one destination, the 28,000th", connect_any(PROBES));
	report("kernel memory (slab) of a connected pair, bytes",
	       (slab_kib() - slab) * 1024.0 / connections.held);
}
