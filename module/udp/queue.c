// SPDX-License-Identifier: GPL-2.0
/*
 * From the packet's context to recvmsg(): the receive queue and its memory.
 *
 * Two budgets hold for a datagram that waits: the socket's SO_RCVBUF
 * (sk_rmem_alloc) and the system's udp_mem, from which sk_forward_alloc is fed.
 * The latter is not atomic; here the lock of the receive queue guards it, so that
 * neither side needs the socket lock.
 */
#include "udp_sock.h"

#include <linux/filter.h>
#include <linux/udp.h>
#include <net/busy_poll.h>
#include <net/udp.h>

#include "../ip/errqueue.h"
#include "../ip/recv_cmsg.h"
#include "../observe/counters.h"
#include "../observe/trace.h"

/* The destructor of queued datagrams: give both budgets back. */
static void release_memory(struct sk_buff *skb)
{
	struct sk_buff_head *queue = &skb->sk->sk_receive_queue;
	struct sock *sk = skb->sk;

	atomic_sub(skb->truesize, &sk->sk_rmem_alloc);
	spin_lock_bh(&queue->lock);
	sk_mem_uncharge(sk, skb->truesize);
	spin_unlock_bh(&queue->lock);
}

/* -ENOMEM: over SO_RCVBUF; -ENOBUFS: over udp_mem. */
static int enqueue(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;

	/* One that begins within the limit may end beyond it, as AF_INET's. */
	if (atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf))
		return -ENOMEM;
	skb_orphan(skb);

	spin_lock_bh(&queue->lock);
	if (!sk_rmem_schedule(sk, skb, skb->truesize)) {
		spin_unlock_bh(&queue->lock);
		return -ENOBUFS;
	}
	sk_mem_charge(sk, skb->truesize);
	atomic_add(skb->truesize, &sk->sk_rmem_alloc);
	skb->sk = sk;
	skb->destructor = release_memory;
	skb->dev = NULL;
	sock_skb_set_dropcount(sk, skb);
	__skb_queue_tail(queue, skb);
	spin_unlock_bh(&queue->lock);
	return 0;
}

/**
 * kite_udp_queue_rcv() - hand a datagram to a socket
 * @sk: the socket
 * @skb: the datagram from the UDP header on, its checksum verified; consumed
 *
 * Context: BH, RCU read lock.
 */
void kite_udp_queue_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sock_net(sk);
	enum kite_counter why;
	int err;

	if (sk_filter_trim_cap(sk, skb, sizeof(struct udphdr))) {
		why = KITE_CNT_Udp_InFiltered;
		goto drop;
	}

	trace_kite_sock_deliver(net, skb, skb->dev, "");
	skb_pull_rcsum(skb, sizeof(struct udphdr));
	kite_rx_prepare(sk, skb);
	/* Of others it is the user's word, by which sockets of a port are chosen. */
	if (sk->sk_daddr) {
		sk_incoming_cpu_update(sk);
		sk_mark_napi_id(sk, skb);
	} else {
		sk_mark_napi_id_once(sk, skb);
	}
	err = enqueue(sk, skb);
	if (err) {
		why = err == -ENOMEM ? KITE_CNT_Udp_RcvbufErrors :
				       KITE_CNT_Udp_MemErrors;
		kite_count(net, KITE_CNT_Udp_InErrors);
		goto drop;
	}
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	return;

drop:
	atomic_inc(&sk->sk_drops);
	kite_drop(net, skb, why);
}

/* The user's buffer was bad: the datagram is lost unless it was a peek. */
static void count_lost(struct sock *sk, int flags)
{
	if (flags & MSG_PEEK)
		return;
	atomic_inc(&sk->sk_drops);
	kite_count(sock_net(sk), KITE_CNT_Udp_InErrors);
}

/**
 * kite_udp_recvmsg() - receive a datagram (twin of udp_recvmsg())
 * @sk: the socket
 * @msg: where data and source address go
 * @len: room for data, bytes
 * @flags: MSG_*
 * @addr_len: set to the length of the source address
 *
 * Context: process, may sleep.
 * Return: bytes received, with MSG_TRUNC those of the whole datagram; or a
 * negative errno.
 */
int kite_udp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
		     int flags, int *addr_len)
{
	struct sk_buff *skb;
	size_t copied;
	int err, off;

	if (flags & MSG_ERRQUEUE)
		return kite_recv_error(sk, msg, len, addr_len);

	off = sk_peek_offset(sk, flags);
	skb = __skb_recv_datagram(sk, &sk->sk_receive_queue, flags, &off, &err);
	if (!skb)
		return err;

	copied = min_t(size_t, len, skb->len - off);
	/* What SO_PEEK_OFF skipped is missing only to who fills his room. */
	if (copied == len && copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, off, msg, copied);
	if (err) {
		count_lost(sk, flags);
		goto out;
	}
	if (!(flags & MSG_PEEK))
		kite_count(sock_net(sk), KITE_CNT_Udp_InDatagrams);

	kite_recv_cmsgs(msg, sk, skb);
	if (msg->msg_name)
		*addr_len = kite_addr_to_user(sk, msg->msg_name,
					      ip_hdr(skb)->saddr,
					      udp_hdr(skb)->source);
	err = flags & MSG_TRUNC ? skb->len : copied;
	sk_peek_offset_bwd(sk, flags & MSG_PEEK ? -err : err);
out:
	skb_free_datagram(sk, skb);
	return err;
}
