// SPDX-License-Identifier: GPL-2.0
#include "af_kite.h"

#include <linux/sched/signal.h>
#include <linux/wait.h>

/**
 * kite_dgram_connect() - connect(2) of datagram and raw sockets
 * @sock: the socket
 * @uaddr: the peer; AF_UNSPEC dissolves the association
 * @addr_len: bytes at @uaddr
 * @flags: file flags
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int kite_dgram_connect(struct socket *sock, struct sockaddr *uaddr,
		       int addr_len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (addr_len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC)
		return sk->sk_prot->disconnect(sk, flags);

	if (!READ_ONCE(sk->sk_num)) {
		err = kite_autobind(sk);
		if (err)
			return err;
	}
	return sk->sk_prot->connect(sk, uaddr, addr_len);
}

static bool kite_is_connecting(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV);
}

/*
 * Wait until the handshake is over. Returns 0 when it is, however it ended;
 * -EAGAIN when time is up; or the errno of an interrupted system call. A
 * connect(AF_UNSPEC) of another thread ends it with -EPIPE.
 */
static int kite_wait_for_connect(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int disconnects = sk->sk_disconnects;
	int err = 0;

	add_wait_queue(sk_sleep(sk), &wait);
	while (kite_is_connecting(sk)) {
		if (!timeo) {
			err = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			err = sock_intr_errno(timeo);
			break;
		}
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
		if (disconnects != sk->sk_disconnects) {
			err = -EPIPE;
			break;
		}
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/* Take the socket back to where it was before connect(). */
static void kite_stream_disconnect(struct socket *sock, int flags)
{
	struct sock *sk = sock->sk;

	sk->sk_disconnects++;
	sock->state = sk->sk_prot->disconnect(sk, flags) ?
		SS_DISCONNECTING : SS_UNCONNECTED;
}

/* The handshake is over: see how it ended. */
static int kite_connect_finish(struct socket *sock, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (sk->sk_state != TCP_CLOSE) {
		/* An error that is already there is the next call's. */
		sock->state = SS_CONNECTED;
		return 0;
	}
	err = sock_error(sk) ?: -ECONNABORTED;
	kite_stream_disconnect(sock, flags);
	return err;
}

static int kite_stream_connect_locked(struct socket *sock,
				      struct sockaddr *uaddr, int addr_len,
				      int flags)
{
	struct sock *sk = sock->sk;
	int pending;
	long timeo;
	int err;

	if (uaddr->sa_family == AF_UNSPEC) {
		sk->sk_disconnects++;
		err = sk->sk_prot->disconnect(sk, flags);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
		return err;
	}

	switch (sock->state) {
	case SS_UNCONNECTED:
		if (sk->sk_state != TCP_CLOSE)
			return -EISCONN;	/* listens */
		err = sk->sk_prot->connect(sk, uaddr, addr_len);
		if (err)
			return err;
		sock->state = SS_CONNECTING;
		pending = -EINPROGRESS;
		break;
	case SS_CONNECTING:
		pending = -EALREADY;
		break;
	case SS_CONNECTED:
		return -EISCONN;
	default:
		return -EINVAL;
	}

	if (kite_is_connecting(sk)) {
		timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
		if (!timeo)
			return pending;
		err = kite_wait_for_connect(sk, timeo);
		if (err == -EAGAIN)
			return pending;
		if (err)
			return err;
	}
	return kite_connect_finish(sock, flags);
}

/**
 * kite_stream_connect() - connect(2) of connection-oriented sockets (twin of
 * inet_stream_connect())
 * @sock: the socket
 * @uaddr: the peer; AF_UNSPEC dissolves the connection
 * @addr_len: bytes at @uaddr
 * @flags: file flags; O_NONBLOCK makes it not wait
 *
 * Waits for the handshake, at most SO_SNDTIMEO.
 *
 * Context: process; takes the socket lock.
 * Return: 0; -EINPROGRESS when the handshake began and goes on, -EALREADY when
 * it had begun earlier, -EISCONN, how it failed (-ECONNREFUSED, -ETIMEDOUT,
 * -EHOSTUNREACH, ...), or what the transport says of @uaddr.
 */
int kite_stream_connect(struct socket *sock, struct sockaddr *uaddr,
			int addr_len, int flags)
{
	int err;

	if (addr_len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	lock_sock(sock->sk);
	err = kite_stream_connect_locked(sock, uaddr, addr_len, flags);
	release_sock(sock->sk);
	return err;
}
