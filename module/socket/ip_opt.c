// SPDX-License-Identifier: GPL-2.0
#include "ip_opt.h"

#include <linux/compat.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "../ip/options.h"
#include "../ip/recv_cmsg.h"
#include "../tcp/mss.h"
#include "../tcp/tcp.h"
#include "mc_opt.h"

/* IP_PROTOCOL, which headers have since Linux 6.4: where it is, what AF_INET gives. */
#define KITE_IP_PROTOCOL	52

/*
 * IPv4's options take an int, or, as IPv4 has always allowed, a single byte; no
 * value at all reads as 0.
 */
static int copy_int(int *val, sockptr_t optval, unsigned int optlen)
{
	u8 byte = 0;

	if (optlen >= sizeof(*val))
		return copy_from_sockptr(val, optval, sizeof(*val)) ?
			-EFAULT : 0;
	if (optlen && copy_from_sockptr(&byte, optval, sizeof(byte)))
		return -EFAULT;
	*val = byte;
	return 0;
}

/* The socket is locked. */
static void set_tos(struct sock *sk, int val)
{
	struct kite_sock *ks = kite_sk(sk);

	/* TCP owns the ECN bits. */
	if (sk->sk_type == SOCK_STREAM)
		val = (val & ~INET_ECN_MASK) | (ks->tos & INET_ECN_MASK);
	if (ks->tos == (u8)val)
		return;
	ks->tos = val;
	WRITE_ONCE(sk->sk_priority, rt_tos2priority(val));
	sk_dst_reset(sk);
}

