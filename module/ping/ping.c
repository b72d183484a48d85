// SPDX-License-Identifier: GPL-2.0
#include "ping.h"

#include <linux/cred.h>
#include <linux/icmp.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/ip.h>

#include "../ip/datagram.h"
#include "../ip/errqueue.h"
#include "../ip/icmp.h"
#include "../ip/recv_cmsg.h"
#include "ident.h"

/* net.ipv4.ping_group_range: which groups may ping without a capability. */
static void group_range(struct net *net, kgid_t *low, kgid_t *high)
{
	kgid_t *range = net->ipv4.ping_group_range.range;
	unsigned int seq;

	do {
		seq = read_seqbegin(&net->ipv4.ping_group_range.lock);
		*low = range[0];
		*high = range[1];
	} while (read_seqretry(&net->ipv4.ping_group_range.lock, seq));
}

static bool is_within(kgid_t group, kgid_t low, kgid_t high)
{
	return gid_lte(low, group) && gid_lte(group, high);
}

/* The proto.init: whether the user may have a ping socket at all. */
static int kite_ping_check_groups(struct sock *sk)
{
	struct group_info *groups;
	int i, err = -EACCES;
	kgid_t low, high;

	group_range(sock_net(sk), &low, &high);
	if (is_within(current_egid(), low, high))
		return 0;

	groups = get_current_groups();
	for (i = 0; i < groups->ngroups && err; i++)
		if (is_within(groups->gid[i], low, high))
			err = 0;
	put_group_info(groups);
	return err;
}

