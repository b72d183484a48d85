// SPDX-License-Identifier: GPL-2.0
/*
 * Mutated frames of every kind at a host with sockets of every kind, which is a
 * router as well. Afterwards it is alive, and nothing of them is left in it. What
 * the kernel has to say meanwhile, KASAN for one, the runner looks for.
 *
 * The environment says how many frames (KITE_FUZZ_COUNT) and which
 * (KITE_FUZZ_SEED); a seed that is 0 is drawn anew. The test prints both.
 * time limit: 300 s
 */
#include "fuzz.h"

#include "alive.h"
#include "traced.h"
#include "volley.h"

/* Frames between two looks at how far the host got. */
#define ROUND	512

#define UDP_SOCKETS	4

struct sockets {
	int udp[UDP_SOCKETS];
	int listening;
	int raw, raw_icmp, ping;
	int streams[2];		/* a connection over loopback */
	int peer;		/* the host's end of the one with the wire */
};

FIXTURE(fuzz) {
	struct wire w;
	struct fuzz z;
	struct sockets s;
	unsigned long count;
	unsigned long seed;
};

/* 200,000 frames for a kernel that checks itself; others see fewer. */
static unsigned long default_count(void)
{
	return is_debug_kernel() ? 200000 : 30000;
}

static int make_router(void)
{
	if (run("ip link add d0 type dummy && ip link set d0 mtu 600 up &&"
		"ip address add 10.1.0.1/24 dev d0 &&"
		"ip address add " GROUP "/32 dev v0 autojoin"))
		return -1;
	undo("ip link del d0; ip address del " GROUP "/32 dev v0");
	return set_sysctl("kite/forwarding", "1") ||
	       set_sysctl("ipv4/ip_forward", "1") ||
	       set_sysctl("ipv4/conf/all/accept_source_route", "1") ||
	       set_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0") ||
	       set_sysctl("ipv4/ping_group_range", "0 0") ||
	       /* What waits for the rest of a datagram shall not wait long. */
	       set_sysctl("ipv4/ipfrag_time", "1") ||
	       /* Nor a connection that was closed, for a peer who is not there. */
	       set_sysctl("ipv4/tcp_orphan_retries", "1");
}

static int make_sockets(struct sockets *s, uint16_t *ident)
{
	const unsigned char echo_request[8] = { ICMP_ECHO };
	int i;

	for (i = 0; i < UDP_SOCKETS; i++) {
		s->udp[i] = socket(AF_KITE, SOCK_DGRAM, 0);
		if (bind_to(s->udp[i], AF_KITE, "0.0.0.0", UDP_PORT + i))
			return -1;
	}
	/* One that has a peer, and whom errors may concern. */
	if (connect_to(s->udp[1], AF_KITE, PEER, PEER_PORT))
		return -1;
	s->listening = socket(AF_KITE, SOCK_STREAM, 0);
	if (bind_to(s->listening, AF_KITE, "0.0.0.0", TCP_PORT) ||
	    listen(s->listening, 64) || nonblocking(s->listening))
		return -1;
	s->raw = socket(AF_KITE, SOCK_RAW, PROTOCOL);
	s->raw_icmp = socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP);
	s->ping = socket(AF_KITE, SOCK_DGRAM, IPPROTO_ICMP);
	s->peer = -1;
	if (s->raw < 0 || s->raw_icmp < 0 || s->ping < 0 ||
	    connect_to(s->ping, AF_KITE, PEER, 0) ||
	    send(s->ping, echo_request, 8, 0) != 8)
		return -1;
	*ident = htons(port_of(s->ping));
	return stream_pair(AF_KITE, s->streams);
}

static void drain(int fd)
{
	char buf[2048];

	while (fd >= 0 && (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 ||
			   errno == ECONNREFUSED || errno == EHOSTUNREACH ||
			   errno == EPROTO || errno == ENOPROTOOPT))
		errno = 0;
}

static void drain_all(struct sockets *s)
{
	int i, fd;

	for (i = 0; i < UDP_SOCKETS; i++)
		drain(s->udp[i]);
	drain(s->raw);
	drain(s->raw_icmp);
	drain(s->ping);
	drain(s->peer);
	while ((fd = accept(s->listening, NULL, NULL)) >= 0)
		close(fd);
}

/* Frames that the host has seen since the test began. */
static unsigned long seen(void)
{
	return counter("Ip.InReceives") + counter("KiteExt.InOtherHost");
}

/* Wait until the host has seen @n frames. */
static int wait_seen(unsigned long n)
{
	int ms;

	for (ms = 0; seen() < n; ms += 2) {
		if (ms > 60000)
			return -1;
		usleep(2000);
	}
	return 0;
}

static void tcp_frame(struct frame *f, uint16_t port, uint32_t seq,
		      uint32_t ack, int flags)
{
	unsigned char *th;

	packet(f, PEER, HOST, IPPROTO_TCP, 20);
	th = payload_of(f);
	put16(th, port);
	put16(th + 2, TCP_PORT);
	put32(th + 4, seq);
	put32(th + 8, ack);
	th[12] = 5 << 4;
	th[13] = flags;
	put16(th + 14, 8000);
	seal_transport(f);
	seal(f);
}

