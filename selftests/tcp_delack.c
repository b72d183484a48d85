// SPDX-License-Identifier: GPL-2.0
/*
 * When what has arrived is acknowledged, RFC 9293 3.8.6.3: every second full segment at
 * once where the window moves with it, else when it has been read; and a FIN with the own
 * one, if that comes soon. Linux's own TCP must do the same. (From 6.6 on its window
 * follows the memory that the last segments took, and may stand still here, or move.)
 */
#include "tcp_peer.h"

FIXTURE_ON_A_WIRE(tcp)

#define PIECE		1400	/* takes no more than twice that of a buffer */
#define BURST		8	/* pieces; far less than any window here */
#define TRIES		5	/* in all of which no timer is early */
#define SMALL		16384	/* buffers: the window is as large as they are, */
#define LARGE		200000	/* or as its field allows */

/* Whether the host's window goes by its buffer alone. */
static bool window_is_of_the_buffer(const struct peer *p)
{
	return p->family == AF_KITE || !linux_is_since(6, 6);
}

/* A connection to the host, which is in no hurry to acknowledge. */
static int unhurried(struct __test_metadata *_metadata, struct peer *p, int rcvbuf)
{
	int listener = host_listens(p, 1), fd;

	EXPECT_LE(0, listener);
	EXPECT_EQ(0, set_int(listener, SOL_SOCKET, SO_RCVBUF, rcvbuf));
	shake_hands(_metadata, p);
	fd = accepted(_metadata, listener);
	close(listener);
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_QUICKACK, 0));
	return fd;
}

/*
 * How many acknowledgments come before a ping is answered, -1 when it is not; the last of
 * them is @last.
 */
static int acknowledgments(struct __test_metadata *_metadata, struct peer *p, uint32_t *last)
{
	static struct frame ping;
	int n = 0;

	echo(&ping, HOST, 8);
	EXPECT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		if (receive(p->w, p->f, SOON))
			return -1;
		if (p->f->ip.protocol == IPPROTO_ICMP)
			return n;
		if (is_ours(p)) {
			*last = ntohl(tcp_of(p->f)->ack_seq);
			n++;
		}
	}
}

static void send_pieces(struct __test_metadata *_metadata, struct peer *p, int n, int len)
{
	char data[PIECE + 1] = "";

	memset(data, 'x', len);
	for (; n; n--) {
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, data));
		p->seq += len;
	}
}

static void burst(struct __test_metadata *_metadata, struct peer *p)
{
	send_pieces(_metadata, p, BURST, PIECE);
}

TCP_TEST(every_second_segment_is_acknowledged_where_the_window_moves)
{
	uint32_t last = 0;

	if (!window_is_of_the_buffer(p))
		return;
	unhurried(_metadata, p, LARGE);
	burst(_metadata, p);
	EXPECT_LE(BURST / 2, acknowledgments(_metadata, p, &last));
	EXPECT_EQ(p->seq, last);
}

TCP_TEST(what_the_window_cannot_move_with_is_acknowledged_when_it_was_read)
{
	static char data[BURST * PIECE];
	uint32_t last = 0;
	int fd, n, tries;

	if (!window_is_of_the_buffer(p))
		return;
	for (tries = 0, n = 1; n && tries < TRIES; tries++) {
		p->port++;
		fd = unhurried(_metadata, p, SMALL);
		burst(_metadata, p);
		n = acknowledgments(_metadata, p, &last);

		EXPECT_EQ((int)sizeof(data), recv_soon(fd, data, sizeof(data)));
		EXPECT_LE(1, n + acknowledgments(_metadata, p, &last));
		EXPECT_EQ(p->seq, last);
	}
	EXPECT_EQ(0, n);
}

/* ... so is what the user waits for, who does not read what there is. */
TCP_TEST(every_second_segment_is_acknowledged_below_SO_RCVLOWAT)
{
	uint32_t last = 0;
	int fd = unhurried(_metadata, p, SMALL);

	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, SMALL));
	burst(_metadata, p);
	EXPECT_LE(BURST / 2, acknowledgments(_metadata, p, &last));
	EXPECT_EQ(p->seq, last);
}

/* The path has become narrower. */
TCP_TEST(every_second_segment_is_acknowledged_when_they_have_become_smaller)
{
	uint32_t last = 0;
	int fd = unhurried(_metadata, p, SMALL);

	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, SMALL));
	send_pieces(_metadata, p, 1, PIECE);
	send_pieces(_metadata, p, BURST, PIECE / 7);
	EXPECT_LE(BURST / 2 - 1, acknowledgments(_metadata, p, &last));
}

TCP_TEST(a_FIN_waits_for_the_own_one_to_acknowledge_it)
{
	uint32_t last = 0;
	int fd, n, tries;

	/* The timer may be faster, where a machine is slow: but not always. */
	for (tries = 0, n = 1; n && tries < TRIES; tries++) {
		p->port++;
		fd = connection(_metadata, p);
		ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
		n = acknowledgments(_metadata, p, &last);
		close_gently(fd);
		ASSERT_EQ(0, hear(p));
		if (flags_of(p->f) == ACK) {
			n++;
			ASSERT_EQ(0, hear(p));
		}
		expect_segment(_metadata, p, FIN | ACK, p->ack, p->seq);
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 1, ""));
	}
	EXPECT_EQ(0, n);
}

TCP_TEST(a_FIN_does_not_wait_for_ever)
{
	connection(_metadata, p);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	silence(_metadata, p);
}

TEST_HARNESS_MAIN
