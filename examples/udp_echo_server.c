// SPDX-License-Identifier: GPL-2.0
/*
 * The echo server of every tutorial: what comes in over UDP goes back.
 *
 *   udp_echo_server ADDRESS PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET }, peer;
	char buf[4096];
	socklen_t len;
	ssize_t got;
	int sock;

	if (argc != 3 || !inet_aton(argv[1], &addr.sin_addr)) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);

	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0)
		die("socket");
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	printf("waiting on %s port %s\n", argv[1], argv[2]);

	for (;;) {
		len = sizeof(peer);
		got = recvfrom(sock, buf, sizeof(buf), 0,
			       (struct sockaddr *)&peer, &len);
		if (got < 0)
			die("recvfrom");
		printf("%s says: %.*s", inet_ntoa(peer.sin_addr), (int)got, buf);
		if (sendto(sock, buf, got, 0,
			   (struct sockaddr *)&peer, len) != got)
			die("sendto");
	}
}
