// SPDX-License-Identifier: GPL-2.0
/*
 * What the network layer makes of a packet that comes in: frames of our own
 * making, one for each thing that can be wrong with a header, with the one
 * counter that must tell of it; and ICMP's answers. Each runs against Linux's own
 * IPv4, too, which must say the same on the wire.
 * time limit: 120 s
 */
#include "wire.h"

FIXTURE_ON_A_WIRE(header)

TEST_F(header, whole_is_answered)
{
	echo(&self->f, HOST, 56);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(header, padding_of_the_link_is_cut_off)
{
	static struct frame sent;

	echo(&self->f, HOST, 8);
	sent = self->f;
	sent.len += 10;
	ASSERT_EQ(0, transmit(&self->w, &sent));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(header, shorter_than_any)
{
	echo(&self->f, HOST, 56);
	self->f.len = 12;
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, of_no_length)
{
	echo(&self->f, HOST, 56);
	self->f.len = 0;
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, version_is_not_four)
{
	echo(&self->f, HOST, 56);
	self->f.ip.version = 6;
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, length_below_five)
{
	echo(&self->f, HOST, 56);
	self->f.ip.ihl = 4;
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, longer_than_the_packet)
{
	packet(&self->f, PEER, HOST, IPPROTO_ICMP, 20);
	self->f.ip.ihl = 15;
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, checksum_is_wrong)
{
	echo(&self->f, HOST, 56);
	self->f.ip.check ^= htons(0x0100);
	expect_drop(_metadata, &self->w, &self->f, "IpExt.InCsumErrors");
}

TEST_F(header, one_bit_flipped_in_the_ttl)
{
	echo(&self->f, HOST, 56);
	self->f.ip.ttl ^= 4;
	expect_drop(_metadata, &self->w, &self->f, "IpExt.InCsumErrors");
}

TEST_F(header, total_length_beyond_the_frame)
{
	echo(&self->f, HOST, 56);
	self->f.ip.tot_len = htons(self->f.len + 1);
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "IpExt.InTruncatedPkts");
}

TEST_F(header, total_length_below_its_own)
{
	echo(&self->f, HOST, 56);
	self->f.ip.tot_len = htons(19);
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "Ip.InHdrErrors");
}

TEST_F(header, for_another_host_on_the_link)
{
	struct sockaddr_ll host = self->w.to;

	ASSERT_EQ(0, run("ip link set v0 promisc on"));
	undo("ip link set v0 promisc off");
	echo(&self->f, HOST, 8);
	self->w.to.sll_addr[5] ^= 1;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	if (self->w.kite)
		EXPECT_EQ(0, wait_counter("KiteExt.InOtherHost", 1));
	self->w.to = host;
	expect_silence(_metadata, &self->w);
}

FIXTURE_ON_A_WIRE(address)

/* A ping with addresses that no packet may have on this link. */
#define DROPPED_FROM(name, saddr, daddr, why)				\
	TEST_F(address, name)						\
	{								\
		message(&self->f, saddr, daddr, ICMP_ECHO, 0, 8);	\
		expect_drop(_metadata, &self->w, &self->f, why);	\
	}

DROPPED_FROM(source_is_a_group, "224.0.0.5", HOST, "KiteExt.InMartianSrc")
DROPPED_FROM(source_is_everybody, "255.255.255.255", HOST,
	     "KiteExt.InMartianSrc")
DROPPED_FROM(source_is_nobody, "0.0.0.0", HOST, "KiteExt.InMartianSrc")
DROPPED_FROM(source_is_loopback, "127.0.0.1", HOST, "KiteExt.InMartianSrc")
DROPPED_FROM(source_is_our_own, HOST, HOST, "KiteExt.InMartianSrc")
DROPPED_FROM(destination_is_nobody, PEER, "0.0.0.0", "KiteExt.InMartianDst")
DROPPED_FROM(destination_is_loopback, PEER, "127.0.0.1",
	     "KiteExt.InMartianDst")
