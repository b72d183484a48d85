// SPDX-License-Identifier: GPL-2.0
/*
 * The way over loopback is short, and yet whatever is attached to the device sees what
 * passes: its counters, taps, a queueing discipline, tc and nftables.
 */
#include "kite_test.h"
#include "printed.h"
#include "sniff.h"

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

TEST_F(ip_loopback, what_a_device_that_is_down_is_given_is_lost)
{
	ASSERT_EQ(0, system("/usr/sbin/ip link set lo down"));
	expect_dropped(_metadata, self->ends, "/usr/sbin/ip link set lo up");
}

TEST_HARNESS_MAIN
