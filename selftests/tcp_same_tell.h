/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps, and what came of them, to be read.
 */
#ifndef _KITE_TCP_SAME_TELL_H
#define _KITE_TCP_SAME_TELL_H

#include "tcp_same_take.h"

static const char *flag_names(unsigned int flags)
{
	static const char names[] = "FSRPAUEC";
	static char text[4][9];
	static unsigned int turn;
	char *t = text[turn++ % 4], *p = t;
	int i;

	for (i = 0; i < 8; i++)
		if (flags >> i & 1)
			*p++ = names[i];
	*p = 0;
	return t;
}

static inline void tell_step(const struct step *s)
{
	static const char *const names[] = {
		"segment", "ICMP", "connect", "accept", "send", "recv", "shutdown RD",
		"shutdown WR", "close", "set", "SO_ERROR", "SYN cookies",
	};
	unsigned int i;

	if (s->call == REPORT) {
		printf("# > ICMP %u/%u seq %d mtu %d\n", s->how >> 8, s->how & 0xff, s->ack,
		       s->arg);
		return;
	}
	if (s->call == OPTION) {
		printf("# > %s %d\n", socket_options[s->how].name, s->arg);
		return;
	}
	if (s->call != SEGMENT) {
		printf("# > %s %d (%#x)\n", names[s->call], s->arg, s->how);
		return;
	}
	printf("# > %s seq %d len %u ack %d win %u", flag_names(s->flags), s->seq, s->len, s->ack,
	       s->window);
	if (s->tos)
		printf(" tos %u", s->tos);
	if (s->urgent)
		printf(" urg %u", s->urgent);
	for (i = 0; i < s->optlen; i++) {
		if (s->by_isn >> i & 1 || s->by_clock >> i & 1) {
			printf(" %s%+d", s->by_isn >> i & 1 ? "isn" : "clock",
			       (int)get32(s->options + i));
			i += 3;
		} else {
			printf(" %02x", s->options[i]);
		}
	}
	printf("\n");
}

static inline void tell_outcome(const struct host *h, const struct outcome *out, int32_t edge)
{
	const char *who = h->family == AF_KITE ? "KITE" : "IPv4";
	uint32_t mem[9] = {};
	socklen_t len = sizeof(mem);
	unsigned int i, k;

	getsockopt(h->fd, SOL_SOCKET, SO_MEMINFO, mem, &len);
	printf("#      memory in %u of %u, out %u of %u\n", mem[0], mem[1], mem[5], mem[3]);

	printf("#      options %#x again %u window %u acked %u received %u ooo %u data in %u\n",
	       out->options, out->again, out->window, out->acked, out->received, out->ooo,
	       out->data_in);
	printf("#   %s: %ld (%s) %#x state %u %u events %#x in %d out %d (%d) mark %d unacked %u"
	       " sacked %u mss %u edge %d\n", who, out->result,
	       out->failed ? strerror(out->failed) : "", out->sum, out->state, out->on_wire,
	       out->events, out->inq, out->outq, out->unsent, out->mark, out->unacked,
	       out->sacked, out->mss, edge);
	for (i = 0; i < out->n; i++) {
		const struct heard *heard = &out->heard[i];

		printf("#      < %s seq %d len %u (%#x) ack %d", flag_names(heard->flags),
		       heard->seq, heard->len, heard->sum, heard->ack);
		if (heard->tos)
			printf(" tos %u", heard->tos);
		if (heard->urgent)
			printf(" urg %u", heard->urgent);
		if (heard->mss)
			printf(" mss %u wscale %d sack %u", heard->mss,
			       (int)heard->wscale - 1, heard->sack_ok);
		if (heard->has_ts)
			printf(" tsecr %#x", heard->tsecr);
		for (k = 0; k < heard->n_blocks && k < 4; k++)
			printf(" %d-%d", heard->blocks[2 * k], heard->blocks[2 * k + 1]);
		printf("\n");
	}
}

#endif /* _KITE_TCP_SAME_TELL_H */
