// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgments, RFC 2018, 2883 and 6675: what the host reports, and what it
 * makes of what it is told. Linux's own TCP must do the same.
 * time limit: 300 s
 */
#include "tcp_reports.h"
#include "test_module.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>

FIXTURE_ON_A_WIRE(tcp)

/* --- what is offered -------------------------------------------------------- */

TCP_TEST(a_SYN_offers_it_as_tcp_sack_says)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_sack", "1"));
	close(host_connects(_metadata, p));
	EXPECT_NE(NULL, option_of(p->f, OPT_SACK_OK));
	p->port++;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_timestamps", "0"));
	close(host_connects(_metadata, p));
	EXPECT_NE(NULL, option_of(p->f, OPT_SACK_OK));
	p->port++;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_sack", "0"));
	close(host_connects(_metadata, p));
	EXPECT_EQ(NULL, option_of(p->f, OPT_SACK_OK));
}

TCP_TEST(a_SYN_ACK_agrees_to_what_was_offered)
{
	ASSERT_LE(0, host_listens(p, 4));
	ask(_metadata, p, sack_ok, sizeof(sack_ok));
	EXPECT_NE(NULL, option_of(p->f, OPT_SACK_OK));
	p->port++;
	ask(_metadata, p, sack_ok_and_time, sizeof(sack_ok_and_time));
	EXPECT_NE(NULL, option_of(p->f, OPT_SACK_OK));
	EXPECT_NE(NULL, option_of(p->f, OPT_TS));
	p->port++;
	ask(_metadata, p, "\1\1\1\0", 4);
	EXPECT_EQ(NULL, option_of(p->f, OPT_SACK_OK));
	p->port++;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_sack", "0"));
	ask(_metadata, p, sack_ok, sizeof(sack_ok));
	EXPECT_EQ(NULL, option_of(p->f, OPT_SACK_OK));
}

TCP_TEST(TCP_INFO_knows)
{
	int fd = sack_connection(_metadata, p);

	EXPECT_EQ(TCPI_OPT_SACK, info_of(fd).tcpi_options & TCPI_OPT_SACK);
	close(fd);
	expect(_metadata, p, RST | ACK, p->ack, p->seq);
	p->port++;
	fd = connection(_metadata, p);
	EXPECT_EQ(0, info_of(fd).tcpi_options & TCPI_OPT_SACK);
}

/* --- what the host reports -------------------------------------------------- */

/* We send ten octets that begin so far beyond what is due; the host answers. */
static void send_beyond(struct __test_metadata *_metadata, struct peer *p, int offset)
{
	ASSERT_EQ(0, tell(p, ACK, p->seq + offset, p->ack, "0123456789"));
	ASSERT_EQ(0, hear(p));
}

/* The host's last acknowledgment reports these, as pairs of offsets. */
static void reports(struct __test_metadata *_metadata, struct peer *p, int n,
		    const int *pairs)
{
	const unsigned char *sack = option_of(p->f, OPT_SACK);
	int i;

	EXPECT_EQ(p->seq, ntohl(tcp_of(p->f)->ack_seq));
	if (!n) {
		EXPECT_EQ(NULL, sack);
		return;
	}
	ASSERT_NE(NULL, sack);
	ASSERT_EQ(2 + 8 * n, sack[1]);
	for (i = 0; i < 2 * n; i++) {
		EXPECT_EQ(pairs[i], (int32_t)(get32(sack + 2 + 4 * i) - p->seq)) {
			TH_LOG("edge %d of %d blocks", i, n);
		}
	}
}

#define REPORTS(n, ...)							\
	reports(_metadata, p, n, (const int []){ __VA_ARGS__ })

TCP_TEST(the_latest_block_comes_first)
{
	sack_connection(_metadata, p);
	send_beyond(_metadata, p, 100);
	REPORTS(1, 100, 110);
	send_beyond(_metadata, p, 200);
	REPORTS(2, 200, 210, 100, 110);
	send_beyond(_metadata, p, 50);
	REPORTS(3, 50, 60, 200, 210, 100, 110);
	send_beyond(_metadata, p, 110);
	REPORTS(3, 100, 120, 50, 60, 200, 210);
}

TCP_TEST(a_segment_joins_the_blocks_on_both_sides)
{
	sack_connection(_metadata, p);
	send_beyond(_metadata, p, 20);
	send_beyond(_metadata, p, 40);
	send_beyond(_metadata, p, 60);
	send_beyond(_metadata, p, 30);
	REPORTS(2, 20, 50, 60, 70);
}

