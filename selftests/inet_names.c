// SPDX-License-Identifier: GPL-2.0
/*
 * What getaddrinfo() says, one line for each question and for each address: prints it,
 * so that the output with kite-run can be held against the one without. It asks what
 * no configuration and no name server is needed for.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(const struct addrinfo *info)
{
	const struct sockaddr_in6 *in6 = (const void *)info->ai_addr;
	const struct sockaddr_in *in = (const void *)info->ai_addr;
	char text[INET6_ADDRSTRLEN];

	if (info->ai_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	printf("    %s port %u, type %d\n", text, ntohs(in->sin_port), info->ai_socktype);
}

static void ask(const char *what, const char *node, const struct addrinfo *hints)
{
	struct addrinfo *list = NULL, *info;
	int error = getaddrinfo(node, "7", hints, &list);

	printf("%s: %s\n", what, error ? gai_strerror(error) : "found");
	for (info = list; info && !error; info = info->ai_next)
		show(info);
	if (!error)
		freeaddrinfo(list);
}

static void ask_for_names(int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };

	ask("myself", NULL, &hints);
	hints.ai_flags = AI_PASSIVE;
	ask("to listen", NULL, &hints);
	hints.ai_flags = 0;
	ask("a number", "127.0.0.9", &hints);
	hints.ai_flags = AI_CANONNAME;
	ask("a number with its name", "127.0.0.9", &hints);
	hints.ai_socktype = SOCK_RAW;
	ask("what no service has", NULL, &hints);
}

static void ask_for_ipv6(void)
{
	ask_for_names(AF_INET6);
	printf("/proc/net/if_inet6: %s\n", access("/proc/net/if_inet6", F_OK) ? "none" : "found");
}

static void ask_for_numbers(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };

	ask("a number of IPv6's", "::1", &hints);
	ask("a number of IPv4's", "127.0.0.9", &hints);
	ask("no number", "localhost", &hints);
	hints.ai_family = AF_INET6;
	ask("a number of IPv6's, by name of the family", "::1", &hints);
	hints.ai_family = 99;
	ask("of no family", NULL, &hints);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "any"))
		ask_for_names(AF_UNSPEC);
	else if (!strcmp(what, "inet"))
		ask_for_names(AF_INET);
	else if (!strcmp(what, "inet6"))
		ask_for_ipv6();
	else if (!strcmp(what, "numbers"))
		ask_for_numbers();
	else
		errx(2, "usage: inet_names any|inet|inet6|numbers");
	return 0;
}
