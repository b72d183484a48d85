// SPDX-License-Identifier: GPL-2.0
/*
 * Functions at KITE's five hook points, which write down what they see and
 * say what they are told to say.
 *
 * In every namespace there is /proc/net/kite_hooktest. Reading it gives the
 * packets seen, one a line: hook point, "early" or "late" (two functions, the
 * late one registered first), input device, output device, protocol. What is
 * written to it is:
 *
 *   drop|queue|accept HOOK    the verdict of the early function at HOOK
 *   clear                     forget what was seen; accept everything
 */
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>
#include <net/netns/generic.h>

#include "hook/hook.h"

/* Packets remembered; later ones are not. */
#define HOOKTEST_LOG	64

/**
 * struct hooktest_seen - a packet at a hook point
 * @in: name of the input device, "-" without
 * @out: name of the output device, "-" without
 * @hook: NF_INET_PRE_ROUTING .. NF_INET_POST_ROUTING
 * @protocol: of the header
 * @early: seen by the early function
 */
struct hooktest_seen {
	char	in[IFNAMSIZ];
	char	out[IFNAMSIZ];
	u8	hook;
	u8	protocol;
	bool	early;
};

/**
 * struct hooktest_net - what was seen in a namespace and what to say there
 * @lock: guards @seen and @n; BH-disabling
 * @seen: the first packets since the last clear
 * @n: how many of @seen are filled in
 * @verdict: of the early function, NF_ACCEPT, NF_DROP or NF_QUEUE
 */
struct hooktest_net {
	spinlock_t		lock;	/* @seen, @n */
	struct hooktest_seen	seen[HOOKTEST_LOG];
	unsigned int		n;
	unsigned int		verdict[NF_INET_NUMHOOKS];
};

static unsigned int hooktest_net_id;

static const char * const hook_names[NF_INET_NUMHOOKS] = {
	[NF_INET_PRE_ROUTING]	= "PRE_ROUTING",
	[NF_INET_LOCAL_IN]	= "LOCAL_IN",
	[NF_INET_FORWARD]	= "FORWARD",
	[NF_INET_LOCAL_OUT]	= "LOCAL_OUT",
	[NF_INET_POST_ROUTING]	= "POST_ROUTING",
};

static void hooktest_note(const struct sk_buff *skb,
			  const struct nf_hook_state *state, bool early)
{
	struct hooktest_net *ht = net_generic(state->net, hooktest_net_id);
	struct hooktest_seen *seen;

	spin_lock_bh(&ht->lock);
	if (ht->n < HOOKTEST_LOG) {
		seen = &ht->seen[ht->n++];
		strscpy(seen->in, state->in ? state->in->name : "-",
			sizeof(seen->in));
		strscpy(seen->out, state->out ? state->out->name : "-",
			sizeof(seen->out));
		seen->hook = state->hook;
		seen->protocol = ip_hdr(skb)->protocol;
		seen->early = early;
	}
	spin_unlock_bh(&ht->lock);
}

static unsigned int hooktest_early(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct hooktest_net *ht = net_generic(state->net, hooktest_net_id);

	hooktest_note(skb, state, true);
	return READ_ONCE(ht->verdict[state->hook]);
}

static unsigned int hooktest_late(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	hooktest_note(skb, state, false);
	return NF_ACCEPT;
}

#define HOOKTEST_EARLY(point)	\
	{ .hook = hooktest_early, .hooknum = (point), .priority = -10 }
#define HOOKTEST_LATE(point)	\
	{ .hook = hooktest_late, .hooknum = (point), .priority = 10 }

