// SPDX-License-Identifier: GPL-2.0
#include "isn.h"

#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/siphash.h>

/**
 * kite_tcp_isn() - choose an initial sequence number, RFC 6528 3
 * @saddr: our address, network order
 * @daddr: the peer's address, network order
 * @sport: our port, network order
 * @dport: the peer's port, network order
 *
 * A keyed hash of the connection keeps outsiders from guessing it; a clock that
 * ticks every 64 ns keeps successive connections of one 4-tuple apart: it goes
 * round in 275 seconds, longer than a segment lives.
 *
 * Context: any.
 * Return: host order.
 */
u32 kite_tcp_isn(__be32 saddr, __be32 daddr, __be16 sport, __be16 dport)
{
	static siphash_aligned_key_t secret;

	net_get_random_once(&secret, sizeof(secret));
	return siphash_3u32((__force u32)saddr, (__force u32)daddr,
			    (__force u32)sport << 16 | (__force u32)dport,
			    &secret) + (u32)(ktime_get_real_ns() >> 6);
}
