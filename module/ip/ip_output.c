// SPDX-License-Identifier: GPL-2.0
#include "ip_output.h"

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>

#include "../hook/hook.h"
#include "../observe/counters.h"
#include "../observe/trace.h"
#include "../route/neigh.h"
#include "fragment.h"
#include "offload.h"
#include "pmtu.h"

/*
 * A packet on its way out passes
 *
 *   kite_queue_xmit, kite_send_reply	find the route
 *   kite_xmit				puts the header on
 *   kite_local_out			completes it	[LOCAL_OUT]
 *   kite_output			here forwarded ones join [POST_ROUTING]
 *   kite_output_finish			fragments
 *   kite_neigh_xmit			finds the link-layer address
 */

static __always_inline int kite_output_fragment(struct net *net, struct sock *sk,
						struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	int room = LL_RESERVED_SPACE(dev) - skb_headroom(skb);

	if (unlikely(room > 0) &&
	    pskb_expand_head(skb, SKB_DATA_ALIGN(room), 0, GFP_ATOMIC)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutDiscards);
		return -ENOMEM;
	}
	trace_kite_xmit(net, skb, dev, "");
	return kite_neigh_xmit(net, skb);
}

static int kite_output_sized(struct net *net, struct sock *sk,
			     struct sk_buff *skb)
{
	u32 mtu = kite_skb_mtu(sk, skb);

	if (likely(!kite_exceeds_mtu(skb, mtu)))
		return kite_output_fragment(net, sk, skb);
	if (skb_is_gso(skb))
		return kite_gso_each(net, sk, skb, kite_output_sized);
	return kite_fragment(net, sk, skb, mtu, kite_output_fragment);
}

static __always_inline int kite_output_finish(struct net *net, struct sock *sk,
					      struct sk_buff *skb)
{
	kite_net_count_add(kite_net_rcu(net), KITE_CNT_IpExt_OutOctets, skb->len);
	return kite_output_sized(net, sk, skb);
}

static int kite_output_loop_finish(struct net *net, struct sock *sk,
				   struct sk_buff *skb)
{
	return dev_loopback_xmit(net, sk, skb);
}

/* RFC 1112 6.1: who sends to a group that he is in hears himself. */
static void kite_output_loop_back(struct net *net, struct sock *sk,
				  const struct sk_buff *skb,
				  struct net_device *in)
{
	struct sk_buff *copy = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);

	if (!copy) {
		kite_count(net, KITE_CNT_Ip_OutDiscards);
		return;
	}
	kite_hook(NF_INET_POST_ROUTING, net, sk, copy, in, copy->dev,
		  kite_output_loop_finish);
}

/*
 * Whether this host has a copy of what it sends to many. Over loopback all comes back by
 * itself. IP_MULTICAST_LOOP is about groups alone.
 */
static bool kite_wants_loop(const struct sock *sk, const struct kite_route *rt,
			    const struct net_device *dev)
{
	if (!rt->heard || dev->flags & IFF_LOOPBACK)
		return false;
	return rt->type != RTN_MULTICAST || !sk || !sk_fullsock(sk) ||
	       kite_sk(sk)->mc_loop;
}

static __always_inline int output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct net_device *in = skb->dev;

	skb->dev = dst_dev_rcu(&rt->dst);
	skb->protocol = kite_ethertype;
	trace_kite_output(net, skb, skb->dev, "");

	if (unlikely(rt->type == RTN_MULTICAST || rt->type == RTN_BROADCAST)) {
		kite_count(net, rt->type == RTN_MULTICAST ?
			   KITE_CNT_IpExt_OutMcastPkts :
			   KITE_CNT_IpExt_OutBcastPkts);
		if (kite_wants_loop(sk, rt, skb->dev))
			kite_output_loop_back(net, sk, skb, in);
		/* RFC 1112 6.1: a ttl of 0 stays in this host. */
		if (rt->type == RTN_MULTICAST && !ip_hdr(skb)->ttl) {
			consume_skb(skb);
			return 0;
		}
	}
	return kite_hook(NF_INET_POST_ROUTING, net, sk, skb, in, skb->dev,
			 kite_output_finish);
}

/**
 * kite_output() - send a packet, our own or a forwarded one, by its route
 * @net: the namespace
 * @sk: the sender, or NULL
 * @skb: the packet, complete, route attached, data at the network header;
 *	consumed
 *
 * Context: RCU read lock.
 * Return: 0, NET_XMIT_* or a negative errno.
 */
int kite_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return output(net, sk, skb);
}

/**
 * kite_local_out() - send a packet of our own that has a header
 * @net: the namespace
 * @sk: the sender, or NULL
 * @skb: the packet, route attached, data at the network header, of which length
 *	and checksum are still missing; consumed
 *
 * Context: RCU read lock.
 * Return: 0, NET_XMIT_* or a negative errno.
 */
