// SPDX-License-Identifier: GPL-2.0
/*
 * Packetization layer path MTU discovery, RFC 4821: the host looks for the largest segment that
 * comes through by sending one, and whatever becomes of that costs nothing. Linux's own TCP must
 * do the same.
 */
#include "tcp_reports.h"

FIXTURE_ON_A_WIRE(tcp)

/* What segments begin with, what we say that they may have, and the first probe. */
#define BASE	512
#define OURS	1460
#define PROBE	((BASE + OURS) / 2)
/* An initial window; and all that the host has to send, octets. */
#define FIRST	(10 * BASE)
#define ALL	(20 * BASE)

/* The largest of what came. */
struct largest {
	uint32_t seq;
	size_t len;
};

/* All that the host has to say before it answers a ping. */
static struct largest catch_up(struct __test_metadata *_metadata, struct peer *p)
{
	struct largest l = {};
	struct frame ping;

	echo(&ping, HOST, 8);
	EXPECT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		EXPECT_EQ(0, receive(p->w, p->f, SOON));
		if (p->f->ip.protocol == IPPROTO_ICMP)
			return l;
		if (!is_ours(p) || is_repeat(p) || data_len(p->f) <= l.len)
			continue;
		/* Whoever might cut it on the way would spoil it. */
		EXPECT_NE(0, p->f->ip.frag_off & htons(0x4000));
		l.seq = ntohl(tcp_of(p->f)->seq);
		l.len = data_len(p->f);
	}
}

static void search_is_on(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_mtu_probing", "2"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_base_mss", "512"));
	/* For Linux's TCP those of the SYN count, whatever is agreed on. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_timestamps", "0"));
	/* Nothing is sent again by itself. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
}

/* A connection whose host searches, and whose peer takes so much. */
static int searching(struct __test_metadata *_metadata, struct peer *p, bool sack)
{
	const unsigned char options[] = {
		OPT_MSS, 4, OURS >> 8, OURS & 0xff,
		OPT_NOP, OPT_NOP, sack ? OPT_SACK_OK : OPT_NOP, sack ? 2 : OPT_NOP,
	};
	int fd;

	search_is_on(_metadata);
	fd = host_connects(_metadata, p);
	segment(p, SYN | ACK, p->seq++, p->ack, "");
	add_tcp_options(p->f, options, sizeof(options));
	EXPECT_EQ(0, transmit(p->w, p->f));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUF, 200000));
	return fd;
}

static void sends_all(struct __test_metadata *_metadata, int fd)
{
	static char data[ALL];

	EXPECT_EQ(ALL, send(fd, data, ALL, 0));
}

/* ... and it has sent the first probe, behind the first window; what follows is here, too. */
static int probing(struct __test_metadata *_metadata, struct peer *p, bool sack)
{
	int fd = searching(_metadata, p, sack);
	struct largest l;

	sends_all(_metadata, fd);
	l = catch_up(_metadata, p);
	EXPECT_EQ(BASE, l.len);
	EXPECT_EQ(p->ack + FIRST, p->heard.end);
	/* More than ten segments may be on their way now. */
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack + 2 * BASE, ""));
	l = catch_up(_metadata, p);
	EXPECT_EQ(PROBE, l.len);
	EXPECT_EQ(p->ack + FIRST, l.seq);
	EXPECT_LT(l.seq + PROBE, p->heard.end);
	p->ack += FIRST;
	/* All before the probe has come. */
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_GE(BASE, catch_up(_metadata, p).len);
	EXPECT_EQ(BASE, info_of(fd).tcpi_snd_mss);
	return fd;
}

/*
 * Everything has come; the host sends more than a window, and we acknowledge that. Returns how
 * large the first segment of more than @mss was; at most @mss when there was none.
 */
static size_t goes_on(struct __test_metadata *_metadata, struct peer *p, int fd, size_t mss)
{
	uint32_t end = p->heard.end + long_info_of(fd).notsent_bytes + 2 * ALL;
	size_t first = 0, len;

	sends_all(_metadata, fd);
	sends_all(_metadata, fd);
	do {
		p->ack = p->heard.end;
		EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
		len = catch_up(_metadata, p).len;
		if (first <= mss && len > first)
			first = len;
	} while (p->heard.end != p->ack);
	EXPECT_EQ(end, p->heard.end);
	return first;
}

/* The host sends the probe again, as two segments that come through, and nothing else. */
static void repairs(struct __test_metadata *_metadata, struct peer *p)
{
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(BASE, data_len(p->f));
	expect_again(_metadata, p, ACK, p->ack + BASE, p->seq);
	/* Linux fills it up with what followed. */
	EXPECT_LE(PROBE - BASE, data_len(p->f));
	EXPECT_GE(BASE, data_len(p->f));
	quiet(_metadata, p);
}

