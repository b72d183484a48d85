// SPDX-License-Identifier: GPL-2.0
/* What a network namespace costs in kernel memory, without sockets and with a few. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

#include "bench.h"

#define NAMESPACES	200
#define PORT		9000

/* Kernel memory by all that accounts for it, bytes */
static double kernel_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	double sum = 0;
	char line[128];
	long kib;

	if (!file)
		err(1, "/proc/meminfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Slab: %ld", &kib) == 1 ||
		    sscanf(line, "Percpu: %ld", &kib) == 1 ||
		    sscanf(line, "VmallocUsed: %ld", &kib) == 1)
			sum += kib * 1024.0;
	}
	fclose(file);
	return sum;
}

/* A listener, a connection and a datagram socket */
static void a_few_sockets(void)
{
	struct in_addr lo = in_addr(INADDR_LOOPBACK);
	int listener = sock_listener(lo, PORT);

	sock_bound(SOCK_DGRAM, lo, PORT);
	sock_connect(sock(SOCK_STREAM), lo, PORT);
	sock_accept(listener);
}

/* One namespace more, which stays as long as this program */
static void add_namespace(void (*fill)(void))
{
	own_net();
	if (open("/proc/self/ns/net", O_RDONLY) < 0)
		err(1, "/proc/self/ns/net");
	if (fill)
		fill();
}

static double cost(void (*fill)(void))
{
	double before;
	unsigned int i;

	add_namespace(fill);
	settle();
	before = kernel_memory();
	for (i = 0; i < NAMESPACES; i++)
		add_namespace(fill);
	settle();
	return (kernel_memory() - before) / NAMESPACES;
}

void bench_memory(void)
{
	sock_limit(10 * NAMESPACES);
	report("kernel memory of an idle namespace, bytes", cost(NULL));
	report("kernel memory of a namespace with 4 sockets, bytes", cost(a_few_sockets));
}
