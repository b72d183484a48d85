/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection that mutated segments come to, what we say on it, and what follows from that:
 * all that the host may take from it. Both streams are functions of the place in them: so
 * whatever way an octet came, it is known which one it has to be.
 *
 * A place is how far a sequence number is behind the SYN: 0 is the first octet of data.
 */
#ifndef _KITE_TCP_FUZZ_H
#define _KITE_TCP_FUZZ_H

#include "draw.h"
#include "tap.h"
#include "tcp_options.h"

#include <time.h>

#define MSS_MAX	1460
#define SPAN	0x80000	/* no stream comes that far */
#define HALF_OPEN 2000	/* before that no connection is forgotten, milliseconds */
#define WSCALE_MAX 14	/* RFC 7323 2.3 */

/* A set of places. */
struct places {
	unsigned char bits[SPAN / 8];
};

/*
 * struct said - a segment of ours
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
 * @doff: one that cannot be instead of the header's length, or 0
 * @behind: octets behind the packet that are none of it
 * @counts: the host may have taken notice of it, but for its data
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
	bool counts;
};

#define UNSETTLED 8	/* segments of which it is not known yet whether they count */
#define CORNERS	16

/* Places that the host has, from @start on before @end. */
struct held {
	int32_t start;
	int32_t end;
};

/*
 * struct target - a connection under attack
 * @p: the peer's end: its next number, as far as it is honest or the host has
 *	acknowledged more, and the host's next as far as it was heard
 * @tap: the wire
 * @state: of the generator
 * @program: the generator's state for what the program on the host does
 * @number: of the target; with the seed it says all that is sent
 * @shown: every segment is printed
 * @fd: the host's socket, or -1
 * @oob_inline: urgent data is in line
 * @adopted: from this place on
 * @timestamps: were agreed on
 * @sack: was agreed on
 * @wscale: ours: how far a window that we tell is shifted
 * @host_wscale: the host's, at most
 * @vague: all that is the best that mutated segments may have brought about
 * @mss: ours
 * @clock: our timestamps
 * @tsecr: the host's last timestamp
 * @host_ts: it told one with its last segment
 * @recent: our timestamp that it echoed there
 * @ahead: so much newer ones it may have taken over since
 * @ahead_now: of those, what is not settled
 * @host_port: the host's
 * @host_isn: the host's initial number, when @host_syn
 * @host_syn: flags of the host's SYN, once it was heard
 * @known_until: as long as it is half open, milliseconds
 * @reborn: it is over, and there is another of the same ports
 * @acked: our number up to which the host has acknowledged
 * @right: place in our stream where the window ends that the host has offered
 * @una: the host's number up to which it may believe all acknowledged
 * @sure: the number up to which it does
 * @edge: place in the host's stream where the window ended that reached farthest
 * @widest: the largest window that we told
 * @reached: place in our stream up to which all was said
 * @read: place up to which the host's program has read
 * @written: octets that it wrote
 * @closing: it said that it would not write any more
 * @first_fin: the first place of a FIN of ours
 * @over: we said a reset in its place, or data behind a FIN, which is as good
 * @failed: it was told of an error
 * @ended: it has read to the end
 * @in: segments of ours
 * @calls: of the program, that may make the host say something
 * @answers: of the host, without data
 * @resets: of those, that there is no such connection
 * @again: segments of the host with nothing but data heard before
 * @first: others with data
 * @began: milliseconds
 * @n_unsettled: of @unsettled
 * @unsettled: segments that count once the host has offered and sent enough
 * @n_rsts: of @rsts
 * @rsts: places of resets of ours
 * @n_blocks: of @blocks
 * @blocks: of what we say to have, if the host has sent it
 * @n_held: of @held
 * @held: places beyond gaps that the host says to have
 * @n_corners: so many were ever noted
 * @corners: the last places where segments of ours began or ended
 * @said: places in our stream that the host may have, FINs included
 * @data: those of them that were data
 * @ends: where a segment of those ended
 * @fins: where we sent a FIN
 * @urgent: what may be left out of the stream, for it is urgent
 * @reported: places in the host's stream that we said to have
 */
