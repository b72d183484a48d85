// SPDX-License-Identifier: GPL-2.0
/*
 * How a connection ends, and what is left of it in TIME_WAIT: the other rows of
 * docs/tcp-states.md, segment by segment. Linux's own TCP must answer the same.
 * time limit: 300 s
 */
#include "stuck.h"
#include "tcp_peer.h"

FIXTURE_ON_A_WIRE(tcp)

TCP_TEST(the_host_closes_first)
{
	int fd = connection(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);			/* FIN_WAIT2 */
	counted(_metadata, p, "TcpExt.TW", 0);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);	/* TIME_WAIT */
	counted(_metadata, p, "TcpExt.TW", 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(a_FIN_that_comes_again_is_acknowledged_again)
{
	int fd = connection(_metadata, p);

	/* Strays are answered, however soon one follows the other. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq - 1, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

/* What waits until a system call has done with the socket finds the TIME_WAIT in its place. */
TCP_TEST(what_comes_while_TIME_WAIT_begins_is_not_reset)
{
	struct stuck reader = { .fd = connection(_metadata, p), .len = 1 };
	static struct frame ping;

	ASSERT_EQ(0, tell(p, ACK, p->seq++, p->ack, "x"));
	ASSERT_EQ(POLLIN, wait_for(reader.fd, POLLIN));
	shutdown(reader.fd, SHUT_WR);
	do {
		ASSERT_EQ(0, hear(p));
	} while (!(flags_of(p->f) & FIN));
	p->ack++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));

	if (!can_get_stuck())
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, stuck_begin(&reader));
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq - 1, p->ack, ""));
	silence(_metadata, p);
	EXPECT_EQ(1, stuck_end(&reader));

	expect(_metadata, p, ACK, p->ack, p->seq);
	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, &ping));
	do {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
		if (is_ours(p))
			EXPECT_EQ(0, flags_of(p->f) & RST);
	} while (p->f->ip.protocol != IPPROTO_ICMP);
}

TCP_TEST(a_FIN_that_got_lost_comes_again)
{
	int fd = connection(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	expect_again(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(a_FIN_rides_on_the_last_octets)
{
	int fd, i;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	/* More than the congestion window lets out at once. */
	ASSERT_EQ(0, send_segments(fd, 11));
	close_gently(fd);
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 10 * 536, ""));
	expect(_metadata, p, FIN | ACK, p->ack + 10 * 536, p->seq);
	EXPECT_EQ(536, data_len(p->f));
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(both_close_at_once)
{
	int fd = connection(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	/* Ours crosses it. */
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	p->ack++;
	expect(_metadata, p, ACK, p->ack, p->seq);	/* CLOSING */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));	/* TIME_WAIT */
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TW", 1);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(we_close_first)
{
	int fd = connection(_metadata, p);
	char c;

	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);	/* CLOSE_WAIT */
	EXPECT_EQ(0, recv(fd, &c, 1, 0));
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	p->ack += 2;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);	/* LAST_ACK */
	p->ack++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	/* Nobody is left. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

/*
 * On a way so long that one second is nothing. Three seconds of the host's are over when
 * another connection's SYN has come twice again.
 */
TCP_TEST(an_orphan_waits_for_a_FIN_as_long_as_that_may_take)
{
	struct peer clock = *p;
	int fd, i;

	ASSERT_EQ(0, host_waits("20s"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_fin_timeout", "1"));
	fd = connection(_metadata, p);
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, ++p->ack, ""));	/* FIN_WAIT2 */
	silence(_metadata, p);

	clock.port++;
	host_connects(_metadata, &clock);
	for (i = 0; i < 2; i++)
		expect_again(_metadata, &clock, SYN, clock.ack - 1, 0);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);	/* TIME_WAIT */
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(data_that_nobody_reads_any_more_is_reset)
{
	int fd = connection(_metadata, p);

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "too late"));
	expect(_metadata, p, RST, p->ack, 0);
	counted(_metadata, p, "TcpExt.TCPAbortOnData", 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(closing_with_unread_data_resets)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "unread"));
	expect(_metadata, p, ACK, p->ack, p->seq + 6);
	close_gently(fd);
	expect(_metadata, p, RST | ACK, p->ack, p->seq + 6);
	counted(_metadata, p, "TcpExt.TCPAbortOnClose", 1);
}

TCP_TEST(a_new_SYN_ends_TIME_WAIT)
{
	int fd = connection(_metadata, p), listener;
	uint32_t old;

	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);

	listener = host_listens(p, 1);
	ASSERT_LE(0, listener);
	/* Not one that could be old. */
	ASSERT_EQ(0, tell(p, SYN, p->seq - 1000, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	old = p->ack;
	ASSERT_EQ(0, tell(p, SYN, p->seq + 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(p->seq + 1001, ntohl(tcp_of(p->f)->ack_seq));
	/* Beyond all that the old one may have sent. */
	EXPECT_LT(0, (int32_t)(ntohl(tcp_of(p->f)->seq) - old));
}

TEST_HARNESS_MAIN
