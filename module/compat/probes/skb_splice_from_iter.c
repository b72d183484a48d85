// SPDX-License-Identifier: GPL-2.0
/* Pages are handed down by sendmsg() (6.5), formerly by proto_ops.sendpage. */
#include <linux/skbuff.h>
#include <linux/socket.h>

ssize_t probe(struct sk_buff *skb, struct iov_iter *iter);
ssize_t probe(struct sk_buff *skb, struct iov_iter *iter)
{
	return skb_splice_from_iter(skb, iter, MSG_SPLICE_PAGES, GFP_KERNEL);
}
