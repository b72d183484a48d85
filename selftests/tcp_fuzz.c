// SPDX-License-Identifier: GPL-2.0
/*
 * Mutated segments at connections in every state. The stream goes on or ends with an
 * errno, and no octet of it is wrong; the host sends no more than it may; nothing is left
 * of it all, and afterwards an honest connection is as good as ever.
 *
 * The environment says how many segments (KITE_FUZZ_COUNT) and which (KITE_FUZZ_SEED); a
 * seed that is 0 is drawn anew. KITE_FUZZ_TARGET is the one connection to be attacked, and
 * every segment of it is shown: the test names the one at which it failed.
 * time limit: 300 s
 */
#include "tcp_fuzz_make.h"

#include "alive.h"
#include "volley.h"

#define BATCH		16	/* segments between two looks at what came of them */
#define BATCHES		8	/* at one connection */
#define BACKLOG		64
#define MANY		32000	/* ports; those of one connection are not those of a crowd */

/* More for a kernel that checks itself: so many that they take it some minutes. */
static unsigned long default_count(void)
{
	return is_debug_kernel() ? 40000 : 10000;
}

FIXTURE(tcp_fuzz) {
	struct wire w;
	struct frame f;
	unsigned long count;
	unsigned long seed;
	int listener;
};

/* --- looking and talking ------------------------------------------------ */

/* What the host has said by now. */
static void hear_all(struct __test_metadata *_metadata, struct target *t)
{
	struct frame *f = t->p.f;
	ssize_t n;

	while ((n = recv(t->p.w->fd, f->bytes, sizeof(f->bytes),
			 MSG_DONTWAIT | MSG_TRUNC)) > 0) {
		f->len = n;
		if (is_ours(&t->p))
			check_segment(_metadata, t, f);
	}
}

