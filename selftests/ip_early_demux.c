// SPDX-License-Identifier: GPL-2.0
/*
 * Early demux: a packet of a connection finds its socket before its route, and the
 * route with it. A firewall sees that: at the INPUT hook it can ask whose socket it
 * is. And nobody else does: whatever changes, the connection's next packet is treated
 * by what is true now. Linux's own IPv4 must do the same.
 * time limit: 240 s
 */
#include "tcp_peer.h"
#include "wire_udp.h"

FIXTURE(early) {
	struct wire w;
	struct frame f;
	struct peer peer;	/* ours, of the TCP connection */
	const char *table;	/* nft's name of the host's firewall */
	int udp;		/* the host's, connected to us */
};

FIXTURE_VARIANT(early) {
	int family;
};

FIXTURE_VARIANT_ADD(early, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(early, kite) { .family = AF_KITE };

static int connected(int family, const char *addr)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	return bind_to(fd, family, addr, PORT) ||
	       connect_to(fd, family, PEER, FROM) ? -1 : fd;
}

FIXTURE_SETUP(early)
{
	struct peer peer = PEER_OF(self, variant);

	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	self->peer = peer;
	self->table = self->w.kite ? "bridge t" : "ip t";
	self->udp = connected(variant->family, HOST);
	ASSERT_LE(0, self->udp);
	datagram(&self->f, PORT, 8);
}

FIXTURE_TEARDOWN(early)
{
	close(self->udp);
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* Count what comes to the host with a socket of root's, whatever its protocol. */
#define FIREWALL							\
	do {								\
		ASSERT_EQ(0, run("nft 'add table %s; add counter %s hit; add chain %s c"	\
				 " { type %s hook input priority 0; };"	\
				 " add rule %s c meta skuid 0 counter name hit'",	\
				 self->table, self->table, self->table,	\
				 self->w.kite ? "route" : "filter", self->table));	\
		undo("nft delete table %s", self->table);		\
	} while (0)

#define EXPECT_HITS(n)							\
	EXPECT_EQ(0, run("nft list counter %s hit | grep -q 'packets %d '", self->table, n))

/* The datagram arrives, at @fd, and nothing else does. */
#define EXPECT_ARRIVAL(fd)						\
	do {								\
		char __data[16];					\
									\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
		EXPECT_EQ(8, recv_soon(fd, __data, sizeof(__data)));	\
	} while (0)

/* The datagram does not, and nobody is told. */
#define EXPECT_LOSS(fd, name)						\
	do {								\
		char __c;						\
									\
		expect_drop(_metadata, &self->w, &self->f, name);	\
		EXPECT_ERRNO(EAGAIN, recv(fd, &__c, 1, MSG_DONTWAIT));	\
	} while (0)

TEST_F(early, a_datagram_finds_the_socket_connected_to_its_sender)
{
	FIREWALL;
	EXPECT_ARRIVAL(self->udp);
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(2);
}

TEST_F(early, udp_early_demux_turns_it_off)
{
	FIREWALL;
	ASSERT_EQ(0, set_sysctl("ipv4/udp_early_demux", "0"));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(0);
	ASSERT_EQ(0, set_sysctl("ipv4/udp_early_demux", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_demux", "0"));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(1);
}

TEST_F(early, ip_early_demux_turns_it_off)
{
	FIREWALL;
	ASSERT_EQ(0, set_sysctl("ipv4/ip_early_demux", "0"));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(0);
	ASSERT_EQ(0, set_sysctl("ipv4/ip_early_demux", "1"));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(1);
}

TEST_F(early, a_datagram_for_a_socket_without_a_peer_does_not_find_it)
{
	int fd;

	FIREWALL;
	fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(fd, variant->family, HOST, PORT + 1));
	datagram(&self->f, PORT + 1, 8);
	EXPECT_ARRIVAL(fd);
	EXPECT_HITS(0);
	close(fd);
}

/* Bound to any address, connect() has settled on one. */
TEST_F(early, a_socket_bound_to_any_address_is_found_once_it_is_connected)
{
	int fd;

	FIREWALL;
	fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(fd, variant->family, "0.0.0.0", PORT + 1));
	ASSERT_OK(connect_to(fd, variant->family, PEER, FROM));
	datagram(&self->f, PORT + 1, 8);
	EXPECT_ARRIVAL(fd);
	EXPECT_HITS(1);
	close(fd);
}

TEST_F(early, a_fragment_does_not_find_one)
{
	static struct frame second;

	FIREWALL;
	packet(&second, PEER, HOST, IPPROTO_UDP, 0);
	memcpy(second.bytes + 20, self->f.bytes + 28, 8);
	second.ip.frag_off = htons(1);
	second.ip.tot_len = htons(28);
	second.len = 28;
	seal(&second);
	self->f.ip.frag_off = htons(IP_MF);
	self->f.ip.tot_len = htons(28);
	self->f.len = 28;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &second));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(0);
}

