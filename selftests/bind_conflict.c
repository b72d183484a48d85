// SPDX-License-Identifier: GPL-2.0
/*
 * Two sockets and one port: who may have it together?
 *
 * Every combination of address, SO_REUSEADDR, device and state of the first and
 * the second socket is tried on AF_INET, which is right by definition, and on
 * AF_KITE in a namespace like it. The two must agree.
 */
#include "kite_test.h"

/* What a socket does on its way to the port. */
struct claim {
	const char *addr;
	bool reuse;
	const char *dev;
	bool listens;
	bool connects;
};

struct pair {
	int type;
	struct claim first;
	struct claim second;
};

static const char * const addresses[] = {
	"0.0.0.0", "127.0.0.1", "10.1.1.1",
};

static const char * const devices[] = { NULL, "lo", "other" };

#define IP	"/usr/sbin/ip"
#define PORT	4242

/* A device "other" with 10.1.1.1, so that there are two to be bound to. */
static int another_device(void)
{
	return system(IP " link add other type dummy && "
		      IP " addr add 10.1.1.1/24 dev other && "
		      IP " link set other up");
}

/* 0 when the socket got all it wanted, else the errno of what failed first. */
static int stake(int family, int type, const struct claim *c, int *fd)
{
	*fd = socket(family, type, 0);
	if (*fd < 0)
		return errno;
	if (c->reuse && set_int(*fd, SOL_SOCKET, SO_REUSEADDR, 1))
		return errno;
	if (c->dev && setsockopt(*fd, SOL_SOCKET, SO_BINDTODEVICE, c->dev,
				 strlen(c->dev) + 1))
		return errno;
	if (bind_to(*fd, family, c->addr, PORT))
		return errno;
	if (c->listens && listen(*fd, 1))
		return errno;
	/* Narrows what a datagram socket is bound to. */
	if (c->connects && connect_to(*fd, family, "127.0.0.1", 9))
		return errno;
	return 0;
}

/* What the two get: the first's errno in the upper, the second's in the lower. */
static int outcome(int family, const struct pair *p)
{
	int first, second, got;

	got = stake(family, p->type, &p->first, &first) << 8;
	if (!got)
		got = stake(family, p->type, &p->second, &second);
	else
		second = -1;
	close(second);
	close(first);
	return got;
}

static void describe(char *buf, size_t size, const struct claim *c)
{
	snprintf(buf, size, "%s%s%s%s%s%s", c->addr, c->reuse ? " reuse" : "",
		 c->dev ? " dev " : "", c->dev ?: "",
		 c->listens ? " listening" : "",
		 c->connects ? " connected" : "");
}

FIXTURE(bind_conflict) {
};

FIXTURE_VARIANT(bind_conflict) {
	int type;
	/* Which of the two listen (bit 0: first, bit 1: second), TCP. */
	int listening;
	/* Which of the two are connected, UDP. */
	int connected;
};

FIXTURE_VARIANT_ADD(bind_conflict, tcp_bound) {
	.type = SOCK_STREAM,
};

FIXTURE_VARIANT_ADD(bind_conflict, tcp_first_listens) {
	.type = SOCK_STREAM,
	.listening = 1,
};

FIXTURE_VARIANT_ADD(bind_conflict, tcp_second_listens) {
	.type = SOCK_STREAM,
	.listening = 2,
};

FIXTURE_VARIANT_ADD(bind_conflict, tcp_both_listen) {
	.type = SOCK_STREAM,
	.listening = 3,
};

FIXTURE_VARIANT_ADD(bind_conflict, udp_bound) {
	.type = SOCK_DGRAM,
};

FIXTURE_VARIANT_ADD(bind_conflict, udp_first_connected) {
	.type = SOCK_DGRAM,
	.connected = 1,
};

FIXTURE_SETUP(bind_conflict)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, another_device());
}

FIXTURE_TEARDOWN(bind_conflict)
{
}

