// SPDX-License-Identifier: GPL-2.0
/* Sockets and connections that live for a moment. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>

#include "bench.h"

#define WARM_UP		100
#define CONNECTIONS	1500
#define SOCKETS		5000
#define ROUNDS		5
#define PORT		9000

static void serve(int listener)
{
	char byte;
	int fd;

	for (;;) {
		fd = sock_accept(listener);
		if (recv(fd, &byte, 1, 0) != 1 || send(fd, &byte, 1, 0) != 1)
			err(1, "serve");
		close(fd);
	}
}

static void visit(unsigned int times)
{
	char byte = 'k';
	int fd;

	while (times--) {
		fd = sock(SOCK_STREAM);
		sock_connect(fd, in_addr(INADDR_LOOPBACK), PORT);
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			err(1, "visit");
		close(fd);
	}
}

void bench_connect_rr_close(void)
{
	struct span span;
	pid_t peer;

	own_net();
	peer = peer_start(serve, sock_listener(in_addr(INADDR_LOOPBACK), PORT));
	visit(WARM_UP);
	span = span_begin();
	visit(CONNECTIONS);
	report("connect, request/response, close", span_end(&span) / CONNECTIONS);
	peer_stop(peer);
}

/* Stay on one processor. */
static void stay_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "sched_setaffinity");
}

/* A client on a processor, with its share of the visits. */
static pid_t visitor(unsigned int cpu, unsigned int times)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		stay_on(cpu);
		visit(times);
		_exit(0);
	}
	return pid;
}

/*
 * One listener, and as many servers and clients as there are processors. The best of some
 * rounds: time, other than instructions, depends on what else the host does.
 */
void bench_accept_cpus(void)
{
	unsigned int n = processors(), round, i;
	pid_t servers[n], clients[n];
	struct span span;
	double took, best = 0;
	int listener, status;

	own_net();
	listener = sock_listener(in_addr(INADDR_LOOPBACK), PORT);
	for (i = 0; i < n; i++) {
		stay_on(i);
		servers[i] = peer_start(serve, dup(listener));
	}
	visit(WARM_UP);
	for (round = 0; round < ROUNDS; round++) {
		span = span_begin();
		for (i = 0; i < n; i++)
			clients[i] = visitor(i, CONNECTIONS / n);
		for (i = 0; i < n; i++)
			if (waitpid(clients[i], &status, 0) < 0 || status)
				errx(1, "a client failed");
		took = span_end(&span);
		if (!round || took < best)
			best = took;
	}
	report("connect, request/response, close, all processors",
	       best / (CONNECTIONS / n * n));
	for (i = 0; i < n; i++)
		peer_stop(servers[i]);
}

static void open_close(unsigned int times)
{
	while (times--)
		close(sock(SOCK_STREAM));
}

void bench_socket_close(void)
{
	struct span span;

	own_net();
	open_close(WARM_UP);
	span = span_begin();
	open_close(SOCKETS);
	report("socket, close", span_end(&span) / SOCKETS);
}
