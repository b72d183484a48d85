/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The switch from (type, protocol) of socket(2) to a transport.
 */
#ifndef _KITE_SOCKET_PROTOSW_H
#define _KITE_SOCKET_PROTOSW_H

#include <linux/net.h>

#include "../kite.h"

/**
 * struct kite_protosw - one transport that socket(2) can ask for
 * @list:	link in the switch, RCU; kite_register_protosw() owns it
 * @type:	SOCK_*
 * @protocol:	IPPROTO_*; IPPROTO_IP takes any protocol (raw)
 * @prot:	the transport, already registered with proto_register()
 * @ops:	what the system calls reach
 * @flags:	KITE_PROTOSW_*
 */
struct kite_protosw {
	struct list_head	list;
	unsigned short		type;
	unsigned short		protocol;
	struct proto		*prot;
	const struct proto_ops	*ops;
	unsigned char		flags;
};

#define KITE_PROTOSW_REUSE	BIT(0)	/* sk_reuse starts out set */
#define KITE_PROTOSW_PERMANENT	BIT(1)	/* cannot be unregistered or overridden */

int kite_register_protosw(struct kite_protosw *p);
void kite_unregister_protosw(struct kite_protosw *p);

#endif /* _KITE_SOCKET_PROTOSW_H */
