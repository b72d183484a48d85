/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels, and nothing else knows about it.
 *
 * KITE is written against the newest interface. Where a kernel's is older, this header
 * supplies the newer one; where a callback's prototype changed, a KITE_DEFINE_*() macro
 * makes the callback that this kernel wants out of a function of the newest prototype.
 * What a kernel has is found at build time by compiling probes/NAME.c (see Kbuild): one
 * that compiles defines KITE_HAVE_<NAME>, and only the files in this directory ask for
 * that.
 *
 *   struct proto_accept_arg         everywhere, with flags, err, is_empty, kern
 *   kite_wants_sol_socket()         have setsockopt(SOL_SOCKET) come by the family, where it can
 *   KITE_DEFINE_ACCEPT()            a proto_ops.accept
 *   KITE_DEFINE_PROTO_ACCEPT()      a proto.accept
 *   kite_sk_accept()                call a socket's proto.accept
 *   KITE_DEFINE_PROTO_IOCTL()       a proto.ioctl
 *   kite_dst_alloc()                dst_alloc() with one reference
 *   container_of_const()            from a member to its structure, const or not
 *   KITE_CTL_CONST                  const where a proc_handler's ctl_table is
 *   kite_register_net_sysctl()      register a counted and terminated table
 *   timer_container_of()            from a timer to what holds it
 *   timer_delete{,_sync}()          stop a timer
 *   hrtimer_setup()                 set a precise timer up
 *   skb_errqueue_purge()            forget errors; time stamps, too, where the kernel does
 *   kite_assign_str()               __assign_str() of trace events
 *   kite_flowi4_set_tos()           the tos byte of a flow
 *   kite_sysctl_tcp_rto_min_us()    net.ipv4.tcp_rto_min_us, or what was fixed before it
 *   kite_sysctl_tcp_syn_linear_timeouts() net.ipv4.tcp_syn_linear_timeouts, or 0
 *   kite_tcp_info_set_*()           fields of TCP_INFO, where the kernel's is long enough
 *   netif_get_gro_max_size()        how large packets may become by GRO on a device
 *   fib_multipath_hash_from_keys()  the hash that chooses among next hops
 *   IP_LOCAL_PORT_RANGE             the number of a socket option
 *   KITE_TIMESTAMPING_OPT_*         what SO_TIMESTAMPING may ask for
 *   kite_msg_has_pages()            whether a message is made of pages that may be kept
 *   skb_splice_from_iter()          refer to the pages of a message
 *   KITE_DEFINE_SENDPAGE()          a proto_ops.sendpage, where there is one
 *   KITE_DEFINE_SPLICE_EOF()        a proto_ops.splice_eof, where there is one
 *   kite_frag_find(), _kill(), _putn() queues of fragments, references counted by the caller
 *   kite_skb_set_txtime()           when a packet is to leave
 *   kite_has_egress_hooks()         whether tc, BPF or netfilter see what leaves by a device
 */
#ifndef KITE_COMPAT_H
#define KITE_COMPAT_H

#include <linux/bvec.h>
#include <linux/container_of.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <linux/uio.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/inet_dscp.h>
#include <net/inet_frag.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "probed.h"

/* get_unaligned_be32() and its kin moved. */
#ifdef KITE_HAVE_LINUX_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* What cuts packets that stand for several got a header of its own. */
#ifdef KITE_HAVE_NET_GSO
#include <net/gso.h>
#endif

/* Since 6.2, and of 6.1 the later ones. Kernels that have it watch over const for the others. */
#ifndef container_of_const
#define container_of_const container_of
#endif

/* An option of AF_INET's since 6.3; AF_KITE has it on every kernel. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE	51
#endif

/* Bits of SO_TIMESTAMPING since 6.2 and 6.12. Kernels that do not know them refuse them. */
#define KITE_TIMESTAMPING_OPT_ID_TCP	BIT(16)
#define KITE_TIMESTAMPING_OPT_RX_FILTER	BIT(17)

