// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: which algorithm a socket uses, and what it does to the window
 * when octets are acknowledged, lost, or not sent for a while. Linux's own TCP must
 * say the same in TCP_INFO.
 * time limit: 300 s
 */
#include "tcp_peer.h"

FIXTURE_ON_A_WIRE(tcp)

/* The name of a socket's algorithm. */
static const char *algorithm(int fd)
{
	static char name[16];
	socklen_t len = sizeof(name);

	memset(name, 0, sizeof(name));
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		return "?";
	return name;
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info;
}

/* A connection with ten segments outstanding, all that its first window allows. */
static int ten_outstanding(struct __test_metadata *_metadata, struct peer *p,
			   const char *name)
{
	int fd, i;

	EXPECT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", name));
	EXPECT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	EXPECT_STREQ(name, algorithm(fd));
	EXPECT_EQ(10, info_of(fd).tcpi_snd_cwnd);
	EXPECT_EQ(0, send_segments(fd, 10));
	for (i = 0; i < 10; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	return fd;
}

/* So many with each acknowledgment. */
static void acknowledge_ten(struct __test_metadata *_metadata, struct peer *p, int at_once)
{
	int i;

	for (i = 0; i < 10; i += at_once) {
		p->ack += at_once * 536;
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	}
	silence(_metadata, p);
}

TCP_TEST(the_namespace_names_the_algorithm)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", "reno"));
	EXPECT_STREQ("reno", algorithm(socket(p->family, SOCK_STREAM, 0)));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_congestion_control", "cubic"));
	EXPECT_STREQ("cubic", algorithm(socket(p->family, SOCK_STREAM, 0)));
}

TCP_TEST(a_socket_chooses_another)
{
	int fd = socket(p->family, SOCK_STREAM, 0);

	EXPECT_EQ(0, choose(fd, "reno"));
	EXPECT_STREQ("reno", algorithm(fd));
	EXPECT_EQ(0, choose(fd, "cubic"));
	EXPECT_STREQ("cubic", algorithm(fd));
	EXPECT_ERRNO(ENOENT, choose(fd, "perfect"));
	EXPECT_ERRNO(ENOENT, choose(fd, "a_name_beyond_all_bounds"));
	EXPECT_ERRNO(EINVAL, choose(fd, ""));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, NULL, 4));
	EXPECT_STREQ("cubic", algorithm(fd));
}

TCP_TEST(a_short_buffer_gets_a_part_of_the_name)
{
	int fd = socket(p->family, SOCK_STREAM, 0);
	char name[] = "........";
	socklen_t len = 3;

	ASSERT_EQ(0, choose(fd, "cubic"));
	EXPECT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(3, len);
	EXPECT_STREQ("cub.....", name);
}

TCP_TEST(a_connection_inherits_the_listeners)
{
	int listener = host_listens(p, 1), fd;

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, choose(listener, "reno"));
	shake_hands(_metadata, p);
	ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_STREQ("reno", algorithm(fd));
	/* It may change while octets flow. */
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	EXPECT_EQ(0, choose(fd, "cubic"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 5, ""));
	silence(_metadata, p);
	EXPECT_STREQ("cubic", algorithm(fd));
}

static void window_doubles(struct __test_metadata *_metadata, struct peer *p,
			   const char *name, int at_once)
{
	struct tcp_info info;
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = ten_outstanding(_metadata, p, name);
	acknowledge_ten(_metadata, p, at_once);
	info = info_of(fd);
	/* Unless round trips get longer on a busy machine: CUBIC leaves slow start there. */
	EXPECT_LE(info.tcpi_snd_ssthresh < 20 ? info.tcpi_snd_ssthresh : 20, info.tcpi_snd_cwnd);
	EXPECT_GE(20, info.tcpi_snd_cwnd);
}

TCP_TEST(slow_start_of_reno_doubles_the_window)
{
	window_doubles(_metadata, p, "reno", 1);
}

