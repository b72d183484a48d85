// SPDX-License-Identifier: GPL-2.0
/* Packets that find their socket among few others and among many. */
#include "bench.h"

#define FEW		10
#define CONNECTIONS	100000	/* sockets in the established table */
#define SOCKETS		10000	/* listeners, or bound datagram sockets */
#define ROUNDS		500
#define PORT		9000
#define LOW		10000	/* local ports of those that are many */

static struct in_addr lo(void)
{
	return in_addr(INADDR_LOOPBACK);
}

/* Connect from an address and port that nobody else has */
static int connect_nth(unsigned int nr, int listener)
{
	int fd = sock(SOCK_STREAM);

	sock_bind(fd, in_addr(INADDR_LOOPBACK + 1 + nr / 20000), LOW + nr % 20000);
	sock_connect(fd, lo(), PORT);
	sock_accept(listener);
	return fd;
}

/* One octet from here to there: loopback has delivered it when send() returns */
static double send_and_receive(int from, int to)
{
	struct span span = span_begin();
	unsigned int i;
	char byte = 'k';

	for (i = 0; i < ROUNDS; i++)
		if (send(from, &byte, 1, 0) != 1 || recv(to, &byte, 1, 0) != 1)
			err(1, "one octet");
	return span_end(&span) / ROUNDS;
}

void bench_lookup_connection(void)
{
	int listener, from, to;
	unsigned int nr;

	own_net();
	sock_limit(CONNECTIONS + 2);
	listener = sock_listener(lo(), PORT);
	from = sock(SOCK_STREAM);
	sock_connect(from, lo(), PORT);
	to = sock_accept(listener);

	for (nr = 0; nr < FEW / 2; nr++)
		connect_nth(nr, listener);
	send_and_receive(from, to);
	report("one octet over a stream, among 10 connections", send_and_receive(from, to));
	for (; nr < CONNECTIONS / 2; nr++)
		connect_nth(nr, listener);
	report("one octet over a stream, among 100,000 connections", send_and_receive(from, to));
}

/* Connect, reset, and take the connection out of the accept queue */
static double connect_and_reset(int listener)
{
	const struct linger reset = { .l_onoff = 1 };
	struct span span = span_begin();
	unsigned int i;
	int fd;

	for (i = 0; i < ROUNDS; i++) {
		fd = sock(SOCK_STREAM);
		sock_connect(fd, lo(), PORT);
		if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
			err(1, "SO_LINGER");
		close(fd);
		close(sock_accept(listener));
	}
	return span_end(&span) / ROUNDS;
}

void bench_lookup_listener(void)
{
	unsigned int nr;
	int listener;

	own_net();
	sock_limit(SOCKETS);
	listener = sock_listener(lo(), PORT);
	for (nr = 1; nr < FEW; nr++)
		sock_listener(lo(), LOW + nr);
	connect_and_reset(listener);
	report("connect, accept and reset, among 10 listeners", connect_and_reset(listener));
	for (; nr < SOCKETS; nr++)
		sock_listener(lo(), LOW + nr);
	report("connect, accept and reset, among 10,000 listeners", connect_and_reset(listener));
}

void bench_lookup_dgram(void)
{
	unsigned int nr;
	int from, to;

	own_net();
	sock_limit(SOCKETS);
	from = sock(SOCK_DGRAM);
	to = sock_bound(SOCK_DGRAM, lo(), PORT);
	sock_connect(from, lo(), PORT);
	for (nr = 2; nr < FEW; nr++)
		sock_bound(SOCK_DGRAM, lo(), LOW + nr);
	send_and_receive(from, to);
	report("one datagram, among 10 sockets", send_and_receive(from, to));
	for (; nr < SOCKETS; nr++)
		sock_bound(SOCK_DGRAM, lo(), LOW + nr);
	report("one datagram, among 10,000 sockets", send_and_receive(from, to));
}
