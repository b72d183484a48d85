// SPDX-License-Identifier: GPL-2.0
/*
 * The host on the wire as a router that has seen a flow before: whatever changes,
 * the flow's next packet is treated by what is true now. Each runs against
 * Linux's own IPv4, too. The links are those of router.h.
 * time limit: 240 s
 */
#include "router.h"

#define THERE "10.3.0.1"	/* behind the router, by d0 at first */

FIXTURE_ON_A_WIRE(flow)

/* One packet of the flow goes by the device. */
#define EXPECT_BY(name)							\
	do {								\
		unsigned long __before = left_by(name);			\
									\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
		EXPECT_EQ(0, wait_left_by(name, __before));		\
	} while (0)

/* A flow that goes by d0, and has done so before. */
#define FLOW_FROM(source)						\
	do {								\
		ROUTER;							\
		ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0"));	\
		packet(&self->f, source, THERE, 253, 8);		\
		EXPECT_BY("d0");					\
		EXPECT_BY("d0");					\
	} while (0)

#define FLOW FLOW_FROM(PEER)

TEST_F(flow, takes_a_more_specific_route_and_back)
{
	FLOW;
	ASSERT_EQ(0, run("ip route add " THERE " dev d1"));
	EXPECT_BY("d1");
	ASSERT_EQ(0, run("ip route del " THERE));
	EXPECT_BY("d0");
}

/* The group that the route names is the same one. */
TEST_F(flow, goes_by_what_the_next_hop_in_a_group_is_replaced_by)
{
	ROUTER;
	undo("ip nexthop flush >/dev/null 2>&1");
	ASSERT_EQ(0, run("ip nexthop add id 1 dev d0 && ip nexthop add id 10 group 1 &&"
			 "ip route add 10.3.0.0/24 nhid 10"));
	packet(&self->f, PEER, THERE, 253, 8);
	EXPECT_BY("d0");
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip nexthop replace id 1 dev d1"));
	EXPECT_BY("d1");
	EXPECT_BY("d1");
}

TEST_F(flow, heeds_a_new_rule)
{
	FLOW;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 table 100"));
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip rule add iif v0 table 100 priority 10"));
	EXPECT_BY("d1");
	ASSERT_EQ(0, run("ip rule del priority 10"));
	EXPECT_BY("d0");
}

TEST_F(flow, is_told_by_type_of_service)
{
	FLOW;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 table 100 &&"
			 "ip rule add tos 0x10 table 100 priority 10"));
	undo("ip rule del priority 10");
	EXPECT_BY("d0");
	self->f.ip.tos = 0x10;
	seal(&self->f);
	EXPECT_BY("d1");
	EXPECT_BY("d1");
	/* The bits of ECN are not part of it. */
	self->f.ip.tos = 0x12;
	seal(&self->f);
	EXPECT_BY("d1");
	self->f.ip.tos = 0;
	seal(&self->f);
	EXPECT_BY("d0");
}

TEST_F(flow, ends_in_a_blackhole)
{
	FLOW;
	ASSERT_EQ(0, run("ip route add blackhole " THERE));
	undo("ip route del blackhole " THERE " 2>/dev/null");
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InBlackhole");
	ASSERT_EQ(0, run("ip route del blackhole " THERE));
	EXPECT_BY("d0");
}

