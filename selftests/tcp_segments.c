// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP makes of segments of our own making on a connection, with much that a
 * well-behaved peer never sends. These are rows of docs/tcp-states.md; Linux's own
 * TCP must answer the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

#include <linux/filter.h>

FIXTURE_ON_A_WIRE(tcp)

TCP_TEST(a_RST_at_the_octet_expected_ends_it)
{
	int fd = connection(_metadata, p);
	char c;

	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
	EXPECT_NE(0, wait_for(fd, POLLIN) & POLLERR);
	EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(a_RST_in_the_window_is_challenged)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, RST, p->seq + 1, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(a_RST_outside_of_the_window_is_nothing)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, RST, p->seq - 1000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, RST, p->seq + 0x100000, 0, ""));
	silence(_metadata, p);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(a_SYN_is_challenged)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, SYN, p->seq + 10, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

/*
 * RFC 5961, also where AF_INET forgets the connection; that is how KITE differs. Each
 * is counted, and both of its limits hold.
 */
static void challenges(struct __test_metadata *_metadata, struct peer *p)
{
	ASSERT_EQ(0, tell(p, RST, p->seq + 100, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, SYN, p->seq + 100, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	counted(_metadata, p, "TcpExt.TCPChallengeACK", 2);

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_challenge_ack_limit", "0"));
	ASSERT_EQ(0, tell(p, RST, p->seq + 100, 0, ""));
	ASSERT_EQ(0, tell(p, SYN, p->seq + 100, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "60000"));
	ASSERT_EQ(0, tell(p, RST, p->seq + 100, 0, ""));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPACKSkippedChallenge", 1);
	counted(_metadata, p, "TcpExt.TCPChallengeACK", 2);
}

TCP_TEST(a_half_open_connection_challenges)
{
	int listener = host_listens(p, 1);

	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	challenges(_metadata, p);
	/* It is still there. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(an_orphan_in_FIN_WAIT2_challenges)
{
	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
	close_gently(connection(_metadata, p));
	expect(_metadata, p, FIN | ACK, p->ack++, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	challenges(_metadata, p);
	/* It still waits for our FIN. */
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
}

TCP_TEST(data_is_acknowledged_and_read)
{
	int fd = connection(_metadata, p);
	char buf[16];

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_EQ(5, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
}

/* The highest acknowledgment that came before a ping was answered. */
static uint32_t acknowledged(struct __test_metadata *_metadata, struct peer *p)
{
	static struct frame ping;
	uint32_t ack = 0;

	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
		if (p->f->ip.protocol == IPPROTO_ICMP)
			return ack;
		if (is_ours(p))
			ack = ntohl(tcp_of(p->f)->ack_seq);
	}
}

/* Or each small write of a sender with Nagle's algorithm would wait for a timer. */
static void read_messages(struct __test_metadata *_metadata, struct peer *p, int len)
{
	int fd = connection(_metadata, p), i;
	char message[1001] = "";

	memset(message, 'x', len);
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, tell(p, PSH | ACK, p->seq, p->ack, message));
		ASSERT_EQ(len, recv_soon(fd, message, len));
		p->seq += len;
		ASSERT_EQ(p->seq, acknowledged(_metadata, p)) {
			TH_LOG("message %d", i);
		}
	}
}

TCP_TEST(who_reads_all_of_a_message_acknowledges_it)
{
	read_messages(_metadata, p, 1);
}

TCP_TEST(who_reads_all_of_a_full_segment_that_ends_a_message_acknowledges_it)
{
	read_messages(_metadata, p, 1000);
}

