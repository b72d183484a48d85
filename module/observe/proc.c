// SPDX-License-Identifier: GPL-2.0
#include "proc.h"

#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>

#include "counters.h"

/*
 * Like /proc/net/snmp and /proc/net/netstat: for each group one line of names
 * and one of values. A group's counters stand together in the list.
 */
static int kite_snmp_show(struct seq_file *seq, void *v)
{
	struct net *net = seq_file_single_net(seq);
	const char *group;
	int first, end, c;

	for (first = 0; first < KITE_CNT_MAX; first = end) {
		group = kite_counter_descs[first].group;
		for (end = first; end < KITE_CNT_MAX; end++)
			if (strcmp(kite_counter_descs[end].group, group))
				break;

		seq_printf(seq, "%s:", group);
		for (c = first; c < end; c++)
			seq_printf(seq, " %s", kite_counter_descs[c].name);
		seq_printf(seq, "\n%s:", group);
		for (c = first; c < end; c++)
			seq_printf(seq, " %lu", kite_counter_read(net, c));
		seq_putc(seq, '\n');
	}
	return 0;
}

/**
 * kite_proc_net_init() - make /proc/net/kite and its counters
 * @net: the namespace
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kite_proc_net_init(struct net *net)
{
	struct kite_net *kn = kite_net(net);

	kn->proc = proc_net_mkdir(net, "kite", net->proc_net);
	if (!kn->proc)
		return -ENOMEM;
	if (!proc_create_net_single("snmp", 0444, kn->proc, kite_snmp_show,
				    NULL)) {
		remove_proc_entry("kite", net->proc_net);
		return -ENOMEM;
	}
	return 0;
}

/**
 * kite_proc_net_exit() - undo kite_proc_net_init()
 * @net: the namespace
 *
 * Context: process, may sleep.
 */
void kite_proc_net_exit(struct net *net)
{
	remove_proc_subtree("kite", net->proc_net);
}
