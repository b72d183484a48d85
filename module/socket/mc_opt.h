/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of SOL_IP about groups that have more than a number for a value.
 */
#ifndef _KITE_SOCKET_MC_OPT_H
#define _KITE_SOCKET_MC_OPT_H

#include <linux/sockptr.h>

#include "../kite.h"

int kite_mc_setsockopt(struct sock *sk, int optname, sockptr_t optval,
		       unsigned int optlen);
bool kite_mc_opt_is_readable(int optname);
int kite_mc_getsockopt(struct sock *sk, int optname, char __user *optval,
		       int __user *optlen, int len);

#endif /* _KITE_SOCKET_MC_OPT_H */
