// SPDX-License-Identifier: GPL-2.0
/*
 * Timestamps, RFC 7323: what is offered and echoed, what is too old, what they measure,
 * and what they make possible in TIME_WAIT. Linux's own TCP must answer the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

FIXTURE_ON_A_WIRE(tcp)

/* Header with and without the option. */
#define WITH	32
#define WITHOUT	20

/* --- the handshake ---------------------------------------------------------- */

/* The host's SYN to us; then nobody answers. */
static void host_SYN(struct __test_metadata *_metadata, struct peer *p,
		     const char *tcp_timestamps)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_timestamps", tcp_timestamps));
	p->port++;
	close(host_connects(_metadata, p));
}

TCP_TEST(a_SYN_offers_timestamps_and_echoes_none)
{
	host_SYN(_metadata, p, "1");
	ASSERT_NE(NULL, option_of(p->f, OPT_TS));
	EXPECT_EQ(0, tsecr_of(p->f));
}

TCP_TEST(without_tcp_timestamps_a_SYN_offers_none)
{
	host_SYN(_metadata, p, "0");
	EXPECT_EQ(NULL, option_of(p->f, OPT_TS));
}

TCP_TEST(tcp_timestamps_2_shows_the_clock_and_1_does_not)
{
	uint32_t clock;

	host_SYN(_metadata, p, "2");
	clock = tsval_of(p->f);
	host_SYN(_metadata, p, "2");
	EXPECT_GT(60000, tsval_of(p->f) - clock);
	host_SYN(_metadata, p, "1");
	EXPECT_LT(60000, tsval_of(p->f) - clock);
}

TCP_TEST(a_SYN_ACK_echoes_the_timestamp_of_the_SYN)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	ASSERT_NE(NULL, option_of(p->f, OPT_TS));
	EXPECT_EQ(12345, tsecr_of(p->f));
}

TCP_TEST(a_SYN_ACK_that_comes_again_has_a_new_timestamp)
{
	uint32_t isn, first;

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	first = tsval_of(p->f);
	expect_again(_metadata, p, SYN | ACK, isn, 1001);
	EXPECT_LT(0, (int32_t)(tsval_of(p->f) - first));
	EXPECT_EQ(12345, tsecr_of(p->f));
}

/* Linux echoes the first SYN's for ever. */
TCP_TEST(a_SYN_that_comes_again_has_its_own_timestamp_echoed)
{
	if (p->family != AF_KITE)
		return;
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(12345, tsecr_of(p->f));
	memset(&p->heard, 0, sizeof(p->heard));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 13345, 0));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(13345, tsecr_of(p->f));
}

/* Linux takes what went by since the first SYN for a round trip. */
TCP_TEST(an_echo_of_an_earlier_SYN_than_the_last_shows_no_round_trip_time)
{
	uint32_t first;
	int fd;

	if (p->family != AF_KITE)
		return;
	fd = host_connects(_metadata, p);
	first = tsval_of(p->f);
	expect_again(_metadata, p, SYN, p->ack - 1, 0);
	ASSERT_EQ(0, tell_at(p, SYN | ACK, p->seq++, p->ack, "", TSVAL, first));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, info_of(fd).tcpi_rtt);
	/* RFC 6298 5.7 */
	EXPECT_EQ(3000000, info_of(fd).tcpi_rto);
}

TCP_TEST(without_tcp_timestamps_a_SYN_ACK_has_none)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_timestamps", "0"));
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(NULL, option_of(p->f, OPT_TS));
}

TCP_TEST(a_half_open_connection_answers_with_a_timestamp)
{
	uint32_t isn;

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	/* Outside of the window. */
	ASSERT_EQ(0, tell_at(p, ACK, 500, isn + 1, "old", 12346, 0));
	expect(_metadata, p, ACK, isn + 1, 1001);
	EXPECT_EQ(WITH, header_len(p->f));
	EXPECT_EQ(12345, tsecr_of(p->f));
}