TEST_F(flow, has_no_way_any_more_when_the_device_is_down)
{
	FLOW;
	ASSERT_EQ(0, run("ip link set d0 down"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_NET_UNREACH, 0);
}

/* The signal of d0 is there, or gone, and the routes over it have been told. */
static int signal_is(bool there)
{
	int ms;

	if (run("ip link set d0 carrier %s", there ? "on" : "off"))
		return -1;
	for (ms = 0; run("ip route show dev d0 | grep -q linkdown") != (there ? -1 : 0); ms += 20) {
		if (ms > SOON)
			return -1;
		usleep(20000);
	}
	return 0;
}

/* Routes over a link without a signal are good until somebody says otherwise. */
TEST_F(flow, takes_the_other_way_as_soon_as_ignore_routes_with_linkdown_says_so)
{
	unsigned long before;

	FLOW;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 metric 5"));
	undo("ip link set d0 carrier on");
	ASSERT_EQ(0, signal_is(false));
	before = left_by("d1");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(before, left_by("d1"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/d0/ignore_routes_with_linkdown", "1"));
	EXPECT_BY("d1");
	EXPECT_BY("d1");
	ASSERT_EQ(0, signal_is(true));
	EXPECT_BY("d0");
}

TEST_F(flow, does_not_keep_a_device)
{
	FLOW;
	ASSERT_EQ(0, run("ip link del d0"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_NET_UNREACH, 0);
}

TEST_F(flow, is_for_the_host_once_the_address_is)
{
	FLOW;
	echo(&self->f, THERE, 8);
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip address add " THERE "/32 dev lo"));
	undo("ip address del " THERE "/32 dev lo 2>/dev/null");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, THERE);
	ASSERT_EQ(0, run("ip address del " THERE "/32 dev lo"));
	EXPECT_BY("d0");
}

TEST_F(flow, stops_when_the_device_does_not_forward)
{
	FLOW;
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/forwarding", "0"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InNoForward");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/forwarding", "1"));
	EXPECT_BY("d0");
}

TEST_F(flow, stops_when_kite_does_not_forward)
{
	if (!self->w.kite)
		return;
	FLOW;
	ASSERT_EQ(0, set_sysctl("kite/forwarding", "0"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InNoForward");
	ASSERT_EQ(0, set_sysctl("kite/forwarding", "1"));
	EXPECT_BY("d0");
}

/* The way back is by another link: fine for 0 and 2, not for 1. */
TEST_F(flow, from_the_wrong_link_is_judged_by_rp_filter)
{
	FLOW_FROM("10.2.0.9");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "2"));
	EXPECT_BY("d0");
	/* The larger of this and all's counts: 1 < 2. */
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/rp_filter", "1"));
	EXPECT_BY("d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "0"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
}

/* There is no way back at all: fine for 0 only. */
TEST_F(flow, from_nowhere_is_judged_by_rp_filter)
{
	FLOW_FROM("192.0.2.1");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "2"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
	ASSERT_EQ(0, run("ip route add 192.0.2.0/24 dev d1"));
	EXPECT_BY("d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
	ASSERT_EQ(0, run("ip route change 192.0.2.0/24 via " PEER));
	EXPECT_BY("d0");
}

TEST_F(flow, from_an_address_of_the_host_needs_accept_local)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/accept_local", "1"));
	packet(&self->f, "10.2.0.1", THERE, 253, 8);
	EXPECT_BY("d0");
	EXPECT_BY("d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/accept_local", "0"));
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianSrc");
}

/* Its source becomes an address of this host. */
TEST_F(flow, from_what_becomes_our_address_is_martian)
{
	FLOW_FROM("10.9.0.1");
	ASSERT_EQ(0, run("ip address add 10.9.0.1/32 dev lo"));
	undo("ip address del 10.9.0.1/32 dev lo");
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InMartianSrc");
}

TEST_F(flow, between_two_hosts_is_spread_by_ports_if_ports_count)
{
	unsigned long before[2], went[2], n = 0;
	int i, ms;

	ROUTER;
	ASSERT_EQ(0, set_sysctl("ipv4/fib_multipath_hash_policy", "1"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 nexthop dev d0 nexthop dev d1"));
	packet(&self->f, PEER, THERE, IPPROTO_UDP, 8);
	before[0] = left_by("d0");
	before[1] = left_by("d1");
	for (i = 0; i < 64; i++) {
		((struct udphdr *)(&self->f.ip + 1))->source = htons(5000 + i);
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	}
	for (ms = 0; n < 64 && ms < SOON; ms += 5) {
		went[0] = left_by("d0") - before[0];
		went[1] = left_by("d1") - before[1];
		n = went[0] + went[1];
		usleep(5000);
	}
	ASSERT_LE(64, n);
	/* All of them by one: the chance is below 1e-18. */
	EXPECT_LT(0, went[0]);
	EXPECT_LT(0, went[1]);
}

/* A flood of flows of one packet each: each of them, and who was here before. */
TEST_F(flow, survives_a_flood_of_others)
{
	unsigned long before;
	static struct frame f;
	char source[16];
	int i;

	FLOW;
	before = left_by("d0");
	for (i = 0; i < 6000; i++) {
		snprintf(source, sizeof(source), "10.77.%d.%d", i / 200,
			 i % 200 + 1);
		packet(&f, source, THERE, 253, 8);
		ASSERT_EQ(0, transmit(&self->w, &f));
		if (i % 100 == 99)
			ASSERT_EQ(0, wait_left_by("d0", before + i));
	}
	EXPECT_BY("d0");
	ASSERT_EQ(0, run("ip route change 10.3.0.0/24 dev d1"));
	EXPECT_BY("d1");
	before = left_by("d1");
	ASSERT_EQ(0, transmit(&self->w, &f));
	EXPECT_EQ(0, wait_left_by("d1", before));
}

TEST_HARNESS_MAIN
