// SPDX-License-Identifier: GPL-2.0
/*
 * The echo server that serves many at once: one thread, which epoll tells who has something to say.
 *
 *   tcp_epoll_server ADDRESS PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One client: what it said and has not got back yet */
struct client {
	int	fd;
	size_t	start, end;
	char	buf[4096];
};

static int epfd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(int op, int fd, void *who, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.ptr = who };

	if (epoll_ctl(epfd, op, fd, &event) < 0)
		die("epoll_ctl");
}

static void welcome(int listener)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	struct client *client;
	int fd;

	fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK);
	if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED))
		return;	/* who knocked is gone */
	if (fd < 0)
		die("accept");
	client = calloc(1, sizeof(*client));
	if (!client)
		die("calloc");
	client->fd = fd;
	printf("connection from %s\n", inet_ntoa(peer.sin_addr));
	watch(EPOLL_CTL_ADD, fd, client, EPOLLIN);
}

static void farewell(struct client *client)
{
	close(client->fd);	/* epoll forgets it, too */
	free(client);
	printf("connection closed\n");
}

/* Read when all was sent back, send back when something was read; 0 when the client is gone */
static int echo(struct client *client)
{
	ssize_t n;

	if (client->start == client->end) {
		n = recv(client->fd, client->buf, sizeof(client->buf), 0);
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		printf("got %.*s", (int)n, client->buf);
		client->start = 0;
		client->end = n;
	}
	n = send(client->fd, client->buf + client->start, client->end - client->start,
		 MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		return 0;
	if (n > 0)
		client->start += n;
	watch(EPOLL_CTL_MOD, client->fd, client,
	      client->start == client->end ? EPOLLIN : EPOLLOUT);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct epoll_event events[16];
	int listener, count, i;

	if (argc != 3 || !inet_aton(argv[1], &addr.sin_addr)) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0)
		die("socket");
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	if (listen(listener, 5) < 0)
		die("listen");
	epfd = epoll_create1(0);
	if (epfd < 0)
		die("epoll_create1");
	watch(EPOLL_CTL_ADD, listener, NULL, EPOLLIN);
	printf("listening on %s port %s\n", argv[1], argv[2]);

	for (;;) {
		count = epoll_wait(epfd, events, 16, -1);
		if (count < 0)
			die("epoll_wait");
		for (i = 0; i < count; i++) {
			if (!events[i].data.ptr)
				welcome(listener);
			else if (!echo(events[i].data.ptr))
				farewell(events[i].data.ptr);
		}
	}
}