int kite_local_out(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct iphdr *iph = ip_hdr(skb);
	struct net_device *out = dst_dev_rcu(&rt->dst);

	iph->tot_len = htons(skb->len);
	ip_send_check(iph);
	skb->protocol = kite_ethertype;
	kite_net_count(rt->kn, KITE_CNT_Ip_OutRequests);

	trace_kite_local_out(net, skb, out, "");
	return kite_hook(NF_INET_LOCAL_OUT, net, sk, skb, NULL, out, output);
}

/*
 * RFC 6864: a packet that is never fragmented needs no identification; one that
 * may be gets one that is unique between these two hosts for a while, and that
 * nobody else can guess (RFC 7739): the kernel's keyed generator. Connections
 * count by themselves, for the sake of header compression. A packet that stands for
 * several has the first of their identifications.
 */
static void kite_select_ident(struct net *net, struct sock *sk,
			      const struct sk_buff *skb)
{
	int packets = skb_shinfo(skb)->gso_segs ?: 1;
	struct iphdr *iph = ip_hdr(skb);

	if (sk && sk->sk_daddr)
		iph->id = htons(atomic_fetch_add(packets,
						 &kite_sk(sk)->ip_id));
	else if (iph->frag_off & htons(IP_DF))
		iph->id = 0;
	else
		__ip_select_ident(net, iph, packets);
}

/**
 * kite_xmit() - send what a transport made
 * @net: an active namespace
 * @sk: the sender, whose ttl and identification count; NULL or a mini-socket
 *	for the namespace's own
 * @skb: data at the transport header, room for more headers before it,
 *	mark and priority set, route attached; consumed
 * @tx: what goes into the header
 *
 * Context: RCU read lock.
 * Return: 0 or a negative errno: -EMSGSIZE when it is larger than any packet can
 * be, or, as kite_fragment(), than the route's MTU; -ENOBUFS when a queue was full.
 */
int kite_xmit(struct net *net, struct sock *sk, struct sk_buff *skb,
	      const struct kite_tx *tx)
{
	struct sock *full = sk && sk_fullsock(sk) ? sk : NULL;
	const struct kite_ip_options *opt = tx->opt;
	unsigned int hlen = sizeof(struct iphdr) + (opt ? opt->len : 0);
	struct iphdr *iph;
	int err;

	skb_reset_transport_header(skb);
	iph = skb_push(skb, hlen);
	skb_reset_network_header(skb);

	iph->version	= 4;
	iph->ihl	= hlen / 4;
	iph->tos	= tx->tos;
	iph->frag_off	= tx->df ? htons(IP_DF) : 0;
	iph->ttl	= tx->ttl ?: kite_default_ttl(full, kite_skb_route(skb), tx->daddr);
	iph->protocol	= tx->protocol;
	iph->saddr	= tx->saddr;
	iph->daddr	= tx->daddr;

	if (unlikely(skb->len > U16_MAX)) {
		kite_drop(net, skb, KITE_CNT_Ip_FragFails);
		return -EMSGSIZE;
	}

	kite_skb_cb(skb)->opt = (struct kite_options) {};
	if (unlikely(opt)) {
		if (opt->first_hop)
			iph->daddr = opt->first_hop;
		kite_options_build(iph, opt, tx->daddr);
		kite_skb_cb(skb)->opt = opt->at;
	}
	kite_select_ident(net, full, skb);

	err = kite_local_out(net, sk, skb);
	return err > 0 ? net_xmit_errno(err) : err;
}

/**
 * kite_sk_route_renew() - decide anew about the route of a connected socket
 * @sk: the socket, with saddr, daddr and ports, which then remembers it
 *
 * Context: as kite_sk_route().
 * Return: as kite_sk_route().
 */
struct kite_route *kite_sk_route_renew(struct sock *sk)
{
	const struct kite_sock_options *options;
	struct kite_sock *ks = kite_sk(sk);
	struct kite_route *rt;
	struct flowi4 fl4 = {
		.flowi4_oif	= READ_ONCE(sk->sk_bound_dev_if),
		.flowi4_mark	= READ_ONCE(sk->sk_mark),
		.flowi4_proto	= sk->sk_protocol,
		.daddr		= sk->sk_daddr,
		.saddr		= ks->saddr,
		.fl4_sport	= ks->sport,
		.fl4_dport	= sk->sk_dport,
	};

	options = rcu_dereference(ks->options);
	if (unlikely(options && options->opt.first_hop))
		fl4.daddr = options->opt.first_hop;
	kite_flowi4_set_tos(&fl4, READ_ONCE(ks->tos));
	rt = kite_route_output(sock_net(sk), &fl4, sk);
	if (!IS_ERR(rt))
		sk_setup_caps(sk, &rt->dst);
	return rt;
}

/* The two bits of the type of service that a transport decides of. */
static u8 ect(const struct sk_buff *skb)
{
	return kite_skb_cb(skb)->flags & KITE_SKB_ECT ? INET_ECN_ECT_0 :
							INET_ECN_NOT_ECT;
}

