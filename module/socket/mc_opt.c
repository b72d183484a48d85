// SPDX-License-Identifier: GPL-2.0
#include "mc_opt.h"

#include <linux/compat.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/l3mdev.h>

#include "../ip/mc_member.h"
#include "../sockaddr.h"

/**
 * struct group_layout - where RFC 3678's structures have their fields, bytes
 * @group: the group's address, behind the device's number
 * @source: the source's address in struct group_source_req
 * @fmode: the mode in struct group_filter
 * @numsrc: the number of sources there
 * @slist: the sources there
 *
 * A 32-bit program has no hole behind the device's number.
 */
struct group_layout {
	size_t group;
	size_t source;
	size_t fmode;
	size_t numsrc;
	size_t slist;
};

#define STORAGE	sizeof(struct __kernel_sockaddr_storage)

static struct group_layout group_layout(void)
{
	size_t group = in_compat_syscall() ?
		sizeof(u32) : offsetof(struct group_req, gr_group);

	return (struct group_layout) {
		.group	= group,
		.source	= group + STORAGE,
		.fmode	= group + STORAGE,
		.numsrc	= group + STORAGE + sizeof(u32),
		.slist	= group + STORAGE + 2 * sizeof(u32),
	};
}

/* The address in a struct sockaddr_storage at @offset of an option's value. */
static int read_addr(sockptr_t optval, size_t offset, __be32 *addr)
{
	struct sockaddr_kite ska;
	struct kite_endpoint ep;
	int err;

	if (copy_from_sockptr_offset(&ska, optval, offset, sizeof(ska)))
		return -EFAULT;
	err = kite_addr_from_user(&ska, sizeof(ska), &ep);
	if (!err)
		*addr = ep.addr;
	return err;
}

/* A group and a device in any of the ways in which ip(7) lets one say them. */
static int read_mreqn(sockptr_t optval, unsigned int optlen,
		      struct ip_mreqn *req)
{
	size_t size = sizeof(struct ip_mreq);

	memset(req, 0, sizeof(*req));
	if (optlen < size)
		return -EINVAL;
	if (optlen >= sizeof(*req))
		size = sizeof(*req);
	return copy_from_sockptr(req, optval, size) ? -EFAULT : 0;
}

static int membership(struct sock *sk, int optname, sockptr_t optval,
		      unsigned int optlen)
{
	struct ip_mreqn req;
	int err;

	if (sk->sk_type == SOCK_STREAM)
		return -EPROTO;
	err = read_mreqn(optval, optlen, &req);
	if (err)
		return err;
	return optname == IP_ADD_MEMBERSHIP ?
		kite_mc_join(sk, &req, MCAST_EXCLUDE) : kite_mc_leave(sk, &req);
}

static int group_membership(struct sock *sk, int optname, sockptr_t optval,
			    unsigned int optlen)
{
	const struct group_layout at = group_layout();
	struct ip_mreqn req = {};
	int err;

	if (optlen < at.group + STORAGE)
		return -EINVAL;
	if (copy_from_sockptr(&req.imr_ifindex, optval, sizeof(u32)))
		return -EFAULT;
	err = read_addr(optval, at.group, &req.imr_multiaddr.s_addr);
	if (err)
		return err == -EAFNOSUPPORT ? -EINVAL : err;
	return optname == MCAST_JOIN_GROUP ?
		kite_mc_join(sk, &req, MCAST_EXCLUDE) : kite_mc_leave(sk, &req);
}

/* What an option wants done with a source. */
struct source_change {
	u8	mode;
	bool	add;
	bool	join;
};

static struct source_change source_change(int optname)
{
	switch (optname) {
	case IP_BLOCK_SOURCE:
	case MCAST_BLOCK_SOURCE:
		return (struct source_change){ MCAST_EXCLUDE, true, false };
	case IP_UNBLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
		return (struct source_change){ MCAST_EXCLUDE, false, false };
	case IP_ADD_SOURCE_MEMBERSHIP:
	case MCAST_JOIN_SOURCE_GROUP:
		return (struct source_change){ MCAST_INCLUDE, true, true };
	default:
		return (struct source_change){ MCAST_INCLUDE, false, false };
	}
}

static int change_source(struct sock *sk, int optname, struct ip_mreqn *req,
			 __be32 source)
{
	struct source_change change = source_change(optname);
	int err;

	if (change.join) {
		err = kite_mc_join(sk, req, MCAST_INCLUDE);
		if (err && err != -EADDRINUSE)
			return err;
	}
	return kite_mc_source(sk, change.add, change.mode, req, source);
}

