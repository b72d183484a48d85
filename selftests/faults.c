// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation can fail. Each system call is made again and again, with the
 * first, second, third ... of the allocations inside KITE failing: it says that
 * there is no memory, or succeeds all the same, and leaves nothing behind.
 *
 * Needs a kernel with fault injection. That nothing leaks is what kmemleak says
 * in the end.
 *
 * time limit: 240 s
 */
#include "kite_test.h"
#include "faults.h"

#define PORT	5000

/* More allocations than any one call makes. */
#define MANY	400

/* Have the @n-th allocation from here on fail; 0 = none. */
static int fail_nth(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	return write_file("/proc/self/fail-nth", text);
}

/* Whether the one that was to fail has failed; ends the waiting for it. */
static bool has_failed(void)
{
	char text[16] = "";
	int fd = open("/proc/self/fail-nth", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	fail_nth(0);
	return n > 0 && atoi(text) == 0;
}

/* What a call works on. Everything in fds is closed when it is done. */
struct scene {
	int fds[4];
	int home;
	char buf[60000];
};

/*
 * struct call - one system call
 * @set: makes what it needs, without faults; 0 or -1
 * @make: the call, with faults; negative with errno if it failed
 * @again: when it failed nothing is changed, and it succeeds once there is memory
 */
struct call {
	int (*set)(struct scene *s);
	int (*make)(struct scene *s);
	bool again;
};

static int set_nothing(struct scene *s)
{
	return 0;
}

static int set_tcp(struct scene *s)
{
	s->fds[0] = socket(AF_KITE, SOCK_STREAM, 0);
	return s->fds[0] < 0 ? -1 : 0;
}

static int set_udp(struct scene *s)
{
	s->fds[0] = socket(AF_KITE, SOCK_DGRAM, 0);
	return s->fds[0] < 0 ? -1 : 0;
}

static int set_bound_udp(struct scene *s)
{
	return set_udp(s) ?: bind_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int set_bound_tcp(struct scene *s)
{
	return set_tcp(s) ?: bind_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

/* Asks for SO_REUSEPORT, and has no port yet. */
static int set_grouped(struct scene *s, int type)
{
	s->fds[0] = socket(AF_KITE, type, 0);
	return set_int(s->fds[0], SOL_KITE, KITE_REUSEPORT, 1);
}

/* @n in a group already, who stay; one more wants in. */
static int set_group(struct scene *s, int type, int n)
{
	static int have;
	int fd;

	for (; have < n; have++) {
		fd = socket(AF_KITE, type, 0);
		if (set_int(fd, SOL_KITE, KITE_REUSEPORT, 1) ||
		    bind_to(fd, AF_KITE, "127.0.0.1", PORT) ||
		    (type == SOCK_STREAM && listen(fd, 1)))
			return -1;
	}
	return set_grouped(s, type);
}

static int set_first_udp(struct scene *s)
{
	return set_grouped(s, SOCK_DGRAM);
}

static int set_second_udp(struct scene *s)
{
	return set_group(s, SOCK_DGRAM, 1);
}

/* So many that the group has to be enlarged. */
static int set_one_udp_too_many(struct scene *s)
{
	return set_group(s, SOCK_DGRAM, 128);
}

static int set_first_listener(struct scene *s)
{
	return set_grouped(s, SOCK_STREAM) ?:
	       bind_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int set_second_listener(struct scene *s)
{
	return set_group(s, SOCK_STREAM, 1) ?:
	       bind_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int set_shared_tcp(struct scene *s)
{
	s->fds[1] = socket(AF_KITE, SOCK_STREAM, 0);
	if (set_tcp(s) ||
	    set_int(s->fds[0], SOL_SOCKET, SO_REUSEADDR, 1) ||
	    set_int(s->fds[1], SOL_SOCKET, SO_REUSEADDR, 1))
		return -1;
	return bind_to(s->fds[1], AF_KITE, "127.0.0.1", PORT);
}

static int set_listener(struct scene *s)
{
	s->fds[1] = listener(AF_KITE, PORT);
	return s->fds[1] < 0 ? -1 : set_tcp(s);
}

/* Another connection has a port that this one may share. */
static int set_sharing(struct scene *s)
{
	static int other = -1;
	char range[] = "40000 40000";

	if (other < 0) {
		if (write_file("/proc/sys/net/ipv4/ip_local_port_range", range))
			return -1;
		other = listener(AF_KITE, PORT + 1);
	}
	s->fds[2] = socket(AF_KITE, SOCK_STREAM, 0);
	if (set_listener(s) ||
	    connect_to(s->fds[2], AF_KITE, "127.0.0.1", PORT + 1))
		return -1;
	s->fds[3] = accept(other, NULL, NULL);
	return s->fds[3] < 0 ? -1 : 0;
}

static int set_bound_and_listener(struct scene *s)
{
	return set_listener(s) ?:
	       bind_to(s->fds[0], AF_KITE, "127.0.0.2", PORT);
}

static int set_waiting(struct scene *s)
{
	if (set_listener(s) ||
	    connect_to(s->fds[0], AF_KITE, "127.0.0.1", PORT))
		return -1;
	return wait_for(s->fds[1], POLLIN) == POLLIN ? 0 : -1;
}

static int set_connection(struct scene *s)
{
	if (set_waiting(s))
		return -1;
	s->fds[2] = accept(s->fds[1], NULL, NULL);
	return s->fds[2] < 0 ? -1 : 0;
}

static int set_stream_data(struct scene *s)
{
	if (set_connection(s) || send(s->fds[0], "x", 1, 0) != 1)
		return -1;
	return wait_for(s->fds[2], POLLIN) == POLLIN ? 0 : -1;
}

static int set_udp_pair(struct scene *s)
{
	s->fds[1] = bound_socket(AF_KITE, SOCK_DGRAM, PORT);
	if (s->fds[1] < 0 || set_udp(s))
		return -1;
	return connect_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int set_udp_data(struct scene *s)
{
	return set_udp_pair(s) ?: (send(s->fds[0], "x", 1, 0) == 1 ? 0 : -1);
}

/* In which no device is up, so that KITE has not been asked for anything. */
static int set_new_namespace(struct scene *s)
{
	return unshare(CLONE_NEWNET);
}

static int make_tcp_socket(struct scene *s)
{
	return s->fds[0] = socket(AF_KITE, SOCK_STREAM, 0);
}

static int make_udp_socket(struct scene *s)
{
	return s->fds[0] = socket(AF_KITE, SOCK_DGRAM, 0);
}

static int make_raw_socket(struct scene *s)
{
	return s->fds[0] = socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP);
}

static int make_bind(struct scene *s)
{
	return bind_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int make_bind_to_any_port(struct scene *s)
{
	return bind_to(s->fds[0], AF_KITE, "127.0.0.1", 0);
}

static int make_listen(struct scene *s)
{
	return listen(s->fds[0], 1);
}

static int make_connect(struct scene *s)
{
	return connect_to(s->fds[0], AF_KITE, "127.0.0.1", PORT);
}

static int make_accept(struct scene *s)
{
	return s->fds[2] = accept(s->fds[1], NULL, NULL);
}

static int make_send(struct scene *s)
{
	return send(s->fds[0], s->buf, 100, 0);
}

static int make_big_send(struct scene *s)
{
	return send(s->fds[0], s->buf, sizeof(s->buf), 0);
}

static int make_recv_tcp(struct scene *s)
{
	return recv(s->fds[2], s->buf, 1, 0);
}

static int make_recv_udp(struct scene *s)
{
	return recv(s->fds[1], s->buf, 1, 0);
}

static int make_shutdown(struct scene *s)
{
	return shutdown(s->fds[0], SHUT_RDWR);
}

static int make_option(struct scene *s)
{
	return set_int(s->fds[0], SOL_IP, IP_TTL, 7);
}

static int make_listing(struct scene *s)
{
	int fd = open("/proc/self/net/kite/tcp", O_RDONLY);
	int n;

	if (fd < 0)
		return -1;
	n = read(fd, s->buf, sizeof(s->buf));
	close(fd);
	return n;
}

/* Close with a reset, so that no connection lingers on. */
static void leave(struct scene *s)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (s->fds[i] < 0)
			continue;
		abortive(s->fds[i]);
		close(s->fds[i]);
	}
	setns(s->home, CLONE_NEWNET);
}

FIXTURE(faults) {
};

FIXTURE_SETUP(faults)
{
	if (access("/proc/self/fail-nth", W_OK) ||
	    access(DEBUGFS "failslab/require-start", W_OK))
		SKIP(return, "a kernel without fault injection");
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, set_up_injectors());
}

FIXTURE_TEARDOWN(faults)
{
	reset_injectors();
}

/* The listings of TCP and UDP, which leave nothing out. */
static void look(char *text, size_t size)
{
	static const char * const paths[] = {
		"/proc/self/net/kite/tcp", "/proc/self/net/kite/udp",
	};
	size_t n = 0;
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		for (;;) {
			ssize_t got = read(fd, text + n, size - n - 1);

			if (got <= 0)
				break;
			n += got;
		}
		close(fd);
	}
	text[n] = '\0';
}

/* What the port tables and the socket say of who is in them. */
struct view {
	char listing[40000];
	int port;
};

static void take_view(struct view *v, const struct scene *s)
{
	look(v->listing, sizeof(v->listing));
	v->port = port_of(s->fds[0]);
}

/*
 * Make a call with each of its allocations failing in turn, until it makes so
 * few that none is left to fail. The next scene could not be set if the last one
 * had left anything bound.
 */
static void without_memory(struct __test_metadata *_metadata,
			   const struct call *call, unsigned int least)
{
	static struct view before, after;
	static struct scene s;
	unsigned int n;
	int i, got, err;
	bool failed;

	s.home = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_OK(s.home);
	for (n = 1; n < MANY; n++) {
		for (i = 0; i < 4; i++)
			s.fds[i] = -1;
		ASSERT_EQ(0, call->set(&s)) {
			TH_LOG("before allocation %u: %s", n, strerror(errno));
		}
		take_view(&before, &s);
		ASSERT_EQ(0, fail_nth(n));
		got = call->make(&s);
		err = errno;
		failed = has_failed();
		if (got < 0 && call->again) {
			take_view(&after, &s);
			EXPECT_EQ(before.port, after.port);
			EXPECT_STREQ(before.listing, after.listing) {
				TH_LOG("after allocation %u", n);
			}
			EXPECT_LE(0, call->make(&s)) {
				TH_LOG("again: %s", strerror(errno));
			}
		}
		leave(&s);
		if (got < 0) {
			EXPECT_EQ(true, failed && says_no_memory(err)) {
				TH_LOG("allocation %u: %s", n, strerror(err));
			}
		}
		if (!failed)
			break;
	}
	close(s.home);
	EXPECT_GT(MANY, n);
	EXPECT_LT(least, n) {
		TH_LOG("only %u allocations failed", n - 1);
	}
}

#define FAULT_TEST(name, set, make, least)				\
	TEST_F(faults, name)						\
	{								\
		static const struct call call = { set, make };		\
									\
		without_memory(_metadata, &call, least);		\
	}

/* A call that changes the port table: all of it or nothing. */
#define TABLE_TEST(name, set, make, least)				\
	TEST_F(faults, name)						\
	{								\
		static const struct call call = { set, make, true };	\
									\
		without_memory(_metadata, &call, least);		\
	}

FAULT_TEST(socket_tcp, set_nothing, make_tcp_socket, 1)
FAULT_TEST(socket_udp, set_nothing, make_udp_socket, 1)
FAULT_TEST(socket_raw, set_nothing, make_raw_socket, 1)
FAULT_TEST(first_socket_of_a_namespace, set_new_namespace, make_udp_socket, 10)
TABLE_TEST(bind_tcp, set_tcp, make_bind, 1)
TABLE_TEST(bind_tcp_beside_another, set_shared_tcp, make_bind, 0)
TABLE_TEST(bind_udp, set_udp, make_bind, 1)
TABLE_TEST(bind_to_any_port, set_tcp, make_bind_to_any_port, 1)
TABLE_TEST(found_a_group, set_first_udp, make_bind, 1)
TABLE_TEST(join_a_group, set_second_udp, make_bind, 0)
TABLE_TEST(enlarge_a_group, set_one_udp_too_many, make_bind, 1)
TABLE_TEST(listen, set_bound_tcp, make_listen, 0)
TABLE_TEST(listen_on_any_port, set_tcp, make_listen, 1)
TABLE_TEST(listen_and_found_a_group, set_first_listener, make_listen, 1)
TABLE_TEST(listen_and_join_a_group, set_second_listener, make_listen, 0)
TABLE_TEST(connect_tcp, set_listener, make_connect, 1)
TABLE_TEST(connect_tcp_from_a_bound_port, set_bound_and_listener, make_connect,
	   0)
TABLE_TEST(connect_tcp_from_a_shared_port, set_sharing, make_connect, 0)
TABLE_TEST(connect_udp, set_bound_udp, make_connect, 0)
/* Two steps: it has a port by the time that there may be no route. */
FAULT_TEST(connect_udp_without_a_port, set_udp, make_connect, 1)
FAULT_TEST(accept, set_waiting, make_accept, 0)
FAULT_TEST(send_tcp, set_connection, make_send, 1)
FAULT_TEST(send_tcp_many, set_connection, make_big_send, 1)
FAULT_TEST(send_udp, set_udp_pair, make_send, 1)
FAULT_TEST(send_udp_big, set_udp_pair, make_big_send, 1)
FAULT_TEST(recv_tcp, set_stream_data, make_recv_tcp, 0)
FAULT_TEST(recv_udp, set_udp_data, make_recv_udp, 0)
FAULT_TEST(shutdown, set_connection, make_shutdown, 0)
FAULT_TEST(setsockopt, set_udp, make_option, 0)
FAULT_TEST(listing, set_connection, make_listing, 0)

TEST_HARNESS_MAIN