struct target {
	struct peer p;
	struct tap *tap;
	uint64_t state;
	struct {
		uint64_t state;
	} program;
	unsigned long number;
	bool shown;
	int fd;
	bool oob_inline;
	int32_t adopted;
	bool timestamps;
	bool sack;
	unsigned int wscale;
	unsigned int host_wscale;
	bool vague;
	unsigned int mss;
	uint32_t clock;
	uint32_t tsecr;
	bool host_ts;
	uint32_t recent;
	int64_t ahead;
	int64_t ahead_now;
	uint16_t host_port;
	uint32_t host_isn;
	unsigned int host_syn;
	long known_until;
	bool reborn;
	uint32_t acked;
	int32_t right;
	uint32_t una;
	uint32_t sure;
	int32_t edge;
	uint32_t widest;
	int32_t reached;
	int32_t read;
	int32_t written;
	bool closing;
	int32_t first_fin;
	bool over;
	bool failed;
	bool ended;
	unsigned int in;
	unsigned int calls;
	unsigned int answers;
	unsigned int resets;
	unsigned int again;
	unsigned int first;
	long began;
	unsigned int n_unsettled;
	struct said unsettled[UNSETTLED];
	unsigned int n_rsts;
	int32_t rsts[UNSETTLED];
	unsigned int n_blocks;
	struct {
		uint32_t start, end;
	} blocks[4 * UNSETTLED];
	unsigned int n_held;
	struct held held[4];
	unsigned int n_corners;
	int32_t corners[CORNERS];
	struct places said;
	struct places data;
	struct places ends;
	struct places fins;
	struct places urgent;
	struct places reported;
};

static inline bool has(const struct places *s, int32_t at)
{
	return at >= 0 && at < SPAN && s->bits[at / 8] >> at % 8 & 1;
}

static inline void add(struct places *s, int32_t at, int32_t n)
{
	for (; n > 0 && at < SPAN; at++, n--) {
		/* Eight at a time, where it may be. */
		for (; n >= 8 && at >= 0 && !(at % 8) && at < SPAN; at += 8, n -= 8)
			s->bits[at / 8] = 0xff;
		if (n && at >= 0 && at < SPAN)
			s->bits[at / 8] |= 1 << at % 8;
	}
}

/* Whether it has any place from @at on before @end. */
static inline bool has_any(const struct places *s, int32_t at, int32_t end)
{
	while (at < end && !has(s, at))
		at++;
	return at < end;
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

/* --- what the host may take notice of ----------------------------------- */

/*
 * struct heeded - the options that count of those of a segment
 * @ts: it has a timestamp
 * @tsval: which
 * @n: blocks that it reports
 * @blocks: they
 */
struct heeded {
	bool ts;
	uint32_t tsval;
	unsigned int n;
	const unsigned char *blocks;
};

/* What cannot be ends the reading; of two of a kind the last one counts. */
static inline struct heeded heed(const struct said *s)
{
	const unsigned char *o = s->options, *end = o + s->optlen;
	struct heeded h = {};

	while (o < end && *o != OPT_EOL) {
		if (*o == OPT_NOP) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			break;
		if (*o == OPT_TS && o[1] == 10) {
			h.ts = true;
			h.tsval = get32(o + 2);
		} else if (*o == OPT_SACK && o[1] % 8 == 2) {
			h.n = o[1] / 8;
			h.blocks = o + 2;
		}
		o += o[1];
	}
	return h;
}

/* The host has our SYN: from here on it goes by numbers. */
static inline bool is_open(const struct target *t)
{
	return t->acked != OUR_ISN;
}

/* It has a number that the host expects a segment of ours with, now or later. */
static inline int32_t end_of(const struct said *s)
{
	return s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN) -
		OUR_ISN - 1;
}

/*
 * PAWS, RFC 7323 5. What is older than the timestamp that the host
 * echoed last is older than all that it may have now, unless that is half of the circle ahead.
 */
static inline bool is_old(const struct target *t, const struct said *s)
{
	int64_t most = t->ahead > t->ahead_now ? t->ahead : t->ahead_now;
	struct heeded h = heed(s);
	int32_t ahead = h.tsval - t->recent;

	return t->host_ts && h.ts && t->recent && ahead < -1 &&
		most - ahead < 0x80000000LL;
}