TCP_TEST(four_blocks_are_the_most)
{
	int i;

	sack_connection(_metadata, p);
	for (i = 1; i <= 6; i++)
		send_beyond(_metadata, p, 100 * i);
	REPORTS(4, 600, 610, 500, 510, 400, 410, 300, 310);
}

TCP_TEST(three_blocks_are_the_most_beside_a_timestamp)
{
	int i;

	ASSERT_LE(0, host_listens(p, 1));
	ask(_metadata, p, sack_ok_and_time, sizeof(sack_ok_and_time));
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", TSVAL, tsval_of(p->f)));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, tell_at(p, ACK, p->seq + 100 * i, p->ack,
				     "0123456789", TSVAL, 0));
		ASSERT_EQ(0, hear(p));
	}
	REPORTS(3, 500, 510, 400, 410, 300, 310);
	EXPECT_EQ(TSVAL, tsecr_of(p->f));
}

TCP_TEST(what_is_acknowledged_is_not_reported_any_more)
{
	sack_connection(_metadata, p);
	send_beyond(_metadata, p, 10);
	send_beyond(_metadata, p, 30);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456789"));
	p->seq += 20;
	ASSERT_EQ(0, hear(p));
	REPORTS(1, 10, 20);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456789"));
	p->seq += 20;
	ASSERT_EQ(0, hear(p));
	REPORTS(0, 0);
}

TCP_TEST(without_agreement_nothing_is_reported)
{
	connection(_metadata, p);
	send_beyond(_metadata, p, 100);
	REPORTS(0, 0);
}

TCP_TEST(what_comes_twice_is_reported_once)
{
	sack_connection(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456789"));
	p->seq += 10;
	ASSERT_EQ(0, hear(p));
	send_beyond(_metadata, p, -10);
	REPORTS(1, -10, 0);
	counted(_metadata, p, "TcpExt.TCPDSACKOldSent", 1);
	/* Beyond a gap, too, and then with the block that it lies in. */
	send_beyond(_metadata, p, 100);
	send_beyond(_metadata, p, 110);
	send_beyond(_metadata, p, 100);
	REPORTS(2, 100, 110, 100, 120);
	send_beyond(_metadata, p, 200);
	REPORTS(2, 200, 210, 100, 120);
	counted(_metadata, p, "TcpExt.TCPDSACKOfoSent", 1);
}

TCP_TEST(what_comes_twice_in_part_is_reported)
{
	sack_connection(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456789"));
	p->seq += 10;
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(0, tell(p, ACK, p->seq - 5, p->ack, "0123456789"));
	p->seq += 5;
	ASSERT_EQ(0, hear(p));
	REPORTS(1, -10, -5);
}

TCP_TEST(what_comes_twice_in_part_beyond_a_gap_is_reported)
{
	sack_connection(_metadata, p);
	send_beyond(_metadata, p, 105);
	send_beyond(_metadata, p, 100);
	REPORTS(2, 105, 110, 100, 115);
	send_beyond(_metadata, p, 110);
	REPORTS(2, 110, 115, 100, 120);
	/* The first of two gaps is what is told of. */
	ASSERT_EQ(0, tell(p, ACK, p->seq + 200, p->ack, "01"));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 204, p->ack, "45"));
	ASSERT_EQ(0, hear(p));
	send_beyond(_metadata, p, 199);
	REPORTS(3, 200, 202, 199, 209, 100, 120);
	counted(_metadata, p, "TcpExt.TCPDSACKOfoSent", 3);
}

TCP_TEST(what_was_here_and_comes_with_what_was_missing_is_reported)
{
	sack_connection(_metadata, p);
	send_beyond(_metadata, p, 5);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456"));
	ASSERT_EQ(0, hear(p));
	p->seq += 15;
	REPORTS(1, -10, -8);
}

TCP_TEST(without_tcp_dsack_what_comes_twice_is_not_reported)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_dsack", "0"));
	sack_connection(_metadata, p);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "0123456789"));
	p->seq += 10;
	ASSERT_EQ(0, hear(p));
	send_beyond(_metadata, p, -10);
	REPORTS(0, 0);
}

TCP_TEST(data_and_report_together_fit_into_the_MSS)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = sack_connection(_metadata, p);
	send_beyond(_metadata, p, 100);
	ASSERT_EQ(0, send_segments(fd, 2));
	ASSERT_EQ(0, hear(p));
	EXPECT_LT(0, data_len(p->f));
	EXPECT_GE(20 + MSS, header_len(p->f) + data_len(p->f));
}

