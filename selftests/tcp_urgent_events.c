// SPDX-License-Identifier: GPL-2.0
/*
 * Two segments, one after the other, with urgent pointers before, in and behind their data or
 * without, and calls between and after them: what the calls return, what the host says on
 * the wire and what the socket tells its owner must be the same for Linux's own TCP and for
 * KITE's.
 * time limit: 600 s
 */
#include "tcp_scene.h"
#include "tcp_urgent.h"

/* What the peer says: at that offset from its next number; pointer -1 is for none. */
static const struct said {
	const char *name;
	unsigned int flags;
	int32_t seq;
	const char *data;
	int pointer;
} said[] = {
	{ "nothing", 0, 0, "", -1 },
	{ "abc, at c", ACK, 0, "abc", 3 },
	{ "abc, at b", ACK, 0, "abc", 2 },
	{ "abc, at a", ACK, 0, "abc", 1 },
	{ "abc, pointer 0", ACK, 0, "abc", 0 },
	{ "abc, beyond", ACK, 0, "abc", 6 },
	{ "abc", ACK, 0, "abc", -1 },
	{ "only a pointer, to b", ACK, 0, "", 2 },
	{ "def", ACK, 3, "def", -1 },
	{ "def, at f", ACK, 3, "def", 3 },
	{ "def, at d", ACK, 3, "def", 1 },
	{ "abc and FIN, at c", ACK | FIN, 0, "abc", 3 },
};

#define SAID	((int)(sizeof(said) / sizeof(said[0])))
enum { NOTHING, ONLY_A_POINTER = 7, DEF = 8 };

static long take(int fd, size_t len, int flags)
{
	char buf[16] = {};
	ssize_t n = recv(fd, buf, len, flags | MSG_DONTWAIT);

	if (n < 0)
		return 900 + errno % 100;
	/* How many, the first and the last of them. */
	return n ? n * 100 + (buf[0] - 'a') * 10 + buf[n - 1] - 'a' : 0;
}

static long no_call(int fd) { return 0; }
static long read_all(int fd) { return take(fd, 10, 0); }
static long read_two(int fd) { return take(fd, 2, 0); }
static long peek_all(int fd) { return take(fd, 10, MSG_PEEK); }
static long aside(int fd) { return take(fd, 1, MSG_OOB); }
static long peek_aside(int fd) { return take(fd, 1, MSG_OOB | MSG_PEEK); }
static long in_line(int fd) { return set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1); }

/* What the user calls: once between the segments, and twice after them. */
static const struct called {
	const char *name;
	long (*between)(int fd);
	long (*then)(int fd);
	long (*last)(int fd);
} called[] = {
	{ "aside, all", no_call, aside, read_all },
	{ "all, aside", no_call, read_all, aside },
	{ "all, all", no_call, read_all, read_all },
	{ "peek, two", no_call, peek_all, read_two },
	{ "in line, all", no_call, in_line, read_all },
	{ "aside; all, aside", aside, read_all, aside },
	{ "all; peek aside, all", read_all, peek_aside, read_all },
	{ "two; two, aside", read_two, read_two, aside },
	{ "in line; all, aside", in_line, read_all, aside },
};

#define CALLED	((int)(sizeof(called) / sizeof(called[0])))
#define CASES	(CALLED * 9 * SAID)

/* The parts of a case that its number stands for; the first segment never is nothing. */
static const struct called *calls_in(int i) { return &called[i % CALLED]; }
static int second_in(int i) { return i / CALLED % SAID; }
static int first_in(int i) { return 1 + i / CALLED / SAID; }

/* A mark at the next octet, which follows the FIN if there was one. */
static bool marks_next(const struct said *said)
{
	return said->flags && !said->seq && (said->pointer == 0 || said->pointer == 1);
}

/*
 * Where docs/MIRROR.md says that KITE differs: Linux takes an octet of a segment's header
 * for one that is missing before its data; and its reader steps over the FIN, and is at a
 * mark behind it then.
 */
static bool compares(enter_t enter, int i)
{
	if (first_in(i) == ONLY_A_POINTER && second_in(i) == DEF)
		return false;
	if (enter == close_wait &&
	    (marks_next(&said[first_in(i)]) || marks_next(&said[second_in(i)])))
		return false;
	/* Only where there is a reader is it worth while to try everything. */
	return enter == established || i % CALLED < 2;
}

/* The host has looked at it afterwards. */
static void say(struct __test_metadata *_metadata, struct scene *s, const struct said *say,
		struct outcome *out)
{
	uint32_t seq = s->p.seq + say->seq;
	int err = 0;

	if (!say->flags)
		return;
	if (say->pointer < 0)
		err = tell(&s->p, say->flags, seq, s->p.ack, say->data);
	else
		err = tell_urgent(&s->p, say->flags, seq, s->p.ack, say->data, say->pointer);
	ASSERT_EQ(0, err);
	hear_out(_metadata, s, out);
}

static void happens(struct __test_metadata *_metadata, struct scene *s, int i,
		    struct outcome *out)
{
	const struct called *calls = calls_in(i);

	say(_metadata, s, &said[first_in(i)], out);
	out->result = calls->between(s->fd);
	say(_metadata, s, &said[second_in(i)], out);
	/* Digits: the calls, what is ready, the mark, and what waits. */
	out->result = out->result * 1000 + calls->then(s->fd);
	out->result = out->result * 1000 + calls->last(s->fd);
	out->result = out->result * 10 + polled(s->fd, POLLIN | POLLPRI);
	out->result = out->result * 10 + ask(s->fd, SIOCATMARK);
	out->result = out->result * 10 + ask(s->fd, SIOCINQ);
}

static const char *name(int i)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s; %s; %s", said[first_in(i)].name,
		 said[second_in(i)].name, calls_in(i)->name);
	return text;
}

static const struct experiment experiment = {
	.cases = CASES, .compares = compares, .happen = happens, .name = name,
};

SCENE_TEST(in_ESTABLISHED, established, true)
SCENE_TEST(in_FIN_WAIT1, fin_wait1, true)
SCENE_TEST(in_FIN_WAIT2, fin_wait2, true)
SCENE_TEST(in_CLOSE_WAIT, close_wait, true)
SCENE_TEST(in_CLOSING, closing, true)
SCENE_TEST(in_LAST_ACK, last_ack, true)

TEST_HARNESS_MAIN
