// SPDX-License-Identifier: GPL-2.0
/* proto.ioctl takes int *karg (6.5) instead of the user's pointer, and sk_ioctl() calls it. */
#include <net/sock.h>

static int probe(struct sock *sk, int cmd, int *karg)
{
	return sk_ioctl(sk, cmd, NULL);
}

struct proto probe_proto = { .ioctl = probe };
