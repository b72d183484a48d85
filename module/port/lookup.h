/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Demultiplexing by local port: listeners and datagram sockets.
 */
#ifndef _KITE_PORT_LOOKUP_H
#define _KITE_PORT_LOOKUP_H

#include "../kite.h"
#include "../netns.h"

/* A listener enters when it starts to listen and leaves before it stops. */
int kite_hash_listener(struct sock *sk);
void kite_unhash_listener(struct sock *sk);

struct sock *kite_lookup_listener(struct net *net, struct sk_buff *skb,
				  int doff, __be32 saddr, __be16 sport,
				  __be32 daddr, u16 hnum, int dif, int sdif);
struct sock *kite_lookup_udp(struct net *net, struct sk_buff *skb, __be32 saddr,
			     __be16 sport, __be32 daddr, __be16 dport, int dif,
			     int sdif);
struct sock *kite_lookup_udp_connected(struct net *net, __be32 saddr,
				       __be16 sport, __be32 daddr, __be16 dport,
				       int dif, int sdif);

/* Called by kite_visit_udp() with each socket and its last argument. */
typedef void (*kite_udp_visit_t)(struct sock *sk, void *arg);

unsigned int kite_visit_udp(struct net *net, __be32 saddr, __be16 sport,
			    __be32 daddr, __be16 dport, int dif, int sdif,
			    kite_udp_visit_t visit, void *arg);

#endif /* _KITE_PORT_LOOKUP_H */
