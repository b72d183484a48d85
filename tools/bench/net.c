// SPDX-License-Identifier: GPL-2.0
/* Network namespaces: one of the program's own, and the chain of hosts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench.h"

/**
 * own_net() - move to a fresh network namespace whose loopback is up
 *
 * Its port tables are empty, whatever was measured before.
 */
void own_net(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		err(1, "lo");
	close(fd);
}

/**
 * enter_host() - move to a host of the chain that tools/bench/run has made
 * @nr: from 0, the sender, on; each is a router for those behind it
 *
 * Sockets stay with the host on which they were made.
 */
void enter_host(unsigned int nr)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/kite-bench-%u", nr);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

/**
 * host_addr() - the address of a host of the chain, on the side of the sender
 * @nr: from 1 on
 */
struct in_addr host_addr(unsigned int nr)
{
	return in_addr(0x0a000002 | (nr - 1) << 8);
}

/**
 * set_port_range() - have the kernel choose ports only from here to there
 * @low: the first, host order
 * @high: the last, host order
 */
void set_port_range(unsigned int low, unsigned int high)
{
	static int fd = -1;
	char text[32];
	int len;

	if (fd < 0) {
		fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);
		if (fd < 0)
			err(1, "ip_local_port_range");
	}
	len = snprintf(text, sizeof(text), "%u %u", low, high);
	if (pwrite(fd, text, len, 0) != len)
		err(1, "ip_local_port_range");
}
