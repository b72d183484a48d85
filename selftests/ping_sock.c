// SPDX-License-Identifier: GPL-2.0
/*
 * Ping sockets: ICMP echo for users without a capability.
 */
#include "kite_test.h"

#include <grp.h>

#include <linux/icmp.h>

#define IP	"/usr/sbin/ip"

FIXTURE_OF_BOTH_FAMILIES(ping_sock);

static int allow_groups(const char *range)
{
	return write_file("/proc/sys/net/ipv4/ping_group_range", range);
}

static int ping_socket(int family)
{
	return socket(family, SOCK_DGRAM, IPPROTO_ICMP);
}

static int ping(int fd, int family, const char *addr, const void *data,
		size_t len)
{
	struct sockaddr_in to = endpoint(family, addr, 0);

	return sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to));
}

TEST_F(ping_sock, the_group_range_decides)
{
	gid_t groups[] = { 4711, 100 };

	ASSERT_EQ(0, allow_groups("1 0"));
	EXPECT_ERRNO(EACCES, ping_socket(self->family));
	ASSERT_EQ(0, allow_groups("100 100"));
	EXPECT_ERRNO(EACCES, ping_socket(self->family));
	ASSERT_OK(setgroups(2, groups));
	EXPECT_LE(0, ping_socket(self->family));
	ASSERT_EQ(0, allow_groups("0 0"));
	EXPECT_LE(0, ping_socket(self->family));
}

TEST_F(ping_sock, an_echo_comes_back)
{
	struct {
		struct icmphdr icmp;
		char data[8];
	} out = {
		.icmp = { .type = ICMP_ECHO, .un.echo.sequence = htons(7) },
		.data = "payload",
	}, in;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	fd = ping_socket(self->family);
	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(out), ping(fd, self->family, "127.0.0.1", &out,
				    sizeof(out)));
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	ASSERT_EQ(sizeof(in), recvfrom(fd, &in, sizeof(in), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &len));
	EXPECT_EQ(ICMP_ECHOREPLY, in.icmp.type);
	EXPECT_EQ(htons(7), in.icmp.un.echo.sequence);
	EXPECT_EQ(port_of(fd), ntohs(in.icmp.un.echo.id));
	EXPECT_EQ(0, memcmp(in.data, out.data, sizeof(in.data)));
	EXPECT_EQ(inet_addr("127.0.0.1"), from.sin_addr.s_addr);
	/* The request itself is not ours to hear. */
	EXPECT_ERRNO(EAGAIN, recv(fd, &in, sizeof(in), MSG_DONTWAIT));
}

TEST_F(ping_sock, each_hears_its_own_replies)
{
	struct icmphdr out = { .type = ICMP_ECHO }, in;
	int a, b;

	ASSERT_EQ(0, allow_groups("0 0"));
	a = ping_socket(self->family);
	b = ping_socket(self->family);
	/* On from the start, for these sockets. */
	ASSERT_OK(set_int(a, SOL_SOCKET, SO_REUSEADDR, 0));
	ASSERT_OK(bind_to(a, self->family, "127.0.0.1", 1));
	EXPECT_ERRNO(EADDRINUSE, bind_to(b, self->family, "127.0.0.1", 1));
	ASSERT_EQ(sizeof(out), ping(a, self->family, "127.0.0.1", &out,
				    sizeof(out)));
	EXPECT_EQ(sizeof(in), recv_soon(a, &in, sizeof(in)));
	EXPECT_EQ(htons(1), in.un.echo.id);
	ASSERT_EQ(sizeof(out), ping(b, self->family, "127.0.0.1", &out,
				    sizeof(out)));
	ASSERT_EQ(POLLIN, wait_for(b, POLLIN));
	EXPECT_NE(1, port_of(b));
	EXPECT_ERRNO(EAGAIN, recv(a, &in, sizeof(in), MSG_DONTWAIT));
}

