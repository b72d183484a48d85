// SPDX-License-Identifier: GPL-2.0
#include "raw.h"

#include <linux/icmp.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/raw.h>

#include "../ip/datagram.h"
#include "../ip/ip_input.h"
#include "raw_sock.h"

static void kite_raw_close(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static int kite_raw_disconnect(struct sock *sk, int flags)
{
	lock_sock(sk);
	kite_datagram_forget_peer(sk);
	release_sock(sk);
	return 0;
}

/* Only the address counts; AF_INET looks at neither family nor port. */
static int kite_raw_bind(struct sock *sk, struct sockaddr *uaddr, int len)
{
	const struct sockaddr_kite *ska = (const void *)uaddr;
	struct kite_sock *ks = kite_sk(sk);
	unsigned int type;
	__be32 addr;
	int err = 0;

	if (len < (int)sizeof(*ska))
		return -EINVAL;
	addr = ska->skite_addr.s_addr;

	lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE) {
		err = -EINVAL;
	} else if (!kite_addr_may_bind(sk, addr, &type)) {
		err = -EADDRNOTAVAIL;
	} else {
		sk->sk_rcv_saddr = addr;
		ks->saddr = type == RTN_MULTICAST || type == RTN_BROADCAST ?
			0 : addr;
		sk_dst_reset(sk);
	}
	release_sock(sk);
	return err;
}

static int kite_raw_setsockopt(struct sock *sk, int level, int optname,
			       sockptr_t optval, unsigned int optlen)
{
	u32 filter = kite_raw_sk(sk)->icmp_filter;

	if (level != SOL_RAW || optname != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (copy_from_sockptr(&filter, optval,
			      min_t(unsigned int, optlen, sizeof(filter))))
		return -EFAULT;
	WRITE_ONCE(kite_raw_sk(sk)->icmp_filter, filter);
	return 0;
}

static int kite_raw_getsockopt(struct sock *sk, int level, int optname,
			       char __user *optval, int __user *optlen)
{
	u32 filter = READ_ONCE(kite_raw_sk(sk)->icmp_filter);
	int len;

	if (level != SOL_RAW)
		return -EOPNOTSUPP;
	if (optname != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(unsigned int, len, sizeof(filter));
	if (put_user(len, optlen) || copy_to_user(optval, &filter, len))
		return -EFAULT;
	return 0;
}

KITE_DEFINE_PROTO_IOCTL(kite_raw_ioctl, kite_datagram_ioctl)

struct proto kite_raw_prot = {
	.name		= "KITE-RAW",
	.owner		= THIS_MODULE,
	.close		= kite_raw_close,
	.connect	= kite_datagram_connect,
	.disconnect	= kite_raw_disconnect,
	.ioctl		= kite_raw_ioctl,
	.init		= kite_raw_hash,
	.destroy	= kite_sock_destroy,
	.setsockopt	= kite_raw_setsockopt,
	.getsockopt	= kite_raw_getsockopt,
	.sendmsg	= kite_raw_sendmsg,
	.recvmsg	= kite_datagram_recvmsg,
	.bind		= kite_raw_bind,
	.unhash		= kite_raw_unhash,
	.obj_size	= sizeof(struct kite_raw_sock),
};

static const struct kite_raw_ops kite_raw_ops = {
	.deliver	= kite_raw_deliver,
	.err		= kite_raw_err,
};

/**
 * kite_raw_init() - make raw sockets known to the core and to the network layer
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_raw_init(void)
{
	int err;

	err = proto_register(&kite_raw_prot, 1);
	if (err)
		return err;
	kite_set_raw_ops(&kite_raw_ops);
	return 0;
}

/**
 * kite_raw_exit() - undo kite_raw_init()
 *
 * Context: process, module unload; no socket is left.
 */
void kite_raw_exit(void)
{
	kite_set_raw_ops(NULL);
	proto_unregister(&kite_raw_prot);
}
