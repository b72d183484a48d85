// SPDX-License-Identifier: GPL-2.0
/*
 * What else can happen to a half-open connection, and how often strays are answered:
 * more rows of docs/tcp-states.md, by segments of our own making. Linux's own TCP
 * must answer the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

FIXTURE_ON_A_WIRE(tcp)

/* Our SYN is answered; the host waits for our ACK. */
static void half_open(struct __test_metadata *_metadata, struct peer *p)
{
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

/* How many sockets of the host's port are in a state, as /proc has it. */
static int in_state(struct peer *p, int state)
{
	FILE *file = fopen(p->family == AF_KITE ? "/proc/net/kite/tcp" : "/proc/net/tcp",
			   "r");
	unsigned int port, st;
	char line[256];
	int n = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*d: %*x:%x %*x:%*x %x", &port, &st) == 2 &&
		    port == HOST_PORT && st == (unsigned int)state)
			n++;
	if (file)
		fclose(file);
	return n;
}

TCP_TEST(TCP_DEFER_ACCEPT_waits_for_data)
{
	int listener = host_listens(p, 1), fd;
	char buf[16];

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_DEFER_ACCEPT, 100));
	half_open(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	EXPECT_EQ(0, polled(listener, POLLIN));
	counted(_metadata, p, "TcpExt.TCPDeferAcceptDrop", 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(5, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	/* The listener alone defers. */
	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_DEFER_ACCEPT));
}

TCP_TEST(TCP_DEFER_ACCEPT_takes_a_FIN_for_data)
{
	int listener = host_listens(p, 1);

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_DEFER_ACCEPT, 100));
	half_open(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK | FIN, p->seq, p->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(TCP_DEFER_ACCEPT_asks_again_when_its_time_is_over)
{
	int listener = host_listens(p, 1);

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_DEFER_ACCEPT, 1));
	half_open(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_again(_metadata, p, SYN | ACK, p->ack - 1, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

/* As if it had never come. */
TCP_TEST(TCP_DEFER_ACCEPT_forgets_the_time_of_what_it_drops)
{
	int listener = host_listens(p, 1);

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_DEFER_ACCEPT, 100));
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell_at(p, SYN, p->seq++, 0, "", TSVAL, 0));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 100, tsval_of(p->f)));
	silence(_metadata, p);
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "hello", TSVAL + 50, 0));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(TCP_DEFER_ACCEPT_is_kept_in_retransmissions)
{
	static const int seconds[][2] = {
		{ 0, 0 }, { -1, 0 }, { 1, 1 }, { 2, 3 }, { 3, 3 }, { 4, 7 },
		{ 100, 127 }, { 128, 247 },
	};
	int fd = host_socket(p);
	unsigned int i;

	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_DEFER_ACCEPT, seconds[i][0]));
		EXPECT_EQ(seconds[i][1], get_int(fd, SOL_TCP, TCP_DEFER_ACCEPT));
	}
}

TCP_TEST(TCP_DEFER_ACCEPT_sends_nothing_again_while_it_waits)
{
	int listener = host_listens(p, 1), fd;
	struct tcp_info info;

	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_DEFER_ACCEPT, 100));
	shake_hands(_metadata, p);
	/* The second in which a SYN-ACK would have been sent again is over. */
	usleep(1500000);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "x"));
	fd = accepted(_metadata, listener);
	info = info_of(fd);
	EXPECT_EQ(0, info.tcpi_total_retrans);
	EXPECT_EQ(10, info.tcpi_snd_cwnd);
}

/* RFC 6928 2: one SYN-ACK lost does not say that the path is full. */
TCP_TEST(a_SYN_ACK_sent_again_leaves_the_initial_window)
{
	int listener = host_listens(p, 1);
	uint32_t isn;

	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	expect_again(_metadata, p, SYN | ACK, isn, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, isn + 1, ""));
	EXPECT_EQ(10, info_of(accepted(_metadata, listener)).tcpi_snd_cwnd);
}

TCP_TEST(a_half_open_connection_is_forgotten_in_the_end)
{
	int listener, i;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "1"));
	listener = host_listens(p, 1);
	half_open(_metadata, p);
	EXPECT_EQ(1, in_state(p, TCP_SYN_RECV));
	expect_again(_metadata, p, SYN | ACK, p->ack - 1, p->seq);
	for (i = 0; in_state(p, TCP_SYN_RECV) && i < SOON; i += 50)
		usleep(50000);
	EXPECT_EQ(0, in_state(p, TCP_SYN_RECV));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
	EXPECT_EQ(0, polled(listener, POLLIN));
}

