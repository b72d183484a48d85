// SPDX-License-Identifier: GPL-2.0
/*
 * L3 domains (VRF): what comes in by a device of a domain is decided by the domain's
 * table, and is for sockets that are bound into it. Linux's own IPv4 must do the same.
 *
 *   test 10.0.0.2 ------ v0 10.0.0.1 host, domain red (table 10): v0, d0 10.1.0.1
 *                                    and outside of it: d1 10.2.0.1
 */
#include "tcp_peer.h"
#include "wire_udp.h"

FIXTURE(domain) {
	struct wire w;
	struct frame f;
	int family;
};

FIXTURE_VARIANT(domain) {
	int family;
};

FIXTURE_VARIANT_ADD(domain, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(domain, kite) { .family = AF_KITE };

/* The domain, around the wire; a device that joins one forgets its neighbours. */
static int make_domain(struct wire *w)
{
	unsigned char mac[ETH_ALEN];

	return mac_of(w->fd, "v1", mac) ||
	       run("mac=%02x:%02x:%02x:%02x:%02x:%02x; ip link add red type vrf table 10 &&"
		   "ip link set red up && ip link set v0 master red &&"
		   "ip link add d0 type dummy && ip link set d0 up master red &&"
		   "ip address add 10.1.0.1/24 dev d0 &&"
		   "ip link add d1 type dummy && ip link set d1 up &&"
		   "ip address add 10.2.0.1/24 dev d1 &&"
		   "ip neighbour replace " PEER " dev v0 lladdr $mac &&"
		   "ip neighbour replace " STRANGER " dev v0 lladdr $mac",
		   mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]) ? -1 : 0;
}

FIXTURE_SETUP(domain)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	self->family = variant->family;
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	if (!if_nametoindex("red"))
		ASSERT_EQ(0, make_domain(&self->w));
	/* One domain for all tests. */
	wire_undo[0] = 0;
	ASSERT_EQ(0, wait_running(fd, "v0"));
	ASSERT_EQ(0, wait_running(self->w.fd, "v1"));
	close(fd);
	datagram(&self->f, PORT, 8);
}

FIXTURE_TEARDOWN(domain)
{
	EXPECT_EQ(0, run("%s", wire_undo));
}

static int bind_device(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name) + 1);
}

/* A UDP socket at any address, in a domain or at a device, "" = in none. */
static int socket_in(int family, const char *device, int port)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	return bind_device(fd, device) || bind_to(fd, family, "0.0.0.0", port) ? -1 : fd;
}

#define EXPECT_ARRIVAL(fd)							\
	do {									\
		char __data[16];						\
										\
		ASSERT_LE(0, fd);						\
		ASSERT_EQ(0, transmit(&self->w, &self->f));			\
		EXPECT_EQ(8, recv_soon(fd, __data, sizeof(__data)));		\
	} while (0)

#define EXPECT_PORT_UNREACHABLE							\
	do {									\
		ASSERT_EQ(0, transmit(&self->w, &self->f));			\
		expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,	\
			     ICMP_PORT_UNREACH, 0);				\
	} while (0)

TEST_F(domain, a_datagram_is_for_a_socket_in_the_domain)
{
	int fd = socket_in(self->family, "red", PORT);

	EXPECT_ARRIVAL(fd);
	close(fd);
}

TEST_F(domain, a_datagram_is_for_a_socket_at_the_device)
{
	int fd = socket_in(self->family, "v0", PORT);

	EXPECT_ARRIVAL(fd);
	close(fd);
}

TEST_F(domain, a_datagram_is_not_for_a_socket_at_another_device_of_the_domain)
{
	int fd = socket_in(self->family, "d0", PORT);

	EXPECT_PORT_UNREACHABLE;
	close(fd);
}

TEST_F(domain, the_socket_at_the_device_comes_before_the_one_in_the_domain)
{
	int wide = socket_in(self->family, "red", PORT);
	int narrow = socket_in(self->family, "v0", PORT);
	char c;

	EXPECT_ARRIVAL(narrow);
	EXPECT_ERRNO(EAGAIN, recv(wide, &c, 1, MSG_DONTWAIT));
	close(wide);
	close(narrow);
}

TEST_F(domain, a_socket_in_no_domain_gets_it_with_udp_l3mdev_accept_only)
{
	int fd = socket_in(self->family, "", PORT);

	EXPECT_PORT_UNREACHABLE;
	ASSERT_EQ(0, set_sysctl("ipv4/udp_l3mdev_accept", "1"));
	EXPECT_ARRIVAL(fd);
	close(fd);
}

