// SPDX-License-Identifier: GPL-2.0
/*
 * Losses by time: what is found, and what is undone when it was none. RFC 8985, 3522 and
 * 3708. Linux's own TCP must do the same.
 * time limit: 120 s
 */
#include "tcp_reports.h"

#include <time.h>

FIXTURE_ON_A_WIRE(tcp)

/* How long a round trip takes at least, ms: longer than the clocks' ticks. */
#define ROUND_TRIP	60
/* ... and one that ends after we have read all that is sent in it, ms. */
#define FAR		300
/* Octets in a segment that has timestamps. */
#define STEP		(MSS - 12)

/* What is counted here, and what Linux had counted before the test. */
static struct {
	const char *name;
	unsigned long before;
} counted_here[] = {
	{ "TCPTimeouts" },
	{ "TCPLossProbes" },
	{ "TCPLossProbeRecovery" },
	{ "TCPLostRetransmit" },
	{ "TCPDSACKOfoRecv" },
	{ "TCPDSACKUndo" },
	{ "TCPFullUndo" },
	{ "TCPLossUndo" },
};

#define COUNTED	(sizeof(counted_here) / sizeof(counted_here[0]))

static void count_from_here(void)
{
	unsigned int i;

	for (i = 0; i < COUNTED; i++)
		counted_here[i].before = linux_counter(counted_here[i].name);
}

/* How often the host has counted something in this test. */
static unsigned long count_of(struct peer *p, const char *name)
{
	unsigned int i;
	char text[64];

	if (p->family == AF_KITE) {
		snprintf(text, sizeof(text), "TcpExt.%s", name);
		return counter(text);
	}
	for (i = 0; i < COUNTED; i++)
		if (!strcmp(counted_here[i].name, name))
			return linux_counter(name) - counted_here[i].before;
	return -1UL;
}

/*
 * A connection whose host sends again only what it knows to be lost. When it probes, we have
 * read what it sent before: what is still in a queue of the host's is not sent again.
 */
static int patient_connection(struct __test_metadata *_metadata, struct peer *p)
{
	count_from_here();
	EXPECT_EQ(0, host_is_patient());
	return far_connection(_metadata, p, FAR);
}

/* The host sends ten segments; whatever time it takes, it does not probe. */
static int sends_ten(struct __test_metadata *_metadata, struct peer *p)
{
	count_from_here();
	return sends(_metadata, p, 10);
}

static void sends_on(struct __test_metadata *_metadata, struct peer *p, int fd, int n)
{
	int i;

	ASSERT_EQ(0, send_segments(fd, n));
	for (i = 0; i < n; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
}

/* --- what is found ---------------------------------------------------------- */

TCP_TEST(what_two_segments_have_overtaken_is_sent_again_soon)
{
	sends_ten(_metadata, p);
	REPORT(0, 1, 1, 3);
	expect_resent(_metadata, p, 0);
}

TCP_TEST(the_last_is_sent_again_when_nothing_is_heard)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 3);
	expect_resent(_metadata, p, 2);
	EXPECT_EQ(1, count_of(p, "TCPLossProbes"));
	/* From its answer, after a round trip, it is known what is missing. */
	usleep((FAR + ROUND_TRIP) * 1000);
	REPORT(0, 1, 2, 3);
	expect_resent(_metadata, p, 0);
	EXPECT_EQ(0, count_of(p, "TCPTimeouts"));
}

TCP_TEST(what_was_never_sent_goes_first_as_a_probe)
{
	int fd = patient_connection(_metadata, p), i;

	/* More than the congestion window lets out. */
	ASSERT_EQ(0, send_segments(fd, 12));
	for (i = 0; i < 11; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	EXPECT_EQ(1, count_of(p, "TCPLossProbes"));
}

TCP_TEST(a_FIN_is_a_probe_like_any_other)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 2);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack + MSS * 2, p->seq);
	ASSERT_EQ(0, hear_again(p));
	EXPECT_EQ(FIN, flags_of(p->f) & FIN);
	EXPECT_EQ(1, count_of(p, "TCPLossProbes"));
	/* Nobody says that anything is lost. */
	EXPECT_EQ(0, info_of(fd).tcpi_retrans);
}

