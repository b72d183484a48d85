// SPDX-License-Identifier: GPL-2.0
/*
 * What datagram and raw sockets can beyond sending and receiving one message:
 * many at once, filters, peeking further on, time stamps, epoll, io_uring,
 * shutdown by halves.
 */
#include "control.h"

#include <linux/bpf.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "uring.h"

#define HEADER	20	/* of IP: raw sockets receive it, too */

/* Two sockets that are connected to each other. */
FIXTURE(dgram_calls) {
	int fd[2];
	int head;	/* octets in front of what was sent */
	bool raw;
};

FIXTURE_VARIANT(dgram_calls) {
	int family, type;
};

FIXTURE_VARIANT_ADD(dgram_calls, inet_udp) { AF_INET, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(dgram_calls, inet_raw) { AF_INET, SOCK_RAW };
FIXTURE_VARIANT_ADD(dgram_calls, kite_udp) { AF_KITE, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(dgram_calls, kite_raw) { AF_KITE, SOCK_RAW };

static int raw_pair(int family, int fd[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		fd[i] = socket(family, SOCK_RAW, 253);
		if (fd[i] < 0 ||
		    bind_to(fd[i], family, i ? "127.0.0.2" : "127.0.0.1", 0) ||
		    connect_to(fd[i], family, i ? "127.0.0.1" : "127.0.0.2", 0))
			return -1;
	}
	return 0;
}

FIXTURE_SETUP(dgram_calls)
{
	ASSERT_EQ(0, own_network());
	self->raw = variant->type == SOCK_RAW;
	self->head = self->raw ? HEADER : 0;
	ASSERT_OK(self->raw ? raw_pair(variant->family, self->fd) :
			      dgram_pair(variant->family, self->fd));
}

FIXTURE_TEARDOWN(dgram_calls)
{
}

#define BATCH	5

/* The lengths 1, 2, ... @n in as many messages. */
static void fill(struct mmsghdr *m, struct iovec *iov, char *buf, int n)
{
	int i;

	memset(m, 0, n * sizeof(*m));
	for (i = 0; i < n; i++) {
		iov[i] = (struct iovec){ buf, i + 1 };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
}

TEST_F(dgram_calls, sendmmsg_and_recvmmsg_take_many_at_once)
{
	struct timespec soon = { .tv_sec = 5 };
	struct mmsghdr m[BATCH + 1];
	struct iovec iov[BATCH + 1];
	char buf[128] = "abcdef";
	int i, n, have;

	fill(m, iov, buf, BATCH);
	EXPECT_EQ(BATCH, sendmmsg(self->fd[0], m, BATCH, 0));
	for (i = 0; i < BATCH; i++)
		EXPECT_EQ(i + 1, m[i].msg_len);

	fill(m, iov, buf, BATCH + 1);
	for (i = 0; i <= BATCH; i++)
		iov[i].iov_len = sizeof(buf);
	/* All that come until the time is up: the first two are all. */
	ASSERT_EQ(2, recvmmsg(self->fd[1], m, 2, 0, &soon));
	EXPECT_EQ(self->head + 1, m[0].msg_len);
	EXPECT_EQ(self->head + 2, m[1].msg_len);
	/* One, and what is there with it. */
	for (have = 0; have < BATCH - 2; have += n) {
		n = recvmmsg(self->fd[1], m, BATCH + 1, MSG_WAITFORONE, NULL);
		ASSERT_LT(0, n);
		for (i = 0; i < n; i++)
			EXPECT_EQ(self->head + have + i + 3, m[i].msg_len);
	}
	EXPECT_EQ(BATCH - 2, have);
	EXPECT_ERRNO(EAGAIN, recvmmsg(self->fd[1], m, 1, MSG_DONTWAIT, NULL));
}

TEST_F(dgram_calls, sendmmsg_ends_where_one_fails)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	static char buf[70000];

	fill(m, iov, buf, BATCH);
	iov[2].iov_len = sizeof(buf);
	EXPECT_EQ(2, sendmmsg(self->fd[0], m, BATCH, 0));
	EXPECT_ERRNO(EMSGSIZE, sendmmsg(self->fd[0], m + 2, BATCH - 2, 0));
	EXPECT_EQ(self->head + 1, recv_soon(self->fd[1], buf, sizeof(buf)));
	EXPECT_EQ(self->head + 2, recv_soon(self->fd[1], buf, sizeof(buf)));
	EXPECT_ERRNO(EAGAIN, recv(self->fd[1], buf, 1, MSG_DONTWAIT));
}

TEST_F(dgram_calls, SIOCINQ_and_SIOCOUTQ_tell_what_waits)
{
	char buf[64] = {};
	int n = -1;

	ASSERT_OK(ioctl(self->fd[1], SIOCINQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(7, send(self->fd[0], buf, 7, 0));
	ASSERT_EQ(9, send(self->fd[0], buf, 9, 0));
	ASSERT_EQ(POLLIN, wait_for(self->fd[1], POLLIN));
	ASSERT_OK(ioctl(self->fd[1], SIOCINQ, &n));
	EXPECT_EQ(self->head + 7, n);
	ASSERT_OK(ioctl(self->fd[0], SIOCOUTQ, &n));
	EXPECT_EQ(0, n);
	if (self->raw)
		return;
	ASSERT_EQ(7, send(self->fd[0], buf, 7, MSG_MORE));
	ASSERT_OK(ioctl(self->fd[0], SIOCOUTQ, &n));
	EXPECT_LT(7, n);
}

/* Nobody answers for the address that is sent to, so everything waits. */
TEST_F(dgram_calls, SO_SNDBUF_limits_what_waits)
{
	int fd = socket(variant->family, variant->type, self->raw ? 253 : 0);
	static char buf[1000];
	int i;

	ASSERT_EQ(0, system("/usr/sbin/ip link add v0 type veth peer name v1 && "
			    "/usr/sbin/ip addr add 10.0.0.1/24 dev v0 && "
			    "/usr/sbin/ip link set v0 up && "
			    "/usr/sbin/ip link set v1 up"));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_SNDBUF, 4096));
	ASSERT_OK(connect_to(fd, variant->family, "10.0.0.3", 9));
	for (i = 0; i < 100 && send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
	EXPECT_GT(100, i);
	/* Raw sockets do not wait for room. */
	EXPECT_EQ(self->raw ? ENOBUFS : EAGAIN, errno);
}

/* Only what begins with 'a' gets in, and of that only so much. */
static int attach_filter(int fd, int at, int keep)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'a', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, at + keep),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

TEST_F(dgram_calls, SO_ATTACH_FILTER_keeps_out_and_cuts_off)
{
	int at = self->raw ? HEADER : 8;
	char buf[64];

	ASSERT_OK(attach_filter(self->fd[1], at, 3));
	ASSERT_EQ(5, send(self->fd[0], "bcdef", 5, 0));
	ASSERT_EQ(5, send(self->fd[0], "abcde", 5, 0));
	EXPECT_EQ(self->head + 3, recv_soon(self->fd[1], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf + self->head, "abc", 3));
	EXPECT_ERRNO(EAGAIN, recv(self->fd[1], buf, 1, MSG_DONTWAIT));

	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_LOCK_FILTER, 1));
	EXPECT_ERRNO(EPERM, set_int(self->fd[1], SOL_SOCKET, SO_DETACH_FILTER,
				    0));
	EXPECT_ERRNO(EPERM, attach_filter(self->fd[1], at, 3));
}

