// SPDX-License-Identifier: GPL-2.0
/*
 * What recvmsg() tells of a packet besides its data: frames of our own making,
 * and Linux's own sockets must tell the same of them.
 */
#include "wire_udp.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <time.h>

#include "control.h"

FIXTURE(ip_cmsg) {
	struct wire w;
	struct frame f;
	struct received r;
	int family;
	int fd;
};

FIXTURE_VARIANT(ip_cmsg) {
	int family;
};

FIXTURE_VARIANT_ADD(ip_cmsg, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(ip_cmsg, kite) { .family = AF_KITE };

FIXTURE_SETUP(ip_cmsg)
{
	self->family = variant->family;
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	self->fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(self->fd, variant->family, "0.0.0.0", PORT));
}

FIXTURE_TEARDOWN(ip_cmsg)
{
	close(self->fd);
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* Send the frame and receive it; what it tells is in self->r. */
static void pass(struct __test_metadata *_metadata, struct _test_data_ip_cmsg *self)
{
	static char buf[4000];

	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	ASSERT_LT(0, receive_message(self->fd, &self->r, buf, sizeof(buf),
				     MSG_DONTWAIT));
}

/* IP_PKTINFO tells of this device, and of these addresses. */
static void expect_pktinfo(struct __test_metadata *_metadata,
			   struct received *r, const char *device,
			   const char *spec_dst, const char *addr)
{
	struct cmsghdr *c = control(r, SOL_IP, IP_PKTINFO);
	struct in_pktinfo info;

	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(info)), c->cmsg_len);
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	EXPECT_EQ(if_nametoindex(device), info.ipi_ifindex);
	EXPECT_EQ(inet_addr(spec_dst), info.ipi_spec_dst.s_addr);
	EXPECT_EQ(inet_addr(addr), info.ipi_addr.s_addr);
}

TEST_F(ip_cmsg, nothing_is_told_that_nobody_asked_for)
{
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	EXPECT_EQ(0, self->r.controllen);
	EXPECT_EQ(0, self->r.flags);
}

TEST_F(ip_cmsg, ttl_and_tos)
{
	struct cmsghdr *c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVTTL, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVTOS, 1));
	datagram(&self->f, PORT, 10);
	self->f.ip.ttl = 7;
	self->f.ip.tos = 0xb9;
	seal(&self->f);
	pass(_metadata, self);
	EXPECT_EQ(7, control_int(&self->r, IP_TTL));
	c = control(&self->r, SOL_IP, IP_TOS);
	ASSERT_NE(NULL, c);
	EXPECT_EQ(CMSG_LEN(1), c->cmsg_len);
	EXPECT_EQ(0xb9, *CMSG_DATA(c));
}

TEST_F(ip_cmsg, IP_PKTINFO_of_unicast)
{
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	expect_pktinfo(_metadata, &self->r, "v0", HOST, HOST);
}

TEST_F(ip_cmsg, IP_PKTINFO_of_a_broadcast)
{
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	datagram(&self->f, PORT, 10)->check = 0;
	self->f.ip.daddr = inet_addr("255.255.255.255");
	seal(&self->f);
	pass(_metadata, self);
	expect_pktinfo(_metadata, &self->r, "v0", HOST, "255.255.255.255");
}

TEST_F(ip_cmsg, IP_PKTINFO_over_loopback)
{
	struct sockaddr_in to = endpoint(self->family, HOST, PORT);
	char c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_EQ(1, sendto(self->fd, "x", 1, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	ASSERT_EQ(1, receive_message(self->fd, &self->r, &c, 1, MSG_DONTWAIT));
	expect_pktinfo(_metadata, &self->r, "v0", HOST, HOST);

	to = endpoint(self->family, "127.0.0.1", PORT);
	ASSERT_EQ(1, sendto(self->fd, "x", 1, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	ASSERT_EQ(1, receive_message(self->fd, &self->r, &c, 1, MSG_DONTWAIT));
	expect_pktinfo(_metadata, &self->r, "lo", "127.0.0.1", "127.0.0.1");
}

TEST_F(ip_cmsg, IP_PKTINFO_is_what_was_asked_for_in_time)
{
	datagram(&self->f, PORT, 10);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	pass(_metadata, self);
	/* No device: it was not written down when it came. */
	expect_pktinfo(_metadata, &self->r, "none", "0.0.0.0", HOST);
}

TEST_F(ip_cmsg, the_original_destination)
{
	struct sockaddr_in sin;
	struct cmsghdr *c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVORIGDSTADDR, 1));
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	c = control(&self->r, SOL_IP, IP_ORIGDSTADDR);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(sin)), c->cmsg_len);
	memcpy(&sin, CMSG_DATA(c), sizeof(sin));
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(inet_addr(HOST), sin.sin_addr.s_addr);
	EXPECT_EQ(PORT, ntohs(sin.sin_port));
}

