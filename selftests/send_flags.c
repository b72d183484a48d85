// SPDX-License-Identifier: GPL-2.0
/*
 * What a program says to one call: MSG_DONTROUTE, MSG_CONFIRM, MSG_PROBE, SCM_TXTIME; and what it
 * is told about one packet: when that left (SO_TIMESTAMPING), when it came
 * (SO_TIMESTAMP), what a connection began with (IP_PKTOPTIONS).
 */
#include "control.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/time_types.h>
#include <netinet/ip.h>

FIXTURE_OF_BOTH_FAMILIES(send_flags);

#define IP	"/usr/sbin/ip"
#define TC	"/usr/sbin/tc"
#define PORT	5000

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

#ifndef MSG_PROBE
#define MSG_PROBE	0x10	/* the C library calls it MSG_PROXY */
#endif

/* A pair of devices, va with 10.0.0.1/24 and vb, both here, and a way beyond. */
static int two_devices(void)
{
	return system(IP " link add va type veth peer name vb && "
		      IP " addr add 10.0.0.1/24 dev va && "
		      IP " link set va up && " IP " link set vb up && "
		      IP " neigh add 10.0.0.2 dev va lladdr 02:00:00:00:00:02 && "
		      IP " route add default via 10.0.0.2");
}

static int send_to(int fd, int family, const char *addr, const void *data, size_t len,
		   int flags)
{
	struct sockaddr_in to = endpoint(family, addr, PORT);

	return sendto(fd, data, len, flags, (struct sockaddr *)&to, sizeof(to));
}

TEST_F(send_flags, MSG_DONTROUTE_reaches_the_link_only)
{
	static const struct { int type, protocol; } kinds[] = {
		{ SOCK_DGRAM, 0 }, { SOCK_RAW, 253 }, { SOCK_DGRAM, IPPROTO_ICMP },
	};
	static const unsigned char ping[8] = { 8 };
	unsigned int i;

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	for (i = 0; i < 3; i++) {
		int fd = socket(self->family, kinds[i].type, kinds[i].protocol);

		ASSERT_LE(0, fd);
		EXPECT_EQ(8, send_to(fd, self->family, "192.0.2.1", ping, 8, 0));
		EXPECT_ERRNO(ENETUNREACH, send_to(fd, self->family, "192.0.2.1", ping, 8,
						  MSG_DONTROUTE));
		EXPECT_EQ(8, send_to(fd, self->family, "10.0.0.2", ping, 8,
				     MSG_DONTROUTE));
		/* What is said of a call also holds for a connected socket. */
		ASSERT_OK(connect_to(fd, self->family, "192.0.2.1", PORT));
		EXPECT_EQ(8, send(fd, ping, 8, 0));
		EXPECT_ERRNO(ENETUNREACH, send(fd, ping, 8, MSG_DONTROUTE));
		EXPECT_EQ(8, send(fd, ping, 8, 0));
		ASSERT_OK(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1));
		EXPECT_ERRNO(ENETUNREACH, send(fd, ping, 8, 0));
		ASSERT_OK(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 0));
		EXPECT_EQ(8, send(fd, ping, 8, 0));
		close(fd);
	}
}

TEST_F(send_flags, MSG_PROBE_sends_nothing_but_finds_the_way)
{
	static const struct { int type, protocol; } kinds[] = {
		{ SOCK_DGRAM, 0 }, { SOCK_RAW, 253 }, { SOCK_RAW, IPPROTO_RAW },
		{ SOCK_DGRAM, IPPROTO_ICMP },
	};
	static unsigned char data[32] = { 8 };
	int raw = socket(self->family, SOCK_RAW, 253);
	int to = bound_socket(self->family, SOCK_DGRAM, PORT);
	unsigned int i;
	char c;

	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	for (i = 0; i < 4; i++) {
		int fd = socket(self->family, kinds[i].type, kinds[i].protocol);

		EXPECT_EQ(32, send_to(fd, self->family, "127.0.0.1", data, 32, MSG_PROBE));
		EXPECT_EQ(32, send_to(fd, self->family, "127.0.0.1", data, 32,
				      MSG_PROBE | MSG_CONFIRM));
		EXPECT_ERRNO(ENETUNREACH, send_to(fd, self->family, "192.0.2.1", data, 32,
						  MSG_PROBE));
		/* Nothing came of it, not even an answer. */
		EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
		close(fd);
	}
	EXPECT_ERRNO(EAGAIN, recv(to, &c, 1, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recv(raw, &c, 1, MSG_DONTWAIT));
	ASSERT_EQ(1, send_to(to, self->family, "127.0.0.1", "x", 1, 0));
	EXPECT_EQ(1, recv_soon(to, &c, 1));
}

/* Seconds since 10.0.0.2 was last known to be there; -1 when nobody knows of it. */
static int confirmed_ago(void)
{
	FILE *file = popen(IP " -s neigh show 10.0.0.2 dev va", "r");
	char line[256] = "", *used;
	int ago = -1;

	while (file && fgets(line, sizeof(line), file)) {
		used = strstr(line, "used ");
		if (used)
			sscanf(used, "used %*d/%d", &ago);
	}
	if (file)
		pclose(file);
	return ago;
}

/* A new entry counts as one that was there a minute ago. */
TEST_F(send_flags, MSG_CONFIRM_says_that_the_neighbour_is_there)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, system(IP " neigh del 10.0.0.2 dev va && " IP " neigh add 10.0.0.2 dev va "
			    "lladdr 02:00:00:00:00:02 nud stale"));
	EXPECT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, 0));
	EXPECT_LE(59, confirmed_ago());
	EXPECT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, MSG_CONFIRM));
	EXPECT_GT(59, confirmed_ago());
	EXPECT_LE(0, confirmed_ago());
}

