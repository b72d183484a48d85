// SPDX-License-Identifier: GPL-2.0
#include "cong.h"

#include "ecn.h"

/* No window of a peer is larger than that, RFC 7323 2.2, octets. */
#define KITE_CWND_MAX		0x40000000

/* net.ipv4.tcp_pacing_*_ratio are percents. */
#define KITE_PACING_UNIT	100

/*
 * As many segments as the administrator says (ip route ... initcwnd), or RFC 6928: ten, of
 * 1460 octets at most unless that makes less than two.
 */
static u32 initial_window(struct kite_tcp_sock *tp)
{
	const struct dst_entry *dst = __sk_dst_get(&tp->ks.sk);
	u32 segments = dst ? dst_metric(dst, RTAX_INITCWND) : 0;
	u32 mss = tp->mss;

	if (unlikely(segments))
		return min_t(u64, (u64)segments * mss, KITE_CWND_MAX);
	return min(10 * mss, max(2 * mss, 14600U));
}

/**
 * kite_cong_init() - before there is a connection
 * @tp: the socket; its algorithm is assigned, and forgets what it knew
 *
 * Context: socket lock held, or nobody else knows the socket yet.
 */
void kite_cong_init(struct kite_tcp_sock *tp)
{
	tp->ssthresh = KITE_SSTHRESH_INFINITE;
	tp->cwnd = tp->mss;
	tp->max_flight = 0;
	tp->last_sent = jiffies;
	kite_cong_stop(tp);
}

/**
 * kite_cong_start() - the handshake is over and the segment size known
 * @tp: the connection
 *
 * A SYN that had to be sent again more than once leaves one segment, RFC 6928 2.
 *
 * Context: socket lock held.
 */
void kite_cong_start(struct kite_tcp_sock *tp)
{
	tp->cwnd = tp->total_retrans > 1 ? tp->mss : initial_window(tp);
	kite_cong_run(tp);
}

/**
 * kite_cong_sent() - data was sent the first time
 * @tp: the connection; snd_nxt is behind it
 *
 * Context: socket lock held.
 */
void kite_cong_sent(struct kite_tcp_sock *tp)
{
	u32 flight = kite_tcp_flight(tp);

	tp->last_sent = jiffies;
	if (flight > tp->max_flight ||
	    !kite_before(tp->snd_una, tp->max_flight_end)) {
		tp->max_flight = flight;
		tp->max_flight_end = tp->snd_nxt;
	}
}

/**
 * kite_cong_acked() - the window may grow
 * @tp: the connection, nothing of which is believed lost, or which is coming
 *	back from a timeout
 * @acked: octets newly acknowledged
 *
 * Context: socket lock held.
 */
void kite_cong_acked(struct kite_tcp_sock *tp, u32 acked)
{
	tp->cong->acked(tp, acked, kite_cong_is_limit(tp));
}

/**
 * kite_cong_grow() - open the window
 * @tp: the connection
 * @octets: by how much
 *
 * Context: socket lock held.
 */
void kite_cong_grow(struct kite_tcp_sock *tp, u32 octets)
{
	tp->cwnd += min_t(u32, octets, KITE_CWND_MAX - min_t(u32, tp->cwnd,
							     KITE_CWND_MAX));
}

/**
 * kite_cong_slow_start() - open the window by what was acknowledged (twin of tcp_slow_start())
 * @tp: the connection, below its slow start threshold
 * @acked: octets
 *
 * However much that is: receivers merge segments before they acknowledge them (GRO). Where
 * three acknowledgments came in a round trip, the limit of eight segments for each that RFC
 * 9406 4.2 recommends made of a window that doubles one that grows by 36 kB.
 *
 * Context: socket lock held.
 */
void kite_cong_slow_start(struct kite_tcp_sock *tp, u32 acked)
{
	kite_cong_grow(tp, min(acked, tp->ssthresh - tp->cwnd));
}

/**
 * kite_cong_pacing_rate() - how fast the connection should send
 * @sk: the connection
 *
 * A window in each round trip, and as much more as net.ipv4.tcp_pacing_ss_ratio and
 * tcp_pacing_ca_ratio say, so that the window can grow; but not more than
 * SO_MAX_PACING_RATE.
 *
 * Context: socket lock held.
 * Return: octets a second; all bits set when nobody knows.
 */
