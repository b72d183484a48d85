/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must be true of a connection (tcp_fuzz.h) whatever the segments say that come to
 * it: of what its host says, and of what the program on the host sees.
 */
#ifndef _KITE_TCP_FUZZ_CHECK_H
#define _KITE_TCP_FUZZ_CHECK_H

#include "tcp_fuzz.h"

/* --- what the host says ------------------------------------------------- */

/* The next of a header's options, or NULL; every one is whole. */
static inline const unsigned char *next_option(struct __test_metadata *_metadata,
					       const unsigned char *o,
					       const unsigned char *end)
{
	while (o < end && *o == OPT_NOP)
		o++;
	if (o >= end || *o == OPT_EOL)
		return NULL;
	EXPECT_LE(2, end - o);
	EXPECT_LE(2, o[1]);
	EXPECT_LE(o[1], end - o);
	return end - o >= 2 && o[1] >= 2 && o[1] <= end - o ? o : NULL;
}

/*
 * Octets that it has is what the host may say in a block. Below what it acknowledges, only
 * the first one is, and says that they came again.
 */
static inline void check_block(struct __test_metadata *_metadata, struct target *t,
			       const unsigned char *block, int32_t ack, bool first)
{
	int32_t start = place_of_ours(t, get32(block));
	int32_t end = place_of_ours(t, get32(block + 4));

	EXPECT_LT(start, end);
	EXPECT_TRUE(first || start > ack) {
		TH_LOG("a block of what is acknowledged");
	}
	if (start > ack) {
		t->held[t->n_held].start = start;
		t->held[t->n_held++].end = end;
	}
	if (start < 0)
		start = 0;	/* what came again may begin before the stream */
	while (start < end && has(&t->said, start))
		start++;
	EXPECT_LE(end, start) {
		TH_LOG("a block of what it cannot have: %d", start);
	}
}

/* Of what was settled before, this is what it has taken over. */
static inline void note_echo(struct target *t, uint32_t tsecr)
{
	t->ahead = 0;
	t->ahead_now -= tsecr - t->recent;
	if (t->ahead_now < 0)
		t->ahead_now = 0;
	t->recent = tsecr;
}

static inline void check_options(struct __test_metadata *_metadata, struct target *t,
				 struct frame *f, int32_t ack)
{
	const unsigned char *o = (unsigned char *)(tcp_of(f) + 1);
	const unsigned char *end = data_of(f);
	bool is_syn = flags_of(f) & SYN;
	unsigned int i;

	t->host_ts = false;
	if (!data_len(f))
		t->n_held = 0;
	while ((o = next_option(_metadata, o, end))) {
		switch (*o) {
		case OPT_WSCALE:
			EXPECT_TRUE(is_syn);
			/* It may offer what we do not. */
			t->host_wscale = t->wscale ? o[2] : 0;
			break;
		case OPT_TS:
			EXPECT_EQ(10, o[1]);
			t->tsecr = get32(o + 2);
			note_echo(t, get32(o + 6));
			t->host_ts = !is_syn;
			break;
		case OPT_SACK:
			EXPECT_EQ(2, o[1] % 8);
			EXPECT_TRUE(t->sack);
			t->n_held = 0;
			for (i = 2; i + 8 <= o[1]; i += 8)
				check_block(_metadata, t, o + i, ack, i == 2);
		}
		o += o[1];
	}
}

/* It is of the stream, and within the window. */
static inline void check_data(struct __test_metadata *_metadata, struct target *t,
			      struct frame *f)
{
	int32_t at = place_of_host(t, ntohl(tcp_of(f)->seq));
	int32_t len = data_len(f), i;
	const unsigned char *data = data_of(f);

	/* What probes a closed window comes before all data. */
	EXPECT_LE(len ? 0 : -1, at);
	/* Behind its FIN nothing but acknowledgments. */
	EXPECT_LE(at + len, t->written + (t->closing && !len));
	EXPECT_LE(len ? at + len : 0, t->edge) {
		TH_LOG("beyond the window");
	}
	for (i = 0; i < len && data[i] == octet(t, true, at + i); i++)
		;
	EXPECT_EQ(len, i) {
		TH_LOG("octet %d is wrong", at + i);
	}
	if (flags_of(f) & FIN) {
		EXPECT_TRUE(t->closing);
		EXPECT_EQ(t->written, at + len);
	}
}

