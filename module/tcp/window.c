// SPDX-License-Identifier: GPL-2.0
#include "window.h"

#include "options.h"

/**
 * kite_tcp_window_scale() - the shift of our windows
 * @sk: a socket before its SYN, or a connection's listener
 * @clamp: the largest that may be offered, octets; 0 = whatever the buffer allows
 *
 * It has to do for a buffer that grows to net.ipv4.tcp_rmem's maximum, unless the user has
 * fixed it.
 *
 * Context: any; a listener is not locked.
 * Return: 0 to 14, RFC 7323 2.3.
 */
u8 kite_tcp_window_scale(const struct sock *sk, u32 clamp)
{
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	u32 most = max(rcvbuf, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]));

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		most = kite_tcp_win_from_space(rcvbuf);
	return kite_tcp_wscale_for(min_not_zero(most, clamp));
}

/**
 * kite_tcp_window_first() - how much is offered with a SYN
 * @dst: the way to the peer
 * @wnd: how much at most, octets
 * @mss: octets of a segment
 *
 * Not more segments than the administrator says (ip route ... initrwnd).
 *
 * Return: octets.
 */
u32 kite_tcp_window_first(const struct dst_entry *dst, u32 wnd, u16 mss)
{
	u32 segments = dst_metric(dst, RTAX_INITRWND);

	return segments ? min_t(u64, wnd, (u64)segments * mss) : wnd;
}

/**
 * kite_tcp_window_init() - what the SYN will offer
 * @sk: the connection; rcv_wscale is decided
 *
 * The window field of a SYN is not scaled, RFC 7323 2.2.
 *
 * Context: socket lock held.
 */
void kite_tcp_window_init(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 limit = (u32)U16_MAX << tp->rcv_wscale;

	if (!tp->window_clamp || tp->window_clamp > limit)
		tp->window_clamp = limit;
	tp->rcv_wnd = min3(kite_tcp_win_from_space(sk->sk_rcvbuf),
			   tp->window_clamp, (u32)U16_MAX);
}

/**
 * kite_tcp_window_fresh() - how large a window the buffer allows now
 * @sk: the connection
 *
 * Receiver's half of silly window avoidance, RFC 9293 3.8.6.2.2: the right edge
 * moves by a full segment or half of the buffer, whichever is less, or not at
 * all.
 *
 * Context: socket lock held.
 * Return: octets, which may be less than was offered before.
 */
u32 kite_tcp_window_fresh(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 full = min(kite_tcp_win_from_space(sk->sk_rcvbuf),
		       tp->window_clamp);
	u32 free = kite_tcp_win_from_space(sk->sk_rcvbuf -
					   atomic_read(&sk->sk_rmem_alloc));
	u32 cur = kite_tcp_rcv_window(tp);
	u32 step = min_t(u32, tp->rcv_mss, full / 2);

	free = min(free, tp->window_clamp);
	if (free < max(step, 1U))
		return 0;
	if (cur <= free && free - cur < step)
		return cur;
	/* Who has less than the field can say would never open it again. */
	return round_down(free, 1U << tp->rcv_wscale) ?: 1U << tp->rcv_wscale;
}

/**
 * kite_tcp_is_full() - hardly more can come before the user has read (twin of
 * tcp_epollin_ready())
 * @sk: the connection, with something to be read
 *
 * Whoever waits for so much that it cannot come has to be told.
 *
 * Context: any; without the socket lock a moment's guess.
 */
bool kite_tcp_is_full(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);

	return READ_ONCE(*sk->sk_prot->memory_pressure) ||
	       atomic_read(&sk->sk_rmem_alloc) > rcvbuf - rcvbuf / 8 ||
	       kite_tcp_rcv_window(tp) <= tp->rcv_mss;
}

/**
 * kite_tcp_window_select() - the window field of a segment about to be sent
 * @sk: the connection
 *
 * Takes back nothing that was offered, RFC 9293 SHLD-14: what the field is too
 * coarse for is rounded up.
 *
 * Context: socket lock held.
 * Return: host order, scaled.
 */
u16 kite_tcp_window_select(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 cur = kite_tcp_rcv_window(tp);
	u32 win = kite_tcp_window_fresh(sk);

	if (win <= cur)
		win = ALIGN(cur, 1U << tp->rcv_wscale);
	win = min(win, (u32)U16_MAX << tp->rcv_wscale);
	WRITE_ONCE(tp->rcv_wnd, win);
	WRITE_ONCE(tp->rcv_wup, tp->rcv_nxt);
	return win >> tp->rcv_wscale;
}
