// SPDX-License-Identifier: GPL-2.0
#include "af_kite.h"

#include <linux/bpf-cgroup.h>
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/sock.h>

#include "../ip/mc_member.h"
#include "../netns.h"
#include "../sockaddr.h"
#include "../tcp/listen.h"
#include "../tcp/tcp.h"
#include "../tcp/user.h"
#include "../udp/udp.h"

/* Make the generic socket and fill in what is KITE's of it. */
static struct sock *kite_sk_alloc(struct net *net, struct socket *sock,
				  const struct kite_protosw *p, int protocol,
				  int kern)
{
	struct kite_sock *ks;
	struct sock *sk;

	sk = sk_alloc(net, kite_family, GFP_KERNEL, p->prot, kern);
	if (!sk)
		return NULL;

	sock_init_data(sock, sk);
	kite_wants_sol_socket(sock);
	sock_prot_inuse_add(net, p->prot, 1);	/* kite_sock_destroy() */
	sk->sk_protocol = protocol;
	sk->sk_destruct = kite_sock_destruct;
	sk->sk_backlog_rcv = p->prot->backlog_rcv;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	if (p->flags & KITE_PROTOSW_REUSE)
		sk->sk_reuse = SK_CAN_REUSE;

	ks = kite_sk(sk);
	ks->uc_ttl = -1;
	ks->mc_ttl = 1;
	ks->mc_loop = 1;
	ks->mc_all = 1;
	ks->pmtudisc = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc) ?
		IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	atomic_set(&ks->ip_id, 0);
	if (sock->type == SOCK_RAW) {
		/* The protocol takes the port's place in listings and hash. */
		sk->sk_num = protocol;
		ks->sport = htons(protocol);
		ks->hdrincl = protocol == IPPROTO_RAW;
	}
	return sk;
}

/**
 * kite_create() - make a socket (twin of inet_create())
 * @net: the namespace it lives in
 * @sock: to be filled in
 * @protocol: IPPROTO_*, 0 for the type's default
 * @kern: made by the kernel for itself
 *
 * Context: process.
 * Return: 0; -ESOCKTNOSUPPORT when KITE has nothing of this type,
 * -EPROTONOSUPPORT when it has but not this protocol, -EPERM for a raw socket
 * without CAP_NET_RAW in the namespace's user namespace, -ENOMEM or -ENOBUFS,
 * or what a cgroup program said.
 */
int kite_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct kite_protosw p;
	struct sock *sk;
	int err;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;

	sock->state = SS_UNCONNECTED;
	err = kite_protosw_get(sock->type, protocol, &p);
	if (err)
		return err;

	err = -EPERM;
	if (sock->type == SOCK_RAW && !kern &&
	    !ns_capable(net->user_ns, CAP_NET_RAW))
		goto out;

	err = kite_net_activate(net);
	if (err)
		goto out;

	err = -ENOBUFS;
	if (protocol == IPPROTO_IP)
		protocol = p.protocol;
	sk = kite_sk_alloc(net, sock, &p, protocol, kern);
	if (!sk)
		goto out;
	sock->ops = p.ops;

	err = 0;
	if (sk->sk_prot->init)
		err = sk->sk_prot->init(sk);
	if (!err && !kern)
		err = BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
	if (err) {
		sk_common_release(sk);
		sock->sk = NULL;
	}
out:
	kite_protosw_put(&p);
	return err;
}

/* close(2): SO_LINGER makes it wait, but never a process that is dying. */
static int kite_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	long timeout = 0;

	if (!sk)
		return 0;
	if (!sk->sk_kern_sock)
		BPF_CGROUP_RUN_PROG_INET_SOCK_RELEASE(sk);
	kite_mc_drop(sk);
	if (sock_flag(sk, SOCK_LINGER) && !(current->flags & PF_EXITING))
		timeout = sk->sk_lingertime;
	sk->sk_prot->close(sk, timeout);
	sock->sk = NULL;
	return 0;
}

/* getsockname(2) and, with @peer, getpeername(2) and accept(2). */
static int kite_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sock *sk = sock->sk;
	struct kite_sock *ks = kite_sk(sk);
	int len;

	lock_sock(sk);
	if (!peer) {
		len = kite_addr_to_user(sk, uaddr, sk->sk_rcv_saddr ?: ks->saddr,
					ks->sport);
	} else if (!sk->sk_dport ||
		   (peer == 1 && (1 << sk->sk_state) &
				 (TCPF_CLOSE | TCPF_SYN_SENT))) {
		len = -ENOTCONN;
	} else {
		len = kite_addr_to_user(sk, uaddr, sk->sk_daddr, sk->sk_dport);
	}
	release_sock(sk);
	return len;
}

/* listen(2): only the backlog changes when the socket listens already. */
static int kite_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED)
		goto out;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		goto out;

	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state != TCP_LISTEN)
		err = kite_listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/* accept(2): the transport waits for a connection, here it gets its file. */
