// SPDX-License-Identifier: GPL-2.0
#include "sockstat.h"

#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>
#include <net/inet_frag.h>
#include <net/sock.h>

#include "../netns.h"
#include "../raw/raw.h"
#include "../tcp/tcp.h"
#include "../udp/udp.h"

/* CPUs keep some of it back, so for a moment it may be less than none. */
static long pages_of(const struct proto *prot)
{
	return max(atomic_long_read(prot->memory_allocated), 0L);
}

/*
 * As /proc/net/sockstat has it, and as there what memory is allocated and how many
 * TCP sockets there are in any state is said of the whole system. There is no
 * UDP-Lite to tell of.
 */
static int sockstat_show(struct seq_file *seq, void *v)
{
	struct net *net = seq_file_single_net(seq);
	struct kite_net *kn = kite_net(net);

	seq_printf(seq, "sockets: used %d\n", sock_inuse_get(net));
	seq_printf(seq, "TCP: inuse %d orphan %d tw %d alloc %d mem %ld\n",
		   atomic_read(&kn->in_use[KITE_PORTS_TCP]),
		   atomic_read(&kn->orphan_count), atomic_read(&kn->tw_count),
		   proto_sockets_allocated_sum_positive(&kite_tcp_prot),
		   pages_of(&kite_tcp_prot));
	seq_printf(seq, "UDP: inuse %d mem %ld\n",
		   atomic_read(&kn->in_use[KITE_PORTS_UDP]),
		   pages_of(&kite_udp_prot));
	seq_printf(seq, "RAW: inuse %d\n",
		   sock_prot_inuse_get(net, &kite_raw_prot));
	seq_printf(seq, "FRAG: inuse %d memory %lu\n",
		   atomic_read(&kn->frags->rhashtable.nelems),
		   frag_mem_limit(kn->frags));
	return 0;
}

/**
 * kite_sockstat_net_init() - make /proc/net/kite/sockstat
 * @net: the namespace, whose /proc/net/kite and queues of fragments exist
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kite_sockstat_net_init(struct net *net)
{
	return proc_create_net_single("sockstat", 0444, kite_net(net)->proc,
				      sockstat_show, NULL) ? 0 : -ENOMEM;
}

/**
 * kite_sockstat_net_exit() - undo kite_sockstat_net_init()
 * @net: the namespace
 *
 * Context: process; waits for readers.
 */
void kite_sockstat_net_exit(struct net *net)
{
	remove_proc_entry("sockstat", kite_net(net)->proc);
}
