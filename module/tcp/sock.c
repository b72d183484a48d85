// SPDX-License-Identifier: GPL-2.0
#include "sock.h"

#include "../ip/offload.h"
#include "../observe/counters.h"
#include "../port/port.h"
#include "cong.h"
#include "listen.h"
#include "options.h"
#include "output.h"
#include "receive.h"
#include "recovery.h"
#include "rtt.h"
#include "saved_syn.h"
#include "state.h"
#include "timer.h"
#include "timewait.h"
#include "urgent.h"
#include "user.h"

/*
 * Connections of a namespace that no file owns and that still try to deliver
 * what was written. AF_INET's limit cannot be read from a module; this is the
 * default it has on a machine with 2 GiB.
 */
#define KITE_MAX_ORPHANS	8192

static void tcp_destruct(struct sock *sk)
{
	kfree(kite_tcp_sk(sk)->listener);
	kfree(kite_tcp_sk(sk)->pacer);
	kite_sock_destruct(sk);
}

/**
 * kite_tcp_sock_reset() - be as if there never was a connection
 * @sk: a socket whose queues are empty and whose timers are stopped, or whose
 *	memory was just copied from a listener
 *
 * Options that the user set stay.
 *
 * Context: socket lock held, or nobody else knows the socket yet.
 */
void kite_tcp_sock_reset(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->snd_una = 0;
	tp->snd_nxt = 0;
	tp->write_seq = 0;
	tp->snd_wnd = 0;
	tp->snd_wl1 = 0;
	tp->max_window = 0;
	tp->snd_sml = 0;
	tp->pmtu = 0;
	tp->mss = KITE_TCP_MSS_DEFAULT;
	tp->mss_clamp = KITE_TCP_MSS_DEFAULT;
	tp->advmss = KITE_TCP_MSS_DEFAULT;
	tp->snd_wscale = 0;
	tp->rcv_wscale = 0;
	tp->wscale_ok = false;
	tp->sack_ok = false;
	tp->ecn = 0;
	tp->mss_low = 0;
	tp->mss_probe = 0;
	memset(&tp->ts, 0, sizeof(tp->ts));
	tp->rcv_nxt = 0;
	tp->copied_seq = 0;
	tp->rcv_wup = 0;
	tp->rcv_wnd = 0;
	tp->window_clamp = 0;
	tp->fin_queued = false;
	tp->fin_alone = false;
	tp->backoff = 0;
	tp->retransmits = 0;
	tp->probes_out = 0;
	tp->last_challenge = 0;
	tp->syn_us = 0;
	tp->total_retrans = 0;
	memset(&tp->tally, 0, sizeof(tp->tally));
	memset(&tp->chrono, 0, sizeof(tp->chrono));
	memset(&tp->rate, 0, sizeof(tp->rate));
	tp->orphan = false;
	kite_urgent_reset(tp);
	kite_tcp_receive_init(sk);
	kite_tcp_rtt_init(tp);
	tp->cong_fixed = false;
	kite_cong_init(tp);
	kite_recovery_init(tp);
}

/**
 * kite_tcp_sock_init() - set a new socket up (proto.init)
 * @sk: the socket, zeroed beyond what socket/ fills in
 *
 * Context: process; nobody else knows the socket yet.
 * Return: 0.
 */
int kite_tcp_sock_init(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	kite_tcp_init_timers(sk);
	kite_cong_assign(sk);
	kite_tcp_sock_reset(sk);
	sk->sk_destruct = tcp_destruct;
	sk->sk_write_space = kite_tcp_write_space;
	sk->sk_gso_type = KITE_GSO_TYPE;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	/* For io_uring: pages that it asks to be sent without a copy are copied, as they may be. */
	set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
	sk_sockets_allocated_inc(sk);
	return 0;
}

/**
 * kite_tcp_sock_destroy() - give back what a socket holds (proto.destroy)
 * @sk: a closed socket without a file
 *
 * Context: socket lock held, or nobody else ever knew the socket.
 */
