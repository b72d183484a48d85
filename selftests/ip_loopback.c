// SPDX-License-Identifier: GPL-2.0
/*
 * The way over loopback is short, and yet whatever is attached to the device sees what
 * passes: its counters, taps, a queueing discipline, tc and nftables.
 * time limit: 300 s
 */
#include "kite_test.h"
#include "printed.h"
#include "sniff.h"

#include <netinet/ip_icmp.h>
#include <signal.h>
#include <sys/wait.h>

#define NUMBER	3			/* of datagrams that are sent */
#define DATA	"ten octets"
#define SIZE	(20 + 8 + 10)		/* of the packet of one */

FIXTURE(ip_loopback) {
	int ends[2];
	int protocol;
};

BOTH_FAMILIES(ip_loopback);

FIXTURE_SETUP(ip_loopback)
{
	self->protocol = htons(variant->family == AF_KITE ? ETH_P_KITE : ETH_P_IP);
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, dgram_pair(variant->family, self->ends));
}

FIXTURE_TEARDOWN(ip_loopback)
{
}

static void exchange(struct __test_metadata *_metadata, const int ends[2])
{
	char data[sizeof(DATA)];
	int i;

	for (i = 0; i < NUMBER; i++) {
		ASSERT_EQ(10, send(ends[0], DATA, 10, 0));
		ASSERT_EQ(10, recv_soon(ends[1], data, sizeof(data)));
		ASSERT_EQ(0, memcmp(data, DATA, 10));
	}
}

static int tc_sent(const char *what, long *octets, long *packets)
{
	char command[128];

	snprintf(command, sizeof(command), "/usr/sbin/tc -s %s", what);
	return printed(command, " Sent %ld bytes %ld pkt", octets, packets);
}

TEST_F(ip_loopback, the_device_counts_what_passes)
{
	static const char in[] = " lo: %ld %ld";
	static const char out[] = " lo: %*d %*d %*d %*d %*d %*d %*d %*d %ld %ld";
	static const char command[] = "cat /proc/thread-self/net/dev";
	long octets[2], packets[2], more, now;

	ASSERT_EQ(0, printed(command, in, &octets[0], &packets[0]));
	ASSERT_EQ(0, printed(command, out, &octets[1], &packets[1]));
	exchange(_metadata, self->ends);
	ASSERT_EQ(0, printed(command, in, &more, &now));
	EXPECT_EQ(NUMBER, now - packets[0]);
	EXPECT_EQ(NUMBER * SIZE, more - octets[0]);
	ASSERT_EQ(0, printed(command, out, &more, &now));
	EXPECT_EQ(NUMBER, now - packets[1]);
	EXPECT_EQ(NUMBER * SIZE, more - octets[1]);
}

/* The next packet that a tap has is one of ours, and was seen on its way @type. */
static void expect_tapped(struct __test_metadata *_metadata, int fd, int protocol, int type)
{
	struct ether_header none = { .ether_type = protocol };
	char frame[sizeof(none) + SIZE + 1];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);

	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	ASSERT_EQ(sizeof(none) + SIZE, recvfrom(fd, frame, sizeof(frame), 0,
						(struct sockaddr *)&from, &len));
	EXPECT_EQ(type, from.sll_pkttype);
	EXPECT_EQ(0, memcmp(frame, &none, sizeof(none)));
	EXPECT_EQ(0, memcmp(frame + sizeof(frame) - 1 - 10, DATA, 10));
}

