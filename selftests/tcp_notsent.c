// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_NOTSENT_LOWAT and net.ipv4.tcp_notsent_lowat: how much may be written that was never
 * sent, and when who waits to write hears of it. AF_INET is the oracle.
 */
#include "tcp_peer.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

#define LOWAT	4096
#define PIECE	512
#define FULL	536		/* octets in a segment: we offered no MSS */
#define STREAM	300000		/* more than is out at any time */

/* --- while the window is closed --------------------------------------------- */

FIXTURE_ON_A_WIRE(tcp)

static int not_sent(int fd)
{
	int octets = -1;

	ioctl(fd, SIOCOUTQNSD, &octets);
	return octets;
}

/* Write until there is no room; how many octets. */
static int write_all_there_is_room_for(struct __test_metadata *_metadata, int fd)
{
	static const char piece[PIECE];
	int written = 0, n;

	while ((n = send(fd, piece, PIECE, MSG_DONTWAIT)) > 0)
		written += n;
	EXPECT_EQ(EAGAIN, errno);
	return written;
}

/* A connection whose window is closed, and what tells its edges. */
static int closed_connection(struct __test_metadata *_metadata, struct peer *p, int *ep)
{
	struct epoll_event want = { .events = EPOLLOUT | EPOLLET };
	int fd;

	EXPECT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	close_window(_metadata, p);
	*ep = epoll_create1(0);
	EXPECT_EQ(0, epoll_ctl(*ep, EPOLL_CTL_ADD, fd, &want));
	return fd;
}

/* So much is taken, and no more until it leaves, which is told once. */
static void limit_holds(struct __test_metadata *_metadata, struct peer *p, int fd, int ep)
{
	struct epoll_event got;

	EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
	write_all_there_is_room_for(_metadata, fd);
	EXPECT_LE(LOWAT, not_sent(fd));
	EXPECT_GE(LOWAT + FULL, not_sent(fd));
	EXPECT_EQ(0, polled(fd, POLLOUT));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));

	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	EXPECT_EQ(1, epoll_wait(ep, &got, 1, SOON));
	EXPECT_EQ(EPOLLOUT, got.events);
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	EXPECT_EQ(POLLOUT, polled(fd, POLLOUT));
	EXPECT_GT(LOWAT / 2, not_sent(fd));
}

TCP_TEST(the_option_limits_what_was_never_sent)
{
	int ep, fd = closed_connection(_metadata, p, &ep);

	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT));
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT, LOWAT));
	EXPECT_EQ(LOWAT, get_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT));
	limit_holds(_metadata, p, fd, ep);
}

TCP_TEST(the_sysctl_limits_it)
{
	int ep, fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_notsent_lowat", "4096"));
	fd = closed_connection(_metadata, p, &ep);
	limit_holds(_metadata, p, fd, ep);
}

TCP_TEST(what_is_out_does_not_count)
{
	static const char data[4000];
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT, 1000));
	ASSERT_EQ(4000, send(fd, data, 4000, MSG_DONTWAIT));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(POLLOUT, polled(fd, POLLOUT));
	EXPECT_EQ(1000, send(fd, data, 1000, MSG_DONTWAIT));
}

TCP_TEST(poll_waits_until_less_than_half_is_left)
{
	static const char data[LOWAT];
	int ep, fd = closed_connection(_metadata, p, &ep);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT, LOWAT));
	ASSERT_EQ(LOWAT / 2 - 1, send(fd, data, LOWAT / 2 - 1, MSG_DONTWAIT));
	EXPECT_EQ(POLLOUT, polled(fd, POLLOUT));
	ASSERT_EQ(1, send(fd, "x", 1, MSG_DONTWAIT));
	EXPECT_EQ(0, polled(fd, POLLOUT));
	EXPECT_EQ(PIECE, send(fd, data, PIECE, MSG_DONTWAIT));
}

TCP_TEST(who_waits_hears_of_a_higher_limit)
{
	struct epoll_event got;
	int ep, fd = closed_connection(_metadata, p, &ep);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT, LOWAT));
	EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
	write_all_there_is_room_for(_metadata, fd);
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NOTSENT_LOWAT, 4 * LOWAT));
	EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
	EXPECT_LT(0, write_all_there_is_room_for(_metadata, fd));
}

TCP_TEST(a_child_has_its_listeners_limit)
{
	int listener = host_listens(p, 1);

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_NOTSENT_LOWAT, LOWAT));
	shake_hands(_metadata, p);
	EXPECT_EQ(LOWAT, get_int(accepted(_metadata, listener), SOL_TCP, TCP_NOTSENT_LOWAT));
	close(listener);
}

/* --- who waits goes on ------------------------------------------------------- */

FIXTURE_OF_TWO_ENDS(ends)

/* What goes into the stream by @way goes on whenever there is room. */
static void all_arrives(struct __test_metadata *_metadata, int from, int to,
			ssize_t (*way)(int to, int file))
{
	char page[4096];
	ssize_t got = 0, n;
	int file, status;
	pid_t child;

	file = memfd_create("kite", 0);
	ASSERT_EQ(0, ftruncate(file, STREAM));
	ASSERT_EQ(0, set_int(from, SOL_TCP, TCP_NOTSENT_LOWAT, 1));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(way(from, file) != STREAM || shutdown(from, SHUT_WR));
	while ((n = recv_soon(to, page, sizeof(page))) > 0)
		got += n;
	EXPECT_EQ(0, n);
	EXPECT_EQ(STREAM, got);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(file);
}

static ssize_t by_send(int to, int file)
{
	static char data[STREAM];

	return send(to, data, STREAM, 0);
}

static ssize_t by_sendfile(int to, int file)
{
	return sendfile(to, file, NULL, STREAM);
}

static ssize_t by_splice(int to, int file)
{
	ssize_t all = 0, in, out;
	int ends[2];

	if (pipe(ends))
		return -1;
	while ((in = splice(file, NULL, ends[1], NULL, STREAM, 0)) > 0)
		for (; in; in -= out, all += out) {
			out = splice(ends[0], NULL, to, NULL, in, 0);
			if (out <= 0)
				return -1;
		}
	return all;
}

TEST_F(ends, send_waits_and_goes_on)
{
	all_arrives(_metadata, self->a, self->b, by_send);
}

TEST_F(ends, sendfile_does)
{
	all_arrives(_metadata, self->a, self->b, by_sendfile);
}

TEST_F(ends, splice_does)
{
	all_arrives(_metadata, self->a, self->b, by_splice);
}

TEST_HARNESS_MAIN
