// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP_INFO tells of a connection's segments, octets and round trips, RFC 4898. Linux's
 * own TCP must tell the same.
 */
#include "tcp_reports.h"

#include <stddef.h>

FIXTURE_ON_A_WIRE(tcp)

TCP_TEST(what_comes_is_counted)
{
	int fd = connection(_metadata, p);
	struct long_info info;

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	/* Beyond a gap, twice, and in the gap: */
	ASSERT_EQ(0, tell(p, ACK, p->seq + 8, p->ack, "later"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	info = long_info_of(fd);
	EXPECT_EQ(5, info.bytes_received);
	EXPECT_EQ(1, info.rcv_ooopack);
	ASSERT_EQ(0, tell(p, ACK, p->seq + 5, p->ack, "abc"));
	expect(_metadata, p, ACK, p->ack, p->seq + 13);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq + 13, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq + 14);

	info = long_info_of(fd);
	EXPECT_EQ(14, info.bytes_received);
	EXPECT_EQ(7, info.segs_in);
	EXPECT_EQ(4, info.data_segs_in);
	EXPECT_EQ(1, info.rcv_ooopack);
	EXPECT_EQ(5, info.segs_out);
	EXPECT_EQ(0, info.data_segs_out);
	EXPECT_EQ(0, info.bytes_sent);
}

TCP_TEST(what_is_sent_and_sent_again_is_counted)
{
	int fd = sends(_metadata, p, 5);
	struct long_info info = long_info_of(fd);

	EXPECT_EQ(5, info.segs_out);
	EXPECT_EQ(5, info.data_segs_out);
	EXPECT_EQ(5 * MSS, info.bytes_sent);
	EXPECT_EQ(0, info.bytes_retrans);
	EXPECT_EQ(0, info.known.tcpi_retrans);
	/* The SYN-ACK. */
	EXPECT_EQ(1, info.delivered);

	REPORT(0, 1, 1, 5);
	expect_resent(_metadata, p, 0);
	info = long_info_of(fd);
	EXPECT_EQ(6, info.segs_out);
	EXPECT_EQ(6, info.data_segs_out);
	EXPECT_EQ(6 * MSS, info.bytes_sent);
	EXPECT_EQ(MSS, info.bytes_retrans);
	EXPECT_EQ(1, info.known.tcpi_total_retrans);
	EXPECT_EQ(1, info.known.tcpi_retrans);
	EXPECT_EQ(1 + 4, info.delivered);
	EXPECT_EQ(0, info.dsack_dups);

	/* It had not been lost. */
	REPORT(5, 1, 0, 1);
	silence(_metadata, p);
	info = long_info_of(fd);
	EXPECT_EQ(1, info.dsack_dups);
	/* Both copies arrived. */
	EXPECT_EQ(1 + 6, info.delivered);
	EXPECT_EQ(0, info.known.tcpi_retrans);
	EXPECT_EQ(0, info.delivered_ce);
	EXPECT_EQ(5 * MSS, info.bytes_acked);
	EXPECT_EQ(4, info.segs_in);
	EXPECT_EQ(0, info.data_segs_in);
}

TCP_TEST(what_is_under_way_again_is_counted)
{
	int fd = sends(_metadata, p, 7);

	REPORT(0, 1, 2, 7);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 1);
	EXPECT_EQ(2, info_of(fd).tcpi_retrans);
	REPORT(1, 1, 2, 7);
	quiet(_metadata, p);
	EXPECT_EQ(1, info_of(fd).tcpi_retrans);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 7 * MSS, ""));
	silence(_metadata, p);
	EXPECT_EQ(0, info_of(fd).tcpi_retrans);
	EXPECT_EQ(2, info_of(fd).tcpi_total_retrans);
	EXPECT_EQ(1 + 7, long_info_of(fd).delivered);
}

