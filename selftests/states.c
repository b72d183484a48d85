// SPDX-License-Identifier: GPL-2.0
/*
 * Holds KITE sockets in every state that one process can bring them into, until
 * it is killed.
 *
 *   states OWN SILENT
 *
 * OWN is an address of this host, SILENT one from which no answer comes. Prints
 * "ready" when all are there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/kite.h>

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static int new_socket(int type, int protocol)
{
	int fd = socket(AF_KITE, type, protocol);

	need(fd >= 0, "socket");
	return fd;
}

/* A connection to @listener: pair[0] connected, pair[1] accepted. */
static void connection(int listener, const struct sockaddr_in *to, int pair[2])
{
	pair[0] = new_socket(SOCK_STREAM, 0);
	need(!connect(pair[0], (const struct sockaddr *)to, sizeof(*to)),
	     "connect");
	pair[1] = accept(listener, NULL, NULL);
	need(pair[1] >= 0, "accept");
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_KITE };
	struct sockaddr_in silent = { .sin_family = AF_KITE };
	static char chunk[65536];
	socklen_t len = sizeof(own);
	int listener, fd, pair[2];

	if (argc != 3 || !inet_aton(argv[1], &own.sin_addr) ||
	    !inet_aton(argv[2], &silent.sin_addr)) {
		fprintf(stderr, "usage: states OWN SILENT\n");
		return 2;
	}
	silent.sin_port = htons(7777);

	/* CLOSE, bound and not */
	new_socket(SOCK_STREAM, 0);
	fd = new_socket(SOCK_STREAM, 0);
	need(!bind(fd, (struct sockaddr *)&own, sizeof(own)), "bind");

	/* LISTEN, with a connection that nobody accepts */
	listener = new_socket(SOCK_STREAM, 0);
	need(!bind(listener, (struct sockaddr *)&own, sizeof(own)), "bind");
	need(!listen(listener, 10), "listen");
	need(!getsockname(listener, (struct sockaddr *)&own, &len),
	     "getsockname");

	/* ESTABLISHED: idle, and with more on its way than is read */
	connection(listener, &own, pair);
	connection(listener, &own, pair);
	while (send(pair[0], chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	need(errno == EAGAIN, "send");

	/* FIN_WAIT2 and CLOSE_WAIT */
	connection(listener, &own, pair);
	need(!shutdown(pair[0], SHUT_WR), "shutdown");
	need(recv(pair[1], chunk, 1, 0) == 0, "recv");

	/* TIME_WAIT, owned by nobody */
	connection(listener, &own, pair);
	close(pair[0]);
	need(recv(pair[1], chunk, 1, 0) == 0, "recv");
	close(pair[1]);

	/* FIN_WAIT1 of an orphan: its peer does not read */
	connection(listener, &own, pair);
	while (send(pair[0], chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	close(pair[0]);

	/* waits to be accepted */
	fd = new_socket(SOCK_STREAM, 0);
	need(!connect(fd, (struct sockaddr *)&own, sizeof(own)), "connect");

	/* SYN_SENT, of an orphan too */
	fd = new_socket(SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(connect(fd, (struct sockaddr *)&silent, sizeof(silent)) < 0 &&
	     errno == EINPROGRESS, "connect");
	fd = new_socket(SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(connect(fd, (struct sockaddr *)&silent, sizeof(silent)) < 0 &&
	     errno == EINPROGRESS, "connect");
	close(fd);

	/* UDP: connected, with a datagram that waits for a neighbour */
	fd = new_socket(SOCK_DGRAM, 0);
	need(!connect(fd, (struct sockaddr *)&silent, sizeof(silent)),
	     "connect");
	need(send(fd, chunk, 100, 0) == 100, "send");

	/* UDP: bound, with datagrams that nobody reads */
	fd = new_socket(SOCK_DGRAM, 0);
	need(!bind(fd, (struct sockaddr *)&own, sizeof(own)), "bind");
	need(sendto(fd, chunk, 100, 0, (struct sockaddr *)&own,
		    sizeof(own)) == 100, "sendto");

	new_socket(SOCK_RAW, IPPROTO_ICMP);

	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
