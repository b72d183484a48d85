// SPDX-License-Identifier: GPL-2.0
/*
 * Options of RFC 791 in packets: filled in on the way and on arrival, turned round
 * in answers, followed where they say the way. Each runs against Linux's own IPv4,
 * too.
 * time limit: 120 s
 */
#include "wire_options.h"

/* The ping in self->f gets these options and is sent. */
#define PING_WITH(...)							\
	do {								\
		static const unsigned char __opt[] = { __VA_ARGS__ };	\
									\
		add_options(&self->f, __opt, sizeof(__opt));		\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
	} while (0)

/* Milliseconds since midnight UT, at an octet of the header. */
static uint32_t time_at(const struct frame *f, size_t at)
{
	uint32_t t;

	memcpy(&t, f->bytes + at, sizeof(t));
	return ntohl(t);
}

/* A router for 10.3/16, all of which lies behind the wire again. */
static int router(struct wire *w)
{
	if (run("ip route add 10.3.0.0/16 dev v0 &&"
		"ip neighbour add 10.3.0.1 dev v0 lladdr %02x:%02x:%02x:%02x:%02x:%02x",
		2, 0, 0, 0, 0, 9))
		return -1;
	undo("ip route del 10.3.0.0/16; ip neighbour del 10.3.0.1 dev v0");
	if ((w->kite && set_sysctl("kite/forwarding", "1")) ||
	    set_sysctl("ipv4/ip_forward", "1") ||
	    set_sysctl("ipv4/conf/v0/send_redirects", "0") ||
	    set_sysctl("ipv4/conf/all/send_redirects", "0"))
		return -1;
	return 0;
}

static int accept_source_routes(void)
{
	return set_sysctl("ipv4/conf/all/accept_source_route", "1") ||
	       set_sysctl("ipv4/conf/v0/accept_source_route", "1");
}

FIXTURE_ON_A_WIRE(arrival)

TEST_F(arrival, record_route_has_the_host_twice)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 15, 4, NOBODY, NOBODY, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 15, 12, A_HOST, A_HOST, NOBODY, 0);
}

TEST_F(arrival, record_route_that_is_full_stays)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 7, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_STRANGER, 0);
}

TEST_F(arrival, record_route_with_half_an_address_left_is_not_answered)
{
	echo(&self->f, HOST, 8);
	PING_WITH(RR, 8, 4, NOBODY, 0);
	expect_silence(_metadata, &self->w);
}

TEST_F(arrival, time_stamp_has_times)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 16, 5, 0, NOBODY, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 16, 13, 0);
	EXPECT_GT(86400000, time_at(&f, 24));
	EXPECT_LE(time_at(&f, 24), time_at(&f, 28));
	EXPECT_EQ(0, time_at(&f, 32));
}

TEST_F(arrival, time_stamp_has_addresses_and_times)
{
	static struct frame f;
	uint32_t addr;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 1, NOBODY, NOBODY, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 21, 1, A_HOST);
	EXPECT_LE(time_at(&f, 28), time_at(&f, 36));
	memcpy(&addr, f.bytes + 32, sizeof(addr));
	EXPECT_EQ(address(A_HOST), addr);
}

TEST_F(arrival, time_stamp_is_for_those_who_are_named)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 3, A_HOST, NOBODY, A_STRANGER, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 13, 3, A_HOST);
	EXPECT_EQ(0, time_at(&f, 36));

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 3, A_STRANGER, NOBODY, A_HOST, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 5, 3, A_STRANGER, NOBODY, A_HOST, NOBODY);
}

TEST_F(arrival, time_stamp_without_room_counts)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 9, 0x30, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0x40, 1, 2, 3, 4);

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 9, 0xf0, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_PARAMETERPROB, icmp_of(&f)->type);
	EXPECT_EQ(23 << 24, ntohl(icmp_of(&f)->un.gateway));
}