/* What the host says until @done, which must be soon. */
#define HEAR_UNTIL(t, done)						\
	do {								\
		long _limit = milliseconds() + SOON;			\
									\
		hear_all(_metadata, t);					\
		while (!(done)) {					\
			ASSERT_GT(_limit, milliseconds()) {		\
				TH_LOG("target %lu: %s", (t)->number, #done); \
			}						\
			wait_for((t)->p.w->fd, POLLIN);			\
			hear_all(_metadata, t);				\
		}							\
	} while (0)

/* All that the host has to say to what it was told. */
static void hear_out(struct __test_metadata *_metadata, struct target *t)
{
	struct frame *f = t->p.f;
	ssize_t n;

	echo(f, HOST, 8);
	ASSERT_EQ(0, transmit(t->p.w, f));
	do {
		ASSERT_EQ(POLLIN, wait_for(t->p.w->fd, POLLIN));
		n = recv(t->p.w->fd, f->bytes, sizeof(f->bytes), MSG_TRUNC);
		ASSERT_LT(0, n);
		f->len = n;
		if (is_ours(&t->p))
			check_segment(_metadata, t, f);
	} while (f->ip.protocol != IPPROTO_ICMP);
}

static void say(struct __test_metadata *_metadata, struct target *t, struct said s)
{
	if (t->timestamps && !(s.flags & SYN)) {
		memset(s.options, OPT_NOP, 2);
		s.options[2] = OPT_TS;
		s.options[3] = 10;
		put32(s.options + 4, t->clock);
		put32(s.options + 8, t->tsecr);
		s.optlen = 12;
	}
	make(t, &s, t->p.f);
	ASSERT_EQ(0, transmit(t->p.w, t->p.f));
	t->p.seq += s.len + !!(s.flags & SYN) + !!(s.flags & FIN);
}

/* The options of our SYN, or of our answer to the host's. */
static void add_syn_options(struct target *t, struct said *s)
{
	unsigned char *o = s->options;

	memset(o, OPT_NOP, sizeof(s->options));
	o[0] = OPT_MSS;
	o[1] = 4;
	o[2] = t->mss >> 8;
	o[3] = t->mss;
	if (t->sack) {
		o[6] = OPT_SACK_OK;
		o[7] = 2;
	}
	if (t->wscale) {
		o[9] = OPT_WSCALE;
		o[10] = 3;
		o[11] = t->wscale;
	}
	if (t->timestamps) {
		o[14] = OPT_TS;
		o[15] = 10;
		put32(o + 16, t->clock);
		put32(o + 20, t->tsecr);
	}
	s->optlen = 24;
}

static void say_syn(struct __test_metadata *_metadata, struct target *t, unsigned int flags)
{
	struct said s = honest(t, flags, 0);

	add_syn_options(t, &s);
	say(_metadata, t, s);
}

/* --- what the program on the host does ---------------------------------- */

static void adopt(struct __test_metadata *_metadata, struct target *t, int fd)
{
	t->fd = fd;
	ASSERT_LE(0, fd);
	nonblocking(fd);
	abortive(fd);
	set_int(fd, SOL_SOCKET, SO_OOBINLINE, t->oob_inline);
	set_int(fd, SOL_TCP, TCP_NODELAY, below(&t->program, 2));
}

static void write_some(struct __test_metadata *_metadata, struct target *t, int32_t len)
{
	unsigned char data[4096];
	ssize_t n;
	int32_t i;

	for (; len > 0 && !t->closing; len -= n) {
		for (i = 0; i < len && i < (int32_t)sizeof(data); i++)
			data[i] = octet(t, true, t->written + i);
		t->written += i;	/* it may be sent before send() returns */
		n = send(t->fd, data, i, MSG_NOSIGNAL);
		t->written -= i - (n > 0 ? n : 0);
		if (n < 0) {
			check_error(_metadata, t, "send");
			return;
		}
	}
}

/* Read, look or only peek. */
static void read_some(struct __test_metadata *_metadata, struct target *t)
{
	unsigned int how = below(&t->program, 8);
	unsigned char data[4096];
	int32_t was = t->read;
	size_t len = how ? sizeof(data) : 1 + below(&t->program, 100);
	ssize_t n;

	do {
		n = recv(t->fd, data, len, how == 1 ? MSG_PEEK : 0);
		if (n < 0) {
			check_error(_metadata, t, "recv");
		} else if (!n) {
			check_end(_metadata, t);
		} else {
			EXPECT_FALSE(t->ended);
			check_read(_metadata, t, data, n);
		}
		t->calls++;
	} while (n > 0 && how > 2);
	if (how == 1)
		t->read = was;
}

static void act(struct __test_metadata *_metadata, struct target *t, int listener)
{
	unsigned char urgent;

	if (t->fd < 0) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			return;
		adopt(_metadata, t, fd);
		/* Is it the one that we know? */
		hear_out(_metadata, t);
		if (t->reborn)
			return;
	}
	if (!one_in(&t->program, 4))
		read_some(_metadata, t);
	if (one_in(&t->program, 4))
		write_some(_metadata, t, below(&t->program, 6000));
	if (one_in(&t->program, 16))
		recv(t->fd, &urgent, 1, MSG_OOB);
	/* Without a handshake there would be no connection any more. */
	if (one_in(&t->program, 32) && t->p.seq != OUR_ISN && !shutdown(t->fd, SHUT_WR))
		t->closing = true;
	check_info(_metadata, t);
}

/* --- states ------------------------------------------------------------- */

/* What brings a new connection into a state. */
typedef void (*enter_t)(struct __test_metadata *_metadata, struct target *t, int listener);

static void to_listener(struct __test_metadata *_metadata, struct target *t, int listener)
{
	t->host_port = HOST_PORT;
	t->p.seq = OUR_ISN;
}

static void to_syn_recv(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_listener(_metadata, t, listener);
	say_syn(_metadata, t, SYN);
	HEAR_UNTIL(t, t->host_syn);
}

static void to_syn_sent(struct __test_metadata *_metadata, struct target *t, int listener)
{
	int fd = socket(AF_KITE, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_to(fd, AF_KITE, HOST, 0));
	t->host_port = port_of(fd);
	t->p.seq = OUR_ISN;
	adopt(_metadata, t, fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, AF_KITE, PEER, t->p.port));
	HEAR_UNTIL(t, t->host_syn);
}

static void to_crossed_syns(struct __test_metadata *_metadata, struct target *t,
			    int listener)
{
	to_syn_sent(_metadata, t, listener);
	say_syn(_metadata, t, SYN);
	HEAR_UNTIL(t, t->host_syn == (SYN | ACK));
}

