// SPDX-License-Identifier: GPL-2.0
/*
 * The listings walk the port table, for whoever has a port hangs on its bucket:
 * port by port, and within a port from the latest owner to the first. A reader
 * that comes back for more goes on behind the last owner it has seen, by port
 * and owner's number, whatever came or went in between. A TIME_WAIT mini-socket
 * takes over its socket's number along with its place. Anybody may read a
 * listing, and a port may have a hundred thousand owners: a connection's place is
 * found again through the established table, and who passes over many owners
 * lets others have the bucket in between. Only TCP's requests own
 * nothing; they come last, out of the established table, in the order of their
 * 4-tuples: a walk over a table that grows may meet one again, in no order.
 */
#include "listing.h"

#include <linux/proc_fs.h>
#include <linux/rhashtable.h>
#include <linux/seq_file_net.h>

#include "../netns.h"
#include "bucket.h"
#include "ehash.h"

/* Columns of a line without its newline, as AF_INET pads them. */
#define TCP_WIDTH	149
#define DATAGRAM_WIDTH	127

/* So many requests are looked for in one walk over the established table. */
#define WINDOW		64

/* So many owners of a port are passed over while nobody else gets at them. */
#define PATIENCE	64

/* What requests are told apart and put in order by, and a connection found again. */
struct tuple {
	u64 addresses;
	u64 ports;
	int dev;
};

/**
 * struct walk - where a reader of a listing is
 * @p: the namespace, for seq_file_net()
 * @pos: the seq_file's index of the present line
 * @port: port of the present owner
 * @number: its number, or one less when it has been shown; valid if @in_port
 * @in_port: the present owner is one of @port, not of a smaller one
 * @tuple: the present owner's; valid if @in_port
 * @passed: owners that were passed over
 * @locked: the bucket of the present owner, locked between start and stop
 * @requests: the owners are through
 * @any_shown: one of the requests has been shown
 * @shown: the last that was
 * @n: requests in @window, between start and stop
 * @at: the present one
 * @window: the next ones to show, in order, under RCU
 */
struct walk {
	struct seq_net_private	p;
	loff_t			pos;
	unsigned int		port;
	u32			number;
	bool			in_port;
	struct tuple		tuple;
	unsigned int		passed;
	struct kite_bind_bucket	*locked;
	bool			requests;
	bool			any_shown;
	struct tuple		shown;
	unsigned int		n;
	unsigned int		at;
	struct sock		*window[WINDOW];
};

static kite_tcp_describe_t tcp_describe;

/**
 * kite_listing_set_tcp() - have TCP fill in what only TCP knows
 * @describe: the function, or NULL when TCP goes
 *
 * Context: process, module load and unload.
 */
void kite_listing_set_tcp(kite_tcp_describe_t describe)
{
	WRITE_ONCE(tcp_describe, describe);
}

static enum kite_port_space listed_space(struct seq_file *seq)
{
	return (uintptr_t)pde_data(file_inode(seq->file));
}

/*
 * A TCP socket that is merely bound is not shown, as AF_INET's is not; and a
 * connection as long as segments find it, so not beside its mini-socket.
 */
static bool is_listed(enum kite_port_space space, const struct sock_common *o)
{
	return space != KITE_PORTS_TCP || o->skc_state == TCP_LISTEN ||
	       kite_ehash_hashed((const struct sock *)o);
}

static struct tuple tuple_of(const struct sock *sk)
{
	return (struct tuple) {
		.addresses = (u64)ntohl(sk->sk_daddr) << 32 | ntohl(sk->sk_rcv_saddr),
		.ports = (u64)ntohs(sk->sk_dport) << 16 | sk->sk_num,
		.dev = sk->sk_bound_dev_if,
	};
}

static struct sock *stand_on(struct walk *w, struct sock_common *o)
{
	w->in_port = true;
	w->number = o->skc_hash;
	w->tuple = tuple_of((struct sock *)o);
	return (struct sock *)o;
}

static void leave_port(struct walk *w)
{
	w->port++;
	w->in_port = false;
}

