// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data as programs see it: MSG_OOB, SO_OOBINLINE, SIOCATMARK, POLLPRI and SIGURG,
 * between two sockets of the host. tcp_urgent_segments.c has the wire's side of it.
 */
#include "tcp_urgent.h"

#include <sys/epoll.h>

FIXTURE_OF_TWO_ENDS(tcp_urgent)

/* @text goes out, its last octet urgent, and has arrived when this returns. */
static int send_urgent(int from, int to, const char *text)
{
	int len = strlen(text);

	if (send(from, text, len, MSG_OOB) != len)
		return -1;
	return wait_for(to, POLLPRI) & POLLPRI ? 0 : -1;
}

TEST_F(tcp_urgent, the_last_octet_is_read_aside)
{
	struct msghdr msg = { .msg_iovlen = 1 };
	struct iovec iov;
	char c = 0;

	msg.msg_iov = &iov;
	iov = (struct iovec) { &c, 1 };
	ASSERT_EQ(0, send_urgent(self->a, self->b, "abcX"));
	EXPECT_EQ(1, recvmsg(self->b, &msg, MSG_OOB));
	EXPECT_EQ('X', c);
	EXPECT_EQ(MSG_OOB, msg.msg_flags);
	EXPECT_TEXT("abc", self->b, 0);
	EXPECT_TEXT("", self->b, 0);
}

TEST_F(tcp_urgent, it_is_taken_once)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	EXPECT_TEXT("X", self->b, MSG_OOB | MSG_PEEK);
	EXPECT_TEXT("X", self->b, MSG_OOB);
	EXPECT_ERRNO(EINVAL, recv_one(self->b, MSG_OOB));
	EXPECT_ERRNO(EINVAL, recv_one(self->b, MSG_OOB | MSG_PEEK));
}

TEST_F(tcp_urgent, flags_and_no_room_are_as_with_any_message)
{
	struct msghdr msg = {};
	char c = 'u';

	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	EXPECT_EQ(1, recv(self->b, &c, 1, MSG_OOB | MSG_TRUNC | MSG_PEEK));
	EXPECT_EQ('u', c);
	EXPECT_EQ(0, recvmsg(self->b, &msg, MSG_OOB | MSG_PEEK));
	EXPECT_EQ(MSG_OOB | MSG_TRUNC, msg.msg_flags & ~MSG_PEEK);
	EXPECT_EQ(0, recv(self->b, &c, 0, MSG_OOB));
	EXPECT_ERRNO(EINVAL, recv(self->b, &c, 1, MSG_OOB));
}

TEST_F(tcp_urgent, where_there_is_none_MSG_OOB_is_EINVAL)
{
	int fresh = socket(self->family, SOCK_STREAM, 0);
	int listening = listener(self->family, 0);
	char c;

	EXPECT_ERRNO(EINVAL, recv(self->b, &c, 1, MSG_OOB));
	EXPECT_ERRNO(EINVAL, recv(fresh, &c, 1, MSG_OOB));
	EXPECT_ERRNO(ENOTCONN, recv(listening, &c, 1, MSG_OOB));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_EQ(0, ask(fresh, SIOCATMARK));
	EXPECT_EQ(0, ask(listening, SIOCATMARK));
	ASSERT_EQ(3, send(self->a, "abc", 3, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN | POLLPRI));
	EXPECT_ERRNO(EINVAL, recv(self->b, &c, 1, MSG_OOB));
}

TEST_F(tcp_urgent, a_write_of_nothing_marks_nothing)
{
	EXPECT_EQ(0, send(self->a, "", 0, MSG_OOB));
	ASSERT_EQ(3, send(self->a, "abc", 3, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN | POLLPRI));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_TEXT("abc", self->b, 0);
}

TEST_F(tcp_urgent, reading_stops_at_the_mark)
{
	ASSERT_EQ(2, send(self->a, "ab", 2, 0));
	ASSERT_EQ(0, send_urgent(self->a, self->b, "cX"));
	ASSERT_EQ(2, send(self->a, "de", 2, 0));
	EXPECT_EQ(3, ask(self->b, SIOCINQ));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_TEXT("abc", self->b, MSG_PEEK);
	EXPECT_TEXT("abc", self->b, 0);
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	EXPECT_EQ(0, ask(self->b, SIOCINQ));
	ASSERT_EQ(POLLIN | POLLPRI, wait_for(self->b, POLLIN) | polled(self->b, POLLPRI));
	EXPECT_TEXT("de", self->b, MSG_PEEK);
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	EXPECT_TEXT("de", self->b, 0);
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
}

