// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that come in together: the device makes one packet of those of a stream, and of
 * nothing else. Linux's own TCP must get the same packets.
 *
 * The test has a qdisc keep its segments until all of them are there, and looks at what
 * comes out of the host's device.
 * time limit: 120 s
 */
#include "tcp_peer.h"
#include "router.h"
#include "sniff.h"

#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <time.h>

#define MSS	536
#define TOGETHER 400		/* ms until segments that were handed over leave */

FIXTURE_ON_A_WIRE(tcp)

/* The host's device merges, and ours keeps what it is told to keep. */
static int merging_host(struct peer *p)
{
	struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };

	if (run("ethtool -K v0 gro on") ||
	    at_our_end(p->w, "ethtool -K v1 tso off && tc qdisc replace dev v1 root fq") ||
	    setsockopt(p->w->fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)))
		return -1;
	undo("ethtool -K v0 gro off");
	return sniff("v0", SOCK_DGRAM, ETH_P_ALL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Hand a frame over that leaves at a time, CLOCK_MONOTONIC ns. */
static int transmit_at(struct wire *w, struct frame *f, uint64_t when)
{
	union {
		char buf[CMSG_SPACE(sizeof(when))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = f->bytes, .iov_len = f->len };
	struct msghdr msg = {
		.msg_name = &w->to,
		.msg_namelen = sizeof(w->to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_TXTIME;
	cmsg->cmsg_len = CMSG_LEN(sizeof(when));
	memcpy(CMSG_DATA(cmsg), &when, sizeof(when));
	return sendmsg(w->fd, &msg, 0) == (ssize_t)f->len ? 0 : -1;
}

/* So many letters of the alphabet, over and over. */
static const char *letters(uint32_t from, size_t len)
{
	static char text[4 * MSS];
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = 'a' + (from + i) % 23;
	text[len] = 0;
	return text;
}

/* A segment of our stream, which nothing tells from one that a device cut off a larger one. */
static void piece(struct peer *p, int number, unsigned int flags, size_t len)
{
	segment(p, ACK | flags, p->seq + number * MSS, p->ack, letters(number * MSS, len));
	p->f->ip.id = htons(500 + number);
	seal(p->f);
}

static void hand_over(struct __test_metadata *_metadata, struct peer *p, uint64_t when)
{
	ASSERT_EQ(0, transmit_at(p->w, p->f, when));
}

static uint64_t soon(void)
{
	return now_ns() + TOGETHER * 1000000ULL;
}

/* The next packet of TCP that passes a tap, into @p->f. */
static int passes(struct peer *p, int tap)
{
	struct pollfd look = { .fd = tap, .events = POLLIN };
	ssize_t n;

	do {
		if (poll(&look, 1, SOON) != 1)
			return -1;
		n = recv(tap, p->f->bytes, sizeof(p->f->bytes), 0);
	} while (n < 0 || p->f->ip.version != 4 || p->f->ip.protocol != IPPROTO_TCP ||
		 ntohs(tcp_of(p->f)->dest) != HOST_PORT);
	p->f->len = n;
	return 0;
}

static unsigned int all_flags_of(struct frame *f)
{
	return ((unsigned char *)tcp_of(f))[13];
}

/* The next packet has so many octets of our stream, from that one on. */
static void comes_up(struct __test_metadata *_metadata, struct peer *p, int tap, uint32_t from,
		     size_t len)
{
	ASSERT_EQ(0, passes(p, tap)) {
		TH_LOG("no packet with octet %u", from);
	}
	EXPECT_EQ(p->seq + from, ntohl(tcp_of(p->f)->seq));
	EXPECT_EQ(len, data_len(p->f));
	EXPECT_EQ(p->f->len, ntohs(p->f->ip.tot_len));
	EXPECT_EQ(0, checksum(&p->f->ip, p->f->ip.ihl * 4));
	EXPECT_EQ(0, memcmp(letters(from, len < 4 * MSS ? len : 0), data_of(p->f),
			    len < 4 * MSS ? len : 0));
}

/* The reader gets so many octets of our stream. */
static void is_read(struct __test_metadata *_metadata, int fd, uint32_t len)
{
	char data[10 * MSS];
	uint32_t i;

	ASSERT_EQ(len, recv(fd, data, len, MSG_WAITALL));
	for (i = 0; i < len; i++)
		ASSERT_EQ('a' + i % 23, data[i]) {
			TH_LOG("octet %u", i);
		}
}

TCP_TEST(segments_of_a_stream_come_up_as_one_packet)
{
	int fd = connection(_metadata, p), tap = merging_host(p), i;
	uint64_t when = soon();

	for (i = 0; i < 10; i++) {
		piece(p, i, 0, MSS);
		hand_over(_metadata, p, when);
	}
	comes_up(_metadata, p, tap, 0, 10 * MSS);
	is_read(_metadata, fd, 10 * MSS);
}

/* A piece in a frame with a VLAN tag that stays in it, which the host's device cannot take off. */
static void tagged_piece(struct peer *p, int number, size_t len)
{
	const uint16_t tag[2] = { htons(5), p->w->to.sll_protocol };

	piece(p, number, 0, len);
	memmove(p->f->bytes + sizeof(tag), p->f->bytes, p->f->len);
	memcpy(p->f->bytes, tag, sizeof(tag));
	p->f->len += sizeof(tag);
}

static void hand_over_tagged(struct __test_metadata *_metadata, struct peer *p, uint64_t when)
{
	const uint16_t type = p->w->to.sll_protocol;

	p->w->to.sll_protocol = htons(ETH_P_8021Q);
	hand_over(_metadata, p, when);
	p->w->to.sll_protocol = type;
}

TCP_TEST(segments_of_a_stream_in_a_vlan_come_up_as_one_packet)
{
	int fd = connection(_metadata, p), tap, i;
	uint64_t when;

	ASSERT_EQ(0, run("ip link add link v0 name v0.5 type vlan id 5 && ip link set v0.5 up"));
	undo("ip link del v0.5");
	close(merging_host(p));
	tap = sniff("v0.5", SOCK_DGRAM, ETH_P_ALL);
	when = soon();
	for (i = 0; i < 4; i++) {
		tagged_piece(p, i, MSS);
		hand_over_tagged(_metadata, p, when);
	}
	comes_up(_metadata, p, tap, 0, 4 * MSS);
	is_read(_metadata, fd, 4 * MSS);
}

TCP_TEST(a_packet_becomes_no_larger_than_its_device_wants_it)
{
	int fd = connection(_metadata, p), tap = merging_host(p), i;
	uint64_t when;

	ASSERT_EQ(0, run("ip link set v0 gro_max_size 1500"));
	undo("ip link set v0 gro_max_size 65536");
	when = soon();
	for (i = 0; i < 4; i++) {
		piece(p, i, 0, MSS);
		hand_over(_metadata, p, when);
	}
	comes_up(_metadata, p, tap, 0, 2 * MSS);
	comes_up(_metadata, p, tap, 2 * MSS, 2 * MSS);
	is_read(_metadata, fd, 4 * MSS);
}

TCP_TEST(one_that_its_sender_pushed_is_the_last_of_a_packet)
{
	int fd = connection(_metadata, p), tap = merging_host(p), i;
	uint64_t when = soon();

	for (i = 0; i < 4; i++) {
		piece(p, i, i == 1 ? PSH : 0, MSS);
		hand_over(_metadata, p, when);
	}
	comes_up(_metadata, p, tap, 0, 2 * MSS);
	EXPECT_EQ(ACK | PSH, all_flags_of(p->f));
	comes_up(_metadata, p, tap, 2 * MSS, 2 * MSS);
	EXPECT_EQ(ACK, all_flags_of(p->f));
	is_read(_metadata, fd, 4 * MSS);
}

TCP_TEST(a_shorter_one_is_the_last_of_a_packet)
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, 0, 100);
	hand_over(_metadata, p, when);
	comes_up(_metadata, p, tap, 0, MSS + 100);
	is_read(_metadata, fd, MSS + 100);
}

TCP_TEST(an_end_comes_up_with_what_is_before_it)
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();
	char end;

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, FIN, MSS);
	hand_over(_metadata, p, when);
	comes_up(_metadata, p, tap, 0, 2 * MSS);
	EXPECT_EQ(ACK | FIN, all_flags_of(p->f));
	is_read(_metadata, fd, 2 * MSS);
	EXPECT_EQ(0, recv(fd, &end, 1, 0));
}