/* --- what the host makes of reports ----------------------------------------- */

TCP_TEST(what_three_segments_have_overtaken_is_sent_again)
{
	sends(_metadata, p, 10);
	REPORT(0, 1, 1, 4);
	expect_resent(_metadata, p, 0);
	quiet(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 1);
}

TCP_TEST(only_what_is_missing_is_sent_again)
{
	sends(_metadata, p, 10);
	REPORT(0, 2, 3, 10, 1, 2);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 2);
	quiet(_metadata, p);
	/* The first has arrived; the other is under way yet. */
	REPORT(2, 1, 3, 10);
	quiet(_metadata, p);
}

/* Packets that left the host, and those among them that are said to have come in by a device. */
static int left(int *came_in)
{
	FILE *file = fopen("/proc/net/kite_hooktest", "r");
	char hook[32], in[64];
	int packets = 0;

	*came_in = 0;
	while (file && fscanf(file, "%31s %*s %63s %*s %*u", hook, in) == 2) {
		if (strcmp(hook, "POST_ROUTING"))
			continue;
		packets++;
		*came_in += !!strcmp(in, "-");
	}
	if (file)
		fclose(file);
	return packets;
}

TCP_TEST(what_is_sent_again_came_in_by_no_device)
{
	int came_in;

	/* AF_INET has no such hook. */
	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, run("modprobe kite_hooktest"));
	undo("rmmod kite_hooktest 2>/dev/null || true");
	sends(_metadata, p, 5);
	ASSERT_EQ(0, write_file("/proc/net/kite_hooktest", "clear"));
	REPORT(0, 1, 2, 5);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 1);
	/* Each is seen twice. */
	EXPECT_EQ(4, left(&came_in));
	EXPECT_EQ(0, came_in);
	EXPECT_EQ(0, module_unload("kite_hooktest"));
}

TCP_TEST(what_was_reported_makes_room_for_what_is_new)
{
	int fd;

	/* Linux does not count on what it does not believe to be lost. */
	if (p->family != AF_KITE)
		return;
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_recovery", "0"));
	fd = sends(_metadata, p, 10);
	ASSERT_EQ(0, send_segments(fd, 4));
	quiet(_metadata, p);
	REPORT(0, 1, 9, 10);
	expect(_metadata, p, ACK, p->ack + MSS * 10, p->seq);
}

TCP_TEST(repeated_acknowledgments_without_a_report_mean_nothing)
{
	int i;

	sends(_metadata, p, 10);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	quiet(_metadata, p);
}

TCP_TEST(reports_that_cannot_be_mean_nothing)
{
	sends(_metadata, p, 10);
	REPORT(0, 4, 11, 14, 8, 12, 5, 2, 3, 3);
	/* Nor can that of the octet that is waited for. */
	REPORT(0, 1, 0, 10);
	REPORT(0, 1, -100, 5);
	REPORT(0, 1, 1000000, 1000003);
	quiet(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPSACKDiscard", 7);
	REPORT(0, 1, 1, 4);
	expect_resent(_metadata, p, 0);
}

TCP_TEST(reports_in_an_acknowledgment_that_was_overtaken_count)
{
	sends(_metadata, p, 10);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 3 * MSS, ""));
	REPORT(1, 2, 2, 3, 4, 10);
	expect_resent(_metadata, p, 3);
	quiet(_metadata, p);
	/* What it reports that is acknowledged by now has not come twice. */
	counted(_metadata, p, "TcpExt.TCPDSACKRecv", 0);
	counted(_metadata, p, "TcpExt.TCPSACKDiscard", 0);
}

