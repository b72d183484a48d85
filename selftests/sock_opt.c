// SPDX-License-Identifier: GPL-2.0
/*
 * Options: those that AF_INET knows work or are refused alike; those that
 * nobody knows are refused alike.
 */
#include "kite_test.h"

#include <linux/filter.h>
#include <sys/utsname.h>

#define NOWHERE	((void *)16)

FIXTURE_OF_BOTH_FAMILIES(sock_opt);

TEST_F(sock_opt, unknown_is_ENOPROTOOPT)
{
	static const int levels[] = { SOL_SOCKET, SOL_IP, SOL_TCP, SOL_UDP };
	int types[] = { SOCK_STREAM, SOCK_DGRAM };
	unsigned int l, t;

	for (t = 0; t < 2; t++) {
		int fd = socket(self->family, types[t], 0);

		for (l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
			TH_LOG("type %d level %d", types[t], levels[l]);
			EXPECT_ERRNO(ENOPROTOOPT,
				     set_int(fd, levels[l], 4711, 1));
		}
	}
}

TEST_F(sock_opt, unknown_is_not_readable)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_EQ(-ENOPROTOOPT, get_int(stream, SOL_SOCKET, 4711));
	EXPECT_EQ(-ENOPROTOOPT, get_int(stream, SOL_IP, 4711));
	EXPECT_EQ(-ENOPROTOOPT, get_int(stream, SOL_TCP, 4711));
	EXPECT_EQ(-ENOPROTOOPT, get_int(dgram, SOL_UDP, 4711));
	EXPECT_EQ(-ENOPROTOOPT, get_int(dgram, SOL_IP, 4711));
}

TEST_F(sock_opt, foreign_levels_are_refused)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(ENOPROTOOPT, set_int(dgram, SOL_TCP, TCP_NODELAY, 1));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(stream, 9999, 1, 1));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(dgram, 9999, 1, 1));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(stream, -1, 1, 1));
}

TEST_F(sock_opt, malformed_values_are_refused)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	socklen_t len = -1;
	int value = 1;

	EXPECT_ERRNO(EINVAL, setsockopt(stream, SOL_SOCKET, SO_REUSEADDR,
					&value, 1));
	EXPECT_ERRNO(EINVAL, setsockopt(stream, SOL_SOCKET, SO_REUSEADDR,
					&value, -1));
	EXPECT_ERRNO(EFAULT, setsockopt(stream, SOL_SOCKET, SO_REUSEADDR,
					NOWHERE, sizeof(value)));
	EXPECT_ERRNO(EINVAL, setsockopt(stream, SOL_TCP, TCP_NODELAY,
					&value, 1));
	EXPECT_ERRNO(EFAULT, setsockopt(stream, SOL_TCP, TCP_NODELAY,
					NOWHERE, sizeof(value)));
	EXPECT_ERRNO(EINVAL, getsockopt(stream, SOL_SOCKET, SO_REUSEADDR,
					&value, &len));
	EXPECT_ERRNO(EINVAL, getsockopt(stream, SOL_TCP, TCP_NODELAY,
					&value, &len));
	EXPECT_ERRNO(EINVAL, getsockopt(stream, SOL_IP, IP_TTL,
					&value, &len));
	EXPECT_ERRNO(EFAULT, getsockopt(stream, SOL_TCP, TCP_NODELAY,
					&value, NOWHERE));
	len = sizeof(value);
	EXPECT_ERRNO(EFAULT, getsockopt(stream, SOL_TCP, TCP_NODELAY,
					NOWHERE, &len));
	EXPECT_ERRNO(EFAULT, getsockopt(stream, SOL_IP, IP_TTL,
					NOWHERE, &len));
}

TEST_F(sock_opt, describes_itself)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_EQ(self->family, get_int(stream, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(SOCK_STREAM, get_int(stream, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(IPPROTO_TCP, get_int(stream, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(SOCK_DGRAM, get_int(dgram, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(IPPROTO_UDP, get_int(dgram, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(0, get_int(stream, SOL_SOCKET, SO_ACCEPTCONN));
	ASSERT_OK(listen(stream, 1));
	EXPECT_EQ(1, get_int(stream, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_ERRNO(ENOPROTOOPT, set_int(stream, SOL_SOCKET, SO_TYPE, 1));
}

TEST_F(sock_opt, TCP_NODELAY_is_a_switch)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 4711));
	EXPECT_EQ(1, get_int(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 0));
	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NODELAY));
}

TEST_F(sock_opt, TCP_NODELAY_is_inherited)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	int conn;

	ASSERT_OK(set_int(lfd, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	conn = accept(lfd, NULL, NULL);
	ASSERT_OK(conn);
	EXPECT_EQ(1, get_int(conn, SOL_TCP, TCP_NODELAY));
}

TEST_F(sock_opt, IP_TTL_has_its_limits)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_EQ(64, get_int(fd, SOL_IP, IP_TTL));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_TTL, 7));
	EXPECT_EQ(7, get_int(fd, SOL_IP, IP_TTL));
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_IP, IP_TTL, 0));
	EXPECT_ERRNO(EINVAL, set_int(fd, SOL_IP, IP_TTL, 256));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_TTL, -1));
	EXPECT_EQ(64, get_int(fd, SOL_IP, IP_TTL));
}

