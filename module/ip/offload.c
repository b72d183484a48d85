// SPDX-License-Identifier: GPL-2.0
/*
 * TCP hands down what fills many segments as one packet, and UDP what UDP_SEGMENT cuts
 * into many datagrams: it passes hooks, routes and queues once. Whoever cannot take it as
 * it is (a device, a qdisc) has it cut by kite_gso_segment(), as late as can be.
 */
#include "offload.h"

#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "../observe/counters.h"
#include "gro.h"
#include "protocol.h"

/*
 * The headers of what a packet stands for, network header included, in bytes; 0 when
 * it is none that can be cut.
 */
static unsigned int kite_gso_headers(const struct sk_buff *skb)
{
	struct tcphdr _th;
	const struct tcphdr *th;
	unsigned int hlen = ip_hdrlen(skb);

	if (ip_hdr(skb)->protocol == IPPROTO_UDP)
		return hlen + sizeof(struct udphdr);
	if (ip_hdr(skb)->protocol != IPPROTO_TCP)
		return 0;
	th = skb_header_pointer(skb, skb_network_offset(skb) + hlen,
				sizeof(_th), &_th);
	return th && th->doff >= sizeof(_th) / 4 ? hlen + th->doff * 4 : 0;
}

/**
 * kite_gso_fits() - whether each of those that a packet stands for fits
 * @skb: the packet, data at the network header
 * @mtu: bytes, network header included
 *
 * Context: any.
 */
bool kite_gso_fits(const struct sk_buff *skb, u32 mtu)
{
	unsigned int headers = kite_gso_headers(skb);

	return headers && headers + skb_shinfo(skb)->gso_size <= mtu;
}

static void kite_gso_tcp_header(struct sk_buff *seg, unsigned int number,
				unsigned int mss)
{
	struct tcphdr *th = tcp_hdr(seg);

	th->seq = htonl(ntohl(th->seq) + number * mss);
	/* RFC 3168 6.1.2: the window was reduced once. */
	if (number)
		th->cwr = 0;
	/* What ends the whole ends its last segment. */
	if (seg->next) {
		th->fin = 0;
		th->psh = 0;
	}
}

/*
 * What the segments' pseudo headers have in common, all but the length. It is what the sender
 * made of it: with a source route it knew the final destination, and the header does not.
 * Who did not leave the checksum to a device, a guest for one, does now: the core expects
 * that of what it has cut.
 * @skb: the whole, data at the network header, transport header set
 * @sum: set to the sum
 *
 * Return: false when what is left to the device is the checksum of something else.
 */
static bool kite_gso_pseudo_header(struct sk_buff *skb, __sum16 *sum)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int len = skb->len - skb_transport_offset(skb);
	unsigned int offset = iph->protocol == IPPROTO_TCP ?
			      offsetof(struct tcphdr, check) :
			      offsetof(struct udphdr, check);

	if (likely(skb->ip_summed == CHECKSUM_PARTIAL)) {
		if (skb_checksum_start(skb) != skb_transport_header(skb) ||
		    skb->csum_offset != offset)
			return false;
		*sum = *(__sum16 *)(skb_transport_header(skb) + offset);
		*sum = csum16_sub(*sum, htons(len));
		return true;
	}
	*sum = ~csum_tcpudp_magic(iph->saddr, iph->daddr, 0, iph->protocol, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offset;
	return true;
}

/*
 * Make one segment's headers its own: they are copies of the whole's.
 * @seg: data at the link-layer header
 * @nhoff: of the network header in it
 * @number: of the segment
 * @mss: octets of data of every segment but the last
 * @pseudo: the sum of its pseudo header without the length
 */
static void kite_gso_header(struct sk_buff *seg, unsigned int nhoff,
			    unsigned int number, unsigned int mss, __sum16 pseudo)
{
	struct iphdr *iph = (struct iphdr *)(skb_mac_header(seg) + nhoff);
	unsigned int len = seg->len - nhoff - iph->ihl * 4;
	__sum16 *check;

	iph->tot_len = htons(seg->len - nhoff);
	iph->id = htons(ntohs(iph->id) + number);
	ip_send_check(iph);

	if (iph->protocol == IPPROTO_TCP) {
		kite_gso_tcp_header(seg, number, mss);
		check = &tcp_hdr(seg)->check;
	} else {
		udp_hdr(seg)->len = htons(len);
		check = &udp_hdr(seg)->check;
	}
	*check = csum16_add(pseudo, htons(len));
	if (seg->ip_summed == CHECKSUM_PARTIAL) {
		gso_reset_checksum(seg, ~csum_unfold(*check));
		return;
	}
	*check = gso_make_checksum(seg, ~csum_unfold(*check));
	/* RFC 768: 0 says that there is none. */
	if (!*check && iph->protocol == IPPROTO_UDP)
		*check = CSUM_MANGLED_0;
}

/*
 * Whether a socket here sent it, which wants its pieces back one by one: a datagram
 * socket, or one of a transport with a way of its own. Another host may send what looks
 * the same.
 */
static bool kite_gso_is_owned(const struct sk_buff *skb)
{
	const struct kite_protocol *prot;

	if (skb->destructor == sock_wfree)
		return true;
	prot = rcu_dereference(kite_protos[ip_hdr(skb)->protocol]);
	return prot && prot->wfree && skb->destructor == prot->wfree;
}

