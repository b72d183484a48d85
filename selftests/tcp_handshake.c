// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP makes of segments of our own making before there is a connection: no
 * socket, a listener, a half-open connection, one that the host opens. These are
 * rows of docs/tcp-states.md; Linux's own TCP must answer the same.
 * time limit: 300 s
 */
#include "tcp_peer.h"

FIXTURE_ON_A_WIRE(tcp)

/* --- no socket ------------------------------------------------------------ */

TCP_TEST(a_SYN_to_a_closed_port_is_reset)
{
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	expect(_metadata, p, RST | ACK, 0, 1001);
}

TCP_TEST(a_SYN_with_data_to_a_closed_port_is_reset)
{
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, "data"));
	expect(_metadata, p, RST | ACK, 0, 1005);
}

TCP_TEST(a_FIN_to_a_closed_port_is_reset)
{
	ASSERT_EQ(0, tell(p, FIN, 1000, 0, ""));
	expect(_metadata, p, RST | ACK, 0, 1001);
}

TCP_TEST(an_ACK_to_a_closed_port_is_reset_at_its_number)
{
	ASSERT_EQ(0, tell(p, ACK, 1000, 2000, "data"));
	expect(_metadata, p, RST, 2000, 0);
}

TCP_TEST(a_RST_to_a_closed_port_is_not_answered)
{
	ASSERT_EQ(0, tell(p, RST, 1000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, RST | ACK, 1000, 2000, ""));
	silence(_metadata, p);
}

TCP_TEST(a_wrong_checksum_is_dropped)
{
	segment(p, SYN, 1000, 0, "");
	tcp_of(p->f)->check ^= 1;
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	counted(_metadata, p, "Tcp.InCsumErrors", 1);
}

TCP_TEST(a_short_header_is_dropped)
{
	segment(p, SYN, 1000, 0, "");
	p->f->len -= 4;
	p->f->ip.tot_len = htons(p->f->len);
	seal(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	counted(_metadata, p, "Tcp.InErrs", 1);
}

TCP_TEST(an_offset_that_cannot_be_is_dropped)
{
	segment(p, SYN, 1000, 0, "");
	tcp_of(p->f)->doff = 4;
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	segment(p, SYN, 1000, 0, "");
	tcp_of(p->f)->doff = 15;
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	silence(_metadata, p);
	counted(_metadata, p, "Tcp.InErrs", 2);
}

/* --- to more than one ------------------------------------------------------ */

/* The frame is for the host alone; the packet is for everybody on the link, or a group. */
static const char * const many[] = { "10.0.0.255", "255.255.255.255", "224.0.0.1" };

#define N_MANY	(sizeof(many) / sizeof(many[0]))

static int tell_many(struct peer *p, unsigned int flags, const char *to)
{
	segment(p, flags, 1000, 2000, "");
	p->f->ip.daddr = inet_addr(to);
	seal(p->f);
	seal_segment(p->f);
	return transmit(p->w, p->f);
}

/* Whether the listing has one, at port 7000. */
static bool is_half_open(struct peer *p)
{
	return !run("grep -q ':1B58 .* 03 ' /proc/net/%s",
		    p->family == AF_KITE ? "kite/tcp" : "tcp");
}

TCP_TEST(a_SYN_to_many_opens_nothing)
{
	int listener = socket(p->family, SOCK_STREAM, 0);
	unsigned int i;

	ASSERT_EQ(0, set_int(listener, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind_to(listener, p->family, "0.0.0.0", HOST_PORT));
	ASSERT_EQ(0, listen(listener, 10));
	for (i = 0; i < N_MANY; i++) {
		p->port++;
		ASSERT_EQ(0, tell_many(p, SYN, many[i]));
		silence(_metadata, p);
	}
	EXPECT_FALSE(is_half_open(p));
	counted(_metadata, p, "TcpExt.InBadState", 3);
	counted(_metadata, p, "Ip.OutNoRoutes", 0);
}

TCP_TEST(a_segment_to_many_gets_no_reset)
{
	unsigned int i;

	for (i = 0; i < N_MANY; i++) {
		ASSERT_EQ(0, tell_many(p, SYN, many[i]));
		ASSERT_EQ(0, tell_many(p, ACK, many[i]));
	}
	silence(_metadata, p);
	counted(_metadata, p, "Tcp.OutRsts", 0);
	counted(_metadata, p, "Tcp.OutSegs", 0);
}

/* --- LISTEN ---------------------------------------------------------------- */

TCP_TEST(a_listener_answers_a_SYN)
{
	static const unsigned char mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff };

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(1001, ntohl(tcp_of(p->f)->ack_seq));
	/* Nothing is offered that the SYN did not: its own MSS only. */
	EXPECT_EQ(24, header_len(p->f));
	EXPECT_EQ(0, memcmp(tcp_of(p->f) + 1, mss, sizeof(mss)));
}

TCP_TEST(a_SYN_again_is_answered_the_same)
{
	uint32_t isn;

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	expect_again(_metadata, p, SYN | ACK, isn, 1001);
}

/* The number that a connection from our port would begin with; it does not come to one. */
static uint32_t number_of(struct __test_metadata *_metadata, struct peer *p)
{
	uint32_t isn;

	EXPECT_EQ(0, tell(p, SYN, OUR_ISN, 0, ""));
	EXPECT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	isn = ntohl(tcp_of(p->f)->seq);
	EXPECT_EQ(0, tell(p, RST, OUR_ISN + 1, 0, ""));
	return isn;
}

/* A clock alone counts to less than 2^28 in sixteen seconds. */
TCP_TEST(the_number_of_one_connection_tells_nothing_of_the_next)
{
	uint32_t last, now;
	int i, far = 0;

	ASSERT_LE(0, host_listens(p, 8));
	last = number_of(_metadata, p);
	for (i = 0; i < 32; i++) {
		p->port++;
		now = number_of(_metadata, p);
		far += now - last >= 1 << 28;
		last = now;
	}
	/* Thirty in the mean. */
	EXPECT_LE(16, far);
}

/* So that segments of the one are none of the other, RFC 6528. */
TCP_TEST(numbers_of_the_same_two_ports_grow)
{
	uint32_t last, now;
	int i;

	ASSERT_LE(0, host_listens(p, 8));
	last = number_of(_metadata, p);
	for (i = 0; i < 8; i++) {
		now = number_of(_metadata, p);
		EXPECT_LT(0, (int32_t)(now - last));
		last = now;
	}
}

TCP_TEST(a_SYN_ACK_that_got_lost_comes_again)
{
	uint32_t isn;

	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	isn = ntohl(tcp_of(p->f)->seq);
	expect_again(_metadata, p, SYN | ACK, isn, 1001);
}

/* tcp_synack_retries 0: it is said once. */
TCP_TEST(a_SYN_ACK_need_not_come_again)
{
	int ms;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "0"));
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_TRUE(is_half_open(p));
	for (ms = 0; is_half_open(p) && ms < SOON; ms += 50)
		usleep(50000);
	EXPECT_FALSE(is_half_open(p));
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack, ""));
	ASSERT_EQ(0, hear_any(p));
	expect_segment(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(data_on_a_SYN_is_not_taken_yet)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, "early"));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(1001, ntohl(tcp_of(p->f)->ack_seq));
}

