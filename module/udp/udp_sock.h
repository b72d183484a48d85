/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A UDP socket; only for the files of this room.
 */
#ifndef _KITE_UDP_SOCK_H
#define _KITE_UDP_SOCK_H

#include "../ip/datagram.h"
#include "../kite.h"

/**
 * struct kite_udp_sock - a UDP socket
 * @ks: the KITE socket, first
 * @cork: UDP_CORK is on
 * @gso_size: UDP_SEGMENT, bytes; 0 = off
 * @pending: a datagram is being put together in sk_write_queue; set and cleared
 *	under the socket lock
 * @dg: where the pending datagram goes
 * @rt: its route, with a reference; NULL when nothing is pending
 * @len: its length so far, bytes, without the header
 */
struct kite_udp_sock {
	struct kite_sock	ks;
	bool			cork;
	u16			gso_size;
	bool			pending;
	struct kite_datagram	dg;
	struct kite_route	*rt;
	size_t			len;
};

static_assert(offsetof(struct kite_udp_sock, ks) == 0);

static inline struct kite_udp_sock *kite_udp_sk(const struct sock *sk)
{
	return (struct kite_udp_sock *)sk;
}

/* The most that fits into one datagram, bytes. */
#define KITE_UDP_MAX	(IP_MAX_MTU - sizeof(struct iphdr) - \
			 sizeof(struct udphdr))

/* output.c */
int kite_udp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int kite_udp_send_skb(struct sock *sk, struct sk_buff *skb,
		      const struct kite_datagram *dg, struct kite_route *rt);

/* cork.c */
int kite_udp_cork_begin(struct sock *sk, struct msghdr *msg, size_t len,
			const struct kite_datagram *dg, struct kite_route *rt);
int kite_udp_cork_append(struct sock *sk, struct msghdr *msg, size_t len);
int kite_udp_cork_push(struct sock *sk);
void kite_udp_cork_flush(struct sock *sk);

/* input.c */
struct sock *kite_udp_early_demux(struct net *net, struct sk_buff *skb);
int kite_udp_rcv(struct sk_buff *skb);
int kite_udp_err(struct sk_buff *skb, u32 info);

/* queue.c */
void kite_udp_queue_rcv(struct sock *sk, struct sk_buff *skb);
int kite_udp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
		     int flags, int *addr_len);

#endif /* _KITE_UDP_SOCK_H */
