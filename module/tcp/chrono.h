/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection's sender spends its time with, RFC 4898 SndLim*: a clock of which one hand
 * runs at a time.
 */
#ifndef _KITE_TCP_CHRONO_H
#define _KITE_TCP_CHRONO_H

#include <linux/jiffies.h>

struct sk_buff;
struct sock;

/**
 * enum kite_chrono_hand - what the sender is doing
 * @KITE_CHRONO_IDLE: nothing is to be sent or to be acknowledged
 * @KITE_CHRONO_BUSY: it sends, or waits for the network
 * @KITE_CHRONO_RWND: the peer's window holds it up
 * @KITE_CHRONO_SNDBUF: all that the send buffer holds is out, and its user waits for room
 *
 * Whoever begins later in this list goes before the others.
 */
enum kite_chrono_hand {
	KITE_CHRONO_IDLE,
	KITE_CHRONO_BUSY,
	KITE_CHRONO_RWND,
	KITE_CHRONO_SNDBUF,
};

/**
 * struct kite_chrono - how long it has done what
 * @spent:	with each but %KITE_CHRONO_IDLE, until @since; jiffies
 * @since:	when the hand that runs began, jiffies
 * @hand:	which that is
 *
 * Context: socket lock.
 */
struct kite_chrono {
	u32	spent[KITE_CHRONO_SNDBUF];
	u32	since;
	u8	hand;
};

/**
 * kite_chrono_busy() - something is to be sent
 * @c: the connection's
 *
 * Context: socket lock held.
 */
static inline void kite_chrono_busy(struct kite_chrono *c)
{
	if (c->hand != KITE_CHRONO_IDLE)
		return;
	c->since = jiffies;
	c->hand = KITE_CHRONO_BUSY;
}

/**
 * kite_chrono_idle() - nothing is to be sent or to be acknowledged
 * @c: the connection's
 *
 * Context: socket lock held.
 */
static inline void kite_chrono_idle(struct kite_chrono *c)
{
	if (c->hand == KITE_CHRONO_IDLE)
		return;
	c->spent[c->hand - 1] += (u32)jiffies - c->since;
	c->hand = KITE_CHRONO_IDLE;
}

void kite_chrono_begin(struct sock *sk, enum kite_chrono_hand hand);
void kite_chrono_end(struct sock *sk, enum kite_chrono_hand hand);
void kite_chrono_waits(struct sock *sk, const struct sk_buff *skb);
void kite_chrono_all_sent(struct sock *sk);
u64 kite_chrono_us(const struct sock *sk, enum kite_chrono_hand hand);

#endif /* _KITE_TCP_CHRONO_H */
