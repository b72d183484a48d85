// SPDX-License-Identifier: GPL-2.0
/*
 * A socket's memberships make the host's IPv4 side of the device a member: that
 * programs the device's filter and tells routers by IGMP. There, a group is joined
 * for all sources, and the socket's own filter is applied to what comes in.
 *
 * Written under RTNL and the socket lock, read under RCU.
 */
#include "mc_member.h"

#include <linux/igmp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>

#include "../route/route.h"

/**
 * struct kite_mc_sources - the addresses of a filter, never changed
 * @rcu: for freeing
 * @n: how many
 * @addr: network order
 */
struct kite_mc_sources {
	struct rcu_head	rcu;
	unsigned int	n;
	__be32		addr[];
};

/**
 * struct kite_mc_member - a socket is a member of a group on a device
 * @next: the socket's next membership
 * @group: network order
 * @address: our address that named the device, network order, 0 = none did
 * @ifindex: the device
 * @mode: MCAST_INCLUDE or MCAST_EXCLUDE
 * @sources: the filter's, NULL = none yet, or none since a whole filter without any
 * @rcu: for freeing
 */
struct kite_mc_member {
	struct kite_mc_member __rcu	*next;
	__be32				group;
	__be32				address;
	int				ifindex;
	u8				mode;
	struct kite_mc_sources __rcu	*sources;
	struct rcu_head			rcu;
};

/* To be taken with RTNL and the socket lock. */
#define mc_dereference(p)	rcu_dereference_protected(p, lockdep_rtnl_is_held())

static size_t sources_size(const struct kite_mc_sources *sources)
{
	return struct_size(sources, addr, sources->n);
}

static void free_sources(struct sock *sk, struct kite_mc_sources *sources)
{
	if (!sources)
		return;
	atomic_sub(sources_size(sources), &sk->sk_omem_alloc);
	kfree_rcu(sources, rcu);
}

/*
 * The device that a request means: by its number, by an address of it, or the one
 * by which packets to the group would leave. Its number is put into the request.
 */
static struct in_device *find_device(struct net *net, struct ip_mreqn *req)
{
	struct flowi4 fl4 = { .daddr = req->imr_multiaddr.s_addr };
	struct net_device *dev = NULL;
	struct kite_route *rt;

	ASSERT_RTNL();
	if (req->imr_ifindex)
		return inetdev_by_index(net, req->imr_ifindex);

	rcu_read_lock();
	if (req->imr_address.s_addr) {
		dev = __ip_dev_find(net, req->imr_address.s_addr, false);
	} else {
		rt = kite_route_output(net, &fl4, NULL);
		if (!IS_ERR(rt)) {
			dev = dst_dev_rcu(&rt->dst);
			kite_route_release(rt);
		}
	}
	req->imr_ifindex = dev ? dev->ifindex : 0;
	rcu_read_unlock();
	return req->imr_ifindex ? inetdev_by_index(net, req->imr_ifindex) : NULL;
}

/* The membership of this group on this device, or NULL. */
static struct kite_mc_member *find_member(const struct sock *sk,
					  const struct ip_mreqn *req)
{
	struct kite_mc_member *m;

	for (m = mc_dereference(kite_sk(sk)->mc_list); m;
	     m = mc_dereference(m->next))
		if (m->group == req->imr_multiaddr.s_addr &&
		    m->ifindex == req->imr_ifindex)
			return m;
	return NULL;
}

static unsigned int count_members(const struct sock *sk)
{
	const struct kite_mc_member *m;
	unsigned int n = 0;

	for (m = mc_dereference(kite_sk(sk)->mc_list); m;
	     m = mc_dereference(m->next))
		n++;
	return n;
}

/**
 * kite_mc_join() - become a member of a group (twin of ip_mc_join_group())
 * @sk: the socket
 * @req: the group, and the device by its number, by an address of it, or left to
 *	the routes; its number is filled in
 * @mode: MCAST_EXCLUDE to hear everybody, MCAST_INCLUDE nobody at first
 *
 * Context: process, RTNL and socket lock held.
 * Return: 0; -EINVAL for what is no group, -ENODEV, -EADDRINUSE for a member,
 * -ENOBUFS above igmp_max_memberships or without memory.
 */
