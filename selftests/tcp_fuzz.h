/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection that mutated segments come to, and what must be true of it whatever they
 * say. Both streams are functions of the place in them: so whatever way an octet came, it is
 * known which one it has to be.
 *
 * A place is how far a sequence number is behind the SYN: 0 is the first octet of data.
 */
#ifndef _KITE_TCP_FUZZ_H
#define _KITE_TCP_FUZZ_H

#include "draw.h"
#include "tcp_options.h"

#include <time.h>

#define MSS_MAX	1460
#define SPAN	0x80000	/* no stream comes that far */

/* A set of places. */
struct places {
	unsigned char bits[SPAN / 8];
};

/*
 * struct target - a connection under attack
 * @p: the peer's end: its next number as far as the host has acknowledged, and the
 *	host's next as far as it was heard
 * @state: of the generator
 * @program: the generator's state for what the program on the host does
 * @number: of the target; with the seed it says all that is sent
 * @shown: every segment is printed
 * @fd: the host's socket, or -1
 * @oob_inline: urgent data is in line
 * @timestamps: were agreed on
 * @sack: was agreed on
 * @wscale: ours: how far a window that we tell is shifted
 * @mss: ours
 * @clock: our timestamps
 * @tsecr: the host's last timestamp
 * @host_port: the host's
 * @host_isn: the host's initial number, when @host_syn
 * @host_syn: flags of the host's SYN, once it was heard
 * @reborn: it is over, and there is another of the same ports
 * @una: the host's number that we have acknowledged
 * @edge: place in the host's stream where the window ended that reached farthest
 * @reached: place in our stream up to which all was said
 * @read: place up to which the host's program has read
 * @written: octets that it wrote
 * @closing: it said that it would not write any more
 * @first_fin: the first place of a FIN of ours
 * @last_data: how far data of ours reached
 * @rst: we said a reset, or data behind a FIN, which is as good
 * @failed: it was told of an error
 * @ended: it has read to the end
 * @in: segments of ours
 * @calls: of the program, that may make the host say something
 * @answers: of the host, without data
 * @resets: of those, that there is no such connection
 * @again: segments of the host with nothing but data heard before
 * @first: others with data
 * @acked: octets that it believes we have acknowledged
 * @began: milliseconds
 * @said: places in our stream that we sent, FINs included
 * @fins: where we sent a FIN
 * @urgent: what may be left out of the stream, for it is urgent
 */
struct target {
	struct peer p;
	uint64_t state;
	struct {
		uint64_t state;
	} program;
	unsigned long number;
	bool shown;
	int fd;
	bool oob_inline;
	bool timestamps;
	bool sack;
	unsigned int wscale;
	unsigned int mss;
	uint32_t clock;
	uint32_t tsecr;
	uint16_t host_port;
	uint32_t host_isn;
	unsigned int host_syn;
	bool reborn;
	uint32_t una;
	int32_t edge;
	int32_t reached;
	int32_t read;
	int32_t written;
	bool closing;
	int32_t first_fin;
	int32_t last_data;
	bool rst;
	bool failed;
	bool ended;
	unsigned int in;
	unsigned int calls;
	unsigned int answers;
	unsigned int resets;
	unsigned int again;
	unsigned int first;
	int32_t acked;
	long began;
	struct places said;
	struct places fins;
	struct places urgent;
};

static inline bool has(const struct places *s, int32_t at)
{
	return at >= 0 && at < SPAN && s->bits[at / 8] >> at % 8 & 1;
}

static inline void add(struct places *s, int32_t at, int32_t n)
{
	for (; n > 0; at++, n--)
		if (at >= 0 && at < SPAN)
			s->bits[at / 8] |= 1 << at % 8;
}

static inline int32_t place_of_ours(const struct target *t, uint32_t seq)
{
	return seq - OUR_ISN - 1;
}

static inline int32_t place_of_host(const struct target *t, uint32_t seq)
{
	return seq - t->host_isn - 1;
}

/* Which octet stands at a place; never the one that stood before it. */
static inline unsigned char octet(const struct target *t, bool host, int32_t at)
{
	uint32_t mixed = (at + 1) * 0x9e3779b1U ^ t->number * 0x85ebca77U ^ host;

	mixed ^= mixed >> 15;
	mixed *= 0x2c1b3c6dU;
	return (mixed >> 16 & 0xfe) | (at & 1);
}