TCP_TEST(options_that_are_cut_short_do_no_harm)
{
	static const unsigned char odd[][4] = {
		{ 2, 4, 5, 0 },		/* an MSS is two octets, here one is 0 */
		{ 2, 40, 1, 1 },	/* longer than the header */
		{ 3, 0, 1, 1 },		/* no length */
		{ 1, 1, 1, 3 },		/* ends behind the kind */
		{ 99, 4, 1, 1 },	/* unknown */
		{ 0, 3, 3, 7 },		/* behind the end */
	};
	unsigned int i;

	ASSERT_LE(0, host_listens(p, 10));
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		p->port++;
		segment(p, SYN, 1000, 0, "");
		add_tcp_options(p->f, odd[i], 4);
		ASSERT_EQ(0, transmit(p->w, p->f));
		ASSERT_EQ(0, hear(p));
		EXPECT_EQ(SYN | ACK, flags_of(p->f));
		EXPECT_EQ(24, header_len(p->f));
	}
}

TCP_TEST(window_scaling_is_agreed_upon)
{
	static const unsigned char scale[] = { 1, 3, 3, 7 };

	ASSERT_LE(0, host_listens(p, 1));
	segment(p, SYN, 1000, 0, "");
	add_tcp_options(p->f, scale, 4);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(28, header_len(p->f));
	EXPECT_EQ(0, memcmp((char *)(tcp_of(p->f) + 1) + 4, scale, 3));
}

TCP_TEST(a_listener_resets_an_ACK)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, ACK, 1000, 2000, ""));
	expect(_metadata, p, RST, 2000, 0);
	ASSERT_EQ(0, tell(p, SYN | ACK, 1000, 2000, ""));
	expect(_metadata, p, RST, 2000, 0);
	ASSERT_EQ(0, tell(p, FIN | ACK, 1000, 2000, ""));
	expect(_metadata, p, RST, 2000, 0);
}