/* From either side; what is sent is in flight both ways. */
static void connected(struct __test_metadata *_metadata, struct target *t, int listener)
{
	if (one_in(t, 4)) {
		to_syn_sent(_metadata, t, listener);
		say_syn(_metadata, t, SYN | ACK);
	} else {
		to_syn_recv(_metadata, t, listener);
		say(_metadata, t, honest(t, ACK, 0));
		ASSERT_EQ(POLLIN, wait_for(listener, POLLIN));
		adopt(_metadata, t, accept(listener, NULL, NULL));
	}
	say(_metadata, t, honest(t, ACK, below(t, 1000)));
}

static void to_established(struct __test_metadata *_metadata, struct target *t, int listener)
{
	connected(_metadata, t, listener);
	write_some(_metadata, t, 1 + below(t, 20000));
}

static void to_close_wait(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_established(_metadata, t, listener);
	say(_metadata, t, honest(t, FIN | ACK, below(t, 100)));
}

/* The host's program has no more to say, or is gone. */
static void stop(struct target *t)
{
	t->closing = true;
	if (one_in(t, 2)) {
		shutdown(t->fd, SHUT_WR);
	} else {
		/* What was not read would make it a reset. */
		while (recv(t->fd, t->p.f->bytes, FRAME_MAX, 0) > 0)
			;
		close_gently(t->fd);
		t->fd = -1;
	}
}

static void to_last_ack(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_close_wait(_metadata, t, listener);
	HEAR_UNTIL(t, place_of_ours(t, t->p.seq) == t->reached);
	stop(t);
}

static void to_fin_wait1(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_established(_metadata, t, listener);
	hear_out(_metadata, t);
	stop(t);
}

/* As little as goes out at once. */
static void all_sent(struct __test_metadata *_metadata, struct target *t, int listener)
{
	connected(_metadata, t, listener);
	hear_out(_metadata, t);
	write_some(_metadata, t, below(t, 1000));
	stop(t);
	HEAR_UNTIL(t, place_of_host(t, t->p.ack) == t->written + 1);
}

static void to_fin_wait2(struct __test_metadata *_metadata, struct target *t, int listener)
{
	all_sent(_metadata, t, listener);
	say(_metadata, t, honest(t, ACK, 0));
}

static void to_time_wait(struct __test_metadata *_metadata, struct target *t, int listener)
{
	to_fin_wait2(_metadata, t, listener);
	say(_metadata, t, honest(t, FIN | ACK, 0));
}

static void to_closing(struct __test_metadata *_metadata, struct target *t, int listener)
{
	struct said fin;

	all_sent(_metadata, t, listener);
	fin = honest(t, FIN | ACK, 0);
	fin.ack--;
	say(_metadata, t, fin);
}

static const struct {
	const char *name;
	enter_t enter;
} states[] = {
	{ "ESTABLISHED", to_established }, { "LISTEN", to_listener },
	{ "ESTABLISHED", to_established }, { "SYN_RECV", to_syn_recv },
	{ "ESTABLISHED", to_established }, { "SYN_SENT", to_syn_sent },
	{ "ESTABLISHED", to_established }, { "FIN_WAIT1", to_fin_wait1 },
	{ "CLOSE_WAIT", to_close_wait }, { "FIN_WAIT2", to_fin_wait2 },
	{ "ESTABLISHED", to_established }, { "TIME_WAIT", to_time_wait },
	{ "CLOSE_WAIT", to_close_wait }, { "CLOSING", to_closing },
	{ "FIN_WAIT1", to_fin_wait1 }, { "LAST_ACK", to_last_ack },
	{ "simultaneous open", to_crossed_syns },
};

/* --- the attack --------------------------------------------------------- */

static void begin(struct target *t, struct wire *w, struct frame *f, unsigned long seed,
		  unsigned long number)
{
	memset(t, 0, sizeof(*t));
	t->p = (struct peer) {
		.w = w, .f = f, .family = AF_KITE, .port = 1024 + number % MANY,
	};
	t->number = number;
	t->state = (seed + number) * 0x9e3779b97f4a7c15ULL | 1;
	t->program.state = ~t->state;
	t->fd = -1;
	t->oob_inline = below(t, 2);
	t->timestamps = below(t, 2);
	t->sack = !one_in(t, 4);
	t->wscale = PICK(t, 0, 0, 1, 7, 14);
	t->mss = PICK(t, 536, 1000, MSS_MAX, MSS_MAX);
	t->clock = PICK(t, 1, TSVAL, draw(t));
	t->edge = WINDOW;
	t->first_fin = SPAN;
	t->began = milliseconds();
}

