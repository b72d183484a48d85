// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads and few ports: no two ever own what the rules forbid, and none is
 * lost from the table.
 *
 * time limit: 180 s
 */
#include "kite_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#define LOW	40000
#define PORTS	8
#define THREADS	8
#define SECONDS	3

FIXTURE(bind_race) {
	int family;
};

FIXTURE_VARIANT(bind_race) {
	int family;
};

FIXTURE_VARIANT_ADD(bind_race, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(bind_race, kite) { .family = AF_KITE };

FIXTURE_SETUP(bind_race)
{
	char range[32];

	self->family = variant->family;
	ASSERT_EQ(0, own_network());
	snprintf(range, sizeof(range), "%d %d", LOW, LOW + PORTS - 1);
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ip_local_port_range",
				range));
}

FIXTURE_TEARDOWN(bind_race)
{
}

struct race {
	int family;
	int type;
	time_t end;
	atomic_int owners[PORTS];	/* who believes to own it, at most one */
	atomic_int twice;		/* how often there were two */
	atomic_int strange;		/* how often an errno had no reason */
	atomic_int owned;		/* how often a port was got */
};

/* One socket's life: gets a port, has it for a moment, gives it back. */
static void live(struct race *r, unsigned int *seed)
{
	int fd = socket(r->family, r->type | SOCK_NONBLOCK, 0);
	int port = rand_r(seed) % 2 ? LOW + rand_r(seed) % PORTS : 0;

	if (bind_to(fd, r->family, "127.0.0.1", port)) {
		if (errno != EADDRINUSE)
			atomic_fetch_add(&r->strange, 1);
		close(fd);
		return;
	}
	port = port_of(fd) - LOW;
	atomic_fetch_add(&r->owned, 1);
	if (atomic_exchange(&r->owners[port], 1))
		atomic_fetch_add(&r->twice, 1);
	switch (rand_r(seed) % 3) {
	case 0:
		if (r->type == SOCK_STREAM && listen(fd, 1))
			atomic_fetch_add(&r->strange, 1);
		break;
	case 1:
		if (r->type == SOCK_DGRAM &&
		    connect_to(fd, r->family, "127.0.0.1", LOW))
			atomic_fetch_add(&r->strange, 1);
		break;
	}
	sched_yield();
	atomic_store(&r->owners[port], 0);
	close(fd);
}

static void *racer(void *arg)
{
	static atomic_uint seeds;
	unsigned int seed = atomic_fetch_add(&seeds, 1);
	struct race *r = arg;

	while (time(NULL) < r->end)
		live(r, &seed);
	return NULL;
}

/* None is lost: each can be had by name, and then by choice. */
static void all_are_there(struct __test_metadata *_metadata, int family,
			  int type)
{
	int i, fd[PORTS];

	for (i = 0; i < PORTS; i++) {
		fd[i] = bound_socket(family, type, LOW + i);
		EXPECT_LE(0, fd[i]) {
			TH_LOG("port %d: %s", LOW + i, strerror(errno));
		}
	}
	EXPECT_GT(0, bound_socket(family, type, 0));
	for (i = 0; i < PORTS; i++)
		close(fd[i]);
	for (i = 0; i < PORTS; i++)
		EXPECT_LE(0, bound_socket(family, type, 0));
}

static void run_race(struct __test_metadata *_metadata, int family, int type)
{
	struct race r = {
		.family = family, .type = type, .end = time(NULL) + SECONDS,
	};
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, racer, &r));
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);

	EXPECT_EQ(0, atomic_load(&r.twice));
	EXPECT_EQ(0, atomic_load(&r.strange));
	EXPECT_LT(0, atomic_load(&r.owned));
	all_are_there(_metadata, family, type);
}

TEST_F(bind_race, for_datagram_ports)
{
	run_race(_metadata, self->family, SOCK_DGRAM);
}

TEST_F(bind_race, for_stream_ports)
{
	run_race(_metadata, self->family, SOCK_STREAM);
}

struct group {
	int family;
	int fd;			/* whom others join, and who leaves */
	time_t end;
	atomic_int joined;
	atomic_int left;
	atomic_int strange;	/* how often a call failed */
};

/* Who has a peer has another address than the group. */
static void *leaver(void *arg)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct group *g = arg;

	while (time(NULL) < g->end) {
		if (connect_to(g->fd, g->family, "127.0.0.1", LOW + 1) ||
		    connect(g->fd, &none, sizeof(none)))
			atomic_fetch_add(&g->strange, 1);
		atomic_fetch_add(&g->left, 1);
	}
	return NULL;
}

