// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTU discovery, RFC 1191: the host sends, the test on the wire is the
 * router that says what fits, and IP_MTU and IP_MTU_DISCOVER show what the host
 * makes of it. Each runs against Linux's own IPv4, too.
 * time limit: 240 s
 *
 *   test 10.0.0.2 ------ v0 10.0.0.1 host 10.2.0.1 d0 ------ (swallows everything)
 */
#include "wire.h"

#define LARGE	1400		/* bytes of a datagram */
#define HEADERS	(sizeof(struct iphdr) + sizeof(struct udphdr))
#define FAR	"10.2.0.9"
#define TO	"10.3.0.1"	/* behind the test */
#define ELSEWHERE "10.3.0.2"	/* there, too */
#define MIN_PMTU 552		/* net.ipv4.route.min_pmtu */

FIXTURE_ON_A_WIRE(pmtu)

/*
 * A route of its own for each test: what an earlier one taught the host about
 * the path goes with the route.
 */
static int behind_the_test(void)
{
	undo("ip route del 10.3.0.0/24");
	return run("ip route add 10.3.0.0/24 via " PEER);
}

static int family(const struct wire *w)
{
	return w->kite ? AF_KITE : AF_INET;
}

/* A UDP socket connected to @to, with IP_MTU_DISCOVER as given. */
static int connected(struct wire *w, const char *to, int pmtudisc)
{
	static bool routed;	/* each test is a process */
	int fd = socket(family(w), SOCK_DGRAM, 0);

	if (!routed && behind_the_test())
		return -1;
	routed = true;
	if (fd < 0 ||
	    setsockopt(fd, SOL_IP, IP_MTU_DISCOVER, &pmtudisc, sizeof(pmtudisc)) ||
	    connect_to(fd, family(w), to, 9))
		return -1;
	return fd;
}

static int mtu_of(int fd)
{
	socklen_t len = sizeof(int);
	int mtu = -1;

	return getsockopt(fd, SOL_IP, IP_MTU, &mtu, &len) ? -1 : mtu;
}

static int wait_mtu(int fd, int mtu)
{
	int ms;

	for (ms = 0; mtu_of(fd) != mtu; ms += 5) {
		if (ms > SOON)
			return -1;
		usleep(5000);
	}
	return 0;
}

static int send_bytes(int fd, size_t len)
{
	static const char data[LARGE];

	return send(fd, data, len, 0) == (ssize_t)len ? 0 : -1;
}

/* The test says that @about does not fit: @mtu would. */
static int complain(struct wire *w, const struct frame *about, int mtu)
{
	static struct frame f;
	struct icmphdr *icmph;
	size_t len = about->len < 500 ? about->len : 500;

	icmph = message(&f, PEER, HOST, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			len);
	icmph->un.frag.mtu = htons(mtu);
	memcpy(icmph + 1, about->bytes, len);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, sizeof(*icmph) + len);
	return transmit(w, &f);
}

/* What @fd sends is too large for the path beyond the test, which says so. */
static int send_and_complain(struct wire *w, int fd, int mtu)
{
	static struct frame sent;

	if (send_bytes(fd, LARGE) || receive(w, &sent, SOON) ||
	    sent.len != LARGE + HEADERS)
		return -1;
	return complain(w, &sent, mtu);
}

/* A datagram comes whole, with DF or without. */
#define EXPECT_WHOLE(w, size, df)					\
	do {								\
		static struct frame __f;				\
									\
		ASSERT_EQ(0, receive(w, &__f, SOON));			\
		EXPECT_EQ((size) + HEADERS, __f.len);			\
		EXPECT_EQ((df) ? IP_DF : 0, ntohs(__f.ip.frag_off));	\
	} while (0)

/* A large datagram comes in fragments, the first as large as @mtu lets it. */
#define EXPECT_FRAGMENTS(w, mtu)					\
	do {								\
		static struct frame __f;				\
		size_t __rest = LARGE + sizeof(struct udphdr);		\
									\
		ASSERT_EQ(0, receive(w, &__f, SOON));			\
		EXPECT_EQ(IP_MF, ntohs(__f.ip.frag_off));		\
		EXPECT_EQ(20 + (((mtu) - 20) & ~7), __f.len);		\
		__rest -= __f.len - 20;					\
		while (__rest) {					\
			ASSERT_EQ(0, receive(w, &__f, SOON));		\
			ASSERT_LE(__f.len - 20, __rest);		\
			__rest -= __f.len - 20;				\
		}							\
	} while (0)

TEST_F(pmtu, is_told_to_the_sender_and_to_others_with_the_same_peer)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_WANT), other;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1500, mtu_of(fd));
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	EXPECT_EQ(0, wait_mtu(fd, 1000));
	other = connected(&self->w, TO, IP_PMTUDISC_WANT);
	EXPECT_EQ(1000, mtu_of(other));
	close(other);
	other = connected(&self->w, ELSEWHERE, IP_PMTUDISC_WANT);
	EXPECT_EQ(1500, mtu_of(other));
	close(other);

	/* The sender hears, then sends in fragments. */
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, LARGE));
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_FRAGMENTS(&self->w, 1000);
	ASSERT_EQ(0, send_bytes(fd, 1000 - HEADERS));
	EXPECT_WHOLE(&self->w, 1000 - HEADERS, true);
	close(fd);
}

