// SPDX-License-Identifier: GPL-2.0
/*
 * The host on the wire as a router: what it passes on and by which way, and what
 * it says about the rest. Behind it are two links that swallow everything and
 * count it. Each runs against Linux's own IPv4, too.
 * time limit: 300 s
 *
 *   test 10.0.0.2 ------ v0 10.0.0.1 host 10.1.0.1 d0 ------
 *                                         10.2.0.1 d1 ------
 */
#include "router.h"
#include "sniff.h"

FIXTURE_ON_A_WIRE(forward)

TEST_F(forward, to_a_link_of_its_own)
{
	unsigned long before;

	ROUTER;
	before = left_by("d0");
	packet(&self->f, PEER, "10.1.0.9", 253, 100);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d0", before));
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.ForwDatagrams"));
}

TEST_F(forward, takes_one_from_the_ttl)
{
	static struct frame f;

	ROUTER;
	/* Back where it came from: the only link on which the test listens. */
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/send_redirects", "0"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 via " PEER));
	undo("ip route del 10.3.0.0/24");
	message(&self->f, PEER, "10.3.0.1", ICMP_ECHO, 0, 100);
	self->f.ip.ttl = 9;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(8, f.ip.ttl);
	EXPECT_EQ(0, checksum(&f.ip, 20));
	self->f.ip.ttl = 8;
	seal(&self->f);
	ASSERT_EQ(self->f.len, f.len);
	EXPECT_EQ(0, memcmp(self->f.bytes, f.bytes, f.len));
}

/* What a tap has not read yet is not written to. */
TEST_F(forward, who_listens_where_it_came_in_has_it_as_it_came)
{
	static struct frame f;
	unsigned long before;
	int fd;

	ROUTER;
	fd = sniff("v0", SOCK_DGRAM, ETH_P_ALL);
	ASSERT_LE(0, fd);
	before = left_by("d0");
	packet(&self->f, PEER, "10.1.0.9", 253, 100);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, wait_left_by("d0", before));
	ASSERT_EQ(self->f.len, recv_soon(fd, f.bytes, sizeof(f.bytes)));
	EXPECT_EQ(0, memcmp(self->f.bytes, f.bytes, self->f.len));
}

TEST_F(forward, leaves_options_unharmed)
{
	static const unsigned char unknown[] = { 1, 1, 0x5e, 2, 0xde, 4, 5, 6 };
	static struct frame f;

	ROUTER;
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/send_redirects", "0"));
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 via " PEER));
	undo("ip route del 10.3.0.0/24");
	message(&self->f, PEER, "10.3.0.1", ICMP_ECHO, 0, 100);
	add_options(&self->f, unknown, sizeof(unknown));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	self->f.ip.ttl--;
	seal(&self->f);
	ASSERT_EQ(self->f.len, f.len);
	EXPECT_EQ(0, memcmp(self->f.bytes, f.bytes, f.len));
}

TEST_F(forward, says_when_the_ttl_runs_out)
{
	ROUTER;
	packet(&self->f, PEER, "10.1.0.9", 253, 100);
	self->f.ip.ttl = 1;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_TIME_EXCEEDED,
		     ICMP_EXC_TTL, 0);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InTtlExceeded"));
}

/* Whether a packet whose type of service asks for little delay is let out before others. */
static bool goes_first(struct __test_metadata *_metadata, struct wire *w, struct frame *f)
{
	unsigned long before = left_by("d0");

	EXPECT_EQ(0, run("tc qdisc replace dev d0 root handle 1: prio &&"
			 "tc qdisc replace dev d0 parent 1:1 handle 11: pfifo"));
	packet(f, PEER, "10.1.0.9", 253, 100);
	f->ip.tos = 0x10;
	seal(f);
	EXPECT_EQ(0, run("ip neighbour replace 10.1.0.9 dev d0 lladdr 02:00:00:00:00:09"));
	EXPECT_EQ(0, transmit(w, f));
	EXPECT_EQ(0, wait_left_by("d0", before));
	return run("tc -s qdisc show dev d0 | grep -A1 'pfifo 11:' | grep -q 'Sent 0 '");
}

