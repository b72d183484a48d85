// SPDX-License-Identifier: GPL-2.0
/*
 * The link header of what is sent: the neighbour's address, the device's own, and the
 * EtherType, whatever of that was kept from the packet before.
 */
#include "sniff.h"
#include "wire.h"

#define NEIGHBOUR "10.1.0.9"
#define DATA	"to a neighbour"

FIXTURE(ip_neigh) {
	int family;
	int type;	/* the EtherType, network order */
	int fd;		/* a datagram socket */
	int tap;	/* sees what leaves by d0 */
};

BOTH_FAMILIES(ip_neigh);

/* The host's address on a device, and the neighbour there. */
static int has_neighbour(const char *name)
{
	return run("ip address add 10.1.0.1/24 dev %s &&"
		   "ip neighbour add " NEIGHBOUR " dev %s lladdr 02:00:00:00:00:09", name, name);
}

FIXTURE_SETUP(ip_neigh)
{
	self->family = variant->family;
	self->type = htons(variant->family == AF_KITE ? ETH_P_KITE : ETH_P_IP);
	ASSERT_EQ(0, quiet_network());
	ASSERT_EQ(0, run("ip link add d0 address 02:00:00:00:00:01 type dummy &&"
			 "ip link set d0 arp on up"));
	self->fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_LE(0, self->fd);
	self->tap = sniff("d0", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, self->tap);
}

FIXTURE_TEARDOWN(ip_neigh)
{
}

/* Send a datagram to the neighbour: the frame begins with @header, and ends with the datagram. */
static void expect_header(struct __test_metadata *_metadata, int fd, int tap,
			  const void *header, size_t len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(7777),
		.sin_addr.s_addr = inet_addr(NEIGHBOUR),
	};
	unsigned char frame[256];
	size_t size = len + sizeof(struct iphdr) + 8 + sizeof(DATA);

	ASSERT_EQ(sizeof(DATA), sendto(fd, DATA, sizeof(DATA), 0, (struct sockaddr *)&to,
				       sizeof(to)));
	ASSERT_EQ(POLLIN, wait_for(tap, POLLIN));
	ASSERT_EQ(size, recv(tap, frame, sizeof(frame), 0));
	EXPECT_EQ(0, memcmp(frame, header, len));
	EXPECT_EQ(0x45, frame[len]);
	EXPECT_EQ(0, memcmp(frame + size - sizeof(DATA), DATA, sizeof(DATA)));
}

/* Several, since the header of the first is made and later ones' may be kept. */
static void expect_headers(struct __test_metadata *_metadata, int fd, int tap,
			   const void *header, size_t len)
{
	int i;

	for (i = 0; i < 3; i++)
		expect_header(_metadata, fd, tap, header, len);
}

static struct ether_header header(unsigned char to, unsigned char from, int type)
{
	return (struct ether_header) {
		.ether_dhost = { 2, 0, 0, 0, 0, to },
		.ether_shost = { 2, 0, 0, 0, 0, from },
		.ether_type = type,
	};
}

