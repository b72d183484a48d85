// SPDX-License-Identifier: GPL-2.0
/*
 * SO_REUSEPORT on the kernel's own library. A group is made of the sockets that
 * packets find under one key of the table of listeners and datagram sockets, that
 * are bound to the same device, belong to the same user, and asked for it.
 *
 * The lock of the port's bucket decides who founds a group and who joins it. The
 * library has a lock of its own below that.
 */
#include "reuseport.h"

#include <linux/jhash.h>
#include <linux/once.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <net/sock_reuseport.h>

#include "bucket.h"

/**
 * kite_reuseport_may_join() - whether an owner lets a socket in by SO_REUSEPORT
 * @sk: the socket that wants in
 * @owner: one that has the port; full socket or TIME_WAIT
 *
 * Both have asked for it, and the same user has both. Nobody has a TIME_WAIT.
 *
 * Context: any; takes sk_callback_lock of both.
 * Return: true if so.
 */
bool kite_reuseport_may_join(const struct sock *sk,
			     const struct sock_common *owner)
{
	if (!sk->sk_reuseport || !owner->skc_reuseport)
		return false;
	return owner->skc_state == TCP_TIME_WAIT ||
	       uid_eq(sock_i_uid((struct sock *)sk),
		      sock_i_uid((struct sock *)owner));
}

/**
 * kite_reuseport_is_grouped() - whether a socket is in a group and has to stay
 * @sk: the socket
 *
 * One whose group has members that stopped listening may change to another.
 *
 * Context: any.
 * Return: true when it cannot join another group.
 */
bool kite_reuseport_is_grouped(const struct sock *sk)
{
	const struct sock_reuseport *group;
	bool grouped;

	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	grouped = group && !READ_ONCE(group->num_closed_socks);
	rcu_read_unlock();
	return grouped;
}

/**
 * kite_reuseport_join() - found a group or join one, if the socket asked for it
 * @t: the table of its port space
 * @sk: a socket that packets are about to find; its demux_key is filled in
 *
 * Context: the lock of the socket's bucket held.
 * Return: 0; -ENOMEM; -EADDRINUSE when another group holds it.
 */
int kite_reuseport_join(struct kite_port_table *t, struct sock *sk)
{
	struct kite_sock *ks;
	struct rhlist_head *pos;
	int err;

	lockdep_assert_held(&kite_sk(sk)->bucket->lock);

	if (!sk->sk_reuseport)
		return 0;
	rcu_read_lock();
	rhl_for_each_entry_rcu(ks, pos,
			       rhltable_lookup(&t->demux,
					       &kite_sk(sk)->demux_key,
					       kite_demux_params),
			       demux_link) {
		if (ks->sk.sk_rcv_saddr == sk->sk_rcv_saddr &&
		    ks->sk.sk_bound_dev_if == sk->sk_bound_dev_if &&
		    kite_reuseport_may_join(sk, &ks->sk.__sk_common)) {
			err = reuseport_add_sock(sk, &ks->sk,
						 !sk->sk_rcv_saddr);
			goto out;
		}
	}
	err = reuseport_alloc(sk, !sk->sk_rcv_saddr);
out:
	rcu_read_unlock();
	return err == -EBUSY ? -EADDRINUSE : err;
}

/**
 * kite_reuseport_leave() - leave the group, if the socket is in one
 * @sk: a socket that packets do not find any more
 *
 * A listener stays known to its group when net.ipv4.tcp_migrate_req is on, so
 * that the others can take over what it leaves behind.
 *
 * Context: the lock of the socket's bucket held.
 */
void kite_reuseport_leave(struct sock *sk)
{
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_stop_listen_sock(sk);
}

/**
 * kite_reuseport_readdress() - a datagram socket gets another address of its own
 * @sk: the socket, whether it has a port or not
 * @addr: where it is reached from now on, network order
 *
 * It is not a member of its group any more, and nobody joins it by the old address.
 *
 * Context: socket lock held; takes the lock of the socket's bucket.
 */
void kite_reuseport_readdress(struct sock *sk, __be32 addr)
{
	struct kite_bind_bucket *b = kite_sk(sk)->bucket;

	if (!b) {
		sk->sk_rcv_saddr = addr;
		return;
	}
	spin_lock_bh(&b->lock);
	sk->sk_rcv_saddr = addr;
	kite_reuseport_leave(sk);
	spin_unlock_bh(&b->lock);
}

/**
 * kite_reuseport_rehash() - a datagram socket was bound to another device
 * (proto.rehash)
 * @sk: the socket
 *
 * Context: socket lock held; takes the lock of the socket's bucket.
 */
void kite_reuseport_rehash(struct sock *sk)
{
	kite_reuseport_readdress(sk, sk->sk_rcv_saddr);
}

/**
 * kite_reuseport_hash() - what a flow's place in a group depends on
 * @saddr: source address, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @hnum: destination port, host order
 *
 * Nobody outside can tell which flows meet at one socket.
 *
 * Context: any.
 * Return: evenly spread over all 32 bits.
 */
u32 kite_reuseport_hash(__be32 saddr, __be16 sport, __be32 daddr, u16 hnum)
{
	static u32 secret __read_mostly;

	net_get_random_once(&secret, sizeof(secret));
	return jhash_3words((__force u32)saddr, (__force u32)daddr,
			    (u32)hnum << 16 | (__force u16)sport, secret);
}

/**
 * kite_reuseport_select() - who of a group gets a packet
 * @sk: the socket that was found, of a group or not
 * @hash: of the flow
 * @skb: the packet, for the group's BPF program; NULL = there is none, only the
 *	hash decides
 * @doff: bytes from @skb's data to the payload
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: @sk or another one of its group, without a reference.
 */
struct sock *kite_reuseport_select(struct sock *sk, u32 hash,
				   struct sk_buff *skb, int doff)
{
	if (!sk->sk_reuseport)
		return sk;
	return reuseport_select_sock(sk, hash, skb, doff) ?: sk;
}

/**
 * kite_reuseport_successor() - who takes over what a listener leaves behind
 * @sk: a listener that has stopped
 * @child: a connection that nobody accepted
 *
 * Context: process or BH.
 * Return: another listener of the group, with a reference; NULL when there is
 * none, or net.ipv4.tcp_migrate_req is off.
 */
struct sock *kite_reuseport_successor(struct sock *sk, const struct sock *child)
{
	struct sock *heir;
	u32 hash;

	if (!READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_migrate_req))
		return NULL;
	hash = kite_reuseport_hash(child->sk_daddr, child->sk_dport,
				   child->sk_rcv_saddr, child->sk_num);
	rcu_read_lock();
	heir = reuseport_select_sock(sk, hash, NULL, 0);
	if (heir && (heir == sk ||
		     !refcount_inc_not_zero(&heir->sk_refcnt)))
		heir = NULL;
	rcu_read_unlock();
	return heir;
}
