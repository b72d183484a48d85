// SPDX-License-Identifier: GPL-2.0
/*
 * Names of hosts: where AF_INET6 sockets are refused they lead to IPv4 addresses, as
 * on a host without IPv6. The C library looks at the host itself, finds IPv6 there
 * and would name ::1 first; many a program tries no other.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <sys/socket.h>

#include "next.h"
#include "preload.h"

/* What the C library takes for no hints at all */
static const struct addrinfo no_hints = { .ai_flags = AI_V4MAPPED | AI_ADDRCONFIG };

/*
 * A number that is only to be read is read: it may be of a list of addresses, in a
 * configuration file for one, that nobody is going to use.
 */
EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **result)
{
	struct addrinfo inet = hints ? *hints : no_hints;

	if (kite_allows_inet6() || inet.ai_flags & AI_NUMERICHOST)
		return NEXT(getaddrinfo)(node, service, hints, result);
	if (inet.ai_family == AF_INET6)
		return EAI_ADDRFAMILY;
	if (inet.ai_family == AF_UNSPEC) {
		inet.ai_family = AF_INET;
		if (!NEXT(getaddrinfo)(node, service, &inet, result))
			return 0;
	}
	/* What is not found has the program's own question's error. */
	return NEXT(getaddrinfo)(node, service, hints, result);
}
