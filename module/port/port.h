/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port table: who owns which port, and who may join.
 *
 * One table per namespace and port space, allocated at the first bind. A port
 * that somebody owns has a bucket; its owners hang on it by skc_bind_node, full
 * sockets and TIME_WAIT ones alike.
 */
#ifndef _KITE_PORT_H
#define _KITE_PORT_H

#include "../kite.h"
#include "../netns.h"

struct kite_bind_bucket;

int kite_get_port(struct sock *sk, unsigned short snum);
void kite_put_port(struct sock *sk);
int kite_inherit_port(const struct sock *parent, struct sock *child);

/*
 * A TIME_WAIT mini-socket takes over its socket's place. @slot is where the
 * mini-socket keeps the bucket; before the call it has copied the port,
 * addresses, device, reuse and reuseport of the socket into its sock_common.
 */
int kite_port_handover(struct sock *sk, struct sock_common *mini,
		       struct kite_bind_bucket **slot);
void kite_port_release(struct sock_common *mini,
		       struct kite_bind_bucket **slot);

void kite_port_net_exit(struct net *net);

#endif /* _KITE_PORT_H */
