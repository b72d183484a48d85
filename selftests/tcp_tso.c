// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that leave in company: the host makes one packet of many, and the device makes
 * segments of it. What becomes of each of them afterwards is its own matter. Linux's own
 * TCP must do the same.
 * time limit: 120 s
 */
#include "control.h"
#include "tcp_reports.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

FIXTURE_ON_A_WIRE(tcp)

/* The octet at an offset of the stream. */
static unsigned char octet(uint32_t offset)
{
	return offset * 7 + offset / 251;
}

static int send_octets(int fd, uint32_t from, uint32_t len)
{
	unsigned char data[40 * MSS];
	uint32_t i;

	for (i = 0; i < len; i++)
		data[i] = octet(from + i);
	return send(fd, data, len, 0) == (ssize_t)len ? 0 : -1;
}

/* What we heard is a piece of the stream. */
static void expect_octets(struct __test_metadata *_metadata, struct peer *p)
{
	uint32_t from = ntohl(tcp_of(p->f)->seq) - p->ack, i;

	for (i = 0; i < data_len(p->f); i++)
		ASSERT_EQ(octet(from + i), data_of(p->f)[i]) {
			TH_LOG("octet %u of the stream", from + i);
		}
}

/* The host's next connections leave it to the device to make segments. */
static int device_makes_segments(void)
{
	undo("ethtool -K v0 tso on tx-sctp-segmentation on");
	/* We are near, however long it takes us to answer: a packet may be large. */
	return run("ethtool -K v0 gso on tso off tx-sctp-segmentation off") ||
	       set_sysctl("ipv4/tcp_tso_rtt_log", "31") ? -1 : 0;
}

/* A connection with reports of such a host. */
static int company(struct __test_metadata *_metadata, struct peer *p)
{
	EXPECT_EQ(0, device_makes_segments());
	return reporting_connection(_metadata, p, 0);
}

/* Ten segments have left together, and no timer sends anything again. */
static int ten_left(struct __test_metadata *_metadata, struct peer *p)
{
	int fd, i;

	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = company(_metadata, p);
	EXPECT_EQ(0, send_octets(fd, 0, 10 * MSS));
	for (i = 0; i < 10; i++) {
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
		EXPECT_EQ(MSS, data_len(p->f));
		expect_octets(_metadata, p);
	}
	return fd;
}

/* The host sends a segment that begins there again. */
static void again_from(struct __test_metadata *_metadata, struct peer *p, uint32_t offset)
{
	expect_again(_metadata, p, ACK, p->ack + offset, p->seq);
	EXPECT_EQ(MSS, data_len(p->f));
	expect_octets(_metadata, p);
}

/* We acknowledge up to an offset, and report from one offset to another. */
static int report_octets(struct peer *p, uint32_t acked, uint32_t start, uint32_t end)
{
	unsigned char sack[12] = { OPT_NOP, OPT_NOP, OPT_SACK, 10 };

	put32(sack + 4, p->ack + start);
	put32(sack + 8, p->ack + end);
	segment(p, ACK, p->seq, p->ack + acked, "");
	add_tcp_options(p->f, sack, sizeof(sack));
	return transmit(p->w, p->f);
}

/*
 * The next thing that the host says to what we told it, whether we heard it before or not; -1
 * when there is no more: a ping that was sent after it is answered.
 */
static int hear_next(struct peer *p)
{
	while (!receive(p->w, p->f, SOON)) {
		if (p->f->ip.protocol == IPPROTO_ICMP)
			return -1;
		if (is_ours(p) && data_len(p->f))
			return 0;
	}
	return -1;
}

static int ask_for_all(struct peer *p)
{
	static struct frame ping;

	echo(&ping, HOST, 8);
	return transmit(p->w, &ping);
}

TCP_TEST(they_are_one_packet_to_the_host)
{
	if (p->family != AF_KITE)
		return;
	ten_left(_metadata, p);
	/* The SYN-ACK, and no more than two for the window's first ten segments. */
	EXPECT_EQ(11, counter("Tcp.OutSegs"));
	EXPECT_GE(3, counter("Ip.OutRequests"));
}

