// SPDX-License-Identifier: GPL-2.0
#include "cong.h"

#include <linux/capability.h>
#include <linux/jhash.h>
#include <linux/kmod.h>
#include <linux/module.h>

#include "../ip/ip_output.h"

/*
 * All algorithms. Readers are under RCU; a socket that uses one holds a reference
 * on its module, so that it can unregister only when none is left.
 */
static LIST_HEAD(cong_list);
static DEFINE_MUTEX(cong_mutex);	/* guards changes of cong_list */

static struct kite_cong_ops *cong_find(const char *name)
{
	struct kite_cong_ops *ops;

	list_for_each_entry_rcu(ops, &cong_list, list,
				lockdep_is_held(&cong_mutex))
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/**
 * kite_register_congestion_control() - offer an algorithm to all sockets
 * @ops: it; stays in place until it is unregistered
 *
 * A module that offers one called NAME is found by itself if it has
 * MODULE_ALIAS("kite_cong_NAME").
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL when a function is missing or the name is none; -EEXIST when
 * it is taken.
 */
int kite_register_congestion_control(struct kite_cong_ops *ops)
{
	int err = 0;

	if (!ops->acked || !ops->ssthresh || !ops->name[0] ||
	    strnlen(ops->name, TCP_CA_NAME_MAX) == TCP_CA_NAME_MAX)
		return -EINVAL;
	ops->key = jhash(ops->name, sizeof(ops->name), strlen(ops->name));
	mutex_lock(&cong_mutex);
	if (cong_find(ops->name))
		err = -EEXIST;
	else
		list_add_tail_rcu(&ops->list, &cong_list);
	mutex_unlock(&cong_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(kite_register_congestion_control);

/**
 * kite_unregister_congestion_control() - no socket shall find it any more
 * @ops: it; no socket uses it, since each of them holds its module
 *
 * Context: process, may sleep.
 */
void kite_unregister_congestion_control(struct kite_cong_ops *ops)
{
	mutex_lock(&cong_mutex);
	list_del_rcu(&ops->list);
	mutex_unlock(&cong_mutex);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(kite_unregister_congestion_control);

/**
 * kite_cong_assign() - what a new socket uses
 * @sk: the socket
 *
 * The namespace's net.ipv4.tcp_congestion_control; CUBIC if KITE has none of that
 * name.
 *
 * Context: process.
 */
void kite_cong_assign(struct sock *sk)
{
	const struct tcp_congestion_ops *named;
	struct kite_cong_ops *ops = NULL;

	rcu_read_lock();
	named = rcu_dereference(sock_net(sk)->ipv4.tcp_congestion_control);
	if (named)
		ops = cong_find(named->name);
	if (!ops || !try_module_get(ops->owner))
		ops = &kite_cubic;
	rcu_read_unlock();
	kite_tcp_sk(sk)->cong = ops;
}

/**
 * kite_cong_inherit() - a new connection uses what its listener does
 * @tp: the connection, a copy of the listener
 *
 * Context: any.
 */
void kite_cong_inherit(struct kite_tcp_sock *tp)
{
	if (!try_module_get(tp->cong->owner))
		tp->cong = &kite_cubic;
}

/**
 * kite_cong_heed_route() - the administrator may have chosen for the way to a host
 * @sk: a connection that begins, with no algorithm at work yet
 *
 * ip route ... congctl: what KITE has none of is passed over.
 *
 * Context: socket lock held.
 */
void kite_cong_heed_route(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_cong_ops *ops;
	struct kite_route *rt;
	u32 key;

	rcu_read_lock();
	rt = kite_sk_route(sk);
	key = IS_ERR(rt) ? 0 : dst_metric(&rt->dst, RTAX_CC_ALGO);
	if (likely(!key))
		goto out;
	list_for_each_entry_rcu(ops, &cong_list, list) {
		if (ops->key != key || !try_module_get(ops->owner))
			continue;
		kite_cong_release(tp);
		tp->cong = ops;
		tp->cong_fixed = dst_metric_locked(&rt->dst, RTAX_CC_ALGO);
		break;
	}
out:
	rcu_read_unlock();
}

/**
 * kite_cong_run() - the algorithm has a connection to look after
 * @tp: the connection; it has none yet
 *
 * Context: socket lock held.
 */
void kite_cong_run(struct kite_tcp_sock *tp)
{
	memset(tp->cong_priv, 0, sizeof(tp->cong_priv));
	if (tp->cong->init)
		tp->cong->init(tp);
	tp->cong_runs = true;
}

/**
 * kite_cong_stop() - it has none any more
 * @tp: the socket
 *
 * Context: socket lock held, or nobody else knows the socket.
 */
void kite_cong_stop(struct kite_tcp_sock *tp)
{
	if (tp->cong_runs && tp->cong->release)
		tp->cong->release(tp);
	tp->cong_runs = false;
}

/**
 * kite_cong_release() - a socket goes
 * @tp: the socket
 *
 * Context: any.
 */
void kite_cong_release(struct kite_tcp_sock *tp)
{
	kite_cong_stop(tp);
	module_put(tp->cong->owner);
}

/**
 * kite_cong_choose() - change a socket's algorithm, now
 * @sk: the socket, not locked
 * @name: of the algorithm
 *
 * The windows stay as they are. With CAP_NET_ADMIN in the namespace, a module that
 * offers @name is loaded.
 *
 * Context: process, may sleep.
 * Return: 0; -ENOENT when there is none of that name; -EPERM when the route says which.
 */
int kite_cong_choose(struct sock *sk, const char *name)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	struct kite_cong_ops *ops;
	int err = 0;

	rcu_read_lock();
	ops = cong_find(name);
	if (!ops && ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN)) {
		rcu_read_unlock();
		request_module("kite_cong_%s", name);
		rcu_read_lock();
		ops = cong_find(name);
	}
	if (ops && !try_module_get(ops->owner))
		ops = NULL;
	rcu_read_unlock();
	if (!ops)
		return -ENOENT;

	lock_sock(sk);
	if (tp->cong_fixed) {
		module_put(ops->owner);
		err = -EPERM;
	} else if (ops == tp->cong) {
		module_put(ops->owner);
	} else {
		bool runs = tp->cong_runs;

		kite_cong_release(tp);
		tp->cong = ops;
		if (runs)
			kite_cong_run(tp);
	}
	release_sock(sk);
	return err;
}

/**
 * kite_cong_table_init() - the algorithms that are always there
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_cong_table_init(void)
{
	int err = kite_register_congestion_control(&kite_cubic);

	if (err)
		return err;
	err = kite_register_congestion_control(&kite_reno);
	if (err)
		kite_unregister_congestion_control(&kite_cubic);
	return err;
}

/**
 * kite_cong_table_exit() - the reverse of kite_cong_table_init()
 *
 * Context: process; no TCP socket is left.
 */
void kite_cong_table_exit(void)
{
	kite_unregister_congestion_control(&kite_reno);
	kite_unregister_congestion_control(&kite_cubic);
}
