// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation can fail, those on the arrival of a packet too: connections are
 * made and ended while each stretch of KITE's code in turn goes without memory once,
 * whoever runs it; then traffic runs while any allocation fails now and then.
 *
 * Needs a kernel with fault injection. That nothing leaks is what kmemleak says
 * in the end.
 *
 * time limit: 150 s
 */
#include "kite_test.h"
#include "faults.h"

#include <signal.h>

/* Little enough that few allocations are made on behalf of the same code. */
#define STRETCH	2048

/* The least number of stretches on behalf of which something is allocated. */
#define STRETCHES_MIN	20

FIXTURE(faults_traffic) {
	unsigned long long start, end;	/* of KITE's code and data */
};

FIXTURE_SETUP(faults_traffic)
{
	if (access(DEBUGFS "failslab/require-start", W_OK))
		SKIP(return, "a kernel without fault injection");
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, set_up_injectors());
	ASSERT_EQ(0, place_of_kite(&self->start, &self->end));
}

FIXTURE_TEARDOWN(faults_traffic)
{
	reset_injectors();
}

/* Whoever waits here does so for a retransmission. */
static int ready(int fd, short events)
{
	if (wait_for(fd, events) & events)
		return 0;
	errno = ETIMEDOUT;
	return -1;
}

static int get_through(int from, int to)
{
	char c;

	if (send(from, "x", 1, 0) != 1 || ready(to, POLLIN))
		return -1;
	return recv(to, &c, 1, 0) == 1 ? 0 : -1;
}

/* Close so that nothing lingers on; -1 is no socket. */
static void reset(int fd)
{
	abortive(fd);
	close(fd);
}

/*
 * A connection begins and ends, with something to say on both sides.
 * Return: 0 or -1 with errno.
 */
static int live(int listener)
{
	int fd = socket(AF_KITE, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int conn = -1, err = -1, saved;

	if (fd < 0)
		return -1;
	if (connect_to(fd, AF_KITE, "127.0.0.1", port_of(listener)) &&
	    errno != EINPROGRESS)
		goto out;
	if (ready(fd, POLLOUT))
		goto out;
	errno = get_int(fd, SOL_SOCKET, SO_ERROR);
	if (errno || ready(listener, POLLIN))
		goto out;
	conn = accept(listener, NULL, NULL);
	if (conn < 0 || get_through(fd, conn) || get_through(conn, fd) ||
	    shutdown(fd, SHUT_WR) || ready(conn, POLLRDHUP) ||
	    shutdown(conn, SHUT_WR) || ready(fd, POLLRDHUP))
		goto out;
	err = 0;
out:
	saved = errno;
	reset(fd);
	reset(conn);
	errno = saved;
	return err;
}

/* Whether an allocation failed since start_injectors("100", "1"). */
static bool injected(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		char path[128];
		int times = 1;
		FILE *f;

		snprintf(path, sizeof(path), DEBUGFS "%s/times", injectors[i]);
		f = fopen(path, "r");
		if (f && fscanf(f, "%d", &times) == 1)
			any |= times == 0;
		if (f)
			fclose(f);
	}
	return any;
}

/*
 * Who has to send or to remember something on the arrival of a packet has nobody
 * to tell that there is no memory: what was lost comes again.
 */
TEST_F_TIMEOUT(faults_traffic, connections_while_a_stretch_of_code_fails_once,
	       600)
{
	int lfd = listener(AF_KITE, 0), stretches = 0;
	unsigned long long from;

	ASSERT_OK(lfd);
	for (from = self->start; from < self->end; from += STRETCH) {
		ASSERT_EQ(0, aim_injectors(from, from + STRETCH));
		ASSERT_EQ(0, start_injectors("100", "1"));
		if (live(lfd)) {
			EXPECT_EQ(true, says_no_memory(errno)) {
				TH_LOG("from byte %llu on: %s",
				       from - self->start, strerror(errno));
			}
		}
		if (!injected())
			continue;
		stretches++;
		ASSERT_EQ(0, start_injectors("0", "1"));
		ASSERT_EQ(0, live(lfd)) {
			TH_LOG("after that from byte %llu on: %s",
			       from - self->start, strerror(errno));
		}
	}
	EXPECT_LE(STRETCHES_MIN, stretches);
	TH_LOG("%d of %llu stretches allocate something", stretches,
	       (self->end - self->start) / STRETCH);
}

static void quiet_alarm(int sig)
{
}

/* A round of connecting, writing, reading; how far it gets does not matter. */
static void use_the_stack(void)
{
	static char buf[20000];
	int pair[2] = { -1, -1 };

	alarm(3);
	if (!stream_pair(AF_KITE, pair)) {
		nonblocking(pair[0]);
		send(pair[0], buf, sizeof(buf), 0);
		recv(pair[1], buf, sizeof(buf), 0);
		shutdown(pair[0], SHUT_WR);
	}
	reset(pair[0]);
	reset(pair[1]);
	memset(pair, -1, sizeof(pair));
	if (!dgram_pair(AF_KITE, pair)) {
		send(pair[0], buf, sizeof(buf), 0);
		recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT);
	}
	reset(pair[0]);
	reset(pair[1]);
	alarm(0);
}

TEST_F_TIMEOUT(faults_traffic, traffic_while_allocations_fail_now_and_then, 120)
{
	struct sigaction act = { .sa_handler = quiet_alarm };
	unsigned int i;
	int pair[2];

	ASSERT_OK(sigaction(SIGALRM, &act, NULL));
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, start_injectors("10", "-1"));
	for (i = 0; i < 100; i++)
		use_the_stack();
	ASSERT_EQ(0, start_injectors("0", "1"));

	/* With memory everything works again. */
	ASSERT_OK(stream_pair(AF_KITE, pair));
	EXPECT_EQ(0, get_through(pair[0], pair[1]));
	ASSERT_OK(dgram_pair(AF_KITE, pair));
	EXPECT_EQ(0, get_through(pair[0], pair[1]));
}

TEST_HARNESS_MAIN