static int source(struct sock *sk, int optname, sockptr_t optval,
		  unsigned int optlen)
{
	struct ip_mreq_source mreqs;
	struct ip_mreqn req = {};

	if (optlen != sizeof(mreqs))
		return -EINVAL;
	if (copy_from_sockptr(&mreqs, optval, sizeof(mreqs)))
		return -EFAULT;
	req.imr_multiaddr.s_addr = mreqs.imr_multiaddr;
	req.imr_address.s_addr = mreqs.imr_interface;
	return change_source(sk, optname, &req, mreqs.imr_sourceaddr);
}

static int group_source(struct sock *sk, int optname, sockptr_t optval,
			unsigned int optlen)
{
	const struct group_layout at = group_layout();
	struct ip_mreqn req = {};
	__be32 addr;
	int err;

	if (optlen != at.source + STORAGE)
		return -EINVAL;
	if (copy_from_sockptr(&req.imr_ifindex, optval, sizeof(u32)))
		return -EFAULT;
	err = read_addr(optval, at.group, &req.imr_multiaddr.s_addr) ?:
	      read_addr(optval, at.source, &addr);
	if (err)
		return err == -EAFNOSUPPORT ? -EADDRNOTAVAIL : err;
	return change_source(sk, optname, &req, addr);
}

/**
 * alloc_filter() - room for the addresses of a filter
 * @sk: the socket
 * @filter: @n says how many; @addr is set, to be freed by the caller
 * @needs: bytes in which that many are given
 * @len: bytes that there are
 *
 * Return: 0; -EINVAL when they are too few; -ENOBUFS above igmp_max_msf, which may be
 * anything, or without memory.
 */
static int alloc_filter(const struct sock *sk, struct kite_mc_filter *filter,
			size_t needs, size_t len)
{
	if (filter->n > READ_ONCE(sock_net(sk)->ipv4.sysctl_igmp_max_msf))
		return -ENOBUFS;
	if (needs > len)
		return -EINVAL;
	filter->addr = kcalloc(filter->n, sizeof(*filter->addr),
			       GFP_KERNEL | __GFP_NOWARN);
	return filter->addr ? 0 : -ENOBUFS;
}

static int set_filter(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kite_mc_filter filter;
	struct ip_mreqn req = {};
	struct ip_msfilter msf;
	int err;

	if (optlen < IP_MSFILTER_SIZE(0))
		return -EINVAL;
	if (copy_from_sockptr(&msf, optval, IP_MSFILTER_SIZE(0)))
		return -EFAULT;
	req.imr_multiaddr.s_addr = msf.imsf_multiaddr;
	req.imr_address.s_addr = msf.imsf_interface;
	filter.n = msf.imsf_numsrc;
	err = alloc_filter(sk, &filter, IP_MSFILTER_SIZE(filter.n), optlen);
	if (err)
		return err;

	filter.mode = min_t(u32, msf.imsf_fmode, U8_MAX);
	err = -EFAULT;
	if (copy_from_sockptr_offset(filter.addr, optval, IP_MSFILTER_SIZE(0),
				     filter.n * sizeof(__be32)))
		goto out;
	err = kite_mc_set_filter(sk, &req, &filter);
out:
	kfree(filter.addr);
	return err;
}

static int set_group_filter(struct sock *sk, sockptr_t optval,
			    unsigned int optlen)
{
	const struct group_layout at = group_layout();
	struct kite_mc_filter filter;
	struct ip_mreqn req = {};
	u32 mode_and_n[2];
	unsigned int i;
	int err;

	if (optlen < at.slist)
		return -EINVAL;
	if (copy_from_sockptr(&req.imr_ifindex, optval, sizeof(u32)) ||
	    copy_from_sockptr_offset(mode_and_n, optval, at.fmode,
				     sizeof(mode_and_n)))
		return -EFAULT;
	filter.mode = min_t(u32, mode_and_n[0], U8_MAX);
	filter.n = mode_and_n[1];
	err = alloc_filter(sk, &filter, at.slist + filter.n * STORAGE, optlen);
	if (err)
		return err;

	err = read_addr(optval, at.group, &req.imr_multiaddr.s_addr);
	for (i = 0; i < filter.n && !err; i++)
		err = read_addr(optval, at.slist + i * STORAGE, &filter.addr[i]);
	if (err == -EAFNOSUPPORT)
		err = -EADDRNOTAVAIL;
	if (!err)
		err = kite_mc_set_filter(sk, &req, &filter);
	kfree(filter.addr);
	return err;
}

