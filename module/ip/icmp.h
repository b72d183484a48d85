/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RFC 792: errors sent, errors received, echo.
 */
#ifndef _KITE_IP_ICMP_H
#define _KITE_IP_ICMP_H

#include <linux/icmp.h>

#include "../kite.h"

/**
 * struct kite_icmp_err - what an ICMP destination unreachable means to a socket
 * @err: positive errno
 * @fatal: whether it ends a connection attempt (RFC 1122 4.2.3.9)
 */
struct kite_icmp_err {
	int	err;
	bool	fatal;
};

/**
 * struct kite_ping_ops - the ping sockets, seen from ICMP
 * @deliver: takes an echo reply, checksum verified, data at the ICMP header, to
 *	its socket; under RCU with BH disabled. Returns true and has consumed it,
 *	or false and has not
 * @err: an ICMP error about an ICMP message of ours, as in struct kite_protocol
 */
struct kite_ping_ops {
	bool	(*deliver)(struct sk_buff *skb);
	int	(*err)(struct sk_buff *skb, u32 info);
};

void kite_set_ping_ops(const struct kite_ping_ops *ops);

/* icmp_send.c */
void kite_icmp_send(struct sk_buff *skb_in, u8 type, u8 code, __be32 info);
void kite_icmp_link_failure(struct sk_buff *skb);
void kite_icmp_too_large(struct sk_buff *skb, u32 mtu);
bool kite_icmp_allowed(struct net *net, __be32 daddr, int vif, u8 type, u8 code);
void kite_icmp_count_out(const struct net *net, u8 type);

/* icmp_error.c */
struct kite_icmp_err kite_icmp_to_errno(u8 type, u8 code);
void kite_icmp_error(struct net *net, struct sk_buff *skb);

/* icmp.c */
int kite_icmp_init(void);
void kite_icmp_exit(void);

#endif /* _KITE_IP_ICMP_H */
