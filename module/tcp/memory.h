/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of what is queued, which net.ipv4.tcp_mem limits. Beyond that a connection with
 * nothing queued can have one packet each way even when all others hold as much as they
 * may. Else nobody would get on.
 */
#ifndef _KITE_TCP_MEMORY_H
#define _KITE_TCP_MEMORY_H

#include <net/sock.h>

/**
 * kite_tcp_force_memory() - have memory accounted for, whatever others hold (twin of
 * sk_forced_mem_schedule())
 * @sk: the connection
 * @size: octets
 * @kind: SK_MEM_SEND or SK_MEM_RECV
 *
 * Only the core can overdraw a memory cgroup; whoever is in one has to do with that.
 *
 * Context: socket lock held.
 * Return: whether it is accounted for.
 */
static inline bool kite_tcp_force_memory(struct sock *sk, int size, int kind)
{
	int missing = size - sk->sk_forward_alloc, pages;

	if (missing <= 0)
		return true;
	if (mem_cgroup_sockets_enabled && sk->sk_memcg)
		return __sk_mem_schedule(sk, missing, kind);
	pages = sk_mem_pages(missing);
	WRITE_ONCE(sk->sk_forward_alloc, sk->sk_forward_alloc + (pages << PAGE_SHIFT));
	atomic_long_add(pages, sk->sk_prot->memory_allocated);
	return true;
}

/**
 * kite_tcp_free_queued() - free what was to be sent (twin of tcp_wmem_free_skb())
 * @sk: the connection
 * @skb: in no queue any more
 *
 * Context: socket lock held.
 */
static inline void kite_tcp_free_queued(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

#endif /* _KITE_TCP_MEMORY_H */
