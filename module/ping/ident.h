/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The identifiers of echo requests, which ping sockets have for ports.
 */
#ifndef _KITE_PING_IDENT_H
#define _KITE_PING_IDENT_H

#include "../kite.h"
#include "../netns.h"

int kite_ping_get_ident(struct sock *sk, unsigned short ident);
void kite_ping_put_ident(struct sock *sk);
struct sock *kite_ping_lookup(struct net *net, u16 ident, __be32 local,
			      const struct kite_skb_cb *cb);

#endif /* _KITE_PING_IDENT_H */