static void *joiner(void *arg)
{
	struct group *g = arg;

	while (time(NULL) < g->end) {
		int fd = socket(g->family, SOCK_DGRAM, 0);

		if (set_reuseport(fd, g->family) ||
		    bind_to(fd, g->family, "0.0.0.0", LOW))
			atomic_fetch_add(&g->strange, 1);
		atomic_fetch_add(&g->joined, 1);
		close(fd);
	}
	return NULL;
}

TEST_F(bind_race, for_a_group_that_its_members_leave)
{
	struct group g = {
		.family = self->family, .end = time(NULL) + SECONDS,
		.fd = socket(self->family, SOCK_DGRAM, 0),
	};
	pthread_t thread[4];
	unsigned int i;

	ASSERT_OK(set_reuseport(g.fd, g.family));
	ASSERT_OK(bind_to(g.fd, g.family, "0.0.0.0", LOW));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    i < 2 ? leaver : joiner, &g));
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, atomic_load(&g.strange));
	EXPECT_LT(0, atomic_load(&g.joined));
	EXPECT_LT(0, atomic_load(&g.left));
}

/*
 * One word a port: how many have bound it alone, and as members of a group. The
 * first tolerates nobody else, the others only their like.
 */
enum { ALONE = 1, MEMBER = 1 << 8 };

#define OTHERS_THAN(owner)	(~((owner) == ALONE ? 0 : (owner) * 0xffu))

struct crowd {
	int family;
	int type;
	int server;		/* where connections go to */
	time_t end;
	atomic_uint owners[PORTS];
	atomic_int forbidden;	/* how often there were two that must not be */
	atomic_int strange;	/* how often an errno had no reason */
	atomic_int owned;
	atomic_int forks;
};

static void own(struct crowd *c, int port, unsigned int owner)
{
	if (atomic_fetch_add(&c->owners[port], owner) & OTHERS_THAN(owner))
		atomic_fetch_add(&c->forbidden, 1);
	atomic_fetch_add(&c->owned, 1);
}

static void disown(struct crowd *c, int port, unsigned int owner)
{
	atomic_fetch_sub(&c->owners[port], owner);
}

static void expect_errno(struct crowd *c, int one, int other)
{
	if (errno != one && errno != other)
		atomic_fetch_add(&c->strange, 1);
}

static bool is_closed(int fd)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state == TCP_CLOSE;
}

/*
 * Who is connected without bind() has a port that nobody has bound. It may be lost
 * at any time, by a reset that was for the connection before, so that is asked
 * last: who is connected then was before.
 */
static void expect_unbound(struct crowd *c, int fd, int port)
{
	if (atomic_load(&c->owners[port]) && !is_closed(fd))
		atomic_fetch_add(&c->forbidden, 1);
}

/* A process that has all sockets, too, and goes at once. */
static void fork_once(struct crowd *c)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(0);
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		atomic_fetch_add(&c->forks, 1);
}

/* Connect to the server from a port of the kernel's choice, and reset that. */
static void connect_for_a_moment(struct crowd *c, int fd)
{
	struct linger reset = { .l_onoff = 1 };
	int port;

	if (connect_to(fd, c->family, "127.0.0.1", LOW - 1) &&
	    errno != EINPROGRESS) {
		expect_errno(c, EADDRNOTAVAIL, EAGAIN);
		return;
	}
	port = port_of(fd) - LOW;
	if (port < 0)
		return;
	if (c->type == SOCK_DGRAM) {
		own(c, port, ALONE);
		disown(c, port, ALONE);
		return;
	}
	expect_unbound(c, fd, port);
	close(accept(c->server, NULL, NULL));
	sched_yield();
	expect_unbound(c, fd, port);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

/* Bind, use the port in some way, and maybe leave it and bind again. */
static void bind_for_a_moment(struct crowd *c, int fd, unsigned int *seed)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	unsigned int owner = rand_r(seed) % 2 ? MEMBER : ALONE;
	bool named = rand_r(seed) % 2;
	int port = named ? LOW + rand_r(seed) % PORTS : 0;

	if (owner == MEMBER && set_reuseport(fd, c->family))
		atomic_fetch_add(&c->strange, 1);
	if (bind_to(fd, c->family, "127.0.0.1", port)) {
		expect_errno(c, EADDRINUSE, EADDRINUSE);
		return;
	}
	port = port_of(fd) - LOW;
	own(c, port, owner);
	if (rand_r(seed) % 16 == 0 || !atomic_load(&c->forks))
		fork_once(c);
	if (c->type == SOCK_DGRAM) {
		if (connect_to(fd, c->family, "127.0.0.1", LOW - 1))
			atomic_fetch_add(&c->strange, 1);
	} else if (listen(fd, 1)) {
		expect_errno(c, EADDRINUSE, EADDRINUSE);
	} else if (named) {
		/* An ordinary socket again, which keeps a port of its own choice. */
		if (shutdown(fd, SHUT_RD))
			atomic_fetch_add(&c->strange, 1);
		if (listen(fd, 1))
			expect_errno(c, EADDRINUSE, EADDRINUSE);
	}
	sched_yield();
	disown(c, port, owner);
	connect(fd, &none, sizeof(none));
}

