/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Losses by time, RFC 8985: what was sent well before something that has arrived is lost
 * (RACK), and when nothing arrives any more a probe asks for news (TLP), long before the
 * retransmission timer would give up what is outstanding.
 */
#ifndef _KITE_TCP_RACK_H
#define _KITE_TCP_RACK_H

#include <linux/types.h>

struct kite_tcp_cb;
struct kite_tcp_sock;
struct sock;

/**
 * enum kite_tlp - whether a probe is under way
 * @KITE_TLP_NONE: no
 * @KITE_TLP_NEW: it was something never sent before
 * @KITE_TLP_AGAIN: it was the last segment again
 */
enum kite_tlp {
	KITE_TLP_NONE,
	KITE_TLP_NEW,
	KITE_TLP_AGAIN,
};

/**
 * struct kite_rack - what time tells of losses
 * @newest_us:	when that was sent which was sent last of all that has arrived, µs; valid
 *		if @any
 * @newest_end:	one past the last octet of that
 * @rto_due:	while the timer waits for a probe: when the timeout is due, jiffies
 * @tlp_end:	one past the last octet that was sent when the probe was
 * @tlp_flight:	what was outstanding then, RFC 5681's FlightSize, octets
 * @tlp_ts:	our timestamp then, or the one before
 * @reordered:	how late segments may be, in quarters of a round trip; 0 = none was ever
 *		late, and three that came before one tell that it is lost
 * @tlp:	enum kite_tlp
 * @any:	something that is still outstanding, or was sent with it, has arrived
 *
 * Context: socket lock.
 */
struct kite_rack {
	u32	newest_us;
	u32	newest_end;
	u32	rto_due;
	u32	tlp_end;
	u32	tlp_flight;
	u32	tlp_ts;
	u8	reordered;
	u8	tlp;
	bool	any;
};

void kite_rack_delivered(struct kite_tcp_sock *tp, const struct kite_tcp_cb *cb,
			 u32 end);
bool kite_rack_by_time(const struct kite_tcp_sock *tp);
void kite_rack_was_late(struct kite_tcp_sock *tp);
void kite_rack_was_lost(struct kite_tcp_sock *tp);
bool kite_rack_overtaken(const struct kite_tcp_sock *tp,
			 const struct kite_tcp_cb *cb);
void kite_rack_arm(struct sock *sk, bool restart);
void kite_rack_expired(struct sock *sk);
void kite_tlp_repeated(struct kite_tcp_sock *tp);
void kite_tlp_acked(struct sock *sk);

#endif /* _KITE_TCP_RACK_H */
