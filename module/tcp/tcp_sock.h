/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a TCP socket is: the variables of RFC 9293 3.3.1 and of its companions.
 */
#ifndef _KITE_TCP_SOCK_H
#define _KITE_TCP_SOCK_H

#include <linux/llist.h>
#include <linux/timer.h>

#include "../kite.h"
#include "chrono.h"
#include "rack.h"
#include "rate.h"
#include "rcvbuf.h"
#include "sack.h"
#include "scoreboard.h"
#include "segment.h"
#include "seq.h"
#include "tally.h"
#include "timestamp.h"
#include "undo.h"

struct kite_listener;

/**
 * enum kite_urgent - what has become of the octet that the peer marked urgent
 * @KITE_URGENT_NONE: there is no mark, or the reader is past it
 * @KITE_URGENT_AWAITED: it has not come yet
 * @KITE_URGENT_HERE: the user may take it
 * @KITE_URGENT_TAKEN: the user took it, and has not read past the mark
 */
enum kite_urgent {
	KITE_URGENT_NONE,
	KITE_URGENT_AWAITED,
	KITE_URGENT_HERE,
	KITE_URGENT_TAKEN,
};

/**
 * enum kite_tcp_timer_use - what the retransmission timer is armed for
 * @KITE_TIMER_IDLE: nothing; it may still run, and will find nothing to do
 * @KITE_TIMER_RTO: something sent is not acknowledged
 * @KITE_TIMER_TLP: ... and news of it is overdue
 * @KITE_TIMER_PROBE: nothing is outstanding, and the peer's window forbids
 *	to send what waits
 */
enum kite_tcp_timer_use {
	KITE_TIMER_IDLE,
	KITE_TIMER_RTO,
	KITE_TIMER_TLP,
	KITE_TIMER_PROBE,
};

/**
 * enum kite_tcp_recovery - what is believed lost
 * @KITE_LOSS_NONE: nothing
 * @KITE_LOSS_FAST: what selective (RFC 6675) or duplicate acknowledgments (RFC 6582)
 *	point at
 * @KITE_LOSS_RTO: everything that was outstanding at the timeout
 * @KITE_LOSS_PROBE: a segment that was too large for the path on purpose: no sign of
 *	congestion, RFC 4821 7.5
 */
enum kite_tcp_recovery {
	KITE_LOSS_NONE,
	KITE_LOSS_FAST,
	KITE_LOSS_RTO,
	KITE_LOSS_PROBE,
};

/* Bits of kite_tcp_sock.ack_pending. */
#define KITE_ACK_SCHED	BIT(0)	/* something received is not acknowledged */
#define KITE_ACK_TIMER	BIT(1)	/* ... and the delayed-ACK timer covers it */
#define KITE_ACK_NOW	BIT(2)	/* ... and must be at once */
#define KITE_ACK_PUSHED	BIT(3)	/* ... and ends with what its sender wrote last */
#define KITE_ACK_PUSHED_TWICE BIT(4) /* ... and holds more than one such message */

/* Bits of kite_tcp_sock.nagle. */
#define KITE_NAGLE_OFF	BIT(0)	/* TCP_NODELAY */
#define KITE_NAGLE_CORK	BIT(1)	/* TCP_CORK: full segments only */
#define KITE_NAGLE_PUSH	BIT(2)	/* what is queued now goes out */
#define KITE_NAGLE_URGENT BIT(3) /* until snd_up is acknowledged: nothing waits */

/* Bits of kite_tcp_sock.ecn; all are 0 when the two sides have not agreed to it. */
#define KITE_ECN_OK	BIT(0)	/* agreed upon; offered in SYN_SENT */
#define KITE_ECN_SEEN	BIT(1)	/* the peer's data may be marked, indeed */
#define KITE_ECN_ECHO	BIT(2)	/* it was: every segment says so */
#define KITE_ECN_CWR	BIT(3)	/* our next new data says that we go slower */
#define KITE_ECN_ANSWERED BIT(4) /* the peer's echo was, until more than ecn_end is acknowledged */

/* Bits of kite_tcp_sock.deferred: work that release_sock() catches up with. */
enum {
	KITE_DEFER_RTX,		/* retransmission timer */
	KITE_DEFER_DELACK,	/* delayed-ACK timer */
	KITE_DEFER_PMTU,	/* a smaller path MTU was reported */
	KITE_DEFER_PACED,	/* pacing timer, or something has left this host */
};

struct kite_cong_ops;
struct kite_pacer;
struct kite_saved_syn;

/**
 * struct kite_least_rtt - the shortest round trip of late
 * @us:		so long it took, µs; U32_MAX = none measured
 * @at:		when that was, jiffies
 * @next_us:	the shortest since then that will do when that is too old, µs
 * @next_at:	when that was, jiffies
 *
 * Context: socket lock.
 */