/* What comes late, without having been sent again, was overtaken. */
TCP_TEST(what_was_overtaken_is_counted)
{
	int fd;

	/* Nothing is lost because of the time that it takes. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_recovery", "0"));
	fd = sends(_metadata, p, 7);
	REPORT(0, 1, 5, 6);
	silence(_metadata, p);
	EXPECT_EQ(0, long_info_of(fd).reord_seen);
	EXPECT_EQ(1 + 1, long_info_of(fd).delivered);
	REPORT(0, 2, 3, 4, 5, 6);
	silence(_metadata, p);
	EXPECT_EQ(1, long_info_of(fd).reord_seen);
	EXPECT_EQ(1 + 2, long_info_of(fd).delivered);
	/* Two at once are one time. */
	REPORT(2, 2, 3, 4, 5, 6);
	silence(_metadata, p);
	EXPECT_EQ(2, long_info_of(fd).reord_seen);
	EXPECT_EQ(1 + 4, long_info_of(fd).delivered);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 7 * MSS, ""));
	silence(_metadata, p);
	EXPECT_EQ(3, long_info_of(fd).reord_seen);
	EXPECT_EQ(1 + 7, long_info_of(fd).delivered);
	EXPECT_EQ(0, info_of(fd).tcpi_total_retrans);
}

TCP_TEST(what_was_offered_is_not_agreed_on_yet)
{
	int fd = host_connects(_metadata, p);
	struct tcp_info info = info_of(fd);
	int scale = info.tcpi_rcv_wscale;

	EXPECT_EQ(0, info.tcpi_options);
	EXPECT_EQ(0, scale);
}

TCP_TEST(a_FIN_of_its_own_is_a_segment)
{
	int fd = sends(_metadata, p, 1);

	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack + MSS, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS + 1, ""));
	silence(_metadata, p);
	EXPECT_EQ(1 + 2, long_info_of(fd).delivered);
	EXPECT_EQ(MSS, long_info_of(fd).bytes_sent);
}

TCP_TEST(a_FIN_of_its_own_may_be_under_way_again)
{
	struct long_info info;
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, host_waits("200ms"));
	fd = sack_connection(_metadata, p);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	expect_again(_metadata, p, FIN | ACK, p->ack, p->seq);
	info = long_info_of(fd);
	EXPECT_EQ(1, info.known.tcpi_retrans);
	EXPECT_LE(1, info.known.tcpi_total_retrans);
	EXPECT_EQ(0, info.bytes_retrans);
	EXPECT_EQ(0, info.bytes_sent);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 1, ""));
	silence(_metadata, p);
	info = long_info_of(fd);
	EXPECT_EQ(0, info.known.tcpi_retrans);
	EXPECT_EQ(1 + 1, info.delivered);
}