TEST_F(arrival, all_of_them_are_answered_in_an_order)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 5, 0, NOBODY, 1, RR, 7, 4, NOBODY, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_ECHOREPLY, icmp_of(&f)->type);
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, TS, 8, 9, 0);
}

TEST_F(arrival, an_error_has_them_too)
{
	static struct frame f;

	packet(&self->f, PEER, HOST, 253, 8);
	PING_WITH(RR, 11, 4, NOBODY, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_DEST_UNREACH, icmp_of(&f)->type);
	EXPECT_OPTIONS(&f, RR, 11, 12, A_HOST, A_HOST, 0);
	/* What is quoted is the packet as it is here. */
	EXPECT_EQ(8, f.bytes[f.ip.ihl * 4 + 8 + 22]);
}

TEST_F(arrival, a_source_route_that_has_ended_leads_back)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 7, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 7, 4, A_PEER, 0);
}

TEST_F(arrival, a_source_route_of_several_leads_back_in_reverse)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 15, 16, 10, 9, 9, 9, 10, 8, 8, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 15, 4, 10, 8, 8, 8, 10, 9, 9, 9, A_PEER, 0);
}

TEST_F(arrival, a_source_route_with_its_own_source_leads_there_once)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 11, 12, A_PEER, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, SSRR, 7, 4, A_PEER, 0);
}

TEST_F(arrival, a_source_route_with_half_an_address_is_a_problem)
{
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 6, 4, 1, 2, 3, 0, 0);
	expect_error(_metadata, &self->w, &self->f, ICMP_PARAMETERPROB, 0,
		     22 << 24);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

TEST_F(arrival, what_follows_the_end_means_nothing)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 7, 8, A_PEER, 0, RR, 3, 4, 9);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_PEER, 0);
}

TEST_F(arrival, fragments_answer_with_the_options_of_the_first)
{
	static const unsigned char rr[] = { RR, 11, 4, NOBODY, NOBODY, 0 };
	static struct frame f;

	echo(&self->f, HOST, 24);
	/* The second half, which has no options, comes first. */
	f = self->f;
	memmove(f.bytes + 20, f.bytes + 36, 16);
	f.len = 36;
	f.ip.tot_len = htons(f.len);
	f.ip.frag_off = htons(2);
	seal(&f);
	ASSERT_EQ(0, transmit(&self->w, &f));
	f = self->f;
	f.len = 36;
	f.ip.tot_len = htons(f.len);
	f.ip.frag_off = htons(IP_MF);
	add_options(&f, rr, sizeof(rr));
	ASSERT_EQ(0, transmit(&self->w, &f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 11, 12, A_HOST, A_HOST, 0);
	EXPECT_EQ(0, checksum(icmp_of(&f), 32));
}

FIXTURE_ON_A_WIRE(passing)

#define BEHIND	"10.3.0.1"

TEST_F(passing, record_route_has_the_way_out)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(RR, 11, 8, A_STRANGER, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);
	EXPECT_OPTIONS(&f, RR, 11, 12, A_STRANGER, A_HOST, 0);
}

TEST_F(passing, time_stamps_of_all_kinds)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 8, 5, 0, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0);
	EXPECT_NE(0, time_at(&f, 24));

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 12, 5, 1, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 12, 13, 1, A_HOST);

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 12, 5, 3, A_HOST, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 12, 13, 3, A_HOST);

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 8, 9, 0, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0x10, 1, 2, 3, 4);
}

TEST_F(passing, what_follows_the_end_stays_behind)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(RR, 7, 4, NOBODY, 0, 7, 7, 7, 7);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, 0, 0, 0, 0, 0);
}

TEST_F(passing, a_loose_source_route_goes_by_its_next_hop)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 11, 4, A_BEHIND, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_BEHIND), f.ip.daddr);
	EXPECT_EQ(63, f.ip.ttl);
	EXPECT_OPTIONS(&f, LSRR, 11, 8, A_HOST, A_STRANGER, 0);
}

