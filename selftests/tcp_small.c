// SPDX-License-Identifier: GPL-2.0
/*
 * Small segments are not sent where larger ones may follow: TCP_CORK, MSG_MORE, Nagle's
 * algorithm as Minshall refined it, and both halves of silly window avoidance. Each
 * segment has 536 octets of data: we offer no MSS.
 */
#include "tcp_options.h"

#define MSS	536
#define TRIES	5	/* in all of which no timer is early, however slow the machine */
#define LONG	0.19	/* s, for which nobody waits but for the timer */

FIXTURE_ON_A_WIRE(tcp)

static const char data[4 * MSS];

/* A connection whose host makes the segments, and does nothing because of any timer. */
static int patient_connection(struct __test_metadata *_metadata, struct peer *p)
{
	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, host_makes_segments());
	return connection(_metadata, p);
}

/* So many octets leave next. */
static void leave(struct __test_metadata *_metadata, struct peer *p, size_t octets)
{
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(octets, data_len(p->f));
	p->ack += octets;
}

static void acknowledge(struct __test_metadata *_metadata, struct peer *p)
{
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
}

static int cork(int fd, int on)
{
	return set_int(fd, SOL_TCP, TCP_CORK, on);
}

/* --- TCP_CORK and MSG_MORE ------------------------------------------------ */

TCP_TEST(TCP_CORK_holds_what_fills_no_segment)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(0, cork(fd, 1));
	ASSERT_EQ(2 * MSS + 5, send(fd, data, 2 * MSS + 5, 0));
	leave(_metadata, p, MSS);
	leave(_metadata, p, MSS);
	silence(_metadata, p);
	/* Nor does it leave because nothing is outstanding any more. */
	acknowledge(_metadata, p);
	silence(_metadata, p);
	ASSERT_EQ(0, cork(fd, 0));
	leave(_metadata, p, 5);
}

TCP_TEST(under_TCP_CORK_a_segment_leaves_when_it_is_full)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(0, cork(fd, 1));
	ASSERT_EQ(5, send(fd, data, 5, 0));
	silence(_metadata, p);
	ASSERT_EQ(MSS, send(fd, data, MSS, 0));
	leave(_metadata, p, MSS);
	silence(_metadata, p);
}

TCP_TEST(TCP_CORK_counts_for_more_than_TCP_NODELAY)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, cork(fd, 1));
	ASSERT_EQ(5, send(fd, data, 5, 0));
	silence(_metadata, p);
	ASSERT_EQ(0, cork(fd, 0));
	leave(_metadata, p, 5);
}

TCP_TEST(the_end_of_the_stream_draws_the_cork)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(0, cork(fd, 1));
	ASSERT_EQ(5, send(fd, data, 5, 0));
	silence(_metadata, p);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
}

TCP_TEST(what_MSG_MORE_holds_leaves_with_what_is_sent_next)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(MSS + 5, send(fd, data, MSS + 5, MSG_MORE));
	leave(_metadata, p, MSS);
	silence(_metadata, p);
	ASSERT_EQ(7, send(fd, data, 7, 0));
	leave(_metadata, p, 12);
}

/* Nobody waits for ever: the timer that probes closed windows sends it. */
static void held_for_a_while(struct __test_metadata *_metadata, struct peer *p, bool corked)
{
	int fd = connection(_metadata, p), tries;
	double held = 0;

	if (corked)
		ASSERT_EQ(0, cork(fd, 1));
	for (tries = 0; held < LONG && tries < TRIES; tries++) {
		double begin = seconds();

		ASSERT_EQ(5, send(fd, data, 5, corked ? 0 : MSG_MORE));
		leave(_metadata, p, 5);
		held = seconds() - begin;
		acknowledge(_metadata, p);
		silence(_metadata, p);
	}
	EXPECT_LE(LONG, held);
}

TCP_TEST(TCP_CORK_holds_it_for_200_ms)
{
	held_for_a_while(_metadata, p, true);
}

TCP_TEST(MSG_MORE_holds_it_for_200_ms)
{
	held_for_a_while(_metadata, p, false);
}

/* --- Nagle ----------------------------------------------------------------- */

