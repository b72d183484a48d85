// SPDX-License-Identifier: GPL-2.0
/*
 * Raw sockets.
 */
#include "kite_test.h"

#include <linux/icmp.h>
#include <linux/ip.h>

#define IP	"/usr/sbin/ip"

FIXTURE_OF_BOTH_FAMILIES(raw);

#ifndef SOL_RAW
#define SOL_RAW	255
#endif

/* Protocols for experiments, RFC 3692. */
#define PROTOCOL	253
#define OTHER		254

static int send_to(int fd, int family, const char *addr, const void *data,
		   size_t len)
{
	struct sockaddr_in to = endpoint(family, addr, 0);

	return sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to));
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

TEST_F(raw, needs_the_capability)
{
	ASSERT_OK(setresuid(1000, 1000, 1000));
	EXPECT_ERRNO(EPERM, socket(self->family, SOCK_RAW, PROTOCOL));
}

TEST_F(raw, the_header_comes_along)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	struct {
		struct iphdr ip;
		char data[16];
	} in;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	ASSERT_LE(0, fd);
	ASSERT_OK(set_int(fd, SOL_IP, IP_TTL, 9));
	ASSERT_EQ(5, send_to(fd, self->family, "127.0.0.2", "hello", 5));
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	ASSERT_EQ(25, recvfrom(fd, &in, sizeof(in), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &len));
	EXPECT_EQ(0x45, *(uint8_t *)&in.ip);
	EXPECT_EQ(25, ntohs(in.ip.tot_len));
	EXPECT_EQ(9, in.ip.ttl);
	EXPECT_EQ(PROTOCOL, in.ip.protocol);
	EXPECT_EQ(0, checksum(&in.ip, sizeof(in.ip)));
	EXPECT_EQ(0, memcmp(in.data, "hello", 5));
	EXPECT_EQ(in.ip.saddr, from.sin_addr.s_addr);
	EXPECT_EQ(0, from.sin_port);
	EXPECT_EQ(self->family, from.sin_family);
}

TEST_F(raw, each_socket_of_the_protocol_has_a_copy)
{
	int a = socket(self->family, SOCK_RAW, PROTOCOL);
	int b = socket(self->family, SOCK_RAW, PROTOCOL);
	int other = socket(self->family, SOCK_RAW, OTHER);
	char buf[64];

	ASSERT_EQ(1, send_to(a, self->family, "127.0.0.1", "x", 1));
	EXPECT_EQ(21, recv_soon(a, buf, sizeof(buf)));
	EXPECT_EQ(21, recv_soon(b, buf, sizeof(buf)));
	EXPECT_ERRNO(EAGAIN, recv(other, buf, sizeof(buf), MSG_DONTWAIT));
}

TEST_F(raw, bind_and_connect_narrow_what_is_heard)
{
	int from = socket(self->family, SOCK_RAW, PROTOCOL);
	int bound = socket(self->family, SOCK_RAW, PROTOCOL);
	int connected = socket(self->family, SOCK_RAW, PROTOCOL);
	char buf[64];

	ASSERT_OK(bind_to(bound, self->family, "127.0.0.2", 0));
	ASSERT_OK(connect_to(connected, self->family, "127.0.0.3", 0));
	ASSERT_EQ(1, send_to(from, self->family, "127.0.0.1", "1", 1));
	EXPECT_ERRNO(EAGAIN, recv(bound, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recv(connected, buf, sizeof(buf), MSG_DONTWAIT));

	ASSERT_EQ(1, send_to(from, self->family, "127.0.0.2", "2", 1));
	EXPECT_EQ(21, recv_soon(bound, buf, sizeof(buf)));
	EXPECT_ERRNO(EAGAIN, recv(connected, buf, sizeof(buf), MSG_DONTWAIT));

	ASSERT_OK(bind_to(from, self->family, "127.0.0.3", 0));
	ASSERT_EQ(1, send_to(from, self->family, "127.0.0.1", "3", 1));
	EXPECT_EQ(21, recv_soon(connected, buf, sizeof(buf)));
}

TEST_F(raw, bad_names_are_refused)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 0);

	EXPECT_ERRNO(EINVAL, bind(fd, (struct sockaddr *)&sin, 15));
	EXPECT_ERRNO(EADDRNOTAVAIL, bind_to(fd, self->family, "10.9.9.9", 0));
	EXPECT_ERRNO(EDESTADDRREQ, send(fd, "x", 1, 0));
	EXPECT_ERRNO(EINVAL, sendto(fd, "x", 1, 0, (struct sockaddr *)&sin,
				    15));
	sin.sin_family = AF_UNIX;
	EXPECT_ERRNO(EAFNOSUPPORT, sendto(fd, "x", 1, 0,
					  (struct sockaddr *)&sin,
					  sizeof(sin)));
	EXPECT_ERRNO(EOPNOTSUPP, send(fd, "x", 1, MSG_OOB));
}