TEST_F(passing, a_source_route_passes_over_our_own_addresses)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	ASSERT_EQ(0, run("ip address add 10.0.0.7/24 dev v0"));
	undo("ip address del 10.0.0.7/24 dev v0");
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 11, 4, 10, 0, 0, 7, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, SSRR, 11, 12, 10, 0, 0, 7, A_HOST, 0);
}

TEST_F(passing, a_loose_source_route_need_not_name_us)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, BEHIND, 8);
	PING_WITH(LSRR, 7, 4, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_BEHIND), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 7, 4, A_STRANGER, 0);
}

TEST_F(passing, a_strict_source_route_has_to_name_us)
{
	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, BEHIND, 8);
	PING_WITH(SSRR, 7, 4, A_STRANGER, 0);
	expect_error(_metadata, &self->w, &self->f, ICMP_PARAMETERPROB, 0,
		     16 << 24);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

TEST_F(passing, a_strict_source_route_fails_at_a_gateway_it_does_not_name)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	ASSERT_EQ(0, run("ip route add 10.4.0.0/16 via " PEER));
	undo("ip route del 10.4.0.0/16");
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 7, 4, 10, 4, 0, 1, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_DEST_UNREACH, icmp_of(&f)->type);
	EXPECT_EQ(ICMP_SR_FAILED, icmp_of(&f)->code);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

static const unsigned char router_alert[] = { 148, 4, 0, 0 };

/* RFC 2113: who asked for them has those of his protocol instead of the next hop. */
TEST_F(passing, a_router_alert_is_for_who_asked_for_it)
{
	static struct frame f;
	int fd = socket(variant->family, SOCK_RAW, IPPROTO_RSVP);
	int other = socket(variant->family, SOCK_RAW, IPPROTO_RSVP);
	char data[64];

	ASSERT_EQ(0, router(&self->w));
	packet(&self->f, PEER, BEHIND, IPPROTO_RSVP, 8);
	add_options(&self->f, router_alert, 4);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);

	ASSERT_OK(set_int(fd, SOL_IP, IP_ROUTER_ALERT, 1));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(32, recv_soon(fd, data, sizeof(data)));
	expect_silence(_metadata, &self->w);
	EXPECT_ERRNO(EAGAIN, recv(other, data, 1, MSG_DONTWAIT));

	/* Another protocol's, and none at all, pass. */
	packet(&self->f, PEER, BEHIND, IPPROTO_RSVP + 1, 8);
	add_options(&self->f, router_alert, 4);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);
	packet(&self->f, PEER, BEHIND, IPPROTO_RSVP, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);

	ASSERT_OK(set_int(fd, SOL_IP, IP_ROUTER_ALERT, 0));
	add_options(&self->f, router_alert, 4);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);
	close(fd);
	close(other);
}

TEST_F(passing, fragments_with_a_router_alert_are_put_together_for_him)
{
	int fd = socket(variant->family, SOCK_RAW, IPPROTO_RSVP);
	char data[64];

	ASSERT_EQ(0, router(&self->w));
	ASSERT_OK(set_int(fd, SOL_IP, IP_ROUTER_ALERT, 1));
	packet(&self->f, PEER, BEHIND, IPPROTO_RSVP, 8);
	self->f.ip.frag_off = htons(IP_MF);
	add_options(&self->f, router_alert, 4);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->f.ip.frag_off = htons(1);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(40, recv_soon(fd, data, sizeof(data)));
	expect_silence(_metadata, &self->w);
	close(fd);
}

TEST_F(passing, fragments_copy_what_is_to_be_copied)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, run("ip route change 10.3.0.0/16 dev v0 mtu lock 600"));
	echo(&self->f, BEHIND, 800);
	PING_WITH(RR, 7, 4, NOBODY, 1, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, 1, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, 1, 1, 1, 1, 1, 1, 1, 1, 0x94, 4, 0, 0);
}

TEST_HARNESS_MAIN
