// SPDX-License-Identifier: GPL-2.0
/*
 * Two sockets and one port: who may have it together?
 *
 * Every combination of address, SO_REUSEADDR, SO_REUSEPORT and its user, device
 * and state of the first and the second socket is tried on AF_INET, which is
 * right by definition, and on AF_KITE beside it. The two must agree. All pairs are
 * 30,000; without being asked for them all it takes a part.
 *
 * time limit: 240 s
 */
#include "kite_test.h"

#include <stdbool.h>
#include <sys/fsuid.h>

#define IP	"/usr/sbin/ip"
#define PORT	4242		/* the first of as many as there are pairs */
#define SERVER	999		/* where those connect to that do */
#define OTHER	4711
#define OWN	"10.1.1.1"

enum group { ALONE, GROUPED, GROUPED_BY_ANOTHER };

enum state { BOUND, LISTENING, CONNECTED, TIME_WAIT };

/* What a socket does on its way to the port. */
struct claim {
	const char *addr;
	const char *dev;
	bool reuse;
	enum group group;
	enum state state;
};

/* One claim that was made: a socket and, if it is connected, its peer. */
struct stake {
	int fd;
	int peer;
};

static const char * const addresses[] = {
	"0.0.0.0", "127.0.0.1", OWN,
};

static const char * const devices[] = { NULL, "lo", "other" };

static const char * const group_names[] = {
	"", " group", " group of another",
};

static const char * const state_names[] = {
	"", " listening", " connected", " TIME_WAIT",
};

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

/* A device "other" with 10.1.1.1, so that there are two to be bound to. */
static int another_device(void)
{
	return system(IP " link add other type dummy && "
		      IP " addr add " OWN "/24 dev other && "
		      IP " link set other up");
}

/*
 * Whether what it sends to the server gets there: one device swallows it, and who
 * is bound to loopback is not believed to have another's address.
 */
static bool arrives(const struct claim *c)
{
	return !c->dev || (!strcmp(c->dev, "lo") && strcmp(c->addr, OWN));
}

static int timed_out(void)
{
	errno = ETIMEDOUT;
	return errno;
}

/* 0, or the errno of what went wrong. */
static int connect_stake(int family, int server, bool arrives, struct stake *s)
{
	if (connect_to(s->fd, family, "127.0.0.1", SERVER) &&
	    errno != EINPROGRESS)
		return errno;
	if (server < 0 || !arrives)
		return 0;
	if (wait_for(server, POLLIN) != POLLIN)
		return timed_out();
	s->peer = accept(server, NULL, NULL);
	return s->peer < 0 ? errno : 0;
}

/* Close first, so that a TIME_WAIT is all that is left. */
static int leave_behind(struct stake *s)
{
	char c;

	if (shutdown(s->fd, SHUT_WR) || recv_soon(s->peer, &c, 1))
		return errno;
	close(s->peer);
	s->peer = -1;
	if (!(wait_for(s->fd, POLLHUP) & POLLHUP))
		return timed_out();
	close(s->fd);
	s->fd = -1;
	return 0;
}

static int go_on(int family, int server, const struct claim *c,
		 struct stake *s)
{
	int err;

	switch (c->state) {
	case LISTENING:
		return listen(s->fd, 1) ? errno : 0;
	case CONNECTED:
		return connect_stake(family, server, arrives(c), s);
	case TIME_WAIT:
		err = connect_stake(family, server, arrives(c), s);
		return err ?: leave_behind(s);
	default:
		return 0;
	}
}

/* 0 when the socket got all it wanted, else the errno of what failed first. */
static int claim(int family, int type, int server, int port,
		 const struct claim *c, struct stake *s)
{
	/* Who makes a socket is the user that has it. */
	setfsuid(c->group == GROUPED_BY_ANOTHER ? OTHER : 0);
	s->fd = socket(family, type | SOCK_NONBLOCK, 0);
	setfsuid(0);
	if (s->fd < 0 ||
	    (c->reuse && set_int(s->fd, SOL_SOCKET, SO_REUSEADDR, 1)) ||
	    (c->group != ALONE && set_reuseport(s->fd, family)) ||
	    (c->dev && setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, c->dev,
				  strlen(c->dev) + 1)) ||
	    bind_to(s->fd, family, c->addr, port))
		return errno;
	return go_on(family, server, c, s);
}

/* Close with a reset, so that nothing lingers on. */
static void give_up(struct stake *s)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(s->fd);
	close(s->peer);
}

/* What the two get: the first's errno in the upper, the second's in the lower. */
static int outcome(int family, int type, int server, int port,
		   const struct claim *first, const struct claim *second)
{
	struct stake a = { -1, -1 }, b = { -1, -1 };
	int got;

	got = claim(family, type, server, port, first, &a) << 8;
	if (!got)
		got = claim(family, type, server, port, second, &b);
	give_up(&b);
	give_up(&a);
	return got;
}

