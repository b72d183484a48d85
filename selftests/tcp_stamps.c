// SPDX-License-Identifier: GPL-2.0
/*
 * What is told of the times of a stream: when the last octet of a write was queued, left and
 * was acknowledged (SO_TIMESTAMPING, read from the error queue), and when what is read came
 * (SO_TIMESTAMP and its kin).
 */
#include "control.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/time_types.h>
#include <netinet/tcp.h>

FIXTURE_OF_TWO_ENDS(tcp_stamps)

#define TC	"/usr/sbin/tc"

#define SO_TIMESTAMP_NEW_	63
#define SO_TIMESTAMPNS_NEW_	64
#define SO_TIMESTAMPING_NEW_	65
#define OPT_ID_TCP	0x10000
#define OPT_RX_FILTER	0x20000

#define SENT_TIMES	(SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |	\
			 SOF_TIMESTAMPING_TX_ACK)
#define ONLY_KEYS	(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |		\
			 SOF_TIMESTAMPING_OPT_TSONLY)

/* One entry of the error queue. */
struct told {
	uint32_t what;		/* SCM_TSTAMP_* */
	uint32_t key;
	ssize_t len;		/* of what is quoted */
	int64_t ns;		/* when */
};

static int64_t ns_of(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

/* The next entry, once there is one. */
static void hear(struct __test_metadata *_metadata, int fd, struct told *t)
{
	struct scm_timestamping *times;
	struct sock_extended_err *err;
	static char data[70000];
	struct received r;
	struct cmsghdr *c;

	ASSERT_TRUE(wait_for(fd, 0) & POLLERR) {
		TH_LOG("nothing is told");
	}
	t->len = receive_message(fd, &r, data, sizeof(data), MSG_ERRQUEUE);
	ASSERT_LE(0, t->len);
	EXPECT_TRUE(r.flags & MSG_ERRQUEUE);
	EXPECT_EQ(0, r.namelen);
	c = control(&r, SOL_IP, IP_RECVERR);
	ASSERT_NE(NULL, c);
	err = (void *)CMSG_DATA(c);
	EXPECT_EQ(ENOMSG, err->ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, err->ee_origin);
	t->what = err->ee_info;
	t->key = err->ee_data;
	c = control(&r, SOL_SOCKET, SCM_TIMESTAMPING);
	ASSERT_NE(NULL, c);
	times = (void *)CMSG_DATA(c);
	t->ns = ns_of(&times->ts[0]);
	EXPECT_LT(0, t->ns);
	EXPECT_EQ(0, ns_of(&times->ts[2]));
}

/* Hear until something of an octet is told. */
static void hear_of(struct __test_metadata *_metadata, int fd, uint32_t what, uint32_t key,
		    struct told *t)
{
	do {
		hear(_metadata, fd, t);
	} while (t->what != what || t->key != key);
}

static void expect_silence(struct __test_metadata *_metadata, int fd)
{
	char octet;

	EXPECT_EQ(0, polled(fd, POLLPRI));
	EXPECT_ERRNO(EAGAIN, recv(fd, &octet, 1, MSG_ERRQUEUE));
}

static int want(int fd, int what)
{
	return set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, what);
}

/* Write, and have the other end read it. */
static void pass(struct __test_metadata *_metadata, int from, int to, size_t len, int flags)
{
	static char data[200000];
	size_t n;

	ASSERT_EQ(len, send(from, data, len, flags | MSG_DONTWAIT));
	for (n = 0; n < len; ) {
		ssize_t got = recv(to, data, sizeof(data), 0);

		ASSERT_LT(0, got);
		n += got;
	}
}

/* Until everything that was written is acknowledged. */
static void settle(struct __test_metadata *_metadata, int fd)
{
	int ms, left = 1;

	for (ms = 0; left && ms < SOON; ms++) {
		ASSERT_OK(ioctl(fd, SIOCOUTQ, &left));
		if (left)
			usleep(1000);
	}
	ASSERT_EQ(0, left);
}

/* Nothing gets through any more. */
static int cut_off(void)
{
	return system(TC " qdisc add dev lo root netem loss 100%");
}

