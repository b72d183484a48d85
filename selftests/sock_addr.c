// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses as programs hand them in and get them back: lengths, families,
 * truncation, pointers to nowhere.
 */
#include "kite_test.h"

#include <net/if_arp.h>
#include <net/route.h>
#include <sys/mman.h>

#define NOWHERE	((void *)16)

FIXTURE_OF_BOTH_FAMILIES(sock_addr);

TEST_F(sock_addr, too_short_is_EINVAL)
{
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 5000);
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr *sa = (struct sockaddr *)&sin;

	EXPECT_ERRNO(EINVAL, bind(stream, sa, sizeof(sin) - 1));
	EXPECT_ERRNO(EINVAL, bind(dgram, sa, sizeof(sin) - 1));
	EXPECT_ERRNO(EINVAL, bind(stream, sa, 2));
	EXPECT_ERRNO(EINVAL, bind(stream, sa, 0));
	EXPECT_ERRNO(EINVAL, connect(stream, sa, sizeof(sin) - 1));
	EXPECT_ERRNO(EINVAL, connect(dgram, sa, sizeof(sin) - 1));
	EXPECT_ERRNO(EINVAL, connect(dgram, sa, 1));
	EXPECT_ERRNO(EINVAL, connect(stream, sa, 0));
	EXPECT_ERRNO(EINVAL, sendto(dgram, "x", 1, 0, sa, sizeof(sin) - 1));
	EXPECT_ERRNO(EINVAL, sendto(dgram, "x", 1, 0, sa, 1));
}

TEST_F(sock_addr, negative_and_huge_lengths_are_EINVAL)
{
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 5000);
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr *sa = (struct sockaddr *)&sin;
	socklen_t len = -1;

	EXPECT_ERRNO(EINVAL, bind(stream, sa, -1));
	EXPECT_ERRNO(EINVAL, bind(dgram, sa, 1 << 20));
	EXPECT_ERRNO(EINVAL, connect(stream, sa, -1));
	EXPECT_ERRNO(EINVAL, connect(dgram, sa, 1 << 20));
	EXPECT_ERRNO(EINVAL, sendto(dgram, "x", 1, 0, sa, -1));
	EXPECT_ERRNO(EINVAL, sendto(dgram, "x", 1, 0, sa, 1 << 20));
	EXPECT_ERRNO(EINVAL, getsockname(dgram, sa, &len));
}

TEST_F(sock_addr, longer_than_needed_is_fine)
{
	struct sockaddr_storage ss = {};
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	int stream = socket(self->family, SOCK_STREAM, 0);

	*(struct sockaddr_in *)&ss = endpoint(self->family, "127.0.0.1", 0);
	EXPECT_EQ(0, bind(dgram, (struct sockaddr *)&ss, sizeof(ss)));
	EXPECT_EQ(0, bind(stream, (struct sockaddr *)&ss, sizeof(ss)));
}

TEST_F(sock_addr, padding_is_not_looked_at)
{
	struct sockaddr_in sin = endpoint(self->family, "127.0.0.1", 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	memset(sin.sin_zero, 0xa5, sizeof(sin.sin_zero));
	EXPECT_EQ(0, bind(dgram, (struct sockaddr *)&sin, sizeof(sin)));
}

TEST_F(sock_addr, wrong_family_is_EAFNOSUPPORT)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	static const int wrong[] = { AF_UNIX, AF_INET6, AF_PACKET, 45, 4711 };
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sockaddr_in sin = endpoint(wrong[i], "127.0.0.1", 5000);
		struct sockaddr *sa = (struct sockaddr *)&sin;

		TH_LOG("family %d", wrong[i]);
		EXPECT_ERRNO(EAFNOSUPPORT, bind(stream, sa, sizeof(sin)));
		EXPECT_ERRNO(EAFNOSUPPORT, bind(dgram, sa, sizeof(sin)));
		EXPECT_ERRNO(EAFNOSUPPORT, connect(stream, sa, sizeof(sin)));
		EXPECT_ERRNO(EAFNOSUPPORT, connect(dgram, sa, sizeof(sin)));
		EXPECT_ERRNO(EAFNOSUPPORT,
			     sendto(dgram, "x", 1, 0, sa, sizeof(sin)));
	}
}

