// SPDX-License-Identifier: GPL-2.0
/*
 * One connection at a host of Linux's own TCP and one at a host of KITE's are taken through the
 * same steps: segments of a peer's, most of them such as no honest one would say, and calls. After
 * each the two must have said the same on the wire, and must tell their programs the same. Where
 * KITE differs on purpose is said in tcp_same_compare.h, and in docs/MIRROR.md.
 *
 * No timer has a part in it: both are patient, and acknowledge at once. One that fires all the same
 * does not do so in each of several attempts.
 *
 * The environment says how many segments (KITE_FUZZ_COUNT) and which (KITE_FUZZ_SEED); a seed that
 * is 0 is drawn anew. KITE_FUZZ_TARGET is the one connection to be looked at, and every step of it
 * is shown. Steps that make a difference are left out one by one, until each is needed. At its end
 * the test tells how much it has compared, how many differences did not come again, and which
 * rules of what is on purpose had a part in it.
 * time limit: 300 s
 */
#include "tcp_same_compare.h"
#include "tcp_same_make.h"
#include "tcp_same_tell.h"

#define STEPS		64	/* at one connection; */
#define STEPS_DEBUG	24	/* no more than a slow kernel takes before a timer is due */
#define STEPS_MAX	(STEPS + 16)
#define ATTEMPTS	4
#define DIFFERING	30	/* connections until it is enough */
#define MANY		60000	/* ports of ours */

/* Not compared: where the hosts' windows end. */
static int32_t edges[2];
static bool shown;

/* --- one connection ----------------------------------------------------- */

static struct host hosts[2];

static void begin(void)
{
	int i;

	our_port = our_port < 1024 || our_port > MANY ? 1024 : our_port + 1;
	for (i = 0; i < 2; i++) {
		hosts[i].fd = -1;
		hosts[i].port = HOST_PORT;
		hosts[i].isn = 5000;
		hosts[i].clock = 0;
		hosts[i].again = 0;
		if (pwrite(hosts[i].cookies, "1", 1, 0) != 1)
			abort();
		edges[i] = 0;
	}
}

/* What was said of routes, and the options of the listener. */
static void forget(struct host *h)
{
	if (h->is_told && pwrite(h->flush, "1", 1, 0) != 1)
		abort();
	h->is_told = false;
	if (!h->is_changed)
		return;
	h->is_changed = false;
	close(h->listener);
	if (setns(h->w.host, CLONE_NEWNET) || host_begins(h))
		abort();
}

/* Nothing of this connection is left that another would meet. */
static void end(const struct life *l)
{
	static struct outcome out;
	struct step rst = { .call = SEGMENT, .flags = RST, .seq = l->next };
	int i, fd;

	for (i = 0; i < 2; i++) {
		if (hosts[i].fd >= 0) {
			abortive(hosts[i].fd);
			host_closes(&hosts[i]);
		}
		say(&hosts[i], &rst);
		while ((fd = accept(hosts[i].listener, NULL, NULL)) >= 0) {
			abortive(fd);
			close(fd);
		}
		forget(&hosts[i]);
		memset(&out, 0, sizeof(out));
		hear_all(&hosts[i], &out, &edges[i]);
	}
}

/* What follows from a step for what is said next. */
static void learn(struct life *l, const struct step *s, const struct outcome *out)
{
	unsigned int i;

	if (s->call == SEGMENT) {
		int32_t last = s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);

		l->corners[l->n_corners++ % CORNERS] = s->seq;
		l->corners[l->n_corners++ % CORNERS] = last;
		if (s->flags & ACK && s->ack > l->una && s->ack <= l->sent)
			l->una = s->ack;
		if (last > l->reached && last < l->edge[1])
			l->reached = last;
	}
	for (i = 0; i < out->n; i++) {
		const struct heard *h = &out->heard[i];
		int32_t last = h->seq + h->len + !!(h->flags & SYN) + !!(h->flags & FIN);

		if (h->flags & RST)
			continue;
		if (h->flags & SYN) {
			l->syn = true;
			l->sent = 1;
			l->una = 0;
		}
		if (last > l->sent)
			l->sent = last;
		if (h->flags & ACK && h->ack > l->next)
			l->next = h->ack;
	}
	l->edge[0] = edges[0] < edges[1] ? edges[0] : edges[1];
	l->edge[1] = edges[0] < edges[1] ? edges[1] : edges[0];
}

static enum verdict take_both(const struct step *s, struct life *l, struct before *b)
{
	static struct outcome out[2];
	enum verdict verdict;
	int side;

	b->next = l->next;
	b->sent = l->sent;
	memcpy(b->edge, l->edge, sizeof(b->edge));
	for (side = 0; side < 2; side++)
		take_step(&hosts[side], s, &out[side], &edges[side]);
	if (shown) {
		tell_step(s);
		tell_outcome(&hosts[0], &out[0], edges[0]);
		tell_outcome(&hosts[1], &out[1], edges[1]);
	}
	b->una = l->una;
	b->small_out |= s->call == OPTION && s->how == SNDBUF;
	b->clamped |= s->call == OPTION && s->how == CLAMP;
	b->small_in |= s->call == OPTION && s->how == RCVBUF;
	if (s->call == SEGMENT) {
		if (s->flags & SYN)
			b->syn = s->seq + 1;
		b->cut |= s->window << (s->flags & SYN ? 0 : l->wscale) < MSS_LEAST;
		b->slowed |= !!(s->flags & ECE);
		b->old_cwr |= s->flags & CWR && (s->ack < l->una || peer_has_closed(b->state));
		b->syn_ack |= b->state == TCP_SYN_RECV && (s->flags & (SYN | ACK)) == (SYN | ACK) &&
			!b->has_socket;
	}
	verdict = judge(s, b, out);
	b->beyond |= s->call == SEGMENT && s->seq > l->next;
	learn(l, s, &out[0]);
	b->state = out[0].on_wire;
	b->has_socket = hosts[0].fd >= 0 && out[0].state == out[0].on_wire;
	return verdict;
}

