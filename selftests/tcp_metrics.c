// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator says of a route, ip-route(8), and what TCP makes of it; Linux's
 * own TCP must do the same.
 * time limit: 240 s
 */
#include "tcp_options.h"

FIXTURE_ON_A_WIRE(tcp)

/* Of the way to us, in this test. */
static int route_says(const char *metrics)
{
	static const char route[] = "ip route change 10.0.0.0/24 dev v0 "
		"proto kernel scope link src " HOST;

	undo("%s", route);
	return run("%s %s", route, metrics);
}

/* What the host offers in its SYN, and then in its SYN-ACK, is what p->f says. */
#define FOR_EACH_OFFER(i)						\
	for (i = 0; i < 2 && !offer(_metadata, p, i); i++)

static int offer(struct __test_metadata *_metadata, struct peer *p, bool accepts)
{
	static const unsigned char all[] = { 2, 4, 5, 180, 1, 3, 3, 7 };
	int fd;

	p->port++;
	if (!accepts) {
		host_connects(_metadata, p);
		return 0;
	}
	fd = host_listens(p, 1);
	segment(p, SYN, p->seq = OUR_ISN, 0, "");
	add_tcp_options(p->f, all, sizeof(all));
	EXPECT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	return fd < 0;
}

static int mss_of(struct frame *f)
{
	const unsigned char *mss = option_of(f, OPT_MSS);

	return mss ? mss[2] << 8 | mss[3] : -1;
}

static int wscale_of(struct frame *f)
{
	const unsigned char *wscale = option_of(f, OPT_WSCALE);

	return wscale ? wscale[2] : -1;
}

static unsigned int window_of(struct frame *f)
{
	return ntohs(tcp_of(f)->window);
}

TCP_TEST(the_mss_is_that_of_the_device)
{
	int i;

	FOR_EACH_OFFER(i)
		EXPECT_EQ(1460, mss_of(p->f));
	EXPECT_EQ(2, i);
}

/* With such a route SYN and SYN-ACK both offer this. */
static void both_offer(struct __test_metadata *_metadata, struct peer *p,
		       const char *metrics, int mss)
{
	int i;

	ASSERT_EQ(0, route_says(metrics));
	FOR_EACH_OFFER(i)
		EXPECT_EQ(mss, mss_of(p->f));
	EXPECT_EQ(2, i);
}

TCP_TEST(advmss_is_the_mss)
{
	both_offer(_metadata, p, "advmss 1000", 1000);
}

TCP_TEST(an_advmss_that_is_too_small_is_the_least)
{
	both_offer(_metadata, p, "advmss 20", 88);
}

TCP_TEST(mtu_is_where_the_mss_comes_from)
{
	both_offer(_metadata, p, "mtu 900", 860);
}

TCP_TEST(advmss_has_the_last_word)
{
	both_offer(_metadata, p, "mtu 900 advmss 1000", 1000);
}

TCP_TEST(what_a_socket_says_counts_if_it_is_less)
{
	int fd;

	ASSERT_EQ(0, route_says("advmss 1000"));
	fd = socket(p->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 700));
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(700, mss_of(p->f));
}

TCP_TEST(window_is_the_largest)
{
	int i;

	ASSERT_EQ(0, route_says("window 5000"));
	FOR_EACH_OFFER(i) {
		EXPECT_GE(5000, window_of(p->f));
		EXPECT_LT(1460, window_of(p->f));
		/* No larger one has to be told of. */
		EXPECT_EQ(0, wscale_of(p->f));
	}
	EXPECT_EQ(2, i);
	/* That of the SYN-ACK, and of what follows. */
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, ACK, ++p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_GE(5000, window_of(p->f));
	EXPECT_LT(1460, window_of(p->f));
}

TCP_TEST(a_window_of_the_sockets_own_is_larger)
{
	int fd = host_socket(p), listener;

	ASSERT_EQ(0, route_says("window 5000"));
	nonblocking(fd);
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 20000));
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	EXPECT_GE(20000, window_of(p->f));
	EXPECT_LT(5000, window_of(p->f));
	close(fd);

	/* That of a listener is its connections', too. */
	p->port++;
	listener = host_listens(p, 1);
	ASSERT_EQ(0, set_int(listener, IPPROTO_TCP, TCP_WINDOW_CLAMP, 20000));
	shake_hands(_metadata, p);
	fd = accepted(_metadata, listener);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_GE(20000, window_of(p->f));
	EXPECT_LT(5000, window_of(p->f));
	EXPECT_EQ(20000, get_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
}