TEST_F(ip_cmsg, options_as_they_came)
{
	static const unsigned char options[] = { 1, 1, 1, 0 };
	struct cmsghdr *c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVOPTS, 1));
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	EXPECT_EQ(NULL, control(&self->r, SOL_IP, IP_RECVOPTS));
	datagram(&self->f, PORT, 10);
	add_options(&self->f, options, sizeof(options));
	pass(_metadata, self);
	c = control(&self->r, SOL_IP, IP_RECVOPTS);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(options)), c->cmsg_len);
	EXPECT_EQ(0, memcmp(options, CMSG_DATA(c), sizeof(options)));
}

TEST_F(ip_cmsg, the_largest_fragment)
{
	struct frame *f = &self->f;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVFRAGSIZE, 1));
	datagram(f, PORT, 10);
	pass(_metadata, self);
	EXPECT_EQ(NULL, control(&self->r, SOL_IP, IP_RECVFRAGSIZE));

	/* The second half first: 20 + 992 bytes, then 20 + 1016. */
	datagram(f, PORT, 2000);
	memmove(f->bytes + 20, f->bytes + 20 + 1016, 992);
	f->len = 20 + 992;
	f->ip.tot_len = htons(f->len);
	f->ip.frag_off = htons(1016 / 8);
	seal(f);
	ASSERT_EQ(0, transmit(&self->w, f));
	datagram(f, PORT, 2000);
	f->len = 20 + 1016;
	f->ip.tot_len = htons(f->len);
	f->ip.frag_off = htons(IP_MF);
	seal(f);
	pass(_metadata, self);
	EXPECT_EQ(20 + 1016, control_int(&self->r, IP_RECVFRAGSIZE));
}

TEST_F(ip_cmsg, the_sum_of_it_all)
{
	struct cmsghdr *c;
	uint32_t sum;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_CHECKSUM, 1));
	datagram(&self->f, PORT, 200);
	pass(_metadata, self);
	c = control(&self->r, SOL_IP, IP_CHECKSUM);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(sum)), c->cmsg_len);
	/* That is of all the data: neither complemented nor folded. */
	memcpy(&sum, CMSG_DATA(c), sizeof(sum));
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	EXPECT_EQ((uint16_t)~checksum(udp_of(&self->f) + 1, 200), sum);
}