static void kite_ping_close(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static int kite_ping_disconnect(struct sock *sk, int flags)
{
	lock_sock(sk);
	kite_datagram_forget_peer(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		kite_ping_put_ident(sk);
	release_sock(sk);
	return 0;
}

/* The address is one of this host, the port an identifier of any value. */
static int kite_ping_bind(struct sock *sk, struct sockaddr *uaddr, int len)
{
	const struct sockaddr_kite *ska = (const void *)uaddr;
	struct kite_sock *ks = kite_sk(sk);
	struct kite_endpoint ep;
	unsigned int type;
	int err;

	err = kite_addr_from_user(uaddr, len, &ep);
	if (err == -EAFNOSUPPORT && ska->skite_family == AF_UNSPEC &&
	    ska->skite_addr.s_addr == htonl(INADDR_ANY)) {
		ep.addr = ska->skite_addr.s_addr;
		ep.port = ska->skite_port;
		err = 0;
	}
	if (err)
		return err;
	if (!kite_addr_may_bind(sk, ep.addr, &type) ||
	    type == RTN_MULTICAST ||
	    (type == RTN_BROADCAST && ep.addr != htonl(INADDR_ANY)))
		return -EADDRNOTAVAIL;

	lock_sock(sk);
	err = -EINVAL;
	if (sk->sk_num)
		goto out;
	err = kite_ping_get_ident(sk, ntohs(ep.port));
	if (err)
		goto out;

	sk->sk_rcv_saddr = ep.addr;
	ks->saddr = ep.addr;
	if (ep.addr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (ep.port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	sk->sk_daddr = 0;
	sk->sk_dport = 0;
	sk_dst_reset(sk);
out:
	release_sock(sk);
	return err;
}

/* The user writes the ICMP header; identifier and checksum are ours. */
static struct sk_buff *make_echo(struct sock *sk, struct msghdr *msg,
				 struct icmphdr *icmph, size_t len, int *err)
{
	struct sk_buff *skb;

	skb = kite_datagram_alloc(sk, msg, sizeof(*icmph),
				  len - sizeof(*icmph), err);
	if (!skb)
		return NULL;
	icmph->un.echo.id = kite_sk(sk)->sport;
	icmph->checksum = 0;
	*icmp_hdr(skb) = *icmph;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct icmphdr, checksum);
	return skb;
}

static int kite_ping_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct kite_endpoint named;
	struct kite_datagram dg;
	struct icmphdr icmph;
	struct kite_route *rt;
	struct sk_buff *skb;
	int err;

	if (len > IP_MAX_MTU)
		return -EMSGSIZE;
	if (len < sizeof(icmph))
		return -EINVAL;
	if (msg->msg_flags & (MSG_OOB | MSG_MORE))
		return -EOPNOTSUPP;
	if (memcpy_from_msg(&icmph, msg, sizeof(icmph)))
		return -EFAULT;
	if (icmph.type != ICMP_ECHO || icmph.code)
		return -EINVAL;

	/* A name has to have a family, unlike UDP's: no old program leaves it out. */
	err = msg->msg_name ?
	      kite_addr_from_user(msg->msg_name, msg->msg_namelen, &named) : 0;
	if (!err)
		err = kite_datagram_init(sk, msg, &dg);
	if (err)
		return err;
	/*
	 * What routes may depend on is the type and the code, not the identifier; connect() went
	 * by that.
	 */
	dg.connected &= !kite_rules_heed_ports(sock_net(sk));
	dg.sport = 0;
	dg.to.port = htons(ICMP_ECHO << 8);
	rt = kite_datagram_route(sk, &dg, 0);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (unlikely(kite_datagram_is_probe(&dg))) {
		kite_route_release(rt);
		return len;
	}

	skb = make_echo(sk, msg, &icmph, len, &err);
	if (!skb) {
		kite_route_release(rt);
		return err;
	}
	kite_icmp_count_out(sock_net(sk), ICMP_ECHO);
	return kite_datagram_xmit(sk, skb, &dg, rt, IPPROTO_ICMP) ?: len;
}

/*
 * Give an echo reply, of which skb->data is the ICMP header, to its socket.
 * Returns whether it was taken; then it is gone. Under RCU, BH disabled.
 */
static bool kite_ping_deliver(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct sock *sk;

	sk = kite_ping_lookup(net, ntohs(icmp_hdr(skb)->un.echo.id),
			      ip_hdr(skb)->daddr, kite_skb_cb(skb));
	if (!sk)
		return false;

	kite_rx_queue(sk, skb);
	return true;
}

/* An ICMP error about an echo request, see struct kite_protocol. */
static int kite_ping_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *quoted = (const void *)(skb->data + iph->ihl * 4);
	struct sock *sk;

	if (quoted->type != ICMP_ECHO || quoted->code)
		return -ENOENT;
	sk = kite_ping_lookup(dev_net(skb->dev), ntohs(quoted->un.echo.id),
			      iph->saddr, kite_skb_cb(skb));
	if (!sk)
		return -ENOENT;
	kite_datagram_icmp_error(sk, skb, 0, info, quoted);
	return 0;
}

KITE_DEFINE_PROTO_IOCTL(kite_ping_ioctl, kite_datagram_ioctl)

struct proto kite_ping_prot = {
	.name		= "KITE-PING",
	.owner		= THIS_MODULE,
	.close		= kite_ping_close,
	.connect	= kite_datagram_connect,
	.disconnect	= kite_ping_disconnect,
	.ioctl		= kite_ping_ioctl,
	.init		= kite_ping_check_groups,
	.destroy	= kite_sock_destroy,
	.sendmsg	= kite_ping_sendmsg,
	.recvmsg	= kite_datagram_recvmsg,
	.bind		= kite_ping_bind,
	.unhash		= kite_ping_put_ident,
	.get_port	= kite_ping_get_ident,
	.obj_size	= sizeof(struct kite_sock),
};

static const struct kite_ping_ops kite_ping_ops = {
	.deliver	= kite_ping_deliver,
	.err		= kite_ping_err,
};

/**
 * kite_ping_init() - make ping sockets known to the core and to ICMP
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_ping_init(void)
{
	int err;

	err = proto_register(&kite_ping_prot, 1);
	if (err)
		return err;
	kite_set_ping_ops(&kite_ping_ops);
	return 0;
}

/**
 * kite_ping_exit() - undo kite_ping_init()
 *
 * Context: process, module unload; no socket is left.
 */
void kite_ping_exit(void)
{
	kite_set_ping_ops(NULL);
	proto_unregister(&kite_ping_prot);
}
