// SPDX-License-Identifier: GPL-2.0
/* proto_ops.accept takes struct proto_accept_arg (6.10) instead of flags and kern. */
#include <linux/net.h>
#include <net/sock.h>

static int probe(struct socket *sock, struct socket *newsock, struct proto_accept_arg *arg)
{
	return arg->flags;
}

const struct proto_ops probe_ops = { .accept = probe };
