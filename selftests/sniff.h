/* SPDX-License-Identifier: GPL-2.0 */
/* Listening to what passes a device, as tcpdump does. */
#ifndef _KITE_SNIFF_H
#define _KITE_SNIFF_H

#include "kite_test.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>

/*
 * A socket that gets what passes @device, with link headers (SOCK_RAW) or without
 * (SOCK_DGRAM), of one EtherType or of all; -1 on error.
 */
static inline int sniff(const char *device, int type, int ethertype)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = if_nametoindex(device),
	};
	int fd = socket(AF_PACKET, type, 0);

	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

#endif /* _KITE_SNIFF_H */