TEST_F(dgram_calls, SO_DETACH_FILTER_lets_all_in_again)
{
	char buf[64];

	EXPECT_ERRNO(ENOENT, set_int(self->fd[1], SOL_SOCKET, SO_DETACH_FILTER,
				     0));
	ASSERT_OK(attach_filter(self->fd[1], self->raw ? HEADER : 8, 3));
	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_DETACH_FILTER, 0));
	ASSERT_EQ(5, send(self->fd[0], "bcdef", 5, 0));
	EXPECT_EQ(self->head + 5, recv_soon(self->fd[1], buf, sizeof(buf)));
}

/* A program that returns a number; its descriptor. */
static int load_program(int result)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = result },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = 2,
		.insns = (uintptr_t)code,
		.license = (uintptr_t)"GPL",
	};

	return syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

TEST_F(dgram_calls, SO_ATTACH_BPF_keeps_out)
{
	int none = load_program(0), all = load_program(-1);
	char buf[64];

	ASSERT_LE(0, none);
	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_ATTACH_BPF, none));
	ASSERT_EQ(1, send(self->fd[0], "1", 1, 0));
	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_ATTACH_BPF, all));
	ASSERT_EQ(1, send(self->fd[0], "2", 1, 0));
	EXPECT_EQ(self->head + 1, recv_soon(self->fd[1], buf, sizeof(buf)));
	EXPECT_EQ('2', buf[self->head]);
}

