// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification, RFC 3168: who agrees to it, what may be marked, and
 * what a mark brings about. Linux's own TCP must do the same.
 */
#include "tcp_reports.h"

FIXTURE_ON_A_WIRE(tcp)

enum { NOT_ECT, ECT_1, ECT_0, CE };

#define AGREED(fd)	(info_of(fd).tcpi_options & TCPI_OPT_ECN)

/* The two bits of congestion notification in what was heard last. */
static unsigned int ecn_of(struct frame *f)
{
	return ((unsigned char *)tcp_of(f))[13] & (ECE | CWR);
}

static unsigned int mark_of(struct frame *f)
{
	return f->ip.tos & 3;
}

/* We say a segment with such bits, that is marked so. */
static int tell_ecn(struct peer *p, unsigned int flags, const char *data, unsigned int mark)
{
	segment(p, flags, p->seq, p->ack, data);
	p->f->ip.tos = mark;
	seal(p->f);
	return transmit(p->w, p->f);
}

static void policy(struct __test_metadata *_metadata, const char *value)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_ecn", value));
}

/* We connect with such a SYN; what the SYN-ACK says. */
static unsigned int asks(struct __test_metadata *_metadata, struct peer *p,
			 unsigned int bits, unsigned int mark)
{
	p->seq = OUR_ISN;
	p->ack = 0;
	EXPECT_EQ(0, tell_ecn(p, SYN | bits, "", mark));
	p->seq++;
	EXPECT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	return ecn_of(p->f);
}

/* A connection to the host, which has agreed. */
static int agreed_connection(struct __test_metadata *_metadata, struct peer *p)
{
	int listener, fd;

	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, host_makes_segments());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	listener = host_listens(p, 1);
	EXPECT_EQ(ECE, asks(_metadata, p, ECE | CWR, NOT_ECT));
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	close(listener);
	EXPECT_TRUE(AGREED(fd));
	return fd;
}

/* --- who agrees ---------------------------------------------------------- */

static void listener_says(struct __test_metadata *_metadata, struct peer *p,
			  const char *value, unsigned int bits, unsigned int mark,
			  unsigned int answer)
{
	int listener, fd;

	policy(_metadata, value);
	listener = host_listens(p, 1);
	EXPECT_EQ(answer, asks(_metadata, p, bits, mark));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(!!answer, !!AGREED(fd));
	/* Data that was never sent may be marked only if both have agreed. */
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(answer ? ECT_0 : NOT_ECT, mark_of(p->f));
	close(fd);
	close(listener);
}

TCP_TEST(a_listener_agrees_to_who_asks)
{
	listener_says(_metadata, p, "2", ECE | CWR, NOT_ECT, ECE);
}

TCP_TEST(not_when_tcp_ecn_is_0)
{
	listener_says(_metadata, p, "0", ECE | CWR, NOT_ECT, 0);
}

TCP_TEST(not_to_half_an_offer)
{
	listener_says(_metadata, p, "1", ECE, NOT_ECT, 0);
}

TCP_TEST(not_to_an_offer_that_may_be_marked_itself)
{
	listener_says(_metadata, p, "1", ECE | CWR, ECT_0, 0);
}

/* The host connects; what its SYN says, and whether it takes our answer for agreement. */
static int connects(struct __test_metadata *_metadata, struct peer *p, const char *value,
		    unsigned int offer, unsigned int answer)
{
	int fd;

	policy(_metadata, value);
	fd = host_connects(_metadata, p);
	EXPECT_EQ(offer, ecn_of(p->f));
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
	EXPECT_EQ(0, tell_ecn(p, SYN | ACK | answer, "", NOT_ECT));
	p->seq++;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
	return fd;
}

TCP_TEST(a_client_asks_when_tcp_ecn_is_1)
{
	int fd = connects(_metadata, p, "1", ECE | CWR, ECE);

	EXPECT_TRUE(AGREED(fd));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(ECT_0, mark_of(p->f));
}

TCP_TEST(and_not_when_it_is_2)
{
	int fd = connects(_metadata, p, "2", 0, ECE);

	EXPECT_FALSE(AGREED(fd));
}

