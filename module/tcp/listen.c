// SPDX-License-Identifier: GPL-2.0
#include "listen.h"

#include <linux/rhashtable.h>
#include <net/sock_reuseport.h>

#include "../port/ehash.h"
#include "../port/lookup.h"
#include "../port/port.h"
#include "../port/reuseport.h"
#include "cookie.h"
#include "output.h"
#include "request.h"
#include "state.h"
#include "tcp_sock.h"

/**
 * kite_listen_full() - whether the accept queue takes no more (twin of
 * sk_acceptq_is_full())
 * @sk: the listener
 *
 * As with AF_INET, one more than the backlog fits in.
 *
 * Context: any, under RCU or with a reference.
 */
bool kite_listen_full(const struct sock *sk)
{
	return READ_ONCE(sk->sk_ack_backlog) > READ_ONCE(sk->sk_max_ack_backlog);
}

/**
 * kite_listen_empty() - whether accept() would have to wait
 * @sk: the listener
 *
 * Context: any, under RCU or with a reference.
 */
bool kite_listen_empty(const struct sock *sk)
{
	return !READ_ONCE(kite_tcp_sk(sk)->listener->head);
}

/* Jiffies for which a cookie is good, and one second because nobody looks twice in it. */
#define COOKIE_AGE	((u32)(KITE_COOKIE_EPOCHS * KITE_COOKIE_EPOCH * HZ + HZ))

/*
 * When about the last cookie was sent. A SO_REUSEPORT group has one such time: what one
 * member sends may come back to another.
 */
static u32 *cookie_clock(const struct sock *sk)
{
	struct sock_reuseport *group = rcu_dereference(sk->sk_reuseport_cb);

	return group ? &group->synq_overflow_ts :
		       &kite_tcp_sk(sk)->listener->cookie_sent;
}

/**
 * kite_listener_sends_cookie() - remember that cookies are under way
 * @sk: the listener; not locked
 *
 * Context: under RCU.
 */
void kite_listener_sends_cookie(struct sock *sk)
{
	u32 *sent = cookie_clock(sk);

	/* Once a second is enough, for a line that all CPUs read. */
	if ((u32)jiffies - READ_ONCE(*sent) > HZ)
		WRITE_ONCE(*sent, (u32)jiffies);
}

/**
 * kite_listener_sent_cookie() - whether one that is still good may be under way
 * @sk: the listener; not locked
 *
 * Context: under RCU.
 * Return: false when none was sent for long.
 */
bool kite_listener_sent_cookie(const struct sock *sk)
{
	u32 age = (u32)jiffies - READ_ONCE(*cookie_clock(sk));

	/* Another CPU may have sent one since we looked at the clock. */
	return age + HZ <= COOKIE_AGE + HZ;
}

/**
 * kite_listen_enqueue() - a connection is ready to be accepted
 * @listener: where it came in; need not be locked
 * @child: the connection, locked; the queue takes over its reference
 *
 * Context: BH disabled, under RCU.
 * Return: false when the listener has stopped: the child is still the caller's.
 */
bool kite_listen_enqueue(struct sock *listener, struct sock *child)
{
	struct kite_listener *l = kite_tcp_sk(listener)->listener;
	bool listening;

	kite_tcp_sk(child)->accept_next = NULL;

	spin_lock(&l->lock);
	/* kite_listen_stop() changes the state before it empties the queue. */
	listening = listener->sk_state == TCP_LISTEN;
	if (listening) {
		if (l->head)
			kite_tcp_sk(l->tail)->accept_next = child;
		else
			WRITE_ONCE(l->head, child);
		l->tail = child;
		sk_acceptq_added(listener);
	}
	spin_unlock(&l->lock);
	return listening;
}

/* Take the child that waits longest, or NULL. */
static struct sock *dequeue(struct sock *sk)
{
	struct kite_listener *l = kite_tcp_sk(sk)->listener;
	struct sock *child;

	spin_lock_bh(&l->lock);
	child = l->head;
	if (child) {
		WRITE_ONCE(l->head, kite_tcp_sk(child)->accept_next);
		kite_tcp_sk(child)->accept_next = NULL;
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&l->lock);
	return child;
}

/*
 * Why accept() stops waiting: 0 because a child is there, a negative errno because
 * none will come, 1 while it goes on.
 */
static int wait_is_over(struct sock *sk, long timeo)
{
	if (!kite_listen_empty(sk))
		return 0;
	if (sk->sk_state != TCP_LISTEN)
		return -EINVAL;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return timeo ? 1 : -EAGAIN;
}

/* Sleep until a child comes. Exclusive: one child wakes one accept(). */
static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int state;

	add_wait_queue_exclusive(sk_sleep(sk), &wait);
	while ((state = wait_is_over(sk, timeo)) > 0) {
		release_sock(sk);
		/* A wake-up since we joined the queue is remembered. */
		if (kite_listen_empty(sk))
			timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return state;
}

/**
 * kite_tcp_accept() - take the next connection (twin of inet_csk_accept())
 * @sk: the listener
 * @arg: flags in; errno out
 *
 * Context: process.
 * Return: the connection with one reference, or NULL with @arg->err set.
 */
struct sock *kite_tcp_accept(struct sock *sk, struct proto_accept_arg *arg)
{
	struct sock *child = NULL;
	long timeo;
	int err;

