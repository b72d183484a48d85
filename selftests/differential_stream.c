// SPDX-License-Identifier: GPL-2.0
/*
 * The differential test of connections: several stream sockets of one host listen,
 * connect, accept, send a little, also urgently, shut down and close in any order,
 * also where it makes no sense. After each call all of them are looked at.
 *
 * time limit: 400 s
 */
#include "differential_make.h"
#include "differential_run.h"

/* Listeners are in the sequence's ports, or where another socket of it is. */
static void add_connect(struct maker *m, int s)
{
	struct op *op = add(m, CALL_CONNECT, s);

	op->val = one_in(m, 3);
	op->addr = one_in(m, 4) ? below(m, ADDRS) : ADDR_LOOPBACK;
	/* Nobody is there: no answer. */
	if (one_in(m, 10))
		op->addr = ADDR_NEIGHBOUR;
	op->port = one_in(m, 3) ? 1 + below(m, PORTS) :
		   PORT_OF_SLOT + below(m, SLOTS);
	if (one_in(m, 20))
		op->form = below(m, FORMS);
}

static void add_listen(struct maker *m, int s)
{
	static const signed char backlogs[] = { 0, 0, 1, 1, 2, 8, -1 };

	add(m, CALL_LISTEN, s)->val = backlogs[below(m, sizeof(backlogs))];
}

static void add_accept(struct maker *m, int s)
{
	struct op *op = add(m, CALL_ACCEPT, s);
	int to = some_slot(m, false);

	if (one_in(m, 3))
		op->val = below(m, ACCEPT_FLAGS);
	op->other = to < 0 ? s : to;
	if (to >= 0) {
		m->slot[to].used = true;
		m->slot[to].connected = true;
		m->slot[to].kind = KIND_TCP;
	}
}

static void add_data(struct maker *m, enum call which, int s)
{
	static const unsigned char sent[] = { FLAG_NONE, FLAG_NONE, FLAG_OOB };
	static const unsigned char received[] = {
		FLAG_NONE, FLAG_NONE, FLAG_NONE, FLAG_PEEK, FLAG_OOB,
		FLAG_OOB_PEEK, FLAG_TRUNC, FLAG_PEEK_TRUNC, FLAG_WAITALL,
	};
	struct op *op = add(m, which, s);

	op->len = below(m, LEN_HUGE);
	op->flags = which == CALL_SEND ? sent[below(m, sizeof(sent))] :
		    received[below(m, sizeof(received))];
}

static void add_stream_option(struct maker *m, int s)
{
	struct op *op = add(m, one_in(m, 3) ? CALL_GETOPT : CALL_SETOPT, s);

	op->opt = below(m, OPTS_STREAM);
	if (op->opt == OPT_REUSEPORT)
		op->opt = OPT_LINGER;
	if (op->opt == OPT_ERROR || op->opt == OPT_ACCEPTCONN)
		op->call = CALL_GETOPT;
	choose_value(m, op);
}

/* A connection to itself, or one that meets nobody. */
static void add_self_connect(struct maker *m)
{
	int s = add_socket(m, KIND_TCP);

	if (s < 0)
		return;
	add(m, CALL_BIND, s)->port = below(m, PORTS + 1);
	add(m, CALL_CONNECT, s)->port = PORT_OF_SLOT + s;
}

/* Mostly one that has a connection, if there is any; else @s. */
static int some_end(struct maker *m, int s)
{
	int tries, other;

	for (tries = 0; tries < 4; tries++) {
		other = some_slot(m, true);
		if (m->slot[other].connected)
			return other;
	}
	return s;
}

static void add_stream_call(struct maker *m, int s)
{
	static const enum call common[] = {
		CALL_BIND, CALL_CONNECT, CALL_CONNECT, CALL_CONNECT,
		CALL_DISCONNECT, CALL_LISTEN, CALL_LISTEN, CALL_ACCEPT,
		CALL_ACCEPT, CALL_ACCEPT, CALL_SEND, CALL_SEND, CALL_SEND,
		CALL_SEND, CALL_RECV, CALL_RECV, CALL_RECV, CALL_RECV,
		CALL_SHUTDOWN, CALL_SHUTDOWN, CALL_SHUTDOWN, CALL_CLOSE,
		CALL_CLOSE, CALL_SETOPT, CALL_SETOPT, CALL_SETOPT,
	};
	enum call call = common[below(m, sizeof(common) / sizeof(*common))];

	switch (call) {
	case CALL_BIND:
		add_bind(m, s);
		break;
	case CALL_CONNECT:
		add_connect(m, s);
		break;
	case CALL_LISTEN:
		add_listen(m, s);
		break;
	case CALL_ACCEPT:
		add_accept(m, s);
		break;
	case CALL_SEND:
	case CALL_RECV:
		add_data(m, call, some_end(m, s));
		break;
	case CALL_SHUTDOWN:
		add(m, call, some_end(m, s))->val = one_in(m, 12) ? 3 : below(m, 3);
		break;
	case CALL_SETOPT:
		add_stream_option(m, s);
		break;
	case CALL_CLOSE:
		add(m, call, s);
		m->slot[s].used = false;
		break;
	default:
		add(m, call, s);
	}
}

static void make_sequence(struct sequence *seq, uint64_t seed, int number)
{
	struct maker m = {
		.random = seed << 32 ^ number,
		.seq = seq,
	};
	int n = 6 + below(&m, MAX_OPS - 6), s;

	seq->n = 0;
	if (!one_in(&m, 3))
		add_connection(&m);
	while (seq->n < n) {
		s = some_slot(&m, true);
		switch (s < 0 ? below(&m, 3) : below(&m, 15)) {
		case 0:
			s = add_socket(&m, KIND_TCP);
			if (s >= 0 && one_in(&m, 2))
				add_bind(&m, s);
			break;
		case 1:
			add_connection(&m);
			break;
		case 2:
			if (one_in(&m, 3))
				add_self_connect(&m);
			break;
		default:
			add_stream_call(&m, s);
		}
	}
}

static const struct setting settings[] = {
	{ "as a host comes" },
	{ "with SYN cookies only", "net/ipv4/tcp_syncookies", "2" },
	{ "without SYN cookies", "net/ipv4/tcp_syncookies", "0" },
	{ "with tcp_abort_on_overflow", "net/ipv4/tcp_abort_on_overflow", "1" },
	{ "without TIME_WAIT", "net/ipv4/tcp_max_tw_buckets", "0" },
	{ "without early demux", "net/ipv4/ip_early_demux", "0" },
};

static const struct program program = {
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(*settings),
	.count = 2400,
	.count_debug = 300,
	.make = make_sequence,
	.look_at_all = true,
};

int main(int argc, char **argv)
{
	return differential_main(&program, argc, argv);
}