TCP_TEST(a_header_that_comes_back_is_no_answer)
{
	int fd = connects(_metadata, p, "1", ECE | CWR, ECE | CWR);

	EXPECT_FALSE(AGREED(fd));
}

TCP_TEST(no_answer_is_none)
{
	int fd = connects(_metadata, p, "1", ECE | CWR, 0);

	EXPECT_FALSE(AGREED(fd));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
}

TCP_TEST(what_is_not_answered_is_not_asked_again)
{
	policy(_metadata, "1");
	host_connects(_metadata, p);
	EXPECT_EQ(ECE | CWR, ecn_of(p->f));
	ASSERT_EQ(0, hear_again(p));
	EXPECT_EQ(0, ecn_of(p->f));
}

TCP_TEST(unless_tcp_ecn_fallback_is_0)
{
	policy(_metadata, "1");
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_ecn_fallback", "0"));
	host_connects(_metadata, p);
	ASSERT_EQ(0, hear_again(p));
	EXPECT_EQ(ECE | CWR, ecn_of(p->f));
}

TCP_TEST(a_cookie_remembers_what_was_agreed)
{
	int listener, fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "2"));
	listener = host_listens(p, 1);
	p->seq = OUR_ISN;
	segment_at(p, SYN | ECE | CWR, p->seq++, 0, "", TSVAL, 0);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(ECE, ecn_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	fd = accepted(_metadata, listener);
	EXPECT_TRUE(AGREED(fd));
}

/* --- the receiver -------------------------------------------------------- */

/* We say an octet more, marked so; the host's answer has those bits. */
static void answers(struct __test_metadata *_metadata, struct peer *p, unsigned int flags,
		    unsigned int mark, unsigned int answer)
{
	ASSERT_EQ(0, tell_ecn(p, ACK | flags, "x", mark));
	p->seq++;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(answer, ecn_of(p->f));
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
}

TCP_TEST(a_mark_is_told_until_the_sender_goes_slower)
{
	int fd = agreed_connection(_metadata, p);

	answers(_metadata, p, 0, ECT_0, 0);
	EXPECT_TRUE(info_of(fd).tcpi_options & TCPI_OPT_ECN_SEEN);
	answers(_metadata, p, 0, CE, ECE);
	answers(_metadata, p, 0, ECT_0, ECE);
	/* Of data that is on its way back, too. */
	ASSERT_EQ(1, send(fd, "y", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(ECE, ecn_of(p->f));
	p->ack++;
	answers(_metadata, p, CWR, ECT_0, 0);
	answers(_metadata, p, 0, ECT_0, 0);
	/* What goes slower may be marked again. */
	answers(_metadata, p, CWR, CE, ECE);
}

/* RFC 3168 6.1.5: what comes again is not marked by who knows the rules. */
TCP_TEST(a_mark_of_what_has_come_before_means_nothing)
{
	agreed_connection(_metadata, p);
	answers(_metadata, p, 0, ECT_0, 0);
	p->seq--;
	answers(_metadata, p, 0, CE, 0);
}

/* A mark is one of data. */
TCP_TEST(a_mark_of_a_FIN_means_nothing)
{
	agreed_connection(_metadata, p);
	ASSERT_EQ(0, tell_ecn(p, FIN | ACK, "", CE));
	p->seq++;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, ecn_of(p->f));
}

/* Some say it with what has no data, where it should not be. */
TCP_TEST(a_mere_acknowledgment_can_say_that_the_sender_goes_slower)
{
	agreed_connection(_metadata, p);
	answers(_metadata, p, 0, CE, ECE);
	ASSERT_EQ(0, tell_ecn(p, ACK | CWR, "", NOT_ECT));
	silence(_metadata, p);
	answers(_metadata, p, 0, ECT_0, 0);
}

TCP_TEST(a_mark_where_nobody_agreed_means_nothing)
{
	int fd = connection(_metadata, p);

	answers(_metadata, p, 0, CE, 0);
	EXPECT_FALSE(info_of(fd).tcpi_options & TCPI_OPT_ECN_SEEN);
}

/* --- the sender ---------------------------------------------------------- */

/* The host sends so many segments, of which the first has those bits. */
static void sends_more(struct __test_metadata *_metadata, struct peer *p, int fd, int n,
		       unsigned int bits)
{
	int i;

	ASSERT_EQ(0, send_segments(fd, n));
	for (i = 0; i < n; i++, p->ack += MSS) {
		expect(_metadata, p, ACK, p->ack, p->seq);
		EXPECT_EQ(i ? 0 : bits, ecn_of(p->f));
		EXPECT_EQ(ECT_0, mark_of(p->f));
	}
}

TCP_TEST(what_an_echo_acknowledges_is_counted)
{
	int fd = agreed_connection(_metadata, p);

	sends_more(_metadata, p, fd, 3, 0);
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack - MSS, ""));
	silence(_metadata, p);
	/* The SYN-ACK among them. */
	EXPECT_EQ(3, long_info_of(fd).delivered);
	EXPECT_EQ(2, long_info_of(fd).delivered_ce);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_EQ(4, long_info_of(fd).delivered);
	EXPECT_EQ(2, long_info_of(fd).delivered_ce);
}

