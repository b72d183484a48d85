// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection has no room for is dropped and counted; when the peer sends it again, and
 * there is room, nothing is missing. Linux's own TCP must do the same.
 */
#include "stuck.h"
#include "tcp_peer.h"
#include "used_up.h"

FIXTURE_ON_A_WIRE(tcp)

#define PIECE	1000	/* octets of a segment */

/* So often KITE, or Linux, has counted what they call differently. */
static unsigned long dropped(struct peer *p, const char *kite, const char *inet)
{
	return p->family == AF_KITE ? counter(kite) : linux_counter(inet);
}

/* The octets of the stream from @piece on. */
static const char *octets(int piece)
{
	static char data[PIECE + 1];

	memset(data, 'a' + piece % 26, PIECE);
	return data;
}

/* We send a piece of our stream. */
static int tell_piece(struct peer *p, int piece)
{
	return tell(p, ACK, p->seq + piece * PIECE, p->ack, octets(piece));
}

/* We send these pieces, and each can be read. */
static void stream_goes_on(struct __test_metadata *_metadata, struct peer *p, int fd, int from,
			   int to)
{
	char got[PIECE];
	int i;

	for (i = from; i < to; i++) {
		ASSERT_EQ(0, tell_piece(p, i));
		ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
		ASSERT_EQ(PIECE, recv(fd, got, PIECE, MSG_WAITALL));
		EXPECT_EQ(0, memcmp(got, octets(i), PIECE));
	}
}

/* All that we sent has arrived: a ping is answered. */
static void settle(struct __test_metadata *_metadata, struct peer *p)
{
	static struct frame ping;

	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, &ping));
	do {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
	} while (p->f->ip.protocol != IPPROTO_ICMP);
}

/* --- while the socket is in use ------------------------------------------- */

TCP_TEST(what_comes_while_the_socket_is_in_use_waits_only_so_long)
{
	unsigned long before = dropped(p, "TcpExt.TCPBacklogDrop", "TCPBacklogDrop"), lost;
	struct stuck writer = {
		.fd = connection(_metadata, p), .len = 100, .sends = true,
	};
	int i;

	ASSERT_OK(set_int(writer.fd, SOL_SOCKET, SO_RCVBUF, 8192));
	if (!can_get_stuck())
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, stuck_begin(&writer));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, tell_piece(p, 0));
	settle(_metadata, p);
	lost = dropped(p, "TcpExt.TCPBacklogDrop", "TCPBacklogDrop") - before;
	EXPECT_LT(0, lost);
	EXPECT_GT(1000, lost);
	EXPECT_EQ(100, stuck_end(&writer));
	stream_goes_on(_metadata, p, writer.fd, 0, 5);
}

/* --- without memory ------------------------------------------------------- */

TCP_TEST(what_is_beyond_a_gap_and_finds_no_memory_comes_again)
{
	unsigned long before = dropped(p, "TcpExt.InOutOfOrder", "TCPOFODrop"), lost;
	int fd = connection(_metadata, p), i;

	use_memory_up(_metadata, p->family);
	for (i = 1; i < 8; i++)
		ASSERT_EQ(0, tell_piece(p, i));
	settle(_metadata, p);
	lost = dropped(p, "TcpExt.InOutOfOrder", "TCPOFODrop") - before;
	EXPECT_LT(0, lost);
	stream_goes_on(_metadata, p, fd, 0, 8);
}

TCP_TEST(what_finds_no_memory_behind_what_nobody_reads_comes_again)
{
	int fd = connection(_metadata, p), i;
	char got[PIECE];

	use_memory_up(_metadata, p->family);
	/* He has nothing yet: some of it is taken in all the same. */
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, tell_piece(p, i));
	for (i = 0; recv(fd, got, PIECE, MSG_DONTWAIT) == PIECE; i++)
		EXPECT_EQ(0, memcmp(got, octets(i), PIECE));
	EXPECT_LT(0, i);
	EXPECT_GT(7, i);
	/* The others are beyond the gap that it leaves. */
	counted(_metadata, p, "TcpExt.RcvQDrop", 1);
	stream_goes_on(_metadata, p, fd, i, 7);
}

TEST_HARNESS_MAIN