static const struct nf_hook_ops hooktest_ops[] = {
	HOOKTEST_LATE(NF_INET_POST_ROUTING),
	HOOKTEST_LATE(NF_INET_LOCAL_OUT),
	HOOKTEST_LATE(NF_INET_FORWARD),
	HOOKTEST_LATE(NF_INET_LOCAL_IN),
	HOOKTEST_LATE(NF_INET_PRE_ROUTING),
	HOOKTEST_EARLY(NF_INET_POST_ROUTING),
	HOOKTEST_EARLY(NF_INET_LOCAL_OUT),
	HOOKTEST_EARLY(NF_INET_FORWARD),
	HOOKTEST_EARLY(NF_INET_LOCAL_IN),
	HOOKTEST_EARLY(NF_INET_PRE_ROUTING),
};

static int hooktest_show(struct seq_file *seq, void *v)
{
	struct hooktest_net *ht = net_generic(seq_file_single_net(seq),
					      hooktest_net_id);
	unsigned int i;

	spin_lock_bh(&ht->lock);
	for (i = 0; i < ht->n; i++) {
		const struct hooktest_seen *seen = &ht->seen[i];

		seq_printf(seq, "%s %s %s %s %u\n", hook_names[seen->hook],
			   seen->early ? "early" : "late", seen->in, seen->out,
			   seen->protocol);
	}
	spin_unlock_bh(&ht->lock);
	return 0;
}

static int hooktest_write(struct file *file, char *text, size_t len)
{
	struct seq_file *seq = file->private_data;
	struct hooktest_net *ht = net_generic(seq_file_single_net(seq),
					      hooktest_net_id);
	static const char * const words[] = {
		[NF_DROP]	= "drop",
		[NF_ACCEPT]	= "accept",
		[NF_STOLEN]	= NULL,
		[NF_QUEUE]	= "queue",
	};
	char *line = strim(text), *word;
	unsigned int verdict, hook;

	word = strsep(&line, " ");
	if (!strcmp(word, "clear")) {
		spin_lock_bh(&ht->lock);
		ht->n = 0;
		spin_unlock_bh(&ht->lock);
		for (hook = 0; hook < NF_INET_NUMHOOKS; hook++)
			WRITE_ONCE(ht->verdict[hook], NF_ACCEPT);
		return 0;
	}
	if (!line)
		return -EINVAL;
	for (verdict = 0; verdict < ARRAY_SIZE(words); verdict++)
		if (words[verdict] && !strcmp(words[verdict], word))
			break;
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (!strcmp(hook_names[hook], line))
			break;
	if (verdict == ARRAY_SIZE(words) || hook == NF_INET_NUMHOOKS)
		return -EINVAL;
	WRITE_ONCE(ht->verdict[hook], verdict);
	return 0;
}

static int __net_init hooktest_net_init(struct net *net)
{
	struct hooktest_net *ht = net_generic(net, hooktest_net_id);
	unsigned int hook;
	int err;

	spin_lock_init(&ht->lock);
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		ht->verdict[hook] = NF_ACCEPT;
	if (!proc_create_net_single_write("kite_hooktest", 0600, net->proc_net,
					  hooktest_show, hooktest_write, NULL))
		return -ENOMEM;
	err = kite_register_net_hooks(net, hooktest_ops,
				      ARRAY_SIZE(hooktest_ops));
	if (err)
		remove_proc_entry("kite_hooktest", net->proc_net);
	return err;
}

static void __net_exit hooktest_net_exit(struct net *net)
{
	kite_unregister_net_hooks(net, hooktest_ops, ARRAY_SIZE(hooktest_ops));
	remove_proc_entry("kite_hooktest", net->proc_net);
}

static struct pernet_operations hooktest_net_ops = {
	.init	= hooktest_net_init,
	.exit	= hooktest_net_exit,
	.id	= &hooktest_net_id,
	.size	= sizeof(struct hooktest_net),
};

static int __init hooktest_init(void)
{
	return register_pernet_subsys(&hooktest_net_ops);
}

static void __exit hooktest_exit(void)
{
	unregister_pernet_subsys(&hooktest_net_ops);
}

module_init(hooktest_init);
module_exit(hooktest_exit);

MODULE_DESCRIPTION("test of KITE's hook points");
MODULE_LICENSE("GPL");
