// SPDX-License-Identifier: GPL-2.0
/*
 * SO_REUSEPORT: sockets of one user share an address and port, and what comes to
 * it. AF_KITE has the option at its own level.
 */
#include "kite_test.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/fsuid.h>

#define PORT	4242
#define GROUP	4
#define FLOWS	200
#define OTHER	4711

FIXTURE_OF_BOTH_FAMILIES(reuseport);

/* A socket that asks for it, bound to PORT; -1 with errno. */
static int member(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK, 0);

	if (set_reuseport(fd, family) ||
	    bind_to(fd, family, "127.0.0.1", PORT) ||
	    (type == SOCK_STREAM && listen(fd, FLOWS))) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* Send an octet from a port of its own; 0 when all went well. */
static int send_from_new_port(int family, char c)
{
	struct sockaddr_in to = endpoint(family, "127.0.0.1", PORT);
	int fd = socket(family, SOCK_DGRAM, 0);
	int err = sendto(fd, &c, 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1;

	close(fd);
	return err;
}

/* How many datagrams wait; takes them. */
static int drain(int fd)
{
	char c;
	int n;

	for (n = 0; recv(fd, &c, 1, 0) == 1; n++)
		;
	return n;
}

/* Wait until all of @n datagrams are somewhere in the group; how many each has. */
static void collect(int *fd, int members, int n, int *has)
{
	struct pollfd p[GROUP];
	int i, all = 0;

	memset(has, 0, members * sizeof(*has));
	while (all < n) {
		for (i = 0; i < members; i++)
			p[i] = (struct pollfd){ .fd = fd[i], .events = POLLIN };
		if (poll(p, members, SOON) <= 0)
			return;
		for (i = 0; i < members; i++) {
			int got = p[i].revents ? drain(fd[i]) : 0;

			has[i] += got;
			all += got;
		}
	}
}

TEST_F(reuseport, the_option_reads_back)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_REUSEPORT));
	ASSERT_OK(set_reuseport(fd, self->family));
	EXPECT_EQ(1, get_int(fd, SOL_SOCKET, SO_REUSEPORT));
}

TEST_F(reuseport, all_of_a_group_have_to_ask)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_LE(0, member(self->family, type[i]));
		EXPECT_LE(0, member(self->family, type[i]));
		EXPECT_ERRNO(EADDRINUSE,
			     bound_socket(self->family, type[i], PORT));
	}
}

TEST_F(reuseport, who_is_bound_to_another_device_is_not_a_member_any_more)
{
	int fd[2], has[2], i;

	ASSERT_EQ(0, system("ip link add v0 type veth peer name v1"));
	ASSERT_EQ(0, system("ip link set v0 up"));
	for (i = 0; i < 2; i++) {
		fd[i] = member(self->family, SOCK_DGRAM);
		ASSERT_LE(0, fd[i]);
	}
	ASSERT_EQ(0, setsockopt(fd[1], SOL_SOCKET, SO_BINDTODEVICE, "v0", 3));
	/* Where cache lines are long, a buffer of the usual size has no room for all of them. */
	ASSERT_OK(set_int(fd[0], SOL_SOCKET, SO_RCVBUF, FLOWS * 1024));
	for (i = 0; i < FLOWS; i++)
		ASSERT_EQ(0, send_from_new_port(self->family, 'x'));
	collect(fd, 2, FLOWS, has);
	EXPECT_EQ(FLOWS, has[0]);
	EXPECT_EQ(0, has[1]);
}

TEST_F(reuseport, who_did_not_ask_is_not_joined)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, bound_socket(self->family, type[i], PORT));
		EXPECT_ERRNO(EADDRINUSE, member(self->family, type[i]));
	}
}

TEST_F(reuseport, a_group_belongs_to_one_user)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, member(self->family, type[i]));
		setfsuid(OTHER);
		EXPECT_ERRNO(EADDRINUSE, member(self->family, type[i]));
		setfsuid(0);
	}
}

