// SPDX-License-Identifier: GPL-2.0
#include "cong.h"

/* Slow start until the first loss, octets: more than any window. */
#define KITE_SSTHRESH_INFINITE	0x7fffffff
/* No window of a peer is larger than that, RFC 7323 2.2, octets. */
#define KITE_CWND_MAX		0x40000000

/**
 * kite_cong_init() - before there is a connection
 * @tp: the socket
 */
void kite_cong_init(struct kite_tcp_sock *tp)
{
	tp->ssthresh = KITE_SSTHRESH_INFINITE;
	tp->cwnd_credit = 0;
	tp->cwnd = tp->mss;
}

/**
 * kite_cong_start() - the handshake is over and the segment size known
 * @tp: the connection
 *
 * RFC 6928: ten segments, of 1460 octets at most unless that makes fewer than
 * two. A SYN that had to be sent again leaves one, RFC 5681 3.1.
 */
void kite_cong_start(struct kite_tcp_sock *tp)
{
	u32 mss = tp->mss;

	tp->cwnd = min(10 * mss, max(2 * mss, 14600U));
	if (tp->total_retrans)
		tp->cwnd = mss;
}

/**
 * kite_cong_acked() - the window grows, RFC 5681 3.1 with RFC 3465's counting of
 * octets
 * @tp: the connection, nothing of which is believed lost, or which is coming
 *	back from a timeout
 * @acked: octets newly acknowledged
 * @prior_flight: octets outstanding before that
 *
 * A window that the sender did not use proves nothing about the path, RFC 7661:
 * it does not grow.
 *
 * Context: socket lock held.
 */
void kite_cong_acked(struct kite_tcp_sock *tp, u32 acked, u32 prior_flight)
{
	if (tp->cwnd >= KITE_CWND_MAX)
		return;

	if (tp->cwnd < tp->ssthresh) {
		if (prior_flight >= tp->cwnd / 2)
			tp->cwnd += min_t(u32, acked, 2 * tp->mss);
		return;
	}

	if (prior_flight + tp->mss < tp->cwnd)
		return;
	tp->cwnd_credit += acked;
	if (tp->cwnd_credit >= tp->cwnd) {
		tp->cwnd_credit -= tp->cwnd;
		tp->cwnd += tp->mss;
	}
}

/**
 * kite_cong_ssthresh() - half of what was outstanding when a loss was found,
 * RFC 5681 equation (4)
 * @tp: the connection
 *
 * Return: octets.
 */
u32 kite_cong_ssthresh(const struct kite_tcp_sock *tp)
{
	return max_t(u32, kite_tcp_flight(tp) / 2, 2 * tp->mss);
}

/**
 * kite_cong_slow_start_forever() - whether no loss has set ssthresh yet
 * @tp: the connection
 */
bool kite_cong_slow_start_forever(const struct kite_tcp_sock *tp)
{
	return tp->ssthresh == KITE_SSTHRESH_INFINITE;
}