TCP_TEST(two_streams_stay_apart)
{
	int fd = connection(_metadata, p), tap, i;
	struct peer other = *p;
	uint64_t when;

	other.port++;
	connection(_metadata, &other);
	tap = merging_host(p);
	when = soon();
	for (i = 0; i < 2; i++) {
		piece(p, i, 0, MSS);
		hand_over(_metadata, p, when);
		piece(&other, i, 0, MSS);
		hand_over(_metadata, &other, when);
	}
	/* In whichever order. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, passes(p, tap));
		EXPECT_EQ(2 * MSS, data_len(p->f));
	}
	is_read(_metadata, fd, 2 * MSS);
}

/* What the second of two segments may be, so that they are not merged. */
static void another_id(struct frame *f)
{
	f->ip.id = htons(7);
}

static void another_ttl(struct frame *f)
{
	f->ip.ttl--;
}

static void a_mark(struct frame *f)
{
	f->ip.tos = 3;
}

static void another_window(struct frame *f)
{
	tcp_of(f)->window = htons(WINDOW - 1);
}

static void options(struct frame *f)
{
	static const unsigned char nothing[4] = { 1, 1, 1, 1 };

	add_tcp_options(f, nothing, sizeof(nothing));
}

static void a_window_reduced(struct frame *f)
{
	((unsigned char *)tcp_of(f))[13] |= CWR;
}

static void apart(struct __test_metadata *_metadata, struct peer *p,
		  void (*change)(struct frame *f))
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, 0, MSS);
	change(p->f);
	seal(p->f);
	seal_segment(p->f);
	hand_over(_metadata, p, when);
	comes_up(_metadata, p, tap, 0, MSS);
	comes_up(_metadata, p, tap, MSS, MSS);
	is_read(_metadata, fd, 2 * MSS);
}

