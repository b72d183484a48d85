// SPDX-License-Identifier: GPL-2.0
/*
 * By which way a connection of the host's own goes: that of its source address and
 * port, too, though nobody named them before connect(). Each runs against Linux's own
 * IPv4, too. The links are those of router.h.
 */
#include "router.h"

#define THERE "10.3.0.1"	/* behind both links */

FIXTURE(connection)
{
	struct wire w;
	unsigned long before[2];	/* packets that had left by d0, by d1 */
};

FIXTURE_VARIANT(connection) {
	int family;
	int type;
};

FIXTURE_VARIANT_ADD(connection, inet) { .family = AF_INET, .type = SOCK_STREAM };
FIXTURE_VARIANT_ADD(connection, kite) { .family = AF_KITE, .type = SOCK_STREAM };
FIXTURE_VARIANT_ADD(connection, inet_udp) { .family = AF_INET, .type = SOCK_DGRAM };
FIXTURE_VARIANT_ADD(connection, kite_udp) { .family = AF_KITE, .type = SOCK_DGRAM };

FIXTURE_SETUP(connection)
{
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	ASSERT_EQ(0, router(self->w.kite));
}

FIXTURE_TEARDOWN(connection)
{
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* A socket says something to THERE, once: one octet, or a SYN. */
static int say(int fd, int family, int type)
{
	if (connect_to(fd, family, THERE, 7000) && errno != EINPROGRESS)
		return -1;
	return type == SOCK_DGRAM && send(fd, "", 1, 0) != 1 ? -1 : 0;
}

/* One more socket does. */
static int speak(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK, 0);
	int err = say(fd, family, type);

	close(fd);
	return err;
}

#define SPEAK() ASSERT_EQ(0, speak(variant->family, variant->type))

#define EXPECT_BY(name)							\
	do {								\
		unsigned long __before = left_by(name);			\
									\
		SPEAK();						\
		EXPECT_EQ(0, wait_left_by(name, __before));		\
	} while (0)

/* The source address is the same whichever next hop it is: only ports differ. */
TEST_F(connection, is_spread_by_its_port_if_ports_count)
{
	int i;

	ASSERT_EQ(0, set_sysctl("ipv4/fib_multipath_hash_policy", "1"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 src " HOST
			 " nexthop dev d0 nexthop dev d1"));
	self->before[0] = left_by("d0");
	self->before[1] = left_by("d1");
	for (i = 0; i < 64; i++)
		SPEAK();
	/* All of them by one: the chance is below 1e-18. */
	EXPECT_EQ(0, wait_left_by("d0", self->before[0]));
	EXPECT_EQ(0, wait_left_by("d1", self->before[1]));
}

TEST_F(connection, heeds_a_rule_about_its_port)
{
	ASSERT_EQ(0, set_sysctl("ipv4/ip_local_port_range", "5000 5003"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0 &&"
			 "ip route add 10.3.0.0/24 dev d1 table 100"));
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip rule add sport 5000-5003 table 100 priority 10"));
	undo("ip rule del priority 10");
	EXPECT_BY("d1");
}

/* The port of before is no longer its own, and says nothing about the way. */
TEST_F(connection, heeds_a_rule_about_its_next_port)
{
	int fd = socket(variant->family, variant->type | SOCK_NONBLOCK, 0);
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0 &&"
			 "ip route add 10.3.0.0/24 dev d1 table 100 &&"
			 "ip rule add sport 5001 table 100 priority 10"));
	undo("ip rule del priority 10");
	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_EQ(0, bind_to(fd, variant->family, "10.1.0.1", 0));

	ASSERT_EQ(0, set_sysctl("ipv4/ip_local_port_range", "5000 5000"));
	self->before[0] = left_by("d0");
	ASSERT_EQ(0, say(fd, variant->family, variant->type));
	EXPECT_EQ(0, wait_left_by("d0", self->before[0]));
	EXPECT_EQ(5000, port_of(fd));
	ASSERT_EQ(0, connect(fd, &none, sizeof(none)));

	ASSERT_EQ(0, set_sysctl("ipv4/ip_local_port_range", "5001 5001"));
	self->before[0] = left_by("d0");
	self->before[1] = left_by("d1");
	ASSERT_EQ(0, say(fd, variant->family, variant->type));
	EXPECT_EQ(0, wait_left_by("d1", self->before[1]));
	/* At once, and not when nobody answers. */
	EXPECT_EQ(self->before[0], left_by("d0"));
	EXPECT_EQ(5001, port_of(fd));
	close(fd);
}

TEST_F(connection, heeds_a_rule_about_its_address)
{
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0 &&"
			 "ip route add 10.3.0.0/24 dev d1 table 100"));
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip rule add from 10.1.0.1 table 100 priority 10"));
	undo("ip rule del priority 10");
	EXPECT_BY("d1");
}

