// SPDX-License-Identifier: GPL-2.0
/*
 * One datagram out of several calls: MSG_MORE and UDP_CORK.
 */
#include "kite_test.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

#define IP	"/usr/sbin/ip"
#define PAGE	4096

#ifndef SOL_UDPLITE
#define SOL_UDPLITE	136
#endif

FIXTURE(udp_cork) {
	int family;
	int a;
	int b;
};

FIXTURE_VARIANT(udp_cork) {
	int family;
};

FIXTURE_VARIANT_ADD(udp_cork, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(udp_cork, kite) { .family = AF_KITE };

FIXTURE_SETUP(udp_cork)
{
	int pair[2];

	self->family = variant->family;
	ASSERT_EQ(0, own_network());
	ASSERT_OK(dgram_pair(self->family, pair));
	self->a = pair[0];
	self->b = pair[1];
}

FIXTURE_TEARDOWN(udp_cork)
{
	close(self->a);
	close(self->b);
}

TEST_F(udp_cork, MSG_MORE_holds_back_until_the_last_piece)
{
	char buf[16];

	ASSERT_EQ(3, send(self->a, "abc", 3, MSG_MORE));
	ASSERT_EQ(0, send(self->a, "", 0, MSG_MORE));
	ASSERT_EQ(2, send(self->a, "de", 2, MSG_MORE));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT));
	ASSERT_EQ(1, send(self->a, "f", 1, 0));
	EXPECT_EQ(6, recv_soon(self->b, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
}

TEST_F(udp_cork, UDP_CORK_holds_back_until_it_is_off)
{
	char buf[16];

	EXPECT_EQ(0, get_int(self->a, SOL_UDP, UDP_CORK));
	ASSERT_OK(set_int(self->a, SOL_UDP, UDP_CORK, 1));
	EXPECT_EQ(1, get_int(self->a, SOL_UDP, UDP_CORK));
	ASSERT_EQ(3, send(self->a, "abc", 3, 0));
	ASSERT_EQ(3, send(self->a, "def", 3, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT));
	ASSERT_OK(set_int(self->a, SOL_UDP, UDP_CORK, 0));
	EXPECT_EQ(6, recv_soon(self->b, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	ASSERT_EQ(1, send(self->a, "g", 1, 0));
	EXPECT_EQ(1, recv_soon(self->b, buf, sizeof(buf)));
}

TEST_F(udp_cork, the_first_piece_decides_where_it_goes)
{
	int other = bound_socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1",
					 port_of(other));
	char buf[16];

	ASSERT_EQ(1, sendto(self->a, "1", 1, MSG_MORE,
			    (struct sockaddr *)&to, sizeof(to)));
	ASSERT_EQ(1, send(self->a, "2", 1, 0));
	EXPECT_EQ(2, recv_soon(other, buf, sizeof(buf)));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_DONTWAIT));
}

TEST_F(udp_cork, too_much_is_EMSGSIZE_and_lost)
{
	static char piece[32768];
	char buf[16];

	ASSERT_EQ(sizeof(piece), send(self->a, piece, sizeof(piece), MSG_MORE));
	EXPECT_ERRNO(EMSGSIZE, send(self->a, piece, sizeof(piece), MSG_MORE));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(1, recv_soon(self->b, buf, sizeof(buf))) {
		TH_LOG("what was held back has gone");
	}
}

TEST_F(udp_cork, what_must_not_be_fragmented_ends_at_the_MTU)
{
	static const int modes[] = { IP_PMTUDISC_DO, IP_PMTUDISC_PROBE, IP_PMTUDISC_INTERFACE };
	static char piece[1000];
	char buf[16];
	int i;

	ASSERT_EQ(0, system(IP " link set lo mtu 1500"));
	for (i = 0; i < 3; i++) {
		ASSERT_OK(set_int(self->a, SOL_IP, IP_MTU_DISCOVER, modes[i]));
		ASSERT_EQ(1000, send(self->a, piece, 1000, MSG_MORE));
		ASSERT_EQ(472, send(self->a, piece, 472, MSG_MORE));
		EXPECT_ERRNO(EMSGSIZE, send(self->a, piece, 1, MSG_MORE));
		ASSERT_EQ(10, send(self->a, piece, 10, 0));
		EXPECT_EQ(10, recv_soon(self->b, buf, sizeof(buf)));
	}
	ASSERT_OK(set_int(self->a, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT));
	ASSERT_EQ(1000, send(self->a, piece, 1000, MSG_MORE));
	ASSERT_EQ(1000, send(self->a, piece, 1000, 0));
	EXPECT_EQ(sizeof(buf), recv_soon(self->b, buf, sizeof(buf)));
}

