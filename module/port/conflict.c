// SPDX-License-Identifier: GPL-2.0
/*
 * Who may own a port together: AF_INET's truth table.
 *
 * Two owners can only get in each other's way when a packet could be meant for
 * both: when one of the devices they are bound to is "any" or they are the
 * same, and likewise the addresses. Then:
 *
 *                 both SO_REUSEADDR       both SO_REUSEPORT       otherwise
 *                                         and of one user
 *   UDP           share                   share                   conflict
 *   TCP           share, unless the owner share                   conflict
 *                 listens
 *
 * A socket that is in a group of SO_REUSEPORT already does not join another.
 * A TCP owner in TIME_WAIT is an owner like any other, with the SO_REUSEADDR of
 * the socket that it was. TCP sockets in different VRFs do not meet unless
 * net.ipv4.tcp_l3mdev_accept joins them.
 */
#include "bucket.h"

#include <net/l3mdev.h>

#include "reuseport.h"

static bool devices_overlap(const struct sock *sk, const struct sock_common *o)
{
	int dev = READ_ONCE(sk->sk_bound_dev_if);
	int odev = READ_ONCE(o->skc_bound_dev_if);

	return !dev || !odev || dev == odev;
}

static bool addresses_overlap(const struct sock *sk,
			      const struct sock_common *o)
{
	return !sk->sk_rcv_saddr || !o->skc_rcv_saddr ||
	       sk->sk_rcv_saddr == o->skc_rcv_saddr;
}

static bool same_l3_domain(const struct sock *sk, const struct sock_common *o)
{
#ifdef CONFIG_NET_L3_MASTER_DEV
	struct net *net = sock_net(sk);

	if (!READ_ONCE(net->ipv4.sysctl_tcp_l3mdev_accept))
		return l3mdev_master_ifindex_by_index(net,
						      sk->sk_bound_dev_if) ==
		       l3mdev_master_ifindex_by_index(net,
						      o->skc_bound_dev_if);
#endif
	return true;
}

static bool may_share_tcp(const struct sock *sk, const struct sock_common *o,
			  bool autobind, bool relax)
{
	bool reuse = sk->sk_reuse && o->skc_reuse &&
		     o->skc_state != TCP_LISTEN;

	/*
	 * net.ipv4.ip_autobind_reuse is what relaxes an automatic bind, but it
	 * never makes it a member of a group.
	 */
	if (autobind && !relax)
		return false;
	if (!autobind && reuse)
		return true;
	if (!kite_reuseport_is_grouped(sk) && kite_reuseport_may_join(sk, o))
		return !autobind;
	return reuse;
}

/*
 * Of the owners that do not share by SO_REUSEADDR the latest decides alone: who
 * may join its group is in.
 */
static bool conflict_udp(const struct sock *sk,
			 const struct kite_bind_bucket *b, bool autobind)
{
	const struct sock_common *o;

	kite_for_each_owner(o, b) {
		if (o == &sk->__sk_common || (sk->sk_reuse && o->skc_reuse) ||
		    !devices_overlap(sk, o) || !addresses_overlap(sk, o))
			continue;
		if (rcu_access_pointer(sk->sk_reuseport_cb) ||
		    !kite_reuseport_may_join(sk, o))
			return true;
		if (!autobind)
			return false;
	}
	return false;
}

/**
 * kite_bind_conflict() - whether a socket may not own a port with its owners
 * @sk: the socket that wants in; it may be an owner already
 * @b: the port's bucket
 * @autobind: the kernel chooses the port: only one that nobody else could want
 * @relax: @autobind may also share by SO_REUSEADDR
 *
 * Context: @b->lock held.
 * Return: true when bind() must fail with EADDRINUSE.
 */
bool kite_bind_conflict(const struct sock *sk,
			const struct kite_bind_bucket *b, bool autobind,
			bool relax)
{
	const struct sock_common *o;

	lockdep_assert_held(&b->lock);

	if (kite_port_space(sk) == KITE_PORTS_UDP)
		return conflict_udp(sk, b, autobind);
	if (!autobind && sk->sk_reuse == SK_FORCE_REUSE)
		return false;

	kite_for_each_owner(o, b) {
		if (o == &sk->__sk_common ||
		    !devices_overlap(sk, o) || !addresses_overlap(sk, o))
			continue;
		if (!may_share_tcp(sk, o, autobind, relax) &&
		    same_l3_domain(sk, o))
			return true;
	}
	return false;
}