TEST_F(ip_loopback, a_tap_sees_each_packet_leave_and_arrive)
{
	int fd = sniff("lo", SOCK_RAW, ETH_P_ALL), i;

	ASSERT_LE(0, fd);
	exchange(_metadata, self->ends);
	for (i = 0; i < NUMBER; i++) {
		expect_tapped(_metadata, fd, self->protocol, PACKET_OUTGOING);
		expect_tapped(_metadata, fd, self->protocol, PACKET_HOST);
	}
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TEST_F(ip_loopback, a_tap_of_one_protocol_sees_each_packet_arrive)
{
	int fd = sniff("lo", SOCK_RAW, ntohs(self->protocol)), i;

	ASSERT_LE(0, fd);
	exchange(_metadata, self->ends);
	for (i = 0; i < NUMBER; i++)
		expect_tapped(_metadata, fd, self->protocol, PACKET_HOST);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TEST_F(ip_loopback, a_queueing_discipline_has_what_passes)
{
	long octets, packets;

	ASSERT_EQ(0, system("/usr/sbin/tc qdisc add dev lo root pfifo"));
	exchange(_metadata, self->ends);
	ASSERT_EQ(0, tc_sent("qdisc show dev lo", &octets, &packets));
	EXPECT_EQ(NUMBER, packets);
	EXPECT_EQ(NUMBER * (ETHER_HDR_LEN + SIZE), octets);
	ASSERT_EQ(0, system("/usr/sbin/tc qdisc del dev lo root"));
	exchange(_metadata, self->ends);
}

/* Nothing of what is sent arrives, while it does again as soon as @undo has been run. */
static void expect_dropped(struct __test_metadata *_metadata, const int ends[2],
			   const char *undo)
{
	char data[2 * sizeof(DATA)];

	EXPECT_EQ(4, send(ends[0], "lost", 4, 0));
	ASSERT_EQ(0, system(undo));
	exchange(_metadata, ends);
	EXPECT_ERRNO(EAGAIN, recv(ends[1], data, sizeof(data), MSG_DONTWAIT));
}

TEST_F(ip_loopback, tc_decides_about_what_leaves)
{
	long octets, packets;

	ASSERT_EQ(0, system("/usr/sbin/tc qdisc add dev lo clsact"));
	ASSERT_EQ(0, system("/usr/sbin/tc filter add dev lo egress matchall action pass"));
	exchange(_metadata, self->ends);
	ASSERT_EQ(0, tc_sent("filter show dev lo egress", &octets, &packets));
	EXPECT_EQ(NUMBER, packets);
	ASSERT_EQ(0, system("/usr/sbin/tc filter del dev lo egress"));
	ASSERT_EQ(0, system("/usr/sbin/tc filter add dev lo egress matchall action drop"));
	expect_dropped(_metadata, self->ends, "/usr/sbin/tc qdisc del dev lo clsact");
}

TEST_F(ip_loopback, tc_decides_about_what_arrives)
{
	ASSERT_EQ(0, system("/usr/sbin/tc qdisc add dev lo clsact"));
	ASSERT_EQ(0, system("/usr/sbin/tc filter add dev lo ingress matchall action drop"));
	expect_dropped(_metadata, self->ends, "/usr/sbin/tc qdisc del dev lo clsact");
}

TEST_F(ip_loopback, an_egress_chain_of_nftables_decides_about_what_leaves)
{
	long octets, packets;

	ASSERT_EQ(0, system("/usr/sbin/nft 'add table netdev t; add chain netdev t c "
			    "{ type filter hook egress device lo priority 0; }; "
			    "add rule netdev t c counter'"));
	exchange(_metadata, self->ends);
	ASSERT_EQ(0, printed("/usr/sbin/nft list table netdev t",
			     " counter packets %ld bytes %ld", &packets, &octets));
	EXPECT_EQ(NUMBER, packets);
	ASSERT_EQ(0, system("/usr/sbin/nft add rule netdev t c drop"));
	expect_dropped(_metadata, self->ends, "/usr/sbin/nft delete table netdev t");
}

/* Each change lets the host forget all routes, also those of packets that are under way. */
static pid_t keep_changing(void)
{
	pid_t child = fork();

	while (!child)
		write_file("/proc/sys/net/ipv4/route/flush", "1");
	return child;
}

TEST_F(ip_loopback, what_is_under_way_while_routes_change_arrives)
{
	pid_t child = keep_changing();
	int i;

	ASSERT_LT(0, child);
	for (i = 0; i < 1000; i++)
		exchange(_metadata, self->ends);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

#define GROUP	"239.1.1.1"
#define ALL	"224.0.0.1"	/* every host is a member */

/* Whether what is sent to a group over loopback comes before what is then sent to the host. */
static int hears(int from, int to, int family, const char *group)
{
	struct sockaddr_in sin = endpoint(family, group, port_of(to));
	char data[8];

	if (sendto(from, "group", 5, 0, (struct sockaddr *)&sin, sizeof(sin)) != 5)
		return -1;
	sin = endpoint(family, "127.0.0.1", port_of(to));
	if (sendto(from, "one", 3, 0, (struct sockaddr *)&sin, sizeof(sin)) != 3)
		return -1;
	switch (recv_soon(to, data, sizeof(data))) {
	case 3:
		return 0;
	case 5:
		return recv_soon(to, data, sizeof(data)) == 3 ? 1 : -1;
	default:
		return -1;
	}
}

TEST_F(ip_loopback, a_group_is_heard_by_nobody_until_somebody_is_a_member)
{
	struct ip_mreq at_lo = {
		.imr_multiaddr.s_addr = inet_addr(GROUP),
		.imr_interface.s_addr = htonl(INADDR_LOOPBACK),
	};
	int in = socket(variant->family, SOCK_DGRAM, 0);
	int out = socket(variant->family, SOCK_DGRAM, 0);
	int member = socket(variant->family, SOCK_DGRAM, 0);

	ASSERT_OK(bind_to(in, variant->family, "0.0.0.0", 0));
	ASSERT_OK(setsockopt(out, SOL_IP, IP_MULTICAST_IF, &at_lo.imr_interface,
			     sizeof(at_lo.imr_interface)));
	EXPECT_EQ(0, hears(out, in, variant->family, GROUP));
	EXPECT_EQ(1, hears(out, in, variant->family, ALL));
	/* IP_MULTICAST_ALL: the host's membership is everybody's. */
	ASSERT_OK(setsockopt(member, SOL_IP, IP_ADD_MEMBERSHIP, &at_lo, sizeof(at_lo)));
	EXPECT_EQ(1, hears(out, in, variant->family, GROUP));
	ASSERT_OK(setsockopt(member, SOL_IP, IP_DROP_MEMBERSHIP, &at_lo, sizeof(at_lo)));
	EXPECT_EQ(0, hears(out, in, variant->family, GROUP));
	close(in);
	close(out);
	close(member);
}

/* A socket that is connected remembers its way; memberships make it ask again. */
TEST_F(ip_loopback, a_group_is_heard_from_who_is_connected_to_it_once_there_is_a_member)
{
	struct ip_mreq at_lo = {
		.imr_multiaddr.s_addr = inet_addr(GROUP),
		.imr_interface.s_addr = htonl(INADDR_LOOPBACK),
	};
	int in = socket(variant->family, SOCK_DGRAM, 0);
	int out = bound_socket(variant->family, SOCK_DGRAM, 0);
	char data[8];

	ASSERT_OK(bind_to(in, variant->family, "0.0.0.0", 0));
	ASSERT_OK(setsockopt(out, SOL_IP, IP_MULTICAST_IF, &at_lo.imr_interface,
			     sizeof(at_lo.imr_interface)));
	ASSERT_OK(connect_to(out, variant->family, GROUP, port_of(in)));
	ASSERT_EQ(3, send(out, "one", 3, 0));
	ASSERT_OK(setsockopt(in, SOL_IP, IP_ADD_MEMBERSHIP, &at_lo, sizeof(at_lo)));
	ASSERT_EQ(5, send(out, "group", 5, 0));
	EXPECT_EQ(5, recv_soon(in, data, sizeof(data)));
	close(in);
	close(out);
}

/* Ping a group over loopback, and then the host: which of both is answered first, 0 or 1. */
static int answered_by(int fd, int family)
{
	struct icmphdr request = { .type = ICMP_ECHO };
	static const char * const to[] = { GROUP, "127.0.0.1" };
	int i;

	for (i = 0; i < 2; i++) {
		struct sockaddr_in sin = endpoint(family, to[i], 0);

		request.un.echo.sequence = htons(i);
		if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&sin,
			   sizeof(sin)) != sizeof(request))
			return -1;
	}
	wait_for(fd, POLLIN);
	if (recv(fd, &request, sizeof(request), MSG_DONTWAIT) != sizeof(request))
		return -1;
	return ntohs(request.un.echo.sequence);
}

TEST_F(ip_loopback, a_ping_of_a_group_is_answered_by_members)
{
	struct ip_mreq at_lo = {
		.imr_multiaddr.s_addr = inet_addr(GROUP),
		.imr_interface.s_addr = htonl(INADDR_LOOPBACK),
	};
	int member = socket(variant->family, SOCK_DGRAM, 0), fd;

	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts", "0"));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	fd = socket(variant->family, SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_LE(0, fd);
	ASSERT_OK(bind_to(fd, variant->family, "127.0.0.1", 0));
	ASSERT_OK(setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &at_lo.imr_interface,
			     sizeof(at_lo.imr_interface)));
	EXPECT_EQ(1, answered_by(fd, variant->family));
	ASSERT_OK(setsockopt(member, SOL_IP, IP_ADD_MEMBERSHIP, &at_lo, sizeof(at_lo)));
	EXPECT_EQ(0, answered_by(fd, variant->family));
	close(member);
	close(fd);
}