/* By which device, and as whom, packets to groups leave. */
static int set_multicast_if(struct sock *sk, sockptr_t optval,
			    unsigned int optlen)
{
	struct kite_sock *ks = kite_sk(sk);
	int bound = sk->sk_bound_dev_if;
	struct net_device *dev;
	struct ip_mreqn req;
	int master, err;

	if (sk->sk_type == SOCK_STREAM || optlen < sizeof(req.imr_address))
		return -EINVAL;
	if (optlen >= sizeof(struct ip_mreq)) {
		err = read_mreqn(optval, optlen, &req);
		if (err)
			return err;
	} else {
		memset(&req, 0, sizeof(req));
		if (copy_from_sockptr(&req.imr_address, optval,
				      sizeof(req.imr_address)))
			return -EFAULT;
	}

	if (req.imr_ifindex || req.imr_address.s_addr) {
		dev = req.imr_ifindex ?
			__dev_get_by_index(sock_net(sk), req.imr_ifindex) :
			__ip_dev_find(sock_net(sk), req.imr_address.s_addr,
				      false);
		if (!dev)
			return -EADDRNOTAVAIL;
		req.imr_ifindex = dev->ifindex;
		master = l3mdev_master_ifindex(dev);
		if (bound && bound != req.imr_ifindex && bound != master)
			return -EINVAL;
	}
	WRITE_ONCE(ks->mc_index, req.imr_ifindex);
	WRITE_ONCE(ks->mc_addr, req.imr_address.s_addr);
	return 0;
}

