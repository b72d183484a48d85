// SPDX-License-Identifier: GPL-2.0
#include "icmp.h"

#include <linux/export.h>
#include <linux/inetdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

#include "../observe/counters.h"
#include "ip_input.h"
#include "protocol.h"

/**
 * kite_icmp_to_errno() - what an ICMP error means to a socket
 * @type: of the error
 * @code: of the error
 *
 * The meanings of icmp(7) and RFC 1122 4.2.3.9, as AF_INET has them.
 *
 * Return: errno, and whether it is fatal.
 */
struct kite_icmp_err kite_icmp_to_errno(u8 type, u8 code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		if (code > NR_ICMP_UNREACH)
			break;
		return (struct kite_icmp_err) {
			icmp_err_convert[code].errno,
			icmp_err_convert[code].fatal
		};
	case ICMP_PARAMETERPROB:
		return (struct kite_icmp_err) { EPROTO, true };
	}
	return (struct kite_icmp_err) { EHOSTUNREACH, false };
}
EXPORT_SYMBOL_GPL(kite_icmp_to_errno);

/*
 * net.ipv4.ip_no_pmtu_disc: 0 believes an MTU; 1 tells the transport of the
 * error but not the MTU; 2 does not listen at all; 3 believes it for those who
 * can tell a forged one by the quoted packet.
 * Return: whether the transport is to hear of it, with *mtu.
 */
static bool kite_icmp_pmtu(const struct net *net, const struct icmphdr *icmph,
			   const struct kite_protocol *prot, u32 *mtu)
{
	switch (READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc)) {
	case 2:
		return false;
	case 3:
		if (!prot || !prot->icmp_strict_tag_validation)
			return false;
		fallthrough;
	case 0:
		*mtu = ntohs(icmph->un.frag.mtu);
		return true;
	default:
		return true;
	}
}

/* Whether a message is one that transports hear of, and *info for them. */
static bool kite_icmp_is_for_transport(const struct net *net,
				       const struct icmphdr *icmph,
				       const struct kite_protocol *prot,
				       u32 *info)
{
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		if (icmph->code > NR_ICMP_UNREACH)
			return false;
		return icmph->code != ICMP_FRAG_NEEDED ||
		       kite_icmp_pmtu(net, icmph, prot, info);
	case ICMP_TIME_EXCEEDED:
		/* That a fragment was lost on the way is no news to a sender. */
		return icmph->code != ICMP_EXC_FRAGTIME;
	case ICMP_PARAMETERPROB:
		*info = ntohl(icmph->un.gateway) >> 24;
		return true;
	default:
		return false;
	}
}

/**
 * kite_icmp_error() - somebody says that a packet of ours is in trouble
 * @net: the namespace
 * @skb: the message, checksum verified, data at the ICMP header, which is
 *	linear; consumed
 *
 * Finds the transport of the quoted packet and tells it. Which socket sent it,
 * or whether any did, is the transport's to find out.
 *
 * Context: RCU read lock, BH disabled.
 */
void kite_icmp_error(struct net *net, struct sk_buff *skb)
{
	const struct kite_protocol *prot;
	const struct iphdr *quoted;
	u32 info = 0;

	/* RFC 792 promises the header and 8 bytes behind it. */
	if (!pskb_pull(skb, sizeof(struct icmphdr)) ||
	    !pskb_may_pull(skb, sizeof(*quoted)))
		goto bad;
	quoted = (const struct iphdr *)skb->data;
	if (quoted->version != 4 || quoted->ihl < 5 ||
	    !pskb_may_pull(skb, quoted->ihl * 4 + 8))
		goto bad;
	quoted = (const struct iphdr *)skb->data;

	/* RFC 1122 3.2.2: nobody may send an error about a broadcast. */
	if (!READ_ONCE(net->ipv4.sysctl_icmp_ignore_bogus_error_responses) &&
	    inet_addr_type_dev_table(net, skb->dev, quoted->daddr) ==
	    RTN_BROADCAST) {
		net_warn_ratelimited("kite: %pI4 sent an ICMP error about a broadcast to %pI4 on %s\n",
				     &ip_hdr(skb)->saddr, &quoted->daddr,
				     skb->dev->name);
		goto out;
	}

	/* Packets of this protocol never come in: nobody can have sent one. */
	if (quoted->protocol == IPPROTO_RAW)
		goto bad;
	prot = rcu_dereference(kite_protos[quoted->protocol]);
	if (!kite_icmp_is_for_transport(net, icmp_hdr(skb), prot, &info))
		goto out;
	kite_raw_icmp_error(skb, quoted->protocol, info);
	if (prot && prot->err_handler)
		prot->err_handler(skb, info);
out:
	consume_skb(skb);
	return;

bad:
	kite_drop(net, skb, KITE_CNT_Icmp_InErrors);
}
