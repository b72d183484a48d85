/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the datagram transports (UDP, raw, ping) have in common.
 */
#ifndef _KITE_IP_DATAGRAM_H
#define _KITE_IP_DATAGRAM_H

#include "../kite.h"
#include "../route/route.h"
#include "../sockaddr.h"
#include "ip_output.h"

/**
 * struct kite_datagram - where one datagram goes, and as what
 * @to: the peer; kite_datagram_route() puts the real address for INADDR_ANY. Its port is
 *	what a policy rule finds there: of ICMP, type and code
 * @sport: the source port that a policy rule finds, network order
 * @protocol: the protocol that a policy rule finds
 * @saddr: source address, network order; 0 until kite_datagram_route() chose
 * @oif: device to send by, 0 = any
 * @mark: SO_MARK
 * @priority: SO_PRIORITY
 * @tos: type of service
 * @ttl: time to live, 0 = default
 * @opt: options; without any, only its length counts
 * @flags: MSG_* of the call
 * @tsflags: SOF_TIMESTAMPING_* that the sender wants
 * @txtime: when it is to leave, by the socket's SO_TXTIME clock, ns; 0 = at once
 * @gso_size: UDP_SEGMENT: it is cut into datagrams of so many bytes; 0 = it is one
 * @connected: everything is as the socket has it: its route may be used
 */
struct kite_datagram {
	struct kite_endpoint	to;
	__be16			sport;
	u8			protocol;
	__be32			saddr;
	int			oif;
	u32			mark;
	u32			priority;
	u8			tos;
	u8			ttl;
	unsigned int		flags;
	u32			tsflags;
	u64			txtime;
	u16			gso_size;
	bool			connected;
	struct kite_ip_options	opt;
};

/**
 * kite_datagram_is_probe() - whether nothing is to be sent: MSG_PROBE
 * @dg: what was asked for
 *
 * Return: whether the call is over once the way is known.
 */
static inline bool kite_datagram_is_probe(const struct kite_datagram *dg)
{
	return dg->flags & MSG_PROBE;
}

int kite_datagram_address(struct sock *sk, struct msghdr *msg,
			  struct kite_datagram *dg);
int kite_datagram_controls(struct sock *sk, struct msghdr *msg,
			   struct kite_datagram *dg);
int kite_datagram_init(struct sock *sk, struct msghdr *msg,
		       struct kite_datagram *dg);
struct kite_route *kite_datagram_route(struct sock *sk,
				       struct kite_datagram *dg, u8 flow_flags);
struct sk_buff *kite_datagram_alloc(struct sock *sk, struct msghdr *msg,
				    size_t hlen, size_t len, int *err);
int kite_datagram_too_big(struct sock *sk, const struct kite_datagram *dg,
			  u32 mtu);
struct sk_buff *kite_datagram_alloc_now(struct sock *sk, struct msghdr *msg,
					size_t len, int *err);
void kite_datagram_set_times(struct sock *sk, struct sk_buff *skb, const struct kite_datagram *dg);
int kite_datagram_xmit(struct sock *sk, struct sk_buff *skb,
		       const struct kite_datagram *dg, struct kite_route *rt,
		       u8 protocol);

int kite_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int len);
void kite_datagram_forget_peer(struct sock *sk);

bool kite_addr_may_bind(const struct sock *sk, __be32 addr, unsigned int *type);

int kite_datagram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			  int flags, int *addr_len);
int kite_datagram_ioctl(struct sock *sk, int cmd, int *karg);

#endif /* _KITE_IP_DATAGRAM_H */
