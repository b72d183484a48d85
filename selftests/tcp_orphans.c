// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that nobody owns any more and that wait for an answer: only so many may be there
 * at once, and none that holds much while there is no memory. One more is reset. Linux's own
 * TCP must do the same.
 * time limit: 300 s
 */
#include "tcp_peer.h"
#include "used_up.h"

FIXTURE_ON_A_WIRE(tcp)

#define KITE_LIMIT	8192
#define INET_LIMIT	20	/* of the whole machine */
#define FIRST_PORT	10000

/*
 * Linux looks only now and then how many there are, and those of others are among them: for
 * how long its answer is not believed, milliseconds.
 */
#define INET_LOOKS	SOON

static unsigned int limit_of(struct peer *p)
{
	return p->family == AF_KITE ? KITE_LIMIT : INET_LIMIT;
}

/* A connection is made and closed. We do not answer the host's goodbye. */
static void orphan(struct __test_metadata *_metadata, struct peer *p, int listener)
{
	int fd;

	p->port++;
	shake_hands(_metadata, p);
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
}

/* Whether the host resets the connection, once it has sent so much, before it answers a ping. */
static bool is_reset(struct __test_metadata *_metadata, struct peer *p, int sent)
{
	static struct frame ping;
	bool reset = false;

	echo(&ping, HOST, 8);
	EXPECT_EQ(0, transmit(p->w, &ping));
	do {
		if (receive(p->w, p->f, SOON))
			break;
		if (is_ours(p) && flags_of(p->f) & RST) {
			EXPECT_EQ(p->ack + sent, ntohl(tcp_of(p->f)->seq));
			reset = true;
		}
	} while (p->f->ip.protocol != IPPROTO_ICMP);
	return reset;
}

/* The next one is reset, or it stays: with Linux's sooner or later. */
static void expect_next(struct __test_metadata *_metadata, struct peer *p, int listener,
			bool reset)
{
	int ms;

	for (ms = 0; ; ms += 20) {
		orphan(_metadata, p, listener);
		if (is_reset(_metadata, p, 1) == reset)
			return;
		ASSERT_TRUE(p->family == AF_INET && ms < INET_LOOKS) {
			TH_LOG("number %d %s", p->port - FIRST_PORT,
			       reset ? "stays" : "is reset");
		}
		usleep(20000);
	}
}

/* All that there are, of ports up to @p's; those that are no more do not mind. */
static void reset_all(struct __test_metadata *_metadata, struct peer *p)
{
	int last = p->port;

	for (p->port = FIRST_PORT + 1; p->port < last; p->port++)
		ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(only_so_many_orphans_stay)
{
	unsigned int i, limit = limit_of(p);
	struct peer gone;
	int listener;

	ASSERT_EQ(0, set_machine_sysctl("ipv4/tcp_max_orphans", "20"));
	ASSERT_EQ(0, host_waits("120s"));
	ASSERT_OK(set_int(p->w->fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	p->port = FIRST_PORT;
	listener = host_listens(p, 8);
	ASSERT_LE(0, listener);
	for (i = 0; i < limit; i++)
		orphan(_metadata, p, listener);
	gone = *p;
	counted(_metadata, p, "TcpExt.TCPAbortOnMemory", 0);
	expect_next(_metadata, p, listener, true);
	counted(_metadata, p, "TcpExt.TCPAbortOnMemory", 1);

	/* Where one was, there is room for another; Linux let in more than it meant to. */
	if (p->family == AF_INET)
		reset_all(_metadata, p);
	else
		ASSERT_EQ(0, tell(&gone, RST, gone.seq, 0, ""));
	silence(_metadata, p);
	expect_next(_metadata, p, listener, false);
	expect_next(_metadata, p, listener, true);
	close(listener);
	reset_all(_metadata, p);
}

TCP_TEST(an_orphan_with_much_to_send_is_reset_when_there_is_no_memory)
{
	int fd;

	ASSERT_EQ(0, host_makes_segments());
	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, send_segments(fd, 9));
	use_memory_up(_metadata, p->family);
	close_gently(fd);
	EXPECT_TRUE(is_reset(_metadata, p, 9 * 536 + 1));
	counted(_metadata, p, "TcpExt.TCPAbortOnMemory", 1);
}

TCP_TEST(an_orphan_at_a_closed_window_is_reset_when_there_is_no_memory)
{
	char buf[2];
	int fd;

	/* The window is not probed before there is no memory. */
	ASSERT_EQ(0, host_waits("3s"));
	fd = connection(_metadata, p);
	close_window(_metadata, p);
	ASSERT_EQ(2, recv(fd, buf, 2, MSG_WAITALL));
	ASSERT_EQ(0, send_segments(fd, 20));
	close_gently(fd);
	silence(_metadata, p);
	use_memory_up(_metadata, p->family);
	do {
		ASSERT_EQ(0, hear(p));
	} while (!(flags_of(p->f) & RST));
	EXPECT_EQ(p->ack, ntohl(tcp_of(p->f)->seq));
	counted(_metadata, p, "TcpExt.TCPAbortOnMemory", 1);
	counted(_metadata, p, "TcpExt.TCPAbortOnTimeout", 0);
}

TEST_HARNESS_MAIN