TCP_TEST(a_half_open_connection_takes_no_old_segment)
{
	int listener = host_listens(p, 1);
	uint32_t isn;

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	ASSERT_EQ(0, tell_at(p, ACK, 1001, isn + 1, "old", 12000, 0));
	expect(_metadata, p, ACK, isn + 1, 1001);
	EXPECT_EQ(0, polled(listener, POLLIN));
	counted(_metadata, p, "TcpExt.PAWSEstab", 1);
	ASSERT_EQ(0, tell_at(p, ACK, 1001, isn + 1, "", 12345, 0));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(a_half_open_connection_echoes_only_what_acknowledges_its_SYN)
{
	uint32_t isn;

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, 1000, 0, "", 12345, 0));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	/* Neither this, which somebody may have guessed ... */
	ASSERT_EQ(0, tell_at(p, 0, 1001, 0, "guess", 99999, 0));
	silence(_metadata, p);
	/* ... nor what does not come next. */
	ASSERT_EQ(0, tell_at(p, ACK, 1011, isn + 1, "later", 12346, 0));
	expect(_metadata, p, ACK, isn + 1, 1001);
	EXPECT_EQ(12345, tsecr_of(p->f));
}

TCP_TEST(an_echo_of_another_time_ends_in_a_reset_and_not_in_a_connection)
{
	uint32_t tsval;
	int fd;

	fd = host_connects(_metadata, p);
	tsval = tsval_of(p->f);
	ASSERT_EQ(0, tell_at(p, SYN | ACK, p->seq, p->ack, "", TSVAL, tsval - 1000));
	expect(_metadata, p, RST, p->ack, 0);
	ASSERT_EQ(0, tell_at(p, SYN | ACK, p->seq, p->ack, "", TSVAL,
			     tsval + 1000000));
	expect(_metadata, p, RST, p->ack, 0);
	EXPECT_EQ(0, polled(fd, POLLOUT));
	counted(_metadata, p, "TcpExt.PAWSActive", 2);

	ASSERT_EQ(0, tell_at(p, SYN | ACK, p->seq++, p->ack, "", TSVAL, tsval));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
}

TCP_TEST(when_both_open_at_once_both_have_timestamps)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell_at(p, SYN, p->seq++, 0, "", TSVAL, 0));
	expect(_metadata, p, SYN | ACK, p->ack - 1, p->seq);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	ASSERT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(WITH, header_len(p->f));
}

TCP_TEST(when_both_open_at_once_the_SYN_ACK_is_echoed)
{
	host_connects(_metadata, p);
	ASSERT_EQ(0, tell_at(p, SYN, p->seq++, 0, "", TSVAL, 0));
	expect(_metadata, p, SYN | ACK, p->ack - 1, p->seq);
	ASSERT_EQ(0, tell_at(p, SYN | ACK, p->seq - 1, p->ack, "", TSVAL + 1,
			     tsval_of(p->f)));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TSVAL + 1, tsecr_of(p->f));
}

/* --- on a connection -------------------------------------------------------- */

TCP_TEST(every_segment_has_a_timestamp)
{
	int fd = connection_at(_metadata, p);

	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "data", TSVAL + 1, 0));
	p->seq += 4;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(WITH, header_len(p->f));
	EXPECT_EQ(TSVAL + 1, tsecr_of(p->f));
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	p->ack += 2;
	EXPECT_EQ(WITH, header_len(p->f));
	EXPECT_EQ(2, data_len(p->f));
	EXPECT_EQ(0, memcmp(data_of(p->f), "hi", 2));
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	EXPECT_EQ(WITH, header_len(p->f));
	close(fd);
	expect(_metadata, p, RST | ACK, p->ack + 1, p->seq);
	EXPECT_EQ(WITH, header_len(p->f));
}

TCP_TEST(the_reset_of_a_segment_that_nobody_wants_has_none)
{
	ASSERT_EQ(0, tell_at(p, ACK, 1000, 2000, "", TSVAL, 0));
	expect(_metadata, p, RST, 2000, 0);
	EXPECT_EQ(WITHOUT, header_len(p->f));
}

TCP_TEST(a_connection_without_has_none)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "data", TSVAL, 0));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	EXPECT_EQ(WITHOUT, header_len(p->f));
	EXPECT_EQ(0, info_of(fd).tcpi_options & TCPI_OPT_TIMESTAMPS);
}

TCP_TEST(TCP_INFO_and_TCP_MAXSEG_know)
{
	int fd = connection_at(_metadata, p);

	EXPECT_EQ(TCPI_OPT_TIMESTAMPS, info_of(fd).tcpi_options & TCPI_OPT_TIMESTAMPS);
	EXPECT_EQ(536 - 12, get_int(fd, SOL_TCP, TCP_MAXSEG));
	EXPECT_EQ(536 - 12, info_of(fd).tcpi_snd_mss);
}

