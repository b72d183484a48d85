// SPDX-License-Identifier: GPL-2.0
/*
 * Must compile: a kernel header, a kernel type and a kernel macro, as every file of the
 * module needs them.
 */
#include <linux/module.h>
#include <net/sock.h>

int probe(struct sock *sk)
{
	return READ_ONCE(sk->sk_err);
}
