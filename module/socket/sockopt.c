// SPDX-License-Identifier: GPL-2.0
#include "af_kite.h"

#include <linux/sockptr.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>

#include "../route/route.h"

/*
 * IPv4's options take an int, or, as IPv4 has always allowed, a single byte; no
 * value at all reads as 0.
 */
static int kite_copy_int_opt(int *val, sockptr_t optval, unsigned int optlen)
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
static void kite_set_tos(struct sock *sk, int val)
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

static int kite_set_transparent(struct sock *sk, int val)
{
	struct user_namespace *user_ns = sock_net(sk)->user_ns;

	if (val && !ns_capable(user_ns, CAP_NET_RAW) &&
	    !ns_capable(user_ns, CAP_NET_ADMIN))
		return -EPERM;
	kite_sk(sk)->transparent = !!val;
	return 0;
}

/* The socket is locked. */
static int kite_set_ip_opt(struct sock *sk, int optname, int val,
			   unsigned int optlen)
{
	struct kite_sock *ks = kite_sk(sk);

	switch (optname) {
	case IP_TTL:
		if (!optlen || (val != -1 && (val < 1 || val > 255)))
			return -EINVAL;
		ks->uc_ttl = val;
		return 0;
	case IP_TOS:
		kite_set_tos(sk, val);
		return 0;
	case IP_MTU_DISCOVER:
		if (val < IP_PMTUDISC_DONT || val > IP_PMTUDISC_OMIT)
			return -EINVAL;
		ks->pmtudisc = val;
		return 0;
	case IP_HDRINCL:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		ks->hdrincl = !!val;
		return 0;
	case IP_FREEBIND:
		if (!optlen)
			return -EINVAL;
		ks->freebind = !!val;
		return 0;
	case IP_TRANSPARENT:
		if (!optlen)
			return -EINVAL;
		return kite_set_transparent(sk, val);
	case IP_BIND_ADDRESS_NO_PORT:
		ks->bind_address_no_port = !!val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Whether there is such an option at all: asked before its value is read. */
static bool kite_opt_is_known(int level, int optname)
{
	if (level == SOL_KITE)
		return optname == KITE_INET_NAMES;

	switch (optname) {
	case IP_TTL:
	case IP_TOS:
	case IP_MTU_DISCOVER:
	case IP_HDRINCL:
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT:
		return true;
	default:
		return false;
	}
}

/* The socket is locked. */
static int kite_get_ip_opt(struct sock *sk, int optname, int *val)
{
	struct kite_sock *ks = kite_sk(sk);
	struct dst_entry *dst;

	switch (optname) {
	case IP_TTL:
		*val = ks->uc_ttl != -1 ? ks->uc_ttl :
			READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_default_ttl);
		return 0;
	case IP_TOS:
		*val = ks->tos;
		return 0;
	case IP_MTU_DISCOVER:
		*val = ks->pmtudisc;
		return 0;
	case IP_MTU:
		dst = sk_dst_get(sk);
		if (!dst)
			return -ENOTCONN;
		*val = dst_mtu(dst);
		dst_release(dst);
		return 0;
	case IP_HDRINCL:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		*val = ks->hdrincl;
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
	default:
		return -ENOPROTOOPT;
	}
}

/* The socket is locked. */
static int kite_set_kite_opt(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case KITE_INET_NAMES:
		kite_sk(sk)->inet_names = !!val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* The socket is locked. */
static int kite_get_kite_opt(struct sock *sk, int optname, int *val)
{
	switch (optname) {
	case KITE_INET_NAMES:
		*val = kite_sk(sk)->inet_names;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* A level that is not ours belongs to the transport, if it is anybody's. */
static int kite_set_transport_opt(struct sock *sk, int level, int optname,
				  sockptr_t optval, unsigned int optlen)
{
	if (!sk->sk_prot->setsockopt)
		return -ENOPROTOOPT;
	return sk->sk_prot->setsockopt(sk, level, optname, optval, optlen);
}

/**
 * kite_setsockopt() - setsockopt(2) at every level but SOL_SOCKET
 * @sock: the socket
 * @level: SOL_IP and SOL_KITE are handled here, others by the transport
 * @optname: the option
 * @optval: its value, in user or kernel memory
 * @optlen: bytes at @optval
 *
 * Context: process; takes the socket lock.
 * Return: 0; -ENOPROTOOPT, -EINVAL, -EFAULT, -EPERM.
 */
int kite_setsockopt(struct socket *sock, int level, int optname,
		    sockptr_t optval, unsigned int optlen)
{
	struct sock *sk = sock->sk;
	int val, err;

	if (level != SOL_IP && level != SOL_KITE)
		return kite_set_transport_opt(sk, level, optname, optval,
					      optlen);

	if (!kite_opt_is_known(level, optname))
		return -ENOPROTOOPT;
	/* SOL_IP's leniency is not for what is new. */
	if (level == SOL_KITE && optlen < sizeof(val))
		return -EINVAL;
	err = kite_copy_int_opt(&val, optval, optlen);
	if (err)
		return err;

	sockopt_lock_sock(sk);
	err = level == SOL_IP ? kite_set_ip_opt(sk, optname, val, optlen) :
				kite_set_kite_opt(sk, optname, val);
	sockopt_release_sock(sk);
	return err;
}

/* Hand out an int, or a byte to a caller that has room for no more. */
static int kite_put_int_opt(int val, char __user *optval, int __user *optlen,
			    int len)
{
	u8 byte = val;

	if (len > 0 && len < (int)sizeof(val) && val >= 0 && val <= 255) {
		if (put_user(1, optlen) || copy_to_user(optval, &byte, 1))
			return -EFAULT;
		return 0;
	}
	len = min_t(int, len, sizeof(val));
	if (put_user(len, optlen) || copy_to_user(optval, &val, len))
		return -EFAULT;
	return 0;
}

/**
 * kite_getsockopt() - getsockopt(2) at every level but SOL_SOCKET
 * @sock: the socket
 * @level: SOL_IP and SOL_KITE are handled here, others by the transport
 * @optname: the option
 * @optval: where to put its value
 * @optlen: in: room at @optval, bytes; out: bytes written
 *
 * Context: process; takes the socket lock.
 * Return: 0; -ENOPROTOOPT, -EINVAL, -EFAULT, -ENOTCONN.
 */
int kite_getsockopt(struct socket *sock, int level, int optname,
		    char __user *optval, int __user *optlen)
{
	struct sock *sk = sock->sk;
	int val, len, err;

	if (level != SOL_IP && level != SOL_KITE) {
		if (!sk->sk_prot->getsockopt)
			return -ENOPROTOOPT;
		return sk->sk_prot->getsockopt(sk, level, optname, optval,
					       optlen);
	}

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;

	lock_sock(sk);
	err = level == SOL_IP ? kite_get_ip_opt(sk, optname, &val) :
				kite_get_kite_opt(sk, optname, &val);
	release_sock(sk);
	return err ?: kite_put_int_opt(val, optval, optlen, len);
}