	lock_sock(sk);
	err = -EINVAL;
	if (sk->sk_state != TCP_LISTEN)
		goto out;

	while (!(child = dequeue(sk))) {
		timeo = sock_rcvtimeo(sk, arg->flags & O_NONBLOCK);
		err = -EAGAIN;
		if (!timeo)
			goto out;
		err = wait_for_child(sk, timeo);
		if (err)
			goto out;
	}
	arg->is_empty = kite_listen_empty(sk);
out:
	release_sock(sk);
	if (!child)
		arg->err = err;
	return child;
}

/**
 * kite_listen_start() - begin to listen (twin of inet_csk_listen_start())
 * @sk: a closed socket; sk_max_ack_backlog is set
 *
 * Once it can be found it is in TCP_LISTEN; if its port turns out to be taken
 * (another socket with SO_REUSEADDR began to listen meanwhile) it goes back.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0, -EADDRINUSE, -ENOMEM or -ENOBUFS.
 */
int kite_listen_start(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_listener *l = tp->listener;
	bool had_port = sk->sk_num;
	int err;

	err = kite_ehash_net_prepare(sock_net(sk));
	if (err)
		return err;
	if (!l) {
		l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
		if (!l)
			return -ENOMEM;
		spin_lock_init(&l->lock);
		tp->listener = l;
	}
	sk->sk_ack_backlog = 0;
	WRITE_ONCE(l->cookie_sent, (u32)jiffies - 2 * COOKIE_AGE);
	WRITE_ONCE(l->flood_told, false);

	/*
	 * Two that begin at once must not both find that nobody listens: each is
	 * in TCP_LISTEN before it asks.
	 */
	kite_tcp_set_state(sk, TCP_LISTEN);
	err = sk->sk_prot->get_port(sk, sk->sk_num);
	if (!err) {
		tp->ks.sport = htons(sk->sk_num);
		sk_dst_reset(sk);
		err = kite_hash_listener(sk);
		if (!err)
			return 0;
	}
	kite_tcp_set_state(sk, TCP_CLOSE);
	if (!had_port) {
		kite_put_port(sk);
		tp->ks.sport = 0;
	}
	return err;
}

/* Of a table that others may have filled: who walks it lets others run that often. */
#define WALK_BATCH	1024

/* Drop what half-open connections the listener has. */
static void kill_requests(struct sock *sk)
{
	struct kite_listener *l = kite_tcp_sk(sk)->listener;
	unsigned int left = WALK_BATCH;
	struct rhashtable_iter iter;
	struct sock_common *c;

	if (!kite_listener_requests(l) ||
	    !kite_ehash_walk_enter(sock_net(sk), &iter))
		return;
	rhashtable_walk_start(&iter);
	while ((c = rhashtable_walk_next(&iter))) {
		if (!IS_ERR(c) && c->skc_state == TCP_NEW_SYN_RECV) {
			struct kite_request *req = kite_request((struct sock *)c);

			if (req->listener == sk)
				kite_request_kill(req);
		}
		if (--left)
			continue;
		left = WALK_BATCH;
		rhashtable_walk_stop(&iter);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

/* Nobody will accept this connection. */
static void abort_child(struct sock *child)
{
	lock_sock_nested(child, SINGLE_DEPTH_NESTING);
	local_bh_disable();
	sock_orphan(child);
	if (child->sk_state != TCP_CLOSE) {
		kite_tcp_send_reset(child);
		kite_tcp_done(child);
	} else {
		kite_tcp_destroy(child);
	}
	local_bh_enable();
	release_sock(child);
	sock_put(child);
}

/* Give a connection to another listener of the group, if there is one. */
static bool hand_over_child(struct sock *sk, struct sock *child)
{
	struct sock *heir = kite_reuseport_successor(sk, child);
	bool taken;

	if (!heir)
		return false;
	/* Once it is in the queue it may be accepted and closed. */
	sock_hold(child);
	lock_sock_nested(child, SINGLE_DEPTH_NESTING);
	rcu_read_lock_bh();
	taken = kite_listen_enqueue(heir, child);
	rcu_read_unlock_bh();
	release_sock(child);
	sock_put(child);
	if (taken)
		heir->sk_data_ready(heir);
	sock_put(heir);
	return taken;
}

/**
 * kite_listen_stop() - end listening (twin of inet_csk_listen_stop())
 * @sk: a listener; TCP_CLOSE afterwards
 *
 * Connections that nobody accepted are reset, unless another member of its
 * SO_REUSEPORT group takes them (net.ipv4.tcp_migrate_req). A handshake that completes on
 * another CPU at this moment sees the state under the queue's lock, or its child
 * is found in the queue here. A request that such a CPU makes too late finds the
 * listener closed when its timer comes.
 *
 * Context: process, socket lock held.
 */
void kite_listen_stop(struct sock *sk)
{
	struct sock *child;

	kite_unhash_listener(sk);
	kite_tcp_set_state(sk, TCP_CLOSE);
	kill_requests(sk);

	while ((child = dequeue(sk))) {
		if (!hand_over_child(sk, child)) {
			sock_hold(child);
			abort_child(child);
		}
		cond_resched();
	}
	WARN_ON_ONCE(sk->sk_ack_backlog);
}