static int kite_accept(struct socket *sock, struct socket *newsock,
		       struct proto_accept_arg *arg)
{
	struct sock *newsk;

	newsk = kite_sk_accept(sock->sk, arg);
	if (!newsk)
		return arg->err;

	lock_sock(newsk);
	sock_graft(newsk, newsock);
	newsock->state = SS_CONNECTED;
	set_bit(SOCK_SUPPORT_ZC, &newsock->flags);
	kite_wants_sol_socket(newsock);
	release_sock(newsk);
	return 0;
}

KITE_DEFINE_ACCEPT(kite_accept_op, kite_accept)

static int kite_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	int err;

	/* A stream that was never connected says so itself. */
	if (!sk->sk_num && !sk->sk_prot->no_autobind) {
		err = kite_autobind(sk);
		if (err)
			return err;
	}
	return sk->sk_prot->sendmsg(sk, msg, len);
}

/*
 * shutdown(2). What it means for a connection is the transport's business; here
 * it ends an attempt to connect, and makes a listener an ordinary socket again.
 */
static int kite_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int mask = how + 1;	/* SHUT_RD.. to RCV_SHUTDOWN | SEND_SHUTDOWN */
	int err = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;

	lock_sock(sk);
	if (sock->state == SS_CONNECTING)
		sock->state = (1 << sk->sk_state) &
			      (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE) ?
			SS_DISCONNECTING : SS_CONNECTED;

	if (sk->sk_state == TCP_SYN_SENT ||
	    (sk->sk_state == TCP_LISTEN && mask & RCV_SHUTDOWN)) {
		err = sk->sk_prot->disconnect(sk, O_NONBLOCK);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
	} else if (sk->sk_state != TCP_LISTEN) {
		/* Pollers of a socket that has no peer learn about it, too. */
		if (sk->sk_state == TCP_CLOSE)
			err = -ENOTCONN;
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | mask);
		if (sk->sk_prot->shutdown)
			sk->sk_prot->shutdown(sk, mask);
	}
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

/* Datagrams copy what they are given; that more pages follow is what counts. */
static int __maybe_unused send_pages(struct sock *sk, struct msghdr *msg)
{
	return kite_sendmsg(sk->sk_socket, msg, msg_data_left(msg));
}

KITE_DEFINE_SENDPAGE(kite_stream_sendpage, kite_tcp_send_pages)
KITE_DEFINE_SENDPAGE(kite_dgram_sendpage, send_pages)
KITE_DEFINE_SPLICE_EOF(kite_stream_splice_eof, kite_tcp_flush)
KITE_DEFINE_SPLICE_EOF(kite_dgram_splice_eof, kite_udp_flush)

const struct proto_ops kite_stream_ops = {
	.owner		= THIS_MODULE,
	.release	= kite_release,
	.bind		= kite_bind,
	.connect	= kite_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= kite_accept_op,
	.getname	= kite_getname,
	.poll		= kite_tcp_poll,
	.ioctl		= inet_ioctl,	/* addresses, routes and neighbours are the host's */
	.gettstamp	= sock_gettstamp,
	.listen		= kite_listen,
	.shutdown	= kite_shutdown,
	.setsockopt	= kite_setsockopt,
	.getsockopt	= kite_getsockopt,
	.sendmsg	= kite_sendmsg,
	.recvmsg	= sock_common_recvmsg,
	.mmap		= sock_no_mmap,
	KITE_SENDPAGE_OP(kite_stream_sendpage)
	KITE_SPLICE_EOF_OP(kite_stream_splice_eof)
	.splice_read	= kite_tcp_splice_read,
	.set_rcvlowat	= kite_tcp_set_rcvlowat,
};

const struct proto_ops kite_dgram_ops = {
	.owner		= THIS_MODULE,
	.release	= kite_release,
	.bind		= kite_bind,
	.connect	= kite_dgram_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= kite_getname,
	.poll		= datagram_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= sock_no_listen,
	.shutdown	= kite_shutdown,
	.setsockopt	= kite_setsockopt,
	.getsockopt	= kite_getsockopt,
	.sendmsg	= kite_sendmsg,
	.recvmsg	= sock_common_recvmsg,
	.mmap		= sock_no_mmap,
	KITE_SENDPAGE_OP(kite_dgram_sendpage)
	KITE_SPLICE_EOF_OP(kite_dgram_splice_eof)
	.set_peek_off	= sk_set_peek_off,
};

const struct proto_ops kite_sockraw_ops = {
	.owner		= THIS_MODULE,
	.release	= kite_release,
	.bind		= kite_bind,
	.connect	= kite_dgram_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= kite_getname,
	.poll		= datagram_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= sock_no_listen,
	.shutdown	= kite_shutdown,
	.setsockopt	= kite_setsockopt,
	.getsockopt	= kite_getsockopt,
	.sendmsg	= kite_sendmsg,
	.recvmsg	= sock_common_recvmsg,
	.mmap		= sock_no_mmap,
};
EXPORT_SYMBOL_GPL(kite_sockraw_ops);
