// SPDX-License-Identifier: GPL-2.0
/* struct flowi4 carries a dscp_t (6.18) instead of a tos byte. */
#include <net/flow.h>
#include <net/inet_dscp.h>

void probe(struct flowi4 *fl4)
{
	fl4->flowi4_dscp = inet_dsfield_to_dscp(0);
}
