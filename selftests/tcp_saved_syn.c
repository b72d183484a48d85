// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_SAVE_SYN and TCP_SAVED_SYN, tcp(7): a server looks at the headers of its clients' SYNs.
 * Linux's own TCP must do the same.
 */
#include "tcp_options.h"

FIXTURE_ON_A_WIRE(tcp)

/* What a SYN of ours looks like, without link header. */
static struct frame syn;

/* A connection whose listener saves SYNs so. */
static int saved(struct __test_metadata *_metadata, struct peer *p, int mode)
{
	static const unsigned char options[] = { OPT_MSS, 4, 2, 0, OPT_NOP, OPT_WSCALE, 3, 7 };
	int listener = host_listens(p, 1), fd;

	EXPECT_LE(0, listener);
	EXPECT_EQ(0, set_int(listener, SOL_TCP, TCP_SAVE_SYN, mode));
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "data");
	add_tcp_options(p->f, options, sizeof(options));
	syn = *p->f;
	EXPECT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	close(listener);
	return fd;
}

#define HEADERS	(20 + 20 + 8)	/* octets, as above */

TCP_TEST(the_headers_are_told_once)
{
	int fd = saved(_metadata, p, 1);
	unsigned char told[256];
	socklen_t len = sizeof(told);

	ASSERT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	ASSERT_EQ(HEADERS, len);
	EXPECT_EQ(0, memcmp(told, syn.bytes, HEADERS));
	len = sizeof(told);
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(0, len);
}

TCP_TEST(those_of_the_link_among_them)
{
	int fd = saved(_metadata, p, 2);
	unsigned char told[256];
	socklen_t len = sizeof(told);

	ASSERT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	ASSERT_EQ(ETH_HLEN + HEADERS, len);
	EXPECT_EQ(0, memcmp(told, p->w->to.sll_addr, ETH_ALEN));
	EXPECT_EQ(p->family == AF_KITE ? 0x88b5 : ETHERTYPE_IP, told[12] << 8 | told[13]);
	EXPECT_EQ(0, memcmp(told + ETH_HLEN, syn.bytes, HEADERS));
}

TCP_TEST(too_little_room_is_told_how_much_it_takes)
{
	int fd = saved(_metadata, p, 1);
	unsigned char told[HEADERS];
	socklen_t len = HEADERS - 1;

	EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(HEADERS, len);
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(HEADERS, len);
	EXPECT_EQ(0, memcmp(told, syn.bytes, HEADERS));
}

TCP_TEST(nothing_is_saved_that_nobody_wants)
{
	int fd = saved(_metadata, p, 0);
	unsigned char told[256];
	socklen_t len = sizeof(told);

	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(0, len);
}

TCP_TEST(of_a_connection_that_the_host_made_nothing_is)
{
	int fd = host_socket(p);
	unsigned char told[256];
	socklen_t len = sizeof(told);

	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_SAVE_SYN, 1));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(0, len);
}

TCP_TEST(nor_of_one_whose_SYN_left_nothing_behind)
{
	unsigned char told[256];
	socklen_t len = sizeof(told);
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "2"));
	fd = saved(_metadata, p, 1);
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(0, len);
}

TCP_TEST(what_nobody_asked_for_goes_with_the_socket)
{
	int fd = saved(_metadata, p, 1);
	unsigned char told[256];
	socklen_t len = sizeof(told);

	/* Before the next connection. */
	ASSERT_EQ(0, connect_to(fd, AF_UNSPEC, "0.0.0.0", 0));
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, told, &len));
	EXPECT_EQ(0, len);
}

TCP_TEST(only_three_values_are_any)
{
	int fd = host_socket(p), mode;

	for (mode = 0; mode < 3; mode++) {
		EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_SAVE_SYN, mode));
		EXPECT_EQ(mode, get_int(fd, SOL_TCP, TCP_SAVE_SYN));
	}
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_TCP, TCP_SAVE_SYN, 3));
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_TCP, TCP_SAVE_SYN, -1));
	EXPECT_EQ(2, get_int(fd, SOL_TCP, TCP_SAVE_SYN));
}

TEST_HARNESS_MAIN