TEST_F(raw, a_name_of_no_length_is_none)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.2", 0);
	char buf[64];

	EXPECT_ERRNO(EDESTADDRREQ, sendto(fd, "x", 1, 0, (struct sockaddr *)&sin, 0));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 0));
	EXPECT_EQ(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&sin, 0));
	EXPECT_EQ(21, recv_soon(fd, buf, sizeof(buf)));
}

/* A rule that forbids what it is about. */
static int forbid(const char *what)
{
	char line[128];

	snprintf(line, sizeof(line), IP " rule add pref 10 %s prohibit", what);
	return system(IP " rule add pref 100 lookup local && " IP " rule del pref 0") ?:
	       system(line);
}

TEST_F(raw, rules_about_ports_find_none)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);

	ASSERT_EQ(0, forbid("sport 253"));
	EXPECT_EQ(1, send_to(fd, self->family, "127.0.0.1", "x", 1));
}

/* ... and of ICMP the type and the code in their place. */
TEST_F(raw, rules_about_ports_find_the_type_of_ICMP)
{
	int fd = socket(self->family, SOCK_RAW, IPPROTO_ICMP);
	struct icmphdr echo = { .type = ICMP_ECHO };

	ASSERT_EQ(0, forbid("ipproto icmp dport 2048"));
	EXPECT_ERRNO(EACCES, send_to(fd, self->family, "127.0.0.1", &echo, sizeof(echo)));
	echo.code = 1;
	EXPECT_EQ(sizeof(echo), send_to(fd, self->family, "127.0.0.1", &echo, sizeof(echo)));
	/* For each message of a connected one, too. */
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 0));
	EXPECT_EQ(sizeof(echo), send(fd, &echo, sizeof(echo), 0));
	echo.code = 0;
	EXPECT_ERRNO(EACCES, send(fd, &echo, sizeof(echo), 0));
}

TEST_F(raw, rules_about_protocols_know_who_writes_headers)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 7, .protocol = PROTOCOL,
		.daddr = inet_addr("127.0.0.1"),
	};

	ASSERT_EQ(0, forbid("ipproto 255"));
	EXPECT_EQ(1, send_to(fd, self->family, "127.0.0.1", "x", 1));
	ASSERT_OK(set_int(fd, SOL_IP, IP_HDRINCL, 1));
	EXPECT_ERRNO(EACCES, send_to(fd, self->family, "127.0.0.1", &ip, sizeof(ip)));
}

TEST_F(raw, IP_HDRINCL_sends_the_users_header)
{
	int fd = socket(self->family, SOCK_RAW, IPPROTO_RAW);
	int to = socket(self->family, SOCK_RAW, PROTOCOL);
	struct {
		struct iphdr ip;
		char data[4];
	} out = {
		.ip = {
			.version = 4, .ihl = 5, .ttl = 7, .tos = 0x10,
			.protocol = PROTOCOL, .id = 0x1234,
		},
		.data = "abc",
	}, in;

	EXPECT_EQ(1, get_int(fd, SOL_IP, IP_HDRINCL));
	inet_aton("127.0.0.5", (struct in_addr *)&out.ip.saddr);
	inet_aton("127.0.0.1", (struct in_addr *)&out.ip.daddr);
	ASSERT_EQ(sizeof(out), send_to(fd, self->family, "127.0.0.1", &out,
				       sizeof(out)));
	ASSERT_EQ(sizeof(in), recv_soon(to, &in, sizeof(in)));
	EXPECT_EQ(7, in.ip.ttl);
	EXPECT_EQ(0x10, in.ip.tos);
	EXPECT_EQ(0x1234, in.ip.id);
	EXPECT_EQ(out.ip.saddr, in.ip.saddr);
	EXPECT_EQ(sizeof(in), ntohs(in.ip.tot_len));
	EXPECT_EQ(0, checksum(&in.ip, sizeof(in.ip)));
	EXPECT_EQ(0, memcmp(in.data, out.data, sizeof(in.data)));

	/* What is left out is filled in. */
	out.ip.saddr = 0;
	out.ip.id = 0;
	ASSERT_EQ(sizeof(out), send_to(fd, self->family, "127.0.0.1", &out,
				       sizeof(out)));
	ASSERT_EQ(sizeof(in), recv_soon(to, &in, sizeof(in)));
	EXPECT_EQ(inet_addr("127.0.0.1"), in.ip.saddr);
}

