/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that the differential tests leave out, because KITE differs on purpose.
 */
#ifndef _DIFFERENTIAL_DELIBERATE_H
#define _DIFFERENTIAL_DELIBERATE_H

#include "differential.h"

static inline bool raw_more(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SEND || op->call == CALL_SENDTO) &&
	       op->flags == FLAG_MORE && is_raw(w, op->slot);
}

static inline bool raw_disconnect(const struct world *w, const struct op *op)
{
	return (op->call == CALL_DISCONNECT ||
		(op->call == CALL_CONNECT && op->form == FORM_UNSPEC)) &&
	       is_raw(w, op->slot);
}

/* Over loopback, whose MTU is greater than a packet's length field can say. */
static inline bool longer_than_ip(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SEND || op->call == CALL_SENDTO) &&
	       op->len == LEN_HUGE && w->kind[op->slot] == KIND_UDP;
}

static inline bool connect_while_corked(const struct world *w, const struct op *op)
{
	int unsent = 0;

	return op->call == CALL_CONNECT && w->kind[op->slot] == KIND_UDP &&
	       !ioctl(w->fd[op->slot], TIOCOUTQ, &unsent) && unsent;
}

/* Linux 6.1 goes by what it was at bind(), 6.12 by what it is. */
static inline bool reuse_taken_back(const struct world *w, const struct op *op)
{
	const struct option_call *o = &opts[op->opt];

	return op->call == CALL_SETOPT && o->level == SOL_SOCKET &&
	       (o->number == SO_REUSEADDR || o->number == SO_REUSEPORT) &&
	       !o->values[op->val] && w->kind[op->slot] == KIND_TCP &&
	       port_of(w->fd[op->slot]);
}

/* Linux has it since 6.9. */
static inline bool stream_peek_offset(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SETOPT || op->call == CALL_GETOPT) &&
	       opts[op->opt].number == SO_PEEK_OFF &&
	       opts[op->opt].level == SOL_SOCKET &&
	       w->kind[op->slot] == KIND_TCP;
}

/* Where KITE differs on purpose: docs/MIRROR.md, "Deliberate differences". */
static const struct {
	const char *what;
	bool (*covers)(const struct world *w, const struct op *op);
} deliberate[] = {
	{ "MSG_MORE on raw sockets is EOPNOTSUPP", raw_more },
	{ "connect(AF_UNSPEC) keeps a raw socket in its table", raw_disconnect },
	{ "a packet of 65,536 octets is EMSGSIZE", longer_than_ip },
	{ "connect() does not redirect corked data", connect_while_corked },
	{ "SO_REUSEADDR counts as it is now", reuse_taken_back },
	{ "SO_PEEK_OFF on TCP is EOPNOTSUPP", stream_peek_offset },
};

static inline bool differs_on_purpose(const struct world *w, const struct op *op)
{
	unsigned int i;

	for (i = 0; i < sizeof(deliberate) / sizeof(*deliberate); i++)
		if (deliberate[i].covers(w, op))
			return true;
	return false;
}

#endif /* _DIFFERENTIAL_DELIBERATE_H */