TCP_TEST(only_what_is_missing_of_them_is_sent_again)
{
	ten_left(_metadata, p);
	REPORT(0, 2, 3, 10, 1, 2);
	again_from(_metadata, p, 0);
	again_from(_metadata, p, 2 * MSS);
	quiet(_metadata, p);
}

TCP_TEST(a_segment_that_was_reported_in_part_is_sent_again)
{
	ten_left(_metadata, p);
	ASSERT_EQ(0, report_octets(p, 0, MSS + MSS / 2, 7 * MSS + 1));
	again_from(_metadata, p, 0);
	again_from(_metadata, p, MSS);
	quiet(_metadata, p);
	/* The eighth is missing as soon as others have overtaken it. */
	ASSERT_EQ(0, report_octets(p, 7 * MSS, 8 * MSS, 10 * MSS));
	again_from(_metadata, p, 7 * MSS);
}

TCP_TEST(some_of_them_are_acknowledged)
{
	int fd = ten_left(_metadata, p), queued;

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 3 * MSS, ""));
	quiet(_metadata, p);
	ASSERT_EQ(0, ioctl(fd, SIOCOUTQ, &queued));
	EXPECT_EQ(7 * MSS, queued);
	REPORT(3, 1, 4, 10);
	again_from(_metadata, p, 3 * MSS);
	quiet(_metadata, p);
}

TCP_TEST(an_acknowledgment_may_end_within_one)
{
	int fd = ten_left(_metadata, p), queued;

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 2 * MSS + 100, ""));
	quiet(_metadata, p);
	ASSERT_EQ(0, ioctl(fd, SIOCOUTQ, &queued));
	EXPECT_EQ(8 * MSS - 100, queued);
	ASSERT_EQ(0, report_octets(p, 2 * MSS + 100, 5 * MSS, 10 * MSS));
	ASSERT_EQ(0, hear_again(p));
	EXPECT_GE(p->ack + 2 * MSS + 100, ntohl(tcp_of(p->f)->seq));
	expect_octets(_metadata, p);
}

/* What waits to be read of it must not pass for a copy that has not left yet. */
TCP_TEST(an_octet_amid_them_is_told_of_and_the_rest_can_be_sent_again)
{
	int what = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID, fd, i;
	struct sock_extended_err *err;
	struct received r;
	char data[4 * MSS];

	/* Linux's own TCP sends nothing more of a packet that is quoted there. */
	if (p->family == AF_INET)
		what |= SOF_TIMESTAMPING_OPT_TSONLY;
	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = company(_metadata, p);
	ASSERT_OK(set_int(fd, SOL_TCP, TCP_CORK, 1));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, what | SOF_TIMESTAMPING_TX_ACK));
	ASSERT_EQ(0, send_octets(fd, 0, MSS - 1));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, what));
	ASSERT_EQ(0, send_octets(fd, MSS - 1, 9 * MSS + 1));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS, ""));
	ASSERT_EQ(POLLERR, wait_for(fd, 0));
	REPORT(1, 1, 2, 10);
	again_from(_metadata, p, MSS);
	ASSERT_LE(0, receive_message(fd, &r, data, sizeof(data), MSG_ERRQUEUE));
	ASSERT_NE(NULL, control(&r, SOL_IP, IP_RECVERR));
	err = (void *)CMSG_DATA(control(&r, SOL_IP, IP_RECVERR));
	EXPECT_EQ(SCM_TSTAMP_ACK, err->ee_info);
	EXPECT_EQ(MSS - 2, err->ee_data);
	EXPECT_ERRNO(EAGAIN, recv(fd, data, 1, MSG_ERRQUEUE));
}