DROPPED_FROM(destination_is_a_strange_group, PEER, "239.1.2.3",
	     "KiteExt.InNotMember")
DROPPED_FROM(destination_is_elsewhere, PEER, "192.0.2.1",
	     "KiteExt.InNoForward")

/* What the kernel has logged since @kmsg was opened: lines with the text. */
static int logged(int kmsg, const char *text)
{
	char record[1024];
	ssize_t n;
	int lines = 0;

	for (;;) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno != EPIPE)
			return lines;
		record[n > 0 ? n : 0] = 0;
		lines += !!strstr(record, text);
	}
}

/* Martians are told of where the administrator wants it, and not one by one. */
TEST_F(address, martians_are_logged_with_log_martians)
{
	const char *sysctl = "ipv4/conf/v0/log_martians";
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), i;

	ASSERT_LE(0, kmsg);
	lseek(kmsg, 0, SEEK_END);
	/* Seconds in which the kernel's network code logs ten lines and no more; 0 = all. */
	ASSERT_EQ(0, set_machine_sysctl("core/message_cost", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/log_martians", "0"));
	ASSERT_EQ(0, set_sysctl(sysctl, "0"));
	message(&self->f, PEER, "127.0.0.1", ICMP_ECHO, 0, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianDst");
	message(&self->f, "127.0.0.1", HOST, ICMP_ECHO, 0, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianSrc");
	EXPECT_EQ(0, logged(kmsg, "martian"));
	ASSERT_EQ(0, set_sysctl(sysctl, "1"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianSrc");
	EXPECT_EQ(1, logged(kmsg, "martian source"));
	message(&self->f, PEER, "127.0.0.1", ICMP_ECHO, 0, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianDst");
	EXPECT_EQ(1, logged(kmsg, "martian destination"));
	ASSERT_EQ(0, set_machine_sysctl("core/message_cost", "5"));
	for (i = 0; i < 2000; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_GT(1000, logged(kmsg, "martian"));
	close(kmsg);
}

TEST_F(address, loopback_is_taken_with_route_localnet)
{
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/route_localnet", "1"));
	message(&self->f, PEER, "127.0.0.1", ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	if (!self->w.kite) {
		/* What comes back depends on the answer's own routing. */
		return;
	}
	EXPECT_EQ(0, wait_counter("Icmp.InEchos", 1));
}

TEST_F(address, our_own_is_taken_with_accept_local)
{
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/accept_local", "1"));
	message(&self->f, HOST, HOST, ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	if (self->w.kite)
		EXPECT_EQ(0, wait_counter("Icmp.InEchos", 1));
}

TEST_F(address, strict_rp_filter_wants_the_way_back_here)
{
	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip route add 192.0.2.0/24 dev d0"));
	undo("ip link del d0");
	message(&self->f, "192.0.2.1", HOST, ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
}

TEST_F(address, loose_rp_filter_wants_some_way_back)
{
	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip route add 192.0.2.0/24 dev d0"));
	undo("ip link del d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "2"));
	message(&self->f, "198.51.100.1", HOST, ICMP_ECHO, 0, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");

	/* The answer goes to d0 and is not for us to see. */
	message(&self->f, "192.0.2.1", HOST, ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	if (self->w.kite)
		EXPECT_EQ(0, wait_counter("Icmp.OutEchoReps", 2));
}

TEST_F(address, broadcast_is_delivered_but_echo_ignored)
{
	message(&self->f, PEER, "10.0.0.255", ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("IpExt.InBcastPkts"));
}

TEST_F(address, broadcast_echo_is_answered_if_wanted)
{
	ASSERT_EQ(0, set_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0"));
	message(&self->f, PEER, "10.0.0.255", ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
	message(&self->f, PEER, "255.255.255.255", ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(address, group_echo_is_answered_if_wanted)
{
	ASSERT_EQ(0, set_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0"));
	message(&self->f, PEER, "224.0.0.1", ICMP_ECHO, 0, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(address, unicast_in_a_broadcast_frame_is_dropped_if_wanted)
{
	struct sockaddr_ll host = self->w.to;

	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/drop_unicast_in_l2_multicast",
				"1"));
	echo(&self->f, HOST, 8);
	memset(self->w.to.sll_addr, 0xff, ETH_ALEN);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->w.to = host;
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InL2Multicast"));
}

FIXTURE_ON_A_WIRE(options)

static const unsigned char noops[] = { 1, 1, 1, 0 };
static const unsigned char record_route[] = { 1, 7, 7, 4, 0, 0, 0, 0 };
static const unsigned char router_alert[] = { 0x94, 4, 0, 0 };
static const unsigned char unknown[] = { 0x5e, 4, 0x12, 0x34 };

#define ANSWERED_WITH(name)						\
	TEST_F(options, name##_is_no_obstacle)				\
	{								\
		echo(&self->f, HOST, 24);				\
		add_options(&self->f, name, sizeof(name));		\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
		expect_echo(_metadata, &self->w, &self->f, HOST);	\
	}

ANSWERED_WITH(noops)
ANSWERED_WITH(record_route)
ANSWERED_WITH(router_alert)
ANSWERED_WITH(unknown)

/* Malformed ones, and where in the header the fault is. */
#define PROBLEM_AT(name, at, ...)					\
	TEST_F(options, name)						\
	{								\
		static const unsigned char bad[] = { __VA_ARGS__ };	\
		echo(&self->f, HOST, 8);				\
		add_options(&self->f, bad, sizeof(bad));		\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
		expect_error(_metadata, &self->w, &self->f,		\
			     ICMP_PARAMETERPROB, 0, (at) << 24);	\
		if (self->w.kite)					\
			EXPECT_EQ(1, counter("KiteExt.InBadOptions"));	\
	}

PROBLEM_AT(of_length_zero, 20, 0x5e, 0, 0, 0)
PROBLEM_AT(of_length_one, 21, 1, 0x5e, 1, 0)
PROBLEM_AT(longer_than_the_header, 20, 0x5e, 5, 0, 0)
PROBLEM_AT(cut_off_after_its_type, 23, 1, 1, 1, 0x5e)
PROBLEM_AT(record_route_points_before_its_start, 22, 7, 7, 3, 0, 0, 0, 0, 0)
PROBLEM_AT(record_route_has_half_an_address, 22, 7, 6, 4, 0, 0, 0, 0, 0)
PROBLEM_AT(record_route_twice, 23, 7, 3, 4, 7, 3, 4, 0, 0)
PROBLEM_AT(time_stamp_without_its_flags, 21, 68, 3, 5, 0)
PROBLEM_AT(time_stamp_points_before_its_start, 22, 68, 8, 4, 0, 0, 0, 0, 0)
PROBLEM_AT(router_alert_too_short, 21, 0x94, 3, 0, 0)

TEST_F(options, source_route_is_refused_unless_accepted)
{
	static const unsigned char lsrr[] = { 1, 0x83, 7, 4, 10, 0, 0, 9 };

	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/accept_source_route", "0"));
	echo(&self->f, HOST, 8);
	add_options(&self->f, lsrr, sizeof(lsrr));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InSourceRoute");
}

FIXTURE_ON_A_WIRE(icmp)

TEST_F(icmp, protocol_that_nobody_takes_is_unreachable)
{
	packet(&self->f, PEER, HOST, 253, 100);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PROT_UNREACH, 0);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.InUnknownProtos"));
}

TEST_F(icmp, error_quotes_no_more_than_576_bytes)
{
	packet(&self->f, PEER, HOST, 253, 1400);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PROT_UNREACH, 0);
}

TEST_F(icmp, no_error_about_a_broadcast)
{
	packet(&self->f, PEER, "10.0.0.255", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
}

TEST_F(icmp, no_error_about_a_broadcast_frame)
{
	struct sockaddr_ll host = self->w.to;

	packet(&self->f, PEER, HOST, 253, 8);
	memset(self->w.to.sll_addr, 0xff, ETH_ALEN);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->w.to = host;
	expect_silence(_metadata, &self->w);
}

TEST_F(icmp, no_error_about_a_group)
{
	packet(&self->f, PEER, "224.0.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
}

TEST_F(icmp, wrong_checksum_is_dropped)
{
	echo(&self->f, HOST, 8);
	icmp_of(&self->f)->checksum ^= 1;
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Icmp.InCsumErrors"));
}

TEST_F(icmp, message_shorter_than_its_header_is_dropped)
{
	packet(&self->f, PEER, HOST, IPPROTO_ICMP, 4);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Icmp.InErrors"));
}

TEST_F(icmp, error_that_quotes_nothing_is_dropped)
{
	message(&self->f, PEER, HOST, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 12);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Icmp.InErrors"));
}

TEST_F(icmp, unknown_type_is_ignored)
{
	message(&self->f, PEER, HOST, 200, 0, 12);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
}

/* Some of Linux's own have the other zero, which is wrong here. */
TEST_F(icmp, echo_of_nothing_but_zeroes_has_a_sum)
{
	struct icmphdr *icmph;

	if (!self->w.kite)
		return;
	echo(&self->f, HOST, 56);
	icmph = icmp_of(&self->f);
	memset(icmph, 0, 8 + 56);
	icmph->type = ICMP_ECHO;
	icmph->checksum = checksum(icmph, 8 + 56);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(icmp, echo_is_ignored_if_wanted)
{
	ASSERT_EQ(0, set_sysctl("ipv4/icmp_echo_ignore_all", "1"));
	echo(&self->f, HOST, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, set_sysctl("ipv4/icmp_echo_ignore_all", "0"));
	expect_silence(_metadata, &self->w);
}

TEST_F(icmp, echo_has_the_tos_of_what_it_answers)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	self->f.ip.tos = 0x48;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(0x48, f.ip.tos);
}

TEST_F(icmp, time_stamp_is_answered)
{
	static struct frame f;
	uint32_t *times;

	message(&self->f, PEER, HOST, ICMP_TIMESTAMP, 0, 12);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_TIMESTAMPREPLY, icmp_of(&f)->type);
	ASSERT_EQ(40, f.len);
	EXPECT_EQ(0, checksum(icmp_of(&f), 20));
	times = (uint32_t *)(icmp_of(&f) + 1);
	EXPECT_EQ(0, memcmp(&times[0], icmp_of(&self->f) + 1, 4));
	EXPECT_EQ(times[1], times[2]);
	EXPECT_GT(86400000, ntohl(times[1]));
}

TEST_F(icmp, errors_are_limited_by_the_destination)
{
	static struct frame f;
	int i, errors = 0;

	/* The default: errors, but no answers. */
	ASSERT_EQ(0, set_sysctl("ipv4/icmp_ratemask", "6168"));
	/* One who was never told anything may be told the most. */
	packet(&self->f, STRANGER, HOST, 253, 8);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	echo(&self->f, HOST, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	do {
		ASSERT_EQ(0, receive(&self->w, &f, SOON));
		errors += icmp_of(&f)->type == ICMP_DEST_UNREACH;
	} while (icmp_of(&f)->type != ICMP_ECHOREPLY);
	EXPECT_LT(0, errors);
	EXPECT_GT(12, errors);
	if (self->w.kite)
		EXPECT_EQ(40 - errors, counter("Icmp.OutRateLimitHost") +
			  counter("Icmp.OutRateLimitGlobal"));
}

TEST_HARNESS_MAIN