/* One control message of what recvmsg() gets; -1 when there is none. */
static int recv_cmsg(int fd, int flags, int level, int type, void *data, size_t len,
		     size_t *got)
{
	struct received r;
	struct cmsghdr *c;
	char payload[512];
	ssize_t n;

	if (!(wait_for(fd, flags & MSG_ERRQUEUE ? 0 : POLLIN) & (POLLIN | POLLERR)))
		return -1;
	n = receive_message(fd, &r, payload, sizeof(payload), flags | MSG_DONTWAIT);
	c = n < 0 ? NULL : control(&r, level, type);
	if (n >= 0)
		*got = n;
	if (c)
		memcpy(data, CMSG_DATA(c), len);
	return c ? 0 : -1;
}

#define TX_TIMES	(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |	\
			 SOF_TIMESTAMPING_OPT_ID)

TEST_F(send_flags, SO_TIMESTAMPING_tells_when_a_datagram_left)
{
	struct sock_extended_err ee;
	unsigned int i;
	size_t got;
	int fd;

	ASSERT_EQ(0, two_devices());
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, TX_TIMES));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, 0));
		ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_IP, IP_RECVERR, &ee, sizeof(ee),
				       &got));
		EXPECT_EQ(ENOMSG, ee.ee_errno);
		EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, ee.ee_origin);
		EXPECT_EQ(SCM_TSTAMP_SND, ee.ee_info);
		EXPECT_EQ(i, ee.ee_data);
		/* The whole frame. */
		EXPECT_EQ(14 + 20 + 8 + 1, got);
	}
}

TEST_F(send_flags, SO_TIMESTAMPING_has_a_time_and_only_that_if_wanted)
{
	struct scm_timestamping times = {};
	size_t got = -1;
	int fd;

	ASSERT_EQ(0, two_devices());
	fd = socket(self->family, SOCK_RAW, 253);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
			  TX_TIMES | SOF_TIMESTAMPING_OPT_TSONLY));
	ASSERT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, 0));
	ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_SOCKET, SCM_TIMESTAMPING, &times,
			       sizeof(times), &got));
	EXPECT_EQ(0, got);
	EXPECT_NE(0, times.ts[0].tv_sec);
}

TEST_F(send_flags, SO_TIMESTAMPING_can_tell_the_device)
{
	struct in_pktinfo info = {};
	size_t got;
	int fd;

	ASSERT_EQ(0, two_devices());
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(set_int(fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
			  TX_TIMES | SOF_TIMESTAMPING_OPT_CMSG));
	ASSERT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, 0));
	ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_IP, IP_PKTINFO, &info, sizeof(info), &got));
	EXPECT_EQ(if_nametoindex("va"), info.ipi_ifindex);
	EXPECT_EQ(inet_addr("10.0.0.1"), info.ipi_spec_dst.s_addr);
}

