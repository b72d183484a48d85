// SPDX-License-Identifier: GPL-2.0
/*
 * Of what may leave a connection has little in the queue of the device, and goes on by
 * itself when that has left. Linux's own TCP must do the same.
 */
#include "printed.h"
#include "tcp_reports.h"

#include <linux/sockios.h>

FIXTURE_ON_A_WIRE(tcp)

#define FAR	100	/* ms of a round trip, in which the first window lasts for long */

#define ONE_PACKET	1600	/* octets of a burst */
#define ONE_SEGMENT	800

/*
 * A connection over a queue that lets one burst of so many octets out, and then nothing until
 * release(). It cuts what is longer.
 */
static int held_back(struct __test_metadata *_metadata, struct peer *p, int burst)
{
	char queue[100];
	int fd;

	snprintf(queue, sizeof(queue),
		 "tc qdisc replace dev v0 root tbf rate 1kbit burst %d limit 1000000", burst);

	EXPECT_EQ(0, run("ethtool -K v0 gso on tso off tx-sctp-segmentation off"));
	undo("ethtool -K v0 tso on tx-sctp-segmentation on");
	EXPECT_EQ(0, host_is_patient());
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = reporting_connection(_metadata, p, FAR);
	undo("tc qdisc del dev v0 root");
	EXPECT_EQ(0, run(queue));
	return fd;
}

/* The queue is looked at again when another packet comes to it: the answer to a ping. */
static int release(struct peer *p)
{
	static struct frame ping;

	echo(&ping, HOST, 8);
	return run("tc qdisc change dev v0 root tbf rate 1gbit burst 100000 limit 1000000") ?:
	       transmit(p->w, &ping);
}

/* Packets in the queue; -1 when that cannot be told. */
static int waiting(void)
{
	long octets, packets;

	if (printed("/usr/sbin/tc -s qdisc show dev v0", " backlog %ld%*[^ ] %ld",
		    &octets, &packets))
		return -1;
	return packets;
}

/* What was written and has not been given to the device yet, in segments. */
static int not_sent(int fd)
{
	int octets = -1;

	ioctl(fd, SIOCOUTQNSD, &octets);
	return octets % MSS ? -1 : octets / MSS;
}

/*
 * Send ten segments. One packet leaves, which may be up to another processor, and two wait, of
 * two segments each, tcp_min_tso_segs: a round trip is long. False when AF_INET stops short of
 * that, as it was seen to do: there is nothing more to see then.
 */
static bool ten_wait(struct __test_metadata *_metadata, struct peer *p, int fd)
{
	int ms;

	EXPECT_EQ(0, send_segments(fd, 10));
	for (ms = 0; waiting() != 2 || not_sent(fd) != 4; ms += 5) {
		if (ms > SOON) {
			EXPECT_NE(AF_KITE, p->family);
			return false;
		}
		usleep(5000);
	}
	return true;
}

static void hear_segments(struct __test_metadata *_metadata, struct peer *p, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		expect(_metadata, p, ACK, p->ack + i * MSS, p->seq);
}

TCP_TEST(two_packets_wait_below)
{
	ten_wait(_metadata, p, held_back(_metadata, p, ONE_PACKET));
}

TCP_TEST(what_waits_above_follows_what_has_left)
{
	int fd = held_back(_metadata, p, ONE_PACKET);

	if (!ten_wait(_metadata, p, fd))
		return;
	ASSERT_EQ(0, release(p));
	/* All of it, without an acknowledgment. */
	hear_segments(_metadata, p, 0, 10);
	EXPECT_EQ(0, not_sent(fd));
}

TCP_TEST(what_waits_above_follows_what_was_lost_below)
{
	int fd = held_back(_metadata, p, ONE_PACKET);

	if (!ten_wait(_metadata, p, fd))
		return;
	ASSERT_EQ(0, run("tc qdisc del dev v0 root"));
	hear_segments(_metadata, p, 0, 2);
	hear_segments(_metadata, p, 6, 10);
	EXPECT_EQ(0, not_sent(fd));
}

