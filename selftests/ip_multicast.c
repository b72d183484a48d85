// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: who becomes a member, who hears what, and how packets to groups leave.
 * Frames of our own making; Linux's own sockets must hear the same.
 */
#include "wire_udp.h"

#include "control.h"

#define GROUP	"239.1.1.1"
#define OTHER	"239.1.1.2"
#define MAC	"01:00:5e:01:01:01"	/* of GROUP, RFC 1112 6.4 */

FIXTURE(ip_multicast) {
	struct wire w;
	struct frame f;
	int family;
	int fd;
};

FIXTURE_VARIANT(ip_multicast) {
	int family;
};

FIXTURE_VARIANT_ADD(ip_multicast, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(ip_multicast, kite) { .family = AF_KITE };

static int receiver(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0 || set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    bind_to(fd, family, "0.0.0.0", PORT))
		return -1;
	return fd;
}

FIXTURE_SETUP(ip_multicast)
{
	self->family = variant->family;
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	self->fd = receiver(variant->family);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ip_multicast)
{
	close(self->fd);
	EXPECT_EQ(0, run("%s", wire_undo));
}

static int mreqn(int fd, int option, const char *group, const char *address,
		 const char *device)
{
	struct ip_mreqn req = {
		.imr_multiaddr.s_addr = inet_addr(group),
		.imr_address.s_addr = inet_addr(address),
		.imr_ifindex = device ? if_nametoindex(device) : 0,
	};

	return setsockopt(fd, SOL_IP, option, &req, sizeof(req));
}

static int mreq(int fd, int option, const char *group, const char *address)
{
	struct ip_mreq req = {
		.imr_multiaddr.s_addr = inet_addr(group),
		.imr_interface.s_addr = inet_addr(address),
	};

	return setsockopt(fd, SOL_IP, option, &req, sizeof(req));
}

static int mreq_source(int fd, int option, const char *group,
		       const char *source)
{
	struct ip_mreq_source req = {
		.imr_multiaddr.s_addr = inet_addr(group),
		.imr_interface.s_addr = inet_addr(HOST),
		.imr_sourceaddr.s_addr = inet_addr(source),
	};

	return setsockopt(fd, SOL_IP, option, &req, sizeof(req));
}

static void put_addr(struct sockaddr_storage *ss, int family, const char *addr)
{
	struct sockaddr_in sin = endpoint(family, addr, 0);

	memcpy(ss, &sin, sizeof(sin));
}

static int group_req(int fd, int option, int family, const char *group,
		     const char *device)
{
	struct group_req req = { .gr_interface = if_nametoindex(device) };

	put_addr(&req.gr_group, family, group);
	return setsockopt(fd, SOL_IP, option, &req, sizeof(req));
}

static int group_source_req(int fd, int option, int family, const char *group,
			    const char *source)
{
	struct group_source_req req = { .gsr_interface = if_nametoindex("v0") };

	put_addr(&req.gsr_group, family, group);
	put_addr(&req.gsr_source, family, source);
	return setsockopt(fd, SOL_IP, option, &req, sizeof(req));
}

/* A datagram of 10 bytes to the group. */
static void to_group(struct frame *f, const char *source, const char *group)
{
	datagram(f, PORT, 10)->check = 0;
	f->ip.saddr = inet_addr(source);
	f->ip.daddr = inet_addr(group);
	seal(f);
}

/*
 * Whether a socket hears what @source sends to @group: 1 or 0; -1 when it does not
 * even hear the datagram of 3 bytes that follows to the host alone.
 */
static int hears(struct wire *w, int fd, const char *source, const char *group)
{
	static struct frame f;
	char buf[16];

	to_group(&f, source, group);
	if (transmit(w, &f))
		return -1;
	datagram(&f, PORT, 3);
	if (transmit(w, &f))
		return -1;
	switch (recv_soon(fd, buf, sizeof(buf))) {
	case 3:
		return 0;
	case 10:
		return recv_soon(fd, buf, sizeof(buf)) == 3 ? 1 : -1;
	default:
		return -1;
	}
}

/* The next datagram that the host sends; it may say other things by IGMP. */
static int receive_udp(struct wire *w, struct frame *f)
{
	do {
		if (receive(w, f, SOON))
			return -1;
	} while (f->ip.protocol != IPPROTO_UDP);
	return 0;
}

