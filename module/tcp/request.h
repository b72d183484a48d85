/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections of listeners: mini-sockets between SYN and ACK.
 */
#ifndef _KITE_TCP_REQUEST_H
#define _KITE_TCP_REQUEST_H

#include <linux/timer.h>

#include "../ip/options.h"
#include "tcp_sock.h"

/**
 * struct kite_request - a connection that a peer asked for
 * @common:	what the established table knows it by, first; skc_state is
 *		TCP_NEW_SYN_RECV
 * @listener:	who was asked; holds a reference until the request is gone, but
 *		not with @cookie
 * @timer:	sends the SYN-ACK again, and gives up in the end
 * @rcu:	frees it, when @timer does not run any more
 * @rcv_isn:	the peer's initial sequence number
 * @snd_isn:	ours
 * @synack_us:	when the SYN-ACK was sent, µs; 0 once it was sent again
 * @rcv_wnd:	window that it offers, octets
 * @window_clamp: largest that may be offered, octets; 0 = whatever the buffer allows
 * @mark:	fwmark for the connection
 * @mss:	peer's MSS option, octets
 * @advmss:	ours, octets
 * @snd_wscale:	shift of the peer's windows
 * @rcv_wscale:	shift of ours
 * @wscale_ok:	both scale
 * @sack_ok:	both acknowledge selectively
 * @ecn_ok:	both take part in congestion notification
 * @ts:		timestamps
 * @last_answer: when a segment that does not fit was last answered, the low 32 bits of jiffies; 0 =
 *		never
 * @acked:	the peer acknowledged our SYN, but TCP_DEFER_ACCEPT waits for data, or the
 *		accept queue for room
 * @cookie:	lives on a stack only: the peer keeps it as a SYN cookie. In no
 *		table, without a timer
 * @retries:	how often its time was over, and it was given more
 * @resent:	how often the timer sent the SYN-ACK again
 * @tos:	type of service of the SYN
 * @options:	those of the SYN turned round, or NULL; the child takes them over
 * @saved_syn:	TCP_SAVED_SYN, or NULL; the child takes it over
 *
 * Nothing is written after it was entered in the table but @synack_us, @rcv_wnd,
 * @last_answer, @acked, @retries, @resent, @ts, @options and @saved_syn; the timer alone
 * writes @retries and @resent, who has taken it out of the table the last two.
 */
struct kite_request {
	struct sock_common	common;
	struct sock		*listener;
	union {
		struct timer_list	timer;
		struct rcu_head		rcu;
	};
	u32			last_answer;
	u32			rcv_isn;
	u32			snd_isn;
	u32			synack_us;
	u32			rcv_wnd;
	u32			window_clamp;
	u32			mark;
	u16			mss;
	u16			advmss;
	u8			snd_wscale;
	u8			rcv_wscale;
	u8			wscale_ok : 1;
	u8			sack_ok : 1;
	u8			ecn_ok : 1;
	u8			cookie : 1;
	bool			acked;
	u8			retries;
	u8			resent;
	u8			tos;
	struct kite_tcp_ts	ts;
	struct kite_sock_options __rcu *options;
	struct kite_saved_syn	*saved_syn;
};

static_assert(offsetof(struct kite_request, common) == 0);
static_assert(IS_ENABLED(CONFIG_LOCKDEP) || sizeof(struct kite_request) <= 256);

/**
 * kite_request() - the mini-socket behind what the established table found
 * @sk: with sk_state TCP_NEW_SYN_RECV
 */
static inline struct kite_request *kite_request(const struct sock *sk)
{
	return (struct kite_request *)sk;
}

/**
 * kite_request_ip_options() - the options of the headers of what we say to the peer
 * @req: the request
 *
 * Context: under RCU.
 */
static inline const struct kite_ip_options *
kite_request_ip_options(const struct kite_request *req)
{
	const struct kite_sock_options *options = rcu_dereference(req->options);

	return options ? &options->opt : NULL;
}

void kite_request_syn(struct net *net, struct sock *listener,
		      struct sk_buff *skb);
void kite_request_cookie(struct net *net, struct sock *listener,
			 struct sk_buff *skb);
bool kite_request_rcv(struct net *net, struct sock *sk, struct sk_buff *skb);
void kite_request_kill(struct kite_request *req);
void kite_request_free(struct kite_request *req);

int kite_request_init(void);
void kite_request_exit(void);

#endif /* _KITE_TCP_REQUEST_H */