#ifndef KITE_HAVE_PROTO_ACCEPT_ARG
/**
 * struct proto_accept_arg - what accept() hands down, as kernels since 6.10 have it
 * @flags: file flags of the listener (O_NONBLOCK)
 * @err: errno to return when no socket is
 * @is_empty: set to tell io_uring that the queue is empty now
 * @kern: the new socket belongs to the kernel
 */
struct proto_accept_arg {
	int flags;
	int err;
	int is_empty;
	bool kern;
};
#endif

/**
 * kite_wants_sol_socket() - have setsockopt(SOL_SOCKET) come to proto_ops.setsockopt
 * @sock: a socket of the family's
 *
 * Kernels since 6.7 can; before, sock_setsockopt() alone hears of it.
 *
 * Context: any.
 */
static inline void kite_wants_sol_socket(struct socket *sock)
{
#ifdef SOCK_CUSTOM_SOCKOPT
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#endif
}

/**
 * KITE_DEFINE_ACCEPT() - define a proto_ops.accept
 * @name: the function to define
 * @fn: int fn(struct socket *sock, struct socket *newsock, struct proto_accept_arg *arg)
 */
#ifdef KITE_HAVE_PROTO_ACCEPT_ARG
#define KITE_DEFINE_ACCEPT(name, fn)							\
static int name(struct socket *sock, struct socket *newsock,				\
		struct proto_accept_arg *arg)						\
{											\
	return fn(sock, newsock, arg);							\
}
#else
#define KITE_DEFINE_ACCEPT(name, fn)							\
static int name(struct socket *sock, struct socket *newsock, int flags, bool kern)	\
{											\
	struct proto_accept_arg arg = { .flags = flags, .err = -EINVAL, .kern = kern };	\
											\
	return fn(sock, newsock, &arg);							\
}
#endif

/**
 * KITE_DEFINE_PROTO_ACCEPT() - define a proto.accept
 * @name: the function to define
 * @fn: struct sock *fn(struct sock *sk, struct proto_accept_arg *arg), which leaves its errno in
 *	arg->err
 */
#ifdef KITE_HAVE_PROTO_ACCEPT_ARG
#define KITE_DEFINE_PROTO_ACCEPT(name, fn)						\
static struct sock *name(struct sock *sk, struct proto_accept_arg *arg)			\
{											\
	return fn(sk, arg);								\
}
#else
#define KITE_DEFINE_PROTO_ACCEPT(name, fn)						\
static struct sock *name(struct sock *sk, int flags, int *err, bool kern)		\
{											\
	struct proto_accept_arg arg = { .flags = flags, .err = *err, .kern = kern };	\
	struct sock *newsk = fn(sk, &arg);						\
											\
	*err = arg.err;									\
	return newsk;									\
}
#endif

/**
 * kite_sk_accept() - take a connection from a listening socket
 * @sk: the listener
 * @arg: flags and kern in, err and is_empty out
 *
 * Context: process.
 * Return: the new socket, or NULL with the reason in arg->err.
 */
static inline struct sock *kite_sk_accept(struct sock *sk, struct proto_accept_arg *arg)
{
#ifdef KITE_HAVE_PROTO_ACCEPT_ARG
	return sk->sk_prot->accept(sk, arg);
#else
	return sk->sk_prot->accept(sk, arg->flags, &arg->err, arg->kern);
#endif
}

/**
 * KITE_DEFINE_PROTO_IOCTL() - define a proto.ioctl
 * @name: the function to define
 * @fn: int fn(struct sock *sk, int cmd, int *karg), whose result for the user goes to *karg
 */
#ifdef KITE_HAVE_PROTO_IOCTL_KARG
#define KITE_DEFINE_PROTO_IOCTL(name, fn)						\
static int name(struct sock *sk, int cmd, int *karg)					\
{											\
	return fn(sk, cmd, karg);							\
}
#else
#define KITE_DEFINE_PROTO_IOCTL(name, fn)						\
static int name(struct sock *sk, int cmd, unsigned long arg)				\
{											\
	int karg = 0;									\
	int err = fn(sk, cmd, &karg);							\
											\
	return err ?: put_user(karg, (int __user *)arg);				\
}
#endif

