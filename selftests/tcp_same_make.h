/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps in the life of a connection that two hosts are taken through alike, made by chance:
 * segments of a peer's, drawn from what an honest one could say next and from what none would,
 * and calls of the host's program.
 */
#ifndef _KITE_TCP_SAME_MAKE_H
#define _KITE_TCP_SAME_MAKE_H

#include "tcp_same.h"

/*
 * Marks, options, cookies and what others say of the way: with these Linux 6.1 was compared,
 * and a newer one does some of it otherwise.
 */
static inline bool is_drawn_in_full(void)
{
	return !linux_is_since(6, 2);
}

static inline void life_begin(struct life *l, unsigned long seed, unsigned long number)
{
	memset(l, 0, sizeof(*l));
	l->state = (seed * 0xbf58476d1ce4e5b9ULL ^ number * 0x9e3779b97f4a7c15ULL) | 1;
	draw(l);
	l->timestamps = below(l, 2);
	l->sack = !one_in(l, 4);
	l->ecn = is_drawn_in_full() && one_in(l, 3);
	l->wscale = PICK(l, 0, 0, 1, 7);
	l->mss = PICK(l, 536, 1000, MSS_MAX);
	l->clock = TS_BASE;
}

/* --- options ------------------------------------------------------------ */

static inline void put_by_isn(struct step *s, unsigned int at, uint32_t value)
{
	put32(s->options + at, value);
	s->by_isn |= 1ULL << at;
}

static inline void put_timestamps(struct life *l, struct step *s, uint32_t tsval, uint32_t tsecr)
{
	unsigned char *o = s->options + s->optlen;

	o[0] = OPT_NOP;
	o[1] = OPT_NOP;
	o[2] = OPT_TS;
	o[3] = 10;
	put32(o + 4, tsval);
	put32(o + 8, tsecr);
	if (s->flags & ACK)
		s->by_clock |= 1ULL << (s->optlen + 8);
	s->optlen += 12;
}

/* What belongs to a SYN. */
static inline void put_offers(struct life *l, struct step *s)
{
	const unsigned char mss[] = { OPT_MSS, 4, l->mss >> 8, l->mss };
	const unsigned char wscale[] = { OPT_NOP, OPT_WSCALE, 3, l->wscale };
	const unsigned char sack[] = { OPT_NOP, OPT_NOP, OPT_SACK_OK, 2 };

	memcpy(s->options + s->optlen, mss, 4);
	s->optlen += 4;
	if (l->wscale) {
		memcpy(s->options + s->optlen, wscale, 4);
		s->optlen += 4;
	}
	if (l->sack) {
		memcpy(s->options + s->optlen, sack, 4);
		s->optlen += 4;
	}
}

/* --- what an honest peer says ------------------------------------------- */

static inline struct step honest(struct life *l, unsigned int flags, unsigned int len)
{
	struct step s = {
		.call = SEGMENT, .flags = flags, .seq = l->next, .len = len,
		.ack = flags & ACK ? l->sent : 0, .window = WINDOW >> (flags & SYN ? 0 : l->wscale),
	};

	if (flags & SYN) {
		s.seq = 0;
		put_offers(l, &s);
		if (l->ecn)
			s.flags |= flags & ACK ? ECE : ECE | CWR;
	} else if (l->ecn && len) {
		s.tos = ECT;
	}
	if (l->timestamps)
		put_timestamps(l, &s, l->clock, 0);
	return s;
}

static inline struct step call_how(enum call which, int arg, unsigned int how)
{
	return (struct step){ .call = which, .arg = arg, .how = how };
}

static inline struct step call(enum call which, int arg)
{
	return call_how(which, arg, 0);
}

