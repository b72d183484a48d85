// SPDX-License-Identifier: GPL-2.0
/* A stream of large writes, which a second process reads. */
#include "bench.h"

#define WARM_UP	(4 << 20)
#define BYTES	(64 << 20)
#define CHUNK	(64 << 10)
#define PORT	9000

static char chunk[CHUNK];

/* Reads all, and says so twice: when the warm-up has arrived and at the end. */
static void drain(int fd)
{
	size_t left = WARM_UP, next = BYTES;
	ssize_t got;

	for (;;) {
		got = recv(fd, chunk, left < CHUNK ? left : CHUNK, 0);
		if (got <= 0)
			return;
		left -= got;
		if (!left) {
			send_all(fd, "", 1);
			left = next;
			next = 1;
		}
	}
}

static void fill(int fd, size_t bytes)
{
	char byte;

	for (; bytes; bytes -= CHUNK)
		send_all(fd, chunk, CHUNK);
	if (recv(fd, &byte, 1, 0) != 1)
		err(1, "recv");
}

static void bulk(const char *what, int client, int server)
{
	pid_t peer = peer_start(drain, server);
	struct span span;

	fill(client, WARM_UP);
	span = span_begin();
	fill(client, BYTES);
	report(what, span_end(&span) / (BYTES >> 10));
	peer_stop(peer);
}

void bench_stream_bulk(void)
{
	struct in_addr lo = in_addr(INADDR_LOOPBACK);
	int listener, client;

	own_net();
	listener = sock_listener(lo, PORT);
	client = sock(SOCK_STREAM);
	sock_connect(client, lo, PORT);
	bulk("stream, 64 KiB writes, per KiB", client, sock_accept(listener));
}

void bench_stream_bulk_router(void)
{
	int listener, client;

	enter_host(2);
	listener = sock_listener(host_addr(2), PORT);
	enter_host(0);
	client = sock(SOCK_STREAM);
	sock_connect(client, host_addr(2), PORT);
	bulk("stream, 64 KiB writes, through a router, per KiB", client, sock_accept(listener));
}