/* A net that is routed to loopback is this host. */
TEST_F(ip_loopback, whatever_is_routed_there_arrives)
{
	int in = socket(variant->family, SOCK_DGRAM, 0);
	int out = bound_socket(variant->family, SOCK_DGRAM, 0);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char data[16];

	ASSERT_EQ(0, system("/usr/sbin/ip route add 10.5.0.0/16 dev lo"));
	ASSERT_OK(bind_to(in, variant->family, "0.0.0.0", 0));
	ASSERT_OK(connect_to(out, variant->family, "10.5.0.1", port_of(in)));
	ASSERT_EQ(10, send(out, DATA, 10, 0));
	ASSERT_EQ(POLLIN, wait_for(in, POLLIN));
	ASSERT_EQ(10, recvfrom(in, data, sizeof(data), 0, (struct sockaddr *)&from, &len));
	EXPECT_EQ(htonl(INADDR_LOOPBACK), from.sin_addr.s_addr);
	close(in);
	close(out);
}

/* How often something from 127/8 arrived without its way, which nobody else finds. */
static long martians(int family)
{
	long n = 0, other;

	if (family == AF_KITE &&
	    printed("awk '$1 == \"KiteExt:\" && !n { n = split($0, names); next }"
		    " $1 == \"KiteExt:\" { for (i in names) if (names[i] == \"InMartianDst\")"
		    " print \"is\", $i, $i }' /proc/thread-self/net/kite/snmp",
		    "is %ld %ld", &n, &other))
		return -1;
	return n;
}