TCP_TEST(what_the_queue_cuts_waits_below_until_its_last_segment_left)
{
	int fd = held_back(_metadata, p, ONE_SEGMENT), ms;

	EXPECT_EQ(0, send_segments(fd, 10));
	for (ms = 0; waiting() + 1 + not_sent(fd) != 10; ms += 5) {
		ASSERT_LE(ms, SOON);
		usleep(5000);
	}
	EXPECT_LT(0, not_sent(fd));
	ASSERT_EQ(0, release(p));
	hear_segments(_metadata, p, 0, 10);
	EXPECT_EQ(0, not_sent(fd));
}

TCP_TEST(a_connection_that_ends_does_not_wait_for_what_is_below)
{
	int fd = held_back(_metadata, p, ONE_PACKET);

	if (!ten_wait(_metadata, p, fd))
		return;
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, release(p));
	hear_segments(_metadata, p, 0, 6);
	expect(_metadata, p, RST | ACK, p->ack + 6 * MSS, p->seq);
}

/*
 * A connection so fast that all of ten segments may wait below for less than a millisecond, if
 * so many octets may.
 */
static int fast(struct __test_metadata *_metadata, struct peer *p, const char *octets)
{
	int fd;

	EXPECT_EQ(0, set_sysctl("ipv4/tcp_limit_output_bytes", octets));
	EXPECT_EQ(0, host_waits("60s initcwnd 1000"));
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	undo("tc qdisc del dev v0 root");
	EXPECT_EQ(0, run("tc qdisc replace dev v0 root tbf rate 1kbit burst %d limit 1000000",
			 ONE_SEGMENT));
	EXPECT_EQ(0, send_segments(fd, 10));
	return fd;
}

TCP_TEST(tcp_limit_output_bytes_lets_little_wait_below)
{
	int fd = fast(_metadata, p, "1000");

	/* One has left. */
	EXPECT_LT(5, not_sent(fd));
	EXPECT_LT(0, waiting());
}

TCP_TEST(tcp_limit_output_bytes_lets_much_wait_below)
{
	int fd = fast(_metadata, p, "1000000"), ms;

	for (ms = 0; not_sent(fd); ms += 5) {
		ASSERT_LE(ms, SOON);
		usleep(5000);
	}
	EXPECT_EQ(9, waiting());
}

/*
 * One segment has left and is acknowledged; another is the oldest that is not, and stays in the
 * queue for longer than the test takes.
 */
static int stuck(struct __test_metadata *_metadata, struct peer *p)
{
	int fd = sack_connection(_metadata, p);

	undo("tc qdisc del dev v0 root");
	EXPECT_EQ(0, run("tc qdisc replace dev v0 root tbf rate 100bit burst %d limit 1000000",
			 ONE_SEGMENT));
	EXPECT_EQ(0, send_segments(fd, 1));
	hear_segments(_metadata, p, 0, 1);
	p->ack += MSS;
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(0, send_segments(fd, 1));
	return fd;
}

/* AF_INET, too, gives up though it has not sent anything again. */
static void gives_up(struct __test_metadata *_metadata, int fd)
{
	EXPECT_EQ(POLLERR, wait_for(fd, 0) & POLLERR);
	EXPECT_EQ(ETIMEDOUT, so_error(fd));
	EXPECT_EQ(1, waiting());
}

TCP_TEST(what_is_stuck_below_is_sent_again_when_it_was_lost_there)
{
	int fd = stuck(_metadata, p);

	EXPECT_EQ(1, waiting());
	ASSERT_EQ(0, run("tc qdisc del dev v0 root"));
	/* We have not heard it yet. */
	hear_segments(_metadata, p, 0, 1);
	EXPECT_LT(0, info_of(fd).tcpi_total_retrans);
}

TCP_TEST(TCP_USER_TIMEOUT_ends_the_wait_for_what_is_below)
{
	int fd = stuck(_metadata, p);

	ASSERT_EQ(0, set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 2000));
	gives_up(_metadata, fd);
}

TCP_TEST(tcp_retries2_ends_the_wait_for_what_is_below)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_retries2", "1"));
	gives_up(_metadata, stuck(_metadata, p));
}

TEST_HARNESS_MAIN