struct kite_least_rtt {
	u32	us;
	u32	at;
	u32	next_us;
	u32	next_at;
};

/**
 * struct kite_tcp_sock - one connection, or one listener
 * @ks:		the KITE socket, first
 *
 * @snd_una:	oldest octet not acknowledged
 * @snd_nxt:	next octet to be sent for the first time
 * @write_seq:	one past the last octet that the user wrote: where the FIN
 *		stands once @fin_queued
 * @snd_wnd:	peer's window, octets from @snd_una
 * @snd_wl1:	sequence number of the segment that last set @snd_wnd
 * @max_window:	largest window the peer ever offered, octets
 * @bytes_acked: since the handshake, the FIN among them
 * @snd_up:	one past the last urgent octet, with KITE_NAGLE_URGENT
 * @stamp_base:	keys of SO_TIMESTAMPING count from that octet, if they count (stamps.c)
 * @snd_sml:	one past the last small segment sent (Minshall's Nagle)
 * @pmtu:	path MTU that @mss was made from, octets
 * @pmtu_told:	KITE_DEFER_PMTU: what the router said, octets; 0 = nothing
 * @mss:	octets of data in a full segment now
 * @mss_clamp:	what the peer's MSS option allows, octets
 * @user_mss:	TCP_MAXSEG, octets; 0 = not set
 * @advmss:	MSS that we offered, octets
 * @mss_low:	so much comes through, octets of data and TCP options; 0 = nobody searches
 *		for more (mss_search.c)
 * @mss_high:	more does not, octets of data and TCP options
 * @mss_probe:	octets of data in the segment that is out to tell; 0 = none is
 * @mss_probe_end: one past its last octet
 * @mss_since:	when the search began, the low 32 bits of jiffies
 * @snd_wscale:	shift of the peer's windows
 * @rcv_wscale:	shift of ours
 * @wscale_ok:	window scaling is offered, and later: agreed upon
 * @sack_ok:	selective acknowledgments are offered, and later: agreed upon
 * @ecn:	KITE_ECN_*
 * @ecn_end:	end of what was outstanding when the peer's echo was answered
 * @nagle:	KITE_NAGLE_*
 * @ts:		timestamps
 * @syn_ts:	our timestamp when we began to connect
 *
 * @rcv_nxt:	next octet expected
 * @copied_seq:	next octet that the user will read
 * @urgent:	enum kite_urgent
 * @urgent_octet: what the peer marked, once it came
 * @rcv_up:	its number, unless KITE_URGENT_NONE
 * @rcv_wup:	@rcv_nxt when the last acknowledgment was sent
 * @rcv_wnd:	window in that acknowledgment, octets
 * @window_clamp: largest window we may offer, octets
 * @rcv_mss:	estimate of the peer's full segment, octets
 * @rcv_small:	octets of the last segment that was smaller, and not the end of what was
 *		written; 0 = none was
 * @quick_acks:	so many more segments are acknowledged at once
 * @ack_pending: KITE_ACK_*
 * @delack_max:	so long an acknowledgment waits, jiffies
 * @pingpong:	the user answers what it reads: an acknowledgment can ride on
 *		the answer
 * @ooo:	segments beyond a gap, by sequence number, without overlaps
 * @report:	what the peer is told of them
 * @rcvbuf:	how fast the stream flows to the user
 *
 * @srtt_us:	smoothed round-trip time, 1/8 µs; 0 = none measured
 * @rttvar_us:	its variation, 1/4 µs
 * @least:	the shortest of late
 * @rto:	retransmission timeout without back-off, jiffies
 * @cwnd:	congestion window, octets
 * @ssthresh:	slow start threshold, octets
 * @cong:	what decides about @cwnd and @ssthresh (cong.h)
 * @cong_fixed:	the administrator has chosen @cong
 * @cong_priv:	its part of the connection, if @cong_runs
 * @cong_runs:	it has looked after the connection since the handshake
 * @max_flight: most that was outstanding in this round trip, octets
 * @max_flight_end: the round trip is over when this octet is acknowledged
 * @last_sent:	when data was last sent the first time, jiffies
 * @recover:	end of what was outstanding when a loss was found
 * @rtx_nxt:	next octet of what is lost to be sent again
 * @board:	what the peer has, and what is lost
 * @rack:	what time tells of that
 * @undo:	what was before the loss
 * @prr_delivered: octets that have arrived since the loss was found, RFC 6937
 * @prr_out:	octets sent since then
 * @prr_flight:	what was outstanding then, octets
 * @syn_us:	before the handshake is over: when the SYN was sent last, µs; 0 = nobody
 *		knows
 * @loss:	enum kite_tcp_recovery
 * @dupacks:	duplicate acknowledgments in a row
 *
 * @notsent_lowat: TCP_NOTSENT_LOWAT, octets; 0 = the namespace's
 * @rtx_timer:	retransmission, loss probe or persist (@timer_use)
 * @delack_timer: delayed acknowledgments
 * @rtx_expires: when @rtx_timer is due, jiffies; the timer itself may run
 *		earlier and goes on waiting then
 * @delack_expires: the same for @delack_timer
 * @timer_use:	enum kite_tcp_timer_use
 * @backoff:	doublings of @rto
 * @retransmits: timeouts in a row for the same octet
 * @probes_out:	window or keepalive probes without an answer
 * @retrans_start: when what is unanswered was first sent again, or the window first
 *		probed, jiffies; 0 = not yet
 * @last_rcv:	when the peer was last heard, jiffies
 * @last_challenge: when a segment that fits nowhere was last answered, jiffies;
 *		0 = never
 * @tally:	what was sent and received
 * @chrono:	what the sender spends its time with
 * @rate:	how fast it goes
 * @deferred:	KITE_DEFER_*, bits
 * @tsq:	enum kite_tsq
 *
 * @fin_queued:	the user closed its sending side
 * @fin_alone:	the FIN did not ride on data
 * @save_syn:	TCP_SAVE_SYN
 * @orphan:	counted in kite_net.orphan_count
 * @syn_retries: TCP_SYNCNT; 0 = the namespace's
 * @defer_accept: TCP_DEFER_ACCEPT, as SYN-ACKs that are sent meanwhile; 0 = off
 * @keep_probes: TCP_KEEPCNT; 0 = the namespace's
 * @keep_idle:	TCP_KEEPIDLE, jiffies; 0 = the namespace's
 * @keep_intvl:	TCP_KEEPINTVL, jiffies; 0 = the namespace's
 * @linger2:	TCP_LINGER2, jiffies; 0 = the namespace's, -1 = none
 * @user_timeout: TCP_USER_TIMEOUT, ms; 0 = not set
 * @total_retrans: segments sent again
 * @tells_inq:	TCP_INQ
 * @thin_linear: TCP_THIN_LINEAR_TIMEOUTS
 *
 * @listener:	what a listener has more; allocated by the first listen(),
 *		lives as long as the socket
 * @pacer:	when the next packet may leave; NULL unless the connection is paced here
 *		(pacing.c), lives as long as the socket
 * @saved_syn:	TCP_SAVED_SYN, until it is asked for; NULL = nothing is saved
 * @accept_next: next in the accept queue, under the listener's queue lock
 * @tsq_node:	among those that go on since something has left this host (tsq.c)
 *
 * Sequence numbers are in host order. Moments in jiffies are the low 32 bits of them
 * where a u32 holds them. Fields are written under the socket lock;
 * those that poll() and listings read without it, by WRITE_ONCE().
 *
 * SYN and FIN are not in any queue: they are made from these variables whenever
 * they are sent. sk_write_queue holds data never sent, tcp_rtx_queue (by
 * sequence number) data sent and not acknowledged, sk_receive_queue data in
 * order from @copied_seq on.
 */
