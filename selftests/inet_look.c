// SPDX-License-Identifier: GPL-2.0
/*
 * What a program sees of its AF_INET sockets that could betray that they are
 * not: prints it, so that the output with kite-run can be held against the one
 * without.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int (*name_fn)(int fd, struct sockaddr *name, socklen_t *len);

static void show_int(const char *what, int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len))
		printf("%s: errno %d\n", what, errno);
	else
		printf("%s: %d in %u octets\n", what, value, len);
}

static void show_name(const char *what, const struct sockaddr_in *name, socklen_t len)
{
	printf("%s: family %d, %s, %u octets\n", what, name->sin_family,
	       inet_ntoa(name->sin_addr), len);
}

static void show_own(const char *what, int fd, name_fn fn)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	if (fn(fd, (struct sockaddr *)&name, &len))
		err(1, "%s", what);
	show_name(what, &name, len);
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void show_stream(void)
{
	struct sockaddr_in name = loopback();
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client, server;
	socklen_t len = sizeof(name);

	if (listener < 0 || bind(listener, (struct sockaddr *)&name, sizeof(name)) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&name, &len))
		err(1, "listener");
	printf("close on exec: %d\n", fcntl(listener, F_GETFD));
	client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (client < 0 || connect(client, (struct sockaddr *)&name, sizeof(name)))
		err(1, "connect");
	len = sizeof(name);
	server = accept(listener, (struct sockaddr *)&name, &len);
	if (server < 0)
		err(1, "accept");
	show_name("accept", &name, len);

	show_int("domain of the listener", listener, SO_DOMAIN);
	show_int("domain of what it accepts", server, SO_DOMAIN);
	show_int("type", client, SO_TYPE);
	show_int("protocol", client, SO_PROTOCOL);
	show_own("getsockname of the client", client, getsockname);
	show_own("getpeername of the client", client, getpeername);
	show_own("getsockname of the server", server, getsockname);
	show_own("getpeername of the server", server, getpeername);
}

static void show_dgram(void)
{
	struct sockaddr_in name = loopback();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(name);
	char octet = 'k';

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    getsockname(fd, (struct sockaddr *)&name, &len) ||
	    sendto(fd, &octet, 1, 0, (struct sockaddr *)&name, sizeof(name)) != 1)
		err(1, "datagram");
	printf("non-blocking: %d\n", !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	len = sizeof(name);
	if (recvfrom(fd, &octet, 1, 0, (struct sockaddr *)&name, &len) != 1)
		err(1, "recvfrom");
	show_name("recvfrom", &name, len);
}

static void show_device(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { .ifr_name = "lo" };

	if (fd < 0 || ioctl(fd, SIOCGIFADDR, &ifr))
		err(1, "SIOCGIFADDR");
	show_name("SIOCGIFADDR", (struct sockaddr_in *)&ifr.ifr_addr, sizeof(struct sockaddr_in));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		err(1, "SIOCGIFFLAGS");
	printf("SIOCGIFFLAGS: %x\n", ifr.ifr_flags);
}

static void show_pair(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		err(1, "socketpair");
	show_int("domain of a pair", fds[0], SO_DOMAIN);
	if (socketpair(AF_INET, SOCK_STREAM, 0, fds))
		printf("socketpair of AF_INET: errno %d\n", errno);
}

static void show_refusals(void)
{
	if (socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) < 0)
		printf("stream of UDP: errno %d\n", errno);
	if (socket(AF_INET, SOCK_RDM, 0) < 0)
		printf("SOCK_RDM: errno %d\n", errno);
	if (socket(AF_INET, -1, 0) < 0)
		printf("type -1: errno %d\n", errno);
}

int main(void)
{
	show_stream();
	show_dgram();
	show_device();
	show_pair();
	show_refusals();
	return 0;
}