TEST_F(udp_cork, segments_are_not_counted_together)
{
	static char piece[1000];
	char buf[16];

	ASSERT_EQ(0, system(IP " link set lo mtu 1500"));
	ASSERT_OK(set_int(self->a, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	ASSERT_OK(set_int(self->a, SOL_UDP, UDP_SEGMENT, 1000));
	ASSERT_EQ(1000, send(self->a, piece, 1000, MSG_MORE));
	ASSERT_EQ(1000, send(self->a, piece, 1000, 0));
	EXPECT_EQ(sizeof(buf), recv_soon(self->b, buf, sizeof(buf)));
	EXPECT_EQ(sizeof(buf), recv_soon(self->b, buf, sizeof(buf)));
}

TEST_F(udp_cork, many_pieces_arrive_in_order)
{
	static char out[60000], in[60000];
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 2654435761U >> 24;
	ASSERT_OK(set_int(self->a, SOL_SOCKET, SO_SNDBUF, 1 << 20));
	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_RCVBUF, 1 << 20));
	for (i = 0; i < sizeof(out); i += 1000)
		ASSERT_EQ(1000, send(self->a, out + i, 1000,
				     i + 1000 < sizeof(out) ? MSG_MORE : 0));
	EXPECT_EQ(sizeof(in), recv_soon(self->b, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

TEST_F(udp_cork, close_forgets_what_is_held_back)
{
	char buf[16];

	ASSERT_EQ(3, send(self->a, "abc", 3, MSG_MORE));
	close(self->a);
	self->a = -1;
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT));
}

/* A file in memory of so many octets. */
static int file_of(size_t size)
{
	int fd = memfd_create("kite", 0);

	return ftruncate(fd, size) ? -1 : fd;
}

TEST_F(udp_cork, a_file_is_one_datagram)
{
	static char buf[4 * PAGE];
	int file = file_of(2 * PAGE);

	ASSERT_EQ(2 * PAGE, sendfile(self->a, file, NULL, 2 * PAGE));
	EXPECT_EQ(2 * PAGE, recv_soon(self->b, buf, sizeof(buf)));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, 1, MSG_DONTWAIT));
	close(file);
}

TEST_F(udp_cork, a_file_ends_its_datagram)
{
	int file = file_of(100);
	char buf[PAGE];

	ASSERT_EQ(100, sendfile(self->a, file, NULL, PAGE));
	EXPECT_EQ(100, recv_soon(self->b, buf, sizeof(buf)));

	/* But not the one that UDP_CORK holds back. */
	ASSERT_OK(set_int(self->a, SOL_UDP, UDP_CORK, 1));
	lseek(file, 0, SEEK_SET);
	ASSERT_EQ(100, sendfile(self->a, file, NULL, PAGE));
	EXPECT_ERRNO(EAGAIN, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT));
	ASSERT_EQ(3, send(self->a, "abc", 3, 0));
	ASSERT_OK(set_int(self->a, SOL_UDP, UDP_CORK, 0));
	EXPECT_EQ(103, recv_soon(self->b, buf, sizeof(buf)));
	close(file);
}

TEST_F(udp_cork, a_file_needs_somebody_to_go_to)
{
	int fd = socket(self->family, SOCK_DGRAM, 0), file = file_of(PAGE);

	EXPECT_ERRNO(EDESTADDRREQ, sendfile(fd, file, NULL, PAGE));
	close(fd);
	close(file);
}

TEST_F(udp_cork, UDP_Lites_level_is_UDPs)
{
	EXPECT_ERRNO(0, set_int(self->a, SOL_UDPLITE, UDP_CORK, 1));
	EXPECT_EQ(1, get_int(self->a, SOL_UDPLITE, UDP_CORK));
	EXPECT_EQ(1, get_int(self->a, SOL_UDP, UDP_CORK));
}

TEST_F(udp_cork, the_option_is_checked)
{
	char one = 1;

	EXPECT_ERRNO(EINVAL, setsockopt(self->a, SOL_UDP, UDP_CORK, &one,
					sizeof(one)));
	EXPECT_ERRNO(EFAULT, setsockopt(self->a, SOL_UDP, UDP_CORK, (void *)1,
					sizeof(int)));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(self->a, SOL_UDP, 9999, 1));
	EXPECT_EQ(-ENOPROTOOPT, get_int(self->a, SOL_UDP, 9999));
}

TEST_HARNESS_MAIN
