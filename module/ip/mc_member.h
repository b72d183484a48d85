/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The groups that a socket is a member of, and whom it hears there, RFC 1112 and
 * RFC 3678.
 */
#ifndef _KITE_IP_MC_MEMBER_H
#define _KITE_IP_MC_MEMBER_H

#include "../kite.h"

/**
 * struct kite_mc_filter - whose packets to a group a socket hears
 * @mode: MCAST_INCLUDE: of @addr only; MCAST_EXCLUDE: of all but @addr
 * @n: number of @addr
 * @addr: sources, network order
 */
struct kite_mc_filter {
	u8		mode;
	unsigned int	n;
	__be32		*addr;
};

int kite_mc_join(struct sock *sk, struct ip_mreqn *req, u8 mode);
int kite_mc_leave(struct sock *sk, struct ip_mreqn *req);
int kite_mc_source(struct sock *sk, bool add, u8 mode, struct ip_mreqn *req,
		   __be32 source);
int kite_mc_set_filter(struct sock *sk, struct ip_mreqn *req,
		       const struct kite_mc_filter *filter);
int kite_mc_get_filter(struct sock *sk, struct ip_mreqn *req, bool by_number,
		       struct kite_mc_filter *filter);
void kite_mc_drop(struct sock *sk);

bool kite_mc_allowed(const struct sock *sk, const struct sk_buff *skb);

#endif /* _KITE_IP_MC_MEMBER_H */
