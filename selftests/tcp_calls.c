// SPDX-License-Identifier: GPL-2.0
/*
 * Every call in every state, and after every other one: what it returns, what the
 * host says on the wire, the state that follows and what the socket tells its owner
 * must be the same for Linux's own TCP and for KITE's.
 * time limit: 600 s
 */
#include "tcp_scene.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>

/* --- more states, of a socket without a peer or with something to tell ----- */

static void fresh(struct __test_metadata *_metadata, struct scene *s)
{
	nothing(_metadata, s);
	s->fd = socket(s->p.family, SOCK_STREAM, 0);
	ASSERT_LE(0, s->fd);
	abortive(s->fd);
}

static void bound(struct __test_metadata *_metadata, struct scene *s)
{
	nothing(_metadata, s);
	s->fd = host_socket(&s->p);
	ASSERT_LE(0, s->fd);
}

static void listening(struct __test_metadata *_metadata, struct scene *s)
{
	nothing(_metadata, s);
	s->fd = host_listens(&s->p, 1);
	ASSERT_LE(0, s->fd);
}

static void refused(struct __test_metadata *_metadata, struct scene *s)
{
	syn_sent(_metadata, s);
	TELL_IN_SILENCE(&s->p, RST | ACK, 0, s->p.ack);
}

static void with_data(struct __test_metadata *_metadata, struct scene *s)
{
	established(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, ACK, s->p.seq, s->p.ack, "unread"));
	s->p.seq += 6;
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

static void with_data_and_end(struct __test_metadata *_metadata, struct scene *s)
{
	with_data(_metadata, s);
	ASSERT_EQ(0, tell(&s->p, FIN | ACK, s->p.seq++, s->p.ack, ""));
	expect(_metadata, &s->p, ACK, s->p.ack, s->p.seq);
}

static void was_reset(struct __test_metadata *_metadata, struct scene *s)
{
	with_data(_metadata, s);
	TELL_IN_SILENCE(&s->p, RST, s->p.seq, 0);
}

static void was_closed(struct __test_metadata *_metadata, struct scene *s)
{
	last_ack(_metadata, s);
	TELL_IN_SILENCE(&s->p, ACK, s->p.seq, s->p.ack);
}

/* --- calls ---------------------------------------------------------------- */

static long call_close(struct scene *s)
{
	int fd = s->fd;

	s->fd = -1;
	close_gently(fd);
	return 0;
}

static long call_close_abortive(struct scene *s)
{
	int fd = s->fd;

	s->fd = -1;
	return close(fd);
}

static long call_shutdown_rd(struct scene *s) { return shutdown(s->fd, SHUT_RD); }
static long call_shutdown_wr(struct scene *s) { return shutdown(s->fd, SHUT_WR); }
static long call_shutdown_rdwr(struct scene *s) { return shutdown(s->fd, SHUT_RDWR); }
static long call_listen(struct scene *s) { return listen(s->fd, 2); }
static long call_accept(struct scene *s) { return accept(s->fd, NULL, NULL); }

static long call_connect(struct scene *s)
{
	return connect_to(s->fd, s->p.family, PEER, s->p.port);
}

static long call_dissolve(struct scene *s)
{
	return connect_to(s->fd, AF_UNSPEC, "0.0.0.0", 0);
}

static long call_bind(struct scene *s)
{
	return bind_to(s->fd, s->p.family, HOST, HOST_PORT);
}

static long call_send(struct scene *s)
{
	return send(s->fd, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long call_send_nothing(struct scene *s)
{
	return send(s->fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long call_send_urgent(struct scene *s)
{
	return send(s->fd, "urgent", 6, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Fast Open, where nobody may do so */
static long call_send_with_syn(struct scene *s)
{
	struct sockaddr_in to = endpoint(s->p.family, PEER, s->p.port);

	if (write_file("/proc/sys/net/ipv4/tcp_fastopen", "0"))
		return -2;
	return sendto(s->fd, "hello", 5, MSG_FASTOPEN | MSG_DONTWAIT, (struct sockaddr *)&to,
		      sizeof(to));
}

static long call_recv_urgent(struct scene *s)
{
	char c;

	return recv(s->fd, &c, 1, MSG_OOB);
}

static long call_recv(struct scene *s)
{
	char buf[3];

	return recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
}

static long call_peek(struct scene *s)
{
	char buf[100];

	return recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK);
}

static long call_recv_waitall(struct scene *s)
{
	char buf[100];

	return recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_WAITALL);
}

static long call_error(struct scene *s) { return so_error(s->fd); }

static long call_names(struct scene *s)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	if (getpeername(s->fd, (struct sockaddr *)&name, &len))
		return -1;
	return ntohl(name.sin_addr.s_addr);
}

static long call_name(struct scene *s)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	if (getsockname(s->fd, (struct sockaddr *)&name, &len))
		return -1;
	return ntohl(name.sin_addr.s_addr);
}

static long ask(struct scene *s, unsigned int request)
{
	int value;

	return ioctl(s->fd, request, &value) ? -1 : value;
}

static long call_info(struct scene *s)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(s->fd, SOL_TCP, TCP_INFO, &info, &len))
		return -1;
	return info.tcpi_state;
}