TEST_F(sock_addr, AF_INET_is_taken_by_both)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	int lfd = listener(self->family, 5000);
	struct sockaddr_in to = endpoint(AF_INET, "127.0.0.1", 5001);

	ASSERT_OK(lfd);
	EXPECT_EQ(0, bind_to(dgram, AF_INET, "127.0.0.1", 5001));
	EXPECT_EQ(0, connect_to(stream, AF_INET, "127.0.0.1", 5000));
	EXPECT_EQ(1, sendto(dgram, "x", 1, 0,
			    (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(POLLIN, wait_for(dgram, POLLIN));
}

TEST_F(sock_addr, AF_UNSPEC_binds_only_the_wildcard)
{
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EAFNOSUPPORT, bind_to(dgram, AF_UNSPEC, "127.0.0.1", 0));
	EXPECT_EQ(0, bind_to(dgram, AF_UNSPEC, "0.0.0.0", 0));
}

TEST_F(sock_addr, foreign_address_is_EADDRNOTAVAIL)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EADDRNOTAVAIL,
		     bind_to(stream, self->family, "192.0.2.1", 0));
	EXPECT_ERRNO(EADDRNOTAVAIL,
		     bind_to(dgram, self->family, "192.0.2.1", 0));
}

TEST_F(sock_addr, no_route_is_ENETUNREACH)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "192.0.2.1", 5000);

	EXPECT_ERRNO(ENETUNREACH,
		     connect_to(stream, self->family, "192.0.2.1", 5000));
	EXPECT_ERRNO(ENETUNREACH,
		     connect_to(dgram, self->family, "192.0.2.1", 5000));
	EXPECT_ERRNO(ENETUNREACH, sendto(dgram, "x", 1, 0,
					 (struct sockaddr *)&to, sizeof(to)));
}

TEST_F(sock_addr, port_0_to_send_to_is_EINVAL)
{
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", 0);

	EXPECT_ERRNO(EINVAL, sendto(dgram, "x", 1, 0,
				    (struct sockaddr *)&to, sizeof(to)));
}

TEST_F(sock_addr, names_carry_family_address_and_port)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	memset(&sin, 0xa5, sizeof(sin));
	ASSERT_OK(getsockname(pair[0], (struct sockaddr *)&sin, &len));
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), sin.sin_addr.s_addr);
	EXPECT_NE(0, sin.sin_port);
	EXPECT_EQ(0, memcmp(sin.sin_zero, "\0\0\0\0\0\0\0\0", 8));

	len = sizeof(sin);
	ASSERT_OK(getpeername(pair[0], (struct sockaddr *)&sin, &len));
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(port_of(pair[1]), ntohs(sin.sin_port));

	len = sizeof(sin);
	ASSERT_OK(getpeername(pair[1], (struct sockaddr *)&sin, &len));
	EXPECT_EQ(port_of(pair[0]), ntohs(sin.sin_port));
}

TEST_F(sock_addr, accept_names_the_peer)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	int conn;

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	conn = accept(lfd, (struct sockaddr *)&sin, &len);
	ASSERT_OK(conn);
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(port_of(fd), ntohs(sin.sin_port));
	EXPECT_EQ(5000, port_of(conn));
}

