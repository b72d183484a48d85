// SPDX-License-Identifier: GPL-2.0
#include "urgent.h"

/**
 * kite_urgent_mark() - the last octet that the user wrote is urgent (twin of
 * tcp_mark_urg())
 * @tp: the connection
 *
 * Until it is acknowledged, every segment that begins before it says so, and none waits
 * for another.
 *
 * Context: socket lock held.
 */
void kite_urgent_mark(struct kite_tcp_sock *tp)
{
	tp->snd_up = tp->write_seq;
	tp->nagle |= KITE_NAGLE_URGENT;
}

/**
 * kite_urgent_point() - let a header say where the urgent octet is
 * @tp: the connection, with KITE_NAGLE_URGENT
 * @th: the header, with its urgent pointer clear
 * @seq: of the segment, host order
 *
 * The pointer is to what follows the octet: everybody takes it like that, RFC 6093 2.1.
 * One that is too far ahead for 16 bits is as far as they reach, but only if that is
 * beyond what was sent: elsewhere it would be a mark of its own.
 *
 * Context: socket lock held.
 */
void kite_urgent_point(const struct kite_tcp_sock *tp, struct tcphdr *th, u32 seq)
{
	u32 ahead = tp->snd_up - seq;

	if (!kite_after(tp->snd_up, seq))
		return;
	if (ahead > U16_MAX) {
		if (!kite_after(seq + U16_MAX, tp->snd_nxt))
			return;
		ahead = U16_MAX;
	}
	th->urg = 1;
	th->urg_ptr = htons(ahead);
}

/**
 * kite_urgent_wants_probe() - whether who probes a window should say more than that
 * @tp: the connection
 *
 * What probes the window is old to the peer, who looks no further than its sequence
 * number; an empty segment at snd_una tells of the urgent octet.
 *
 * Context: socket lock held.
 */
bool kite_urgent_wants_probe(const struct kite_tcp_sock *tp)
{
	return tp->nagle & KITE_NAGLE_URGENT &&
	       tp->snd_up - tp->snd_una <= U16_MAX;
}

/**
 * kite_urgent_reset() - nothing is urgent, either way
 * @tp: the connection
 */
void kite_urgent_reset(struct kite_tcp_sock *tp)
{
	tp->nagle &= ~KITE_NAGLE_URGENT;
	tp->snd_up = 0;
	tp->urgent = KITE_URGENT_NONE;
	tp->rcv_up = 0;
}

/* Take a segment's pointer over, if it is to something new. */
static void take_pointer(struct sock *sk, const struct sk_buff *skb)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 up = ntohs(tcp_hdr(skb)->urg_ptr);

	/* By the letter of RFC 1122 it is to the octet itself. */
	if (up && !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_stdurg))
		up--;
	up += kite_tcp_cb(skb)->seq;

	if (kite_before(up, tp->rcv_nxt) ||
	    (tp->urgent && !kite_after(up, tp->rcv_up)))
		return;
	sk_send_sigurg(sk);

	/*
	 * A reader that stands at the old mark would take its octet for data when
	 * the mark has moved on.
	 */
	if (kite_urgent_at_mark(tp) && !sock_flag(sk, SOCK_URGINLINE) &&
	    tp->copied_seq != tp->rcv_nxt)
		WRITE_ONCE(tp->copied_seq, tp->copied_seq + 1);
	WRITE_ONCE(tp->rcv_up, up);
	WRITE_ONCE(tp->urgent, KITE_URGENT_AWAITED);
}

/* Take the octet that is awaited, if it is in this segment. */
static void take_octet(struct sock *sk, const struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 offset = tp->rcv_up - cb->seq - !!(cb->flags & KITE_TCP_SYN);
	unsigned int hdrlen = kite_tcp_hdrlen(skb);

	if (offset >= skb->len - hdrlen ||
	    skb_copy_bits(skb, hdrlen + offset, &tp->urgent_octet, 1))
		return;
	WRITE_ONCE(tp->urgent, KITE_URGENT_HERE);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/**
 * kite_urgent_segment() - kite_urgent_rcv(), where there is something to do
 * @sk: the connection
 * @skb: the segment, data at its header
 *
 * However many pointers a peer sends, one is remembered, and it is the furthest. The octet
 * is taken from a segment beyond a gap, too.
 *
 * Context: socket lock held, BH disabled.
 */
void kite_urgent_segment(struct sock *sk, const struct sk_buff *skb)
{
	if (kite_tcp_cb(skb)->flags & KITE_TCP_URG)
		take_pointer(sk, skb);
	if (kite_tcp_sk(sk)->urgent == KITE_URGENT_AWAITED)
		take_octet(sk, skb);
}

/**
 * kite_urgent_recv() - read the urgent octet (recv() with MSG_OOB, twin of
 * tcp_recv_urg())
 * @sk: the connection
 * @msg: where to
 * @len: octets of room
 * @flags: MSG_PEEK, MSG_TRUNC
 *
 * Never waits.
 *
 * Context: process, socket lock held.
 * Return: 1; 0 without room, or when the stream ended before it; -EAGAIN while it has not
 * come; -EINVAL when there is none, or it was read, or is in line; -ENOTCONN, -EFAULT.
 */
int kite_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool closed = sk->sk_state == TCP_CLOSE;
	u8 octet = tp->urgent_octet;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (tp->urgent == KITE_URGENT_NONE || tp->urgent == KITE_URGENT_TAKEN ||
	    sock_flag(sk, SOCK_URGINLINE))
		return -EINVAL;
	if (closed && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (tp->urgent == KITE_URGENT_AWAITED)
		return closed || sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN;

	if (!(flags & MSG_PEEK))
		WRITE_ONCE(tp->urgent, KITE_URGENT_TAKEN);
	msg->msg_flags |= MSG_OOB;
	if (!len) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &octet, 1))
		return -EFAULT;
	return 1;
}

/**
 * kite_urgent_skip() - how far somebody who reads may go
 * @sk: the connection, with a mark
 * @seq: the next octet that would be read
 * @used: how many would be read from there on; fewer afterwards if the mark is among them
 *
 * Context: socket lock held.
 * Return: 1 when the octet at @seq is the urgent one, which is not part of the stream;
 * it is not counted in @used then. 0 otherwise.
 */
u32 kite_urgent_skip(const struct sock *sk, u32 seq, size_t *used)
{
	u32 ahead = kite_tcp_sk(sk)->rcv_up - seq;

	if (ahead >= *used)
		return 0;
	if (ahead) {
		*used = ahead;
		return 0;
	}
	if (sock_flag(sk, SOCK_URGINLINE))
		return 0;
	--*used;
	return 1;
}

/**
 * kite_urgent_inq() - octets that wait to be read before the mark (SIOCINQ)
 * @sk: the connection
 * @inq: all that wait
 *
 * Context: socket lock held.
 */
u32 kite_urgent_inq(const struct sock *sk, u32 inq)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 ahead = tp->rcv_up - tp->copied_seq;

	if (!tp->urgent || sock_flag(sk, SOCK_URGINLINE) ||
	    ahead >= tp->rcv_nxt - tp->copied_seq)
		return inq;
	return ahead;
}

/**
 * kite_urgent_at_mark() - whether the next octet to be read is the urgent one (SIOCATMARK)
 * @tp: the connection
 *
 * Context: any; without the socket lock a moment's guess.
 */
bool kite_urgent_at_mark(const struct kite_tcp_sock *tp)
{
	return READ_ONCE(tp->urgent) &&
	       READ_ONCE(tp->rcv_up) == READ_ONCE(tp->copied_seq);
}