TEST_F(forward, ip_forward_update_priority_lets_the_type_of_service_decide_who_goes_first)
{
	ROUTER;
	EXPECT_TRUE(goes_first(_metadata, &self->w, &self->f));
	ASSERT_EQ(0, set_sysctl("ipv4/ip_forward_update_priority", "0"));
	ASSERT_EQ(0, run("tc qdisc del dev d0 root"));
	EXPECT_FALSE(goes_first(_metadata, &self->w, &self->f));
}

/* An address goes with the neighbours and the routes of its device. */
static int goes_without_addresses(void)
{
	undo("ip address add " HOST "/24 dev v0");
	return run("mac=$(ip neighbour show " PEER " dev v0 | sed 's/.*lladdr //; s/ .*//');"
		   "for dev in v0 d0 d1; do ip address flush dev $dev; done;"
		   "for who in " PEER " " STRANGER "; do"
		   "	ip neighbour add $who dev v0 lladdr $mac;"
		   "done;"
		   "ip route add 10.0.0.0/24 dev v0 && ip route add 10.1.0.0/24 dev d0");
}

TEST_F(forward, says_so_as_the_dummy_address_when_it_has_none)
{
	ROUTER;
	ASSERT_EQ(0, goes_without_addresses());
	packet(&self->f, PEER, "10.1.0.9", 253, 100);
	self->f.ip.ttl = 1;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &self->f, SOON));
	EXPECT_EQ(ICMP_TIME_EXCEEDED, icmp_of(&self->f)->type);
	EXPECT_EQ(inet_addr("192.0.0.8"), self->f.ip.saddr);
}

TEST_F(forward, says_nothing_about_an_error_whose_ttl_runs_out)
{
	ROUTER;
	message(&self->f, PEER, "10.1.0.9", ICMP_DEST_UNREACH,
		ICMP_PORT_UNREACH, 100);
	self->f.ip.ttl = 1;
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InTtlExceeded");
}

TEST_F(forward, says_nothing_about_a_later_fragment)
{
	ROUTER;
	packet(&self->f, PEER, "10.1.0.9", 253, 96);
	self->f.ip.ttl = 1;
	self->f.ip.frag_off = htons(12);
	seal(&self->f);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InTtlExceeded");
}

TEST_F(forward, says_what_fits_when_it_must_not_fragment)
{
	ROUTER;
	packet(&self->f, PEER, "10.1.0.9", 253, 1400);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_FRAG_NEEDED, 1000);
}

TEST_F(forward, fragments_when_it_may)
{
	unsigned long before;

	ROUTER;
	before = left_by("d0");
	packet(&self->f, PEER, "10.1.0.9", 253, 1400);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d0", before + 1));
	if (self->w.kite)
		EXPECT_EQ(2, counter("Ip.FragCreates"));
}

TEST_F(forward, heeds_the_mtu_of_a_route)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d1 mtu 700"));
	packet(&self->f, PEER, "10.3.0.1", 253, 1000);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_FRAG_NEEDED, 700);
}

