// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP_INFO tells of a connection's segments, octets and round trips, RFC 4898. Linux's
 * own TCP must tell the same.
 */
#include "tcp_reports.h"

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

TEST_HARNESS_MAIN