/**
 * kite_dst_alloc() - allocate a dst_entry with one reference
 * @ops: its operations
 * @dev: its device, of which it takes a reference; may be NULL
 * @obsolete: initial dst->obsolete
 * @flags: DST_* flags
 *
 * Context: any (allocates atomically).
 * Return: the entry or NULL.
 */
static inline void *kite_dst_alloc(struct dst_ops *ops, struct net_device *dev,
				   int obsolete, unsigned short flags)
{
#ifdef KITE_HAVE_DST_ALLOC_INITIAL_REF
	return dst_alloc(ops, dev, 1, obsolete, flags);
#else
	return dst_alloc(ops, dev, obsolete, flags);
#endif
}

/* The qualifier of a proc_handler's first argument: KITE_CTL_CONST struct ctl_table *ctl */
#ifdef KITE_HAVE_PROC_HANDLER_CONST
#define KITE_CTL_CONST const
#else
#define KITE_CTL_CONST
#endif

/**
 * kite_register_net_sysctl() - register sysctls of a namespace
 * @net: the namespace
 * @path: where below /proc/sys
 * @table: @n entries and an empty one, which kernels before 6.6 look for; must live until
 *	unregistered
 * @n: number of entries without the empty one
 *
 * Context: process.
 * Return: the handle for unregister_net_sysctl_table(), or NULL.
 */
static inline struct ctl_table_header *
kite_register_net_sysctl(struct net *net, const char *path, struct ctl_table *table, size_t n)
{
#ifdef KITE_HAVE_REGISTER_NET_SYSCTL_SZ
	return register_net_sysctl_sz(net, path, table, n);
#else
	return register_net_sysctl(net, path, table);
#endif
}

#ifndef KITE_HAVE_TIMER_CONTAINER_OF
#define timer_container_of(var, timer, field)	from_timer(var, timer, field)
#endif

#ifndef KITE_HAVE_HRTIMER_SETUP
#define hrtimer_setup(timer, fn, clock, mode)				\
	do {								\
		struct hrtimer *__timer = (timer);			\
									\
		hrtimer_init(__timer, clock, mode);			\
		__timer->function = (fn);				\
	} while (0)
#endif

#ifndef KITE_HAVE_TIMER_DELETE
#define timer_delete(timer)		del_timer(timer)
#define timer_delete_sync(timer)	del_timer_sync(timer)
#endif

#ifndef KITE_HAVE_SKB_ERRQUEUE_PURGE
#define skb_errqueue_purge(list)	skb_queue_purge(list)
#endif

/* In a trace event's TP_fast_assign(): copy @src, which was named in __string(@dst, @src). */
#ifdef KITE_HAVE_ASSIGN_STR_ONE_ARG
#define kite_assign_str(dst, src)	__assign_str(dst)
#else
#define kite_assign_str(dst, src)	__assign_str(dst, src)
#endif

/**
 * kite_flowi4_set_tos() - set the type of service that policy rules and routes look at
 * @fl4: the flow
 * @tos: DSCP and ECN bits as in the header; the ECN bits are left out of the flow
 *
 * Context: any.
 */
static inline void kite_flowi4_set_tos(struct flowi4 *fl4, u8 tos)
{
#ifdef KITE_HAVE_FLOWI4_DSCP
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = inet_dscp_to_dsfield(inet_dsfield_to_dscp(tos));
#endif
}

/**
 * kite_frag_find() - find or make a queue of fragments
 * @fqdir: the namespace's queues
 * @key: which one
 * @refs: set to the number of references that the caller has to give back with kite_frag_putn()
 *
 * Context: RCU read lock, until the end of which the queue stays.
 * Return: the queue, or NULL without memory for it.
 */