TCP_TEST(a_small_segment_waits_for_a_small_one_only)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(2 * MSS, send(fd, data, 2 * MSS, 0));
	leave(_metadata, p, MSS);
	leave(_metadata, p, MSS);
	/* Full ones are outstanding: that keeps nobody back. */
	ASSERT_EQ(5, send(fd, data, 5, 0));
	leave(_metadata, p, 5);
	ASSERT_EQ(7, send(fd, data, 7, 0));
	silence(_metadata, p);
	/* Not all that is outstanding has to be acknowledged, but the small one. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack - 5, ""));
	silence(_metadata, p);
	acknowledge(_metadata, p);
	leave(_metadata, p, 7);
}

TCP_TEST(a_full_segment_does_not_wait)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(5, send(fd, data, 5, 0));
	leave(_metadata, p, 5);
	ASSERT_EQ(MSS - 1, send(fd, data, MSS - 1, 0));
	silence(_metadata, p);
	ASSERT_EQ(1, send(fd, data, 1, 0));
	leave(_metadata, p, MSS);
}

TCP_TEST(TCP_NODELAY_sends_what_waits)
{
	int fd = patient_connection(_metadata, p);

	ASSERT_EQ(5, send(fd, data, 5, 0));
	leave(_metadata, p, 5);
	ASSERT_EQ(7, send(fd, data, 7, 0));
	silence(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 1));
	leave(_metadata, p, 7);
	ASSERT_EQ(9, send(fd, data, 9, 0));
	leave(_metadata, p, 9);
}

/* --- silly window avoidance, RFC 9293 3.8.6.2 ------------------------------ */

TCP_TEST(a_window_that_takes_no_segment_is_not_filled)
{
	int fd = patient_connection(_metadata, p);

	close_window(_metadata, p);
	ASSERT_EQ(2 * MSS, send(fd, data, 2 * MSS, 0));
	ASSERT_EQ(0, tell_window(p, 100, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell_window(p, MSS + 100, ""));
	leave(_metadata, p, MSS);
	silence(_metadata, p);
}

TCP_TEST(unless_nothing_larger_comes_for_a_while)
{
	double held = 0;
	int fd, tries;

	ASSERT_EQ(0, host_makes_segments());
	for (tries = 0; held < LONG && tries < TRIES; tries++) {
		double begin;

		p->port++;
		fd = connection(_metadata, p);
		close_window(_metadata, p);
		ASSERT_EQ(0, tell_window(p, 100, ""));
		silence(_metadata, p);
		begin = seconds();
		ASSERT_EQ(2 * MSS, send(fd, data, 2 * MSS, 0));
		leave(_metadata, p, 100);
		held = seconds() - begin;
		close(fd);
	}
	EXPECT_LE(LONG, held);
}

/* Or who never has room for two segments would wait each time. */
TCP_TEST(half_of_the_largest_window_is_filled)
{
	int listener, fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	listener = host_listens(p, 1);
	ASSERT_LE(0, listener);
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "");
	tcp_of(p->f)->window = htons(800);
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell_window(p, 400, ""));
	fd = accepted(_metadata, listener);
	ASSERT_EQ(2 * MSS, send(fd, data, 2 * MSS, 0));
	leave(_metadata, p, 400);
}

/* A window that opens does so by a segment or half of the buffer, or not at all. */
TCP_TEST(who_reads_a_little_from_a_full_buffer_announces_nothing)
{
	int i, fd, window = 0, listener = host_listens(p, 1);
	char buf[100], piece[1461] = "";

	ASSERT_EQ(0, set_int(listener, SOL_SOCKET, SO_RCVBUF, 20000));
	shake_hands(_metadata, p);
	fd = accepted(_metadata, listener);
	memset(piece, 'x', 1460);
	/* As long as a whole piece fits; some more may be dropped. */
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, piece));
		ASSERT_EQ(0, hear(p));
		p->seq = ntohl(tcp_of(p->f)->ack_seq);
		window = ntohs(tcp_of(p->f)->window);
		if (window < 1460)
			break;
	}
	ASSERT_GT(100, i);
	/* Now it is closed. */
	if (window) {
		piece[window] = 0;
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, piece));
		expect(_metadata, p, ACK, p->ack, p->seq + window);
		EXPECT_EQ(0, ntohs(tcp_of(p->f)->window));
		p->seq += window;
	}
	silence(_metadata, p);
	ASSERT_EQ(1, recv(fd, buf, 1, 0));
	silence(_metadata, p);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(1460, ntohs(tcp_of(p->f)->window));
}

TEST_HARNESS_MAIN
