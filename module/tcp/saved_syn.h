/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP_SAVE_SYN and TCP_SAVED_SYN, tcp(7): what a peer's SYN looked like.
 */
#ifndef _KITE_TCP_SAVED_SYN_H
#define _KITE_TCP_SAVED_SYN_H

#include <linux/types.h>

struct sk_buff;
struct sock;

/* Values of TCP_SAVE_SYN, beside 0. */
#define KITE_SAVE_SYN		1	/* from the network header on */
#define KITE_SAVE_SYN_LINK	2	/* ... from that of the link on */

/**
 * struct kite_saved_syn - the headers of a SYN
 * @len: octets of them
 * @headers: as they came
 *
 * A half-open connection's, then its child's, until that has been asked for it or is closed.
 */
struct kite_saved_syn {
	u32	len;
	u8	headers[];
};

struct kite_saved_syn *kite_syn_save(const struct sock *listener, const struct sk_buff *skb);
int kite_syn_read(struct sock *sk, char __user *optval, int __user *optlen, int len);
void kite_syn_forget(struct sock *sk);

#endif /* _KITE_TCP_SAVED_SYN_H */