static inline struct inet_frag_queue *kite_frag_find(struct fqdir *fqdir, void *key, int *refs)
{
#ifdef KITE_HAVE_INET_FRAG_KILL_REFS
	*refs = 0;
#else
	*refs = 1;
#endif
	return inet_frag_find(fqdir, key);
}

/**
 * kite_frag_kill() - nothing may be added to a queue of fragments any more
 * @q: the queue, locked
 * @refs: counts the references that this takes from timer and table, for kite_frag_putn()
 *
 * Context: softirq.
 */
static inline void kite_frag_kill(struct inet_frag_queue *q, int *refs)
{
#ifdef KITE_HAVE_INET_FRAG_KILL_REFS
	inet_frag_kill(q, refs);
#else
	inet_frag_kill(q);
#endif
}

/**
 * kite_frag_putn() - give references on a queue of fragments back
 * @q: the queue, not locked
 * @refs: how many
 *
 * Context: softirq.
 */
static inline void kite_frag_putn(struct inet_frag_queue *q, int refs)
{
#ifdef KITE_HAVE_INET_FRAG_KILL_REFS
	inet_frag_putn(q, refs);
#else
	if (refs)
		inet_frag_put(q);
#endif
}

/**
 * kite_skb_set_txtime() - have a queueing discipline send a packet not before its time
 * @skb: the packet
 * @at: when, 0 = at once
 * @clock: the clock that tells
 *
 * Context: any.
 */
static inline void kite_skb_set_txtime(struct sk_buff *skb, ktime_t at, clockid_t clock)
{
#ifdef KITE_HAVE_SKB_DELIVERY_CLOCKID
	skb_set_delivery_type_by_clockid(skb, at, clock);
#else
	skb->tstamp = at;
#endif
}

/**
 * kite_sysctl_tcp_rto_min_us() - the least retransmission timeout
 * @net: the namespace
 *
 * Return: µs; what Linux has fixed where there is no net.ipv4.tcp_rto_min_us.
 */
static inline u32 kite_sysctl_tcp_rto_min_us(const struct net *net)
{
#ifdef KITE_HAVE_SYSCTL_TCP_RTO_MIN
	return READ_ONCE(net->ipv4.sysctl_tcp_rto_min_us);
#else
	return 200 * USEC_PER_MSEC;
#endif
}

/**
 * kite_sysctl_tcp_syn_linear_timeouts() - SYNs sent again after the same pause
 * @net: the namespace
 *
 * Return: so many; none where there is no net.ipv4.tcp_syn_linear_timeouts.
 */
static inline u8 kite_sysctl_tcp_syn_linear_timeouts(const struct net *net)
{
#ifdef KITE_HAVE_SYSCTL_TCP_SYN_LINEAR_TIMEOUTS
	return READ_ONCE(net->ipv4.sysctl_tcp_syn_linear_timeouts);
#else
	return 0;
#endif
}

/**
 * kite_tcp_info_set_rcv_wnd() - fill in tcpi_rcv_wnd, where there is one
 * @info: to be filled in
 * @wnd: the window that was offered, octets
 */
static inline void kite_tcp_info_set_rcv_wnd(struct tcp_info *info, u32 wnd)
{
#ifdef KITE_HAVE_TCP_INFO_RCV_WND
	info->tcpi_rcv_wnd = wnd;
#endif
}

/**
 * kite_tcp_info_set_timeouts() - fill in tcpi_total_rto*, where there are any
 * @info: to be filled in
 * @timeouts: retransmission timeouts
 * @runs: how often there was the first of a row
 * @ms: how long it took to recover, ms
 */
static inline void kite_tcp_info_set_timeouts(struct tcp_info *info, u16 timeouts, u16 runs, u32 ms)
{
#ifdef KITE_HAVE_TCP_INFO_TOTAL_RTO
	info->tcpi_total_rto = timeouts;
	info->tcpi_total_rto_recoveries = runs;
	info->tcpi_total_rto_time = ms;
#endif
}

