// SPDX-License-Identifier: GPL-2.0
#include "rate.h"

#include "tcp_sock.h"

/**
 * kite_rate() - what was measured last
 * @tp: the connection
 *
 * Context: socket lock held.
 * Return: octets a second; 0 when nobody knows.
 */
u64 kite_rate(const struct kite_tcp_sock *tp)
{
	const struct kite_rate *r = &tp->rate;

	return r->interval_us ? div_u64((u64)r->octets * USEC_PER_SEC, r->interval_us) : 0;
}
