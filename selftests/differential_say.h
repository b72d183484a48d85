/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program can see of its sockets, as text; and the calls themselves.
 */
#ifndef _DIFFERENTIAL_SAY_H
#define _DIFFERENTIAL_SAY_H

#include "differential.h"

#include <linux/sockios.h>

/*
 * The state, how many octets are not acknowledged, and whether the reader is at the
 * urgent mark; of a listener, how many wait and how many may.
 */
static inline void look_at_stream(struct text *t, int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int unacked = -1, mark = -1;

	if (getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len))
		return;
	ioctl(fd, SIOCOUTQ, &unacked);
	ioctl(fd, SIOCATMARK, &mark);
	say(t, " state %d", info.tcpi_state);
	if (info.tcpi_state == TCP_LISTEN)
		say(t, " queue %u/%u", info.tcpi_unacked, info.tcpi_sacked);
	/* Without a connection AF_INET's number means nothing. */
	else if (info.tcpi_state != TCP_CLOSE)
		say(t, " unacked %d", unacked);
	if (mark)
		say(t, " mark %d", mark);
}

/* What a program can see of a socket without changing it. */
static inline void look_at(struct text *t, struct world *w, int slot)
{
	int waiting = -1, fd = w->fd[slot];

	say(t, "\n      s%d: name ", slot);
	say_own_name(t, w, slot, 0);
	say(t, " peer ");
	say_own_name(t, w, slot, 1);
	say(t, " waiting ");
	if (ioctl(fd, FIONREAD, &waiting))
		say_result(t, -1);
	else
		say(t, "%d", waiting);
	if (w->kind[slot] == KIND_TCP)
		look_at_stream(t, fd);
}

/* The call as a line of a program: */

static inline void say_target(struct text *t, const struct op *op)
{
	static const char * const form_names[FORMS] = {
		[FORM_INET] = " as AF_INET", [FORM_UNSPEC] = " as AF_UNSPEC",
		[FORM_SHORT] = " too short", [FORM_INET6] = " as AF_INET6",
	};

	say(t, ", %s:", addrs[op->addr]);
	if (op->port <= PORTS)
		say(t, op->port ? "P%d" : "%d", op->port);
	else if (op->port == PORT_PRIVILEGED)
		say(t, "LOW");
	else
		say(t, "port of s%d", op->port - PORT_OF_SLOT);
	if (form_names[op->form])
		say(t, "%s", form_names[op->form]);
}

static inline void say_option(struct text *t, const struct op *op)
{
	const struct option_call *o = &opts[op->opt];

	say(t, ", %s, %s", o->level_name, o->name);
	if (op->call == CALL_SETOPT && o->type == A_DEVICE)
		say(t, ", \"%s\"", devices[o->values[op->val]]);
	else if (op->call == CALL_SETOPT)
		say(t, ", %d", o->values[op->val]);
}

static inline void say_call(struct text *t, const struct op *op)
{
	static const char * const names[] = {
		"socket", "close", "bind", "connect", "disconnect", "listen",
		"accept", "send", "sendto", "recv", "shutdown", "setsockopt",
		"getsockopt", "getsockname", "getpeername",
	};

	say(t, "%s(s%d", names[op->call], op->slot);
	switch ((enum call)op->call) {
	case CALL_SOCKET:
		say(t, ", %s%s", kinds[op->kind].name,
		    op->uid ? ", another user's" : "");
		break;
	case CALL_BIND:
	case CALL_CONNECT:
		say_target(t, op);
		if (op->call == CALL_CONNECT && op->val)
			say(t, ", waits");
		break;
	case CALL_SENDTO:
	case CALL_SEND:
	case CALL_RECV:
		if (op->call == CALL_SENDTO)
			say_target(t, op);
		say(t, ", %d octets, %s", lens[op->len],
		    flag_sets[op->flags].name);
		break;
	case CALL_ACCEPT:
		say(t, ", to s%d, %#x", op->other, accept_flags[op->val]);
		break;
	case CALL_LISTEN:
	case CALL_SHUTDOWN:
		say(t, ", %d", op->val);
		break;
	case CALL_SETOPT:
	case CALL_GETOPT:
		say_option(t, op);
		break;
	default:
		break;
	}
	say(t, ")");
}

#endif /* _DIFFERENTIAL_SAY_H */
