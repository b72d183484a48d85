// SPDX-License-Identifier: GPL-2.0
/*
 * The send buffer: it grows with the window as far as net.ipv4.tcp_wmem lets it, unless the
 * user has said how large it is; and who waits for room in it. Linux's own TCP must do the
 * same.
 */
#include "kite_test.h"

#include <sys/epoll.h>

#define LIMIT	"100000"

FIXTURE_OF_TWO_ENDS(ends)

static char chunk[65536];

static int buffer_of(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_SNDBUF);
}

/* Write until there is no room. */
static size_t fill(int fd)
{
	size_t sent = 0;
	ssize_t n;

	while ((n = send(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		sent += n;
	return sent;
}

static void drain(struct __test_metadata *_metadata, int fd, size_t octets)
{
	ssize_t n;

	for (; octets; octets -= n) {
		n = recv(fd, chunk, sizeof(chunk), 0);
		ASSERT_LT(0, n);
	}
}

/* Two ends with small segments: of those that loopback takes one is more than the limit. */
static void narrow(struct __test_metadata *_metadata, int family, int pair[2], int sndbuf)
{
	int lfd;

	ASSERT_EQ(0, system("/usr/sbin/ip link set lo mtu 1500"));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_wmem", "4096 16384 " LIMIT));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_congestion_control", "reno"));
	lfd = listener(family, 0);
	ASSERT_LE(0, lfd);
	pair[0] = socket(family, SOCK_STREAM, 0);
	if (sndbuf)
		ASSERT_EQ(0, set_int(pair[0], SOL_SOCKET, SO_SNDBUF, sndbuf));
	ASSERT_EQ(0, connect_to(pair[0], family, "127.0.0.1", port_of(lfd)));
	pair[1] = accept(lfd, NULL, NULL);
	ASSERT_LE(0, pair[1]);
	close(lfd);
}

TEST_F(ends, the_buffer_grows_with_the_window)
{
	int pair[2], first, size, round;

	narrow(_metadata, self->family, pair, 0);
	first = buffer_of(pair[0]);
	EXPECT_GT(atoi(LIMIT), first);
	for (round = 0; round < 200 && buffer_of(pair[0]) < atoi(LIMIT); round++) {
		size = buffer_of(pair[0]);
		drain(_metadata, pair[1], fill(pair[0]));
		EXPECT_LE(size, buffer_of(pair[0]));
	}
	/* No further than the administrator allows. */
	for (round = 0; round < 20; round++)
		drain(_metadata, pair[1], fill(pair[0]));
	EXPECT_EQ(atoi(LIMIT), buffer_of(pair[0]));
}

TEST_F(ends, what_the_user_said_stays)
{
	int pair[2], round;

	narrow(_metadata, self->family, pair, 10000);
	for (round = 0; round < 100; round++)
		drain(_metadata, pair[1], fill(pair[0]));
	EXPECT_EQ(20000, buffer_of(pair[0]));
}

TEST_F(ends, SO_SNDTIMEO_ends_a_wait_with_what_was_taken)
{
	static char much[8 << 20];
	double begin, waited;
	struct timeval tv = { .tv_usec = 200000 };
	ssize_t n, more;

	ASSERT_EQ(0, set_int(self->a, SOL_SOCKET, SO_SNDBUF, 20000));
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVBUF, 20000));
	ASSERT_OK(setsockopt(self->a, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	begin = seconds();
	n = send(self->a, much, sizeof(much), 0);
	waited = seconds() - begin;
	EXPECT_LT(0, n);
	EXPECT_GT((ssize_t)sizeof(much), n);
	/* The timer may be a little early where a machine is slow. */
	EXPECT_LE(0.1, waited);
	/* Until nothing more is taken. */
	while ((more = send(self->a, much, sizeof(much), 0)) > 0)
		n += more;
	EXPECT_ERRNO(EAGAIN, more);
	drain(_metadata, self->b, n);
}

/* An edge-triggered epoll that has told all there is to tell so far. */
static int watch(struct __test_metadata *_metadata, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events | EPOLLET };
	int ep = epoll_create1(0);

	EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	while (epoll_wait(ep, &e, 1, 0) > 0)
		;
	return ep;
}

/* What it tells next; 0 when nothing comes soon. */
static uint32_t told(int ep)
{
	struct epoll_event e = {};

	return epoll_wait(ep, &e, 1, SOON) == 1 ? e.events : 0;
}

TEST_F(ends, a_larger_SO_SNDBUF_is_room_at_once)
{
	struct epoll_event e;
	int ep;

	ASSERT_EQ(0, set_int(self->a, SOL_SOCKET, SO_SNDBUF, 20000));
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVBUF, 20000));
	/* What is under way when the buffer is full may leave it. */
	do
		fill(self->a);
	while (polled(self->a, POLLOUT));
	ep = watch(_metadata, self->a, EPOLLOUT);
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
	ASSERT_EQ(0, set_int(self->a, SOL_SOCKET, SO_SNDBUF, 200000));
	EXPECT_EQ(EPOLLOUT, told(ep));
	EXPECT_LT(0, send(self->a, chunk, sizeof(chunk), MSG_DONTWAIT));
	close(ep);
}

TEST_F(ends, EPOLLRDHUP_tells_that_the_peer_says_no_more)
{
	int ep = watch(_metadata, self->a, EPOLLRDHUP);
	struct epoll_event e;

	ASSERT_EQ(5, send(self->b, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->a, POLLIN | POLLRDHUP));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(EPOLLRDHUP, told(ep));
	/* It is not the end for the own side. */
	EXPECT_EQ(POLLOUT, polled(self->a, POLLOUT));
	close(ep);
}

TEST_HARNESS_MAIN
