/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mutated segments for a connection (tcp_fuzz.h): each is what an honest peer could say
 * next, but for a few things.
 */
#ifndef _KITE_TCP_FUZZ_MAKE_H
#define _KITE_TCP_FUZZ_MAKE_H

#include "tcp_fuzz.h"

#define STAY_HALF_OPEN	40	/* segments, where that is the state */

/* Octets that the host has sent and we have not acknowledged. */
static inline uint32_t outstanding(const struct target *t)
{
	return t->p.ack - t->una;
}

/* Where a segment of ours began or ended, or all that was said. */
static inline int32_t draw_corner(struct target *t)
{
	return one_in(t, 3) ? t->reached : t->corners[below(t, CORNERS)];
}

/* The first of those behind a place; the place itself when there is none. */
static inline int32_t next_corner(const struct target *t, int32_t at)
{
	int32_t next = t->reached > at ? t->reached : INT32_MAX;
	unsigned int i;

	for (i = 0; i < CORNERS; i++)
		if (t->corners[i] > at && t->corners[i] < next)
			next = t->corners[i];
	return next == INT32_MAX ? at : next;
}

/* At, in, before and behind the host's window, and at the ends of what it has. */
static inline uint32_t draw_seq(struct target *t)
{
	uint32_t next = t->p.seq, base = OUR_ISN + 1, edge = base + t->right;
	uint32_t near = 1 + below(t, PICK(t, 4, 100, 4000));
	uint32_t corner = base + draw_corner(t) + below(t, 3) - 1;
	uint32_t seq = PICK(t, next, next + near, next + near, next + near, next - near,
			    corner, corner, corner, corner, edge - near, edge - 1, edge,
			    edge + 1, edge + near, next + 0x7fffffff + below(t, 3),
			    draw(t));
	int32_t at = place_of_ours(t, seq);

	/* No stream comes that far, but a window may. */
	return at > SPAN - 2 * MSS_MAX && at < 2 * SPAN + t->right ? next : seq;
}

/* All, a part or less than what is outstanding, and what was never sent. */
static inline uint32_t draw_ack(struct target *t)
{
	uint32_t out = outstanding(t) + 1, near = below(t, 4000);
	uint32_t part = below(t, out < t->mss || one_in(t, 4) ? out : t->mss + 1);

	return PICK(t, t->p.ack, t->una + part, t->una + part, t->una, t->una + 1,
		    t->una - 1, t->una - near, t->p.ack + 1, t->p.ack + near,
		    t->p.ack + 100000, t->una + 0x7fffffff + below(t, 3), draw(t));
}

static inline unsigned int draw_flags(struct target *t)
{
	if (one_in(t, 16))
		return draw(t) & 0xff & ~(one_in(t, 4) ? 0 : RST);
	return PICK(t, FIN | ACK, SYN | ACK, SYN, PSH | ACK, URG | ACK, URG | ACK,
		    PSH | URG | ACK, ECE | ACK, CWR | ACK, ECE | CWR | ACK, 0, PSH);
}

static inline unsigned int draw_len(struct target *t)
{
	return PICK(t, 1, 1, below(t, 64), below(t, 64), below(t, MSS_MAX + 1),
		    below(t, MSS_MAX + 1), t->mss, MSS_MAX);
}

/* --- options ------------------------------------------------------------ */

static inline size_t put_timestamps(struct target *t, unsigned char *o)
{
	uint32_t tsval, tsecr = t->tsecr;

	/* Else nothing would count any more after one that leaps ahead. */
	if (t->host_ts && (int32_t)(t->recent - t->clock) > 0)
		t->clock = t->recent;
	tsval = t->clock;
	t->clock += below(t, 3);
	if (one_in(t, 6))
		tsval = PICK(t, 0, tsval - 1, tsval - below(t, 5000), tsval + 1,
			     tsval - 0x7fffffff + below(t, 3));
	if (one_in(t, 128))
		tsval = PICK(t, tsval + (1 << 30), draw(t));
	if (one_in(t, 6))
		tsecr = PICK(t, 0, tsecr - 1, tsecr + 1, tsecr + below(t, 5000),
			     tsecr - below(t, 5000), draw(t));
	o[0] = OPT_TS;
	o[1] = 10;
	put32(o + 2, tsval);
	put32(o + 6, tsecr);
	return 10;
}

/* A block of what the host sent, or of what it did not. */
static inline void put_block(struct target *t, unsigned char *o, unsigned int before)
{
	uint32_t out = outstanding(t), near = below(t, 4000);
	uint32_t from = below(t, out + 1), len = below(t, out - from + 1);
	uint32_t mss = t->mss, start = t->una + from, end = start + len;

	switch (below(t, 12)) {
	case 0:			/* whole segments */
	case 1:
		start = t->una + from / mss * mss;
		end = start + mss * (1 + len / mss);
		break;
	case 2:			/* all, but for what says that there is a gap */
		start = t->una + below(t, 2);
		end = t->p.ack - below(t, 2);
		break;
	case 3:			/* what came twice */
		start = t->una - near - 1;
		end = start + below(t, near + 2);
		break;
	case 4:			/* what was acknowledged, and more */
		start = t->una - near;
		break;
	case 5:			/* what was sent, and more */
		end = t->p.ack + near;
		break;
	case 6:
		start = t->p.ack + below(t, 2);
		end = start + near;
		break;
	case 7:			/* nothing, and less */
		end = start - below(t, 2) * near;
		break;
	case 8:
		end = start + 0x7fffffff + below(t, 3);
		break;
	case 9:
		start = draw(t);
		end = one_in(t, 2) ? draw(t) : start + near;
		break;
	case 10:		/* a part of the one before it */
		if (before) {
			start = get32(o - 8) + below(t, 2);
			end = get32(o - 4) - below(t, 2);
		}
		break;
	}
	put32(o, start);
	put32(o + 4, end);
}