TEST_F(forward, says_that_there_is_no_route)
{
	ROUTER;
	packet(&self->f, PEER, "192.0.2.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_NET_UNREACH, 0);
	if (self->w.kite)
		EXPECT_EQ(1, counter("IpExt.InNoRoutes"));
}

TEST_F(forward, says_that_a_route_is_unreachable)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add unreachable 192.0.2.0/24"));
	undo("ip route del unreachable 192.0.2.0/24");
	packet(&self->f, PEER, "192.0.2.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_HOST_UNREACH, 0);
}

TEST_F(forward, says_that_a_route_is_prohibited)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add prohibit 192.0.2.0/24"));
	undo("ip route del prohibit 192.0.2.0/24");
	packet(&self->f, PEER, "192.0.2.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PKT_FILTERED, 0);
}

TEST_F(forward, says_nothing_about_a_blackhole)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add blackhole 192.0.2.0/24"));
	undo("ip route del blackhole 192.0.2.0/24");
	packet(&self->f, PEER, "192.0.2.1", 253, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InBlackhole");
}

TEST_F(forward, says_that_a_host_does_not_answer)
{
	ROUTER;
	ASSERT_EQ(0, run("ip link add d2 type veth peer name d3 &&"
			 "ip link set d3 arp off up && ip link set d2 up &&"
			 "ip address add 10.4.0.1/24 dev d2"));
	undo("ip link del d2");
	ASSERT_EQ(0, set_sysctl("ipv4/neigh/d2/mcast_solicit", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/neigh/d2/retrans_time_ms", "100"));
	packet(&self->f, PEER, "10.4.0.9", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->f.ip.ttl--;
	seal(&self->f);
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_HOST_UNREACH, 0);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.OutNoNeighbour"));
}

TEST_F(forward, never_a_broadcast_frame)
{
	unsigned long before;
	struct sockaddr_ll host = self->w.to;

	ROUTER;
	before = left_by("d0");
	packet(&self->f, PEER, "10.1.0.9", 253, 8);
	memset(self->w.to.sll_addr, 0xff, ETH_ALEN);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	self->w.to = host;
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(before, left_by("d0"));
}

TEST_F(forward, not_unless_the_device_forwards)
{
	ROUTER;
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/forwarding", "0"));
	packet(&self->f, PEER, "10.1.0.9", 253, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InNoForward");
}

TEST_F(forward, not_unless_kite_forwards)
{
	if (!self->w.kite)
		return;
	ROUTER;
	ASSERT_EQ(0, set_sysctl("kite/forwarding", "0"));
	packet(&self->f, PEER, "10.1.0.9", 253, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InNoForward");
}

TEST_F(forward, takes_the_new_way_after_a_route_changed)
{
	unsigned long before;

	ROUTER;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0"));
	before = left_by("d0");
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, wait_left_by("d0", before));

	ASSERT_EQ(0, run("ip route change 10.3.0.0/24 dev d1"));
	before = left_by("d1");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d1", before));
}

TEST_F(forward, heeds_policy_rules)
{
	unsigned long before;

	ROUTER;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 dev d0 &&"
			 "ip route add 10.3.0.0/24 dev d1 table 100 &&"
			 "ip rule add iif v0 tos 0x10 table 100 priority 10 &&"
			 "ip rule add iif v0 ipproto udp dport 53 table 100 priority 11"));
	undo("ip rule del priority 10; ip rule del priority 11");
	packet(&self->f, PEER, "10.3.0.1", IPPROTO_UDP, 8);
	before = left_by("d0");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d0", before));

	before = left_by("d1");
	self->f.ip.tos = 0x10;
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d1", before));

	before = left_by("d1");
	packet(&self->f, PEER, "10.3.0.1", IPPROTO_UDP, 8);
	((struct udphdr *)(&self->f.ip + 1))->dest = htons(53);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d1", before));
}

/* A flow of @source, three packets; by which device it went, -1 by both. */
static int way_of_flow(struct wire *w, struct frame *f, const char *destination)
{
	unsigned long before[2] = { left_by("d0"), left_by("d1") };
	unsigned long went[2];
	int i, ms;

	packet(f, PEER, destination, 253, 8);
	for (i = 0; i < 3; i++)
		if (transmit(w, f))
			return -2;
	for (ms = 0; ms < SOON; ms++) {
		went[0] = left_by("d0") - before[0];
		went[1] = left_by("d1") - before[1];
		if (went[0] + went[1] >= 3)
			return went[0] == 3 ? 0 : went[1] == 3 ? 1 : -1;
		usleep(1000);
	}
	return -2;
}

static void spread(struct __test_metadata *_metadata, struct wire *w,
		   struct frame *f)
{
	int flows[2] = {}, i, way;
	char destination[16];

	for (i = 1; i < 33; i++) {
		snprintf(destination, sizeof(destination), "10.3.0.%d", i);
		way = way_of_flow(w, f, destination);
		ASSERT_LE(0, way) {
			TH_LOG("the flow to %s went by %s", destination,
			       way == -1 ? "both" : "none");
		}
		flows[way]++;
	}
	/* 2 to 1: the chance of none, or of more than 24, is below 1e-5. */
	EXPECT_LT(0, flows[1]);
	EXPECT_GT(25, flows[1]);
}

TEST_F(forward, spreads_flows_over_next_hops_by_weight)
{
	ROUTER;
	ASSERT_EQ(0, run("ip route add 10.3.0.0/24 nexthop dev d0 weight 2 nexthop dev d1"));
	spread(_metadata, &self->w, &self->f);
}

TEST_F(forward, spreads_flows_over_a_next_hop_group)
{
	ROUTER;
	ASSERT_EQ(0, run("ip nexthop add id 1 dev d0 && ip nexthop add id 2 dev d1 &&"
			 "ip nexthop add id 10 group 1,2/2 &&"
			 "ip route add 10.3.0.0/24 nhid 10"));
	undo("ip nexthop flush >/dev/null 2>&1");
	spread(_metadata, &self->w, &self->f);
}

/*
 * A packet from far away for a host behind d0. Far away is known to those behind d0 only: the
 * way back is one for packets that come in there.
 */
#define FROM_AFAR_TO_D0							\
	do {								\
		ROUTER;							\
		ASSERT_EQ(0, run("ip route add default via " PEER " table 100"));	\
		undo("ip route flush table 100");			\
		packet(&self->f, "192.0.2.8", "10.1.0.9", 253, 8);	\
	} while (0)

TEST_F(forward, rp_filter_asks_for_the_way_back_of_an_answer_that_comes_in_where_this_goes_out)
{
	static const char * const modes[] = { "1", "2" };
	unsigned long before;
	int i;

	FROM_AFAR_TO_D0;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", modes[i]));
		before = left_by("d0");
		expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
		EXPECT_EQ(before, left_by("d0"));
		/* The others' way back does not count. */
		ASSERT_EQ(0, run("ip rule add iif d1 table 100 priority 10"));
		expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
		EXPECT_EQ(before, left_by("d0"));
		ASSERT_EQ(0, run("ip rule del priority 10;"
				 "ip rule add iif d0 table 100 priority 10"));
		ASSERT_EQ(0, transmit(&self->w, &self->f));
		EXPECT_EQ(0, wait_left_by("d0", before));
		ASSERT_EQ(0, run("ip rule del priority 10"));
	}
}

TEST_F(forward, rp_filter_asks_for_the_way_back_of_the_hosts_own_answer_about_what_is_for_it)
{
	FROM_AFAR_TO_D0;
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	ASSERT_EQ(0, run("ip rule add iif d0 table 100 priority 10"));
	undo("ip rule del priority 10");
	message(&self->f, "192.0.2.8", HOST, ICMP_ECHO, 0, 8);
	expect_drop(_metadata, &self->w, &self->f, "KiteExt.InRpFilter");
	ASSERT_EQ(0, run("ip rule add iif lo table 100 priority 11"));
	undo("ip rule del priority 11");
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

/* Back to the link, to a neighbour that the sender could ask itself. */
#define BACK_BY(gateway)						\
	do {								\
		ROUTER;							\
		ASSERT_EQ(0, run("ip route add 10.3.0.0/24 via " gateway)); \
		undo("ip route del 10.3.0.0/24");			\
	} while (0)

/* The packet comes back, and nothing was said about it before. */
#define EXPECT_PASSED_ON_IN_SILENCE()					\
	do {								\
		static struct frame __f;				\
									\
		ASSERT_EQ(0, receive(&self->w, &__f, SOON));		\
		EXPECT_EQ(253, __f.ip.protocol);			\
		EXPECT_EQ(63, __f.ip.ttl);				\
	} while (0)

TEST_F(forward, tells_of_a_better_first_hop)
{
	BACK_BY(STRANGER);
	packet(&self->f, PEER, "10.3.0.1", 253, 100);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	/* It quotes what is passed on. */
	self->f.ip.ttl--;
	seal(&self->f);
	expect_error(_metadata, &self->w, &self->f, ICMP_REDIRECT,
		     ICMP_REDIR_HOST, ntohl(inet_addr(STRANGER)));
	EXPECT_PASSED_ON_IN_SILENCE();
	if (self->w.kite)
		EXPECT_EQ(1, counter("Icmp.OutRedirects"));
}

TEST_F(forward, tells_of_it_so_often_and_not_more)
{
	static struct frame f;
	int i, told = 0;

	BACK_BY(PEER);
	packet(&self->f, STRANGER, "10.3.0.1", 253, 8);
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, transmit(&self->w, &self->f));
	for (i = 0; i < 30; ) {
		ASSERT_EQ(0, receive(&self->w, &f, SOON));
		if (f.ip.protocol == 253)
			i++;
		else
			told++;
	}
	EXPECT_LE(1, told);
	EXPECT_GE(9, told);
}

TEST_F(forward, does_not_tell_without_send_redirects)
{
	BACK_BY(STRANGER);
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/send_redirects", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/send_redirects", "0"));
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_PASSED_ON_IN_SILENCE();
}

