// SPDX-License-Identifier: GPL-2.0
/*
 * Sending datagrams: names, control messages, broadcast, fragments, options.
 */
#include "kite_test.h"

#include <sched.h>
#include <sys/uio.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

FIXTURE_OF_BOTH_FAMILIES(udp_send);

#define IP	"/usr/sbin/ip"
#define TC	"/usr/sbin/tc"
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

#define SIZE	1200	/* of a datagram that UDP_SEGMENT makes */

/* Send so many octets, each the number of its datagram, with UDP_SEGMENT as a control message. */
static int send_segments(int fd, unsigned int len, unsigned short size, int flags)
{
	char control[CMSG_SPACE(sizeof(size))] = {};
	static char data[65535];
	struct iovec iov = { data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	unsigned int i;

	for (i = 0; i < len; i++)
		data[i] = i / SIZE;
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	return sendmsg(fd, &msg, flags);
}

/* What has come: the number of datagrams of SIZE octets, and that of the last, shorter one. */
static int received_segments(int fd, int *last)
{
	char buf[2 * SIZE];
	int n, i, count = 0;

	while ((n = recv_soon(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			if (buf[i] != count)
				return -1;
		*last = n;
		if (n != SIZE)
			break;
		count++;
	}
	return count;
}

TEST_F(udp_send, UDP_SEGMENT_makes_many_datagrams_of_one_call)
{
	int pair[2], last = 0;

	ASSERT_OK(dgram_pair(self->family, pair));
	ASSERT_EQ(10 * SIZE + 7, send_segments(pair[0], 10 * SIZE + 7, SIZE, 0));
	EXPECT_EQ(10, received_segments(pair[1], &last));
	EXPECT_EQ(7, last);

	/* As an option, for every call; and one that the message overrules. */
	ASSERT_OK(set_int(pair[0], SOL_UDP, UDP_SEGMENT, SIZE));
	EXPECT_EQ(SIZE, get_int(pair[0], SOL_UDP, UDP_SEGMENT));
	ASSERT_EQ(7, send(pair[0], "\0\0\0\0\0\0\0", 7, 0));
	EXPECT_EQ(0, received_segments(pair[1], &last));
	EXPECT_EQ(7, last);
	ASSERT_EQ(1000, send_segments(pair[0], 1000, 0, 0));
	EXPECT_EQ(0, received_segments(pair[1], &last));
	EXPECT_EQ(1000, last);
	EXPECT_ERRNO(EINVAL, set_int(pair[0], SOL_UDP, UDP_SEGMENT, -1));
	EXPECT_ERRNO(EINVAL, set_int(pair[0], SOL_UDP, UDP_SEGMENT, 65536));
}

/* Send with a mark, which needs a capability, and with a size for UDP_SEGMENT of @len octets. */
static int send_with_mark(int fd, const struct sockaddr_in *to, size_t len)
{
	uint64_t control[16] = {};
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(sizeof(int)) + CMSG_SPACE(len),
		.msg_name = (void *)to, .msg_namelen = sizeof(*to),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	*c = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SO_MARK,
	};
	c = CMSG_NXTHDR(&msg, c);
	*c = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(len),
		.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT,
	};
	return sendmsg(fd, &msg, 0);
}

TEST_F(udp_send, what_UDP_refuses_comes_before_what_is_not_allowed)
{
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", PORT);
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_OK(setresuid(1000, 1000, 1000));
	EXPECT_ERRNO(EPERM, send_with_mark(fd, &to, sizeof(uint16_t)));
	EXPECT_ERRNO(EINVAL, send_with_mark(fd, &to, sizeof(uint32_t)));
	to.sin_port = 0;
	EXPECT_ERRNO(EINVAL, send_with_mark(fd, &to, sizeof(uint16_t)));
	to.sin_family = AF_UNIX;
	EXPECT_ERRNO(EAFNOSUPPORT, send_with_mark(fd, &to, sizeof(uint32_t)));
}

TEST_F(udp_send, UDP_SEGMENT_cuts_what_was_put_together)
{
	int pair[2], last = 0;
	char data[SIZE] = {};

	ASSERT_OK(dgram_pair(self->family, pair));
	ASSERT_EQ(SIZE - 100, send_segments(pair[0], SIZE - 100, SIZE, MSG_MORE));
	ASSERT_EQ(100, send(pair[0], data, 100, MSG_MORE));
	memset(data, 1, sizeof(data));
	ASSERT_EQ(SIZE, send(pair[0], data, SIZE, MSG_MORE));
	ASSERT_EQ(3, send(pair[0], "\2\2\2", 3, 0));
	EXPECT_EQ(2, received_segments(pair[1], &last));
	EXPECT_EQ(3, last);
}

TEST_F(udp_send, UDP_SEGMENT_has_limits)
{
	int pair[2], last, val = SIZE;

	ASSERT_OK(dgram_pair(self->family, pair));
	EXPECT_ERRNO(EINVAL, send_segments(pair[0], 129, 1, 0));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_UDP, UDP_SEGMENT, &val, 4));
	EXPECT_ERRNO(EINVAL, send_with_cmsg(pair[0], SOL_UDP, 9999, &val, 2));
	ASSERT_EQ(0, system(IP " link set lo mtu 1000"));
	EXPECT_EQ(-1, send_segments(pair[0], 10 * SIZE, SIZE, 0)) {
		TH_LOG("no datagram of that size fits");
	}
	ASSERT_EQ(0, system(IP " link set lo mtu 1500"));
	ASSERT_EQ(SIZE, send_segments(pair[0], SIZE, SIZE, 0));
	EXPECT_EQ(1, recv_soon(pair[1], &last, 1));
	EXPECT_ERRNO(EAGAIN, recv(pair[1], &last, 1, MSG_DONTWAIT));
	ASSERT_OK(set_int(pair[0], SOL_SOCKET, SO_NO_CHECK, 1));
	EXPECT_ERRNO(EINVAL, send_segments(pair[0], 10 * SIZE, SIZE, 0));
}

