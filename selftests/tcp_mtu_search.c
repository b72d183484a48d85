// SPDX-License-Identifier: GPL-2.0
/*
 * Packetization layer path MTU discovery, RFC 4821: the host looks for the largest segment that
 * comes through by sending one, and whatever becomes of that costs nothing. Linux's own TCP must
 * do the same.
 */
#include "tcp_reports.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

FIXTURE_ON_A_WIRE(tcp)

/* What segments begin with, what we say that they may have, and the first probe. */
#define BASE	512
#define OURS	1460
#define PROBE	((BASE + OURS) / 2)
/* It is made of two segments; what it leaves of them is the next. */
#define REST	(2 * BASE - PROBE)
/* An initial window; and all that the host has to send, octets. */
#define FIRST	(10 * BASE)
#define ALL	(20 * BASE)
/* How long a round trip takes at least when it matters, ms: longer than others do. */
#define ROUND_TRIP	60
/* Octets that go to the queue at a time, and how far apart they are in their file. */
#define PIECE	100
#define APART	128

/* The largest of what came. */
struct largest {
	uint32_t seq;
	size_t len;
};

/* What the host sends: where it began, and how much of it was written so far. */
static struct {
	uint32_t seq;
	size_t written;
} stream;

/* No part of it looks like another. */
static unsigned char octet_at(size_t place)
{
	return place * 7 + place / 256;
}

static bool is_right(struct frame *f)
{
	size_t place = ntohl(tcp_of(f)->seq) - stream.seq, i;

	for (i = 0; i < data_len(f); i++)
		if (data_of(f)[i] != octet_at(place + i))
			return false;
	return true;
}

/* All that the host has to say before it answers a ping. */
static struct largest catch_up(struct __test_metadata *_metadata, struct peer *p)
{
	struct largest l = {};
	struct frame ping;

	echo(&ping, HOST, 8);
	EXPECT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
		if (p->f->ip.protocol == IPPROTO_ICMP)
			return l;
		if (!is_ours(p))
			continue;
		EXPECT_TRUE(is_right(p->f));
		if (is_repeat(p) || data_len(p->f) <= l.len)
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
	/* Compared with that, the host sends two segments at once. */
	usleep(ROUND_TRIP * 1000);
	segment(p, SYN | ACK, p->seq++, p->ack, "");
	add_tcp_options(p->f, options, sizeof(options));
	EXPECT_EQ(0, transmit(p->w, p->f));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUF, 200000));
	stream.seq = p->ack;
	return fd;
}

static void sends_all(struct __test_metadata *_metadata, int fd)
{
	unsigned char data[ALL];
	int i;

	for (i = 0; i < ALL; i++)
		data[i] = octet_at(stream.written++);
	EXPECT_EQ(ALL, send(fd, data, ALL, 0));
}

/* The first window has come, and so has the first probe, with what follows. */
static void first_probe(struct __test_metadata *_metadata, struct peer *p, int fd)
{
	struct largest l = catch_up(_metadata, p);
	int i;

	EXPECT_EQ(BASE, l.len);
	EXPECT_EQ(p->ack + FIRST, p->heard.end);
	/* More than ten segments may be on their way now. */
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack + 2 * BASE, ""));
	l = catch_up(_metadata, p);
	EXPECT_EQ(PROBE, l.len);
	EXPECT_EQ(p->ack + FIRST, l.seq);
	/* It may wait above until another processor is done with the probe. */
	for (i = 0; i < 100 && p->heard.end == l.seq + PROBE; i++)
		catch_up(_metadata, p);
	EXPECT_LT(l.seq + PROBE, p->heard.end);
	p->ack += FIRST;
	/* All before the probe has come. */
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_GE(BASE, catch_up(_metadata, p).len);
	EXPECT_EQ(BASE, info_of(fd).tcpi_snd_mss);
}

