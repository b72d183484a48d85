// SPDX-License-Identifier: GPL-2.0
/* Sockets and connections that live for a moment. */
#include "bench.h"

#define WARM_UP		100
#define CONNECTIONS	1500
#define SOCKETS		5000
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
