// SPDX-License-Identifier: GPL-2.0
/*
 * A program that empties its environment before it makes its first socket, as some
 * daemons do, and reads /proc/net/udp by what open() becomes with _FORTIFY_SOURCE:
 * prints what it sees, so that the output with kite-run can be held against the one
 * without.
 */
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT	7111

int flags = O_RDONLY;	/* nothing that the compiler may rely on */

/* How many lines of the listing have the port. */
static int listed(void)
{
	char line[512], port[16];
	int fd = open("/proc/net/udp", flags), n = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f)
		err(1, "/proc/net/udp");
	snprintf(port, sizeof(port), ":%04X ", PORT);
	while (fgets(line, sizeof(line), f))
		n += !!strstr(line, port);
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd;

	if (argc != 2 || !inet_aton(argv[1], &to.sin_addr))
		errx(2, "usage: inet_forgetful ADDRESS");
	clearenv();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)))
		err(1, "socket");
	printf("sent %zd\n", sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	printf("listed %d\n", listed());
	return 0;
}
