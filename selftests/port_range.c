// SPDX-License-Identifier: GPL-2.0
/*
 * IP_LOCAL_PORT_RANGE: a socket's own share of the ports that the kernel chooses
 * from, never more than ip_local_port_range.
 */
#include "kite_test.h"

#include <stdbool.h>

#define SERVER	5000

FIXTURE(port_range) {
	int family;
};

FIXTURE_VARIANT(port_range) {
	int family;
};

FIXTURE_VARIANT_ADD(port_range, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(port_range, kite) { .family = AF_KITE };

FIXTURE_SETUP(port_range)
{
	self->family = variant->family;
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ip_local_port_range",
				"40000 40999"));
}

FIXTURE_TEARDOWN(port_range)
{
}

static int set_range(int fd, unsigned int low, unsigned int high)
{
	return set_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE, high << 16 | low);
}

/* A socket with a range of its own. */
static int ranged(int family, int type, unsigned int low, unsigned int high)
{
	int fd = socket(family, type, 0);

	return set_range(fd, low, high) ? -1 : fd;
}

/* The port that bind() chooses from a range, -1 with errno. */
static int chosen(int family, int type, unsigned int low, unsigned int high)
{
	int fd = ranged(family, type, low, high);

	return bind_to(fd, family, "127.0.0.1", 0) ? -1 : port_of(fd);
}

static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

TEST_F(port_range, the_option_reads_back)
{
	static const unsigned int values[] = {
		40000 | 40003u << 16, 40000, 40003u << 16, 1 | 65535u << 16, 0,
	};
	int fd = socket(self->family, SOCK_STREAM, 0);
	unsigned int i;

	EXPECT_EQ(0, get_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE));
	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ASSERT_OK(set_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE, values[i]));
		EXPECT_EQ((int)values[i],
			  get_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE));
	}
}

TEST_F(port_range, what_is_no_range_is_refused)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char byte = 1;

	ASSERT_OK(set_range(fd, 40000, 40003));
	EXPECT_ERRNO(EINVAL, set_range(fd, 40003, 40000));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, &byte,
					sizeof(byte)));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, NULL,
					0));
	EXPECT_EQ((int)(40003u << 16 | 40000),
		  get_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE));
}

TEST_F(port_range, bind_stays_within_and_finds_every_port)
{
	int i, t, port;

	for (t = 0; t < 2; t++) {
		bool seen[4] = {};

		for (i = 0; i < 4; i++) {
			port = chosen(self->family, types[t], 40500, 40503);
			ASSERT_LE(40500, port);
			ASSERT_GE(40503, port);
			EXPECT_FALSE(seen[port - 40500]);
			seen[port - 40500] = true;
		}
		EXPECT_ERRNO(EADDRINUSE, chosen(self->family, types[t], 40500,
						40503));
		EXPECT_LE(0, bound_socket(self->family, types[t], 0)) {
			TH_LOG("who has no range has all the others");
		}
	}
}

TEST_F(port_range, it_narrows_the_namespaces_and_never_widens_it)
{
	static const struct {
		unsigned int low, high, least, most;
	} ranges[] = {
		{ 1000, 40000, 40000, 40000 },
		{ 40999, 60000, 40999, 40999 },
		{ 0, 40001, 40000, 40001 },
		{ 40998, 0, 40998, 40999 },
		{ 1000, 2000, 40000, 40999 },
		{ 50000, 60000, 40000, 40999 },
	};
	unsigned int i;
	int port;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		port = chosen(self->family, SOCK_DGRAM, ranges[i].low,
			      ranges[i].high);
		EXPECT_LE((int)ranges[i].least, port);
		EXPECT_GE((int)ranges[i].most, port);
	}
}

TEST_F(port_range, reserved_ports_are_left_out)
{
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ip_local_reserved_ports",
				"40500-40502"));
	EXPECT_EQ(40503, chosen(self->family, SOCK_STREAM, 40500, 40503));
	EXPECT_ERRNO(EADDRINUSE, chosen(self->family, SOCK_STREAM, 40500,
					40503));
}

TEST_F(port_range, who_names_a_port_gets_it)
{
	int t;

	for (t = 0; t < 2; t++) {
		int fd = ranged(self->family, types[t], 40500, 40503);

		EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.1", 4242));
	}
}

TEST_F(port_range, connect_stays_within_and_finds_every_port)
{
	bool seen[4] = {};
	int i, fd, port;

	ASSERT_LE(0, listener(self->family, SERVER));
	for (i = 0; i < 4; i++) {
		fd = ranged(self->family, SOCK_STREAM, 40500, 40503);
		ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", SERVER));
		port = port_of(fd);
		ASSERT_LE(40500, port);
		ASSERT_GE(40503, port);
		EXPECT_FALSE(seen[port - 40500]);
		seen[port - 40500] = true;
	}
	fd = ranged(self->family, SOCK_STREAM, 40500, 40503);
	EXPECT_ERRNO(EADDRNOTAVAIL, connect_to(fd, self->family, "127.0.0.1",
					       SERVER));
	ASSERT_LE(0, listener(self->family, SERVER + 1));
	EXPECT_EQ(0, connect_to(fd, self->family, "127.0.0.1", SERVER + 1)) {
		TH_LOG("another destination shares them");
	}
}

TEST_F(port_range, an_address_without_a_port_gets_one_of_it)
{
	int fd = ranged(self->family, SOCK_STREAM, 40500, 40500);

	ASSERT_LE(0, listener(self->family, SERVER));
	ASSERT_OK(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_OK(bind_to(fd, self->family, "127.0.0.2", 0));
	EXPECT_EQ(0, port_of(fd));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", SERVER));
	EXPECT_EQ(40500, port_of(fd));

	/* The same port, from another address: another connection. */
	fd = ranged(self->family, SOCK_STREAM, 40500, 40500);
	ASSERT_OK(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_OK(bind_to(fd, self->family, "127.0.0.3", 0));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", SERVER));
	EXPECT_EQ(40500, port_of(fd));
}

TEST_F(port_range, a_datagram_socket_that_sends_gets_one_of_it)
{
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", SERVER);
	int fd = ranged(self->family, SOCK_DGRAM, 40500, 40500);

	ASSERT_LE(0, bound_socket(self->family, SOCK_DGRAM, SERVER));
	ASSERT_EQ(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	EXPECT_EQ(40500, port_of(fd));

	fd = ranged(self->family, SOCK_DGRAM, 40501, 40501);
	ASSERT_OK(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_OK(bind_to(fd, self->family, "127.0.0.2", 0));
	EXPECT_EQ(0, port_of(fd));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", SERVER));
	EXPECT_EQ(40501, port_of(fd));

	fd = ranged(self->family, SOCK_DGRAM, 40501, 40501);
	EXPECT_ERRNO(EAGAIN, connect_to(fd, self->family, "127.0.0.1",
					SERVER));
}

TEST_F(port_range, a_listener_gets_one_of_it_and_hands_the_range_on)
{
	int lfd = ranged(self->family, SOCK_STREAM, 40500, 40500);
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_OK(listen(lfd, 1));
	EXPECT_EQ(40500, port_of(lfd));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 40500));
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)(40500u << 16 | 40500),
		  get_int(fd, SOL_IP, IP_LOCAL_PORT_RANGE));
}

TEST_HARNESS_MAIN
