// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever sends is told of the last octet of each write that asked. It is a packet's affair
 * when it leaves, so the octet's packet of the send queue remembers it, one octet at most:
 * of several writes in one packet the last one counts. With MSG_EOR each has its own.
 *
 * The core queues what is told, and names the octet by the key that the packet has, as for
 * datagrams. It takes KITE's connections for such sockets: when SOF_TIMESTAMPING_OPT_ID is set
 * it makes sk_tskey, their counter, 0. Here that says that counting is to begin. It begins before
 * either end that it could begin at has moved, so it makes no difference that nobody told us.
 */
#include "stamps.h"

#include <linux/errqueue.h>

/* sk_tskey while stamp_base counts. */
#define KITE_STAMPS_COUNT	1

/**
 * __kite_stamps_begin() - see kite_stamps_begin()
 * @sk: the connection, with SOF_TIMESTAMPING_OPT_ID
 */
void __kite_stamps_begin(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 tsflags = READ_ONCE(sk->sk_tsflags);

	if (atomic_read(&sk->sk_tskey))
		return;
	tp->stamp_base = tsflags & KITE_TIMESTAMPING_OPT_ID_TCP ? tp->write_seq : tp->snd_una;
	atomic_set(&sk->sk_tskey, KITE_STAMPS_COUNT);
}

/**
 * kite_stamps_asked() - what a call wants to know of what it writes
 * @sk: the connection
 * @msg: the call, perhaps with control messages
 *
 * Context: process, socket lock held; nothing is written yet.
 * Return: what it wants, SOF_TIMESTAMPING_*; or -EINVAL for what is no control message of a
 * socket's.
 */
int kite_stamps_asked(struct sock *sk, struct msghdr *msg)
{
	struct sockcm_cookie sockc;

	kite_stamps_begin(sk);
	sockcm_init(&sockc, sk);
	/* AF_INET knows no other error here, either. */
	if (msg->msg_controllen && sock_cmsg_send(sk, msg, &sockc))
		return -EINVAL;
	return sockc.tsflags;
}

static void set_key(const struct kite_tcp_sock *tp, struct sk_buff *skb)
{
	skb_shinfo(skb)->tskey = kite_stamp_seq(kite_tcp_cb(skb)) - tp->stamp_base;
}

/**
 * kite_stamps_written() - the last octet that was written is to be told of
 * (twin of tcp_tx_timestamp())
 * @sk: the connection, which has taken something
 * @tsflags: what is wanted, SOF_TIMESTAMPING_*
 *
 * Context: socket lock held.
 */
void kite_stamps_written(struct sock *sk, u32 tsflags)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	struct kite_tcp_cb *cb;

	if (!(tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK))
		return;
	/* A call that could not do all that it was asked to has sent the rest already. */
	if (!skb)
		skb = skb_rb_last(&sk->tcp_rtx_queue);
	if (!skb)
		return;
	cb = kite_tcp_cb(skb);
	cb->stamp_at = cb->end_seq - 1 - cb->seq;
	cb->stamps |= KITE_STAMP_SENT;
	if (tsflags & SOF_TIMESTAMPING_TX_ACK)
		cb->stamps |= KITE_STAMP_ACK;
	__sock_tx_timestamp(tsflags, &skb_shinfo(skb)->tx_flags);
	set_key(kite_tcp_sk(sk), skb);
}

/* What is to be told of a packet is to be told of another. */
static void hand_on(const struct sk_buff *from, struct sk_buff *to)
{
	kite_tcp_cb(to)->stamps |= kite_tcp_cb(from)->stamps & ~KITE_STAMP_EOR;
	kite_tcp_cb(to)->stamp_at = kite_stamp_seq(kite_tcp_cb(from)) - kite_tcp_cb(to)->seq;
	skb_shinfo(to)->tx_flags |= skb_shinfo(from)->tx_flags & SKBTX_ANY_TSTAMP;
	skb_shinfo(to)->tskey = skb_shinfo(from)->tskey;
}

/**
 * kite_stamps_cut() - a packet was cut in two; one of them has the octet
 * @skb: the packet, whose fragments are its own
 * @rest: what was behind, with a copy of the other's control block but for @seq
 *
 * Context: socket lock held.
 */
void kite_stamps_cut(struct sk_buff *skb, struct sk_buff *rest)
{
	struct kite_tcp_cb *cb = kite_tcp_cb(skb), *behind = kite_tcp_cb(rest);

	behind->stamps &= KITE_STAMP_EOR;
	cb->stamps &= ~KITE_STAMP_EOR;
	if (!(cb->stamps & KITE_STAMP_SENT) || kite_before(kite_stamp_seq(cb), behind->seq))
		return;
	hand_on(skb, rest);
	cb->stamps = 0;
	skb_shinfo(skb)->tx_flags &= ~SKBTX_ANY_TSTAMP;
}