TEST_F(send_flags, a_datagram_in_fragments_left_once)
{
	static char data[4000];
	struct sock_extended_err ee;
	size_t got;
	int fd;

	ASSERT_EQ(0, two_devices());
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, TX_TIMES));
	ASSERT_EQ(4000, send_to(fd, self->family, "10.0.0.2", data, 4000, 0));
	ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_IP, IP_RECVERR, &ee, sizeof(ee), &got));
	EXPECT_EQ(0, ee.ee_data);
	EXPECT_ERRNO(EAGAIN, recv(fd, data, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
}

/* A queue cuts it that passes nothing longer than its burst. */
TEST_F(send_flags, of_those_that_UDP_SEGMENT_makes_the_first_tells_when_it_left)
{
	static char data[3000];
	struct sock_extended_err ee;
	unsigned int i;
	size_t got;
	int fd;

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, system(TC " qdisc add dev va root tbf rate 1gbit burst 2000 limit 100000"));
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(set_int(fd, SOL_UDP, UDP_SEGMENT, 1000));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, TX_TIMES));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(3000, send_to(fd, self->family, "10.0.0.2", data, 3000, 0));
		ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_IP, IP_RECVERR, &ee, sizeof(ee),
				       &got));
		EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, ee.ee_origin);
		EXPECT_EQ(i, ee.ee_data);
		/* The payload is longer than the room for it. */
		EXPECT_EQ(512, got);
	}
}

TEST_F(send_flags, a_call_can_ask_for_the_time_by_control_message)
{
	char control[CMSG_SPACE(sizeof(uint32_t))] = {};
	struct sockaddr_in to = endpoint(self->family, "10.0.0.2", PORT);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct sock_extended_err ee;
	size_t got;
	int fd;

	ASSERT_EQ(0, two_devices());
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(uint32_t));
	*(uint32_t *)CMSG_DATA(c) = SOF_TIMESTAMPING_TX_SOFTWARE;
	ASSERT_EQ(1, send_to(fd, self->family, "10.0.0.2", "x", 1, 0));
	EXPECT_EQ(0, polled(fd, POLLERR));
	ASSERT_EQ(1, sendmsg(fd, &msg, 0));
	ASSERT_EQ(0, recv_cmsg(fd, MSG_ERRQUEUE, SOL_IP, IP_RECVERR, &ee, sizeof(ee), &got));
	EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, ee.ee_origin);
}