TEST_F(sock_addr, recvfrom_names_the_sender)
{
	int from = bound_socket(self->family, SOCK_DGRAM, 5001);
	int to = bound_socket(self->family, SOCK_DGRAM, 5002);
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	char c;

	ASSERT_OK(connect_to(from, self->family, "127.0.0.1", 5002));
	ASSERT_EQ(1, send(from, "x", 1, 0));
	ASSERT_EQ(1, recvfrom(to, &c, 1, 0, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(5001, ntohs(sin.sin_port));
	EXPECT_EQ(htonl(INADDR_LOOPBACK), sin.sin_addr.s_addr);
}

TEST_F(sock_addr, recvfrom_on_a_stream_names_nobody)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	int pair[2];
	char c;

	ASSERT_OK(stream_pair(self->family, pair));
	ASSERT_EQ(1, send(pair[0], "x", 1, 0));
	ASSERT_EQ(1, recvfrom(pair[1], &c, 1, 0,
			      (struct sockaddr *)&sin, &len));
	EXPECT_EQ(0, len);
}

TEST_F(sock_addr, short_room_truncates_and_tells_the_length)
{
	unsigned char room[sizeof(struct sockaddr_in)];
	int dgram = bound_socket(self->family, SOCK_DGRAM, 5000);
	socklen_t len = 4;
	uint16_t family;

	memset(room, 0xa5, sizeof(room));
	ASSERT_OK(getsockname(dgram, (struct sockaddr *)room, &len));
	EXPECT_EQ(sizeof(struct sockaddr_in), len);
	memcpy(&family, room, sizeof(family));
	EXPECT_EQ(self->family, family);
	EXPECT_EQ(0xa5, room[4]);

	len = 0;
	ASSERT_OK(getsockname(dgram, (struct sockaddr *)room, &len));
	EXPECT_EQ(sizeof(struct sockaddr_in), len);
}

TEST_F(sock_addr, unbound_and_unconnected_names)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	ASSERT_OK(getsockname(stream, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(0, sin.sin_port);
	EXPECT_EQ(0, sin.sin_addr.s_addr);
	EXPECT_ERRNO(ENOTCONN,
		     getpeername(stream, (struct sockaddr *)&sin, &len));
	ASSERT_OK(bind_to(stream, self->family, "127.0.0.1", 0));
	ASSERT_OK(listen(stream, 1));
	EXPECT_ERRNO(ENOTCONN,
		     getpeername(stream, (struct sockaddr *)&sin, &len));
}

TEST_F(sock_addr, pointers_to_nowhere_are_EFAULT)
{
	int lfd = listener(self->family, 5000);
	int dgram = bound_socket(self->family, SOCK_DGRAM, 5000);
	int stream = socket(self->family, SOCK_STREAM, 0);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int pair[2];

	EXPECT_ERRNO(EFAULT, bind(stream, NOWHERE, sizeof(sin)));
	EXPECT_ERRNO(EFAULT, connect(stream, NOWHERE, sizeof(sin)));
	EXPECT_ERRNO(EFAULT, getsockname(lfd, NOWHERE, &len));
	EXPECT_ERRNO(EFAULT, getsockname(lfd, (struct sockaddr *)&sin,
					 NOWHERE));
	EXPECT_ERRNO(EFAULT, sendto(dgram, "x", 1, 0, NOWHERE, sizeof(sin)));

	ASSERT_OK(connect_to(dgram, self->family, "127.0.0.1", 5000));
	EXPECT_ERRNO(EFAULT, send(dgram, NOWHERE, 100, 0));
	ASSERT_EQ(1, send(dgram, "x", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(dgram, POLLIN));
	EXPECT_ERRNO(EFAULT, recv(dgram, NOWHERE, 100, 0));

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(EFAULT, send(pair[0], NOWHERE, 100, 0));
	ASSERT_EQ(1, send(pair[0], "x", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(pair[1], POLLIN));
	EXPECT_ERRNO(EFAULT, recv(pair[1], NOWHERE, 100, 0));
	EXPECT_EQ(1, recv(pair[1], &sin, sizeof(sin), 0)) {
		TH_LOG("a read that failed must not eat the byte");
	}

	ASSERT_OK(connect_to(stream, self->family, "127.0.0.1", 5000));
	EXPECT_ERRNO(EFAULT, accept(lfd, NOWHERE, &len));
}

/* A buffer that ends at the edge of mapped memory, at every alignment. */
TEST_F(sock_addr, unaligned_addresses_and_buffers)
{
	long page = sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sockaddr_in sin;
	int pair[2], spair[2];
	int shift;

	ASSERT_NE(MAP_FAILED, area);
	ASSERT_OK(munmap(area + page, page));
	ASSERT_OK(dgram_pair(self->family, pair));
	ASSERT_OK(stream_pair(self->family, spair));

	for (shift = 0; shift < 8; shift++) {
		char *name = area + page - sizeof(sin) - shift;
		char *data = area + page - 64 - sizeof(sin) - shift;
		int fd = socket(self->family, SOCK_DGRAM, 0);

		sin = endpoint(self->family, "127.0.0.1", 6000 + shift);
		memcpy(name, &sin, sizeof(sin));
		EXPECT_EQ(0, bind(fd, (struct sockaddr *)name, sizeof(sin)));
		memset(data, 'a' + shift, 64);
		EXPECT_EQ(64, send(pair[0], data, 64, 0));
		EXPECT_EQ(64, send(spair[0], data, 64, 0));
		memset(data, 0, 64);
		EXPECT_EQ(64, recv(pair[1], data, 64, 0));
		EXPECT_EQ('a' + shift, data[63]);
		memset(data, 0, 64);
		EXPECT_EQ(64, recv(spair[1], data, 64, MSG_WAITALL));
		EXPECT_EQ('a' + shift, data[63]);
		close(fd);
	}
}

/* On sockets of every type. */
TEST_F(sock_addr, addresses_routes_and_neighbours_of_devices_can_be_asked_for)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW };
	static const int questions[] = { SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR };
	static const char * const answers[] = { "127.0.0.1", "255.0.0.0", "0.0.0.0" };
	struct sockaddr_in *addr;
	struct rtentry route;
	struct arpreq arp;
	struct ifreq ifr;
	int fd, i, j;

	for (i = 0; i < 3; i++) {
		fd = socket(self->family, types[i], types[i] == SOCK_RAW ? IPPROTO_ICMP : 0);
		ASSERT_OK(fd);
		for (j = 0; j < 3; j++) {
			memset(&ifr, 0, sizeof(ifr));
			strcpy(ifr.ifr_name, "lo");
			ASSERT_OK(ioctl(fd, questions[j], &ifr));
			addr = (struct sockaddr_in *)&ifr.ifr_addr;
			EXPECT_EQ(AF_INET, addr->sin_family);
			EXPECT_STREQ(answers[j], inet_ntoa(addr->sin_addr));
		}
		strcpy(ifr.ifr_name, "none");
		EXPECT_ERRNO(ENODEV, ioctl(fd, SIOCGIFADDR, &ifr));

		memset(&arp, 0, sizeof(arp));
		memcpy(&arp.arp_pa, addr, sizeof(*addr));
		EXPECT_ERRNO(ENODEV, ioctl(fd, SIOCGARP, &arp));
		memset(&route, 0, sizeof(route));
		EXPECT_ERRNO(EAFNOSUPPORT, ioctl(fd, SIOCADDRT, &route));
		close(fd);
	}
}

FIXTURE(kite_inet_names) {
	int fd;
};

FIXTURE_SETUP(kite_inet_names)
{
	ASSERT_EQ(0, own_network());
	self->fd = bound_socket(AF_KITE, SOCK_STREAM, 5000);
	ASSERT_OK(self->fd);
}

FIXTURE_TEARDOWN(kite_inet_names)
{
	close(self->fd);
}

static int family_of_name(int fd)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return -1;
	return sin.sin_family;
}

TEST_F(kite_inet_names, is_a_switch)
{
	EXPECT_EQ(0, get_int(self->fd, SOL_KITE, KITE_INET_NAMES));
	EXPECT_EQ(AF_KITE, family_of_name(self->fd));
	ASSERT_OK(set_int(self->fd, SOL_KITE, KITE_INET_NAMES, 1));
	EXPECT_EQ(1, get_int(self->fd, SOL_KITE, KITE_INET_NAMES));
	EXPECT_EQ(AF_INET, family_of_name(self->fd));
	ASSERT_OK(set_int(self->fd, SOL_KITE, KITE_INET_NAMES, 0));
	EXPECT_EQ(AF_KITE, family_of_name(self->fd));
}

TEST_F(kite_inet_names, is_inherited_by_accepted_sockets)
{
	int fd = socket(AF_KITE, SOCK_STREAM, 0);
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	int conn;

	ASSERT_OK(set_int(self->fd, SOL_KITE, KITE_INET_NAMES, 1));
	ASSERT_OK(listen(self->fd, 1));
	ASSERT_OK(connect_to(fd, AF_KITE, "127.0.0.1", 5000));
	conn = accept(self->fd, (struct sockaddr *)&sin, &len);
	ASSERT_OK(conn);
	EXPECT_EQ(AF_INET, sin.sin_family);
	EXPECT_EQ(AF_INET, family_of_name(conn));
	EXPECT_EQ(AF_KITE, family_of_name(fd));
}

TEST_F(kite_inet_names, covers_recvfrom)
{
	int pair[2];
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	char c;

	ASSERT_OK(dgram_pair(AF_KITE, pair));
	ASSERT_OK(set_int(pair[1], SOL_KITE, KITE_INET_NAMES, 1));
	ASSERT_EQ(1, send(pair[0], "x", 1, 0));
	ASSERT_EQ(1, recvfrom(pair[1], &c, 1, 0,
			      (struct sockaddr *)&sin, &len));
	EXPECT_EQ(AF_INET, sin.sin_family);
}

TEST_F(kite_inet_names, refuses_malformed_values)
{
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_KITE, KITE_INET_NAMES,
					"x", -1));
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_KITE, KITE_INET_NAMES,
					"x", 1));
	EXPECT_ERRNO(EFAULT, setsockopt(self->fd, SOL_KITE, KITE_INET_NAMES,
					NOWHERE, sizeof(int)));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(self->fd, SOL_KITE, 4711, 1));
	EXPECT_EQ(-ENOPROTOOPT, get_int(self->fd, SOL_KITE, 4711));
}

TEST_HARNESS_MAIN
