/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The five hook points: where functions look at packets and decide.
 */
#ifndef _KITE_HOOK_H
#define _KITE_HOOK_H

#include <linux/netfilter.h>

#include "../kite.h"
#include "../netns.h"

int kite_register_net_hooks(struct net *net, const struct nf_hook_ops *ops,
			    unsigned int n);
void kite_unregister_net_hooks(struct net *net, const struct nf_hook_ops *ops,
			       unsigned int n);
void kite_unregister_net_hooks_rcu(struct net *net,
				   const struct nf_hook_ops *ops,
				   unsigned int n);

int kite_hook_run(unsigned int hooknum,
		  struct net *net, struct sock *sk, struct sk_buff *skb,
		  struct net_device *in, struct net_device *out,
		  int (*okfn)(struct net *net, struct sock *sk,
			      struct sk_buff *skb));

/**
 * kite_hook() - pass a packet through a hook point
 * @hooknum: NF_INET_PRE_ROUTING .. NF_INET_POST_ROUTING
 * @net: the namespace
 * @sk: the sending socket, or NULL
 * @skb: the packet, network header at skb->data; consumed
 * @in: input device, or NULL
 * @out: output device, or NULL
 * @okfn: what goes on with the packet when every function accepts it
 *
 * Context: any that may run packet code, under the RCU read lock.
 * Return: what @okfn returns; -EPERM or the function's own errno when the
 * packet was dropped (counted, freed); 0 when a function stole it.
 */
static inline int kite_hook(unsigned int hooknum, struct net *net,
			    struct sock *sk, struct sk_buff *skb,
			    struct net_device *in, struct net_device *out,
			    int (*okfn)(struct net *net, struct sock *sk,
					struct sk_buff *skb))
{
	if (likely(!rcu_access_pointer(kite_net_rcu(net)->hooks[hooknum])))
		return okfn(net, sk, skb);
	return kite_hook_run(hooknum, net, sk, skb, in, out, okfn);
}

void kite_hook_net_exit(struct net *net);

#endif /* _KITE_HOOK_H */
