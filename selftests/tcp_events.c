// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of segment in every state: any set of flags, numbers before, at, in and
 * beyond the window, acknowledgments of what was sent and of what was not, with data
 * and without. What the host answers, the state that it is in afterwards and what the
 * socket tells its owner must be the same for Linux's own TCP and for KITE's.
 * time limit: 600 s
 */
#include "tcp_peer.h"

#include <sys/mman.h>

/* How far a number is from the next one, of the peer's and of the host's. */
static const int32_t seqs[] = { 0, -1, 100, -100000, 1 << 20 };
static const int32_t acks[] = { 0, -1, 1, -100000 };

#define FLAGS	(FIN | SYN | RST | ACK)
#define CASES	(16 * 2 * 5 * 4)

/*
 * struct scene - a connection that a segment comes to
 * @p: the peer's end: its next number, and the host's
 * @listener: the host's, or -1
 * @fd: the host's socket, or -1
 */
struct scene {
	struct peer p;
	int listener;
	int fd;
};

/*
 * struct outcome - what came of a segment
 * @n: answers
 * @answer: each, its numbers relative to the scene's; that of a SYN is anyone's guess
 * @state: as /proc/net/tcp tells, 0 when it tells of no such connection
 * @events: poll()'s of the socket
 * @error: SO_ERROR
 */
struct outcome {
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

typedef void (*enter_t)(struct __test_metadata *_metadata, struct scene *s);

/* --- states --------------------------------------------------------------- */

static void nothing(struct __test_metadata *_metadata, struct scene *s)
{
	s->p.seq = OUR_ISN;
	s->p.ack = 5000;
}

static void syn_recv(struct __test_metadata *_metadata, struct scene *s)
{
	s->p.seq = OUR_ISN;
	ASSERT_EQ(0, tell(&s->p, SYN, s->p.seq++, 0, ""));
	ASSERT_EQ(0, hear(&s->p));
	ASSERT_EQ(SYN | ACK, flags_of(s->p.f));
	s->p.ack = ntohl(tcp_of(s->p.f)->seq) + 1;
}

static void syn_sent(struct __test_metadata *_metadata, struct scene *s)
{
	s->fd = host_connects(_metadata, &s->p);
}

static void crossed_syns(struct __test_metadata *_metadata, struct scene *s)
{
	syn_sent(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, SYN, s->p.seq++, 0, ""));
	expect(_metadata, &s->p, SYN | ACK, s->p.ack - 1, s->p.seq);
}

static void established(struct __test_metadata *_metadata, struct scene *s)
{
	shake_hands(_metadata, &s->p);
	ASSERT_EQ(POLLIN, wait_for(s->listener, POLLIN));
	s->fd = accept(s->listener, NULL, NULL);
	ASSERT_LE(0, s->fd);
	abortive(s->fd);
}

static void close_wait(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

/* The host sends its FIN; its next number is behind it. */
static void says_fin(struct __test_metadata *_metadata, struct scene *s)
{
	expect(_metadata, &s->p, FIN | ACK, s->p.ack, s->p.seq);
	s->p.ack++;
}

static void last_ack(struct __test_metadata *_metadata, struct scene *s)
{
	close_wait(_metadata, s);
	ASSERT_EQ(0, shutdown(s->fd, SHUT_WR));
	says_fin(_metadata, s);
}

static void fin_wait1(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	ASSERT_EQ(0, shutdown(s->fd, SHUT_WR));
	says_fin(_metadata, s);
}

static void fin_wait2(struct __test_metadata *_metadata, struct scene *s)
{
	fin_wait1(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, ACK, s->p.seq, s->p.ack, ""));
}