TCP_TEST(data_without_an_ACK_is_dropped)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, 0, p->seq, p->ack, "hello"));
	silence(_metadata, p);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(data_again_is_acknowledged_again)
{
	int fd = connection(_metadata, p);
	char buf[16];

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_EQ(5, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(a_gap_is_waited_for)
{
	int fd = connection(_metadata, p);
	char buf[32];

	ASSERT_EQ(0, tell(p, ACK, p->seq + 5, p->ack, "fghij"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq + 15, p->ack, "pqrst"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "abcde"));
	expect(_metadata, p, ACK, p->ack, p->seq + 10);
	ASSERT_EQ(0, tell(p, ACK, p->seq + 10, p->ack, "klmno"));
	expect(_metadata, p, ACK, p->ack, p->seq + 20);
	EXPECT_EQ(20, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcdefghijklmnopqrst", 20));
}

TCP_TEST(overlaps_are_read_once)
{
	static const struct {
		int at;
		const char *data;
	} pieces[] = {
		{ 4, "efgh" }, { 6, "ghij" }, { 2, "cdefghijk" }, { 5, "f" },
		{ 14, "op" }, { 12, "mnopqr" }, { 10, "klmn" },
	};
	int fd = connection(_metadata, p);
	unsigned int i;
	char buf[32];

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		ASSERT_EQ(0, tell(p, ACK, p->seq + pieces[i].at, p->ack,
				  pieces[i].data));
		expect(_metadata, p, ACK, p->ack, p->seq);
	}
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "abcde"));
	expect(_metadata, p, ACK, p->ack, p->seq + 18);
	EXPECT_EQ(18, recv(fd, buf, 18, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdefghijklmnopqr", 18));
}

TCP_TEST(a_FIN_beyond_a_gap_waits)
{
	int fd = connection(_metadata, p);
	char buf[16];

	ASSERT_EQ(0, tell(p, ACK | FIN, p->seq + 3, p->ack, "def"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "abc"));
	expect(_metadata, p, ACK, p->ack, p->seq + 7);
	EXPECT_EQ(6, recv(fd, buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

TCP_TEST(data_outside_of_the_window_is_answered_and_dropped)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, ACK, p->seq + 0x100000, p->ack, "far"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
	counted(_metadata, p, "TcpExt.InOutOfWindow", 1);
}

/* RFC 5082: what has a lower time to live has come further. */
TCP_TEST(IP_MINTTL_keeps_out_what_comes_from_further_away)
{
	int fd = connection(_metadata, p);
	char buf[16];

	segment(p, ACK, p->seq, p->ack, "hello");
	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_MINTTL, p->f->ip.ttl + 1));
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPMinTTLDrop", 1);

	segment(p, ACK, p->seq, p->ack, "hello");
	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_MINTTL, p->f->ip.ttl));
	ASSERT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(5, recv_soon(fd, buf, sizeof(buf)));
}

TCP_TEST(a_filter_that_takes_nothing_lets_nothing_in)
{
	struct sock_filter code[] = { { 0x06, 0, 0, 0 } };
	struct sock_fprog prog = { .len = 1, .filter = code };
	int fd = connection(_metadata, p);
	char buf[16];

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.InFiltered", 1);

	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_DETACH_FILTER, 0));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	EXPECT_EQ(5, recv_soon(fd, buf, sizeof(buf)));
}

TCP_TEST(an_ACK_of_what_was_never_sent_is_challenged)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 1000, "lies"));
	/* RFC 9293 says so, docs/MIRROR.md says that Linux does not. */
	if (p->family == AF_KITE)
		expect(_metadata, p, ACK, p->ack, p->seq);
	silence(_metadata, p);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(an_ACK_older_than_any_window_is_challenged)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack - 0x1000000, "lies"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(what_is_not_acknowledged_comes_again)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
	EXPECT_EQ(0, memcmp(data_of(p->f), "hello", 5));
	p->ack += 5;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	/* Nor does it come again once it was: here the next ones do. */
	ASSERT_EQ(5, send(fd, "there", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, memcmp(data_of(p->f), "there", 5));
}

TCP_TEST(the_least_timeout_is_the_routes)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	EXPECT_LE(60000000, info.tcpi_rto);	/* µs */
}

TCP_TEST(three_duplicates_bring_a_segment_again_at_once)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 5));
	first_of_five_is_lost(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 5 * 536, ""));
}

