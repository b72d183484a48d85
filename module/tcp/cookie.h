/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: a half-open connection that the peer keeps for us, in the sequence
 * number that it has to acknowledge.
 */
#ifndef _KITE_TCP_COOKIE_H
#define _KITE_TCP_COOKIE_H

#include "options.h"

/* How long an epoch of cookies is, seconds. */
#define KITE_COOKIE_EPOCH	60
/* How many epochs a cookie is good for, the one it was made in included. */
#define KITE_COOKIE_EPOCHS	2

u32 kite_cookie_make(const struct sk_buff *syn, u16 mss);
u16 kite_cookie_check(const struct sk_buff *ack);
u32 kite_cookie_timestamp(u32 clock, const struct kite_tcp_options *opt);
void kite_cookie_options(u32 echo, struct kite_tcp_options *opt);

#endif /* _KITE_TCP_COOKIE_H */