TEST_F(tcp_urgent, MSG_WAITALL_stops_at_the_mark_too)
{
	char buf[16];

	ASSERT_EQ(0, send_urgent(self->a, self->b, "abX"));
	ASSERT_EQ(2, send(self->a, "cd", 2, 0));
	EXPECT_EQ(2, recv(self->b, buf, 4, MSG_WAITALL));
	EXPECT_EQ(2, recv(self->b, buf, 2, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "cd", 2));
}

TEST_F(tcp_urgent, reading_past_the_mark_forgets_it)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	ASSERT_EQ(2, send(self->a, "de", 2, 0));
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	ASSERT_NE(0, wait_for(self->b, POLLIN) & POLLIN);
	EXPECT_TEXT("de", self->b, 0);
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_EQ(0, polled(self->b, POLLPRI));
	EXPECT_ERRNO(EINVAL, recv_one(self->b, MSG_OOB));
}

TEST_F(tcp_urgent, alone_it_is_nothing_to_read)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	EXPECT_EQ(POLLPRI, polled(self->b, POLLIN | POLLPRI | POLLRDNORM));
	EXPECT_TEXT("X", self->b, MSG_OOB);
	EXPECT_EQ(0, polled(self->b, POLLIN | POLLPRI | POLLRDNORM));
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	ASSERT_EQ(1, send(self->a, "d", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(self->b, POLLIN | POLLPRI));
	EXPECT_TEXT("d", self->b, 0);
}

TEST_F(tcp_urgent, inline_it_is_the_first_octet_behind_the_mark)
{
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_OOBINLINE, 1));
	ASSERT_EQ(0, send_urgent(self->a, self->b, "abX"));
	ASSERT_EQ(2, send(self->a, "cd", 2, 0));
	EXPECT_ERRNO(EINVAL, recv_one(self->b, MSG_OOB));
	EXPECT_EQ(POLLIN | POLLPRI, polled(self->b, POLLIN | POLLPRI));
	EXPECT_TEXT("ab", self->b, 0);
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	EXPECT_EQ(1, recv_one(self->b, MSG_PEEK));
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	EXPECT_EQ(1, recv_one(self->b, 0));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_EQ(0, polled(self->b, POLLPRI));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_TEXT("cd", self->b, 0);
}

TEST_F(tcp_urgent, inline_SIOCINQ_counts_it_and_what_follows)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "abX"));
	EXPECT_EQ(2, ask(self->b, SIOCINQ));
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(3, ask(self->b, SIOCINQ));
}

TEST_F(tcp_urgent, a_later_one_takes_the_marks_place)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "aX"));
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 4));
	ASSERT_EQ(2, send(self->a, "bY", 2, MSG_OOB));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(3, ask(self->b, SIOCINQ));
	EXPECT_TEXT("Y", self->b, MSG_OOB);
	EXPECT_TEXT("aXb", self->b, 0);
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
}

TEST_F(tcp_urgent, who_stands_at_the_mark_does_not_read_it_when_the_next_comes)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "aX"));
	EXPECT_TEXT("a", self->b, 0);
	EXPECT_TEXT("X", self->b, MSG_OOB);
	ASSERT_EQ(0, send_urgent(self->a, self->b, "bY"));
	EXPECT_TEXT("b", self->b, 0);
	EXPECT_TEXT("Y", self->b, MSG_OOB);
	EXPECT_TEXT("", self->b, 0);
}

TEST_F(tcp_urgent, SIGURG_is_for_the_owner)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	EXPECT_EQ(0, sigurgs);
	ASSERT_EQ(0, count_sigurg(self->b));
	EXPECT_TEXT("X", self->b, MSG_OOB);
	ASSERT_EQ(1, send(self->a, "Y", 1, MSG_OOB));
	ASSERT_EQ(POLLPRI, wait_for(self->b, POLLPRI));
	EXPECT_EQ(1, sigurgs);
	EXPECT_TEXT("Y", self->b, MSG_OOB);
}

/* Wait until a process waits for something itself. */
static int wait_asleep(pid_t pid)
{
	char path[32], state = 0;
	FILE *f;
	int ms;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (ms = 0; ms < SOON && state != 'S'; ms++) {
		f = fopen(path, "r");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
		usleep(1000);
	}
	return state == 'S' ? 0 : -1;
}

TEST_F(tcp_urgent, a_signal_ends_a_wait_at_the_mark)
{
	pid_t child;
	char c;

	ASSERT_EQ(0, count_sigurg(self->b));
	child = fork();
	if (!child)
		_exit(wait_asleep(getppid()) ||
		      send(self->a, "X", 1, MSG_OOB) != 1);
	/* A signal that came before the wait would not end it. */
	EXPECT_ERRNO(EINTR, recv(self->b, &c, 1, 0));
	EXPECT_EQ(1, sigurgs);
	EXPECT_TEXT("X", self->b, MSG_OOB);
}

