// SPDX-License-Identifier: GPL-2.0
#include "udp.h"

#include <linux/module.h>
#include <linux/udp.h>
#include <net/udp.h>

#include "../ip/protocol.h"
#include "../port/port.h"
#include "../port/reuseport.h"
#include "udp_sock.h"

/* udp_mem limits KITE and AF_INET alike, each counting its own. */
static atomic_long_t kite_udp_memory_allocated;
static DEFINE_PER_CPU(int, kite_udp_per_cpu_fw_alloc);

static void kite_udp_close(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static int kite_udp_disconnect(struct sock *sk, int flags)
{
	lock_sock(sk);
	kite_datagram_forget_peer(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		kite_put_port(sk);
		kite_sk(sk)->sport = 0;
	}
	release_sock(sk);
	return 0;
}

static void kite_udp_destroy_sock(struct sock *sk)
{
	lock_sock(sk);
	kite_udp_cork_flush(sk);
	release_sock(sk);
	kite_sock_destroy(sk);
}

KITE_DEFINE_PROTO_IOCTL(kite_udp_ioctl, kite_datagram_ioctl)

/* As AF_INET has it, UDP's options are those of UDP-Lite's level, too. */
static bool is_our_level(int level)
{
	return level == SOL_UDP || level == SOL_UDPLITE;
}

static int kite_udp_setsockopt(struct sock *sk, int level, int optname,
			       sockptr_t optval, unsigned int optlen)
{
	struct kite_udp_sock *us = kite_udp_sk(sk);
	int val, err = 0;

	if (!is_our_level(level))
		return -ENOPROTOOPT;
	if (optlen < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;

	switch (optname) {
	case UDP_CORK:
		WRITE_ONCE(us->cork, !!val);
		if (val)
			return 0;
		lock_sock(sk);
		err = kite_udp_cork_push(sk);
		release_sock(sk);
		return err;
	case UDP_SEGMENT:
		if (val < 0 || val > U16_MAX)
			return -EINVAL;
		WRITE_ONCE(us->gso_size, val);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int kite_udp_getsockopt(struct sock *sk, int level, int optname,
			       char __user *optval, int __user *optlen)
{
	int val, len;

	if (!is_our_level(level))
		return -EOPNOTSUPP;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(unsigned int, len, sizeof(val));

	switch (optname) {
	case UDP_CORK:
		val = READ_ONCE(kite_udp_sk(sk)->cork);
		break;
	case UDP_SEGMENT:
		val = READ_ONCE(kite_udp_sk(sk)->gso_size);
		break;
	default:
		return -ENOPROTOOPT;
	}

	if (put_user(len, optlen) || copy_to_user(optval, &val, len))
		return -EFAULT;
	return 0;
}

/* The proto.init. io_uring may ask for no copy, and gets one, as with TCP. */
static int udp_sock_init(struct sock *sk)
{
	set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
	return 0;
}

struct proto kite_udp_prot = {
	.name			= "KITE-UDP",
	.owner			= THIS_MODULE,
	.close			= kite_udp_close,
	.connect		= kite_datagram_connect,
	.disconnect		= kite_udp_disconnect,
	.ioctl			= kite_udp_ioctl,
	.init			= udp_sock_init,
	.destroy		= kite_udp_destroy_sock,
	.setsockopt		= kite_udp_setsockopt,
	.getsockopt		= kite_udp_getsockopt,
	.sendmsg		= kite_udp_sendmsg,
	.recvmsg		= kite_udp_recvmsg,
	.unhash			= kite_put_port,
	.rehash			= kite_reuseport_rehash,
	.get_port		= kite_get_port,
	.put_port		= kite_put_port,
	.memory_allocated	= &kite_udp_memory_allocated,
	.per_cpu_fw_alloc	= &kite_udp_per_cpu_fw_alloc,
	.sysctl_mem		= sysctl_udp_mem,
	.sysctl_wmem_offset	= offsetof(struct net,
					   ipv4.sysctl_udp_wmem_min),
	.sysctl_rmem_offset	= offsetof(struct net,
					   ipv4.sysctl_udp_rmem_min),
	.obj_size		= sizeof(struct kite_udp_sock),
};

static const struct kite_protocol kite_udp_protocol = {
	.handler	= kite_udp_rcv,
	.early_demux	= kite_udp_early_demux,
	.err_handler	= kite_udp_err,
};

/**
 * kite_udp_init() - make UDP known to the socket core and to the network layer
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_udp_init(void)
{
	int err;

	err = proto_register(&kite_udp_prot, 1);
	if (err)
		return err;
	err = kite_add_protocol(&kite_udp_protocol, IPPROTO_UDP);
	if (err)
		proto_unregister(&kite_udp_prot);
	return err;
}

/**
 * kite_udp_exit() - undo kite_udp_init()
 *
 * Context: process, module unload; no socket is left.
 */
void kite_udp_exit(void)
{
	kite_del_protocol(&kite_udp_protocol, IPPROTO_UDP);
	proto_unregister(&kite_udp_prot);
}