#define APART(what)							\
	TCP_TEST(what##_keeps_segments_apart)				\
	{								\
		apart(_metadata, p, what);				\
	}

APART(another_id)
APART(another_ttl)
APART(a_mark)
APART(another_window)
APART(options)
APART(a_window_reduced)

TCP_TEST(a_gap_keeps_segments_apart_and_in_order)
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 2, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, 0, MSS);
	hand_over(_metadata, p, when);
	comes_up(_metadata, p, tap, 0, MSS);
	comes_up(_metadata, p, tap, 2 * MSS, MSS);
	comes_up(_metadata, p, tap, MSS, MSS);
	is_read(_metadata, fd, 3 * MSS);
}

TCP_TEST(what_is_damaged_spoils_nothing_else)
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, 0, MSS);
	data_of(p->f)[100] ^= 4;
	hand_over(_metadata, p, when);
	piece(p, 1, 0, MSS);
	hand_over(_metadata, p, when);
	is_read(_metadata, fd, 2 * MSS);
	close(tap);
	counted(_metadata, p, "Tcp.InCsumErrors", 1);
}

TCP_TEST(an_acknowledgment_alone_waits_for_nobody)
{
	int fd = connection(_metadata, p), tap = merging_host(p);
	uint64_t when = soon();

	piece(p, 0, 0, MSS);
	hand_over(_metadata, p, when);
	piece(p, 1, 0, 0);
	hand_over(_metadata, p, when);
	comes_up(_metadata, p, tap, 0, MSS);
	comes_up(_metadata, p, tap, MSS, 0);
	is_read(_metadata, fd, MSS);
}

TCP_TEST(a_router_makes_the_very_same_segments_of_them)
{
	static struct frame sent[10];
	int in = merging_host(p), out, i;
	uint64_t when;

	ASSERT_EQ(0, router(p->family == AF_KITE));
	ASSERT_EQ(0, run("ethtool -K d1 tx off tso off tx-sctp-segmentation off"));
	out = sniff("d1", SOCK_DGRAM, ETH_P_ALL);
	p->seq = 1;
	p->ack = 1;
	when = soon();
	for (i = 0; i < 10; i++) {
		piece(p, i, i == 9 ? PSH : 0, i == 9 ? 77 : MSS);
		p->f->ip.daddr = inet_addr("10.2.0.2");
		seal(p->f);
		seal_segment(p->f);
		sent[i] = *p->f;
		hand_over(_metadata, p, when);
	}
	ASSERT_EQ(0, run("ip neighbour replace 10.2.0.2 dev d1 lladdr 02:00:00:00:00:01"));
	comes_up(_metadata, p, in, 0, 9 * MSS + 77);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, passes(p, out));
		sent[i].ip.ttl--;
		seal(&sent[i]);
		EXPECT_EQ(sent[i].len, p->f->len);
		EXPECT_EQ(0, memcmp(sent[i].bytes, p->f->bytes, sent[i].len)) {
			TH_LOG("segment %d", i);
		}
	}
}

TEST_HARNESS_MAIN