TCP_TEST(slow_start_of_cubic_doubles_the_window)
{
	window_doubles(_metadata, p, "cubic", 1);
}

TCP_TEST(reno_does_so_however_few_acknowledgments_come)
{
	window_doubles(_metadata, p, "reno", 10);
}

TCP_TEST(cubic_does_so_however_few_acknowledgments_come)
{
	window_doubles(_metadata, p, "cubic", 10);
}

static void loss_lowers_the_threshold(struct __test_metadata *_metadata,
				      struct peer *p, const char *name,
				      uint32_t segments)
{
	int fd, i;

	ASSERT_EQ(0, host_is_patient());
	fd = ten_outstanding(_metadata, p, name);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(segments, info_of(fd).tcpi_snd_ssthresh);
}

TCP_TEST(reno_halves_on_a_loss)
{
	loss_lowers_the_threshold(_metadata, p, "reno", 5);
}

TCP_TEST(cubic_takes_seven_tenths_on_a_loss)
{
	loss_lowers_the_threshold(_metadata, p, "cubic", 7);
}

/* Before the third acknowledgment again two segments leave beyond the window: they do not count. */
static void limited_transmit_raises_no_threshold(struct __test_metadata *_metadata,
						 struct peer *p, const char *name,
						 uint32_t segments)
{
	int fd, i;

	ASSERT_EQ(0, host_is_patient());
	fd = ten_outstanding(_metadata, p, name);
	ASSERT_EQ(0, send_segments(fd, 2));
	for (i = 10; i < 12; i++) {
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	}
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(segments, info_of(fd).tcpi_snd_ssthresh);
}

TCP_TEST(reno_halves_no_more_than_the_window)
{
	limited_transmit_raises_no_threshold(_metadata, p, "reno", 5);
}

TCP_TEST(cubic_takes_seven_tenths_of_no_more_than_the_window)
{
	limited_transmit_raises_no_threshold(_metadata, p, "cubic", 7);
}

TCP_TEST(a_timeout_leaves_one_segment)
{
	int fd = ten_outstanding(_metadata, p, "cubic");

	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(1, info_of(fd).tcpi_snd_cwnd);
	EXPECT_EQ(7, info_of(fd).tcpi_snd_ssthresh);
}

static void three_duplicates(struct __test_metadata *_metadata, struct peer *p)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
}

/* RFC 6582 3.2 step 2: nobody can tell them from those of a new loss, so it takes a timeout. */
TCP_TEST(duplicates_of_what_a_timeout_sent_again_tell_of_no_loss)
{
	int fd, i;

	ASSERT_EQ(0, host_waits("2s"));
	fd = ten_outstanding(_metadata, p, "reno");
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	p->ack += 10 * 536;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(0, send_segments(fd, 5));
	for (i = 0; i < 5; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	three_duplicates(_metadata, p);
	quiet(_metadata, p);
	/* Beyond that they do tell. */
	p->ack += 536;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	three_duplicates(_metadata, p);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(TCP_CA_Recovery, info_of(fd).tcpi_ca_state);
}

/* Its window is 20 segments; nothing is sent for longer than a timeout. Then something is. */
static void speaks_after_silence(struct __test_metadata *_metadata, struct peer *p,
				 uint32_t window)
{
	struct tcp_info info;
	int fd;

	ASSERT_EQ(0, host_waits("3s"));
	fd = ten_outstanding(_metadata, p, "reno");
	acknowledge_ten(_metadata, p, 1);
	do {
		ASSERT_EQ(0, poll(NULL, 0, 10));
		info = info_of(fd);
	} while (info.tcpi_last_data_sent * 1000 <= info.tcpi_rto);
	EXPECT_EQ(20, info.tcpi_snd_cwnd);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	EXPECT_EQ(window, info_of(fd).tcpi_snd_cwnd);
	expect(_metadata, p, ACK, p->ack, p->seq);
}

TCP_TEST(silence_takes_back_what_slow_start_gave)
{
	speaks_after_silence(_metadata, p, 10);
}

TCP_TEST(unless_tcp_slow_start_after_idle_is_0)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_slow_start_after_idle", "0"));
	speaks_after_silence(_metadata, p, 20);
}