/* It begins where it may, and finds no way from there. */
TEST_F(connection, fails_if_there_is_no_way_for_its_source)
{
	int fd = socket(variant->family, variant->type | SOCK_NONBLOCK, 0);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0 &&"
			 "ip rule add prohibit from 10.1.0.1 priority 10"));
	undo("ip rule del priority 10");
	EXPECT_ERRNO(EACCES, connect_to(fd, variant->family, THERE, 7000));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(0, sin.sin_addr.s_addr);
	/* It may try again. */
	ASSERT_EQ(0, run("ip rule del priority 10"));
	undo("ip rule add priority 10 table main");
	EXPECT_ERRNO(variant->type == SOCK_STREAM ? EINPROGRESS : 0,
		     connect_to(fd, variant->family, THERE, 7000));
}

/* Which of 32 connections from known ports leave by d1, one bit each; -1 on error. */
static int64_t spread(int family, int type)
{
	int64_t by_second = 0;
	int fd, i;

	for (i = 0; i < 32; i++) {
		unsigned long first = left_by("d0"), second = left_by("d1");

		fd = socket(family, type | SOCK_NONBLOCK, 0);
		if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
		    bind_to(fd, family, HOST, 6000 + i) || say(fd, family, type))
			return -1;
		if (wait_left_by_either(first + second))
			return -1;
		if (left_by("d1") > second)
			by_second |= 1LL << i;
		close(fd);
	}
	return by_second;
}

TEST_F(connection, is_spread_as_linux_spreads_it_by_the_same_seed)
{
	int64_t one;

	if (set_sysctl("ipv4/fib_multipath_hash_seed", "1"))
		SKIP(return, "no seed in this kernel");
	ASSERT_EQ(0, set_sysctl("ipv4/fib_multipath_hash_policy", "1"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 nexthop dev d0 nexthop dev d1"));
	one = spread(variant->family, variant->type);
	ASSERT_LE(0, one);
	EXPECT_EQ(one, spread(AF_INET, variant->type));
	ASSERT_EQ(0, set_sysctl("ipv4/fib_multipath_hash_seed", "2"));
	EXPECT_NE(one, spread(variant->family, variant->type));
	ASSERT_EQ(0, set_sysctl("ipv4/fib_multipath_hash_seed", "1"));
	EXPECT_EQ(one, spread(variant->family, variant->type));
}

/* Two next hops that have names of their own, and a group of both. */
static int next_hops(void)
{
	undo("ip nexthop flush >/dev/null 2>&1");
	return set_sysctl("ipv4/fib_multipath_hash_policy", "1") ||
	       run("ip nexthop add id 1 dev d0 && ip nexthop add id 2 dev d1 &&"
		   "ip nexthop add id 10 group 1/2 &&"
		   "ip route add 10.3.0.0/24 src " HOST " nhid 10");
}

/* What a socket says, over and over, leaves by a device at last. (TCP says SYN again.) */
static int comes_to_leave_by(const char *name, int fd, int type)
{
	unsigned long before = left_by(name);
	int ms;

	for (ms = 0; left_by(name) <= before; ms += 20) {
		if (ms > SOON || (type == SOCK_DGRAM && send(fd, "", 1, 0) != 1))
			return -1;
		usleep(20000);
	}
	return 0;
}

/* A socket that speaks by the first of them. */
static int speaks_by_the_first(int family, int type)
{
	unsigned long by_first, by_both;
	int fd, i;

	for (i = 0; i < 64; i++) {
		by_first = left_by("d0");
		by_both = by_first + left_by("d1");
		fd = socket(family, type | SOCK_NONBLOCK, 0);
		if (say(fd, family, type))
			return -1;
		if (wait_left_by_either(by_both))
			return -1;
		if (left_by("d0") > by_first)
			return fd;
		close(fd);
	}
	return -1;
}

static void leaves_by_the_second_after(struct __test_metadata *_metadata, int family, int type,
				       const char *change)
{
	int fd;

	ASSERT_EQ(0, next_hops());
	fd = speaks_by_the_first(family, type);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, run("%s", change));
	EXPECT_EQ(0, comes_to_leave_by("d1", fd, type));
	close(fd);
}

TEST_F(connection, goes_on_by_another_of_a_group_when_its_next_hop_is_deleted)
{
	leaves_by_the_second_after(_metadata, variant->family, variant->type,
				   "ip nexthop del id 1");
}

TEST_F(connection, goes_on_by_what_its_next_hop_is_replaced_by)
{
	leaves_by_the_second_after(_metadata, variant->family, variant->type,
				   "ip nexthop replace id 1 dev d1");
}

TEST_HARNESS_MAIN
