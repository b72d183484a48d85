/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups of sockets that share what comes to one address and port.
 */
#ifndef _KITE_PORT_REUSEPORT_H
#define _KITE_PORT_REUSEPORT_H

#include "../kite.h"

struct kite_port_table;

bool kite_reuseport_may_join(const struct sock *sk,
			     const struct sock_common *owner);
bool kite_reuseport_is_grouped(const struct sock *sk);
int kite_reuseport_join(struct kite_port_table *t, struct sock *sk);
void kite_reuseport_leave(struct sock *sk);
void kite_reuseport_readdress(struct sock *sk, __be32 addr);
void kite_reuseport_rehash(struct sock *sk);

u32 kite_reuseport_hash(__be32 saddr, __be16 sport, __be32 daddr, u16 hnum);
struct sock *kite_reuseport_select(struct sock *sk, u32 hash,
				   struct sk_buff *skb, int doff);
struct sock *kite_reuseport_successor(struct sock *sk, const struct sock *child);

#endif /* _KITE_PORT_REUSEPORT_H */