static inline size_t put_sack(struct target *t, unsigned char *o, size_t room)
{
	unsigned int i, n = 1 + below(t, (room - 2) / 8);

	o[0] = OPT_SACK;
	o[1] = 2 + 8 * n;
	for (i = 0; i < n; i++)
		put_block(t, o + 2 + 8 * i, i);
	return o[1];
}

/* What belongs to a SYN, or to nothing at all. */
static inline size_t put_other(struct target *t, unsigned char *o)
{
	static const unsigned char lens[256] = {
		[OPT_MSS] = 4, [OPT_WSCALE] = 3, [OPT_SACK_OK] = 2, [34] = 10, [254] = 4,
	};
	unsigned int i;

	o[0] = PICK(t, OPT_EOL, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, 34, 254);
	if (o[0] == OPT_EOL)
		return 1;
	o[1] = lens[o[0]];
	for (i = 2; i < o[1]; i++)
		o[i] = PICK(t, 0, 1, 7, 14, 15, draw(t) & 0xff);
	return o[1];
}

/* The options of a segment; one in eight has something done to it. */
static inline unsigned int put_options(struct target *t, unsigned char *o)
{
	size_t n = 0, i;

	memset(o, OPT_NOP, 40);
	if (t->timestamps ? !one_in(t, 16) : one_in(t, 16)) {
		n = one_in(t, 8) ? 1 : 2;
		n += put_timestamps(t, o + n);
	}
	if (t->sack ? one_in(t, 2) : one_in(t, 16))
		n += put_sack(t, o + n, 40 - n);
	if (one_in(t, 8) && n + 10 <= 40)
		n += put_other(t, o + n);
	if (n && one_in(t, 8))
		for (i = 1 + below(t, 2); i; i--)
			o[below(t, n)] = PICK(t, 0, 1, 2, 3, 5, 8, 9, 10, 41, 255,
					      draw(t) & 0xff);
	return (n + 3) & ~3;
}

/* --- whole segments ----------------------------------------------------- */

/* Nothing that would complete the handshake, but what could end it. */
static inline void stay_half_open(struct target *t, struct said *s)
{
	if (one_in(t, 8)) {
		s->flags = RST | (draw(t) & ACK);
		s->seq = draw_seq(t);
	} else if ((s->flags & (ACK | SYN)) == ACK) {
		s->ack = t->p.ack + 1 + below(t, 4000);
	}
}

static inline struct said mutated(struct target *t)
{
	struct said s = honest(t, ACK, one_in(t, 2) ? draw_len(t) : 0);

	s.window = WINDOW >> t->wscale ? : 1;
	if (one_in(t, 2))
		s.seq = draw_seq(t);
	else if (is_open(t) && one_in(t, 2))
		s.seq = OUR_ISN + 1 + t->reached;
	/* It ends where another one begins or ends, or beside that. */
	if (s.len && one_in(t, 3)) {
		int32_t at = place_of_ours(t, s.seq);
		int32_t len = next_corner(t, at) + below(t, 3) - 1 - at;

		if (len > 0 && len <= MSS_MAX)
			s.len = len;
	}
	/* What is never acknowledged at once is there to be reported. */
	if (one_in(t, 2))
		s.ack = draw_ack(t);
	else if (t->host_syn && !one_in(t, 4))
		s.ack = t->una + (t->una == t->host_isn);
	if (one_in(t, 4))
		s.flags = draw_flags(t);
	/* In their places they end the connection: they have to be rare there. */
	if (s.flags & FIN && s.flags & ACK && !one_in(t, 4))
		s.flags &= ~FIN;
	if (one_in(t, 64)) {
		s.flags = RST | (draw(t) & (ACK | FIN));
		if (!one_in(t, 8))
			s.seq = draw_seq(t);
	}
	if (t->known_until && t->in < STAY_HALF_OPEN)
		stay_half_open(t, &s);
	/* That of the first SYN is the place where the stream begins. */
	if (s.flags & SYN && t->p.seq == OUR_ISN)
		s.seq = OUR_ISN;
	if (one_in(t, 6))
		s.window = PICK(t, 0, 0, 1, t->mss >> t->wscale, 65535, draw(t));
	if (s.flags & URG || one_in(t, 32))
		s.urgent = PICK(t, 0, 1, s.len, s.len + 1, below(t, 2000), 65535,
				draw(t));
	s.optlen = put_options(t, s.options);
	if (s.len > MSS_MAX - s.optlen)
		s.len = MSS_MAX - s.optlen;
	if (one_in(t, 16))
		s.tos = draw(t);
	if (one_in(t, 32))
		s.reserved = below(t, 16);
	s.broken = one_in(t, 64);
	if (one_in(t, 64))
		s.doff = 1 + below(t, 4);
	else if (one_in(t, 64) && 20 + s.optlen + s.len < 60)
		s.doff = 15;
	if (one_in(t, 32))
		s.behind = below(t, MSS_MAX + 1 - s.optlen - s.len);
	return s;
}

#endif /* _KITE_TCP_FUZZ_MAKE_H */
