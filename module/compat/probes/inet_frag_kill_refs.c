// SPDX-License-Identifier: GPL-2.0
/*
 * inet_frag_kill() counts the references it takes away, inet_frag_find() takes none (6.15,
 * and stable kernels).
 */
#include <net/inet_frag.h>

void probe(struct inet_frag_queue *q)
{
	int refs = 0;

	inet_frag_kill(q, &refs);
	inet_frag_putn(q, refs);
}
