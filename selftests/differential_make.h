/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sequences of socket calls are made of, out of random numbers. Most calls make
 * sense where they are made; some do not.
 */
#ifndef _DIFFERENTIAL_MAKE_H
#define _DIFFERENTIAL_MAKE_H

#include "differential.h"

/**
 * struct maker - makes a sequence up
 * @random: state of the random numbers
 * @seq: the sequence so far
 * @groups: it is about SO_REUSEPORT, and nothing is sent: who of a group gets a
 *	packet is nobody's to know
 * @slot: what the calls so far should have put into the slots
 */
struct maker {
	uint64_t random;
	struct sequence *seq;
	bool groups;
	struct {
		bool used;
		bool connected;
		int kind;
	} slot[SLOTS];
};

static inline unsigned int below(struct maker *m, unsigned int n)
{
	uint64_t z = m->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % n;
}

static inline bool one_in(struct maker *m, unsigned int n)
{
	return !below(m, n);
}

static inline struct op *add(struct maker *m, enum call call, int slot)
{
	static struct op spare;
	struct op *op = &spare;

	if (m->groups && (call == CALL_SEND || call == CALL_SENDTO ||
			  (call == CALL_CONNECT &&
			   m->slot[slot].kind != KIND_UDP)))
		call = CALL_GETSOCKNAME;
	if (m->seq->n < MAX_OPS)
		op = &m->seq->op[m->seq->n++];
	*op = (struct op){ .call = call, .slot = slot };
	return op;
}

/* A slot that is in use or not, from a random one on; -1 = none. */
static inline int some_slot(struct maker *m, bool used)
{
	int first = below(m, SLOTS), i, s;

	for (i = 0; i < SLOTS; i++) {
		s = (first + i) % SLOTS;
		if (m->slot[s].used == used)
			return s;
	}
	return -1;
}

static inline int add_socket(struct maker *m, int kind)
{
	int s = some_slot(m, false);

	if (s < 0)
		return -1;
	add(m, CALL_SOCKET, s)->kind = kind;
	if (kind < KIND_STRANGE) {
		m->slot[s].used = true;
		m->slot[s].connected = false;
		m->slot[s].kind = kind;
	}
	return s;
}

static inline int some_addr(struct maker *m)
{
	return one_in(m, 2) ? ADDR_LOOPBACK : below(m, ADDRS);
}

static inline void choose_target(struct maker *m, struct op *op)
{
	op->addr = some_addr(m);
	op->port = one_in(m, 2) ? 1 + below(m, PORTS) : below(m, PORT_CHOICES);
	op->form = one_in(m, 8) ? below(m, FORMS) : FORM_PLAIN;
	/* What is sent to groups is compared where memberships are. */
	if (op->call != CALL_BIND && op->addr == ADDR_GROUP)
		op->addr = ADDR_LOOPBACK;
}

static inline void add_bind(struct maker *m, int s)
{
	if (one_in(m, 3)) {
		struct op *op = add(m, CALL_SETOPT, s);

		op->opt = OPT_REUSEADDR;
		op->val = 0;
	}
	if (m->groups && !one_in(m, 4))
		add(m, CALL_SETOPT, s)->opt = OPT_REUSEPORT;
	choose_target(m, add(m, CALL_BIND, s));
}

/* A listener, somebody who connects to it, and maybe the connection accepted. */
static inline void add_connection(struct maker *m)
{
	int port = 1 + below(m, PORTS);
	int l = add_socket(m, KIND_TCP), c, a;
	struct op *op;

	if (l < 0)
		return;
	if (one_in(m, 2))
		add(m, CALL_SETOPT, l);
	op = add(m, CALL_BIND, l);
	op->port = port;
	op->addr = one_in(m, 2) ? ADDR_ANY : ADDR_LOOPBACK;
	add(m, CALL_LISTEN, l)->val = 8;
	c = add_socket(m, KIND_TCP);
	if (c < 0)
		return;
	if (one_in(m, 4))
		add_bind(m, c);
	op = add(m, CALL_CONNECT, c);
	op->port = one_in(m, 3) ? PORT_OF_SLOT + l : port;
	if (one_in(m, 2))
		add(m, CALL_CONNECT, c)->port = port;
	m->slot[c].connected = true;
	a = some_slot(m, false);
	if (a < 0 || one_in(m, 6))
		return;
	add(m, CALL_ACCEPT, l)->other = a;
	m->slot[a].used = true;
	m->slot[a].connected = true;
	m->slot[a].kind = KIND_TCP;
	if (one_in(m, 4)) {
		add(m, CALL_CLOSE, l);
		m->slot[l].used = false;
	}
}

/* Two datagram sockets, one of which at least knows the other. */
static inline void add_datagram_pair(struct maker *m)
{
	int kind = one_in(m, 5) ? KIND_RAW : KIND_UDP;
	int a = add_socket(m, kind), b = add_socket(m, kind);
	struct op *op;

	if (a < 0 || b < 0)
		return;
	op = add(m, CALL_BIND, a);
	op->port = below(m, PORTS + 1);
	op->addr = one_in(m, 3) ? ADDR_ANY : ADDR_LOOPBACK;
	if (one_in(m, 3))
		add_bind(m, b);
	add(m, CALL_CONNECT, b)->port = PORT_OF_SLOT + a;
	if (one_in(m, 2))
		add(m, CALL_CONNECT, a)->port = PORT_OF_SLOT + b;
	add(m, CALL_SEND, b)->len = below(m, LENS);
}

/* One of the values that the option's table has. */
static inline void choose_value(struct maker *m, struct op *op)
{
	const int *values = opts[op->opt].values;
	unsigned int i, n = 1;

	for (i = 1; i < VALUES; i++)
		if (values[i] != values[0])
			n = i + 1;
	op->val = below(m, n);
}

#endif /* _DIFFERENTIAL_MAKE_H */
