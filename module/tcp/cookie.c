// SPDX-License-Identifier: GPL-2.0
/*
 * What a cookie is made of, from its most significant bit:
 *
 *    1 bit   the epoch's last bit, so that only one epoch need be tried
 *    3 bits  which of mss_table[] the peer can take, under the hash
 *   28 bits  of a keyed hash over the peer's sequence number, both ends, the epoch
 *
 * What else was agreed upon can only come back with the timestamp. Of the one in the
 * SYN-ACK, before the connection's offset is added, the last bits are
 *
 *    1 bit   whether congestion notification is agreed upon
 *    1 bit   whether selective acknowledgments are agreed upon
 *    4 bits  the shift of the peer's windows, 15 = they are not scaled
 *
 * A guess hits one of the eight good numbers of an epoch once in 2^28 times. Whoever
 * got a cookie may change what it says, which he could have asked for himself.
 */
#include "cookie.h"

#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/siphash.h>

#include "segment.h"
#include "seq.h"

#define COOKIE_HASH	GENMASK(27, 0)
#define COOKIE_MSS	GENMASK(30, 28)
#define COOKIE_EPOCH	BIT(31)

#define COOKIE_TS_MASK	GENMASK(5, 0)
#define COOKIE_WSCALE	GENMASK(3, 0)	/* all set: none */
#define COOKIE_SACK	BIT(4)
#define COOKIE_ECN	BIT(5)

/*
 * Of these the largest that is not more than the peer's: what nobody goes below,
 * RFC 9293's default, and what paths with and without tunnels have.
 */
static const u16 mss_table[] = { 48, 536, 1220, 1300, 1400, 1440, 1460, 8960 };

static_assert(ARRAY_SIZE(mss_table) == (COOKIE_MSS >> 28) + 1);

/*
 * The wall clock's, as in isn.c. A step of that clock costs the handshakes that are
 * under way by cookie.
 */
static u32 cookie_epoch(void)
{
	return div_u64(ktime_get_real_seconds(), KITE_COOKIE_EPOCH);
}

/* @skb came from the peer, whose initial sequence number is @isn. */
static u32 cookie_hash(const struct sk_buff *skb, u32 isn, u32 epoch)
{
	static siphash_aligned_key_t secret;
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	u32 ports = (__force u32)th->source << 16 | (__force u32)th->dest;
	u32 saddr = (__force u32)iph->saddr;

	net_get_random_once(&secret, sizeof(secret));
	return siphash_3u64((u64)saddr << 32 | (__force u32)iph->daddr,
			    (u64)ports << 32 | isn, epoch, &secret);
}

/**
 * kite_cookie_make() - the sequence number that stands for a half-open connection
 * @syn: the peer's SYN, kite_tcp_cb filled in
 * @mss: its MSS option, octets
 *
 * Context: softirq.
 * Return: host order.
 */
u32 kite_cookie_make(const struct sk_buff *syn, u16 mss)
{
	u32 epoch = cookie_epoch();
	u32 hash = cookie_hash(syn, kite_tcp_cb(syn)->seq, epoch);
	u32 i = ARRAY_SIZE(mss_table) - 1;

	while (i && mss_table[i] > mss)
		i--;
	return (epoch & 1 ? COOKIE_EPOCH : 0) |
	       ((i << 28 ^ hash) & COOKIE_MSS) | (hash & COOKIE_HASH);
}

/**
 * kite_cookie_check() - whether the peer brings a cookie back
 * @ack: the last segment of its handshake, kite_tcp_cb filled in
 *
 * Context: softirq.
 * Return: what the MSS option of its SYN allowed, octets; 0 when this is not a
 * cookie, or one that is too old.
 */
u16 kite_cookie_check(const struct sk_buff *ack)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(ack);
	u32 cookie = cb->ack_seq - 1;
	u32 epoch = cookie_epoch();
	u32 diff;

	static_assert(KITE_COOKIE_EPOCHS == 2);
	if ((epoch & 1) != !!(cookie & COOKIE_EPOCH))
		epoch--;
	diff = cookie ^ cookie_hash(ack, cb->seq - 1, epoch);
	return diff & COOKIE_HASH ? 0 : mss_table[(diff & COOKIE_MSS) >> 28];
}

/**
 * kite_cookie_timestamp() - a timestamp that holds what was agreed upon
 * @clock: our clock, without the connection's offset, ms
 * @opt: wscale and wscale_ok of the peer, sack_ok, ecn_ok
 *
 * Return: the latest such timestamp that is not beyond @clock: those that follow must
 * not be less.
 */
u32 kite_cookie_timestamp(u32 clock, const struct kite_tcp_options *opt)
{
	u32 bits = opt->wscale_ok ? opt->wscale : COOKIE_WSCALE;
	u32 ts;

	if (opt->sack_ok)
		bits |= COOKIE_SACK;
	if (opt->ecn_ok)
		bits |= COOKIE_ECN;
	ts = (clock & ~COOKIE_TS_MASK) | bits;
	return kite_after(ts, clock) ? ts - COOKIE_TS_MASK - 1 : ts;
}

/**
 * kite_cookie_options() - what a timestamp that came back holds
 * @echo: the timestamp, without the connection's offset
 * @opt: wscale, wscale_ok, sack_ok and ecn_ok are written
 */
void kite_cookie_options(u32 echo, struct kite_tcp_options *opt)
{
	opt->sack_ok = echo & COOKIE_SACK;
	opt->ecn_ok = echo & COOKIE_ECN;
	opt->wscale_ok = (echo & COOKIE_WSCALE) != COOKIE_WSCALE;
	opt->wscale = opt->wscale_ok ?
		min_t(u8, echo & COOKIE_WSCALE, KITE_TCP_WSCALE_MAX) : 0;
}
