/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of TCP segments: what the host's say, and a peer (tcp_peer.h) whose own
 * have timestamps.
 */
#ifndef _KITE_TCP_OPTIONS_H
#define _KITE_TCP_OPTIONS_H

#include "tcp_peer.h"

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, OPT_SACK, OPT_TS = 8 };

#define TSVAL	0xffffff00U	/* our clock: passes zero soon */

/* An option of the last segment, from its kind on; NULL when it has none such. */
static inline const unsigned char *option_of(struct frame *f, int kind)
{
	const unsigned char *p = (unsigned char *)(tcp_of(f) + 1);
	const unsigned char *end = (unsigned char *)tcp_of(f) + header_len(f);

	while (p < end && *p != OPT_EOL) {
		if (*p == kind)
			return p;
		p += *p == OPT_NOP ? 1 : p[1];
	}
	return NULL;
}

static inline uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void put32(unsigned char *p, uint32_t value)
{
	p[0] = value >> 24;
	p[1] = value >> 16;
	p[2] = value >> 8;
	p[3] = value;
}

/* The host's timestamp, and the one that it echoes; 0 when there is none. */
static inline uint32_t tsval_of(struct frame *f)
{
	const unsigned char *ts = option_of(f, OPT_TS);

	return ts ? get32(ts + 2) : 0;
}

static inline uint32_t tsecr_of(struct frame *f)
{
	const unsigned char *ts = option_of(f, OPT_TS);

	return ts ? get32(ts + 6) : 0;
}

/* A segment of ours with a timestamp, made but not sent. */
static inline void segment_at(struct peer *p, unsigned int flags, uint32_t seq,
			      uint32_t ack, const char *data, uint32_t tsval,
			      uint32_t tsecr)
{
	unsigned char ts[12] = { OPT_NOP, OPT_NOP, OPT_TS, 10 };

	put32(ts + 4, tsval);
	put32(ts + 8, tsecr);
	segment(p, flags, seq, ack, data);
	add_tcp_options(p->f, ts, sizeof(ts));
}

static inline int tell_at(struct peer *p, unsigned int flags, uint32_t seq,
			  uint32_t ack, const char *data, uint32_t tsval,
			  uint32_t tsecr)
{
	segment_at(p, flags, seq, ack, data, tsval, tsecr);
	return transmit(p->w, p->f);
}

/* We connect with timestamps to the host's listener; what it said last is heard. */
static inline void shake_hands_at(struct __test_metadata *_metadata,
				  struct peer *p, uint32_t tsval)
{
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell_at(p, SYN, p->seq++, 0, "", tsval, 0));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	ASSERT_EQ(p->seq, ntohl(tcp_of(p->f)->ack_seq));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell_at(p, ACK, p->seq, p->ack, "", tsval,
			     tsval_of(p->f)));
}

/* A connection with timestamps; ours is TSVAL so far. */
static inline int connection_at(struct __test_metadata *_metadata, struct peer *p)
{
	int listener = host_listens(p, 1), fd;

	EXPECT_LE(0, listener);
	shake_hands_at(_metadata, p, TSVAL);
	fd = accepted(_metadata, listener);
	close(listener);
	return fd;
}

static inline struct tcp_info info_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len);
	return info;
}

/* struct tcp_info as the kernel has it. */
struct long_info {
	struct tcp_info known;	/* to the C library */
	uint64_t pacing_rate;
	uint64_t max_pacing_rate;
	uint64_t bytes_acked;
	uint64_t bytes_received;
	uint32_t segs_out;
	uint32_t segs_in;
	uint32_t notsent_bytes;
	uint32_t min_rtt;
	uint32_t data_segs_in;
	uint32_t data_segs_out;
	uint64_t delivery_rate;
	uint64_t busy_time;
	uint64_t rwnd_limited;
	uint64_t sndbuf_limited;
	uint32_t delivered;
	uint32_t delivered_ce;
	uint64_t bytes_sent;
	uint64_t bytes_retrans;
	uint32_t dsack_dups;
	uint32_t reord_seen;
	uint32_t rcv_ooopack;
	uint32_t snd_wnd;
};

static inline struct long_info long_info_of(int fd)
{
	struct long_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len) || len != sizeof(info))
		memset(&info, 0xff, sizeof(info));
	return info;
}

#endif /* _KITE_TCP_OPTIONS_H */