/*
 * What is cut is its socket's until the last segment has left: each holds what it takes of
 * the socket's memory, and can tell it when it leaves.
 */
static void kite_gso_own(struct sk_buff *skb, struct sk_buff *segs)
{
	struct sock *sk = skb->sk;
	struct sk_buff *seg;
	int more = -(int)skb->truesize;

	for (seg = segs; seg; seg = seg->next) {
		seg->sk = sk;
		seg->destructor = skb->destructor;
		more += seg->truesize;
	}
	skb->sk = NULL;
	skb->destructor = NULL;
	if (more >= 0)
		refcount_add(more, &sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-more, &sk->sk_wmem_alloc));
}

/*
 * SO_TIMESTAMPING: datagrams that were sent as one leave when the first of them does, the
 * octet of a stream that is told of in the last segment, which nearly always has it.
 */
static void kite_gso_timestamp(const struct sk_buff *skb, struct sk_buff *seg)
{
	skb_shinfo(seg)->tx_flags |= skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP;
	skb_shinfo(seg)->tskey = skb_shinfo(skb)->tskey;
}

/*
 * packet_offload.gso_segment: cut a TCP packet into segments, or one of UDP into
 * datagrams; not one whose pieces are packets already (SKB_GSO_FRAGLIST), nor fragments
 * of one datagram (SKB_GSO_UDP).
 * @skb: data at the network header; not consumed
 * @features: of the device that will get them
 *
 * Context: any that may run packet code.
 * Return: a list of segments, each with its data at the link-layer header, or an
 * ERR_PTR.
 */
static struct sk_buff *kite_gso_segment(struct sk_buff *skb,
					netdev_features_t features)
{
	unsigned int nhoff, headers, number = 0;
	unsigned int mss = skb_shinfo(skb)->gso_size;
	unsigned int type = skb_shinfo(skb)->gso_type;
	void (*wfree)(struct sk_buff *skb);
	struct sk_buff *segs, *seg, *last;
	const struct iphdr *iph;
	__sum16 pseudo;

	skb_reset_network_header(skb);
	if (!mss || !pskb_may_pull(skb, sizeof(*iph)))
		return ERR_PTR(-EINVAL);
	iph = ip_hdr(skb);
	if (iph->ihl < sizeof(*iph) / 4 ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET) ||
	    type & (SKB_GSO_FRAGLIST | SKB_GSO_UDP))
		return ERR_PTR(-EINVAL);
	headers = kite_gso_headers(skb);
	if (!headers || !pskb_may_pull(skb, headers))
		return ERR_PTR(-EINVAL);

	nhoff = skb_network_header(skb) - skb_mac_header(skb);
	skb_set_transport_header(skb, ip_hdrlen(skb));
	if (!kite_gso_pseudo_header(skb, &pseudo))
		return ERR_PTR(-EINVAL);
	__skb_pull(skb, headers);
	/* skb_segment() would make all of the memory the last segment's. */
	wfree = skb->destructor;
	skb->destructor = NULL;
	/* Each piece is one segment: none is left for the device to cut again. */
	segs = skb_segment(skb, features & ~NETIF_F_GSO_MASK);
	skb->destructor = wfree;
	if (IS_ERR_OR_NULL(segs))
		return segs;
	for (seg = segs; seg; seg = seg->next) {
		kite_gso_header(seg, nhoff, number++, mss, pseudo);
		last = seg;
	}
	kite_gso_timestamp(skb, ip_hdr(skb)->protocol == IPPROTO_UDP ? segs : last);
	if (kite_gso_is_owned(skb))
		kite_gso_own(skb, segs);
	return segs;
}

/**
 * kite_gso_each() - hand on, one by one, what a packet stands for
 * @net: the namespace
 * @sk: the sender, or NULL
 * @skb: the packet, data at the network header; consumed
 * @okfn: gets each, complete, data at the network header; consumes it
 *
 * Context: RCU read lock.
 * Return: what @okfn returned last but for 0, or -ENOMEM and the like.
 */
int kite_gso_each(struct net *net, struct sock *sk, struct sk_buff *skb,
		  int (*okfn)(struct net *net, struct sock *sk,
			      struct sk_buff *skb))
{
	struct sk_buff *segs, *seg, *next;
	int err = 0, last;

	/* The core's part of the control block lies behind ours. */
	static_assert(sizeof(struct kite_skb_cb) <= SKB_GSO_CB_OFFSET);

	segs = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segs)) {
		kite_drop(net, skb, KITE_CNT_Ip_OutDiscards);
		return segs ? PTR_ERR(segs) : -EINVAL;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		last = okfn(net, sk, seg);
		if (last)
			err = last;
	}
	return err;
}

static struct packet_offload kite_packet_offload = {
	.callbacks = {
		.gso_segment	= kite_gso_segment,
		.gro_receive	= kite_gro_receive,
		.gro_complete	= kite_gro_complete,
	},
};

/**
 * kite_offload_init() - let the core ask us to cut our packets, and to merge them
 *
 * Context: process, module load; kite_ethertype is known.
 */
void __init kite_offload_init(void)
{
	kite_packet_offload.type = kite_ethertype;
	dev_add_offload(&kite_packet_offload);
}

/**
 * kite_offload_exit() - undo kite_offload_init()
 *
 * Context: process; waits for a grace period.
 */
void kite_offload_exit(void)
{
	kite_gro_stop();
	dev_remove_offload(&kite_packet_offload);
}
