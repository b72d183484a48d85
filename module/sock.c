// SPDX-License-Identifier: GPL-2.0
#include "kite.h"

#include <linux/export.h>

#include "ip/options.h"
#include "route/route.h"

/**
 * kite_sock_destroy() - a socket is closed for good (proto.destroy)
 * @sk: the socket
 *
 * From kite_create() until here it is counted in /proc/net/protocols. A
 * transport with more to give back does that in its own proto.destroy and calls
 * this.
 *
 * Context: process or BH.
 */
void kite_sock_destroy(struct sock *sk)
{
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}
EXPORT_SYMBOL_GPL(kite_sock_destroy);

/**
 * kite_sock_destruct() - free what every KITE socket owns
 * @sk: a socket that nobody can find any more
 *
 * The sk_destruct of all transports; one that owns more frees that first and
 * then calls this. A transport has emptied its own queues by now.
 *
 * Context: RCU callback (SOCK_RCU_FREE); process, for one that was in no table.
 */
void kite_sock_destruct(struct sock *sk)
{
	__skb_queue_purge(&sk->sk_receive_queue);
	__skb_queue_purge(&sk->sk_error_queue);
	sk_mem_reclaim_final(sk);

	WARN_ON_ONCE(atomic_read(&sk->sk_rmem_alloc));
	WARN_ON_ONCE(refcount_read(&sk->sk_wmem_alloc));
	WARN_ON_ONCE(sk->sk_wmem_queued);
	WARN_ON_ONCE(sk->sk_forward_alloc);
	WARN_ON_ONCE(kite_sk(sk)->bucket);

	kfree(rcu_dereference_protected(kite_sk(sk)->options, 1));
	dst_release(rcu_dereference_protected(sk->sk_dst_cache, 1));
	kite_route_release(kite_sk(sk)->rx_flow.rt);
}
