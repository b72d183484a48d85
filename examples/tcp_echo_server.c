// SPDX-License-Identifier: GPL-2.0
/*
 * The echo server of every tutorial: what comes in over TCP goes back.
 *
 *   tcp_echo_server ADDRESS PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void echo(int conn)
{
	char buf[4096];
	ssize_t got, sent, n;

	while ((got = recv(conn, buf, sizeof(buf), 0)) > 0) {
		printf("got %.*s", (int)got, buf);
		for (sent = 0; sent < got; sent += n) {
			n = send(conn, buf + sent, got - sent, MSG_NOSIGNAL);
			if (n < 0) {
				perror("send");
				return;
			}
		}
	}
	if (got < 0)
		perror("recv");
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET }, peer;
	socklen_t len;
	int listener, conn;

	if (argc != 3 || !inet_aton(argv[1], &addr.sin_addr)) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0)
		die("socket");
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	if (listen(listener, 5) < 0)
		die("listen");
	printf("listening on %s port %s\n", argv[1], argv[2]);

	for (;;) {
		len = sizeof(peer);
		conn = accept(listener, (struct sockaddr *)&peer, &len);
		if (conn < 0)
			die("accept");
		printf("connection from %s\n", inet_ntoa(peer.sin_addr));
		echo(conn);
		printf("connection closed\n");
		close(conn);
	}
}
