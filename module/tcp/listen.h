/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Listeners and their accept queues.
 */
#ifndef _KITE_TCP_LISTEN_H
#define _KITE_TCP_LISTEN_H

#include "../kite.h"

/**
 * struct kite_listener - what a listening socket has more than others
 * @lock:	guards the accept queue; BH-disabling, below every socket lock
 * @head:	first child that waits to be accepted, linked by accept_next
 * @tail:	the last one; undefined while @head is NULL
 * @requests:	half-open connections: the length of the SYN queue
 * @cookie_sent: when about the last SYN cookie was sent, jiffies; long ago when
 *		none was. Written and read without a lock
 * @flood_told:	the log has it that the SYN queue was full
 *
 * The accept queue holds one reference on each child. Its length is the socket's
 * sk_ack_backlog, written under @lock. Allocated by the first listen(), freed
 * with the socket: whoever finds the listener under RCU may use it.
 */
struct kite_listener {
	spinlock_t	lock;	/* the accept queue */
	struct sock	*head;
	struct sock	*tail;
	atomic_t	requests;
	unsigned long	cookie_sent;
	bool		flood_told;
};

int kite_listen_start(struct sock *sk);
void kite_listen_stop(struct sock *sk);
bool kite_listen_full(const struct sock *sk);
bool kite_listen_enqueue(struct sock *listener, struct sock *child);
bool kite_listen_empty(const struct sock *sk);
struct sock *kite_tcp_accept(struct sock *sk, struct proto_accept_arg *arg);

#endif /* _KITE_TCP_LISTEN_H */