static int send_to(int fd, int family, const char *addr)
{
	struct sockaddr_in to = endpoint(family, addr, PORT);

	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

TEST_F(ip_multicast, members_hear_their_group)
{
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, OTHER));
	EXPECT_EQ(0, run("ip maddress show dev v0 | grep -q " MAC));
	ASSERT_OK(mreq(self->fd, IP_DROP_MEMBERSHIP, GROUP, HOST));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_EQ(0, run("! ip maddress show dev v0 | grep -q " MAC));
}

TEST_F(ip_multicast, the_device_may_be_named_in_many_ways)
{
	ASSERT_OK(mreqn(self->fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0", "v0"));
	EXPECT_ERRNO(EADDRINUSE, mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(mreq(self->fd, IP_DROP_MEMBERSHIP, GROUP, HOST));

	undo("ip route del 239.0.0.0/8");
	ASSERT_EQ(0, run("ip route add 239.0.0.0/8 dev v0"));
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0"));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(mreq(self->fd, IP_DROP_MEMBERSHIP, GROUP, "0.0.0.0"));

	ASSERT_OK(group_req(self->fd, MCAST_JOIN_GROUP, AF_INET, GROUP, "v0"));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(group_req(self->fd, MCAST_LEAVE_GROUP, AF_INET, GROUP, "v0"));
	ASSERT_OK(group_req(self->fd, MCAST_JOIN_GROUP, self->family, GROUP,
			    "v0"));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(mreqn(self->fd, IP_DROP_MEMBERSHIP, GROUP, "0.0.0.0", "v0"));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
}

TEST_F(ip_multicast, what_cannot_be_joined)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int one = 1;

	EXPECT_ERRNO(EINVAL, mreq(self->fd, IP_ADD_MEMBERSHIP, PEER, HOST));
	EXPECT_ERRNO(ENODEV, mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, PEER));
	EXPECT_ERRNO(ENODEV, mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP,
				  "0.0.0.0"));
	EXPECT_ERRNO(EADDRNOTAVAIL, mreq(self->fd, IP_DROP_MEMBERSHIP, GROUP,
					 HOST));
	EXPECT_ERRNO(EPROTO, mreq(stream, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_ERRNO(EPROTO, mreq(stream, IP_DROP_MEMBERSHIP, GROUP, HOST));
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, IP_ADD_MEMBERSHIP,
					&one, sizeof(one)));
	EXPECT_ERRNO(EFAULT, setsockopt(self->fd, SOL_IP, IP_ADD_MEMBERSHIP,
					(void *)16, sizeof(struct ip_mreq)));
	EXPECT_ERRNO(EINVAL, group_req(self->fd, MCAST_JOIN_GROUP, AF_UNIX,
				       GROUP, "v0"));
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, MCAST_JOIN_GROUP,
					&one, sizeof(one)));
	EXPECT_ERRNO(EADDRNOTAVAIL,
		     group_source_req(self->fd, MCAST_JOIN_SOURCE_GROUP,
				      AF_UNIX, GROUP, PEER));
}

TEST_F(ip_multicast, only_so_many_groups)
{
	ASSERT_EQ(0, set_sysctl("ipv4/igmp_max_memberships", "1"));
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_ERRNO(ENOBUFS, mreq(self->fd, IP_ADD_MEMBERSHIP, OTHER, HOST));
}

TEST_F(ip_multicast, each_receiver_gets_a_copy)
{
	int other = receiver(self->family), i;
	char buf[16];

	ASSERT_LE(0, other);
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(mreq(other, IP_ADD_MEMBERSHIP, GROUP, HOST));
	for (i = 0; i < 3; i++) {
		to_group(&self->f, PEER, GROUP);
		ASSERT_EQ(0, transmit(&self->w, &self->f));
		EXPECT_EQ(10, recv_soon(self->fd, buf, sizeof(buf)));
		EXPECT_EQ(10, recv_soon(other, buf, sizeof(buf)));
	}
	close(other);
}

