// SPDX-License-Identifier: GPL-2.0
#include "user.h"

#include <linux/poll.h>
#include <linux/sockios.h>
#include <linux/termios.h>
#include <net/busy_poll.h>

#include "../ip/errqueue.h"
#include "listen.h"
#include "output.h"
#include "stamps.h"
#include "tcp.h"
#include "urgent.h"
#include "window.h"

/**
 * kite_tcp_inq() - octets that wait to be read (SIOCINQ)
 * @sk: the connection
 *
 * Context: any; without the socket lock a moment's guess.
 */
u32 kite_tcp_inq(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	/* In this order, or it could be negative when another thread reads meanwhile. */
	u32 copied_seq = smp_load_acquire(&tp->copied_seq);
	u32 n = READ_ONCE(tp->rcv_nxt) - copied_seq;

	/* The FIN has a number, but nobody reads it. */
	if (n && sock_flag(sk, SOCK_DONE))
		n--;
	return n;
}

/*
 * The reader has all there is, so the sender may be waiting to hear it before it sends
 * what is less than a segment (Nagle), unless an answer is to come with which the
 * acknowledgment can go.
 */
static bool ack_is_due(struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u8 wanted = KITE_ACK_PUSHED_TWICE;

	if (tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss)
		return true;
	if (!tp->pingpong)
		wanted |= KITE_ACK_PUSHED;
	return tp->ack_pending & wanted && tp->copied_seq == tp->rcv_nxt;
}

/*
 * The user has read: acknowledge what was held back for a larger window, and tell
 * the peer when the window has at least doubled.
 */
static void reading_done(struct sock *sk, int copied)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 cur, most, fresh;

	if (copied <= 0 ||
	    !kite_tcp_is_state(sk, TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2))
		return;
	kite_rcvbuf_read(sk);
	if (tp->ack_pending & KITE_ACK_SCHED && ack_is_due(sk)) {
		kite_tcp_send_ack(sk);
		return;
	}
	cur = kite_tcp_rcv_window(tp);
	most = min(kite_tcp_win_from_space(sk->sk_rcvbuf), tp->window_clamp);
	if (2 * cur > most)
		return;
	fresh = kite_tcp_window_fresh(sk);
	if (fresh && fresh >= 2 * cur)
		kite_tcp_send_ack(sk);
}

/* The segment that holds octet @seq, or NULL. Frees, if so told, what is before. */
static struct sk_buff *find_octet(struct sock *sk, u32 seq, bool eat,
				  u32 *offset)
{
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(&sk->sk_receive_queue, skb, next) {
		*offset = seq - kite_tcp_cb(skb)->seq;
		if (*offset < skb->len)
			return skb;
		if (eat)
			sk_eat_skb(sk, skb);
	}
	return NULL;
}

/*
 * Whether recvmsg() is over with nothing more to copy. Returns 1 when it is, 0
 * when it may wait, or what to return instead.
 */
static int nothing_to_read(struct sock *sk, int copied, long timeo)
{
	if (copied)
		return sk->sk_err || sk->sk_state == TCP_CLOSE ||
		       sk->sk_shutdown & RCV_SHUTDOWN || !timeo ||
		       signal_pending(current);

	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 0;
}

/**
 * struct reader - where what is read goes
 * @msg: to a message, unless @pipe is
 * @pipe: to a pipe, which refers to it
 * @splice_flags: SPLICE_F_*
 * @stamps: set to when it came, or NULL
 */
struct reader {
	struct msghdr *msg;
	struct kite_stamps *stamps;
	struct pipe_inode_info *pipe;
	unsigned int splice_flags;
};

/* Octets of a segment go to the reader. Returns how many, or a negative errno. */
static int take(struct sock *sk, struct sk_buff *skb, u32 offset, size_t len,
		const struct reader *to)
{
	if (to->pipe)
		return skb_splice_bits(skb, sk, offset, to->pipe, len,
				       to->splice_flags) ?: -EAGAIN;
	return skb_copy_datagram_msg(skb, offset, to->msg, len) ?: len;
}

