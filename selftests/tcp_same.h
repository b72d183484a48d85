/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A step that two hosts are taken through alike (tcp_same.c), and what the next one goes by. Every
 * number in a step is relative to what the two hosts chose for themselves, so that a step means
 * the same to both.
 */
#ifndef _KITE_TCP_SAME_H
#define _KITE_TCP_SAME_H

#include "draw.h"
#include "tcp_options.h"

#define MSS_MAX	1460
#define TS_BASE	0x10000000U	/* our clock, where timestamps are used */

enum call {
	SEGMENT, REPORT, CONNECT, ACCEPT, SEND, RECV, SHUT_RX, SHUT_TX, CLOSE, OPTION, ERROR,
	COOKIES,
};

/* Options that a program sets; of the listener, as long as there is no socket. */
static const struct {
	const char *name;
	int level;
	int number;
} socket_options[] = {
	{ "TCP_NODELAY", SOL_TCP, TCP_NODELAY }, { "TCP_CORK", SOL_TCP, TCP_CORK },
	{ "TCP_QUICKACK", SOL_TCP, TCP_QUICKACK },
	{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE }, { "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT },
	{ "TCP_MAXSEG", SOL_TCP, TCP_MAXSEG }, { "IP_RECVERR", SOL_IP, IP_RECVERR },
	{ "TCP_WINDOW_CLAMP", SOL_TCP, TCP_WINDOW_CLAMP },
	{ "TCP_NOTSENT_LOWAT", SOL_TCP, TCP_NOTSENT_LOWAT },
	{ "TCP_DEFER_ACCEPT", SOL_TCP, TCP_DEFER_ACCEPT },
	{ "TCP_USER_TIMEOUT", SOL_TCP, TCP_USER_TIMEOUT },
	{ "SO_LINGER", SOL_SOCKET, SO_LINGER }, { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF },
};

/* As they stand there. */
enum option {
	NODELAY, CORK, QUICKACK, OOBINLINE, RCVLOWAT, MAXSEG, RECVERR, CLAMP, NOTSENT, DEFER,
	USER_TIMEOUT, LINGER, RCVBUF, SNDBUF,
};

/*
 * struct step - a segment of ours, an ICMP error, or a call of the host's program
 * @call: SEGMENT, REPORT, or which one
 * @arg: octets, or a value; of a REPORT the MTU
 * @how: flags of the call, MSG_*; which option; of a REPORT its type and code
 * @tos: of the packet
 * @flags: all eight of them
 * @seq: number, behind our SYN's
 * @ack: acknowledged, behind the host's SYN; of a REPORT the number that it quotes
 * @len: octets of data
 * @window: as it stands in the header
 * @urgent: pointer
 * @optlen: octets of options, a multiple of four
 * @options: they
 * @by_isn: bit i: the number that begins at octet i of them is behind the host's SYN
 * @by_clock: bit i: ... is behind the host's last timestamp
 */
struct step {
	enum call call;
	int arg;
	unsigned int how;
	unsigned int tos;
	unsigned int flags;
	int32_t seq;
	int32_t ack;
	unsigned int len;
	uint16_t window;
	uint16_t urgent;
	unsigned int optlen;
	unsigned char options[40];
	uint64_t by_isn;
	uint64_t by_clock;
};

#define ECT	2	/* of the type of service: it may be marked; */
#define CE	3	/* it was */

#define CORNERS	8

/*
 * struct life - of one connection, as far as the steps go by it
 * @state: of the generator
 * @timestamps: our segments have them
 * @sack: we offer it
 * @ecn: and congestion notification
 * @wscale: ours
 * @mss: ours
 * @clock: of our timestamps
 * @next: our number that the host expects
 * @reached: behind all that was said
 * @edge: where the hosts' windows end, the nearer and the farther one
 * @una: the host's number up to which all is acknowledged
 * @sent: behind all that the host has sent
 * @corners: where segments of ours began or ended
 * @n_corners: so many were noted
 * @syn: the host has sent its SYN
 */
struct life {
	uint64_t state;
	bool timestamps;
	bool sack;
	bool ecn;
	unsigned int wscale;
	unsigned int mss;
	uint32_t clock;
	int32_t next;
	int32_t reached;
	int32_t edge[2];
	int32_t una;
	int32_t sent;
	int32_t corners[CORNERS];
	unsigned int n_corners;
	bool syn;
};

#endif /* _KITE_TCP_SAME_H */
