// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the window grows: by octets and not by acknowledgments, until round trips get
 * longer or something is lost, and slowly from then on. Linux's own TCP must do the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

#include <linux/sockios.h>

#define MSS		536
#define UNKNOWN		0x7fffffff	/* as ssthresh: nothing was ever lost */

FIXTURE_ON_A_WIRE(tcp)

/*
 * struct stream - a connection that always has more to send
 * @fd: the host's
 * @written: to it so far, octets
 * @start: the first octet's number
 */
struct stream {
	int fd;
	uint32_t written;
	uint32_t start;
};

static struct stream begin(struct __test_metadata *_metadata, struct peer *p,
			   const char *algorithm, int window)
{
	char patience[40];
	struct stream s;

	snprintf(patience, sizeof(patience), "60s initcwnd %d", window);
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", algorithm));
	EXPECT_EQ(0, host_waits(patience));
	EXPECT_EQ(0, host_makes_segments());
	s = (struct stream){ .fd = connection(_metadata, p), .start = p->ack };
	EXPECT_EQ(0, set_int(s.fd, SOL_SOCKET, SO_SNDBUF, 200000));
	EXPECT_EQ(0, tell_window(p, 65535, ""));
	return s;
}

static void top_up(struct stream *s)
{
	static const char data[20 * MSS];
	ssize_t n;

	while ((n = send(s->fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		s->written += n;
}

/* In whole segments, so that each is full. */
static void write_segments(struct __test_metadata *_metadata, struct stream *s, int n)
{
	ASSERT_EQ(0, send_segments(s->fd, n));
	s->written += n * MSS;
}

static uint32_t window_of(const struct stream *s)
{
	return info_of(s->fd).tcpi_snd_cwnd;
}

static uint32_t threshold_of(const struct stream *s)
{
	return info_of(s->fd).tcpi_snd_ssthresh;
}

static void hear_segment(struct __test_metadata *_metadata, struct peer *p, int ahead)
{
	expect(_metadata, p, ACK, p->ack + ahead * MSS, p->seq);
	EXPECT_EQ(MSS, data_len(p->f));
}

/* We acknowledge so many octets, and the host has noticed. */
static void acknowledge(struct __test_metadata *_metadata, struct peer *p, struct stream *s,
			int octets)
{
	int left = -1, ms;

	p->ack += octets;
	ASSERT_EQ(0, tell_window(p, 65535, ""));
	for (ms = 0; ms < SOON; ms++) {
		ASSERT_EQ(0, ioctl(s->fd, SIOCOUTQ, &left));
		if (left == (int)(s->written - (p->ack - s->start)))
			return;
		usleep(1000);
	}
	ASSERT_EQ(-1, left);
}

/* Each segment is acknowledged when it comes: a window's worth is always outstanding. */
static void next_segment(struct __test_metadata *_metadata, struct peer *p, struct stream *s)
{
	hear_segment(_metadata, p, 0);
	acknowledge(_metadata, p, s, MSS);
}

/* --- slow start ------------------------------------------------------------- */

/* RFC 3465: who acknowledges each segment in eight parts gets no more than others. */
static void parts_are_worth_no_more(struct __test_metadata *_metadata, struct peer *p,
				    const char *algorithm)
{
	struct stream s = begin(_metadata, p, algorithm, 10);
	int i;

	top_up(&s);
	for (i = 0; i < 10; i++)
		hear_segment(_metadata, p, i);
	for (i = 0; i < 10 * 8; i++)
		acknowledge(_metadata, p, &s, MSS / 8);
	EXPECT_LT(10, window_of(&s));
	EXPECT_GE(20, window_of(&s));
}

TCP_TEST(acknowledging_in_parts_is_worth_no_more_to_reno)
{
	parts_are_worth_no_more(_metadata, p, "reno");
}

TCP_TEST(acknowledging_in_parts_is_worth_no_more_to_cubic)
{
	parts_are_worth_no_more(_metadata, p, "cubic");
}

/* HyStart: a queue gets longer before it overflows. */
TCP_TEST(cubic_ends_slow_start_when_round_trips_get_longer)
{
	struct stream s = begin(_metadata, p, "cubic", 10);
	int i, n, round, us = 40000;

	top_up(&s);
	for (round = 0; round < 16 && threshold_of(&s) == UNKNOWN; round++) {
		n = info_of(s.fd).tcpi_unacked;
		for (i = 0; i < n; i++)
			hear_segment(_metadata, p, i);
		if (round) {
			usleep(us);
			us += us / 4;
		}
		for (i = 0; i < n; i++)
			acknowledge(_metadata, p, &s, MSS);
		top_up(&s);
	}
	EXPECT_GT(UNKNOWN, threshold_of(&s));
	EXPECT_EQ(0, info_of(s.fd).tcpi_total_retrans);
}

/* --- congestion avoidance --------------------------------------------------- */

/* Of ten segments the first is lost; then the window is as large as the threshold. */
static struct stream after_a_loss(struct __test_metadata *_metadata, struct peer *p,
				  const char *algorithm)
{
	struct stream s = begin(_metadata, p, algorithm, 10);
	int i;

	write_segments(_metadata, &s, 10);
	for (i = 0; i < 10; i++)
		hear_segment(_metadata, p, i);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, tell_window(p, 65535, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	acknowledge(_metadata, p, &s, 10 * MSS);
	top_up(&s);
	for (i = 0; i < 20 && window_of(&s) < threshold_of(&s); i++)
		next_segment(_metadata, p, &s);
	EXPECT_LE(threshold_of(&s), window_of(&s));
	EXPECT_GE(threshold_of(&s) + 1, window_of(&s));
	return s;
}

/* By one segment for each window that is acknowledged, RFC 5681 equation (3). */
TCP_TEST(reno_grows_by_one_segment_in_a_round_trip)
{
	struct stream s = after_a_loss(_metadata, p, "reno");
	uint32_t window = window_of(&s), i, round;

	/* From the moment on when it grew. */
	for (i = 0; i < 2 * window && window_of(&s) == window; i++)
		next_segment(_metadata, p, &s);
	EXPECT_EQ(++window, window_of(&s));
	for (round = 0; round < 5; round++) {
		for (i = 1; i < window; i++)
			next_segment(_metadata, p, &s);
		EXPECT_EQ(window, window_of(&s));
		next_segment(_metadata, p, &s);
		EXPECT_EQ(++window, window_of(&s));
	}
}

/*
 * From seven back to ten, where the loss was, within two seconds (RFC 9438 4.2), and beyond,
 * however few acknowledgments come: to as much as a half more with this window of them.
 */
TCP_TEST(cubic_grows_with_time)
{
	struct stream s = after_a_loss(_metadata, p, "cubic");
	int i, window;

	next_segment(_metadata, p, &s);
	window = window_of(&s);
	EXPECT_LE(window, 8);
	for (i = 0; i < window; i++)
		hear_segment(_metadata, p, i);
	while (info_of(s.fd).tcpi_last_ack_recv < 4000)
		poll(NULL, 0, 10);
	for (i = 0; i < window; i++)
		acknowledge(_metadata, p, &s, MSS);
	EXPECT_LE(window + 2, (int)window_of(&s));
}

/* Of a window full the first segment is lost; then the window is as large as the threshold. */
static void lose(struct __test_metadata *_metadata, struct peer *p, struct stream *s)
{
	int n = window_of(s), i;

	write_segments(_metadata, s, n);
	for (i = 0; i < n; i++)
		hear_segment(_metadata, p, i);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell_window(p, 65535, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	acknowledge(_metadata, p, s, n * MSS);
	/* RFC 6582 4.1: only what is new after the repair shows that it is over. */
	write_segments(_metadata, s, 1);
	next_segment(_metadata, p, s);
	while (window_of(s) < threshold_of(s)) {
		n = window_of(s);
		write_segments(_metadata, s, n);
		for (i = 0; i < n; i++)
			next_segment(_metadata, p, s);
	}
}

/*
 * RFC 9438 4.7: whose window is smaller at a loss than at the one before aims for less. After
 * losses at 100 and 70 it is 49 segments, and a few seconds later 60, where it would be 70.
 */
TCP_TEST(cubic_makes_room_for_others)
{
	struct stream s;
	double start;
	int i, tries, window;

	for (tries = 0; tries < 5; tries++) {
		p->port++;
		s = begin(_metadata, p, "cubic", 100);
		EXPECT_EQ(100, window_of(&s));
		lose(_metadata, p, &s);
		EXPECT_EQ(70, window_of(&s));
		lose(_metadata, p, &s);
		EXPECT_EQ(49, window_of(&s));
		start = seconds();
		top_up(&s);
		next_segment(_metadata, p, &s);
		while (info_of(s.fd).tcpi_last_ack_recv < 3000)
			poll(NULL, 0, 10);
		for (i = 0; i < 240; i++) {
			top_up(&s);
			next_segment(_metadata, p, &s);
		}
		window = window_of(&s);
		close(s.fd);
		/* Later the one is where the other would have been before. */
		if (seconds() - start < 4.5)
			break;
	}
	EXPECT_LT(tries, 5);
	EXPECT_LT(54, window);
	EXPECT_GT(65, window);
}

TEST_HARNESS_MAIN
