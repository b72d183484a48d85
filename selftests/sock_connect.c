// SPDX-License-Identifier: GPL-2.0
/*
 * Becoming a connection: listen, connect and accept, blocking and not, in the
 * right and in the wrong order.
 */
#include "kite_test.h"

/* By its path: a small system's shell may have an applet of that name. */
#define IP	"/usr/sbin/ip"

FIXTURE_OF_BOTH_FAMILIES(sock_connect);

TEST_F(sock_connect, to_a_port_without_listener_is_ECONNREFUSED)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	EXPECT_ERRNO(ECONNREFUSED,
		     connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(0, so_error(fd));
	ASSERT_OK(listener(self->family, 5000));
	EXPECT_EQ(0, connect_to(fd, self->family, "127.0.0.1", 5000)) {
		TH_LOG("a refused socket may try again");
	}
}

TEST_F(sock_connect, nonblocking_refusal_shows_in_poll_and_SO_ERROR)
{
	int fd = socket(self->family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, wait_for(fd, POLLOUT));
	EXPECT_EQ(ECONNREFUSED, so_error(fd));
	EXPECT_EQ(0, so_error(fd)) {
		TH_LOG("reading SO_ERROR clears it");
	}
}

TEST_F(sock_connect, nonblocking_succeeds_in_the_background)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ASSERT_OK(lfd);
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, so_error(fd));
	EXPECT_EQ(0, connect_to(fd, self->family, "127.0.0.1", 5000)) {
		TH_LOG("the call that asks for the result succeeds once");
	}
	EXPECT_ERRNO(EISCONN,
		     connect_to(fd, self->family, "127.0.0.1", 5000));
}

/*
 * 10.0.0.2 is on the other end of a cable, where nobody has the link address
 * that it is said to have: a SYN is never answered.
 */
static int silent_link(void)
{
	return system(IP " link add void type veth peer name end && "
		      IP " address add 10.0.0.1/24 dev void && "
		      IP " link set void up && " IP " link set end up && "
		      IP " neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev void");
}