#ifndef KITE_HAVE_NETIF_GET_GRO_MAX_SIZE
static inline unsigned int netif_get_gro_max_size(const struct net_device *dev,
						  const struct sk_buff *skb)
{
	return READ_ONCE(dev->gro_max_size);
}
#endif

/* By a key of the machine's where the namespace has no seed. */
#ifndef KITE_HAVE_FIB_MULTIPATH_HASH_FROM_KEYS
#define fib_multipath_hash_from_keys(net, keys)	flow_hash_from_keys(keys)
#endif

#ifdef KITE_HAVE_SKB_SPLICE_FROM_ITER
/**
 * kite_msg_has_pages() - whether a message is made of pages that may be kept
 * @msg: as sendmsg() got it
 */
static inline bool kite_msg_has_pages(const struct msghdr *msg)
{
	return msg->msg_flags & MSG_SPLICE_PAGES;
}

#define KITE_DEFINE_SENDPAGE(name, send)
#define KITE_SENDPAGE_OP(name)
#else
static inline bool kite_msg_has_pages(const struct msghdr *msg)
{
	return false;
}

/*
 * Those kernels hand down page after page instead. With MSG_SENDPAGE_NOTLAST there is
 * another one at once.
 */
#define KITE_DEFINE_SENDPAGE(name, send)						\
static ssize_t name(struct socket *sock, struct page *page, int offset, size_t size,	\
		    int flags)								\
{											\
	struct bio_vec bvec = {								\
		.bv_page = page, .bv_offset = offset, .bv_len = size,			\
	};										\
	struct msghdr msg = { .msg_flags = flags };					\
											\
	if (flags & MSG_SENDPAGE_NOTLAST)						\
		msg.msg_flags |= MSG_MORE;						\
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);			\
	return send(sock->sk, &msg);							\
}

#define KITE_SENDPAGE_OP(name)	.sendpage = name,

static inline ssize_t skb_splice_from_iter(struct sk_buff *skb, struct iov_iter *iter,
					   ssize_t maxsize, gfp_t gfp)
{
	int i = skb_shinfo(skb)->nr_frags;
	struct page *page;
	size_t offset;
	ssize_t n;

	if (i >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	n = iov_iter_get_pages2(iter, &page, maxsize, 1, &offset);
	if (n <= 0)
		return n ?: -EIO;
	if (skb_can_coalesce(skb, i, page, offset)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], n);
		put_page(page);
	} else {
		skb_fill_page_desc(skb, i, page, offset, n);
	}
	skb->len += n;
	skb->data_len += n;
	skb->truesize += n;
	return n;
}
#endif

/*
 * sendfile() asks for more than a file has, with MSG_MORE, and is told so afterwards. Where
 * pages are handed down one by one, the last one says so itself.
 */
#ifdef KITE_HAVE_SPLICE_EOF
#define KITE_DEFINE_SPLICE_EOF(name, flush)						\
static void name(struct socket *sock)							\
{											\
	flush(sock->sk);								\
}

#define KITE_SPLICE_EOF_OP(name)	.splice_eof = name,
#else
#define KITE_DEFINE_SPLICE_EOF(name, flush)
#define KITE_SPLICE_EOF_OP(name)
#endif

/**
 * kite_has_egress_hooks() - whether tc, BPF or netfilter see what leaves by a device
 * @dev: the device
 *
 * Context: any.
 * Return: true when any of them asked to.
 */
static inline bool kite_has_egress_hooks(const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_EGRESS
	if (rcu_access_pointer(dev->nf_hooks_egress))
		return true;
#endif
#if defined(KITE_HAVE_TCX)
	return rcu_access_pointer(dev->tcx_egress);
#elif defined(CONFIG_NET_CLS_ACT)
	return rcu_access_pointer(dev->miniq_egress);
#else
	return false;
#endif
}

#endif /* KITE_COMPAT_H */
