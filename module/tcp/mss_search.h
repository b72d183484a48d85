/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packetization layer path MTU discovery, RFC 4821: how large a segment comes through where
 * no router says so.
 */
#ifndef _KITE_TCP_MSS_SEARCH_H
#define _KITE_TCP_MSS_SEARCH_H

#include "tcp_sock.h"

void kite_mss_search_start(struct kite_tcp_sock *tp);
void kite_mss_search_lower(struct sock *sk);
int kite_mss_probe_len(struct sock *sk);
bool kite_mss_probe_gather(struct sock *sk, struct sk_buff *skb, u32 len);
void kite_mss_probe_sent(struct kite_tcp_sock *tp, u32 len);
void kite_mss_probe_acked(struct sock *sk);
void kite_mss_probe_lost(struct sock *sk);

/**
 * kite_mss_probe_is_next() - whether a probe is the oldest that is outstanding
 * @tp: the connection
 */
static inline bool kite_mss_probe_is_next(const struct kite_tcp_sock *tp)
{
	return tp->mss_probe && tp->snd_una == tp->mss_probe_end - tp->mss_probe;
}

#endif /* _KITE_TCP_MSS_SEARCH_H */