TEST_F(domain, IP_PKTINFO_names_the_device_and_not_the_domain)
{
	char control[64], data[16];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = socket_in(self->family, "red", PORT);
	struct in_pktinfo *info;

	ASSERT_OK(set_int(fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	ASSERT_EQ(8, recvmsg(fd, &msg, 0));
	ASSERT_NE(NULL, CMSG_FIRSTHDR(&msg));
	info = (struct in_pktinfo *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	EXPECT_EQ(if_nametoindex("v0"), info->ipi_ifindex);
	EXPECT_EQ(inet_addr(HOST), info->ipi_spec_dst.s_addr);
	close(fd);
}

TEST_F(domain, an_echo_request_is_answered_by_the_domains_routes)
{
	echo(&self->f, HOST, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
	/* Any address of the domain is the host's. */
	echo(&self->f, "10.1.0.1", 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, "10.1.0.1");
}

static int forward(bool kite)
{
	return set_sysctl("ipv4/ip_forward", "1") ||
	       (kite && set_sysctl("kite/forwarding", "1"));
}

#define EXPECT_PASSED(daddr_)							\
	do {									\
		static struct frame __got;					\
										\
		ASSERT_EQ(0, transmit(&self->w, &self->f));			\
		ASSERT_EQ(0, receive(&self->w, &__got, SOON));			\
		EXPECT_EQ(inet_addr(daddr_), __got.ip.daddr);			\
		EXPECT_EQ(63, __got.ip.ttl);					\
	} while (0)

TEST_F(domain, a_packet_is_passed_on_by_the_domains_table)
{
	ASSERT_EQ(0, forward(self->w.kite));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/send_redirects", "0"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 &&"
			 "ip route add 10.3.0.0/24 via " STRANGER " table 10"));
	undo("ip route del 10.3.0.0/24; ip route del 10.3.0.0/24 table 10");
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	EXPECT_PASSED("10.3.0.1");
	EXPECT_PASSED("10.3.0.1");
}

TEST_F(domain, what_only_the_main_table_knows_is_not_reached)
{
	ASSERT_EQ(0, forward(self->w.kite));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 &&"
			 "ip route add unreachable default table 10"));
	undo("ip route del 10.3.0.0/24; ip route del default table 10");
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}

TEST_F(domain, a_socket_sends_by_the_table_of_its_domain)
{
	static struct frame got;
	int in = socket_in(self->family, "red", PORT);
	int out = socket_in(self->family, "", PORT + 1);

	EXPECT_ERRNO(ENETUNREACH, connect_to(out, self->family, PEER, FROM));
	ASSERT_OK(connect_to(in, self->family, PEER, FROM));
	ASSERT_EQ(1, send(in, "x", 1, 0));
	ASSERT_EQ(0, receive(&self->w, &got, SOON));
	EXPECT_EQ(inet_addr(PEER), got.ip.daddr);
	EXPECT_EQ(inet_addr(HOST), got.ip.saddr);
	/* And hears from its peer, whose way in it remembers. */
	EXPECT_ARRIVAL(in);
	EXPECT_ARRIVAL(in);
	close(in);
	close(out);
}

TEST_F(domain, an_address_of_the_domain_can_be_bound_in_it_only)
{
	int in = socket(self->family, SOCK_DGRAM, 0);
	int out = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_OK(bind_device(in, "red"));
	EXPECT_EQ(0, bind_to(in, self->family, HOST, PORT));
	EXPECT_ERRNO(EADDRNOTAVAIL, bind_to(out, self->family, HOST, PORT));
	close(in);
	close(out);
}

TEST_F(domain, a_raw_socket_in_no_domain_gets_it_unless_raw_l3mdev_accept_is_off)
{
	int fd = socket(self->family, SOCK_RAW, 253);
	char data[64];

	packet(&self->f, PEER, HOST, 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(28, recv_soon(fd, data, sizeof(data)));
	ASSERT_EQ(0, set_sysctl("ipv4/raw_l3mdev_accept", "0"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	EXPECT_ERRNO(EAGAIN, recv(fd, data, 1, MSG_DONTWAIT));
	close(fd);
}

static int listener_in(int family, const char *device)
{
	int fd = socket(family, SOCK_STREAM, 0);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	abortive(fd);
	return bind_device(fd, device) || bind_to(fd, family, "0.0.0.0", HOST_PORT) ||
	       listen(fd, 1) ? -1 : fd;
}

TEST_F(domain, a_listener_in_the_domain_has_connections_in_it)
{
	struct peer p = PEER_OF(self, variant);
	int fd = listener_in(self->family, "red"), conn;
	char data[8], name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);

	ASSERT_LE(0, fd);
	shake_hands(_metadata, &p);
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	conn = accept(fd, NULL, NULL);
	ASSERT_LE(0, conn);
	ASSERT_OK(getsockopt(conn, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_STREQ("red", name);
	ASSERT_EQ(0, tell(&p, ACK | PSH, p.seq, p.ack, "hello"));
	EXPECT_EQ(5, recv_soon(conn, data, sizeof(data)));
	abortive(conn);
	close(conn);
	close(fd);
}

TEST_F(domain, a_listener_in_no_domain_is_there_with_tcp_l3mdev_accept_only)
{
	struct peer p = PEER_OF(self, variant);
	int fd = listener_in(self->family, ""), conn;
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);

	ASSERT_LE(0, fd);
	p.seq = OUR_ISN;
	ASSERT_EQ(0, tell(&p, SYN, p.seq, 0, ""));
	expect(_metadata, &p, RST | ACK, 0, p.seq + 1);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_l3mdev_accept", "1"));
	p.port++;
	shake_hands(_metadata, &p);
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	conn = accept(fd, NULL, NULL);
	ASSERT_LE(0, conn);
	/* The connection is in the domain that it came from. */
	ASSERT_OK(getsockopt(conn, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_STREQ("red", name);
	abortive(conn);
	close(conn);
	close(fd);
}

TEST_HARNESS_MAIN