/* RTNL and the socket lock are held. */
static int set_locked(struct sock *sk, int optname, sockptr_t optval,
		      unsigned int optlen)
{
	switch (optname) {
	case IP_MULTICAST_IF:
		return set_multicast_if(sk, optval, optlen);
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		return membership(sk, optname, optval, optlen);
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return group_membership(sk, optname, optval, optlen);
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
		return source(sk, optname, optval, optlen);
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
		return group_source(sk, optname, optval, optlen);
	case IP_MSFILTER:
		return set_filter(sk, optval, optlen);
	case MCAST_MSFILTER:
		return set_group_filter(sk, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * kite_mc_setsockopt() - set an option about groups
 * @sk: the socket
 * @optname: any option of SOL_IP
 * @optval: its value, in user or kernel memory
 * @optlen: bytes at @optval
 *
 * Context: process; takes RTNL and the socket lock.
 * Return: 0; -ENOPROTOOPT for all other options; or what kite_mc_join() and its
 * like say.
 */
int kite_mc_setsockopt(struct sock *sk, int optname, sockptr_t optval,
		       unsigned int optlen)
{
	int err;

	if (optname < IP_MULTICAST_IF || optname > MCAST_MSFILTER)
		return -ENOPROTOOPT;
	rtnl_lock();
	sockopt_lock_sock(sk);
	err = set_locked(sk, optname, optval, optlen);
	sockopt_release_sock(sk);
	rtnl_unlock();
	return err;
}

/**
 * fetch_filter() - a membership's filter, for a user with room for some of it
 * @sk: the socket
 * @req: the group and the device
 * @by_number: see kite_mc_get_filter()
 * @room: how many addresses the user has room for
 * @filter: filled in; @addr is to be freed by the caller if all went well
 *
 * Context: RTNL and socket lock held.
 * Return: how many addresses @filter has, of the @n that there are; or what
 * kite_mc_get_filter() says, or -ENOBUFS.
 */
static int fetch_filter(struct sock *sk, struct ip_mreqn *req, bool by_number,
			u32 room, struct kite_mc_filter *filter)
{
	int err;

	room = min_t(u32, room,
		     READ_ONCE(sock_net(sk)->ipv4.sysctl_igmp_max_msf));
	filter->n = room;
	err = alloc_filter(sk, filter, 0, 0);
	if (err)
		return err;
	err = kite_mc_get_filter(sk, req, by_number, filter);
	if (err) {
		kfree(filter->addr);
		return err;
	}
	return min(room, filter->n);
}

/* RTNL and the socket lock are held. */
static int get_filter(struct sock *sk, char __user *optval, int __user *optlen,
		      int len)
{
	struct kite_mc_filter filter;
	struct ip_mreqn req = {};
	struct ip_msfilter msf;
	int room, size, err;

	if (len < (int)IP_MSFILTER_SIZE(0))
		return -EINVAL;
	if (copy_from_user(&msf, optval, IP_MSFILTER_SIZE(0)))
		return -EFAULT;
	req.imr_multiaddr.s_addr = msf.imsf_multiaddr;
	req.imr_address.s_addr = msf.imsf_interface;
	room = fetch_filter(sk, &req, false, msf.imsf_numsrc, &filter);
	if (room < 0)
		return room;
	msf.imsf_fmode = filter.mode;
	msf.imsf_numsrc = filter.n;
	size = IP_MSFILTER_SIZE(room);
	err = -EFAULT;
	if (put_user(size, optlen) ||
	    copy_to_user(optval, &msf, IP_MSFILTER_SIZE(0)) ||
	    copy_to_user(optval + IP_MSFILTER_SIZE(0), filter.addr,
			 room * sizeof(__be32)))
		goto out;
	err = 0;
out:
	kfree(filter.addr);
	return err;
}

/* Write the addresses of a filter the way MCAST_MSFILTER has them. */
static int put_sources(const struct sock *sk, char __user *to,
		       const __be32 *addr, unsigned int n)
{
	struct __kernel_sockaddr_storage ss;
	unsigned int i;

	memset(&ss, 0, sizeof(ss));
	for (i = 0; i < n; i++) {
		kite_addr_to_user(sk, &ss, addr[i], 0);
		if (copy_to_user(to + i * STORAGE, &ss, STORAGE))
			return -EFAULT;
	}
	return 0;
}

/* RTNL and the socket lock are held. */
static int get_group_filter(struct sock *sk, char __user *optval,
			    int __user *optlen, int len)
{
	const struct group_layout at = group_layout();
	struct kite_mc_filter filter;
	struct ip_mreqn req = {};
	u32 mode_and_n[2];
	int room, size, err;

	if (len < (int)at.slist)
		return -EINVAL;
	if (copy_from_user(&req.imr_ifindex, optval, sizeof(u32)) ||
	    copy_from_user(mode_and_n, optval + at.fmode, sizeof(mode_and_n)))
		return -EFAULT;
	err = read_addr(USER_SOCKPTR(optval), at.group,
			&req.imr_multiaddr.s_addr);
	if (err)
		return err == -EAFNOSUPPORT ? -EINVAL : err;
	room = fetch_filter(sk, &req, true, mode_and_n[1], &filter);
	if (room < 0)
		return room;
	mode_and_n[0] = filter.mode;
	mode_and_n[1] = filter.n;
	size = at.slist + room * STORAGE;
	err = -EFAULT;
	if (put_user(size, optlen) ||
	    copy_to_user(optval + at.fmode, mode_and_n, sizeof(mode_and_n)))
		goto out;
	err = put_sources(sk, optval + at.slist, filter.addr, room);
out:
	kfree(filter.addr);
	return err;
}

static int get_multicast_if(const struct sock *sk, char __user *optval,
			    int __user *optlen, int len)
{
	__be32 addr = READ_ONCE(kite_sk(sk)->mc_addr);

	len = min_t(int, len, sizeof(addr));
	return put_user(len, optlen) || copy_to_user(optval, &addr, len) ?
		-EFAULT : 0;
}

/**
 * kite_mc_opt_is_readable() - whether kite_mc_getsockopt() has an option
 * @optname: any option of SOL_IP
 *
 * Return: whether it does.
 */
bool kite_mc_opt_is_readable(int optname)
{
	return optname == IP_MULTICAST_IF || optname == IP_MSFILTER ||
	       optname == MCAST_MSFILTER;
}

/**
 * kite_mc_getsockopt() - read an option about groups
 * @sk: the socket
 * @optname: one of which kite_mc_opt_is_readable() is true
 * @optval: where to put its value; filters name the group there
 * @optlen: set to bytes written
 * @len: room at @optval, bytes
 *
 * Context: process; takes RTNL and the socket lock.
 * Return: 0; -EINVAL, -EFAULT, or what kite_mc_get_filter() says.
 */
int kite_mc_getsockopt(struct sock *sk, int optname, char __user *optval,
		       int __user *optlen, int len)
{
	int err;

	if (optname == IP_MULTICAST_IF)
		return get_multicast_if(sk, optval, optlen, len);

	rtnl_lock();
	lock_sock(sk);
	err = optname == IP_MSFILTER ?
		get_filter(sk, optval, optlen, len) :
		get_group_filter(sk, optval, optlen, len);
	release_sock(sk);
	rtnl_unlock();
	return err;
}
