// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/kite/tcp, udp, raw and icmp list every socket exactly once, however
 * many others come and go, and sockstat counts as AF_INET's does.
 *
 * AF_INET's own lists skip and repeat lines when sockets come and go, so that it
 * cannot be the judge of this.
 */
#include "kite_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

#define STAYING	150	/* sockets that do not go */
#define CHURN	64	/* sockets that one churner has at a time */
#define LOW	10000	/* the ports of those that stay */

/* What is listed in one file. */
struct kind {
	const char *path;
	int (*make)(int number);
	void (*come_and_go)(unsigned int *seed, int *fd);
};

/* A listener for all that connect, and one for the many connections of one port. */
static int server, busy;

static int make_listener(int number)
{
	return listener(AF_KITE, LOW + number);
}

/* One of many connections of one port, which the churners' belong to as well. */
static int make_connection(int number)
{
	int fd = socket(AF_KITE, SOCK_STREAM, 0);

	if (connect_to(fd, AF_KITE, "127.0.0.1", LOW - 2))
		return -1;
	return accept(busy, NULL, NULL);
}

/* Come and go at that port, also ones that merely have it. */
static void churn_connection(unsigned int *seed, int *fd)
{
	if (*fd >= 0) {
		if (rand_r(seed) % 2)
			abortive(*fd);
		else
			close(*fd);
		*fd = -1;
		return;
	}
	*fd = socket(AF_KITE, SOCK_STREAM, 0);
	if (rand_r(seed) % 4 == 0) {
		set_int(*fd, SOL_SOCKET, SO_REUSEADDR, 1);
		bind_to(*fd, AF_KITE, "127.0.0.2", LOW - 2);
		return;
	}
	if (!connect_to(*fd, AF_KITE, "127.0.0.1", LOW - 2)) {
		close(*fd);
		*fd = accept(busy, NULL, NULL);
	}
}

/* Connected, and after a while in TIME_WAIT or gone. */
static void churn_stream(unsigned int *seed, int *fd)
{
	int peer;

	if (*fd >= 0) {
		close(*fd);
		*fd = -1;
		return;
	}
	*fd = socket(AF_KITE, SOCK_STREAM, 0);
	if (rand_r(seed) % 4 == 0) {
		listen(*fd, 1);
		return;
	}
	connect_to(*fd, AF_KITE, "127.0.0.1", LOW - 1);
	peer = accept(server, NULL, NULL);
	close(peer);
}

static int make_udp(int number)
{
	return bound_socket(AF_KITE, SOCK_DGRAM, LOW + number);
}

static int make_raw(int number)
{
	return socket(AF_KITE, SOCK_RAW, 1 + number % 200);
}

static int make_ping(int number)
{
	int fd = socket(AF_KITE, SOCK_DGRAM, IPPROTO_ICMP);

	return bind_to(fd, AF_KITE, "127.0.0.1", 0) ? -1 : fd;
}

static void churn_one(int *fd, int now)
{
	if (*fd < 0) {
		*fd = now;
	} else {
		close(*fd);
		close(now);
		*fd = -1;
	}
}

static void churn_udp(unsigned int *seed, int *fd)
{
	churn_one(fd, bound_socket(AF_KITE, SOCK_DGRAM, 0));
}

static void churn_raw(unsigned int *seed, int *fd)
{
	churn_one(fd, make_raw(rand_r(seed)));
}

static void churn_ping(unsigned int *seed, int *fd)
{
	churn_one(fd, make_ping(0));
}

struct churner {
	const struct kind *kind;
	unsigned int seed;
	atomic_bool *stop;
	atomic_ulong count;
};

