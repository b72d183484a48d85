// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the peer is still there, and for how long TCP waits for it: SO_KEEPALIVE, probes of
 * a closed window, TCP_USER_TIMEOUT. Linux's own TCP must do the same.
 */
#include "tcp_scene.h"

#include <netinet/tcp.h>

FIXTURE_ON_A_WIRE(tcp)

#define PROBES	2

/* The host asks a peer that is silent for a second, each second, twice. */
static void keep_alive(struct __test_metadata *_metadata, int fd)
{
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_KEEPIDLE, 1));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_KEEPINTVL, 1));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_KEEPCNT, PROBES));
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
}

/* An octet that we have acknowledged is acknowledged: we have to say so again. */
static void is_asked(struct __test_metadata *_metadata, struct peer *p)
{
	expect(_metadata, p, ACK, p->ack - 1, p->seq);
	EXPECT_EQ(0, data_len(p->f));
}

/* We answer the first question, and none after that. */
static void asks_and_gives_up(struct __test_metadata *_metadata, struct peer *p, int fd)
{
	int i;

	is_asked(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(TCP_ESTABLISHED, state_of(p));
	for (i = 0; i < PROBES; i++)
		is_asked(_metadata, p);
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(RST, flags_of(p->f) & RST);
	EXPECT_EQ(ETIMEDOUT, get_int(fd, SOL_SOCKET, SO_ERROR));
}

TCP_TEST(SO_KEEPALIVE_of_a_connection_asks_who_is_silent)
{
	int fd = connection(_metadata, p);

	keep_alive(_metadata, fd);
	asks_and_gives_up(_metadata, p, fd);
}

TCP_TEST(SO_KEEPALIVE_from_before_the_handshake_does)
{
	int fd = host_connects(_metadata, p);

	keep_alive(_metadata, fd);
	ASSERT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	asks_and_gives_up(_metadata, p, fd);
}

TCP_TEST(SO_KEEPALIVE_of_the_listener_does)
{
	int listener = host_listens(p, 1), fd;

	keep_alive(_metadata, listener);
	shake_hands(_metadata, p);
	fd = accepted(_metadata, listener);
	close(listener);
	asks_and_gives_up(_metadata, p, fd);
}

/* A connection that waits for a window to say something. */
static int waits_for_a_window(struct __test_metadata *_metadata, struct peer *p)
{
	int fd = connection(_metadata, p);

	close_window(_metadata, p);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	return fd;
}

/* We tell each probe that the window stays closed, until the host asks no more. */
static void answer_probes(struct __test_metadata *_metadata, struct peer *p)
{
	int n = 0;

	while (!hear_any(p) && state_of(p) && !(flags_of(p->f) & RST)) {
		ASSERT_EQ(0, tell_window(p, 0, ""));
		ASSERT_GT(100, ++n);
	}
	EXPECT_LT(1, n);
}

TCP_TEST(TCP_USER_TIMEOUT_ends_the_wait_for_a_window)
{
	int fd = waits_for_a_window(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 1000));
	answer_probes(_metadata, p);
	EXPECT_EQ(0, state_of(p));
	EXPECT_EQ(ETIMEDOUT, get_int(fd, SOL_SOCKET, SO_ERROR));
}

TCP_TEST(who_takes_a_window_back_and_answers_is_waited_for)
{
	int fd, i;

	/* Before that Linux believes nobody who does so without a word. */
	if (p->family != AF_KITE && !linux_is_since(6, 6))
		return;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_retries2", "1"));
	fd = connection(_metadata, p);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, tell_window(p, 0, ""));
		ASSERT_EQ(0, hear_again(p));
	}
	EXPECT_EQ(TCP_ESTABLISHED, state_of(p));
	p->ack += 5;
	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	ASSERT_EQ(5, send(fd, "world", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
}

/* What comes is a probe, not the end: nothing was asked before. */
TCP_TEST(TCP_USER_TIMEOUT_leaves_time_for_a_probe)
{
	int fd = waits_for_a_window(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 10));
	is_asked(_metadata, p);
}

TCP_TEST(TCP_USER_TIMEOUT_begins_anew_when_the_window_opens)
{
	int fd = waits_for_a_window(_metadata, p), i;

	for (i = 0; i < 2; i++) {
		is_asked(_metadata, p);
		ASSERT_EQ(0, tell_window(p, 0, ""));
	}
	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 10));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
}

TCP_TEST(TCP_USER_TIMEOUT_begins_when_something_is_sent_again)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(1, send(fd, "a", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	/* Which of the two this answers nobody knows: the pause stays as long. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, ++p->ack, ""));
	/* Nothing happens for a second. */
	keep_alive(_metadata, fd);
	is_asked(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 800));
	ASSERT_EQ(1, send(fd, "b", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
}

/* Not by how often something was sent again: that would take a quarter of an hour. */
TCP_TEST(TCP_USER_TIMEOUT_ends_the_wait_for_an_acknowledgment)
{
	int fd = connection(_metadata, p);
	double begin, waited;
	char buf[8];

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 1500));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "early"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	begin = seconds();
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	EXPECT_EQ(POLLERR, wait_for(fd, 0) & POLLERR);
	waited = seconds() - begin;
	/* The timer may be a little early where a machine is slow. */
	EXPECT_LE(1.2, waited);
	EXPECT_EQ(0, state_of(p));
	/* What had come is there to be read, and then the reason. */
	EXPECT_EQ(5, recv(fd, buf, sizeof(buf), 0));
	EXPECT_ERRNO(ETIMEDOUT, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

TEST_HARNESS_MAIN
