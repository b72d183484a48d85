// SPDX-License-Identifier: GPL-2.0
/*
 * Sending datagrams: names, control messages, broadcast, fragments, options.
 */
#include "kite_test.h"

#include <sys/uio.h>

FIXTURE_OF_BOTH_FAMILIES(udp_send);

#define IP	"/usr/sbin/ip"
#define PORT	5000

#define NEIGHBOUR \
	IP " neigh add 10.0.0.2 dev va lladdr 02:00:00:00:00:02"

static int send_to(int fd, int family, const char *addr, int port)
{
	struct sockaddr_in to = endpoint(family, addr, port);

	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

/* A pair of devices, va (10.0.0.1/24) and vb, both here, and a broadcast domain. */
static int two_devices(void)
{
	return system(IP " link add va type veth peer name vb && "
		      IP " addr add 10.0.0.1/24 broadcast 10.0.0.255 dev va && "
		      IP " link set va up && " IP " link set vb up");
}

/* One control message for @fd, which is connected. */
static int send_with_cmsg(int fd, int level, int type, const void *data,
			  size_t len)
{
	char control[CMSG_SPACE(64)] = {};
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return sendmsg(fd, &msg, 0);
}

TEST_F(udp_send, names_without_a_family_are_taken)
{
	int to = bound_socket(self->family, SOCK_DGRAM, PORT);
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char c;

	EXPECT_EQ(1, send_to(fd, AF_UNSPEC, "127.0.0.1", PORT));
	EXPECT_EQ(1, recv_soon(to, &c, 1));
	EXPECT_ERRNO(EAFNOSUPPORT, send_to(fd, AF_UNIX, "127.0.0.1", PORT));
}

TEST_F(udp_send, the_wildcard_is_this_host)
{
	int to = bound_socket(self->family, SOCK_DGRAM, PORT);
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char c;

	EXPECT_EQ(1, send_to(fd, self->family, "0.0.0.0", PORT));
	EXPECT_EQ(1, recv_soon(to, &c, 1));
}

TEST_F(udp_send, broadcast_needs_SO_BROADCAST)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_EQ(0, two_devices());
	EXPECT_ERRNO(EACCES, send_to(fd, self->family, "10.0.0.255", PORT));
	EXPECT_ERRNO(EACCES, connect_to(fd, self->family, "10.0.0.255", PORT));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	EXPECT_EQ(1, send_to(fd, self->family, "10.0.0.255", PORT));
	EXPECT_EQ(0, connect_to(fd, self->family, "10.0.0.255", PORT));
}

