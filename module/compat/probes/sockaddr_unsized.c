// SPDX-License-Identifier: GPL-2.0
/* proto_ops.bind and connect take struct sockaddr_unsized (6.19) instead of struct sockaddr. */
#include <linux/net.h>

static int probe(struct socket *sock, struct sockaddr_unsized *addr, int len)
{
	return len;
}

const struct proto_ops probe_ops = { .bind = probe };
