// SPDX-License-Identifier: GPL-2.0
#include "neigh.h"

#include <linux/etherdevice.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "flow_hash.h"
#include "loopback.h"

/**
 * kite_neigh_confirm() - the next hop of a route has been heard of (dst_ops)
 * @dst: the route
 * @daddr: where packets go that take it, network order; NULL when that is its
 *	gateway in any case
 *
 * Context: any.
 */
void kite_neigh_confirm(const struct dst_entry *dst, const void *daddr)
{
	const struct kite_route *rt = (const struct kite_route *)dst;
	struct net_device *dev;

	rcu_read_lock();
	dev = dst_dev_rcu(dst);
	if (rt->gw_family == AF_INET6)
		__ipv6_confirm_neigh_stub(dev, &rt->gateway6);
	else if (rt->gw_family == AF_INET)
		__ipv4_confirm_neigh(dev, (__force u32)rt->gateway);
	else if (daddr && rt->type == RTN_UNICAST)
		__ipv4_confirm_neigh(dev, *(const u32 *)daddr);
	rcu_read_unlock();
}

/*
 * Put the link header on that was sent last time. The neighbour has it ready, but it
 * says IPv4: the addresses are taken from it, and the type is ours. That much is known of
 * Ethernet's headers only.
 * Return: whether; not of a neighbour who has to be asked first.
 */
static bool kite_neigh_header(const struct neighbour *n, struct sk_buff *skb)
{
	const struct header_ops *ops = READ_ONCE(skb->dev->header_ops);
	const struct hh_cache *hh = &n->hh;
	struct ethhdr *eth;
	unsigned int seq;

	if (!(READ_ONCE(n->nud_state) & NUD_CONNECTED) ||
	    smp_load_acquire(&hh->hh_len) != ETH_HLEN || /* pairs with eth_header_cache() */
	    !ops || ops->cache != eth_header_cache || skb_headroom(skb) < ETH_HLEN)
		return false;

	eth = __skb_push(skb, ETH_HLEN);
	do {
		seq = read_seqbegin(&hh->hh_lock);
		memcpy(eth, (const u8 *)hh->hh_data + HH_DATA_OFF(ETH_HLEN),
		       offsetof(struct ethhdr, h_proto));
	} while (read_seqretry(&hh->hh_lock, seq));
	eth->h_proto = skb->protocol;
	return true;
}

static int kite_neigh_xmit_ipv4(struct sk_buff *skb, const __be32 *next_hop)
{
	struct neighbour *n;

	n = __ipv4_neigh_lookup_noref(skb->dev, (__force u32)*next_hop);
	if (likely(n)) {
		sock_confirm_neigh(skb, n);
		if (kite_neigh_header(n, skb))
			return dev_queue_xmit(skb);
	}
	return neigh_xmit(NEIGH_ARP_TABLE, skb->dev, next_hop, skb);
}

/*
 * Who is spoken to on the link when there is no gateway: who the header says, or with
 * IP_HDRINCL who sendto() said. What was written to a packet on its way counts, too; so
 * it is the header's word that is taken wherever it can be.
 */
static const __be32 *kite_neigh_on_link(const struct sk_buff *skb, const struct kite_route *rt)
{
	if (unlikely(kite_skb_cb(skb)->flags & KITE_SKB_HDRINCL))
		return &rt->daddr;
	return &ip_hdr(skb)->daddr;
}

/**
 * kite_neigh_xmit() - send a packet to the next hop of its route
 * @net: the namespace
 * @skb: the packet, route attached, skb->dev the output device; consumed
 *
 * A packet whose next hop is not known yet waits in ARP's queue, with its
 * route; kite_dst_ops.link_failure hears of it if nobody answers. One of a connection
 * whose peer has acknowledged something since the last one (sk_dst_confirm()) says that
 * the next hop need not be asked whether it is still there.
 *
 * Context: RCU read lock.
 * Return: NET_XMIT_* or a negative errno.
 */
int kite_neigh_xmit(struct net *net, struct sk_buff *skb)
{
	const struct kite_route *rt = kite_skb_route(skb);
	struct net_device *dev = skb->dev;

	/* Nobody is at the other end but this host, maybe within an L3 domain. */
	if (dev->flags & IFF_LOOPBACK ||
	    unlikely(rt->type == RTN_LOCAL && netif_is_l3_master(dev)))
		return kite_loopback_xmit(skb);

	kite_flow_hash_set(skb);
	switch (rt->gw_family) {
	case AF_INET6:
		return neigh_xmit(NEIGH_ND_TABLE, dev, &rt->gateway6, skb);
	case AF_INET:
		return kite_neigh_xmit_ipv4(skb, &rt->gateway);
	default:
		return kite_neigh_xmit_ipv4(skb, kite_neigh_on_link(skb, rt));
	}
}
