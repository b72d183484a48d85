// SPDX-License-Identifier: GPL-2.0
#include "redirect.h"

#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <net/inetpeer.h>
#include <net/ip.h>
#include <net/l3mdev.h>

#include "rpfilter.h"

/*
 * Limits for one host, those that net.ipv4.route.redirect_* begin with: their
 * values now cannot be read from a module. The least time between two redirects
 * doubles with each; one that hears none of so many is left in peace, until it
 * has been silent for long.
 */
#define KITE_REDIRECT_LOAD	(HZ / 50)
#define KITE_REDIRECT_NUMBER	9
#define KITE_REDIRECT_SILENCE	(KITE_REDIRECT_LOAD << (KITE_REDIRECT_NUMBER + 1))

/* Whether two hosts are on one of the device's nets; @b may be 0. */
static bool kite_on_one_net(struct in_device *in_dev, __be32 a, __be32 b)
{
	const struct in_ifaddr *ifa;

	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (inet_ifa_match(a, ifa) && (!b || inet_ifa_match(b, ifa)))
			return true;
	return false;
}

/* The limits; they are kept where IPv4 keeps its own, and hold for both. */
static bool kite_redirect_allowed(struct net *net, __be32 daddr, int vif)
{
	struct inet_peer *peer = inet_getpeer_v4(net->ipv4.peers, daddr, vif);

	if (!peer)
		return true;
	if (time_after(jiffies, peer->rate_last + KITE_REDIRECT_SILENCE)) {
		peer->rate_tokens = 0;
		peer->n_redirects = 0;
	}
	if (peer->n_redirects >= KITE_REDIRECT_NUMBER) {
		peer->rate_last = jiffies;
		return false;
	}
	if (peer->n_redirects &&
	    !time_after(jiffies, peer->rate_last +
			(KITE_REDIRECT_LOAD << peer->n_redirects)))
		return false;
	peer->rate_last = jiffies;
	peer->n_redirects++;
	return true;
}

/**
 * kite_redirect_is_due() - whether a packet's sender is to be told of a better
 * first hop
 * @skb: a packet that leaves by the device by which it came
 * @rt: its route
 * @gateway: set to that first hop, network order
 *
 * It is when the sender is on the link, could reach the first hop by itself (it is
 * on the same net, or shared_media says that nets do not matter), and
 * send_redirects lets us speak; and not too often.
 *
 * Context: RCU read lock.
 * Return: whether it is; then it counts as told.
 */
bool kite_redirect_is_due(const struct sk_buff *skb, const struct kite_route *rt,
			  __be32 *gateway)
{
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);
	const struct iphdr *iph = ip_hdr(skb);

	if (!in_dev || !IN_DEV_TX_REDIRECTS(in_dev) ||
	    rt->gw_family == AF_INET6)
		return false;
	*gateway = rt->gw_family == AF_INET ? rt->gateway : iph->daddr;
	if (!IN_DEV_SHARED_MEDIA(in_dev) &&
	    !kite_on_one_net(in_dev, iph->saddr,
			     rt->gw_family == AF_INET ? rt->gateway : 0))
		return false;
	return kite_source_is_on_link(skb, iph->saddr, iph->daddr, iph->tos,
				      skb->dev, in_dev) &&
	       kite_redirect_allowed(rt->net, iph->saddr,
				     l3mdev_master_ifindex_rcu(skb->dev));
}
