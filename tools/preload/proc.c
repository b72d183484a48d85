// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/tcp and its like: whoever lists sockets lists KITE's.
 *
 * /proc/net/kite has files of the same names and formats. What it does not have
 * is opened where the program asked for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "next.h"
#include "preload.h"

#define FROM	"/proc/net/"
#define TO	"/proc/net/kite/"

/* All that is IPv4's own of /proc/net and that KITE may have a twin of */
static const char *const twins[] = { "icmp", "netstat", "raw", "snmp", "sockstat", "tcp", "udp" };

/* The longest of them behind TO */
struct twin_path {
	char	text[sizeof(TO) + 16];
};

/* Return: @path or its twin, in @twin */
static const char *twin_of(const char *path, struct twin_path *twin)
{
	size_t i;

	if (!path || strncmp(path, FROM, strlen(FROM)))
		return path;
	for (i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		if (strcmp(path + strlen(FROM), twins[i]))
			continue;
		snprintf(twin->text, sizeof(twin->text), TO "%s", twins[i]);
		if (NEXT(access)(twin->text, F_OK) == 0)
			return twin->text;
	}
	return path;
}

/*
 * By this file systemd's library, for one, knows whether it may use AF_INET6. Who opens
 * it wants to list addresses, and may. (Apart from access(), of which the header promises the
 * compiler that the path is not NULL; not all callers do.)
 */
static __attribute__((noipa)) int asks_for_inet6(const char *path)
{
	return path && !kite_allows_inet6() && !strcmp(path, FROM "if_inet6");
}

EXPORT int access(const char *path, int mode)
{
	if (asks_for_inet6(path)) {
		errno = ENOENT;
		return -1;
	}
	return NEXT(access)(path, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	struct twin_path twin;

	return NEXT(fopen)(twin_of(path, &twin), mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	struct twin_path twin;

	return NEXT(fopen64)(twin_of(path, &twin), mode);
}

/* The mode is there only with flags that create a file, and may be passed on in any case. */
#define PASS_ON(name, ...) ({						\
	mode_t mode;							\
	va_list list;							\
									\
	va_start(list, flags);						\
	mode = va_arg(list, mode_t);					\
	va_end(list);							\
	NEXT(name)(__VA_ARGS__, flags, mode);				\
})

EXPORT int open(const char *path, int flags, ...)
{
	struct twin_path twin;

	return PASS_ON(open, twin_of(path, &twin));
}

EXPORT int open64(const char *path, int flags, ...)
{
	struct twin_path twin;

	return PASS_ON(open64, twin_of(path, &twin));
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	struct twin_path twin;

	return PASS_ON(openat, dir, twin_of(path, &twin));
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	struct twin_path twin;

	return PASS_ON(openat64, dir, twin_of(path, &twin));
}

EXPORT int __open_2(const char *path, int flags)
{
	struct twin_path twin;

	return NEXT(__open_2)(twin_of(path, &twin), flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	struct twin_path twin;

	return NEXT(__open64_2)(twin_of(path, &twin), flags);
}

EXPORT int __openat_2(int dir, const char *path, int flags)
{
	struct twin_path twin;

	return NEXT(__openat_2)(dir, twin_of(path, &twin), flags);
}

EXPORT int __openat64_2(int dir, const char *path, int flags)
{
	struct twin_path twin;

	return NEXT(__openat64_2)(dir, twin_of(path, &twin), flags);
}