static int mend(void)
{
	return system(TC " qdisc del dev lo root");
}

TEST_F(tcp_stamps, of_each_write_is_told_when_it_was_queued_left_and_was_acknowledged)
{
	static const int lens[] = { 1, 10, 1000, 1 };
	struct told queued, left, acked;
	uint32_t end = 0;
	unsigned int i;

	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	for (i = 0; i < 4; i++) {
		pass(_metadata, self->a, self->b, lens[i], 0);
		end += lens[i];
		hear(_metadata, self->a, &queued);
		hear(_metadata, self->a, &left);
		hear(_metadata, self->a, &acked);
		EXPECT_EQ(SCM_TSTAMP_SCHED, queued.what);
		EXPECT_EQ(SCM_TSTAMP_SND, left.what);
		EXPECT_EQ(SCM_TSTAMP_ACK, acked.what);
		EXPECT_EQ(end - 1, queued.key);
		EXPECT_EQ(end - 1, left.key);
		EXPECT_EQ(end - 1, acked.key);
		EXPECT_LE(queued.ns, left.ns);
		EXPECT_LE(left.ns, acked.ns);
		EXPECT_EQ(0, queued.len + left.len + acked.len);
	}
	expect_silence(_metadata, self->a);
}

TEST_F(tcp_stamps, each_time_can_be_asked_for_alone)
{
	static const struct { int asked, told; } times[] = {
		{ SOF_TIMESTAMPING_TX_SCHED, SCM_TSTAMP_SCHED },
		{ SOF_TIMESTAMPING_TX_SOFTWARE, SCM_TSTAMP_SND },
		{ SOF_TIMESTAMPING_TX_ACK, SCM_TSTAMP_ACK },
	};
	unsigned int i;
	struct told t;

	for (i = 0; i < 3; i++) {
		ASSERT_OK(want(self->a, ONLY_KEYS | times[i].asked));
		pass(_metadata, self->a, self->b, 1, 0);
		hear(_metadata, self->a, &t);
		EXPECT_EQ(times[i].told, t.what);
		EXPECT_EQ(i, t.key);
		settle(_metadata, self->a);
		expect_silence(_metadata, self->a);
	}
	ASSERT_OK(want(self->a, ONLY_KEYS));
	pass(_metadata, self->a, self->b, 1, 0);
	settle(_metadata, self->a);
	expect_silence(_metadata, self->a);
}

TEST_F(tcp_stamps, a_large_write_is_told_of_by_its_last_octet)
{
	uint32_t seen = 0;
	struct told t;

	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	pass(_metadata, self->a, self->b, 150000, 0);
	do {
		hear(_metadata, self->a, &t);
		EXPECT_EQ(150000 - 1, t.key);
		seen |= 1 << t.what;
	} while (t.what != SCM_TSTAMP_ACK);
	EXPECT_EQ(1 << SCM_TSTAMP_SCHED | 1 << SCM_TSTAMP_SND | 1 << SCM_TSTAMP_ACK, seen);
	expect_silence(_metadata, self->a);
}

/* The core cuts what the device cannot. */
TEST_F(tcp_stamps, a_packet_that_is_cut_below_leaves_all_the_same)
{
	struct told t;

	ASSERT_EQ(0, system("ethtool -K lo tso off tx-sctp-segmentation off >/dev/null"));
	ASSERT_EQ(0, system("/usr/sbin/ip link set lo mtu 1500"));
	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_SOFTWARE));
	pass(_metadata, self->a, self->b, 20000, 0);
	hear(_metadata, self->a, &t);
	EXPECT_EQ(SCM_TSTAMP_SND, t.what);
	EXPECT_EQ(20000 - 1, t.key);
	settle(_metadata, self->a);
	expect_silence(_metadata, self->a);
}

TEST_F(tcp_stamps, of_writes_that_leave_together_the_last_is_told_of)
{
	struct told t;

	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_ACK));
	ASSERT_EQ(1, send(self->a, "x", 1, MSG_MORE));
	ASSERT_EQ(1, send(self->a, "x", 1, MSG_MORE));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(2, t.key);
	expect_silence(_metadata, self->a);
}

