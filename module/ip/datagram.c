// SPDX-License-Identifier: GPL-2.0
/*
 * One datagram on its way out: what was asked for, its route, its packet.
 */
#include "datagram.h"

#include <linux/errqueue.h>
#include <linux/export.h>
#include <linux/net_tstamp.h>
#include <linux/rtnetlink.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "../observe/counters.h"
#include "errqueue.h"
#include "pmtu.h"

/*
 * Payload up to here lies in one piece behind the headers; what is beyond lies
 * in pages, so that a big datagram does not need a big allocation. Bytes.
 */
#define LINEAR_MAX	SKB_WITH_OVERHEAD(2048)

static int cmsg_pktinfo(const struct cmsghdr *cmsg, struct kite_datagram *dg)
{
	const struct in_pktinfo *info = CMSG_DATA(cmsg);

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(*info)))
		return -EINVAL;
	if (info->ipi_ifindex)
		dg->oif = info->ipi_ifindex;
	dg->saddr = info->ipi_spec_dst.s_addr;
	return 0;
}

static int cmsg_ttl(const struct cmsghdr *cmsg, struct kite_datagram *dg)
{
	int val;

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(val)))
		return -EINVAL;
	val = *(const int *)CMSG_DATA(cmsg);
	if (val < 1 || val > 255)
		return -EINVAL;
	dg->ttl = val;
	return 0;
}

