/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of SOL_IP, ip(7).
 */
#ifndef _KITE_SOCKET_IP_OPT_H
#define _KITE_SOCKET_IP_OPT_H

#include <linux/sockptr.h>

#include "../kite.h"

int kite_ip_setsockopt(struct sock *sk, int optname, sockptr_t optval,
		       unsigned int optlen);
int kite_ip_getsockopt(struct sock *sk, int optname, char __user *optval,
		       int __user *optlen);

/* sockopt.c */
int kite_put_int_opt(int val, char __user *optval, int __user *optlen, int len);

#endif /* _KITE_SOCKET_IP_OPT_H */
