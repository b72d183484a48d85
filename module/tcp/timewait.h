/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME_WAIT, and FIN_WAIT2 of connections that no file owns any more: in a
 * mini-socket, RFC 9293 3.6.1.
 */
#ifndef _KITE_TCP_TIMEWAIT_H
#define _KITE_TCP_TIMEWAIT_H

#include <linux/timer.h>

#include "tcp_sock.h"

/**
 * struct kite_tw - what is left of a connection
 * @common:	what the established table and the port table know it by, first;
 *		skc_state is TCP_TIME_WAIT
 * @bucket:	the port it still holds
 * @timer:	ends it
 * @rcu:	frees it
 * @snd_nxt:	what our acknowledgments carry as sequence number
 * @rcv_nxt:	what they acknowledge
 * @rcv_wnd:	window field they offer, host order
 * @rcv_window:	the same in octets
 * @mark:	SO_MARK of the socket
 * @ts:		timestamps
 * @last_ack:	when a segment without data was last answered, the low 32 bits of jiffies
 * @tos:	type of service of the socket
 * @transparent: IP_TRANSPARENT of the socket
 * @substate:	TCP_TIME_WAIT, or TCP_FIN_WAIT2 while the peer's FIN is missing
 * @gone:	bit 0: somebody takes it down already
 *
 * @rcv_nxt and @substate of one in TCP_FIN_WAIT2 are written by the CPU that gets the
 * peer's FIN; another CPU with a copy of it at that moment sends an acknowledgment with
 * the old or the new number, and both are true. @ts and @last_ack are written by any CPU.
 */
struct kite_tw {
	struct sock_common	common;
	struct kite_bind_bucket	*bucket;
	struct timer_list	timer;
	struct rcu_head		rcu;
	u32			snd_nxt;
	u32			rcv_nxt;
	u32			rcv_window;
	u16			rcv_wnd;
	u8			tos;
	u8			substate;
	bool			transparent;
	u32			mark;
	struct kite_tcp_ts	ts;
	u32			last_ack;
	unsigned long		gone;
};

static_assert(offsetof(struct kite_tw, common) == 0);
static_assert(IS_ENABLED(CONFIG_LOCKDEP) || sizeof(struct kite_tw) <= 256);

/**
 * kite_tw() - the mini-socket behind what the established table found
 * @sk: with sk_state TCP_TIME_WAIT
 */
static inline struct kite_tw *kite_tw(const struct sock *sk)
{
	return (struct kite_tw *)sk;
}

/**
 * enum kite_tw_verdict - what a mini-socket makes of a segment
 * @KITE_TW_CONSUMED: it took it
 * @KITE_TW_RESET: to be answered by a reset
 * @KITE_TW_NEW: a SYN that a listener may take for a new incarnation, if the
 *	old one is killed first
 */
enum kite_tw_verdict {
	KITE_TW_CONSUMED,
	KITE_TW_RESET,
	KITE_TW_NEW,
};

void kite_tcp_time_wait(struct sock *sk, int substate, unsigned long timeout);
enum kite_tw_verdict kite_tw_rcv(struct net *net, struct sock *sk,
				 struct sk_buff *skb);
void kite_tw_ack(struct net *net, struct kite_tw *tw,
		 const struct sk_buff *orig);
void kite_tw_kill(struct kite_tw *tw);
bool kite_tw_reuse(struct sock *sk, struct sock *old, bool chosen);

int kite_tw_init(void);
void kite_tw_exit(void);

#endif /* _KITE_TCP_TIMEWAIT_H */