static int cmsg_tos(const struct cmsghdr *cmsg, struct kite_datagram *dg)
{
	int val;

	if (cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		val = *(const int *)CMSG_DATA(cmsg);
	else if (cmsg->cmsg_len == CMSG_LEN(sizeof(u8)))
		val = *(const u8 *)CMSG_DATA(cmsg);
	else
		return -EINVAL;
	if (val < 0 || val > 255)
		return -EINVAL;
	dg->tos = val;
	dg->priority = rt_tos2priority(val);
	return 0;
}

/* As AF_INET has it, what is too long is cut off. */
static int cmsg_options(struct net *net, struct cmsghdr *cmsg,
			struct kite_datagram *dg)
{
	size_t len = cmsg->cmsg_len - sizeof(*cmsg);

	return kite_options_get(net, &dg->opt, KERNEL_SOCKPTR(CMSG_DATA(cmsg)),
				min_t(size_t, len, KITE_OPTIONS_MAX));
}

static int cmsg_ip(struct net *net, struct cmsghdr *cmsg,
		   struct kite_datagram *dg)
{
	switch (cmsg->cmsg_type) {
	case IP_RETOPTS:
		return cmsg_options(net, cmsg, dg);
	case IP_PKTINFO:
		return cmsg_pktinfo(cmsg, dg);
	case IP_TTL:
		return cmsg_ttl(cmsg, dg);
	case IP_TOS:
		return cmsg_tos(cmsg, dg);
	default:
		return -EINVAL;
	}
}

static int read_cmsgs(struct sock *sk, struct msghdr *msg,
		      struct kite_datagram *dg)
{
	struct sockcm_cookie sockc;
	struct cmsghdr *cmsg;
	int err;

	sockcm_init(&sockc, sk);
	sockc.mark = dg->mark;
	err = sock_cmsg_send(sk, msg, &sockc);
	if (err)
		return err;
	dg->mark = sockc.mark;
	dg->tsflags = sockc.tsflags;
	dg->txtime = sockc.transmit_time;

	for_each_cmsghdr(cmsg, msg) {
		/* A transport's own say nothing about the way. */
		if (cmsg->cmsg_level != SOL_UDP)
			dg->connected = false;
		if (cmsg->cmsg_level != SOL_IP)
			continue;
		err = cmsg_ip(sock_net(sk), cmsg, dg);
		if (err)
			return err;
	}
	return 0;
}

/* To who is on the link, whatever the routes say. */
static bool is_link_only(const struct sock *sk, const struct kite_datagram *dg)
{
	return sock_flag(sk, SOCK_LOCALROUTE) || dg->flags & MSG_DONTROUTE;
}

/* Where a source route begins, or 0. */
static __be32 first_hop(const struct kite_datagram *dg)
{
	return dg->opt.len ? dg->opt.first_hop : 0;
}

/**
 * kite_datagram_address() - read to whom a sendmsg() goes
 * @sk: the socket
 * @msg: the message; a name without a family is taken for one of ours, as
 *	AF_INET has it
 * @dg: filled in with that, and with what the socket's options say
 *
 * Context: process.
 * Return: 0; -EDESTADDRREQ without a name and a connection; -EINVAL,
 * -EAFNOSUPPORT for bad names.
 */
int kite_datagram_address(struct sock *sk, struct msghdr *msg,
			  struct kite_datagram *dg)
{
	const struct kite_sock *ks = kite_sk(sk);

	dg->saddr = ks->saddr;
	dg->sport = ks->sport;
	dg->protocol = sk->sk_protocol;
	dg->oif = READ_ONCE(sk->sk_bound_dev_if);
	dg->mark = READ_ONCE(sk->sk_mark);
	dg->priority = READ_ONCE(sk->sk_priority);
	dg->tos = ks->tos;
	dg->ttl = 0;
	dg->flags = msg->msg_flags;
	dg->tsflags = READ_ONCE(sk->sk_tsflags);
	dg->txtime = 0;
	dg->gso_size = 0;
	dg->connected = !msg->msg_name && !is_link_only(sk, dg);

	if (msg->msg_name) {
		const struct sockaddr_kite *ska = msg->msg_name;
		int err;

		err = kite_addr_from_user(ska, msg->msg_namelen, &dg->to);
		if (err == -EAFNOSUPPORT && ska->skite_family == AF_UNSPEC) {
			dg->to.addr = ska->skite_addr.s_addr;
			dg->to.port = ska->skite_port;
			err = 0;
		}
		return err;
	}
	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	dg->to.addr = sk->sk_daddr;
	dg->to.port = sk->sk_dport;
	return 0;
}

/**
 * kite_datagram_controls() - read what else a sendmsg() asks for
 * @sk: the socket
 * @msg: the message
 * @dg: from kite_datagram_address(); completed
 *
 * Context: process.
 * Return: 0; -EINVAL for bad control messages, -EPERM for what is not allowed.
 */
int kite_datagram_controls(struct sock *sk, struct msghdr *msg,
			   struct kite_datagram *dg)
{
	int err;

	kite_sk_options_copy(sk, &dg->opt);
	if (msg->msg_controllen) {
		err = read_cmsgs(sk, msg, dg);
		if (err)
			return err;
	}
	if (unlikely(first_hop(dg))) {
		/* A source route has to end somewhere. */
		if (!dg->to.addr)
			return -EINVAL;
		dg->connected = false;
	}
	return 0;
}

/**
 * kite_datagram_init() - read what a sendmsg() asks for
 * @sk: the socket
 * @msg: the message
 * @dg: filled in
 *
 * Context: process.
 * Return: 0, or what kite_datagram_address() and kite_datagram_controls() say.
 */
int kite_datagram_init(struct sock *sk, struct msghdr *msg,
		       struct kite_datagram *dg)
{
	return kite_datagram_address(sk, msg, dg) ?:
	       kite_datagram_controls(sk, msg, dg);
}
EXPORT_SYMBOL_GPL(kite_datagram_init);

/* IP_MULTICAST_IF and IP_UNICAST_IF, where nobody has been more precise. */
static void choose_device(const struct sock *sk, struct kite_datagram *dg)
{
	const struct kite_sock *ks = kite_sk(sk);
	struct net *net = sock_net(sk);
	int uc_index = READ_ONCE(ks->uc_index);

	if (ipv4_is_multicast(dg->to.addr)) {
		if (!dg->oif || netif_index_is_l3_master(net, dg->oif))
			dg->oif = READ_ONCE(ks->mc_index);
		if (!dg->saddr)
			dg->saddr = READ_ONCE(ks->mc_addr);
	} else if (!dg->oif) {
		dg->oif = uc_index;
	} else if (ipv4_is_lbcast(dg->to.addr) && uc_index &&
		   dg->oif == l3mdev_master_ifindex_by_index(net, uc_index)) {
		/* Bound to a domain: one device of it sees the broadcast. */
		dg->oif = uc_index;
	}
}

/* The route that the socket's own choices lead to, as far as @dg has them. */
static struct kite_route *find_route(struct sock *sk, struct kite_datagram *dg,
				     u8 flow_flags)
{
	bool strict = first_hop(dg) && dg->opt.at.flags & KITE_OPT_STRICT;
	struct net *net = sock_net(sk);
	struct kite_route *rt;
	struct flowi4 fl4;

	if (kite_sk(sk)->transparent)
		flow_flags |= FLOWI_FLAG_ANYSRC;
	choose_device(sk, dg);
	flowi4_init_output(&fl4, dg->oif, dg->mark, dg->tos & INET_DSCP_MASK,
			   strict || is_link_only(sk, dg) ?
			   RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			   dg->protocol, flow_flags,
			   first_hop(dg) ?: dg->to.addr, dg->saddr,
			   dg->to.port, dg->sport, sk->sk_uid);

	rt = kite_route_output(net, &fl4, sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			kite_count(net, KITE_CNT_Ip_OutNoRoutes);
		return rt;
	}
	if (rt->type == RTN_BROADCAST && !sock_flag(sk, SOCK_BROADCAST)) {
		kite_route_release(rt);
		return ERR_PTR(-EACCES);
	}
	dg->saddr = fl4.saddr;
	if (!first_hop(dg))
		dg->to.addr = fl4.daddr;
	return rt;
}

/**
 * kite_datagram_route() - find the way of a datagram
 * @sk: the socket
 * @dg: what was asked for; source and destination are settled on success
 * @flow_flags: FLOWI_FLAG_*
 *
 * A connected socket's route is found once and kept.
 *
 * Context: process.
 * Return: the route with a reference; or an ERR_PTR: -EACCES for a broadcast
 * without SO_BROADCAST, -ENETUNREACH and what else the FIB says.
 */
struct kite_route *kite_datagram_route(struct sock *sk,
				       struct kite_datagram *dg, u8 flow_flags)
{
	struct dst_entry *dst;
	struct kite_route *rt;

	/* IP_MULTICAST_IF may have changed since the socket was connected. */
	if (ipv4_is_multicast(dg->to.addr))
		dg->connected = false;
	if (dg->connected) {
		dst = sk_dst_check(sk, 0);
		if (dst) {
			rt = container_of(dst, struct kite_route, dst);
			goto found;
		}
	}

	rt = find_route(sk, dg, flow_flags);
	if (IS_ERR(rt))
		return rt;
	if (dg->connected)
		sk_dst_set(sk, dst_clone(&rt->dst));
found:
	/* The program has heard of the next hop, send(2). */
	if (unlikely(dg->flags & MSG_CONFIRM))
		dst_confirm_neigh(&rt->dst, &dg->to.addr);
	return rt;
}
EXPORT_SYMBOL_GPL(kite_datagram_route);

/* Lay out an empty packet and copy the data in; NULL and no packet on failure. */
static struct sk_buff *take_data(struct sk_buff *skb, struct msghdr *msg,
				 size_t hlen, size_t linear, size_t len,
				 int *err)
{
	skb_reserve(skb, KITE_HEADROOM);
	skb_reset_transport_header(skb);
	__skb_put(skb, hlen + linear);
	skb->data_len = len - linear;
	skb->len += len - linear;
	*err = skb_copy_datagram_from_iter(skb, hlen, &msg->msg_iter, len);
	if (*err) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/**
 * kite_datagram_alloc() - a packet with a message's data
 * @sk: whose SO_SNDBUF it is charged to; waits for room there
 * @msg: the data
 * @hlen: room for the transport's header in front of it, bytes
 * @len: bytes to take from @msg
 * @err: set to a negative errno on failure
 *
 * Context: process, may sleep.
 * Return: the packet, data at the (unwritten) transport header, with room for
 * the headers of the layers below; or NULL.
 */
struct sk_buff *kite_datagram_alloc(struct sock *sk, struct msghdr *msg,
				    size_t hlen, size_t len, int *err)
{
	size_t linear = min_t(size_t, len, LINEAR_MAX);
	struct sk_buff *skb;

	skb = sock_alloc_send_pskb(sk, KITE_HEADROOM + hlen + linear,
				   len - linear, msg->msg_flags & MSG_DONTWAIT,
				   err, PAGE_ALLOC_COSTLY_ORDER);
	return skb ? take_data(skb, msg, hlen, linear, len, err) : NULL;
}

/**
 * kite_datagram_alloc_now() - a packet with a message's data and no header
 * @sk: whose SO_SNDBUF it is charged to
 * @msg: the data
 * @len: bytes to take from @msg
 * @err: set to a negative errno on failure, -ENOBUFS when twice SO_SNDBUF is used
 *
 * How AF_INET's raw sockets do it: they neither wait for room nor for memory, and
 * shutdown() means nothing to them.
 *
 * Context: process, may sleep.
 * Return: the packet, or NULL; see kite_datagram_alloc().
 */
struct sk_buff *kite_datagram_alloc_now(struct sock *sk, struct msghdr *msg,
					size_t len, int *err)
{
	size_t linear = min_t(size_t, len, LINEAR_MAX);
	struct sk_buff *skb;

	*err = -ENOBUFS;
	if (refcount_read(&sk->sk_wmem_alloc) > 2 * READ_ONCE(sk->sk_sndbuf))
		return NULL;
	skb = alloc_skb_with_frags(KITE_HEADROOM + linear, len - linear,
				   PAGE_ALLOC_COSTLY_ORDER, err,
				   sk->sk_allocation);
	if (!skb)
		return NULL;
	skb_set_owner_w(skb, sk);
	return take_data(skb, msg, 0, linear, len, err);
}
EXPORT_SYMBOL_GPL(kite_datagram_alloc);

/**
 * kite_datagram_too_big() - refuse a datagram that is larger than it may be
 * @sk: the socket
 * @dg: where it was to go
 * @mtu: how large that is, bytes with headers
 *
 * Who has IP_RECVERR finds in the error queue what of @mtu the options leave.
 *
 * Context: process.
 * Return: -EMSGSIZE.
 */
int kite_datagram_too_big(struct sock *sk, const struct kite_datagram *dg,
			  u32 mtu)
{
	kite_local_error(sk, EMSGSIZE, dg->to.addr, sk->sk_dport, mtu - dg->opt.len);
	return -EMSGSIZE;
}

/**
 * kite_datagram_set_times() - when a datagram is to leave (SCM_TXTIME), and whether it is told
 * when it does (SO_TIMESTAMPING)
 * @sk: the sender, who finds that in the error queue
 * @skb: the datagram
 * @dg: what was asked for
 *
 * Context: process.
 */
void kite_datagram_set_times(struct sock *sk, struct sk_buff *skb, const struct kite_datagram *dg)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (unlikely(dg->txtime))
		kite_skb_set_txtime(skb, dg->txtime, sk->sk_clockid);
	if (likely(!dg->tsflags))
		return;
	__sock_tx_timestamp(dg->tsflags, &shinfo->tx_flags);
	if (dg->tsflags & SOF_TIMESTAMPING_OPT_ID &&
	    dg->tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK)
		shinfo->tskey = atomic_inc_return(&sk->sk_tskey) - 1;
}

/**
 * kite_datagram_xmit() - give a datagram to the network layer
 * @sk: the socket
 * @skb: the datagram from its transport header on; consumed
 * @dg: where it goes
 * @rt: the way; consumed
 * @protocol: IPPROTO_*
 *
 * IP_MTU_DISCOVER decides about what does not fit: it is fragmented here, or
 * refused.
 *
 * Context: process.
 * Return: 0, or a negative errno, of which -ENOBUFS is a full queue of a device.
 */
int kite_datagram_xmit(struct sock *sk, struct sk_buff *skb,
		       const struct kite_datagram *dg, struct kite_route *rt,
		       u8 protocol)
{
	struct kite_tx tx = {
		.saddr		= dg->saddr,
		.daddr		= dg->to.addr,
		.protocol	= protocol,
		.tos		= dg->tos,
		.ttl		= dg->ttl,
		.opt		= dg->opt.len ? &dg->opt : NULL,
	};
	bool fits;
	u32 mtu;
	int err;

	rcu_read_lock();
	mtu = kite_sk_mtu(sk, rt);
	/* Whether each of those that a packet stands for fits has been asked. */
	fits = skb_is_gso(skb) ||
	       skb->len + sizeof(struct iphdr) + dg->opt.len <= mtu;
	tx.df = fits ? kite_want_df(sk, rt) : !kite_may_fragment(sk);
	if (unlikely(tx.df && !fits)) {
		err = kite_datagram_too_big(sk, dg, mtu);
		kite_drop(sock_net(sk), skb, KITE_CNT_Ip_FragFails);
		kite_route_release(rt);
		goto out;
	}
	skb->priority = dg->priority;
	skb->mark = dg->mark;
	kite_datagram_set_times(sk, skb, dg);
	skb_dst_set(skb, &rt->dst);
	err = kite_xmit(sock_net(sk), sk, skb, &tx);
out:
	rcu_read_unlock();
	return err;
}
EXPORT_SYMBOL_GPL(kite_datagram_xmit);