TEST_F(ip_multicast, closing_leaves)
{
	int other = receiver(self->family);

	ASSERT_OK(mreq(other, IP_ADD_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	close(other);
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	close(self->fd);
	self->fd = receiver(self->family);
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_EQ(0, run("! ip maddress show dev v0 | grep -q " MAC));
}

TEST_F(ip_multicast, who_is_no_member_hears_what_the_host_does)
{
	int member = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_OK(mreq(member, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_EQ(1, get_int(self->fd, SOL_IP, IP_MULTICAST_ALL));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MULTICAST_ALL, 0));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_ERRNO(EINVAL, set_int(self->fd, SOL_IP, IP_MULTICAST_ALL, 2));
	close(member);
}

TEST_F(ip_multicast, members_of_a_source_hear_that_alone)
{
	int fd = self->fd;

	ASSERT_OK(mreq_source(fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_EQ(1, hears(&self->w, fd, PEER, GROUP));
	EXPECT_EQ(0, hears(&self->w, fd, STRANGER, GROUP));
	EXPECT_ERRNO(EADDRNOTAVAIL,
		     mreq_source(fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_ERRNO(EINVAL, mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
	ASSERT_OK(group_source_req(fd, MCAST_JOIN_SOURCE_GROUP, AF_INET, GROUP,
				   STRANGER));
	EXPECT_EQ(1, hears(&self->w, fd, STRANGER, GROUP));
	ASSERT_OK(mreq_source(fd, IP_DROP_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_EQ(0, hears(&self->w, fd, PEER, GROUP));
	EXPECT_ERRNO(EADDRNOTAVAIL,
		     mreq_source(fd, IP_DROP_SOURCE_MEMBERSHIP, GROUP, PEER));
	/* The last source is the membership. */
	ASSERT_OK(group_source_req(fd, MCAST_LEAVE_SOURCE_GROUP, AF_INET, GROUP,
				   STRANGER));
	EXPECT_EQ(0, hears(&self->w, fd, STRANGER, GROUP));
	EXPECT_ERRNO(EINVAL,
		     mreq_source(fd, IP_DROP_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_EQ(0, run("! ip maddress show dev v0 | grep -q " MAC));
}

TEST_F(ip_multicast, sources_are_blocked)
{
	int fd = self->fd;

	EXPECT_ERRNO(EINVAL, mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
	ASSERT_OK(mreq(fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_ERRNO(EADDRNOTAVAIL,
		     mreq_source(fd, IP_UNBLOCK_SOURCE, GROUP, PEER));
	ASSERT_OK(mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
	EXPECT_EQ(0, hears(&self->w, fd, PEER, GROUP));
	EXPECT_EQ(1, hears(&self->w, fd, STRANGER, GROUP));
	ASSERT_OK(group_source_req(fd, MCAST_BLOCK_SOURCE, AF_INET, GROUP,
				   STRANGER));
	EXPECT_EQ(0, hears(&self->w, fd, STRANGER, GROUP));
	ASSERT_OK(group_source_req(fd, MCAST_UNBLOCK_SOURCE, AF_INET, GROUP,
				   PEER));
	EXPECT_EQ(1, hears(&self->w, fd, PEER, GROUP));
	ASSERT_EQ(0, set_sysctl("ipv4/igmp_max_msf", "1"));
	EXPECT_ERRNO(ENOBUFS, mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
}

TEST_F(ip_multicast, whole_filters)
{
	union {
		struct ip_msfilter msf;
		unsigned char room[IP_MSFILTER_SIZE(4)];
	} a = { .msf = {
		.imsf_multiaddr.s_addr = inet_addr(GROUP),
		.imsf_interface.s_addr = inet_addr(HOST),
		.imsf_fmode = MCAST_INCLUDE,
		.imsf_numsrc = 2,
	} }, got;
	struct in_addr *list = a.msf.imsf_slist;
	socklen_t len;

	list[0].s_addr = inet_addr(PEER);
	list[1].s_addr = inet_addr("10.0.0.9");
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, IP_MSFILTER, &a,
					IP_MSFILTER_SIZE(2)));
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, IP_MSFILTER, &a,
					IP_MSFILTER_SIZE(1)));
	ASSERT_EQ(0, set_sysctl("ipv4/igmp_max_msf", "5000000"));
	a.msf.imsf_numsrc = 5000000;
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, IP_MSFILTER, &a,
					IP_MSFILTER_SIZE(2)));
	a.msf.imsf_numsrc = 2;
	ASSERT_OK(setsockopt(self->fd, SOL_IP, IP_MSFILTER, &a,
			     IP_MSFILTER_SIZE(2)));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_EQ(0, hears(&self->w, self->fd, STRANGER, GROUP));

	/* Room for one of the two. */
	got = a;
	got.msf.imsf_numsrc = 1;
	got.msf.imsf_fmode = 7;
	len = sizeof(got);
	ASSERT_OK(getsockopt(self->fd, SOL_IP, IP_MSFILTER, &got, &len));
	EXPECT_EQ(IP_MSFILTER_SIZE(1), len);
	EXPECT_EQ(MCAST_INCLUDE, got.msf.imsf_fmode);
	EXPECT_EQ(2, got.msf.imsf_numsrc);
	EXPECT_EQ(inet_addr(PEER), got.msf.imsf_slist[0].s_addr);

	got.msf.imsf_multiaddr.s_addr = inet_addr(OTHER);
	len = sizeof(got);
	EXPECT_ERRNO(EADDRNOTAVAIL, getsockopt(self->fd, SOL_IP, IP_MSFILTER,
					       &got, &len));
	/* Nobody to hear: that is to leave. */
	a.msf.imsf_numsrc = 0;
	ASSERT_OK(setsockopt(self->fd, SOL_IP, IP_MSFILTER, &a,
			     IP_MSFILTER_SIZE(0)));
	EXPECT_ERRNO(EADDRNOTAVAIL, mreq(self->fd, IP_DROP_MEMBERSHIP, GROUP,
					 HOST));
}

TEST_F(ip_multicast, whole_filters_of_RFC_3678)
{
	union {
		struct group_filter gf;
		unsigned char room[GROUP_FILTER_SIZE(3)];
	} a = { .gf = {
		.gf_interface = if_nametoindex("v0"),
		.gf_fmode = MCAST_EXCLUDE,
		.gf_numsrc = 1,
	} }, got;
	socklen_t len = sizeof(got);
	struct sockaddr_in sin;

	put_addr(&a.gf.gf_group, self->family, GROUP);
	put_addr(&a.gf.gf_slist[0], self->family, PEER);
	ASSERT_OK(mreq(self->fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(setsockopt(self->fd, SOL_IP, MCAST_MSFILTER, &a,
			     GROUP_FILTER_SIZE(1)));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
	EXPECT_EQ(1, hears(&self->w, self->fd, STRANGER, GROUP));

	got = a;
	got.gf.gf_numsrc = 3;
	ASSERT_OK(getsockopt(self->fd, SOL_IP, MCAST_MSFILTER, &got, &len));
	EXPECT_EQ(GROUP_FILTER_SIZE(1), len);
	EXPECT_EQ(MCAST_EXCLUDE, got.gf.gf_fmode);
	EXPECT_EQ(1, got.gf.gf_numsrc);
	memcpy(&sin, &got.gf.gf_slist[0], sizeof(sin));
	EXPECT_EQ(self->family, sin.sin_family);
	EXPECT_EQ(inet_addr(PEER), sin.sin_addr.s_addr);
}

TEST_F(ip_multicast, who_excluded_nobody_may_still_choose)
{
	struct ip_msfilter all = {
		.imsf_multiaddr.s_addr = inet_addr(GROUP),
		.imsf_interface.s_addr = inet_addr(HOST),
		.imsf_fmode = MCAST_EXCLUDE,
	};
	int fd = self->fd;

	ASSERT_OK(mreq(fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
	ASSERT_OK(setsockopt(fd, SOL_IP, IP_MSFILTER, &all, IP_MSFILTER_SIZE(0)));
	EXPECT_EQ(1, hears(&self->w, fd, PEER, GROUP));
	ASSERT_OK(mreq_source(fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_EQ(1, hears(&self->w, fd, PEER, GROUP));
	EXPECT_EQ(0, hears(&self->w, fd, STRANGER, GROUP));

	/* But not who has taken the last source out himself. */
	ASSERT_OK(mreq(fd, IP_DROP_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(mreq(fd, IP_ADD_MEMBERSHIP, GROUP, HOST));
	ASSERT_OK(mreq_source(fd, IP_BLOCK_SOURCE, GROUP, PEER));
	ASSERT_OK(mreq_source(fd, IP_UNBLOCK_SOURCE, GROUP, PEER));
	EXPECT_ERRNO(EINVAL, mreq_source(fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
}

TEST_F(ip_multicast, the_first_source_is_not_counted)
{
	ASSERT_EQ(0, set_sysctl("ipv4/igmp_max_msf", "0"));
	ASSERT_OK(mreq_source(self->fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
	EXPECT_ERRNO(ENOBUFS, mreq_source(self->fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, STRANGER));
}

/* getsockopt(MCAST_MSFILTER) for a device by its number. */
static int get_group_filter(int fd, int family, int device)
{
	struct group_filter gf = { .gf_interface = device };
	socklen_t len = sizeof(gf);

	put_addr(&gf.gf_group, family, GROUP);
	return getsockopt(fd, SOL_IP, MCAST_MSFILTER, &gf, &len);
}

TEST_F(ip_multicast, MCAST_MSFILTER_goes_by_the_number_it_is_given)
{
	int fd = self->fd, device;

	ASSERT_EQ(0, run("ip link add v2 type veth peer name v3 && ip link set v2 up"));
	device = if_nametoindex("v2");
	ASSERT_OK(mreqn(fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0", "v2"));
	EXPECT_ERRNO(0, get_group_filter(fd, self->family, device));
	EXPECT_ERRNO(EADDRNOTAVAIL, get_group_filter(fd, self->family, 0));
	EXPECT_ERRNO(EADDRNOTAVAIL, get_group_filter(fd, self->family, 7777));
	ASSERT_EQ(0, run("ip link del v2"));
	EXPECT_ERRNO(0, get_group_filter(fd, self->family, device));
}

TEST_F(ip_multicast, a_raw_socket_hears_as_its_filter_says)
{
	unsigned char buf[64];

	close(self->fd);
	self->fd = socket(self->family, SOCK_RAW, IPPROTO_UDP);
	ASSERT_OK(mreq_source(self->fd, IP_ADD_SOURCE_MEMBERSHIP, GROUP, PEER));
	to_group(&self->f, STRANGER, GROUP);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	to_group(&self->f, PEER, GROUP);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	ASSERT_EQ(38, recv_soon(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf + 12, &self->f.ip.saddr, 4));
}

TEST_F(ip_multicast, the_sender_chooses_device_and_ttl)
{
	struct in_addr addr = { inet_addr(HOST) };
	socklen_t len = sizeof(addr);

	EXPECT_ERRNO(ENETUNREACH, send_to(self->fd, self->family, GROUP));
	ASSERT_OK(setsockopt(self->fd, SOL_IP, IP_MULTICAST_IF, &addr, len));
	ASSERT_EQ(1, send_to(self->fd, self->family, GROUP));
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));
	EXPECT_EQ(1, self->f.ip.ttl);
	EXPECT_EQ(inet_addr(HOST), self->f.ip.saddr);
	EXPECT_EQ(inet_addr(GROUP), self->f.ip.daddr);

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MULTICAST_TTL, 9));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_TTL, 3));
	ASSERT_EQ(1, send_to(self->fd, self->family, GROUP));
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));
	EXPECT_EQ(9, self->f.ip.ttl);

	addr.s_addr = 1;
	ASSERT_OK(getsockopt(self->fd, SOL_IP, IP_MULTICAST_IF, &addr, &len));
	EXPECT_EQ(inet_addr(HOST), addr.s_addr);
	ASSERT_OK(mreqn(self->fd, IP_MULTICAST_IF, GROUP, "0.0.0.0", "v0"));
	ASSERT_EQ(1, send_to(self->fd, self->family, GROUP));
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));
	ASSERT_OK(mreqn(self->fd, IP_MULTICAST_IF, GROUP, "0.0.0.0", NULL));
	EXPECT_ERRNO(ENETUNREACH, send_to(self->fd, self->family, GROUP));
	EXPECT_ERRNO(EADDRNOTAVAIL, mreq(self->fd, IP_MULTICAST_IF, GROUP, PEER));

	/* Connected it may change its mind, too. */
	ASSERT_OK(mreqn(self->fd, IP_MULTICAST_IF, GROUP, "0.0.0.0", "v0"));
	ASSERT_OK(connect_to(self->fd, self->family, GROUP, PORT));
	ASSERT_EQ(1, send(self->fd, "x", 1, 0));
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));
}

TEST_F(ip_multicast, who_sends_hears_himself_if_he_likes)
{
	int other = receiver(self->family);
	char c;

	ASSERT_OK(mreqn(self->fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0", "v0"));
	ASSERT_OK(mreqn(self->fd, IP_MULTICAST_IF, GROUP, "0.0.0.0", "v0"));
	EXPECT_EQ(1, get_int(self->fd, SOL_IP, IP_MULTICAST_LOOP));
	ASSERT_EQ(1, send_to(self->fd, self->family, GROUP));
	EXPECT_EQ(1, recv_soon(self->fd, &c, 1));
	EXPECT_EQ(1, recv_soon(other, &c, 1));
	close(other);
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MULTICAST_LOOP, 0));
	ASSERT_EQ(1, send_to(self->fd, self->family, GROUP));
	ASSERT_EQ(0, receive_udp(&self->w, &self->f));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
}

TEST_F(ip_multicast, a_device_may_go_first)
{
	ASSERT_EQ(0, run("ip link add v2 type veth peer name v3 && "
			 "ip link set v2 up"));
	ASSERT_OK(mreqn(self->fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0", "v2"));
	ASSERT_OK(mreqn(self->fd, IP_ADD_MEMBERSHIP, GROUP, "0.0.0.0", "v0"));
	ASSERT_EQ(0, run("ip link del v2"));
	EXPECT_EQ(1, hears(&self->w, self->fd, PEER, GROUP));
	ASSERT_OK(mreqn(self->fd, IP_DROP_MEMBERSHIP, GROUP, "0.0.0.0", "v0"));
	EXPECT_EQ(0, hears(&self->w, self->fd, PEER, GROUP));
}

TEST_F(ip_multicast, IP_UNICAST_IF_names_a_device)
{
	int index = htonl(if_nametoindex("v0"));

	EXPECT_EQ(0, get_int(self->fd, SOL_IP, IP_UNICAST_IF));
	EXPECT_ERRNO(ENETUNREACH, send_to(self->fd, self->family, "10.7.7.7"));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_UNICAST_IF, index));
	EXPECT_EQ(index, get_int(self->fd, SOL_IP, IP_UNICAST_IF));
	EXPECT_EQ(1, send_to(self->fd, self->family, "10.7.7.7"));
	EXPECT_ERRNO(EADDRNOTAVAIL, set_int(self->fd, SOL_IP, IP_UNICAST_IF,
					    htonl(4711)));
	EXPECT_ERRNO(EINVAL, setsockopt(self->fd, SOL_IP, IP_UNICAST_IF,
					&index, 1));
}

TEST_F(ip_multicast, options_have_their_limits)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int fd = self->fd, zero = 0;

	EXPECT_EQ(1, get_int(fd, SOL_IP, IP_MULTICAST_TTL));
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_IP, IP_MULTICAST_TTL, 256));
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_IP, IP_MULTICAST_TTL, -2));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_MULTICAST_TTL, 0));
	EXPECT_EQ(0, get_int(fd, SOL_IP, IP_MULTICAST_TTL));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_MULTICAST_TTL, -1));
	EXPECT_EQ(1, get_int(fd, SOL_IP, IP_MULTICAST_TTL));
	EXPECT_ERRNO(EINVAL, set_int(stream, SOL_IP, IP_MULTICAST_TTL, 1));
	EXPECT_ERRNO(EINVAL, set_int(stream, SOL_IP, IP_MULTICAST_IF, 0));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_IP, IP_MULTICAST_TTL, &zero, 0));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_IP, IP_MULTICAST_LOOP, &zero,
					0));
	EXPECT_EQ(0, setsockopt(fd, SOL_IP, IP_MULTICAST_LOOP, &zero, 1));
	EXPECT_EQ(0, get_int(fd, SOL_IP, IP_MULTICAST_LOOP));
}

TEST_HARNESS_MAIN