TEST_F(forward, does_not_tell_another_net_unless_they_share_the_medium)
{
	BACK_BY(STRANGER);
	ASSERT_EQ(0, run("ip route add 192.0.2.0/24 dev v0"));
	undo("ip route del 192.0.2.0/24");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/shared_media", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/shared_media", "0"));
	packet(&self->f, "192.0.2.1", "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_PASSED_ON_IN_SILENCE();
}

TEST_F(forward, does_not_tell_who_is_behind_a_gateway)
{
	BACK_BY(STRANGER);
	ASSERT_EQ(0, run("ip route add 192.0.2.0/24 via " PEER));
	undo("ip route del 192.0.2.0/24");
	packet(&self->f, "192.0.2.1", "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_PASSED_ON_IN_SILENCE();
}

/* What is sent to it from the link goes to a gateway first, what the host sends does not. */
TEST_F(forward, does_not_tell_who_is_behind_a_gateway_for_those_on_the_link)
{
	BACK_BY(STRANGER);
	ASSERT_EQ(0, run("ip route add " PEER " via " STRANGER " dev v0 table 100 &&"
			 "ip rule add iif v0 table 100 priority 10"));
	undo("ip rule del priority 10; ip route flush table 100");
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_PASSED_ON_IN_SILENCE();
}

TEST_F(forward, to_everybody_on_a_net_only_with_bc_forwarding)
{
	unsigned long before;

	ROUTER;
	before = left_by("d0");
	packet(&self->f, PEER, "10.1.0.255", 253, 8);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(before, left_by("d0"));

	ASSERT_EQ(0, set_sysctl("ipv4/conf/all/bc_forwarding", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/bc_forwarding", "1"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_left_by("d0", before));

	before = left_by("d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/bc_forwarding", "0"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(before, left_by("d0"));
}

/* The tunnel's own MTU knows nothing of the way of what is around the packet. */
TEST_F(forward, tells_the_sender_what_fits_the_way_of_a_tunnel)
{
	static struct frame f;

	ROUTER;
	ASSERT_EQ(0, set_machine_sysctl("core/fb_tunnels_only_for_init_net", "2"));
	if (run("ip link add g0 type gre local 10.2.0.1 remote 10.2.0.9 2>/dev/null"))
		SKIP(return, "no GRE in this kernel");
	undo("ip link del g0");
	ASSERT_EQ(0, run("ip route add 10.2.0.9 dev d1 mtu 1400 && ip link set g0 mtu 1476 up &&"
			 "ip route add 10.3.0.0/24 dev g0"));
	packet(&self->f, PEER, "10.3.0.1", 253, 1456);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(IPPROTO_ICMP, f.ip.protocol);
	EXPECT_EQ(ICMP_DEST_UNREACH, icmp_of(&f)->type);
	EXPECT_EQ(ICMP_FRAG_NEEDED, icmp_of(&f)->code);
	EXPECT_EQ(1376, ntohs(icmp_of(&f)->un.frag.mtu));

	packet(&self->f, PEER, "10.3.0.1", 253, 1356);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
}

TEST_F(forward, not_into_a_tunnel_that_would_take_it_for_ipv4)
{
	if (!self->w.kite)
		return;
	ROUTER;
	if (run("ip route add 10.3.0.0/24 encap ip id 7 dst 10.1.0.2 dev d0"))
		SKIP(return, "no lightweight tunnels in this kernel");
	packet(&self->f, PEER, "10.3.0.1", 253, 8);
	expect_drop(_metadata, &self->w, &self->f, "Ip.InAddrErrors");
}

TEST_HARNESS_MAIN