TEST_F(reuseport, datagrams_are_spread_over_the_group)
{
	int fd[GROUP], has[GROUP], i;

	for (i = 0; i < GROUP; i++) {
		fd[i] = member(self->family, SOCK_DGRAM);
		ASSERT_LE(0, fd[i]);
	}
	for (i = 0; i < FLOWS; i++)
		ASSERT_EQ(0, send_from_new_port(self->family, 'x'));
	collect(fd, GROUP, FLOWS, has);
	/* A fair share is FLOWS / GROUP; so few of it are a miracle. */
	for (i = 0; i < GROUP; i++)
		EXPECT_LT(FLOWS / GROUP / 5, has[i]);
}

TEST_F(reuseport, a_flow_stays_where_it_is)
{
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", PORT);
	int from = bound_socket(self->family, SOCK_DGRAM, 0);
	int fd[GROUP], has[GROUP], i, owners = 0;

	for (i = 0; i < GROUP; i++)
		fd[i] = member(self->family, SOCK_DGRAM);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(1, sendto(from, "x", 1, 0, (struct sockaddr *)&to,
				    sizeof(to)));
	collect(fd, GROUP, 20, has);
	for (i = 0; i < GROUP; i++)
		owners += has[i] > 0;
	EXPECT_EQ(1, owners);
}

TEST_F(reuseport, who_leaves_gets_nothing_more)
{
	int fd[2], has[2], i;

	fd[0] = member(self->family, SOCK_DGRAM);
	fd[1] = member(self->family, SOCK_DGRAM);
	ASSERT_LE(0, fd[1]);
	close(fd[0]);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, send_from_new_port(self->family, 'x'));
	collect(fd + 1, 1, 20, has);
	EXPECT_EQ(20, has[0]);
}

TEST_F(reuseport, a_connected_member_has_its_peer_to_itself)
{
	int peer = bound_socket(self->family, SOCK_DGRAM, PORT + 1);
	struct sockaddr_in to = endpoint(self->family, "127.0.0.1", PORT);
	int fd[2], has[2], i;

	fd[0] = member(self->family, SOCK_DGRAM);
	fd[1] = member(self->family, SOCK_DGRAM);
	ASSERT_OK(connect_to(fd[0], self->family, "127.0.0.1", PORT + 1));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(1, sendto(peer, "p", 1, 0, (struct sockaddr *)&to,
				    sizeof(to)));
		ASSERT_EQ(0, send_from_new_port(self->family, 'x'));
	}
	collect(fd, 2, 20, has);
	EXPECT_EQ(10, has[0]);
	EXPECT_EQ(10, has[1]);
}

TEST_F(reuseport, a_program_chooses_the_socket)
{
	struct sock_filter code[] = {
		/* The first octet of the payload, less '0'. */
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, '0'),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog prog = { .len = 3, .filter = code };
	int fd[GROUP], has[GROUP], i;

	for (i = 0; i < GROUP; i++)
		fd[i] = member(self->family, SOCK_DGRAM);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
			     sizeof(prog)));
	for (i = 0; i < 12; i++)
		ASSERT_EQ(0, send_from_new_port(self->family, '0' + i % 3));
	collect(fd, GROUP, 12, has);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(4, has[i]);
	EXPECT_EQ(0, has[3]);
}

/* --- SO_INCOMING_CPU -------------------------------------------------------- */