/* It may have taken over a timestamp that came with nothing new; 0 is as good as none. */
static inline void note_timestamp(struct target *t, const struct said *s)
{
	struct heeded h = heed(s);
	int64_t ahead = h.ts ? h.tsval - t->recent : 0;

	if (h.ts && !h.tsval)
		ahead = 1LL << 32;
	if (ahead > t->ahead_now && place_of_ours(t, s->seq) <= t->reached)
		t->ahead_now = ahead;
}

/* An acknowledgment from before the window that was acknowledged, RFC 5961 5.2. */
static inline bool is_ancient(const struct target *t, uint32_t ack)
{
	int32_t known = place_of_host(t, t->sure);

	if (known > (int64_t)t->widest)
		known = t->widest;
	return t->host_syn && (int32_t)(ack - t->sure) < -known;
}

/* What the host must not take notice of, whatever else it has said by then. */
static inline bool is_void(const struct target *t, const struct said *s)
{
	if (s->broken || s->doff || !(s->flags & (RST | ACK)))
		return true;
	if (!is_open(t))
		return false;
	if (s->flags & RST)
		return place_of_ours(t, s->seq) < place_of_ours(t, t->acked) - 1;
	return (s->flags & SYN && s->seq != OUR_ISN) || is_old(t, s) ||
		end_of(s) < place_of_ours(t, t->acked) || is_ancient(t, s->ack);
}

/* Octets from where it begins to the end of the window that the host has offered. */
static inline int32_t room_for(const struct target *t, const struct said *s)
{
	return is_open(t) ? t->right - place_of_ours(t, s->seq) : INT32_MAX;
}

/* Whether the host has sent what it acknowledges. */
static inline bool was_sent(const struct target *t, const struct said *s)
{
	return !t->host_syn || !(s->flags & ACK) || (int32_t)(s->ack - t->p.ack) <= 0;
}

/* Far away nothing else begins or ends. */
static inline void note_corner(struct target *t, int32_t at)
{
	if (at < t->reached + 4 * MSS_MAX)
		t->corners[t->n_corners++ % CORNERS] = at;
}

/* What follows from an acknowledgment. */
static inline void note_ack(struct target *t, const struct said *s)
{
	unsigned int shift = s->flags & SYN ? 0 : t->wscale, i;
	uint32_t window = (uint32_t)s->window << shift;
	struct heeded h = heed(s);

	if (window > t->widest)
		t->widest = window;
	/* An old one tells nothing of the window. */
	if ((int32_t)(s->ack - t->sure) >= 0 &&
	    place_of_host(t, s->ack) + (int64_t)window > t->edge)
		t->edge = place_of_host(t, s->ack) + window;
	if ((int32_t)(s->ack - t->una) > 0)
		t->una = s->ack;
	for (i = 0; i < h.n; i++) {
		uint32_t start = get32(h.blocks + 8 * i);
		uint32_t end = get32(h.blocks + 8 * i + 4);

		if ((int32_t)(start - t->sure) >= 0 && (int32_t)(end - start) > 0) {
			t->blocks[t->n_blocks].start = start;
			t->blocks[t->n_blocks++].end = end;
		}
	}
}

/* What follows from data and FIN. */
static inline void note_data(struct target *t, const struct said *s)
{
	int32_t at = place_of_ours(t, s->seq) + !!(s->flags & SYN);
	int32_t end = at + s->len;

	add(&t->said, at, s->len);
	add(&t->data, at, s->len);
	if (s->flags & FIN) {
		add(&t->said, end, 1);
		add(&t->fins, end, 1);
		if (end < t->first_fin)
			t->first_fin = end;
		t->over |= has(&t->data, end);
	}
	t->over |= t->first_fin < end && has_any(&t->fins, at, end);
	add(&t->ends, end_of(s) - 1, 1);
	note_corner(t, at);
	note_corner(t, end_of(s));
}

/*
 * What has come to count by now of what was said. Data right behind the window does not,
 * but what is said with it: a sender is there that has filled it.
 */
