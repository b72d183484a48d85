// SPDX-License-Identifier: GPL-2.0
/* Request and response of one byte each, between two processes. */
#include "bench.h"

#define WARM_UP	200
#define ROUNDS	2000
#define PORT	9000

static void echo(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) == 1)
		if (send(fd, &byte, 1, 0) != 1)
			err(1, "send");
}

static void ask(int fd, unsigned int rounds)
{
	char byte = 'k';

	while (rounds--)
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			err(1, "request");
}

static void request_response(const char *what, int client, int server)
{
	pid_t peer = peer_start(echo, server);
	struct span span;

	ask(client, WARM_UP);
	span = span_begin();
	ask(client, ROUNDS);
	report(what, span_end(&span) / ROUNDS);
	peer_stop(peer);
}

void bench_stream_rr(void)
{
	struct in_addr lo = in_addr(INADDR_LOOPBACK);
	int listener, client;

	own_net();
	listener = sock_listener(lo, PORT);
	client = sock(SOCK_STREAM);
	sock_connect(client, lo, PORT);
	request_response("stream request/response, 1 byte", client, sock_accept(listener));
}

void bench_dgram_rr(void)
{
	struct in_addr lo = in_addr(INADDR_LOOPBACK);
	int client, server;

	own_net();
	server = sock_bound(SOCK_DGRAM, lo, PORT);
	client = sock_bound(SOCK_DGRAM, lo, PORT + 1);
	sock_connect(client, lo, PORT);
	sock_connect(server, lo, PORT + 1);
	request_response("datagram request/response, 1 byte", client, server);
}

void bench_stream_rr_router(void)
{
	int listener, client;

	enter_host(2);
	listener = sock_listener(host_addr(2), PORT);
	enter_host(0);
	client = sock(SOCK_STREAM);
	sock_connect(client, host_addr(2), PORT);
	request_response("stream request/response through a router", client, sock_accept(listener));
}
