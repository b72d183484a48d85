// SPDX-License-Identifier: GPL-2.0
/*
 * The differential test of sockets of all types: names, options, datagrams, and what
 * calls have to say on a socket that they are not made for.
 *
 * time limit: 400 s
 */
#include "differential_make.h"
#include "differential_run.h"

static void add_option(struct maker *m, int s)
{
	bool set = !one_in(m, 3);
	struct op *op = add(m, set ? CALL_SETOPT : CALL_GETOPT, s);

	op->opt = below(m, OPTS);
	if (op->opt == OPT_REUSEPORT && !m->groups)
		op->opt = OPT_REUSEADDR;
	/* A FIN that gets lost, by SO_BINDTODEVICE, would be waited for. */
	if (op->opt == OPT_LINGER)
		op->opt = OPT_OOBINLINE;
	choose_value(m, op);
}

static void add_transfer(struct maker *m, enum call which, int s)
{
	struct op *op = add(m, which, s);

	if (which == CALL_SENDTO)
		choose_target(m, op);
	op->len = below(m, m->slot[s].kind == KIND_TCP ? LEN_HUGE : LENS);
	if (one_in(m, 3))
		op->flags = below(m, FLAGS);
	/* Urgent data and peeks at errors are for others to compare. */
	if (which != CALL_RECV && op->flags != FLAG_MORE &&
	    op->flags != FLAG_OOB)
		op->flags = FLAG_NONE;
	if (m->slot[s].kind == KIND_TCP &&
	    (op->flags == FLAG_OOB || op->flags == FLAG_MORE))
		op->flags = FLAG_NONE;
	if (op->flags == FLAG_ERRQUEUE)
		op->flags = FLAG_NONE;
}

/* One call on one socket. */
static void add_call(struct maker *m, int s)
{
	static const enum call common[] = {
		CALL_BIND, CALL_BIND, CALL_CONNECT, CALL_CONNECT, CALL_SEND,
		CALL_SEND, CALL_SENDTO, CALL_SENDTO, CALL_RECV, CALL_RECV,
		CALL_RECV, CALL_SETOPT, CALL_SETOPT, CALL_SETOPT, CALL_CLOSE,
		CALL_CLOSE, CALL_SHUTDOWN, CALL_DISCONNECT, CALL_LISTEN,
		CALL_ACCEPT,
	};
	enum call call = common[below(m, sizeof(common) / sizeof(*common))];
	struct op *op;

	switch (call) {
	case CALL_BIND:
	case CALL_CONNECT:
		choose_target(m, add(m, call, s));
		break;
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_RECV:
		add_transfer(m, call, s);
		break;
	case CALL_SETOPT:
		add_option(m, s);
		break;
	case CALL_CLOSE:
		add(m, call, s);
		m->slot[s].used = false;
		break;
	case CALL_SHUTDOWN:
		add(m, call, s)->val = one_in(m, 9) ? 3 : below(m, 3);
		break;
	case CALL_LISTEN:
		add(m, call, s)->val = 4 + below(m, 4);
		break;
	case CALL_ACCEPT:
		op = add(m, call, s);
		op->other = some_slot(m, false) < 0 ? s : some_slot(m, false);
		break;
	default:
		add(m, call, s);
	}
}

static void make_sequence(struct sequence *seq, uint64_t seed, int number)
{
	static const int common[] = {
		KIND_TCP, KIND_TCP, KIND_TCP, KIND_UDP, KIND_UDP, KIND_UDP,
		KIND_RAW, KIND_ICMP, KIND_HDRINCL,
	};
	struct maker m = {
		.random = seed << 32 ^ number,
		.seq = seq,
	};
	int n, s, kind;

	seq->n = 0;
	m.groups = one_in(&m, 4);
	n = 8 + below(&m, MAX_OPS - 8);
	while (seq->n < n) {
		s = some_slot(&m, true);
		switch (s < 0 ? 0 : below(&m, 12)) {
		case 0:
			kind = one_in(&m, 12) ? (int)below(&m, KINDS) :
				common[below(&m, sizeof(common) /
						 sizeof(*common))];
			s = add_socket(&m, kind);
			if (s >= 0 && seq->n <= MAX_OPS)
				seq->op[seq->n - 1].uid = one_in(&m, 6);
			if (s >= 0 && m.slot[s].used && one_in(&m, 2))
				add_bind(&m, s);
			break;
		case 1:
			add_connection(&m);
			break;
		case 2:
			add_datagram_pair(&m);
			break;
		default:
			add_call(&m, s);
		}
	}
}

static const struct setting settings[] = {
	{ "as the administrator" },
	{ "as an ordinary user", .unprivileged = true },
	{ "with ip_nonlocal_bind", "net/ipv4/ip_nonlocal_bind", "1" },
	{ "with ip_unprivileged_port_start 0",
	  "net/ipv4/ip_unprivileged_port_start", "0", true },
	{ "with ip_no_pmtu_disc", "net/ipv4/ip_no_pmtu_disc", "1" },
	{ "with ip_default_ttl 7", "net/ipv4/ip_default_ttl", "7" },
};

static const struct program program = {
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(*settings),
	.count = 3000,
	.count_debug = 600,
	.make = make_sequence,
};

int main(int argc, char **argv)
{
	return differential_main(&program, argc, argv);
}
