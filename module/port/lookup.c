// SPDX-License-Identifier: GPL-2.0
/*
 * A packet that belongs to no connection is looked up twice, by its destination
 * address and port and by the wildcard and port, and goes to the socket that
 * asked for it most precisely.
 */
#include "lookup.h"

#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <net/inet_sock.h>
#include <net/udp.h>

#include "bucket.h"
#include "ehash.h"
#include "reuseport.h"

const struct rhashtable_params kite_demux_params = {
	.key_len	= sizeof(struct kite_demux_key),
	.key_offset	= offsetof(struct kite_sock, demux_key),
	.head_offset	= offsetof(struct kite_sock, demux_link),
	.min_size	= KITE_TABLE_MIN,
	.automatic_shrinking = true,
};

/* What precise asks are worth; each outweighs all that are less. */
enum {
	SCORE_MATCH	= 1,
	SCORE_CPU	= 2,
	SCORE_DEVICE	= 4,
	SCORE_PEER_PORT	= 8,
	SCORE_PEER	= 16,
	SCORE_ADDRESS	= 32,
};

/**
 * struct demux_packet - what of a packet decides who gets it
 * @net: the namespace
 * @saddr: source address, network order
 * @daddr: destination address, network order
 * @sport: source port, network order
 * @hnum: destination port, host order
 * @dif: input device
 * @sdif: enslaved input device when @dif is an L3 master, else 0
 * @skb: the packet itself, if it is one that is received
 * @doff: bytes from its data to the payload
 */
struct demux_packet {
	struct net	*net;
	struct sk_buff	*skb;
	int		doff;
	__be32		saddr;
	__be32		daddr;
	__be16		sport;
	u16		hnum;
	int		dif;
	int		sdif;
};

/**
 * kite_demux_insert() - make a socket one that packets find by port
 * @t: the table of its port space
 * @sk: the socket, with port and address
 *
 * With SO_REUSEPORT it becomes a member of a group.
 *
 * Context: process, socket lock held; may sleep.
 * Return: 0, -ENOMEM or -EADDRINUSE.
 */
int kite_demux_insert(struct kite_port_table *t, struct sock *sk)
{
	struct kite_sock *ks = kite_sk(sk);
	int err;

	ks->demux_key.addr = sk->sk_rcv_saddr;
	ks->demux_key.port = sk->sk_num;
	ks->demux_key.zero = 0;
	for (;;) {
		spin_lock_bh(&ks->bucket->lock);
		err = kite_reuseport_join(t, sk);
		if (!err) {
			err = rhltable_insert(&t->demux, &ks->demux_link,
					      kite_demux_params);
			if (err)
				kite_reuseport_leave(sk);
			else
				kite_count_in_use(sk, 1);
		}
		spin_unlock_bh(&ks->bucket->lock);
		if (err != -EBUSY)
			return !err || err == -EADDRINUSE ? err : -ENOMEM;
		/* It grows by a worker, which we were faster than. */
		schedule_timeout_uninterruptible(1);
	}
}

/**
 * kite_demux_remove() - undo kite_demux_insert()
 * @sk: the socket
 *
 * Context: process or BH, socket lock held.
 */
void kite_demux_remove(struct sock *sk)
{
	struct kite_port_table *t = kite_port_table(sock_net(sk),
						    kite_port_space(sk));
	struct kite_sock *ks = kite_sk(sk);

	spin_lock_bh(&ks->bucket->lock);
	rhltable_remove(&t->demux, &ks->demux_link, kite_demux_params);
	kite_reuseport_leave(sk);
	kite_count_in_use(sk, -1);
	spin_unlock_bh(&ks->bucket->lock);
}

/**
 * kite_hash_listener() - let segments find a listener
 * @sk: a TCP socket in TCP_LISTEN that owns a port
 *
 * Context: process, socket lock held.
 * Return: 0, -ENOMEM or -EADDRINUSE.
 */
int kite_hash_listener(struct sock *sk)
{
	struct net *net = sock_net(sk);

	/* The first SYN will need it, and cannot sleep. */
	if (kite_ehash_net_prepare(net))
		return -ENOMEM;
	return kite_demux_insert(kite_port_table(net, KITE_PORTS_TCP), sk);
}

/**
 * kite_unhash_listener() - undo kite_hash_listener()
 * @sk: the listener, still with its port
 *
 * Segments that are being processed may still use @sk until a grace period has
 * passed.
 *
 * Context: process, socket lock held.
 */
