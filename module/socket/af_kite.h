/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What socket(2) and the system calls on sockets reach first.
 */
#ifndef _KITE_SOCKET_AF_KITE_H
#define _KITE_SOCKET_AF_KITE_H

#include <linux/net.h>

#include "../kite.h"
#include "protosw.h"

extern const struct proto_ops kite_stream_ops;
extern const struct proto_ops kite_dgram_ops;
extern const struct proto_ops kite_sockraw_ops;

/* af_kite.c */
int kite_create(struct net *net, struct socket *sock, int protocol, int kern);

/* protosw.c */
int kite_protosw_get(int type, int protocol, struct kite_protosw *found);
void kite_protosw_put(const struct kite_protosw *found);
int kite_protosw_init(void);

/* bind.c */
int kite_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len);
int kite_autobind(struct sock *sk);

/* connect.c */
int kite_dgram_connect(struct socket *sock, struct sockaddr *uaddr,
		       int addr_len, int flags);
int kite_stream_connect(struct socket *sock, struct sockaddr *uaddr,
			int addr_len, int flags);

/* sockopt.c */
int kite_setsockopt(struct socket *sock, int level, int optname,
		    sockptr_t optval, unsigned int optlen);
int kite_getsockopt(struct socket *sock, int level, int optname,
		    char __user *optval, int __user *optlen);

#endif /* _KITE_SOCKET_AF_KITE_H */
