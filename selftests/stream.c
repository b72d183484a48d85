// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP connection that carries a known stream each way at once, and checks
 * every byte of it, the end of file and nothing after that.
 *
 *   stream [OPTION...] listen|connect ADDRESS PORT
 *     -f FAMILY   address family by name or number: inet, kite (default), 18
 *     -s BYTES    how much to send (default 0)
 *     -r BYTES    how much to expect (default 0)
 *     -k KEY      of both streams (default 1)
 *     -w BYTES    of one write at most (default: 1 to 65536, all sizes mixed)
 *     -t SECONDS  without a byte moved mean that it stalled (default 60)
 *     -o NAME=VALUE  set a socket option before there is a connection: nodelay,
 *                 maxseg, sndbuf, rcvbuf or congestion; may be repeated
 *
 * Prints "listening" when it listens, "connected in N us" when it has connected,
 * and in the end "done in N us", counted from when there was a connection; the
 * exit status is 0 only if all was as it should be.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

#define CHUNK	65536

/*
 * struct flow - one direction of the connection
 * @key: of the stream
 * @total: bytes that it is long
 * @done: bytes sent or checked so far
 * @closed: the end of it was sent or seen
 */
struct flow {
	uint64_t key;
	uint64_t total;
	uint64_t done;
	bool closed;
};

/* Options that may be set; congestion's value is a name. */
static const struct {
	const char *name;
	int level;
	int number;
} settable[] = {
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "maxseg", IPPROTO_TCP, TCP_MAXSEG },
	{ "congestion", IPPROTO_TCP, TCP_CONGESTION },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF },
};

#define MAX_OPTIONS	8

static const char *options[MAX_OPTIONS];	/* NAME=VALUE */
static int n_options;

static unsigned char buf[CHUNK];

/* splitmix64: eight bytes of the stream from where they are in it */
static uint64_t word_at(uint64_t key, uint64_t word)
{
	uint64_t x = (key << 40) + (word + 1) * 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static void fill(unsigned char *to, const struct flow *f, size_t len)
{
	uint64_t at = f->done, word = word_at(f->key, at / 8);
	size_t i;

	for (i = 0; i < len; i++, at++) {
		if (at % 8 == 0)
			word = word_at(f->key, at / 8);
		to[i] = word >> (at % 8 * 8);
	}
}

static void check(const unsigned char *got, const struct flow *f, size_t len)
{
	static unsigned char want[CHUNK];
	size_t i;

	fill(want, f, len);
	if (!memcmp(got, want, len))
		return;
	for (i = 0; got[i] == want[i]; i++)
		;
	die("byte %llu is wrong", (unsigned long long)(f->done + i));
}

static void send_some(int fd, struct flow *f, size_t most)
{
	size_t len = most ? most : 1 + (size_t)rand() % CHUNK;
	ssize_t n;

	if (len > f->total - f->done)
		len = f->total - f->done;
	fill(buf, f, len);
	n = send(fd, buf, len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		die("send after %llu: %s", (unsigned long long)f->done,
		    strerror(errno));
	if (n > 0)
		f->done += n;
}

static void finish_sending(int fd, struct flow *f)
{
	if (f->closed || f->done < f->total)
		return;
	if (shutdown(fd, SHUT_WR))
		die("shutdown: %s", strerror(errno));
	f->closed = true;
}

static void receive_some(int fd, struct flow *f)
{
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0)
		die("recv after %llu: %s", (unsigned long long)f->done,
		    strerror(errno));
	if (!n) {
		if (f->done != f->total)
			die("ended after %llu of %llu",
			    (unsigned long long)f->done,
			    (unsigned long long)f->total);
		f->closed = true;
		return;
	}
	if (f->done + n > f->total)
		die("more than %llu came", (unsigned long long)f->total);
	check(buf, f, n);
	f->done += n;
}

static void exchange(int fd, struct flow *out, struct flow *in, size_t most,
		     int limit)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		die("fcntl: %s", strerror(errno));
	finish_sending(fd, out);
	while (!out->closed || !in->closed) {
		struct pollfd p = { .fd = fd };

		p.events = (out->closed ? 0 : POLLOUT) |
			   (in->closed ? 0 : POLLIN);
		if (!poll(&p, 1, limit * 1000))
			die("stalled after %llu sent, %llu received",
			    (unsigned long long)out->done,
			    (unsigned long long)in->done);
		if (p.revents & (POLLIN | POLLERR | POLLHUP))
			receive_some(fd, in);
		if (p.revents & POLLOUT && !out->closed)
			send_some(fd, out, most);
		finish_sending(fd, out);
	}
}