static int set_transparent(struct sock *sk, int val, unsigned int optlen)
{
	struct user_namespace *user_ns = sock_net(sk)->user_ns;

	if (val && !ns_capable(user_ns, CAP_NET_RAW) &&
	    !ns_capable(user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (!optlen)
		return -EINVAL;
	kite_sk(sk)->transparent = !!val;
	return 0;
}

/* The control message that an option asks for, KITE_RX_*; 0 = another option. */
static u16 rx_bit(int optname)
{
	switch (optname) {
	case IP_PKTINFO:
		return KITE_RX_PKTINFO;
	case IP_RECVTTL:
		return KITE_RX_TTL;
	case IP_RECVTOS:
		return KITE_RX_TOS;
	case IP_RECVOPTS:
		return KITE_RX_OPTS;
	case IP_RETOPTS:
		return KITE_RX_RETOPTS;
	case IP_PASSSEC:
		return KITE_RX_PASSSEC;
	case IP_RECVORIGDSTADDR:
		return KITE_RX_ORIGDSTADDR;
	case IP_CHECKSUM:
		return KITE_RX_CHECKSUM;
	case IP_RECVFRAGSIZE:
		return KITE_RX_FRAGSIZE;
	default:
		return 0;
	}
}

static int set_rx_bit(struct sock *sk, u16 bit, bool on)
{
	struct kite_sock *ks = kite_sk(sk);

	/* A stream's octets come by segments, of which it does not tell. */
	if (bit == KITE_RX_FRAGSIZE && sk->sk_type == SOCK_STREAM)
		return -EINVAL;
	WRITE_ONCE(ks->rx_wants, on ? ks->rx_wants | bit : ks->rx_wants & ~bit);
	return 0;
}

/* As AF_INET has it, to ask twice is an error, and so is to give up what one has not. */
static int set_router_alert(struct sock *sk, bool on)
{
	struct kite_sock *ks = kite_sk(sk);

	if (sk->sk_type != SOCK_RAW || sk->sk_num == IPPROTO_RAW)
		return -EINVAL;
	if (on == ks->router_alert)
		return on ? -EADDRINUSE : -ENOBUFS;
	ks->router_alert = on;
	return 0;
}

static void set_recverr(struct sock *sk, bool on)
{
	kite_sk(sk)->recverr = on;
	if (!on)
		skb_errqueue_purge(&sk->sk_error_queue);
}

/* The device's number is in network order, ip(7). */
static int set_unicast_if(struct sock *sk, int val, unsigned int optlen)
{
	int ifindex = ntohl((__force __be32)val);
	int bound = sk->sk_bound_dev_if;
	struct net_device *dev;
	int master;

	if (optlen != sizeof(val))
		return -EINVAL;
	if (ifindex) {
		dev = dev_get_by_index(sock_net(sk), ifindex);
		if (!dev)
			return -EADDRNOTAVAIL;
		master = l3mdev_master_ifindex(dev);
		dev_put(dev);
		if (bound && bound != master)
			return -EINVAL;
	}
	WRITE_ONCE(kite_sk(sk)->uc_index, ifindex);
	return 0;
}

/* The least port in the lower, the greatest in the upper half; 0 = no limit. */
static int set_port_range(struct sock *sk, u32 val, unsigned int optlen)
{
	u16 low = val, high = val >> 16;

	if (optlen != sizeof(val) || (low && high && low > high))
		return -EINVAL;
	WRITE_ONCE(kite_sk(sk)->local_port_range, val);
	return 0;
}

/* The socket is locked. */
static int set_int(struct sock *sk, int optname, int val, unsigned int optlen)
{
	struct kite_sock *ks = kite_sk(sk);
	u16 bit = rx_bit(optname);

	if (bit)
		return set_rx_bit(sk, bit, val);

	switch (optname) {
	case IP_TTL:
		if (!optlen || (val != -1 && (val < 1 || val > 255)))
			return -EINVAL;
		WRITE_ONCE(ks->uc_ttl, val);
		return 0;
	case IP_MINTTL:
		if (!optlen || val < 0 || val > 255)
			return -EINVAL;
		WRITE_ONCE(ks->min_ttl, val);
		return 0;
	case IP_TOS:
		set_tos(sk, val);
		return 0;
	case IP_MTU_DISCOVER:
		if (val < IP_PMTUDISC_DONT || val > IP_PMTUDISC_OMIT)
			return -EINVAL;
		WRITE_ONCE(ks->pmtudisc, val);
		return 0;
	case IP_RECVERR:
		set_recverr(sk, val);
		return 0;
	case IP_RECVERR_RFC4884:
		if (val < 0 || val > 1)
			return -EINVAL;
		ks->recverr_rfc4884 = val;
		return 0;
	case IP_HDRINCL:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		ks->hdrincl = !!val;
		return 0;
	case IP_NODEFRAG:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		ks->nodefrag = !!val;
		return 0;
	case IP_ROUTER_ALERT:
		return set_router_alert(sk, val);
	case IP_FREEBIND:
		if (!optlen)
			return -EINVAL;
		ks->freebind = !!val;
		return 0;
	case IP_TRANSPARENT:
		return set_transparent(sk, val, optlen);
	case IP_BIND_ADDRESS_NO_PORT:
		ks->bind_address_no_port = !!val;
		return 0;
	case IP_LOCAL_PORT_RANGE:
		return set_port_range(sk, val, optlen);
	case IP_UNICAST_IF:
		return set_unicast_if(sk, val, optlen);
	case IP_MULTICAST_TTL:
		if (sk->sk_type == SOCK_STREAM || !optlen)
			return -EINVAL;
		if (val < -1 || val > 255)
			return -EINVAL;
		WRITE_ONCE(ks->mc_ttl, val == -1 ? 1 : val);
		return 0;
	case IP_MULTICAST_LOOP:
		if (!optlen)
			return -EINVAL;
		ks->mc_loop = !!val;
		return 0;
	case IP_MULTICAST_ALL:
		if (!optlen || val < 0 || val > 1)
			return -EINVAL;
		ks->mc_all = val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Whether an option's value is an int: asked before it is read. */
static bool is_int(int optname)
{
	switch (optname) {
	case IP_TTL:
	case IP_MINTTL:
	case IP_TOS:
	case IP_MTU_DISCOVER:
	case IP_RECVERR:
	case IP_RECVERR_RFC4884:
	case IP_HDRINCL:
	case IP_NODEFRAG:
	case IP_ROUTER_ALERT:
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT:
	case IP_LOCAL_PORT_RANGE:
	case IP_UNICAST_IF:
	case IP_MULTICAST_TTL:
	case IP_MULTICAST_LOOP:
	case IP_MULTICAST_ALL:
		return true;
	default:
		return rx_bit(optname);
	}
}

static int set_options(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	int err;

	sockopt_lock_sock(sk);
	err = kite_set_ip_options(sk, optval, optlen);
	if (!err && sk->sk_prot == &kite_tcp_prot)
		kite_tcp_mss_options(sk);
	sockopt_release_sock(sk);
	return err;
}

/**
 * kite_ip_setsockopt() - setsockopt(2) at SOL_IP
 * @sk: the socket
 * @optname: the option
 * @optval: its value, in user or kernel memory
 * @optlen: bytes at @optval
 *
 * Context: process; takes the socket lock.
 * Return: 0; -ENOPROTOOPT, -EINVAL, -EFAULT, -EPERM.
 */
int kite_ip_setsockopt(struct sock *sk, int optname, sockptr_t optval,
		       unsigned int optlen)
{
	int val, err;

	if (optname == IP_OPTIONS)
		return set_options(sk, optval, optlen);
	if (!is_int(optname))
		return kite_mc_setsockopt(sk, optname, optval, optlen);
	err = copy_int(&val, optval, optlen);
	if (err)
		return err;

	sockopt_lock_sock(sk);
	err = set_int(sk, optname, val, optlen);
	sockopt_release_sock(sk);
	return err;
}

static int get_mtu(struct sock *sk, int *val)
{
	struct dst_entry *dst = sk_dst_get(sk);

	if (!dst)
		return -ENOTCONN;
	*val = dst_mtu(dst);
	dst_release(dst);
	return 0;
}

static int get_int(struct sock *sk, int optname, int *val)
{
	const struct kite_sock *ks = kite_sk(sk);
	u16 bit = rx_bit(optname);

	if (bit) {
		*val = !!(READ_ONCE(ks->rx_wants) & bit);
		return 0;
	}

	switch (optname) {
	case IP_TTL:
		*val = ks->uc_ttl != -1 ? ks->uc_ttl :
			READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_default_ttl);
		return 0;
	case IP_MINTTL:
		*val = ks->min_ttl;
		return 0;
	case IP_TOS:
		*val = ks->tos;
		return 0;
	case IP_MTU_DISCOVER:
		*val = ks->pmtudisc;
		return 0;
	case IP_MTU:
		return get_mtu(sk, val);
	case IP_RECVERR:
		*val = ks->recverr;
		return 0;
	case IP_RECVERR_RFC4884:
		*val = ks->recverr_rfc4884;
		return 0;
	case IP_HDRINCL:
		*val = ks->hdrincl;
		return 0;
	case IP_NODEFRAG:
		*val = ks->nodefrag;
		return 0;
	case IP_ROUTER_ALERT:
		*val = ks->router_alert;
		return 0;
	case IP_FREEBIND:
		*val = ks->freebind;
		return 0;
	case IP_TRANSPARENT:
		*val = ks->transparent;
		return 0;
	case IP_BIND_ADDRESS_NO_PORT:
		*val = ks->bind_address_no_port;
		return 0;
	case IP_LOCAL_PORT_RANGE:
		*val = ks->local_port_range;
		return 0;
	case IP_UNICAST_IF:
		*val = (__force int)htonl(ks->uc_index);
		return 0;
	case IP_MULTICAST_TTL:
		*val = ks->mc_ttl;
		return 0;
	case IP_MULTICAST_LOOP:
		*val = ks->mc_loop;
		return 0;
	case IP_MULTICAST_ALL:
		*val = ks->mc_all;
		return 0;
	case KITE_IP_PROTOCOL:
		*val = sk->sk_num;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/*
 * IP_PKTOPTIONS: control messages about a connection, which recvmsg() has none of:
 * what its handshake came with.
 */
static int get_pktoptions(struct sock *sk, char __user *optval,
			  int __user *optlen, int len)
{
	const struct kite_sock *ks = kite_sk(sk);
	unsigned int wants = READ_ONCE(ks->rx_wants);
	struct msghdr msg = {
		.msg_control_user	= optval,
		.msg_control_is_user	= true,
		.msg_controllen		= len,
		.msg_flags		= in_compat_syscall() ?
					  MSG_CMSG_COMPAT : 0,
	};
	const struct in_pktinfo info = {
		.ipi_ifindex		= READ_ONCE(ks->mc_index),
		.ipi_spec_dst.s_addr	= sk->sk_rcv_saddr,
		.ipi_addr.s_addr	= sk->sk_rcv_saddr,
	};
	int ttl = READ_ONCE(ks->mc_ttl), tos = ks->rcv_tos;

	if (sk->sk_type != SOCK_STREAM)
		return -ENOPROTOOPT;
	if (wants & KITE_RX_PKTINFO)
		put_cmsg(&msg, SOL_IP, IP_PKTINFO, sizeof(info), (void *)&info);
	if (wants & KITE_RX_TTL)
		put_cmsg(&msg, SOL_IP, IP_TTL, sizeof(ttl), &ttl);
	if (wants & KITE_RX_TOS)
		put_cmsg(&msg, SOL_IP, IP_TOS, sizeof(tos), &tos);
	len -= msg.msg_controllen;
	return put_user(len, optlen) ? -EFAULT : 0;
}

/**
 * kite_ip_getsockopt() - getsockopt(2) at SOL_IP
 * @sk: the socket
 * @optname: the option
 * @optval: where to put its value
 * @optlen: in: room at @optval, bytes; out: bytes written
 *
 * Context: process; takes the socket lock.
 * Return: 0; -ENOPROTOOPT, -EINVAL, -EFAULT, -ENOTCONN.
 */
int kite_ip_getsockopt(struct sock *sk, int optname, char __user *optval,
		       int __user *optlen)
{
	int val, len, err;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (optname == IP_OPTIONS)
		return kite_get_ip_options(sk, optval, optlen, len);
	if (kite_mc_opt_is_readable(optname))
		return kite_mc_getsockopt(sk, optname, optval, optlen, len);
	if (optname == IP_PKTOPTIONS)
		return get_pktoptions(sk, optval, optlen, len);

	lock_sock(sk);
	err = get_int(sk, optname, &val);
	release_sock(sk);
	return err ?: kite_put_int_opt(val, optval, optlen, len);
}
