// SPDX-License-Identifier: GPL-2.0
#include "tcp.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rhashtable.h>
#include <net/tcp.h>

#include "../ip/protocol.h"
#include "../port/ehash.h"
#include "../port/listing.h"
#include "../port/port.h"
#include "cong.h"
#include "connect.h"
#include "err.h"
#include "info.h"
#include "input.h"
#include "listen.h"
#include "output.h"
#include "request.h"
#include "sock.h"
#include "state.h"
#include "timer.h"
#include "timewait.h"
#include "tsq.h"
#include "user.h"

/* Memory of all queues together, in pages; its limits are net.ipv4.tcp_mem. */
static atomic_long_t memory_allocated ____cacheline_aligned_in_smp;
static DEFINE_PER_CPU(int, memory_per_cpu_fw_alloc);
static struct percpu_counter sockets_allocated;
static unsigned long memory_pressure;

static void enter_memory_pressure(struct sock *sk)
{
	if (!READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, jiffies | 1);
}

static void leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 0);
}

/*
 * Segments that waited while a system call had the socket. They come in process
 * context; what lies below expects a packet's.
 */
static int backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	local_bh_disable();
	rcu_read_lock();
	kite_tcp_do_rcv(sk, skb);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}

KITE_DEFINE_PROTO_ACCEPT(stream_accept, kite_tcp_accept)
KITE_DEFINE_PROTO_IOCTL(stream_ioctl, kite_tcp_do_ioctl)

/* .sysctl_mem is filled in by kite_tcp_init(). */
struct proto kite_tcp_prot = {
	.name			= "KITE-TCP",
	.owner			= THIS_MODULE,
	.obj_size		= sizeof(struct kite_tcp_sock),
	.max_header		= KITE_TCP_HEADROOM,
	.no_autobind		= true,
	.close			= kite_tcp_close,
	.connect		= kite_tcp_connect,
	.disconnect		= kite_tcp_disconnect,
	.accept			= stream_accept,
	.ioctl			= stream_ioctl,
	.init			= kite_tcp_sock_init,
	.destroy		= kite_tcp_sock_destroy,
	.shutdown		= kite_tcp_shutdown,
	.setsockopt		= kite_tcp_setsockopt,
	.getsockopt		= kite_tcp_getsockopt,
	.keepalive		= kite_tcp_set_keepalive,
	.sendmsg		= kite_tcp_sendmsg,
	.recvmsg		= kite_tcp_recvmsg,
	.backlog_rcv		= backlog_rcv,
	.release_cb		= kite_tcp_release_cb,
	.unhash			= kite_tcp_unhash,
	.get_port		= kite_get_port,
	.put_port		= kite_put_port,
	.stream_memory_free	= kite_tcp_memory_free,
	.enter_memory_pressure	= enter_memory_pressure,
	.leave_memory_pressure	= leave_memory_pressure,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &memory_per_cpu_fw_alloc,
	.sockets_allocated	= &sockets_allocated,
	.memory_pressure	= &memory_pressure,
	.sysctl_wmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_wmem),
	.sysctl_rmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_rmem),
};

static const struct kite_protocol tcp_protocol = {
	.handler	= kite_tcp_rcv,
	.early_demux	= kite_tcp_early_demux,
	.err_handler	= kite_tcp_err,
	.wfree		= kite_tsq_wfree,
};

/* One round through the table; returns whether there was a mini-socket in it. */
static bool kill_mini_sockets(struct net *net)
{
	struct rhashtable_iter iter;
	struct sock_common *c;
	bool found = false;

	if (!kite_ehash_walk_enter(net, &iter))
		return false;
	rhashtable_walk_start(&iter);
	while ((c = rhashtable_walk_next(&iter))) {
		if (IS_ERR(c)) {
			found = true;
		} else if (c->skc_state == TCP_TIME_WAIT) {
			kite_tw_kill(kite_tw((struct sock *)c));
			found = true;
		} else if (c->skc_state == TCP_NEW_SYN_RECV) {
			kite_request_kill(kite_request((struct sock *)c));
			found = true;
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return found;
}

/**
 * kite_tcp_net_exit() - end what is left of connections in a namespace
 * @net: the namespace; no full socket and no new packet is in it
 *
 * Context: process, may sleep.
 */
void kite_tcp_net_exit(struct net *net)
{
	while (kill_mini_sockets(net))
		cond_resched();
	/* Timers that were quicker are not done before they say so here. */
	while (atomic_read(&kite_net(net)->tw_count))
		msleep(20);
}

/**
 * kite_tcp_init() - bring TCP up
 *
 * Context: process, module load.
 * Return: 0 or a negative errno.
 */
int __init kite_tcp_init(void)
{
	int err;

	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = kite_request_init();
	if (err)
		goto err_counter;
	err = kite_tw_init();
	if (err)
		goto err_request;
	err = kite_cong_table_init();
	if (err)
		goto err_tw;
	kite_tsq_init();
	/* net.ipv4.tcp_mem; not every kernel exports the variable itself. */
	kite_tcp_prot.sysctl_mem = tcp_prot.sysctl_mem;
	err = proto_register(&kite_tcp_prot, 1);
	if (err)
		goto err_cong;
	err = kite_add_protocol(&tcp_protocol, IPPROTO_TCP);
	if (err)
		goto err_proto;
	kite_listing_set_tcp(kite_tcp_describe);
	return 0;

err_proto:
	proto_unregister(&kite_tcp_prot);
err_cong:
	kite_cong_table_exit();
err_tw:
	kite_tw_exit();
err_request:
	kite_request_exit();
err_counter:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * kite_tcp_exit() - take TCP down again
 *
 * Context: process, module unload; no socket is left, and kite_tcp_net_exit() ran
 * for every namespace.
 */
void kite_tcp_exit(void)
{
	kite_listing_set_tcp(NULL);
	kite_del_protocol(&tcp_protocol, IPPROTO_TCP);
	proto_unregister(&kite_tcp_prot);
	/* Mini-sockets that a grace period still holds. */
	rcu_barrier();
	kite_tsq_exit();
	kite_cong_table_exit();
	kite_tw_exit();
	kite_request_exit();
	percpu_counter_destroy(&sockets_allocated);
}
