// SPDX-License-Identifier: GPL-2.0
#include "reassembly.h"

#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "../observe/counters.h"
#include "../route/route.h"
#include "icmp.h"

/*
 * Fragments of one datagram, those of equal addresses, protocol and
 * identification in one L3 domain, wait in a queue until they are complete, or
 * for net.ipv4.ipfrag_time, or until net.ipv4.ipfrag_high_thresh bytes of them
 * wait in the namespace. None of them keeps its route meanwhile.
 */

/**
 * struct kite_frag_queue - the fragments of one datagram
 * @q: the library's part; @q.lock guards all of it
 * @ecn: which ECN codepoints were seen, RFC 3168 5.3, one bit each
 * @max_df: size of the largest fragment that had DF, header included
 * @iif: ifindex of the device the last fragment came in by
 */
struct kite_frag_queue {
	struct inet_frag_queue	q;
	u8			ecn;
	u16			max_df;
	int			iif;
};

/* The library keeps notes of its own in skb->cb, behind the room for IPv4's. */
static_assert(sizeof(struct kite_skb_cb) <= sizeof(struct inet_skb_parm));

static struct kite_frag_queue *kite_frag_queue(struct inet_frag_queue *q)
{
	return container_of(q, struct kite_frag_queue, q);
}

/*
 * Where a fragment lies in its datagram.
 */
struct kite_frag_place {
	int	offset;	/* of its first byte of payload */
	int	end;	/* behind its last */
	bool	last;	/* no more fragments behind it */
};

/* Return: false when no datagram can have a fragment there. */
static bool kite_frag_locate(struct sk_buff *skb, struct kite_frag_place *at)
{
	const struct iphdr *iph = ip_hdr(skb);
	int hlen = ip_hdrlen(skb);

	at->offset = (ntohs(iph->frag_off) & IP_OFFSET) * 8;
	at->end = at->offset + skb->len - hlen;
	at->last = !(iph->frag_off & htons(IP_MF));
	/* All but the last come in units of 8: what is too much is padding. */
	if (!at->last)
		at->end &= ~7;
	return at->end > at->offset && at->end + hlen <= U16_MAX;
}

/*
 * Take note of where the datagram ends.
 * Return: false when the fragments contradict each other.
 */
static bool kite_frag_note_end(struct inet_frag_queue *q,
			       const struct kite_frag_place *at)
{
	if (at->last) {
		if (at->end < q->len ||
		    (q->flags & INET_FRAG_LAST_IN && at->end != q->len))
			return false;
		q->flags |= INET_FRAG_LAST_IN;
		q->len = at->end;
	} else if (at->end > q->len) {
		if (q->flags & INET_FRAG_LAST_IN)
			return false;
		q->len = at->end;
	}
	return true;
}

/* The datagram is whole: make it one packet again, with the header of the first. */
static bool kite_frag_join(struct kite_frag_queue *fq, struct sk_buff *skb,
			   struct sk_buff *before)
{
	u8 ecn = ip_frag_ecn_table[fq->ecn];
	unsigned int max_size = fq->q.max_size;
	struct iphdr *iph;
	void *state;

	/* RFC 3168 5.3: not some fragments with ECN and some without. */
	if (ecn == 0xff)
		return false;
	/* The header of the first may be longer than that of the last. */
	if (ip_hdrlen(skb_rb_first(&fq->q.rb_fragments)) + fq->q.len > IP_MAX_MTU)
		return false;
	state = inet_frag_reasm_prepare(&fq->q, skb, before);
	if (!state)
		return false;
	inet_frag_reasm_finish(&fq->q, skb, state, true);
	fq->q.rb_fragments = RB_ROOT;
	fq->q.fragments_tail = NULL;
	fq->q.last_run_head = NULL;

	iph = ip_hdr(skb);
	iph->tot_len = htons(skb->len);
	iph->tos |= ecn;
	/* It may not be cut smaller than its largest fragment, if that says so. */
	iph->frag_off = fq->max_df == max_size ? htons(IP_DF) : 0;
	ip_send_check(iph);
	skb_set_transport_header(skb, iph->ihl * 4);
	skb_clear_hash(skb);
	kite_skb_cb(skb)->frag_max_size = max_size;
	return true;
}

/*
 * The last missing fragment. What the packet knows of where it came in, and its
 * route, would be lost when it takes over the identity of the first fragment.
 * Return: @skb, now the datagram; or NULL, and the queue still owns it.
 */
static struct sk_buff *kite_frag_complete(struct kite_frag_queue *fq,
					  struct sk_buff *skb,
					  struct sk_buff *before,
					  struct net_device *dev,
					  struct kite_skb_cb cb, int *refs)
{
	unsigned long refdst = skb->_skb_refdst;

