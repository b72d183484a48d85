// SPDX-License-Identifier: GPL-2.0
#include "rcvbuf.h"

#include <net/sock.h>

#include "options.h"
#include "tcp_sock.h"
#include "timestamp.h"
#include "window.h"

/**
 * kite_rcvbuf_init() - before the first octet comes
 * @tp: the connection; copied_seq and rcv_wnd are set
 *
 * Until a window is full nobody has waited for it.
 */
void kite_rcvbuf_init(struct kite_tcp_sock *tp)
{
	memset(&tp->rcvbuf, 0, sizeof(tp->rcvbuf));
	tp->rcvbuf.began = tp->copied_seq;
	tp->rcvbuf.most = tp->rcv_wnd / 2;
}

/*
 * Shorter ones count at once: a peer that had nothing to say answers late. Longer ones do
 * when a round trip has shown nothing else.
 */
static void sample(struct kite_rcvbuf *buf, u32 rtt_us)
{
	rtt_us = max(rtt_us, 1U);
	if (!buf->rtt_us || rtt_us < buf->rtt_us)
		buf->rtt_us = rtt_us;
	if (!buf->least_us || rtt_us < buf->least_us)
		buf->least_us = rtt_us;
}

/**
 * kite_rcvbuf_arrived() - data has come in order; learn the round-trip time
 * @tp: the connection; rcv_nxt is behind the data
 * @opt: options of the segment
 *
 * The peer echoes the timestamp of the acknowledgment that let it send. Without, a window
 * takes no less than a round trip to be filled.
 *
 * Context: socket lock held.
 */
void kite_rcvbuf_arrived(struct kite_tcp_sock *tp,
			 const struct kite_tcp_options *opt)
{
	struct kite_rcvbuf *buf = &tp->rcvbuf;
	u32 now_us, rtt_us;

	if (tp->ts.ok) {
		if (opt->tsecr == buf->tsecr)
			return;
		buf->tsecr = opt->tsecr;
		rtt_us = kite_tcp_ts_rtt_us(&tp->ts, opt, kite_tcp_clock_us());
		if (rtt_us)
			sample(buf, rtt_us);
		return;
	}
	if (buf->wnd_us && kite_before(tp->rcv_nxt, buf->wnd_end))
		return;
	now_us = kite_tcp_clock_us();
	if (buf->wnd_us)
		sample(buf, now_us - buf->wnd_us);
	buf->wnd_us = now_us ?: 1;
	buf->wnd_end = tp->rcv_nxt + kite_tcp_rcv_window(tp);
}

/* Let the buffer hold a window of so many octets. Never touches what SO_RCVBUF fixed. */
static void grow(struct sock *sk, u64 window)
{
	const struct net *net = sock_net(sk);
	u64 space = min_t(u64, kite_tcp_space_from_win(window),
			  READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]));

	if (READ_ONCE(net->ipv4.sysctl_tcp_moderate_rcvbuf) &&
	    !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	    !READ_ONCE(*sk->sk_prot->memory_pressure) &&
	    space > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, space);
}

/**
 * kite_rcvbuf_read() - the user has read
 * @sk: the connection
 *
 * When more was read than ever in a round trip, the next one may bring as much more again,
 * and the window has to hold twice that, for what is read is acknowledged late. A slow stream
 * is not looked at, and costs no reading of the clock, until enough has come together.
 *
 * Context: socket lock held.
 */
void kite_rcvbuf_read(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_rcvbuf *buf = &tp->rcvbuf;
	u32 read = tp->copied_seq - buf->began, now_us, took_us;

	if (read <= buf->most / 4 || !buf->rtt_us)
		return;
	now_us = kite_tcp_clock_us();
	took_us = now_us - buf->began_us;
	if (took_us < buf->rtt_us)
		return;
	/* In one of the round trips since. */
	read = mul_u64_u32_div(read, buf->rtt_us, took_us);
	if (read > buf->most) {
		grow(sk, 2 * (2ULL * read - buf->most));
		buf->most = read;
	}
	buf->began = tp->copied_seq;
	buf->began_us = now_us;
	if (buf->least_us)
		buf->rtt_us = buf->least_us;
	buf->least_us = 0;
}
