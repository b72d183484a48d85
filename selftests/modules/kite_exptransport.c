// SPDX-License-Identifier: GPL-2.0
/*
 * A transport that is not KITE's own: what another module needs to be one. It takes
 * protocol 253 (for experiments, RFC 3692) and answers to
 * socket(AF_KITE, SOCK_DGRAM, 253), for which socket(2) loads it by itself.
 *
 * A datagram goes from channel to channel, which are the ports of its socket
 * addresses. Its header:
 *
 *   0      source channel         2      destination channel
 *   4      next                   5      zero
 *
 * With @next other than 0 there is a packet of that protocol behind the header,
 * for whoever takes that.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <net/ip.h>
#include <net/route.h>

#include "ip/datagram.h"
#include "ip/icmp.h"
#include "ip/protocol.h"
#include "socket/af_kite.h"
#include "socket/protosw.h"

#define EXP_PROTOCOL	253

struct exp_hdr {
	__be16	source;
	__be16	dest;
	u8	next;
	u8	zero[3];
};

static_assert(sizeof(struct exp_hdr) == 8);

/* Every socket that has a channel, of all namespaces; readers hold RCU. */
static HLIST_HEAD(exp_socks);
static DEFINE_SPINLOCK(exp_lock);

static struct sock *exp_find(const struct net *net, u16 channel, __be32 addr)
{
	struct sock *sk;

	sk_for_each_rcu(sk, &exp_socks) {
		if (net_eq(sock_net(sk), net) && sk->sk_num == channel &&
		    (!sk->sk_rcv_saddr || !addr || sk->sk_rcv_saddr == addr))
			return sk;
	}
	return NULL;
}

/* The proto.get_port: 0 is the lowest that is free. */
static int exp_get_port(struct sock *sk, unsigned short channel)
{
	u16 first = channel ?: 1, last = channel ?: U16_MAX, n;
	int err = -EADDRINUSE;

	spin_lock_bh(&exp_lock);
	for (n = first; n && n <= last; n++) {
		if (exp_find(sock_net(sk), n, 0))
			continue;
		sk->sk_num = n;
		sk_add_node_rcu(sk, &exp_socks);
		err = 0;
		break;
	}
	spin_unlock_bh(&exp_lock);
	return err;
}

static void exp_unhash(struct sock *sk)
{
	spin_lock_bh(&exp_lock);
	sk_del_node_init_rcu(sk);
	spin_unlock_bh(&exp_lock);
}

static void exp_close(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static int exp_disconnect(struct sock *sk, int flags)
{
	lock_sock(sk);
	kite_datagram_forget_peer(sk);
	release_sock(sk);
	return 0;
}

static int exp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct kite_datagram dg;
	struct kite_route *rt;
	struct exp_hdr *eh;
	struct sk_buff *skb;
	int err;

	if (len > IP_MAX_MTU)
		return -EMSGSIZE;
	if (msg->msg_flags & (MSG_OOB | MSG_MORE))
		return -EOPNOTSUPP;
	err = kite_datagram_init(sk, msg, &dg);
	if (err)
		return err;
	rt = kite_datagram_route(sk, &dg, 0);
	if (IS_ERR(rt))
		return PTR_ERR(rt);

	skb = kite_datagram_alloc(sk, msg, sizeof(*eh), len, &err);
	if (!skb) {
		kite_route_release(rt);
		return err;
	}
	eh = (struct exp_hdr *)skb_transport_header(skb);
	*eh = (struct exp_hdr) {
		.source	= kite_sk(sk)->sport,
		.dest	= dg.to.port,
	};
	return kite_datagram_xmit(sk, skb, &dg, rt, EXP_PROTOCOL) ?: len;
}

/* See struct kite_protocol. */
static int exp_rcv(struct sk_buff *skb)
{
	const struct exp_hdr *eh;
	struct sock *sk;

	if (!pskb_may_pull(skb, sizeof(*eh))) {
		kfree_skb(skb);
		return 0;
	}
	eh = (const struct exp_hdr *)skb->data;
	if (eh->next) {
		u8 next = eh->next;

		skb_pull_rcsum(skb, sizeof(*eh));
		skb_reset_transport_header(skb);
		return -next;
	}

	sk = exp_find(dev_net(skb->dev), ntohs(eh->dest), ip_hdr(skb)->daddr);
	if (!sk) {
		kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
		kfree_skb(skb);
		return 0;
	}
	skb_pull_rcsum(skb, sizeof(*eh));
	/* A route must not wait for a program to read. */
	skb_dst_drop(skb);
	if (sock_queue_rcv_skb(sk, skb))
		kfree_skb(skb);
	return 0;
}

/* See struct kite_protocol: the first 8 octets of the quoted payload are there. */
static int exp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct exp_hdr *eh = (const void *)(skb->data + iph->ihl * 4);
	struct kite_icmp_err what;
	struct sock *sk;

	sk = exp_find(dev_net(skb->dev), ntohs(eh->source), iph->saddr);
	if (!sk)
		return -ENOENT;
	what = kite_icmp_to_errno(icmp_hdr(skb)->type, icmp_hdr(skb)->code);
	if (what.fatal && sk->sk_state == TCP_ESTABLISHED) {
		WRITE_ONCE(sk->sk_err, what.err);
		sk_error_report(sk);
	}
	return 0;
}

KITE_DEFINE_PROTO_IOCTL(exp_ioctl, kite_datagram_ioctl)

static struct proto exp_prot = {
	.name		= "KITE-EXP",
	.owner		= THIS_MODULE,
	.close		= exp_close,
	.connect	= kite_datagram_connect,
	.disconnect	= exp_disconnect,
	.ioctl		= exp_ioctl,
	.destroy	= kite_sock_destroy,
	.sendmsg	= exp_sendmsg,
	.recvmsg	= kite_datagram_recvmsg,
	.unhash		= exp_unhash,
	.get_port	= exp_get_port,
	.obj_size	= sizeof(struct kite_sock),
};

static const struct kite_protocol exp_protocol = {
	.handler	= exp_rcv,
	.err_handler	= exp_err,
};

static struct kite_protosw exp_protosw = {
	.type		= SOCK_DGRAM,
	.protocol	= EXP_PROTOCOL,
	.prot		= &exp_prot,
	.ops		= &kite_sockraw_ops,
};

static int __init exp_init(void)
{
	int err;

	err = proto_register(&exp_prot, 1);
	if (err)
		return err;
	err = kite_add_protocol(&exp_protocol, EXP_PROTOCOL);
	if (err)
		goto err_proto;
	/* Last: from here on there may be sockets. */
	err = kite_register_protosw(&exp_protosw);
	if (err)
		goto err_protocol;
	return 0;

err_protocol:
	kite_del_protocol(&exp_protocol, EXP_PROTOCOL);
err_proto:
	proto_unregister(&exp_prot);
	return err;
}

static void __exit exp_exit(void)
{
	kite_unregister_protosw(&exp_protosw);
	kite_del_protocol(&exp_protocol, EXP_PROTOCOL);
	/* Sockets are freed by RCU, and their slab goes next. */
	rcu_barrier();
	proto_unregister(&exp_prot);
}

module_init(exp_init);
module_exit(exp_exit);

MODULE_DESCRIPTION("a transport for KITE that is not KITE's own");
MODULE_LICENSE("GPL");
MODULE_ALIAS_NET_PF_PROTO_TYPE(18, 253, 2);
