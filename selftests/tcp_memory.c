// SPDX-License-Identifier: GPL-2.0
/*
 * net.ipv4.tcp_mem: what all connections of the machine together may hold. Whoever writes to
 * readers that do not read is stopped there; when they read, the streams go on, and nothing
 * of them is missing; and who has nothing queued is never stopped. AF_INET is the oracle.
 * time limit: 120 s
 */
#include "kite_test.h"

#include <sched.h>

#define PAIRS		32
#define STREAM		1000000		/* octets in each */
#define LIMIT_PAGES	2048		/* a quarter of what they are together */
#define LIMIT		(LIMIT_PAGES * 4096L)
#define PIECE		16384

struct stream {
	int fd[2];
	size_t written;
	size_t got;
};

FIXTURE(tcp_memory) {
	char tcp_mem[64];
	struct stream streams[PAIRS];
};

BOTH_FAMILIES(tcp_memory);

static int set_tcp_mem(const char *set, char *old, size_t len)
{
	int fd = open("/proc/sys/net/ipv4/tcp_mem", O_RDWR);
	int n = 0;

	if (fd < 0)
		return -1;
	if (old)
		n = pread(fd, old, len - 1, 0);
	if (n < 0 || write(fd, set, strlen(set)) < 0)
		n = -1;
	close(fd);
	return n < 0 ? -1 : 0;
}

/* The same from within a network of one's own. */
static int set_tcp_mem_within(const char *set)
{
	int own = open("/proc/self/ns/net", O_RDONLY);
	int init = open("/proc/1/ns/net", O_RDONLY), err;

	err = setns(init, CLONE_NEWNET) || set_tcp_mem(set, NULL, 0) ||
	      setns(own, CLONE_NEWNET);
	close(init);
	close(own);
	return err ? -1 : 0;
}

FIXTURE_SETUP(tcp_memory)
{
	char limits[64];
	int i;

	snprintf(limits, sizeof(limits), "%d %d %d", LIMIT_PAGES / 2,
		 LIMIT_PAGES * 3 / 4, LIMIT_PAGES);
	/* Of the machine: before this process has a network of its own. */
	ASSERT_EQ(0, set_tcp_mem(limits, self->tcp_mem, sizeof(self->tcp_mem)));
	ASSERT_EQ(0, own_network());
	for (i = 0; i < PAIRS; i++) {
		struct stream *s = &self->streams[i];

		ASSERT_OK(stream_pair(variant->family, s->fd));
		ASSERT_EQ(0, fcntl(s->fd[0], F_SETFL, O_NONBLOCK));
		ASSERT_EQ(0, fcntl(s->fd[1], F_SETFL, O_NONBLOCK));
	}
}

FIXTURE_TEARDOWN(tcp_memory)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		close(self->streams[i].fd[0]);
		close(self->streams[i].fd[1]);
	}
	EXPECT_EQ(0, set_tcp_mem_within(self->tcp_mem));
}

/* The octet at an offset of one of the streams. */
static unsigned char octet(int stream, size_t offset)
{
	return stream * 31 + offset + offset / 253;
}

/* Write what there is room for; how many octets that were, or -1. */
static ssize_t write_some(struct stream *s, int number)
{
	unsigned char piece[PIECE];
	size_t len = STREAM - s->written, i;
	ssize_t n;

	if (len > PIECE)
		len = PIECE;
	if (!len)
		return 0;
	for (i = 0; i < len; i++)
		piece[i] = octet(number, s->written + i);
	n = send(s->fd[0], piece, len, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	s->written += n;
	return n;
}

/* Read what is there; how many octets, all of them right, or -1. */
static ssize_t read_some(struct stream *s, int number)
{
	unsigned char piece[PIECE];
	ssize_t n, i;

	n = recv(s->fd[1], piece, sizeof(piece), 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	for (i = 0; i < n; i++)
		if (piece[i] != octet(number, s->got + i))
			return -1;
	s->got += n;
	return n;
}

/* All write until none can any more. How much they have written, or -1. */
static ssize_t write_until_full(struct stream *streams)
{
	ssize_t written = 0, any, n;
	int i;

	do {
		any = 0;
		for (i = 0; i < PAIRS; i++) {
			n = write_some(&streams[i], i);
			if (n < 0)
				return -1;
			any += n;
		}
		written += any;
	} while (any);
	return written;
}

/* Read and write to the end; -1 on an error, or when nothing moves for too long. */
static int go_on(struct stream *streams)
{
	struct pollfd p[2 * PAIRS];
	int i, left;

	for (;;) {
		for (i = 0, left = 0; i < PAIRS; i++) {
			struct stream *s = &streams[i];

			if (write_some(s, i) < 0 ||
			    (s->got < STREAM && read_some(s, i) < 0))
				return -1;
			p[2 * i] = (struct pollfd){
				.fd = s->written < STREAM ? s->fd[0] : -1,
				.events = POLLOUT,
			};
			p[2 * i + 1] = (struct pollfd){
				.fd = s->got < STREAM ? s->fd[1] : -1,
				.events = POLLIN,
			};
			left += s->got < STREAM;
		}
		if (!left)
			return 0;
		if (poll(p, 2 * PAIRS, 3 * SOON) < 1)
			return -1;
	}
}

TEST_F(tcp_memory, bounds_what_waits_and_loses_nothing)
{
	ssize_t written = write_until_full(self->streams);

	ASSERT_LT(0, written);
	/* Each processor, and each socket, may have something beyond the limit. */
	EXPECT_GT(LIMIT * 2, written);
	EXPECT_EQ(0, go_on(self->streams));
}

TEST_F(tcp_memory, is_given_back)
{
	int i;

	ASSERT_LT(0, write_until_full(self->streams));
	for (i = 1; i < PAIRS; i++) {
		abortive(self->streams[i].fd[0]);
		close(self->streams[i].fd[0]);
		close(self->streams[i].fd[1]);
	}
	for (i = 1; i < PAIRS; i++)
		self->streams[i] = (struct stream){
			.fd = { -1, -1 }, .written = STREAM, .got = STREAM,
		};
	/* The one that is left can have what it needs. */
	EXPECT_EQ(0, go_on(self->streams));
}

TEST_F(tcp_memory, lets_who_has_nothing_queued_write_and_read)
{
	char request[2000] = "", answer[100];
	size_t got;
	ssize_t n;
	int i;

	ASSERT_EQ(0, set_tcp_mem_within("0 0 0"));
	for (i = 0; i < PAIRS; i++) {
		struct stream *s = &self->streams[i];

		n = send(s->fd[0], request, sizeof(request), 0);
		ASSERT_LT(0, n);
		for (got = 0; got < (size_t)n; got += recv(s->fd[1], request, sizeof(request), 0))
			ASSERT_EQ(POLLIN, wait_for(s->fd[1], POLLIN));
		ASSERT_EQ(sizeof(answer), send(s->fd[1], answer, sizeof(answer), 0));
		ASSERT_EQ(POLLIN, wait_for(s->fd[0], POLLIN));
		ASSERT_EQ(sizeof(answer), recv(s->fd[0], answer, sizeof(answer), 0));
	}
}

TEST_HARNESS_MAIN
