/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer (tcp_peer.h) that acknowledges selectively.
 */
#ifndef _KITE_TCP_REPORTS_H
#define _KITE_TCP_REPORTS_H

#include "tcp_options.h"

#define MSS	536	/* we offer none, and no timestamps */

static const unsigned char sack_ok[] = { OPT_NOP, OPT_NOP, OPT_SACK_OK, 2 };
static const unsigned char sack_ok_and_time[] = {
	OPT_SACK_OK, 2, OPT_TS, 10, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0,
};

/* We connect with these options; the host's SYN-ACK is heard. */
static inline void ask(struct __test_metadata *_metadata, struct peer *p,
		       const void *options, size_t len)
{
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "");
	add_tcp_options(p->f, options, len);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

/* A connection on which both acknowledge selectively, and a round trip takes so long. */
static inline int reporting_connection(struct __test_metadata *_metadata, struct peer *p,
				       int ms)
{
	int listener, fd;

	listener = host_listens(p, 1);
	EXPECT_LE(0, listener);
	ask(_metadata, p, sack_ok, sizeof(sack_ok));
	usleep(ms * 1000);
	EXPECT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	EXPECT_LE(0, fd);
	close(listener);
	abortive(fd);
	return fd;
}

/* ... whose host makes the segments. */
static inline int far_connection(struct __test_metadata *_metadata, struct peer *p, int ms)
{
	EXPECT_EQ(0, host_makes_segments());
	return reporting_connection(_metadata, p, ms);
}

static inline int sack_connection(struct __test_metadata *_metadata, struct peer *p)
{
	return far_connection(_metadata, p, 0);
}

/* We acknowledge so many segments of @mss octets and report some, as pairs of segments. */
static inline int report_of(struct peer *p, int mss, int acked, int n, const int *pairs)
{
	unsigned char sack[36] = { OPT_NOP, OPT_NOP, OPT_SACK, 2 + 8 * n };
	int i;

	for (i = 0; i < 2 * n; i++)
		put32(sack + 4 + 4 * i, p->ack + mss * pairs[i]);
	segment(p, ACK, p->seq, p->ack + mss * acked, "");
	add_tcp_options(p->f, sack, 4 + 8 * n);
	return transmit(p->w, p->f);
}

#define REPORT_OF(mss, acked, n, ...)					\
	ASSERT_EQ(0, report_of(p, mss, acked, n, (const int []){ __VA_ARGS__ }))

#define REPORT(acked, n, ...)	REPORT_OF(MSS, acked, n, __VA_ARGS__)

/* The host sends so many segments, and nothing again by itself. */
static inline int sends(struct __test_metadata *_metadata, struct peer *p, int n)
{
	int fd, i;

	EXPECT_EQ(0, host_is_patient());
	/* Nor does it probe for the loss of the last. */
	EXPECT_EQ(0, set_sysctl("ipv4/tcp_early_retrans", "0"));
	fd = sack_connection(_metadata, p);
	EXPECT_EQ(0, send_segments(fd, n));
	for (i = 0; i < n; i++)
		expect(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	return fd;
}

/* The host sends this segment again. */
static inline void expect_resent(struct __test_metadata *_metadata, struct peer *p, int i)
{
	expect_again(_metadata, p, ACK, p->ack + MSS * i, p->seq);
	EXPECT_EQ(MSS, data_len(p->f));
}

#endif /* _KITE_TCP_REPORTS_H */