static int recv_locked(struct sock *sk, const struct reader *to, size_t len,
		       int flags)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool peek = flags & MSG_PEEK;
	u32 began = tp->copied_seq, seq = began;
	int copied = 0, target, err;
	struct sk_buff *skb;
	u32 offset;
	long timeo;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	target = to->pipe ? 1 : sock_rcvlowat(sk, flags & MSG_WAITALL, len);

	/* Who asks for nothing still hears of an error, or of no data. */
	do {
		size_t used;

		if (unlikely(tp->urgent) && tp->rcv_up == seq) {
			if (copied)
				return copied;
			if (signal_pending(current))
				return timeo ? sock_intr_errno(timeo) : -EAGAIN;
		}
		skb = find_octet(sk, seq, !peek, &offset);
		if (!skb) {
			if (copied >= target && !READ_ONCE(sk->sk_backlog.tail))
				break;
			err = nothing_to_read(sk, copied, timeo);
			if (err)
				return copied ?: min(err, 0);
			if (copied >= target) {
				/* More has come while we copied. */
				release_sock(sk);
				lock_sock(sk);
				if (peek)
					break;
				seq = tp->copied_seq;
				continue;
			}
			reading_done(sk, copied);
			err = sk_wait_data(sk, &timeo,
					   skb_peek_tail(&sk->sk_receive_queue));
			/* This connection has ended; what there is now may be another's. */
			if (err < 0)
				return copied ?: err;
			/* Another reader may have moved it. */
			if (!peek || tp->copied_seq != began) {
				began = tp->copied_seq;
				seq = began;
			}
			continue;
		}

		used = min_t(size_t, len, skb->len - offset);
		if (unlikely(tp->urgent)) {
			u32 skip = kite_urgent_skip(sk, seq, &used);

			seq += skip;
			offset += skip;
		}
		if (used && !(flags & MSG_TRUNC)) {
			err = take(sk, skb, offset, used, to);
			if (err < 0)
				return copied ?: err;
			/* A pipe may have no more room. */
			used = err;
		}
		seq += used;
		copied += used;
		len -= used;
		if (unlikely(to->stamps))
			kite_stamps_note(to->stamps, skb);
		if (!peek) {
			WRITE_ONCE(tp->copied_seq, seq);
			kite_urgent_passed(tp);
			if (offset + used == skb->len)
				sk_eat_skb(sk, skb);
		}
	} while (len);
	return copied;
}

/**
 * kite_tcp_recvmsg() - read from the stream (proto.recvmsg)
 * @sk: the connection
 * @msg: where to; no name is returned
 * @len: octets of room
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC (throws the octets away),
 *	MSG_OOB
 * @addr_len: set only with MSG_ERRQUEUE, which gives a name
 *
 * Context: process.
 * Return: octets read, 0 at the end of the stream, -ENOTCONN, -EAGAIN, -EINTR and
 * the like, -EFAULT, or the pending error.
 */
int kite_tcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		     int *addr_len)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct reader to = { .msg = msg };
	struct kite_stamps stamps;
	int ret, inq = -1;

	if (flags & MSG_ERRQUEUE)
		return kite_recv_error(sk, msg, len, addr_len);
	/* SO_BUSY_POLL: what is not there yet may be in the device. */
	if (sk_can_busy_loop(sk) && READ_ONCE(sk->sk_state) == TCP_ESTABLISHED &&
	    skb_queue_empty_lockless(&sk->sk_receive_queue))
		sk_busy_loop(sk, flags & MSG_DONTWAIT);
	lock_sock(sk);
	if (unlikely(flags & MSG_OOB)) {
		ret = kite_urgent_recv(sk, msg, len, flags);
	} else {
		if (unlikely(kite_stamps_wanted(sk))) {
			stamps = (struct kite_stamps) {};
			to.stamps = &stamps;
		}
		ret = recv_locked(sk, &to, len, flags);
		if (!(flags & MSG_PEEK))
			reading_done(sk, ret);
	}
	/* What is left to be read now, with the end, which counts as an octet. */
	if (unlikely(tp->tells_inq || msg->msg_get_inq) && ret >= 0) {
		inq = tp->rcv_nxt - tp->copied_seq;
		msg->msg_inq = inq;	/* io_uring asks */
	}
	release_sock(sk);
	if (unlikely(to.stamps) && ret >= 0)
		kite_stamps_tell(sk, msg, &stamps);
	if (unlikely(tp->tells_inq && inq >= 0))
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
	return ret;
}

/**
 * kite_tcp_splice_read() - move octets from the stream to a pipe without a copy
 * (proto_ops.splice_read)
 * @sock: the connection's
 * @ppos: has to be 0
 * @pipe: the pipe, locked
 * @len: how many at most
 * @flags: SPLICE_F_*; whether to wait is up to O_NONBLOCK of the socket's file
 *
 * Context: process.
 * Return: octets, 0 at the end of the stream, -ESPIPE, or as kite_tcp_recvmsg().
 */