static inline long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A segment, whoever said it, in the numbers of places. */
static inline void show(const struct target *t, struct frame *f, bool ours)
{
	struct tcphdr *th = tcp_of(f);
	uint32_t seq = ntohl(th->seq), ack = ntohl(th->ack_seq);
	unsigned int i;

	if (!t->shown)
		return;
	printf("# %s %02x seq %d ack %d len %zd window %u", ours ? "->" : "  <-",
	       ((unsigned char *)th)[13],
	       ours ? place_of_ours(t, seq) : place_of_host(t, seq),
	       ours ? place_of_host(t, ack) : place_of_ours(t, ack),
	       (ssize_t)(f->len - f->ip.ihl * 4 - header_len(f)), ntohs(th->window));
	for (i = 20; i < header_len(f) && i < f->len - f->ip.ihl * 4; i++)
		printf("%s%02x", i == 20 ? " options " : "", ((unsigned char *)th)[i]);
	printf("\n");
}

/* --- what we say -------------------------------------------------------- */

/*
 * struct said - a segment to be made
 * @flags: all eight of them
 * @seq: number
 * @ack: acknowledged
 * @len: octets of data
 * @window: as it stands in the header
 * @urgent: pointer
 * @tos: of the packet
 * @reserved: bits beside the header's length
 * @optlen: octets of options, a multiple of four
 * @options: they
 * @broken: the checksum is wrong
 * @doff: other than the header's length, or 0
 * @behind: octets behind the packet that are none of it
 */
struct said {
	unsigned int flags;
	uint32_t seq;
	uint32_t ack;
	unsigned int len;
	uint16_t window;
	uint16_t urgent;
	unsigned char tos;
	unsigned char reserved;
	unsigned int optlen;
	unsigned char options[40];
	bool broken;
	unsigned int doff;
	unsigned int behind;
};

/* Whether the host may take the data of a segment, as far as that depends on itself. */
static inline bool may_count(const struct said *s)
{
	return !s->broken && !s->doff && !(s->flags & RST) && s->flags & (SYN | ACK);
}

/* What follows from it having been said. */
static inline void note(struct target *t, const struct said *s)
{
	int32_t at = place_of_ours(t, s->seq) + !!(s->flags & SYN);
	int32_t right;

	t->in++;
	if (s->flags & RST)
		t->rst = true;
	if (s->flags & SYN && s->window > t->edge)
		t->edge = s->window;
	if (s->flags & ACK && t->host_syn) {
		right = place_of_host(t, s->ack);
		/* Of what was never sent nothing follows. */
		if (right <= t->written + 1) {
			right += s->window << (s->flags & SYN ? 0 : t->wscale);
			if (right > t->edge)
				t->edge = right;
		}
		if (right >= 0 && (int32_t)(s->ack - t->una) > 0 &&
		    (int32_t)(s->ack - t->p.ack) <= 0)
			t->una = s->ack;
	}
	if (!may_count(s))
		return;
	add(&t->said, at, s->len + !!(s->flags & FIN));
	if (s->len && at < SPAN && (int32_t)(at + s->len) > t->last_data)
		t->last_data = at + s->len;
	if (s->flags & FIN) {
		add(&t->fins, at + s->len, 1);
		if ((int32_t)(at + s->len) < t->first_fin)
			t->first_fin = at + s->len;
	}
	if (t->last_data > t->first_fin)
		t->rst = true;
	if (s->flags & URG)
		add(&t->urgent, at + s->urgent - 1, 2);
}

/* The segment as a packet, with the octets that belong there if they may count. */
static inline void make(struct target *t, const struct said *s, struct frame *f)
{
	int32_t at = place_of_ours(t, s->seq) + !!(s->flags & SYN);
	struct tcphdr *th;
	unsigned char *p;
	unsigned int i;

	packet(f, PEER, HOST, IPPROTO_TCP, sizeof(*th) + s->optlen + s->len);
	f->ip.tos = s->tos;
	seal(f);
	th = tcp_of(f);
	th->source = htons(t->p.port);
	th->dest = htons(t->host_port);
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	th->window = htons(s->window);
	th->urg_ptr = htons(s->urgent);
	p = (unsigned char *)th;
	p[12] = (s->doff ? s->doff : (sizeof(*th) + s->optlen) / 4) << 4 | s->reserved;
	p[13] = s->flags;
	memcpy(p + sizeof(*th), s->options, s->optlen);
	p += sizeof(*th) + s->optlen;
	for (i = 0; i < s->len; i++)
		p[i] = may_count(s) ? octet(t, false, at + i) : ~octet(t, false, at + i);
	seal_segment(f);
	if (s->broken)
		th->check ^= 0x100;
	memset(f->bytes + f->len, 0xee, s->behind);
	f->len += s->behind;
	show(t, f, true);
	note(t, s);
}

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

/* Octets that it has is what the host may say in a block. */
static inline void check_block(struct __test_metadata *_metadata, struct target *t,
			       const unsigned char *block, int32_t ack)
{
	int32_t start = place_of_ours(t, get32(block));
	int32_t end = place_of_ours(t, get32(block + 4));

	EXPECT_LT(start, end);
	if (start < ack)
		return;		/* it came again */
	while (start < end && has(&t->said, start))
		start++;
	EXPECT_EQ(end, start) {
		TH_LOG("a block of what was never said");
	}
}