TCP_TEST(an_echo_makes_the_window_smaller_once)
{
	int fd = agreed_connection(_metadata, p);
	unsigned int cwnd;

	sends_more(_metadata, p, fd, 8, 0);
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
	/* Each of these acknowledges something of the same window. */
	p->ack -= 6 * MSS;
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	p->ack += 2 * MSS;
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	p->ack += 4 * MSS;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	cwnd = info_of(fd).tcpi_snd_cwnd;
	EXPECT_GT(10, cwnd);
	EXPECT_LE(5, cwnd);
	/* Which the peer is told with what comes next, and no more. */
	sends_more(_metadata, p, fd, 4, CWR);
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_GT(cwnd, info_of(fd).tcpi_snd_cwnd);
	sends_more(_metadata, p, fd, 1, CWR);
}

TCP_TEST(who_cannot_know_of_the_answer_yet_repeats_the_echo)
{
	int fd = agreed_connection(_metadata, p), i;
	unsigned int ssthresh;

	sends_more(_metadata, p, fd, 8, 0);
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack - MSS, ""));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	ssthresh = info_of(fd).tcpi_snd_ssthresh;
	sends_more(_metadata, p, fd, 2, CWR);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, tell(p, ACK | ECE, p->seq++, p->ack - 2 * MSS, "x"));
		expect(_metadata, p, ACK, p->ack, p->seq);
	}
	EXPECT_EQ(ssthresh, info_of(fd).tcpi_snd_ssthresh);
	/* This one could. */
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_GT(ssthresh, info_of(fd).tcpi_snd_ssthresh);
}

/* The peer may have lost the CWR; nothing of ours is under way that could go slower. */
TCP_TEST(an_echo_that_nothing_was_sent_before_means_nothing)
{
	int fd = agreed_connection(_metadata, p);
	unsigned int cwnd;

	sends_more(_metadata, p, fd, 1, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	cwnd = info_of(fd).tcpi_snd_cwnd;
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_LE(cwnd, info_of(fd).tcpi_snd_cwnd);
	sends_more(_metadata, p, fd, 1, 0);
}

TCP_TEST(what_is_sent_again_cannot_be_marked)
{
	int fd = agreed_connection(_metadata, p), i;

	ASSERT_EQ(0, send_segments(fd, 5));
	for (i = 0; i < 5; i++)
		expect(_metadata, p, ACK, p->ack + i * MSS, p->seq);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(NOT_ECT, mark_of(p->f));
	EXPECT_EQ(0, ecn_of(p->f));
	/* A loss makes the window smaller, too. */
	p->ack += 5 * MSS;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	sends_more(_metadata, p, fd, 1, CWR);
}

TCP_TEST(an_echo_where_nobody_agreed_means_nothing)
{
	int fd = connection(_metadata, p);
	unsigned int cwnd = info_of(fd).tcpi_snd_cwnd;

	ASSERT_EQ(1, send(fd, "x", 1, 0));
	expect(_metadata, p, ACK, p->ack++, p->seq);
	ASSERT_EQ(0, tell(p, ACK | ECE, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_LE(cwnd, info_of(fd).tcpi_snd_cwnd);
}

TEST_HARNESS_MAIN
