// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that the kernel chooses: bind to port 0, and connect without bind.
 */
#include "kite_test.h"

#include <sys/resource.h>

FIXTURE_OF_BOTH_FAMILIES(port_choice);

static int set_range(int low, int high)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %d", low, high);
	return write_file("/proc/sys/net/ipv4/ip_local_port_range", text);
}

static int reserve(const char *ports)
{
	return write_file("/proc/sys/net/ipv4/ip_local_reserved_ports", ports);
}

/* A socket with a port of the kernel's choice on an address; -1 with errno. */
static int any_port(int family, int type, const char *addr)
{
	int fd = socket(family, type, 0);

	if (!bind_to(fd, family, addr, 0))
		return fd;
	close(fd);
	return -1;
}

TEST_F(port_choice, every_port_of_the_range_is_found_before_EADDRINUSE)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	bool seen[100];
	int i, t, fd, port;

	ASSERT_EQ(0, set_range(40000, 40099));
	for (t = 0; t < 2; t++) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < 100; i++) {
			fd = any_port(self->family, type[t], "127.0.0.1");
			ASSERT_LE(0, fd) {
				TH_LOG("after %d of 100: %s", i,
				       strerror(errno));
			}
			port = port_of(fd) - 40000;
			ASSERT_LE(0, port);
			ASSERT_GT(100, port);
			EXPECT_FALSE(seen[port]);
			seen[port] = true;
		}
		EXPECT_ERRNO(EADDRINUSE,
			     any_port(self->family, type[t], "127.0.0.1"));
	}
}

TEST_F(port_choice, a_freed_port_is_found_again)
{
	int fd[16], i, port;

	ASSERT_EQ(0, set_range(40000, 40015));
	for (i = 0; i < 16; i++)
		fd[i] = any_port(self->family, SOCK_DGRAM, "127.0.0.1");
	for (i = 0; i < 16; i++) {
		port = port_of(fd[i]);
		close(fd[i]);
		fd[i] = any_port(self->family, SOCK_DGRAM, "127.0.0.1");
		EXPECT_EQ(port, port_of(fd[i]));
	}
}

TEST_F(port_choice, a_full_range_still_has_ports_on_another_address)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	int i, t;

	ASSERT_EQ(0, set_range(40000, 40015));
	for (t = 0; t < 2; t++) {
		for (i = 0; i < 16; i++)
			ASSERT_LE(0, any_port(self->family, type[t],
					      "127.0.0.1"));
		for (i = 0; i < 16; i++)
			EXPECT_LE(0, any_port(self->family, type[t],
					      "127.0.0.2")) {
				TH_LOG("port %d of 16 on the other", i);
			}
		EXPECT_ERRNO(EADDRINUSE,
			     any_port(self->family, type[t], "127.0.0.2"));
	}
}

TEST_F(port_choice, reserved_ports_are_left_out)
{
	int i, port;

	ASSERT_EQ(0, set_range(40000, 40031));
	ASSERT_EQ(0, reserve("40000-40029"));
	for (i = 0; i < 2; i++) {
		port = port_of(any_port(self->family, SOCK_DGRAM,
					"127.0.0.1"));
		EXPECT_LE(40030, port);
		EXPECT_GE(40031, port);
	}
	EXPECT_ERRNO(EADDRINUSE,
		     any_port(self->family, SOCK_DGRAM, "127.0.0.1"));
	EXPECT_LE(0, bound_socket(self->family, SOCK_DGRAM, 40001)) {
		TH_LOG("reserved ports are there for who names them");
	}
}

TEST_F(port_choice, the_range_is_read_at_each_choice)
{
	ASSERT_EQ(0, set_range(40000, 40001));
	EXPECT_EQ(20000, port_of(any_port(self->family, SOCK_DGRAM,
					  "127.0.0.1")) / 2);
	ASSERT_EQ(0, set_range(50000, 50001));
	EXPECT_EQ(25000, port_of(any_port(self->family, SOCK_DGRAM,
					  "127.0.0.1")) / 2);
}

TEST_F(port_choice, several_destinations_share_a_local_port)
{
	int fd[2][2], lfd[2], i, j;

	/* Two ports, and four connections to two destinations. */
	ASSERT_EQ(0, set_range(40000, 40001));
	for (j = 0; j < 2; j++) {
		lfd[j] = listener(self->family, 5000 + j);
		ASSERT_LE(0, lfd[j]);
	}
	for (j = 0; j < 2; j++)
		for (i = 0; i < 2; i++) {
			fd[j][i] = socket(self->family, SOCK_STREAM, 0);
			ASSERT_OK(connect_to(fd[j][i], self->family,
					     "127.0.0.1", 5000 + j));
		}
	EXPECT_NE(port_of(fd[0][0]), port_of(fd[0][1]));
	EXPECT_NE(port_of(fd[1][0]), port_of(fd[1][1]));

	i = socket(self->family, SOCK_STREAM, 0);
	EXPECT_ERRNO(EADDRNOTAVAIL, connect_to(i, self->family, "127.0.0.1",
					       5000));
}

TEST_F(port_choice, connect_does_not_share_what_bind_chose)
{
	int fd;

	ASSERT_EQ(0, set_range(40000, 40001));
	ASSERT_LE(0, listener(self->family, 5000));
	ASSERT_LE(0, bound_socket(self->family, SOCK_STREAM, 40000));
	fd = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(40001, port_of(fd));
	fd = socket(self->family, SOCK_STREAM, 0);
	EXPECT_ERRNO(EADDRNOTAVAIL, connect_to(fd, self->family, "127.0.0.1",
					       5000));
}

/*
 * Only KITE's promise: any free port is as likely as any other, whatever is
 * taken. 1024 draws from 16 ports of which 8 are taken; each free one comes up
 * 128 times, give or take six standard deviations (11 each).
 */
TEST(kite_draws_evenly)
{
	bool taken[16] = {};
	int count[16] = {};
	int i, fd;

	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, set_range(40000, 40015));
	for (i = 0; i < 16; i += 2) {
		ASSERT_LE(0, bound_socket(AF_KITE, SOCK_DGRAM,
					  40000 + i * 3 % 16));
		taken[i * 3 % 16] = true;
	}
	for (i = 0; i < 1024; i++) {
		fd = any_port(AF_KITE, SOCK_DGRAM, "127.0.0.1");
		ASSERT_LE(0, fd);
		count[port_of(fd) - 40000]++;
		close(fd);
	}
	for (i = 0; i < 16; i++) {
		EXPECT_LE(taken[i] ? 0 : 128 - 6 * 11, count[i]);
		EXPECT_GE(taken[i] ? 0 : 128 + 6 * 11, count[i]);
	}
}

/* More than one of the runs that the map of free ports counts by. */
TEST(kite_fills_a_long_range)
{
	struct rlimit limit = { 2000, 2000 };
	int i;

	ASSERT_EQ(0, own_network());
	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, set_range(40001, 41500));
	for (i = 0; i < 1500; i++)
		ASSERT_LE(0, any_port(AF_KITE, SOCK_DGRAM, "127.0.0.1")) {
			TH_LOG("with %d ports taken: %s", i, strerror(errno));
		}
	EXPECT_ERRNO(EADDRINUSE, any_port(AF_KITE, SOCK_DGRAM, "127.0.0.1"));
}

TEST_HARNESS_MAIN
