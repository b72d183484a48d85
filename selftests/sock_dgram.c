// SPDX-License-Identifier: GPL-2.0
/*
 * UDP sockets: boundaries, flags, errors from the other end, queues that fill.
 */
#include "kite_test.h"

#include <sys/uio.h>

#include <linux/sockios.h>

FIXTURE(sock_dgram) {
	int family;
	int a;
	int b;
};

FIXTURE_VARIANT(sock_dgram) {
	int family;
};

FIXTURE_VARIANT_ADD(sock_dgram, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(sock_dgram, kite) { .family = AF_KITE };

FIXTURE_SETUP(sock_dgram)
{
	int pair[2];

	self->family = variant->family;
	ASSERT_EQ(0, own_network());
	ASSERT_OK(dgram_pair(self->family, pair));
	self->a = pair[0];
	self->b = pair[1];
}

FIXTURE_TEARDOWN(sock_dgram)
{
	close(self->a);
	close(self->b);
}

TEST_F(sock_dgram, keeps_boundaries_and_order)
{
	char buf[16];

	ASSERT_EQ(3, send(self->a, "one", 3, 0));
	ASSERT_EQ(0, send(self->a, "", 0, 0));
	ASSERT_EQ(5, send(self->a, "three", 5, 0));
	EXPECT_EQ(3, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "one", 3));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0)) {
		TH_LOG("an empty datagram is a datagram");
	}
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "three", 5));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_DONTWAIT));
}

TEST_F(sock_dgram, a_short_buffer_loses_the_rest)
{
	char buf[3];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(2, send(self->a, "no", 2, 0));
	EXPECT_EQ(3, recvmsg(self->b, &msg, 0));
	EXPECT_EQ(MSG_TRUNC, msg.msg_flags);
	EXPECT_EQ(2, recvmsg(self->b, &msg, 0));
	EXPECT_EQ(0, msg.msg_flags);
}

TEST_F(sock_dgram, MSG_TRUNC_tells_the_whole_length)
{
	char buf[3];

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), MSG_TRUNC | MSG_PEEK));
	EXPECT_EQ(5, recv(self->b, NULL, 0, MSG_TRUNC));
}

TEST_F(sock_dgram, MSG_PEEK_leaves_the_datagram)
{
	char buf[16];

	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), MSG_PEEK));
	EXPECT_EQ(2, recv(self->b, buf, 2, MSG_PEEK));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT));
}

TEST_F(sock_dgram, SO_RCVTIMEO_ends_a_wait_with_EAGAIN)
{
	struct timeval tv = { .tv_usec = 50000 };
	char c;

	ASSERT_OK(setsockopt(self->b, SOL_SOCKET, SO_RCVTIMEO,
			     &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, recv(self->b, &c, 1, 0));
}

TEST_F(sock_dgram, connected_hears_only_its_peer)
{
	int stranger = bound_socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1",
					 port_of(self->b));
	char buf[8];

	EXPECT_EQ(1, sendto(stranger, "s", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(1, send(self->a, "f", 1, 0));
	EXPECT_EQ(1, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ('f', buf[0]);
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_DONTWAIT));
}

TEST_F(sock_dgram, an_address_overrides_the_connected_one)
{
	int other = bound_socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1",
					 port_of(other));
	char c;

	EXPECT_EQ(1, sendto(self->a, "x", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(1, recv(other, &c, 1, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->b, &c, 1, MSG_DONTWAIT));
}

TEST_F(sock_dgram, connect_again_changes_the_peer)
{
	int other = bound_socket(self->family, SOCK_DGRAM, 0);
	char c;

	EXPECT_EQ(0, connect_to(self->a, self->family, "127.0.0.1",
				port_of(other)));
	EXPECT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(1, recv(other, &c, 1, 0));
}

TEST_F(sock_dgram, unconnected_send_is_EDESTADDRREQ)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EDESTADDRREQ, send(fd, "x", 1, 0));
	EXPECT_LT(0, port_of(fd)) {
		TH_LOG("the port is taken before the address is missed");
	}
}

TEST_F(sock_dgram, sending_takes_a_port)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1",
					 port_of(self->b));

	EXPECT_EQ(1, sendto(fd, "x", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_LT(0, port_of(fd));
}

TEST_F(sock_dgram, nobody_there_is_ECONNREFUSED_for_the_connected)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char c;

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5999));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_ERRNO(ECONNREFUSED, recv(fd, &c, 1, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_ERRNO(ECONNREFUSED, send(fd, "x", 1, 0));
	EXPECT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, so_error(fd));
	EXPECT_EQ(0, so_error(fd));
}