static inline void check_options(struct __test_metadata *_metadata, struct target *t,
				 struct frame *f, int32_t ack)
{
	const unsigned char *o = (unsigned char *)(tcp_of(f) + 1);
	const unsigned char *end = data_of(f);
	unsigned int i;

	while ((o = next_option(_metadata, o, end))) {
		if (*o == OPT_TS) {
			EXPECT_EQ(10, o[1]);
			t->tsecr = get32(o + 2);
		}
		if (*o == OPT_SACK) {
			EXPECT_EQ(2, o[1] % 8);
			EXPECT_TRUE(t->sack);
			for (i = 2; i + 8 <= o[1]; i += 8)
				check_block(_metadata, t, o + i, ack);
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
	end = seq + data_len(f) + !!(flags & FIN) + !!(flags & SYN);
	if (flags & SYN && t->host_syn && seq != t->host_isn)
		t->reborn = true;
	if (flags & SYN && !t->host_syn) {
		t->host_isn = seq;
		t->una = seq;
		t->p.ack = end;
	}
	if (!data_len(f) && !(flags & FIN))
		t->answers++;
	else if ((int32_t)(end - t->p.ack) <= 0)
		t->again++;
	else
		t->first++;
	t->resets += !!(flags & RST);
	/* Of a reset the numbers are those of what it answers. */
	if (flags & RST || t->reborn || (!t->host_syn && !(flags & SYN)))
		return;
	if (flags & SYN) {
		t->host_syn = flags;
		EXPECT_EQ(0, data_len(f));
	} else {
		check_data(_metadata, t, f);
	}
	if ((int32_t)(end - t->p.ack) > 0)
		t->p.ack = end;
	if (flags & ACK) {
		while (has(&t->said, t->reached))
			t->reached++;
		EXPECT_LE(ack, t->reached) {
			TH_LOG("an acknowledgment of what was never said");
		}
		if ((int32_t)(ntohl(tcp_of(f)->ack_seq) - t->p.seq) > 0)
			t->p.seq = ntohl(tcp_of(f)->ack_seq);
	}
	check_options(_metadata, t, f, ack);
}

/* --- what the program on the host sees ---------------------------------- */

/* What was read is what was said there. */
static inline void check_read(struct __test_metadata *_metadata, struct target *t,
			      const unsigned char *data, ssize_t n)
{
	int32_t at = t->read;
	ssize_t i;

	for (i = 0; i < n; i++, at++) {
		if (data[i] != octet(t, false, at) && !t->oob_inline &&
		    has(&t->urgent, at))
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
	EXPECT_TRUE(t->failed || t->rst || has(&t->fins, t->read) ||
		    (!t->oob_inline && has(&t->urgent, t->read) &&
		     has(&t->fins, t->read + 1))) {
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
	EXPECT_TRUE(t->rst || (error == EPIPE && t->closing)) {
		TH_LOG("%s: %s without a reset", call, strerror(error));
	}
}

/* A window of congestion grows by what is acknowledged, and that was sent. */
static inline void check_info(struct __test_metadata *_metadata, struct target *t)
{
	struct {
		struct tcp_info known;	/* to the C library */
		uint64_t pacing_rate;
		uint64_t max_pacing_rate;
		uint64_t bytes_acked;
	} info = {};
	socklen_t len = sizeof(info);

	ASSERT_EQ(0, getsockopt(t->fd, SOL_TCP, TCP_INFO, &info, &len));
	/* It began with ten segments at most, which may have been larger. */
	EXPECT_LE(info.known.tcpi_snd_cwnd * info.known.tcpi_snd_mss,
		  10 * MSS_MAX + info.bytes_acked);
	t->acked = info.bytes_acked;
	EXPECT_LE(info.known.tcpi_sacked, info.known.tcpi_unacked);
	EXPECT_LE(info.known.tcpi_lost, info.known.tcpi_unacked);
}

/*
 * At last, when all that it said was heard: so many segments follow from what it was
 * told, and from time: a timeout lets all come again that is outstanding. And what it
 * believes to be acknowledged, it sent.
 */
static inline void check_all(struct __test_metadata *_metadata, struct target *t)
{
	unsigned int ms = milliseconds() - t->began;
	unsigned int timers = 8 + ms / 40, timeouts = ms / 200;

	EXPECT_LE(t->answers, t->in + t->calls + timers);
	EXPECT_LE(t->again, 2 * t->in + timers + t->first * timeouts);
	if (t->host_syn)
		EXPECT_LE(t->acked, place_of_host(t, t->p.ack) + 1);
}

#endif /* _KITE_TCP_FUZZ_H */
