// SPDX-License-Identifier: GPL-2.0
/* A packet says by which clock it is to leave (6.11). */
#include <linux/skbuff.h>

void probe(struct sk_buff *skb);
void probe(struct sk_buff *skb)
{
	skb_set_delivery_type_by_clockid(skb, 1, CLOCK_TAI);
}
