// SPDX-License-Identifier: GPL-2.0
/*
 * What UDP makes of a datagram that comes in, and of an ICMP error about one that
 * went out: frames of our own making. Linux's own UDP must make the same of them.
 */
#include "wire_udp.h"

#include <linux/filter.h>

FIXTURE(udp_input) {
	struct wire w;
	struct frame f;
	int family;
	int fd;			/* the host's, bound to PORT */
};

FIXTURE_VARIANT(udp_input) {
	int family;
};

FIXTURE_VARIANT_ADD(udp_input, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(udp_input, kite) { .family = AF_KITE };

FIXTURE_SETUP(udp_input)
{
	self->family = variant->family;
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	self->fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(self->fd, variant->family, HOST, PORT));
}

FIXTURE_TEARDOWN(udp_input)
{
	close(self->fd);
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* Linux's own counters have other names: none of them is asked. */
static unsigned long kite_counter(const struct wire *w, const char *name)
{
	return w->kite ? counter(name) : 0;
}

/* What was sent last does not arrive, and nobody is told; @name counts it. */
static void expect_lost(struct __test_metadata *_metadata, struct wire *w,
			int fd, const char *name)
{
	char c;

	expect_silence(_metadata, w);
	EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ(w->kite ? 1 : 0, kite_counter(w, name)) {
		TH_LOG("%s", name);
	}
}

TEST_F(udp_input, whole_is_received)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	unsigned char buf[100];

	datagram(&self->f, PORT, 64);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(POLLIN, wait_for(self->fd, POLLIN));
	EXPECT_EQ(64, recvfrom(self->fd, buf, sizeof(buf), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &len));
	EXPECT_EQ(0, memcmp(buf, udp_of(&self->f) + 1, 64));
	EXPECT_EQ(inet_addr(PEER), from.sin_addr.s_addr);
	EXPECT_EQ(FROM, ntohs(from.sin_port));
}

TEST_F(udp_input, long_with_a_checksum)
{
	unsigned char buf[1472];

	datagram(&self->f, PORT, 1472);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(1472, recv_soon(self->fd, buf, sizeof(buf)));
}

TEST_F(udp_input, what_is_for_nobody_comes_to_who_listens_everywhere_once)
{
	int fd = socket(self->family, SOCK_DGRAM, 0), len;
	unsigned char buf[100];

	ASSERT_OK(bind_to(fd, self->family, "0.0.0.0", PORT + 1));
	for (len = 10; len <= 20; len += 10) {
		datagram(&self->f, PORT + 1, len)->check = 0;
		self->f.ip.saddr = 0;
		self->f.ip.daddr = 0;
		seal(&self->f);
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	}
	EXPECT_EQ(10, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(20, recv_soon(fd, buf, sizeof(buf)));
	close(fd);
}

TEST_F(udp_input, no_checksum_is_fine)
{
	unsigned char buf[100];

	datagram(&self->f, PORT, 33)->check = 0;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(33, recv_soon(self->fd, buf, sizeof(buf)));
}

TEST_F(udp_input, a_filter_that_takes_nothing_lets_nothing_in)
{
	struct sock_filter code[] = { { 0x06, 0, 0, 0 } };
	struct sock_fprog prog = { .len = 1, .filter = code };

	ASSERT_OK(setsockopt(self->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	datagram(&self->f, PORT, 33);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InFiltered");
}

TEST_F(udp_input, a_wrong_checksum_is_not_shown_to_anybody)
{
	datagram(&self->f, PORT, 33)->check ^= 1;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, polled(self->fd, POLLIN));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InCsumErrors");
}

TEST_F(udp_input, a_wrong_checksum_in_a_long_one)
{
	datagram(&self->f, PORT, 1400);
	self->f.bytes[1000] ^= 4;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InCsumErrors");
}

TEST_F(udp_input, a_wrong_checksum_to_a_closed_port_is_not_answered)
{
	datagram(&self->f, PORT + 1, 33)->check ^= 1;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InCsumErrors");
}

TEST_F(udp_input, header_cut_off)
{
	datagram(&self->f, PORT, 0);
	self->f.len -= 4;
	self->f.ip.tot_len = htons(self->f.len);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InErrors");
}

TEST_F(udp_input, longer_than_the_packet)
{
	datagram(&self->f, PORT, 20)->len = htons(29);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InErrors");
}

TEST_F(udp_input, shorter_than_its_header)
{
	datagram(&self->f, PORT, 20)->len = htons(7);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_lost(_metadata, &self->w, self->fd, "Udp.InErrors");
}

TEST_F(udp_input, what_the_length_leaves_out_is_cut_off)
{
	struct udphdr *uh = datagram(&self->f, PORT, 20);
	unsigned char buf[100];

	uh->len = htons(sizeof(*uh) + 5);
	uh->check = 0;
	uh->check = udp_checksum(&self->f, uh, sizeof(*uh) + 5);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(5, recv_soon(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, uh + 1, 5));
}

TEST_F(udp_input, nobody_listens)
{
	datagram(&self->f, PORT + 1, 20);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PORT_UNREACH, 0);
	EXPECT_EQ(self->w.kite ? 1 : 0, kite_counter(&self->w, "Udp.NoPorts"));
}

TEST_F(udp_input, a_full_queue_loses_in_silence)
{
	char buf[2000];
	int i, got = 0;

	ASSERT_OK(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 4096));
	datagram(&self->f, PORT, 1000);
	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	while (recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT) == 1000)
		got++;
	EXPECT_LT(0, got);
	EXPECT_GT(50, got);
	EXPECT_EQ(self->w.kite ? 50 - got : 0,
		  kite_counter(&self->w, "Udp.RcvbufErrors"));
}

