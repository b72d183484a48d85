/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What system calls do to a connection's stream and options.
 */
#ifndef _KITE_TCP_USER_H
#define _KITE_TCP_USER_H

#include "tcp_sock.h"

int kite_tcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int kite_tcp_send_pages(struct sock *sk, struct msghdr *msg);
void kite_tcp_flush(struct sock *sk);
void kite_tcp_write_space(struct sock *sk);
bool kite_tcp_memory_free(const struct sock *sk, int halvings);
int kite_tcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		     int *addr_len);
u32 kite_tcp_inq(const struct sock *sk);
int kite_tcp_setsockopt(struct sock *sk, int level, int optname,
			sockptr_t optval, unsigned int optlen);
int kite_tcp_getsockopt(struct sock *sk, int level, int optname,
			char __user *optval, int __user *optlen);
int kite_tcp_do_ioctl(struct sock *sk, int cmd, int *karg);

/**
 * kite_tcp_has_space() - whether who waits to write is to be woken
 * @sk: the connection
 *
 * Not as soon as there is any room: a third of the buffer, and half of what may wait to be
 * sent.
 *
 * Context: any; without the socket lock a moment's guess.
 */
static inline bool kite_tcp_has_space(const struct sock *sk)
{
	return __sk_stream_is_writeable(sk, 1);
}

#endif /* _KITE_TCP_USER_H */