TEST_F(ping_sock, sends_nothing_but_echo_requests)
{
	struct icmphdr out = { .type = ICMP_ECHO };
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	fd = ping_socket(self->family);
	EXPECT_ERRNO(EINVAL, ping(fd, self->family, "127.0.0.1", &out, 7));
	out.code = 1;
	EXPECT_ERRNO(EINVAL, ping(fd, self->family, "127.0.0.1", &out, 8));
	out.code = 0;
	out.type = ICMP_ECHOREPLY;
	EXPECT_ERRNO(EINVAL, ping(fd, self->family, "127.0.0.1", &out, 8));
	out.type = ICMP_ECHO;
	EXPECT_ERRNO(EDESTADDRREQ, send(fd, &out, 8, 0));
	EXPECT_ERRNO(EOPNOTSUPP, send(fd, &out, 8, MSG_OOB));
	EXPECT_EQ(8, ping(fd, self->family, "127.0.0.1", &out, 8));
}

TEST_F(ping_sock, names_have_a_family)
{
	struct sockaddr_in to = endpoint(AF_UNSPEC, "127.0.0.1", 0);
	struct icmphdr out = { .type = ICMP_ECHO };
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	fd = ping_socket(self->family);
	EXPECT_ERRNO(EAFNOSUPPORT, ping(fd, AF_UNSPEC, "127.0.0.1", &out, 8));
	EXPECT_ERRNO(EINVAL, sendto(fd, &out, 8, 0, (struct sockaddr *)&to, 15));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 0));
	EXPECT_ERRNO(EAFNOSUPPORT, ping(fd, AF_UNSPEC, "127.0.0.1", &out, 8));
}

TEST_F(ping_sock, bind_takes_addresses_of_this_host)
{
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 0);
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	fd = ping_socket(self->family);
	EXPECT_ERRNO(EINVAL, bind(fd, (struct sockaddr *)&sin, 15));
	EXPECT_ERRNO(EADDRNOTAVAIL, bind_to(fd, self->family, "10.9.9.9", 0));
	EXPECT_ERRNO(EADDRNOTAVAIL, bind_to(fd, self->family, "224.0.0.1", 0));
	EXPECT_ERRNO(EAFNOSUPPORT, bind_to(fd, AF_UNIX, "127.0.0.1", 0));
	EXPECT_ERRNO(EAFNOSUPPORT, bind_to(fd, AF_UNSPEC, "127.0.0.1", 0));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.1", 0));
	EXPECT_LT(0, port_of(fd));
	EXPECT_ERRNO(EINVAL, bind_to(fd, self->family, "127.0.0.1", 0));
}

TEST_F(ping_sock, rules_about_ports_find_the_type_of_ICMP)
{
	struct icmphdr out = { .type = ICMP_ECHO };
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	fd = ping_socket(self->family);
	ASSERT_OK(bind_to(fd, self->family, "127.0.0.1", 77));
	ASSERT_EQ(0, system(IP " rule add pref 100 lookup local && " IP " rule del pref 0 && "
			    IP " rule add pref 10 ipproto icmp sport 77 prohibit"));
	EXPECT_EQ(8, ping(fd, self->family, "127.0.0.1", &out, 8));
	ASSERT_EQ(0, system(IP " rule add pref 10 ipproto icmp dport 2048 prohibit"));
	EXPECT_ERRNO(EACCES, ping(fd, self->family, "127.0.0.1", &out, 8));
}

TEST_F(ping_sock, a_connected_one_hears_of_errors)
{
	struct icmphdr out = { .type = ICMP_ECHO };
	char c;
	int fd;

	ASSERT_EQ(0, allow_groups("0 0"));
	ASSERT_EQ(0, system(IP " route add prohibit 10.3.3.3"));
	fd = ping_socket(self->family);
	EXPECT_ERRNO(EACCES, ping(fd, self->family, "10.3.3.3", &out, 8));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 0));
	EXPECT_EQ(8, send(fd, &out, 8, 0));
	EXPECT_EQ(1, recv_soon(fd, &c, 1));
}

TEST_HARNESS_MAIN
