/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP peer made by hand: it sits on the wire (wire.h), says any segment it likes,
 * and hears what the host answers.
 *
 * However slow the machine is, the host's timers run: what it sent once may come
 * again before the test got to answer. So the peer takes no notice of a segment it
 * has heard already, but where a test asks for the repetition.
 */
#ifndef _KITE_TCP_PEER_H
#define _KITE_TCP_PEER_H

#include "wire.h"

#include <sys/utsname.h>

#define HOST_PORT	7000
#define OUR_ISN		0xfffffff0	/* so that numbers pass zero soon */
#define WINDOW		8192

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

/*
 * struct peer - our end of one connection
 * @w: the wire
 * @f: the last frame sent or heard
 * @family: of the host's sockets
 * @port: ours
 * @seq: our next sequence number
 * @ack: the host's next, as far as we heard
 * @heard: of what the host sent to @heard.port last: the flags and the number of
 *	its SYN, and the number behind all octets
 */
struct peer {
	struct wire *w;
	struct frame *f;
	int family;
	uint16_t port;
	uint32_t seq;
	uint32_t ack;
	struct {
		uint16_t port;
		unsigned int syn_flags;
		uint32_t isn;
		uint32_t end;
	} heard;
};

static inline struct tcphdr *tcp_of(struct frame *f)
{
	return (struct tcphdr *)(f->bytes + f->ip.ihl * 4);
}

static inline unsigned int flags_of(struct frame *f)
{
	return ((unsigned char *)tcp_of(f))[13] & (FIN | SYN | RST | ACK);
}

static inline size_t header_len(struct frame *f)
{
	return tcp_of(f)->doff * 4;
}

static inline size_t data_len(struct frame *f)
{
	return f->len - f->ip.ihl * 4 - header_len(f);
}

static inline unsigned char *data_of(struct frame *f)
{
	return (unsigned char *)tcp_of(f) + header_len(f);
}

/* The checksum of the segment, after it was changed. */
static inline void seal_segment(struct frame *f)
{
	static unsigned char pseudo[12 + FRAME_MAX];
	size_t len = f->len - f->ip.ihl * 4;

	tcp_of(f)->check = 0;
	memcpy(pseudo, &f->ip.saddr, 8);
	pseudo[8] = 0;
	pseudo[9] = IPPROTO_TCP;
	pseudo[10] = len >> 8;
	pseudo[11] = len;
	memcpy(pseudo + 12, tcp_of(f), len);
	tcp_of(f)->check = checksum(pseudo, 12 + len);
}

/* A segment from @p->port to the host's port 7000. */
static inline void segment(struct peer *p, unsigned int flags, uint32_t seq,
			   uint32_t ack, const char *data)
{
	size_t len = strlen(data);
	struct tcphdr *th;

	packet(p->f, PEER, HOST, IPPROTO_TCP, sizeof(*th) + len);
	th = tcp_of(p->f);
	th->source = htons(p->port);
	th->dest = htons(HOST_PORT);
	th->seq = htonl(seq);
	th->ack_seq = htonl(ack);
	th->doff = sizeof(*th) / 4;
	((unsigned char *)th)[13] = flags;
	th->window = htons(WINDOW);
	memcpy(th + 1, data, len);
	seal_segment(p->f);
}

/* Options, a multiple of four octets, behind the header of a segment. */
static inline void add_tcp_options(struct frame *f, const void *options, size_t len)
{
	unsigned char *data = data_of(f);

	memmove(data + len, data, data_len(f));
	memcpy(data, options, len);
	f->len += len;
	f->ip.tot_len = htons(f->len);
	tcp_of(f)->doff += len / 4;
	seal(f);
	seal_segment(f);
}

static inline int tell(struct peer *p, unsigned int flags, uint32_t seq,
		       uint32_t ack, const char *data)
{
	segment(p, flags, seq, ack, data);
	return transmit(p->w, p->f);
}

/* A segment with an urgent pointer. */
static inline int tell_urgent(struct peer *p, unsigned int flags, uint32_t seq,
			      uint32_t ack, const char *data, uint16_t pointer)
{
	segment(p, flags | URG, seq, ack, data);
	tcp_of(p->f)->urg_ptr = htons(pointer);
	seal_segment(p->f);
	return transmit(p->w, p->f);
}

/* The urgent pointer of a segment, 0 without one, -1 for one that does not count. */
static inline int pointer_of(struct frame *f)
{
	int pointer = ntohs(tcp_of(f)->urg_ptr);

	return tcp_of(f)->urg || !pointer ? pointer : -1;
}

static inline int tell_window(struct peer *p, uint16_t window, const char *data)
{
	segment(p, ACK, p->seq, p->ack, data);
	tcp_of(p->f)->window = htons(window);
	seal_segment(p->f);
	return transmit(p->w, p->f);
}