/* Shake hands from the wire: a connection that the frames can be about. */
static int connect_from_wire(struct wire *w, struct fuzz *z, struct sockets *s)
{
	static struct frame f;
	unsigned char *th = f.bytes + 20;
	int ms;

	if (s->peer >= 0)
		close(s->peer);
	s->peer = -1;
	z->seq = draw(z);
	/* Whatever was there before: it is over. */
	tcp_frame(&f, PEER_PORT, z->seq, 0, 0x04);
	if (transmit(w, &f))
		return -1;
	while (!receive(w, &f, 0))
		;
	tcp_frame(&f, PEER_PORT, z->seq, 0, 0x02);
	if (transmit(w, &f))
		return -1;
	for (ms = 0; ms < 1000; ms += 10) {
		/* Not every time somebody is there to answer: a full queue. */
		if (receive(w, &f, 10))
			continue;
		if (f.ip.protocol != IPPROTO_TCP || th[13] != 0x12 ||
		    th[2] != PEER_PORT >> 8 || th[3] != (PEER_PORT & 0xff) ||
		    f.ip.ihl != 5 || memcmp(th + 8, (unsigned char []) {
			(z->seq + 1) >> 24, (z->seq + 1) >> 16,
			(z->seq + 1) >> 8, z->seq + 1 }, 4))
			continue;
		z->seq++;
		z->ack = ((uint32_t)th[4] << 24 | th[5] << 16 | th[6] << 8 |
			  th[7]) + 1;
		tcp_frame(&f, PEER_PORT, z->seq, z->ack, 0x10);
		return transmit(w, &f);
	}
	return 0;
}

static int send_round(struct wire *w, struct fuzz *z, unsigned int n)
{
	static struct volley v;
	static struct frame f;
	struct sockaddr_ll *to;

	while (n--) {
		make_frame(z, &f);
		to = volley_add(&v, w, &f);
		if (one_in(z, 32))
			memset(to->sll_addr, 0xff, ETH_ALEN);
		else if (one_in(z, 64))
			to->sll_addr[0] |= 1;
		if ((v.n == VOLLEY || !n) && volley_send(&v, w))
			return -1;
	}
	return 0;
}

FIXTURE_SETUP(fuzz)
{
	int size = 4 << 20;

	ASSERT_EQ(0, wire_take(&self->w, AF_KITE));
	self->count = number("KITE_FUZZ_COUNT", default_count());
	self->seed = seed_asked_for();
	self->z.state = self->seed;
	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", self->count,
	       self->seed);

	note_memory(_metadata);
	ASSERT_EQ(0, make_router());
	ASSERT_OK(set_int(self->w.fd, SOL_SOCKET, SO_SNDBUFFORCE, size));
	ASSERT_EQ(0, make_sockets(&self->s, &self->z.ident));
	/* What is traced is looked at, in all states in which it can be. */
	ASSERT_EQ(0, trace_begin());
	ASSERT_EQ(0, trace_event("kite"));
}

FIXTURE_TEARDOWN(fuzz)
{
	EXPECT_EQ(0, trace_end());
	EXPECT_EQ(0, run("%s", wire_undo));
}

TEST_F_TIMEOUT(fuzz, mutated_frames_of_every_kind, 1800)
{
	struct linger now = { .l_onoff = 1 };
	struct sockets *s = &self->s;
	unsigned long done = 0, n;
	char c = 'x';
	int i;

	for (n = 0; done < self->count; n++) {
		unsigned long before, round = self->count - done;

		if (round > ROUND)
			round = ROUND;
		/* Again and again: any of them may end it. */
		if (n % 16 == 0)
			ASSERT_EQ(0, connect_from_wire(&self->w, &self->z, s));
		before = seen();
		ASSERT_EQ(0, send_round(&self->w, &self->z, round));
		done += round;
		ASSERT_EQ(0, wait_seen(before + round)) {
			TH_LOG("%lu of %lu frames seen, of %lu in all",
			       seen() - before, round, done);
		}
		if (n % 16 == 1)
			s->peer = accept(s->listening, NULL, NULL);
		drain_all(s);
	}

	/* They were not all thrown away at the door. */
	EXPECT_LT(self->count / 4, counter("Ip.InDelivers"));
	EXPECT_LT(self->count / 100, counter("Ip.ForwDatagrams"));

	/* The connection that had nothing to do with it is as it was. */
	EXPECT_EQ(1, send(s->streams[0], &c, 1, 0));
	EXPECT_EQ(1, recv_soon(s->streams[1], &c, 1));
	expect_alive(_metadata, &self->w);

	setsockopt(s->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	setsockopt(s->streams[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	for (i = 0; i < UDP_SOCKETS; i++)
		close(s->udp[i]);
	close(s->listening);
	close(s->raw);
	close(s->raw_icmp);
	close(s->ping);
	close(s->streams[0]);
	close(s->streams[1]);
	if (s->peer >= 0)
		close(s->peer);
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