TEST_F(sock_dgram, nobody_there_is_nothing_to_the_unconnected)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", 5999);

	EXPECT_EQ(1, sendto(fd, "x", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(1, sendto(fd, "x", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(0, so_error(fd));
}

TEST_F(sock_dgram, too_long_is_EMSGSIZE)
{
	static char big[65536];

	EXPECT_ERRNO(EMSGSIZE, send(self->a, big, 65508, 0));
	EXPECT_ERRNO(EMSGSIZE, send(self->a, big, sizeof(big), 0));
}

TEST_F(sock_dgram, the_longest_datagram_arrives_whole)
{
	static char out[65507], in[65507];
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 2654435761U >> 24;
	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_RCVBUF, 1 << 20));
	ASSERT_EQ(sizeof(out), send(self->a, out, sizeof(out), 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(sizeof(in), recv(self->b, in, sizeof(in), 0));
	EXPECT_EQ(0, memcmp(out, in, sizeof(in)));
}

TEST_F(sock_dgram, a_full_receive_buffer_drops)
{
	char buf[1024] = {};
	int sent, got;

	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_RCVBUF, 8192));
	for (sent = 0; sent < 100; sent++)
		ASSERT_EQ(sizeof(buf), send(self->a, buf, sizeof(buf), 0));
	for (got = 0; recv(self->b, buf, sizeof(buf), MSG_DONTWAIT) > 0; got++)
		;
	EXPECT_LT(0, got);
	EXPECT_GT(sent, got);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(1, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT)) {
		TH_LOG("reading made room again");
	}
}

TEST_F(sock_dgram, poll_and_SIOCINQ_tell_of_the_next_datagram)
{
	char buf[8];
	int n = -1;

	EXPECT_EQ(POLLOUT, polled(self->b, POLLIN | POLLOUT));
	ASSERT_OK(ioctl(self->b, SIOCINQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(3, send(self->a, "you", 3, 0));
	EXPECT_EQ(POLLIN | POLLOUT, polled(self->b, POLLIN | POLLOUT));
	ASSERT_OK(ioctl(self->b, SIOCINQ, &n));
	EXPECT_EQ(5, n);
	ASSERT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_OK(ioctl(self->b, SIOCINQ, &n));
	EXPECT_EQ(3, n);
}

TEST_F(sock_dgram, shutdown_ends_reading_and_writing)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char c;

	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(self->a, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, shutdown(self->a, SHUT_RD));
	EXPECT_EQ(0, recv(self->a, &c, 1, 0));
}

TEST_F(sock_dgram, MSG_OOB_is_EOPNOTSUPP)
{
	EXPECT_ERRNO(EOPNOTSUPP, send(self->a, "x", 1, MSG_OOB));
}

TEST_F(sock_dgram, vectors_make_one_datagram)
{
	struct iovec out[] = { { "abc", 3 }, { "", 0 }, { "defg", 4 } };
	char one[2], two[16];
	struct iovec in[] = { { one, 2 }, { two, 16 } };
	struct msghdr msg = { .msg_iov = in, .msg_iovlen = 2 };

	ASSERT_EQ(7, writev(self->a, out, 3));
	EXPECT_EQ(7, recvmsg(self->b, &msg, 0));
	EXPECT_EQ(0, memcmp(one, "ab", 2));
	EXPECT_EQ(0, memcmp(two, "cdefg", 5));
}

TEST_F(sock_dgram, a_port_in_use_is_EADDRINUSE)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "127.0.0.1",
					 port_of(self->b)));
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "0.0.0.0",
					 port_of(self->b)));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.2",
			     port_of(self->b)));
}

TEST_F(sock_dgram, the_specific_address_wins_over_the_wildcard)
{
	int any = socket(self->family, SOCK_DGRAM, 0);
	int one = socket(self->family, SOCK_DGRAM, 0);
	int from = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", 5000);
	char c;

	ASSERT_OK(set_int(any, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(set_int(one, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(bind_to(any, self->family, "0.0.0.0", 5000));
	ASSERT_OK(bind_to(one, self->family, "127.0.0.1", 5000));
	ASSERT_EQ(1, sendto(from, "1", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	to = endpoint(self->family, "127.0.0.2", 5000);
	ASSERT_EQ(1, sendto(from, "2", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(1, recv(one, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ('1', c);
	EXPECT_EQ(1, recv(any, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ('2', c);
}

TEST_HARNESS_MAIN
