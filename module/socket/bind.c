// SPDX-License-Identifier: GPL-2.0
#include "af_kite.h"

#include <linux/bpf-cgroup.h>
#include <linux/rtnetlink.h>
#include <net/ip.h>

#include "../ip/datagram.h"
#include "../sockaddr.h"

/* Give the socket its address and port. The socket is locked. */
static int kite_bind_locked(struct sock *sk, const struct kite_endpoint *ep,
			    unsigned int addr_type)
{
	struct kite_sock *ks = kite_sk(sk);
	u16 port = ntohs(ep->port);
	int err;

	/* Bound or connected already. */
	if (sk->sk_state != TCP_CLOSE || sk->sk_num)
		return -EINVAL;

	/*
	 * A group or broadcast address can be received on, but not sent from:
	 * the route chooses a source address then.
	 */
	sk->sk_rcv_saddr = ep->addr;
	ks->saddr = addr_type == RTN_MULTICAST || addr_type == RTN_BROADCAST ?
		0 : ep->addr;

	if (port || !ks->bind_address_no_port) {
		err = sk->sk_prot->get_port(sk, port);
		if (!err) {
			err = BPF_CGROUP_RUN_PROG_INET4_POST_BIND(sk);
			if (err) {
				sk->sk_prot->put_port(sk);
				ks->sport = 0;
			}
		}
		if (err) {
			sk->sk_rcv_saddr = 0;
			ks->saddr = 0;
			return err;
		}
	}

	if (sk->sk_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	ks->sport = htons(sk->sk_num);
	sk->sk_daddr = 0;
	sk->sk_dport = 0;
	sk_dst_reset(sk);
	return 0;
}

/**
 * kite_bind() - bind(2) (twin of inet_bind())
 * @sock: the socket
 * @uaddr: address and port; AF_UNSPEC will do for INADDR_ANY
 * @addr_len: bytes at @uaddr
 *
 * Context: process; takes the socket lock.
 * Return: 0; -EINVAL when @uaddr is too short or the socket has a port,
 * -EAFNOSUPPORT, -EADDRNOTAVAIL for an address that is not of this host, -EACCES
 * for a port below ip_unprivileged_port_start without CAP_NET_BIND_SERVICE, what
 * the port table says, or -EPERM of a cgroup's program.
 */
int kite_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	struct sock *sk = sock->sk;
	struct net *net = sock_net(sk);
	struct kite_endpoint ep;
	unsigned int addr_type;
	int err;

	if (sk->sk_prot->bind)
		return sk->sk_prot->bind(sk, uaddr, addr_len);

	err = kite_addr_from_user(uaddr, addr_len, &ep);
	if (err == -EAFNOSUPPORT && uaddr->sa_family == AF_UNSPEC) {
		const struct sockaddr_kite *ska = (const void *)uaddr;

		/* As AF_INET has it, for programs that leave the family out. */
		if (ska->skite_addr.s_addr == htonl(INADDR_ANY)) {
			ep.addr = htonl(INADDR_ANY);
			ep.port = ska->skite_port;
			err = 0;
		}
	}
	if (err)
		return err;

	if (!kite_addr_may_bind(sk, ep.addr, &addr_type))
		return -EADDRNOTAVAIL;

	if (ep.port && inet_port_requires_bind_service(net, ntohs(ep.port)) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;

	lock_sock(sk);
	err = kite_bind_locked(sk, &ep, addr_type);
	release_sock(sk);
	return err;
}

/**
 * kite_autobind() - give a socket that sends without a port one of its own
 * @sk: the socket
 *
 * Context: process; takes the socket lock.
 * Return: 0, -EAGAIN when there is no port (as AF_INET), -ENOMEM.
 */
int kite_autobind(struct sock *sk)
{
	int err = 0;

	lock_sock(sk);
	if (!sk->sk_num) {
		err = sk->sk_prot->get_port(sk, 0);
		if (!err)
			kite_sk(sk)->sport = htons(sk->sk_num);
		else if (err == -EADDRINUSE)
			err = -EAGAIN;
	}
	release_sock(sk);
	return err;
}