static void set_option(int fd, const char *option)
{
	const char *value = strchr(option, '=');
	size_t i, len = value ? (size_t)(value - option) : 0;
	int number, err;

	for (i = 0; i < sizeof(settable) / sizeof(*settable); i++) {
		if (!len || strlen(settable[i].name) != len ||
		    strncmp(settable[i].name, option, len))
			continue;
		value++;
		number = atoi(value);
		if (settable[i].number == TCP_CONGESTION)
			err = setsockopt(fd, settable[i].level, TCP_CONGESTION,
					 value, strlen(value));
		else
			err = setsockopt(fd, settable[i].level,
					 settable[i].number, &number,
					 sizeof(number));
		if (err)
			die("%s: %s", option, strerror(errno));
		return;
	}
	die("no option: %s", option);
}

static int make_socket(int family)
{
	int fd = socket(family, SOCK_STREAM, 0), i;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	for (i = 0; i < n_options; i++)
		set_option(fd, options[i]);
	return fd;
}

static int wait_for_peer(int family, const struct sockaddr_in *addr)
{
	int listener = make_socket(family);
	int one = 1;
	int fd;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)addr, sizeof(*addr)))
		die("bind: %s", strerror(errno));
	if (listen(listener, 1))
		die("listen: %s", strerror(errno));
	puts("listening");
	fflush(stdout);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept: %s", strerror(errno));
	close(listener);
	return fd;
}

static long long clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int go_to_peer(int family, const struct sockaddr_in *addr)
{
	int fd = make_socket(family);
	long long since = clock_us();

	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		die("connect: %s", strerror(errno));
	printf("connected in %lld us\n", clock_us() - since);
	return fd;
}

int main(int argc, char **argv)
{
	struct flow out = {}, in = {};
	struct sockaddr_in addr = {};
	int family = AF_KITE, limit = 60, opt, fd;
	uint64_t key = 1;
	size_t most = 0;
	long long since;
	bool listens;

	while ((opt = getopt(argc, argv, "f:s:r:k:w:t:o:")) != -1) {
		switch (opt) {
		case 'f':
			family = family_by_name(optarg);
			break;
		case 's':
			out.total = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			in.total = strtoull(optarg, NULL, 0);
			break;
		case 'k':
			key = strtoull(optarg, NULL, 0);
			break;
		case 'w':
			most = strtoul(optarg, NULL, 0);
			break;
		case 't':
			limit = atoi(optarg);
			break;
		case 'o':
			if (n_options == MAX_OPTIONS)
				die("too many options");
			options[n_options++] = optarg;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 3 || most > CHUNK ||
	    !inet_aton(argv[optind + 1], &addr.sin_addr))
		die("usage: stream [OPTION...] listen|connect ADDRESS PORT");
	addr.sin_family = family;
	addr.sin_port = htons(atoi(argv[optind + 2]));
	listens = !strcmp(argv[optind], "listen");
	out.key = 2 * key + listens;
	in.key = 2 * key + !listens;
	srand(key);

	fd = listens ? wait_for_peer(family, &addr) : go_to_peer(family, &addr);
	since = clock_us();
	exchange(fd, &out, &in, most, limit);
	printf("done in %lld us\n", clock_us() - since);
	if (close(fd))
		die("close: %s", strerror(errno));
	return 0;
}