/* What leads into each state, a letter for each step. */
static const struct {
	const char *name;
	const char *way;
} ways[] = {
	{ "LISTEN", "" }, { "ESTABLISHED", "sauw" }, { "SYN_RECV", "s" },
	{ "ESTABLISHED, full of data", "sauwduww" }, { "SYN_SENT", "c" }, { "ESTABLISHED", "sau" },
	{ "CLOSE_WAIT", "sauwf" }, { "ESTABLISHED, active", "cyw" }, { "LAST_ACK", "sauwfS" },
	{ "ESTABLISHED, with data", "sauwdd" }, { "FIN_WAIT1", "sauwS" },
	{ "FIN_WAIT2", "sauSk" }, { "TIME_WAIT", "sauSkf" }, { "CLOSING", "sauSg" },
	{ "FIN_WAIT1 of an orphan", "sauC" }, { "FIN_WAIT2 of an orphan", "sauCk" },
	{ "LAST_ACK of an orphan", "saufC" }, { "CLOSE_WAIT, with data", "saudf" },
	{ "TIME_WAIT of an orphan", "sauCkf" }, { "simultaneous open", "cx" },
	{ "ESTABLISHED, urgent", "sauwo" },
	/* Only if is_drawn_in_full(). */
	{ "LISTEN, with cookies", "K" }, { "ESTABLISHED by a cookie", "Ksauw" },
};

static inline unsigned int n_ways(void)
{
	return sizeof(ways) / sizeof(ways[0]) - (is_drawn_in_full() ? 0 : 2);
}

static inline struct step on_the_way(struct life *l, char letter)
{
	struct step s;

	switch (letter) {
	case 's':
	case 'x':
		return honest(l, SYN, 0);
	case 'y':
		return honest(l, SYN | ACK, 0);
	case 'a':
	case 'k':
		return honest(l, ACK, 0);
	case 'u':
		return call(ACCEPT, 0);
	case 'w':
		return call(SEND, 1 + below(l, 4000));
	case 'd':
		return honest(l, ACK, 1 + below(l, 1000));
	case 'o':
		s = honest(l, ACK | URG, 1 + below(l, 10));
		s.urgent = s.len;
		return s;
	case 'f':
		return honest(l, FIN | ACK, 0);
	case 'g':
		s = honest(l, FIN | ACK, 0);
		s.ack--;
		return s;
	case 'c':
		return call(CONNECT, 0);
	case 'K':
		return call(COOKIES, 1);
	case 'S':
		return call(SHUT_TX, 0);
	default:
		return call(CLOSE, 0);
	}
}

/* --- what none would say ------------------------------------------------ */

/* Between the two ends of the hosts' windows nothing is drawn: they are not the same. */
static inline int32_t draw_seq(struct life *l)
{
	int32_t near = 1 + below(l, PICK(l, 4, 100, 4000));
	int32_t corner = l->corners[below(l, CORNERS)] + below(l, 3) - 1;

	return PICK(l, l->next, l->next + near, l->next + near, l->next + near,
		    l->next - near, l->next - 1, corner, corner, corner, l->reached,
		    l->edge[0] - near, l->edge[0] - MSS_MAX, l->edge[1] + 1,
		    l->edge[1] + near, l->next + 0x7fff0000, l->next - 0x7fff0000);
}

static inline int32_t draw_ack(struct life *l)
{
	uint32_t out = l->sent - l->una + 1, near = below(l, 4000);
	uint32_t part = below(l, out < l->mss || one_in(l, 4) ? out : l->mss + 1);

	return PICK(l, l->sent, l->sent, l->una + part, l->una + part, l->una + part, l->una,
		    l->una, l->una + 1, l->una - 1, l->una - near, l->sent + 1,
		    l->sent + near, l->una - 100000, l->sent + 0x7fff0000);
}

static inline unsigned int draw_flags(struct life *l)
{
	if (one_in(l, 16))
		return draw(l) & 0x3f & ~(one_in(l, 4) ? 0 : RST);
	return PICK(l, FIN | ACK, SYN | ACK, SYN, PSH | ACK, PSH | ACK, PSH | ACK, URG | ACK,
		    PSH | URG | ACK, PSH, 0, FIN);
}

static inline void draw_timestamps(struct life *l, struct step *s)
{
	uint32_t tsval = l->clock, tsecr = 0;

	l->clock += below(l, 3);
	if (one_in(l, 6))
		tsval = PICK(l, 0, tsval - 1, tsval - 2, tsval - 2 - below(l, 5000), tsval + 1,
			     tsval - 100000, tsval - (1 << 30));
	if (one_in(l, 12))
		tsecr = PICK(l, -1, 1000000, -1000000);
	if (s->optlen + 12 <= 40)
		put_timestamps(l, s, tsval, tsecr);
}