/* The host sends so many octets more, and hears of it after so many ms. */
static unsigned int least_after(struct __test_metadata *_metadata, struct peer *p, int fd,
				int octets, int ms)
{
	static const char data[MSS];

	EXPECT_EQ(octets, send(fd, data, octets, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	usleep(ms * 1000);
	p->ack += octets;
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	return long_info_of(fd).min_rtt;
}

#define LONG		200	/* ms */

TCP_TEST(the_shortest_round_trip_is_remembered)
{
	unsigned int least;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = far_connection(_metadata, p, LONG);
	EXPECT_LE(LONG * 1000, long_info_of(fd).min_rtt);
	least = least_after(_metadata, p, fd, MSS, 0);
	EXPECT_GT(LONG * 1000, least);
	EXPECT_EQ(least, least_after(_metadata, p, fd, MSS, LONG));
}

/* net.ipv4.tcp_min_rtt_wlen */
TCP_TEST(but_not_for_ever)
{
	unsigned int least;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_min_rtt_wlen", "0"));
	fd = far_connection(_metadata, p, 0);
	EXPECT_GT(LONG * 1000, least_after(_metadata, p, fd, MSS, 0));
	least = least_after(_metadata, p, fd, MSS, LONG);
	EXPECT_LE(LONG * 1000, least);
	/* A peer waits with the acknowledgment of less than a full segment. */
	EXPECT_EQ(least, least_after(_metadata, p, fd, MSS - 1, 2 * LONG));
}

TCP_TEST(a_handshake_that_the_host_began_is_counted)
{
	int fd = host_connects(_metadata, p);
	struct long_info info;

	EXPECT_EQ(UINT32_MAX, long_info_of(fd).min_rtt);
	EXPECT_EQ(0, long_info_of(fd).bytes_sent);
	ASSERT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	info = long_info_of(fd);
	EXPECT_EQ(2, info.segs_out);
	EXPECT_EQ(1, info.segs_in);
	EXPECT_EQ(0, info.data_segs_out);
	EXPECT_EQ(0, info.bytes_sent);
	EXPECT_EQ(0, info.bytes_received);
	/* The SYN. */
	EXPECT_EQ(1, info.delivered);
	EXPECT_NE(UINT32_MAX, info.min_rtt);
}

/* Wait until a field of TCP_INFO is so much; what it is then. */
static uint64_t until_it_tells(int fd, size_t field, uint64_t least)
{
	double until = seconds() + SOON / 1000;
	struct long_info info;
	uint64_t told;

	do {
		usleep(1000);
		info = long_info_of(fd);
		memcpy(&told, (char *)&info + field, sizeof(told));
	} while (told < least && seconds() < until);
	return told;
}

#define UNTIL_IT_TELLS(fd, field, least) \
	until_it_tells(fd, offsetof(struct long_info, field), least)

#define A_WHILE		50000	/* µs, several ticks of any kernel's */

/* So long passes while the host has nothing to do. */
static void idle(struct __test_metadata *_metadata, int fd)
{
	double until = seconds() + SOON / 1000;

	while (info_of(fd).tcpi_last_data_sent < A_WHILE / 1000 && seconds() < until)
		usleep(1000);
	EXPECT_LE(A_WHILE / 1000, info_of(fd).tcpi_last_data_sent);
}

TCP_TEST(the_time_is_told_while_something_is_outstanding)
{
	uint64_t busy;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	EXPECT_EQ(0, long_info_of(fd).busy_time);
	EXPECT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(A_WHILE, UNTIL_IT_TELLS(fd, busy_time, A_WHILE));
	p->ack += MSS;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	busy = long_info_of(fd).busy_time;
	EXPECT_LE(A_WHILE, busy);
	idle(_metadata, fd);
	EXPECT_EQ(busy, long_info_of(fd).busy_time);
	EXPECT_EQ(0, long_info_of(fd).rwnd_limited);
	EXPECT_EQ(0, long_info_of(fd).sndbuf_limited);
	/* Once more, from where it was. */
	EXPECT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(busy + A_WHILE, UNTIL_IT_TELLS(fd, busy_time, busy + A_WHILE));
}

TCP_TEST(and_while_the_peers_window_is_closed)
{
	struct long_info info;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	close_window(_metadata, p);
	EXPECT_EQ(0, long_info_of(fd).rwnd_limited);
	EXPECT_EQ(0, send_segments(fd, 1));
	silence(_metadata, p);
	EXPECT_LE(A_WHILE, UNTIL_IT_TELLS(fd, rwnd_limited, A_WHILE));
	ASSERT_EQ(0, tell_window(p, WINDOW, "z"));
	p->seq++;
	expect(_metadata, p, ACK, p->ack, p->seq);
	/* From now on it is the network that is waited for. */
	info = long_info_of(fd);
	EXPECT_LE(info.rwnd_limited, info.busy_time);
	EXPECT_LE(info.rwnd_limited + A_WHILE,
		  UNTIL_IT_TELLS(fd, busy_time, info.rwnd_limited + A_WHILE));
	EXPECT_EQ(info.rwnd_limited, long_info_of(fd).rwnd_limited);
	EXPECT_EQ(0, info.sndbuf_limited);
}

/* Write segments until there is no room. Returns how many. */
static int fill(int fd)
{
	static const char data[MSS];
	int n = 0;

	while (send(fd, data, MSS, MSG_DONTWAIT) == MSS)
		n++;
	return n;
}

TCP_TEST(and_while_a_small_send_buffer_is_all_out)
{
	uint64_t limited;
	int fd, n, i;

	/* Neither window is as large as the buffer. */
	ASSERT_EQ(0, host_waits("60s initcwnd 100"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUF, 8000));
	n = fill(fd);
	ASSERT_LT(3, n);
	for (i = 0; i < n; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	/* Room for one more, which is too little to wake who waits for it. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack += MSS, ""));
	silence(_metadata, p);
	ASSERT_EQ(1, fill(fd));
	expect(_metadata, p, ACK, p->ack + MSS * (n - 1), p->seq);
	EXPECT_LE(A_WHILE, UNTIL_IT_TELLS(fd, sndbuf_limited, A_WHILE));

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack += MSS * n, ""));
	silence(_metadata, p);
	limited = long_info_of(fd).sndbuf_limited;
	EXPECT_LE(limited, long_info_of(fd).busy_time);
	EXPECT_EQ(0, long_info_of(fd).rwnd_limited);
	idle(_metadata, fd);
	EXPECT_EQ(limited, long_info_of(fd).sndbuf_limited);
}

/* In octet 7 of it, which the C library has no name for. */
static bool is_app_limited(int fd)
{
	struct tcp_info info = info_of(fd);

	return ((unsigned char *)&info)[7] & 1;
}

TCP_TEST(who_writes_little_is_told_how_fast_that_goes)
{
	int fd = sends(_metadata, p, 1);

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack += MSS, ""));
	silence(_metadata, p);
	EXPECT_LT(0, long_info_of(fd).delivery_rate);
	EXPECT_TRUE(is_app_limited(fd));
	/* However many octets there were before. */
	ASSERT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack += MSS, ""));
	silence(_metadata, p);
	EXPECT_TRUE(is_app_limited(fd));
}