static long call_inq(struct scene *s) { return ask(s, SIOCINQ); }
static long call_atmark(struct scene *s) { return ask(s, SIOCATMARK); }

/* Without a connection AF_INET tells the difference of numbers that mean nothing. */
static long call_outq(struct scene *s)
{
	return call_info(s) == TCP_CLOSE ? 0 : ask(s, SIOCOUTQ);
}

#define CALL(name) { #name, call_##name }
static const struct {
	const char *name;
	long (*make)(struct scene *s);
} calls[] = {
	CALL(close), CALL(close_abortive), CALL(shutdown_rd), CALL(shutdown_wr),
	CALL(shutdown_rdwr), CALL(listen), CALL(accept), CALL(connect),
	CALL(dissolve), CALL(bind), CALL(send), CALL(send_nothing), CALL(recv),
	CALL(peek), CALL(recv_waitall), CALL(error), CALL(names), CALL(name),
	CALL(inq), CALL(outq), CALL(info), CALL(send_urgent), CALL(recv_urgent),
	CALL(atmark), CALL(send_with_syn),
};

#define CALLS	((int)(sizeof(calls) / sizeof(calls[0])))

/*
 * After close() there is no socket to call anything on. And docs/MIRROR.md says that
 * close() before the end of a simultaneous open is something else.
 */
static bool compares(enter_t enter, int i)
{
	bool first_closes = i / CALLS <= 1, closes = first_closes || i % CALLS <= 1;

	return (!first_closes || i % CALLS == 0) &&
	       !(enter == crossed_syns && closes);
}

static void are_made(struct __test_metadata *_metadata, struct scene *s, int i,
		     struct outcome *out)
{
	ASSERT_EQ(0, nonblocking(s->fd));
	calls[i / CALLS].make(s);
	if (s->fd < 0)
		return;
	errno = 0;
	out->result = calls[i % CALLS].make(s);
	out->failed = out->result == -1 ? errno : 0;
}

static const char *name(int i)
{
	static char text[100];

	snprintf(text, sizeof(text), "%s, then %s", calls[i / CALLS].name,
		 calls[i % CALLS].name);
	return text;
}

static const struct experiment experiment = {
	.cases = CALLS * CALLS, .compares = compares, .happen = are_made, .name = name,
};

SCENE_TEST(on_a_new_socket, fresh, false)
SCENE_TEST(on_a_bound_socket, bound, false)
SCENE_TEST(on_a_listener, listening, false)
SCENE_TEST(in_SYN_SENT, syn_sent, false)
SCENE_TEST(in_SYN_RECV, crossed_syns, false)
SCENE_TEST(after_a_refusal, refused, false)
SCENE_TEST(in_ESTABLISHED, established, true)
SCENE_TEST(in_ESTABLISHED_with_data, with_data, true)
SCENE_TEST(in_FIN_WAIT1, fin_wait1, true)
SCENE_TEST(in_FIN_WAIT2, fin_wait2, true)
SCENE_TEST(in_CLOSE_WAIT, close_wait, true)
SCENE_TEST(in_CLOSE_WAIT_with_data, with_data_and_end, true)
SCENE_TEST(in_CLOSING, closing, true)
SCENE_TEST(in_LAST_ACK, last_ack, true)
SCENE_TEST(after_the_end, was_closed, true)
SCENE_TEST(after_a_reset, was_reset, true)

TEST_HARNESS_MAIN
