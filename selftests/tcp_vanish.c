// SPDX-License-Identifier: GPL-2.0
/*
 * Connections in every state while what they live on goes: their device, their listener,
 * their owner and network namespace, the module. Linux's own TCP, whose device goes, must
 * tell their owners the same.
 * time limit: 480 s
 */
#include "tcp_scene.h"
#include "test_module.h"

/* SYN_SENT first: a port where somebody listens can be bound no more. */
static const enter_t enters[] = {
	syn_sent, crossed_syns, established, close_wait, last_ack, fin_wait1, fin_wait2,
	closing, orphan_fin_wait1, orphan_fin_wait2, time_wait, syn_recv,
};

static const char *const names[] = {
	"SYN_SENT", "crossed SYNs", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "FIN_WAIT1",
	"FIN_WAIT2", "CLOSING", "orphan in FIN_WAIT1", "orphan in FIN_WAIT2", "TIME_WAIT",
	"SYN_RECV",
};

#define STATES		ARRAY_SIZE(enters)
#define CONNECTING	2

/*
 * struct street - a host and its wire for this test alone, and its connections
 * @back: the network namespace that the test came from
 * @scenes: one in each state
 */
struct street {
	int back;
	struct wire w;
	struct frame f;
	struct scene scenes[STATES];
};

static struct street street;

/* The process moves to a new host, with a connection in every state. */
static void settle(struct __test_metadata *_metadata, int family)
{
	struct peer p = { .w = &street.w, .f = &street.f, .family = family };
	int listener = -1;
	unsigned int i;

	street.back = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_LE(0, street.back);
	ASSERT_EQ(0, wire_make(&street.w, family == AF_KITE));
	/* Orphans keep the module for as long as they hope for an answer: that is not long. */
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_fin_timeout", "20"));
	for (i = 0; i < STATES; i++) {
		struct scene *s = &street.scenes[i];

		if (i == CONNECTING) {
			listener = host_listens(&p, 100);
			ASSERT_LE(0, listener);
			nonblocking(listener);
		}
		p.port = 20000 + i;
		*s = (struct scene) { .p = p, .listener = listener, .fd = -1 };
		enters[i](_metadata, s);
	}
}

/* The process goes back; nothing of its own is left on the host. */
static void move_out(struct __test_metadata *_metadata)
{
	unsigned int i;

	/* ... nor is this, from now on. */
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_orphan_retries", "1"));
	for (i = 0; i < STATES; i++)
		if (street.scenes[i].fd >= 0)
			close(street.scenes[i].fd);
	close(street.scenes[CONNECTING].listener);
	close(street.w.fd);
	close(street.w.host);
	ASSERT_EQ(0, setns(street.back, CLONE_NEWNET));
	close(street.back);
}

/* --- the device ----------------------------------------------------------- */

/* Whether a host still waits for its peer to acknowledge its SYN or FIN. */
static bool is_waiting(unsigned int state)
{
	return state == TCP_SYN_SENT || state == TCP_SYN_RECV || state == TCP_FIN_WAIT1 ||
		state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/* SO_ERROR, which tells of the missing route when the host has asked in vain once more. */
static int error_of(int fd, unsigned int state)
{
	int error, ms;

	for (ms = 0; !(error = so_error(fd)) && is_waiting(state) && ms < SOON; ms += 20)
		usleep(20000);
	return error;
}

/* What an owner sees, who goes on as if nothing had happened: what it receives is the answer. */
static void owners_view(struct scene *s, struct outcome *out)
{
	char c;

	if (s->fd < 0)
		return;
	out->events = polled(s->fd, POLLIN | POLLOUT | POLLRDHUP);
	out->error = error_of(s->fd, out->state);
	out->result = send(s->fd, "on", 2, MSG_DONTWAIT | MSG_NOSIGNAL);
	out->failed = out->result < 0 ? errno : 0;
	out->answer[0].seq = recv(s->fd, &c, 1, MSG_DONTWAIT);
	out->answer[0].ack = out->answer[0].seq < 0 ? errno : 0;
}

TEST(a_device_goes_at_once_with_connections_in_every_state)
{
	static const int families[] = { AF_INET, AF_KITE };
	static struct outcome seen[2][STATES];
	unsigned int i, f;

	for (f = 0; f < 2; f++) {
		settle(_metadata, families[f]);
		/* The kernel complains in its log when it has waited for ten seconds. */
		ASSERT_EQ(0, run("timeout 60 ip link del v0"));
		/* But for SYN_RECV, whose answer may be due any time. */
		for (i = 0; i < STATES - 1; i++)
			seen[f][i].state = state_of(&street.scenes[i].p);
		for (i = 0; i < STATES; i++)
			owners_view(&street.scenes[i], &seen[f][i]);
		/* What nobody owns yet is forgotten when nothing can be said of it any more. */
		EXPECT_EQ(0, wait_forgotten(&street.scenes[STATES - 1].p));
		move_out(_metadata);
	}
	for (i = 0; i < STATES; i++) {
		EXPECT_EQ(0, memcmp(&seen[0][i], &seen[1][i], sizeof(seen[0][i]))) {
			printf("# %s\n", names[i]);
			tell_of("IPv4", &seen[0][i]);
			tell_of("KITE", &seen[1][i]);
		}
	}
}

/* --- the listener --------------------------------------------------------- */

TEST(what_is_half_open_goes_with_its_listener_and_is_refused_from_then_on)
{
	struct scene *s = &street.scenes[STATES - 1];

	settle(_metadata, AF_KITE);
	ASSERT_EQ(TCP_SYN_RECV, state_of(&s->p));
	close(s->listener);
	EXPECT_EQ(0, state_of(&s->p));
	/* Nobody is there any more: a reset, to the SYN as well as to the ACK. */
	ASSERT_EQ(0, tell(&s->p, ACK, s->p.seq, s->p.ack, ""));
	expect(_metadata, &s->p, RST, s->p.ack, 0);
	ASSERT_EQ(0, tell(&s->p, SYN, s->p.seq - 1, 0, ""));
	expect(_metadata, &s->p, RST | ACK, 0, s->p.seq);
	move_out(_metadata);
}

/* --- everything ----------------------------------------------------------- */

/* Whether the host is gone: with it goes the end of a cable that we hold. */
static int wait_gone(const char *device)
{
	int ms;

	for (ms = 0; if_nametoindex(device); ms += 20) {
		if (ms > 6 * SOON)
			return -1;
		usleep(20000);
	}
	return 0;
}

TEST(a_namespace_goes_with_all_of_them_and_the_module_after_it)
{
	int round;

	for (round = 0; round < 3; round++) {
		settle(_metadata, AF_KITE);
		ASSERT_EQ(0, run("ip link del v0 && ip link add far type veth peer name near "
				 "netns /proc/%d/fd/%d", getpid(), street.back));
		move_out(_metadata);
		ASSERT_EQ(0, wait_gone("near")) {
			TH_LOG("the namespace is held in round %d", round);
		}
	}
	EXPECT_EQ(0, module_unload("kite_nft"));
	/* The tests and programs before may have left orphans, too. */
	for (round = 0; round < 18 && module_unload("kite"); round++)
		;
	EXPECT_FALSE(module_is_loaded("kite"));
	EXPECT_EQ(0, run("modprobe kite"));
}

TEST_HARNESS_MAIN