/* --- and one again, with fewer steps ------------------------------------ */

/* Whether they still make a difference; how many of them until then. */
static unsigned int differs(const struct step *steps, unsigned int n)
{
	enum verdict verdict = SAME;
	struct before b = {};
	struct life l = {};
	unsigned int i;

	begin();
	for (i = 0; i < n && verdict == SAME; i++)
		verdict = take_both(&steps[i], &l, &b);
	end(&l);
	return verdict == DIFFERS ? i : 0;
}

static unsigned int always_differs(const struct step *steps, unsigned int n)
{
	unsigned int i, found = 0;

	for (i = 0; i < ATTEMPTS; i++) {
		found = differs(steps, n);
		if (!found)
			return 0;
	}
	return found;
}

/* Leave out what is not needed; how many are. */
static unsigned int shrink(struct step *steps, unsigned int n)
{
	static struct step fewer[STEPS_MAX];
	unsigned int i, found;

	for (i = n - 1; i--;) {
		memcpy(fewer, steps, i * sizeof(*steps));
		memcpy(fewer + i, steps + i + 1, (n - i - 1) * sizeof(*steps));
		found = differs(fewer, n - 1);
		if (!found)
			continue;
		n = found;
		memcpy(steps, fewer, n * sizeof(*steps));
		if (i > n - 1)
			i = n - 1;
	}
	return n;
}

/*
 * struct tally - of all connections
 * @segments: of ours
 * @steps: that were compared
 * @ended: connections whose two hosts do not go on alike, on purpose
 * @passing: differences that did not come again
 * @differing: that did
 */
struct tally {
	unsigned long segments;
	unsigned long steps;
	unsigned int ended;
	unsigned int passing;
	unsigned int differing;
};

static void meet(unsigned long seed, unsigned long number, struct tally *tally)
{
	static struct step steps[STEPS_MAX];
	const char *way = ways[number % n_ways()].way;
	unsigned int n = 0, before;
	enum verdict verdict = SAME;
	struct before b = {};
	struct life l;

	life_begin(&l, seed, number);
	begin();
	before = is_drawn_in_full() ? PICK(&l, 0, 0, 0, 1, 2, 3) : 0;
	for (; before && verdict == SAME; before--) {
		steps[n++] = drawn_option(&l, true);
		verdict = take_both(&steps[n - 1], &l, &b);
	}
	while (n < (is_debug_kernel() ? STEPS_DEBUG : STEPS) && verdict == SAME) {
		struct step *s = &steps[n++];

		*s = *way ? on_the_way(&l, *way++) : drawn(&l);
		tally->segments += s->call == SEGMENT;
		tally->steps++;
		verdict = take_both(s, &l, &b);
		/* It is over. */
		if (!*way && n > 8 && hosts[0].fd < 0 && !b.state && one_in(&l, 4))
			break;
	}
	end(&l);
	tally->ended += verdict == OVER;
	if (verdict != DIFFERS)
		return;
	n = always_differs(steps, n);
	if (!n) {
		tally->passing++;
		return;
	}
	tally->differing++;
	n = shrink(steps, n);
	printf("# connection %lu, %s: %u steps\n", number, ways[number % n_ways()].name, n);
	shown = true;
	differs(steps, n);
	shown = false;
}

FIXTURE(tcp_same) {
};

FIXTURE_SETUP(tcp_same)
{
}

FIXTURE_TEARDOWN(tcp_same)
{
}

TEST_F_TIMEOUT(tcp_same, what_happens_to_one_happens_to_the_other, 3600)
{
	unsigned long count = number("KITE_FUZZ_COUNT", is_debug_kernel() ? 2000 : 30000);
	unsigned long seed = seed_asked_for(), i = number("KITE_FUZZ_TARGET", 0);
	unsigned long began = i;
	struct tally tally = {};

	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", count, seed);
	ASSERT_EQ(0, stay_on_one_processor());
	ASSERT_EQ(0, host_make(&hosts[0], AF_INET));
	ASSERT_EQ(0, host_make(&hosts[1], AF_KITE));
	shown = getenv("KITE_FUZZ_TARGET");
	for (; tally.segments < count && tally.differing < DIFFERING; i++) {
		meet(seed, i, &tally);
		if (getenv("KITE_FUZZ_TARGET"))
			break;
	}
	EXPECT_EQ(0, tally.differing);
	TH_LOG("%lu segments, %lu steps compared at %lu connections, %u ended by a rule",
	       tally.segments, tally.steps, i - began, tally.ended);
	TH_LOG("%u differences came again, %u did not", tally.differing, tally.passing);
	for (i = 0; rules[i].name; i++)
		TH_LOG("%6lu times: %s", rules[i].used, rules[i].name);
}

TEST_HARNESS_MAIN