TEST_F(send_flags, SO_TIMESTAMP_and_SO_TIMESTAMPING_tell_when_a_datagram_came)
{
	struct scm_timestamping times = {};
	struct timespec time = {};
	int pair[2], ms;
	size_t got;

	ASSERT_EQ(0, dgram_pair(self->family, pair));
	ASSERT_OK(set_int(pair[1], SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_EQ(1, send(pair[0], "x", 1, 0));
	ASSERT_EQ(0, recv_cmsg(pair[1], 0, SOL_SOCKET, SCM_TIMESTAMPNS, &time, sizeof(time),
			       &got));
	EXPECT_NE(0, time.tv_sec);
	ASSERT_OK(set_int(pair[1], SOL_SOCKET, SO_TIMESTAMPNS, 0));
	ASSERT_OK(set_int(pair[1], SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE));
	/* The kernel begins to look at its clock a moment later. */
	for (ms = 0; ms < SOON; ms += 10) {
		ASSERT_EQ(1, send(pair[0], "x", 1, 0));
		if (!recv_cmsg(pair[1], 0, SOL_SOCKET, SCM_TIMESTAMPING, &times,
			       sizeof(times), &got))
			break;
		usleep(10000);
	}
	EXPECT_NE(0, times.ts[0].tv_sec);
}

/* Send a ping that is to leave so many seconds from now. */
static int send_in(int fd, int family, int seconds, int flags)
{
	char control[CMSG_SPACE(sizeof(uint64_t))] = {};
	struct sockaddr_in to = endpoint(family, "10.0.0.2", PORT);
	static unsigned char ping[8] = { 8 };
	struct iovec iov = { ping, sizeof(ping) };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct timespec now;
	uint64_t at;

	clock_gettime(CLOCK_MONOTONIC, &now);
	at = (now.tv_sec + seconds) * 1000000000ULL + now.tv_nsec;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_TXTIME;
	c->cmsg_len = CMSG_LEN(sizeof(at));
	memcpy(CMSG_DATA(c), &at, sizeof(at));
	return sendmsg(fd, &msg, flags);
}

/* fq refuses what is to leave more than ten seconds from now. */
TEST_F(send_flags, SCM_TXTIME_tells_a_queue_when_a_datagram_is_to_leave)
{
	static const struct { int type, protocol; } kinds[] = {
		{ SOCK_DGRAM, 0 }, { SOCK_RAW, 253 }, { SOCK_DGRAM, IPPROTO_ICMP },
	};
	const struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	unsigned int i;

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	ASSERT_EQ(0, system(TC " qdisc add dev va root fq"));
	for (i = 0; i < 3; i++) {
		int fd = socket(self->family, kinds[i].type, kinds[i].protocol);

		ASSERT_LE(0, fd);
		/* Who has not said by which clock cannot ask for it. */
		EXPECT_ERRNO(EINVAL, send_in(fd, self->family, 0, 0));
		ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
		/* A full queue is an error only then. */
		ASSERT_OK(set_int(fd, SOL_IP, IP_RECVERR, 1));
		EXPECT_EQ(8, send_in(fd, self->family, 0, 0));
		EXPECT_ERRNO(ENOBUFS, send_in(fd, self->family, 3600, 0));
		EXPECT_EQ(8, send_to(fd, self->family, "10.0.0.2", "\010\0\0\0\0\0\0\0", 8,
				     0));
		close(fd);
	}
}

TEST_F(send_flags, SCM_TXTIME_of_its_first_piece_is_that_of_a_datagram)
{
	const struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	int fd;

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, system(TC " qdisc add dev va root fq"));
	fd = socket(self->family, SOCK_DGRAM, 0);
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	ASSERT_OK(set_int(fd, SOL_IP, IP_RECVERR, 1));
	EXPECT_EQ(8, send_in(fd, self->family, 3600, MSG_MORE));
	EXPECT_ERRNO(ENOBUFS, send_in(fd, self->family, 0, 0));
	EXPECT_EQ(8, send_in(fd, self->family, 0, MSG_MORE));
	EXPECT_EQ(8, send_in(fd, self->family, 3600, 0));
}

TEST_F(send_flags, SCM_TXTIME_counts_for_a_packet_with_its_own_header)
{
	const struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	char control[CMSG_SPACE(sizeof(uint64_t))] = {};
	struct sockaddr_in to = endpoint(self->family, "10.0.0.2", 0);
	struct iphdr iph = { .version = 4, .ihl = 5, .ttl = 1, .protocol = 253,
			     .daddr = to.sin_addr.s_addr };
	struct iovec iov = { &iph, sizeof(iph) };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	uint64_t never = INT64_MAX;
	int fd;

	ASSERT_EQ(0, two_devices());
	ASSERT_EQ(0, system(TC " qdisc add dev va root fq"));
	fd = socket(self->family, SOCK_RAW, IPPROTO_RAW);
	ASSERT_LE(0, fd);
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	ASSERT_OK(set_int(fd, SOL_IP, IP_RECVERR, 1));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_TXTIME;
	c->cmsg_len = CMSG_LEN(sizeof(never));
	memcpy(CMSG_DATA(c), &never, sizeof(never));
	EXPECT_ERRNO(ENOBUFS, sendmsg(fd, &msg, 0));
	msg.msg_controllen = 0;
	EXPECT_EQ(sizeof(iph), sendmsg(fd, &msg, 0));
}

TEST_F(send_flags, IP_PKTOPTIONS_tells_what_a_connection_began_with)
{
	unsigned char answer[256] = {};
	struct in_pktinfo *info;
	struct cmsghdr *c;
	struct msghdr msg = { .msg_control = answer };
	socklen_t len = sizeof(answer);
	int pair[2];

	ASSERT_EQ(0, stream_pair(self->family, pair));
	ASSERT_OK(getsockopt(pair[1], SOL_IP, IP_PKTOPTIONS, answer, &len));
	EXPECT_EQ(0, len);
	ASSERT_OK(set_int(pair[1], SOL_IP, IP_PKTINFO, 1));
	ASSERT_OK(set_int(pair[1], SOL_IP, IP_RECVTTL, 1));
	ASSERT_OK(set_int(pair[1], SOL_IP, IP_RECVTOS, 1));
	len = sizeof(answer);
	ASSERT_OK(getsockopt(pair[1], SOL_IP, IP_PKTOPTIONS, answer, &len));
	msg.msg_controllen = len;
	c = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, c);
	EXPECT_EQ(IP_PKTINFO, c->cmsg_type);
	info = (struct in_pktinfo *)CMSG_DATA(c);
	EXPECT_EQ(if_nametoindex("lo"), info->ipi_ifindex);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), info->ipi_addr.s_addr);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), info->ipi_spec_dst.s_addr);
	c = CMSG_NXTHDR(&msg, c);
	ASSERT_NE(NULL, c);
	EXPECT_EQ(IP_TTL, c->cmsg_type);
	EXPECT_EQ(64, *(int *)CMSG_DATA(c));
	c = CMSG_NXTHDR(&msg, c);
	ASSERT_NE(NULL, c);
	EXPECT_EQ(IP_TOS, c->cmsg_type);
	/* As much as there is room for. */
	len = 8;
	EXPECT_EQ(0, getsockopt(pair[1], SOL_IP, IP_PKTOPTIONS, answer, &len));
}

TEST_HARNESS_MAIN
