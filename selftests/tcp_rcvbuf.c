// SPDX-License-Identifier: GPL-2.0
/*
 * The receive buffer is as large as the stream needs, tcp(7) tcp_moderate_rcvbuf and
 * tcp_rmem, and so is the window. Linux's own TCP must do the same.
 */
#include "tcp_options.h"

#include <linux/sockios.h>
#include <time.h>

FIXTURE_ON_A_WIRE(tcp)

#define PIECE		1400
#define SCALE		7	/* both sides' windows */
#define MUCH		1000000
#define FAR		50000	/* microseconds to the peer and back, at least */
#define BEGINNING	131072

/* What we say to connect, and with every segment. */
static const unsigned char plain_syn[] = {
	OPT_MSS, 4, 1460 >> 8, 1460 & 0xff, OPT_NOP, OPT_WSCALE, 3, SCALE,
};

struct flow {
	int fd;
	bool timestamps;
	uint32_t tsecr;
	unsigned int scale;
	uint32_t edge;		/* the furthest of the window */
	unsigned int less;	/* segments that offered less than one before */
	int sent;		/* octets */
	int read;
};

static void note(struct peer *p, struct flow *flow)
{
	uint32_t edge = ntohl(tcp_of(p->f)->ack_seq) +
			(ntohs(tcp_of(p->f)->window) << flow->scale);

	if ((int32_t)(edge - flow->edge) > 0)
		flow->edge = edge;
	else if (edge != flow->edge)
		flow->less++;
	flow->tsecr = tsval_of(p->f) ?: flow->tsecr;
}

static int told(struct peer *p, const struct flow *flow, const char *data)
{
	return flow->timestamps ?
		tell_at(p, ACK, p->seq, p->ack, data, TSVAL, flow->tsecr) :
		tell(p, ACK, p->seq, p->ack, data);
}

/* A connection with scaled windows to the host, whose buffer is as it comes. */
static struct flow opened(struct __test_metadata *_metadata, struct peer *p,
			  bool timestamps, int rcvbuf)
{
	struct flow flow = { .timestamps = timestamps };
	int listener = host_listens(p, 1);
	const unsigned char *scale;

	EXPECT_LE(0, listener);
	if (rcvbuf)
		EXPECT_EQ(0, set_int(listener, SOL_SOCKET, SO_RCVBUF, rcvbuf));
	p->seq = OUR_ISN;
	if (timestamps)
		segment_at(p, SYN, p->seq++, 0, "", TSVAL, 0);
	else
		segment(p, SYN, p->seq++, 0, "");
	add_tcp_options(p->f, plain_syn, sizeof(plain_syn));
	EXPECT_EQ(0, transmit(p->w, p->f));
	EXPECT_EQ(0, hear(p));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	flow.edge = p->seq;
	note(p, &flow);
	scale = option_of(p->f, OPT_WSCALE);
	ASSERT_NE(NULL, scale);
	flow.scale = scale[2];
	EXPECT_EQ(0, told(p, &flow, ""));
	flow.fd = accepted(_metadata, listener);
	nonblocking(flow.fd);
	close(listener);
	return flow;
}

static void send_octets(struct __test_metadata *_metadata, struct peer *p,
			struct flow *flow, int len)
{
	char data[PIECE + 1] = "";

	memset(data, 'x', len);
	ASSERT_EQ(0, told(p, flow, data));
	p->seq += len;
	flow->sent += len;
}

static unsigned int now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * We fill the window, far away; the host reads what comes, which opens the next; and so on.
 * What can be read in a round trip says how large the buffer has to be: so the way is long
 * by what it takes this machine to fill a window. (A Linux that is new leaves out what is
 * still to be read: so all is read as it comes.)
 */
static void stream(struct __test_metadata *_metadata, struct peer *p,
		   struct flow *flow, int octets)
{
	static char data[1 << 16];
	unsigned int far = FAR, began;
	int end = flow->read + octets, n;