TEST_F(sock_opt, IP_TOS_is_kept)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_EQ(0, get_int(fd, SOL_IP, IP_TOS));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_TOS, 0x10));
	EXPECT_EQ(0x10, get_int(fd, SOL_IP, IP_TOS));
}

TEST_F(sock_opt, SO_RCVBUF_doubles_as_everywhere)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVBUF, 10000));
	EXPECT_EQ(20000, get_int(fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_SNDBUF, 10000));
	EXPECT_EQ(20000, get_int(fd, SOL_SOCKET, SO_SNDBUF));
}

TEST_F(sock_opt, buffers_start_with_the_namespaces_sizes)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	int inet_stream = socket(AF_INET, SOCK_STREAM, 0);
	int inet_dgram = socket(AF_INET, SOCK_DGRAM, 0);

	EXPECT_EQ(get_int(inet_stream, SOL_SOCKET, SO_RCVBUF),
		  get_int(stream, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(get_int(inet_stream, SOL_SOCKET, SO_SNDBUF),
		  get_int(stream, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(get_int(inet_dgram, SOL_SOCKET, SO_RCVBUF),
		  get_int(dgram, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(get_int(inet_dgram, SOL_SOCKET, SO_SNDBUF),
		  get_int(dgram, SOL_SOCKET, SO_SNDBUF));
}

TEST_F(sock_opt, SO_BINDTODEVICE_names_a_device)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);

	EXPECT_ERRNO(ENODEV, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					"none", 5));
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_EQ(0, strcmp(name, "lo"));
}

TEST_F(sock_opt, SO_REUSEADDR_of_a_new_socket_is_off)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_EQ(0, get_int(stream, SOL_SOCKET, SO_REUSEADDR));
	EXPECT_EQ(0, get_int(dgram, SOL_SOCKET, SO_REUSEADDR));
}

/* Whether a socket is asked about SOL_SOCKET itself: Linux 6.7. */
static bool sockets_are_asked(void)
{
	struct utsname name;
	int major, minor;

	return !uname(&name) && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       major * 1000 + minor >= 6007;
}

static void expect_SO_REUSEPORT(struct __test_metadata *_metadata, int family, int fd)
{
	int value = 4711;

	if (family == AF_KITE && !sockets_are_asked()) {
		EXPECT_ERRNO(EOPNOTSUPP, set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
		return;
	}
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_REUSEPORT));
	EXPECT_ERRNO(0, set_int(fd, SOL_SOCKET, SO_REUSEPORT, value));
	EXPECT_EQ(1, get_int(fd, SOL_SOCKET, SO_REUSEPORT));
	EXPECT_ERRNO(0, set_int(fd, SOL_SOCKET, SO_REUSEPORT, 0));
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_REUSEPORT));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, 3));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, NOWHERE, sizeof(value)));
}

TEST_F(sock_opt, SO_REUSEPORT_is_a_switch)
{
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	expect_SO_REUSEPORT(_metadata, self->family, pair[0]);
	expect_SO_REUSEPORT(_metadata, self->family, pair[1]);
	expect_SO_REUSEPORT(_metadata, self->family, socket(self->family, SOCK_DGRAM, 0));
	expect_SO_REUSEPORT(_metadata, self->family, socket(self->family, SOCK_RAW, 253));
}

TEST_F(sock_opt, SO_REUSEPORT_shares_a_port)
{
	int a = socket(self->family, SOCK_STREAM, 0), b = socket(self->family, SOCK_STREAM, 0);

	if (self->family == AF_KITE && !sockets_are_asked())
		return;
	ASSERT_OK(set_int(a, SOL_SOCKET, SO_REUSEPORT, 1));
	ASSERT_OK(bind_to(a, self->family, "127.0.0.1", 5000));
	EXPECT_ERRNO(EADDRINUSE, bind_to(b, self->family, "127.0.0.1", 5000));
	ASSERT_OK(set_int(b, SOL_SOCKET, SO_REUSEPORT, 1));
	EXPECT_ERRNO(0, bind_to(b, self->family, "127.0.0.1", 5000));
}