static inline bool is_ours(struct peer *p)
{
	return p->f->ip.protocol == IPPROTO_TCP &&
		tcp_of(p->f)->dest == htons(p->port);
}

/* Whether all that @p->f says was heard before; if not, it is now. */
static inline bool is_repeat(struct peer *p)
{
	unsigned int flags = flags_of(p->f);
	uint32_t seq = ntohl(tcp_of(p->f)->seq), end;

	end = seq + data_len(p->f) + !!(flags & SYN) + !!(flags & FIN);
	if (end == seq || flags & RST)
		return false;
	if (p->heard.port == p->port) {
		if (flags & SYN ? flags == p->heard.syn_flags && seq == p->heard.isn
				: (int32_t)(end - p->heard.end) <= 0)
			return true;
	} else {
		memset(&p->heard, 0, sizeof(p->heard));
		p->heard.port = p->port;
	}
	if (flags & SYN) {
		p->heard.syn_flags = flags;
		p->heard.isn = seq;
	}
	p->heard.end = end;
	return false;
}

/* The next segment of our connection; -1 when none comes soon. */
static inline int hear_any(struct peer *p)
{
	while (!receive(p->w, p->f, SOON))
		if (is_ours(p))
			return 0;
	return -1;
}

/* The next one that says something new. */
static inline int hear(struct peer *p)
{
	do {
		if (hear_any(p))
			return -1;
	} while (is_repeat(p));
	return 0;
}

/* The next one that says what we have heard already. */
static inline int hear_again(struct peer *p)
{
	do {
		if (hear_any(p))
			return -1;
	} while (!is_repeat(p));
	return 0;
}

/* It was this that the host said. */
static inline void expect_segment(struct __test_metadata *_metadata,
				  struct peer *p, unsigned int flags,
				  uint32_t seq, uint32_t ack)
{
	EXPECT_EQ(flags, flags_of(p->f));
	EXPECT_EQ(seq, ntohl(tcp_of(p->f)->seq));
	if (flags & ACK)
		EXPECT_EQ(ack, ntohl(tcp_of(p->f)->ack_seq));
}

/* The host says this next, on the connection. */
static inline void expect(struct __test_metadata *_metadata, struct peer *p,
			  unsigned int flags, uint32_t seq, uint32_t ack)
{
	ASSERT_EQ(0, hear(p)) {
		TH_LOG("no segment came");
	}
	expect_segment(_metadata, p, flags, seq, ack);
}

/* We take our window back, by what is new: Linux before 6.6 believes nothing else. */
static inline void close_window(struct __test_metadata *_metadata, struct peer *p)
{
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "x"));
	expect(_metadata, p, ACK, p->ack, ++p->seq);
	ASSERT_EQ(0, tell_window(p, 0, "y"));
	expect(_metadata, p, ACK, p->ack, ++p->seq);
}

/* Whether the kernel is of that version or a later one. */
static inline bool linux_is_since(int major, int minor)
{
	struct utsname name;
	int is_major, is_minor;

	return !uname(&name) &&
	       sscanf(name.release, "%d.%d", &is_major, &is_minor) == 2 &&
	       (is_major > major || (is_major == major && is_minor >= minor));
}

/* The host says this, which we have heard already. */
static inline void expect_again(struct __test_metadata *_metadata, struct peer *p,
				unsigned int flags, uint32_t seq, uint32_t ack)
{
	ASSERT_EQ(0, hear_again(p)) {
		TH_LOG("no segment came again");
	}
	expect_segment(_metadata, p, flags, seq, ack);
}

/* The host has nothing new to say on the connection: a ping is answered first. */
static inline void silence(struct __test_metadata *_metadata, struct peer *p)
{
	static uint16_t sequence;
	static struct frame ping;

	echo(&ping, HOST, 8);
	icmp_of(&ping)->un.echo.sequence = htons(++sequence);
	icmp_of(&ping)->checksum = 0;
	icmp_of(&ping)->checksum = checksum(icmp_of(&ping), 16);
	ASSERT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
		if (p->f->ip.protocol == IPPROTO_ICMP)
			break;
		EXPECT_FALSE(is_ours(p) && !is_repeat(p)) {
			TH_LOG("the host said %#x", flags_of(p->f));
		}
	}
}

/* Nothing comes, not even again: a ping is answered first. */
static inline void quiet(struct __test_metadata *_metadata, struct peer *p)
{
	__typeof__(p->heard) heard = p->heard;

	memset(&p->heard, 0, sizeof(p->heard));
	silence(_metadata, p);
	p->heard = heard;
}

/* KITE has counted it so often; Linux's own counters have other names. */
static inline void counted(struct __test_metadata *_metadata, struct peer *p,
			   const char *name, unsigned long times)
{
	if (p->family == AF_KITE)
		EXPECT_EQ(times, counter(name));
}

