/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection in any state that TCP knows, between the host and a peer made by hand
 * (tcp_peer.h), and what can be seen of what happens to it: what the host says, the
 * state that it is in, and what the socket tells its owner.
 */
#ifndef _KITE_TCP_SCENE_H
#define _KITE_TCP_SCENE_H

#include "tcp_peer.h"

#include <sys/mman.h>

/*
 * struct scene - a connection that a segment comes to
 * @p: the peer's end: its next number, and the host's
 * @listener: the host's, or -1
 * @fd: the host's socket, or -1
 * @sent: number of the segment that was sent into the scene
 */
struct scene {
	struct peer p;
	int listener;
	int fd;
	uint32_t sent;
};

/*
 * struct outcome - what came of a segment, or of what the host's user called
 * @result: of the last call
 * @failed: its errno
 * @n: segments of the host
 * @answer: each, its numbers relative to the scene's; that of a SYN is anyone's guess
 * @state: as /proc/net/tcp tells, 0 when it tells of no such connection
 * @events: poll()'s of the socket
 * @error: SO_ERROR
 */
struct outcome {
	long result;
	int failed;
	unsigned int n;
	struct {
		unsigned int flags;
		int32_t seq;
		int32_t ack;
	} answer[4];
	unsigned int state;
	short events;
	int error;
};

/* A segment that the host does not answer, and has looked at. */
#define TELL_IN_SILENCE(p, flags, seq, ack)				\
	do {								\
		ASSERT_EQ(0, tell(p, flags, seq, ack, ""));		\
		silence(_metadata, p);					\
	} while (0)

/* What makes a connection of a new port, and brings it into a state. */
typedef void (*enter_t)(struct __test_metadata *_metadata, struct scene *s);

/* --- states --------------------------------------------------------------- */

static inline void nothing(struct __test_metadata *_metadata, struct scene *s)
{
	s->p.seq = OUR_ISN;
	s->p.ack = 5000;
}

static inline void syn_recv(struct __test_metadata *_metadata, struct scene *s)
{
	s->p.seq = OUR_ISN;
	ASSERT_EQ(0, tell(&s->p, SYN, s->p.seq++, 0, ""));
	ASSERT_EQ(0, hear(&s->p));
	ASSERT_EQ(SYN | ACK, flags_of(s->p.f));
	s->p.ack = ntohl(tcp_of(s->p.f)->seq) + 1;
}

static inline void syn_sent(struct __test_metadata *_metadata, struct scene *s)
{
	s->fd = host_connects(_metadata, &s->p);
}

static inline void crossed_syns(struct __test_metadata *_metadata, struct scene *s)
{
	syn_sent(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, SYN, s->p.seq++, 0, ""));
	expect(_metadata, &s->p, SYN | ACK, s->p.ack - 1, s->p.seq);
}

static inline void established(struct __test_metadata *_metadata, struct scene *s)
{
	shake_hands(_metadata, &s->p);
	ASSERT_EQ(POLLIN, wait_for(s->listener, POLLIN));
	s->fd = accept(s->listener, NULL, NULL);
	ASSERT_LE(0, s->fd);
	abortive(s->fd);
}

