// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_MORE and UDP_CORK: one datagram out of several calls, udp(7).
 *
 * The pieces wait in sk_write_queue, the first with room for the header. To be
 * sent, they become the first one's fragment list. All under the socket lock.
 */
#include "udp_sock.h"

#include <linux/udp.h>
#include <net/ip.h>
#include <net/udp.h>

#include "../ip/pmtu.h"
#include "udp.h"

/* More follows this call: the flag says so, or the option does. */
static bool more_follows(const struct sock *sk, const struct msghdr *msg)
{
	return kite_udp_sk(sk)->cork || msg->msg_flags & MSG_MORE;
}

/*
 * So many octets may be put together: what is one datagram has to fit into a packet
 * where it must not be fragmented. Under RCU.
 */
static size_t most(const struct sock *sk, u32 mtu)
{
	const struct kite_udp_sock *us = kite_udp_sk(sk);
	u32 headers = sizeof(struct iphdr) + us->dg.opt.len + sizeof(struct udphdr);

	if (us->dg.gso_size || kite_may_fragment(sk))
		return KITE_UDP_MAX;
	return min_t(size_t, KITE_UDP_MAX, mtu > headers ? mtu - headers : 0);
}

/* Nothing is pending any more; the queue is empty and the route has gone. */
static void end_pending(struct kite_udp_sock *us)
{
	us->rt = NULL;
	us->len = 0;
	WRITE_ONCE(us->pending, false);
}

/**
 * kite_udp_cork_flush() - throw away what is pending
 * @sk: the socket
 *
 * Context: process, socket lock held or nobody else has @sk.
 */
void kite_udp_cork_flush(struct sock *sk)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);

	if (!us->pending)
		return;
	__skb_queue_purge(&sk->sk_write_queue);
	kite_route_release(us->rt);
	end_pending(us);
}

/**
 * kite_udp_cork_append() - add a piece to what is pending
 * @sk: the socket, with something pending
 * @msg: the data
 * @len: bytes
 *
 * Sends the whole when this piece is the last. A piece that cannot be added takes
 * the rest with it.
 *
 * Context: process, socket lock held.
 * Return: 0 or a negative errno.
 */
int kite_udp_cork_append(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);
	bool first = skb_queue_empty(&sk->sk_write_queue);
	struct sk_buff *skb;
	int err = 0;
	u32 mtu;

	rcu_read_lock();
	mtu = kite_sk_mtu(sk, us->rt);
	if (us->len + len > most(sk, mtu))
		err = kite_datagram_too_big(sk, &us->dg, mtu);
	rcu_read_unlock();
	if (err)
		goto err_flush;
	if (len || first) {
		/* Only the first piece waits for room, and asks for shutdown(). */
		skb = first ? kite_datagram_alloc(sk, msg, sizeof(struct udphdr),
						  len, &err) :
			      kite_datagram_alloc_now(sk, msg, len, &err);
		if (!skb)
			goto err_flush;
		__skb_queue_tail(&sk->sk_write_queue, skb);
		us->len += len;
	}
	return more_follows(sk, msg) ? 0 : kite_udp_cork_push(sk);

err_flush:
	kite_udp_cork_flush(sk);
	return err;
}

/**
 * kite_udp_cork_begin() - the first piece of a datagram
 * @sk: the socket
 * @msg: the data
 * @len: bytes
 * @dg: where the datagram goes; later pieces do not change that
 * @rt: the way; consumed
 *
 * Context: process; takes the socket lock.
 * Return: 0 or a negative errno; -EINVAL when another thread was faster.
 */
int kite_udp_cork_begin(struct sock *sk, struct msghdr *msg, size_t len,
			const struct kite_datagram *dg, struct kite_route *rt)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);
	int err = -EINVAL;

	lock_sock(sk);
	if (us->pending) {
		kite_route_release(rt);
		goto out;
	}
	us->dg = *dg;
	us->rt = rt;
	WRITE_ONCE(us->pending, true);
	err = kite_udp_cork_append(sk, msg, len);
out:
	release_sock(sk);
	return err;
}

/* One packet out of the pieces; the first is charged for all of them. */
static struct sk_buff *join_pieces(struct sk_buff_head *pieces)
{
	struct sk_buff *head = __skb_dequeue(pieces);
	struct sk_buff **tail = &skb_shinfo(head)->frag_list;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(pieces))) {
		*tail = skb;
		tail = &skb->next;
		head->len += skb->len;
		head->data_len += skb->len;
		head->truesize += skb->truesize;
		skb->destructor = NULL;
		skb->sk = NULL;
	}
	return head;
}

/**
 * kite_udp_cork_push() - send what is pending
 * @sk: the socket
 *
 * Context: process, socket lock held.
 * Return: 0 or a negative errno.
 */
int kite_udp_cork_push(struct sock *sk)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);
	struct kite_route *rt = us->rt;
	struct sk_buff *skb;

	if (!us->pending)
		return 0;
	skb = join_pieces(&sk->sk_write_queue);
	end_pending(us);
	return kite_udp_send_skb(sk, skb, &us->dg, rt);
}

/**
 * kite_udp_flush() - send what only MSG_MORE holds back (twin of
 * udp_splice_eof())
 * @sk: the socket
 *
 * Context: process.
 */
void kite_udp_flush(struct sock *sk)
{
	if (!READ_ONCE(kite_udp_sk(sk)->pending))
		return;
	lock_sock(sk);
	if (!kite_udp_sk(sk)->cork)
		kite_udp_cork_push(sk);
	release_sock(sk);
}
