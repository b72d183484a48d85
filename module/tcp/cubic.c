// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC, RFC 9438. After a loss the window grows by a cubic function of time,
 *
 *   W(t) = C * (t - K)^3 + W_max
 *
 * fast at first, slowly around W_max where the loss was, then fast again; but
 * never slower than Reno would. Windows are in octets and times in ms here; C =
 * 0.4 is in segments per s^3.
 */
#include "cong.h"

#include <linux/math64.h>

#include "hystart.h"

/* Time that W(t) is worked out for, ms: beyond it there is no need to know. */
#define CUBIC_TIME_MAX	100000

/**
 * struct cubic - CUBIC's part of a connection
 * @w_max: cwnd at the last loss, or less where others need room, octets
 * @prior: cwnd at the last loss, octets
 * @origin: where the plateau of W(t) is, octets
 * @k_ms: when it is reached, ms after @epoch_ms
 * @epoch_ms: when congestion avoidance began, without the time in which the
 *	window was not what kept the sender back
 * @last_ms: when something was last acknowledged in congestion avoidance
 * @w_est: what Reno's window would be, octets
 * @credit: octets acknowledged since @w_est last grew, scaled by its alpha
 * @in_epoch: @origin to @credit are valid
 * @hs: HyStart++
 */
struct cubic {
	u32	w_max;
	u32	prior;
	u32	origin;
	u32	k_ms;
	u32	epoch_ms;
	u32	last_ms;
	u32	w_est;
	u32	credit;
	bool	in_epoch;
	struct kite_hystart hs;
};

/* What a loss leaves of a window: beta = 0.7. */
static u32 beta_of(u32 window)
{
	return div_u64((u64)window * 7, 10);
}

/* What makes W_est as fast as Reno: alpha = 3 (1 - beta) / (1 + beta) = 9 / 17. */
static u32 alpha_of(u32 acked)
{
	return div_u64((u64)acked * 9, 17);
}

static u32 clock_ms(void)
{
	return jiffies_to_msecs(jiffies);
}

/* The integer part of a cube root, bit by bit from the highest. */
static u32 cube_root(u64 x)
{
	u64 root = 0;
	int bit;

	for (bit = 20; bit >= 0; bit--) {
		u64 more = root | 1ULL << bit;

		if (more * more * more <= x)
			root = more;
	}
	return root;
}

/* K = cbrt((W_max - cwnd) / C), equation (2): from s to ms is 10^9 under the root. */
static void begin_epoch(struct kite_tcp_sock *tp, struct cubic *ca, u32 now)
{
	ca->in_epoch = true;
	ca->epoch_ms = now;
	ca->origin = max(ca->w_max, tp->cwnd);
	ca->k_ms = cube_root(div_u64((ca->origin - tp->cwnd) * 2500000000ULL,
				     tp->mss));
	ca->w_est = tp->cwnd;
	ca->credit = 0;
}

/* W(t), equation (1), @t_ms after the beginning of the epoch. */
static u32 w_cubic(const struct kite_tcp_sock *tp, const struct cubic *ca,
		   u32 t_ms)
{
	s64 t = clamp_t(s64, (s64)t_ms - ca->k_ms, -CUBIC_TIME_MAX,
			CUBIC_TIME_MAX);
	s64 w;

	/* 0.4 / 10^9, in two steps that neither overflow nor lose an octet. */
	w = ca->origin + div_s64(div_s64(t * t * t, 1000) * tp->mss, 2500000);
	return clamp_t(s64, w, 0, U32_MAX / 2);
}

/* What Reno's window would be by now, equation (4). */
static void reno_friendly(struct kite_tcp_sock *tp, struct cubic *ca, u32 acked)
{
	ca->credit += ca->w_est < ca->prior ? alpha_of(acked) : acked;
	if (ca->credit >= tp->cwnd) {
		ca->credit -= tp->cwnd;
		ca->w_est += tp->mss;
	}
}

static void avoid_congestion(struct kite_tcp_sock *tp, struct cubic *ca,
			     u32 acked, bool limited)
{
	u32 now = clock_ms(), silent = now - ca->last_ms, t, target;

	ca->last_ms = now;
	if (!ca->in_epoch)
		begin_epoch(tp, ca, now);
	else if (!limited || silent > jiffies_to_msecs(tp->rto))
		ca->epoch_ms += silent;		/* RFC 9438 5.8 */
	if (!limited)
		return;

	t = now - ca->epoch_ms;
	reno_friendly(tp, ca, acked);
	if (w_cubic(tp, ca, t) < ca->w_est) {
		if (ca->w_est > tp->cwnd)
			kite_cong_grow(tp, ca->w_est - tp->cwnd);
		return;
	}
	/* In one round trip to where the curve is then, but not to twice as much. */
	target = clamp(w_cubic(tp, ca, t + (tp->srtt_us >> 3) / USEC_PER_MSEC),
		       tp->cwnd, tp->cwnd + tp->cwnd / 2);
	kite_cong_grow(tp, div_u64((u64)(target - tp->cwnd) * acked, tp->cwnd));
}

static void cubic_acked(struct kite_tcp_sock *tp, u32 acked, bool limited)
{
	struct cubic *ca = kite_cong_priv(tp);

	if (tp->cwnd >= tp->ssthresh) {
		avoid_congestion(tp, ca, acked, limited);
		return;
	}
	ca->in_epoch = false;
	if (!limited)
		kite_hystart_paused(tp, &ca->hs);
	else if (kite_cong_slow_start_forever(tp))
		kite_hystart_acked(tp, &ca->hs, acked);
	else
		kite_cong_slow_start(tp, acked);
}

static void cubic_rtt(struct kite_tcp_sock *tp, u32 rtt_us)
{
	struct cubic *ca = kite_cong_priv(tp);

	if (kite_cong_slow_start_forever(tp))
		kite_hystart_rtt(&ca->hs, rtt_us);
}

static u32 cubic_ssthresh(struct kite_tcp_sock *tp, u32 flight)
{
	struct cubic *ca = kite_cong_priv(tp);

	/* Losing below the last plateau: somebody new wants a share (4.7). */
	ca->w_max = tp->cwnd < ca->w_max ? (tp->cwnd + beta_of(tp->cwnd)) / 2 :
					   tp->cwnd;
	ca->prior = tp->cwnd;
	ca->in_epoch = false;
	return beta_of(flight);
}

/* RFC 9438 4.8: nothing is known any more. */
static void cubic_timeout(struct kite_tcp_sock *tp)
{
	struct cubic *ca = kite_cong_priv(tp);

	ca->w_max = 0;
	ca->prior = 0;
	ca->in_epoch = false;
}

static_assert(sizeof(struct cubic) <= sizeof_field(struct kite_tcp_sock, cong_priv));

struct kite_cong_ops kite_cubic = {
	.name		= "cubic",
	.ssthresh	= cubic_ssthresh,
	.acked		= cubic_acked,
	.rtt		= cubic_rtt,
	.timeout	= cubic_timeout,
};