TEST_F(dgram_calls, SO_RCVLOWAT_is_kept_and_delays_nothing)
{
	char buf[64];

	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_RCVLOWAT, 1000));
	EXPECT_EQ(1000, get_int(self->fd[1], SOL_SOCKET, SO_RCVLOWAT));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(self->fd[1], POLLIN));
	EXPECT_EQ(self->head + 1, recv(self->fd[1], buf, sizeof(buf), 0));
}

TEST_F(dgram_calls, SO_PEEK_OFF_goes_on_where_the_last_peek_ended)
{
	char buf[64];

	if (self->raw) {
		EXPECT_ERRNO(EOPNOTSUPP, set_int(self->fd[1], SOL_SOCKET,
						 SO_PEEK_OFF, 0));
		return;
	}
	ASSERT_EQ(5, send(self->fd[0], "abcde", 5, 0));
	ASSERT_EQ(3, send(self->fd[0], "fgh", 3, 0));
	ASSERT_EQ(POLLIN, wait_for(self->fd[1], POLLIN));
	EXPECT_EQ(-1, get_int(self->fd[1], SOL_SOCKET, SO_PEEK_OFF));
	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_PEEK_OFF, 1));
	EXPECT_EQ(2, recv(self->fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "bc", 2));
	EXPECT_EQ(3, get_int(self->fd[1], SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(2, recv(self->fd[1], buf, 10, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "de", 2));
	EXPECT_EQ(3, recv(self->fd[1], buf, 10, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "fgh", 3));
	EXPECT_EQ(8, get_int(self->fd[1], SOL_SOCKET, SO_PEEK_OFF));
	/* Reading moves it back. */
	EXPECT_EQ(5, recv(self->fd[1], buf, 10, 0));
	EXPECT_EQ(3, get_int(self->fd[1], SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(3, recv(self->fd[1], buf, 10, 0));
}

/* What recvmsg() tells of time; it does not wait. */
struct stamped {
	struct scm_timestamping tss;
	struct sock_extended_err err;
	bool has_tss, has_err;
};

static int recv_stamped(int fd, int flags, struct stamped *s)
{
	struct received r;
	struct cmsghdr *c;
	char buf[2000];
	int n;

	memset(s, 0, sizeof(*s));
	n = receive_message(fd, &r, buf, sizeof(buf), flags | MSG_DONTWAIT);
	if (n < 0)
		return n;
	c = control(&r, SOL_SOCKET, SCM_TIMESTAMPING);
	s->has_tss = c;
	if (c)
		memcpy(&s->tss, CMSG_DATA(c), sizeof(s->tss));
	c = control(&r, SOL_IP, IP_RECVERR);
	s->has_err = c;
	if (c)
		memcpy(&s->err, CMSG_DATA(c), sizeof(s->err));
	return n;
}

TEST_F(dgram_calls, SO_TIMESTAMPING_tells_when_it_came)
{
	struct stamped s;
	unsigned int i;

	ASSERT_OK(set_int(self->fd[1], SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_RX_SOFTWARE |
			  SOF_TIMESTAMPING_SOFTWARE));
	/* The kernel begins to stamp what comes in a moment after it is asked to. */
	for (i = 0; i < SOON; i++) {
		ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
		ASSERT_EQ(POLLIN, wait_for(self->fd[1], POLLIN));
		ASSERT_EQ(self->head + 1, recv_stamped(self->fd[1], 0, &s));
		if (s.has_tss)
			break;
		usleep(1000);
	}
	EXPECT_TRUE(s.has_tss);
	EXPECT_LT(0, s.tss.ts[0].tv_sec);
	EXPECT_EQ(0, s.tss.ts[2].tv_sec);
}

TEST_F(dgram_calls, SO_TIMESTAMPING_tells_when_it_left)
{
	static char buf[1000];
	struct stamped s;
	unsigned int i;

	ASSERT_OK(set_int(self->fd[0], SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_TX_SOFTWARE |
			  SOF_TIMESTAMPING_SOFTWARE |
			  SOF_TIMESTAMPING_OPT_ID |
			  SOF_TIMESTAMPING_OPT_TSONLY));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(sizeof(buf), send(self->fd[0], buf, sizeof(buf), 0));
		ASSERT_EQ(POLLERR, wait_for(self->fd[0], 0));
		ASSERT_EQ(0, recv_stamped(self->fd[0], MSG_ERRQUEUE, &s));
		EXPECT_TRUE(s.has_tss);
		EXPECT_LT(0, s.tss.ts[0].tv_sec);
		ASSERT_TRUE(s.has_err);
		EXPECT_EQ(ENOMSG, s.err.ee_errno);
		EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, s.err.ee_origin);
		EXPECT_EQ(SCM_TSTAMP_SND, s.err.ee_info);
		EXPECT_EQ(i, s.err.ee_data);
	}
	EXPECT_ERRNO(EAGAIN, recv_stamped(self->fd[0], MSG_ERRQUEUE, &s));
}

/* Whether a time stamp outlives IP_RECVERR's end; -1 = there was none. */
static int stamp_stays(struct __test_metadata *_metadata, int family)
{
	struct stamped s;
	int fd[2], stays;

	ASSERT_EQ(0, dgram_pair(family, fd));
	ASSERT_OK(set_int(fd[0], SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE));
	ASSERT_OK(set_int(fd[0], SOL_IP, IP_RECVERR, 1));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	if (wait_for(fd[0], 0) != POLLERR)
		return -1;
	ASSERT_OK(set_int(fd[0], SOL_IP, IP_RECVERR, 0));
	stays = recv_stamped(fd[0], MSG_ERRQUEUE, &s) >= 0;
	close(fd[0]);
	close(fd[1]);
	return stays;
}

/* Linux throws them away before 6.6. */
TEST_F(dgram_calls, IP_RECVERR_off_does_to_time_stamps_what_AF_INET_does)
{
	int inet = stamp_stays(_metadata, AF_INET);

	ASSERT_LE(0, inet);
	EXPECT_EQ(inet, stamp_stays(_metadata, AF_KITE));
}

/* Asked for with one message only, and in fragments. */
TEST_F(dgram_calls, SO_TIMESTAMPING_of_one_message)
{
	static char buf[3000];
	char control[CMSG_SPACE(sizeof(uint32_t))] = {};
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct stamped s;

	ASSERT_EQ(0, system("/usr/sbin/ip link set lo mtu 1500"));
	ASSERT_OK(set_int(self->fd[0], SOL_IP, IP_MTU_DISCOVER,
			  IP_PMTUDISC_DONT));
	ASSERT_OK(set_int(self->fd[0], SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_SOFTWARE |
			  SOF_TIMESTAMPING_OPT_TSONLY));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(uint32_t));
	*(uint32_t *)CMSG_DATA(c) = SOF_TIMESTAMPING_TX_SCHED;
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	EXPECT_ERRNO(EAGAIN, recv_stamped(self->fd[0], MSG_ERRQUEUE, &s));
	ASSERT_EQ(sizeof(buf), sendmsg(self->fd[0], &m, 0));
	ASSERT_EQ(POLLERR, wait_for(self->fd[0], 0));
	ASSERT_EQ(0, recv_stamped(self->fd[0], MSG_ERRQUEUE, &s));
	EXPECT_EQ(SCM_TSTAMP_SCHED, s.err.ee_info);
	/* A datagram leaves once. */
	EXPECT_ERRNO(EAGAIN, recv_stamped(self->fd[0], MSG_ERRQUEUE, &s));
}

