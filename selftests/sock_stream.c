// SPDX-License-Identifier: GPL-2.0
/*
 * What a connected stream does: flags of send and recv, shutdown, the end of
 * file, resets, and what poll says of all that.
 * time limit: 240 s
 */
#include "kite_test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include <linux/sockios.h>

#include "uring.h"

FIXTURE_OF_TWO_ENDS(sock_stream)

TEST_F(sock_stream, carries_bytes_both_ways)
{
	char buf[16];

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_EQ(3, write(self->b, "you", 3));
	ASSERT_EQ(3, read(self->a, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "you", 3));
}

TEST_F(sock_stream, io_uring_sends_without_a_copy_from_both_ends)
{
	char buf[16];
	struct uring u;

	ASSERT_EQ(0, uring_open(&u));
	ASSERT_EQ(5, uring_send_zc(&u, self->a, "hello", 5));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_EQ(3, uring_send_zc(&u, self->b, "you", 3));
	EXPECT_EQ(3, recv(self->a, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "you", 3));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_ERRNO(EPIPE, uring_send_zc(&u, self->a, "more", 4));
	uring_close(&u);
}

/* Receive as much through a ring; whether more is said to wait. Or -1. */
static int uring_recv_tells_of_more(struct uring *u, int fd, int len)
{
	struct io_uring_cqe answer;
	char buf[16];

	uring_ask(u, IORING_OP_RECV, fd, buf, len, 0);
	if (uring_enter(u, 1, 1) || !uring_take(u, &answer) || answer.res != len)
		return -1;
	return !!(answer.flags & IORING_CQE_F_SOCK_NONEMPTY);
}

TEST_F(sock_stream, io_uring_tells_whether_there_is_more_to_read)
{
	struct uring u;

	ASSERT_EQ(0, uring_open(&u));
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(1, uring_recv_tells_of_more(&u, self->b, 2));
	EXPECT_EQ(0, uring_recv_tells_of_more(&u, self->b, 3));
	uring_close(&u);
}

TEST_F(sock_stream, has_no_record_boundaries)
{
	char buf[16];

	ASSERT_EQ(2, send(self->a, "ab", 2, 0));
	ASSERT_EQ(2, send(self->a, "cd", 2, 0));
	EXPECT_EQ(4, recv(self->b, buf, 4, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	ASSERT_EQ(4, send(self->a, "efgh", 4, 0));
	EXPECT_EQ(1, recv(self->b, buf, 1, 0));
	EXPECT_EQ(3, recv(self->b, buf, 3, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "fgh", 3));
}

TEST_F(sock_stream, MSG_PEEK_leaves_the_bytes)
{
	char buf[16];

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(3, recv(self->b, buf, 3, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "hel", 3));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), MSG_PEEK));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT));
}

#define LAST	'!'

/* Look at what is there until LAST is; the result is then 1. */
static void *peek_for_last(void *data)
{
	int fd = *(int *)data;
	char c = 0;
	long n;

	do {
		n = recv(fd, &c, 1, MSG_PEEK);
	} while (n == 1 && c != LAST);
	return (void *)n;
}

TEST_F(sock_stream, MSG_PEEK_sees_what_comes_after_what_another_took)
{
	pthread_t peeker;
	void *result;
	int i;
	char c;

	ASSERT_EQ(0, pthread_create(&peeker, NULL, peek_for_last, &self->b));
	for (i = 0; i < 3000; i++) {
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
		while (recv(self->b, &c, 1, MSG_DONTWAIT) != 1)
			;
	}
	c = LAST;
	ASSERT_EQ(1, send(self->a, &c, 1, 0));
	/* Who sees nothing is woken by the end of the stream. */
	for (i = 0; pthread_tryjoin_np(peeker, &result); i++) {
		ASSERT_GT(SOON, i) {
			shutdown(self->a, SHUT_WR);
		}
		usleep(1000);
	}
	EXPECT_EQ((void *)1, result);
}

TEST_F(sock_stream, MSG_TRUNC_discards_the_bytes)
{
	char buf[16] = "unchanged";

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(3, recv(self->b, buf, 3, MSG_TRUNC));
	EXPECT_EQ(0, strcmp(buf, "unchanged"));
	EXPECT_EQ(2, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "lo", 2));
}

