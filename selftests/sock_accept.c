// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners in detail: what an accepted socket has from its listener, the length of
 * the queue, who is told of a new connection; and connects that cannot succeed.
 */
#include "kite_test.h"

#include <signal.h>
#include <sys/epoll.h>

#include "uring.h"

#define IP	"/usr/sbin/ip"

FIXTURE_OF_BOTH_FAMILIES(sock_accept);

/* A connection to @lfd; -1 when it fails. */
static int client_of(int family, int lfd)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (connect_to(fd, family, "127.0.0.1", port_of(lfd))) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST_F(sock_accept, a_child_has_its_listeners_options)
{
	static const struct {
		int level, name, value;
	} opts[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ SOL_SOCKET, SO_RCVBUF, 50000 },
		{ SOL_SOCKET, SO_SNDBUF, 60000 },
		{ SOL_SOCKET, SO_OOBINLINE, 1 },
		{ SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_MARK, 77 },
		{ SOL_SOCKET, SO_RCVLOWAT, 10 },
		{ SOL_IP, IP_TTL, 42 },
		{ SOL_IP, IP_TOS, 0x10 },
		{ SOL_TCP, TCP_NODELAY, 1 },
		{ SOL_TCP, TCP_CORK, 1 },
		{ SOL_TCP, TCP_KEEPIDLE, 100 },
		{ SOL_TCP, TCP_KEEPINTVL, 11 },
		{ SOL_TCP, TCP_KEEPCNT, 7 },
		{ SOL_TCP, TCP_LINGER2, 33 },
		{ SOL_TCP, TCP_SYNCNT, 4 },
		{ SOL_TCP, TCP_USER_TIMEOUT, 12345 },
		{ SOL_TCP, TCP_NOTSENT_LOWAT, 4097 },
	};
	int lfd = listener(self->family, 0), fd;
	struct linger linger = { .l_onoff = 1, .l_linger = 5 }, got = {};
	socklen_t len = sizeof(got);
	unsigned int i;

	ASSERT_OK(lfd);
	for (i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		ASSERT_EQ(0, set_int(lfd, opts[i].level, opts[i].name, opts[i].value)) {
			TH_LOG("option %d.%d", opts[i].level, opts[i].name);
		}
	ASSERT_EQ(0, setsockopt(lfd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	ASSERT_OK(client_of(self->family, lfd));
	fd = accept(lfd, NULL, NULL);
	ASSERT_OK(fd);
	for (i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		EXPECT_EQ(get_int(lfd, opts[i].level, opts[i].name),
			  get_int(fd, opts[i].level, opts[i].name)) {
			TH_LOG("option %d.%d", opts[i].level, opts[i].name);
		}
	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &len));
	EXPECT_EQ(1, got.l_onoff);
	EXPECT_EQ(5, got.l_linger);
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(1, get_int(lfd, SOL_SOCKET, SO_ACCEPTCONN));
}

TEST_F(sock_accept, a_childs_flags_are_accept4s)
{
	int lfd = listener(self->family, 0), fd;

	ASSERT_OK(lfd);
	nonblocking(lfd);
	ASSERT_OK(client_of(self->family, lfd));
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
	fd = accept(lfd, NULL, NULL);
	ASSERT_OK(fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
	fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_OK(fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_ERRNO(EINVAL, accept4(lfd, NULL, NULL, 1));
}

TEST_F(sock_accept, options_set_after_the_handshake_are_the_listeners_own)
{
	int lfd = listener(self->family, 0), fd;

	ASSERT_OK(lfd);
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
	ASSERT_EQ(0, set_int(lfd, SOL_TCP, TCP_NODELAY, 1));
	fd = accept(lfd, NULL, NULL);
	ASSERT_OK(fd);
	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NODELAY));
}

/* TCP_INFO of a listener: how many wait, and how many may. */
static void queue_of(int fd, unsigned int *waiting, unsigned int *limit)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len);
	*waiting = info.tcpi_unacked;
	*limit = info.tcpi_sacked;
}