TEST_F(dgram_calls, edge_triggered_epoll_tells_each_arrival)
{
	struct epoll_event want = { .events = EPOLLIN | EPOLLET }, got;
	int ep = epoll_create1(0);

	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, self->fd[1], &want));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(1, send(self->fd[0], "1", 1, 0));
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, SOON));
	EXPECT_EQ(EPOLLIN, got.events);
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0)) {
		TH_LOG("unread as it is, it is no news");
	}
	ASSERT_EQ(1, send(self->fd[0], "2", 1, 0));
	EXPECT_EQ(1, epoll_wait(ep, &got, 1, SOON));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
}

TEST_F(dgram_calls, io_uring_sends_without_a_copy_unless_raw)
{
	struct uring u;
	char buf[16];

	ASSERT_EQ(0, uring_open(&u));
	if (self->raw) {
		EXPECT_ERRNO(EOPNOTSUPP, uring_send_zc(&u, self->fd[0], "hello", 5));
	} else {
		EXPECT_EQ(5, uring_send_zc(&u, self->fd[0], "hello", 5));
		EXPECT_EQ(5, recv(self->fd[1], buf, sizeof(buf), MSG_DONTWAIT));
		EXPECT_EQ(0, memcmp(buf, "hello", 5));
	}
	uring_close(&u);
}