TCP_TEST(a_listener_says_nothing_to_the_rest)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, RST, 1000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, 0, 1000, 0, "data"));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, FIN, 1000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, SYN | FIN, 1000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, SYN | RST, 1000, 0, ""));
	silence(_metadata, p);
}

/* --- half-open ------------------------------------------------------------- */

TCP_TEST(an_ACK_of_something_else_is_reset)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack + 1, ""));
	expect(_metadata, p, RST, p->ack + 1, 0);
	/* The right one still counts. */
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack, ""));
	silence(_metadata, p);
}

TCP_TEST(a_RST_ends_a_half_open_connection)
{
	ASSERT_LE(0, host_listens(p, 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, RST, 1001, 0, ""));
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(a_RST_elsewhere_does_not)
{
	int listener = host_listens(p, 1);

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, RST, 1000 - 5000, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
}

TCP_TEST(data_and_FIN_on_the_last_ACK_of_the_handshake)
{
	int listener = host_listens(p, 1), fd;
	char buf[16];

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, ACK | FIN, 1001, p->ack, "hello"));
	expect(_metadata, p, ACK, p->ack, 1007);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(5, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

TCP_TEST(closing_a_listener_forgets_half_open_connections)
{
	int listener = host_listens(p, 1);

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	close(listener);
	ASSERT_EQ(0, tell(p, ACK, 1001, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

/* Whether a half-open connection is still there after an ICMP error about its SYN-ACK. */
static bool outlives(struct __test_metadata *_metadata, struct peer *p, int listener,
		     int type, int code)
{
	static struct frame synack;
	bool lives;

	p->port++;
	EXPECT_EQ(0, tell(p, SYN, 1000, 0, ""));
	EXPECT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	synack = *p->f;
	EXPECT_EQ(0, complain_of(p, &synack, type, code, 0, 0));
	EXPECT_EQ(0, tell(p, ACK, 1001, p->ack, "hello"));
	EXPECT_EQ(0, hear(p));
	lives = !(flags_of(p->f) & RST);
	if (lives)
		close(accepted(_metadata, listener));
	return lives;
}

TCP_TEST(an_ICMP_error_that_says_there_is_no_way_ends_a_half_open_connection)
{
	int listener = host_listens(p, 10);

	ASSERT_LE(0, listener);
	EXPECT_FALSE(outlives(_metadata, p, listener, ICMP_DEST_UNREACH, ICMP_NET_UNREACH));
	EXPECT_FALSE(outlives(_metadata, p, listener, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH));
	EXPECT_FALSE(outlives(_metadata, p, listener, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL));
	EXPECT_FALSE(outlives(_metadata, p, listener, ICMP_PARAMETERPROB, 0));
}

/* Others do not, which anybody might send. */
TCP_TEST(another_ICMP_error_does_not)
{
	int listener = host_listens(p, 10), code;

	ASSERT_LE(0, listener);
	EXPECT_TRUE(outlives(_metadata, p, listener, ICMP_SOURCE_QUENCH, 0));
	for (code = ICMP_PROT_UNREACH; code <= NR_ICMP_UNREACH; code++) {
		EXPECT_TRUE(outlives(_metadata, p, listener, ICMP_DEST_UNREACH, code)) {
			TH_LOG("code %d ends it", code);
		}
	}
}

TCP_TEST(a_full_accept_queue_takes_no_SYN)
{
	int listener = host_listens(p, 0), fd;

	ASSERT_LE(0, listener);
	shake_hands(_metadata, p);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	p->port++;
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.ListenOverflows", 1);
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
}

/* --- SYN_SENT -------------------------------------------------------------- */

TCP_TEST(a_RST_refuses_a_connection)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell(p, RST | ACK, 0, p->ack, ""));
	EXPECT_EQ(POLLIN | POLLOUT | POLLERR | POLLHUP,
		  wait_for(fd, POLLIN | POLLOUT));
	EXPECT_EQ(ECONNREFUSED, so_error(fd));
}

TCP_TEST(a_RST_of_something_else_does_not)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell(p, RST, OUR_ISN, 0, ""));
	silence(_metadata, p);
	ASSERT_EQ(0, tell(p, RST | ACK, OUR_ISN, p->ack + 1, ""));
	silence(_metadata, p);
	EXPECT_EQ(0, polled(fd, POLLIN));
}

