/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When octets of the stream left, were acknowledged, and came: SO_TIMESTAMPING and its kin,
 * Documentation/networking/timestamping.rst.
 */
#ifndef _KITE_TCP_STAMPS_H
#define _KITE_TCP_STAMPS_H

#include <linux/net_tstamp.h>

#include "tcp_sock.h"

/* Bits of kite_tcp_cb.stamps. */
#define KITE_STAMP_SENT	BIT(0)	/* somebody wants to know when an octet leaves or arrives */
#define KITE_STAMP_ACK	BIT(1)	/* ... is acknowledged, and was not told that yet */
#define KITE_STAMP_EOR	BIT(2)	/* nothing is to be put behind the last octet: MSG_EOR */

/**
 * struct kite_stamps - when the last segment came that something was read of
 * @software: by the host's clock; 0 = nobody looked at it
 * @hardware: by the device's clock; 0 = it has none
 */
struct kite_stamps {
	ktime_t	software;
	ktime_t	hardware;
};

int kite_stamps_asked(struct sock *sk, struct msghdr *msg);
void kite_stamps_written(struct sock *sk, u32 tsflags);
void __kite_stamps_begin(struct sock *sk);
void kite_stamps_cut(struct sk_buff *skb, struct sk_buff *rest);
void kite_stamps_joined(struct sk_buff *skb, const struct sk_buff *next);
void __kite_stamps_acked(struct sock *sk, struct sk_buff *skb);
void kite_stamps_tell(const struct sock *sk, struct msghdr *msg,
		      const struct kite_stamps *stamps);

/* With KITE_STAMP_SENT: the octet whose times are told, the last one of a write. */
static inline u32 kite_stamp_seq(const struct kite_tcp_cb *cb)
{
	return cb->seq + cb->stamp_at;
}

/**
 * kite_stamps_trimmed() - the first octets of a packet are about to go, acknowledged
 * @skb: the packet, whose fragments are its own
 * @len: so many
 *
 * Context: socket lock held.
 */
static inline void kite_stamps_trimmed(struct sk_buff *skb, unsigned int len)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	if (likely(!(cb->stamps & KITE_STAMP_SENT)))
		return;
	if (cb->stamp_at < len) {
		cb->stamps &= KITE_STAMP_EOR;
		skb_shinfo(skb)->tx_flags &= ~SKBTX_ANY_TSTAMP;
	} else {
		cb->stamp_at -= len;
	}
}

/**
 * kite_stamps_begin() - count octets from here, if it was asked for since the last call
 * @sk: the connection; snd_una or write_seq is about to change
 *
 * Context: socket lock held.
 */
static inline void kite_stamps_begin(struct sock *sk)
{
	if (unlikely(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_ID))
		__kite_stamps_begin(sk);
}

/**
 * kite_stamps_acked() - tell that an octet was acknowledged, if somebody wants to know
 * @sk: the connection; snd_una has moved
 * @skb: the oldest packet of the send queue, which begins before snd_una
 *
 * Context: socket lock held.
 */
static inline void kite_stamps_acked(struct sock *sk, struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	if (unlikely(cb->stamps & KITE_STAMP_ACK) &&
	    kite_before(kite_stamp_seq(cb), kite_tcp_sk(sk)->snd_una))
		__kite_stamps_acked(sk, skb);
}

/**
 * kite_stamps_wanted() - whether a reader is to be told when what it reads came
 * @sk: the connection
 *
 * Context: any.
 */
static inline bool kite_stamps_wanted(const struct sock *sk)
{
	return sock_flag(sk, SOCK_RCVTSTAMP) ||
	       READ_ONCE(sk->sk_tsflags) & (SOF_TIMESTAMPING_SOFTWARE |
					    SOF_TIMESTAMPING_RAW_HARDWARE);
}

/**
 * kite_stamps_note() - something of a segment was read
 * @stamps: what is to be told of it
 * @skb: the segment
 */
static inline void kite_stamps_note(struct kite_stamps *stamps, const struct sk_buff *skb)
{
	ktime_t hardware = skb_hwtstamps((struct sk_buff *)skb)->hwtstamp;

	if (!skb->tstamp && !hardware)
		return;
	stamps->software = skb->tstamp;
	stamps->hardware = hardware;
}

/**
 * kite_stamps_follow() - octets of a segment are in another one now, behind what that had
 * @to: has come when @from did
 * @from: the later one
 */
static inline void kite_stamps_follow(struct sk_buff *to, const struct sk_buff *from)
{
	ktime_t hardware = skb_hwtstamps((struct sk_buff *)from)->hwtstamp;

	if (likely(!from->tstamp && !hardware))
		return;
	to->tstamp = from->tstamp;
	skb_hwtstamps(to)->hwtstamp = hardware;
}

#endif /* _KITE_TCP_STAMPS_H */
