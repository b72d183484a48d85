/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of an RFC 791 header: those of a packet that came in, and those
 * that a sender wants.
 */
#ifndef _KITE_IP_OPTIONS_H
#define _KITE_IP_OPTIONS_H

#include <linux/ip.h>
#include <linux/sockptr.h>
#include <linux/types.h>

#include "../kite.h"

/* Octets of options that a header has room for. */
#define KITE_OPTIONS_MAX	40

/* struct kite_options.flags */
#define KITE_OPT_STRICT		BIT(0)	/* the source route is a strict one */
#define KITE_OPT_RECORD		BIT(1)	/* record route has room for an address */
#define KITE_OPT_TS_ADDR	BIT(2)	/* time stamp wants an address ... */
#define KITE_OPT_TS_TIME	BIT(3)	/* ... a time */
#define KITE_OPT_TS_FULL	BIT(4)	/* ... has no room: count who passes */
#define KITE_OPT_ALERT		BIT(5)	/* router alert, RFC 2113 */
#define KITE_OPT_PRIVILEGED	BIT(6)	/* one that not every user may send */
#define KITE_OPT_TAIL		BIT(7)	/* not only zeroes behind the end */

/**
 * struct kite_ip_options - the options that a sender wants
 * @first_hop: where the source route begins, network order; 0 = there is none
 * @at: where they are; KITE_OPT_RECORD and _TS_* say what is filled in on
 *	sending
 * @len: octets of @data, a multiple of four
 * @data: as the user gave them: the first hop is still in the source route, the
 *	destination not yet
 */
struct kite_ip_options {
	__be32			first_hop;
	struct kite_options	at;
	u8			len;
	u8			data[KITE_OPTIONS_MAX];
};

/**
 * struct kite_sock_options - IP_OPTIONS of a socket
 * @rcu: frees it
 * @opt: the options, at least four octets; constant
 */
struct kite_sock_options {
	struct rcu_head		rcu;
	struct kite_ip_options	opt;
};

/* options.c */
u8 kite_options_parse(struct net *net, const u8 *data, unsigned int len,
		      struct kite_options *opt);
void kite_options_stamp(u8 *header, const struct kite_options *opt,
			__be32 addr);
void kite_options_trim(u8 *data, unsigned int len);
void kite_options_fragment(struct iphdr *iph);

/* options_input.c */
bool kite_options_rcv(struct net *net, struct sk_buff *skb);
void kite_options_reparse(struct net *net, struct sk_buff *skb);
void kite_options_forward(struct sk_buff *skb);

/* options_output.c */
int kite_options_get(struct net *net, struct kite_ip_options *out,
		     sockptr_t data, unsigned int len);
void kite_options_build(struct iphdr *iph, const struct kite_ip_options *opt,
			__be32 daddr);
int kite_options_echo(struct net *net, const struct sk_buff *skb,
		      struct kite_ip_options *out);
struct kite_sock_options *kite_options_save(struct net *net,
					    const struct sk_buff *skb);
unsigned int kite_sk_options_len(const struct sock *sk);
void kite_sk_options_copy(const struct sock *sk, struct kite_ip_options *out);
int kite_set_ip_options(struct sock *sk, sockptr_t data, unsigned int len);
int kite_get_ip_options(const struct sock *sk, char __user *optval,
			int __user *optlen, int len);

#endif /* _KITE_IP_OPTIONS_H */
