/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The window that we offer, RFC 9293 3.8.6.
 */
#ifndef _KITE_TCP_WINDOW_H
#define _KITE_TCP_WINDOW_H

#include "tcp_sock.h"

/**
 * kite_tcp_win_from_space() - octets of data that some buffer memory holds
 * @space: octets of memory, headers and overhead included
 *
 * Half is a good guess as long as segments are not tiny.
 */
static inline u32 kite_tcp_win_from_space(int space)
{
	return max(space, 0) / 2;
}

/**
 * kite_tcp_space_from_win() - octets of buffer memory that hold some data
 * @win: octets of data
 */
static inline u64 kite_tcp_space_from_win(u64 win)
{
	return 2 * win;
}

bool kite_tcp_is_full(const struct sock *sk);
u8 kite_tcp_window_scale(const struct sock *sk, u32 clamp);
u32 kite_tcp_window_first(const struct dst_entry *dst, u32 wnd, u16 mss);
void kite_tcp_window_init(struct sock *sk);
u32 kite_tcp_window_fresh(const struct sock *sk);
u16 kite_tcp_window_select(struct sock *sk);

#endif /* _KITE_TCP_WINDOW_H */
