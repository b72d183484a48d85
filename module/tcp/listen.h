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
 * @half_open:	requests in the lower half: the length of the SYN queue; in the upper
 *		half the young among them, who were asked only once
 * @cookie_sent: when about the last SYN cookie was sent, the low 32 bits of jiffies; long
 *		ago when none was. Written and read without a lock
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
	atomic64_t	half_open;
	u32		cookie_sent;
	bool		flood_told;
};

#define KITE_REQUEST		1LL
#define KITE_REQUEST_IS_YOUNG	BIT_ULL(32)

/**
 * kite_listener_requests() - the length of the SYN queue
 * @l: of a listener
 */
static inline u32 kite_listener_requests(const struct kite_listener *l)
{
	return lower_32_bits(atomic64_read(&l->half_open));
}

/**
 * kite_listener_young() - how many in the SYN queue were asked only once
 * @l: of a listener
 */
static inline u32 kite_listener_young(const struct kite_listener *l)
{
	return upper_32_bits(atomic64_read(&l->half_open));
}

/**
 * kite_listener_remembers() - somebody enters the SYN queue
 * @l: of a listener
 */
static inline void kite_listener_remembers(struct kite_listener *l)
{
	atomic64_add(KITE_REQUEST + KITE_REQUEST_IS_YOUNG, &l->half_open);
}

/**
 * kite_listener_ages() - somebody in the SYN queue is asked the second time
 * @l: of a listener
 */
static inline void kite_listener_ages(struct kite_listener *l)
{
	atomic64_sub(KITE_REQUEST_IS_YOUNG, &l->half_open);
}

/**
 * kite_listener_forgets() - somebody leaves the SYN queue
 * @l: of a listener
 * @young: who was asked only once
 */
static inline void kite_listener_forgets(struct kite_listener *l, bool young)
{
	atomic64_sub(KITE_REQUEST + (young ? KITE_REQUEST_IS_YOUNG : 0), &l->half_open);
}

int kite_listen_start(struct sock *sk);
void kite_listen_stop(struct sock *sk);
bool kite_listen_full(const struct sock *sk);
bool kite_listen_enqueue(struct sock *listener, struct sock *child);
bool kite_listen_empty(const struct sock *sk);
void kite_listener_sends_cookie(struct sock *sk);
bool kite_listener_sent_cookie(const struct sock *sk);
struct sock *kite_tcp_accept(struct sock *sk, struct proto_accept_arg *arg);

#endif /* _KITE_TCP_LISTEN_H */