ssize_t kite_tcp_splice_read(struct socket *sock, loff_t *ppos,
			     struct pipe_inode_info *pipe, size_t len,
			     unsigned int flags)
{
	const struct reader to = { .pipe = pipe, .splice_flags = flags };
	struct sock *sk = sock->sk;
	bool nonblock = sock->file->f_flags & O_NONBLOCK;
	ssize_t ret;

	if (*ppos)
		return -ESPIPE;
	lock_sock(sk);
	ret = recv_locked(sk, &to, min_t(size_t, len, INT_MAX),
			  nonblock ? MSG_DONTWAIT : 0);
	reading_done(sk, ret);
	release_sock(sk);
	return ret;
}

/* So many octets have to be there for a read: one more than it gets, at the mark. */
static u32 read_target(const struct sock *sk)
{
	u32 target = sock_rcvlowat(sk, 0, INT_MAX);

	if (unlikely(kite_urgent_at_mark(kite_tcp_sk(sk))) &&
	    !sock_flag(sk, SOCK_URGINLINE))
		target++;
	return target;
}

/* Whether a read would find enough, or as much as there can be. */
static bool is_readable(const struct sock *sk)
{
	u32 avail = kite_tcp_inq(sk);

	return avail >= read_target(sk) || (avail && kite_tcp_is_full(sk));
}

/* Whether a write would find room; if not, see that who polls hears of it. */
static bool may_write(struct sock *sk)
{
	if (kite_tcp_has_space(sk))
		return true;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Pairs with kite_tcp_wake_writer(): the flag, then the space. */
	smp_mb__after_atomic();
	return kite_tcp_has_space(sk);
}

/**
 * kite_tcp_set_rcvlowat() - SO_RCVLOWAT (proto_ops.set_rcvlowat, twin of
 * tcp_set_rcvlowat())
 * @sk: the socket
 * @val: octets, not negative; 0 means 1
 *
 * Not more than fits into the buffer, for half of which it is taken; a buffer whose
 * size the user leaves to us grows for it.
 *
 * Context: process, socket lock held.
 * Return: 0.
 */
int kite_tcp_set_rcvlowat(struct sock *sk, int val)
{
	bool fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int room = fixed ? sk->sk_rcvbuf :
			   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]);

	val = min(val, room >> 1);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (!fixed && 2 * val > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, 2 * val);
	if (sk->sk_state != TCP_LISTEN && kite_tcp_inq(sk) >= sk->sk_rcvlowat)
		sk->sk_data_ready(sk);
	return 0;
}

/**
 * kite_tcp_poll() - what the socket is ready for (proto_ops.poll)
 * @file: the socket's file
 * @sock: the socket
 * @wait: the poll table
 *
 * Context: process; without the socket lock.
 * Return: EPOLL* bits, as AF_INET's poll() gives them.
 */
__poll_t kite_tcp_poll(struct file *file, struct socket *sock,
		       struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	u8 shutdown;
	__poll_t mask = 0;
	int state;

	sock_poll_wait(file, sock, wait);

	/* Pairs with kite_tcp_set_state(). */
	state = smp_load_acquire(&sk->sk_state);
	if (state == TCP_LISTEN)
		return kite_listen_empty(sk) ? 0 : EPOLLIN | EPOLLRDNORM;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (state == TCP_CLOSE || shutdown == SHUTDOWN_MASK)
		mask = EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;

	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		if (is_readable(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (READ_ONCE(kite_tcp_sk(sk)->urgent) == KITE_URGENT_HERE)
			mask |= EPOLLPRI;
		if (shutdown & SEND_SHUTDOWN || may_write(sk))
			mask |= EPOLLOUT | EPOLLWRNORM;
	}

	/* Pairs with kite_tcp_fail(). */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/**
 * kite_tcp_do_ioctl() - SIOCINQ, SIOCATMARK, SIOCOUTQ and SIOCOUTQNSD (proto.ioctl)
 * @sk: the connection
 * @cmd: the request
 * @karg: the answer
 *
 * Context: process.
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD.
 */
int kite_tcp_do_ioctl(struct sock *sk, int cmd, int *karg)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool listening = sk->sk_state == TCP_LISTEN;
	bool opening = kite_tcp_is_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV);

	switch (cmd) {
	case SIOCINQ:
		if (listening)
			return -EINVAL;
		lock_sock(sk);
		*karg = opening ? 0 : kite_urgent_inq(sk, kite_tcp_inq(sk));
		release_sock(sk);
		return 0;
	case SIOCATMARK:
		*karg = kite_urgent_at_mark(tp);
		return 0;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (listening)
			return -EINVAL;
		lock_sock(sk);
		*karg = opening ? 0 : tp->write_seq + tp->fin_queued -
			(cmd == SIOCOUTQ ? tp->snd_una : tp->snd_nxt);
		release_sock(sk);
		return 0;
	}
	return -ENOIOCTLCMD;
}