TEST_F(tcp_urgent, EPOLLPRI_wakes_at_the_edge)
{
	struct epoll_event ev = { .events = EPOLLPRI | EPOLLET };
	int ep = epoll_create1(0), i;

	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, self->b, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send(self->a, "X", 1, MSG_OOB));
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
		EXPECT_EQ(EPOLLPRI, ev.events);
		EXPECT_TEXT("X", self->b, MSG_OOB);
	}
}

TEST_F(tcp_urgent, it_waits_for_no_other_segment)
{
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(1, send(self->a, "a", 1, 0));
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	EXPECT_TEXT("a", self->b, 0);
	ASSERT_EQ(1, send(self->a, "Y", 1, MSG_OOB | MSG_MORE));
	ASSERT_EQ(POLLPRI, wait_for(self->b, POLLPRI));
}

TEST_F(tcp_urgent, it_outlives_the_end_of_the_stream)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "aX"));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(POLLRDHUP, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(1, ask(self->b, SIOCINQ));
	EXPECT_TEXT("a", self->b, 0);
	EXPECT_TEXT("X", self->b, MSG_OOB);
	EXPECT_EQ(0, recv_one(self->b, 0));
	EXPECT_ERRNO(EPIPE, send(self->a, "Y", 1, MSG_OOB | MSG_NOSIGNAL));
}

TEST_F(tcp_urgent, but_not_a_reset)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	abortive(self->a);
	close(self->a);
	self->a = -1;
	ASSERT_NE(0, wait_for(self->b, POLLERR) & POLLERR);
	EXPECT_NE(0, polled(self->b, POLLPRI) & POLLPRI);
	EXPECT_ERRNO(ENOTCONN, recv_one(self->b, MSG_OOB));
}

TEST_F(tcp_urgent, nor_a_socket_that_is_used_again)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int lfd = listener(self->family, 0);

	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	ASSERT_EQ(0, connect(self->b, &none, sizeof(none)));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_ERRNO(EINVAL, recv_one(self->b, MSG_OOB));
	ASSERT_EQ(0, connect_to(self->b, self->family, "127.0.0.1", port_of(lfd)));
	EXPECT_EQ(0, ask(self->b, SIOCATMARK));
	EXPECT_EQ(0, polled(self->b, POLLPRI));
}

TEST_F(tcp_urgent, unread_it_is_data_that_close_throws_away)
{
	ASSERT_EQ(0, send_urgent(self->a, self->b, "X"));
	close(self->b);
	self->b = -1;
	ASSERT_NE(0, wait_for(self->a, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, so_error(self->a));
}

TEST_F(tcp_urgent, the_listeners_choice_of_inline_is_its_childs)
{
	int lfd = listener(self->family, 0), fd;
	int peer = socket(self->family, SOCK_STREAM, 0);

	ASSERT_EQ(0, set_int(lfd, SOL_SOCKET, SO_OOBINLINE, 1));
	ASSERT_EQ(0, connect_to(peer, self->family, "127.0.0.1", port_of(lfd)));
	fd = accept(lfd, NULL, NULL);
	ASSERT_OK(fd);
	ASSERT_EQ(0, send_urgent(peer, fd, "X"));
	EXPECT_TEXT("X", fd, 0);
}

/* What a stream holds at an offset. */
static unsigned char keyed(size_t at)
{
	return at * 2654435761U >> 24;
}

TEST_F(tcp_urgent, a_megabyte_marked_at_its_end_arrives_whole)
{
	static unsigned char buf[1 << 20];
	size_t i, got = 0;
	bool marked = false;
	pid_t child;
	ssize_t n;

	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_OOBINLINE, 1));
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = keyed(i);
	child = fork();
	if (!child)
		_exit(send(self->a, buf, sizeof(buf), MSG_OOB) != sizeof(buf));
	memset(buf, 0, sizeof(buf));
	while (got < sizeof(buf)) {
		marked |= got == sizeof(buf) - 1 && ask(self->b, SIOCATMARK) == 1;
		n = recv(self->b, buf + got, sizeof(buf) - got, 0);
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_TRUE(marked);
	for (i = 0; i < sizeof(buf) && buf[i] == keyed(i); i++)
		;
	EXPECT_EQ(sizeof(buf), i);
}

TEST_F(tcp_urgent, splice_stops_at_the_mark)
{
	char buf[16] = {};
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, send_urgent(self->a, self->b, "abX"));
	ASSERT_EQ(2, send(self->a, "cd", 2, 0));
	EXPECT_EQ(2, splice(self->b, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK));
	EXPECT_EQ(2, read(pipes[0], buf, sizeof(buf)));
	EXPECT_STREQ("ab", buf);
	EXPECT_EQ(1, ask(self->b, SIOCATMARK));
	EXPECT_TEXT("X", self->b, MSG_OOB);
}

TEST_HARNESS_MAIN