TCP_TEST(a_report_of_what_came_twice_is_counted)
{
	sends(_metadata, p, 3);
	REPORT(2, 1, 0, 1);
	quiet(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPDSACKRecv", 1);
	counted(_metadata, p, "TcpExt.TCPSACKDiscard", 0);
}

TCP_TEST(a_new_loss_is_found_while_the_first_is_repaired)
{
	int fd = sends(_metadata, p, 10), i;

	ASSERT_EQ(0, send_segments(fd, 10));
	REPORT(0, 1, 1, 10);
	expect_resent(_metadata, p, 0);
	/* Half of what arrived goes out anew. */
	for (i = 10; i < 14; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	REPORT(10, 1, 11, 14);
	expect_resent(_metadata, p, 10);
}

TCP_TEST(what_was_sent_again_is_not_when_the_next_repair_begins)
{
	int fd = sends(_metadata, p, 10), i;

	ASSERT_EQ(0, send_segments(fd, 5));
	REPORT(0, 1, 1, 9);
	expect_resent(_metadata, p, 0);
	for (i = 10; i < 15; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	REPORT(9, 1, 10, 11);
	expect_resent(_metadata, p, 9);
	/* One of the five is lost as well, which is seen before the last of the ten has come. */
	REPORT(9, 2, 12, 15, 10, 11);
	expect_resent(_metadata, p, 11);
	REPORT(11, 1, 12, 15);
	quiet(_metadata, p);
	/* It is another loss, and was one. */
	counted(_metadata, p, "TcpExt.TCPSackRecovery", 2);
}

TCP_TEST(after_a_timeout_only_what_is_missing_is_sent_again)
{
	int fd = sack_connection(_metadata, p), i;

	/* No probe comes before the timeout. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, send_segments(fd, 3));
	for (i = 0; i < 3; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	REPORT(0, 1, 2, 3);
	expect_resent(_metadata, p, 0);
	REPORT(1, 1, 2, 3);
	expect_resent(_metadata, p, 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS * 3, ""));
	quiet(_metadata, p);
}

/* Of ten segments that are acknowledged nine came before: the window opens by the tenth. */
TCP_TEST(after_a_timeout_what_was_reported_before_opens_no_window)
{
	int fd, i;

	ASSERT_EQ(0, host_waits("1s"));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 10));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	REPORT(0, 1, 1, 10);
	expect_resent(_metadata, p, 0);
	expect_resent(_metadata, p, 0);
	EXPECT_EQ(TCP_CA_Loss, info_of(fd).tcpi_ca_state);
	REPORT(10, 0, 0);
	silence(_metadata, p);
	EXPECT_EQ(0, info_of(fd).tcpi_unacked);
	EXPECT_GE(3, info_of(fd).tcpi_snd_cwnd);
}

TCP_TEST(a_peer_that_threw_away_what_it_reported_gets_it_again)
{
	int fd = sack_connection(_metadata, p), i;

	/* No probe comes before the timeout. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	ASSERT_EQ(0, send_segments(fd, 5));
	for (i = 0; i < 5; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	REPORT(0, 1, 1, 5);
	expect_resent(_metadata, p, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS, ""));
	expect_resent(_metadata, p, 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS * 2, ""));
	expect_resent(_metadata, p, 2);
	counted(_metadata, p, "TcpExt.TCPSACKReneging", 1);
}

TCP_TEST(whatever_is_reported_the_connection_goes_on)
{
	int fd = sends(_metadata, p, 10), i, j;
	unsigned int random = 1;

	for (i = 0; i < 500; i++) {
		unsigned char sack[36] = { OPT_NOP, OPT_NOP, OPT_SACK, 34 };

		for (j = 0; j < 8; j++) {
			random = random * 1103515245 + 12345;
			put32(sack + 4 + 4 * j, p->ack + random / 65536 %
			      (i & 1 ? MSS * 10 : MSS * 12) - (i & 2 ? MSS : 0));
		}
		segment(p, ACK, p->seq, p->ack, "");
		add_tcp_options(p->f, sack, sizeof(sack));
		ASSERT_EQ(0, transmit(p->w, p->f));
	}
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS * 10, ""));
	ASSERT_EQ(2, send(fd, "hi", 2, 0));
	expect(_metadata, p, ACK, p->ack + MSS * 10, p->seq);
	EXPECT_EQ(2, data_len(p->f));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS * 10 + 2, "hi"));
	expect(_metadata, p, ACK, p->ack + MSS * 10 + 2, p->seq + 2);
}

TCP_TEST(with_tcp_recovery_0_three_tell_also_after_one_was_late)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_recovery", "0"));
	sends(_metadata, p, 10);
	REPORT(0, 1, 1, 2);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + MSS * 2, ""));
	quiet(_metadata, p);
	REPORT(2, 1, 3, 6);
	expect_resent(_metadata, p, 2);
}

TCP_TEST(several_small_segments_are_sent_again_at_once)
{
	static const char data[50];
	int fd, i;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	/* Linux could make one of them. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_retrans_collapse", "0"));
	fd = sack_connection(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 1));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(50, send(fd, data, 50, 0));
		expect(_metadata, p, ACK, p->ack + 50 * i, p->seq);
	}
	REPORT_OF(50, 0, 1, 3, 10);
	for (i = 0; i < 3; i++) {
		expect_again(_metadata, p, ACK, p->ack + 50 * i, p->seq);
		EXPECT_EQ(50, data_len(p->f));
	}
	quiet(_metadata, p);
}

/* We cannot know yet that what we sent before got lost. */
TCP_TEST(a_RST_behind_all_that_is_reported_ends_it)
{
	int fd = sack_connection(_metadata, p);

	send_beyond(_metadata, p, 200);
	send_beyond(_metadata, p, 100);
	ASSERT_EQ(0, tell(p, RST, p->seq + 110, 0, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, RST, p->seq + 210, 0, ""));
	EXPECT_NE(0, wait_for(fd, POLLIN) & POLLERR);
	EXPECT_EQ(ECONNRESET, so_error(fd));
}

/* --- what it costs ----------------------------------------------------------- */

#define SMALL		48	/* octets in a segment, the least there may be */
#define PACKET		70000	/* what as many of them take that go down together, at most */
#define MUCH		300000
#define SNDBUF		200000

static const unsigned char small_segments[] = {
	OPT_NOP, OPT_NOP, OPT_SACK_OK, 2, OPT_MSS, 4, 0, SMALL, OPT_NOP, OPT_WSCALE, 3, 7,
};

static int outstanding(int fd)
{
	int all = 0, never_sent = 0;

	ioctl(fd, SIOCOUTQ, &all);
	ioctl(fd, SIOCOUTQNSD, &never_sent);
	return all - never_sent;
}

static unsigned int memory_of(int fd)
{
	unsigned int memory[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(memory);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len);
	return memory[SK_MEMINFO_WMEM_QUEUED];
}

/* The host sends ever more small segments, until so much is out. */
static int sends_much(struct __test_metadata *_metadata, struct peer *p)
{
	static char data[MUCH];
	int listener, fd;

	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", "reno"));
	/* We hear all of it. */
	EXPECT_EQ(0, set_int(p->w->fd, SOL_SOCKET, SO_RCVBUFFORCE, 100 * MUCH));
	listener = host_listens(p, 1);
	ask(_metadata, p, small_segments, sizeof(small_segments));
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	close(listener);
	/* Room for all of it in small packets, too. */
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 100 * MUCH));
	while (send(fd, data, sizeof(data), MSG_DONTWAIT), outstanding(fd) < MUCH) {
		ASSERT_EQ(0, hear(p)) {
			TH_LOG("%d octets are outstanding", outstanding(fd));
		}
		p->ack = p->heard.end;
		EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	}
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, SNDBUF));
	return fd;
}

