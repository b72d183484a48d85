// SPDX-License-Identifier: GPL-2.0
/*
 * What is said for a socket before it is a connection, or when it is none any more, goes the
 * way that the socket says: a listener's SYN-ACKs, resets, what TIME_WAIT answers. Linux's own
 * TCP must do the same.
 */
#include "tcp_options.h"

#include <netinet/ip.h>

FIXTURE_ON_A_WIRE(tcp)

#define FOREIGN	"203.0.113.7"	/* nobody's, but what comes in for it is taken */

static int listens(struct peer *p, int level, int name, int value)
{
	int fd = host_socket(p);

	return set_int(fd, level, name, value) || listen(fd, 1) ? -1 : fd;
}

static void synack_to(struct __test_metadata *_metadata, struct peer *p, const char *host,
		      int tos)
{
	p->seq = OUR_ISN;
	segment(p, SYN, p->seq++, 0, "");
	p->f->ip.daddr = inet_addr(host);
	p->f->ip.tos = tos;
	seal(p->f);
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	ASSERT_EQ(0, hear(p)) {
		TH_LOG("no SYN-ACK");
	}
	ASSERT_EQ(SYN | ACK, flags_of(p->f));
	EXPECT_EQ(inet_addr(host), p->f->ip.saddr);
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
}

static int tell_to(struct peer *p, unsigned int flags, uint32_t seq, uint32_t ack,
		   const char *host)
{
	segment(p, flags, seq, ack, "");
	p->f->ip.daddr = inet_addr(host);
	seal(p->f);
	seal_segment(p->f);
	return transmit(p->w, p->f);
}

TCP_TEST(a_SYN_ACK_has_the_time_to_live_of_its_listener)
{
	ASSERT_LE(0, listens(p, SOL_IP, IP_TTL, 255));
	synack_to(_metadata, p, HOST, 0);
	EXPECT_EQ(255, p->f->ip.ttl);
}

TCP_TEST(who_listens_transparently_is_reached_at_addresses_of_others)
{
	int listener, fd;

	undo("ip rule del to " FOREIGN " iif v0; ip route flush table 100");
	ASSERT_EQ(0, run("ip rule add to " FOREIGN " iif v0 lookup 100 &&"
			 "ip route add local " FOREIGN " dev lo table 100"));
	listener = socket(p->family, SOCK_STREAM, 0);
	ASSERT_OK(set_int(listener, SOL_IP, IP_TRANSPARENT, 1));
	ASSERT_OK(bind_to(listener, p->family, FOREIGN, HOST_PORT));
	ASSERT_OK(listen(listener, 1));
	synack_to(_metadata, p, FOREIGN, 0);
	/* A half-open connection's answer, too. */
	ASSERT_EQ(0, tell_to(p, ACK, p->seq, p->ack + 9, FOREIGN));
	expect(_metadata, p, RST, p->ack + 9, 0);
	ASSERT_EQ(0, tell_to(p, ACK, p->seq, p->ack, FOREIGN));
	fd = accepted(_metadata, listener);
	close_gently(fd);
	expect(_metadata, p, FIN | ACK, p->ack, p->seq);
	ASSERT_EQ(0, tell_to(p, FIN | ACK, p->seq, p->ack + 1, FOREIGN));
	expect(_metadata, p, ACK, p->ack + 1, p->seq + 1);
	/* From TIME_WAIT. */
	ASSERT_EQ(0, tell_to(p, FIN | ACK, p->seq, p->ack + 1, FOREIGN));
	expect(_metadata, p, ACK, p->ack + 1, p->seq + 1);
	close(listener);
}

TCP_TEST(tcp_reflect_tos_answers_with_the_type_of_service_that_was_asked_with)
{
	int listener, fd;

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_reflect_tos", "1"));
	listener = listens(p, SOL_IP, IP_TOS, 0x10);
	synack_to(_metadata, p, HOST, 0x20);
	EXPECT_EQ(0x20, p->f->ip.tos);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	fd = accepted(_metadata, listener);
	EXPECT_EQ(0x20, get_int(fd, SOL_IP, IP_TOS));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0x20, p->f->ip.tos);
}

TCP_TEST(without_it_the_listener_s_counts)
{
	listens(p, SOL_IP, IP_TOS, 0x10);
	synack_to(_metadata, p, HOST, 0x20);
	EXPECT_EQ(0x10, p->f->ip.tos);
}

