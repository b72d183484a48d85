// SPDX-License-Identifier: GPL-2.0
/*
 * The echo client of every tutorial: sends each line of its input as a
 * datagram over UDP and prints the one that comes back.
 *
 *   udp_echo_client ADDRESS PORT
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
	struct sockaddr_in addr = { .sin_family = AF_INET }, peer;
	char line[4096], back[4096];
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

	while (fgets(line, sizeof(line), stdin)) {
		if (sendto(sock, line, strlen(line), 0,
			   (struct sockaddr *)&addr, sizeof(addr)) < 0)
			die("sendto");
		len = sizeof(peer);
		got = recvfrom(sock, back, sizeof(back), 0,
			       (struct sockaddr *)&peer, &len);
		if (got < 0)
			die("recvfrom");
		printf("%s echoes: %.*s", inet_ntoa(peer.sin_addr),
		       (int)got, back);
	}
	close(sock);
	return 0;
}
