// SPDX-License-Identifier: GPL-2.0
/*
 * A datagram socket between its calls: its peer, its address, what waits to be read.
 */
#include "datagram.h"

#include <linux/export.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/sock_reuseport.h>
#include <asm/ioctls.h>

#include "../port/reuseport.h"
#include "errqueue.h"
#include "recv_cmsg.h"

/**
 * kite_datagram_connect() - settle on a peer (twin of ip4_datagram_connect())
 * @sk: a datagram or raw socket
 * @uaddr: the peer
 * @len: bytes at @uaddr
 *
 * Context: process; takes the socket lock.
 * Return: 0 or a negative errno.
 */
int kite_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int len)
{
	struct kite_sock *ks = kite_sk(sk);
	struct kite_datagram dg = {};
	struct kite_route *rt;
	int err;

	err = kite_addr_from_user(uaddr, len, &dg.to);
	if (err)
		return err;

	lock_sock(sk);
	sk_dst_reset(sk);
	dg.saddr = ks->saddr;
	dg.sport = ks->sport;
	dg.protocol = sk->sk_protocol;
	dg.oif = sk->sk_bound_dev_if;
	dg.mark = READ_ONCE(sk->sk_mark);
	dg.tos = ks->tos;
	rt = kite_datagram_route(sk, &dg, 0);
	/* Who was not bound knows only now where from. */
	if (!IS_ERR(rt) && !ks->saddr && kite_route_heeds_source(rt)) {
		kite_route_release(rt);
		rt = kite_datagram_route(sk, &dg, 0);
	}
	err = PTR_ERR_OR_ZERO(rt);
	if (err)
		goto out;

	if (!ks->saddr)
		ks->saddr = dg.saddr;
	if (!sk->sk_rcv_saddr)
		kite_reuseport_readdress(sk, dg.saddr);
	/* From now on the group does not share what is for this one. */
	reuseport_has_conns_set(sk);
	sk->sk_daddr = dg.to.addr;
	sk->sk_dport = dg.to.port;
	sk->sk_state = TCP_ESTABLISHED;
	sk_set_txhash(sk);
	atomic_set(&ks->ip_id, get_random_u16());
	sk_dst_set(sk, &rt->dst);
out:
	release_sock(sk);
	return err;
}
EXPORT_SYMBOL_GPL(kite_datagram_connect);

/**
 * kite_datagram_forget_peer() - undo kite_datagram_connect()
 * @sk: the socket
 *
 * An address that bind() did not fix is forgotten, too.
 *
 * Context: process, socket lock held.
 */
void kite_datagram_forget_peer(struct sock *sk)
{
	sk->sk_state = TCP_CLOSE;
	sk->sk_daddr = 0;
	sk->sk_dport = 0;
	sock_rps_reset_rxhash(sk);
	WRITE_ONCE(sk->sk_bound_dev_if, 0);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		kite_reuseport_readdress(sk, 0);
		kite_sk(sk)->saddr = 0;
	}
	sk_dst_reset(sk);
}
EXPORT_SYMBOL_GPL(kite_datagram_forget_peer);

/**
 * kite_addr_may_bind() - whether a socket may carry an address
 * @sk: the socket, whose device decides in which L3 domain it is looked up
 * @addr: the address, network order
 * @type: set to what it is here: an RTN_* value
 *
 * Context: process or RCU read lock.
 * Return: true for the wildcard, for addresses of this host, broadcasts and
 * groups; for any when IP_FREEBIND, IP_TRANSPARENT or ip_nonlocal_bind say so.
 */
bool kite_addr_may_bind(const struct sock *sk, __be32 addr, unsigned int *type)
{
	const struct kite_sock *ks = kite_sk(sk);
	struct net *net = sock_net(sk);
	u32 table;

	table = l3mdev_fib_table_by_index(net, READ_ONCE(sk->sk_bound_dev_if));
	*type = inet_addr_type_table(net, addr, table ?: RT_TABLE_LOCAL);
	return addr == htonl(INADDR_ANY) || *type == RTN_LOCAL ||
	       *type == RTN_MULTICAST || *type == RTN_BROADCAST ||
	       ks->freebind || ks->transparent ||
	       READ_ONCE(net->ipv4.sysctl_ip_nonlocal_bind);
}

/**
 * kite_datagram_recvmsg() - receive from a socket without ports
 * @sk: the socket
 * @msg: where data and source address go
 * @len: room for data, bytes
 * @flags: MSG_*
 * @addr_len: set to the length of the source address
 *
 * Context: process, may sleep.
 * Return: bytes received, with MSG_TRUNC those of the whole packet; or a
 * negative errno.
 */
int kite_datagram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			  int flags, int *addr_len)
{
	struct sk_buff *skb;
	size_t copied;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return kite_recv_error(sk, msg, len, addr_len);

	skb = skb_recv_datagram(sk, flags, &err);
	if (!skb)
		return err;

	copied = min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err)
		goto out;

	kite_recv_cmsgs(msg, sk, skb);
	if (msg->msg_name)
		*addr_len = kite_addr_to_user(sk, msg->msg_name,
					      ip_hdr(skb)->saddr, 0);
	err = flags & MSG_TRUNC ? skb->len : copied;
out:
	skb_free_datagram(sk, skb);
	return err;
}
EXPORT_SYMBOL_GPL(kite_datagram_recvmsg);

static int first_length(struct sock *sk)
{
	struct sk_buff *skb;
	int len = 0;

	spin_lock_bh(&sk->sk_receive_queue.lock);
	skb = skb_peek(&sk->sk_receive_queue);
	if (skb)
		len = skb->len;
	spin_unlock_bh(&sk->sk_receive_queue.lock);
	return len;
}

/**
 * kite_datagram_ioctl() - SIOCINQ and SIOCOUTQ
 * @sk: the socket
 * @cmd: the request
 * @karg: the answer: bytes that the next recvmsg() gets, or bytes that are not
 *	sent yet (with their overhead)
 *
 * Context: process.
 * Return: 0 or -ENOIOCTLCMD.
 */
int kite_datagram_ioctl(struct sock *sk, int cmd, int *karg)
{
	switch (cmd) {
	case SIOCOUTQ:
		*karg = sk_wmem_alloc_get(sk);
		return 0;
	case SIOCINQ:
		*karg = first_length(sk);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}
EXPORT_SYMBOL_GPL(kite_datagram_ioctl);
