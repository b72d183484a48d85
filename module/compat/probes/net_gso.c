// SPDX-License-Identifier: GPL-2.0
/* <net/gso.h> exists (6.6), formerly in <linux/netdevice.h> and <linux/skbuff.h>. */
#include <net/gso.h>

struct sk_buff *probe(struct sk_buff *skb);
struct sk_buff *probe(struct sk_buff *skb)
{
	return skb_gso_segment(skb, 0);
}