/* We report to have what is beyond the probe, but @missing octets. */
static int report_beyond(struct peer *p, uint32_t missing)
{
	unsigned char sack[12] = { OPT_NOP, OPT_NOP, OPT_SACK, 10 };

	put32(sack + 4, p->ack + PROBE + missing);
	put32(sack + 8, p->heard.end);
	segment(p, ACK, p->seq, p->ack, "");
	add_tcp_options(p->f, sack, sizeof(sack));
	return transmit(p->w, p->f);
}

/* The loss of the probe was no reason to go slower, or to make smaller segments. */
static void went_on(struct __test_metadata *_metadata, struct peer *p, int fd,
		    const struct tcp_info *before)
{
	struct tcp_info after = info_of(fd);

	EXPECT_LE(before->tcpi_snd_cwnd, after.tcpi_snd_cwnd);
	/* Slow start may have ended meanwhile, but by no loss: round trips got longer. */
	EXPECT_LE(before->tcpi_snd_cwnd, after.tcpi_snd_ssthresh);
	EXPECT_EQ(BASE, after.tcpi_snd_mss);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 1);
	/* Now less than the probe, and no less than half. */
	EXPECT_EQ((BASE + PROBE - 1) / 2, goes_on(_metadata, p, fd, BASE));
}

TCP_TEST(the_search_begins_with_a_probe_of_what_waits_anyway)
{
	probing(_metadata, p, false);
}

TCP_TEST(segments_are_as_large_as_the_probe_that_came_through)
{
	int fd = probing(_metadata, p, false);

	p->ack += PROBE;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	catch_up(_metadata, p);
	EXPECT_EQ(PROBE, info_of(fd).tcpi_snd_mss);
	counted(_metadata, p, "TcpExt.TCPMTUPSuccess", 1);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 0);
	EXPECT_EQ((PROBE + OURS) / 2, goes_on(_metadata, p, fd, PROBE));
}

TCP_TEST(a_probe_that_the_peer_does_not_report_is_lost_and_nothing_more)
{
	int fd = probing(_metadata, p, true);
	struct tcp_info before = info_of(fd);

	ASSERT_EQ(0, report_beyond(p, 0));
	repairs(_metadata, p);
	went_on(_metadata, p, fd, &before);
}

TCP_TEST(a_probe_without_reports_is_lost_after_three_duplicates_and_nothing_more)
{
	int fd = probing(_metadata, p, false), i;
	struct tcp_info before = info_of(fd);

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	repairs(_metadata, p);
	went_on(_metadata, p, fd, &before);
}

TCP_TEST(a_router_may_tell_that_a_probe_is_too_large)
{
	int fd = probing(_metadata, p, false);
	struct tcp_info before = info_of(fd);
	static struct frame probe;

	packet(&probe, HOST, PEER, IPPROTO_TCP, sizeof(struct tcphdr) + PROBE);
	probe.ip.frag_off = htons(0x4000);
	tcp_of(&probe)->source = htons(HOST_PORT);
	tcp_of(&probe)->dest = htons(p->port);
	tcp_of(&probe)->seq = htonl(p->ack);
	/* It is learned for all connections. */
	undo("ip route flush cache");
	ASSERT_EQ(0, complain(p, &probe, ICMP_FRAG_NEEDED, 900, 0));
	repairs(_metadata, p);
	EXPECT_LE(before.tcpi_snd_cwnd, info_of(fd).tcpi_snd_cwnd);
	EXPECT_EQ(BASE, info_of(fd).tcpi_snd_mss);
	EXPECT_EQ((BASE + 900 - 40) / 2, goes_on(_metadata, p, fd, BASE));
}

/* Linux's TCP begins with what was agreed on. */
TCP_TEST(who_accepts_a_connection_searches_too)
{
	int fd;

	if (p->family != AF_KITE)
		return;
	search_is_on(_metadata);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_base_mss", "256"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUF, 200000));
	EXPECT_EQ(256, info_of(fd).tcpi_snd_mss);
	EXPECT_EQ((256 + MSS) / 2, goes_on(_metadata, p, fd, 256));
}

/* Linux's TCP takes that for the fault of the probe alone; RFC 4821 7.5 does not. */
TCP_TEST(a_probe_that_is_not_lost_alone_tells_nothing)
{
	struct tcp_info before;
	int fd;

	if (p->family != AF_KITE)
		return;
	fd = probing(_metadata, p, true);
	before = info_of(fd);
	ASSERT_EQ(0, report_beyond(p, BASE));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_GT(before.tcpi_snd_ssthresh, info_of(fd).tcpi_snd_ssthresh);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 0);
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 1);
}

TCP_TEST(a_search_that_is_over_begins_again_after_tcp_probe_interval)
{
	int fd = probing(_metadata, p, false), i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	repairs(_metadata, p);
	/* Between what comes through and what was lost there is nothing to search for. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_probe_threshold", "500"));
	EXPECT_EQ(BASE, goes_on(_metadata, p, fd, BASE));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_probe_interval", "0"));
	EXPECT_EQ(PROBE, goes_on(_metadata, p, fd, BASE));
}

TEST_HARNESS_MAIN
