// SPDX-License-Identifier: GPL-2.0
/*
 * Segments of one stream that a device has received together come up as one packet, which
 * passes hooks, routes and sockets once, and can be cut into the same segments again
 * (offload.c). Only what gives exactly those is merged.
 *
 * The core holds packets back and asks for each new one whether it belongs to one of them.
 * The first stays what it is; the others are chained behind it, without their headers.
 */
#include "gro.h"

#include <linux/netdevice.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "offload.h"

/* What the total length field of RFC 791 can say. */
#define KITE_GRO_MAX		0xffff

/* Control bits that end a packet; what has one of the others is never merged. */
#define KITE_GRO_ENDS		(TCP_FLAG_PSH | TCP_FLAG_FIN)
#define KITE_GRO_NEVER		(TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_URG | \
				 TCP_FLAG_CWR)

/* The module goes: nothing is merged any more. */
static bool kite_gro_stopped;

static const struct tcphdr *kite_gro_tcp(const struct iphdr *iph)
{
	return (const struct tcphdr *)(iph + 1);
}

/*
 * The headers of a new packet, network header at @off and TCP header behind it, or NULL.
 * (skb_network_header() is at a VLAN tag that the device left in the frame.)
 */
static const struct iphdr *kite_gro_headers(struct sk_buff *skb, unsigned int off)
{
	unsigned int end = off + sizeof(struct iphdr) + sizeof(struct tcphdr);
	const struct iphdr *iph = skb_gro_header(skb, end, off);
	unsigned int doff;

	if (!iph || iph->version != 4 || iph->ihl != sizeof(*iph) / 4 ||
	    iph->protocol != IPPROTO_TCP)
		return NULL;
	doff = kite_gro_tcp(iph)->doff * 4;
	if (doff < sizeof(struct tcphdr))
		return NULL;
	return skb_gro_header(skb, off + sizeof(*iph) + doff, off);
}

/* When the network header has been pulled. */
static __wsum kite_gro_pseudo(struct sk_buff *skb, int proto)
{
	unsigned int off = skb_gro_offset(skb) - sizeof(struct iphdr);
	const struct iphdr *iph = skb_gro_header(skb, off + sizeof(*iph), off);

	return csum_tcpudp_nofold(iph->saddr, iph->daddr, skb_gro_len(skb),
				  proto, 0);
}

/*
 * Move on to the data of a new packet. False when it is not whole, or its checksums are wrong:
 * then it goes up as it is, to be dropped and counted there.
 */
static bool kite_gro_pull(struct sk_buff *skb, const struct iphdr *iph)
{
	unsigned int doff = kite_gro_tcp(iph)->doff * 4;

	if (ntohs(iph->tot_len) != skb_gro_len(skb) ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET) ||
	    ip_fast_csum(iph, iph->ihl))
		return false;
	/* A right header does not change the sum over the packet. */
	skb_gro_pull(skb, sizeof(*iph));
	skb_set_transport_header(skb, skb_gro_offset(skb));
	if (skb_gro_checksum_validate(skb, IPPROTO_TCP, kite_gro_pseudo))
		return false;
	skb_gro_pull(skb, doff);
	return true;
}

/* They are where those of a new packet with the same headers below are. */
static const struct iphdr *kite_gro_held_headers(const struct sk_buff *held,
						 unsigned int off)
{
	return (const struct iphdr *)(held->data + off);
}

/*
 * The packet that is held of the same connection, or NULL. On a device without link headers
 * IPv4's are held in the same list, and nobody but us looks at the type.
 */
static struct sk_buff *kite_gro_find(struct list_head *head, const struct sk_buff *skb,
				     const struct iphdr *iph, unsigned int off)
{
	const struct tcphdr *th = kite_gro_tcp(iph);
	struct sk_buff *held;

	list_for_each_entry(held, head, list) {
		const struct iphdr *other = kite_gro_held_headers(held, off);

		if (!NAPI_GRO_CB(held)->same_flow)
			continue;
		if (held->protocol == skb->protocol &&
		    iph->saddr == other->saddr && iph->daddr == other->daddr &&
		    th->source == kite_gro_tcp(other)->source &&
		    th->dest == kite_gro_tcp(other)->dest)
			return held;
		NAPI_GRO_CB(held)->same_flow = 0;
	}
	return NULL;
}

/* Whether a segment is what would be cut off the end of the held packet, were it longer. */
static bool kite_gro_continues(const struct sk_buff *held, const struct iphdr *iph,
			       unsigned int off, unsigned int len)
{
	const struct iphdr *first = kite_gro_held_headers(held, off);
	const struct tcphdr *th1 = kite_gro_tcp(first), *th = kite_gro_tcp(iph);
	unsigned int sent = NAPI_GRO_CB(held)->count;
	unsigned int data = held->len - off - sizeof(*first) - th1->doff * 4;

	return iph->tos == first->tos && iph->ttl == first->ttl &&
	       iph->frag_off == first->frag_off &&
	       ntohs(iph->id) == (u16)(ntohs(first->id) + sent) &&
	       ntohl(th->seq) == ntohl(th1->seq) + data &&
	       th->ack_seq == th1->ack_seq && th->doff == th1->doff &&
	       !((tcp_flag_word(th) ^ tcp_flag_word(th1)) & ~KITE_GRO_ENDS) &&
	       !memcmp(th + 1, th1 + 1, th->doff * 4 - sizeof(*th)) &&
	       len && len <= skb_shinfo(held)->gso_size;
}