int kite_mc_join(struct sock *sk, struct ip_mreqn *req, u8 mode)
{
	struct kite_sock *ks = kite_sk(sk);
	struct net *net = sock_net(sk);
	struct kite_mc_member *m;
	struct in_device *in_dev;

	if (!ipv4_is_multicast(req->imr_multiaddr.s_addr))
		return -EINVAL;
	in_dev = find_device(net, req);
	if (!in_dev)
		return -ENODEV;
	if (find_member(sk, req))
		return -EADDRINUSE;
	if (count_members(sk) >= READ_ONCE(net->ipv4.sysctl_igmp_max_memberships))
		return -ENOBUFS;

	m = sock_kmalloc(sk, sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOBUFS;
	m->group = req->imr_multiaddr.s_addr;
	m->address = req->imr_address.s_addr;
	m->ifindex = req->imr_ifindex;
	m->mode = mode;
	RCU_INIT_POINTER(m->sources, NULL);
	RCU_INIT_POINTER(m->next, mc_dereference(ks->mc_list));
	rcu_assign_pointer(ks->mc_list, m);
	ip_mc_inc_group(in_dev, m->group);
	return 0;
}

/* Take a membership out of the list at @link and let it go. */
static void remove_member(struct sock *sk, struct kite_mc_member __rcu **link)
{
	struct kite_mc_member *m = mc_dereference(*link);
	struct in_device *in_dev;

	rcu_assign_pointer(*link, mc_dereference(m->next));
	/* A device that has gone took its memberships along. */
	in_dev = inetdev_by_index(sock_net(sk), m->ifindex);
	if (in_dev)
		ip_mc_dec_group(in_dev, m->group);
	free_sources(sk, mc_dereference(m->sources));
	atomic_sub(sizeof(*m), &sk->sk_omem_alloc);
	kfree_rcu(m, rcu);
}

/*
 * Whether a membership is the one that somebody wants to leave. When no device
 * has the address any more that named it, the address will do.
 */
static bool is_meant(const struct kite_mc_member *m, const struct ip_mreqn *req)
{
	if (m->group != req->imr_multiaddr.s_addr)
		return false;
	if (req->imr_ifindex)
		return m->ifindex == req->imr_ifindex;
	return !req->imr_address.s_addr || req->imr_address.s_addr == m->address;
}

/**
 * kite_mc_leave() - be a member no more (twin of ip_mc_leave_group())
 * @sk: the socket
 * @req: the group, and maybe the device, in the way in which it was joined
 *
 * Context: process, RTNL and socket lock held.
 * Return: 0; -EADDRNOTAVAIL for no member; -ENODEV without a device.
 */
int kite_mc_leave(struct sock *sk, struct ip_mreqn *req)
{
	struct kite_mc_member __rcu **link = &kite_sk(sk)->mc_list;
	struct kite_mc_member *m;

	if (!find_device(sock_net(sk), req) && !req->imr_ifindex &&
	    !req->imr_address.s_addr)
		return -ENODEV;

	for (; (m = mc_dereference(*link)); link = &m->next) {
		if (!is_meant(m, req))
			continue;
		remove_member(sk, link);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/* Give a membership a mode and sources, or none, and let its old ones go. */
static void set_sources(struct sock *sk, struct kite_mc_member *m, u8 mode,
			struct kite_mc_sources *sources)
{
	struct kite_mc_sources *old = mc_dereference(m->sources);

	rcu_assign_pointer(m->sources, sources);
	WRITE_ONCE(m->mode, mode);
	free_sources(sk, old);
}

/* Give a membership other sources; the array may have been made of the old one. */
static int replace_sources(struct sock *sk, struct kite_mc_member *m, u8 mode,
			   const __be32 *addr, unsigned int n)
{
	struct kite_mc_sources *sources;

	sources = sock_kmalloc(sk, struct_size(sources, addr, n), GFP_KERNEL);
	if (!sources)
		return -ENOBUFS;
	sources->n = n;
	if (n)
		memcpy(sources->addr, addr, n * sizeof(*addr));
	set_sources(sk, m, mode, sources);
	return 0;
}

static unsigned int index_of(const struct kite_mc_sources *sources, __be32 addr)
{
	unsigned int i;

	for (i = 0; i < sources->n; i++)
		if (sources->addr[i] == addr)
			break;
	return i;
}

static int add_source(struct sock *sk, struct kite_mc_member *m, __be32 source)
{
	struct kite_mc_sources *old = mc_dereference(m->sources);
	unsigned int n = old ? old->n : 0;
	__be32 *addr;
	int err;

	/* The first one always has a place, as with AF_INET. */
	if (old && n >= READ_ONCE(sock_net(sk)->ipv4.sysctl_igmp_max_msf))
		return -ENOBUFS;
	if (old && index_of(old, source) < n)
		return -EADDRNOTAVAIL;

	addr = kmalloc_array(n + 1, sizeof(*addr), GFP_KERNEL);
	if (!addr)
		return -ENOBUFS;
	if (n)
		memcpy(addr, old->addr, n * sizeof(*addr));
	addr[n] = source;
	err = replace_sources(sk, m, m->mode, addr, n + 1);
	kfree(addr);
	return err;
}

static int remove_source(struct sock *sk, struct kite_mc_member *m,
			 struct ip_mreqn *req, __be32 source)
{
	struct kite_mc_sources *old = mc_dereference(m->sources);
	unsigned int i;
	__be32 *addr;
	int err;

	if (!old)
		return -EADDRNOTAVAIL;
	i = index_of(old, source);
	if (i == old->n)
		return -EADDRNOTAVAIL;
	/* RFC 3678 4.1.3: to hear nobody any more is to leave. */
	if (old->n == 1 && m->mode == MCAST_INCLUDE)
		return kite_mc_leave(sk, req);

	addr = kmemdup(old->addr, old->n * sizeof(*addr), GFP_KERNEL);
	if (!addr)
		return -ENOBUFS;
	addr[i] = addr[old->n - 1];
	err = replace_sources(sk, m, m->mode, addr, old->n - 1);
	kfree(addr);
	return err;
}

/*
 * The socket's membership that @req is about, by the device that it means, or by its
 * number alone. Or -EINVAL for no group, -ENODEV, and what the caller says when it is no member.
 */
static struct kite_mc_member *membership(struct sock *sk, struct ip_mreqn *req,
					 bool by_number, int no_member)
{
	struct kite_mc_member *m;

	if (!ipv4_is_multicast(req->imr_multiaddr.s_addr))
		return ERR_PTR(-EINVAL);
	if (!by_number && !find_device(sock_net(sk), req))
		return ERR_PTR(-ENODEV);
	m = find_member(sk, req);
	return m ?: ERR_PTR(no_member);
}

/**
 * kite_mc_source() - change a membership's filter by one source (twin of
 * ip_mc_source())
 * @sk: the socket
 * @add: else remove
 * @mode: the filter that the source is for; one with sources has one mode only
 * @req: the group and the device, as for kite_mc_join()
 * @source: its address, network order
 *
 * Context: process, RTNL and socket lock held.
 * Return: 0; -EINVAL for no group, for no member and for another mode; -ENODEV;
 * -EADDRNOTAVAIL when the source is in already, or is not; -ENOBUFS above
 * igmp_max_msf or without memory.
 */
int kite_mc_source(struct sock *sk, bool add, u8 mode, struct ip_mreqn *req,
		   __be32 source)
{
	struct kite_mc_member *m;

	m = membership(sk, req, false, -EINVAL);
	if (IS_ERR(m))
		return PTR_ERR(m);
	if (m->mode != mode) {
		if (mc_dereference(m->sources))
			return -EINVAL;
		WRITE_ONCE(m->mode, mode);
	}
	return add ? add_source(sk, m, source) :
		     remove_source(sk, m, req, source);
}

/**
 * kite_mc_set_filter() - give a membership a whole filter (twin of
 * ip_mc_msfilter())
 * @sk: the socket
 * @req: the group and the device, as for kite_mc_join()
 * @filter: the filter; to include nobody is to leave
 *
 * Context: process, RTNL and socket lock held.
 * Return: 0; -EINVAL for no group, no member or no mode; -ENODEV; -ENOBUFS.
 */
int kite_mc_set_filter(struct sock *sk, struct ip_mreqn *req,
		       const struct kite_mc_filter *filter)
{
	struct kite_mc_member *m;

	if (!ipv4_is_multicast(req->imr_multiaddr.s_addr) ||
	    (filter->mode != MCAST_INCLUDE && filter->mode != MCAST_EXCLUDE))
		return -EINVAL;
	if (!find_device(sock_net(sk), req))
		return -ENODEV;
	if (filter->mode == MCAST_INCLUDE && !filter->n)
		return kite_mc_leave(sk, req);
	m = find_member(sk, req);
	if (!m)
		return -EINVAL;
	if (!filter->n) {
		/* Everybody is heard again, and either mode may follow. */
		set_sources(sk, m, filter->mode, NULL);
		return 0;
	}
	return replace_sources(sk, m, filter->mode, filter->addr, filter->n);
}

/**
 * kite_mc_get_filter() - read a membership's filter (twin of ip_mc_msfget() and
 * ip_mc_gsfget())
 * @sk: the socket
 * @req: the group and the device, as for kite_mc_join()
 * @by_number: the device's number is all that counts, whether or not there is such a
 *	device
 * @filter: with room for @n addresses; filled in, @n with how many there are,
 *	which may be more than there is room for
 *
 * Context: process, RTNL and socket lock held.
 * Return: 0; -EINVAL for no group, -ENODEV, -EADDRNOTAVAIL for no member.
 */
int kite_mc_get_filter(struct sock *sk, struct ip_mreqn *req, bool by_number,
		       struct kite_mc_filter *filter)
{
	const struct kite_mc_sources *sources;
	const struct kite_mc_member *m;
	unsigned int n;

	m = membership(sk, req, by_number, -EADDRNOTAVAIL);
	if (IS_ERR(m))
		return PTR_ERR(m);

	sources = mc_dereference(m->sources);
	n = sources ? sources->n : 0;
	if (sources)
		memcpy(filter->addr, sources->addr,
		       min(n, filter->n) * sizeof(__be32));
	filter->mode = m->mode;
	filter->n = n;
	return 0;
}

/**
 * kite_mc_drop() - leave all groups (twin of ip_mc_drop_socket())
 * @sk: a socket that nobody can do a system call on any more
 *
 * Context: process; takes RTNL if there is anything to leave.
 */
void kite_mc_drop(struct sock *sk)
{
	struct kite_sock *ks = kite_sk(sk);

	if (!rcu_access_pointer(ks->mc_list))
		return;
	rtnl_lock();
	while (rcu_access_pointer(ks->mc_list))
		remove_member(sk, &ks->mc_list);
	rtnl_unlock();
}

/* Whether the filter of a membership lets a source through. */
static bool lets_through(const struct kite_mc_member *m, __be32 source)
{
	const struct kite_mc_sources *sources = rcu_dereference(m->sources);
	bool found = sources && index_of(sources, source) < sources->n;

	return found == (READ_ONCE(m->mode) == MCAST_INCLUDE);
}

/**
 * kite_mc_allowed() - whether a socket wants to hear a packet (twin of
 * ip_mc_sf_allow())
 * @sk: the socket, which the packet is for in all other respects
 * @skb: the packet
 *
 * Context: RCU read lock.
 * Return: what the socket's membership says; without one, IP_MULTICAST_ALL. True
 * for what was not sent to a group.
 */
bool kite_mc_allowed(const struct sock *sk, const struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct kite_mc_member *m;

	if (!ipv4_is_multicast(iph->daddr))
		return true;
	for (m = rcu_dereference(kite_sk(sk)->mc_list); m;
	     m = rcu_dereference(m->next))
		if (m->group == iph->daddr &&
		    (m->ifindex == cb->iif ||
		     (cb->sdif && m->ifindex == cb->sdif)))
			return lets_through(m, iph->saddr);
	return kite_sk(sk)->mc_all;
}