TEST_F(ip_neigh, each_frame_says_to_whom_from_whom_and_what)
{
	struct ether_header h = header(9, 1, self->type);

	ASSERT_EQ(0, has_neighbour("d0"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
}

TEST_F(ip_neigh, a_gateway_is_spoken_to_in_the_place_of_who_is_behind_it)
{
	struct ether_header h = header(8, 1, self->type);

	ASSERT_EQ(0, run("ip address add 10.2.0.1/24 dev d0 &&"
			 "ip route add 10.1.0.0/24 via 10.2.0.8 &&"
			 "ip neighbour add 10.2.0.8 dev d0 lladdr 02:00:00:00:00:08"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
}

/* A packet whose header says that it goes to @daddr, while sendto() says @to. */
static void send_with_header(struct __test_metadata *_metadata, int family, const char *daddr,
			     const char *to)
{
	struct sockaddr_in sin = endpoint(family, to, 0);
	int fd = socket(family, SOCK_RAW, IPPROTO_RAW);
	static struct frame f;

	ASSERT_LE(0, fd);
	packet(&f, "10.1.0.1", daddr, 253, 8);
	ASSERT_EQ(f.len, sendto(fd, f.bytes, f.len, 0, (struct sockaddr *)&sin, sizeof(sin)));
	close(fd);
}

static void expect_with_header(struct __test_metadata *_metadata, int tap,
			       const struct ether_header *h, const char *daddr)
{
	struct {
		struct ether_header eth;
		struct iphdr ip;
		unsigned char data[9];
	} __attribute__((packed)) got;

	ASSERT_EQ(POLLIN, wait_for(tap, POLLIN));
	ASSERT_EQ(sizeof(got) - 1, recv(tap, &got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp(&got.eth, h, sizeof(*h)));
	EXPECT_EQ(inet_addr(daddr), got.ip.daddr);
}

TEST_F(ip_neigh, who_writes_the_header_himself_says_to_whom_it_goes_first)
{
	struct ether_header h = header(9, 1, self->type);
	int i;

	ASSERT_EQ(0, has_neighbour("d0"));
	for (i = 0; i < 3; i++) {
		send_with_header(_metadata, self->family, "192.0.2.1", NEIGHBOUR);
		expect_with_header(_metadata, self->tap, &h, "192.0.2.1");
	}
	/* Another neighbour is no less another host. */
	ASSERT_EQ(0, run("ip neighbour add 10.1.0.7 dev d0 lladdr 02:00:00:00:00:07"));
	send_with_header(_metadata, self->family, "10.1.0.7", NEIGHBOUR);
	expect_with_header(_metadata, self->tap, &h, "10.1.0.7");
	h = header(7, 1, self->type);
	send_with_header(_metadata, self->family, "10.1.0.7", "10.1.0.7");
	expect_with_header(_metadata, self->tap, &h, "10.1.0.7");
}

TEST_F(ip_neigh, who_writes_the_header_himself_is_helped_by_the_gateway)
{
	struct ether_header h = header(9, 1, self->type);

	ASSERT_EQ(0, has_neighbour("d0"));
	ASSERT_EQ(0, run("ip route add 10.2.0.0/24 via " NEIGHBOUR));
	send_with_header(_metadata, self->family, "10.1.0.7", "10.2.0.7");
	expect_with_header(_metadata, self->tap, &h, "10.1.0.7");
	send_with_header(_metadata, self->family, "192.0.2.1", "10.2.0.7");
	expect_with_header(_metadata, self->tap, &h, "192.0.2.1");
}

TEST_F(ip_neigh, a_neighbour_s_new_address_is_the_next_frame_s)
{
	struct ether_header h = header(9, 1, self->type);
	struct ether_header changed = header(10, 1, self->type);

	ASSERT_EQ(0, has_neighbour("d0"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
	ASSERT_EQ(0, run("ip neighbour change " NEIGHBOUR " dev d0 lladdr 02:00:00:00:00:0a"));
	expect_headers(_metadata, self->fd, self->tap, &changed, sizeof(changed));
}

TEST_F(ip_neigh, the_device_s_new_address_is_the_next_frame_s)
{
	struct ether_header h = header(9, 1, self->type);
	struct ether_header changed = header(9, 2, self->type);

	ASSERT_EQ(0, has_neighbour("d0"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
	/* Which makes it forget its neighbours. */
	ASSERT_EQ(0, run("ip link set d0 address 02:00:00:00:00:02 &&"
			 "ip neighbour add " NEIGHBOUR " dev d0 lladdr 02:00:00:00:00:09"));
	expect_headers(_metadata, self->fd, self->tap, &changed, sizeof(changed));
}

/* It may be another's by now: the packets go out, and by them it is seen whether it answers. */
TEST_F(ip_neigh, a_neighbour_not_heard_of_for_long_is_sent_to_and_asked)
{
	struct ether_header h = header(9, 1, self->type);

	ASSERT_EQ(0, has_neighbour("d0"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
	ASSERT_EQ(0, run("ip neighbour change " NEIGHBOUR " dev d0 nud stale"));
	expect_header(_metadata, self->fd, self->tap, &h, sizeof(h));
	EXPECT_EQ(0, run("ip neighbour show " NEIGHBOUR " dev d0 |"
			 "grep -q 'DELAY\\|PROBE\\|FAILED'"));
}

#define WAITING	20	/* more than icmp_ratelimit lets pass at once */

TEST_F(ip_neigh, all_who_sent_to_a_neighbour_that_does_not_answer_hear_of_it)
{
	int fds[WAITING], i, on = 1;

	EXPECT_EQ(0, set_sysctl("ipv4/neigh/d0/mcast_solicit", "1"));
	EXPECT_EQ(0, set_sysctl("ipv4/neigh/d0/retrans_time_ms", "100"));
	/* The host tells itself. */
	ASSERT_EQ(0, run("ip link set lo up && ip address add 10.1.0.1/24 dev d0"));
	for (i = 0; i < WAITING; i++) {
		fds[i] = socket(variant->family, SOCK_DGRAM, 0);
		ASSERT_OK(setsockopt(fds[i], SOL_IP, IP_RECVERR, &on, sizeof(on)));
		ASSERT_OK(connect_to(fds[i], variant->family, NEIGHBOUR, 7777));
		ASSERT_EQ(1, send(fds[i], "", 1, 0));
	}
	for (i = 0; i < WAITING; i++) {
		EXPECT_EQ(POLLERR, wait_for(fds[i], 0)) {
			TH_LOG("socket %d of %d", i + 1, WAITING);
		}
		EXPECT_ERRNO(EHOSTUNREACH, recv(fds[i], fds, 1, MSG_DONTWAIT));
		close(fds[i]);
	}
}

TEST_F(ip_neigh, a_macvlan_speaks_for_itself)
{
	struct ether_header h = header(9, 3, self->type);
	int fd;

	ASSERT_EQ(0, run("ip link add m0 link d0 address 02:00:00:00:00:03 type macvlan &&"
			 "ip link set m0 up"));
	ASSERT_EQ(0, has_neighbour("m0"));
	fd = sniff("m0", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, fd);
	expect_headers(_metadata, self->fd, fd, &h, sizeof(h));
}

/* A device that makes the tag itself has a header of its own kind. */
TEST_F(ip_neigh, a_VLAN_s_tag_is_between_the_addresses_and_the_type)
{
	struct {
		struct ether_header	eth;
		uint16_t		vlan;
		uint16_t		type;
	} __attribute__((packed)) h = {
		header(9, 1, htons(ETH_P_8021Q)), htons(7), self->type
	};

	ASSERT_EQ(0, run("ip link add link d0 name d0.7 type vlan id 7 &&"
			 "ip link set d0.7 up"));
	ASSERT_EQ(0, has_neighbour("d0.7"));
	expect_headers(_metadata, self->fd, self->tap, &h, sizeof(h));
}

TEST_HARNESS_MAIN
