// SPDX-License-Identifier: GPL-2.0
/*
 * kite_nft.ko: stock nft programs KITE's hook points.
 *
 * A chain type of nf_tables, "route" of the bridge family, which has only
 * "filter" of its own: chains of that type are put into KITE's lists of hook
 * functions and see KITE's packets and no others. docs/firewall.md says how to
 * use it and why it is a module of its own.
 *
 * A KITE packet is an IPv4 packet in all but its EtherType. While rules look at
 * it, it wears that too, and "ip saddr", "icmp type" and all the others match.
 */
#include "hook.h"

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/user_namespace.h>
#include <net/netfilter/nf_tables.h>
#include <net/netfilter/nf_tables_ipv4.h>

#include "../route/reroute.h"

/**
 * struct kite_nft_truth - what a packet says of itself while no rule looks at it
 * @protocol: EtherType, in skb->protocol and in the Ethernet header
 * @pkt_type: skb->pkt_type
 * @dest: first byte of the Ethernet header's destination
 */
struct kite_nft_truth {
	__be16	protocol;
	u8	pkt_type;
	u8	dest;
};

/*
 * Expressions of the bridge family read and write eth_hdr() without asking
 * whether there is one. What came in an Ethernet frame has it; anything else
 * gets one, where its link will put its own, that says as much as is known: the
 * EtherType, no addresses.
 */
static int kite_nft_link_header(struct sk_buff *skb)
{
	struct ethhdr *eth;

	/* Taps may be looking at the same bytes. */
	if (skb_cow_head(skb, ETH_HLEN))
		return -ENOMEM;
	if (skb_mac_header_was_set(skb) && skb_mac_header_len(skb) == ETH_HLEN &&
	    eth_hdr(skb)->h_proto == skb->protocol)
		return 0;

	skb_set_mac_header(skb, -ETH_HLEN);
	eth = eth_hdr(skb);
	eth_zero_addr(eth->h_dest);
	eth_zero_addr(eth->h_source);
	eth->h_proto = skb->protocol;
	return 0;
}

/*
 * Two lies besides the EtherType. A packet that looped back within the host has
 * a type that no expression of the bridge family expects: it gets the one that a
 * link would have given it. And where the input device has an rx_handler, the
 * frame seems to have gone to a group: to such, nft_reject sends nothing. It
 * would send by the bridge port that it believes every input device to be, and
 * take for one what a macvlan, say, keeps in that place.
 */
static int kite_nft_disguise(struct sk_buff *skb, const struct net_device *in,
			     struct kite_nft_truth *truth)
{
	struct ethhdr *eth;

	if (unlikely(kite_nft_link_header(skb)))
		return -ENOMEM;
	eth = eth_hdr(skb);

	truth->protocol = skb->protocol;
	truth->pkt_type = skb->pkt_type;
	truth->dest = eth->h_dest[0];

	skb->protocol = htons(ETH_P_IP);
	eth->h_proto = skb->protocol;
	if (unlikely(in && rcu_access_pointer(in->rx_handler)))
		eth->h_dest[0] |= 1;
	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		skb->pkt_type = ipv4_is_multicast(ip_hdr(skb)->daddr) ?
			PACKET_MULTICAST : PACKET_BROADCAST;
	return 0;
}

static void kite_nft_reveal(struct sk_buff *skb,
			    const struct kite_nft_truth *truth)
{
	struct ethhdr *eth = eth_hdr(skb);

	skb->protocol = truth->protocol;
	eth->h_proto = truth->protocol;
	eth->h_dest[0] = truth->dest;
	/* Rules may set any other. */
	if (unlikely(truth->pkt_type == PACKET_LOOPBACK))
		skb->pkt_type = PACKET_LOOPBACK;
}

static unsigned int kite_nft_hook(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct kite_nft_truth truth;
	struct nft_pktinfo pkt;
	unsigned int verdict;

	if (unlikely(kite_nft_disguise(skb, state->in, &truth)))
		return NF_DROP_ERR(-ENOMEM);
	nft_set_pktinfo(&pkt, skb, state);
	nft_set_pktinfo_ipv4(&pkt);
	verdict = nft_do_chain(&pkt, priv);
	/* Gone, if only because it was dropped. */
	if ((verdict & NF_VERDICT_MASK) != NF_STOLEN)
		kite_nft_reveal(skb, &truth);
	return verdict;
}

/*
 * What "type route" means everywhere: a packet of our own in which the rules
 * changed what routes go by takes the way that it would have taken if it had
 * been like that from the start.
 */
static unsigned int kite_nft_hook_local_out(void *priv, struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	__be32 saddr = iph->saddr, daddr = iph->daddr;
	u32 mark = skb->mark;
	unsigned int verdict;
	u8 tos = iph->tos;
	int err;

	verdict = kite_nft_hook(priv, skb, state);
	if (verdict != NF_ACCEPT)
		return verdict;

	iph = ip_hdr(skb);
	if (skb->mark == mark && iph->tos == tos && iph->saddr == saddr &&
	    iph->daddr == daddr)
		return NF_ACCEPT;
	err = kite_route_me_harder(state->net, state->sk, skb);
	return err ? NF_DROP_ERR(err) : NF_ACCEPT;
}

/*
 * nft's expressions of the bridge family trust each other, and their rules, to
 * be about bridge ports: who writes into Ethernet headers gets past the second
 * lie above. Root may; whom root does not trust with the kernel's memory may not.
 */
static int kite_nft_register(struct net *net, const struct nf_hook_ops *ops)
{
	if (net->user_ns != &init_user_ns)
		return -EPERM;
	return kite_register_net_hooks(net, ops, 1);
}

/*
 * nf_tables itself waits before it frees a chain. Waiting here would leave the
 * time to packets: chains that replace these get their policies only after.
 */
static void kite_nft_unregister(struct net *net, const struct nf_hook_ops *ops)
{
	kite_unregister_net_hooks_rcu(net, ops, 1);
}

/* Each chain holds this module, and through it kite.ko. */
static const struct nft_chain_type kite_nft_chain_type = {
	.name		= "route",
	.type		= NFT_CHAIN_T_ROUTE,
	.family		= NFPROTO_BRIDGE,
	.owner		= THIS_MODULE,
	.hook_mask	= BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) |
			  BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |
			  BIT(NF_INET_POST_ROUTING),
	.hooks		= {
		[NF_INET_PRE_ROUTING]	= kite_nft_hook,
		[NF_INET_LOCAL_IN]	= kite_nft_hook,
		[NF_INET_FORWARD]	= kite_nft_hook,
		[NF_INET_LOCAL_OUT]	= kite_nft_hook_local_out,
		[NF_INET_POST_ROUTING]	= kite_nft_hook,
	},
	.ops_register	= kite_nft_register,
	.ops_unregister	= kite_nft_unregister,
};

static int __init kite_nft_init(void)
{
	nft_register_chain_type(&kite_nft_chain_type);
	return 0;
}

static void __exit kite_nft_exit(void)
{
	nft_unregister_chain_type(&kite_nft_chain_type);
}

module_init(kite_nft_init);
module_exit(kite_nft_exit);

MODULE_DESCRIPTION("nft chain type of KITE's hook points");
MODULE_AUTHOR("The KITE developers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_NFT_CHAIN(7, "route"); /* NFPROTO_BRIDGE */