/* A block of what the host sent, or of what it did not. */
static inline void draw_block(struct life *l, struct step *s, unsigned int at, bool first)
{
	uint32_t out = l->sent - l->una, near = below(l, 4000);
	uint32_t from = below(l, out + 1), len = below(l, out - from + 1);
	uint32_t start = l->una + from, end = start + len;

	switch (below(l, 10)) {
	case 0:			/* whole segments */
	case 1:
	case 2:
		start = l->una + from / l->mss * l->mss;
		end = start + l->mss * (1 + len / l->mss);
		break;
	case 3:			/* all, but for what says that there is a gap */
		start = l->una + 1;
		end = l->sent;
		break;
	case 4:			/* what came twice */
		start = l->una - near - 1;
		end = start + below(l, near + 2);
		break;
	case 5:			/* what was sent, and more */
		end = l->sent + near;
		break;
	case 6:			/* nothing, and less */
		end = start - below(l, 2) * near;
		break;
	case 7:			/* a part of the one before it */
		if (!first) {
			start = get32(s->options + at - 8) + below(l, 2);
			end = get32(s->options + at - 4) - below(l, 2);
		}
		break;
	}
	put_by_isn(s, at, start);
	put_by_isn(s, at + 4, end);
}

static inline void draw_sack(struct life *l, struct step *s)
{
	unsigned int i, n = 1 + below(l, (40 - 4 - s->optlen) / 8), at = s->optlen + 4;

	s->options[at - 4] = OPT_NOP;
	s->options[at - 3] = OPT_NOP;
	s->options[at - 2] = OPT_SACK;
	s->options[at - 1] = 2 + 8 * n;
	for (i = 0; i < n; i++)
		draw_block(l, s, at + 8 * i, !i);
	s->optlen = at + 8 * n;
}

/* The options of a segment; one in sixteen has something done to it. */
static inline void draw_options(struct life *l, struct step *s)
{
	s->optlen = 0;
	s->by_isn = 0;
	s->by_clock = 0;
	if (s->flags & SYN)
		put_offers(l, s);
	if (l->timestamps ? !one_in(l, 16) : one_in(l, 16))
		draw_timestamps(l, s);
	if (!(s->flags & SYN) && s->flags & ACK && (l->sack ? one_in(l, 3) : one_in(l, 16)))
		draw_sack(l, s);
	/* Since 6.7 Linux drops what it cannot read to the end for signatures that nobody uses. */
	if (s->optlen && one_in(l, 16) && !linux_is_since(6, 7)) {
		unsigned int at = below(l, s->optlen);

		s->options[at] = PICK(l, 0, 1, 2, 3, 5, 8, 9, 10, 41, 255, draw(l) & 0xff);
	}
}

static inline struct step drawn_segment(struct life *l)
{
	struct step s = honest(l, ACK, 0);

	if (one_in(l, 2))
		s.len = PICK(l, 1, below(l, 64), below(l, MSS_MAX + 1), l->mss);
	if (one_in(l, 2))
		s.seq = draw_seq(l);
	if (one_in(l, 2))
		s.ack = draw_ack(l);
	if (one_in(l, 3))
		s.flags = draw_flags(l);
	/* In their places they end the connection: they have to be rare there. */
	if (s.flags & FIN && !one_in(l, 3))
		s.flags &= ~FIN;
	if (one_in(l, 24)) {
		s.flags = RST | (draw(l) & ACK);
		if (!one_in(l, 6))
			s.seq = draw_seq(l);
	}
	if (s.flags & SYN && one_in(l, 2))
		s.seq = 0;
	if (one_in(l, 6))
		s.window = PICK(l, 0, 0, 1, l->mss >> l->wscale, 65535, 2000);
	/* Linux before 6.6 takes back no window with a segment that is not later. */
	if (!s.window && !linux_is_since(6, 6))
		s.window = 1;
	if (s.flags & URG)
		s.urgent = PICK(l, 0, 1, s.len, s.len + 1, below(l, 2000), 65535);
	if (is_drawn_in_full() && (l->ecn ? one_in(l, 3) : one_in(l, 32))) {
		s.tos = draw(l) & 3;
		s.flags ^= PICK(l, 0, ECE, ECE, CWR, ECE | CWR);
	}
	draw_options(l, &s);
	if (s.len > MSS_MAX - s.optlen)
		s.len = MSS_MAX - s.optlen;
	return s;
}

