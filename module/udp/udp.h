/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP, RFC 768.
 */
#ifndef _KITE_UDP_H
#define _KITE_UDP_H

#include "../kite.h"

extern struct proto kite_udp_prot;

int kite_udp_init(void);
void kite_udp_exit(void);

/* cork.c */
void kite_udp_flush(struct sock *sk);

#endif /* _KITE_UDP_H */