TCP_TEST(data_and_option_together_fit_into_the_MSS)
{
	static char data[2 * 536];
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	fd = connection_at(_metadata, p);
	ASSERT_EQ(sizeof(data), send(fd, data, sizeof(data), 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(536 - 12, data_len(p->f));
}

TCP_TEST(an_old_segment_is_not_taken_but_answered)
{
	int fd = connection_at(_metadata, p);
	char buf[16];

	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "one", TSVAL + 1000, 0));
	p->seq += 3;
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "old", TSVAL + 998, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TSVAL + 1000, tsecr_of(p->f));
	counted(_metadata, p, "TcpExt.PAWSEstab", 1);
	/* One tick is nothing. */
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "two", TSVAL + 999, 0));
	p->seq += 3;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TSVAL + 1000, tsecr_of(p->f));
	EXPECT_EQ(6, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "onetwo", 6));
	counted(_metadata, p, "TcpExt.PAWSEstab", 1);
}

TCP_TEST(old_segments_without_data_are_answered_only_so_often)
{
	connection_at(_metadata, p);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "one", TSVAL + 100000, 0));
	p->seq += 3;
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "100000"));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, 0));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPACKSkippedPAWS", 1);
	counted(_metadata, p, "TcpExt.PAWSEstab", 2);
}

TCP_TEST(an_acknowledgment_that_was_overtaken_is_no_stray)
{
	connection_at(_metadata, p);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 1000, 0));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 900, 0));
	silence(_metadata, p);
	/* Nor when the window was told last beyond a gap. */
	ASSERT_EQ(0, tell_at(p, ACK, p->seq + 100, p->ack, "", TSVAL + 1000, 0));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 900, 0));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.PAWSEstab", 0);
}

TCP_TEST(an_old_reset_counts)
{
	int fd = connection_at(_metadata, p);

	ASSERT_EQ(0, tell_at(p, RST, p->seq, 0, "", TSVAL - 1000, 0));
	EXPECT_EQ(POLLERR, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, so_error(fd));
}

TCP_TEST(a_segment_without_timestamp_is_taken_nevertheless)
{
	connection_at(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "bare"));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
}

TCP_TEST(what_lies_beyond_a_gap_is_not_echoed)
{
	connection_at(_metadata, p);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq + 3, p->ack, "two", TSVAL + 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "one", TSVAL + 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq + 6);
	EXPECT_EQ(TSVAL + 2, tsecr_of(p->f));
}

TCP_TEST(a_segment_that_was_sent_again_has_a_round_trip_time)
{
	int fd = connection_at(_metadata, p);
	uint32_t first, rtt = info_of(fd).tcpi_rtt;

	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	first = tsval_of(p->f);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LT(0, (int32_t)(tsval_of(p->f) - first));
	/* It was the first that came: a timeout ago, which is 200 ms and the RTT. */
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack + 2, "x", TSVAL + 1, first));
	expect(_metadata, p, ACK, p->ack + 2, p->seq + 1);
	EXPECT_LT(rtt + 20000, info_of(fd).tcpi_rtt);
}

/* --- TIME_WAIT -------------------------------------------------------------- */

/* A connection that the host has closed, and we too. */
static void in_TIME_WAIT(struct __test_metadata *_metadata, struct peer *p)
{
	int fd = connection_at(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell_at(p, FIN | ACK, p->seq++, p->ack, "", TSVAL + 1000,
			     tsval_of(p->f)));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
}

