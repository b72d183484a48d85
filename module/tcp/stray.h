/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often segments are answered that fit nowhere, RFC 5961 7.
 */
#ifndef _KITE_TCP_STRAY_H
#define _KITE_TCP_STRAY_H

#include "../kite.h"
#include "../observe/counters.h"

bool kite_stray_too_soon(struct net *net, u32 *last, enum kite_counter skipped);
bool kite_stray_limited(struct net *net, const struct sk_buff *skb, u32 *last,
			enum kite_counter skipped);
bool kite_challenge_due(struct net *net, u32 *last);

#endif /* _KITE_TCP_STRAY_H */