TCP_TEST(a_reset_has_the_type_of_service_of_what_it_answers)
{
	segment(p, SYN, OUR_ISN, 0, "");
	p->f->ip.tos = 0x22;
	seal(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	expect(_metadata, p, RST | ACK, 0, OUR_ISN + 1);
	/* But not its mark of congestion. */
	EXPECT_EQ(0x20, p->f->ip.tos);
}

/* Nothing goes to the peer but what has mark 5. */
static int only_marked_leaves(void)
{
	undo("ip rule del iif lo to " PEER);
	undo("ip rule del iif lo to " PEER " fwmark 5");
	return run("ip rule add pref 101 iif lo to " PEER " prohibit &&"
		   "ip rule add pref 100 iif lo to " PEER " fwmark 5 lookup main");
}

TCP_TEST(a_reset_of_who_connects_has_its_mark)
{
	int fd = host_socket(p);

	ASSERT_EQ(0, only_marked_leaves());
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_MARK, 5));
	nonblocking(fd);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, p->family, PEER, p->port));
	ASSERT_EQ(0, hear(p));
	ASSERT_EQ(SYN, flags_of(p->f));
	p->ack = ntohl(tcp_of(p->f)->seq) + 1;
	ASSERT_EQ(0, tell(p, SYN | ACK, OUR_ISN, p->ack + 9, ""));
	expect(_metadata, p, RST, p->ack + 9, 0);
	close(fd);
}

TCP_TEST(a_reset_of_a_half_open_connection_has_its_listener_s_mark)
{
	ASSERT_EQ(0, only_marked_leaves());
	ASSERT_LE(0, listens(p, SOL_SOCKET, SO_MARK, 5));
	synack_to(_metadata, p, HOST, 0);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 9, ""));
	expect(_metadata, p, RST, p->ack + 9, 0);
}

/* The mark of what a listener with one mark accepts from who has another. */
static int accepted_mark(struct __test_metadata *_metadata, struct peer *p, int own, int other)
{
	int fd = listener(p->family, 0), client = socket(p->family, SOCK_STREAM, 0), mark;

	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_MARK, own));
	EXPECT_EQ(0, set_int(client, SOL_SOCKET, SO_MARK, other));
	EXPECT_EQ(0, connect_to(client, p->family, "127.0.0.1", port_of(fd)));
	mark = get_int(accepted(_metadata, fd), SOL_SOCKET, SO_MARK);
	close(client);
	close(fd);
	return mark;
}

TCP_TEST(tcp_fwmark_accept_gives_the_mark_of_who_connects_where_the_listener_has_none)
{
	EXPECT_EQ(0, accepted_mark(_metadata, p, 0, 7));
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_fwmark_accept", "1"));
	EXPECT_EQ(7, accepted_mark(_metadata, p, 0, 7));
	EXPECT_EQ(5, accepted_mark(_metadata, p, 5, 7));
}

TCP_TEST(a_listener_s_TCP_WINDOW_CLAMP_counts_from_the_SYN_ACK_on)
{
	int listener = listens(p, SOL_TCP, TCP_WINDOW_CLAMP, 5000);

	synack_to(_metadata, p, HOST, 0);
	EXPECT_GE(5000, ntohs(tcp_of(p->f)->window));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	EXPECT_EQ(5000, get_int(accepted(_metadata, listener), SOL_TCP, TCP_WINDOW_CLAMP));
}

static bool peer_is(const char *state)
{
	return !run("ip neighbour show " PEER " dev v0 | grep -q %s", state);
}

/* Nobody has to be asked by ARP, who is heard of by the connection. */
TCP_TEST(a_peer_that_acknowledges_is_known_to_be_there)
{
	int fd = connection(_metadata, p), i;

	undo("ip neighbour change " PEER " dev v0 nud permanent");
	ASSERT_EQ(0, run("ip neighbour change " PEER " dev v0 nud stale"));
	i = 0;
	do {
		ASSERT_EQ(1, send(fd, "x", 1, 0));
		expect(_metadata, p, ACK, p->ack, p->seq);
		ASSERT_EQ(0, tell(p, ACK, p->seq, ++p->ack, ""));
		usleep(100000);
		i += 100;
	} while (peer_is("DELAY") && i < SOON);
	EXPECT_TRUE(peer_is("REACHABLE"));
}

TEST_HARNESS_MAIN
