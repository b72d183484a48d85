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
#include "tcp_fuzz_states.h"

#include "alive.h"
#include "traced.h"

#define SEGMENTS	128	/* at one connection */
#define BACKLOG		64	/* of the flooded listener */
#define ROOM		1000	/* the other one's: it needs no cookies */
#define MANY		32000	/* ports; those of one connection are not those of a crowd */

/* 200,000 segments for a kernel that checks itself; others see fewer. */
static unsigned long default_count(void)
{
	return is_debug_kernel() ? 200000 : 40000;
}

FIXTURE(tcp_fuzz) {
	struct wire w;
	struct tap tap;
	struct frame f;
	unsigned long count;
	unsigned long seed;
	int listeners[2];	/* the second one is flooded */
};

/* --- the attack --------------------------------------------------------- */

static void begin(struct target *t, struct tap *tap, struct frame *f, unsigned long seed,
		  unsigned long number)
{
	memset(t, 0, sizeof(*t));
	t->p = (struct peer) {
		.f = f, .family = AF_KITE, .port = 1024 + number % MANY,
	};
	t->tap = tap;
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
	t->acked = OUR_ISN;
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

/* A mutated segment; to a listener it comes as if from one of many. */
static void attack(struct __test_metadata *_metadata, struct target *t, bool floods)
{
	struct said s = mutated(t);
	uint16_t port = t->p.port;

	if (!floods || one_in(t, 4)) {
		tell_host(_metadata, t, &s);
		return;
	}
	s.flags = one_in(t, 8) ? draw_flags(t) : SYN;
	t->p.port = 1024 + MANY + below(t, MANY);
	make(t, &s, t->p.f);
	t->in++;
	ASSERT_EQ(0, tap_send(t->tap, t->p.f));
	t->p.port = port;
	hear_out(_metadata, t);
}

/* --- the stream goes on ------------------------------------------------- */

/* The next of what the host has beyond a gap; NULL when there is none so near. */
static const struct held *next_held(const struct target *t)
{
	int32_t at = place_of_ours(t, t->acked);
	const struct held *next = NULL;
	unsigned int i;

	for (i = 0; i < t->n_held; i++)
		if (t->held[i].start <= at + MSS_MAX - 12 &&
		    (!next || t->held[i].start < next->start))
			next = &t->held[i];
	return next;
}

/* Whether the host had to throw anything away for want of room since this was asked. */
static bool was_short_of_room(void)
{
	static unsigned long before;
	unsigned long now = counter("TcpExt.RcvQDrop");
	bool more = now != before;

	before = now;
	return more;
}

/*
 * An octet that the host has already is answered at once, whatever it waits for: with what
 * it expects now, and with the timestamp that it knows.
 */
static void ask(struct __test_metadata *_metadata, struct target *t)
{
	struct said s = honest(t, ACK, 1);

	s.seq = t->acked - 1;
	tell_host(_metadata, t, &s);
	t->p.seq = t->acked;
	if (t->host_ts)
		t->clock = t->recent;
}

/*
 * An honest peer takes over: what was missing comes, and what the host has beyond it, too, is
 * acknowledged and can be read. False when the host may have heard of an end before.
 */
static bool go_on(struct __test_metadata *_metadata, struct target *t)
{
	const struct held *next;
	int32_t at, end, len = 1;

	ask(_metadata, t);
	read_all(_metadata, t);
	hear_out(_metadata, t);
	at = place_of_ours(t, t->acked);
	end = at + 1;
	next = next_held(t);
	if (next) {
		len = next->start - at;
		end = next->end;
	}
	if (t->failed || t->ended || t->right < at + len || t->first_fin <= end)
		return false;
	say(_metadata, t, honest(t, ACK, len));
	ask(_metadata, t);
	read_all(_metadata, t);
	EXPECT_TRUE(place_of_ours(t, t->acked) >= end || was_short_of_room()) {
		TH_LOG("it does not acknowledge what comes before %d", end);
	}
	hear_out(_metadata, t);
	while (may_be_left_out(t, t->read) && t->read < place_of_ours(t, t->acked))
		t->read++;
	/* A FIN that waited beyond the gap is acknowledged with it. */
	EXPECT_LE(place_of_ours(t, t->acked), t->read + t->ended) {
		TH_LOG("it cannot be read from %d on", t->read);
	}
	return true;
}

/* Whether the host takes data on it, as far as we know. */
static bool is_alive(struct __test_metadata *_metadata, struct target *t)
{
	unsigned int state;

	if (t->fd < 0 || t->failed || t->ended || t->over || t->reborn || !is_open(t))
		return false;
	state = long_info_of(t->fd).known.tcpi_state;
	return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2;
}

/* At last the peer is honest, and hears of all that it had missed. */
static void be_honest(struct __test_metadata *_metadata, struct target *t)
{
	int32_t sent = place_of_host(t, t->p.ack), was_sure;

	check_info(_metadata, t);
	was_sure = place_of_host(t, t->sure);
	if (!go_on(_metadata, t))
		return;
	while (next_held(t) && go_on(_metadata, t))
		;
	check_info(_metadata, t);
	EXPECT_LE(sent, place_of_host(t, t->sure)) {
		TH_LOG("it does not believe that all is acknowledged");
	}
	if (was_sure < sent && sent < t->written)
		EXPECT_LT(sent, place_of_host(t, t->p.ack)) {
			TH_LOG("it sends no more");
		}
}

/*
 * Whatever is left of it ends with a reset at the very number that the host expects, which
 * it tells when something comes that it has already.
 */
static void clear(struct __test_metadata *_metadata, struct target *t, int listener)
{
	bool may_be_left = t->fd < 0 || (t->closing && t->first_fin <= t->reached);
	int fd;

	if (t->fd >= 0)
		close(t->fd);
	if (may_be_left && t->host_syn && !t->reborn) {
		struct said last;

		ask(_metadata, t);
		last = honest(t, RST, 0);
		tell_host(_metadata, t, &last);
	}
	/* Who was never accepted, and who is back with a cookie. */
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		abortive(fd);
		close(fd);
	}
}