/* Held from one function to another, which sparse cannot follow. */
static void enter_bucket(struct walk *w, struct kite_bind_bucket *b)
{
	spin_lock_bh(&b->lock);
	w->locked = b;
	__release(&b->lock);
}

static void leave_bucket(struct walk *w)
{
	if (!w->locked)
		return;
	__acquire(&w->locked->lock);
	spin_unlock_bh(&w->locked->lock);
	w->locked = NULL;
}

static struct sock_common *latest_owner(const struct kite_bind_bucket *b)
{
	return hlist_entry_safe(b->owners.first, struct sock_common, skc_bind_node);
}

/* A full socket that leaves may come back, with another number or to another port. */
static bool owns(const struct sock_common *o, const struct kite_bind_bucket *b)
{
	const struct sock *sk = (const struct sock *)o;

	lockdep_assert_held(&b->lock);

	return sk_fullsock(sk) ? kite_sk(sk)->bucket == b :
		!hlist_unhashed(&o->skc_bind_node);
}

/*
 * The owner behind @o. Who waits for the bucket gets it now and then; if @o has
 * left it by then, the way begins anew.
 */
static struct sock_common *pass(struct walk *w, struct sock_common *o)
{
	struct kite_bind_bucket *b = w->locked;
	u32 number = o->skc_hash;

	if (++w->passed % PATIENCE == 0) {
		leave_bucket(w);
		enter_bucket(w, b);
		if (!owns(o, b) || o->skc_hash != number)
			return latest_owner(b);
	}
	return hlist_entry_safe(o->skc_bind_node.next, struct sock_common,
				skc_bind_node);
}

/*
 * The first owner to show from @o on, at the number where the reader is or behind
 * it. Without one the reader leaves the port.
 */
static struct sock *search(enum kite_port_space space, struct walk *w,
			   struct sock_common *o)
{
	for (; o; o = pass(w, o))
		if (is_listed(space, o) &&
		    (!w->in_port || (s32)(o->skc_hash - w->number) <= 0))
			return stand_on(w, o);
	leave_bucket(w);
	leave_port(w);
	return NULL;
}

/*
 * The connection that the reader stands on, or its mini-socket. What is in the
 * established table has not given up its port, so while the bucket is locked it
 * stays an owner; the number is nobody else's.
 */
static struct sock_common *connection_at(struct net *net, const struct walk *w)
{
	const struct tuple *t = &w->tuple;
	struct sock *sk;

	sk = kite_lookup_established(net, htonl(t->addresses >> 32),
				     htons(t->ports >> 16),
				     htonl((u32)t->addresses),
				     htons((u16)t->ports), t->dev, 0);
	if (!sk || sk->sk_state == TCP_NEW_SYN_RECV || sk->sk_hash != w->number ||
	    !owns(&sk->__sk_common, w->locked))
		return NULL;
	return &sk->__sk_common;
}

/*
 * The first owner from where the reader is, its bucket locked. The owner that he
 * stands on counts when it is still there.
 */
static struct sock *find_owner(struct net *net, enum kite_port_space space,
			       struct walk *w)
{
	struct kite_port_table *t = kite_port_table(net, space);
	unsigned int began = w->port;
	struct kite_bind_bucket *b;
	struct sock_common *o;
	struct sock *sk;

	while ((b = kite_bucket_next(&t->buckets, &w->port))) {
		if (w->port != began)
			w->in_port = false;
		enter_bucket(w, b);
		o = NULL;
		if (w->in_port && space == KITE_PORTS_TCP)
			o = connection_at(net, w);
		sk = search(space, w, o ?: latest_owner(b));
		if (sk)
			return sk;
	}
	return NULL;
}

static struct sock *next_owner(struct net *net, enum kite_port_space space,
			       struct walk *w, struct sock *sk)
{
	w->number--;
	sk = search(space, w, pass(w, &sk->__sk_common));
	return sk ?: find_owner(net, space, w);
}

/* Less than, equal to or greater than 0, as @a is to @b. */
static int compare(const struct tuple *a, const struct tuple *b)
{
	if (a->addresses != b->addresses)
		return a->addresses < b->addresses ? -1 : 1;
	if (a->ports != b->ports)
		return a->ports < b->ports ? -1 : 1;
	return a->dev - b->dev;
}

