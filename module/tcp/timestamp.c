// SPDX-License-Identifier: GPL-2.0
#include "timestamp.h"

#include <linux/net.h>
#include <linux/siphash.h>
#include <linux/timekeeping.h>

#include "options.h"
#include "tcp_sock.h"

/*
 * A peer that was silent for so long may have a clock that went round since, RFC 7323
 * 5.5, seconds.
 */
#define KITE_TS_OUTDATED	(24 * 24 * 60 * 60)
/* As long as that an old segment may live, seconds. */
#define KITE_TS_MSL		60

static u32 clock_sec(void)
{
	return ktime_get_seconds();
}

/**
 * kite_tcp_ts_init() - whether a new connection offers timestamps, and which
 * @net: the namespace, for net.ipv4.tcp_timestamps: 0 none, 1 with an offset that
 *	nobody can guess, 2 the plain clock
 * @ts: filled in
 * @saddr: our address, network order
 * @daddr: the peer's address, network order
 * @sport: our port, network order
 * @dport: the peer's port, network order
 *
 * Two connections tell nobody that they are of one host, nor when that was started.
 * Successive connections of one 4-tuple have the same offset, so that timestamps go on
 * to grow from one to the next (RFC 6191).
 *
 * Context: any.
 */
void kite_tcp_ts_init(struct net *net, struct kite_tcp_ts *ts, __be32 saddr,
		      __be32 daddr, __be16 sport, __be16 dport)
{
	u8 mode = READ_ONCE(net->ipv4.sysctl_tcp_timestamps);
	static siphash_aligned_key_t secret;

	memset(ts, 0, sizeof(*ts));
	ts->ok = mode;
	if (mode != 1)
		return;
	net_get_random_once(&secret, sizeof(secret));
	ts->offset = siphash_3u32((__force u32)saddr, (__force u32)daddr,
				  (__force u32)sport << 16 | (__force u32)dport,
				  &secret);
}

/**
 * kite_tcp_ts_push() - put the option in front of a segment's data
 * @skb: the segment, with KITE_TCP_TS_LEN octets of room
 * @ts: of the connection
 * @now_us: kite_tcp_clock_us()
 *
 * Context: socket lock held; of a mini-socket any, under RCU.
 */
void kite_tcp_ts_push(struct sk_buff *skb, const struct kite_tcp_ts *ts,
		      u64 now_us)
{
	__be32 *p = __skb_push(skb, KITE_TCP_TS_LEN);

	p[0] = KITE_TCP_TS_HEAD;
	p[1] = htonl(kite_tcp_ts_now(ts, now_us));
	p[2] = htonl(READ_ONCE(ts->recent));
}

/**
 * kite_tcp_ts_store() - remember a timestamp as TS.Recent
 * @ts: of the connection
 * @tsval: the peer's
 *
 * Context: socket lock held; of a mini-socket any, under RCU.
 */
void kite_tcp_ts_store(struct kite_tcp_ts *ts, u32 tsval)
{
	WRITE_ONCE(ts->recent, tsval);
	WRITE_ONCE(ts->recent_at, clock_sec());
}

/**
 * kite_tcp_ts_is_old() - whether a timestamp is from before TS.Recent
 * @ts: of the connection
 * @tsval: the peer's
 * @slack: so much before is not old, the peer's ticks
 *
 * Context: socket lock held; of a mini-socket any, under RCU.
 */
bool kite_tcp_ts_is_old(const struct kite_tcp_ts *ts, u32 tsval, s32 slack)
{
	u32 recent = READ_ONCE(ts->recent);

	return (s32)(recent - tsval) > slack && recent &&
	       clock_sec() - READ_ONCE(ts->recent_at) < KITE_TS_OUTDATED;
}

/**
 * kite_tcp_ts_update() - take over TS.Recent, RFC 7323 4.3 (2)
 * @ts: of the connection
 * @opt: of a segment that begins at or before what was acknowledged last
 *
 * Context: socket lock held; of a mini-socket any, under RCU.
 */
void kite_tcp_ts_update(struct kite_tcp_ts *ts,
			const struct kite_tcp_options *opt)
{
	if (ts->ok && opt->ts_ok && opt->tsval != READ_ONCE(ts->recent) &&
	    !kite_tcp_ts_is_old(ts, opt->tsval, 0))
		kite_tcp_ts_store(ts, opt->tsval);
}

/**
 * kite_tcp_ts_reject() - PAWS for a mini-socket: whether a segment is an old one
 * @ts: of the connection
 * @opt: of the segment
 * @rst: it is a reset
 *
 * A peer that has started anew and resets what it does not know may have a younger
 * clock: its resets count once no old one can be under way any more.
 *
 * Context: any, under RCU.
 */
bool kite_tcp_ts_reject(const struct kite_tcp_ts *ts,
			const struct kite_tcp_options *opt, bool rst)
{
	if (!ts->ok || !opt->ts_ok || !kite_tcp_ts_is_old(ts, opt->tsval, 0))
		return false;
	return !rst || clock_sec() - READ_ONCE(ts->recent_at) < KITE_TS_MSL;
}

/**
 * kite_tcp_ts_rtt_us() - the round-trip time that an echoed timestamp shows
 * @ts: of the connection
 * @opt: of a segment that acknowledges something new
 * @now_us: kite_tcp_clock_us()
 *
 * However often that was sent, it is the time since the copy that was answered (RFC
 * 7323 4.1), as exact as our ticks are.
 *
 * Return: µs; 0 when it shows none.
 */
u32 kite_tcp_ts_rtt_us(const struct kite_tcp_ts *ts,
		       const struct kite_tcp_options *opt, u64 now_us)
{
	u32 ms;

	if (!ts->ok || !opt->ts_ok || !opt->tsecr)
		return 0;
	ms = kite_tcp_ts_now(ts, now_us) - opt->tsecr;
	/* A lie, or older than anything that is still sent again. */
	if (ms > jiffies_to_msecs(KITE_RTO_MAX))
		return 0;
	return max(ms, 1U) * USEC_PER_MSEC;
}