TEST_F(pmtu, with_DO_a_larger_datagram_is_refused)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_DO);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1000 - HEADERS + 1));
	ASSERT_EQ(0, send_bytes(fd, 1000 - HEADERS));
	EXPECT_WHOLE(&self->w, 1000 - HEADERS, true);
	close(fd);
}

TEST_F(pmtu, with_DONT_nothing_is_refused_nor_protected)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_DONT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_FRAGMENTS(&self->w, 1000);
	ASSERT_EQ(0, send_bytes(fd, 8));
	EXPECT_WHOLE(&self->w, 8, false);
	close(fd);
}

TEST_F(pmtu, with_PROBE_the_device_counts_and_DF_stays)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_PROBE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_WHOLE(&self->w, LARGE, true);
	ASSERT_EQ(0, run("ip link set v0 mtu 1300"));
	undo("ip link set v0 mtu 1500");
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, LARGE));
	close(fd);
}

/* With INTERFACE and OMIT no router is believed. */
static void does_not_learn(struct __test_metadata *_metadata, struct wire *w,
			   int fd)
{
	ASSERT_LE(0, fd);
	EXPECT_EQ(1500, mtu_of(fd));
	ASSERT_EQ(0, send_and_complain(w, fd, 1000));
	expect_silence(_metadata, w);
	EXPECT_EQ(1500, mtu_of(fd));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_WHOLE(w, LARGE, false);
	ASSERT_EQ(0, run("ip link set v0 mtu 1300"));
	undo("ip link set v0 mtu 1500");
}

TEST_F(pmtu, with_INTERFACE_no_router_is_believed)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_INTERFACE);

	does_not_learn(_metadata, &self->w, fd);
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, LARGE));
	close(fd);
}

TEST_F(pmtu, with_OMIT_no_router_is_believed_but_the_device_fragments)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_OMIT);

	does_not_learn(_metadata, &self->w, fd);
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_FRAGMENTS(&self->w, 1300);
	close(fd);
}

/* Less than the minimum: that large, and without DF. */
static void stays_at_the_minimum(struct __test_metadata *_metadata,
				 struct wire *w, int mtu)
{
	int fd = connected(w, TO, IP_PMTUDISC_WANT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(w, fd, mtu));
	EXPECT_EQ(0, wait_mtu(fd, MIN_PMTU));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_bytes(fd, 500));
	EXPECT_WHOLE(w, 500, false);
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_FRAGMENTS(w, MIN_PMTU);
	close(fd);
}

TEST_F(pmtu, below_the_minimum_is_not_believed)
{
	stays_at_the_minimum(_metadata, &self->w, 100);
}

TEST_F(pmtu, that_is_not_said_is_the_minimum)
{
	stays_at_the_minimum(_metadata, &self->w, 0);
}

TEST_F(pmtu, does_not_grow_because_somebody_says_so)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_PROBE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1300));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(1000, mtu_of(fd));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 900));
	EXPECT_EQ(0, wait_mtu(fd, 900));
	close(fd);
}

TEST_F(pmtu, expires)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_WANT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_sysctl("ipv4/route/mtu_expires", "1"));
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	expect_silence(_metadata, &self->w);
	/* It was heard: */
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	EXPECT_EQ(0, wait_mtu(fd, 1500));
	close(fd);
}

TEST_F(pmtu, is_flushed_with_the_routes)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_WANT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));
	close(fd);
	ASSERT_EQ(0, run("ip route flush cache"));
	fd = connected(&self->w, TO, IP_PMTUDISC_WANT);
	EXPECT_EQ(1500, mtu_of(fd));
	close(fd);
}

TEST_F(pmtu, about_a_packet_that_nobody_sent_is_not_believed)
{
	int fd = connected(&self->w, TO, IP_PMTUDISC_WANT);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1500, mtu_of(fd));
	packet(&self->f, HOST, TO, IPPROTO_UDP, LARGE);
	((struct udphdr *)(&self->f.ip + 1))->source = htons(1);
	((struct udphdr *)(&self->f.ip + 1))->dest = htons(9);
	ASSERT_EQ(0, complain(&self->w, &self->f, 1000));
	packet(&self->f, HOST, TO, 253, LARGE);
	ASSERT_EQ(0, complain(&self->w, &self->f, 1000));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(1500, mtu_of(fd));
	close(fd);
}

TEST_F(pmtu, has_no_say_about_a_locked_route)
{
	int fd;

	ASSERT_EQ(0, run("ip route add 10.4.0.0/24 via " PEER " mtu lock 1450"));
	undo("ip route del 10.4.0.0/24");
	fd = connected(&self->w, "10.4.0.1", IP_PMTUDISC_WANT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1450, mtu_of(fd));
	ASSERT_EQ(0, send_and_complain(&self->w, fd, 1000));
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(1450, mtu_of(fd));
	EXPECT_ERRNO(EMSGSIZE, send_bytes(fd, 1));
	ASSERT_EQ(0, send_bytes(fd, LARGE));
	EXPECT_WHOLE(&self->w, LARGE, false);
	close(fd);
}