static void *churn(void *arg)
{
	struct churner *c = arg;
	int fd[CHURN], i;

	memset(fd, -1, sizeof(fd));
	while (!atomic_load(c->stop)) {
		c->kind->come_and_go(&c->seed, &fd[rand_r(&c->seed) % CHURN]);
		atomic_fetch_add(&c->count, 1);
	}
	for (i = 0; i < CHURN; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return NULL;
}

FIXTURE(kite_listing) {
};

FIXTURE_VARIANT(kite_listing) {
	struct kind kind;
};

FIXTURE_VARIANT_ADD(kite_listing, tcp) {
	{ "/proc/self/net/kite/tcp", make_listener, churn_stream }
};

FIXTURE_VARIANT_ADD(kite_listing, connections) {
	{ "/proc/self/net/kite/tcp", make_connection, churn_connection }
};

FIXTURE_VARIANT_ADD(kite_listing, udp) {
	{ "/proc/self/net/kite/udp", make_udp, churn_udp }
};

FIXTURE_VARIANT_ADD(kite_listing, raw) {
	{ "/proc/self/net/kite/raw", make_raw, churn_raw }
};

FIXTURE_VARIANT_ADD(kite_listing, icmp) {
	{ "/proc/self/net/kite/icmp", make_ping, churn_ping }
};

FIXTURE_SETUP(kite_listing)
{
	struct rlimit limit = { 4096, 4096 };

	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	server = socket(AF_KITE, SOCK_STREAM, 0);
	ASSERT_OK(bind_to(server, AF_KITE, "127.0.0.1", LOW - 1));
	ASSERT_OK(listen(server, 64));
	busy = socket(AF_KITE, SOCK_STREAM, 0);
	ASSERT_EQ(0, set_int(busy, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(bind_to(busy, AF_KITE, "127.0.0.1", LOW - 2));
	ASSERT_OK(listen(busy, 64));
}

FIXTURE_TEARDOWN(kite_listing)
{
}

static unsigned long inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

#define INODES	20000

/* All inodes of a listing, read in small pieces; how many, -1 on error. */
static int read_inodes(const char *path, unsigned long *inodes)
{
	FILE *f = fopen(path, "r");
	char line[512];
	int n = 0;

	if (!f || !fgets(line, sizeof(line), f))
		return -1;
	setvbuf(f, NULL, _IOFBF, 512);
	while (n < INODES && fgets(line, sizeof(line), f)) {
		unsigned long inode;

		if (sscanf(line, "%*d: %*s %*s %*s %*s %*s %*s %*d %*d %lu",
			   &inode) != 1) {
			n = -1;
			break;
		}
		/* Mini-sockets and who waits to be accepted have none. */
		if (inode)
			inodes[n++] = inode;
	}
	fclose(f);
	return n;
}

/* So many come or go; fewer on a kernel that checks itself, and takes its time. */
static unsigned long enough(void)
{
	return is_debug_kernel() ? 50 : 2000;
}

static int compare_inodes(const void *a, const void *b)
{
	const unsigned long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

TEST_F(kite_listing, has_each_socket_once_while_thousands_come_and_go)
{
	static unsigned long seen[INODES], inode[STAYING];
	unsigned int i, readings = 0, missing = 0, twice = 0;
	atomic_bool stop = false;
	static struct churner c[2];
	pthread_t thread[2];
	int n, k;

	for (i = 0; i < STAYING; i++)
		inode[i] = inode_of(variant->kind.make(i));
	for (i = 0; i < STAYING; i++)
		ASSERT_NE(0, inode[i]);
	for (i = 0; i < 2; i++) {
		c[i].kind = &variant->kind;
		c[i].seed = i;
		c[i].stop = &stop;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, churn, &c[i]));
	}
	while (readings < 3 ||
	       atomic_load(&c[0].count) + atomic_load(&c[1].count) < enough()) {
		n = read_inodes(variant->kind.path, seen);
		ASSERT_LT(0, n);
		qsort(seen, n, sizeof(*seen), compare_inodes);
		for (k = 1; k < n; k++)
			twice += seen[k] == seen[k - 1];
		for (i = 0; i < STAYING; i++)
			missing += !bsearch(&inode[i], seen, n, sizeof(*seen),
					    compare_inodes);
		readings++;
	}
	atomic_store(&stop, true);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, twice);
	EXPECT_EQ(0, missing);
}

/* Many sockets, read a few at a time while others go: AF_INET skips some. */
TEST_F(kite_listing, shows_a_slow_reader_each_socket_that_stays)
{
	unsigned long inode[STAYING], seen;
	int fds[STAYING], count[STAYING] = {};
	char line[512];
	int i, k;
	FILE *f;

	for (i = 0; i < STAYING; i++) {
		fds[i] = variant->kind.make(i);
		ASSERT_OK(fds[i]);
		inode[i] = inode_of(fds[i]);
	}
	f = fopen(variant->kind.path, "r");
	ASSERT_NE(NULL, f);
	setvbuf(f, NULL, _IOFBF, 256);
	for (i = 0; fgets(line, sizeof(line), f); i++) {
		if (2 * i + 1 < STAYING)
			close(fds[2 * i + 1]);
		if (sscanf(line, "%*d: %*s %*s %*s %*s %*s %*s %*d %*d %lu",
			   &seen) != 1)
			continue;
		for (k = 0; k < STAYING; k++)
			count[k] += inode[k] == seen;
	}
	fclose(f);
	for (i = 0; i < STAYING; i += 2) {
		EXPECT_EQ(1, count[i]) {
			TH_LOG("socket %d", i);
		}
	}
}

/* A connection that its listener has not got yet: it waits for data that does not come. */
static int half_open(int number)
{
	int fd = socket(AF_KITE, SOCK_STREAM, 0);

	if (bind_to(fd, AF_KITE, "127.0.0.1", LOW + number) ||
	    connect_to(fd, AF_KITE, "127.0.0.1", LOW - 1))
		return -1;
	return fd;
}

/* The number of the half-open connection that a line of the listing has, or -1. */
static int half_open_in(const char *line)
{
	unsigned int port, state;

	if (sscanf(line, "%*d: %*8x:%*4x %*8x:%4x %2x", &port, &state) != 2 ||
	    state != TCP_SYN_RECV || port < LOW || port >= LOW + STAYING)
		return -1;
	return port - LOW;
}

TEST(half_open_connections_are_listed_once_while_the_table_grows)
{
	int i, n, other, seconds = 1000, count[STAYING] = {};
	int more = is_debug_kernel() ? 2 : 10;
	struct rlimit limit = { 8192, 8192 };
	char line[512];
	FILE *f;

	ASSERT_EQ(0, own_network());
	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	other = listener(AF_KITE, 0);
	server = listener(AF_KITE, LOW - 1);
	ASSERT_OK(listen(server, STAYING));
	ASSERT_OK(setsockopt(server, SOL_TCP, TCP_DEFER_ACCEPT, &seconds,
			     sizeof(seconds)));
	for (i = 0; i < STAYING; i++)
		ASSERT_OK(half_open(i));
	f = fopen("/proc/self/net/kite/tcp", "r");
	ASSERT_NE(NULL, f);
	setvbuf(f, NULL, _IOFBF, 256);
	for (i = 0; fgets(line, sizeof(line), f); i++) {
		n = half_open_in(line);
		if (n >= 0)
			count[n]++;
		for (n = 0; i < STAYING && n < more; n++) {
			int fd = socket(AF_KITE, SOCK_STREAM, 0);

			ASSERT_OK(connect_to(fd, AF_KITE, "127.0.0.1",
					     port_of(other)));
			ASSERT_OK(accept(other, NULL, NULL));
		}
	}
	fclose(f);
	for (i = 0; i < STAYING; i++) {
		EXPECT_EQ(1, count[i]) {
			TH_LOG("connection %d", i);
		}
	}
}

FIXTURE(sockstat) {
	int family;
	const char *path;
};

FIXTURE_VARIANT(sockstat) {
	int family;
};

FIXTURE_VARIANT_ADD(sockstat, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(sockstat, kite) { .family = AF_KITE };

FIXTURE_SETUP(sockstat)
{
	self->family = variant->family;
	self->path = self->family == AF_KITE ?
		     "/proc/self/net/kite/sockstat" : "/proc/self/net/sockstat";
	ASSERT_EQ(0, own_network());
}

FIXTURE_TEARDOWN(sockstat)
{
}

/* A number by the line's and its own name, -1 if there is none. */
static long stat_of(const char *path, const char *group, const char *name)
{
	FILE *f = fopen(path, "r");
	char line[256], *word, *save;
	long found = -1;

	while (f && fgets(line, sizeof(line), f)) {
		word = strtok_r(line, ": \n", &save);
		if (!word || strcmp(word, group))
			continue;
		while ((word = strtok_r(NULL, " \n", &save))) {
			char *value = strtok_r(NULL, " \n", &save);

			if (value && !strcmp(word, name))
				found = atol(value);
		}
	}
	if (f)
		fclose(f);
	return found;
}

/* Wait until a number is what it should become; what it is at last. */
static long stat_becomes(const char *path, const char *group, const char *name,
			 long value)
{
	int left;

	for (left = SOON; left > 0 && stat_of(path, group, name) != value;
	     left -= 10)
		poll(NULL, 0, 10);
	return stat_of(path, group, name);
}

TEST_F(sockstat, has_every_number)
{
	static const char * const names[][2] = {
		{ "sockets", "used" }, { "TCP", "inuse" }, { "TCP", "orphan" },
		{ "TCP", "tw" }, { "TCP", "alloc" }, { "TCP", "mem" },
		{ "UDP", "inuse" }, { "UDP", "mem" }, { "RAW", "inuse" },
		{ "FRAG", "inuse" }, { "FRAG", "memory" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		EXPECT_LE(0, stat_of(self->path, names[i][0], names[i][1])) {
			TH_LOG("%s %s", names[i][0], names[i][1]);
		}
	}
}

TEST_F(sockstat, counts_what_packets_find)
{
	int fd[4];

	/* Merely made, or bound without listening: nobody's to find. */
	fd[0] = socket(self->family, SOCK_STREAM, 0);
	fd[1] = bound_socket(self->family, SOCK_STREAM, 5000);
	fd[2] = socket(self->family, SOCK_DGRAM, 0);
	EXPECT_EQ(0, stat_of(self->path, "TCP", "inuse"));
	EXPECT_EQ(0, stat_of(self->path, "UDP", "inuse"));
	EXPECT_LE(2, stat_of(self->path, "TCP", "alloc"));

	ASSERT_OK(listen(fd[1], 1));
	ASSERT_OK(bind_to(fd[2], self->family, "127.0.0.1", 5000));
	EXPECT_EQ(1, stat_of(self->path, "TCP", "inuse"));
	EXPECT_EQ(1, stat_of(self->path, "UDP", "inuse"));
	fd[3] = socket(self->family, SOCK_RAW, 253);
	EXPECT_EQ(1, stat_of(self->path, "RAW", "inuse"));
	EXPECT_LE(4, stat_of(self->path, "sockets", "used"));

	ASSERT_OK(connect_to(fd[0], self->family, "127.0.0.1", 5000));
	EXPECT_EQ(3, stat_becomes(self->path, "TCP", "inuse", 3));
	close(fd[1]);
	close(fd[2]);
	close(fd[3]);
	/* The listener is gone, and who waited at it is reset. */
	EXPECT_EQ(0, stat_becomes(self->path, "TCP", "inuse", 0));
	EXPECT_EQ(0, stat_of(self->path, "UDP", "inuse"));
	EXPECT_EQ(0, stat_of(self->path, "RAW", "inuse"));
}

TEST_F(sockstat, counts_who_is_on_the_way_out)
{
	int pair[2];
	char c;

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_EQ(2, stat_becomes(self->path, "TCP", "inuse", 2));
	close(pair[0]);
	ASSERT_EQ(0, recv_soon(pair[1], &c, 1));
	close(pair[1]);
	EXPECT_EQ(1, stat_becomes(self->path, "TCP", "tw", 1));
	EXPECT_EQ(0, stat_becomes(self->path, "TCP", "inuse", 0));
	EXPECT_EQ(0, stat_of(self->path, "TCP", "orphan"));
}

TEST_F(sockstat, counts_who_has_no_file_any_more)
{
	static char buf[65536];
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	/* More than its peer takes, so that it cannot say goodbye. */
	while (send(pair[0], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	close(pair[0]);
	EXPECT_EQ(1, stat_of(self->path, "TCP", "orphan"));
	EXPECT_EQ(2, stat_of(self->path, "TCP", "inuse"));
	close(pair[1]);
	EXPECT_EQ(0, stat_becomes(self->path, "TCP", "orphan", 0));
	EXPECT_EQ(0, stat_becomes(self->path, "TCP", "inuse", 0));
}

TEST_HARNESS_MAIN
