// SPDX-License-Identifier: GPL-2.0
#include "hook.h"

#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../observe/counters.h"

/**
 * struct kite_hook_entry - one function at a hook point
 * @hook: the function; kite_hook_accept() once it was taken out
 * @priv: its first argument
 * @ops: what it was registered with; NULL once it was taken out
 */
struct kite_hook_entry {
	nf_hookfn		 *hook;
	void			 *priv;
	const struct nf_hook_ops *ops;
};

/**
 * struct kite_hook_entries - the functions at one hook point, in order
 * @rcu: for freeing; an array is replaced, not changed, but for functions that
 *	are taken out
 * @n: how many, at least one
 * @entry: ascending by priority; those of one priority as they came
 */
struct kite_hook_entries {
	struct rcu_head		rcu;
	unsigned int		n;
	struct kite_hook_entry	entry[];
};

/* Guards the writing of kite_net.hooks of all namespaces; nests in nothing. */
static DEFINE_MUTEX(kite_hook_mutex);

/*
 * One function's verdict.
 * Return: 1 to go on with the next function, else what kite_hook() returns;
 * the packet is gone then.
 */
static int kite_hook_verdict(struct sk_buff *skb, unsigned int verdict,
			     const struct nf_hook_state *state)
{
	switch (verdict & NF_VERDICT_MASK) {
	case NF_ACCEPT:
		return 1;
	case NF_STOLEN:
		/* NF_DROP_REASON(): a drop, of which only the counting is left. */
		if (NF_DROP_GETERR(verdict))
			kite_count(state->net, KITE_CNT_KiteExt_HookDrop);
		return NF_DROP_GETERR(verdict);
	case NF_QUEUE:
		/* nf_reinject() cannot find its way back into our lists. */
		kite_drop(state->net, skb, KITE_CNT_KiteExt_HookQueue);
		return -EPERM;
	default:
		kite_drop(state->net, skb, KITE_CNT_KiteExt_HookDrop);
		if ((verdict & NF_VERDICT_MASK) != NF_DROP)
			return -EPERM;
		return NF_DROP_GETERR(verdict) ?: -EPERM;
	}
}

static int kite_hook_each(const struct kite_hook_entries *entries,
			  struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct kite_hook_entry *e;
	unsigned int verdict;
	nf_hookfn *hook;
	int ret;

	for (e = entries->entry; e < entries->entry + entries->n; e++) {
		hook = READ_ONCE(e->hook);
		do {
			verdict = hook(e->priv, skb, state);
		} while (verdict == NF_REPEAT);
		ret = kite_hook_verdict(skb, verdict, state);
		if (ret != 1)
			return ret;
	}
	return 1;
}

/**
 * kite_hook_run() - the part of kite_hook() for a hook point that is in use
 * @hooknum: NF_INET_PRE_ROUTING .. NF_INET_POST_ROUTING
 * @net: the namespace
 * @sk: the sending socket, or NULL
 * @skb: the packet; consumed
 * @in: input device, or NULL
 * @out: output device, or NULL
 * @okfn: what goes on with an accepted packet
 *
 * Functions see NFPROTO_BRIDGE as protocol family, the one in which nft
 * programs these hooks, and never NFPROTO_IPV4, for which they would take the
 * packet to be the other stack's.
 *
 * Context: as kite_hook().
 * Return: as kite_hook().
 */
int kite_hook_run(unsigned int hooknum, struct net *net, struct sock *sk,
		  struct sk_buff *skb, struct net_device *in,
		  struct net_device *out,
		  int (*okfn)(struct net *net, struct sock *sk,
			      struct sk_buff *skb))
{
	const struct nf_hook_state state = {
		.hook	= hooknum,
		.pf	= NFPROTO_BRIDGE,
		.in	= in,
		.out	= out,
		.sk	= sk,
		.net	= net,
		.okfn	= okfn,
	};
	const struct kite_hook_entries *entries;
	int ret = 1;

	entries = rcu_dereference(kite_net_rcu(net)->hooks[hooknum]);
	if (entries)
		ret = kite_hook_each(entries, skb, &state);

	return ret == 1 ? okfn(net, sk, skb) : ret;
}

