/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C selftests share: a network namespace of its own for each test, and
 * the same test for both families.
 *
 * A fixture of both families runs every test twice: as inet, where Linux's own
 * stack shows that the test is right about what AF_INET does, and as kite.
 */
#ifndef _KITE_TEST_H
#define _KITE_TEST_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <linux/kite.h>

#include "kselftest_harness.h"

/* Younger than some C libraries. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE	51
#endif

/* Seconds for one test: the harness's 30 are too few for a debug kernel without KVM. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

/* The limit of every wait for something that must come, milliseconds. */
#define SOON	10000

/* By a clock that nobody sets. */
static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Whether the kernel checks itself at every step, and takes its time. */
static inline bool is_debug_kernel(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/* Each test of a fixture twice: variant->family is either. */
#define BOTH_FAMILIES(name)						\
	FIXTURE_VARIANT(name) {						\
		int family;						\
	};								\
	FIXTURE_VARIANT_ADD(name, inet) { .family = AF_INET };		\
	FIXTURE_VARIANT_ADD(name, kite) { .family = AF_KITE }

#define FIXTURE_OF_BOTH_FAMILIES(name)					\
	FIXTURE(name) {							\
		int family;						\
	};								\
	BOTH_FAMILIES(name);						\
	FIXTURE_SETUP(name)						\
	{								\
		self->family = variant->family;				\
		ASSERT_EQ(0, own_network());				\
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
	}

/* ... and has two ends of a TCP connection over loopback. */
#define FIXTURE_OF_TWO_ENDS(name)					\
	FIXTURE(name) {							\
		int family;						\
		int a;							\
		int b;							\
	};								\
	BOTH_FAMILIES(name);						\
	FIXTURE_SETUP(name)						\
	{								\
		int pair[2];						\
									\
		self->family = variant->family;				\
		ASSERT_EQ(0, own_network());				\
		ASSERT_OK(stream_pair(self->family, pair));		\
		self->a = pair[0];					\
		self->b = pair[1];					\
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
		close(self->a);						\
		close(self->b);						\
	}

/* ok(): a call succeeds, and the test says why if it does not. */
#define ASSERT_OK(call)							\
	ASSERT_LE(0, call) {						\
		TH_LOG("%s: %s", #call, strerror(errno));		\
	}

#define EXPECT_ERRNO(error, call)					\
	do {								\
		long __got = (call);					\
		int __errno = __got < 0 ? errno : 0;			\
									\
		EXPECT_EQ(error, __errno) {				\
			TH_LOG("%s: expected %s, got %s", #call,	\
			       strerror(error), strerror(__errno));	\
		}							\
	} while (0)

/* A network namespace with nothing but a loopback device that is up. */
static inline int own_network(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		return -errno;
	err = ioctl(fd, SIOCSIFFLAGS, &ifr) ? -errno : 0;
	close(fd);
	return err;
}

static inline struct sockaddr_in endpoint(int family, const char *addr,
					  int port)
{
	struct sockaddr_in sin = {
		.sin_family = family,
		.sin_port = htons(port),
	};

	inet_aton(addr, &sin.sin_addr);
	return sin;
}

static inline int bind_to(int fd, int family, const char *addr, int port)
{
	struct sockaddr_in sin = endpoint(family, addr, port);

	return bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static inline int connect_to(int fd, int family, const char *addr, int port)
{
	struct sockaddr_in sin = endpoint(family, addr, port);

	return connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

/* What socket(2) answers: 0 or an errno. */
static inline int try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* A socket bound to the loopback address; port 0 = any. */
static inline int bound_socket(int family, int type, int port)
{
	int fd = socket(family, type, 0);

	if (fd >= 0 && bind_to(fd, family, "127.0.0.1", port)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static inline int listener(int family, int port)
{
	int fd = bound_socket(family, SOCK_STREAM, port);

	if (fd >= 0 && listen(fd, 8)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The local port of a socket, host order; -1 with errno. */
static inline int port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return -1;
	return ntohs(sin.sin_port);
}

/* A TCP connection over loopback: pair[0] connected, pair[1] accepted. */
static inline int stream_pair(int family, int pair[2])
{
	int lfd = listener(family, 0);
	int err = -1;

	if (lfd < 0)
		return -1;
	pair[0] = socket(family, SOCK_STREAM, 0);
	if (!connect_to(pair[0], family, "127.0.0.1", port_of(lfd))) {
		pair[1] = accept(lfd, NULL, NULL);
		err = pair[1] < 0 ? -1 : 0;
	}
	close(lfd);
	return err;
}

/* Closing resets: no test finds the remains of another. */
static inline void abortive(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Two UDP sockets over loopback, connected to each other. */
static inline int dgram_pair(int family, int pair[2])
{
	pair[0] = bound_socket(family, SOCK_DGRAM, 0);
	pair[1] = bound_socket(family, SOCK_DGRAM, 0);
	if (pair[0] < 0 || pair[1] < 0)
		return -1;
	if (connect_to(pair[0], family, "127.0.0.1", port_of(pair[1])))
		return -1;
	return connect_to(pair[1], family, "127.0.0.1", port_of(pair[0]));
}

/* Which of @events a socket has at once. */
static inline short polled(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	poll(&p, 1, 0);
	return p.revents;
}

/* Wait until a socket has @events; what it has when they came or time is up. */
static inline short wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	poll(&p, 1, SOON);
	return p.revents;
}

/* recv() of what is on its way: waits for it, but not for ever. */
static inline ssize_t recv_soon(int fd, void *buf, size_t len)
{
	wait_for(fd, POLLIN);
	return recv(fd, buf, len, MSG_DONTWAIT);
}

static inline int so_error(int fd)
{
	int err = -1;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -1;
	return err;
}

static inline int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* SO_REUSEPORT, which the kernel before 6.7 gives AF_INET's sockets only. */
static inline int set_reuseport(int fd, int family)
{
	return family == AF_KITE ? set_int(fd, SOL_KITE, KITE_REUSEPORT, 1) :
				   set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

static inline int get_int(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, name, &value, &len))
		return -errno;
	return value;
}

static inline int nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Write a line to a file of /proc or /sys. */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

#endif /* _KITE_TEST_H */
