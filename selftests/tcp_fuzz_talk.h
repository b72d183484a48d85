/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two ends of a connection that mutated segments come to (tcp_fuzz.h): an honest peer,
 * who looks at all that the host says, and the program on the host.
 */
#ifndef _KITE_TCP_FUZZ_TALK_H
#define _KITE_TCP_FUZZ_TALK_H

#include "tcp_fuzz_check.h"

/* --- the peer ----------------------------------------------------------- */

/* What the host has said by now: all that it has to say to what it was told. */
static inline void hear_out(struct __test_metadata *_metadata, struct target *t)
{
	struct frame *f = t->p.f;

	while (!tap_receive(t->tap, f))
		if (is_ours(&t->p))
			check_segment(_metadata, t, f);
	settle(t);
}

/* What the host says until @done, which must be soon. */
#define HEAR_UNTIL(t, done)						\
	do {								\
		long _limit = milliseconds() + SOON;			\
									\
		hear_out(_metadata, t);					\
		while (!(done)) {					\
			ASSERT_GT(_limit, milliseconds()) {		\
				TH_LOG("target %lu: %s", (t)->number, #done); \
			}						\
			wait_for((t)->tap->fd, POLLIN);			\
			hear_out(_metadata, t);				\
		}							\
	} while (0)

/* Tell the host something, and hear what it says to that. */
static inline void tell_host(struct __test_metadata *_metadata, struct target *t,
			     const struct said *s)
{
	make(t, s, t->p.f);
	note(t, s);
	ASSERT_EQ(0, tap_send(t->tap, t->p.f));
	hear_out(_metadata, t);
}

static inline void say(struct __test_metadata *_metadata, struct target *t, struct said s)
{
	if (t->timestamps && !(s.flags & SYN)) {
		memset(s.options, OPT_NOP, 2);
		s.options[2] = OPT_TS;
		s.options[3] = 10;
		put32(s.options + 4, t->clock);
		put32(s.options + 8, t->tsecr);
		s.optlen = 12;
	}
	t->p.seq += s.len + !!(s.flags & SYN) + !!(s.flags & FIN);
	tell_host(_metadata, t, &s);
}

/* The options of our SYN, or of our answer to the host's. */
static inline void add_syn_options(struct target *t, struct said *s)
{
	unsigned char *o = s->options;

	memset(o, OPT_NOP, sizeof(s->options));
	o[0] = OPT_MSS;
	o[1] = 4;
	o[2] = t->mss >> 8;
	o[3] = t->mss;
	if (t->sack) {
		o[6] = OPT_SACK_OK;
		o[7] = 2;
	}
	if (t->wscale) {
		o[9] = OPT_WSCALE;
		o[10] = 3;
		o[11] = t->wscale;
	}
	if (t->timestamps) {
		o[14] = OPT_TS;
		o[15] = 10;
		put32(o + 16, t->clock);
		put32(o + 20, t->tsecr);
	}
	s->optlen = 24;
}

static inline void say_syn(struct __test_metadata *_metadata, struct target *t, unsigned int flags)
{
	struct said s = honest(t, flags, 0);

	add_syn_options(t, &s);
	say(_metadata, t, s);
}

/* --- the program -------------------------------------------------------- */

static inline void adopt(struct __test_metadata *_metadata, struct target *t, int fd)
{
	t->fd = fd;
	t->adopted = t->reached;
	ASSERT_LE(0, fd);
	nonblocking(fd);
	abortive(fd);
	set_int(fd, SOL_SOCKET, SO_OOBINLINE, t->oob_inline);
	set_int(fd, SOL_TCP, TCP_NODELAY, below(&t->program, 2));
	if (one_in(&t->program, 8))
		set_int(fd, SOL_SOCKET, SO_RCVBUF, 1 + below(&t->program, 20000));
}

static inline void write_some(struct __test_metadata *_metadata, struct target *t, int32_t len)
{
	unsigned char data[4096];
	ssize_t n;
	int32_t i;

	for (; len > 0 && !t->closing; len -= n) {
		for (i = 0; i < len && i < (int32_t)sizeof(data); i++)
			data[i] = octet(t, true, t->written + i);
		t->written += i;	/* it may be sent before send() returns */
		n = send(t->fd, data, i, MSG_NOSIGNAL);
		t->written -= i - (n > 0 ? n : 0);
		if (n < 0) {
			check_error(_metadata, t, "send");
			return;
		}
	}
}

/* Read, look or only peek. */
static inline void read_some(struct __test_metadata *_metadata, struct target *t)
{
	unsigned int how = below(&t->program, 8);
	unsigned char data[4096];
	int32_t was = t->read;
	size_t len = how ? sizeof(data) : 1 + below(&t->program, 100);
	ssize_t n;

	do {
		n = recv(t->fd, data, len, how == 1 ? MSG_PEEK : 0);
		if (n < 0) {
			check_error(_metadata, t, "recv");
		} else if (!n) {
			check_end(_metadata, t);
		} else {
			EXPECT_FALSE(t->ended);
			check_read(_metadata, t, data, n);
		}
		t->calls++;
	} while (n > 0 && how > 2);
	if (how == 1)
		t->read = was;
}

static inline void read_all(struct __test_metadata *_metadata, struct target *t)
{
	unsigned char data[4096];
	ssize_t n;

	while ((n = recv(t->fd, data, sizeof(data), 0)) > 0) {
		check_read(_metadata, t, data, n);
		t->calls++;
	}
	if (n)
		check_error(_metadata, t, "recv");
	else
		check_end(_metadata, t);
}

static inline void act(struct __test_metadata *_metadata, struct target *t, int listener)
{
	unsigned char urgent;

	if (t->fd < 0) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			return;
		adopt(_metadata, t, fd);
		/* Is it the one that we know? */
		hear_out(_metadata, t);
		if (t->reborn)
			return;
	}
	if (!one_in(&t->program, 4))
		read_some(_metadata, t);
	if (one_in(&t->program, 2))
		write_some(_metadata, t, below(&t->program, 6000));
	if (one_in(&t->program, 16))
		recv(t->fd, &urgent, 1, MSG_OOB);
	/* Without a handshake there would be no connection any more. */
	if (one_in(&t->program, 32) && t->p.seq != OUR_ISN && !shutdown(t->fd, SHUT_WR))
		t->closing = true;
}

#endif /* _KITE_TCP_FUZZ_TALK_H */
