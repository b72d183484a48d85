/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timestamps, RFC 7323 3 to 5: our clock as the peer sees it, and what we remember of
 * the peer's.
 */
#ifndef _KITE_TCP_TIMESTAMP_H
#define _KITE_TCP_TIMESTAMP_H

#include "../kite.h"

struct kite_tcp_options;

/* The option with the two no-operations that align it (appendix A), octets. */
#define KITE_TCP_TS_LEN	12

/**
 * struct kite_tcp_ts - the timestamps of one connection, full socket or mini-socket
 * @offset:	what is added to our clock
 * @recent:	TS.Recent: the peer's timestamp that we echo; 0 = none yet
 * @recent_at:	when it came, seconds of ktime_get_seconds()
 * @ok:		timestamps are offered, and later: agreed upon
 *
 * Mini-sockets have no lock: @recent and @recent_at may then be of two segments that
 * came in the same moment.
 */
struct kite_tcp_ts {
	u32	offset;
	u32	recent;
	u32	recent_at;
	bool	ok;
};

void kite_tcp_ts_init(struct net *net, struct kite_tcp_ts *ts, __be32 saddr,
		      __be32 daddr, __be16 sport, __be16 dport);
void kite_tcp_ts_push(struct sk_buff *skb, const struct kite_tcp_ts *ts,
		      u64 now_us);
void kite_tcp_ts_store(struct kite_tcp_ts *ts, u32 tsval);
void kite_tcp_ts_update(struct kite_tcp_ts *ts,
			const struct kite_tcp_options *opt);
bool kite_tcp_ts_is_old(const struct kite_tcp_ts *ts, u32 tsval, s32 slack);
bool kite_tcp_ts_reject(const struct kite_tcp_ts *ts,
			const struct kite_tcp_options *opt, bool rst);
u32 kite_tcp_ts_rtt_us(const struct kite_tcp_ts *ts,
		       const struct kite_tcp_options *opt, u64 now_us);

/**
 * kite_tcp_ts_now() - our timestamp at a moment
 * @ts: of the connection
 * @now_us: kite_tcp_clock_us()
 *
 * Return: the clock in ms and the connection's offset.
 */
static inline u32 kite_tcp_ts_now(const struct kite_tcp_ts *ts, u64 now_us)
{
	return (u32)div_u64(now_us, USEC_PER_MSEC) + ts->offset;
}

#endif /* _KITE_TCP_TIMESTAMP_H */