TCP_TEST(a_SYN_ACK_of_something_else_is_reset)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell(p, SYN | ACK, OUR_ISN, p->ack + 1, ""));
	expect(_metadata, p, RST, p->ack + 1, 0);
	ASSERT_EQ(0, tell(p, SYN | ACK, OUR_ISN, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, OUR_ISN + 1);
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
}

/*
 * The peer still has an old connection: it challenges our SYN (RFC 5961 4), and believes
 * the RST that it gets. So the SYN may come again at once, long before the second is over
 * that it would take otherwise. A machine that stands still meanwhile gets other chances.
 */
TCP_TEST(a_SYN_comes_again_soon_after_a_peer_was_told_that_it_is_late)
{
	double told, waited = SOON;
	int i, fd;

	for (i = 0; i < 10 && waited > 0.5; i++) {
		p->port++;
		fd = host_connects(_metadata, p);
		told = seconds();
		ASSERT_EQ(0, tell(p, ACK, 5000, p->ack - 1000, ""));
		expect(_metadata, p, RST, p->ack - 1000, 0);
		expect_again(_metadata, p, SYN, p->ack - 1, 0);
		waited = seconds() - told;
		close(fd);
	}
	EXPECT_GE(0.5, waited);
}

TCP_TEST(a_SYN_that_got_lost_comes_again)
{
	host_connects(_metadata, p);
	expect_again(_metadata, p, SYN, p->ack - 1, 0);
}

/* Timeouts of the host's connection so far. */
static unsigned int timeouts(struct peer *p)
{
	FILE *file = fopen(p->family == AF_KITE ? "/proc/net/kite/tcp" : "/proc/net/tcp", "r");
	unsigned int remote, n, found = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: %*x:%*x %*x:%x %*x %*x:%*x %*x:%*x %x", &remote, &n) == 2 &&
		    remote == p->port)
			found = n;
	if (file)
		fclose(file);
	return found;
}

TCP_TEST(who_connects_forgets_that_there_was_no_way)
{
	static const char route[] = "10.0.0.0/24 dev v0 proto kernel scope link src " HOST;
	int fd = host_connects(_metadata, p), ms;

	undo("ip route replace %s", route);
	ASSERT_EQ(0, run("ip route del %s", route));
	for (ms = 0; !timeouts(p) && ms < SOON; ms += 20)
		usleep(20000);
	ASSERT_LE(1, timeouts(p));
	ASSERT_EQ(0, run("ip route add %s", route));
	ASSERT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, so_error(fd));
	close(fd);
}

TCP_TEST(both_may_open_at_once)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell(p, SYN, OUR_ISN, 0, ""));
	expect(_metadata, p, SYN | ACK, p->ack - 1, OUR_ISN + 1);
	ASSERT_EQ(0, tell(p, ACK, OUR_ISN + 1, p->ack, ""));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, so_error(fd));
	/* It carries data. */
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, OUR_ISN + 1);
	EXPECT_EQ(2, data_len(p->f));
}

TCP_TEST(who_opens_at_once_remembers_the_window_of_the_SYN)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	expect(_metadata, p, SYN | ACK, p->ack - 1, p->seq);
	segment(p, ACK, p->seq, p->ack, "");
	tcp_of(p->f)->window = htons(600);
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	/* Not half of the window that is offered now. */
	EXPECT_EQ(536, get_int(fd, SOL_TCP, TCP_MAXSEG));
}

/* It is the one who connects, also when both do, and TCP_SYNCNT is his. */
TCP_TEST(who_opens_at_once_gives_up_as_who_connects)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "0"));
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	ASSERT_EQ(0, tell(p, SYN, OUR_ISN, 0, ""));
	expect(_metadata, p, SYN | ACK, p->ack - 1, OUR_ISN + 1);
	expect_again(_metadata, p, SYN | ACK, p->ack - 1, OUR_ISN + 1);
	EXPECT_TRUE(wait_for(fd, POLLIN) & POLLERR);
	EXPECT_EQ(ETIMEDOUT, so_error(fd));
}

TCP_TEST(an_ICMP_error_refuses_a_connection)
{
	static struct frame syn;
	int fd = host_connects(_metadata, p);

	syn = *p->f;
	/* Not one that does not quote the SYN. */
	ASSERT_EQ(0, complain(p, &syn, ICMP_PORT_UNREACH, 0, 1000));
	silence(_metadata, p);
	EXPECT_EQ(0, polled(fd, POLLIN));
	ASSERT_EQ(0, complain(p, &syn, ICMP_PORT_UNREACH, 0, 0));
	wait_for(fd, POLLIN);
	EXPECT_EQ(ECONNREFUSED, so_error(fd));
}

TEST_HARNESS_MAIN
