// SPDX-License-Identifier: GPL-2.0
/*
 * Who waits in connect(), accept() or recv(), and what wakes him: a signal, one connection
 * of many, or another thread that disconnects. Linux's own sockets must answer the same.
 * time limit: 240 s
 */
#include "tcp_peer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#define WAITERS	4

FIXTURE_ON_A_WIRE(tcp)

static atomic_int signals;	/* that came */

static void count_signal(int number)
{
	signals++;
}

static void on_signal(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
}

/*
 * struct waiter - a thread in a system call
 * @call: the system call
 * @fd: its socket
 * @peer: where connect() goes
 * @thread: the thread
 * @tid: the kernel's name for it, 0 until it runs
 * @result: what the call returned, or -errno
 * @over: it has returned
 */
struct waiter {
	int (*call)(struct waiter *w);
	int fd;
	struct peer *peer;
	pthread_t thread;
	int tid;
	int result;
	bool over;
};

static int call_connect(struct waiter *w)
{
	return connect_to(w->fd, w->peer->family, PEER, w->peer->port);
}

static int call_accept(struct waiter *w)
{
	return accept(w->fd, NULL, NULL);
}

static int call_recv(struct waiter *w)
{
	char c;

	return recv(w->fd, &c, 1, 0);
}

static int call_splice(struct waiter *w)
{
	int ends[2], n;

	if (pipe(ends))
		return -1;
	n = splice(w->fd, NULL, ends[1], NULL, 1, 0);
	close(ends[0]);
	close(ends[1]);
	return n;
}