static void closing(struct __test_metadata *_metadata, struct scene *s)
{
	fin_wait1(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack - 1, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

static void orphan_fin_wait1(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	close_gently(s->fd);
	s->fd = -1;
	says_fin(_metadata, s);
}

static void orphan_fin_wait2(struct __test_metadata *_metadata, struct scene *s)
{
	orphan_fin_wait1(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, ACK, s->p.seq, s->p.ack, ""));
}

static void time_wait(struct __test_metadata *_metadata, struct scene *s)
{
	orphan_fin_wait2(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

/* --- one segment ---------------------------------------------------------- */

static unsigned int state_of(struct peer *p)
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

/* What the host says until it has answered a ping. */
static void hear_out(struct __test_metadata *_metadata, struct scene *s,
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

/* Nothing of this case is left that the next one would meet. */
static void clear(struct scene *s, uint32_t seq)
{
	int fd;

	tell(&s->p, RST, s->p.seq, 0, "");
	tell(&s->p, RST, seq + 1, 0, "");
	if (s->fd >= 0)
		close(s->fd);
	while (s->listener >= 0 && (fd = accept(s->listener, NULL, NULL)) >= 0) {
		abortive(fd);
		close(fd);
	}
}

/* The parts of a case that its number stands for. */
static unsigned int flags_in(int i) { return i % 16 % 8 | (i % 16 / 8) * ACK; }
static const char *data_in(int i) { return i / 16 % 2 ? "hello" : ""; }
static int32_t seq_in(int i) { return seqs[i / 32 % 5]; }
static int32_t ack_in(int i) { return acks[i / 160]; }

/*
 * Where docs/MIRROR.md says that KITE differs: it takes what comes with a SYN-ACK;
 * RFC 5961 holds for half-open connections and orphans, too; and an acknowledgment
 * has to be of something that was sent, RFC 9293 3.10.7.4.
 */
static bool on_purpose(enter_t enter, int i)
{
	bool near = seq_in(i) >= -1 && seq_in(i) <= 100;
	unsigned int flags = flags_in(i);

	if (enter == syn_sent)
		return (flags & (SYN | RST)) == SYN && (flags & FIN || *data_in(i));
	if (enter == syn_recv)
		return near && (flags & RST ? seq_in(i) != 0 : flags & SYN);
	if (enter == orphan_fin_wait2)
		return flags & RST ? seq_in(i) != 0 : near && flags & SYN;
	if (enter == crossed_syns)
		return flags & ACK && ack_in(i) == -1;
	return enter == established && flags & ACK && ack_in(i) == 1;
}

static void meet(struct __test_metadata *_metadata, struct scene *s, enter_t enter,
		 int i, struct outcome *out)
{
	unsigned int flags = flags_in(i);
	uint32_t seq, ack;

	s->p.port++;
	s->fd = -1;
	memset(out, 0, sizeof(*out));
	enter(_metadata, s);
	seq = s->p.seq + seq_in(i);
	ack = flags & ACK ? s->p.ack + ack_in(i) : 0;
	ASSERT_EQ(0, tell(&s->p, flags, seq, ack, data_in(i)));
	hear_out(_metadata, s, out);
	out->state = state_of(&s->p);
	if (s->fd >= 0) {
		out->events = polled(s->fd, POLLIN | POLLOUT | POLLRDHUP);
		out->error = so_error(s->fd);
	}
	clear(s, seq);
}

/* --- all of them ---------------------------------------------------------- */

/* The port that no test has used yet. */
static uint16_t *next_port;

__attribute__((constructor))
static void first_port(void)
{
	next_port = mmap(NULL, sizeof(*next_port), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*next_port = 10000;
}

static void go_to(struct __test_metadata *_metadata, struct scene *s, int family,
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
	s->p = (struct peer){ .w = &w, .f = &f, .family = family,
				.port = *next_port };
	s->listener = -1;
	if (listens) {
		s->listener = host_listens(&s->p, 1000);
		ASSERT_LE(0, s->listener);
		nonblocking(s->listener);
	}
}

static const char *flag_names(unsigned int flags)
{
	static char text[4][32];
	static unsigned int turn;
	char *t = text[turn++ % 4];

	snprintf(t, sizeof(text[0]), "%s%s%s%s", flags & FIN ? "FIN " : "",
		 flags & SYN ? "SYN " : "", flags & RST ? "RST " : "",
		 flags & ACK ? "ACK " : "");
	return t;
}

static void tell_of(const char *who, const struct outcome *out)
{
	unsigned int i;

	printf("#   %s: state %u, events %#x, error %d\n", who, out->state,
	       out->events, out->error);
	for (i = 0; i < out->n; i++)
		printf("#      says %sseq %+d ack %+d\n", flag_names(out->answer[i].flags),
		       out->answer[i].seq, out->answer[i].ack);
}

/*
 * A retransmission of the host's that just happens to fall into a case is in its
 * outcome; it does not happen to do so in every one of a few attempts.
 */
static void all_segments(struct __test_metadata *_metadata, enter_t enter, bool listens)
{
	static const int families[] = { AF_INET, AF_KITE };
	static struct outcome outcomes[2][CASES];
	static bool differs[CASES];
	struct scene s;
	int attempt, family, i, left = CASES;

	memset(differs, true, sizeof(differs));
	for (attempt = 0; attempt < 3 && left; attempt++) {
		for (family = 0; family < 2; family++) {
			go_to(_metadata, &s, families[family], listens);
			for (i = 0; i < CASES; i++)
				/* Without ACK, one acknowledgment is as good as another. */
				if (differs[i] && (flags_in(i) & ACK || i < 160) &&
				    !on_purpose(enter, i))
					meet(_metadata, &s, enter, i, &outcomes[family][i]);
			*next_port = s.p.port;
			if (listens)
				close(s.listener);
		}
		for (left = 0, i = 0; i < CASES; i++) {
			differs[i] = memcmp(&outcomes[0][i], &outcomes[1][i],
					    sizeof(outcomes[0][i]));
			left += differs[i];
		}
	}
	EXPECT_EQ(0, left);
	for (i = 0; i < CASES; i++) {
		if (!differs[i])
			continue;
		printf("# %sseq %+d ack %+d data '%s'\n", flag_names(flags_in(i)),
		       seq_in(i), ack_in(i), data_in(i));
		tell_of("IPv4", &outcomes[0][i]);
		tell_of("KITE", &outcomes[1][i]);
	}
}

#define EVENTS_TEST(name, enter, listens)		\
	TEST(name)					\
	{						\
		all_segments(_metadata, enter, listens);	\
	}

EVENTS_TEST(at_a_closed_port, nothing, false)
EVENTS_TEST(at_a_listener, nothing, true)
EVENTS_TEST(in_SYN_SENT, syn_sent, false)
EVENTS_TEST(in_SYN_RECV_of_a_listener, syn_recv, true)
EVENTS_TEST(in_SYN_RECV_of_crossed_SYNs, crossed_syns, false)
EVENTS_TEST(in_ESTABLISHED, established, true)
EVENTS_TEST(in_FIN_WAIT1, fin_wait1, true)
EVENTS_TEST(in_FIN_WAIT1_of_an_orphan, orphan_fin_wait1, true)
EVENTS_TEST(in_FIN_WAIT2, fin_wait2, true)
EVENTS_TEST(in_FIN_WAIT2_of_an_orphan, orphan_fin_wait2, true)
EVENTS_TEST(in_CLOSE_WAIT, close_wait, true)
EVENTS_TEST(in_CLOSING, closing, true)
EVENTS_TEST(in_LAST_ACK, last_ack, true)
EVENTS_TEST(in_TIME_WAIT, time_wait, true)

TEST_HARNESS_MAIN
