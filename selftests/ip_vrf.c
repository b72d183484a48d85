// SPDX-License-Identifier: GPL-2.0
/*
 * L3 domains (VRF): what comes in by a device of a domain is decided by the domain's
 * table, and is for sockets that are bound into it; what the host says to itself there stays
 * there. Linux's own IPv4 must do the same.
 * time limit: 240 s
 *
 *   test 10.0.0.2 ------ v0 10.0.0.1 host, domain red (table 10): v0, d0 10.1.0.1
 *                                    and outside of it: d1 10.2.0.1
 */
#include "sniff.h"
#include "tcp_peer.h"
#include "wire_udp.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

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

/* A datagram comes, of which IP_PKTINFO says by which device, and to which address of ours. */
static void expect_pktinfo(struct __test_metadata *_metadata, int fd, ssize_t len,
			   const char *device, const char *ours)
{
	char control[64], data[16];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct in_pktinfo *info;

	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	ASSERT_EQ(len, recvmsg(fd, &msg, 0));
	ASSERT_NE(NULL, CMSG_FIRSTHDR(&msg));
	info = (struct in_pktinfo *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	EXPECT_EQ(if_nametoindex(device), info->ipi_ifindex);
	EXPECT_EQ(inet_addr(ours), info->ipi_spec_dst.s_addr);
}

TEST_F(domain, IP_PKTINFO_names_the_device_and_not_the_domain)
{
	int fd = socket_in(self->family, "red", PORT);

	ASSERT_OK(set_int(fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_pktinfo(_metadata, fd, 8, "v0", HOST);
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

#define OURS	"10.1.0.1"	/* the host's other address in the domain */
#define GROUP	"239.1.1.1"

static ssize_t send_to(int fd, int family, const char *addr, int port, const void *data,
		       size_t len)
{
	struct sockaddr_in to = endpoint(family, addr, port);

	return sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to));
}

/* A datagram to a socket that is bound to @device, from one in the domain. */
static void expect_to_self(struct __test_metadata *_metadata, int family, const char *device,
			   const char *addr)
{
	int in = socket_in(family, device, PORT);
	int out = socket_in(family, "red", PORT + 1);
	struct sockaddr_in from = {};
	socklen_t len = sizeof(from);
	char data[8];

	ASSERT_LE(0, in);
	ASSERT_EQ(5, send_to(out, family, addr, PORT, "hello", 5));
	ASSERT_EQ(POLLIN, wait_for(in, POLLIN));
	ASSERT_EQ(5, recvfrom(in, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from,
			      &len));
	EXPECT_EQ(inet_addr(addr), from.sin_addr.s_addr);
	EXPECT_EQ(PORT + 1, ntohs(from.sin_port));
	/* And so does the answer. */
	ASSERT_EQ(3, sendto(in, "you", 3, 0, (struct sockaddr *)&from, len));
	EXPECT_EQ(3, recv_soon(out, data, sizeof(data)));
	close(in);
	close(out);
}

TEST_F(domain, the_host_hears_itself)
{
	expect_to_self(_metadata, self->family, "red", OURS);
	expect_to_self(_metadata, self->family, "red", HOST);
	/* Who is bound to the device that has the address hears it, too. */
	expect_to_self(_metadata, self->family, "d0", OURS);
	expect_to_self(_metadata, self->family, "v0", HOST);
}

/* Unless the main table's loopback comes first. */
TEST_F(domain, the_host_hears_itself_by_the_domains_own_loopback_address)
{
	ASSERT_EQ(0, run("ip address add 127.0.0.1/8 dev red &&"
			 "ip rule add priority 32765 table local && ip rule del priority 0"));
	undo("ip rule add priority 0 table local; ip rule del priority 32765;"
	     "ip address del 127.0.0.1/8 dev red");
	expect_to_self(_metadata, self->family, "red", "127.0.0.1");
}

static void expect_refused(struct __test_metadata *_metadata, int family)
{
	int fd = socket_in(family, "red", FROM);
	char c;

	ASSERT_OK(connect_to(fd, family, OURS, PORT));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	ASSERT_LT(0, wait_for(fd, POLLIN));
	EXPECT_ERRNO(ECONNREFUSED, recv(fd, &c, 1, MSG_DONTWAIT));
	close(fd);
}

TEST_F(domain, who_is_at_another_device_or_in_no_domain_does_not_hear_the_host)
{
	int fd;

	expect_refused(_metadata, self->family);
	fd = socket_in(self->family, "v0", PORT);
	ASSERT_LE(0, fd);
	expect_refused(_metadata, self->family);
	close(fd);
	fd = socket_in(self->family, "", PORT);
	ASSERT_LE(0, fd);
	expect_refused(_metadata, self->family);
	close(fd);
}

TEST_F(domain, of_what_the_host_says_to_itself_IP_PKTINFO_names_the_address_s_device)
{
	int in = socket_in(self->family, "red", PORT), out = socket_in(self->family, "red", FROM);

	ASSERT_OK(set_int(in, SOL_IP, IP_PKTINFO, 1));
	ASSERT_EQ(5, send_to(out, self->family, OURS, PORT, "hello", 5));
	expect_pktinfo(_metadata, in, 5, "d0", OURS);
	close(in);
	close(out);
}

TEST_F(domain, who_watches_the_domain_sees_once_what_the_host_says_to_itself)
{
	int tap = sniff("red", SOCK_DGRAM, ETH_P_ALL);
	int in = socket_in(self->family, "red", PORT), out = socket_in(self->family, "red", FROM);
	char data[64];

	ASSERT_LE(0, tap);
	ASSERT_EQ(5, send_to(out, self->family, OURS, PORT, "hello", 5));
	EXPECT_EQ(5, recv_soon(in, data, sizeof(data)));
	EXPECT_EQ(33, recv_soon(tap, data, sizeof(data)));
	EXPECT_ERRNO(EAGAIN, recv(tap, data, sizeof(data), MSG_DONTWAIT));
	close(tap);
	close(in);
	close(out);
}

TEST_F(domain, a_datagram_in_fragments_reaches_the_host_itself)
{
	int in = socket_in(self->family, "red", PORT), out = socket_in(self->family, "red", FROM);
	static char data[5000], got[5001];

	memset(data, 'f', sizeof(data));
	ASSERT_EQ(0, run("ip link set red mtu 1400"));
	undo("ip link set red mtu 65575");
	ASSERT_OK(set_int(out, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	ASSERT_EQ(sizeof(data), send_to(out, self->family, OURS, PORT, data, sizeof(data)));
	EXPECT_EQ(sizeof(data), recv_soon(in, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(data, got, sizeof(data)));
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.ReasmOKs"));
	close(in);
	close(out);
}

TEST_F(domain, a_datagram_in_fragments_is_put_together_in_the_domain)
{
	int fd = socket_in(self->family, "red", PORT);
	static struct frame whole;
	char data[128];

	datagram(&whole, PORT, 100);
	self->f = whole;
	self->f.ip.frag_off = htons(IP_MF);
	self->f.ip.tot_len = htons(20 + 64);
	self->f.len = 20 + 64;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->f = whole;
	memmove(self->f.bytes + 20, whole.bytes + 20 + 64, whole.len - 84);
	self->f.ip.frag_off = htons(64 / 8);
	self->f.len = whole.len - 64;
	self->f.ip.tot_len = htons(self->f.len);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(100, recv_soon(fd, data, sizeof(data)));
	EXPECT_EQ(0, memcmp(data, udp_of(&whole) + 1, 100));
	close(fd);
}

TEST_F(domain, the_host_answers_its_own_ping)
{
	static const struct icmphdr request = { .type = ICMP_ECHO, .un.echo.sequence = 7 };
	int fd = socket(self->family, SOCK_DGRAM, IPPROTO_ICMP);
	struct icmphdr reply;

	if (fd < 0 && errno == EACCES) {
		ASSERT_EQ(0, set_sysctl("ipv4/ping_group_range", "0 0"));
		fd = socket(self->family, SOCK_DGRAM, IPPROTO_ICMP);
	}
	ASSERT_LE(0, fd);
	ASSERT_OK(bind_device(fd, "red"));
	ASSERT_EQ(sizeof(request), send_to(fd, self->family, OURS, 0, &request,
					   sizeof(request)));
	ASSERT_EQ(sizeof(reply), recv_soon(fd, &reply, sizeof(reply)));
	EXPECT_EQ(ICMP_ECHOREPLY, reply.type);
	EXPECT_EQ(7, reply.un.echo.sequence);
	close(fd);
}

/* Much more than a segment: what is cut by nobody on a way like this. */
#define MUCH	0x100000

TEST_F(domain, the_host_connects_to_itself)
{
	int listening = listener_in(self->family, "red"), conn;
	int fd = socket(self->family, SOCK_STREAM, 0);
	static char out[MUCH], in[MUCH];
	size_t sent = 0, got = 0;
	ssize_t n;
	int i;

	for (i = 0; i < MUCH; i++)
		out[i] = i * 7 + i / 251;
	abortive(fd);
	ASSERT_OK(bind_device(fd, "red"));
	ASSERT_OK(nonblocking(fd));
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, self->family, OURS, HOST_PORT));
	ASSERT_EQ(POLLIN, wait_for(listening, POLLIN));
	conn = accept(listening, NULL, NULL);
	ASSERT_LE(0, conn);
	ASSERT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	while (got < MUCH) {
		n = send(fd, out + sent, MUCH - sent, MSG_DONTWAIT);
		sent += n > 0 ? n : 0;
		n = recv_soon(conn, in + got, MUCH - got);
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_EQ(0, memcmp(in, out, MUCH));
	close(conn);
	close(listening);
	close(fd);
	/* Nobody listens any more. */
	fd = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(bind_device(fd, "red"));
	EXPECT_ERRNO(ECONNREFUSED, connect_to(fd, self->family, OURS, HOST_PORT));
	close(fd);
}

TEST_F(domain, a_member_hears_the_group_from_the_link_and_from_the_host_itself)
{
	int in = socket_in(self->family, "red", PORT), out = socket_in(self->family, "red", FROM);
	struct ip_mreqn at_v0 = {
		.imr_multiaddr.s_addr = inet_addr(GROUP),
		.imr_ifindex = if_nametoindex("v0"),
	};
	static struct frame got;
	char data[16];

	ASSERT_OK(setsockopt(in, SOL_IP, IP_ADD_MEMBERSHIP, &at_v0, sizeof(at_v0)));
	self->f.ip.daddr = inet_addr(GROUP);
	udp_of(&self->f)->check = 0;
	seal(&self->f);
	EXPECT_ARRIVAL(in);

	ASSERT_OK(setsockopt(out, SOL_IP, IP_MULTICAST_IF, &at_v0, sizeof(at_v0)));
	ASSERT_EQ(5, send_to(out, self->family, GROUP, PORT, "hello", 5));
	EXPECT_EQ(5, recv_soon(in, data, sizeof(data)));
	do {
		ASSERT_EQ(0, receive(&self->w, &got, SOON));
	} while (got.ip.protocol != IPPROTO_UDP);	/* and not IGMP */
	EXPECT_EQ(inet_addr(GROUP), got.ip.daddr);
	close(in);
	close(out);
}

/* Which stamp the socket is told of first; -1 when none. */
static int stamp_told(int fd)
{
	char control[512];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err ee;
	struct cmsghdr *c;

	wait_for(fd, 0);
	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -1;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_IP || c->cmsg_type != IP_RECVERR)
			continue;
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		return ee.ee_info;
	}
	return -1;
}

TEST_F(domain, SO_TIMESTAMPING_tells_when_what_the_host_says_to_itself_is_to_leave)
{
	struct sockaddr_in to = endpoint(self->family, HOST, PORT);
	int fd = socket_in(self->family, "red", PORT);

	ASSERT_LE(0, fd);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_SOFTWARE |
			  SOF_TIMESTAMPING_OPT_TSONLY));
	ASSERT_EQ(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(SCM_TSTAMP_SCHED, stamp_told(fd));
	close(fd);
}

TEST_HARNESS_MAIN
