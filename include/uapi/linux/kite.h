/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * KITE: what a program needs to speak AF_KITE.
 *
 * Take a program that uses AF_INET, write AF_KITE instead, and it speaks KITE:
 * addresses, ports, option levels, option numbers and wire formats are IPv4's.
 */
#ifndef _UAPI_LINUX_KITE_H
#define _UAPI_LINUX_KITE_H

#include <linux/types.h>
#include <linux/socket.h>
#include <linux/in.h>

/*
 * The default of the module parameter "family": the number of AF_ASH, which
 * Linux reserves and never implemented.
 */
#ifndef AF_KITE
#define AF_KITE		18
#define PF_KITE		AF_KITE
#endif

/*
 * The default of the module parameter "ethertype": IEEE Std 802 - Local
 * Experimental Ethertype 1.
 */
#define ETH_P_KITE	0x88B5

/**
 * struct sockaddr_kite - the address of a KITE socket, laid out as sockaddr_in
 * @skite_family: AF_KITE; bind(), connect() and sendto() also take AF_INET
 * @skite_port:   port, network byte order
 * @skite_addr:   an IPv4 address, network byte order
 * @__pad:        pads to the size of struct sockaddr; not looked at
 */
struct sockaddr_kite {
	__kernel_sa_family_t	skite_family;
	__be16			skite_port;
	struct in_addr		skite_addr;
	unsigned char		__pad[8];
};

/* Level of the options that only KITE has; out of the way of linux/socket.h. */
#define SOL_KITE	0x4b54

/*
 * int (boolean): names that accept(), getsockname(), getpeername() and
 * recvfrom() hand out carry AF_INET instead of AF_KITE. Accepted sockets
 * inherit it.
 */
#define KITE_INET_NAMES	1

/*
 * int (boolean): SO_REUSEPORT, which kernels before 6.7 refuse to families other than their
 * own. Reading SO_REUSEPORT is fine.
 */
#define KITE_REUSEPORT	2

#endif /* _UAPI_LINUX_KITE_H */