void kite_tcp_sock_destroy(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kite_tcp_stop_timers(sk);
	kite_tcp_purge_send(sk);
	kite_tcp_purge_ooo(sk);
	kite_syn_forget(sk);
	kite_cong_release(tp);
	if (kite_sk(sk)->bucket)
		kite_put_port(sk);
	if (tp->orphan)
		atomic_dec(&kite_net(sock_net(sk))->orphan_count);
	sk_sockets_allocated_dec(sk);
	kite_sock_destroy(sk);
}

/**
 * kite_tcp_release_cb() - catch up with timers (proto.release_cb)
 * @sk: the socket that a system call is about to let go of
 *
 * Context: the socket is owned and its spinlock held, BH disabled.
 */
void kite_tcp_release_cb(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int work, n;

	if (likely(!atomic_read(&tp->deferred)))
		return;
	work = atomic_xchg(&tp->deferred, 0);
	kite_tcp_run_deferred(sk, work);
	/* Each bit came with a reference; the caller has one more. */
	for (n = hweight32(work); n; n--)
		__sock_put(sk);
}

/*
 * The user's half of close and shutdown, RFC 9293 3.10.4. Returns whether a FIN
 * has to follow what was written.
 */
static bool close_sending(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		kite_tcp_set_state(sk, TCP_FIN_WAIT1);
		return true;
	case TCP_CLOSE_WAIT:
		kite_tcp_set_state(sk, TCP_LAST_ACK);
		return true;
	case TCP_SYN_RECV:
		/* Goes to FIN_WAIT1 when our SYN is acknowledged. */
		return true;
	case TCP_SYN_SENT:
		kite_tcp_set_state(sk, TCP_CLOSE);
		return false;
	}
	return false;
}

/**
 * kite_tcp_shutdown() - nothing more will be sent (proto.shutdown)
 * @sk: the socket
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both; the former is not for the wire
 *
 * Context: process, socket lock held.
 */
void kite_tcp_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN) || kite_tcp_sk(sk)->fin_queued)
		return;
	if (close_sending(sk))
		kite_tcp_queue_fin(sk);
}

/*
 * How long to wait for the peer's FIN, jiffies: as the user or the administrator says, but
 * three and a half timeouts at least, in which a FIN that got lost has been sent twice more.
 */
static unsigned long fin_wait2_time(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned int time = tp->linger2 ?: READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);

	return max(time, tp->rto * 4 - tp->rto / 2);
}

/**
 * kite_tcp_leave_fin_wait2() - an orphan waits for its peer's FIN only so long
 * @sk: a connection in TCP_FIN_WAIT2 that no file owns; gone afterwards
 *
 * Context: socket lock held, BH disabled.
 */
void kite_tcp_leave_fin_wait2(struct sock *sk)
{
	if (kite_tcp_sk(sk)->linger2 < 0) {
		kite_tcp_send_reset(sk);
		kite_tcp_done(sk);
		return;
	}
	kite_tcp_time_wait(sk, TCP_FIN_WAIT2, fin_wait2_time(sk));
}

static bool too_many_orphans(const struct sock *sk)
{
	if (atomic_read(&kite_net(sock_net(sk))->orphan_count) >
	    KITE_MAX_ORPHANS)
		return true;
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       atomic_long_read(sk->sk_prot->memory_allocated) >
	       READ_ONCE(sk->sk_prot->sysctl_mem[2]);
}

/**
 * kite_tcp_spare_orphan() - reset an orphan of which there are too many, or that has too much
 * of the memory (twin of tcp_check_oom())
 * @sk: an orphan, counted; gone afterwards if so
 *
 * Context: socket lock held, BH disabled.
 * Return: whether it is gone.
 */
bool kite_tcp_spare_orphan(struct sock *sk)
{
	if (!too_many_orphans(sk))
		return false;
	kite_count(sock_net(sk), KITE_CNT_TcpExt_TCPAbortOnMemory);
	kite_tcp_send_reset(sk);
	kite_tcp_done(sk);
	return true;
}