unsigned long kite_cong_pacing_rate(const struct sock *sk)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct net *net = sock_net(sk);
	u64 rate = max(tp->cwnd, kite_tcp_flight(tp));

	if (!tp->srtt_us)
		return READ_ONCE(sk->sk_max_pacing_rate);
	if (tp->cwnd < tp->ssthresh / 2)
		rate *= READ_ONCE(net->ipv4.sysctl_tcp_pacing_ss_ratio);
	else
		rate *= READ_ONCE(net->ipv4.sysctl_tcp_pacing_ca_ratio);
	rate = div_u64(rate * (USEC_PER_SEC / KITE_PACING_UNIT << 3),
		       tp->srtt_us);
	return min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate));
}

/**
 * kite_cong_pace() - let a qdisc that paces know
 * @sk: the connection, whose window or round-trip time is another now
 *
 * Context: socket lock held.
 */
void kite_cong_pace(struct sock *sk)
{
	WRITE_ONCE(sk->sk_pacing_rate, kite_cong_pacing_rate(sk));
}

/**
 * kite_cong_flight() - what a loss leaves a part of, RFC 5681's FlightSize
 * @tp: the connection
 *
 * What left beyond the window for the first segments that overtook others does not count:
 * RFC 5681 3.2 step 2 and RFC 6675 5 step 4.2.
 *
 * Context: socket lock held.
 * Return: octets.
 */
u32 kite_cong_flight(const struct kite_tcp_sock *tp)
{
	u32 flight = kite_tcp_flight(tp);

	return kite_tcp_is_undisturbed(tp) ? min(flight, tp->cwnd) : flight;
}

/**
 * kite_cong_loss() - a loss was found: lower the threshold
 * @tp: the connection
 * @flight: what was outstanding, octets
 *
 * Never below two segments, RFC 5681 equation (4). That answers whatever a loss probe may
 * tell of, too.
 *
 * Context: socket lock held.
 */
void kite_cong_loss(struct kite_tcp_sock *tp, u32 flight)
{
	tp->ssthresh = max_t(u32, tp->cong->ssthresh(tp, flight), 2 * tp->mss);
	tp->rack.tlp = KITE_TLP_NONE;
	kite_ecn_reduced(tp);
}

/**
 * kite_cong_reduce() - go slower at once, where no recovery does so little by little
 * @tp: the connection
 * @flight: what was outstanding, octets
 *
 * Context: socket lock held.
 */
void kite_cong_reduce(struct kite_tcp_sock *tp, u32 flight)
{
	kite_cong_loss(tp, flight);
	tp->cwnd = min(tp->cwnd, tp->ssthresh);
}

/**
 * kite_cong_timeout() - the retransmission timer ran out
 * @tp: the connection
 *
 * RFC 5681 3.1: the loss window is one segment.
 *
 * Context: socket lock held.
 */
void kite_cong_timeout(struct kite_tcp_sock *tp)
{
	if (tp->cong->timeout)
		tp->cong->timeout(tp);
	tp->cwnd = tp->mss;
}

/**
 * kite_cong_idle() - something is to be sent and nothing is outstanding
 * @sk: the connection
 *
 * The longer the sender was silent, the less its window says about the path: RFC
 * 2861 halves it for each timeout, down to what a new connection has (RFC 5681
 * 4.1); ssthresh remembers. net.ipv4.tcp_slow_start_after_idle.
 *
 * Context: socket lock held.
 */
void kite_cong_idle(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	u32 silent = (u32)jiffies - tp->last_sent;
	u32 least;

	if (likely(silent <= tp->rto) ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle))
		return;
	least = min(initial_window(tp), tp->cwnd);
	tp->ssthresh = max(tp->ssthresh, tp->cwnd / 4 * 3);
	tp->cwnd = max(tp->cwnd >> min(silent / tp->rto, 31U), least);
	tp->last_sent = jiffies;
}

/*
 * Reno, RFC 5681, with RFC 3465's counting of octets. Its own part of a connection
 * are the octets acknowledged since the window last grew in avoidance.
 */
static u32 reno_ssthresh(struct kite_tcp_sock *tp, u32 flight)
{
	u32 *credit = kite_cong_priv(tp);

	*credit = 0;
	return flight / 2;
}

static void reno_acked(struct kite_tcp_sock *tp, u32 acked, bool limited)
{
	u32 *credit = kite_cong_priv(tp);

	if (!limited)
		return;
	if (tp->cwnd < tp->ssthresh) {
		kite_cong_slow_start(tp, acked);
		return;
	}
	*credit += acked;
	if (*credit >= tp->cwnd) {
		*credit -= tp->cwnd;
		kite_cong_grow(tp, tp->mss);
	}
}

struct kite_cong_ops kite_reno = {
	.name		= "reno",
	.ssthresh	= reno_ssthresh,
	.acked		= reno_acked,
};
