// SPDX-License-Identifier: GPL-2.0
/*
 * The echo client of every tutorial: sends each line of its input over TCP
 * and prints what comes back.
 *
 *   tcp_echo_client ADDRESS PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	char line[4096], back[4096];
	size_t len, got;
	ssize_t n;
	int sock;

	if (argc != 3 || !inet_aton(argv[1], &addr.sin_addr)) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);

	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0)
		die("socket");
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("connect");
	printf("connected to %s port %s\n", argv[1], argv[2]);

	while (fgets(line, sizeof(line), stdin)) {
		len = strlen(line);
		if (send(sock, line, len, 0) != (ssize_t)len)
			die("send");
		for (got = 0; got < len; got += n) {
			n = recv(sock, back + got, len - got, 0);
			if (n < 0)
				die("recv");
			if (n == 0) {
				fprintf(stderr, "the server hung up\n");
				return 1;
			}
		}
		printf("echo: %.*s", (int)got, back);
	}
	close(sock);
	return 0;
}