TEST_F(raw, IP_HDRINCL_refuses_bad_headers)
{
	int fd = socket(self->family, SOCK_RAW, IPPROTO_RAW);
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 7, .protocol = PROTOCOL,
		.daddr = inet_addr("127.0.0.1"),
	};

	EXPECT_ERRNO(EINVAL, send_to(fd, self->family, "127.0.0.1", &ip, 19));
	ip.ihl = 4;
	EXPECT_ERRNO(EINVAL, send_to(fd, self->family, "127.0.0.1", &ip, 20));
	ip.ihl = 6;
	EXPECT_ERRNO(EINVAL, send_to(fd, self->family, "127.0.0.1", &ip, 20));
}

TEST_F(raw, ICMP_FILTER_keeps_types_out)
{
	int fd = socket(self->family, SOCK_RAW, IPPROTO_ICMP);
	struct icmp_filter filter = { .data = 1 << ICMP_ECHO };
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = 77 };
	socklen_t len = sizeof(filter);
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} in;

	ASSERT_OK(setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter,
			     sizeof(filter)));
	filter.data = 0;
	ASSERT_OK(getsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, &len));
	EXPECT_EQ(1 << ICMP_ECHO, filter.data);
	EXPECT_EQ(sizeof(filter), len);

	echo.checksum = checksum(&echo, sizeof(echo));
	ASSERT_EQ(sizeof(echo), send_to(fd, self->family, "127.0.0.1", &echo,
					sizeof(echo)));
	ASSERT_EQ(sizeof(in), recv_soon(fd, &in, sizeof(in)));
	EXPECT_EQ(ICMP_ECHOREPLY, in.icmp.type);
	EXPECT_EQ(77, in.icmp.un.echo.id);
	EXPECT_EQ(0, checksum(&in.icmp, sizeof(in.icmp)));
	EXPECT_ERRNO(EAGAIN, recv(fd, &in, sizeof(in), MSG_DONTWAIT));
}

TEST_F(raw, ICMP_FILTER_is_for_ICMP)
{
	struct icmp_filter filter = { .data = ~0 };
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	socklen_t len = sizeof(filter);

	EXPECT_ERRNO(EOPNOTSUPP, setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter,
					    sizeof(filter)));
	EXPECT_ERRNO(EOPNOTSUPP, getsockopt(fd, SOL_RAW, ICMP_FILTER, &filter,
					    &len));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(fd, SOL_RAW, 4711, 1));
}

TEST_F(raw, datagrams_of_a_known_protocol_are_copied)
{
	int raw = socket(self->family, SOCK_RAW, IPPROTO_UDP);
	int pair[2];
	char buf[64];

	ASSERT_OK(dgram_pair(self->family, pair));
	ASSERT_EQ(5, send(pair[0], "hello", 5, 0));
	EXPECT_EQ(5, recv_soon(pair[1], buf, sizeof(buf)));
	EXPECT_EQ(33, recv_soon(raw, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf + 28, "hello", 5));
}

TEST_F(raw, big_packets_are_fragmented)
{
	int fd = socket(self->family, SOCK_RAW, PROTOCOL);
	static char out[60000], in[65536];
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 2654435761U >> 24;
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVBUF, 1 << 20));
	ASSERT_EQ(0, system(IP " link set lo mtu 1500"));
	ASSERT_EQ(sizeof(out), send_to(fd, self->family, "127.0.0.1", out,
				       sizeof(out)));
	ASSERT_EQ(sizeof(out) + 20, recv_soon(fd, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in + 20, out, sizeof(out)));
}

TEST_HARNESS_MAIN