/* TCP_INFO as it is since Linux 6.7. */
struct longer_info {
	struct long_info known;
	uint32_t rcv_wnd;
	uint32_t rehash;
	uint16_t total_rto;
	uint16_t total_rto_recoveries;
	uint32_t total_rto_time;
};

/* Whether it is so long. */
static bool longer_info_of(int fd, struct longer_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !getsockopt(fd, SOL_TCP, TCP_INFO, info, &len) && len == sizeof(*info);
}

TCP_TEST(timeouts_are_counted)
{
	struct longer_info info;
	unsigned int ms;
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, host_waits("200ms"));
	fd = sack_connection(_metadata, p);
	if (!longer_info_of(fd, &info))
		SKIP(return, "this kernel's TCP_INFO does not tell of them");
	EXPECT_EQ(0, info.total_rto);
	EXPECT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack += MSS, ""));
	silence(_metadata, p);
	ASSERT_TRUE(longer_info_of(fd, &info));
	EXPECT_LE(1, info.total_rto);
	EXPECT_EQ(1, info.total_rto_recoveries);
	ms = info.total_rto_time;
	idle(_metadata, fd);
	ASSERT_TRUE(longer_info_of(fd, &info));
	EXPECT_EQ(ms, info.total_rto_time);

	/* Another one. */
	EXPECT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_TRUE(longer_info_of(fd, &info));
	EXPECT_LE(3, info.total_rto);
	EXPECT_EQ(2, info.total_rto_recoveries);
	EXPECT_LT(ms, info.total_rto_time);
}

TCP_TEST(the_window_that_was_offered_is_told)
{
	int fd = connection(_metadata, p);
	struct longer_info info;

	if (!longer_info_of(fd, &info))
		SKIP(return, "this kernel's TCP_INFO does not tell it");
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	ASSERT_TRUE(longer_info_of(fd, &info));
	EXPECT_EQ(ntohs(tcp_of(p->f)->window), info.rcv_wnd);
}

FIXTURE_OF_TWO_ENDS(slow)

static char chunk[65536];

/* Octets go from one end to the other, as many as there is room for. */
static void pass_on(int a, int b)
{
	while (send(a, chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	usleep(1000);
	while (recv(b, chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
}

#define SLOW	1000000		/* octets a second */

TEST_F(slow, the_rate_is_what_the_link_takes)
{
	double until = seconds() + SOON / 1000;
	bool limited;
	uint64_t rate;

	ASSERT_EQ(0, system("/usr/sbin/ip link set lo mtu 1500 && "
			    "/usr/sbin/tc qdisc add dev lo root "
			    "tbf rate 8mbit burst 5000 limit 1000000"));
	do {
		pass_on(self->a, self->b);
		limited = is_app_limited(self->a);
		rate = long_info_of(self->a).delivery_rate;
	} while ((limited || long_info_of(self->a).bytes_acked < SLOW ||
		  rate < SLOW / 2 || rate > SLOW * 2) && seconds() < until);
	EXPECT_FALSE(limited);
	EXPECT_LE(SLOW / 2, rate);
	EXPECT_GE(SLOW * 2, rate);
}

TEST_HARNESS_MAIN