	while (flow->read < end) {
		usleep(far);
		while (!receive(p->w, p->f, 0))
			if (is_ours(p))
				note(p, flow);
		if ((int32_t)(flow->edge - p->seq) < PIECE) {
			ASSERT_EQ(0, hear_any(p)) {
				TH_LOG("after %d octets the window stays closed", flow->read);
			}
			note(p, flow);
			continue;
		}
		began = now_us();
		while ((int32_t)(flow->edge - p->seq) >= PIECE) {
			send_octets(_metadata, p, flow, PIECE);
			n = recv_soon(flow->fd, data, sizeof(data));
			ASSERT_LT(0, n);
			flow->read += n;
		}
		if (far < 4 * (now_us() - began))
			far = 4 * (now_us() - began);
	}
}

static int rcvbuf_of(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_RCVBUF);
}

/* A stream for as long as it takes the buffer to grow to more than twice its size. */
static void stream_until_grown(struct __test_metadata *_metadata, struct peer *p,
			       struct flow *flow)
{
	int i;

	for (i = 0; i < 24 && rcvbuf_of(flow->fd) <= 2 * BEGINNING; i++)
		stream(_metadata, p, flow, MUCH);
	EXPECT_LT(2 * BEGINNING, rcvbuf_of(flow->fd));
}

static void buffers(struct __test_metadata *_metadata, const char *rmem)
{
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_rmem", rmem));
}

TCP_TEST(the_buffer_grows_with_what_is_read)
{
	struct flow flow;

	buffers(_metadata, "4096 131072 6291456");
	flow = opened(_metadata, p, true, 0);
	EXPECT_EQ(BEGINNING, rcvbuf_of(flow.fd));
	stream_until_grown(_metadata, p, &flow);
	EXPECT_LT(0, info_of(flow.fd).tcpi_rcv_rtt);
	EXPECT_LT(0, info_of(flow.fd).tcpi_rcv_space);
}

TCP_TEST(without_timestamps_too)
{
	struct flow flow;

	buffers(_metadata, "4096 131072 6291456");
	flow = opened(_metadata, p, false, 0);
	stream_until_grown(_metadata, p, &flow);
}

TCP_TEST(no_further_than_tcp_rmem_allows)
{
	struct flow flow;

	buffers(_metadata, "4096 131072 200000");
	flow = opened(_metadata, p, true, 0);
	stream(_metadata, p, &flow, MUCH);
	EXPECT_GE(200000, rcvbuf_of(flow.fd));
}

TCP_TEST(not_when_tcp_moderate_rcvbuf_is_0)
{
	struct flow flow;

	buffers(_metadata, "4096 131072 6291456");
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_moderate_rcvbuf", "0"));
	flow = opened(_metadata, p, true, 0);
	stream(_metadata, p, &flow, MUCH);
	EXPECT_EQ(BEGINNING, rcvbuf_of(flow.fd));
}

TCP_TEST(not_when_SO_RCVBUF_has_set_it)
{
	struct flow flow = opened(_metadata, p, true, 50000);

	stream(_metadata, p, &flow, MUCH);
	EXPECT_EQ(100000, rcvbuf_of(flow.fd));
}

/* RFC 7323 2.4: also what the window field is too coarse to say. */
TCP_TEST(what_was_offered_is_not_taken_back)
{
	struct flow flow;
	cpu_set_t cpus;

	/* Else one of two that the host sends can overtake the other. */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	buffers(_metadata, "4096 131072 131072");
	flow = opened(_metadata, p, true, 0);
	stream(_metadata, p, &flow, MUCH);
	EXPECT_EQ(0, flow.less);
}

/* Wait until all that was sent is there to be read. */
static int wait_arrived(const struct flow *flow)
{
	int missing = -1, waiting, ms;

	for (ms = 0; missing && ms < SOON; ms += 5) {
		if (ms)
			usleep(5000);
		if (!ioctl(flow->fd, SIOCINQ, &waiting))
			missing = flow->sent - flow->read - waiting;
	}
	return missing;
}

