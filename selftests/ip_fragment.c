// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments: put together whatever their order, and nothing else than what was
 * cut. Each runs against Linux's own IPv4, too.
 * time limit: 120 s
 */
#include "wire.h"

FIXTURE_ON_A_WIRE(fragments)

/* Bytes @from..@to of the payload of @whole as a fragment. */
static int send_piece(struct wire *w, const struct frame *whole, size_t from,
		      size_t to)
{
	static struct frame f;
	size_t hlen = whole->ip.ihl * 4;

	f.ip = whole->ip;
	memcpy(f.bytes, whole->bytes, hlen);
	memcpy(f.bytes + hlen, whole->bytes + hlen + from, to - from);
	f.len = hlen + to - from;
	f.ip.tot_len = htons(f.len);
	f.ip.frag_off |= htons(from / 8 |
			       (hlen + to < whole->len ? IP_MF : 0));
	seal(&f);
	return transmit(w, &f);
}

/* A ping of 80 bytes payload, ICMP header included. */
#define WHOLE	echo(&self->f, HOST, 72)
#define PIECE(from, to)	\
	ASSERT_EQ(0, send_piece(&self->w, &self->f, from, to))

/* Put @n fragments of an answer together; -1 if they do not belong together. */
static int receive_whole(struct wire *w, struct frame *whole)
{
	static struct frame f;
	size_t have = 0, end = 0;

	memset(whole, 0, sizeof(*whole));
	do {
		size_t offset, len;

		if (receive(w, &f, SOON) || checksum(&f.ip, f.ip.ihl * 4))
			return -1;
		offset = (ntohs(f.ip.frag_off) & IP_OFFMASK) * 8;
		len = f.len - 20;
		if (!have)
			whole->ip = f.ip;
		if (f.ip.id != whole->ip.id || offset + len > FRAME_MAX - 20)
			return -1;
		memcpy(whole->bytes + 20 + offset, f.bytes + 20, len);
		have += len;
		if (!(ntohs(f.ip.frag_off) & IP_MF))
			end = offset + len;
	} while (!end || have < end);
	whole->len = 20 + have;
	return have == end ? 0 : -1;
}

TEST_F(fragments, in_order_are_one_datagram)
{
	WHOLE;
	PIECE(0, 32);
	PIECE(32, 64);
	PIECE(64, 80);
	expect_echo(_metadata, &self->w, &self->f, HOST);
	if (self->w.kite) {
		EXPECT_EQ(3, counter("Ip.ReasmReqds"));
		EXPECT_EQ(1, counter("Ip.ReasmOKs"));
	}
}