/* Attack one connection; how many segments it took. */
static unsigned int meet(struct __test_metadata *_metadata, struct target *t,
			 const int *listeners)
{
	enter_t enter = states[t->number % (sizeof(states) / sizeof(states[0]))].enter;
	bool floods = enter == to_flooded_listener;
	int listener = listeners[floods];
	unsigned int i, entered, resets = 0;

	/* It is the mutated ones of whose options the host takes notice. */
	if (floods || enter == to_syn_sent) {
		t->vague = true;
		t->sack = true;
		t->wscale = WSCALE_MAX;
	}
	enter(_metadata, t, listener);
	if (enter == to_syn_recv)
		t->known_until = t->began + HALF_OPEN;
	entered = t->in;
	/* What is over is not worth more of them. */
	for (i = 1; i <= SEGMENTS && !t->failed && !t->reborn; i++) {
		attack(_metadata, t, floods);
		if (!t->reborn && one_in(&t->program, 16))
			act(_metadata, t, listener);
		if (t->fd >= 0 && !(i % 4))
			check_info(_metadata, t);
		if (one_in(&t->program, 32) && is_alive(_metadata, t))
			go_on(_metadata, t);
		if (i % 16)
			continue;
		if (t->resets - resets > 8)
			break;
		resets = t->resets;
	}
	hear_out(_metadata, t);
	check_all(_metadata, t);
	if (is_alive(_metadata, t))
		be_honest(_metadata, t);
	clear(_metadata, t, listener);
	return t->in - entered;
}

FIXTURE_SETUP(tcp_fuzz)
{
	int i;

	ASSERT_EQ(0, wire_take(&self->w, AF_KITE));
	ASSERT_EQ(0, tap_make(&self->tap, AF_KITE));
	note_memory(_metadata);
	self->count = number("KITE_FUZZ_COUNT", default_count());
	self->seed = seed_asked_for();
	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", self->count, self->seed);
	/* What nobody answers is not waited for long. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_synack_retries", "1"));
	for (i = 0; i < 2; i++) {
		self->listeners[i] = socket(AF_KITE, SOCK_STREAM, 0);
		ASSERT_EQ(0, bind_to(self->listeners[i], AF_KITE, TAP_HOST,
				     i ? FLOODED_PORT : HOST_PORT));
		ASSERT_EQ(0, listen(self->listeners[i], i ? BACKLOG : ROOM));
		nonblocking(self->listeners[i]);
	}
	/* What is traced is looked at, in all states in which it can be. */
	ASSERT_EQ(0, trace_begin());
	ASSERT_EQ(0, trace_event("kite"));
}

FIXTURE_TEARDOWN(tcp_fuzz)
{
	EXPECT_EQ(0, trace_end());
	EXPECT_EQ(0, run("%s", wire_undo));
}

TEST_F_TIMEOUT(tcp_fuzz, mutated_segments_in_every_state, 1800)
{
	unsigned long done = 0, i = number("KITE_FUZZ_TARGET", 0);
	bool only = getenv("KITE_FUZZ_TARGET");
	static struct target t;

	for (; done < self->count; i++) {
		begin(&t, &self->tap, &self->f, self->seed, i);
		t.shown = only || getenv("KITE_FUZZ_SHOW");
		if (t.shown)
			printf("# target %lu\n", i);
		/* An answer costs more than what it answers. */
		pace(_metadata, i % 64 >= 16);
		done += meet(_metadata, &t, self->listeners);
		ASSERT_TRUE(__test_passed(_metadata)) {
			TH_LOG("KITE_FUZZ_SEED=%lu KITE_FUZZ_TARGET=%lu, %s",
			       self->seed, i,
			       states[i % (sizeof(states) / sizeof(states[0]))].name);
		}
		if (only)
			break;
	}
	expect_alive(_metadata, &self->w);
	close(self->listeners[0]);
	close(self->listeners[1]);
	expect_no_connection(_metadata);
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