void kite_unhash_listener(struct sock *sk)
{
	kite_demux_remove(sk);
}

/* Sockets that asked for @addr and the packet's port; @addr is its own or 0. */
static struct rhlist_head *sockets_by_address(struct kite_port_table *t,
					      const struct demux_packet *p,
					      __be32 addr)
{
	struct kite_demux_key key = { .addr = addr, .port = p->hnum };

	return rhltable_lookup(&t->demux, &key, kite_demux_params);
}

static int score_cpu(const struct sock *sk)
{
	return READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id() ?
		SCORE_CPU : 0;
}

/* 0 = the packet is not for @sk. */
static int score_listener(const struct sock *sk, const struct demux_packet *p)
{
	int dev = READ_ONCE(sk->sk_bound_dev_if);

	/* It may be leaving, and be linked elsewhere already. */
	if (sk->sk_num != p->hnum ||
	    !inet_sk_bound_dev_eq(p->net, dev, p->dif, p->sdif))
		return 0;
	return SCORE_MATCH + (sk->sk_rcv_saddr ? SCORE_ADDRESS : 0) +
	       (dev ? SCORE_DEVICE : 0) + score_cpu(sk);
}

static int score_udp(const struct sock *sk, const struct demux_packet *p)
{
	int dev = READ_ONCE(sk->sk_bound_dev_if);
	int score = SCORE_MATCH;

	if (sk->sk_num != p->hnum)
		return 0;
	/* connect() narrows what a socket bound to any address gets. */
	if (sk->sk_rcv_saddr) {
		if (sk->sk_rcv_saddr != p->daddr)
			return 0;
		score += SCORE_ADDRESS;
	}
	if (sk->sk_daddr) {
		if (sk->sk_daddr != p->saddr)
			return 0;
		score += SCORE_PEER;
	}
	if (sk->sk_dport) {
		if (sk->sk_dport != p->sport)
			return 0;
		score += SCORE_PEER_PORT;
	}
	if (!udp_sk_bound_dev_eq(p->net, dev, p->dif, p->sdif))
		return 0;
	return score + (dev ? SCORE_DEVICE : 0) + score_cpu(sk);
}

/* Those that are connected to the packet's sender: each more precise than others. */
static int score_udp_connected(const struct sock *sk,
			       const struct demux_packet *p)
{
	return sk->sk_daddr && sk->sk_dport && sk->sk_rcv_saddr ?
		score_udp(sk, p) : 0;
}

/*
 * The best among those bound to the packet's address and those bound to any: of
 * the latter a connected datagram socket may have the packet's address too.
 */
static __always_inline struct sock *
best_match(struct kite_port_table *t, const struct demux_packet *p,
	   int (*score_of)(const struct sock *sk, const struct demux_packet *p))
{
	const __be32 addrs[] = { p->daddr, 0 };
	struct sock *best = NULL;
	int score, best_score = 0;
	struct rhlist_head *pos;
	struct kite_sock *ks;
	unsigned int i;

	if (!t)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		rhl_for_each_entry_rcu(ks, pos,
				       sockets_by_address(t, p, addrs[i]),
				       demux_link) {
			score = score_of(&ks->sk, p);
			if (score > best_score) {
				best_score = score;
				best = &ks->sk;
			}
		}
	}
	return best;
}

static struct sock *select_of_group(struct sock *sk,
				    const struct demux_packet *p)
{
	return kite_reuseport_select(sk, kite_reuseport_hash(p->saddr, p->sport,
							     p->daddr, p->hnum),
				     p->skb, p->doff);
}

/**
 * kite_lookup_listener() - find the listener for a segment
 * @net: the namespace
 * @skb: the segment, for the BPF program of a group; NULL = only its addresses count
 * @doff: bytes from @skb's data to what is behind the TCP header
 * @saddr: source address, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @hnum: destination port, host order
 * @dif: device it came in by (ifindex)
 * @sdif: the enslaved device when @dif is an L3 master, else 0
 *
 * One bound to @daddr comes before one bound to any address; among those, one
 * bound to the device; and a group of SO_REUSEPORT shares by the flow.
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: a socket in TCP_LISTEN (or just leaving it), without a reference; or
 * NULL.
 */
