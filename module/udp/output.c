// SPDX-License-Identifier: GPL-2.0
#include "udp_sock.h"

#include <linux/udp.h>
#include <net/ip.h>
#include <net/udp.h>

#include "../ip/offload.h"
#include "../ip/pmtu.h"
#include "../observe/counters.h"

/*
 * UDP_SEGMENT: the packet stands for as many datagrams as are needed, which part as
 * late as can be. None of them is fragmented, whatever IP_MTU_DISCOVER says.
 */
static int mark_segments(struct sock *sk, struct sk_buff *skb,
			 const struct kite_datagram *dg,
			 const struct kite_route *rt)
{
	unsigned int headers = sizeof(struct iphdr) + dg->opt.len +
			       sizeof(struct udphdr);
	unsigned int len = skb->len - sizeof(struct udphdr);
	struct skb_shared_info *shinfo;
	u32 mtu;

	rcu_read_lock();
	mtu = kite_sk_mtu(sk, rt);
	rcu_read_unlock();
	if (headers + min_t(unsigned int, len, dg->gso_size) > mtu)
		return -EMSGSIZE;
	if (len > dg->gso_size * UDP_MAX_SEGMENTS || sk->sk_no_check_tx)
		return -EINVAL;
	if (len <= dg->gso_size)
		return 0;
	/* skb_segment() cuts pages, not what several calls have put together. */
	if (skb_has_frag_list(skb) && skb_linearize(skb))
		return -ENOBUFS;
	shinfo = skb_shinfo(skb);
	shinfo->gso_size = dg->gso_size;
	shinfo->gso_type = KITE_GSO_UDP;
	shinfo->gso_segs = DIV_ROUND_UP(len, dg->gso_size);
	return 0;
}

/**
 * kite_udp_send_skb() - send one datagram, or those that UDP_SEGMENT makes of it
 * @sk: the socket
 * @skb: room for the header at its data, the payload behind; consumed
 * @dg: where it goes
 * @rt: the way; consumed
 *
 * The checksum is left to the device, or to the core where that cannot.
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int kite_udp_send_skb(struct sock *sk, struct sk_buff *skb,
		      const struct kite_datagram *dg, struct kite_route *rt)
{
	struct net *net = sock_net(sk);
	struct udphdr *uh;
	int err;

	if (unlikely(dg->gso_size)) {
		err = mark_segments(sk, skb, dg, rt);
		if (err) {
			kfree_skb(skb);
			kite_route_release(rt);
			return err;
		}
	}
	uh = udp_hdr(skb);
	uh->source = kite_sk(sk)->sport;
	uh->dest = dg->to.port;
	uh->len = htons(skb->len);
	if (sk->sk_no_check_tx) {
		uh->check = 0;
		skb->ip_summed = CHECKSUM_NONE;
	} else {
		uh->check = ~csum_tcpudp_magic(dg->saddr, dg->to.addr, skb->len,
					       IPPROTO_UDP, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = offsetof(struct udphdr, check);
	}

	err = kite_datagram_xmit(sk, skb, dg, rt, IPPROTO_UDP);
	if (err == -ENOBUFS && !kite_sk(sk)->recverr) {
		/* A full queue is a loss like any other, udp(7). */
		kite_count(net, KITE_CNT_Udp_SndbufErrors);
		return 0;
	}
	if (!err)
		kite_count(net, KITE_CNT_Udp_OutDatagrams);
	return err;
}

/* Whether a datagram is being put together already, and then add to it. */
static bool append_if_pending(struct sock *sk, struct msghdr *msg, size_t len,
			      int *err)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);
	bool pending;

	if (likely(!READ_ONCE(us->pending)))
		return false;

	lock_sock(sk);
	pending = us->pending;
	if (pending)
		*err = kite_udp_cork_append(sk, msg, len);
	release_sock(sk);
	return pending;
}

/* What is asked for at SOL_UDP, by the socket or by this call. */
static int read_udp_cmsgs(const struct sock *sk, struct msghdr *msg,
			  struct kite_datagram *dg)
{
	struct cmsghdr *cmsg;

	dg->gso_size = READ_ONCE(kite_udp_sk(sk)->gso_size);
	if (likely(!msg->msg_controllen))
		return 0;
	for_each_cmsghdr(cmsg, msg) {
		if (cmsg->cmsg_level != SOL_UDP)
			continue;
		if (cmsg->cmsg_type != UDP_SEGMENT ||
		    cmsg->cmsg_len != CMSG_LEN(sizeof(u16)))
			return -EINVAL;
		dg->gso_size = *(const u16 *)CMSG_DATA(cmsg);
	}
	return 0;
}

static int send_new(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct kite_datagram dg;
	struct kite_route *rt;
	struct sk_buff *skb;
	int err;

	err = kite_datagram_address(sk, msg, &dg);
	/* connect() takes port 0, and then so does send(). */
	if (!err && msg->msg_name && !dg.to.port)
		err = -EINVAL;
	err = err ?: read_udp_cmsgs(sk, msg, &dg) ?:
		     kite_datagram_controls(sk, msg, &dg);
	if (err)
		return err;
	rt = kite_datagram_route(sk, &dg, 0);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (unlikely(kite_datagram_is_probe(&dg))) {
		kite_route_release(rt);
		return 0;
	}

	if (unlikely(READ_ONCE(kite_udp_sk(sk)->cork) ||
		     msg->msg_flags & MSG_MORE))
		return kite_udp_cork_begin(sk, msg, len, &dg, rt);

	if (len > KITE_UDP_MAX) {
		rcu_read_lock();
		err = kite_datagram_too_big(sk, &dg, kite_sk_mtu(sk, rt));
		rcu_read_unlock();
		goto err_rt;
	}
	skb = kite_datagram_alloc(sk, msg, sizeof(struct udphdr), len, &err);
	if (!skb)
		goto err_rt;
	return kite_udp_send_skb(sk, skb, &dg, rt);

err_rt:
	kite_route_release(rt);
	return err;
}

/**
 * kite_udp_sendmsg() - send a datagram, or a piece of one (twin of
 * udp_sendmsg())
 * @sk: the socket, which has a port
 * @msg: data, and maybe a name and control messages
 * @len: bytes
 *
 * Context: process.
 * Return: @len or a negative errno.
 */
int kite_udp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int err;

	if (len > IP_MAX_MTU)
		return -EMSGSIZE;
	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;

	if (!append_if_pending(sk, msg, len, &err))
		err = send_new(sk, msg, len);
	if (!err)
		return len;
	if (err == -ENOBUFS ||
	    (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)))
		kite_count(sock_net(sk), KITE_CNT_Udp_SndbufErrors);
	return err;
}