TEST_F(udp_input, without_memory_it_is_lost_in_silence)
{
	int others = socket(self->family, SOCK_DGRAM, 0);
	int from = socket(self->family, SOCK_DGRAM, 0);
	static char buf[60000];
	int i, got = 0;

	/* Each processor may have a megabyte that nobody knows of: they hold more than that. */
	ASSERT_OK(bind_to(others, self->family, HOST, PORT + 1));
	ASSERT_OK(set_int(others, SOL_SOCKET, SO_RCVBUFFORCE, 10000000));
	ASSERT_OK(connect_to(from, self->family, HOST, PORT + 1));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(sizeof(buf), send(from, buf, sizeof(buf), 0));
	ASSERT_EQ(0, set_machine_sysctl("ipv4/udp_mem", "0 0 0"));
	datagram(&self->f, PORT, 1000);
	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	while (recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT) == 1000)
		got++;
	EXPECT_EQ(0, got);
	EXPECT_EQ(self->w.kite ? 50 : 0, kite_counter(&self->w, "Udp.MemErrors"));
	EXPECT_EQ(0, kite_counter(&self->w, "Udp.RcvbufErrors"));
	close(others);
	close(from);
}

/* An ICMP error about a datagram from @sport of the host to @dport of ours. */
static void complain(struct frame *f, int code, int sport, int dport)
{
	struct icmphdr *icmph;
	struct udphdr *uh;
	struct iphdr *ip;

	icmph = message(f, PEER, HOST, ICMP_DEST_UNREACH, code,
			sizeof(*ip) + sizeof(*uh));
	ip = (struct iphdr *)(icmph + 1);
	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 60;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons(100);
	ip->saddr = inet_addr(HOST);
	ip->daddr = inet_addr(PEER);
	uh = (struct udphdr *)(ip + 1);
	uh->source = htons(sport);
	uh->dest = htons(dport);
	uh->len = htons(80);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, f->len - sizeof(f->ip));
}

TEST_F(udp_input, an_error_is_told_to_the_socket_it_is_about)
{
	ASSERT_OK(connect_to(self->fd, self->family, PEER, FROM));
	complain(&self->f, ICMP_PORT_UNREACH, PORT, FROM);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_NE(0, wait_for(self->fd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, so_error(self->fd));
}

TEST_F(udp_input, an_error_about_another_peer_is_not_told)
{
	ASSERT_OK(connect_to(self->fd, self->family, PEER, FROM));
	complain(&self->f, ICMP_PORT_UNREACH, PORT, FROM + 1);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));
}

TEST_F(udp_input, a_passing_trouble_is_not_told)
{
	ASSERT_OK(connect_to(self->fd, self->family, PEER, FROM));
	complain(&self->f, ICMP_HOST_UNREACH, PORT, FROM);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));
}

TEST_F(udp_input, an_error_is_not_told_to_the_unconnected)
{
	complain(&self->f, ICMP_PORT_UNREACH, PORT, FROM);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));
}

TEST_HARNESS_MAIN