/* Every answer that is due, or only as many as a host gives that nobody has told. */
static void pace(struct __test_metadata *_metadata, bool limited)
{
	static int is_limited = -1;

	if (is_limited == limited)
		return;
	is_limited = limited;
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_invalid_ratelimit",
				limited ? "500" : "0"));
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_challenge_ack_limit",
				limited ? "1000" : "1000000000"));
}

/* Mutated segments; to a listener they come as if from many. */
static void attack(struct __test_metadata *_metadata, struct target *t, bool listens)
{
	static struct volley v;
	uint16_t port = t->p.port;
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		struct said s = mutated(t);

		if (listens && !one_in(t, 4)) {
			s.flags = one_in(t, 8) ? draw_flags(t) : SYN;
			t->p.port = 1024 + MANY + below(t, MANY);
		}
		make(t, &s, t->p.f);
		t->p.port = port;
		volley_add(&v, t->p.w, t->p.f);
	}
	ASSERT_EQ(0, volley_send(&v, t->p.w));
}

/* Whatever is left of it ends with this: the number is the one that the host expects. */
static void clear(struct __test_metadata *_metadata, struct target *t, int listener)
{
	int fd;

	if (t->fd >= 0)
		close(t->fd);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		abortive(fd);
		close(fd);
	}
	if (t->host_syn)
		ASSERT_EQ(0, tell(&t->p, RST, t->p.seq, 0, ""));
}

/* Attack one connection; how many segments it took. */
static unsigned int meet(struct __test_metadata *_metadata, struct target *t, int listener)
{
	enter_t enter = states[t->number % (sizeof(states) / sizeof(states[0]))].enter;
	unsigned int i, entered, resets = 0;

	/* It is the mutated ones of whose options the host takes notice. */
	if (enter == to_listener || enter == to_syn_sent) {
		t->sack = true;
		t->wscale = 14;
	}
	enter(_metadata, t, listener);
	entered = t->in;
	/* What is over is not worth more of them. */
	for (i = 0; i < BATCHES && !t->failed && !t->reborn &&
	     t->resets - resets < BATCH / 2; i++) {
		resets = t->resets;
		attack(_metadata, t, enter == to_listener);
		hear_all(_metadata, t);
		if (!t->reborn)
			act(_metadata, t, listener);
	}
	hear_out(_metadata, t);
	check_all(_metadata, t);
	clear(_metadata, t, listener);
	return t->in - entered;
}

FIXTURE_SETUP(tcp_fuzz)
{
	ASSERT_EQ(0, wire_take(&self->w, AF_KITE));
	note_memory(_metadata);
	self->count = number("KITE_FUZZ_COUNT", default_count());
	self->seed = seed_asked_for();
	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", self->count, self->seed);
	ASSERT_OK(set_int(self->w.fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20));
	ASSERT_OK(set_int(self->w.fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20));
	/* What nobody answers is not waited for long. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "1"));
	self->listener = socket(AF_KITE, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_to(self->listener, AF_KITE, HOST, HOST_PORT));
	ASSERT_EQ(0, listen(self->listener, BACKLOG));
	nonblocking(self->listener);
}

FIXTURE_TEARDOWN(tcp_fuzz)
{
	EXPECT_EQ(0, run("%s", wire_undo));
}

TEST_F_TIMEOUT(tcp_fuzz, mutated_segments_in_every_state, 1800)
{
	unsigned long done = 0, i = number("KITE_FUZZ_TARGET", 0);
	bool only = getenv("KITE_FUZZ_TARGET");
	static struct target t;

	for (; done < self->count; i++) {
		begin(&t, &self->w, &self->f, self->seed, i);
		t.shown = only;
		/* An answer costs more than what it answers. */
		pace(_metadata, i % 64 >= 16);
		done += meet(_metadata, &t, self->listener);
		ASSERT_TRUE(__test_passed(_metadata)) {
			TH_LOG("KITE_FUZZ_SEED=%lu KITE_FUZZ_TARGET=%lu, %s",
			       self->seed, i,
			       states[i % (sizeof(states) / sizeof(states[0]))].name);
		}
		if (only)
			break;
	}
	expect_alive(_metadata, &self->w);
	close(self->listener);
	expect_no_connection(_metadata);
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
