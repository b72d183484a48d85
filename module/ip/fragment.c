// SPDX-License-Identifier: GPL-2.0
#include "fragment.h"

#include <linux/netdevice.h>
#include <net/ip.h>

#include "../observe/counters.h"
#include "icmp.h"
#include "options.h"

/*
 * Make one fragment: the header, and @len bytes of payload from @offset.
 * Return: the fragment, or NULL without memory.
 */
static struct sk_buff *kite_fragment_cut(struct sk_buff *skb,
					 unsigned int offset, unsigned int len)
{
	unsigned int hlen = ip_hdrlen(skb);
	const struct iphdr *whole = ip_hdr(skb);
	struct sk_buff *frag;
	struct iphdr *iph;
	u16 where;

	frag = alloc_skb(LL_RESERVED_SPACE(skb->dev) + hlen + len, GFP_ATOMIC);
	if (!frag)
		return NULL;
	skb_copy_header(frag, skb);
	frag->ip_summed = CHECKSUM_NONE;
	skb_reserve(frag, LL_RESERVED_SPACE(skb->dev));
	skb_put(frag, hlen + len);
	skb_reset_network_header(frag);
	skb_set_transport_header(frag, hlen);
	if (skb->sk)
		skb_set_owner_w(frag, skb->sk);
	/* SO_TIMESTAMPING: a datagram leaves when its first fragment does. */
	if (!offset) {
		skb_shinfo(frag)->tx_flags = skb_shinfo(skb)->tx_flags;
		skb_shinfo(frag)->tskey = skb_shinfo(skb)->tskey;
	}

	if (skb_copy_bits(skb, 0, frag->data, hlen) ||
	    skb_copy_bits(skb, hlen + offset, frag->data + hlen, len)) {
		kfree_skb(frag);
		return NULL;
	}

	/* What is cut may be a fragment already. */
	where = (ntohs(whole->frag_off) & IP_OFFSET) + offset / 8;
	if (hlen + offset + len < skb->len ||
	    whole->frag_off & htons(IP_MF))
		where |= IP_MF;
	iph = ip_hdr(frag);
	iph->frag_off = htons(where);
	iph->tot_len = htons(hlen + len);
	if (where & IP_OFFSET && iph->ihl > 5)
		kite_options_fragment(iph);
	ip_send_check(iph);
	return frag;
}

/**
 * kite_fragment() - send a datagram in fragments
 * @net: the namespace
 * @sk: the sender, or NULL
 * @skb: the datagram, larger than @mtu, data at the network header, skb->dev the
 *	output device; consumed
 * @mtu: how large a fragment may be, bytes, with its header
 * @okfn: gets the fragments one by one, in order; consumes them
 *
 * With DF set it says so to the source instead.
 *
 * Context: RCU read lock.
 * Return: what @okfn returned last, or -EMSGSIZE, -ENOMEM; -EINVAL when the checksum that
 * is left to the device is one of the header.
 */
int kite_fragment(struct net *net, struct sock *sk, struct sk_buff *skb,
		  u32 mtu, int (*okfn)(struct net *net, struct sock *sk,
				       struct sk_buff *skb))
{
	unsigned int hlen = ip_hdrlen(skb), offset, room, len;
	int err = 0;

	if (ip_hdr(skb)->frag_off & htons(IP_DF)) {
		kite_icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			       htonl(mtu));
		err = -EMSGSIZE;
		goto fail;
	}
	if (mtu < hlen + 8) {
		err = -EMSGSIZE;
		goto fail;
	}
	/*
	 * A checksum over the whole cannot be left to whoever sends a part. Nobody may have the
	 * header overwritten by it: where it begins is a guest's word.
	 */
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		err = skb_checksum_start_offset(skb) < (int)hlen ? -EINVAL :
								   skb_checksum_help(skb);
		if (err)
			goto fail;
	}

	room = (mtu - hlen) & ~7;
	for (offset = 0; hlen + offset < skb->len; offset += len) {
		struct sk_buff *frag;

		len = min(room, skb->len - hlen - offset);
		frag = kite_fragment_cut(skb, offset, len);
		if (!frag) {
			err = -ENOMEM;
			goto fail;
		}
		kite_count(net, KITE_CNT_Ip_FragCreates);
		err = okfn(net, sk, frag);
		/* One lost, all lost. */
		if (err && net_xmit_eval(err))
			goto fail;
	}
	kite_count(net, KITE_CNT_Ip_FragOKs);
	consume_skb(skb);
	return err;

fail:
	kite_drop(net, skb, KITE_CNT_Ip_FragFails);
	return err;
}
