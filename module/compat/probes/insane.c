// SPDX-License-Identifier: GPL-2.0
/* Must not compile: calls what no kernel has. */
#include <net/sock.h>

int probe(struct sock *sk)
{
	return kite_probe_of_a_function_that_nobody_has(sk);
}