static inline void close_wait(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

/* The host sends its FIN; its next number is behind it. */
static inline void says_fin(struct __test_metadata *_metadata, struct scene *s)
{
	expect(_metadata, &s->p, FIN | ACK, s->p.ack, s->p.seq);
	s->p.ack++;
}

static inline void last_ack(struct __test_metadata *_metadata, struct scene *s)
{
	close_wait(_metadata, s);
	ASSERT_EQ(0, shutdown(s->fd, SHUT_WR));
	says_fin(_metadata, s);
}

static inline void fin_wait1(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	ASSERT_EQ(0, shutdown(s->fd, SHUT_WR));
	says_fin(_metadata, s);
}

static inline void fin_wait2(struct __test_metadata *_metadata, struct scene *s)
{
	fin_wait1(_metadata, s);
	TELL_IN_SILENCE(&s->p, ACK, s->p.seq, s->p.ack);
}

static inline void closing(struct __test_metadata *_metadata, struct scene *s)
{
	fin_wait1(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack - 1, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

static inline void orphan_fin_wait1(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	close_gently(s->fd);
	s->fd = -1;
	says_fin(_metadata, s);
}

static inline void orphan_fin_wait2(struct __test_metadata *_metadata, struct scene *s)
{
	orphan_fin_wait1(_metadata, s);
	TELL_IN_SILENCE(&s->p, ACK, s->p.seq, s->p.ack);
}

static inline void time_wait(struct __test_metadata *_metadata, struct scene *s)
{
	orphan_fin_wait2(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

/* --- what comes of it ----------------------------------------------------- */

static inline unsigned int state_of(struct peer *p)
{
	FILE *file = fopen(p->family == AF_KITE ? "/proc/net/kite/tcp" :
						  "/proc/net/tcp", "r");
	unsigned int local, remote, state, found = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: %*x:%x %*x:%x %x", &local, &remote, &state) == 3 &&
		    local == HOST_PORT && remote == p->port)
			found = state;
	if (file)
		fclose(file);
	return found;
}

/* The host does not know of the connection any more, soon. */
static inline int wait_forgotten(struct peer *p)
{
	int ms;

	for (ms = 0; state_of(p); ms += 20) {
		if (ms > SOON)
			return -1;
		usleep(20000);
	}
	return 0;
}

/* What the host says until it has answered a ping. */
static inline void hear_out(struct __test_metadata *_metadata, struct scene *s,
			    struct outcome *out)
{
	static struct frame ping;
	struct frame *f = s->p.f;

	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(s->p.w, &ping));
	for (;;) {
		ASSERT_EQ(0, receive(s->p.w, f, SOON));
		if (f->ip.protocol == IPPROTO_ICMP)
			return;
		if (!is_ours(&s->p) || out->n == 4)
			continue;
		out->answer[out->n].flags = flags_of(f);
		if (!(flags_of(f) & SYN))
			out->answer[out->n].seq = ntohl(tcp_of(f)->seq) - s->p.ack;
		if (flags_of(f) & ACK)
			out->answer[out->n].ack = ntohl(tcp_of(f)->ack_seq) - s->p.seq;
		out->n++;
	}
}

/* What can be seen of the scene now, but what the socket itself told already. */
static inline void look(struct __test_metadata *_metadata, struct scene *s,
			struct outcome *out)
{
	hear_out(_metadata, s, out);
	out->state = state_of(&s->p);
	if (s->fd >= 0) {
		out->events = polled(s->fd, POLLIN | POLLOUT | POLLRDHUP);
		out->error = so_error(s->fd);
	}
}

/* Nothing of this scene is left that the next one would meet. */
static inline void clear(struct scene *s)
{
	int fd;

	tell(&s->p, RST, s->p.seq, 0, "");
	tell(&s->p, RST, s->sent + 1, 0, "");
	if (s->fd >= 0)
		close(s->fd);
	while (s->listener >= 0 && (fd = accept(s->listener, NULL, NULL)) >= 0) {
		abortive(fd);
		close(fd);
	}
}

/* The port that no test has used yet. */
static uint16_t *next_port;

__attribute__((constructor))
static void first_port(void)
{
	next_port = mmap(NULL, sizeof(*next_port), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*next_port = 10000;
}

/* Make ready for scenes on the host of @family, with a listener or without. */
static inline void go_to(struct __test_metadata *_metadata, struct scene *s, int family,
			 bool listens)
{
	static struct wire w;
	static struct frame f;

	ASSERT_EQ(0, wire_take(&w, family));
	/* Strays are answered, however soon one follows the other. */
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_invalid_ratelimit", "0"));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_challenge_ack_limit", "1000000"));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_max_syn_backlog", "4096"));
	/* No acknowledgment waits for something that it could ride on. */
	ASSERT_EQ(0, run("ip route change 10.0.0.0/24 dev v0 proto kernel scope link "
			 "src " HOST " quickack 1"));
	s->p = (struct peer) {
		.w = &w, .f = &f, .family = family, .port = *next_port,
	};
	s->listener = -1;
	if (listens) {
		s->listener = host_listens(&s->p, 1000);
		ASSERT_LE(0, s->listener);
		nonblocking(s->listener);
	}
}

static inline const char *flag_names(unsigned int flags)
{
	static char text[4][32];
	static unsigned int turn;
	char *t = text[turn++ % 4];

	snprintf(t, sizeof(text[0]), "%s%s%s%s", flags & FIN ? "FIN " : "",
		 flags & SYN ? "SYN " : "", flags & RST ? "RST " : "",
		 flags & ACK ? "ACK " : "");
	return t;
}

static inline void tell_of(const char *who, const struct outcome *out)
{
	unsigned int i;

	printf("#   %s: result %ld (%s), state %u, events %#x, error %d\n", who,
	       out->result, strerror(out->failed), out->state, out->events, out->error);
	for (i = 0; i < out->n; i++)
		printf("#      says %sseq %+d ack %+d\n", flag_names(out->answer[i].flags),
		       out->answer[i].seq, out->answer[i].ack);
}

/* --- all of them ---------------------------------------------------------- */

#define CASES_MAX	1024

/*
 * struct experiment - things that may happen in any state
 * @cases: how many
 * @compares: whether that one is to be compared in that state
 * @happen: it happens; may tell a result
 * @name: of it
 */
struct experiment {
	int cases;
	bool (*compares)(enter_t enter, int i);
	void (*happen)(struct __test_metadata *_metadata, struct scene *s, int i,
		       struct outcome *out);
	const char *(*name)(int i);
};

static inline void meet(struct __test_metadata *_metadata, struct scene *s, enter_t enter,
			const struct experiment *e, int i, struct outcome *out)
{
	s->p.port++;
	s->fd = -1;
	memset(out, 0, sizeof(*out));
	enter(_metadata, s);
	s->sent = s->p.seq;
	e->happen(_metadata, s, i, out);
	look(_metadata, s, out);
	clear(s);
}

/*
 * Each in a scene of its own on Linux's host and on KITE's. A timer of the host's that
 * just happens to fire within a case is in its outcome; it does not happen to do so in
 * every one of a few attempts.
 */
static inline void compare_all(struct __test_metadata *_metadata, enter_t enter,
			       bool listens, const struct experiment *e)
{
	static const int families[] = { AF_INET, AF_KITE };
	static struct outcome outcomes[2][CASES_MAX];
	static bool differs[CASES_MAX];
	int attempt, family, i, left = e->cases;
	/* Prime to the number of things of which a case is one of all combinations. */
	int stride = is_debug_kernel() ? 11 : 1;
	struct scene s;

	ASSERT_GE(CASES_MAX, e->cases);
	for (i = 0; i < e->cases; i++)
		differs[i] = i % stride == 0 && e->compares(enter, i);
	for (attempt = 0; attempt < 5 && left; attempt++) {
		for (family = 0; family < 2; family++) {
			go_to(_metadata, &s, families[family], listens);
			for (i = 0; i < e->cases; i++)
				if (differs[i])
					meet(_metadata, &s, enter, e, i,
					     &outcomes[family][i]);
			*next_port = s.p.port;
			if (listens)
				close(s.listener);
		}
		for (left = 0, i = 0; i < e->cases; i++) {
			differs[i] = memcmp(&outcomes[0][i], &outcomes[1][i],
					    sizeof(outcomes[0][i]));
			left += differs[i];
		}
	}
	EXPECT_EQ(0, left);
	for (i = 0; i < e->cases; i++) {
		if (!differs[i])
			continue;
		printf("# %s\n", e->name(i));
		tell_of("IPv4", &outcomes[0][i]);
		tell_of("KITE", &outcomes[1][i]);
	}
}

#define SCENE_TEST(name, enter, listens)				\
	TEST(name)							\
	{								\
		compare_all(_metadata, enter, listens, &experiment);	\
	}

#endif /* _KITE_TCP_SCENE_H */