struct kite_tcp_sock {
	struct kite_sock	ks;

	u64			bytes_acked;
	u32			snd_una;
	u32			snd_nxt;
	u32			write_seq;
	u32			snd_wnd;
	u32			snd_wl1;
	u32			max_window;
	u32			snd_up;
	u32			snd_sml;
	u32			pmtu;
	u32			pmtu_told;
	u16			mss;
	u16			mss_clamp;
	u16			user_mss;
	u16			advmss;
	u16			mss_low;
	u8			snd_wscale;
	u8			rcv_wscale;
	bool			wscale_ok;
	bool			sack_ok;
	u8			ecn;
	u8			nagle;
	struct kite_tcp_ts	ts;
	union {
		u32		syn_ts;		/* before the handshake is over */
		u32		mss_since;	/* then */
	};
	u32			ecn_end;

	u8			quick_acks;
	u8			ack_pending;
	u8			urgent;
	u8			urgent_octet;
	u32			rcv_nxt;
	u32			copied_seq;
	u32			rcv_up;
	u32			rcv_wup;
	u32			rcv_wnd;
	u32			window_clamp;
	u16			rcv_mss;
	bool			pingpong;
	bool			fin_queued;
	struct rb_root		ooo;
	struct kite_sack_report	report;
	struct kite_rcvbuf	rcvbuf;