TCP_TEST(an_unreachable_peer_is_forgotten)
{
	static struct frame synack;
	int listener = host_listens(p, 1);

	half_open(_metadata, p);
	synack = *p->f;
	/* It has to quote our number. */
	ASSERT_EQ(0, complain(p, &synack, ICMP_HOST_UNREACH, 0, 1));
	silence(_metadata, p);
	EXPECT_EQ(1, in_state(p, TCP_SYN_RECV));
	ASSERT_EQ(0, complain(p, &synack, ICMP_HOST_UNREACH, 0, 0));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
	EXPECT_EQ(0, polled(listener, POLLIN));
}

/* One waits to be accepted, and that is all there is room for; @p is half-open. */
static int full_queue(struct __test_metadata *_metadata, struct peer *p)
{
	int listener = host_listens(p, 0);
	uint32_t ack;

	half_open(_metadata, p);
	ack = p->ack;
	p->port++;
	shake_hands(_metadata, p);
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
	p->port--;
	p->ack = ack;
	return listener;
}

TCP_TEST(a_full_accept_queue_takes_no_ACK)
{
	int listener, fd;

	/* The second SYN meets a full queue of half-open connections. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	listener = full_queue(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, polled(listener, POLLIN));
	/* It thinks that it is connected, and has something to say. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(tcp_abort_on_overflow_resets_instead)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_abort_on_overflow", "1"));
	full_queue(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
	EXPECT_EQ(0, in_state(p, TCP_SYN_RECV));
}

TCP_TEST(proc_shows_the_listener_and_how_many_wait)
{
	const char *name = p->family == AF_KITE ? "/proc/net/kite/tcp" : "/proc/net/tcp";
	unsigned int port, state, tx, rx, waiting = 99;
	char line[256];
	FILE *file;

	host_listens(p, 3);
	half_open(_metadata, p);
	p->port++;
	shake_hands(_metadata, p);
	p->port++;
	shake_hands(_metadata, p);
	silence(_metadata, p);
	file = fopen(name, "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %*d: %*x:%x %*x:%*x %x %x:%x", &port, &state, &tx,
			   &rx) == 4 && port == HOST_PORT && state == TCP_LISTEN)
			waiting = rx;
	fclose(file);
	EXPECT_EQ(2, waiting);
	EXPECT_EQ(1, in_state(p, TCP_SYN_RECV));
	EXPECT_EQ(2, in_state(p, TCP_ESTABLISHED));
}

/* --- strays ---------------------------------------------------------------- */

TCP_TEST(strays_at_a_half_open_connection_are_answered_now_and_then)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "60000"));
	host_listens(p, 1);
	half_open(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	silence(_metadata, p);
	/* Who sends data waits for an answer. */
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, "data"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	counted(_metadata, p, "TcpExt.TCPACKSkippedSynRecv", 1);
}

TCP_TEST(strays_at_a_connection_are_answered_now_and_then)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "60000"));
	connection(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, SYN, p->seq + 100, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, "data"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	counted(_metadata, p, "TcpExt.TCPACKSkippedSeq", 1);
	counted(_metadata, p, "TcpExt.TCPACKSkippedChallenge", 1);
}

TCP_TEST(strays_at_a_TIME_WAIT_are_answered_now_and_then)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "60000"));
	close_gently(connection(_metadata, p));
	expect(_metadata, p, FIN | ACK, p->ack++, p->seq);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5000, p->ack, ""));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPACKSkippedTimeWait", 1);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(tcp_challenge_ack_limit_holds_for_all_connections)
{
	static struct frame ping;
	int i, answers = 0;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_challenge_ack_limit", "1"));
	connection(_metadata, p);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, tell(p, SYN, p->seq + 100, 0, ""));
	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, &ping));
	while (!receive(p->w, p->f, SOON) && p->f->ip.protocol != IPPROTO_ICMP)
		answers += is_ours(p);
	/* One a second. */
	EXPECT_LE(1, answers);
	EXPECT_GT(40, answers);
}

TCP_TEST(a_host_that_is_unreachable_ends_a_connect)
{
	static struct frame syn;
	int fd = host_connects(_metadata, p);

	syn = *p->f;
	ASSERT_EQ(0, complain(p, &syn, ICMP_HOST_UNREACH, 0, 0));
	wait_for(fd, POLLIN);
	EXPECT_EQ(EHOSTUNREACH, so_error(fd));
}

TCP_TEST(TCP_SYNCNT_gives_up_with_ETIMEDOUT)
{
	int fd = host_socket(p);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_SYNCNT, 1));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN, flags_of(p->f));
	ASSERT_EQ(0, hear_again(p));
	EXPECT_EQ(SYN, flags_of(p->f));
	wait_for(fd, POLLIN);
	EXPECT_EQ(ETIMEDOUT, so_error(fd));
}

TEST_HARNESS_MAIN