/* Thousands of system calls: time limit: 180 s, should the machine be slow. */
TEST_F_TIMEOUT(bind_conflict, is_that_of_inet, 170)
{
	const unsigned int na = sizeof(addresses) / sizeof(*addresses);
	const unsigned int nd = sizeof(devices) / sizeof(*devices);
	const unsigned int n = na * nd * 2;
	unsigned int i, shared = 0, refused = 0;
	char first[64], second[64];

	for (i = 0; i < n * n; i++) {
		unsigned int a = i % n, b = i / n;
		struct pair p = {
			.type = variant->type,
			.first = {
				.addr = addresses[a % na],
				.reuse = a / na % 2,
				.dev = devices[a / na / 2],
				.listens = variant->listening & 1,
				.connects = variant->connected & 1,
			},
			.second = {
				.addr = addresses[b % na],
				.reuse = b / na % 2,
				.dev = devices[b / na / 2],
				.listens = variant->listening & 2,
				.connects = variant->connected & 2,
			},
		};
		int inet = outcome(AF_INET, &p);
		int kite = outcome(AF_KITE, &p);

		if (!inet)
			shared++;
		else if (inet == EADDRINUSE)
			refused++;
		describe(first, sizeof(first), &p.first);
		describe(second, sizeof(second), &p.second);
		EXPECT_EQ(inet, kite) {
			TH_LOG("first %s, second %s: inet %d/%s, kite %d/%s",
			       first, second,
			       inet >> 8, strerror(inet & 0xff),
			       kite >> 8, strerror(kite & 0xff));
		}
	}
	/* The table has both answers, or it says nothing. */
	EXPECT_LT(0, shared);
	EXPECT_LT(0, refused);
}

FIXTURE_OF_BOTH_FAMILIES(bind_rules);

TEST_F(bind_rules, a_port_is_free_again_after_close)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	unsigned int i, t;

	for (t = 0; t < 2; t++)
		for (i = 0; i < 100; i++) {
			int fd = bound_socket(self->family, type[t], PORT);

			ASSERT_LE(0, fd);
			close(fd);
		}
}

TEST_F(bind_rules, a_refused_bind_leaves_the_socket_unbound)
{
	int owner = bound_socket(self->family, SOCK_DGRAM, PORT);
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_LE(0, owner);
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "127.0.0.1", PORT));
	EXPECT_EQ(0, port_of(fd));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.1", PORT + 1));
	EXPECT_EQ(PORT + 1, port_of(fd));
}

TEST_F(bind_rules, tcp_and_udp_ports_are_apart)
{
	EXPECT_LE(0, bound_socket(self->family, SOCK_STREAM, PORT));
	EXPECT_LE(0, bound_socket(self->family, SOCK_DGRAM, PORT));
}

TEST_F(bind_rules, namespaces_are_apart)
{
	ASSERT_LE(0, bound_socket(self->family, SOCK_STREAM, PORT));
	ASSERT_LE(0, bound_socket(self->family, SOCK_DGRAM, PORT));
	ASSERT_EQ(0, own_network());
	EXPECT_LE(0, bound_socket(self->family, SOCK_STREAM, PORT));
	EXPECT_LE(0, bound_socket(self->family, SOCK_DGRAM, PORT));
}