	kite_frag_kill(&fq->q, refs);
	skb->_skb_refdst = 0;
	if (!kite_frag_join(fq, skb, before)) {
		skb->_skb_refdst = refdst;
		skb_dst_drop(skb);
		kite_count(fq->q.fqdir->net, KITE_CNT_Ip_ReasmFails);
		return NULL;
	}
	cb.frag_max_size = kite_skb_cb(skb)->frag_max_size;
	cb.opt = kite_skb_cb(skb)->opt;
	*kite_skb_cb(skb) = cb;
	skb->_skb_refdst = refdst;
	skb->dev = dev;
	kite_count(fq->q.fqdir->net, KITE_CNT_Ip_ReasmOKs);
	return skb;
}

/*
 * Put a fragment into its queue, which is locked.
 * Return: the datagram, if it is complete; else NULL, and @skb is taken care of.
 */
static struct sk_buff *kite_frag_add(struct kite_frag_queue *fq,
				     struct sk_buff *skb, int *refs)
{
	enum kite_counter why = KITE_CNT_Ip_ReasmFails;
	struct net *net = fq->q.fqdir->net;
	struct kite_skb_cb cb = *kite_skb_cb(skb);
	struct net_device *dev = skb->dev;
	bool df = ip_hdr(skb)->frag_off & htons(IP_DF);
	u8 tos = ip_hdr(skb)->tos;
	struct kite_frag_place at;
	int hlen = ip_hdrlen(skb);
	struct sk_buff *before;

	/* Somebody else completed or gave up this queue just now. */
	if (fq->q.flags & INET_FRAG_COMPLETE)
		goto drop;
	if (!kite_frag_locate(skb, &at) || !kite_frag_note_end(&fq->q, &at))
		goto drop_all;
	if (!pskb_pull(skb, hlen) ||
	    pskb_trim_rcsum(skb, at.end - at.offset))
		goto drop_all;

	before = fq->q.fragments_tail;
	/* From here on skb->dev is part of the tree's links. */
	switch (inet_frag_queue_insert(&fq->q, skb, at.offset, at.end)) {
	case IPFRAG_OK:
		break;
	case IPFRAG_DUP:
		why = KITE_CNT_KiteExt_ReasmDuplicate;
		goto drop;
	default:
		/* RFC 5722: overlaps are an attack, not a mishap. */
		why = KITE_CNT_KiteExt_ReasmOverlap;
		goto drop_all;
	}

	fq->iif = dev->ifindex;
	fq->ecn |= 1 << (tos & INET_ECN_MASK);
	skb_clear_delivery_time(skb);
	fq->q.stamp = skb->tstamp;
	fq->q.meat += skb->len;
	fq->q.max_size = max_t(u16, fq->q.max_size, skb->len + hlen);
	if (df)
		fq->max_df = max_t(u16, fq->max_df, skb->len + hlen);
	add_frag_mem_limit(fq->q.fqdir, skb->truesize);
	if (!at.offset)
		fq->q.flags |= INET_FRAG_FIRST_IN;

	if (fq->q.flags == (INET_FRAG_FIRST_IN | INET_FRAG_LAST_IN) &&
	    fq->q.meat == fq->q.len)
		return kite_frag_complete(fq, skb, before, dev, cb, refs);
	skb_dst_drop(skb);
	return NULL;

drop_all:
	kite_frag_kill(&fq->q, refs);
drop:
	kite_drop(net, skb, why);
	return NULL;
}

/**
 * kite_defrag() - take in a fragment
 * @net: the namespace
 * @skb: the fragment, header checked, data at the network header, local route
 *	attached; consumed
 *
 * Context: RCU read lock, BH disabled.
 * Return: the whole datagram, data at its network header and with the route of
 * the fragment that completed it; or NULL when others are missing, or it was
 * dropped.
 */
struct sk_buff *kite_defrag(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct frag_v4_compare_key key = {
		.saddr		= iph->saddr,
		.daddr		= iph->daddr,
		.vif		= l3mdev_master_ifindex_rcu(skb->dev),
		.id		= iph->id,
		.protocol	= iph->protocol,
	};
	struct fqdir *fqdir = kite_net(net)->frags;
	struct inet_frag_queue *q;
	int refs;

	kite_count(net, KITE_CNT_Ip_ReasmReqds);
	WRITE_ONCE(fqdir->high_thresh, READ_ONCE(net->ipv4.fqdir->high_thresh));
	WRITE_ONCE(fqdir->timeout, READ_ONCE(net->ipv4.fqdir->timeout));

	q = kite_frag_find(fqdir, &key, &refs);
	if (!q) {
		kite_drop(net, skb, KITE_CNT_Ip_ReasmFails);
		return NULL;
	}
	spin_lock(&q->lock);
	skb = kite_frag_add(kite_frag_queue(q), skb, &refs);
	spin_unlock(&q->lock);
	kite_frag_putn(q, refs);
	return skb;
}