TEST_F(early, a_packet_with_options_finds_one)
{
	FIREWALL;
	add_options(&self->f, "\1\1\1\1", 4);
	EXPECT_ARRIVAL(self->udp);
	EXPECT_HITS(1);
}

TEST_F(early, a_segment_finds_its_connection_unless_tcp_early_demux_is_off)
{
	struct peer *p = &self->peer;
	char data[16];
	int fd;

	p->w = &self->w;
	p->f = &self->f;
	fd = connection(_metadata, p);
	FIREWALL;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	EXPECT_EQ(5, recv_soon(fd, data, sizeof(data)));
	EXPECT_HITS(1);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_demux", "0"));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 5, p->ack, "hello"));
	EXPECT_EQ(5, recv_soon(fd, data, sizeof(data)));
	EXPECT_HITS(1);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_demux", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/ip_early_demux", "0"));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 10, p->ack, "hello"));
	EXPECT_EQ(5, recv_soon(fd, data, sizeof(data)));
	EXPECT_HITS(1);
	close(fd);
}

/* --- what was decided for a connection holds no longer than for others ---------- */

TEST_F(early, a_connection_ends_with_the_address)
{
	int fd;

	ASSERT_EQ(0, run("ip address add 10.3.0.1/32 dev lo"));
	undo("ip address del 10.3.0.1/32 dev lo 2>/dev/null; true");
	fd = connected(variant->family, "10.3.0.1");
	self->f.ip.daddr = inet_addr("10.3.0.1");
	udp_of(&self->f)->check = 0;
	seal(&self->f);
	EXPECT_ARRIVAL(fd);
	EXPECT_ARRIVAL(fd);
	ASSERT_EQ(0, run("ip address del 10.3.0.1/32 dev lo"));
	EXPECT_LOSS(fd, "KiteExt.InNoForward");
	close(fd);
}

/* Nor is it passed on as somebody's when this host is a router. */
TEST_F(early, a_packet_is_passed_on_when_the_address_is_another_hosts_now)
{
	static struct frame got;
	int fd;

	ASSERT_EQ(0, run("ip address add 10.3.0.1/32 dev lo"));
	undo("ip address del 10.3.0.1/32 dev lo 2>/dev/null; true");
	fd = connected(variant->family, "10.3.0.1");
	self->f.ip.daddr = inet_addr("10.3.0.1");
	udp_of(&self->f)->check = 0;
	seal(&self->f);
	EXPECT_ARRIVAL(fd);
	ASSERT_EQ(0, run("ip address del 10.3.0.1/32 dev lo &&"
			 "ip route add 10.3.0.1 via " STRANGER));
	undo("ip route del 10.3.0.1");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/ip_forward", "1"));
	if (self->w.kite)
		ASSERT_EQ(0, set_sysctl("kite/forwarding", "1"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	if (self->w.kite) {
		ASSERT_EQ(0, receive(&self->w, &got, SOON));
		EXPECT_EQ(inet_addr("10.3.0.1"), got.ip.daddr);
		EXPECT_EQ(63, got.ip.ttl);
	} else {
		/* Linux drops what it has found a socket for. */
		expect_silence(_metadata, &self->w);
	}
	close(fd);
}

TEST_F(early, the_way_back_is_asked_for_again_when_routes_change)
{
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	EXPECT_ARRIVAL(self->udp);
	EXPECT_ARRIVAL(self->udp);
	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip route add " PEER " dev d0"));
	undo("ip link del d0");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, run("ip route del " PEER " dev d0"));
	EXPECT_ARRIVAL(self->udp);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InRpFilter"));
}

/* Linux looks at the device's settings only when something else changes. */
TEST_F(early, rp_filter_is_heeded_by_the_next_packet)
{
	char c;

	if (!self->w.kite)
		return;
	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip route add " PEER " dev d0"));
	undo("ip link del d0");
	EXPECT_ARRIVAL(self->udp);
	EXPECT_ARRIVAL(self->udp);
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_counter("KiteExt.InRpFilter", 1));
	EXPECT_ERRNO(EAGAIN, recv(self->udp, &c, 1, MSG_DONTWAIT));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "0"));
	EXPECT_ARRIVAL(self->udp);
}

TEST_HARNESS_MAIN