TEST_F(sock_connect, while_connecting_is_EALREADY)
{
	int fd = socket(self->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	char c;

	ASSERT_EQ(0, silent_link());
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
	EXPECT_ERRNO(EALREADY,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
	EXPECT_EQ(0, polled(fd, POLLIN | POLLOUT));
	EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(EAGAIN, send(fd, &c, 1, 0));
	EXPECT_ERRNO(ENOTCONN,
		     getpeername(fd, (struct sockaddr *)&sin, &len));
	EXPECT_ERRNO(EINVAL, listen(fd, 1));
	EXPECT_EQ(0, so_error(fd));
}

TEST_F(sock_connect, SO_SNDTIMEO_limits_a_blocking_connect)
{
	struct timeval tv = { .tv_usec = 100000 };
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_EQ(0, silent_link());
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
	EXPECT_ERRNO(EALREADY,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
}

TEST_F(sock_connect, shutdown_gives_up_a_connect)
{
	int fd = socket(self->family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ASSERT_EQ(0, silent_link());
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
	EXPECT_EQ(0, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, polled(fd, POLLIN | POLLOUT));
	EXPECT_EQ(ECONNRESET, so_error(fd));
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fd, self->family, "10.0.0.2", 5000));
}

TEST_F(sock_connect, twice_is_EISCONN)
{
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(EISCONN,
		     connect_to(pair[0], self->family, "127.0.0.1", 5000));
	EXPECT_ERRNO(EISCONN,
		     connect_to(pair[1], self->family, "127.0.0.1", 5000));
}

TEST_F(sock_connect, a_listener_cannot_connect)
{
	int lfd = listener(self->family, 5000);

	EXPECT_ERRNO(EISCONN,
		     connect_to(lfd, self->family, "127.0.0.1", 5000));
}

TEST_F(sock_connect, AF_UNSPEC_dissolves)
{
	int lfd = listener(self->family, 5000);
	int stream = socket(self->family, SOCK_STREAM, 0);
	int dgram = socket(self->family, SOCK_DGRAM, 0);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ASSERT_OK(lfd);
	ASSERT_OK(connect_to(stream, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(0, connect_to(stream, AF_UNSPEC, "0.0.0.0", 0));
	EXPECT_ERRNO(ENOTCONN,
		     getpeername(stream, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(0, connect_to(stream, self->family, "127.0.0.1", 5000));

	ASSERT_OK(connect_to(dgram, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(0, connect_to(dgram, AF_UNSPEC, "0.0.0.0", 0));
	EXPECT_ERRNO(ENOTCONN,
		     getpeername(dgram, (struct sockaddr *)&sin, &len));
	EXPECT_ERRNO(EDESTADDRREQ, send(dgram, "x", 1, 0));
}

TEST_F(sock_connect, accept_without_listen_is_EINVAL)
{
	int fd = bound_socket(self->family, SOCK_STREAM, 0);
	int pair[2];

	EXPECT_ERRNO(EINVAL, accept(fd, NULL, NULL));
	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(EINVAL, accept(pair[0], NULL, NULL));
	EXPECT_ERRNO(EINVAL, accept4(pair[0], NULL, NULL, 0x4000000));
}

TEST_F(sock_connect, datagram_sockets_neither_listen_nor_accept)
{
	int fd = bound_socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EOPNOTSUPP, listen(fd, 1));
	EXPECT_ERRNO(EOPNOTSUPP, accept(fd, NULL, NULL));
}

TEST_F(sock_connect, listen_in_the_wrong_state_is_EINVAL)
{
	int pair[2];

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(EINVAL, listen(pair[0], 1));
	EXPECT_ERRNO(EINVAL, listen(pair[1], 1));
}

TEST_F(sock_connect, listen_without_bind_takes_a_port)
{
	int lfd = socket(self->family, SOCK_STREAM, 0);
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_OK(listen(lfd, 1));
	EXPECT_LT(0, port_of(lfd));
	EXPECT_EQ(0, connect_to(fd, self->family, "127.0.0.1", port_of(lfd)));
}

TEST_F(sock_connect, listen_twice_changes_the_backlog)
{
	int lfd = listener(self->family, 5000);

	EXPECT_EQ(0, listen(lfd, 1));
	EXPECT_EQ(0, listen(lfd, 100));
	EXPECT_EQ(0, listen(lfd, -1));
}

TEST_F(sock_connect, two_listeners_on_a_port_are_EADDRINUSE)
{
	int first = bound_socket(self->family, SOCK_STREAM, 0);
	int second = socket(self->family, SOCK_STREAM, 0);
	int third = socket(self->family, SOCK_STREAM, 0);
	int port = port_of(first);

	EXPECT_ERRNO(EADDRINUSE,
		     bind_to(third, self->family, "127.0.0.1", port));
	EXPECT_ERRNO(EADDRINUSE,
		     bind_to(third, self->family, "0.0.0.0", port));
	close(first);

	first = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(bind_to(first, self->family, "127.0.0.1", port));
	EXPECT_EQ(0, bind_to(second, self->family, "127.0.0.1", port));
	EXPECT_EQ(0, listen(first, 1));
	EXPECT_ERRNO(EADDRINUSE, listen(second, 1));
}

TEST_F(sock_connect, bind_twice_is_EINVAL)
{
	int stream = bound_socket(self->family, SOCK_STREAM, 0);
	int dgram = bound_socket(self->family, SOCK_DGRAM, 0);
	int pair[2];

	EXPECT_ERRNO(EINVAL, bind_to(stream, self->family, "127.0.0.1", 0));
	EXPECT_ERRNO(EINVAL, bind_to(dgram, self->family, "127.0.0.1", 0));
	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(EINVAL, bind_to(pair[0], self->family, "127.0.0.1", 0));
	EXPECT_ERRNO(EINVAL, bind_to(pair[1], self->family, "127.0.0.1", 0));
}

TEST_F(sock_connect, nonblocking_accept)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	int conn;

	ASSERT_OK(nonblocking(lfd));
	EXPECT_EQ(0, polled(lfd, POLLIN | POLLOUT));
	EXPECT_ERRNO(EAGAIN, accept(lfd, NULL, NULL));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(POLLIN, wait_for(lfd, POLLIN));
	conn = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_OK(conn);
	EXPECT_EQ(O_NONBLOCK, fcntl(conn, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(conn, F_GETFD));
	EXPECT_EQ(0, polled(lfd, POLLIN));
	EXPECT_ERRNO(EAGAIN, accept(lfd, NULL, NULL));

	close(fd);
	fd = socket(self->family, SOCK_STREAM, 0);
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	ASSERT_EQ(POLLIN, wait_for(lfd, POLLIN));
	conn = accept(lfd, NULL, NULL);
	ASSERT_OK(conn);
	EXPECT_EQ(0, fcntl(conn, F_GETFL) & O_NONBLOCK) {
		TH_LOG("accept() does not inherit O_NONBLOCK");
	}
}

TEST_F(sock_connect, SO_RCVTIMEO_limits_accept)
{
	struct timeval tv = { .tv_usec = 50000 };
	int lfd = listener(self->family, 5000);

	ASSERT_OK(setsockopt(lfd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, accept(lfd, NULL, NULL));
}

TEST_F(sock_connect, accept_is_first_in_first_out)
{
	int lfd = listener(self->family, 5000);
	int fds[5], conn;
	char i, got;

	for (i = 0; i < 5; i++) {
		fds[(int)i] = socket(self->family, SOCK_STREAM, 0);
		ASSERT_OK(connect_to(fds[(int)i], self->family, "127.0.0.1",
				     5000));
		ASSERT_EQ(1, send(fds[(int)i], &i, 1, 0));
	}
	for (i = 0; i < 5; i++) {
		conn = accept(lfd, NULL, NULL);
		ASSERT_OK(conn);
		ASSERT_EQ(1, recv(conn, &got, 1, 0));
		EXPECT_EQ(i, got);
		close(conn);
	}
}

/*
 * backlog N lets N + 1 connections wait; the next one's handshake is not
 * completed until somebody accepts.
 */
TEST_F(sock_connect, backlog_holds_one_more_than_it_says)
{
	int lfd = bound_socket(self->family, SOCK_STREAM, 5000);
	int fds[4];
	int i;

	ASSERT_OK(listen(lfd, 2));
	for (i = 0; i < 4; i++)
		fds[i] = socket(self->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	for (i = 0; i < 3; i++) {
		EXPECT_ERRNO(EINPROGRESS, connect_to(fds[i], self->family,
						     "127.0.0.1", 5000));
		EXPECT_EQ(POLLOUT, wait_for(fds[i], POLLOUT));
	}
	EXPECT_ERRNO(EINPROGRESS,
		     connect_to(fds[3], self->family, "127.0.0.1", 5000));
	EXPECT_EQ(0, polled(fds[3], POLLOUT));
	for (i = 0; i < 3; i++)
		EXPECT_LE(0, accept(lfd, NULL, NULL));
	EXPECT_EQ(POLLOUT, wait_for(fds[3], POLLOUT));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

TEST_F(sock_connect, a_client_gone_before_accept_is_still_accepted)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	char buf[8];
	int conn;

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	ASSERT_EQ(5, send(fd, "words", 5, 0));
	close(fd);
	conn = accept(lfd, NULL, NULL);
	ASSERT_OK(conn);
	EXPECT_EQ(5, recv(conn, buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(conn, buf, sizeof(buf), 0));
}

TEST_F(sock_connect, closing_a_listener_resets_who_waits)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	char c;

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	close(lfd);
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP, wait_for(fd, POLLIN));
	EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
	EXPECT_LE(0, listener(self->family, 5000)) {
		TH_LOG("the port is free again");
	}
}

TEST_F(sock_connect, shutdown_stops_a_listener_and_listen_starts_it_again)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);

	EXPECT_EQ(0, shutdown(lfd, SHUT_RDWR));
	EXPECT_ERRNO(EINVAL, accept(lfd, NULL, NULL));
	EXPECT_ERRNO(ECONNREFUSED,
		     connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_EQ(0, listen(lfd, 1));
	EXPECT_EQ(0, connect_to(fd, self->family, "127.0.0.1", 5000));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

TEST_F(sock_connect, using_an_unconnected_stream_is_ENOTCONN_or_EPIPE)
{
	int fd = socket(self->family, SOCK_STREAM, 0);
	char c;

	EXPECT_ERRNO(ENOTCONN, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd, &c, 1, MSG_NOSIGNAL));
	EXPECT_EQ(POLLOUT | POLLHUP, polled(fd, POLLIN | POLLOUT));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(POLLIN | POLLOUT | POLLHUP, polled(fd, POLLIN | POLLOUT));
	EXPECT_EQ(0, so_error(fd));
}

TEST_F(sock_connect, a_listener_does_not_carry_data)
{
	int lfd = listener(self->family, 5000);
	char c;

	EXPECT_ERRNO(ENOTCONN, recv(lfd, &c, 1, 0));
	EXPECT_ERRNO(EPIPE, send(lfd, &c, 1, MSG_NOSIGNAL));
}

TEST_F(sock_connect, the_wildcard_reaches_the_own_host)
{
	int lfd = socket(self->family, SOCK_STREAM, 0);
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_OK(bind_to(lfd, self->family, "0.0.0.0", 5000));
	ASSERT_OK(listen(lfd, 1));
	EXPECT_EQ(0, connect_to(fd, self->family, "0.0.0.0", 5000));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

TEST_F(sock_connect, broadcast_and_multicast_are_ENETUNREACH)
{
	int fd = socket(self->family, SOCK_STREAM, 0);

	ASSERT_EQ(0, silent_link());
	EXPECT_ERRNO(ENETUNREACH,
		     connect_to(fd, self->family, "10.0.0.255", 5000));
	EXPECT_ERRNO(ENETUNREACH,
		     connect_to(fd, self->family, "224.0.0.1", 5000));
}

TEST_F(sock_connect, a_local_port_serves_several_connections)
{
	int lfd = listener(self->family, 5000);
	int pairs[16][2];
	int i, j;

	for (i = 0; i < 16; i++) {
		pairs[i][0] = socket(self->family, SOCK_STREAM, 0);
		/* backlog 8: accept as they come */
		ASSERT_OK(connect_to(pairs[i][0], self->family, "127.0.0.1",
				     5000));
		pairs[i][1] = accept(lfd, NULL, NULL);
		ASSERT_OK(pairs[i][1]);
		for (j = 0; j < i; j++)
			EXPECT_NE(port_of(pairs[i][0]), port_of(pairs[j][0]));
	}
	for (i = 0; i < 16; i++) {
		char c = i, got;

		ASSERT_EQ(1, send(pairs[i][0], &c, 1, 0));
		ASSERT_EQ(1, recv(pairs[i][1], &got, 1, 0));
		EXPECT_EQ(c, got);
	}
}

TEST_HARNESS_MAIN