/* Attach a filter that takes all. */
static int attach_filter(int fd)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, -1);
	struct sock_fprog program = { .len = 1, .filter = &all };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* An AF_INET that does not ask yet is older than its series' last (6.12). */
TEST_F(sock_opt, who_may_filter_a_stream)
{
	int stream = socket(self->family, SOCK_STREAM, 0);
	int inet = socket(AF_INET, SOCK_STREAM, 0), pair[2], refused;

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(0, attach_filter(stream));
	ASSERT_OK(setresuid(1000, 1000, 1000));
	EXPECT_ERRNO(0, attach_filter(socket(self->family, SOCK_DGRAM, 0)));
	refused = attach_filter(inet) ? errno : 0;
	if (self->family == AF_KITE)
		refused = sockets_are_asked() ? EPERM : 0;
	EXPECT_ERRNO(refused, attach_filter(stream));
	EXPECT_ERRNO(refused, attach_filter(pair[1]));
}

TEST_F(sock_opt, IP_OPTIONS_leave_a_connected_sockets_MTU_alone)
{
	unsigned char record[8] = { 7, 7, 4 };
	int pair[2], mtu;

	ASSERT_OK(dgram_pair(self->family, pair));
	mtu = get_int(pair[0], SOL_IP, IP_MTU);
	EXPECT_LT(0, mtu);
	ASSERT_OK(setsockopt(pair[0], SOL_IP, IP_OPTIONS, record, 7));
	EXPECT_EQ(mtu, get_int(pair[0], SOL_IP, IP_MTU));
	ASSERT_OK(setsockopt(pair[0], SOL_IP, IP_OPTIONS, NULL, 0));
	EXPECT_EQ(mtu, get_int(pair[0], SOL_IP, IP_MTU));
}

static int run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* What goes over loopback is received on the processor that sends; or else by a timer's. */
static bool hears_on(int from, int to, int cpu)
{
	char c;
	int i;

	for (i = 0; i < 100; i++) {
		if (send(from, "x", 1, 0) != 1 || recv_soon(to, &c, 1) != 1)
			return false;
		if (get_int(to, SOL_SOCKET, SO_INCOMING_CPU) == cpu)
			return true;
	}
	return false;
}

/* Whatever was there: what is asked for is where it was heard last. */
static void expect_to_follow(struct __test_metadata *_metadata, int from, int to)
{
	int cpu;

	for (cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		ASSERT_EQ(0, run_on(cpu));
		EXPECT_TRUE(hears_on(from, to, cpu));
	}
	ASSERT_EQ(0, set_int(to, SOL_SOCKET, SO_INCOMING_CPU, 77));
	EXPECT_TRUE(hears_on(from, to, cpu - 1));
}

TEST_F(sock_opt, a_connection_knows_the_processor_that_heard_it_last)
{
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	expect_to_follow(_metadata, pair[0], pair[1]);
	expect_to_follow(_metadata, pair[1], pair[0]);
}

TEST_F(sock_opt, a_connected_datagram_socket_does_too)
{
	int pair[2];

	ASSERT_OK(dgram_pair(self->family, pair));
	expect_to_follow(_metadata, pair[0], pair[1]);
}

/* Among those with SO_REUSEPORT it says who is to have what is heard there. */
TEST_F(sock_opt, who_hears_many_keeps_the_processor_that_the_user_says)
{
	int fd = bound_socket(self->family, SOCK_DGRAM, 0);
	int lfd = listener(self->family, 0);
	int from = socket(self->family, SOCK_DGRAM, 0), pair[2];
	char c;

	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_INCOMING_CPU, 77));
	ASSERT_OK(connect_to(from, self->family, "127.0.0.1", port_of(fd)));
	ASSERT_EQ(1, send(from, "x", 1, 0));
	ASSERT_EQ(1, recv_soon(fd, &c, 1));
	EXPECT_EQ(77, get_int(fd, SOL_SOCKET, SO_INCOMING_CPU));

	ASSERT_EQ(0, run_on(0));
	ASSERT_EQ(0, set_int(lfd, SOL_SOCKET, SO_INCOMING_CPU, 77));
	pair[0] = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(connect_to(pair[0], self->family, "127.0.0.1", port_of(lfd)));
	pair[1] = accept(lfd, NULL, NULL);
	EXPECT_EQ(77, get_int(lfd, SOL_SOCKET, SO_INCOMING_CPU));
	EXPECT_EQ(0, get_int(pair[1], SOL_SOCKET, SO_INCOMING_CPU));
}

TEST_HARNESS_MAIN
