// SPDX-License-Identifier: GPL-2.0
#include "protocol.h"

#include <linux/export.h>
#include <linux/netdevice.h>

/* Indexed by protocol number; written by cmpxchg(), read under RCU. */
const struct kite_protocol __rcu *kite_protos[IPPROTO_RAW + 1] __read_mostly;

/**
 * kite_add_protocol() - take a value of the protocol field
 * @prot: whose functions get the datagrams; must stay until it is deleted and
 *	belong to a module that holds this one (by using this symbol)
 * @protocol: the value
 *
 * Context: any.
 * Return: 0, -EINVAL when @prot has no handler, -EBUSY when somebody has it.
 */
int kite_add_protocol(const struct kite_protocol *prot, u8 protocol)
{
	if (!prot->handler)
		return -EINVAL;
	return cmpxchg((const struct kite_protocol **)&kite_protos[protocol],
		       NULL, prot) ? -EBUSY : 0;
}
EXPORT_SYMBOL_GPL(kite_add_protocol);

/**
 * kite_del_protocol() - give a value of the protocol field back
 * @prot: what kite_add_protocol() was given
 * @protocol: the value
 *
 * When it returns no function of @prot runs any more.
 *
 * Context: process.
 * Return: 0, or -ENOENT when @prot did not have it.
 */
int kite_del_protocol(const struct kite_protocol *prot, u8 protocol)
{
	if (cmpxchg((const struct kite_protocol **)&kite_protos[protocol],
		    prot, NULL) != prot)
		return -ENOENT;
	synchronize_net();
	return 0;
}
EXPORT_SYMBOL_GPL(kite_del_protocol);