/*
 * Chain the data of a segment behind a held packet (what skb_gro_receive() does, which is
 * not for modules). False when they have to stay apart.
 */
static bool kite_gro_chain(struct sk_buff *held, struct sk_buff *skb, unsigned int off)
{
	unsigned int len = skb_gro_len(skb), truesize = skb->truesize;

	if (held->len - off + len > KITE_GRO_MAX ||
	    held->len + len >= netif_get_gro_max_size(held->dev, held) ||
	    held->pp_recycle != skb->pp_recycle || skb_zcopy(held) ||
	    skb_zcopy(skb) || held->sk != skb->sk ||
	    held->destructor != skb->destructor ||
	    !pskb_pull(skb, skb_gro_offset(skb)))
		return false;

	/* What it is charged for, if it is, goes with the whole. */
	skb->destructor = NULL;
	skb->sk = NULL;
	if (NAPI_GRO_CB(held)->last == held)
		skb_shinfo(held)->frag_list = skb;
	else
		NAPI_GRO_CB(held)->last->next = skb;
	NAPI_GRO_CB(held)->last = skb;
	__skb_header_release(skb);

	NAPI_GRO_CB(held)->count++;
	held->len += len;
	held->data_len += len;
	held->truesize += truesize;
	skb_shinfo(held)->flags |= skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	NAPI_GRO_CB(skb)->same_flow = 1;
	return true;
}

/**
 * kite_gro_receive() - merge a packet that comes in with others (packet_offload.gro_receive)
 * @head: packets that are held, the newest first; those that came by the same link have
 *	same_flow set
 * @skb: the packet, at its network header; says by same_flow that it is merged, or by flush that
 *	nothing may be merged with it
 *
 * Context: softirq, RCU read lock.
 * Return: a held packet that is to go up now, before @skb does, or NULL.
 */
struct sk_buff *kite_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct iphdr *iph = kite_gro_headers(skb, off);
	struct sk_buff *held;
	unsigned int len;
	__be32 flags;

	/* Inside of a tunnel: its device merges what it has taken out. */
	if (!iph || NAPI_GRO_CB(skb)->encap_mark || READ_ONCE(kite_gro_stopped) ||
	    !kite_gro_pull(skb, iph)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	held = kite_gro_find(head, skb, iph, off);
	len = skb_gro_len(skb);
	flags = tcp_flag_word(kite_gro_tcp(iph));

	if (held && !NAPI_GRO_CB(skb)->flush && !(flags & KITE_GRO_NEVER) &&
	    kite_gro_continues(held, iph, off, len) && kite_gro_chain(held, skb, off)) {
		const struct iphdr *first = kite_gro_held_headers(held, off);
		struct tcphdr *th = (struct tcphdr *)kite_gro_tcp(first);

		tcp_flag_word(th) |= flags & KITE_GRO_ENDS;
		return flags & KITE_GRO_ENDS ||
		       len < skb_shinfo(held)->gso_size ? held : NULL;
	}
	if (!len || flags & (KITE_GRO_NEVER | KITE_GRO_ENDS))
		NAPI_GRO_CB(skb)->flush = 1;
	return held;
}

/**
 * kite_gro_complete() - give a packet that others were merged with a header that says so
 * (packet_offload.gro_complete)
 * @skb: the packet
 * @nhoff: of the network header in it
 *
 * Context: softirq, RCU read lock.
 * Return: 0.
 */
int kite_gro_complete(struct sk_buff *skb, int nhoff)
{
	struct iphdr *iph = (struct iphdr *)(skb->data + nhoff);
	struct tcphdr *th = (struct tcphdr *)(iph + 1);

	iph->tot_len = htons(skb->len - nhoff);
	ip_send_check(iph);
	th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr,
				       skb->len - nhoff - sizeof(*iph),
				       IPPROTO_TCP, 0);
	skb->csum_start = (unsigned char *)th - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
	skb_shinfo(skb)->gso_type = KITE_GSO_TYPE;
	return 0;
}

/**
 * kite_gro_stop() - merge nothing any more
 *
 * The core cannot complete a packet whose callbacks are gone. A device's poll ends with what
 * it holds passed up, in the softirq that it began in.
 *
 * Context: process; waits for a grace period.
 */
void kite_gro_stop(void)
{
	WRITE_ONCE(kite_gro_stopped, true);
	synchronize_net();
}
