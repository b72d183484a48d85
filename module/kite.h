/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core of KITE: what every room needs to know.
 *
 * Rooms call downwards only, or beside them: socket -> tcp, udp, raw, ping -> port,
 * ip -> route, hook. This header, netns.h, sockaddr.h and observe/ are below all of them.
 */
#ifndef _KITE_H
#define _KITE_H

#include <linux/build_bug.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "compat/compat.h"
#include <linux/kite.h>

/* Module parameters; constant once the module is loaded. */
extern int kite_family;
extern __be16 kite_ethertype;

struct kite_bind_bucket;
struct kite_mc_member;
struct kite_route;
struct kite_sock_options;

/**
 * struct kite_demux_key - what a packet without a connection is looked up by
 * @addr: address bound to, network order, 0 = any. Unlike sk_rcv_saddr it does
 *	not follow a connect()
 * @port: local port, host order
 * @zero: makes the key a whole number of words
 */
struct kite_demux_key {
	__be32	addr;
	u16	port;
	u16	zero;
};

/**
 * struct kite_flow_entry - a flow that was seen, and what was decided about it
 * @seq:	odd while somebody writes; changes with each writing
 * @daddr:	as in struct kite_flow (route/input_cache.h)
 * @saddr:	as in struct kite_flow
 * @mark:	as in struct kite_flow
 * @iif:	as in struct kite_flow; 0 = the entry is empty
 * @how:	as in struct kite_flow
 * @used:	was found since it was last asked to make room
 * @rt:		the decision, of which the entry has a reference
 */
struct kite_flow_entry {
	u32			seq;
	__be32			daddr;
	__be32			saddr;
	u32			mark;
	int			iif;
	u16			how;
	u8			used;
	struct kite_route	*rt;
};

/**
 * struct kite_sock - a KITE socket of any transport (twin of inet_sock)
 * @sk:		the generic socket, first. Of its sock_common KITE uses the
 *		fields that the core knows by name: skc_daddr, skc_dport (peer,
 *		network order), skc_rcv_saddr (address bound to, network order,
 *		0 = any), skc_num (local port, host order), skc_bound_dev_if,
 *		skc_state, skc_bind_node (owners of a bind bucket), skc_hash (this
 *		owner's number there),
 *		skc_nulls_node (the link in the established table)
 * @bucket:	the bind bucket that owns the local port, or NULL. Written
 *		under that bucket's lock, by the holder of the socket lock
 * @demux_link:	link in the table of listeners and datagram sockets
 *		(port/lookup.h)
 * @demux_key:	constant while @demux_link is linked
 * @saddr:	source address of what is sent, network order, 0 = not chosen
 * @sport:	local port, network order
 * @uc_ttl:	ttl of unicast packets, -1 = the namespace's default
 * @min_ttl:	IP_MINTTL: segments with a lower time to live are dropped
 * @tos:	type of service of packets sent
 * @pmtudisc:	IP_PMTUDISC_*
 * @rcv_tos:	type of service of the last segment received (accept inherits)
 * @ip_id:	next IP identification for this socket, host order
 * @inet_names:	KITE_INET_NAMES
 * @hdrincl:	IP_HDRINCL: the user supplies the IP header (raw sockets)
 * @nodefrag:	IP_NODEFRAG, which has nothing to do here: fragments of a sender
 *		are never put together on their way out
 * @router_alert: IP_ROUTER_ALERT
 * @freebind:	IP_FREEBIND
 * @transparent: IP_TRANSPARENT
 * @bind_address_no_port: IP_BIND_ADDRESS_NO_PORT
 * @mc_loop:	IP_MULTICAST_LOOP
 * @mc_all:	IP_MULTICAST_ALL
 * @recverr:	IP_RECVERR
 * @recverr_rfc4884: IP_RECVERR_RFC4884
 * @rx_wants:	which control messages recvmsg() makes of a packet: KITE_RX_*
 *		(ip/recv_cmsg.h)
 * @options:	IP_OPTIONS, RCU; NULL = none (ip/options.h)
 * @mc_ttl:	IP_MULTICAST_TTL
 * @mc_index:	device of IP_MULTICAST_IF, 0 = as routed
 * @mc_addr:	address of IP_MULTICAST_IF, network order, 0 = as routed
 * @uc_index:	IP_UNICAST_IF: device of packets to single hosts, 0 = as routed
 * @local_port_range: IP_LOCAL_PORT_RANGE: the least port that the kernel may
 *	choose in the lower half, the greatest in the upper half, host order;
 *	0 in either = the namespace's
 * @rx_flow:	how packets come in from the peer, if it is connected: what early
 *		demux spares them. Written as any entry of the input cache
 * @mc_list:	groups that the socket is a member of (ip/mc_member.c); written
 *		under RTNL and the socket lock, read under RCU
 *
 * Fields without a lock named above are written under the socket lock. A socket
 * that was ever in a table carries SOCK_RCU_FREE: whoever finds one under
 * rcu_read_lock() may use it until rcu_read_unlock() without a reference.
 */
