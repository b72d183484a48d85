// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: AF_INET becomes AF_KITE, and looks like AF_INET to the program.
 *
 * bind(), connect() and sendto() of a KITE socket take AF_INET addresses, and
 * KITE_INET_NAMES has the kernel hand out such; accepted sockets inherit it. So
 * only socket(2) itself, what tells the family and an option that the kernel keeps
 * for its own families need help.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/kite.h>

#include "next.h"
#include "preload.h"

/* The flags that socket(2) takes with the type */
#define TYPE_MASK	(~(SOCK_CLOEXEC | SOCK_NONBLOCK))

/**
 * struct settings - what the environment said in the beginning
 * @read: it has been asked
 * @family: -1 when nobody has told: the program was not started by kite-run
 * @inet6: AF_INET6 sockets are not refused
 */
struct settings {
	int read;
	int family;
	int inet6;
};

static const struct settings *settings(void)
{
	static struct settings s;
	const char *text;

	if (s.read)
		return &s;
	text = getenv(KITE_FAMILY_ENV);
	s.family = text && atoi(text) > 0 ? atoi(text) : -1;
	text = getenv(KITE_INET6_ENV);
	s.inet6 = text && !strcmp(text, "1");
	s.read = 1;
	return &s;
}

/* Before the program can change its environment; libraries may be earlier still. */
static __attribute__((constructor)) void remember(void)
{
	settings();
}

int kite_allows_inet6(void)
{
	return settings()->inet6;
}

static int kite_family(void)
{
	return settings()->family;
}

static int kite_socket(int type, int protocol)
{
	int fd = NEXT(socket)(kite_family(), type, protocol), one = 1, error;

	if (fd < 0)
		return fd;
	if (NEXT(setsockopt)(fd, SOL_KITE, KITE_INET_NAMES, &one, sizeof(one))) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

EXPORT int socket(int domain, int type, int protocol)
{
	if (domain == AF_INET6 && !kite_allows_inet6()) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	/* AF_INET with SOCK_PACKET is how Linux 2.0 spelled AF_PACKET; it still works. */
	if (domain != AF_INET || (type & TYPE_MASK) == SOCK_PACKET)
		return NEXT(socket)(domain, type, protocol);
	if (kite_family() < 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return kite_socket(type, protocol);
}

static int is_kite(int fd)
{
	socklen_t len = sizeof(int);
	int domain;

	return NEXT(getsockopt)(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == kite_family();
}

/* The kernel before 6.7 refuses SO_REUSEPORT to families that it does not know. */
EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (level == SOL_SOCKET && name == SO_REUSEPORT && is_kite(fd)) {
		level = SOL_KITE;
		name = KITE_REUSEPORT;
	}
	return NEXT(setsockopt)(fd, level, name, value, len);
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int result = NEXT(getsockopt)(fd, level, name, value, len);
	int domain;

	if (result == 0 && level == SOL_SOCKET && name == SO_DOMAIN && *len == sizeof(domain)) {
		memcpy(&domain, value, sizeof(domain));
		if (domain == kite_family()) {
			domain = AF_INET;
			memcpy(value, &domain, sizeof(domain));
		}
	}
	return result;
}

