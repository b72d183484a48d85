// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of segment in every state: any set of flags, numbers before, at, in and
 * beyond the window, acknowledgments of what was sent and of what was not, with data
 * and without. What the host answers, the state that it is in afterwards and what the
 * socket tells its owner must be the same for Linux's own TCP and for KITE's.
 * time limit: 600 s
 */
#include "tcp_scene.h"

/* How far a number is from the next one, of the peer's and of the host's. */
static const int32_t seqs[] = { 0, -1, 100, -100000, 1 << 20 };
static const int32_t acks[] = { 0, -1, 1, -100000 };

#define CASES	(16 * 2 * 5 * 4)

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

static bool compares(enter_t enter, int i)
{
	/* Without ACK, one acknowledgment is as good as another. */
	return (flags_in(i) & ACK || ack_in(i) == acks[0]) && !on_purpose(enter, i);
}

static void arrives(struct __test_metadata *_metadata, struct scene *s, int i,
		    struct outcome *out)
{
	unsigned int flags = flags_in(i);

	s->sent = s->p.seq + seq_in(i);
	ASSERT_EQ(0, tell(&s->p, flags, s->sent,
			  flags & ACK ? s->p.ack + ack_in(i) : 0, data_in(i)));
}

static const char *name(int i)
{
	static char text[100];

	snprintf(text, sizeof(text), "%sseq %+d ack %+d data '%s'",
		 flag_names(flags_in(i)), seq_in(i), ack_in(i), data_in(i));
	return text;
}

static const struct experiment experiment = {
	.cases = CASES, .compares = compares, .happen = arrives, .name = name,
};

SCENE_TEST(at_a_closed_port, nothing, false)
SCENE_TEST(at_a_listener, nothing, true)
SCENE_TEST(in_SYN_SENT, syn_sent, false)
SCENE_TEST(in_SYN_RECV_of_a_listener, syn_recv, true)
SCENE_TEST(in_SYN_RECV_of_a_simultaneous_open, crossed_syns, false)
SCENE_TEST(in_ESTABLISHED, established, true)
SCENE_TEST(in_FIN_WAIT1, fin_wait1, true)
SCENE_TEST(in_FIN_WAIT1_of_an_orphan, orphan_fin_wait1, true)
SCENE_TEST(in_FIN_WAIT2, fin_wait2, true)
SCENE_TEST(in_FIN_WAIT2_of_an_orphan, orphan_fin_wait2, true)
SCENE_TEST(in_CLOSE_WAIT, close_wait, true)
SCENE_TEST(in_CLOSING, closing, true)
SCENE_TEST(in_LAST_ACK, last_ack, true)
SCENE_TEST(in_TIME_WAIT, time_wait, true)

TEST_HARNESS_MAIN