/* Discard what nobody read. Returns whether there was any. */
static bool discard_unread(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	bool unread = tp->rcv_nxt - tp->copied_seq >
		      (sock_flag(sk, SOCK_DONE) ? 1 : 0);

	__skb_queue_purge(&sk->sk_receive_queue);
	tp->copied_seq = tp->rcv_nxt;
	return unread;
}

/* The user's last word, while the file is still there. */
static void close_connection(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (sk->sk_state == TCP_LISTEN) {
		kite_listen_stop(sk);
		return;
	}
	if (discard_unread(sk) && sk->sk_state != TCP_CLOSE) {
		/* RFC 2525 2.17: data was lost; the peer must know. */
		kite_count(net, KITE_CNT_TcpExt_TCPAbortOnClose);
		kite_tcp_send_reset(sk);
		kite_tcp_set_state(sk, TCP_CLOSE);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		kite_tcp_disconnect(sk, 0);
	} else if (!kite_tcp_sk(sk)->fin_queued && close_sending(sk)) {
		kite_tcp_queue_fin(sk);
	}
}

/**
 * kite_tcp_close() - the file is gone (proto.close, twin of tcp_close())
 * @sk: the socket; the caller's reference goes with this
 * @timeout: how long to wait for what was written to be acknowledged (SO_LINGER),
 *	jiffies
 *
 * A connection that is not at its end goes on as an orphan.
 *
 * Context: process.
 */
void kite_tcp_close(struct sock *sk, long timeout)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int state;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	close_connection(sk);
	sk_stream_wait_close(sk, timeout);

	state = sk->sk_state;
	sock_hold(sk);
	sock_orphan(sk);
	/* Segments that came meanwhile may end the connection already. */
	release_sock(sk);

	local_bh_disable();
	bh_lock_sock(sk);
	if (state != TCP_CLOSE && sk->sk_state == TCP_CLOSE)
		goto out;

	if (sk->sk_state == TCP_FIN_WAIT2) {
		kite_tcp_leave_fin_wait2(sk);
		goto out;
	}
	if (sk->sk_state == TCP_CLOSE) {
		kite_tcp_destroy(sk);
		goto out;
	}
	tp->orphan = true;
	atomic_inc(&kite_net(sock_net(sk))->orphan_count);
	kite_tcp_spare_orphan(sk);
out:
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}

/* All that the user had to say was said, and the peer has said goodbye, too. */
static bool said_goodbye(const struct sock *sk)
{
	return kite_tcp_is_state(sk, TCPF_CLOSING | TCPF_LAST_ACK) &&
	       kite_tcp_fin_sent(kite_tcp_sk(sk));
}

/**
 * kite_tcp_disconnect() - dissolve the connection (proto.disconnect)
 * @sk: the socket, which can connect or listen again afterwards
 * @flags: not looked at
 *
 * Context: process, socket lock held.
 * Return: 0.
 */
int kite_tcp_disconnect(struct sock *sk, int flags)
{
	struct kite_sock *ks = kite_sk(sk);
	int old = sk->sk_state;

	if (old == TCP_LISTEN) {
		kite_listen_stop(sk);
	} else if (old != TCP_CLOSE) {
		if (!said_goodbye(sk)) {
			if (old != TCP_SYN_SENT)
				kite_tcp_send_reset(sk);
			WRITE_ONCE(sk->sk_err, ECONNRESET);
		}
		kite_tcp_set_state(sk, TCP_CLOSE);
	}

	kite_tcp_stop_timers(sk);
	kite_tcp_purge_send(sk);
	kite_tcp_purge_ooo(sk);
	__skb_queue_purge(&sk->sk_receive_queue);

	sk->sk_dport = 0;
	sk->sk_daddr = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		ks->saddr = 0;
		sk->sk_rcv_saddr = 0;
	}
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	sk->sk_err_soft = 0;
	sk_dst_reset(sk);
	kite_syn_forget(sk);
	kite_tcp_sock_reset(sk);
	/* A listener's children copy the socket, and must not share this. */
	if (sk->sk_frag.page)
		put_page(sk->sk_frag.page);
	memset(&sk->sk_frag, 0, sizeof(sk->sk_frag));
	sk_error_report(sk);
	return 0;
}