#define REWRITE(device, from, to) \
	TC " qdisc add dev " device " clsact && " TC " filter add dev " device \
	" egress protocol " from " matchall action skbmod set etype " to

/*
 * Two hosts on a cable, their namespaces in @at: Linux at va (10.0.0.1) and KITE at vb
 * (10.0.0.2). What the one sends is the other's EtherType when it arrives.
 */
static int linux_and_kite(int at[2])
{
	char cable[128];
	int i;

	for (i = 0; i < 2; i++) {
		if (own_network())
			return -1;
		at[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	snprintf(cable, sizeof(cable),
		 IP " link add vb type veth peer name va netns /proc/%d/fd/%d",
		 getpid(), at[0]);
	return system(cable) ||
	       system(IP " addr add 10.0.0.2/24 dev vb && " IP " link set vb up && "
		      REWRITE("vb", "0x88b5", "0x0800")) ||
	       setns(at[0], CLONE_NEWNET) ||
	       system(IP " addr add 10.0.0.1/24 dev va && " IP " link set va up && "
		      REWRITE("va", "0x0800", "0x88b5")) ? -1 : 0;
}

TEST(UDP_SEGMENT_of_AF_INET_is_many_datagrams_for_AF_KITE)
{
	int at[2], to, fd, last = 0;

	ASSERT_EQ(0, linux_and_kite(at));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_OK(connect_to(fd, AF_INET, "10.0.0.2", PORT));
	ASSERT_OK(setns(at[1], CLONE_NEWNET));
	to = socket(AF_KITE, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(to, AF_KITE, "10.0.0.2", PORT));
	ASSERT_EQ(10 * SIZE + 7, send_segments(fd, 10 * SIZE + 7, SIZE, 0));
	EXPECT_EQ(10, received_segments(to, &last));
	EXPECT_EQ(7, last);
}

TEST(UDP_SEGMENT_of_AF_KITE_is_many_datagrams_for_AF_INET)
{
	int at[2], to, fd, last = 0;

	ASSERT_EQ(0, linux_and_kite(at));
	to = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(to, AF_INET, "10.0.0.1", PORT));
	ASSERT_OK(setns(at[1], CLONE_NEWNET));
	fd = socket(AF_KITE, SOCK_DGRAM, 0);
	ASSERT_OK(connect_to(fd, AF_KITE, "10.0.0.1", PORT));
	ASSERT_EQ(10 * SIZE + 7, send_segments(fd, 10 * SIZE + 7, SIZE, 0));
	EXPECT_EQ(10, received_segments(to, &last));
	EXPECT_EQ(7, last);
}

/* It cuts whatever is longer than its burst. */
TEST_F(udp_send, UDP_SEGMENT_is_cut_by_a_queue_that_has_to)
{
	int to, fd, last = 0;

	ASSERT_EQ(0, system(TC " qdisc add dev lo root tbf rate 1gbit burst 2000 limit 100000"));
	to = bound_socket(self->family, SOCK_DGRAM, PORT);
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", PORT));
	ASSERT_EQ(10 * SIZE + 7, send_segments(fd, 10 * SIZE + 7, SIZE, 0));
	EXPECT_EQ(10, received_segments(to, &last));
	EXPECT_EQ(7, last);
}

/* How many of a device's transmit queues have sent something. */
static int queues_used(const char *dev)
{
	char command[64], line[256];
	int used = 0, octets;
	bool child = false;
	FILE *file;

	snprintf(command, sizeof(command), TC " -s qdisc show dev %s", dev);
	file = popen(command, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "qdisc", 5))
			child = strstr(line, "parent");
		else if (sscanf(line, " Sent %d bytes", &octets) == 1)
			used += child && octets;
	}
	return !file || pclose(file) ? -1 : used;
}

TEST_F(udp_send, a_device_with_many_queues_gets_each_flow_into_one)
{
	int fd, i;

	/* IPv6 and IGMP have things to say, too. */
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
	ASSERT_EQ(0, system(IP " link add d0 numtxqueues 4 type dummy && "
			    TC " qdisc add dev d0 root handle 1: mq && "
			    IP " addr add 10.0.1.1/24 dev d0 && "
			    IP " link set d0 multicast off up"));
	fd = socket(self->family, SOCK_DGRAM, 0);
	for (i = 0; i < 64; i++)
		ASSERT_EQ(1, send_to(fd, self->family, "10.0.1.2", PORT));
	EXPECT_EQ(1, queues_used("d0"));

	/* That 64 flows leave one of four queues alone happens once in 25 million runs. */
	for (i = 0; i < 64; i++)
		ASSERT_EQ(1, send_to(fd, self->family, "10.0.1.2", PORT + i));
	EXPECT_EQ(4, queues_used("d0"));
	close(fd);
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