TEST_F(udp_send, a_broadcast_reaches_every_socket_of_the_port)
{
	static const char * const addr[] = {
		"0.0.0.0", "10.0.0.255", "0.0.0.0",
	};
	int fd = socket(self->family, SOCK_DGRAM, 0);
	int other = socket(self->family, SOCK_DGRAM, 0);
	int one = socket(self->family, SOCK_DGRAM, 0);
	int to[3], i;
	char c;

	ASSERT_EQ(0, two_devices());
	for (i = 0; i < 3; i++) {
		to[i] = socket(self->family, SOCK_DGRAM, 0);
		ASSERT_OK(set_int(to[i], SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_OK(bind_to(to[i], self->family, addr[i], PORT));
	}
	ASSERT_OK(set_int(one, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(bind_to(one, self->family, "10.0.0.1", PORT));
	ASSERT_OK(bind_to(other, self->family, "0.0.0.0", PORT + 1));

	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	ASSERT_EQ(1, send_to(fd, self->family, "10.0.0.255", PORT));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLIN, wait_for(to[i], POLLIN));
		EXPECT_EQ(1, recv_soon(to[i], &c, 1));
		EXPECT_EQ('x', c);
	}
	EXPECT_ERRNO(EAGAIN, recv(one, &c, 1, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recv(other, &c, 1, MSG_DONTWAIT));
}

TEST_F(udp_send, an_answer_to_a_broadcast_is_not_ECONNREFUSED)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_EQ(0, two_devices());
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	ASSERT_OK(connect_to(fd, self->family, "10.0.0.255", PORT));
	EXPECT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_EQ(0, so_error(fd));
}

TEST_F(udp_send, SO_BINDTODEVICE_chooses_who_hears)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	int lo = socket(self->family, SOCK_DGRAM, 0);
	int a = socket(self->family, SOCK_DGRAM, 0);
	char c;

	ASSERT_EQ(0, two_devices());
	ASSERT_OK(setsockopt(lo, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_OK(setsockopt(a, SOL_SOCKET, SO_BINDTODEVICE, "va", 3));
	ASSERT_OK(bind_to(lo, self->family, "0.0.0.0", PORT));
	ASSERT_OK(bind_to(a, self->family, "0.0.0.0", PORT));
	ASSERT_EQ(1, send_to(fd, self->family, "127.0.0.1", PORT));
	EXPECT_EQ(1, recv_soon(lo, &c, 1));
	EXPECT_ERRNO(EAGAIN, recv(a, &c, 1, MSG_DONTWAIT));
}

TEST_F(udp_send, IP_PKTINFO_chooses_the_source)
{
	int to = bound_socket(self->family, SOCK_DGRAM, PORT);
	int fd = socket(self->family, SOCK_DGRAM, 0);
	struct in_pktinfo info = {};
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char c;

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", PORT));
	inet_aton("127.0.0.9", &info.ipi_spec_dst);
	ASSERT_EQ(1, send_with_cmsg(fd, SOL_IP, IP_PKTINFO, &info,
				    sizeof(info)));
	ASSERT_EQ(POLLIN, wait_for(to, POLLIN));
	ASSERT_EQ(1, recvfrom(to, &c, 1, MSG_DONTWAIT,
			      (struct sockaddr *)&from, &len));
	EXPECT_EQ(info.ipi_spec_dst.s_addr, from.sin_addr.s_addr);
}

TEST_F(udp_send, control_messages_are_checked)
{
	int pair[2], val;

	ASSERT_OK(dgram_pair(self->family, pair));
	val = 0;
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, IP_TTL, &val, 4));
	val = 256;
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, IP_TTL, &val, 4));
	val = 64;
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, IP_TTL, &val, 1));
	EXPECT_EQ(1, send_with_cmsg(pair[0], SOL_IP, IP_TTL, &val, 4));
	EXPECT_EQ(1, send_with_cmsg(pair[0], SOL_IP, IP_TOS, &val, 1));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, IP_TOS, &val, 2));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, IP_PKTINFO, &val,
					    4));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_IP, 9999, &val, 4));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_SOCKET, 9999, &val,
					    4));
	EXPECT_EQ(1, send_with_cmsg(pair[0], SOL_UDP + 4711, 1, &val, 4)) {
		TH_LOG("levels of others are passed over");
	}
}

TEST_F(udp_send, what_does_not_fit_is_fragmented_or_EMSGSIZE)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	static char buf[2000];

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, system(NEIGHBOUR));
	ASSERT_OK(connect_to(fd, self->family, "10.0.0.2", PORT));
	EXPECT_EQ(1500, get_int(fd, SOL_IP, IP_MTU));
	EXPECT_EQ(1472, send(fd, buf, 1472, 0));
	EXPECT_EQ(2000, send(fd, buf, 2000, 0));
	ASSERT_OK(set_int(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	EXPECT_EQ(1472, send(fd, buf, 1472, 0));
	EXPECT_ERRNO(EMSGSIZE, send(fd, buf, 1473, 0));
	ASSERT_OK(set_int(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	EXPECT_EQ(2000, send(fd, buf, 2000, 0));
}

TEST_F(udp_send, SO_SNDBUF_holds_back)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	static char buf[1000];
	int i, n = 0;

	ASSERT_EQ(0, two_devices());
	/* Nobody has this address: what is sent waits for it. */
	ASSERT_OK(connect_to(fd, self->family, "10.0.0.3", PORT));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_SNDBUF, 4096));
	for (i = 0; i < 100 && send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
	EXPECT_GT(100, i);
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, polled(fd, POLLOUT));
	ASSERT_OK(ioctl(fd, TIOCOUTQ, &n));
	EXPECT_LT(4096, n);
}

TEST_F(udp_send, a_bad_buffer_is_EFAULT_and_nothing_is_sent)
{
	int pair[2];
	char c;

	ASSERT_OK(dgram_pair(self->family, pair));
	EXPECT_ERRNO(EFAULT, send(pair[0], (void *)1, 100, 0));
	EXPECT_ERRNO(EFAULT, send(pair[0], (void *)1, 10000, 0));
	EXPECT_ERRNO(EAGAIN, recv(pair[1], &c, 1, MSG_DONTWAIT));
}

TEST_F(udp_send, without_a_checksum)
{
	int pair[2];
	char c;

	ASSERT_OK(dgram_pair(self->family, pair));
	ASSERT_OK(set_int(pair[0], SOL_SOCKET, SO_NO_CHECK, 1));
	EXPECT_EQ(1, send(pair[0], "x", 1, 0));
	EXPECT_EQ(1, recv_soon(pair[1], &c, 1));
}

TEST_HARNESS_MAIN
