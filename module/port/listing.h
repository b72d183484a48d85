/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/kite/tcp and udp: every socket once, in AF_INET's column format.
 */
#ifndef _KITE_PORT_LISTING_H
#define _KITE_PORT_LISTING_H

#include <linux/seq_file.h>
#include <linux/uidgid.h>
#include <net/net_namespace.h>
#include <net/sock.h>

/**
 * struct kite_listing_row - what the listing shows of a TCP member beyond its
 * struct sock_common
 * @state: what to show as state, TCP_*
 * @tx_queue: bytes sent but not acknowledged, and not sent
 * @rx_queue: bytes to read; of a listener: connections to accept
 * @timer: 0 none, 1 retransmission, 2 keepalive, 3 TIME_WAIT, 4 zero window probe
 * @expires: when @timer fires, jiffies
 * @retrans: retransmissions since the last acknowledgment
 * @probes: zero window probes without an answer
 * @rto: retransmission timeout, jiffies (full sockets only)
 * @ato: delayed acknowledgment timeout, jiffies (full sockets only)
 * @quick: quick acknowledgment mode, as AF_INET encodes it (full sockets only)
 * @cwnd: congestion window, segments (full sockets only)
 * @ssthresh: slow start threshold, segments; -1 = not reached yet (full sockets
 *	only)
 * @uid: whose it is
 */
struct kite_listing_row {
	u8		state;
	u32		tx_queue;
	u32		rx_queue;
	u8		timer;
	unsigned long	expires;
	u32		retrans;
	u32		probes;
	unsigned long	rto;
	unsigned long	ato;
	u32		quick;
	u32		cwnd;
	int		ssthresh;
	kuid_t		uid;
};

/*
 * TCP's part in its own listing: fills in a row, which is zero but for the state
 * and the uid of full sockets. The socket is a full one, a TCP_NEW_SYN_RECV request or a
 * TCP_TIME_WAIT mini-socket, and not locked.
 */
typedef void (*kite_tcp_describe_t)(const struct sock *sk,
				    struct kite_listing_row *row);

void kite_listing_set_tcp(kite_tcp_describe_t describe);

void kite_listing_show_datagram(struct seq_file *seq, struct sock *sk,
				unsigned int slot);
void kite_listing_show_datagram_head(struct seq_file *seq);

int kite_listing_net_init(struct net *net);
void kite_listing_net_exit(struct net *net);

#endif /* _KITE_PORT_LISTING_H */
