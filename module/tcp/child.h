/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of a passive handshake: a request becomes a connection.
 */
#ifndef _KITE_TCP_CHILD_H
#define _KITE_TCP_CHILD_H

#include "request.h"

bool kite_child_create(struct net *net, struct kite_request *req,
		       struct sk_buff *skb);

#endif /* _KITE_TCP_CHILD_H */