TEST_F(ip_cmsg, time_stamps)
{
	struct cmsghdr *c;
	struct timeval tv;
	struct timespec ts, now;

	ASSERT_OK(set_int(self->fd, SOL_SOCKET, SO_TIMESTAMP, 1));
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	c = control(&self->r, SOL_SOCKET, SCM_TIMESTAMP);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(tv)), c->cmsg_len);
	memcpy(&tv, CMSG_DATA(c), sizeof(tv));
	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT_GE(now.tv_sec, tv.tv_sec);
	EXPECT_LE(now.tv_sec - 60, tv.tv_sec);

	ASSERT_OK(set_int(self->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	pass(_metadata, self);
	EXPECT_EQ(NULL, control(&self->r, SOL_SOCKET, SCM_TIMESTAMP));
	c = control(&self->r, SOL_SOCKET, SCM_TIMESTAMPNS);
	ASSERT_NE(NULL, c);
	memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	EXPECT_LE(now.tv_sec, ts.tv_sec);
}

/* What a frame that is to leave at a time since boot says of when it came, seconds. */
static int64_t time_of_arrival(struct __test_metadata *_metadata,
			       struct _test_data_ip_cmsg *self, int family)
{
	struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(family == AF_KITE ? ETH_P_KITE : ETH_P_IP),
		.sll_halen = ETH_ALEN,
		.sll_ifindex = if_nametoindex("e1"),
	};
	int from = socket(AF_PACKET, SOCK_DGRAM, 0), fd = socket(family, SOCK_DGRAM, 0);
	uint64_t when = 1000000000;
	union {
		char buf[CMSG_SPACE(sizeof(when))];
		struct cmsghdr align;
	} txtime_of = {};
	struct iovec iov = { .iov_base = self->f.bytes };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = txtime_of.buf,
		.msg_controllen = sizeof(txtime_of.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct timespec ts = {};
	char data[100];

	datagram(&self->f, PORT + 1, 10);
	iov.iov_len = self->f.len;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_TXTIME;
	c->cmsg_len = CMSG_LEN(sizeof(when));
	memcpy(CMSG_DATA(c), &when, sizeof(when));
	mac_of(from, "e0", to.sll_addr);
	EXPECT_EQ(0, setsockopt(from, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	EXPECT_EQ(0, bind_to(fd, family, HOST, PORT + 1));
	EXPECT_EQ(self->f.len, sendmsg(from, &msg, 0));
	wait_for(fd, POLLIN);
	EXPECT_EQ(10, receive_message(fd, &self->r, data, sizeof(data), MSG_DONTWAIT));
	c = control(&self->r, SOL_SOCKET, SCM_TIMESTAMPNS);
	if (c)
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	close(from);
	close(fd);
	return ts.tv_sec;
}

/* Older kernels do not know the two apart, so it is no more than Linux's own sockets say. */
TEST_F(ip_cmsg, a_time_of_arrival_that_is_not_that_of_departure)
{
	ASSERT_EQ(0, run("ip link add e0 type veth peer name e1 &&"
			 "ip link set e0 up && ip link set e1 up"));
	undo("ip link del e0");
	ASSERT_EQ(0, wait_running(self->fd, "e0"));
	ASSERT_EQ(0, wait_running(self->fd, "e1"));
	EXPECT_EQ(time_of_arrival(_metadata, self, AF_INET) > 1000000,
		  time_of_arrival(_metadata, self, self->family) > 1000000);
}

TEST_F(ip_cmsg, how_many_were_lost)
{
	struct cmsghdr *c;
	uint32_t lost;
	char buf[2000];
	int i, got = 0;

	ASSERT_OK(set_int(self->fd, SOL_SOCKET, SO_RXQ_OVFL, 1));
	ASSERT_OK(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 4096));
	datagram(&self->f, PORT, 1000);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	while (recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT) == 1000)
		got++;
	pass(_metadata, self);
	c = control(&self->r, SOL_SOCKET, SO_RXQ_OVFL);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(CMSG_LEN(sizeof(lost)), c->cmsg_len);
	memcpy(&lost, CMSG_DATA(c), sizeof(lost));
	EXPECT_EQ(20 - got, lost);
}

TEST_F(ip_cmsg, a_raw_socket_tells_too)
{
	close(self->fd);
	self->fd = socket(self->family, SOCK_RAW, IPPROTO_UDP);
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVTTL, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVORIGDSTADDR, 1));
	datagram(&self->f, PORT, 10);
	pass(_metadata, self);
	EXPECT_EQ(64, control_int(&self->r, IP_TTL));
	expect_pktinfo(_metadata, &self->r, "v0", HOST, HOST);
	EXPECT_NE(NULL, control(&self->r, SOL_IP, IP_ORIGDSTADDR));
}

TEST_F(ip_cmsg, a_ping_socket_tells_too)
{
	struct sockaddr_in to = endpoint(self->family, HOST, 0);
	struct icmphdr out = { .type = ICMP_ECHO };
	char buf[8];

	ASSERT_EQ(0, set_sysctl("ipv4/ping_group_range", "0 0"));
	close(self->fd);
	self->fd = socket(self->family, SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVTTL, 1));
	ASSERT_EQ(8, sendto(self->fd, &out, 8, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	ASSERT_EQ(8, receive_message(self->fd, &self->r, buf, 8, MSG_DONTWAIT));
	EXPECT_EQ(64, control_int(&self->r, IP_TTL));
}

TEST_F(ip_cmsg, a_small_buffer_is_told)
{
	char data[16], control_buf[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control_buf,
		.msg_controllen = sizeof(control_buf),
	};

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	datagram(&self->f, PORT, 10);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	EXPECT_EQ(10, recvmsg(self->fd, &msg, MSG_DONTWAIT));
	EXPECT_EQ(MSG_CTRUNC, msg.msg_flags);
}

TEST_HARNESS_MAIN