/* What follows what the C library knows of struct tcp_info. */
struct paced_info {
	struct tcp_info known;
	uint64_t pacing_rate;
	uint64_t max_pacing_rate;
};

static struct paced_info paced_info_of(int fd)
{
	struct paced_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info;
}

/* A connection over a device whose qdisc paces; ten segments went and were acknowledged. */
static int paced(struct __test_metadata *_metadata, struct peer *p, int max)
{
	int fd;

	undo("tc qdisc del dev v0 root");
	EXPECT_EQ(0, run("tc qdisc replace dev v0 root fq"));
	fd = ten_outstanding(_metadata, p, "cubic");
	if (max)
		EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_MAX_PACING_RATE, max));
	acknowledge_ten(_metadata, p, 1);
	return fd;
}

TCP_TEST(a_qdisc_that_paces_is_told_of_two_windows_in_a_round_trip)
{
	struct paced_info info = paced_info_of(paced(_metadata, p, 0));
	double window = 536.0 * info.known.tcpi_snd_cwnd;
	double rate = info.pacing_rate * (info.known.tcpi_rtt / 1e6);

	EXPECT_LT(0, info.known.tcpi_rtt);
	EXPECT_LE(1.8 * window, rate);
	EXPECT_GE(2.2 * window, rate);
	EXPECT_EQ(~0ULL, info.max_pacing_rate);
}

TCP_TEST(but_not_of_more_than_SO_MAX_PACING_RATE)
{
	struct paced_info info = paced_info_of(paced(_metadata, p, 100000));

	EXPECT_EQ(100000, info.pacing_rate);
	EXPECT_EQ(100000, info.max_pacing_rate);
}

/* Seconds that it takes to get so many octets to the other end of a connection. */
static double carry(struct __test_metadata *_metadata, int pair[2], size_t octets)
{
	double begin = seconds();
	char buf[4096] = {};
	size_t sent = 0, got = 0;
	ssize_t n;

	while (got < octets) {
		if (sent < octets) {
			n = send(pair[0], buf, sizeof(buf), MSG_DONTWAIT);
			sent += n > 0 ? n : 0;
		}
		n = recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			got += n;
		else
			ASSERT_EQ(POLLIN, wait_for(pair[1], POLLIN));
	}
	return seconds() - begin;
}

/*
 * AF_INET's first ten segments leave at any pace, and nothing has to wait for the last packet's
 * own time, which may be one of 64 KiB to somebody near.
 */
TCP_TEST(over_any_other_device_a_connection_keeps_to_SO_MAX_PACING_RATE)
{
	int pair[2];

	ASSERT_EQ(0, run("ip link set lo mtu 1052"));
	ASSERT_EQ(0, stream_pair(p->family, pair));
	ASSERT_EQ(0, set_int(pair[0], SOL_SOCKET, SO_MAX_PACING_RATE, 100000));
	EXPECT_LE(0.8, carry(_metadata, pair, 40 * 4096));
}

TCP_TEST(what_waits_for_its_pace_is_sent_before_the_end)
{
	char buf[30000] = {};
	int pair[2];

	ASSERT_EQ(0, run("ip link set lo mtu 1052"));
	ASSERT_EQ(0, stream_pair(p->family, pair));
	ASSERT_EQ(0, set_int(pair[0], SOL_SOCKET, SO_MAX_PACING_RATE, 100000));
	ASSERT_EQ(sizeof(buf), send(pair[0], buf, sizeof(buf), 0));
	EXPECT_EQ(0, close(pair[0]));
	EXPECT_EQ(sizeof(buf), recv(pair[1], buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(pair[1], buf, sizeof(buf), 0));
}

TEST_HARNESS_MAIN