static void *wait_in_call(void *arg)
{
	struct waiter *w = arg;
	int result;

	__atomic_store_n(&w->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	result = w->call(w);
	w->result = result < 0 ? -errno : result;
	__atomic_store_n(&w->over, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool is_over(struct waiter *w)
{
	return __atomic_load_n(&w->over, __ATOMIC_ACQUIRE);
}

/* The value of a line of the thread's /proc status; "" without it. */
static const char *status_of(struct waiter *w, const char *line)
{
	static char value[64];
	char path[64], buf[128];
	size_t len = strlen(line);
	FILE *file;

	value[0] = 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/status",
		 __atomic_load_n(&w->tid, __ATOMIC_ACQUIRE));
	file = fopen(path, "r");
	while (file && fgets(buf, sizeof(buf), file))
		if (!strncmp(buf, line, len) && buf[len] == ':')
			sscanf(buf + len + 1, "%63s", value);
	if (file)
		fclose(file);
	return value;
}

static bool is_asleep(struct waiter *w)
{
	return !strcmp(status_of(w, "State"), "S");
}

/* How often it has gone to sleep. */
static long sleeps_of(struct waiter *w)
{
	return atol(status_of(w, "voluntary_ctxt_switches"));
}

#define WAIT_UNTIL(condition)						\
	({								\
		int __ms;						\
									\
		for (__ms = 0; !(condition) && __ms < SOON; __ms += 5)	\
			usleep(5000);					\
		(condition) ? 0 : -1;					\
	})

static int begin(struct waiter *w)
{
	if (pthread_create(&w->thread, NULL, wait_in_call, w))
		return -1;
	return WAIT_UNTIL(__atomic_load_n(&w->tid, __ATOMIC_ACQUIRE) && is_asleep(w));
}

/* It gets a signal, and has noticed. */
static int interrupt(struct waiter *w)
{
	int before = signals;

	pthread_kill(w->thread, SIGUSR1);
	return WAIT_UNTIL(signals != before);
}

static int result_of(struct waiter *w)
{
	if (WAIT_UNTIL(is_over(w)))
		return -ETIME;
	pthread_join(w->thread, NULL);
	return w->result;
}

/* A blocking connect() to us, whose SYN we have heard. */
static void begin_connect(struct __test_metadata *_metadata, struct peer *p, struct waiter *w)
{
	*w = (struct waiter) { .call = call_connect, .fd = host_socket(p), .peer = p };
	ASSERT_LE(0, w->fd);
	ASSERT_EQ(0, begin(w));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

static int answer_connect(struct peer *p)
{
	return tell(p, SYN | ACK, OUR_ISN, p->ack, "");
}

TCP_TEST(a_signal_interrupts_connect_and_not_the_handshake)
{
	struct waiter w;

	on_signal(0);
	begin_connect(_metadata, p, &w);
	ASSERT_EQ(0, interrupt(&w));
	EXPECT_EQ(-EINTR, result_of(&w));
	nonblocking(w.fd);
	EXPECT_ERRNO(EALREADY, connect_to(w.fd, p->family, PEER, p->port));
	EXPECT_EQ(0, polled(w.fd, POLLOUT));
	ASSERT_EQ(0, answer_connect(p));
	EXPECT_EQ(POLLOUT, wait_for(w.fd, POLLOUT));
	EXPECT_EQ(0, so_error(w.fd));
	/* How it ended is still to be told, once. */
	EXPECT_ERRNO(0, connect_to(w.fd, p->family, PEER, p->port));
	EXPECT_ERRNO(EISCONN, connect_to(w.fd, p->family, PEER, p->port));
}

TCP_TEST(connect_may_go_on_waiting_after_a_signal)
{
	struct waiter w, again;

	on_signal(0);
	begin_connect(_metadata, p, &w);
	ASSERT_EQ(0, interrupt(&w));
	EXPECT_EQ(-EINTR, result_of(&w));
	again = (struct waiter) { .call = call_connect, .fd = w.fd, .peer = p };
	ASSERT_EQ(0, begin(&again));
	ASSERT_EQ(0, answer_connect(p));
	EXPECT_EQ(0, result_of(&again));
	EXPECT_ERRNO(EISCONN, connect_to(w.fd, p->family, PEER, p->port));
}

TCP_TEST(SA_RESTART_lets_connect_go_on_waiting)
{
	struct waiter w;

	on_signal(SA_RESTART);
	begin_connect(_metadata, p, &w);
	ASSERT_EQ(0, interrupt(&w));
	ASSERT_EQ(0, WAIT_UNTIL(is_asleep(&w)));
	EXPECT_FALSE(is_over(&w));
	ASSERT_EQ(0, answer_connect(p));
	EXPECT_EQ(0, result_of(&w));
	EXPECT_ERRNO(EISCONN, connect_to(w.fd, p->family, PEER, p->port));
}

TCP_TEST(a_connect_that_is_refused_meanwhile_says_so_later)
{
	struct waiter w;

	on_signal(0);
	begin_connect(_metadata, p, &w);
	ASSERT_EQ(0, interrupt(&w));
	EXPECT_EQ(-EINTR, result_of(&w));
	ASSERT_EQ(0, tell(p, RST | ACK, 0, p->ack, ""));
	EXPECT_TRUE(wait_for(w.fd, POLLIN) & POLLERR);
	EXPECT_ERRNO(ECONNREFUSED, connect_to(w.fd, p->family, PEER, p->port));
}

static void begin_accept(struct __test_metadata *_metadata, struct waiter *w, int fd)
{
	*w = (struct waiter) { .call = call_accept, .fd = fd };
	ASSERT_EQ(0, begin(w));
}

TCP_TEST(a_signal_interrupts_accept)
{
	int listener = host_listens(p, 1);
	struct waiter w;

	on_signal(0);
	begin_accept(_metadata, &w, listener);
	ASSERT_EQ(0, interrupt(&w));
	EXPECT_EQ(-EINTR, result_of(&w));
	/* Nothing is lost. */
	shake_hands(_metadata, p);
	close(accepted(_metadata, listener));
}

TCP_TEST(SA_RESTART_lets_accept_go_on_waiting)
{
	int listener = host_listens(p, 1), fd;
	struct waiter w;

	on_signal(SA_RESTART);
	begin_accept(_metadata, &w, listener);
	ASSERT_EQ(0, interrupt(&w));
	ASSERT_EQ(0, WAIT_UNTIL(is_asleep(&w)));
	EXPECT_FALSE(is_over(&w));
	shake_hands(_metadata, p);
	fd = result_of(&w);
	EXPECT_LE(0, fd);
	abortive(fd);
}

/* It could not say how much of the time is left. */
TCP_TEST(with_a_time_limit_nothing_is_restarted)
{
	struct timeval limit = { .tv_sec = 1000 };
	int listener = host_listens(p, 1);
	struct waiter w;

	on_signal(SA_RESTART);
	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	begin_accept(_metadata, &w, listener);
	ASSERT_EQ(0, interrupt(&w));
	EXPECT_EQ(-EINTR, result_of(&w));
}

/* The others have not even looked. */
TCP_TEST(one_connection_wakes_one_of_those_who_accept)
{
	int listener = host_listens(p, WAITERS), i, n, got, woken;
	struct waiter w[WAITERS];
	long sleeps[WAITERS];

	for (i = 0; i < WAITERS; i++)
		begin_accept(_metadata, &w[i], listener);
	for (n = 1; n <= WAITERS; n++) {
		for (i = 0; i < WAITERS; i++)
			sleeps[i] = is_over(&w[i]) ? -1 : sleeps_of(&w[i]);
		p->port++;
		shake_hands(_metadata, p);
		for (got = 0, i = 0; got < n && i < SOON; i += 5) {
			int k;

			for (got = 0, k = 0; k < WAITERS; k++)
				got += is_over(&w[k]);
			usleep(5000);
		}
		EXPECT_EQ(n, got);
		for (woken = 0, i = 0; i < WAITERS; i++)
			woken += !is_over(&w[i]) && sleeps_of(&w[i]) != sleeps[i];
		EXPECT_EQ(0, woken);
	}
	for (i = 0; i < WAITERS; i++) {
		EXPECT_LE(0, result_of(&w[i]));
		abortive(w[i].result);
	}
}

/* A thread waits to read from a connection, which another one ends. */
static void read_and_disconnect(struct __test_metadata *_metadata, struct peer *p,
				int (*call)(struct waiter *w))
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct waiter w = { .call = call };
	int listener = host_listens(p, 1);

	shake_hands(_metadata, p);
	w.fd = accepted(_metadata, listener);
	ASSERT_EQ(0, begin(&w));
	ASSERT_EQ(0, connect(w.fd, &none, sizeof(none)));
	EXPECT_EQ(-EPIPE, result_of(&w));
	/* Which is no news that the reader could take away. */
	EXPECT_EQ(ECONNRESET, so_error(w.fd));
}

TCP_TEST(who_reads_hears_that_another_thread_has_disconnected)
{
	read_and_disconnect(_metadata, p, call_recv);
}

TCP_TEST(who_splices_hears_of_it_too)
{
	read_and_disconnect(_metadata, p, call_splice);
}

TEST_HARNESS_MAIN
