// SPDX-License-Identifier: GPL-2.0
#include "user.h"

#include "memory.h"
#include "output.h"
#include "stamps.h"
#include "tso.h"
#include "urgent.h"

/* Begin another segment at the end of the send queue, or NULL. */
static struct sk_buff *begin_segment(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tcp_cb *cb;
	struct sk_buff *skb;
	bool scheduled;

	skb = kite_tcp_alloc(sk->sk_allocation);
	if (!skb)
		return NULL;
	if (!sk->sk_wmem_queued)
		scheduled = kite_tcp_force_memory(sk, skb->truesize, SK_MEM_SEND);
	else
		scheduled = sk_wmem_schedule(sk, skb->truesize);
	if (!scheduled) {
		__kfree_skb(skb);
		return NULL;
	}
	/* The head is room for headers only: clones may write into it. */
	__skb_header_release(skb);
	skb->ip_summed = CHECKSUM_PARTIAL;
	cb = kite_tcp_cb(skb);
	cb->seq = tp->write_seq;
	cb->end_seq = tp->write_seq;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	kite_chrono_busy(&tp->chrono);
	/* What was pushed is what was there before. */
	tp->nagle &= ~KITE_NAGLE_PUSH;
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	return skb;
}

/* Take an empty segment back. */
static void drop_empty_tail(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb || skb->len)
		return;
	__skb_unlink(skb, &sk->sk_write_queue);
	kite_tcp_free_queued(sk, skb);
	if (skb_queue_empty(&sk->sk_write_queue))
		kite_chrono_end(sk, KITE_CHRONO_BUSY);
}

/* The last segment has got longer. */
static void appended(struct sock *sk, struct sk_buff *skb, int octets)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_tcp_cb(skb)->end_seq += octets;
	WRITE_ONCE(tp->write_seq, tp->write_seq + octets);
}

/*
 * How many of @octets may be added to what waits: as much as net.ipv4.tcp_wmem promises to
 * each is beyond net.ipv4.tcp_mem (twin of tcp_wmem_schedule()).
 */
static int granted(struct sock *sk, int octets)
{
	int promised;

	if (likely(sk_wmem_schedule(sk, octets)))
		return octets;
	promised = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[0]) - sk->sk_wmem_queued;
	if (promised > 0)
		kite_tcp_force_memory(sk, min(promised, octets), SK_MEM_SEND);
	return clamp(sk->sk_forward_alloc, 0, octets);
}

/*
 * Copy up to @room octets of the message into the last segment. Returns how
 * many, 0 when the segment takes no more pieces, -ENOMEM or -EFAULT.
 */
static int append(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		  int room)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	int copy, err;

	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOMEM;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;

	copy = min_t(size_t, room, msg_data_left(msg));
	copy = min_t(int, copy, pfrag->size - pfrag->offset);
	copy = granted(sk, copy);
	if (!copy)
		return -ENOMEM;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;

	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		page_ref_inc(pfrag->page);
	}
	pfrag->offset += copy;
	appended(sk, skb, copy);
	return copy;
}

/*
 * Have the last segment refer to up to @room octets of the message's pages. Whoever they
 * belong to may change them until they are sent. Returns as append() does.
 */
static int append_pages(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
			int room)
{
	int max = granted(sk, min_t(size_t, room, msg_data_left(msg))), n;

	if (!max)
		return -ENOMEM;
	n = skb_splice_from_iter(skb, &msg->msg_iter, max, sk->sk_allocation);
	if (n < 0)
		return n == -EMSGSIZE ? 0 : n;
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	sk_wmem_queued_add(sk, n);
	sk_mem_charge(sk, n);
	appended(sk, skb, n);
	return n;
}

/*
 * Send what is queued; with MSG_MORE only what makes full segments. With MSG_OOB its last
 * octet is urgent.
 */