/* Even when a first part of it has come in segments that take a thousand times their data. */
TCP_TEST(what_was_offered_is_taken)
{
	struct flow flow;
	int len;

	buffers(_metadata, "4096 131072 131072");
	flow = opened(_metadata, p, true, 0);
	while ((len = flow.edge - p->seq) > 0) {
		if (flow.sent < 150)
			len = 1;
		else if (len > PIECE)
			len = PIECE;
		send_octets(_metadata, p, &flow, len);
		ASSERT_EQ(0, wait_arrived(&flow));
		while (!receive(p->w, p->f, 0))
			if (is_ours(p))
				note(p, &flow);
	}
	EXPECT_LT(PIECE, flow.sent);
}

/* Most of it also when the buffer is less than a page. */
static void fill_the_smallest(struct __test_metadata *_metadata, struct peer *p, int piece)
{
	struct flow flow = opened(_metadata, p, true, 1);
	int end = (flow.edge - p->seq) * 2 / 3;

	EXPECT_LT(700, end);
	while (flow.sent < end) {
		send_octets(_metadata, p, &flow, piece);
		ASSERT_EQ(0, wait_arrived(&flow)) {
			TH_LOG("not after %d octets", flow.sent);
		}
	}
}

TCP_TEST(what_the_smallest_buffer_offered_is_taken)
{
	fill_the_smallest(_metadata, p, 50);
}

TCP_TEST(in_larger_pieces_too)
{
	fill_the_smallest(_metadata, p, 350);
}

/* All of the window in pieces behind a gap, which then closes: nothing has to come again. */
static void fill_behind_a_gap(struct __test_metadata *_metadata, struct peer *p, int piece)
{
	struct flow flow;
	uint32_t gap;

	/* A newer Linux offers more than it then takes. */
	if (p->family == AF_INET && linux_is_since(6, 6))
		return;
	buffers(_metadata, "4096 131072 131072");
	flow = opened(_metadata, p, true, 0);
	gap = p->seq;
	p->seq += piece;
	while ((int32_t)(flow.edge - p->seq) >= piece) {
		send_octets(_metadata, p, &flow, piece);
		ASSERT_EQ(0, hear_any(p));
		note(p, &flow);
	}
	EXPECT_LT(MUCH / 32, flow.sent);
	p->seq = gap;
	send_octets(_metadata, p, &flow, piece);
	EXPECT_EQ(0, wait_arrived(&flow));
}

TCP_TEST(what_was_offered_is_taken_behind_a_gap)
{
	fill_behind_a_gap(_metadata, p, 1000);
}

TCP_TEST(in_small_pieces_too)
{
	fill_behind_a_gap(_metadata, p, 100);
}

/* Who waits for more than the window lets in would wait for ever. */
TCP_TEST(a_reader_is_told_when_no_more_can_come)
{
	struct flow flow = opened(_metadata, p, true, 0);

	ASSERT_EQ(0, set_int(flow.fd, SOL_SOCKET, SO_RCVLOWAT, 1000000));
	ASSERT_EQ(0, set_int(flow.fd, SOL_SOCKET, SO_RCVBUF, 10000));
	while ((int32_t)(flow.edge - p->seq) >= PIECE) {
		send_octets(_metadata, p, &flow, PIECE);
		while (!receive(p->w, p->f, 0))
			if (is_ours(p))
				note(p, &flow);
	}
	EXPECT_EQ(POLLIN, wait_for(flow.fd, POLLIN));
}

/* --- a window that the scale is too coarse for -------------------------------- */

#define HUGE_RMEM	"4096 131072 1073741824"

/* What we send beyond what is due. */
static void send_beyond(struct __test_metadata *_metadata, struct peer *p,
			struct flow *flow, int offset, int len)
{
	p->seq += offset;
	send_octets(_metadata, p, flow, len);
	p->seq -= offset + len;
}

/*
 * We use up all that the window allows, to the octet: the first piece comes last, so that
 * nothing is acknowledged, and offered anew, before. It is read, and the window opens again.
 */