/* What is sent over loopback comes by the processor that sends it. */
static int stay_on_processor(int number)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(number, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

/* Of two datagram sockets that one gets all whose processor it is, whichever it is. */
static void expect_by_processor(struct __test_metadata *_metadata, int family, int *fd)
{
	int has[2], i, n;

	ASSERT_EQ(0, stay_on_processor(0));
	for (i = 0; i < 2; i++) {
		ASSERT_OK(set_int(fd[i], SOL_SOCKET, SO_INCOMING_CPU, 0));
		ASSERT_OK(set_int(fd[!i], SOL_SOCKET, SO_INCOMING_CPU, 1));
		for (n = 0; n < 20; n++)
			ASSERT_EQ(0, send_from_new_port(family, 'x'));
		collect(fd, 2, 20, has);
		EXPECT_EQ(20, has[i]);
		EXPECT_EQ(0, has[!i]);
	}
}

TEST_F(reuseport, SO_INCOMING_CPU_chooses_among_sockets_of_one_address)
{
	int fd[2], i;

	for (i = 0; i < 2; i++) {
		fd[i] = socket(self->family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		ASSERT_OK(set_int(fd[i], SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_OK(bind_to(fd[i], self->family, "127.0.0.1", PORT));
	}
	expect_by_processor(_metadata, self->family, fd);
}

TEST_F(reuseport, SO_INCOMING_CPU_chooses_in_a_group)
{
	int fd[2];

	fd[0] = member(self->family, SOCK_DGRAM);
	fd[1] = member(self->family, SOCK_DGRAM);
	ASSERT_LE(0, fd[1]);
	expect_by_processor(_metadata, self->family, fd);
}

/* --- listeners -------------------------------------------------------------- */

/* Connect without waiting to be accepted; the socket. */
static int connected(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (connect_to(fd, family, "127.0.0.1", PORT)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* How many connections a listener has; takes them. */
static int accept_all(int lfd)
{
	int n, fd;

	for (n = 0; (fd = accept(lfd, NULL, NULL)) >= 0; n++)
		close(fd);
	return n;
}

TEST_F(reuseport, connections_are_spread_over_the_listeners)
{
	int lfd[2], has[2] = {}, i;

	lfd[0] = member(self->family, SOCK_STREAM);
	lfd[1] = member(self->family, SOCK_STREAM);
	ASSERT_LE(0, lfd[1]);
	for (i = 0; i < 60; i++)
		ASSERT_LE(0, connected(self->family));
	while (has[0] + has[1] < 60) {
		struct pollfd p[] = {
			{ .fd = lfd[0], .events = POLLIN },
			{ .fd = lfd[1], .events = POLLIN },
		};

		ASSERT_LT(0, poll(p, 2, SOON));
		for (i = 0; i < 2; i++)
			has[i] += accept_all(lfd[i]);
	}
	EXPECT_LT(6, has[0]);
	EXPECT_LT(6, has[1]);
}

TEST_F(reuseport, SO_INCOMING_CPU_chooses_the_listener)
{
	int lfd[2], i, n;

	lfd[0] = member(self->family, SOCK_STREAM);
	lfd[1] = member(self->family, SOCK_STREAM);
	ASSERT_LE(0, lfd[1]);
	ASSERT_EQ(0, stay_on_processor(0));
	for (i = 0; i < 2; i++) {
		ASSERT_OK(set_int(lfd[i], SOL_SOCKET, SO_INCOMING_CPU, 0));
		ASSERT_OK(set_int(lfd[!i], SOL_SOCKET, SO_INCOMING_CPU, 1));
		for (n = 0; n < 20; n++)
			ASSERT_LE(0, connected(self->family));
		for (n = 0; n < 20; n += accept_all(lfd[i]))
			ASSERT_EQ(POLLIN, wait_for(lfd[i], POLLIN));
		EXPECT_EQ(0, accept_all(lfd[!i]));
	}
}

TEST_F(reuseport, a_listener_that_goes_resets_what_waits)
{
	int lfd = member(self->family, SOCK_STREAM);
	int fd = connected(self->family);
	char c;

	ASSERT_LE(0, fd);
	ASSERT_EQ(POLLIN, wait_for(lfd, POLLIN));
	ASSERT_LE(0, member(self->family, SOCK_STREAM));
	close(lfd);
	EXPECT_EQ(POLLIN, wait_for(fd, POLLIN) & POLLIN);
	EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
}

TEST_F(reuseport, tcp_migrate_req_hands_over_what_waits)
{
	int lfd = member(self->family, SOCK_STREAM);
	int heir, fd, server;
	char c;

	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/tcp_migrate_req", "1"));
	fd = connected(self->family);
	ASSERT_LE(0, fd);
	ASSERT_EQ(POLLIN, wait_for(lfd, POLLIN));
	heir = member(self->family, SOCK_STREAM);
	ASSERT_LE(0, heir);
	close(lfd);
	ASSERT_EQ(POLLIN, wait_for(heir, POLLIN));
	server = accept(heir, NULL, NULL);
	ASSERT_LE(0, server);
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_EQ(1, recv_soon(server, &c, 1));
}

TEST_HARNESS_MAIN