TEST_F(sock_accept, somaxconn_caps_the_backlog)
{
	int fd = bound_socket(self->family, SOCK_STREAM, 0);
	unsigned int waiting, limit;

	ASSERT_EQ(0, write_file("/proc/sys/net/core/somaxconn", "5"));
	ASSERT_EQ(0, listen(fd, 100));
	queue_of(fd, &waiting, &limit);
	EXPECT_EQ(5, limit);
	ASSERT_EQ(0, listen(fd, -1));
	queue_of(fd, &waiting, &limit);
	EXPECT_EQ(5, limit);
	ASSERT_EQ(0, listen(fd, 2));
	queue_of(fd, &waiting, &limit);
	EXPECT_EQ(2, limit);
	EXPECT_EQ(0, waiting);
}

TEST_F(sock_accept, TCP_INFO_counts_who_waits)
{
	int lfd = listener(self->family, 0), i;
	unsigned int waiting, limit;

	ASSERT_OK(lfd);
	for (i = 0; i < 3; i++)
		ASSERT_OK(client_of(self->family, lfd));
	queue_of(lfd, &waiting, &limit);
	EXPECT_EQ(3, waiting);
	EXPECT_EQ(8, limit);
	/* Changing the backlog loses nobody. */
	ASSERT_EQ(0, listen(lfd, 1));
	for (i = 3; i; i--) {
		queue_of(lfd, &waiting, &limit);
		EXPECT_EQ(i, waiting);
		ASSERT_OK(accept(lfd, NULL, NULL));
	}
}

TEST_F(sock_accept, SIGIO_tells_of_a_connection)
{
	int lfd = listener(self->family, 0);
	struct timespec limit = { .tv_sec = SOON / 1000 };
	sigset_t set;

	ASSERT_OK(lfd);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, fcntl(lfd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(lfd, F_SETFL, O_ASYNC));
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_EQ(SIGIO, sigtimedwait(&set, NULL, &limit));
}

TEST_F(sock_accept, EPOLLEXCLUSIVE_wakes_one_and_leaves_none_behind)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE }, got;
	int lfd = listener(self->family, 0), ep[2], i;

	ASSERT_OK(lfd);
	nonblocking(lfd);
	for (i = 0; i < 2; i++) {
		ep[i] = epoll_create1(0);
		ASSERT_EQ(0, epoll_ctl(ep[i], EPOLL_CTL_ADD, lfd, &ev));
	}
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_LE(1, polled(ep[0], POLLIN) + polled(ep[1], POLLIN));
	ASSERT_OK(accept(lfd, NULL, NULL));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, epoll_wait(ep[i], &got, 1, 0));
}

/* One octet gets from here to there. */
static bool reaches(int from, int to)
{
	char c = 0;

	return send(from, "x", 1, 0) == 1 && recv_soon(to, &c, 1) == 1 && c == 'x';
}

TEST_F(sock_accept, io_uring_accepts_a_connection)
{
	int lfd = listener(self->family, 0), fd;
	struct io_uring_cqe answer;
	struct uring u;

	ASSERT_OK(lfd);
	ASSERT_EQ(0, uring_open(&u));
	uring_ask_accept(&u, lfd, false);
	ASSERT_EQ(0, uring_enter(&u, 1, 0));
	EXPECT_EQ(false, uring_take(&u, &answer));
	fd = client_of(self->family, lfd);
	ASSERT_OK(fd);
	ASSERT_EQ(0, uring_enter(&u, 0, 1));
	ASSERT_EQ(true, uring_take(&u, &answer));
	ASSERT_LE(0, answer.res);
	EXPECT_EQ(0, answer.flags & IORING_CQE_F_MORE);
	EXPECT_EQ(true, reaches(fd, answer.res));
	EXPECT_EQ(true, reaches(answer.res, fd));
	/* It was asked for one only. */
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
	EXPECT_EQ(false, uring_take(&u, &answer));
	uring_close(&u);
}