TEST_F(fragments, in_any_order_are_one_datagram)
{
	WHOLE;
	PIECE(64, 80);
	PIECE(0, 32);
	PIECE(32, 64);
	expect_echo(_metadata, &self->w, &self->f, HOST);
	PIECE(32, 64);
	PIECE(64, 80);
	PIECE(0, 32);
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(fragments, with_options_are_one_datagram)
{
	static const unsigned char noops[] = { 1, 1, 1, 1 };

	WHOLE;
	add_options(&self->f, noops, sizeof(noops));
	PIECE(48, 80);
	PIECE(0, 48);
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

/* So that who passes it on does not cut it any smaller. */
TEST_F(fragments, are_not_to_be_cut_again_when_the_largest_was_not)
{
	int fd = socket(variant->family, SOCK_RAW, 253);
	struct iphdr iph;

	ASSERT_LE(0, fd);
	packet(&self->f, PEER, HOST, 253, 80);
	self->f.ip.frag_off = htons(IP_DF);
	PIECE(0, 48);
	PIECE(48, 80);
	ASSERT_LE(sizeof(iph), recv_soon(fd, &iph, sizeof(iph)));
	EXPECT_EQ(IP_DF, ntohs(iph.frag_off));

	self->f.ip.id++;
	PIECE(0, 32);
	self->f.ip.frag_off = 0;
	PIECE(32, 80);
	ASSERT_LE(sizeof(iph), recv_soon(fd, &iph, sizeof(iph)));
	EXPECT_EQ(0, ntohs(iph.frag_off));
	close(fd);
}

TEST_F(fragments, that_come_twice_do_no_harm)
{
	WHOLE;
	PIECE(0, 32);
	PIECE(0, 32);
	PIECE(32, 80);
	expect_echo(_metadata, &self->w, &self->f, HOST);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.ReasmDuplicate"));
}

TEST_F(fragments, of_different_datagrams_do_not_mix)
{
	static struct frame other;

	WHOLE;
	other = self->f;
	other.ip.id = htons(7);
	memset(icmp_of(&other) + 1, 0xee, 72);
	icmp_of(&other)->checksum = 0;
	icmp_of(&other)->checksum = checksum(icmp_of(&other), 80);
	PIECE(0, 32);
	ASSERT_EQ(0, send_piece(&self->w, &other, 32, 80));
	ASSERT_EQ(0, send_piece(&self->w, &other, 0, 32));
	expect_echo(_metadata, &self->w, &other, HOST);
	PIECE(32, 80);
	expect_echo(_metadata, &self->w, &self->f, HOST);
}

TEST_F(fragments, that_overlap_lose_the_datagram)
{
	WHOLE;
	PIECE(0, 40);
	PIECE(32, 80);
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.ReasmOverlap"));
}

TEST_F(fragments, behind_the_end_lose_the_datagram)
{
	WHOLE;
	PIECE(48, 80);
	/* And now as if it ended at 48. */
	self->f.len = 20 + 48;
	PIECE(32, 48);
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_LT(0, counter("Ip.ReasmFails"));
}

TEST_F(fragments, that_would_make_too_long_a_datagram_are_dropped)
{
	packet(&self->f, PEER, HOST, IPPROTO_ICMP, 64);
	self->f.ip.frag_off = htons(8188);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.ReasmFails"));
}

/* The options of the first, which are those of the whole, count as well. */
TEST_F(fragments, with_options_that_make_it_too_long_are_dropped)
{
	static unsigned char noops[40];
	static struct frame first;
	size_t at;

	echo(&self->f, HOST, 65535 - 28);
	first = self->f;
	first.len = 20 + 1440;
	first.ip.tot_len = htons(first.len);
	first.ip.frag_off = htons(IP_MF);
	memset(noops, 1, sizeof(noops));
	add_options(&first, noops, sizeof(noops));
	ASSERT_EQ(0, transmit(&self->w, &first));
	for (at = 1440; at < 65515; at += 1440)
		PIECE(at, at + 1440 < 65515 ? at + 1440 : 65515);
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.ReasmFails"));
}

TEST_F(fragments, without_payload_are_dropped)
{
	packet(&self->f, PEER, HOST, IPPROTO_ICMP, 0);
	self->f.ip.frag_off = htons(IP_MF);
	seal(&self->f);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_silence(_metadata, &self->w);
	if (self->w.kite)
		EXPECT_EQ(1, counter("Ip.ReasmFails"));
}

TEST_F(fragments, of_the_largest_datagram_are_answered_in_fragments)
{
	static struct frame whole;
	size_t at;

	echo(&self->f, HOST, 65535 - 28);
	for (at = 0; at < 65515; at += 1480)
		PIECE(at, at + 1480 < 65515 ? at + 1480 : 65515);
	ASSERT_EQ(0, receive_whole(&self->w, &whole));
	ASSERT_EQ(65535, whole.len);
	EXPECT_EQ(ICMP_ECHOREPLY, icmp_of(&whole)->type);
	EXPECT_EQ(0, checksum(icmp_of(&whole), 65515));
	EXPECT_EQ(0, memcmp(icmp_of(&whole) + 1, icmp_of(&self->f) + 1,
			    65535 - 28));
	EXPECT_NE(0, whole.ip.id);
}

TEST_F(fragments, that_stay_alone_are_given_up_and_the_source_told)
{
	static struct frame first;

	ASSERT_EQ(0, set_sysctl("ipv4/ipfrag_time", "1"));
	WHOLE;
	first = self->f;
	first.len = 20 + 32;
	first.ip.tot_len = htons(first.len);
	first.ip.frag_off = htons(IP_MF);
	seal(&first);
	ASSERT_EQ(0, transmit(&self->w, &first));
	expect_error(_metadata, &self->w, &first, ICMP_TIME_EXCEEDED,
		     ICMP_EXC_FRAGTIME, 0);
	if (self->w.kite) {
		EXPECT_EQ(1, counter("Ip.ReasmTimeout"));
		EXPECT_EQ(1, counter("Ip.ReasmFails"));
	}
	/* What comes too late is the start of another wait. */
	PIECE(32, 80);
	expect_silence(_metadata, &self->w);
}

TEST_F(fragments, wait_in_bounded_memory)
{
	static struct frame f;
	int i;

	ASSERT_EQ(0, set_sysctl("ipv4/ipfrag_low_thresh", "0"));
	ASSERT_EQ(0, set_sysctl("ipv4/ipfrag_high_thresh", "100000"));
	packet(&f, PEER, HOST, IPPROTO_UDP, 1000);
	f.ip.frag_off = htons(IP_MF | 1);
	for (i = 0; i < 2000; i++) {
		f.ip.id = htons(i);
		seal(&f);
		ASSERT_EQ(0, transmit(&self->w, &f));
	}
	expect_silence(_metadata, &self->w);
	if (self->w.kite) {
		EXPECT_LT(1000, counter("Ip.ReasmReqds"));
		EXPECT_LT(counter("Ip.ReasmReqds") - 200,
			  counter("Ip.ReasmFails"));
	}
}

TEST_HARNESS_MAIN