TCP_TEST(after_a_timeout_the_first_goes_alone)
{
	int fd, i;

	fd = company(_metadata, p);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, send_octets(fd, 0, 10 * MSS));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	again_from(_metadata, p, 0);
	/* Two for each that arrives: slow start. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS, ""));
	again_from(_metadata, p, MSS);
	again_from(_metadata, p, 2 * MSS);
}

TCP_TEST(the_last_of_them_is_what_probes_for_a_loss)
{
	int fd = company(_metadata, p), i;

	/* A round trip is known, and the timeout is far away. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "3"));
	ASSERT_EQ(0, send_octets(fd, 0, 10 * MSS));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	again_from(_metadata, p, 9 * MSS);
}

TCP_TEST(what_the_window_lets_out_by_and_by_leaves_whole)
{
	int fd = ten_left(_metadata, p);
	uint32_t end = 10 * MSS, acked = 0;
	int turns;

	/* Full segments only, but for the last of all. */
	ASSERT_EQ(0, send_octets(fd, end, 20 * MSS + 7));
	for (turns = 0; end < 30 * MSS + 7; turns++) {
		ASSERT_GT(100, turns);
		acked = end - acked < 2 * MSS ? end : acked + 2 * MSS;
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + acked, ""));
		ASSERT_EQ(0, ask_for_all(p));
		while (!hear_next(p)) {
			EXPECT_EQ(p->ack + end, ntohl(tcp_of(p->f)->seq));
			/* Linux makes a packet of what it finds in one piece. */
			if (p->family == AF_KITE)
				EXPECT_EQ(end < 30 * MSS ? MSS : 7,
					  data_len(p->f));
			expect_octets(_metadata, p);
			end += data_len(p->f);
		}
	}
}

TCP_TEST(whatever_is_acknowledged_and_reported_the_octets_are_the_right_ones)
{
	uint32_t written = 10 * MSS, heard = written, acked = 0, random = 1;
	int fd = ten_left(_metadata, p), i;

	for (i = 0; i < 300; i++) {
		uint32_t left = heard - acked, start, end;

		random = random * 1103515245 + 12345;
		if (left && !(random >> 16 & 7))
			acked += 1 + (random >> 20) % left;
		start = acked + (random >> 8) % (left + 1);
		end = start + 1 + (random >> 12) % (4 * MSS);
		ASSERT_EQ(0, report_octets(p, acked, start, end));
		if (written - acked < 10 * MSS) {
			ASSERT_EQ(0, send_octets(fd, written, 4 * MSS + i));
			written += 4 * MSS + i;
		}
		ASSERT_EQ(0, ask_for_all(p));
		while (!hear_next(p)) {
			expect_octets(_metadata, p);
			end = ntohl(tcp_of(p->f)->seq) - p->ack + data_len(p->f);
			if (end > heard)
				heard = end;
		}
	}
	EXPECT_LT(10 * MSS, acked);
	EXPECT_EQ(TCP_ESTABLISHED, info_of(fd).tcpi_state);
}

/* They are computed with the address where the route ends, not with the next one on it. */
TCP_TEST(a_source_route_leaves_their_checksums_right)
{
	/* By 10.0.0.3, which is STRANGER. */
	static const unsigned char route[] = { 1, 131, 7, 4, 10, 0, 0, 3 };
	int fd = host_socket(p);
	uint32_t heard = 0;
	uint16_t sum;

	ASSERT_EQ(0, run("ethtool -K v0 tx off"));
	undo("ethtool -K v0 tx on");
	ASSERT_EQ(0, device_makes_segments());
	ASSERT_OK(set_int(fd, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, route, sizeof(route)));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	p->seq = OUR_ISN;
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);

	ASSERT_EQ(0, send_octets(fd, 0, 9 * MSS));
	while (heard < 9 * MSS) {
		ASSERT_EQ(0, hear(p));
		EXPECT_EQ(inet_addr(STRANGER), p->f->ip.daddr);
		heard += data_len(p->f);
		sum = tcp_of(p->f)->check;
		p->f->ip.daddr = inet_addr(PEER);
		seal_segment(p->f);
		EXPECT_EQ(tcp_of(p->f)->check, sum);
	}
}

TEST_HARNESS_MAIN