static void push(struct sock *sk, int flags, u8 nagle)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	u8 once = (flags & MSG_MORE ? KITE_NAGLE_CORK : nagle) & ~tp->nagle;

	if (tail && !(flags & MSG_MORE))
		kite_tcp_cb(tail)->flags |= KITE_TCP_PSH;
	if (tail && unlikely(flags & MSG_OOB))
		kite_urgent_mark(tp);
	tp->nagle |= once;
	kite_tcp_push(sk);
	tp->nagle &= ~once;
}

/* The end of what a call has written is there: send it. */
static void written(struct sock *sk, int flags, u32 tsflags)
{
	if (unlikely(tsflags))
		kite_stamps_written(sk, tsflags);
	push(sk, flags, 0);
}

/* As kite_tcp_size_goal(), which makes no difference to what does not fill one segment. */
static int first_goal(const struct sock *sk, size_t left)
{
	if (skb_queue_empty(&sk->sk_write_queue) && left < kite_tcp_sk(sk)->mss)
		return kite_tcp_sk(sk)->mss;
	return kite_tcp_size_goal(sk);
}

/*
 * Fill segments until the message is used up or there is no room. Returns 0, or
 * -ENOBUFS when the send buffer is full, -ENOMEM, -EFAULT and the like; *copied grows.
 */
static int fill(struct sock *sk, struct msghdr *msg, bool pages, int *copied)
{
	int goal = first_goal(sk, msg_data_left(msg));

	while (msg_data_left(msg)) {
		struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
		int room = skb && !(kite_tcp_cb(skb)->stamps & KITE_STAMP_EOR) ?
			goal - (int)skb->len : 0;
		int n = 0;

		if (room > 0) {
			n = pages ? append_pages(sk, skb, msg, room) :
				    append(sk, skb, msg, room);
			if (n < 0)
				return n;
			*copied += n;
			/* The caller has more to say of the end before that leaves. */
			if (!msg_data_left(msg))
				break;
			/*
			 * As many as may go down together. What leaves early
			 * could not say what is urgent.
			 */
			if (skb->len >= goal && !(msg->msg_flags & MSG_OOB)) {
				kite_tcp_push(sk);
				goal = kite_tcp_size_goal(sk);
			}
		}
		if (n)
			continue;
		if (!sk_stream_memory_free(sk))
			return -ENOBUFS;
		if (!begin_segment(sk))
			return -ENOMEM;
	}
	return 0;
}

/*
 * The user comes with more (twin of tcp_rate_check_app_limited()). If all but less than a segment
 * has left this host, and the congestion window had let more out, then the user was too slow.
 */
static void note_idle(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 in_network;

	if (tp->chrono.hand == KITE_CHRONO_IDLE) {
		tp->rate.idle_end = tp->board.delivered ?: 1;
		return;
	}
	in_network = kite_tcp_flight(tp) - tp->board.sacked;
	if ((s32)(tp->write_seq - tp->snd_nxt) < tp->mss && in_network < tp->cwnd &&
	    !tp->board.lost && sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1))
		tp->rate.idle_end = tp->board.delivered + in_network ?: 1;
}

