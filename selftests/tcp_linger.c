// SPDX-License-Identifier: GPL-2.0
/*
 * How long TCP keeps a connection that nobody answers or nobody owns: SO_LINGER,
 * TCP_LINGER2 and the sysctls that limit it. Linux's own TCP must do the same.
 * time limit: 300 s
 */
#include "tcp_options.h"
#include "tcp_scene.h"

#include <netinet/tcp.h>
#include <pthread.h>

FIXTURE_ON_A_WIRE(tcp)

/* Nobody is there to whom an acknowledgment could belong. */
static void expect_gone(struct __test_metadata *_metadata, struct peer *p)
{
	ASSERT_EQ(0, wait_forgotten(p));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect(_metadata, p, RST, p->ack, 0);
}

/* An orphan whose FIN is not acknowledged yet. */
static void orphan(struct __test_metadata *_metadata, struct peer *p, int linger2)
{
	int fd = connection(_metadata, p);

	if (linger2)
		ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_LINGER2, linger2));
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
}

TCP_TEST(tcp_fin_timeout_ends_an_orphan_in_FIN_WAIT2)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_fin_timeout", "1"));
	orphan(_metadata, p, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_gone(_metadata, p);
}

TCP_TEST(TCP_LINGER2_ends_an_orphan_in_FIN_WAIT2)
{
	orphan(_metadata, p, 1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_gone(_metadata, p);
}

TCP_TEST(a_negative_TCP_LINGER2_leaves_no_FIN_WAIT2)
{
	orphan(_metadata, p, -1);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	/* With an acknowledgment or without. */
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(RST, flags_of(p->f) & RST);
	EXPECT_EQ(p->ack, ntohl(tcp_of(p->f)->seq));
	expect_gone(_metadata, p);
}

TCP_TEST(a_connection_in_FIN_WAIT2_that_has_an_owner_stays)
{
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_fin_timeout", "1"));
	fd = connection(_metadata, p);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	/* An orphan beside it comes and goes meanwhile. */
	p->port++;
	orphan(_metadata, p, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_gone(_metadata, p);
	p->port--;
	EXPECT_EQ(TCP_FIN_WAIT2, state_of(p));
	close(fd);
}

TCP_TEST(tcp_max_tw_buckets_leaves_no_TIME_WAIT)
{
	orphan(_metadata, p, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	silence(_metadata, p);
	p->port++;
	orphan(_metadata, p, 0);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_max_tw_buckets", "0"));
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_gone(_metadata, p);
	counted(_metadata, p, "TcpExt.TCPTimeWaitOverflow", 1);
	/* The one that was there first is not touched. */
	p->port--;
	EXPECT_EQ(TCP_FIN_WAIT2, state_of(p));
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(tcp_orphan_retries_gives_up_an_orphan_that_nobody_answers)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_orphan_retries", "1"));
	orphan(_metadata, p, 0);
	EXPECT_EQ(0, wait_forgotten(p));
}

TCP_TEST(tcp_retries2_gives_up_a_connection_that_nobody_answers)
{
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_retries2", "1"));
	fd = connection(_metadata, p);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	EXPECT_EQ(POLLERR, wait_for(fd, 0) & POLLERR);
	EXPECT_EQ(ETIMEDOUT, so_error(fd));
	EXPECT_EQ(0, state_of(p));
	counted(_metadata, p, "TcpExt.TCPAbortOnTimeout", 1);
	close(fd);
}

/* After a timeout the pause doubles at once, also where Linux is new (6.5) and would wait. */
static void no_linear_timeouts(struct __test_metadata *_metadata)
{
	if (!access("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", F_OK))
		ASSERT_EQ(0, set_sysctl("ipv4/tcp_syn_linear_timeouts", "0"));
}

/*
 * A connect() that nobody answers fails, after @want calls in all; @calls were heard before.
 * While a copy has not been read AF_INET takes it to wait on this host still, and sends none.
 */
static void gives_up(struct __test_metadata *_metadata, struct peer *p, int fd, int want,
		     int calls)
{
	struct pollfd over = { .fd = fd };
	bool heard;

	do {
		heard = !receive(p->w, p->f, 100);
		calls += heard && is_ours(p) && flags_of(p->f) == SYN;
	} while (heard || poll(&over, 1, 0) != 1);
	EXPECT_EQ(POLLERR, over.revents & POLLERR);
	EXPECT_EQ(ETIMEDOUT, so_error(fd));
	close(fd);
	/* A copy that AF_INET has not sent because we were late is one less. */
	EXPECT_GE(want, calls);
	if (p->family == AF_KITE)
		EXPECT_EQ(want, calls);
}

TCP_TEST(tcp_syn_retries_says_how_often_a_host_calls)
{
	int fd;

	no_linear_timeouts(_metadata);
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syn_retries", "1"));
	fd = host_connects(_metadata, p);
	gives_up(_metadata, p, fd, 2, 1);
}

TCP_TEST(tcp_syn_linear_timeouts_says_how_many_calls_more_are_made)
{
	int fd;

	if (set_sysctl("ipv4/tcp_syn_linear_timeouts", "1"))
		SKIP(return, "this kernel has no tcp_syn_linear_timeouts");
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_syn_retries", "2"));
	fd = host_connects(_metadata, p);
	gives_up(_metadata, p, fd, 4, 1);
}

TCP_TEST(tcp_syn_linear_timeouts_keeps_the_pause)
{
	struct tcp_info info;
	int fd;

	if (set_sysctl("ipv4/tcp_syn_linear_timeouts", "4"))
		SKIP(return, "this kernel has no tcp_syn_linear_timeouts");
	fd = host_connects(_metadata, p);
	ASSERT_EQ(0, hear_again(p));
	info = info_of(fd);
	EXPECT_EQ(info.tcpi_retransmits > 4 ? info.tcpi_retransmits - 4 : 0, info.tcpi_backoff);
	close(fd);
}

TCP_TEST(TCP_SYNCNT_says_so_for_one_socket)
{
	int fd = host_socket(p);

	no_linear_timeouts(_metadata);
	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_SYNCNT, 1));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	gives_up(_metadata, p, fd, 2, 0);
}

/* What is sent is not answered: how often the pause has doubled when it was sent thrice. */
static int backoff_of_the_third_copy(struct __test_metadata *_metadata, struct peer *p, int fd)
{
	EXPECT_EQ(0, host_waits("500ms"));
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	EXPECT_EQ(5, send(fd, "hello", 5, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_LE(2, info_of(fd).tcpi_retransmits);
	return info_of(fd).tcpi_backoff;
}

TCP_TEST(the_pause_doubles_with_each_timeout)
{
	int fd = connection(_metadata, p);

	EXPECT_LE(2, backoff_of_the_third_copy(_metadata, p, fd));
	close(fd);
}

TCP_TEST(TCP_THIN_LINEAR_TIMEOUTS_keeps_the_pause_of_a_thin_stream)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1));
	EXPECT_EQ(0, backoff_of_the_third_copy(_metadata, p, fd));
	close(fd);
}

