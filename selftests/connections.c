// SPDX-License-Identifier: GPL-2.0
/*
 * Many short TCP connections, which end in every way that two programs can agree
 * upon. Each carries its number there and an answer back.
 *
 *   connections [OPTION...] listen|connect ADDRESS PORT COUNT
 *     -f FAMILY   address family by name or number: inet, kite (default), 18
 *     -p NUMBER   processes that share the work (default 4)
 *     -t SECONDS  without progress mean that a connection hangs (default 120)
 *
 * Prints "listening" when it listens, "COUNT done" in the end; the exit status is
 * 0 only if every connection was as it should be.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

/* Who ends a connection, and how. Its number says: number % ENDS. */
enum end {
	CLIENT_CLOSES,		/* and the server hears of it */
	SERVER_CLOSES,
	CLIENT_HALF_CLOSES,	/* before it is answered */
	SERVER_HALF_CLOSES,	/* before it hears the client's last word */
	BOTH_CLOSE,		/* neither waits for the other */
	CLIENT_RESETS,
	ENDS
};

/* Connections that some process has taken on; shared by all. */
static unsigned int *taken;

static const char *name_of_end(unsigned int number)
{
	static const char * const names[ENDS] = {
		"client closes", "server closes", "client half closes",
		"server half closes", "both close", "client resets",
	};

	return names[number % ENDS];
}

static void say(int fd, uint32_t word, unsigned int number)
{
	if (send(fd, &word, sizeof(word), MSG_NOSIGNAL) != sizeof(word))
		die("%u (%s): send: %s", number, name_of_end(number),
		    strerror(errno));
}

static uint32_t hear(int fd)
{
	uint32_t word;
	ssize_t n = recv(fd, &word, sizeof(word), MSG_WAITALL);

	if (n < 0)
		die("recv: %s", strerror(errno));
	if (n != sizeof(word))
		die("the end after %zd bytes of a word", n);
	return word;
}

static void hear_answer(int fd, unsigned int number)
{
	uint32_t word = hear(fd);

	if (word != ~number)
		die("%u (%s): answer %u", number, name_of_end(number), word);
}

static void hear_end(int fd, unsigned int number)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	if (n)
		die("%u (%s): no end: %s", number, name_of_end(number),
		    n < 0 ? strerror(errno) : "more data");
}

/* Nobody waits for ever: a connection that hangs is a failure with a name. */
static void be_impatient(int fd, int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		die("timeouts: %s", strerror(errno));
}

/* Nobody repeats a reset that is lost: who wants to hear one has to go on talking. */
static void hear_reset(int fd, unsigned int number, int seconds)
{
	uint32_t word = number;
	char c;

	be_impatient(fd, 1);
	while (seconds--) {
		if (recv(fd, &c, 1, 0) >= 0)
			die("%u (%s): no reset", number, name_of_end(number));
		if (errno == ECONNRESET ||
		    (send(fd, &word, sizeof(word), MSG_NOSIGNAL) < 0 &&
		     errno == ECONNRESET))
			return;
	}
	die("%u (%s): never reset", number, name_of_end(number));
}

static void half_close(int fd, unsigned int number)
{
	if (shutdown(fd, SHUT_WR))
		die("%u (%s): shutdown: %s", number, name_of_end(number),
		    strerror(errno));
}

static void reset_at_close(int fd)
{
	struct linger l = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		die("SO_LINGER: %s", strerror(errno));
}

/* The client's part of a connection that stands. */
static void ask(int fd, unsigned int number)
{
	enum end end = number % ENDS;

	say(fd, number, number);
	if (end == CLIENT_HALF_CLOSES)
		half_close(fd, number);
	hear_answer(fd, number);
	switch (end) {
	case SERVER_CLOSES:
	case CLIENT_HALF_CLOSES:
		hear_end(fd, number);
		break;
	case SERVER_HALF_CLOSES:
		hear_end(fd, number);
		say(fd, number, number);
		break;
	case CLIENT_RESETS:
		reset_at_close(fd);
		break;
	default:
		break;
	}
}

/* The server's part. */
static void answer(int fd, int seconds)
{
	unsigned int number = hear(fd);
	enum end end = number % ENDS;

	if (end == CLIENT_HALF_CLOSES)
		hear_end(fd, number);
	say(fd, ~number, number);
	switch (end) {
	case CLIENT_CLOSES:
		hear_end(fd, number);
		break;
	case SERVER_HALF_CLOSES:
		half_close(fd, number);
		if (hear(fd) != number)
			die("%u: last word", number);
		hear_end(fd, number);
		break;
	case CLIENT_RESETS:
		hear_reset(fd, number, seconds);
		break;
	default:
		break;
	}
}

static int new_socket(int family, int seconds)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	be_impatient(fd, seconds);
	return fd;
}

static unsigned int take(unsigned int count)
{
	unsigned int number = __atomic_fetch_add(taken, 1, __ATOMIC_RELAXED);

	return number < count ? number : count;
}

static void serve(int listener, unsigned int count, int seconds)
{
	while (take(count) < count) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die("accept: %s", strerror(errno));
		be_impatient(fd, seconds);
		answer(fd, seconds);
		close(fd);
	}
}

static void use(const struct sockaddr_in *to, unsigned int count, int seconds)
{
	unsigned int number;

	while ((number = take(count)) < count) {
		int fd = new_socket(to->sin_family, seconds);

		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
			die("%u: connect: %s", number, strerror(errno));
		ask(fd, number);
		close(fd);
	}
}

static int start_listening(const struct sockaddr_in *at, int seconds)
{
	int fd = new_socket(at->sin_family, seconds), one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    listen(fd, 64))
		die("listen: %s", strerror(errno));
	puts("listening");
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_KITE };
	int opt, status, seconds = 120, processes = 4, bad = 0;
	int i, listener = -1;
	unsigned int count;

	while ((opt = getopt(argc, argv, "f:p:t:")) != -1) {
		switch (opt) {
		case 'f':
			address.sin_family = family_by_name(optarg);
			break;
		case 'p':
			processes = atoi(optarg);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 4 || !inet_aton(argv[optind + 1], &address.sin_addr))
		die("usage: connections [OPTION...] listen|connect ADDRESS PORT COUNT");
	address.sin_port = htons(atoi(argv[optind + 2]));
	count = atoi(argv[optind + 3]);

	taken = mmap(NULL, sizeof(*taken), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (taken == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	if (!strcmp(argv[optind], "listen"))
		listener = start_listening(&address, seconds);

	for (i = 0; i < processes; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (listener >= 0)
			serve(listener, count, seconds);
		else
			use(&address, count, seconds);
		return 0;
	}
	while (wait(&status) > 0)
		bad |= status;
	if (bad)
		return 1;
	printf("%u done\n", count);
	return 0;
}