/* Of the listener's socket, or of a connection's. */
static inline struct step drawn_option(struct life *l, bool of_listener)
{
	unsigned int which = below(l, sizeof(socket_options) / sizeof(socket_options[0]));
	int value = below(l, 2);

	switch (which) {
	case RCVLOWAT:
		value = PICK(l, 0, 1, 2, below(l, 3000), 10000);
		break;
	case MAXSEG:
		value = of_listener ? PICK(l, 0, 87, 88, 536, 1000, 1460, 5000, 40000) :
				      PICK(l, 0, 87, 1460, 40000);
		break;
	case CLAMP:
		value = PICK(l, 0, 1, 500, 3000, 20000, 100000);
		break;
	case NOTSENT:
		value = PICK(l, 0, 1, 1000, 5000, -1);
		break;
	case DEFER:
		value = PICK(l, 0, 1, 5);
		break;
	case USER_TIMEOUT:
		value = PICK(l, -1, 0, 1000000);
		break;
	case LINGER:
		value = PICK(l, -1, 0, 0);
		break;
	case RCVBUF:
	case SNDBUF:
		value = PICK(l, 0, 5000, 10000, 50000, 1 << 20);
		break;
	}
	return call_how(OPTION, value, which);
}

static inline struct step drawn_send(struct life *l)
{
	if (one_in(l, 5))
		return call_how(SEND, 1 + below(l, 3), MSG_OOB);
	return call_how(SEND, PICK(l, 1, below(l, 100), l->mss, below(l, 4000)),
			PICK(l, 0, 0, 0, MSG_MORE));
}

static inline struct step drawn_recv(struct life *l)
{
	if (one_in(l, 5))
		return call_how(RECV, 1, MSG_OOB | PICK(l, 0, 0, 0, MSG_PEEK, MSG_TRUNC));
	return call_how(RECV, PICK(l, 1, below(l, 100), below(l, 3000), 60000),
			PICK(l, 0, 0, 0, MSG_PEEK, MSG_PEEK, MSG_WAITALL, MSG_TRUNC,
			     MSG_PEEK | MSG_TRUNC, MSG_WAITALL | MSG_PEEK));
}

static inline struct step drawn_call(struct life *l)
{
	switch (below(l, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		return drawn_send(l);
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		return drawn_recv(l);
	case 10:
		return one_in(l, 4) ? call(PICK(l, SHUT_RX, SHUT_TX, SHUT_TX), 0) :
			call(ERROR, 0);
	case 11:
		return one_in(l, 6) ? call(CLOSE, 0) : call(ACCEPT, 0);
	default:
		return is_drawn_in_full() ? drawn_option(l, false) : drawn_send(l);
	}
}

/* Somebody on the way says that a segment did not come through. */
static inline struct step drawn_report(struct life *l)
{
	struct step s = { .call = REPORT };
	unsigned int near = below(l, 4000);

	s.how = PICK(l, 0x300, 0x301, 0x302, 0x303, 0x304, 0x304, 0x304, 0x304, 0x304, 0x305, 0x309,
		     0x30d, 0x400, 0xb00, 0xb01, 0xc00);
	s.ack = PICK(l, l->una, l->una, l->una, l->una + below(l, l->sent - l->una + 1), l->sent,
		     l->sent - 1, l->sent + 1, l->una - 1, l->una - near, l->sent + near, 0);
	if (s.how == 0x304)
		s.arg = PICK(l, 0, 68, 551, 552, 553, 576, 1000, 1400, 1499, 1500, 1501, 65535);
	return s;
}

static inline struct step drawn(struct life *l)
{
	if (is_drawn_in_full() && one_in(l, 20))
		return drawn_report(l);
	return one_in(l, 4) ? drawn_call(l) : drawn_segment(l);
}

#endif /* _KITE_TCP_SAME_MAKE_H */