/**
 * kite_queue_xmit() - send a segment of a connection (twin of ip_queue_xmit())
 * @sk: the connected socket, whose tos, ttl, mark, priority and IP_MTU_DISCOVER
 *	count
 * @skb: data at the transport header, room for more headers before it, KITE_SKB_ECT
 *	set or not; consumed
 *
 * Context: any that may run packet code.
 * Return: 0 or a negative errno, as kite_xmit(); -EHOSTUNREACH when there is no
 * route any more.
 */
int kite_queue_xmit(struct sock *sk, struct sk_buff *skb)
{
	struct kite_sock *ks = kite_sk(sk);
	const struct kite_sock_options *options;
	struct net *net = sock_net(sk);
	struct kite_route *rt;
	int err;

	rcu_read_lock();
	options = rcu_dereference(ks->options);
	rt = kite_sk_route(sk);
	if (IS_ERR(rt) || (unlikely(options) && rt->gw_family &&
			   options->opt.at.flags & KITE_OPT_STRICT)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutNoRoutes);
		err = -EHOSTUNREACH;
	} else {
		const struct kite_tx tx = {
			.saddr		= ks->saddr,
			.daddr		= sk->sk_daddr,
			.protocol	= sk->sk_protocol,
			.tos		= READ_ONCE(ks->tos) | ect(skb),
			.df		= kite_want_df(sk, rt),
			.opt		= options ? &options->opt : NULL,
		};

		skb_dst_set_noref(skb, &rt->dst);
		skb->priority = READ_ONCE(sk->sk_priority);
		skb->mark = READ_ONCE(sk->sk_mark);
		err = kite_xmit(net, sk, skb, &tx);
	}
	rcu_read_unlock();
	return err;
}

/**
 * kite_send_reply() - answer a packet that is no full connection's
 * @net: an active namespace
 * @sk: who answers, a full socket whose ttl, priority and options of routing count, as a
 *	listener for a half-open connection; or NULL
 * @skb: the answer, data at the transport header, room for more headers before
 *	it; consumed
 * @orig: what it answers, as it came in (may be @skb, turned round)
 * @fl4: the flow: daddr, saddr or 0 to have one chosen, ports, mark, flags, oif (0 =
 *	by the routes of the L3 domain that @orig came from); protocol and tos are
 *	taken from @tx
 * @tx: what goes into the header; its addresses are taken from @fl4, and its
 *	options, if it has none, from those of @orig
 *
 * Context: any that may run packet code.
 * Return: 0 or a negative errno, as kite_route_output(), kite_options_echo()
 * and kite_xmit().
 */
int kite_send_reply(struct net *net, struct sock *sk, struct sk_buff *skb,
		    const struct sk_buff *orig, struct flowi4 *fl4,
		    const struct kite_tx *tx)
{
	const struct kite_skb_cb *cb = kite_skb_cb(orig);
	struct kite_ip_options echo;
	struct kite_tx reply = *tx;
	struct kite_route *rt;
	__be32 daddr;
	int err;

	if (unlikely(kite_skb_cb(orig)->opt.srr || kite_skb_cb(orig)->opt.rr ||
		     kite_skb_cb(orig)->opt.ts) && !tx->opt) {
		if (kite_options_echo(net, orig, &echo)) {
			kite_drop(net, skb, KITE_CNT_Ip_OutDiscards);
			return -EINVAL;
		}
		reply.opt = echo.len ? &echo : NULL;
	}

	if (!fl4->flowi4_oif && cb->sdif)
		fl4->flowi4_oif = cb->iif;
	fl4->flowi4_proto = tx->protocol;
	kite_flowi4_set_tos(fl4, tx->tos);

	daddr = fl4->daddr;
	if (reply.opt && reply.opt->first_hop)
		fl4->daddr = reply.opt->first_hop;
	rt = kite_route_output(net, fl4, sk);
	if (IS_ERR(rt)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutNoRoutes);
		return PTR_ERR(rt);
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	skb->mark = fl4->flowi4_mark;
	skb->priority = sk ? READ_ONCE(sk->sk_priority) : 0;
	reply.saddr = fl4->saddr;
	reply.daddr = daddr;
	rcu_read_lock();
	err = kite_xmit(net, sk, skb, &reply);
	rcu_read_unlock();
	return err;
}

/**
 * kite_default_ttl() - time to live of what is sent without an explicit one
 * @sk: the sender, a full socket, or NULL
 * @rt: by which way it goes
 * @daddr: where it goes
 *
 * Context: any.
 * Return: the socket's option, which for groups is another one; or what the
 * administrator says of the route (ip route ... hoplimit); or the namespace's default.
 */
u8 kite_default_ttl(const struct sock *sk, const struct kite_route *rt, __be32 daddr)
{
	int ttl = -1;

	if (sk)
		ttl = ipv4_is_multicast(daddr) ? READ_ONCE(kite_sk(sk)->mc_ttl) :
						 READ_ONCE(kite_sk(sk)->uc_ttl);
	if (ttl < 0)
		ttl = dst_metric_raw(&rt->dst, RTAX_HOPLIMIT) ?:
			READ_ONCE(rt->net->ipv4.sysctl_ip_default_ttl);
	return ttl;
}