TEST_F(bind_rules, the_last_of_several_owners_frees_the_port)
{
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = socket(self->family, SOCK_DGRAM, 0);
		ASSERT_OK(set_int(fd[i], SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_OK(bind_to(fd[i], self->family, "127.0.0.1", PORT));
	}
	for (i = 0; i < 3; i++) {
		EXPECT_GT(0, bound_socket(self->family, SOCK_DGRAM, PORT));
		close(fd[i]);
	}
	EXPECT_LE(0, bound_socket(self->family, SOCK_DGRAM, PORT));
}

TEST_F(bind_rules, the_newest_of_equal_datagram_sockets_hears)
{
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", PORT);
	int from = socket(self->family, SOCK_DGRAM, 0);
	int fd[3], i;
	char c;

	for (i = 0; i < 3; i++) {
		fd[i] = socket(self->family, SOCK_DGRAM, 0);
		ASSERT_OK(set_int(fd[i], SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_OK(bind_to(fd[i], self->family, "127.0.0.1", PORT));
	}
	for (i = 2; i >= 0; i--) {
		ASSERT_EQ(1, sendto(from, "x", 1, 0, (struct sockaddr *)&to,
				    sizeof(to)));
		EXPECT_EQ(1, recv_soon(fd[i], &c, 1)) {
			TH_LOG("socket %d of 3", i);
		}
		close(fd[i]);
	}
}

TEST_F(bind_rules, disconnect_keeps_what_bind_chose)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };
	int fd = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	/* Neither was chosen: both go. */
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 9));
	EXPECT_LT(0, port_of(fd));
	ASSERT_OK(connect(fd, &sa, sizeof(sa)));
	EXPECT_EQ(0, port_of(fd));

	/* The port was: it stays, the address goes. */
	ASSERT_OK(bind_to(fd, self->family, "0.0.0.0", PORT));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 9));
	ASSERT_OK(connect(fd, &sa, sizeof(sa)));
	ASSERT_OK(getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(htons(PORT), sin.sin_port);
	EXPECT_EQ(0, sin.sin_addr.s_addr);
	EXPECT_GT(0, bound_socket(self->family, SOCK_DGRAM, PORT));
}

TEST_F(bind_rules, a_connected_wildcard_socket_hears_only_on_its_address)
{
	struct sockaddr_in two = endpoint(self->family, "127.0.0.2", PORT);
	int peer = bound_socket(self->family, SOCK_DGRAM, 0);
	int fd = socket(self->family, SOCK_DGRAM, 0);
	char c;

	ASSERT_OK(bind_to(fd, self->family, "0.0.0.0", PORT));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", port_of(peer)));
	ASSERT_EQ(1, sendto(peer, "2", 1, 0, (struct sockaddr *)&two,
			    sizeof(two)));
	two = endpoint(self->family, "127.0.0.1", PORT);
	ASSERT_EQ(1, sendto(peer, "1", 1, 0, (struct sockaddr *)&two,
			    sizeof(two)));
	EXPECT_EQ(1, recv_soon(fd, &c, 1));
	EXPECT_EQ('1', c);
	EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
}

/* A server that closed first, on PORT; 0 when all went well. */
static int leave_time_wait(int family, bool reuse)
{
	int lfd = socket(family, SOCK_STREAM, 0);
	int fd = socket(family, SOCK_STREAM, 0);
	int server;
	char c;

	if (set_int(lfd, SOL_SOCKET, SO_REUSEADDR, reuse) ||
	    bind_to(lfd, family, "127.0.0.1", PORT) || listen(lfd, 1) ||
	    connect_to(fd, family, "127.0.0.1", PORT))
		return -1;
	server = accept(lfd, NULL, NULL);
	close(lfd);
	close(server);
	if (recv(fd, &c, 1, 0))
		return -1;
	return close(fd);
}

TEST_F(bind_rules, TIME_WAIT_owns_the_port)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_EQ(0, leave_time_wait(self->family, false));
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "127.0.0.1", PORT));
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "0.0.0.0", PORT));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "127.0.0.1", PORT));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.2", PORT));
}

TEST_F(bind_rules, TIME_WAIT_shares_the_port_by_SO_REUSEADDR)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_EQ(0, leave_time_wait(self->family, true));
	EXPECT_ERRNO(EADDRINUSE, bind_to(fd, self->family, "127.0.0.1", PORT));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.1", PORT));
	EXPECT_EQ(0, listen(fd, 1));
}

TEST_F(bind_rules, a_privileged_port_needs_the_capability)
{
	int fd;

	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start",
				"500"));
	ASSERT_OK(setresuid(1000, 1000, 1000));
	fd = socket(self->family, SOCK_DGRAM, 0);
	EXPECT_ERRNO(EACCES, bind_to(fd, self->family, "127.0.0.1", 499));
	EXPECT_EQ(0, bind_to(fd, self->family, "127.0.0.1", 500));
}

TEST_HARNESS_MAIN