TEST_F(dgram_calls, io_uring_sends_and_receives)
{
	struct uring u;
	char buf[64];
	int n;

	ASSERT_EQ(0, uring_open(&u));
	/* Asked for before there is anything. */
	uring_ask(&u, IORING_OP_RECV, self->fd[1], buf, sizeof(buf), 1);
	ASSERT_EQ(0, uring_enter(&u, 1, 0));
	EXPECT_EQ(false, uring_answer(&u, 1, &n));
	uring_ask(&u, IORING_OP_SEND, self->fd[0], "hello", 5, 2);
	ASSERT_EQ(0, uring_enter(&u, 1, 2));
	ASSERT_EQ(true, uring_answer(&u, 2, &n));
	EXPECT_EQ(5, n);
	ASSERT_EQ(true, uring_answer(&u, 1, &n));
	EXPECT_EQ(self->head + 5, n);
	EXPECT_EQ(0, memcmp(buf + self->head, "hello", 5));
	uring_close(&u);
}

TEST_F(dgram_calls, SHUT_RD_ends_reading_and_SHUT_WR_writing)
{
	char buf[64];
	int i, n = 0;

	ASSERT_OK(shutdown(self->fd[1], SHUT_WR));
	if (!self->raw)
		EXPECT_ERRNO(EPIPE, send(self->fd[1], "x", 1, MSG_NOSIGNAL));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	EXPECT_EQ(self->head + 1, recv_soon(self->fd[1], buf, sizeof(buf))) {
		TH_LOG("the other half is open");
	}
	EXPECT_EQ(0, polled(self->fd[1], POLLIN | POLLRDHUP));

	ASSERT_OK(shutdown(self->fd[1], SHUT_RD));
	EXPECT_EQ(0, recv(self->fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLHUP,
		  polled(self->fd[1], POLLIN | POLLRDHUP));
	/* What comes is kept all the same; nothing tells when it has. */
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	for (i = 0; i < SOON; i++) {
		n = recv(self->fd[1], buf, sizeof(buf), 0);
		if (n)
			break;
		usleep(1000);
	}
	EXPECT_EQ(self->head + 1, n);
	EXPECT_EQ(0, recv(self->fd[1], buf, sizeof(buf), 0));
}

TEST_F(dgram_calls, connect_to_AF_UNSPEC_dissolves)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ASSERT_OK(connect(self->fd[0], &none, sizeof(none)));
	EXPECT_ERRNO(ENOTCONN, getpeername(self->fd[0], (struct sockaddr *)&sin,
					   &len));
	EXPECT_ERRNO(EDESTADDRREQ, send(self->fd[0], "x", 1, 0));
	ASSERT_OK(getsockname(self->fd[0], (struct sockaddr *)&sin, &len));
	/* What bind() chose stays, but for a raw socket. */
	EXPECT_EQ(htonl(self->raw ? INADDR_ANY : INADDR_LOOPBACK),
		  sin.sin_addr.s_addr);
	EXPECT_ERRNO(ENOTCONN, shutdown(self->fd[0], SHUT_WR));
}

TEST_HARNESS_MAIN