static void on_processor(int number)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(number % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* From another processor, each to another address: the host has to decide on a way each time. */
static pid_t keep_deciding(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);
	char to[32];
	pid_t child = fork();
	unsigned int i;

	if (child)
		close(fd);
	else
		on_processor(1);
	for (i = 0; !child; i++) {
		struct sockaddr_in sin;

		snprintf(to, sizeof(to), "127.1.%u.%u", i >> 8 & 255, i & 255);
		sin = endpoint(family, to, 9);
		sendto(fd, "", 1, 0, (struct sockaddr *)&sin, sizeof(sin));
	}
	return child;
}

TEST_F(ip_loopback, an_answer_keeps_its_way_whatever_others_decide)
{
	int lfd = listener(variant->family, 0), port = port_of(lfd), fd, i;
	int rounds = is_debug_kernel() ? 800 : 4000;
	pid_t child = keep_deciding(variant->family);
	char from[32];

	ASSERT_LT(0, child);
	on_processor(0);
	for (i = 0; i < rounds; i++) {
		fd = socket(variant->family, SOCK_STREAM, 0);
		abortive(fd);
		snprintf(from, sizeof(from), "127.2.%u.%u", i >> 8, i & 255);
		EXPECT_EQ(0, bind_to(fd, variant->family, from, 0));
		EXPECT_EQ(0, connect_to(fd, variant->family, "127.0.0.1", port));
		close(accept(lfd, NULL, NULL));
		close(fd);
	}
	EXPECT_EQ(0, martians(variant->family));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TEST_F(ip_loopback, what_a_device_that_is_down_is_given_is_lost)
{
	ASSERT_EQ(0, system("/usr/sbin/ip link set lo down"));
	expect_dropped(_metadata, self->ends, "/usr/sbin/ip link set lo up");
}

TEST_HARNESS_MAIN