TEST_F(pmtu, is_told_to_ping_sockets)
{
	struct {
		struct icmphdr hdr;
		char data[LARGE];
	} ask = { .hdr.type = ICMP_ECHO };
	static struct frame sent;
	int fd, want = IP_PMTUDISC_DO;

	ASSERT_EQ(0, behind_the_test());
	ASSERT_EQ(0, set_sysctl("ipv4/ping_group_range", "0 2147483647"));
	fd = socket(family(&self->w), SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, setsockopt(fd, SOL_IP, IP_MTU_DISCOVER, &want, sizeof(want)));
	ASSERT_EQ(0, connect_to(fd, family(&self->w), TO, 0));
	ASSERT_EQ(sizeof(ask), send(fd, &ask, sizeof(ask), 0));
	ASSERT_EQ(0, receive(&self->w, &sent, SOON));
	ASSERT_EQ(0, complain(&self->w, &sent, 1000));
	EXPECT_EQ(0, wait_mtu(fd, 1000));
	EXPECT_ERRNO(EMSGSIZE, send(fd, &ask, 100, 0));
	EXPECT_ERRNO(EMSGSIZE, send(fd, &ask, sizeof(ask), 0));
	close(fd);
}

TEST_F(pmtu, of_this_host_is_no_business_of_what_it_forwards_by_default)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct udphdr *udph;
	int fd;

	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip address add 10.2.0.1/24 dev d0"));
	undo("ip link del d0");
	if (self->w.kite)
		ASSERT_EQ(0, set_sysctl("kite/forwarding", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/ip_forward", "1"));
	fd = connected(&self->w, FAR, IP_PMTUDISC_WANT);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&name, &len));
	packet(&self->f, "10.2.0.1", FAR, IPPROTO_UDP, LARGE);
	udph = (struct udphdr *)(&self->f.ip + 1);
	udph->source = name.sin_port;
	udph->dest = htons(9);
	ASSERT_EQ(0, complain(&self->w, &self->f, 1000));
	ASSERT_EQ(0, wait_mtu(fd, 1000));

	packet(&self->f, PEER, FAR, 253, LARGE);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	ASSERT_EQ(0, set_sysctl("ipv4/ip_forward_use_pmtu", "1"));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_FRAG_NEEDED, 1000);
	close(fd);
}

/*
 * More than KITE keeps (2048); the last one told is among those it keeps. IPv4 has
 * other bounds: there a few do.
 */
TEST_F_TIMEOUT(pmtu, of_many_destinations_is_bounded, 180)
{
	int n = self->w.kite ? 2200 : 64;
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	static struct frame about;
	char far[16] = "";
	int fd, i;

	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip address add 10.2.0.1/16 dev d0"));
	undo("ip link del d0");
	fd = socket(family(&self->w), SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind_to(fd, family(&self->w), "10.2.0.1", 0));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&name, &len));
	for (i = 256; i < 256 + n; i++) {
		snprintf(far, sizeof(far), "10.2.%d.%d", i / 256, i % 256);
		packet(&about, "10.2.0.1", far, IPPROTO_UDP, 8);
		((struct udphdr *)(&about.ip + 1))->source = name.sin_port;
		ASSERT_EQ(0, complain(&self->w, &about, 1000));
		if (i % 128 == 127)
			expect_silence(_metadata, &self->w);
	}
	expect_silence(_metadata, &self->w);
	close(fd);
	fd = connected(&self->w, far, IP_PMTUDISC_WANT);
	EXPECT_EQ(1000, mtu_of(fd));
	close(fd);
}

/* It tells with each packet what it carries. */
TEST_F(pmtu, of_a_tunnel_grows_with_its_device)
{
	int fd = socket(family(&self->w), SOCK_DGRAM, 0);

	ASSERT_EQ(0, set_machine_sysctl("core/fb_tunnels_only_for_init_net", "2"));
	if (run("ip link add g0 type gre local " HOST " remote " PEER " nopmtudisc 2>/dev/null"))
		SKIP(return, "no GRE in this kernel");
	undo("ip link del g0");
	ASSERT_EQ(0, run("ip link set g0 mtu 1400 up && ip address add 10.4.0.1/24 dev g0"));
	ASSERT_EQ(0, connect_to(fd, family(&self->w), "10.4.0.2", 9));
	ASSERT_EQ(0, send_bytes(fd, 1));
	EXPECT_EQ(1400, mtu_of(fd));
	ASSERT_EQ(0, run("ip link set g0 mtu 1476"));
	ASSERT_EQ(0, send_bytes(fd, 1));
	EXPECT_EQ(1476, mtu_of(fd));
	close(fd);
}

TEST_HARNESS_MAIN