/* ... and it has sent the first probe, behind the first window; what follows is here, too. */
static int probing(struct __test_metadata *_metadata, struct peer *p, bool sack)
{
	int fd = searching(_metadata, p, sack);

	sends_all(_metadata, fd);
	first_probe(_metadata, p, fd);
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

/* The host sends this again, that is so far behind what we wait for. */
static void sends_again(struct __test_metadata *_metadata, struct peer *p, uint32_t place)
{
	expect_again(_metadata, p, ACK, p->ack + place, p->seq);
	EXPECT_TRUE(is_right(p->f));
}

/* The host sends the probe again, as two segments that come through, and nothing else. */
static void repairs(struct __test_metadata *_metadata, struct peer *p)
{
	sends_again(_metadata, p, 0);
	EXPECT_EQ(BASE, data_len(p->f));
	sends_again(_metadata, p, BASE);
	/* Linux fills it up with what followed. */
	EXPECT_LE(PROBE - BASE, data_len(p->f));
	EXPECT_GE(BASE, data_len(p->f));
	quiet(_metadata, p);
}

/* We report to have these, as pairs of places behind what we wait for. */
static int report_places(struct peer *p, int n, const uint32_t *pairs)
{
	unsigned char sack[20] = { OPT_NOP, OPT_NOP, OPT_SACK, 2 + 8 * n };
	int i;

	for (i = 0; i < 2 * n; i++)
		put32(sack + 4 + 4 * i, p->ack + pairs[i]);
	segment(p, ACK, p->seq, p->ack, "");
	add_tcp_options(p->f, sack, 4 + 8 * n);
	return transmit(p->w, p->f);
}

#define REPORT_PLACES(n, ...)						\
	ASSERT_EQ(0, report_places(p, n, (const uint32_t []){ __VA_ARGS__ }))

/* One past all that was heard of, from what we wait for on. */
static uint32_t heard_to(struct peer *p)
{
	return p->heard.end - p->ack;
}

static void three_duplicates(struct __test_metadata *_metadata, struct peer *p)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
}

/* Nothing is missing any more. */
static void acknowledge_all(struct __test_metadata *_metadata, struct peer *p)
{
	p->ack = p->heard.end;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	quiet(_metadata, p);
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

	REPORT_PLACES(1, PROBE, heard_to(p));
	repairs(_metadata, p);
	went_on(_metadata, p, fd, &before);
}

TCP_TEST(a_probe_without_reports_is_lost_after_three_duplicates_and_nothing_more)
{
	int fd = probing(_metadata, p, false);
	struct tcp_info before = info_of(fd);

	three_duplicates(_metadata, p);
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
	stream.seq = p->ack;
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
	REPORT_PLACES(1, PROBE + BASE, heard_to(p));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_GT(before.tcpi_snd_ssthresh, info_of(fd).tcpi_snd_ssthresh);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 0);
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 1);
}

/*
 * What is lost besides is congestion. Linux's TCP does not take it for that while it repairs a
 * probe, and that of 6.12 leaves it to a timeout.
 */
TCP_TEST(what_is_lost_while_a_probe_is_repaired_is_repaired_too)
{
	/* Three have come when the probe is seen to be lost, and three more. */
	uint32_t second = PROBE + REST + 2 * BASE, third = second + 4 * BASE, ssthresh;
	struct tcp_info before;
	int fd;

	if (p->family != AF_KITE)
		return;
	fd = probing(_metadata, p, true);
	before = info_of(fd);
	REPORT_PLACES(1, PROBE, second);
	repairs(_metadata, p);
	EXPECT_LE(before.tcpi_snd_cwnd, info_of(fd).tcpi_snd_ssthresh);
	REPORT_PLACES(2, second + BASE, third, PROBE, second);
	sends_again(_metadata, p, second);
	EXPECT_EQ(BASE, data_len(p->f));
	quiet(_metadata, p);
	ssthresh = info_of(fd).tcpi_snd_ssthresh;
	EXPECT_GT(before.tcpi_snd_cwnd, ssthresh);
	/* That is answered once, however many are lost. */
	p->ack += second;
	REPORT_PLACES(2, third - second + BASE, heard_to(p), BASE, third - second);
	sends_again(_metadata, p, third - second);
	EXPECT_EQ(BASE, data_len(p->f));
	quiet(_metadata, p);
	acknowledge_all(_metadata, p);
	EXPECT_EQ(ssthresh, info_of(fd).tcpi_snd_ssthresh);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 1);
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 1);
	goes_on(_metadata, p, fd, BASE);
}

