// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: a flood of SYNs fills the queue of half-open connections, and honest
 * clients get in nevertheless. Linux's own TCP must answer the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

#include <linux/filter.h>
#include <time.h>

FIXTURE_ON_A_WIRE(tcp)

#define BACKLOG	4

/* From as many ports as there are SYNs, none of them ours; nobody ever answers. */
static int flood(struct peer *p, int n)
{
	uint16_t ours = p->port;
	int i, err = 0;

	for (i = 1; i <= n; i++) {
		p->port = ours + i;
		err |= tell(p, SYN, 1000 * i, 0, "");
	}
	p->port = ours;
	return err;
}

/* A SYN with an MSS, and maybe more options; the host answers it. */
static void syn_with(struct __test_metadata *_metadata, struct peer *p, uint16_t mss,
		     const char *more, size_t more_len)
{
	unsigned char options[40] = { 2, 4, mss >> 8, mss & 0xff };

	memcpy(options + 4, more, more_len);
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "");
	add_tcp_options(p->f, options, 4 + more_len);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	ASSERT_EQ(p->seq, ntohl(tcp_of(p->f)->ack_seq));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

/* Always cookies, however many half-open connections there are. */
static int always(struct __test_metadata *_metadata, struct peer *p)
{
	int listener;

	EXPECT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "2"));
	listener = host_listens(p, BACKLOG);
	EXPECT_LE(0, listener);
	return listener;
}

TCP_TEST(an_honest_client_gets_in_while_a_flood_goes_on)
{
	static const char scale[] = { 1, 3, 3, 7 };
	int listener, fd;
	char buf[16];

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	listener = host_listens(p, BACKLOG);
	ASSERT_LE(0, listener);
	ASSERT_EQ(0, flood(p, 100));
	syn_with(_metadata, p, 1460, scale, sizeof(scale));
	/* A cookie has no room for the scale of the window. */
	EXPECT_EQ(24, header_len(p->f));
	ASSERT_EQ(0, flood(p, 100));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "hello"));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(5, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_EQ(2, data_len(p->f));
	/* The first ones are half-open, and are so when they come again. */
	counted(_metadata, p, "TcpExt.SyncookiesSent", 201 - 2 * (BACKLOG + 1));
	counted(_metadata, p, "TcpExt.TCPReqQFullDoCookies",
		201 - 2 * (BACKLOG + 1));
	counted(_metadata, p, "TcpExt.SyncookiesRecv", 1);
	counted(_metadata, p, "TcpExt.ListenDrops", 0);
}

TCP_TEST(until_the_queue_is_full_there_are_no_cookies)
{
	static const char scale[] = { 1, 3, 3, 7 };

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	ASSERT_LE(0, host_listens(p, BACKLOG));
	ASSERT_EQ(0, flood(p, BACKLOG));
	syn_with(_metadata, p, 1460, scale, sizeof(scale));
	EXPECT_EQ(28, header_len(p->f));
	counted(_metadata, p, "TcpExt.SyncookiesSent", 0);
}

TCP_TEST(without_cookies_a_full_queue_takes_no_SYN)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "0"));
	ASSERT_LE(0, host_listens(p, BACKLOG));
	ASSERT_EQ(0, flood(p, BACKLOG + 1));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	silence(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPReqQFullDrop", 1);
	counted(_metadata, p, "TcpExt.ListenDrops", 1);
	counted(_metadata, p, "TcpExt.SyncookiesSent", 0);
}

TCP_TEST(without_cookies_a_quarter_of_tcp_max_syn_backlog_stays_free)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_max_syn_backlog", "8"));
	ASSERT_LE(0, host_listens(p, 100));
	/* 8 - 6 is a quarter yet, 8 - 7 is less. */
	ASSERT_EQ(0, flood(p, 6));
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	p->port--;
	ASSERT_EQ(0, tell(p, SYN, 1000, 0, ""));
	silence(_metadata, p);
}

/* As after a flood: who stays silent must not keep out who comes. */
TCP_TEST(without_cookies_who_does_not_answer_is_soon_given_up)
{
	int tries;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "0"));
	ASSERT_LE(0, host_listens(p, BACKLOG));
	ASSERT_EQ(0, flood(p, BACKLOG + 1));
	/* A minute it would be, were there room. */
	for (tries = 0; tries < 80; tries++) {
		ASSERT_EQ(0, tell(p, SYN, OUR_ISN, 0, ""));
		while (!receive(p->w, p->f, 250))
			if (is_ours(p))
				goto answered;
	}
	ASSERT_TRUE(false) {
		TH_LOG("the queue is still full");
	}