static int send_locked(struct sock *sk, struct msghdr *msg, bool pages)
{
	u32 tsflags = READ_ONCE(sk->sk_tsflags);
	int flags = msg->msg_flags;
	int copied = 0, err;
	long timeo;

	/* No Fast Open: whoever asks for it connects then, as where it is turned off. */
	err = -EOPNOTSUPP;
	if (unlikely(flags & MSG_FASTOPEN))
		goto failed;
	timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	note_idle(sk);
	if (!kite_tcp_is_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (err)
			goto failed;
	}
	if (unlikely(tsflags || msg->msg_controllen)) {
		err = kite_stamps_asked(sk, msg);
		if (err < 0)
			goto failed;
		tsflags = err;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);

	for (;;) {
		err = -EPIPE;
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
			goto failed;
		err = fill(sk, msg, pages, &copied);
		if (!err)
			break;
		drop_empty_tail(sk);
		if (err != -ENOBUFS && err != -ENOMEM)
			goto failed;

		/* Full, or short of memory: only what leaves makes room. */
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (err == -ENOMEM) {
			if (sk->sk_prot->enter_memory_pressure)
				sk->sk_prot->enter_memory_pressure(sk);
			sk_stream_moderate_sndbuf(sk);
		}
		if (copied)
			push(sk, flags & MSG_OOB, KITE_NAGLE_PUSH);
		/* Where TCP_NOTSENT_LOWAT was all that stopped us. */
		if (err == -ENOBUFS && sk_stream_memory_free(sk))
			continue;
		err = sk_stream_wait_memory(sk, &timeo);
		if (err)
			goto failed;
	}
	if (copied) {
		if (unlikely(flags & MSG_EOR))
			kite_tcp_cb(skb_peek_tail(&sk->sk_write_queue))->stamps |= KITE_STAMP_EOR;
		written(sk, flags, tsflags);
	}
	return copied;

failed:
	drop_empty_tail(sk);
	if (copied) {
		written(sk, flags, tsflags);
		return copied;
	}
	err = sk_stream_error(sk, flags, err);
	/* The edge that epoll waits for, if this was the last it heard. */
	if (err == -EAGAIN && skb_queue_empty(&sk->sk_write_queue)) {
		sk->sk_write_space(sk);
		if (!kite_tcp_writer_waits(sk))
			kite_chrono_end(sk, KITE_CHRONO_SNDBUF);
	}
	return err;
}

/**
 * kite_tcp_memory_free() - whether little enough waits to be sent the first time
 * (proto.stream_memory_free, twin of tcp_stream_memory_free())
 * @sk: the connection
 * @halvings: of what TCP_NOTSENT_LOWAT or net.ipv4.tcp_notsent_lowat allows
 *
 * Context: any; without the socket lock a moment's guess.
 */
bool kite_tcp_memory_free(const struct sock *sk, int halvings)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	s32 waiting = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);
	u32 most = READ_ONCE(tp->notsent_lowat) ?:
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_notsent_lowat);

	/* Less than none when the FIN is out. */
	return (u32)max(waiting, 0) << halvings < most;
}

/**
 * kite_tcp_write_space() - wake writers once there is room worth a wake (sk_write_space)
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void kite_tcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !kite_tcp_has_space(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
					   EPOLLWRBAND);
	rcu_read_unlock();
	if (!(sk->sk_shutdown & SEND_SHUTDOWN))
		sk_wake_async(sk, SOCK_WAKE_SPACE, POLL_OUT);
}

/**
 * kite_tcp_sendmsg() - write into the stream (proto.sendmsg)
 * @sk: the connection; waits for one that is being established
 * @msg: the octets; MSG_DONTWAIT, MSG_MORE, MSG_NOSIGNAL, MSG_OOB, MSG_SPLICE_PAGES
 * @size: how many
 *
 * Context: process.
 * Return: octets taken, which are fewer than @size when an error or a signal came
 * in between; -EPIPE (and SIGPIPE) after shutdown or without a connection,
 * -EAGAIN, -EINTR and the like, -EFAULT, -EOPNOTSUPP for MSG_FASTOPEN, or the pending
 * error.
 */
int kite_tcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int ret;

	lock_sock(sk);
	ret = send_locked(sk, msg, kite_msg_has_pages(msg));
	release_sock(sk);
	return ret;
}

/**
 * kite_tcp_send_pages() - write pages into the stream without a copy (twin of
 * do_tcp_sendpages())
 * @sk: the connection; waits for one that is being established
 * @msg: the pages; flags as for kite_tcp_sendmsg()
 *
 * Context: process.
 * Return: as kite_tcp_sendmsg().
 */
int kite_tcp_send_pages(struct sock *sk, struct msghdr *msg)
{
	int ret;

	lock_sock(sk);
	ret = send_locked(sk, msg, true);
	release_sock(sk);
	return ret;
}

/**
 * kite_tcp_flush() - send what only MSG_MORE holds back (twin of tcp_splice_eof())
 * @sk: the connection
 *
 * Context: process.
 */
void kite_tcp_flush(struct sock *sk)
{
	lock_sock(sk);
	if (!skb_queue_empty(&sk->sk_write_queue))
		push(sk, 0, 0);
	release_sock(sk);
}
