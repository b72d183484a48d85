// SPDX-License-Identifier: GPL-2.0
#include "af_kite.h"

#include <linux/sockptr.h>

#include "ip_opt.h"

/* Whether SOL_KITE has such an option at all: asked before its value is read. */
static bool kite_opt_is_known(int optname)
{
	return optname == KITE_INET_NAMES || optname == KITE_REUSEPORT;
}

/* The socket is locked. */
static int kite_set_kite_opt(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case KITE_INET_NAMES:
		kite_sk(sk)->inet_names = !!val;
		return 0;
	case KITE_REUSEPORT:
		sk->sk_reuseport = !!val;
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
	case KITE_REUSEPORT:
		*val = sk->sk_reuseport;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/*
 * A level that is not ours belongs to the transport, if it is anybody's: AF_INET
 * tells who writes to nobody's from who reads there.
 */
static int kite_set_transport_opt(struct sock *sk, int level, int optname,
				  sockptr_t optval, unsigned int optlen)
{
	if (!sk->sk_prot->setsockopt)
		return -ENOPROTOOPT;
	return sk->sk_prot->setsockopt(sk, level, optname, optval, optlen);
}

static int kite_get_transport_opt(struct sock *sk, int level, int optname,
				  char __user *optval, int __user *optlen)
{
	if (!sk->sk_prot->getsockopt)
		return -EOPNOTSUPP;
	return sk->sk_prot->getsockopt(sk, level, optname, optval, optlen);
}

/*
 * SOL_SOCKET is the core's, but for what it decides by the family's number: only
 * its own may share a port, and only its own TCP is kept from users' filters.
 */
static int kite_set_socket_opt(struct socket *sock, int optname,
			       sockptr_t optval, unsigned int optlen)
{
	struct sock *sk = sock->sk;

	if (optname == SO_REUSEPORT)
		return kite_setsockopt(sock, SOL_KITE, KITE_REUSEPORT, optval,
				       optlen);
	if (optname == SO_ATTACH_FILTER && sk->sk_type == SOCK_STREAM &&
	    !sockopt_ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	return sock_setsockopt(sock, SOL_SOCKET, optname, optval, optlen);
}

/**
 * kite_setsockopt() - setsockopt(2), at SOL_SOCKET only where the kernel asks
 * @sock: the socket
 * @level: SOL_SOCKET is the core's, SOL_IP ip_opt.c's, SOL_KITE is handled here,
 *	others by the transport
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

	if (level == SOL_SOCKET)
		return kite_set_socket_opt(sock, optname, optval, optlen);
	if (level == SOL_IP)
		return kite_ip_setsockopt(sk, optname, optval, optlen);
	if (level != SOL_KITE)
		return kite_set_transport_opt(sk, level, optname, optval,
					      optlen);

	if (!kite_opt_is_known(optname))
		return -ENOPROTOOPT;
	/* SOL_IP's leniency is not for what is new. */
	if (optlen < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;

	sockopt_lock_sock(sk);
	err = kite_set_kite_opt(sk, optname, val);
	sockopt_release_sock(sk);
	return err;
}

/**
 * kite_put_int_opt() - hand out an int, or a byte to a caller that has room for
 * no more
 * @val: the option's value
 * @optval: where it goes
 * @optlen: set to how many bytes of it there are
 * @len: room at @optval, bytes
 *
 * Context: process.
 * Return: 0 or -EFAULT.
 */
int kite_put_int_opt(int val, char __user *optval, int __user *optlen, int len)
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
 * @level: SOL_IP is ip_opt.c's, SOL_KITE is handled here, others by
 *	the transport
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

	if (level == SOL_IP)
		return kite_ip_getsockopt(sk, optname, optval, optlen);
	if (level != SOL_KITE)
		return kite_get_transport_opt(sk, level, optname, optval,
					      optlen);

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;

	lock_sock(sk);
	err = kite_get_kite_opt(sk, optname, &val);
	release_sock(sk);
	return err ?: kite_put_int_opt(val, optval, optlen, len);
}