answered:
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
}

/* The kernel's log from now on. */
static int log_from_now(struct __test_metadata *_metadata)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	EXPECT_LE(0, kmsg);
	EXPECT_EQ(0, lseek(kmsg, 0, SEEK_END));
	return kmsg;
}

/* How many more lines tell of a flood. */
static int told(int kmsg)
{
	char line[1024];
	int lines = 0;
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n > 0 ? n : 0] = 0;
		lines += !!strstr(line, "ossible SYN flooding");
	}
	return lines;
}

/* More than the queue of half-open connections holds; the host has seen all of it. */
static void flood_the_queue(struct __test_metadata *_metadata, struct peer *p)
{
	struct peer ours = *p;

	ASSERT_EQ(0, flood(p, BACKLOG + 3));
	silence(_metadata, &ours);
}

TCP_TEST(the_log_tells_of_a_flood_once_for_each_listen)
{
	int kmsg = log_from_now(_metadata), i, listener;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	/* Nobody else's lines count. */
	ASSERT_EQ(0, set_machine_sysctl("core/message_cost", "0"));
	for (i = 0; i < 3; i++) {
		listener = host_listens(p, BACKLOG);
		ASSERT_LE(0, listener);
		flood_the_queue(_metadata, p);
		EXPECT_EQ(1, told(kmsg));
		flood_the_queue(_metadata, p);
		EXPECT_EQ(0, told(kmsg));
		close(listener);
	}
	close(kmsg);
}

TCP_TEST(however_many_are_flooded_the_log_has_few_lines_of_it)
{
	int kmsg = log_from_now(_metadata), i, listener, lines;
	double begin = seconds();

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	ASSERT_EQ(0, set_machine_sysctl("core/message_cost", "5"));
	ASSERT_EQ(0, set_machine_sysctl("core/message_burst", "10"));
	for (i = 0; i < 60; i++) {
		listener = host_listens(p, BACKLOG);
		ASSERT_LE(0, listener);
		flood_the_queue(_metadata, p);
		close(listener);
	}
	lines = told(kmsg);
	EXPECT_LT(0, lines);
	EXPECT_GE(10 * (2 + (seconds() - begin) / 5), lines);
	close(kmsg);
}

TCP_TEST(the_wrong_cookie_is_reset)
{
	int listener = always(_metadata, p);

	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 1000, ""));
	expect(_metadata, p, RST, p->ack + 1000, 0);
	/* It is for this connection, and no other. */
	ASSERT_EQ(0, tell(p, ACK, p->seq + 1000, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
	p->port++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
	p->port--;
	EXPECT_EQ(0, polled(listener, POLLIN));
	counted(_metadata, p, "TcpExt.SyncookiesFailed", 3);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	accepted(_metadata, listener);
}

TCP_TEST(each_bit_of_a_cookie_counts_but_those_of_the_MSS)
{
	int i;

	always(_metadata, p);
	syn_with(_metadata, p, 1460, "", 0);
	/* Linux has the MSS at the one end, KITE at the other. */
	for (i = 4; i < 24; i++) {
		uint32_t other = ((p->ack - 1) ^ 1U << i) + 1;

		ASSERT_EQ(0, tell(p, ACK, p->seq, other, ""));
		expect(_metadata, p, RST, other, 0);
	}
}

TCP_TEST(an_old_cookie_is_reset)
{
	struct timespec now, later;
	int err, heard;

	/* Linux's own do not age by a clock that can be set. */
	if (p->family != AF_KITE)
		return;
	always(_metadata, p);
	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	later = now;
	later.tv_sec += 120;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &later));
	err = tell(p, ACK, p->seq, p->ack, "");
	heard = hear(p);
	clock_settime(CLOCK_REALTIME, &now);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, heard);
	EXPECT_EQ(RST, flags_of(p->f));
	EXPECT_EQ(p->ack, ntohl(tcp_of(p->f)->seq));
	counted(_metadata, p, "TcpExt.SyncookiesFailed", 1);
}

