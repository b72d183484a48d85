// SPDX-License-Identifier: GPL-2.0
#include "raw_sock.h"

#include <linux/icmp.h>
#include <linux/uio.h>
#include <net/ip.h>

#include "../ip/datagram.h"
#include "../ip/icmp.h"
#include "../route/pmtu.h"

static void count_icmp(struct net *net, const struct sk_buff *skb)
{
	const u8 *type;
	u8 buf;

	type = skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
				  &buf);
	if (type)
		kite_icmp_count_out(net, *type);
}

/* A full queue is a loss like any other. */
static int sent(const struct sock *sk, int err)
{
	return err == -ENOBUFS && !kite_sk(sk)->recverr ? 0 : err;
}

/* The user's payload behind our header; consumes @rt. */
static int send_payload(struct sock *sk, struct msghdr *msg, size_t len,
			const struct kite_datagram *dg, struct kite_route *rt)
{
	struct sk_buff *skb;
	int err;

	if (unlikely(kite_datagram_is_probe(dg))) {
		kite_route_release(rt);
		return 0;
	}
	skb = kite_datagram_alloc_now(sk, msg, len, &err);
	if (!skb) {
		kite_route_release(rt);
		return err;
	}
	if (sk->sk_protocol == IPPROTO_ICMP)
		count_icmp(sock_net(sk), skb);
	return sent(sk, kite_datagram_xmit(sk, skb, dg, rt, sk->sk_protocol));
}

/*
 * Make the user's header fit to be sent, raw(7): what it leaves 0 of source and
 * identification is filled in; length and checksum always are.
 */
static int check_user_header(struct net *net, struct sk_buff *skb,
			     const struct kite_datagram *dg)
{
	struct iphdr *iph = ip_hdr(skb);

	if (iph->ihl * 4 < sizeof(*iph) || iph->ihl * 4 > skb_headlen(skb))
		return -EINVAL;
	if (!iph->saddr)
		iph->saddr = dg->saddr;
	if (!iph->id)
		__ip_select_ident(net, iph, 1);
	skb_set_transport_header(skb, iph->ihl * 4);
	if (iph->protocol == IPPROTO_ICMP)
		count_icmp(net, skb);
	return 0;
}

/* A packet with the user's header; consumes @rt. */
static int send_with_header(struct sock *sk, struct msghdr *msg, size_t len,
			    const struct kite_datagram *dg,
			    struct kite_route *rt)
{
	struct net *net = sock_net(sk);
	struct sk_buff *skb;
	int err;
	u32 mtu;

	/* Whoever writes headers has to fragment by himself. */
	rcu_read_lock();
	mtu = kite_route_dev_mtu(rt);
	rcu_read_unlock();
	if (len > mtu) {
		err = kite_datagram_too_big(sk, dg, mtu);
		goto err_rt;
	}
	err = -EINVAL;
	if (len < sizeof(struct iphdr))
		goto err_rt;
	err = 0;
	if (unlikely(kite_datagram_is_probe(dg)))
		goto err_rt;
	skb = kite_datagram_alloc(sk, msg, 0, len, &err);
	if (!skb)
		goto err_rt;

	skb_reset_network_header(skb);
	err = check_user_header(net, skb, dg);
	if (err) {
		kfree_skb(skb);
		goto err_rt;
	}
	kite_skb_cb(skb)->flags = KITE_SKB_HDRINCL;
	/* An IP_TOS of this call's is about a header that is not used. */
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = dg->mark;
	kite_datagram_set_times(sk, skb, dg);
	skb_dst_set(skb, &rt->dst);
	rcu_read_lock();
	err = kite_local_out(net, sk, skb);
	rcu_read_unlock();
	return sent(sk, err > 0 ? net_xmit_errno(err) : err);

err_rt:
	kite_route_release(rt);
	return sent(sk, err);
}

/* Routes may depend on an ICMP message's type and code. The message is read again later. */
static bool read_type_and_code(const struct msghdr *msg, __be16 *type_and_code)
{
	struct iov_iter from = msg->msg_iter;

	return copy_from_iter_full(type_and_code, sizeof(*type_and_code), &from);
}

/**
 * kite_raw_sendmsg() - send a packet (twin of raw_sendmsg())
 * @sk: the socket
 * @msg: data, and maybe a name and control messages
 * @len: bytes
 *
 * Context: process.
 * Return: @len or a negative errno.
 */
int kite_raw_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	bool hdrincl = kite_sk(sk)->hdrincl;
	struct kite_datagram dg;
	struct kite_route *rt;
	int err;

	if (len > IP_MAX_MTU)
		return -EMSGSIZE;
	if (msg->msg_flags & (MSG_OOB | MSG_MORE))
		return -EOPNOTSUPP;

	/* sendto() may bring a name of no length, which is none to AF_INET's raw sockets. */
	if (!msg->msg_namelen)
		msg->msg_name = NULL;
	err = kite_datagram_init(sk, msg, &dg);
	if (err)
		return err;
	/* Whoever writes the header writes its options. */
	if (hdrincl && dg.opt.len)
		return -EINVAL;
	/*
	 * There are no ports; and whoever writes the header writes its protocol. Rules may tell
	 * the messages of one socket apart, so what connect() found does not count for them.
	 */
	dg.connected &= !kite_rules_heed_ports(sock_net(sk));
	dg.sport = 0;
	dg.to.port = 0;
	if (hdrincl)
		dg.protocol = IPPROTO_RAW;
	else if (sk->sk_protocol == IPPROTO_ICMP && !read_type_and_code(msg, &dg.to.port))
		return -EFAULT;
	rt = kite_datagram_route(sk, &dg, hdrincl ? FLOWI_FLAG_ANYSRC : 0);
	if (IS_ERR(rt))
		return PTR_ERR(rt);

	err = hdrincl ? send_with_header(sk, msg, len, &dg, rt) :
			send_payload(sk, msg, len, &dg, rt);
	return err ?: len;
}