TCP_TEST(a_window_is_not_exceeded)
{
	int fd, i;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 14));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	silence(_metadata, p);	/* the initial congestion window */
	/* All is acknowledged, and two segments fit. */
	p->ack += 10 * 536;
	ASSERT_EQ(0, tell_window(p, 2 * 536, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect(_metadata, p, ACK, p->ack + 536, p->seq);
	silence(_metadata, p);
}

TCP_TEST(a_closed_window_is_probed_until_it_opens)
{
	int fd = connection(_metadata, p);

	close_window(_metadata, p);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	/* A probe is of an octet that we have already. */
	expect(_metadata, p, ACK, p->ack - 1, p->seq);
	EXPECT_EQ(0, data_len(p->f));
	ASSERT_EQ(0, tell_window(p, 0, ""));
	expect(_metadata, p, ACK, p->ack - 1, p->seq);
	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	/* There may be a probe on the way still. */
	do {
		ASSERT_EQ(0, hear(p));
	} while (!data_len(p->f));
	expect_segment(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
}

TCP_TEST(our_closed_window_is_told_and_opened_again)
{
	static char buf[1 << 20];
	static char piece[1461];
	int fd, listener = host_listens(p, 1);
	int i;

	set_int(listener, SOL_SOCKET, SO_RCVBUF, 20000);
	shake_hands(_metadata, p);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	memset(piece, 'x', 1460);
	/* As long as a whole piece fits; some more may be dropped. */
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, piece));
		ASSERT_EQ(0, hear(p));
		p->seq = ntohl(tcp_of(p->f)->ack_seq);
		if (ntohs(tcp_of(p->f)->window) < 1460)
			break;
	}
	EXPECT_GT(100, i);
	EXPECT_LT(0, recv_soon(fd, buf, sizeof(buf)));
	ASSERT_EQ(0, hear(p));
	EXPECT_LE(1460, ntohs(tcp_of(p->f)->window));
}

TCP_TEST(a_closed_window_takes_nothing_of_what_reaches_beyond_it)
{
	int i, window, listener = host_listens(p, 1);
	char piece[1461];

	set_int(listener, SOL_SOCKET, SO_RCVBUF, 20000);
	shake_hands(_metadata, p);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	ASSERT_LE(0, accept(listener, NULL, NULL));
	window = ntohs(tcp_of(p->f)->window);
	for (i = 0; i < 100 && window; i++) {
		int len = window < 1460 ? window : 1460;

		memset(piece, 'x', len);
		piece[len] = '\0';
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, piece));
		ASSERT_EQ(0, hear(p));
		p->seq = ntohl(tcp_of(p->f)->ack_seq);
		window = ntohs(tcp_of(p->f)->window);
	}
	ASSERT_EQ(0, window);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 1, p->ack, "xy"));
	expect(_metadata, p, ACK, p->ack, p->seq);
}

/* A connection whose host sends segments of 1460 octets, and none again by itself. */
static int large_connection(struct __test_metadata *_metadata, struct peer *p)
{
	static const unsigned char mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff };
	int listener = host_listens(p, 1), fd;

	EXPECT_LE(0, listener);
	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, host_makes_segments());
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "");
	add_tcp_options(p->f, mss, 4);
	EXPECT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	close(listener);
	/* Half of the window at most. */
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	return fd;
}