TCP_TEST(a_cookie_is_good_for_a_minute)
{
	struct timespec now, later;
	int listener, err;
	short events;

	if (p->family != AF_KITE)
		return;
	listener = always(_metadata, p);
	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	later = now;
	later.tv_sec += 59;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &later));
	err = tell(p, ACK, p->seq, p->ack, "");
	events = wait_for(listener, POLLIN);
	clock_settime(CLOCK_REALTIME, &now);
	EXPECT_EQ(0, err);
	EXPECT_EQ(POLLIN, events);
}

TCP_TEST(who_was_sent_no_cookie_brings_none_back)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	ASSERT_LE(0, host_listens(p, BACKLOG));
	ASSERT_EQ(0, tell(p, ACK, 1000, 2000, ""));
	expect(_metadata, p, RST, 2000, 0);
	counted(_metadata, p, "TcpExt.SyncookiesFailed", 0);
}

TCP_TEST(cookies_that_are_no_longer_wanted_are_reset)
{
	always(_metadata, p);
	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "0"));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

TCP_TEST(a_cookie_remembers_the_MSS)
{
	static const uint16_t mss[] = { 536, 1300, 1440, 1460 };
	int listener = always(_metadata, p), fd;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		p->port++;
		/* One more than what it remembers, but for the largest. */
		syn_with(_metadata, p, mss[i] + (i < 3), "", 0);
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
		fd = accepted(_metadata, listener);
		EXPECT_EQ(mss[i], get_int(fd, SOL_TCP, TCP_MAXSEG));
		close(fd);
		expect(_metadata, p, RST | ACK, p->ack, p->seq);
	}
}

/* With a timestamp of TSVAL, and a window that is scaled by 7. */
static const unsigned char scale_and_time[] = {
	OPT_NOP, OPT_WSCALE, 3, 7,
	OPT_NOP, OPT_NOP, OPT_TS, 10, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0,
};

TCP_TEST(a_cookie_with_a_timestamp_remembers_the_scale_of_the_window)
{
	int listener = always(_metadata, p), fd;
	struct tcp_info info;
	uint32_t tsval;

	syn_with(_metadata, p, 1460, (char *)scale_and_time,
		 sizeof(scale_and_time));
	ASSERT_NE(NULL, option_of(p->f, OPT_WSCALE));
	tsval = tsval_of(p->f);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL + 1, tsval));
	fd = accepted(_metadata, listener);
	info = info_of(fd);
	EXPECT_EQ(TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS,
		  info.tcpi_options & (TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS));
	EXPECT_EQ(7, (int)info.tcpi_snd_wscale);
	EXPECT_EQ(1460 - 12, get_int(fd, SOL_TCP, TCP_MAXSEG));
	/* Time goes on from there. */
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(0, (int32_t)(tsval_of(p->f) - tsval));
	EXPECT_EQ(TSVAL + 1, tsecr_of(p->f));
}

static void sack_with_a_cookie(struct __test_metadata *_metadata, struct peer *p,
			       unsigned char kind, unsigned int option)
{
	unsigned char options[] = { kind, kind == OPT_NOP ? OPT_NOP : 2, OPT_TS, 10,
				    0xff, 0xff, 0xff, 0, 0, 0, 0, 0 };
	int listener = always(_metadata, p), fd;

	syn_with(_metadata, p, 1460, (char *)options, sizeof(options));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(option, info_of(fd).tcpi_options & TCPI_OPT_SACK);
}

TCP_TEST(a_cookie_with_a_timestamp_remembers_selective_acknowledgments)
{
	sack_with_a_cookie(_metadata, p, OPT_SACK_OK, TCPI_OPT_SACK);
}

TCP_TEST(a_cookie_remembers_that_there_are_none)
{
	sack_with_a_cookie(_metadata, p, OPT_NOP, 0);
}

TCP_TEST(a_cookie_remembers_that_there_is_no_scale)
{
	int listener = always(_metadata, p), fd;

	syn_with(_metadata, p, 1460, (char *)scale_and_time + 4,
		 sizeof(scale_and_time) - 4);
	EXPECT_EQ(NULL, option_of(p->f, OPT_WSCALE));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(TCPI_OPT_TIMESTAMPS, info_of(fd).tcpi_options &
		  (TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS));
}

TCP_TEST(a_timestamp_that_does_not_come_back_takes_the_scale_along)
{
	int listener = always(_metadata, p), fd;

	syn_with(_metadata, p, 1460, (char *)scale_and_time,
		 sizeof(scale_and_time));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(0, info_of(fd).tcpi_options &
		  (TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS));
}

