// SPDX-License-Identifier: GPL-2.0
/*
 * A queueing discipline or a driver has two packets of a connection, or as many as leave in
 * a millisecond, and no more ("TCP small queues"): enough to keep the device busy, and little
 * enough that others do not wait for it, that no queue overflows on the sender itself, and
 * that what was acknowledged meanwhile need not be sent again.
 *
 * Each packet holds a part of sk_wmem_alloc until it has left. Whoever frees one may have any
 * lock, the socket's own among them, so a tasklet goes on with the connection. The last unit
 * of the packet's part keeps the socket until then.
 */
#include "tsq.h"

#include <linux/interrupt.h>
#include <linux/llist.h>

#include "pacing.h"
#include "timer.h"

/**
 * struct kite_tsq_cpu - connections that a packet of theirs has left on this processor
 * @tasklet: goes on with them
 * @due: by kite_tcp_sock.tsq_node; each is in one list at most (KITE_TSQ_DUE)
 */
struct kite_tsq_cpu {
	struct tasklet_struct	tasklet;
	struct llist_head	due;
};

static DEFINE_PER_CPU(struct kite_tsq_cpu, kite_tsq_cpus);

static void go_on(struct kite_tcp_sock *tp)
{
	struct sock *sk = &tp->ks.sk;

	bh_lock_sock(sk);
	/* What leaves from here on tells nobody: who waits again looks first. */
	atomic_set(&tp->tsq, KITE_TSQ_OPEN);
	kite_tcp_run_or_defer_locked(sk, KITE_DEFER_PACED);
	bh_unlock_sock(sk);
	sk_free(sk);
}

static void tasklet_fn(struct tasklet_struct *tasklet)
{
	struct kite_tsq_cpu *cpu = container_of(tasklet, struct kite_tsq_cpu, tasklet);
	struct kite_tcp_sock *tp, *next;

	llist_for_each_entry_safe(tp, next, llist_del_all(&cpu->due), tsq_node)
		go_on(tp);
}

/**
 * kite_tsq_wfree() - a packet has left, or is lost (its destructor, twin of tcp_wfree())
 * @skb: the packet, which kite_tsq_own() has given to its connection
 *
 * Context: any, whatever locks are held.
 */
void kite_tsq_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_tsq_cpu *cpu;

	WARN_ON_ONCE(refcount_sub_and_test(skb->truesize - 1, &sk->sk_wmem_alloc));
	/* Pairs with __kite_tsq_waits(): the memory, then the state. */
	smp_mb__after_atomic();
	if (likely(atomic_read(&tp->tsq) != KITE_TSQ_WAITS) ||
	    atomic_cmpxchg(&tp->tsq, KITE_TSQ_WAITS, KITE_TSQ_DUE) != KITE_TSQ_WAITS) {
		sk_free(sk);
		return;
	}
	cpu = get_cpu_ptr(&kite_tsq_cpus);
	if (llist_add(&tp->tsq_node, &cpu->due))
		tasklet_schedule(&cpu->tasklet);
	put_cpu_ptr(&kite_tsq_cpus);
}

/* Whether nothing, or one packet, is outstanding. */
static bool one_outstanding(const struct sock *sk)
{
	const struct rb_node *root = sk->tcp_rtx_queue.rb_node;

	return !root || (!root->rb_left && !root->rb_right);
}

/**
 * __kite_tsq_waits() - whether enough waits below
 * @sk: the connection, past the handshake
 * @len: octets of data in its next packet, of which two would be below
 *
 * A driver that tells late what has left must not stop who has one packet out: nothing but
 * the peer's acknowledgment would go on with it.
 *
 * Context: socket lock held.
 * Return: as kite_tsq_waits().
 */
bool __kite_tsq_waits(struct sock *sk, u32 len)
{
	const struct net *net = sock_net(sk);
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	unsigned long limit = kite_pacing_millisecond(sk);

	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE)
		limit = min_t(unsigned long, limit,
			      READ_ONCE(net->ipv4.sysctl_tcp_limit_output_bytes));
	limit = max_t(unsigned long, limit, 2 * SKB_TRUESIZE(len));
	if (refcount_read(&sk->sk_wmem_alloc) <= limit || one_outstanding(sk))
		return false;
	atomic_cmpxchg(&tp->tsq, KITE_TSQ_OPEN, KITE_TSQ_WAITS);
	/* Pairs with kite_tsq_wfree(): the state, then the memory. */
	smp_mb__after_atomic();
	return refcount_read(&sk->sk_wmem_alloc) > limit;
}

/**
 * kite_tsq_init() - before the first socket
 *
 * Context: process, module load.
 */
void __init kite_tsq_init(void)
{
	int i;

	for_each_possible_cpu(i) {
		struct kite_tsq_cpu *cpu = per_cpu_ptr(&kite_tsq_cpus, i);

		init_llist_head(&cpu->due);
		tasklet_setup(&cpu->tasklet, tasklet_fn);
	}
}

/**
 * kite_tsq_exit() - after the last socket
 *
 * Context: process, module unload.
 */
void kite_tsq_exit(void)
{
	int i;

	for_each_possible_cpu(i)
		tasklet_kill(&per_cpu_ptr(&kite_tsq_cpus, i)->tasklet);
}
