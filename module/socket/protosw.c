// SPDX-License-Identifier: GPL-2.0
#include "protosw.h"

#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>

#include "af_kite.h"
#include "../ping/ping.h"
#include "../raw/raw.h"
#include "../tcp/tcp.h"
#include "../udp/udp.h"

/*
 * One list a socket type. Within a list the permanent entries come first, so
 * that nothing registered later can take a protocol away from them. Readers
 * hold the RCU read lock.
 */
static struct list_head kite_protosw[SOCK_MAX];
static DEFINE_MUTEX(kite_protosw_mutex);

static struct kite_protosw kite_builtin[] = {
	{
		.type		= SOCK_STREAM,
		.protocol	= IPPROTO_TCP,
		.prot		= &kite_tcp_prot,
		.ops		= &kite_stream_ops,
		.flags		= KITE_PROTOSW_PERMANENT,
	},
	{
		.type		= SOCK_DGRAM,
		.protocol	= IPPROTO_UDP,
		.prot		= &kite_udp_prot,
		.ops		= &kite_dgram_ops,
		.flags		= KITE_PROTOSW_PERMANENT,
	},
	{
		.type		= SOCK_DGRAM,
		.protocol	= IPPROTO_ICMP,
		.prot		= &kite_ping_prot,
		.ops		= &kite_sockraw_ops,
		.flags		= KITE_PROTOSW_REUSE,
	},
	{
		.type		= SOCK_RAW,
		.protocol	= IPPROTO_IP,
		.prot		= &kite_raw_prot,
		.ops		= &kite_sockraw_ops,
		.flags		= KITE_PROTOSW_REUSE,
	},
};

/*
 * A request for protocol 0 takes the first entry of its type; an entry for
 * protocol 0 takes every request. Returns -ESOCKTNOSUPPORT when nothing of this
 * type is there at all, -EPROTONOSUPPORT when only the protocol is unknown.
 */
static int kite_protosw_find(int type, int protocol, struct kite_protosw *found)
{
	const struct kite_protosw *p;
	int err = -ESOCKTNOSUPPORT;

	rcu_read_lock();
	list_for_each_entry_rcu(p, &kite_protosw[type], list) {
		err = -EPROTONOSUPPORT;
		if (protocol == IPPROTO_IP && p->protocol == IPPROTO_IP)
			continue;
		if (protocol != p->protocol && protocol != IPPROTO_IP &&
		    p->protocol != IPPROTO_IP)
			continue;
		/*
		 * The entry may go once the read lock is dropped, but not the
		 * module behind it: another's is held here, and the family's
		 * own by socket(2).
		 */
		if (p->prot->owner != THIS_MODULE &&
		    !try_module_get(p->prot->owner))
			continue;
		*found = *p;
		err = 0;
		break;
	}
	rcu_read_unlock();
	return err;
}

/**
 * kite_protosw_get() - find the transport for a socket
 * @type: SOCK_*, less than SOCK_MAX
 * @protocol: what socket(2) was given, 0 for the type's default
 * @found: filled in with a copy of the entry
 *
 * Asks for the module of an unknown protocol, by its full name first, by the
 * name without the type then.
 *
 * Context: process, may sleep.
 * Return: 0, and the caller owes a kite_protosw_put(); or
 * -ESOCKTNOSUPPORT or -EPROTONOSUPPORT.
 */
int kite_protosw_get(int type, int protocol, struct kite_protosw *found)
{
	int err;

	err = kite_protosw_find(type, protocol, found);
	if (!err)
		return 0;
	request_module("net-pf-%d-proto-%d-type-%d", kite_family, protocol,
		       type);
	err = kite_protosw_find(type, protocol, found);
	if (!err)
		return 0;
	request_module("net-pf-%d-proto-%d", kite_family, protocol);
	return kite_protosw_find(type, protocol, found);
}

/**
 * kite_protosw_put() - be done with what kite_protosw_get() found
 * @found: the copy; a socket that was made by it holds the module itself
 */
void kite_protosw_put(const struct kite_protosw *found)
{
	if (found->prot->owner != THIS_MODULE)
		module_put(found->prot->owner);
}

/**
 * kite_register_protosw() - let socket(2) find a transport
 * @p: the entry; stays the caller's, and must stay until it is unregistered
 *
 * An entry cannot take over a protocol that a permanent one has.
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL for a type that does not exist, -EPERM for a protocol that
 * is taken for good.
 */
int kite_register_protosw(struct kite_protosw *p)
{
	struct list_head *at;
	struct kite_protosw *q;
	int err = 0;

	if (p->type >= SOCK_MAX)
		return -EINVAL;

	mutex_lock(&kite_protosw_mutex);
	/* After the permanent ones, before those that came earlier. */
	at = &kite_protosw[p->type];
	list_for_each_entry(q, &kite_protosw[p->type], list) {
		if (!(q->flags & KITE_PROTOSW_PERMANENT))
			break;
		if (q->protocol == p->protocol) {
			err = -EPERM;
			break;
		}
		at = &q->list;
	}
	if (!err)
		list_add_rcu(&p->list, at);
	mutex_unlock(&kite_protosw_mutex);

	if (err)
		pr_err("kite: protocol %u of socket type %u is taken for good\n",
		       p->protocol, p->type);
	return err;
}
EXPORT_SYMBOL_GPL(kite_register_protosw);

/**
 * kite_unregister_protosw() - let socket(2) forget a transport
 * @p: an entry that was registered and is not permanent
 *
 * Sockets that are open stay as they are: they hold the module of their
 * transport.
 *
 * Context: process, may sleep; nobody reads the entry any more on return.
 */
void kite_unregister_protosw(struct kite_protosw *p)
{
	if (WARN_ON(p->flags & KITE_PROTOSW_PERMANENT))
		return;
	mutex_lock(&kite_protosw_mutex);
	list_del_rcu(&p->list);
	mutex_unlock(&kite_protosw_mutex);
	synchronize_net();
}
EXPORT_SYMBOL_GPL(kite_unregister_protosw);

/**
 * kite_protosw_init() - fill the switch with the transports of this module
 *
 * Context: module load, before the family is registered.
 * Return: 0 or a negative errno.
 */
int __init kite_protosw_init(void)
{
	int i, err;

	for (i = 0; i < SOCK_MAX; i++)
		INIT_LIST_HEAD(&kite_protosw[i]);

	/* Later ones come first among those that are not permanent. */
	for (i = 0; i < ARRAY_SIZE(kite_builtin); i++) {
		err = kite_register_protosw(&kite_builtin[i]);
		if (err)
			return err;
	}
	return 0;
}