TEST_F(sock_accept, io_uring_accepts_all_that_come)
{
	int lfd = listener(self->family, 0), fd, i;
	struct io_uring_cqe answer;
	struct uring u;

	ASSERT_OK(lfd);
	/* One is there already. */
	fd = client_of(self->family, lfd);
	ASSERT_OK(fd);
	ASSERT_EQ(0, uring_open(&u));
	uring_ask_accept(&u, lfd, true);
	ASSERT_EQ(0, uring_enter(&u, 1, 1));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(true, uring_take(&u, &answer));
		ASSERT_LE(0, answer.res);
		EXPECT_NE(0, answer.flags & IORING_CQE_F_MORE);
		EXPECT_EQ(true, reaches(fd, answer.res));
		fd = client_of(self->family, lfd);
		ASSERT_OK(fd);
		ASSERT_EQ(0, uring_enter(&u, 0, 1));
	}
	/* shutdown() is its end. */
	ASSERT_EQ(true, uring_take(&u, &answer));
	ASSERT_OK(shutdown(lfd, SHUT_RDWR));
	ASSERT_EQ(0, uring_enter(&u, 0, 1));
	ASSERT_EQ(true, uring_take(&u, &answer));
	EXPECT_EQ(-EINVAL, answer.res);
	EXPECT_EQ(0, answer.flags & IORING_CQE_F_MORE);
	uring_close(&u);
}

TEST_F(sock_accept, shutdown_forgets_who_waits)
{
	int lfd = listener(self->family, 0), fd;
	char c;

	ASSERT_OK(lfd);
	fd = client_of(self->family, lfd);
	ASSERT_OK(fd);
	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	EXPECT_ERRNO(ECONNRESET, recv_soon(fd, &c, 1));
	EXPECT_ERRNO(EINVAL, accept(lfd, NULL, NULL));
	ASSERT_EQ(0, listen(lfd, 1));
	nonblocking(lfd);
	EXPECT_ERRNO(EAGAIN, accept(lfd, NULL, NULL));
	ASSERT_OK(client_of(self->family, lfd));
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
}

TEST_F(sock_accept, a_socket_may_connect_to_itself)
{
	int fd = bound_socket(self->family, SOCK_STREAM, 0);
	char buf[4] = "";

	ASSERT_OK(fd);
	ASSERT_EQ(0, connect_to(fd, self->family, "127.0.0.1", port_of(fd)));
	EXPECT_EQ(4, send(fd, "echo", 4, 0));
	EXPECT_EQ(4, recv_soon(fd, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "echo", 4));
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	EXPECT_EQ(0, recv_soon(fd, buf, 4));
}

TEST_F(sock_accept, routes_say_why_there_is_no_way)
{
	static const struct {
		const char *addr;
		int error;
	} ways[] = {
		{ "10.1.0.1", EHOSTUNREACH },
		{ "10.2.0.1", EACCES },
		{ "10.3.0.1", EINVAL },
		{ "10.4.0.1", ENETUNREACH },
	};
	unsigned int i;

	ASSERT_EQ(0, system(IP " route add unreachable 10.1.0.0/24 && "
			    IP " route add prohibit 10.2.0.0/24 && "
			    IP " route add blackhole 10.3.0.0/24"));
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int fd = socket(self->family, SOCK_STREAM, 0);

		EXPECT_ERRNO(ways[i].error,
			     connect_to(fd, self->family, ways[i].addr, 7));
		close(fd);
	}
}

TEST_F(sock_accept, a_neighbour_that_is_not_there_is_EHOSTUNREACH)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	/* Nobody is on the other end. */
	ASSERT_EQ(0, system(IP " link add v0 type veth peer name v1 && "
			    IP " address add 10.0.0.1/24 dev v0 && "
			    IP " link set v1 up && " IP " link set v0 up"));
	EXPECT_ERRNO(EHOSTUNREACH, connect_to(fd, self->family, "10.0.0.2", 7));
}

TEST_HARNESS_MAIN