TCP_TEST(TIME_WAIT_answers_with_a_timestamp)
{
	in_TIME_WAIT(_metadata, p);
	ASSERT_EQ(0, tell_at(p, FIN | ACK, p->seq - 1, p->ack, "", TSVAL + 1001, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(WITH, header_len(p->f));
	EXPECT_EQ(TSVAL + 1000, tsecr_of(p->f));
}

TCP_TEST(a_later_SYN_ends_TIME_WAIT_whatever_its_number)
{
	in_TIME_WAIT(_metadata, p);
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, p->seq - 1000, 0, "", TSVAL + 1000, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell_at(p, SYN, p->seq - 1000, 0, "", TSVAL + 1001, 0));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(p->seq - 999, ntohl(tcp_of(p->f)->ack_seq));
	EXPECT_LT(0, (int32_t)(ntohl(tcp_of(p->f)->seq) - p->ack));
}

TCP_TEST(an_old_SYN_does_not_end_TIME_WAIT_whatever_its_number)
{
	in_TIME_WAIT(_metadata, p);
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell_at(p, SYN, p->seq + 1000, 0, "", TSVAL + 999, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	counted(_metadata, p, "TcpExt.PAWSEstab", 1);
}

/* The RST did not end it: our FIN is known yet. */
static void still_in_TIME_WAIT(struct __test_metadata *_metadata, struct peer *p)
{
	ASSERT_EQ(0, tell_at(p, FIN | ACK, p->seq - 1, p->ack, "", TSVAL + 1000, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
}

TCP_TEST(an_old_reset_does_not_end_TIME_WAIT)
{
	in_TIME_WAIT(_metadata, p);
	ASSERT_EQ(0, tell_at(p, RST, p->seq, 0, "", TSVAL + 999, 0));
	still_in_TIME_WAIT(_metadata, p);
	ASSERT_EQ(0, tell_at(p, RST, p->seq, 0, "", TSVAL + 1000, 0));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 1000, 0));
	expect(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(with_tcp_rfc1337_no_reset_ends_TIME_WAIT)
{
	in_TIME_WAIT(_metadata, p);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_rfc1337", "1"));
	ASSERT_EQ(0, tell_at(p, RST, p->seq, 0, "", TSVAL + 1000, 0));
	still_in_TIME_WAIT(_metadata, p);
}

TCP_TEST(who_connects_from_the_port_of_a_TIME_WAIT_takes_its_place)
{
	uint32_t old;

	in_TIME_WAIT(_metadata, p);
	old = p->ack;
	host_connects(_metadata, p);
	EXPECT_LT(0, (int32_t)(ntohl(tcp_of(p->f)->seq) - old));
	counted(_metadata, p, "TcpExt.TWRecycled", 1);
}

TCP_TEST(without_timestamps_the_place_of_a_TIME_WAIT_is_taken)
{
	int fd = connection(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq, p->ack + 1, ""));
	expect(_metadata, p, ACK, p->ack + 1, p->seq + 1);
	fd = host_socket(p);
	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EADDRNOTAVAIL, connect_to(fd, p->family, PEER, p->port));
	counted(_metadata, p, "TcpExt.TWRecycled", 0);
}

#define LONE_PORT 7001	/* the only one there is to choose from */

/* To the host's LONE_PORT. */
static int tell_lone_port(struct peer *p, unsigned int flags, uint32_t tsecr)
{
	segment_at(p, flags, p->seq++, p->ack, "", TSVAL, tsecr);
	tcp_of(p->f)->dest = htons(LONE_PORT);
	seal_segment(p->f);
	return transmit(p->w, p->f);
}

/* The host connects from a port of its choice. */
static int connects_from_any(struct peer *p)
{
	int fd = socket(p->family, SOCK_STREAM, 0);

	nonblocking(fd);
	abortive(fd);
	if (connect_to(fd, p->family, PEER, p->port) && errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

TCP_TEST(tcp_tw_reuse_lets_connect_choose_the_port_of_a_TIME_WAIT)
{
	int fd, ms;

	ASSERT_EQ(0, set_sysctl("ipv4/ip_local_port_range", "7001 7001"));
	fd = connects_from_any(p);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell_lone_port(p, SYN | ACK, tsval_of(p->f)));
	expect(_metadata, p, ACK, p->ack, p->seq);
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell_lone_port(p, FIN | ACK, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_tw_reuse", "0"));
	EXPECT_EQ(-1, connects_from_any(p));
	EXPECT_EQ(EADDRNOTAVAIL, errno);
	/* Only within this host, and we are another. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_tw_reuse", "2"));
	EXPECT_EQ(-1, connects_from_any(p));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_tw_reuse", "1"));
	/* When its clock has moved on. */
	for (ms = 0; (fd = connects_from_any(p)) < 0 && ms < SOON; ms += 10)
		usleep(10000);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN, flags_of(p->f));
	EXPECT_LT(0, (int32_t)(ntohl(tcp_of(p->f)->seq) - p->ack));
	counted(_metadata, p, "TcpExt.TWRecycled", 1);
}

TEST_HARNESS_MAIN