TEST_F(tcp_stamps, MSG_EOR_keeps_writes_apart)
{
	struct told t;

	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_ACK));
	ASSERT_EQ(1, send(self->a, "x", 1, MSG_MORE | MSG_EOR));
	ASSERT_EQ(2, send(self->a, "xx", 2, MSG_EOR));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(0, t.key);
	hear(_metadata, self->a, &t);
	EXPECT_EQ(2, t.key);
	expect_silence(_metadata, self->a);
}

TEST_F(tcp_stamps, what_is_sent_again_is_acknowledged_once)
{
	unsigned int acks = 0;
	struct told t;

	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	ASSERT_EQ(0, cut_off());
	ASSERT_EQ(10, send(self->a, "0123456789", 10, 0));
	hear_of(_metadata, self->a, SCM_TSTAMP_SCHED, 9, &t);
	ASSERT_EQ(0, mend());
	settle(_metadata, self->a);
	while (polled(self->a, 0) & POLLERR) {
		hear(_metadata, self->a, &t);
		EXPECT_EQ(9, t.key);
		acks += t.what == SCM_TSTAMP_ACK;
	}
	EXPECT_EQ(1, acks);
}

/* A timeout sends the first segment alone: the last octet is in another one. */
TEST_F(tcp_stamps, a_write_of_several_segments_is_acknowledged_once_when_it_is_sent_again)
{
	static char data[10000];
	unsigned int acks = 0;
	struct told t;

	ASSERT_EQ(0, system("/usr/sbin/ip link set lo mtu 1500"));
	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	ASSERT_EQ(0, cut_off());
	ASSERT_EQ(10000, send(self->a, data, 10000, 0));
	hear_of(_metadata, self->a, SCM_TSTAMP_SCHED, 9999, &t);
	ASSERT_EQ(0, mend());
	settle(_metadata, self->a);
	while (polled(self->a, 0) & POLLERR) {
		hear(_metadata, self->a, &t);
		EXPECT_EQ(9999, t.key);
		acks += t.what == SCM_TSTAMP_ACK;
	}
	EXPECT_EQ(1, acks);
}

static int send_asking(int fd, int type, int value, size_t len)
{
	char control[CMSG_SPACE(sizeof(uint32_t))] = {};
	struct iovec iov = { "0123456789", len };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(sizeof(uint32_t));
	memcpy(CMSG_DATA(c), &value, sizeof(value));
	return sendmsg(fd, &m, 0);
}

TEST_F(tcp_stamps, one_call_can_ask_by_control_message)
{
	struct told t;

	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_SCHED));
	ASSERT_EQ(3, send_asking(self->a, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_ACK, 3));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(SCM_TSTAMP_ACK, t.what);
	EXPECT_EQ(2, t.key);
	/* ... that nothing is to be told, too. */
	ASSERT_EQ(3, send_asking(self->a, SO_TIMESTAMPING, 0, 3));
	settle(_metadata, self->a);
	expect_silence(_metadata, self->a);
	/* And of the next one what the socket wants. */
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(SCM_TSTAMP_SCHED, t.what);
	EXPECT_EQ(6, t.key);
}

TEST_F(tcp_stamps, a_control_message_that_says_nothing_to_a_socket_is_refused)
{
	EXPECT_ERRNO(EINVAL, send_asking(self->a, SO_TIMESTAMPING,
					 SOF_TIMESTAMPING_RX_SOFTWARE, 1));
	EXPECT_ERRNO(EINVAL, send_asking(self->a, SO_KEEPALIVE, 1, 1));
	EXPECT_EQ(1, send_asking(self->a, SO_MARK, 1, 1));
}

TEST_F(tcp_stamps, the_packet_is_quoted_unless_only_the_time_is_wanted)
{
	struct told t;

	ASSERT_OK(want(self->a, SOF_TIMESTAMPING_SOFTWARE | SENT_TIMES));
	ASSERT_EQ(7, send(self->a, "1234567", 7, 0));
	hear(_metadata, self->a, &t);
	/* Ethernet, IP, TCP with a timestamp. */
	EXPECT_EQ(14 + 20 + 32 + 7, t.len);
	EXPECT_EQ(0, t.key);
	hear(_metadata, self->a, &t);
	EXPECT_EQ(SCM_TSTAMP_SND, t.what);
	EXPECT_EQ(14 + 20 + 32 + 7, t.len);
	hear(_metadata, self->a, &t);
	EXPECT_EQ(SCM_TSTAMP_ACK, t.what);
	/* What was acknowledged has no headers. */
	EXPECT_EQ(7, t.len);
	EXPECT_EQ(0, t.key);
}

