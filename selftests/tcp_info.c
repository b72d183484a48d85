// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP_INFO counts of a connection's segments and octets, RFC 4898. Linux's own TCP must
 * count the same.
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

	REPORT(0, 1, 1, 5);
	expect_resent(_metadata, p, 0);
	info = long_info_of(fd);
	EXPECT_EQ(6, info.segs_out);
	EXPECT_EQ(6, info.data_segs_out);
	EXPECT_EQ(6 * MSS, info.bytes_sent);
	EXPECT_EQ(MSS, info.bytes_retrans);
	EXPECT_EQ(1, info.known.tcpi_total_retrans);
	EXPECT_EQ(0, info.dsack_dups);

	/* It had not been lost. */
	REPORT(5, 1, 0, 1);
	silence(_metadata, p);
	info = long_info_of(fd);
	EXPECT_EQ(1, info.dsack_dups);
	EXPECT_EQ(5 * MSS, info.bytes_acked);
	EXPECT_EQ(4, info.segs_in);
	EXPECT_EQ(0, info.data_segs_in);
}

TCP_TEST(a_handshake_that_the_host_began_is_counted)
{
	int fd = host_connects(_metadata, p);
	struct long_info info;

	ASSERT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	info = long_info_of(fd);
	EXPECT_EQ(2, info.segs_out);
	EXPECT_EQ(1, info.segs_in);
	EXPECT_EQ(0, info.data_segs_out);
	EXPECT_EQ(0, info.bytes_sent);
	EXPECT_EQ(0, info.bytes_received);
}

TEST_HARNESS_MAIN