/**
 * kite_stamps_joined() - a packet's data was put behind that of another
 * @skb: the packet that has both
 * @next: the one that it took over
 *
 * Context: socket lock held.
 */
void kite_stamps_joined(struct sk_buff *skb, const struct sk_buff *next)
{
	kite_tcp_cb(skb)->stamps |= kite_tcp_cb(next)->stamps & KITE_STAMP_EOR;
	if (kite_tcp_cb(next)->stamps & KITE_STAMP_SENT)
		hand_on(next, skb);
}

/**
 * __kite_stamps_acked() - see kite_stamps_acked()
 * @sk: the connection
 * @skb: the oldest packet of the send queue
 *
 * The oldest one has no left neighbour in its tree, so no device either, which would stand in
 * the same place.
 */
void __kite_stamps_acked(struct sock *sk, struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *copy = NULL;

	kite_tcp_cb(skb)->stamps &= ~KITE_STAMP_ACK;
	/*
	 * What is told may be a clone, and until somebody reads that the packet would look as if it
	 * had not left this host. So a packet that has more to send is not cloned.
	 */
	if (kite_after(kite_tcp_cb(skb)->end_seq, tp->snd_una)) {
		copy = pskb_copy(skb, GFP_ATOMIC | __GFP_NOWARN);
		if (!copy)
			return;
		skb = copy;
	}
	set_key(tp, skb);
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
	consume_skb(copy);
}

/* SO_TIMESTAMP and SO_TIMESTAMPNS, in the layout that was asked for. */
static void tell_one(const struct sock *sk, struct msghdr *msg, struct timespec64 at)
{
	bool is_new = sock_flag(sk, SOCK_TSTAMP_NEW);

	if (sock_flag(sk, SOCK_RCVTSTAMPNS)) {
		const struct __kernel_timespec new = { at.tv_sec, at.tv_nsec };
		const struct __kernel_old_timespec old = { at.tv_sec, at.tv_nsec };

		put_cmsg(msg, SOL_SOCKET, is_new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD,
			 is_new ? sizeof(new) : sizeof(old),
			 is_new ? (void *)&new : (void *)&old);
	} else {
		const long us = at.tv_nsec / NSEC_PER_USEC;
		const struct __kernel_sock_timeval new = { at.tv_sec, us };
		const struct __kernel_old_timeval old = { at.tv_sec, us };

		put_cmsg(msg, SOL_SOCKET, is_new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD,
			 is_new ? sizeof(new) : sizeof(old),
			 is_new ? (void *)&new : (void *)&old);
	}
}

/* Whether a socket wants times of one kind: @report, which may be limited to what it @made. */
static bool wants(u32 tsflags, u32 report, u32 made)
{
	if (!(tsflags & report))
		return false;
	return tsflags & made || !(tsflags & KITE_TIMESTAMPING_OPT_RX_FILTER);
}

/**
 * kite_stamps_tell() - say when the last segment came that a call read of
 * (twin of tcp_recv_timestamp())
 * @sk: the connection
 * @msg: gets control messages
 * @stamps: when it came
 *
 * Context: process.
 */
void kite_stamps_tell(const struct sock *sk, struct msghdr *msg,
		      const struct kite_stamps *stamps)
{
	u32 tsflags = READ_ONCE(sk->sk_tsflags);
	struct scm_timestamping_internal times = {};
	bool any = false;

	if (stamps->software && sock_flag(sk, SOCK_RCVTSTAMP))
		tell_one(sk, msg, ktime_to_timespec64(stamps->software));
	if (wants(tsflags, SOF_TIMESTAMPING_SOFTWARE, SOF_TIMESTAMPING_RX_SOFTWARE))
		any |= ktime_to_timespec64_cond(stamps->software, &times.ts[0]);
	if (wants(tsflags, SOF_TIMESTAMPING_RAW_HARDWARE, SOF_TIMESTAMPING_RX_HARDWARE))
		any |= ktime_to_timespec64_cond(stamps->hardware, &times.ts[2]);
	if (!any)
		return;
	if (sock_flag(sk, SOCK_TSTAMP_NEW))
		put_cmsg_scm_timestamping64(msg, &times);
	else
		put_cmsg_scm_timestamping(msg, &times);
}