TEST_F(tcp_stamps, keys_count_from_what_is_not_acknowledged_when_they_are_asked_for)
{
	struct told t;

	pass(_metadata, self->a, self->b, 100, 0);
	settle(_metadata, self->a);
	ASSERT_OK(set_int(self->a, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, cut_off());
	ASSERT_EQ(5, send(self->a, "12345", 5, 0));
	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_ACK));
	ASSERT_EQ(0, mend());
	settle(_metadata, self->a);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(5, t.key);
	/* Asked for again, they begin again; else they go on. */
	settle(_metadata, self->a);
	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear_of(_metadata, self->a, SCM_TSTAMP_ACK, 6, &t);
	ASSERT_OK(want(self->a, 0));
	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear_of(_metadata, self->a, SCM_TSTAMP_ACK, 0, &t);
}

TEST_F(tcp_stamps, OPT_ID_TCP_counts_from_the_next_octet_that_is_written)
{
	struct told t;

	ASSERT_OK(set_int(self->a, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, cut_off());
	ASSERT_EQ(5, send(self->a, "12345", 5, 0));
	if (want(self->a, ONLY_KEYS | OPT_ID_TCP | SOF_TIMESTAMPING_TX_SCHED) < 0)
		SKIP(return, "OPT_ID_TCP: Linux 6.2");
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(0, t.key);
	ASSERT_EQ(0, mend());
}

TEST_F(tcp_stamps, poll_shows_that_something_is_told)
{
	struct told t;

	ASSERT_OK(set_int(self->a, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1));
	ASSERT_OK(want(self->a, ONLY_KEYS | SOF_TIMESTAMPING_TX_ACK));
	EXPECT_EQ(0, polled(self->a, POLLIN | POLLPRI));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(POLLERR, wait_for(self->a, 0));
	EXPECT_EQ(POLLERR, polled(self->a, POLLIN | POLLPRI));
	hear(_metadata, self->a, &t);
	EXPECT_EQ(0, polled(self->a, POLLIN | POLLPRI));
	/* It is no error of the connection. */
	EXPECT_EQ(0, get_int(self->a, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(1, send(self->a, "x", 1, 0));
}

TEST_F(tcp_stamps, who_does_not_listen_is_told_no_more_than_SO_RCVBUF_holds)
{
	unsigned int i, n;
	char data[1];

	ASSERT_OK(set_int(self->a, SOL_SOCKET, SO_RCVBUF, 4000));
	ASSERT_OK(want(self->a, ONLY_KEYS | SENT_TIMES));
	for (i = 0; i < 100; i++)
		pass(_metadata, self->a, self->b, 1, 0);
	settle(_metadata, self->a);
	for (n = 0; recv(self->a, data, 1, MSG_ERRQUEUE) >= 0; n++)
		;
	EXPECT_LT(0, n);
	EXPECT_GT(30, n);
}

TEST_F(tcp_stamps, a_connection_that_ends_with_something_to_tell_is_freed)
{
	ASSERT_OK(want(self->a, SOF_TIMESTAMPING_SOFTWARE | SENT_TIMES));
	pass(_metadata, self->a, self->b, 1000, 0);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
}

/* What a read was told; ns 0 when nothing. */
static ssize_t read_time(int fd, void *data, size_t len, int flags, int type, int64_t *ns)
{
	struct received r;
	struct cmsghdr *c;
	ssize_t n;

	n = receive_message(fd, &r, data, len, flags);
	*ns = 0;
	if (n < 0)
		return n;
	c = control(&r, SOL_SOCKET, type);
	if (!c)
		return n;
	if (type == SO_TIMESTAMP || type == SO_TIMESTAMP_NEW_) {
		struct timeval *tv = (void *)CMSG_DATA(c);

		*ns = tv->tv_sec * 1000000000LL + tv->tv_usec * 1000LL;
	} else {
		/* SCM_TIMESTAMPING begins with such a one. */
		*ns = ns_of((void *)CMSG_DATA(c));
	}
	return n;
}

/* The kernel begins to look at its clock a moment after it is asked to. */
static void clock_runs(struct __test_metadata *_metadata, int from, int to, int type)
{
	int64_t ns = 0;
	char octet;
	int ms;

	for (ms = 0; !ns && ms < SOON; ms++) {
		if (ms)
			usleep(1000);
		ASSERT_EQ(1, send(from, "x", 1, 0));
		ASSERT_EQ(1, read_time(to, &octet, 1, 0, type, &ns));
	}
	ASSERT_LT(0, ns) {
		TH_LOG("nothing is told of what came");
	}
}

TEST_F(tcp_stamps, a_reader_is_told_when_what_it_reads_came)
{
	static const struct { int option, value, type; } ways[] = {
		{ SO_TIMESTAMP, 1, SO_TIMESTAMP },
		{ SO_TIMESTAMPNS, 1, SO_TIMESTAMPNS },
		{ SO_TIMESTAMP_NEW_, 1, SO_TIMESTAMP_NEW_ },
		{ SO_TIMESTAMPNS_NEW_, 1, SO_TIMESTAMPNS_NEW_ },
		{ SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE,
		  SO_TIMESTAMPING },
		{ SO_TIMESTAMPING_NEW_, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE,
		  SO_TIMESTAMPING_NEW_ },
	};
	struct timespec before, after;
	int64_t peeked, read;
	unsigned int i;
	char octet;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		ASSERT_OK(set_int(self->b, SOL_SOCKET, ways[i].option, ways[i].value));
		clock_runs(_metadata, self->a, self->b, ways[i].type);
		clock_gettime(CLOCK_REALTIME, &before);
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
		ASSERT_EQ(1, read_time(self->b, &octet, 1, MSG_PEEK, ways[i].type, &peeked));
		clock_gettime(CLOCK_REALTIME, &after);
		ASSERT_EQ(1, read_time(self->b, &octet, 1, 0, ways[i].type, &read));
		EXPECT_LE(ns_of(&before) / 1000, read / 1000);
		EXPECT_LE(read, ns_of(&after));
		EXPECT_EQ(peeked, read);
		/* Nothing came, so nothing is told. */
		EXPECT_ERRNO(EAGAIN, read_time(self->b, &octet, 1, MSG_DONTWAIT,
					       ways[i].type, &read));
		ASSERT_OK(set_int(self->b, SOL_SOCKET, ways[i].option, 0));
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
		ASSERT_EQ(1, read_time(self->b, &octet, 1, 0, ways[i].type, &read));
		EXPECT_EQ(0, read);
	}
}

TEST_F(tcp_stamps, of_what_is_read_at_once_the_last_segment_counts)
{
	int64_t first, last, part;
	char data[100];
	int n = 0;

	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	clock_runs(_metadata, self->a, self->b, SO_TIMESTAMPNS);
	ASSERT_EQ(50, send(self->a, data, 50, 0));
	ASSERT_EQ(50, read_time(self->b, data, 100, MSG_PEEK, SO_TIMESTAMPNS, &first));
	ASSERT_EQ(50, send(self->a, data, 50, 0));
	do {
		ASSERT_OK(ioctl(self->b, FIONREAD, &n));
	} while (n < 100);
	ASSERT_EQ(100, read_time(self->b, data, 100, MSG_PEEK, SO_TIMESTAMPNS, &last));
	EXPECT_LT(first, last);
	ASSERT_EQ(10, read_time(self->b, data, 10, 0, SO_TIMESTAMPNS, &part));
	EXPECT_LE(first, part);
	EXPECT_LE(part, last);
	/* Octets that are thrown away are read. */
	ASSERT_EQ(90, read_time(self->b, data, 90, MSG_TRUNC, SO_TIMESTAMPNS, &part));
	EXPECT_EQ(last, part);
}

/* A peer's small segments are copied into fewer pages when the buffer gets full. */
TEST_F(tcp_stamps, what_was_copied_together_came_when_its_last_octet_did)
{
	static char data[200000];
	int64_t first, last;
	unsigned int sent;
	ssize_t n;

	ASSERT_OK(set_int(self->a, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	clock_runs(_metadata, self->a, self->b, SO_TIMESTAMPNS);
	ASSERT_EQ(1, send(self->a, data, 1, 0));
	ASSERT_EQ(1, read_time(self->b, data, 1, MSG_PEEK, SO_TIMESTAMPNS, &first));
	for (sent = 1; sent < 2000; sent++)
		ASSERT_EQ(1, send(self->a, data, 1, 0));
	settle(_metadata, self->a);
	n = read_time(self->b, data, sizeof(data), MSG_PEEK, SO_TIMESTAMPNS, &last);
	EXPECT_EQ(2000, n);
	EXPECT_LT(first, last);
}

TEST_F(tcp_stamps, the_end_of_the_stream_has_no_time)
{
	int64_t ns;
	char octet;

	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	clock_runs(_metadata, self->a, self->b, SO_TIMESTAMPNS);
	ASSERT_OK(shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, read_time(self->b, &octet, 1, 0, SO_TIMESTAMPNS, &ns));
	EXPECT_EQ(0, ns);
}

TEST_F(tcp_stamps, a_reader_can_be_told_in_two_ways)
{
	struct scm_timestamping *times;
	struct timespec *time;
	struct cmsghdr *c;
	struct received r;
	char octet;

	ASSERT_OK(set_int(self->b, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_OK(want(self->b, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		       SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE));
	clock_runs(_metadata, self->a, self->b, SO_TIMESTAMPNS);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, receive_message(self->b, &r, &octet, 1, 0));
	c = control(&r, SOL_SOCKET, SO_TIMESTAMPNS);
	ASSERT_NE(NULL, c);
	time = (void *)CMSG_DATA(c);
	c = control(&r, SOL_SOCKET, SO_TIMESTAMPING);
	ASSERT_NE(NULL, c);
	times = (void *)CMSG_DATA(c);
	EXPECT_EQ(ns_of(time), ns_of(&times->ts[0]));
	EXPECT_EQ(0, ns_of(&times->ts[1]));
	EXPECT_EQ(0, ns_of(&times->ts[2]));
}

TEST_F(tcp_stamps, OPT_RX_FILTER_leaves_out_what_only_others_asked_for)
{
	int64_t ns;
	char octet;

	ASSERT_OK(want(self->b, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE));
	clock_runs(_metadata, self->a, self->b, SO_TIMESTAMPING);
	/* The clock runs for somebody else. */
	ASSERT_OK(set_int(self->a, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_OK(want(self->b, SOF_TIMESTAMPING_SOFTWARE));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, read_time(self->b, &octet, 1, 0, SO_TIMESTAMPING, &ns));
	EXPECT_LT(0, ns);
	if (want(self->b, SOF_TIMESTAMPING_SOFTWARE | OPT_RX_FILTER) < 0)
		SKIP(return, "OPT_RX_FILTER: Linux 6.12");
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, read_time(self->b, &octet, 1, 0, SO_TIMESTAMPING, &ns));
	EXPECT_EQ(0, ns);
}

TEST_F(tcp_stamps, who_is_accepted_is_told_what_the_listener_asked_for)
{
	int lfd = listener(self->family, 0), a, b;
	struct told t;

	ASSERT_LE(0, lfd);
	ASSERT_OK(set_int(lfd, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_OK(want(lfd, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
		       SOF_TIMESTAMPING_TX_ACK));
	a = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(connect_to(a, self->family, "127.0.0.1", port_of(lfd)));
	b = accept(lfd, NULL, NULL);
	ASSERT_LE(0, b);
	clock_runs(_metadata, a, b, SO_TIMESTAMPNS);
	ASSERT_EQ(1, send(b, "x", 1, 0));
	hear(_metadata, b, &t);
	EXPECT_EQ(SCM_TSTAMP_ACK, t.what);
	EXPECT_EQ(0, t.key);
}

TEST_HARNESS_MAIN
