// SPDX-License-Identifier: GPL-2.0
/* IP_RECVERR off forgets errors, and keeps time stamps (6.6). */
#include <linux/skbuff.h>

void probe(struct sk_buff_head *list);
void probe(struct sk_buff_head *list)
{
	skb_errqueue_purge(list);
}