/* RFC 1122 3.3.2: tell the source, if the first fragment is here to be quoted. */
static void kite_frag_time_exceeded(struct net *net, struct sk_buff *head,
				    int iif)
{
	const struct iphdr *iph = ip_hdr(head);
	enum kite_counter why;

	head->dev = dev_get_by_index_rcu(net, iif);
	if (!head->dev ||
	    kite_route_input(head, iph->daddr, iph->saddr, iph->tos, head->dev,
			     NULL, &why))
		return;
	kite_icmp_send(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
}

static void kite_frag_expire(struct timer_list *t)
{
	struct inet_frag_queue *q = timer_container_of(q, t, timer);
	struct net *net = q->fqdir->net;
	struct sk_buff *head = NULL;
	int refs = 1;

	rcu_read_lock();
	spin_lock(&q->lock);
	if (q->flags & INET_FRAG_COMPLETE)
		goto out;
	kite_frag_kill(q, &refs);
	/* The namespace's counters are going: kite_reassembly_net_pre_exit(). */
	if (READ_ONCE(q->fqdir->dead))
		goto out;

	kite_count(net, KITE_CNT_Ip_ReasmTimeout);
	if (q->flags & INET_FRAG_FIRST_IN)
		head = inet_frag_pull_head(q);
	if (!head)
		kite_count(net, KITE_CNT_Ip_ReasmFails);
out:
	spin_unlock(&q->lock);
	if (head) {
		kite_frag_time_exceeded(net, head, kite_frag_queue(q)->iif);
		kite_drop(net, head, KITE_CNT_Ip_ReasmFails);
	}
	rcu_read_unlock();
	kite_frag_putn(q, refs);
}

static void kite_frag_construct(struct inet_frag_queue *q, const void *key)
{
	struct kite_frag_queue *fq = kite_frag_queue(q);

	q->key.v4 = *(const struct frag_v4_compare_key *)key;
	fq->ecn = 0;
	fq->max_df = 0;
	fq->iif = 0;
}

#define KITE_FRAG_KEY_WORDS	(sizeof(struct frag_v4_compare_key) / sizeof(u32))

/* The library wants its own idea of what an object's key is. */
static u32 kite_frag_key_hash(const void *key, u32 len, u32 seed)
{
	return jhash2(key, KITE_FRAG_KEY_WORDS, seed);
}

static u32 kite_frag_queue_hash(const void *queue, u32 len, u32 seed)
{
	const struct inet_frag_queue *q = queue;

	return kite_frag_key_hash(&q->key.v4, len, seed);
}

static int kite_frag_queue_differs(struct rhashtable_compare_arg *arg,
				   const void *queue)
{
	const struct inet_frag_queue *q = queue;

	return !!memcmp(&q->key.v4, arg->key, sizeof(q->key.v4));
}

static struct inet_frags kite_frags = {
	.qsize			= sizeof(struct kite_frag_queue),
	.constructor		= kite_frag_construct,
	.frag_expire		= kite_frag_expire,
	.frags_cache_name	= "kite_frags",
	.rhash_params = {
		.head_offset	= offsetof(struct inet_frag_queue, node),
		.key_offset	= offsetof(struct inet_frag_queue, key),
		.key_len	= sizeof(struct frag_v4_compare_key),
		.hashfn		= kite_frag_key_hash,
		.obj_hashfn	= kite_frag_queue_hash,
		.obj_cmpfn	= kite_frag_queue_differs,
		.automatic_shrinking = true,
	},
};

/**
 * kite_reassembly_net_init() - prepare a namespace for fragments
 * @net: the namespace
 *
 * Context: process: the first fragment comes in softirq, which is too late.
 * Return: 0 or -ENOMEM.
 */
int kite_reassembly_net_init(struct net *net)
{
	return fqdir_init(&kite_net(net)->frags, &kite_frags, net);
}

/**
 * kite_reassembly_net_pre_exit() - a namespace goes, and no fragment is waited for any more
 * @net: the namespace
 *
 * A grace period later no timer of theirs counts anything any more.
 *
 * Context: process.
 */
void kite_reassembly_net_pre_exit(struct net *net)
{
	fqdir_pre_exit(kite_net(net)->frags);
}

/**
 * kite_reassembly_net_exit() - throw away the fragments of a namespace
 * @net: the namespace, in which no packet comes any more, a grace period after
 *	kite_reassembly_net_pre_exit(); or none has come yet
 *
 * Context: process.
 */
void kite_reassembly_net_exit(struct net *net)
{
	fqdir_exit(kite_net(net)->frags);
}

/**
 * kite_reassembly_init() - get ready for kite_reassembly_net_init()
 *
 * Context: process, module load.
 * Return: 0 or -ENOMEM.
 */
int __init kite_reassembly_init(void)
{
	return inet_frags_init(&kite_frags);
}

/**
 * kite_reassembly_exit() - undo kite_reassembly_init()
 *
 * Context: process, module unload, after every kite_reassembly_net_exit(), for
 * whose deferred work it waits.
 */
void kite_reassembly_exit(void)
{
	inet_frags_fini(&kite_frags);
}