static unsigned int kite_hook_accept(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static struct kite_hook_entries *kite_hook_entries(struct kite_net *kn,
						   unsigned int hooknum)
{
	return rcu_dereference_protected(kn->hooks[hooknum],
					 lockdep_is_held(&kite_hook_mutex));
}

/*
 * Make a new array of the functions that are in use and, unless NULL, one more,
 * which goes behind those of its priority.
 */
static int kite_hook_rebuild(struct kite_net *kn, unsigned int hooknum,
			     const struct nf_hook_ops *add)
{
	struct kite_hook_entries *old = kite_hook_entries(kn, hooknum);
	unsigned int i, total = add ? 1 : 0;
	struct kite_hook_entries *new;
	struct kite_hook_entry *to;

	for (i = 0; old && i < old->n; i++)
		total += old->entry[i].ops ? 1 : 0;

	new = total ? kmalloc(struct_size(new, entry, total), GFP_KERNEL) : NULL;
	if (total && !new)
		return -ENOMEM;
	if (new)
		new->n = total;

	to = new ? new->entry : NULL;
	for (i = 0; old && i < old->n; i++) {
		const struct kite_hook_entry *from = &old->entry[i];

		if (!from->ops)
			continue;
		if (add && add->priority < from->ops->priority) {
			*to++ = (struct kite_hook_entry) {
				add->hook, add->priv, add
			};
			add = NULL;
		}
		*to++ = *from;
	}
	if (add)
		*to = (struct kite_hook_entry) { add->hook, add->priv, add };

	rcu_assign_pointer(kn->hooks[hooknum], new);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/*
 * A function must go even when there is no memory for a shorter array: it is
 * replaced by one that accepts everything, which the next rebuild leaves out.
 */
static void kite_hook_remove(struct kite_net *kn, const struct nf_hook_ops *ops)
{
	struct kite_hook_entries *entries = kite_hook_entries(kn, ops->hooknum);
	unsigned int i;

	for (i = 0; entries && i < entries->n; i++)
		if (entries->entry[i].ops == ops)
			break;
	if (WARN_ON_ONCE(!entries || i == entries->n))
		return;
	WRITE_ONCE(entries->entry[i].hook, kite_hook_accept);
	entries->entry[i].ops = NULL;
	kite_hook_rebuild(kn, ops->hooknum, NULL);
}

/**
 * kite_register_net_hooks() - have functions look at KITE's packets
 * @net: in this namespace
 * @ops: the functions, as for nf_register_net_hooks(): hook, priv, hooknum and
 *	priority count. Must stay until kite_unregister_net_hooks()
 * @n: how many
 *
 * A function sees packets as soon as it is in place, also while this still
 * works on the others. It is called under RCU, with skb->data at the network
 * header, state->pf NFPROTO_BRIDGE and skb->protocol KITE's EtherType. Its
 * verdict may be NF_ACCEPT, NF_DROP, NF_STOLEN or NF_REPEAT; NF_QUEUE drops.
 *
 * Context: process.
 * Return: 0; -EINVAL for a hook point that does not exist, -ENOMEM. None is
 * registered on failure.
 */
int kite_register_net_hooks(struct net *net, const struct nf_hook_ops *ops,
			    unsigned int n)
{
	struct kite_net *kn = kite_net(net);
	unsigned int i;
	int err;

	for (i = 0; i < n; i++)
		if (ops[i].hooknum >= NF_INET_NUMHOOKS || !ops[i].hook)
			return -EINVAL;
	/* Verdicts are counted. */
	err = kite_net_activate(net);
	if (err)
		return err;

	mutex_lock(&kite_hook_mutex);
	for (i = 0; i < n; i++) {
		err = kite_hook_rebuild(kn, ops[i].hooknum, &ops[i]);
		if (err)
			break;
	}
	if (err)
		while (i--)
			kite_hook_remove(kn, &ops[i]);
	mutex_unlock(&kite_hook_mutex);

	if (err)
		synchronize_net();
	return err;
}
EXPORT_SYMBOL_GPL(kite_register_net_hooks);

/**
 * kite_unregister_net_hooks_rcu() - undo kite_register_net_hooks(), without
 * waiting
 * @net: the namespace
 * @ops: the same functions
 * @n: how many
 *
 * Cannot fail. The functions may still run until a grace period has passed.
 *
 * Context: process.
 */
void kite_unregister_net_hooks_rcu(struct net *net,
				   const struct nf_hook_ops *ops,
				   unsigned int n)
{
	struct kite_net *kn = kite_net(net);
	unsigned int i;

	mutex_lock(&kite_hook_mutex);
	for (i = 0; i < n; i++)
		kite_hook_remove(kn, &ops[i]);
	mutex_unlock(&kite_hook_mutex);
}
EXPORT_SYMBOL_GPL(kite_unregister_net_hooks_rcu);

/**
 * kite_unregister_net_hooks() - undo kite_register_net_hooks()
 * @net: the namespace
 * @ops: the same functions
 * @n: how many
 *
 * Cannot fail. When it returns none of the functions runs any more.
 *
 * Context: process.
 */
void kite_unregister_net_hooks(struct net *net, const struct nf_hook_ops *ops,
			       unsigned int n)
{
	kite_unregister_net_hooks_rcu(net, ops, n);
	synchronize_net();
}
EXPORT_SYMBOL_GPL(kite_unregister_net_hooks);

/**
 * kite_hook_net_exit() - free what a namespace has of hook points
 * @net: the namespace, in which no packet moves any more
 *
 * Whoever registered functions holds this module, and unregisters them when the
 * namespace goes: no function is left here.
 */
void kite_hook_net_exit(struct net *net)
{
	struct kite_net *kn = kite_net(net);
	unsigned int h, i;

	for (h = 0; h < NF_INET_NUMHOOKS; h++) {
		struct kite_hook_entries *entries =
			rcu_dereference_protected(kn->hooks[h], true);

		for (i = 0; entries && i < entries->n; i++)
			WARN_ON_ONCE(entries->entry[i].ops);
		kfree(entries);
	}
}
