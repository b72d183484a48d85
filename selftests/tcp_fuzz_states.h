/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What brings a connection that mutated segments come to (tcp_fuzz.h) into each of the
 * states of RFC 9293.
 */
#ifndef _KITE_TCP_FUZZ_STATES_H
#define _KITE_TCP_FUZZ_STATES_H

#include "tcp_fuzz_make.h"
#include "tcp_fuzz_talk.h"

#define FLOODED_PORT	7001

/* What brings a new connection into a state. */
typedef void (*enter_t)(struct __test_metadata *_metadata, struct target *t, int listener);

static inline void to_listener(struct __test_metadata *_metadata, struct target *t, int listener)
{
	t->host_port = HOST_PORT;
	t->p.seq = OUR_ISN;
}

/* One of whose SYNs there are so many that most are answered by cookies. */
static inline void to_flooded_listener(struct __test_metadata *_metadata, struct target *t,
				       int listener)
{
	to_listener(_metadata, t, listener);
	t->host_port = FLOODED_PORT;
}

static inline void to_syn_recv(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_listener(_metadata, t, listener);
	say_syn(_metadata, t, SYN);
	HEAR_UNTIL(t, t->host_syn);
}

static inline void to_syn_sent(struct __test_metadata *_metadata, struct target *t, int listener)
{
	int fd = socket(AF_KITE, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_to(fd, AF_KITE, TAP_HOST, 0));
	t->host_port = port_of(fd);
	t->p.seq = OUR_ISN;
	adopt(_metadata, t, fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, AF_KITE, TAP_PEER, t->p.port));
	HEAR_UNTIL(t, t->host_syn);
}

static inline void to_crossed_syns(struct __test_metadata *_metadata, struct target *t,
				   int listener)
{
	to_syn_sent(_metadata, t, listener);
	say_syn(_metadata, t, SYN);
	HEAR_UNTIL(t, t->host_syn == (SYN | ACK));
}

/* From either side; what is sent is in flight both ways. */
static inline void connected(struct __test_metadata *_metadata, struct target *t, int listener)
{
	if (one_in(t, 4)) {
		to_syn_sent(_metadata, t, listener);
		say_syn(_metadata, t, SYN | ACK);
	} else {
		to_syn_recv(_metadata, t, listener);
		say(_metadata, t, honest(t, ACK, 0));
		ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
		adopt(_metadata, t, accept(listener, NULL, NULL));
	}
	say(_metadata, t, honest(t, ACK, below(t, 1000)));
}

static inline void to_established(struct __test_metadata *_metadata, struct target *t, int listener)
{
	connected(_metadata, t, listener);
	write_some(_metadata, t, 1 + below(t, 20000));
}

static inline void to_close_wait(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_established(_metadata, t, listener);
	say(_metadata, t, honest(t, FIN | ACK, below(t, 100)));
}

/* The host's program has no more to say, or is gone. */
static inline void stop(struct target *t)
{
	t->closing = true;
	if (one_in(t, 2)) {
		shutdown(t->fd, SHUT_WR);
	} else {
		/* What was not read would make it a reset. */
		while (recv(t->fd, t->p.f->bytes, FRAME_MAX, 0) > 0)
			;
		close_gently(t->fd);
		t->fd = -1;
	}
}

static inline void to_last_ack(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_close_wait(_metadata, t, listener);
	HEAR_UNTIL(t, place_of_ours(t, t->p.seq) == t->reached);
	stop(t);
}

static inline void to_fin_wait1(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_established(_metadata, t, listener);
	hear_out(_metadata, t);
	stop(t);
}

/* As little as goes out at once. */
static inline void all_sent(struct __test_metadata *_metadata, struct target *t, int listener)
{
	connected(_metadata, t, listener);
	hear_out(_metadata, t);
	write_some(_metadata, t, below(t, 1000));
	stop(t);
	HEAR_UNTIL(t, place_of_host(t, t->p.ack) == t->written + 1);
}

static inline void to_fin_wait2(struct __test_metadata *_metadata, struct target *t, int listener)
{
	all_sent(_metadata, t, listener);
	say(_metadata, t, honest(t, ACK, 0));
}

static inline void to_time_wait(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_fin_wait2(_metadata, t, listener);
	say(_metadata, t, honest(t, FIN | ACK, 0));
}

static inline void to_closing(struct __test_metadata *_metadata, struct target *t, int listener)
{
	struct said fin;

	all_sent(_metadata, t, listener);
	fin = honest(t, FIN | ACK, 0);
	fin.ack--;
	say(_metadata, t, fin);
}

static const struct {
	const char *name;
	enter_t enter;
} states[] = {
	{ "ESTABLISHED", to_established }, { "LISTEN", to_flooded_listener },
	{ "ESTABLISHED", to_established }, { "SYN_RECV", to_syn_recv },
	{ "ESTABLISHED", to_established }, { "SYN_SENT", to_syn_sent },
	{ "ESTABLISHED", to_established }, { "FIN_WAIT1", to_fin_wait1 },
	{ "CLOSE_WAIT", to_close_wait }, { "FIN_WAIT2", to_fin_wait2 },
	{ "ESTABLISHED", to_established }, { "TIME_WAIT", to_time_wait },
	{ "CLOSE_WAIT", to_close_wait }, { "CLOSING", to_closing },
	{ "FIN_WAIT1", to_fin_wait1 }, { "LAST_ACK", to_last_ack },
	{ "simultaneous open", to_crossed_syns },
};

#endif /* _KITE_TCP_FUZZ_STATES_H */