/* Put a request into its place in the window, if it has one there. */
static void keep_request(struct walk *w, struct sock *sk)
{
	struct tuple key = tuple_of(sk), other;
	unsigned int i;
	int order;

	if (w->any_shown && compare(&key, &w->shown) <= 0)
		return;
	for (i = w->n; i; i--) {
		other = tuple_of(w->window[i - 1]);
		order = compare(&key, &other);
		if (!order)
			return;
		if (order > 0)
			break;
	}
	if (i == WINDOW)
		return;
	w->n = min(w->n + 1, WINDOW);
	memmove(&w->window[i + 1], &w->window[i],
		(w->n - 1 - i) * sizeof(w->window[0]));
	w->window[i] = sk;
}

/* The first request after the last one shown. */
static struct sock *find_request(struct net *net, struct walk *w)
{
	struct rhashtable_iter iter;
	struct sock *sk;

	w->requests = true;
	w->at = 0;
	w->n = 0;
	if (!kite_ehash_walk_enter(net, &iter))
		return NULL;
	rhashtable_walk_start(&iter);
	while ((sk = rhashtable_walk_next(&iter)))
		if (!IS_ERR(sk) && sk->sk_state == TCP_NEW_SYN_RECV)
			keep_request(w, sk);
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return w->n ? w->window[0] : NULL;
}

static struct sock *next_request(struct net *net, struct walk *w)
{
	w->any_shown = true;
	w->shown = tuple_of(w->window[w->at]);
	if (++w->at < w->n)
		return w->window[w->at];
	return w->n == WINDOW ? find_request(net, w) : NULL;
}

static struct sock *resume(struct seq_file *seq, struct walk *w)
{
	enum kite_port_space space = listed_space(seq);
	struct net *net = seq_file_net(seq);
	struct sock *sk;

	if (!kite_port_table(net, space))
		return NULL;
	if (!w->requests) {
		sk = find_owner(net, space, w);
		if (sk || space != KITE_PORTS_TCP)
			return sk;
	}
	return find_request(net, w);
}

static void *listing_next(struct seq_file *seq, void *v, loff_t *pos)
{
	enum kite_port_space space = listed_space(seq);
	struct net *net = seq_file_net(seq);
	struct walk *w = seq->private;
	struct sock *sk;

	w->pos = ++*pos;
	if (v == SEQ_START_TOKEN)
		return resume(seq, w);
	if (w->requests)
		return next_request(net, w);

	sk = next_owner(net, space, w, v);
	if (!sk && space == KITE_PORTS_TCP)
		sk = find_request(net, w);
	return sk;
}

static void *listing_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct walk *w = seq->private;
	loff_t skip;
	void *v;

	rcu_read_lock();
	if (*pos && *pos == w->pos)
		return resume(seq, w);

	/* From the beginning; a reader that seeks gets there line by line. */
	w->pos = 0;
	w->port = 0;
	w->in_port = false;
	w->requests = false;
	w->any_shown = false;
	v = SEQ_START_TOKEN;
	for (skip = 0; v && skip < *pos; )
		v = listing_next(seq, v, &skip);
	return v;
}

static void listing_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	struct walk *w = seq->private;

	leave_bucket(w);
	rcu_read_unlock();
}

static void show_full_tcp(struct seq_file *seq, struct sock *sk,
			  const struct kite_listing_row *row)
{
	seq_printf(seq, " %lu %d %pK %lu %lu %u %u %d", sock_i_ino(sk),
		   refcount_read(&sk->sk_refcnt), sk,
		   jiffies_to_clock_t(row->rto), jiffies_to_clock_t(row->ato),
		   row->quick, row->cwnd, row->ssthresh);
}