static inline void note_counted(struct target *t)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->n_unsettled; i++) {
		struct said *s = &t->unsettled[i];
		int32_t room = room_for(t, s);

		if (!s->counts && room >= 0 && was_sent(t, s)) {
			s->counts = true;
			note_timestamp(t, s);
			if (s->flags & URG)
				add(&t->urgent, place_of_ours(t, s->seq) +
				    s->urgent - 1, 3);
			if (t->host_syn)
				note_ack(t, s);
		}
		if (!s->counts || (s->len && !room))
			t->unsettled[n++] = *s;
		else if (s->len || s->flags & FIN)
			note_data(t, s);
	}
	t->n_unsettled = n;
	while (has(&t->said, t->reached))
		t->reached++;
}

/* What follows from a segment having been said. */
static inline void note(struct target *t, const struct said *s)
{
	t->in++;
	if (s->flags & SYN && s->seq == OUR_ISN && s->window > t->edge)
		t->edge = s->window;
	if (is_void(t, s))
		return;
	if (s->flags & RST) {
		/* RFC 9293 3.10.7.3: it acknowledges the SYN. */
		t->over |= !is_open(t) && s->flags & ACK && s->ack == t->p.ack;
		t->rsts[t->n_rsts++] = place_of_ours(t, s->seq);
		return;
	}
	t->unsettled[t->n_unsettled++] = *s;
	note_counted(t);
}

/* Whether the host may have expected this place at some time. */
static inline bool was_next(const struct target *t, int32_t at)
{
	return at <= t->reached && (!at || has(&t->ends, at - 1));
}

/* Whether a reset at this place counts: what was expected, or the end of what was reported. */
static inline bool may_reset(const struct target *t, int32_t at)
{
	return was_next(t, at) || (t->sack && has(&t->ends, at - 1));
}

/*
 * The host has taken notice of all that was said: what does not count by now never will. A
 * reset does at the very place that was expected (RFC 5961 3.2), behind all that has come, or
 * at the FIN before it.
 */
static inline void settle(struct target *t)
{
	unsigned int i;

	note_counted(t);
	t->n_unsettled = 0;
	if (t->ahead_now > t->ahead)
		t->ahead = t->ahead_now;
	t->ahead_now = 0;
	for (i = 0; i < t->n_blocks; i++) {
		uint32_t start = t->blocks[i].start, end = t->blocks[i].end;

		if ((int32_t)(end - t->p.ack) <= 0)
			add(&t->reported, place_of_host(t, start), end - start);
	}
	t->n_blocks = 0;
	for (i = 0; i < t->n_rsts; i++)
		t->over |= may_reset(t, t->rsts[i]) ||
			(has(&t->fins, t->rsts[i]) && was_next(t, t->rsts[i] + 1));
	t->n_rsts = 0;
}

/* --- what we say -------------------------------------------------------- */

/* The segment as a packet, with the octets that belong there if they may count. */
static inline void make(struct target *t, const struct said *s, struct frame *f)
{
	int32_t at = place_of_ours(t, s->seq) + !!(s->flags & SYN);
	bool wrong = s->broken || s->doff || s->flags & RST || !(s->flags & (SYN | ACK));
	struct tcphdr *th;
	unsigned char *p;
	unsigned int i;

	packet(f, TAP_PEER, TAP_HOST, IPPROTO_TCP, sizeof(*th) + s->optlen + s->len);
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
		p[i] = octet(t, false, at + i) ^ (wrong ? 0xff : 0);
	seal_segment(f);
	if (s->broken)
		th->check ^= 0x100;
	memset(f->bytes + f->len, 0xee, s->behind);
	f->len += s->behind;
	show(t, f, true);
}

/* What an honest peer says: its next octets, and what it has heard. */
static inline struct said honest(struct target *t, unsigned int flags, unsigned int len)
{
	return (struct said) {
		.flags = flags, .seq = t->p.seq, .len = len,
		.ack = flags & ACK ? t->p.ack : 0, .window = WINDOW,
	};
}

#endif /* _KITE_TCP_FUZZ_H */