TCP_TEST(hoplimit_is_the_time_to_live)
{
	int i, fd;

	ASSERT_EQ(0, route_says("hoplimit 9"));
	FOR_EACH_OFFER(i)
		EXPECT_EQ(9, p->f->ip.ttl);
	EXPECT_EQ(2, i);
	/* A socket that says otherwise is right. */
	p->port++;
	fd = socket(p->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_TTL, 77));
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(77, p->f->ip.ttl);
}

/* Not only TCP's. */
TCP_TEST(hoplimit_is_that_of_datagrams_and_of_answers)
{
	int fd = socket(p->family, SOCK_DGRAM, 0);

	ASSERT_EQ(0, route_says("hoplimit 9"));
	ASSERT_EQ(0, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(1, send(fd, "", 1, 0));
	ASSERT_EQ(0, receive(p->w, p->f, SOON));
	EXPECT_EQ(IPPROTO_UDP, p->f->ip.protocol);
	EXPECT_EQ(9, p->f->ip.ttl);
	echo(p->f, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, receive(p->w, p->f, SOON));
	EXPECT_EQ(IPPROTO_ICMP, p->f->ip.protocol);
	EXPECT_EQ(9, p->f->ip.ttl);
}

/* So many segments of the host's new connection are outstanding, and no more. */
static void sends_first(struct __test_metadata *_metadata, struct peer *p, int segments)
{
	int fd, i;

	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, segments + 1));
	for (i = 0; i < segments; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	silence(_metadata, p);
}

/* More than the ten of RFC 6928, and not as much as our window would let out. */
TCP_TEST(initcwnd_is_what_it_sends_first)
{
	ASSERT_EQ(0, route_says("initcwnd 14 rto_min 60s"));
	sends_first(_metadata, p, 14);
}

TCP_TEST(initrwnd_is_what_it_offers_first)
{
	int i;

	ASSERT_EQ(0, route_says("initrwnd 3 advmss 1000"));
	FOR_EACH_OFFER(i) {
		/* Timestamps take room in a segment. */
		EXPECT_GE(3 * 1000, window_of(p->f));
		EXPECT_LE(3 * (1000 - 12), window_of(p->f));
	}
	EXPECT_EQ(2, i);
}

TCP_TEST(a_large_initrwnd_is_no_more_than_the_buffer)
{
	int i;

	ASSERT_EQ(0, route_says("initrwnd 1000000"));
	FOR_EACH_OFFER(i)
		EXPECT_LT(16384, window_of(p->f));
	EXPECT_EQ(2, i);
}

/* What a connection of the host's uses, if the host connects, or accepts. */
static void expect_algorithm(struct __test_metadata *_metadata, struct peer *p, const char *name,
			     int fd)
{
	char is[16] = "";
	socklen_t len = sizeof(is);

	ASSERT_EQ(0, getsockopt(fd, SOL_TCP, TCP_CONGESTION, is, &len));
	EXPECT_STREQ(name, is);
}

TCP_TEST(congctl_is_the_algorithm_of_both_sides)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", "cubic"));
	ASSERT_EQ(0, route_says("congctl reno"));
	expect_algorithm(_metadata, p, "reno", host_connects(_metadata, p));
	p->port++;
	expect_algorithm(_metadata, p, "reno", connection(_metadata, p));
}

TCP_TEST(a_locked_congctl_has_the_last_word)
{
	int fd;

	ASSERT_EQ(0, route_says("congctl reno"));
	fd = connection(_metadata, p);
	EXPECT_EQ(0, setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 5));
	expect_algorithm(_metadata, p, "cubic", fd);
	close(fd);

	p->port++;
	ASSERT_EQ(0, route_says("congctl lock reno"));
	fd = connection(_metadata, p);
	EXPECT_ERRNO(EPERM, setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 5));
	expect_algorithm(_metadata, p, "reno", fd);
}

/* net.ipv4.tcp_rto_min_us is as old as the routes' say in this, or newer. */
static bool has_short_delays(const struct peer *p)
{
	return p->family == AF_KITE || linux_is_since(6, 11);
}

TCP_TEST(rto_min_is_longer_than_acknowledgments_wait)
{
	int fd;

	ASSERT_EQ(0, route_says("rto_min 12ms"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	if (has_short_delays(p))
		EXPECT_GT(12000, info_of(fd).tcpi_ato);
}

/* The same for all routes. */
TCP_TEST(tcp_rto_min_us_is_too)
{
	int fd;

	if (!linux_is_since(6, 11))
		return;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_rto_min_us", "12000"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_GT(12000, info_of(fd).tcpi_ato);
}

TCP_TEST(initcwnd_may_be_little)
{
	ASSERT_EQ(0, route_says("initcwnd 3 rto_min 60s"));
	sends_first(_metadata, p, 3);
}

TEST_HARNESS_MAIN