static void show_tcp(struct seq_file *seq, struct sock *sk, unsigned int slot)
{
	kite_tcp_describe_t describe = READ_ONCE(tcp_describe);
	struct kite_listing_row row = { .state = sk->sk_state };
	bool full = sk_fullsock(sk);

	if (full)
		row.uid = sock_i_uid(sk);
	if (describe)
		describe(sk, &row);

	seq_printf(seq,
		   "%4u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8u",
		   slot, sk->sk_rcv_saddr, sk->sk_num, sk->sk_daddr,
		   ntohs(sk->sk_dport), row.state, row.tx_queue, row.rx_queue,
		   row.timer, row.timer ?
		   jiffies_delta_to_clock_t(row.expires - jiffies) : 0,
		   row.retrans, from_kuid_munged(seq_user_ns(seq), row.uid),
		   row.probes);
	if (full)
		show_full_tcp(seq, sk, &row);
	else
		seq_printf(seq, " %d %d %pK", 0,
			   refcount_read(&sk->sk_refcnt), sk);
}

static int tcp_show(struct seq_file *seq, void *v)
{
	struct walk *w = seq->private;

	seq_setwidth(seq, TCP_WIDTH);
	if (v == SEQ_START_TOKEN)
		seq_puts(seq, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
	else
		show_tcp(seq, v, w->pos - 1);
	seq_pad(seq, '\n');
	return 0;
}

/**
 * kite_listing_show_datagram_head() - the heads of the columns of datagram
 * sockets
 * @seq: where to
 */
void kite_listing_show_datagram_head(struct seq_file *seq)
{
	seq_setwidth(seq, DATAGRAM_WIDTH);
	seq_puts(seq, "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops");
	seq_pad(seq, '\n');
}

/**
 * kite_listing_show_datagram() - the line of a datagram or raw socket
 * @seq: where to
 * @sk: the socket
 * @slot: first column
 *
 * Context: the caller keeps @sk from going.
 */
void kite_listing_show_datagram(struct seq_file *seq, struct sock *sk,
				unsigned int slot)
{
	seq_setwidth(seq, DATAGRAM_WIDTH);
	seq_printf(seq,
		   "%5u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %pK %u",
		   slot, sk->sk_rcv_saddr, sk->sk_num, sk->sk_daddr,
		   ntohs(sk->sk_dport), sk->sk_state, sk_wmem_alloc_get(sk),
		   sk_rmem_alloc_get(sk), 0, 0UL, 0,
		   from_kuid_munged(seq_user_ns(seq), sock_i_uid(sk)), 0,
		   sock_i_ino(sk), refcount_read(&sk->sk_refcnt), sk,
		   atomic_read(&sk->sk_drops));
	seq_pad(seq, '\n');
}

static int udp_show(struct seq_file *seq, void *v)
{
	struct walk *w = seq->private;

	if (v == SEQ_START_TOKEN)
		kite_listing_show_datagram_head(seq);
	else
		kite_listing_show_datagram(seq, v, w->pos - 1);
	return 0;
}

static const struct seq_operations tcp_seq_ops = {
	.start	= listing_start,
	.next	= listing_next,
	.stop	= listing_stop,
	.show	= tcp_show,
};

static const struct seq_operations udp_seq_ops = {
	.start	= listing_start,
	.next	= listing_next,
	.stop	= listing_stop,
	.show	= udp_show,
};

/**
 * kite_listing_net_init() - make /proc/net/kite/tcp and udp
 * @net: the namespace, whose /proc/net/kite exists
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kite_listing_net_init(struct net *net)
{
	struct proc_dir_entry *dir = kite_net(net)->proc;

	if (!proc_create_net_data("tcp", 0444, dir, &tcp_seq_ops,
				  sizeof(struct walk), (void *)KITE_PORTS_TCP))
		return -ENOMEM;
	if (!proc_create_net_data("udp", 0444, dir, &udp_seq_ops,
				  sizeof(struct walk), (void *)KITE_PORTS_UDP)) {
		remove_proc_entry("tcp", dir);
		return -ENOMEM;
	}
	return 0;
}

/**
 * kite_listing_net_exit() - undo kite_listing_net_init()
 * @net: the namespace
 *
 * Context: process; waits for readers.
 */
void kite_listing_net_exit(struct net *net)
{
	struct proc_dir_entry *dir = kite_net(net)->proc;

	remove_proc_entry("udp", dir);
	remove_proc_entry("tcp", dir);
}
