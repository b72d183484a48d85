/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host on the wire as a router. Behind it are two links that swallow
 * everything and count it.
 *
 *   test 10.0.0.2 ------ v0 10.0.0.1 host 10.1.0.1 d0 ------
 *                                         10.2.0.1 d1 ------
 */
#ifndef _KITE_ROUTER_H
#define _KITE_ROUTER_H

#include "wire.h"

static inline int router(bool kite)
{
	if (run("ip link add d0 type dummy && ip link set d0 mtu 1000 up &&"
		"ip link add d1 type dummy && ip link set d1 up &&"
		"ip address add 10.1.0.1/24 dev d0 &&"
		"ip address add 10.2.0.1/24 dev d1"))
		return -1;
	undo("ip link del d0; ip link del d1");
	if (kite && set_sysctl("kite/forwarding", "1"))
		return -1;
	return set_sysctl("ipv4/ip_forward", "1");
}

/* Packets that left by a device so far. */
static inline unsigned long left_by(const char *name)
{
	char line[512], want[32];
	unsigned long rx, n = 0;
	FILE *file = fopen("/proc/net/dev", "r");

	snprintf(want, sizeof(want), " %s: ", name);
	while (file && fgets(line, sizeof(line), file)) {
		char *at = strstr(line, want + 1);

		if (at && sscanf(at + strlen(want) - 1,
				 "%*u %lu %*u %*u %*u %*u %*u %*u %*u %lu",
				 &rx, &n) == 2)
			break;
	}
	if (file)
		fclose(file);
	return n;
}

/* Wait until one more packet has left by the device than @before. */
static inline int wait_left_by(const char *name, unsigned long before)
{
	int ms;

	for (ms = 0; left_by(name) <= before; ms += 5) {
		if (ms > SOON)
			return -1;
		usleep(5000);
	}
	return 0;
}

/* The same, by d0 or d1, of which more than @before have left then. */
static inline int wait_left_by_either(unsigned long before)
{
	int ms;

	for (ms = 0; left_by("d0") + left_by("d1") <= before; ms++) {
		if (ms > SOON)
			return -1;
		usleep(1000);
	}
	return 0;
}

#define ROUTER								\
	do {								\
		ASSERT_EQ(0, router(self->w.kite));			\
	} while (0)

#endif /* _KITE_ROUTER_H */
