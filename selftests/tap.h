/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A wire on which nothing is ever under way: a TAP device of the host, beside that of
 * wire.h. When a packet is written the host has taken it in and said what it has to say
 * to it before the call returns, and that is a third cheaper than through two devices.
 *
 *   test (the device's file) ------ t0 10.1.0.1/24 host
 *        as 10.1.0.2
 */
#ifndef _KITE_TAP_H
#define _KITE_TAP_H

#include "wire.h"

#include <linux/if_tun.h>
#include <sys/uio.h>

#define TAP_HOST	"10.1.0.1"
#define TAP_PEER	"10.1.0.2"

struct tap {
	int fd;
	struct ether_header head;	/* of what we send */
};

/*
 * Make the device in the network namespace that we are in, for packets of that family. It goes
 * with the process.
 */
static inline int tap_make(struct tap *tap, int family)
{
	struct ifreq ifr = { .ifr_name = "t0", .ifr_flags = IFF_TAP | IFF_NO_PI };
	int room = 1 << 20;

	run("modprobe -q tun");
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0 || ioctl(tap->fd, TUNSETIFF, &ifr))
		return -1;
	/* With a limit packets have memory of their own, and KASAN sees who leaves it. */
	if (ioctl(tap->fd, TUNSETSNDBUF, &room) ||
	    run("tc qdisc replace dev t0 root noqueue && ip link set t0 up &&"
		"ip address add " TAP_HOST "/24 dev t0 &&"
		"ip neighbour add " TAP_PEER " dev t0 lladdr 02:00:00:00:00:02") ||
	    write_file("/proc/sys/net/ipv4/conf/t0/rp_filter", "0"))
		return -1;
	tap->head.ether_type = htons(family == AF_KITE ? ETH_P_KITE : ETH_P_IP);
	tap->head.ether_shost[0] = 2;
	tap->head.ether_shost[5] = 2;
	return ioctl(tap->fd, SIOCGIFHWADDR, &ifr) ||
	       !memcpy(tap->head.ether_dhost, ifr.ifr_hwaddr.sa_data, ETH_ALEN) ? -1 : 0;
}

static inline int tap_send(struct tap *tap, struct frame *f)
{
	struct iovec iov[] = { { &tap->head, sizeof(tap->head) }, { f->bytes, f->len } };

	return writev(tap->fd, iov, 2) == (ssize_t)(sizeof(tap->head) + f->len) ? 0 : -1;
}

/* The next packet that the host has sent; -1 when there is none. */
static inline int tap_receive(struct tap *tap, struct frame *f)
{
	struct ether_header head;
	struct iovec iov[] = { { &head, sizeof(head) }, { f->bytes, sizeof(f->bytes) } };
	ssize_t n;

	do {
		n = readv(tap->fd, iov, 2);
		if (n < (ssize_t)sizeof(head))
			return -1;
	} while (head.ether_type != tap->head.ether_type);
	f->len = n - sizeof(head);
	return 0;
}

#endif /* _KITE_TAP_H */
