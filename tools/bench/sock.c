// SPDX-License-Identifier: GPL-2.0
/* Sockets of the measured family, or the program ends. */
#include <sys/resource.h>

#include "bench.h"

/* Connections that may wait for accept(): more than any batch here. */
#define BACKLOG	1024

struct in_addr in_addr(unsigned int host_order)
{
	return (struct in_addr){ .s_addr = htonl(host_order) };
}

static struct sockaddr_in name(struct in_addr addr, unsigned int port)
{
	return (struct sockaddr_in){
		.sin_family = family,
		.sin_addr = addr,
		.sin_port = htons(port),
	};
}

int sock(int type)
{
	int fd = socket(family, type, 0);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

void sock_bind(int fd, struct in_addr addr, unsigned int port)
{
	struct sockaddr_in local = name(addr, port);

	if (bind(fd, (struct sockaddr *)&local, sizeof(local)))
		err(1, "bind to port %u", port);
}

int sock_bound(int type, struct in_addr addr, unsigned int port)
{
	int fd = sock(type);

	sock_bind(fd, addr, port);
	return fd;
}

int sock_listener(struct in_addr addr, unsigned int port)
{
	int fd = sock_bound(SOCK_STREAM, addr, port);

	if (listen(fd, BACKLOG))
		err(1, "listen");
	return fd;
}

void sock_connect(int fd, struct in_addr addr, unsigned int port)
{
	struct sockaddr_in peer = name(addr, port);

	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		err(1, "connect");
}

int sock_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		err(1, "accept");
	return fd;
}

unsigned int sock_port(int fd)
{
	struct sockaddr_in local;
	socklen_t len = sizeof(local);

	if (getsockname(fd, (struct sockaddr *)&local, &len))
		err(1, "getsockname");
	return ntohs(local.sin_port);
}

/**
 * sock_limit() - have the process allowed to hold many sockets
 * @count: how many
 */
void sock_limit(unsigned int count)
{
	struct rlimit limit = { count + 64, count + 64 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "setrlimit");
}

void send_all(int fd, const void *data, size_t size)
{
	ssize_t sent;

	for (; size; size -= sent, data = (const char *)data + sent) {
		sent = send(fd, data, size, 0);
		if (sent < 0)
			err(1, "send");
	}
}