static void *one_of_the_crowd(void *arg)
{
	static atomic_uint seeds;
	unsigned int seed = atomic_fetch_add(&seeds, 1);
	struct crowd *c = arg;

	while (time(NULL) < c->end) {
		int fd = socket(c->family, c->type | SOCK_NONBLOCK |
					   SOCK_CLOEXEC, 0);

		if (rand_r(&seed) % 3)
			bind_for_a_moment(c, fd, &seed);
		else
			connect_for_a_moment(c, fd);
		close(fd);
	}
	return NULL;
}

/* A minute where everything is checked. */
static int crowded_seconds(int family)
{
	return family == AF_KITE && is_debug_kernel() ? 30 : SECONDS;
}

static void run_crowd(struct __test_metadata *_metadata, int family, int type)
{
	struct crowd c = { .family = family, .type = type };
	pthread_t thread[THREADS];
	int i;

	c.server = socket(family, type | SOCK_NONBLOCK, 0);
	ASSERT_OK(bind_to(c.server, family, "127.0.0.1", LOW - 1));
	if (type == SOCK_STREAM)
		ASSERT_OK(listen(c.server, 64));
	c.end = time(NULL) + crowded_seconds(family);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, one_of_the_crowd,
					    &c));
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);

	EXPECT_EQ(0, atomic_load(&c.forbidden));
	EXPECT_EQ(0, atomic_load(&c.strange));
	EXPECT_LT(0, atomic_load(&c.owned));
	EXPECT_LT(0, atomic_load(&c.forks));
	close(c.server);
	all_are_there(_metadata, family, type);
}

TEST_F(bind_race, for_groups_of_datagram_ports_with_children)
{
	run_crowd(_metadata, self->family, SOCK_DGRAM);
}

TEST_F(bind_race, for_groups_of_stream_ports_with_children)
{
	run_crowd(_metadata, self->family, SOCK_STREAM);
}

/* Datagrams fly while their sockets come, go, connect and disconnect. */
TEST_F(bind_race, with_packets_on_the_way)
{
	struct race r = {
		.family = self->family, .type = SOCK_DGRAM,
		.end = time(NULL) + SECONDS,
	};
	int fd = socket(self->family, SOCK_DGRAM, 0);
	pthread_t thread[THREADS];
	int i, sent = 0;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, racer, &r));
	/* Not one of the contested ports, or the others starve. */
	ASSERT_OK(bind_to(fd, self->family, "127.0.0.1", LOW - 1));
	while (time(NULL) < r.end) {
		struct sockaddr_in to = endpoint(self->family, "127.0.0.1",
						 LOW + sent % PORTS);

		if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to,
			   sizeof(to)) == 1)
			sent++;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	EXPECT_LT(0, sent);
	EXPECT_EQ(0, atomic_load(&r.twice));
	EXPECT_EQ(0, atomic_load(&r.strange));
}

/*
 * A socket bound to a port hears every datagram to it, while another thread
 * connects and disconnects it. (AF_INET loses some: it moves the socket from one
 * list to another meanwhile.)
 */
struct fickle {
	int fd;
	int peer;
	atomic_bool stop;
};

static void *connect_and_disconnect(void *arg)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct fickle *f = arg;

	while (!atomic_load(&f->stop)) {
		connect_to(f->fd, AF_KITE, "127.0.0.1", f->peer);
		connect(f->fd, &none, sizeof(none));
	}
	return NULL;
}

TEST(kite_connecting_never_hides_a_socket)
{
	struct fickle f = { .peer = 5001 };
	int from, lost = 0;
	pthread_t thread;
	time_t end;
	char c;

	ASSERT_EQ(0, own_network());
	f.fd = socket(AF_KITE, SOCK_DGRAM, 0);
	from = bound_socket(AF_KITE, SOCK_DGRAM, f.peer);
	ASSERT_OK(bind_to(f.fd, AF_KITE, "0.0.0.0", 5000));
	ASSERT_OK(connect_to(from, AF_KITE, "127.0.0.1", 5000));
	ASSERT_EQ(0, pthread_create(&thread, NULL, connect_and_disconnect, &f));
	end = time(NULL) + SECONDS;
	while (!lost && time(NULL) < end) {
		/* Port unreachable would be told by the next send. */
		if (send(from, "x", 1, 0) != 1)
			lost++;
		if (recv_soon(f.fd, &c, 1) != 1)
			lost++;
	}
	atomic_store(&f.stop, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, lost);
}

TEST_HARNESS_MAIN