TCP_TEST(fragmentation_needed_makes_segments_smaller)
{
	static struct frame large;
	static char data[1460];
	int fd = large_connection(_metadata, p);

	ASSERT_EQ(1460, send(fd, data, 1460, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(1460, data_len(p->f));
	EXPECT_NE(0, p->f->ip.frag_off & htons(0x4000));
	large = *p->f;
	ASSERT_EQ(0, complain(p, &large, ICMP_FRAG_NEEDED, 1000, 0));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(960, data_len(p->f));
}

TCP_TEST(fragmentation_needed_brings_all_that_was_too_large_again)
{
	static struct frame large;
	static char data[5 * 1460];
	int fd = large_connection(_metadata, p);
	unsigned int cwnd, at, i;

	ASSERT_EQ(5 * 1460, send(fd, data, 5 * 1460, 0));
	for (i = 0; i < 5; i++) {
		expect(_metadata, p, ACK, p->ack + i * 1460, p->seq);
		ASSERT_EQ(1460, data_len(p->f));
		if (!i)
			large = *p->f;
	}
	cwnd = info_of(fd).tcpi_snd_cwnd;
	ASSERT_EQ(0, complain(p, &large, ICMP_FRAG_NEEDED, 1000, 0));
	for (at = 0; at < 5 * 1460; at += data_len(p->f)) {
		expect_again(_metadata, p, ACK, p->ack + at, p->seq);
		EXPECT_GE(960, data_len(p->f));
	}
	/* It was no congestion. */
	p->ack += at;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(cwnd, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(a_route_that_changes_makes_segments_no_smaller)
{
	int fd, i;

	if (p->family == AF_INET)
		SKIP(return, "its socket may still ask the route that is gone");
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, send_segments(fd, 4));
	for (i = 0; i < 4; i++) {
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
		EXPECT_EQ(536, data_len(p->f));
	}
}

TCP_TEST(an_ICMP_error_does_not_end_a_connection)
{
	int fd = connection(_metadata, p);
	static struct frame sent;

	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	sent = *p->f;
	ASSERT_EQ(0, complain(p, &sent, ICMP_PORT_UNREACH, 0, 0));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 5, "there"));
	expect(_metadata, p, ACK, p->ack + 5, p->seq + 5);
	EXPECT_EQ(0, so_error(fd));
}

TCP_TEST(small_writes_wait_for_each_other_unless_told_not_to)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(1, send(fd, "a", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(1, send(fd, "b", 1, 0));
	ASSERT_EQ(1, send(fd, "c", 1, 0));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 1, ""));
	expect(_metadata, p, ACK, p->ack + 1, p->seq);
	EXPECT_EQ(2, data_len(p->f));
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(1, send(fd, "d", 1, 0));
	expect(_metadata, p, ACK, p->ack + 3, p->seq);
	EXPECT_EQ(1, data_len(p->f));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 4, ""));
}

TCP_TEST(what_TCP_NODELAY_pushes_goes_when_the_window_opens)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = connection(_metadata, p);
	close_window(_metadata, p);
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	silence(_metadata, p);
	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(5, data_len(p->f));
	/* What comes next was not pushed. */
	ASSERT_EQ(5, send(fd, "world", 5, 0));
	silence(_metadata, p);
}

/* The host sends again, until it does so in pieces of that length. */
static void gets_smaller(struct __test_metadata *_metadata, struct peer *p, size_t len)
{
	do
		expect_again(_metadata, p, ACK, p->ack, p->seq);
	while (data_len(p->f) > len);
	EXPECT_EQ(len, data_len(p->f));
}

TCP_TEST(what_does_not_come_through_gets_smaller)
{
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_mtu_probing", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_base_mss", "256"));
	ASSERT_EQ(0, host_waits("20ms"));
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(536, data_len(p->f));
	gets_smaller(_metadata, p, 256);
	gets_smaller(_metadata, p, 128);
	/* What comes through goes on like that. */
	p->ack += 536;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(128, data_len(p->f));
}

TCP_TEST(but_not_where_tcp_mtu_probing_is_0)
{
	int fd, i;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_mtu_probing", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_base_mss", "256"));
	ASSERT_EQ(0, host_waits("20ms"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 1));
	expect(_metadata, p, ACK, p->ack, p->seq);
	for (i = 0; i < 6; i++) {
		expect_again(_metadata, p, ACK, p->ack, p->seq);
		EXPECT_EQ(536, data_len(p->f));
	}
}

TEST_HARNESS_MAIN
