// SPDX-License-Identifier: GPL-2.0
#include "loopback.h"

#include <linux/errqueue.h>
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/neighbour.h>

#include "flow_hash.h"

/*
 * Whether nothing is between a device and its driver: no tap that wants a copy, no queueing
 * discipline, no egress hook of tc, BPF or netfilter.
 */
static bool kite_egress_is_bare(struct net_device *dev)
{
	return !kite_has_qdisc(dev) && !kite_has_egress_hooks(dev) && !dev_nit_active(dev);
}

/*
 * Whether loopback's driver is all that there is to do for a packet. It cuts none and
 * stamps none here; and a device that is down says so itself.
 */
static bool kite_loops_at_once(const struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	return dev == dev_net(dev)->loopback_dev && dev->flags & IFF_UP &&
	       !skb_is_gso(skb) && !skb_shinfo(skb)->tx_flags &&
	       kite_egress_is_bare(dev);
}

/* As the driver would do it: the link header, and the backlog. */
static bool kite_loop(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct ethhdr *eth;

	skb_set_mac_header(skb, -ETH_HLEN);
	eth = eth_hdr(skb);
	ether_addr_copy(eth->h_dest, dev->dev_addr);
	ether_addr_copy(eth->h_source, dev->dev_addr);
	eth->h_proto = skb->protocol;

	skb->pkt_type = PACKET_HOST;
	skb_set_queue_mapping(skb, 0);
	skb_clear_tstamp(skb);
	skb_orphan(skb);
	skb_dst_force(skb);
	return __netif_rx(skb) == NET_RX_SUCCESS;
}

/**
 * kite_loopback_xmit() - send a packet to this host (twin of loopback_xmit(), and of
 * vrf_local_xmit())
 * @skb: the packet, route attached, skb->dev a loopback device or the master of an L3
 *	domain, room for its link header; consumed
 *
 * Most packets over loopback would cross dev_queue_xmit() to find that nothing is there: no
 * queue, no hook, no tap, no feature that the device lacks. They are put into the backlog
 * at once, as the driver would have done it, link header and statistics included. From
 * there on all are treated alike, and since none waits before it, none overtakes another.
 *
 * A domain's master (VRF) is the loopback of its domain, but its driver knows IPv4 and IPv6,
 * and drops what it does not know: packets go that way always, also one that stands for
 * several, which has to be whole when it arrives.
 *
 * Context: any that may run packet code, under the RCU read lock. Outside of softirqs it
 * runs the receiver before it returns, as dev_queue_xmit() does.
 * Return: NET_XMIT_* or a negative errno.
 */
int kite_loopback_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	bool is_master = netif_is_l3_master(dev);
	unsigned int len = skb->len;

	if (!is_master && !kite_loops_at_once(skb))
		return neigh_xmit(NEIGH_LINK_TABLE, dev, dev->dev_addr, skb);

	/* All that dev_queue_xmit() would do for a packet that no queue of the master's holds. */
	if (is_master && unlikely(skb_shinfo(skb)->tx_flags & SKBTX_SCHED_TSTAMP))
		__skb_tstamp_tx(skb, NULL, NULL, skb->sk, SCM_TSTAMP_SCHED);

	local_bh_disable();
	/* Nobody but its driver can reach the master's statistics. */
	if (likely(kite_loop(skb)) && !is_master)
		dev_lstats_add(dev, len);
	local_bh_enable();
	return 0;
}