static void goes_on(struct __test_metadata *_metadata, struct peer *p, struct flow *flow)
{
	static char data[1 << 17];
	int len, at;

	while (!receive(p->w, p->f, 0))
		if (is_ours(p))
			note(p, flow);
	len = flow->edge - p->seq;
	for (at = PIECE; at < len; at += PIECE)
		send_beyond(_metadata, p, flow, at, len - at < PIECE ? len - at : PIECE);
	send_beyond(_metadata, p, flow, 0, len < PIECE ? len : PIECE);
	p->seq += len;
	ASSERT_EQ(0, wait_arrived(flow));
	ASSERT_EQ(len, recv(flow->fd, data, sizeof(data), 0));
	flow->read += len;
	while (flow->edge == p->seq) {
		ASSERT_EQ(0, hear_any(p)) {
			TH_LOG("after %d octets the window stays closed", flow->read);
		}
		note(p, flow);
	}
}

TCP_TEST(a_buffer_below_one_step_of_the_scale_opens_the_window_again)
{
	struct flow flow;
	int i;

	buffers(_metadata, "4096 32000 1073741824");
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_moderate_rcvbuf", "0"));
	flow = opened(_metadata, p, true, 0);
	EXPECT_EQ(14, flow.scale);
	for (i = 0; i < 3; i++)
		goes_on(_metadata, p, &flow);
}

TCP_TEST(a_clamp_below_one_step_does)
{
	struct flow flow;
	int i;

	buffers(_metadata, HUGE_RMEM);
	flow = opened(_metadata, p, true, 0);
	ASSERT_EQ(0, set_int(flow.fd, SOL_TCP, TCP_WINDOW_CLAMP, 8000));
	for (i = 0; i < 3; i++)
		goes_on(_metadata, p, &flow);
}

TCP_TEST(a_listener_needs_no_scale_for_what_SO_RCVBUF_allows)
{
	struct flow flow;

	buffers(_metadata, HUGE_RMEM);
	flow = opened(_metadata, p, true, 10000);
	EXPECT_EQ(0, flow.scale);
	goes_on(_metadata, p, &flow);
}

TCP_TEST(nor_for_what_TCP_WINDOW_CLAMP_allows)
{
	int listener = host_listens(p, 1), fd;

	buffers(_metadata, HUGE_RMEM);
	ASSERT_EQ(0, set_int(listener, SOL_TCP, TCP_WINDOW_CLAMP, 10000));
	segment(p, SYN, OUR_ISN, 0, "");
	add_tcp_options(p->f, plain_syn, sizeof(plain_syn));
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	ASSERT_NE(NULL, option_of(p->f, OPT_WSCALE));
	EXPECT_EQ(0, option_of(p->f, OPT_WSCALE)[2]);
	ASSERT_EQ(0, tell(p, ACK, OUR_ISN + 1, ntohl(tcp_of(p->f)->seq) + 1, ""));
	fd = accepted(_metadata, listener);
	close(listener);
	EXPECT_EQ(10000, get_int(fd, SOL_TCP, TCP_WINDOW_CLAMP));
}

/* The scale of the host's SYN. */
static int scale_of_SYN(struct __test_metadata *_metadata, struct peer *p, int level,
			int option, int value)
{
	int fd = host_socket(p);
	const unsigned char *scale;

	EXPECT_EQ(0, set_int(fd, level, option, value));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	EXPECT_EQ(0, hear(p));
	scale = option_of(p->f, OPT_WSCALE);
	close(fd);
	p->port++;
	return scale ? scale[2] : -1;
}

TCP_TEST(nor_does_who_connects)
{
	buffers(_metadata, HUGE_RMEM);
	EXPECT_LT(10, scale_of_SYN(_metadata, p, SOL_SOCKET, SO_KEEPALIVE, 0));
	EXPECT_EQ(0, scale_of_SYN(_metadata, p, SOL_SOCKET, SO_RCVBUF, 10000));
	EXPECT_EQ(0, scale_of_SYN(_metadata, p, SOL_TCP, TCP_WINDOW_CLAMP, 10000));
}

TEST_HARNESS_MAIN
