/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine whose memory for TCP, net.ipv4.tcp_mem, others have.
 */
#ifndef _KITE_USED_UP_H
#define _KITE_USED_UP_H

#include "wire.h"

/* Each processor may keep a megabyte without anybody's knowledge: they have more than that. */
static inline void use_memory_up(struct __test_metadata *_metadata, int family)
{
	static char data[1 << 16];
	int i, pair[2];

	for (i = 0; i < 4; i++) {
		ASSERT_OK(stream_pair(family, pair));
		nonblocking(pair[0]);
		while (send(pair[0], data, sizeof(data), 0) > 0)
			;
	}
	ASSERT_EQ(0, set_machine_sysctl("ipv4/tcp_mem", "0 0 0"));
}

#endif /* _KITE_USED_UP_H */
