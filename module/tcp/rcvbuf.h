/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A receive buffer as large as the path needs (dynamic right-sizing). The window has to
 * hold what a round trip can bring, else the peer waits for it; how much that is shows in
 * what the user reads in one.
 */
#ifndef _KITE_TCP_RCVBUF_H
#define _KITE_TCP_RCVBUF_H

#include <linux/types.h>

struct kite_tcp_options;
struct kite_tcp_sock;
struct sock;

/**
 * struct kite_rcvbuf - how fast the stream flows to the user
 * @rtt_us:	round-trip time as the receiver sees it, µs; 0 = not known yet
 * @least_us:	the least seen since @began_us, µs; 0 = none
 * @tsecr:	our timestamp that was last echoed
 * @wnd_us:	without timestamps: when @wnd_end was offered, µs
 * @wnd_end:	without timestamps: one past the window that was offered then
 * @began_us:	when the round trip began in which the user is reading, µs
 * @began:	the next octet to be read then
 * @most:	most octets that were read in one round trip
 *
 * Context: socket lock.
 */
struct kite_rcvbuf {
	u32	rtt_us;
	u32	least_us;
	union {
		u32	tsecr;
		struct {
			u32	wnd_us;
			u32	wnd_end;
		};
	};
	u32	began_us;
	u32	began;
	u32	most;
};

void kite_rcvbuf_init(struct kite_tcp_sock *tp);
void kite_rcvbuf_arrived(struct kite_tcp_sock *tp,
			 const struct kite_tcp_options *opt);
void kite_rcvbuf_read(struct sock *sk);

#endif /* _KITE_TCP_RCVBUF_H */