/* An ICMP error that quotes what the host sent. */
static inline void complaint_of(struct frame *error, const struct frame *about, int type,
				int code, int mtu, uint32_t seq_offset)
{
	static struct frame quoted;
	struct icmphdr *icmph;

	icmph = message(error, STRANGER, HOST, type, code, 28);
	memcpy(quoted.bytes, about->bytes, 28);
	tcp_of(&quoted)->seq = htonl(ntohl(tcp_of(&quoted)->seq) + seq_offset);
	memcpy(icmph + 1, quoted.bytes, 28);
	icmph->un.frag.mtu = htons(mtu);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, sizeof(*icmph) + 28);
}

/* ... comes from the wire. */
static inline int complain_of(struct peer *p, const struct frame *about, int type,
			      int code, int mtu, uint32_t seq_offset)
{
	static struct frame error;

	complaint_of(&error, about, type, code, mtu, seq_offset);
	return transmit(p->w, &error);
}

static inline int complain(struct peer *p, const struct frame *about, int code,
			   int mtu, uint32_t seq_offset)
{
	return complain_of(p, about, ICMP_DEST_UNREACH, code, mtu, seq_offset);
}

/* The host's next connections send nothing again before that time is over. */
static inline int host_waits(const char *rto_min)
{
	static const char route[] = "ip route change 10.0.0.0/24 dev v0 "
		"proto kernel scope link src " HOST;

	undo("%s", route);
	return run("%s rto_min %s", route, rto_min);
}

/* No timeout of the host's makes it say anything again in this test. */
static inline int host_is_patient(void)
{
	return host_waits("60s");
}

/*
 * The host's next connections leave it not to the device to make segments: Linux
 * would wait for an ACK rather than send the last of what the window lets out.
 */
static inline int host_makes_segments(void)
{
	undo("ip link set v0 gso_max_segs 65535");
	return run("ip link set v0 gso_max_segs 1");
}

/* A socket at the host's port 7000, whatever an earlier test left there. */
static inline int host_socket(struct peer *p)
{
	int fd = socket(p->family, SOCK_STREAM, 0);

	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    bind_to(fd, p->family, HOST, HOST_PORT))
		return -1;
	abortive(fd);
	return fd;
}

static inline int host_listens(struct peer *p, int backlog)
{
	int fd = host_socket(p);

	return listen(fd, backlog) ? -1 : fd;
}

/* We connect to the host's listener; all but accept(). */
static inline void shake_hands(struct __test_metadata *_metadata, struct peer *p)
{
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	ASSERT_EQ(p->seq, ntohl(tcp_of(p->f)->ack_seq));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
}

/* The connection that waits at a listener, or is about to. */
static inline int accepted(struct __test_metadata *_metadata, int listener)
{
	int fd;

	EXPECT_EQ(POLLIN, wait_for(listener, POLLIN));
	fd = accept(listener, NULL, NULL);
	EXPECT_LE(0, fd);
	abortive(fd);
	return fd;
}

/* A connection between us and the host's @fd. */
static inline int connection(struct __test_metadata *_metadata, struct peer *p)
{
	int listener = host_listens(p, 1), fd;

	EXPECT_LE(0, listener);
	shake_hands(_metadata, p);
	fd = accepted(_metadata, listener);
	close(listener);
	return fd;
}

/* The host's close() sends a FIN, and no reset. */
static inline void close_gently(int fd)
{
	struct linger linger = {};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* The host connects to us, and does not wait. */
static inline int host_connects(struct __test_metadata *_metadata, struct peer *p)
{
	int fd = host_socket(p);

	EXPECT_LE(0, fd);
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	EXPECT_EQ(0, hear(p));
	EXPECT_EQ(SYN, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	p->seq = OUR_ISN;
	return fd;
}

/* Of five full segments the first is lost; the host sends it again. */
static inline void first_of_five_is_lost(struct __test_metadata *_metadata,
					 struct peer *p)
{
	int i;

	for (i = 0; i < 5; i++)
		expect(_metadata, p, ACK, p->ack + i * 536, p->seq);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	expect_again(_metadata, p, ACK, p->ack, p->seq);
}

/* Full segments, each 536 octets: we offered no MSS; host_makes_segments(). */
static inline int send_segments(int fd, int n)
{
	static char data[100 * 536];

	return send(fd, data, n * 536, 0) == n * 536 ? 0 : -1;
}

#define PEER_OF(self, variant)						\
	{ .w = &(self)->w, .f = &(self)->f, .family = (variant)->family,	\
	  .port = 20000 + getpid() % 40000 }

#define TCP_TEST(name)							\
	static void name(struct __test_metadata *_metadata,		\
			 struct peer *p);				\
	TEST_F(tcp, name)						\
	{								\
		struct peer p = PEER_OF(self, variant);			\
									\
		name(_metadata, &p);					\
	}								\
	static void name(struct __test_metadata *_metadata,		\
			 struct peer *p)

#endif /* _KITE_TCP_PEER_H */