TEST_F(sock_stream, MSG_DONTWAIT_does_not_wait)
{
	static char chunk[65536];
	char c;

	EXPECT_ERRNO(EAGAIN, recv(self->b, &c, 1, MSG_DONTWAIT));
	while (send(self->a, chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, polled(self->a, POLLOUT));
}

TEST_F(sock_stream, a_reader_makes_room_for_a_writer)
{
	static char chunk[65536];
	size_t sent = 0, got = 0;
	ssize_t n;

	while ((n = send(self->a, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		sent += n;
	while (got < sent) {
		n = recv(self->b, chunk, sizeof(chunk), 0);
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_EQ(POLLOUT, wait_for(self->a, POLLOUT));
	EXPECT_EQ(sent, got);
}

TEST_F(sock_stream, SO_RCVTIMEO_ends_a_wait_with_EAGAIN)
{
	struct timeval tv = { .tv_usec = 50000 };
	char buf[8];

	ASSERT_OK(setsockopt(self->b, SOL_SOCKET, SO_RCVTIMEO,
			     &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, 0));
	ASSERT_EQ(3, send(self->a, "abc", 3, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(3, recv(self->b, buf, 8, MSG_WAITALL)) {
		TH_LOG("what came before the time was up is handed out");
	}
}

TEST_F(sock_stream, SO_RCVLOWAT_holds_back_recv)
{
	struct timeval tv = { .tv_usec = 50000 };
	char buf[8];

	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 4));
	ASSERT_OK(setsockopt(self->b, SOL_SOCKET, SO_RCVTIMEO,
			     &tv, sizeof(tv)));
	ASSERT_EQ(2, send(self->a, "ab", 2, 0));
	EXPECT_EQ(2, recv(self->b, buf, 8, 0));
	ASSERT_EQ(4, send(self->a, "abcd", 4, 0));
	EXPECT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(4, recv(self->b, buf, 8, 0));
}

TEST_F(sock_stream, zero_bytes_are_nothing)
{
	char c;

	EXPECT_EQ(0, send(self->a, "", 0, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->b, &c, 1, MSG_DONTWAIT));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(0, recv(self->b, &c, 0, 0));
	EXPECT_EQ(1, recv(self->b, &c, 1, 0));
}

TEST_F(sock_stream, vectors_are_gathered_and_scattered)
{
	char one[3], two[4], three[8];
	struct iovec out[] = {
		{ "abc", 3 }, { "", 0 }, { "defg", 4 }, { "hijklmno", 8 },
	};
	struct iovec in[] = { { one, 3 }, { two, 4 }, { three, 8 } };
	struct msghdr msg = { .msg_iov = in, .msg_iovlen = 3 };

	ASSERT_EQ(15, writev(self->a, out, 4));
	ASSERT_EQ(15, recvmsg(self->b, &msg, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(one, "abc", 3));
	EXPECT_EQ(0, memcmp(two, "defg", 4));
	EXPECT_EQ(0, memcmp(three, "hijklmno", 8));
	EXPECT_EQ(0, msg.msg_flags & ~MSG_WAITALL);
}

TEST_F(sock_stream, an_address_for_a_connected_stream_is_ignored)
{
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 1);
	char c;

	EXPECT_EQ(1, sendto(self->a, "x", 1, 0,
			    (struct sockaddr *)&sin, sizeof(sin)));
	EXPECT_EQ(1, recv(self->b, &c, 1, 0));
}

TEST_F(sock_stream, half_close_still_carries_the_other_way)
{
	char buf[8];

	ASSERT_EQ(3, send(self->a, "end", 3, 0));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(3, recv(self->b, buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(self->b, buf, 8, 0));
	EXPECT_EQ(0, recv(self->b, buf, 8, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT,
		  polled(self->b, POLLIN | POLLRDHUP | POLLOUT));
	EXPECT_EQ(5, send(self->b, "reply", 5, 0));
	EXPECT_EQ(5, recv(self->a, buf, 5, MSG_WAITALL));
	EXPECT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(0, recv(self->a, buf, 8, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT | POLLHUP,
		  polled(self->a, POLLIN | POLLRDHUP | POLLOUT));
}

TEST_F(sock_stream, writing_after_shutdown_is_EPIPE_and_SIGPIPE)
{
	sigset_t pipes, pending;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	ASSERT_OK(sigprocmask(SIG_BLOCK, &pipes, NULL));
	ASSERT_OK(shutdown(self->a, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(self->a, "x", 1, MSG_NOSIGNAL));
	ASSERT_OK(sigpending(&pending));
	EXPECT_EQ(0, sigismember(&pending, SIGPIPE));
	EXPECT_ERRNO(EPIPE, send(self->a, "x", 1, 0));
	ASSERT_OK(sigpending(&pending));
	EXPECT_EQ(1, sigismember(&pending, SIGPIPE));
}

TEST_F(sock_stream, SHUT_RD_gives_end_of_file_at_once)
{
	char c;

	EXPECT_EQ(0, shutdown(self->b, SHUT_RD));
	EXPECT_EQ(0, recv(self->b, &c, 1, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP,
		  polled(self->b, POLLIN | POLLRDHUP));
	EXPECT_EQ(1, send(self->a, "x", 1, 0));
}

TEST_F(sock_stream, shutdown_checks_its_argument_and_state)
{
	char c;

	EXPECT_ERRNO(EINVAL, shutdown(self->a, 3));
	EXPECT_ERRNO(EINVAL, shutdown(self->a, -1));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, recv(self->b, &c, 1, 0));
}

TEST_F(sock_stream, the_peers_close_is_end_of_file_then_reset)
{
	char c;

	close(self->a);
	EXPECT_EQ(POLLIN | POLLRDHUP, wait_for(self->b, POLLIN | POLLRDHUP));
	EXPECT_EQ(0, recv(self->b, &c, 1, 0));
	/* Nobody reads any more: the first write provokes a reset ... */
	EXPECT_EQ(1, send(self->b, "x", 1, 0));
	EXPECT_NE(0, wait_for(self->b, POLLERR) & POLLERR);
	/* ... which the second one learns of. */
	EXPECT_ERRNO(EPIPE, send(self->b, "x", 1, MSG_NOSIGNAL));
	self->a = -1;
}

TEST_F(sock_stream, closing_with_unread_data_resets)
{
	char c;

	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	close(self->b);
	self->b = -1;
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP, wait_for(self->a, POLLIN));
	EXPECT_ERRNO(ECONNRESET, recv(self->a, &c, 1, 0));
	EXPECT_EQ(0, recv(self->a, &c, 1, 0)) {
		TH_LOG("the error is told once");
	}
	EXPECT_ERRNO(EPIPE, send(self->a, &c, 1, MSG_NOSIGNAL));
}

TEST_F(sock_stream, SO_LINGER_zero_resets)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	ASSERT_OK(setsockopt(self->a, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(self->a);
	self->a = -1;
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP, wait_for(self->b, POLLIN));
	EXPECT_EQ(ECONNRESET, so_error(self->b));
	EXPECT_EQ(0, so_error(self->b));
}

TEST_F(sock_stream, SO_LINGER_waits_for_the_data_to_arrive)
{
	struct linger l = { .l_onoff = 1, .l_linger = 5 };
	char buf[8];

	ASSERT_OK(setsockopt(self->a, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	ASSERT_EQ(4, send(self->a, "last", 4, 0));
	close(self->a);
	self->a = -1;
	EXPECT_EQ(4, recv(self->b, buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(self->b, buf, 8, 0));
}

TEST_F(sock_stream, poll_tells_data_from_room)
{
	char c;

	EXPECT_EQ(POLLOUT, polled(self->a, POLLIN | POLLOUT));
	ASSERT_EQ(1, send(self->b, "x", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(self->a, POLLIN));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM,
		  polled(self->a, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM |
				  POLLPRI | POLLRDHUP));
	ASSERT_EQ(1, recv(self->a, &c, 1, 0));
	EXPECT_EQ(0, polled(self->a, POLLIN));
}

TEST_F(sock_stream, edge_triggered_epoll_tells_each_arrival)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);
	int i;

	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, self->b, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
		EXPECT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
		EXPECT_EQ(EPOLLIN, ev.events);
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	}
}

TEST_F(sock_stream, SIOCINQ_counts_what_waits)
{
	int n = -1;

	ASSERT_OK(ioctl(self->b, SIOCINQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	ASSERT_OK(ioctl(self->b, SIOCINQ, &n));
	EXPECT_EQ(5, n);
	EXPECT_ERRNO(ENOTTY, ioctl(self->b, 0x5678, &n));
}

static void no_matter(int sig)
{
}

/* What a read tells with TCP_INQ; -1 when nothing. */
static int inq_after(int fd, size_t len)
{
	char buf[16], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &msg, 0) < 0)
		return -2;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_level != SOL_TCP || cmsg->cmsg_type != TCP_CM_INQ)
		return -1;
	return *(int *)CMSG_DATA(cmsg);
}

TEST_F(sock_stream, TCP_INQ_tells_with_a_read_what_is_left)
{
	ASSERT_EQ(8, send(self->a, "abcdefgh", 8, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(-1, inq_after(self->b, 1));
	ASSERT_EQ(0, set_int(self->b, SOL_TCP, TCP_INQ, 1));
	EXPECT_EQ(5, inq_after(self->b, 2));
	EXPECT_EQ(0, inq_after(self->b, 16));
	/* The end is something to be read. */
	ASSERT_EQ(1, send(self->a, "i", 1, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(POLLRDHUP, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(1, inq_after(self->b, 1));
	EXPECT_EQ(1, inq_after(self->b, 1));
	ASSERT_EQ(0, set_int(self->b, SOL_TCP, TCP_INQ, 0));
	EXPECT_EQ(-1, inq_after(self->b, 1));
}

TEST_F(sock_stream, TCP_INQ_counts_the_end_when_it_has_come)
{
	ASSERT_EQ(0, set_int(self->b, SOL_TCP, TCP_INQ, 1));
	ASSERT_EQ(10, send(self->a, "abcdefghij", 10, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(POLLRDHUP, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(7, inq_after(self->b, 4));
	EXPECT_EQ(3, inq_after(self->b, 4));
	EXPECT_EQ(1, inq_after(self->b, 4));
	EXPECT_EQ(1, inq_after(self->b, 4));
}

/* One of two readers, octet by octet. */
struct inq_reader {
	int fd;
	int reads;
};

static void *read_with_inq(void *arg)
{
	struct inq_reader *r = arg;
	long wrong = 0;
	int inq, i;

	for (i = 0; i < r->reads; i++) {
		inq = inq_after(r->fd, 1);
		wrong += inq < 0 || inq > 2 * r->reads;
	}
	return (void *)wrong;
}

TEST_F(sock_stream, TCP_INQ_tells_the_truth_to_each_of_two_readers)
{
	struct inq_reader r = { .fd = self->b, .reads = is_debug_kernel() ? 2000 : 20000 };
	pthread_t readers[2];
	void *wrong;
	int i;

	ASSERT_EQ(0, set_int(self->b, SOL_TCP, TCP_INQ, 1));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&readers[i], NULL, read_with_inq, &r));
	for (i = 0; i < 2 * r.reads; i++)
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(readers[i], &wrong));
		EXPECT_EQ(NULL, wrong);
	}
}

TEST_F(sock_stream, a_signal_interrupts_a_wait)
{
	struct sigaction act = { .sa_handler = no_matter };
	char c;

	ASSERT_OK(sigaction(SIGALRM, &act, NULL));
	ualarm(50000, 50000);
	EXPECT_ERRNO(EINTR, recv(self->b, &c, 1, 0));
	ualarm(0, 0);
}

TEST_F(sock_stream, survives_its_descriptor_in_another_process)
{
	char buf[8];
	pid_t pid = fork();

	if (!pid) {
		close(self->b);
		_exit(send(self->a, "child", 5, 0) == 5 ? 0 : 1);
	}
	close(self->a);
	self->a = -1;
	EXPECT_EQ(5, recv(self->b, buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(self->b, buf, 8, 0));
}

TEST_F(sock_stream, a_megabyte_arrives_whole)
{
	static unsigned char out[1 << 20], in[1 << 20];
	size_t i, got = 0;
	ssize_t n;
	pid_t pid;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 2654435761U >> 24;
	pid = fork();
	if (!pid) {
		for (i = 0; i < sizeof(out); i += n) {
			n = send(self->a, out + i, sizeof(out) - i, 0);
			if (n <= 0)
				_exit(1);
		}
		_exit(0);
	}
	while (got < sizeof(in)) {
		n = recv(self->b, in + got, sizeof(in) - got, 0);
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

TEST_HARNESS_MAIN