	u32			srtt_us;
	u32			rttvar_us;
	struct kite_least_rtt	least;
	u32			rto;
	u32			cwnd;
	u32			ssthresh;
	u32			recover;
	u32			rtx_nxt;
	struct kite_scoreboard	board;
	struct kite_rack	rack;
	struct kite_undo	undo;
	u32			prr_delivered;
	u32			prr_out;
	union {
		u32		syn_us;		/* before the handshake is over */
		u32		prr_flight;	/* then */
	};
	u8			loss;
	u8			dupacks;
	bool			cong_runs;
	bool			fin_alone;
	u8			save_syn;
	u8			delack_max;
	bool			cong_fixed;
	const struct kite_cong_ops *cong;
	u64			cong_priv[8];
	u32			max_flight;
	u32			max_flight_end;
	u32			last_sent;
	u16			mss_high;
	u16			mss_probe;
	u32			mss_probe_end;

	u8			timer_use;
	u8			backoff;
	u8			retransmits;
	u8			probes_out;
	u32			notsent_lowat;
	u32			last_challenge;
	struct timer_list	rtx_timer;
	struct timer_list	delack_timer;
	u32			rtx_expires;
	u32			delack_expires;
	u32			retrans_start;
	u32			last_rcv;
	atomic_t		deferred;
	atomic_t		tsq;
	struct kite_tcp_tally	tally;
	struct kite_chrono	chrono;
	struct kite_rate	rate;

	bool			orphan;
	u8			syn_retries;
	u8			defer_accept;
	u8			keep_probes;
	u32			keep_idle;
	u32			keep_intvl;
	int			linger2;
	u32			user_timeout;
	u32			total_retrans;
	bool			tells_inq;
	bool			thin_linear;
	u16			rcv_small;
	u32			stamp_base;

	struct kite_listener	*listener;
	struct kite_pacer	*pacer;
	struct kite_saved_syn	*saved_syn;
	union {
		struct sock		*accept_next;	/* before accept() */
		struct llist_node	tsq_node;	/* then */
	};
};

static_assert(offsetof(struct kite_tcp_sock, ks) == 0);

/**
 * kite_tcp_sk() - the TCP socket around a generic one
 * @__sk: a full socket of this transport
 */
#define kite_tcp_sk(__sk) container_of_const(__sk, struct kite_tcp_sock, ks.sk)

/* Retransmission timeouts, jiffies, RFC 6298; the lower bound is the route's. */
#define KITE_RTO_INIT	(1 * HZ)
/* ... and after a handshake that took several, and has shown no round trip, 5.7 */
#define KITE_RTO_RESENT	(3 * HZ)
#define KITE_RTO_MAX	(120 * HZ)

/* 2 MSL, RFC 9293 3.4.2, jiffies. */
#define KITE_TIMEWAIT_LEN	(60 * HZ)

static inline bool kite_tcp_is_state(const struct sock *sk, int states)
{
	return (1 << READ_ONCE(sk->sk_state)) & states;
}

/* Whether nothing tells of congestion. */
static inline bool kite_tcp_is_undisturbed(const struct kite_tcp_sock *tp)
{
	return tp->loss == KITE_LOSS_NONE || tp->loss == KITE_LOSS_PROBE;
}

/* One past the last octet that the peer allows. */
static inline u32 kite_tcp_wnd_end(const struct kite_tcp_sock *tp)
{
	return tp->snd_una + tp->snd_wnd;
}

/* Octets sent and not acknowledged. */
static inline u32 kite_tcp_flight(const struct kite_tcp_sock *tp)
{
	return tp->snd_nxt - tp->snd_una;
}

/* What is left of the window in the last acknowledgment sent, octets. */
static inline u32 kite_tcp_rcv_window(const struct kite_tcp_sock *tp)
{
	s32 win = tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt;

	return max(win, 0);
}

/* Whether our FIN is on its way; it may have to be sent again. */
static inline bool kite_tcp_fin_sent(const struct kite_tcp_sock *tp)
{
	return tp->fin_queued && kite_after(tp->snd_nxt, tp->write_seq);
}

static inline bool kite_tcp_fin_acked(const struct kite_tcp_sock *tp)
{
	return tp->fin_queued && kite_after(tp->snd_una, tp->write_seq);
}

/* Oldest segment that was sent and is not acknowledged, or NULL. */
static inline struct sk_buff *kite_tcp_rtx_head(const struct sock *sk)
{
	return skb_rb_first(&sk->tcp_rtx_queue);
}

/* Octets of the options that every segment has. */
static inline u16 kite_tcp_options_len(const struct kite_tcp_sock *tp)
{
	return tp->ts.ok ? KITE_TCP_TS_LEN : 0;
}

#endif /* _KITE_TCP_SOCK_H */
