/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: how the window grows and shrinks. What was lost is
 * recovery.h's business; what decides by how much is an algorithm of a table, into
 * which other modules can register theirs.
 */
#ifndef _KITE_TCP_CONG_H
#define _KITE_TCP_CONG_H

#include <linux/list.h>
#include <net/tcp.h>

#include "tcp_sock.h"

/* Slow start until the first loss, octets: more than any window. */
#define KITE_SSTHRESH_INFINITE	0x7fffffff

/**
 * struct kite_cong_ops - an algorithm of congestion control
 * @name: as TCP_CONGESTION and net.ipv4.tcp_congestion_control know it
 * @owner: the module that offers it; NULL for KITE, which all sockets hold anyway
 * @list: for the table
 * @key: how a route's metrics call it, where Linux has one of the same name
 * @init: there is a connection: fill in kite_tcp_sock.cong_priv, which is zero; or
 *	NULL
 * @release: it ended, or changes to another algorithm: give back what @init took;
 *	or NULL. Follows each @init once
 * @ssthresh: a loss was found, of "flight" octets that were outstanding: the new slow
 *	start threshold, octets. cwnd is still as it was
 * @acked: octets were acknowledged while nothing is believed lost, or on the way
 *	back from a timeout: let cwnd grow. "limited" says that the window kept the
 *	sender from sending more; if it did not, that it worked proves nothing about
 *	the path (RFC 7661)
 * @rtt: a round-trip time was measured, µs; or NULL
 * @timeout: the retransmission timer ran out, after @ssthresh; or NULL
 *
 * All are called with the socket lock held, or by the last who knows the socket; BH
 * may be disabled. Windows are in octets.
 */
struct kite_cong_ops {
	char		name[TCP_CA_NAME_MAX];
	struct module	*owner;
	struct list_head list;
	u32		key;

	void	(*init)(struct kite_tcp_sock *tp);
	void	(*release)(struct kite_tcp_sock *tp);
	u32	(*ssthresh)(struct kite_tcp_sock *tp, u32 flight);
	void	(*acked)(struct kite_tcp_sock *tp, u32 acked, bool limited);
	void	(*rtt)(struct kite_tcp_sock *tp, u32 rtt_us);
	void	(*timeout)(struct kite_tcp_sock *tp);
};

/**
 * kite_cong_priv() - an algorithm's own part of a connection
 * @tp: the connection
 */
static inline void *kite_cong_priv(struct kite_tcp_sock *tp)
{
	return tp->cong_priv;
}

/* cong_table.c: which algorithm */
int kite_register_congestion_control(struct kite_cong_ops *ops);
void kite_unregister_congestion_control(struct kite_cong_ops *ops);
void kite_cong_assign(struct sock *sk);
void kite_cong_inherit(struct kite_tcp_sock *tp);
void kite_cong_heed_route(struct sock *sk);
int kite_cong_choose(struct sock *sk, const char *name);
void kite_cong_run(struct kite_tcp_sock *tp);
void kite_cong_stop(struct kite_tcp_sock *tp);
void kite_cong_release(struct kite_tcp_sock *tp);
int kite_cong_table_init(void);
void kite_cong_table_exit(void);

/* cong.c: what all have in common */
void kite_cong_init(struct kite_tcp_sock *tp);
void kite_cong_start(struct kite_tcp_sock *tp);
void kite_cong_sent(struct kite_tcp_sock *tp);
void kite_cong_acked(struct kite_tcp_sock *tp, u32 acked);
void kite_cong_grow(struct kite_tcp_sock *tp, u32 octets);
void kite_cong_slow_start(struct kite_tcp_sock *tp, u32 acked);
unsigned long kite_cong_pacing_rate(const struct sock *sk);
void kite_cong_pace(struct sock *sk);
u32 kite_cong_flight(const struct kite_tcp_sock *tp);
void kite_cong_loss(struct kite_tcp_sock *tp, u32 flight);
void kite_cong_reduce(struct kite_tcp_sock *tp, u32 flight);
void kite_cong_timeout(struct kite_tcp_sock *tp);
void kite_cong_idle(struct sock *sk);

/* the algorithms that are always there */
extern struct kite_cong_ops kite_cubic;
extern struct kite_cong_ops kite_reno;

/**
 * kite_cong_slow_start_forever() - whether no loss has set ssthresh yet
 * @tp: the connection
 */
static inline bool kite_cong_slow_start_forever(const struct kite_tcp_sock *tp)
{
	return tp->ssthresh == KITE_SSTHRESH_INFINITE;
}

/**
 * kite_cong_is_limit() - whether the congestion window is what holds the connection up
 * @tp: the connection
 *
 * Half of it is enough while the window doubles each round trip.
 */
static inline bool kite_cong_is_limit(const struct kite_tcp_sock *tp)
{
	if (tp->cwnd < tp->ssthresh)
		return tp->max_flight > tp->cwnd / 2;
	return tp->max_flight + tp->mss > tp->cwnd;
}

#endif /* _KITE_TCP_CONG_H */
