/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs that the scripts use have in common.
 */
#ifndef _KITE_PROGRAM_H
#define _KITE_PROGRAM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/kite.h>

/* Say why, on a line, and end the program as a failed one. */
static noreturn void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* "inet", "kite", or the number of an address family. */
static inline int family_by_name(const char *name)
{
	if (!strcmp(name, "inet"))
		return AF_INET;
	return strcmp(name, "kite") ? atoi(name) : AF_KITE;
}

#endif /* _KITE_PROGRAM_H */
