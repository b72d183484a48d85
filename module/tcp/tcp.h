/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP, RFC 9293, as the rooms around it see it. docs/tcp-states.md has its states
 * and events.
 */
#ifndef _KITE_TCP_H
#define _KITE_TCP_H

#include "../kite.h"

struct pipe_inode_info;
struct poll_table_struct;

extern struct proto kite_tcp_prot;

int kite_tcp_set_rcvlowat(struct sock *sk, int val);
__poll_t kite_tcp_poll(struct file *file, struct socket *sock,
		       struct poll_table_struct *wait);

ssize_t kite_tcp_splice_read(struct socket *sock, loff_t *ppos,
			     struct pipe_inode_info *pipe, size_t len,
			     unsigned int flags);
void kite_tcp_net_exit(struct net *net);

int kite_tcp_init(void);
void kite_tcp_exit(void);

#endif /* _KITE_TCP_H */