static void describe(char *buf, size_t size, const struct claim *c)
{
	snprintf(buf, size, "%s%s%s%s%s%s", c->addr, c->reuse ? " reuse" : "",
		 group_names[c->group], c->dev ? " dev " : "", c->dev ?: "",
		 state_names[c->state]);
}

/* The @i-th of all claims with a state; false when there are no more. */
static bool make_claim(struct claim *c, unsigned int i, unsigned int groups,
		       enum state state)
{
	c->state = state;
	c->addr = addresses[i % COUNT(addresses)];
	i /= COUNT(addresses);
	c->reuse = i % 2;
	i /= 2;
	c->group = i % groups;
	i /= groups;
	if (i >= COUNT(devices))
		return false;
	c->dev = devices[i];
	return true;
}

FIXTURE(bind_conflict) {
	int server[2];
};

FIXTURE_VARIANT(bind_conflict) {
	int type;
	enum state first;
	enum state second;
};

#define PAIR(name, type, first, second) \
	FIXTURE_VARIANT_ADD(bind_conflict, name) { type, first, second }

PAIR(tcp_bound, SOCK_STREAM, BOUND, BOUND);
PAIR(tcp_second_listens, SOCK_STREAM, BOUND, LISTENING);
PAIR(tcp_second_connects, SOCK_STREAM, BOUND, CONNECTED);
PAIR(tcp_first_listens, SOCK_STREAM, LISTENING, BOUND);
PAIR(tcp_both_listen, SOCK_STREAM, LISTENING, LISTENING);
PAIR(tcp_beside_a_listener, SOCK_STREAM, LISTENING, CONNECTED);
PAIR(tcp_first_connected, SOCK_STREAM, CONNECTED, BOUND);
PAIR(tcp_beside_a_connection, SOCK_STREAM, CONNECTED, LISTENING);
PAIR(tcp_both_connected, SOCK_STREAM, CONNECTED, CONNECTED);
PAIR(tcp_TIME_WAIT, SOCK_STREAM, TIME_WAIT, BOUND);
PAIR(tcp_beside_TIME_WAIT, SOCK_STREAM, TIME_WAIT, LISTENING);
PAIR(udp_bound, SOCK_DGRAM, BOUND, BOUND);
PAIR(udp_second_connects, SOCK_DGRAM, BOUND, CONNECTED);
PAIR(udp_first_connected, SOCK_DGRAM, CONNECTED, BOUND);
PAIR(udp_both_connected, SOCK_DGRAM, CONNECTED, CONNECTED);

static int server_for(int family, int type)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (type != SOCK_STREAM || bind_to(fd, family, "0.0.0.0", SERVER) ||
	    listen(fd, 8)) {
		close(fd);
		return -1;
	}
	return fd;
}

FIXTURE_SETUP(bind_conflict)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, another_device());
	self->server[0] = server_for(AF_INET, variant->type);
	self->server[1] = server_for(AF_KITE, variant->type);
}

FIXTURE_TEARDOWN(bind_conflict)
{
}

/*
 * Every so-many-th pair, or all with KITE_EVERY_PAIR in the environment. Prime to
 * the number of claims, so that each of them meets each side of all that matter.
 */
static unsigned int stride(void)
{
	if (getenv("KITE_EVERY_PAIR"))
		return 1;
	return is_debug_kernel() ? 23 : 5;
}

/* A port of its own for each pair: AF_INET's answers depend on who had it before. */
TEST_F_TIMEOUT(bind_conflict, is_that_of_inet, 230)
{
	unsigned int a, b, shared = 0, refused = 0, different = 0;
	struct claim first, second;
	char text[2][96];
	int port = PORT;

	for (a = 0; make_claim(&first, a, 2, variant->first); a++) {
		/* Who never was connected cannot leave a TIME_WAIT behind. */
		if (first.state == TIME_WAIT && !arrives(&first))
			continue;
		for (b = 0; make_claim(&second, b, 3, variant->second); b++) {
			int inet, kite;

			if (port++ % stride())
				continue;
			inet = outcome(AF_INET, variant->type, self->server[0],
				       port, &first, &second);
			kite = outcome(AF_KITE, variant->type, self->server[1],
				       port, &first, &second);
			shared += !inet;
			refused += inet == EADDRINUSE;
			if (inet == kite && (inet & 0xff) != ETIMEDOUT &&
			    inet >> 8 != ETIMEDOUT)
				continue;
			describe(text[0], sizeof(text[0]), &first);
			describe(text[1], sizeof(text[1]), &second);
			ASSERT_GT(10, different++) {
				TH_LOG("and more");
			}
			TH_LOG("first %s, second %s: inet %d/%s, kite %d/%s",
			       text[0], text[1], inet >> 8,
			       strerror(inet & 0xff), kite >> 8,
			       strerror(kite & 0xff));
		}
	}
	EXPECT_EQ(0, different);
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
