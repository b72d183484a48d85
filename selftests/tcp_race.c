// SPDX-License-Identifier: GPL-2.0
/*
 * What comes behind the last segment of a handshake may be processed at the same moment,
 * by another processor that found the connection half-open, too. It counts nevertheless:
 * nobody has to send it again. Linux's own TCP must do the same.
 * time limit: 300 s
 */
#include "tcp_options.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

FIXTURE_ON_A_WIRE(tcp)

#define ROUNDS	500

/* Two senders, each on a processor of its own. */
struct race {
	struct peer *p;
	struct frame frames[2];
	atomic_int round;	/* which they may send of */
	atomic_int sent;	/* how many have, of all rounds */
	atomic_int failed;
	atomic_bool over;
};

struct sender {
	struct race *r;
	int number;
	pthread_t thread;
};

static void *send_each(void *arg)
{
	struct sender *s = arg;
	struct race *r = s->r;
	struct frame ping;
	cpu_set_t cpus;
	int round = 0;

	CPU_ZERO(&cpus);
	CPU_SET(s->number % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	echo(&ping, HOST, 8);
	while (!r->over) {
		if (r->round == round) {
			/* Who has the processor alone must not keep it. */
			sched_yield();
			continue;
		}
		round = r->round;
		/* What a processor was given first it has done when it answers. */
		if (transmit(r->p->w, &r->frames[s->number]) || transmit(r->p->w, &ping))
			r->failed++;
		r->sent++;
	}
	return NULL;
}

static void start(struct __test_metadata *_metadata, struct race *r, struct sender *senders)
{
	int i;

	for (i = 0; i < 2; i++) {
		senders[i] = (struct sender){ .r = r, .number = i };
		ASSERT_EQ(0, pthread_create(&senders[i].thread, NULL, send_each, &senders[i]));
	}
}

static void stop(struct race *r, struct sender *senders)
{
	int i;

	r->over = true;
	for (i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
}

/* Both frames, as much at once as can be. */
static void send_both(struct race *r)
{
	int before = r->sent;

	r->round++;
	while (r->sent != before + 2)
		sched_yield();
}

/* The host has done what was asked of it: it answers both pings, whatever it says before. */
static void settled(struct __test_metadata *_metadata, struct peer *p)
{
	int pongs = 0;

	while (pongs < 2) {
		ASSERT_EQ(0, receive(p->w, p->f, SOON));
		pongs += p->f->ip.protocol == IPPROTO_ICMP;
	}
}

static void half_open(struct __test_metadata *_metadata, struct peer *p)
{
	p->port = p->port < 60000 ? p->port + 1 : 20000;
	p->seq = OUR_ISN;
	ASSERT_EQ(0, tell(p, SYN, p->seq++, 0, ""));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

TCP_TEST(data_that_overtakes_is_not_lost)
{
	int listener = host_listens(p, 10), i, fd;
	struct race r = { .p = p };
	struct sender senders[2];
	char buf[16];

	ASSERT_LE(0, listener);
	start(_metadata, &r, senders);
	for (i = 0; i < ROUNDS; i++) {
		half_open(_metadata, p);
		segment(p, ACK, p->seq, p->ack, "");
		r.frames[0] = *p->f;
		segment(p, ACK, p->seq, p->ack, "data");
		r.frames[1] = *p->f;
		send_both(&r);
		fd = accepted(_metadata, listener);
		ASSERT_EQ(4, recv_soon(fd, buf, sizeof(buf))) {
			TH_LOG("in round %d", i);
		}
		close(fd);
	}
	stop(&r, senders);
	EXPECT_EQ(0, r.failed);
}

TCP_TEST(a_reset_that_overtakes_is_not_lost)
{
	int listener = host_listens(p, 10), i, fd;
	struct race r = { .p = p };
	struct sender senders[2];

	ASSERT_LE(0, listener);
	nonblocking(listener);
	start(_metadata, &r, senders);
	for (i = 0; i < ROUNDS; i++) {
		half_open(_metadata, p);
		segment(p, ACK, p->seq, p->ack, "");
		r.frames[0] = *p->f;
		segment(p, RST, p->seq, 0, "");
		r.frames[1] = *p->f;
		send_both(&r);
		settled(_metadata, p);
		/* Either there is no connection, or one that was reset. */
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		EXPECT_EQ(POLLHUP, wait_for(fd, POLLHUP) & POLLHUP) {
			TH_LOG("in round %d", i);
		}
		close(fd);
	}
	stop(&r, senders);
	EXPECT_EQ(0, r.failed);
}

/* How often a round ended without a connection. */
static int ended_without(struct __test_metadata *_metadata, struct race *r, int listener)
{
	int fd;

	settled(_metadata, r->p);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return 1;
	abortive(fd);
	close(fd);
	return 0;
}

TCP_TEST(a_handshake_that_ends_twice_at_once_has_not_failed)
{
	int listener = host_listens(p, 10), i;
	struct race r = { .p = p };
	struct sender senders[2];

	ASSERT_LE(0, listener);
	nonblocking(listener);
	start(_metadata, &r, senders);
	for (i = 0; i < ROUNDS; i++) {
		half_open(_metadata, p);
		segment(p, ACK, p->seq, p->ack, "");
		r.frames[0] = *p->f;
		r.frames[1] = *p->f;
		send_both(&r);
		ASSERT_EQ(0, ended_without(_metadata, &r, listener)) {
			TH_LOG("in round %d", i);
		}
	}
	stop(&r, senders);
	EXPECT_EQ(0, r.failed);
	counted(_metadata, p, "Tcp.AttemptFails", 0);
}

/* Either there is a connection, or the attempt has failed. */
TCP_TEST(an_error_that_overtakes_fails_what_it_ends)
{
	int listener = host_listens(p, 10), i, without = 0;
	struct race r = { .p = p };
	struct sender senders[2];

	ASSERT_LE(0, listener);
	nonblocking(listener);
	start(_metadata, &r, senders);
	for (i = 0; i < ROUNDS; i++) {
		half_open(_metadata, p);
		complaint_of(&r.frames[1], p->f, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 0);
		segment(p, ACK, p->seq, p->ack, "");
		r.frames[0] = *p->f;
		send_both(&r);
		without += ended_without(_metadata, &r, listener);
	}
	stop(&r, senders);
	EXPECT_EQ(0, r.failed);
	counted(_metadata, p, "Tcp.AttemptFails", without);
}

TEST_HARNESS_MAIN