/* It goes on, and acknowledges what was said within the window that it offered. */
static inline void check_ack(struct __test_metadata *_metadata, struct target *t,
			     struct frame *f)
{
	unsigned int scale = t->vague ? WSCALE_MAX : t->host_wscale;
	unsigned int shift = flags_of(f) & SYN ? 0 : scale;
	uint32_t number = ntohl(tcp_of(f)->ack_seq);
	int32_t ack = place_of_ours(t, number);
	int32_t right = ack + (ntohs(tcp_of(f)->window) << shift);

	/* What completes a handshake with a cookie may do so again. */
	if (t->vague && (int32_t)(number - t->acked) < 0)
		t->reborn = true;
	if (t->reborn)
		return;
	EXPECT_LE(ack, t->reached) {
		TH_LOG("an acknowledgment of what was never said");
	}
	EXPECT_LE(place_of_ours(t, t->acked), ack) {
		TH_LOG("it acknowledges less than before");
	}
	/* That of a SYN is not scaled, and may come again. */
	EXPECT_TRUE(t->vague || flags_of(f) & SYN || t->right <= right) {
		TH_LOG("it takes back a part of its window: %d, %d", t->right, right);
	}
	if (right > t->right)
		t->right = right;
	t->acked = number;
	if ((int32_t)(number - t->p.seq) > 0)
		t->p.seq = number;
}

/* Its checksum is right; of the two zeroes that there are either will do. */
static inline bool is_sealed(struct frame *f)
{
	uint16_t check = tcp_of(f)->check;

	seal_segment(f);
	return (check ? : 0xffff) == (tcp_of(f)->check ? : 0xffff);
}

/* A segment of the host's on this connection. */
static inline void check_segment(struct __test_metadata *_metadata, struct target *t,
				 struct frame *f)
{
	uint32_t seq = ntohl(tcp_of(f)->seq), end;
	unsigned int flags = flags_of(f);
	int32_t ack = place_of_ours(t, ntohl(tcp_of(f)->ack_seq));

	show(t, f, false);
	ASSERT_LE(20, header_len(f));
	ASSERT_LE(f->ip.ihl * 4 + header_len(f), f->len);
	EXPECT_TRUE(is_sealed(f));
	end = seq + data_len(f) + !!(flags & FIN) + !!(flags & SYN);
	if (flags & SYN && t->host_syn && seq != t->host_isn)
		t->reborn = true;
	if (flags & SYN && !t->host_syn) {
		t->host_isn = seq;
		t->una = seq;
		t->sure = end;
		t->p.ack = end;
	}
	note_counted(t);
	if (!data_len(f) && !(flags & FIN))
		t->answers++;
	else if ((int32_t)(end - t->p.ack) <= 0)
		t->again++;
	else
		t->first++;
	t->resets += !!(flags & RST);
	if (flags & RST && !t->over && milliseconds() < t->known_until)
		EXPECT_NE(t->host_isn + 1, seq) {
			TH_LOG("it has forgotten what is half open");
		}
	/* Of a reset the numbers are those of what it answers. */
	if (flags & RST || t->reborn || (!t->host_syn && !(flags & SYN)))
		return;
	if (flags & SYN) {
		t->host_syn = flags;
		EXPECT_EQ(0, data_len(f));
	} else {
		check_data(_metadata, t, f);
	}
	check_options(_metadata, t, f, ack);
	if (flags & ACK)
		check_ack(_metadata, t, f);
	if ((int32_t)(end - t->p.ack) > 0)
		t->p.ack = end;
}

/* --- what the program on the host sees ---------------------------------- */

/* It is urgent, and not in line with the others, or was not when it came. */
static inline bool may_be_left_out(const struct target *t, int32_t at)
{
	return has(&t->urgent, at) && (!t->oob_inline || at < t->adopted);
}