struct sock *kite_lookup_listener(struct net *net, struct sk_buff *skb,
				  int doff, __be32 saddr, __be16 sport,
				  __be32 daddr, u16 hnum, int dif, int sdif)
{
	const struct demux_packet p = {
		.net = net, .skb = skb, .doff = doff, .saddr = saddr,
		.daddr = daddr, .sport = sport,
		.hnum = hnum, .dif = dif, .sdif = sdif,
	};

	struct sock *sk;

	sk = best_match(kite_port_table(net, KITE_PORTS_TCP), &p,
			score_listener);
	if (sk && sk->sk_reuseport)
		sk = select_of_group(sk, &p);
	return sk;
}

/**
 * kite_lookup_udp() - find the socket for a unicast datagram
 * @net: the namespace
 * @skb: the datagram with the UDP header at its data, for the BPF program of a
 *	group; NULL = only its addresses count
 * @saddr: source address, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @dport: destination port, network order
 * @dif: device it came in by (ifindex)
 * @sdif: the enslaved device when @dif is an L3 master, else 0
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: the socket, without a reference; or NULL.
 */
struct sock *kite_lookup_udp(struct net *net, struct sk_buff *skb, __be32 saddr,
			     __be16 sport, __be32 daddr, __be16 dport, int dif,
			     int sdif)
{
	const struct demux_packet p = {
		.net = net, .skb = skb, .doff = sizeof(struct udphdr),
		.saddr = saddr, .daddr = daddr, .sport = sport,
		.hnum = ntohs(dport), .dif = dif, .sdif = sdif,
	};

	struct sock *sk;

	sk = best_match(kite_port_table(net, KITE_PORTS_UDP), &p, score_udp);
	/* A group shares what is not for a connected one of it. */
	if (sk && sk->sk_reuseport && sk->sk_state != TCP_ESTABLISHED)
		sk = select_of_group(sk, &p);
	return sk;
}

/**
 * kite_lookup_udp_connected() - find the socket for a unicast datagram if it is
 * connected to the datagram's sender
 * @net: the namespace
 * @saddr: source address, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @dport: destination port, network order
 * @dif: device it came in by (ifindex)
 * @sdif: the enslaved device when @dif is an L3 master, else 0
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: the socket, which is the one that kite_lookup_udp() finds, without a
 * reference; or NULL.
 */
struct sock *kite_lookup_udp_connected(struct net *net, __be32 saddr,
				       __be16 sport, __be32 daddr, __be16 dport,
				       int dif, int sdif)
{
	const struct demux_packet p = {
		.net = net, .saddr = saddr, .daddr = daddr, .sport = sport,
		.hnum = ntohs(dport), .dif = dif, .sdif = sdif,
	};

	return best_match(kite_port_table(net, KITE_PORTS_UDP), &p,
			  score_udp_connected);
}

/**
 * kite_visit_udp() - visit all that get a multicast or a broadcast
 * @net: the namespace
 * @saddr: source address, network order
 * @sport: source port, network order
 * @daddr: destination address, network order
 * @dport: destination port, network order
 * @dif: device it came in by (ifindex)
 * @sdif: the enslaved device when @dif is an L3 master, else 0
 * @visit: called for each socket
 * @arg: passed on
 *
 * Context: under rcu_read_lock().
 * Return: how many were visited.
 */
unsigned int kite_visit_udp(struct net *net, __be32 saddr, __be16 sport,
			    __be32 daddr, __be16 dport, int dif, int sdif,
			    kite_udp_visit_t visit, void *arg)
{
	struct kite_port_table *t = kite_port_table(net, KITE_PORTS_UDP);
	const struct demux_packet p = {
		.net = net, .saddr = saddr, .daddr = daddr, .sport = sport,
		.hnum = ntohs(dport), .dif = dif, .sdif = sdif,
	};
	__be32 addrs[] = { daddr, 0 };
	struct rhlist_head *pos;
	struct kite_sock *ks;
	/* Who is bound to no address is found by the one of nobody, too. */
	unsigned int i = daddr ? 0 : 1, n = 0;

	if (!t)
		return 0;
	for (; i < ARRAY_SIZE(addrs); i++) {
		rhl_for_each_entry_rcu(ks, pos,
				       sockets_by_address(t, &p, addrs[i]),
				       demux_link) {
			if (!score_udp(&ks->sk, &p))
				continue;
			visit(&ks->sk, arg);
			n++;
		}
	}
	return n;
}
