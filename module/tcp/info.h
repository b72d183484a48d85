/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What others can see of a connection: struct tcp_info, which ss -i and iperf3 read,
 * and the columns of /proc/net/kite/tcp.
 */
#ifndef _KITE_TCP_INFO_H
#define _KITE_TCP_INFO_H

#include <uapi/linux/tcp.h>

#include "../port/listing.h"
#include "tcp_sock.h"

void kite_tcp_get_info(const struct sock *sk, struct tcp_info *info);
void kite_tcp_describe(const struct sock *sk, struct kite_listing_row *row);

#endif /* _KITE_TCP_INFO_H */