TCP_TEST(what_repairs_a_probe_may_be_lost_which_is_congestion)
{
	int fd = probing(_metadata, p, true);
	struct tcp_info before = info_of(fd);
	uint32_t ssthresh;

	REPORT_PLACES(1, PROBE, heard_to(p));
	repairs(_metadata, p);
	EXPECT_LE(before.tcpi_snd_cwnd, info_of(fd).tcpi_snd_ssthresh);
	/* Nobody takes the second half for that of the probe: no round trip is longer. */
	usleep(ROUND_TRIP * 1000);
	REPORT_PLACES(1, BASE, heard_to(p));
	sends_again(_metadata, p, 0);
	EXPECT_EQ(BASE, data_len(p->f));
	quiet(_metadata, p);
	ssthresh = info_of(fd).tcpi_snd_ssthresh;
	EXPECT_GT(before.tcpi_snd_cwnd, ssthresh);
	acknowledge_all(_metadata, p);
	EXPECT_EQ(ssthresh, info_of(fd).tcpi_snd_ssthresh);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 1);
	counted(_metadata, p, "TcpExt.TCPLostRetransmit", 1);
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 1);
	goes_on(_metadata, p, fd, BASE);
}

/* Linux's TCP waits for a timeout then. */
TCP_TEST(without_reports_an_acknowledgment_of_the_probe_alone_tells_of_the_next_loss)
{
	struct tcp_info before;
	uint32_t ssthresh;
	int fd;

	if (p->family != AF_KITE)
		return;
	fd = probing(_metadata, p, false);
	before = info_of(fd);
	three_duplicates(_metadata, p);
	repairs(_metadata, p);
	EXPECT_LE(before.tcpi_snd_cwnd, info_of(fd).tcpi_snd_ssthresh);
	p->ack += PROBE;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	sends_again(_metadata, p, 0);
	EXPECT_EQ(REST, data_len(p->f));
	quiet(_metadata, p);
	ssthresh = info_of(fd).tcpi_snd_ssthresh;
	EXPECT_GT(before.tcpi_snd_cwnd, ssthresh);
	/* And one of that alone of another one, which belongs to the same. */
	p->ack += REST;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	sends_again(_metadata, p, 0);
	EXPECT_EQ(BASE, data_len(p->f));
	quiet(_metadata, p);
	acknowledge_all(_metadata, p);
	EXPECT_EQ(ssthresh, info_of(fd).tcpi_snd_ssthresh);
	counted(_metadata, p, "TcpExt.TCPMTUPFail", 1);
	counted(_metadata, p, "TcpExt.TCPRenoRecovery", 1);
	goes_on(_metadata, p, fd, BASE);
}

/* The host sends all of it in pieces of a file, none of which stands next to another there. */
static void sends_a_file(struct __test_metadata *_metadata, int fd)
{
	const size_t pieces = (ALL + PIECE - 1) / PIECE;
	int file = memfd_create("kite", 0);
	unsigned char *map;
	size_t i;

	ASSERT_EQ(0, ftruncate(file, pieces * APART));
	map = mmap(NULL, pieces * APART, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < ALL; i++)
		map[i / PIECE * APART + i % PIECE] = octet_at(i);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_CORK, 1));
	for (i = 0; i < ALL; i += PIECE) {
		off_t at = i / PIECE * APART;
		size_t len = ALL - i < PIECE ? ALL - i : PIECE;

		/* Some are copied. */
		ASSERT_EQ(len, i / PIECE % 3 ? sendfile(fd, file, &at, len) :
					       send(fd, map + at, len, 0));
	}
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_CORK, 0));
	stream.written += ALL;
	munmap(map, pieces * APART);
	close(file);
}

TCP_TEST(a_probe_of_pages_of_a_file_says_what_they_say)
{
	int fd = searching(_metadata, p, false);
	struct tcp_info before;

	sends_a_file(_metadata, fd);
	first_probe(_metadata, p, fd);
	before = info_of(fd);
	three_duplicates(_metadata, p);
	repairs(_metadata, p);
	went_on(_metadata, p, fd, &before);
}

TCP_TEST(a_search_that_is_over_begins_again_after_tcp_probe_interval)
{
	int fd = probing(_metadata, p, false);

	three_duplicates(_metadata, p);
	repairs(_metadata, p);
	/* Between what comes through and what was lost there is nothing to search for. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_probe_threshold", "500"));
	EXPECT_EQ(BASE, goes_on(_metadata, p, fd, BASE));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_probe_interval", "0"));
	EXPECT_EQ(PROBE, goes_on(_metadata, p, fd, BASE));
}

TEST_HARNESS_MAIN
