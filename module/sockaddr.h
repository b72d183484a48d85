/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses as user space writes and reads them.
 */
#ifndef _KITE_SOCKADDR_H
#define _KITE_SOCKADDR_H

#include <linux/socket.h>

#include "kite.h"

/**
 * struct kite_endpoint - an address and a port
 * @addr: IPv4 address, network byte order
 * @port: port, network byte order
 */
struct kite_endpoint {
	__be32	addr;
	__be16	port;
};

/**
 * kite_addr_from_user() - read the address that a system call was given
 * @uaddr: the address, already in kernel memory
 * @len: bytes of it that the caller supplied
 * @ep: filled in on success
 *
 * Takes AF_KITE and AF_INET, whose layouts are the same. AF_UNSPEC is the
 * caller's business: bind() and connect() give it different meanings.
 *
 * Return: 0, -EINVAL when it is too short, -EAFNOSUPPORT for another family.
 */
static inline int kite_addr_from_user(const void *uaddr, int len,
				      struct kite_endpoint *ep)
{
	const struct sockaddr_kite *ska = uaddr;

	if (len < (int)sizeof(*ska))
		return -EINVAL;
	if (ska->skite_family != kite_family && ska->skite_family != AF_INET)
		return -EAFNOSUPPORT;
	ep->addr = ska->skite_addr.s_addr;
	ep->port = ska->skite_port;
	return 0;
}

/**
 * kite_addr_to_user() - write an address the way the socket's owner wants it
 * @sk: whose KITE_INET_NAMES decides about the family
 * @uaddr: room for a struct sockaddr_kite
 * @addr: network byte order
 * @port: network byte order
 *
 * Return: the length of the address written.
 */
static inline int kite_addr_to_user(const struct sock *sk, void *uaddr,
				    __be32 addr, __be16 port)
{
	struct sockaddr_kite *ska = uaddr;

	memset(ska, 0, sizeof(*ska));
	ska->skite_family = kite_sk(sk)->inet_names ? AF_INET : kite_family;
	ska->skite_addr.s_addr = addr;
	ska->skite_port = port;
	return sizeof(*ska);
}

#endif /* _KITE_SOCKADDR_H */
