// SPDX-License-Identifier: GPL-2.0
#include "early_demux.h"

#include <net/ip.h>

#include "protocol.h"

/**
 * kite_early_demux() - find the socket of a packet before its route
 * @net: the namespace
 * @skb: the packet, header checked, data at it; gets the socket, without a
 *	reference
 *
 * The socket of a connection remembers how its packets come in, so that they need
 * not ask the cache; and firewalls see whose packet it is. What belongs to nobody
 * is only made slower, as on a router: net.ipv4.ip_early_demux.
 *
 * Context: RCU read lock, until whose end @skb may have the socket: nobody may keep
 * it longer who does not orphan it, or knows what sock_pfree() means.
 * Return: where the socket remembers the way, or NULL when there is none.
 */
struct kite_flow_entry *kite_early_demux(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct kite_protocol *prot;
	struct sock *sk;

	if (!READ_ONCE(net->ipv4.sysctl_ip_early_demux) ||
	    skb->pkt_type != PACKET_HOST || ip_is_fragment(iph))
		return NULL;
	prot = rcu_dereference(kite_protos[iph->protocol]);
	if (!prot || !prot->early_demux)
		return NULL;
	sk = prot->early_demux(net, skb);
	if (!sk)
		return NULL;
	skb->sk = sk;
	skb->destructor = sock_pfree;
	return &kite_sk(sk)->rx_flow;
}