TCP_TEST(what_a_FIN_rode_on_goes_with_it)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 2);
	ASSERT_EQ(5, send(fd, "hello", 5, MSG_MORE));
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack + MSS * 2, p->seq);
	EXPECT_EQ(5, data_len(p->f));
	expect_again(_metadata, p, FIN | ACK, p->ack + MSS * 2, p->seq);
	EXPECT_EQ(5, data_len(p->f));
	EXPECT_EQ(1, count_of(p, "TCPLossProbes"));
}

/* All that the host sent is acknowledged, and one segment more. */
static void all_and_one_more_arrive(struct __test_metadata *_metadata, struct peer *p, int fd,
				    int n)
{
	REPORT(n, 0, 0);
	p->ack += MSS * n;
	sends_on(_metadata, p, fd, 1);
	REPORT(1, 0, 0);
	silence(_metadata, p);
}

TCP_TEST(a_loss_that_the_probe_repaired_makes_the_window_smaller)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 3);
	expect_resent(_metadata, p, 2);
	all_and_one_more_arrive(_metadata, p, fd, 3);
	EXPECT_EQ(1, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(by_a_part_of_what_was_outstanding_when_the_probe_left)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 10);
	expect_resent(_metadata, p, 9);
	all_and_one_more_arrive(_metadata, p, fd, 10);
	EXPECT_EQ(1, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_LE(6, info_of(fd).tcpi_snd_cwnd);
	EXPECT_GT(20, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(what_the_probe_told_of_is_not_answered_twice)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 10);
	expect_resent(_metadata, p, 9);
	usleep((FAR + ROUND_TRIP) * 1000);
	REPORT(0, 1, 9, 10);
	expect_resent(_metadata, p, 0);
	all_and_one_more_arrive(_metadata, p, fd, 10);
	EXPECT_EQ(0, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_LE(6, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(nor_is_what_a_timeout_followed_the_probe_for)
{
	int fd;

	count_from_here();
	ASSERT_EQ(0, host_waits("1s"));
	fd = far_connection(_metadata, p, FAR);
	sends_on(_metadata, p, fd, 10);
	expect_resent(_metadata, p, 9);
	expect_resent(_metadata, p, 0);
	all_and_one_more_arrive(_metadata, p, fd, 10);
	EXPECT_EQ(1, count_of(p, "TCPTimeouts"));
	EXPECT_EQ(0, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_LE(6, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(a_probe_that_came_twice_has_repaired_nothing)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 3);
	expect_resent(_metadata, p, 2);
	REPORT(3, 0, 0);
	REPORT(3, 1, 2, 3);
	p->ack += MSS * 3;
	sends_on(_metadata, p, fd, 1);
	REPORT(1, 0, 0);
	silence(_metadata, p);
	EXPECT_EQ(0, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(nor_has_one_that_is_answered_like_what_came_before_it)
{
	int fd = patient_connection(_metadata, p);

	sends_on(_metadata, p, fd, 3);
	expect_resent(_metadata, p, 2);
	REPORT(3, 0, 0);
	p->ack += MSS * 3;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	sends_on(_metadata, p, fd, 1);
	REPORT(1, 0, 0);
	silence(_metadata, p);
	EXPECT_EQ(0, count_of(p, "TCPLossProbeRecovery"));
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
}

/* RFC 8985 7.2: whoever keeps on sending learns of a dead path no later for that. */
TCP_TEST(what_is_new_puts_no_probe_off_beyond_the_timeout)
{
	int fd = far_connection(_metadata, p, FAR), i;
	bool again = false;

	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	sends_on(_metadata, p, fd, 2);
	/* A probe is due after two round trips, the timeout after three. */
	for (i = 0; i < 30 && !again; i++) {
		ASSERT_EQ(50, send(fd, (char [50]) {}, 50, 0));
		while (!again && !receive(p->w, p->f, FAR / 3))
			again = is_ours(p) && is_repeat(p);
	}
	EXPECT_TRUE(again);
}

TCP_TEST(without_tcp_early_retrans_there_are_no_probes)
{
	int fd;

	count_from_here();
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, host_waits("200ms"));
	fd = sack_connection(_metadata, p);
	sends_on(_metadata, p, fd, 3);
	expect_resent(_metadata, p, 0);
	EXPECT_EQ(0, count_of(p, "TCPLossProbes"));
	EXPECT_EQ(1, count_of(p, "TCPTimeouts"));
}

TCP_TEST(what_is_lost_a_second_time_is_sent_again_without_a_timeout)
{
	int fd = sends_ten(_metadata, p), i;

	ASSERT_EQ(0, send_segments(fd, 10));
	REPORT(0, 1, 1, 10);
	expect_resent(_metadata, p, 0);
	for (i = 10; i < 14; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	/* What leaves next does so a good while after it, and arrives. */
	usleep(ROUND_TRIP * 1000);
	REPORT(0, 1, 1, 14);
	expect(_metadata, p, ACK, p->ack + MSS * 14, p->seq);
	REPORT(0, 1, 1, 15);
	silence(_metadata, p);
	EXPECT_LE(1, count_of(p, "TCPLostRetransmit"));
	EXPECT_EQ(0, count_of(p, "TCPTimeouts"));
}

TCP_TEST(so_is_each_segment_that_is_and_not_only_the_oldest)
{
	int fd = sends_ten(_metadata, p), i;

	ASSERT_EQ(0, send_segments(fd, 10));
	REPORT(0, 2, 1, 2, 3, 10);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 2);
	for (i = 10; i < 12; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	/* What leaves next does so a good while after both, and arrives. */
	usleep(ROUND_TRIP * 1000);
	REPORT(0, 2, 1, 2, 3, 12);
	expect(_metadata, p, ACK, p->ack + MSS * 12, p->seq);
	usleep(ROUND_TRIP * 1000);
	REPORT(0, 2, 1, 2, 3, 13);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 2);
	EXPECT_EQ(2, count_of(p, "TCPLostRetransmit"));
	EXPECT_EQ(0, count_of(p, "TCPTimeouts"));
}

/* --- what is undone --------------------------------------------------------- */

TCP_TEST(a_window_is_as_before_when_all_that_was_sent_again_came_twice)
{
	int fd = sends_ten(_metadata, p);

	REPORT(0, 1, 1, 4);
	expect_resent(_metadata, p, 0);
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
	/* It was only late. */
	REPORT(10, 0, 0);
	REPORT(10, 1, 0, 1);
	silence(_metadata, p);
	EXPECT_EQ(1, count_of(p, "TCPDSACKUndo"));
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
	EXPECT_LT(0x7fff, info_of(fd).tcpi_snd_ssthresh);
}

/* RFC 2883 4: behind it comes the block that it lies in. */
TCP_TEST(what_came_twice_beyond_a_gap_counts_too)
{
	int fd;

	/* Else what was sent again may be sent once more, when this machine is slow. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_recovery", "0"));
	fd = sends_ten(_metadata, p);
	REPORT(0, 2, 1, 2, 3, 8);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 2);
	REPORT(0, 1, 1, 8);
	REPORT(0, 2, 2, 3, 1, 8);
	REPORT(10, 0, 0);
	REPORT(10, 1, 0, 1);
	silence(_metadata, p);
	EXPECT_EQ(1, count_of(p, "TCPDSACKOfoRecv"));
	EXPECT_EQ(1, count_of(p, "TCPDSACKUndo"));
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(but_not_when_only_some_of_it_did)
{
	int fd = sends_ten(_metadata, p);

	REPORT(0, 2, 1, 2, 3, 8);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 2);
	REPORT(10, 0, 0);
	REPORT(10, 1, 0, 1);
	silence(_metadata, p);
	EXPECT_EQ(0, count_of(p, "TCPDSACKUndo"));
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
}

/* With timestamps: the host sends so much, all of which is heard; its first timestamp. */
static uint32_t sends_at(struct __test_metadata *_metadata, struct peer *p, int *fd, int n)
{
	int listener = host_listens(p, 1), i;
	uint32_t first = 0;

	count_from_here();
	EXPECT_LE(0, listener);
	ask(_metadata, p, sack_ok_and_time, sizeof(sack_ok_and_time));
	EXPECT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
	*fd = accept(listener, NULL, NULL);
	close(listener);
	abortive(*fd);
	EXPECT_EQ(n * STEP, send(*fd, (char [20 * STEP]) {}, n * STEP, 0));
	for (i = 0; i < n; i++) {
		expect(_metadata, p, ACK, p->ack + STEP * i, p->seq);
		EXPECT_EQ(STEP, data_len(p->f));
		first = first ?: tsval_of(p->f);
	}
	return first;
}

/* We acknowledge so many segments, report those from the second to the fifth, and echo. */
static void report_at(struct __test_metadata *_metadata, struct peer *p, int acked,
		      bool sacks, uint32_t tsecr)
{
	unsigned char sack[12] = { OPT_NOP, OPT_NOP, OPT_SACK, 10 };

	put32(sack + 4, p->ack + STEP);
	put32(sack + 8, p->ack + STEP * 5);
	segment_at(p, ACK, p->seq, p->ack + STEP * acked, "", TSVAL, tsecr);
	if (sacks)
		add_tcp_options(p->f, sack, sizeof(sack));
	ASSERT_EQ(0, transmit(p->w, p->f));
}

/* The first segment is believed lost and sent again; the timestamp of that. */
static uint32_t sent_again_at(struct __test_metadata *_metadata, struct peer *p,
			      uint32_t first)
{
	usleep(ROUND_TRIP * 1000);
	report_at(_metadata, p, 0, true, first);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LT(0, (int32_t)(tsval_of(p->f) - first));
	return tsval_of(p->f);
}

/* The first of ten is sent again, and its first copy is answered, with so many others. */
static int first_copy_is_answered(struct __test_metadata *_metadata, struct peer *p, int acked)
{
	uint32_t first;
	int fd;

	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, host_makes_segments());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	first = sends_at(_metadata, p, &fd, 10);
	sent_again_at(_metadata, p, first);
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
	report_at(_metadata, p, acked, false, first);
	silence(_metadata, p);
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
	return fd;
}

TCP_TEST(a_window_is_as_before_when_the_first_copy_is_answered)
{
	int fd = first_copy_is_answered(_metadata, p, 10);

	EXPECT_EQ(1, count_of(p, "TCPFullUndo"));
	/* What answered it may just have been late. */
	EXPECT_EQ(0, long_info_of(fd).reord_seen);
}

TCP_TEST(with_more_to_come_others_had_overtaken_it)
{
	int fd = first_copy_is_answered(_metadata, p, 5);

	EXPECT_EQ(1, long_info_of(fd).reord_seen);
}

TCP_TEST(and_not_when_the_second_is)
{
	uint32_t first, again;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	first = sends_at(_metadata, p, &fd, 10);
	again = sent_again_at(_metadata, p, first);
	report_at(_metadata, p, 10, false, again);
	silence(_metadata, p);
	EXPECT_EQ(0, count_of(p, "TCPFullUndo"));
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(a_timeout_that_came_too_early_is_undone)
{
	uint32_t first;
	int fd;

	ASSERT_EQ(0, host_waits("300ms"));
	ASSERT_EQ(0, host_makes_segments());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	first = sends_at(_metadata, p, &fd, 10);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(1, info_of(fd).tcpi_snd_cwnd);
	report_at(_metadata, p, 10, false, first);
	silence(_metadata, p);
	EXPECT_EQ(1, count_of(p, "TCPLossUndo") + count_of(p, "TCPFullUndo"));
	EXPECT_LE(10, info_of(fd).tcpi_snd_cwnd);
	EXPECT_EQ(0, long_info_of(fd).reord_seen);
}

/* The probe was late, and what it repeats was lost: the timeout was none too early. */
TCP_TEST(but_not_when_it_is_the_probe_that_is_answered)
{
	uint32_t first, probe;
	int fd;

	/* Linux does not tell the two apart. */
	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, host_waits("1s"));
	ASSERT_EQ(0, host_makes_segments());
	first = sends_at(_metadata, p, &fd, 1);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	probe = tsval_of(p->f);
	EXPECT_LT(0, (int32_t)(probe - first));
	EXPECT_EQ(1, count_of(p, "TCPLossProbes"));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LT(0, (int32_t)(tsval_of(p->f) - probe));
	report_at(_metadata, p, 1, false, probe);
	silence(_metadata, p);
	EXPECT_EQ(1, count_of(p, "TCPTimeouts"));
	EXPECT_EQ(0, count_of(p, "TCPLossUndo") + count_of(p, "TCPFullUndo"));
	EXPECT_GT(10, info_of(fd).tcpi_snd_cwnd);
}

/* The host has taken over what we report of so many; -1 when it does not soon. */
static int wait_reported(int fd, unsigned int segments)
{
	time_t end = time(NULL) + SOON / 1000;

	while (info_of(fd).tcpi_sacked < segments)
		if (time(NULL) > end)
			return -1;
	return 0;
}

TCP_TEST(which_says_nothing_about_segments_that_others_overtake)
{
	uint32_t first;
	int fd, i;

	ASSERT_EQ(0, host_waits("300ms"));
	ASSERT_EQ(0, host_makes_segments());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	first = sends_at(_metadata, p, &fd, 10);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	report_at(_metadata, p, 10, false, first);
	p->ack += STEP * 10;
	for (i = 0; i < 10; i++)
		ASSERT_EQ(STEP, send(fd, (char [STEP]) {}, STEP, 0));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + STEP * i, p->seq);
	/* Four have: that is not waited with. */
	report_at(_metadata, p, 0, true, tsval_of(p->f));
	ASSERT_EQ(0, wait_reported(fd, 4));
	EXPECT_EQ(TCP_CA_Recovery, info_of(fd).tcpi_ca_state);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
}

/*
 * It came, and what said so was lost. Of what comes twice a peer does not take the timestamp,
 * and echoes the first one's.
 */
TCP_TEST(the_answer_to_what_came_twice_shows_no_round_trip_time)
{
	unsigned char twice[12] = { OPT_NOP, OPT_NOP, OPT_SACK, 10 };
	uint32_t first, rtt;
	int fd;

	/* Linux takes all that it waited for one. */
	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, host_waits("300ms"));
	ASSERT_EQ(0, host_makes_segments());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	first = sends_at(_metadata, p, &fd, 1);
	rtt = info_of(fd).tcpi_rtt;
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	put32(twice + 4, p->ack);
	put32(twice + 8, p->ack + STEP);
	segment_at(p, ACK, p->seq, p->ack + STEP, "", TSVAL, first);
	add_tcp_options(p->f, twice, sizeof(twice));
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	EXPECT_EQ(0, info_of(fd).tcpi_unacked);
	EXPECT_EQ(rtt, info_of(fd).tcpi_rtt);
	EXPECT_EQ(0, info_of(fd).tcpi_backoff);
}

TEST_HARNESS_MAIN