TCP_TEST(a_cookie_of_what_is_no_longer_wanted_is_reset)
{
	int listener = always(_metadata, p);

	syn_with(_metadata, p, 1460, (char *)scale_and_time,
		 sizeof(scale_and_time));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_window_scaling", "0"));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	expect(_metadata, p, RST, p->ack, 0);
	EXPECT_EQ(0, polled(listener, POLLIN));
	counted(_metadata, p, "TcpExt.SyncookiesFailed", 1);
}

TCP_TEST(a_FIN_may_come_with_the_cookie)
{
	int listener = always(_metadata, p), fd;
	char buf[16];

	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, tell(p, ACK | FIN, p->seq, p->ack, "bye"));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	fd = accepted(_metadata, listener);
	EXPECT_EQ(3, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, recv_soon(fd, buf, sizeof(buf)));
}

TCP_TEST(a_cookie_that_comes_again_belongs_to_its_connection)
{
	int listener = always(_metadata, p);

	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	accepted(_metadata, listener);
	EXPECT_EQ(0, polled(listener, POLLIN));
}

/* Of a SYN that comes twice, while the queue is full and when there is room again. */
TCP_TEST(a_cookie_counts_though_a_copy_of_its_SYN_is_remembered)
{
	int listener = always(_metadata, p);
	uint32_t cookie;

	syn_with(_metadata, p, 1460, "", 0);
	cookie = p->ack;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "1"));
	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_NE(cookie, p->ack);
	ASSERT_EQ(0, tell(p, ACK, p->seq, cookie, ""));
	silence(_metadata, p);
	/* Linux's own drops it, and the client's data after it. */
	if (p->family == AF_KITE)
		accepted(_metadata, listener);
}

static int member(struct peer *p)
{
	int fd = socket(p->family, SOCK_STREAM, 0);

	return set_reuseport(fd, p->family) ||
	       bind_to(fd, p->family, HOST, HOST_PORT) || listen(fd, BACKLOG) ? -1 : fd;
}

TCP_TEST(a_cookie_of_one_member_of_a_group_is_good_for_another)
{
	int i;

	EXPECT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "2"));
	/* The SYN goes to either: each time the same one closes. */
	for (i = 0; i < 10; i++) {
		int one = member(p), other = member(p);

		ASSERT_LE(0, one);
		ASSERT_LE(0, other);
		p->port++;
		syn_with(_metadata, p, 1460, "", 0);
		close(one);
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
		close(accepted(_metadata, other));
		expect(_metadata, p, RST | ACK, p->ack, p->seq);
		close(other);
	}
}

TCP_TEST(a_full_accept_queue_takes_no_cookie)
{
	int listener, fd;
	uint32_t ack;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", "2"));
	listener = host_listens(p, 0);
	ASSERT_LE(0, listener);
	syn_with(_metadata, p, 1460, "", 0);
	ack = p->ack;
	p->port++;
	shake_hands(_metadata, p);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	p->port--;
	ASSERT_EQ(0, tell(p, ACK, p->seq, ack, ""));
	silence(_metadata, p);
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, polled(listener, POLLIN));
}

/* A listener's filter sees what completes a handshake, and its child has it, too. */
static void cut_off(struct __test_metadata *_metadata, struct peer *p, int listener)
{
	/* The header and three octets. */
	struct sock_filter code[] = { { 0x06, 0, 0, 23 } };
	struct sock_fprog prog = { .len = 1, .filter = code };
	char buf[16];
	int fd;

	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				sizeof(prog)));
	syn_with(_metadata, p, 1460, "", 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "first"));
	expect(_metadata, p, ACK, p->ack, p->seq + 3);
	fd = accepted(_metadata, listener);
	EXPECT_EQ(3, recv_soon(fd, buf, sizeof(buf)));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 3, p->ack, "second"));
	EXPECT_EQ(3, recv_soon(fd, buf, sizeof(buf)));
	expect(_metadata, p, ACK, p->ack, p->seq + 6);
	EXPECT_EQ(0, memcmp(buf, "sec", 3));
}

TCP_TEST(a_filter_that_cuts_data_off_leaves_the_rest)
{
	cut_off(_metadata, p, always(_metadata, p));
}

TCP_TEST(so_it_does_without_a_cookie)
{
	cut_off(_metadata, p, host_listens(p, BACKLOG));
}

TEST_HARNESS_MAIN