TCP_TEST(tcp_thin_linear_timeouts_keeps_the_pause_of_all_thin_streams)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_thin_linear_timeouts", "1"));
	EXPECT_EQ(0, backoff_of_the_third_copy(_metadata, p, fd));
	close(fd);
}

TCP_TEST(tcp_synack_retries_says_how_often_a_listener_answers)
{
	int listener, answers = 0;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "1"));
	listener = host_listens(p, 1);
	ASSERT_LE(0, listener);
	ASSERT_EQ(0, tell(p, SYN, OUR_ISN, 0, ""));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(TCP_SYN_RECV, state_of(p));
	EXPECT_EQ(0, wait_forgotten(p));
	while (!receive(p->w, p->f, 0))
		answers += is_ours(p) && flags_of(p->f) == (SYN | ACK);
	EXPECT_EQ(1, answers);
	close(listener);
}

struct closer {
	pthread_t thread;
	int fd;
	int result;
	int ended;
};

static void *close_it(void *data)
{
	struct closer *c = data;

	c->result = close(c->fd);
	__atomic_store_n(&c->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* In a thread of its own: it waits. */
static void close_lingering(struct __test_metadata *_metadata, struct closer *c,
			    int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };

	ASSERT_EQ(0, setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	ASSERT_EQ(0, pthread_create(&c->thread, NULL, close_it, c));
}

TCP_TEST(SO_LINGER_waits_until_the_FIN_is_acknowledged)
{
	struct closer c = { .fd = connection(_metadata, p) };

	close_lingering(_metadata, &c, 1000);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	p->ack++;
	silence(_metadata, p);
	EXPECT_EQ(0, __atomic_load_n(&c.ended, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(0, pthread_join(c.thread, NULL));
	EXPECT_EQ(0, c.result);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TCP_TEST(SO_LINGER_waits_so_long_and_the_connection_goes_on)
{
	struct closer c = { .fd = connection(_metadata, p) };

	close_lingering(_metadata, &c, 1);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, pthread_join(c.thread, NULL));
	EXPECT_EQ(0, c.result);
	expect_again(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, RST, p->seq, 0, ""));
}

TEST_HARNESS_MAIN