/* What was read is what was said there. */
static inline void check_read(struct __test_metadata *_metadata, struct target *t,
			      const unsigned char *data, ssize_t n)
{
	int32_t at = t->read;
	ssize_t i;

	for (i = 0; i < n; i++, at++) {
		while (data[i] != octet(t, false, at) && may_be_left_out(t, at))
			at++;
		if (data[i] != octet(t, false, at) || !has(&t->said, at))
			break;
	}
	EXPECT_EQ(n, i) {
		TH_LOG("octet %d is wrong", at);
	}
	t->read = at;
}

/* There is an end where we said one. */
static inline void check_end(struct __test_metadata *_metadata, struct target *t)
{
	while (may_be_left_out(t, t->read) && !has(&t->fins, t->read))
		t->read++;
	EXPECT_TRUE(t->failed || t->over || has(&t->fins, t->read)) {
		TH_LOG("an end at %d", t->read);
	}
	t->ended = true;
}

/* One of the errors that a connection may end with, and because we said so. */
static inline void check_error(struct __test_metadata *_metadata, struct target *t,
			       const char *call)
{
	int error = errno;

	if (error == EAGAIN)
		return;
	t->failed = true;
	EXPECT_TRUE(error == ECONNRESET || error == EPIPE || error == ECONNREFUSED) {
		TH_LOG("%s: %s", call, strerror(error));
	}
	EXPECT_TRUE(t->over || (error == EPIPE && t->closing)) {
		TH_LOG("%s: %s without a reset", call, strerror(error));
	}
}

/* Whole segments, and perhaps one that is not. */
static inline unsigned int segments_of(unsigned int octets, unsigned int mss)
{
	return (octets + mss - 1) / mss;
}

/*
 * When all that it said was heard: it believes what it was told within its windows, as far
 * as it sent it. A window of congestion grows by what is acknowledged.
 */
static inline void check_info(struct __test_metadata *_metadata, struct target *t)
{
	struct long_info info = long_info_of(t->fd);
	int32_t acked = info.bytes_acked, at, reported = 0;
	unsigned int mss = info.known.tcpi_snd_mss;

	/*
	 * It began with ten segments at most, which may have been larger. Whoever does
	 * not know which ones have arrived goes by their number, RFC 6582.
	 */
	EXPECT_LE(info.known.tcpi_snd_cwnd * mss, 10 * MSS_MAX + acked +
		  (info.known.tcpi_options & TCPI_OPT_SACK ? 0 : info.snd_wnd));
	EXPECT_LE(info.known.tcpi_sacked, info.known.tcpi_unacked);
	EXPECT_LE(info.known.tcpi_lost, info.known.tcpi_unacked);
	if (info.known.tcpi_state == TCP_SYN_SENT || info.known.tcpi_state == TCP_SYN_RECV ||
	    info.known.tcpi_state == TCP_CLOSE)
		return;
	EXPECT_LE(acked, place_of_host(t, t->una)) {
		TH_LOG("it believes what no acknowledgment said");
	}
	t->sure = t->host_isn + 1 + acked;
	EXPECT_LE(acked + (int64_t)info.snd_wnd, t->edge) {
		TH_LOG("it believes in a window that was never told");
	}
	for (at = acked; at < place_of_host(t, t->p.ack); at++)
		reported += has(&t->reported, at);
	EXPECT_LE(info.known.tcpi_sacked, segments_of(reported, mss)) {
		TH_LOG("it believes reports of what it did not send");
	}
}

/*
 * At last, when all that it said was heard: so many segments follow from what it was
 * told, and from time: a timeout lets all come again that is outstanding.
 */
static inline void check_all(struct __test_metadata *_metadata, struct target *t)
{
	unsigned int ms = milliseconds() - t->began;
	unsigned int timers = 8 + ms / 40, timeouts = ms / 200;

	EXPECT_LE(t->answers, t->in + t->calls + timers);
	EXPECT_LE(t->again, 2 * t->in + timers + t->first * timeouts);
}

#endif /* _KITE_TCP_FUZZ_CHECK_H */
