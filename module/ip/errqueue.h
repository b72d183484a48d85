/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP_RECVERR: errors about packets of ours, kept until the socket's owner reads
 * them with MSG_ERRQUEUE, ip(7).
 */
#ifndef _KITE_IP_ERRQUEUE_H
#define _KITE_IP_ERRQUEUE_H

#include "../kite.h"

void kite_icmp_error_queue(struct sock *sk, const struct sk_buff *skb, int err,
			   __be16 port, u32 info, const void *payload);
void kite_local_error(struct sock *sk, int err, __be32 daddr, __be16 port,
		      u32 info);
int kite_recv_error(struct sock *sk, struct msghdr *msg, size_t len,
		    int *addr_len);
void kite_datagram_icmp_error(struct sock *sk, const struct sk_buff *skb,
			      __be16 port, u32 info, const void *payload);

#endif /* _KITE_IP_ERRQUEUE_H */