/* All that we said was heard; what the host says to it does not matter. */
static void all_was_heard(struct __test_metadata *_metadata, struct peer *p)
{
	static struct frame ping;

	echo(&ping, HOST, 8);
	while (!receive(p->w, p->f, 0))
		;
	ASSERT_EQ(0, transmit(p->w, &ping));
	do {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
	} while (p->f->ip.protocol != IPPROTO_ICMP);
}

TCP_TEST(reports_of_every_other_segment_do_not_cost_without_bound)
{
	/* As much again as may wait, and what two packets may be beyond that. */
	unsigned int most = 2 * (2 * SNDBUF + 2 * PACKET), before;
	int fd, i, j;

	/* It takes minutes there. */
	if (is_debug_kernel())
		return;
	fd = sends_much(_metadata, p);
	before = memory_of(fd);
	/* But for the last packet, which may always be cut. */
	for (i = 0; i < (MUCH - 2 * PACKET) / SMALL; i += 8) {
		unsigned char sack[36] = { OPT_NOP, OPT_NOP, OPT_SACK, 34 };

		for (j = 0; j < 8; j++)
			put32(sack + 4 + 4 * j, p->ack + SMALL * (i + 1 + j));
		segment(p, ACK, p->seq, p->ack, "");
		add_tcp_options(p->f, sack, sizeof(sack));
		ASSERT_EQ(0, transmit(p->w, p->f));
		if (i % 256 == 0)
			all_was_heard(_metadata, p);
	}
	all_was_heard(_metadata, p);
	EXPECT_GT((before > most ? before : most) + PACKET, memory_of(fd)) {
		TH_LOG("it was %u before", before);
	}
	if (p->family == AF_KITE)
		EXPECT_LT(0, counter("TcpExt.TCPWqueueTooBig"));
	/* And the connection goes on. */
	p->ack += outstanding(fd);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "x"));
	all_was_heard(_metadata, p);
	EXPECT_EQ(POLLIN, wait_for(fd, POLLIN));
}

TEST_HARNESS_MAIN