struct kite_sock {
	struct sock		sk;
	struct kite_bind_bucket	*bucket;
	struct rhlist_head	demux_link;
	struct kite_demux_key	demux_key;
	__be32			saddr;
	__be16			sport;
	s16			uc_ttl;
	u8			min_ttl;
	u8			tos;
	u8			pmtudisc;
	u8			rcv_tos;
	atomic_t		ip_id;
	struct kite_sock_options __rcu *options;
	u8			inet_names:1,
				hdrincl:1,
				nodefrag:1,
				router_alert:1,
				freebind:1,
				transparent:1,
				bind_address_no_port:1,
				mc_loop:1,
				mc_all:1,
				recverr:1,
				recverr_rfc4884:1;
	u16			rx_wants;
	u8			mc_ttl;
	int			mc_index;
	__be32			mc_addr;
	int			uc_index;
	u32			local_port_range;
	struct kite_flow_entry	rx_flow;
	struct kite_mc_member __rcu	*mc_list;
};

static_assert(offsetof(struct kite_sock, sk) == 0);

/**
 * kite_sk() - the KITE socket around a generic one
 * @__sk: a full socket (not a mini-socket: check sk_fullsock() first)
 */
#define kite_sk(__sk) container_of_const(__sk, struct kite_sock, sk)

/**
 * struct kite_options - where a packet's options are (ip/options.h)
 * @srr: a loose or strict source route
 * @rr: a record route
 * @ts: a time stamp
 * @hop: the address in the source route that comes next
 * @flags: KITE_OPT_*
 *
 * All are offsets from the start of the header; 0 = there is none.
 */
struct kite_options {
	u8	srr;
	u8	rr;
	u8	ts;
	u8	hop;
	u8	flags;
};

/**
 * struct kite_skb_cb - what the network layer remembers in skb->cb
 * @iif:	device the packet came in by (ifindex)
 * @sdif:	enslaved device when @iif is an L3 master (VRF), else 0
 * @frag_max_size: largest fragment of a reassembled datagram, bytes, 0 = whole
 * @flags:	KITE_SKB_*
 * @opt:	the options, as they were when it came in or was made
 *
 * A transport that keeps state of its own in skb->cb puts this first.
 */
struct kite_skb_cb {
	int	iif;
	int	sdif;
	u16	frag_max_size;
	u8	flags;
	struct kite_options opt;
};

#define KITE_SKB_FORWARDED	BIT(0)
#define KITE_SKB_ECT		BIT(1)	/* ours: a router may mark it, RFC 3168 */
#define KITE_SKB_HDRINCL	BIT(2)	/* its header may name another host than its route */

static inline struct kite_skb_cb *kite_skb_cb(const struct sk_buff *skb)
{
	return (struct kite_skb_cb *)skb->cb;
}

void kite_sock_destroy(struct sock *sk);
void kite_sock_destruct(struct sock *sk);

#endif /* _KITE_H */
