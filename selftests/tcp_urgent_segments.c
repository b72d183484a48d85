// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data on the wire: where the pointer of what the host sends points to, and what it
 * makes of pointers that a peer made by hand sends, before, in and behind its data.
 */
#include "tcp_peer.h"
#include "tcp_urgent.h"

FIXTURE_ON_A_WIRE(tcp)

/* The next segment of the host, and its urgent pointer; 0 for one without. */
#define EXPECT_POINTER(pointer, p, seq_, len)				\
	do {								\
		expect(_metadata, p, ACK, seq_, (p)->seq);		\
		EXPECT_EQ(len, data_len((p)->f));			\
		EXPECT_EQ(pointer, pointer_of((p)->f));			\
	} while (0)

TCP_TEST(the_pointer_is_to_what_follows_the_octet)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = connection(_metadata, p);
	ASSERT_EQ(4, send(fd, "abcX", 4, MSG_OOB));
	EXPECT_POINTER(4, p, p->ack, 4);
	/* The pointer stays true for what is behind it. */
	ASSERT_EQ(2, send(fd, "de", 2, 0));
	EXPECT_POINTER(0, p, p->ack + 4, 2);
	p->ack += 6;
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, ""));
	ASSERT_EQ(2, send(fd, "fg", 2, 0));
	EXPECT_POINTER(0, p, p->ack, 2);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 2, ""));
}

TCP_TEST(all_segments_before_it_have_the_pointer)
{
	int fd, i;

	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(4 * 536, send(fd, (char [4 * 536]) {}, 4 * 536, MSG_OOB));
	for (i = 0; i < 4; i++)
		EXPECT_POINTER((4 - i) * 536, p, p->ack + i * 536, 536);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 4 * 536, ""));
}

TCP_TEST(what_is_sent_again_has_it_too)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	ASSERT_EQ(0, host_makes_segments());
	fd = connection(_metadata, p);
	ASSERT_EQ(5 * 536, send(fd, (char [5 * 536]) {}, 5 * 536, MSG_OOB));
	first_of_five_is_lost(_metadata, p);
	EXPECT_EQ(5 * 536, pointer_of(p->f));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack + 5 * 536, ""));
}

TCP_TEST(a_closed_window_is_told_of_it)
{
	int fd = connection(_metadata, p);

	/* Only what is new can take a window back. */
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "x"));
	expect(_metadata, p, ACK, p->ack, ++p->seq);
	ASSERT_EQ(0, tell_window(p, 0, "y"));
	expect(_metadata, p, ACK, p->ack, ++p->seq);
	ASSERT_EQ(4, send(fd, "abcX", 4, MSG_OOB));
	EXPECT_POINTER(4, p, p->ack, 0);
	EXPECT_POINTER(5, p, p->ack - 1, 0);
	/* Any other segment says it as well. */
	ASSERT_EQ(0, tell_window(p, 0, "z"));
	do {
		ASSERT_EQ(0, hear(p));
	} while (ntohl(tcp_of(p->f)->ack_seq) != p->seq + 1);
	EXPECT_EQ(4, ntohl(tcp_of(p->f)->seq) == p->ack ? pointer_of(p->f) : -1);
}

TCP_TEST(one_too_far_ahead_is_said_to_be_as_far_as_can_be_said)
{
	int fd;

	ASSERT_EQ(0, host_is_patient());
	fd = connection(_metadata, p);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_SNDBUF, 1000000));
	EXPECT_LT(75000, send(fd, (char [200000]) {}, 200000, MSG_OOB | MSG_DONTWAIT));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(0xffff, pointer_of(p->f));
}

TCP_TEST(an_octet_ahead_of_what_came_is_awaited)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "ab", 4));
	expect(_metadata, p, ACK, p->ack, p->seq + 2);
	EXPECT_ERRNO(EAGAIN, recv_one(fd, MSG_OOB));
	EXPECT_EQ(POLLIN, polled(fd, POLLIN | POLLPRI));
	EXPECT_EQ(2, ask(fd, SIOCINQ));
	EXPECT_TEXT("ab", fd, 0);
	EXPECT_EQ(0, ask(fd, SIOCATMARK));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 2, p->ack, "cXd"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_EQ(POLLIN | POLLPRI, wait_for(fd, POLLIN | POLLPRI));
	EXPECT_TEXT("c", fd, 0);
	EXPECT_TEXT("X", fd, MSG_OOB);
	EXPECT_TEXT("d", fd, 0);
}

TCP_TEST(a_pointer_needs_no_data)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "", 1));
	silence(_metadata, p);
	EXPECT_EQ(1, ask(fd, SIOCATMARK));
	EXPECT_ERRNO(EAGAIN, recv_one(fd, MSG_OOB));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "X"));
	expect(_metadata, p, ACK, p->ack, p->seq + 1);
	EXPECT_TEXT("X", fd, MSG_OOB);
}

TCP_TEST(an_octet_awaited_in_vain_is_the_end_of_the_stream)
{
	int fd = connection(_metadata, p);
	char c;

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "ab", 100));
	expect(_metadata, p, ACK, p->ack, p->seq + 2);
	ASSERT_EQ(0, tell(p, FIN | ACK, p->seq + 2, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq + 3);
	EXPECT_EQ(0, recv(fd, &c, 1, MSG_OOB));
	EXPECT_TEXT("ab", fd, 0);
	EXPECT_EQ(0, recv(fd, &c, 1, 0));
}

TCP_TEST(it_is_taken_from_a_segment_beyond_a_gap)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq + 3, p->ack, "dX", 2));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(POLLPRI, wait_for(fd, POLLPRI | POLLIN));
	EXPECT_TEXT("X", fd, MSG_OOB);
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "abc"));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_TEXT("abcd", fd, 0);
	EXPECT_EQ(1, ask(fd, SIOCATMARK));
}

TCP_TEST(a_pointer_to_what_was_received_is_ignored)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "abc"));
	expect(_metadata, p, ACK, p->ack, p->seq + 3);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "abcd", 3));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	EXPECT_EQ(POLLIN, polled(fd, POLLIN | POLLPRI));
	EXPECT_TEXT("abcd", fd, 0);
}

TCP_TEST(only_a_later_pointer_counts)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "ab", 6));
	expect(_metadata, p, ACK, p->ack, p->seq + 2);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq + 2, p->ack, "cd", 1));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	EXPECT_TEXT("abcd", fd, 0);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq + 4, p->ack, "efgX", 4));
	expect(_metadata, p, ACK, p->ack, p->seq + 8);
	EXPECT_TEXT("efg", fd, 0);
	EXPECT_TEXT("X", fd, MSG_OOB);
}

TCP_TEST(what_is_sent_again_is_not_urgent_again)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "aX", 2));
	expect(_metadata, p, ACK, p->ack, p->seq + 2);
	EXPECT_TEXT("X", fd, MSG_OOB);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "aX", 2));
	ASSERT_EQ(0, hear(p));
	EXPECT_ERRNO(EINVAL, recv_one(fd, MSG_OOB));
	EXPECT_TEXT("a", fd, 0);
	EXPECT_TEXT("", fd, 0);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "aX", 2));
	ASSERT_EQ(0, hear(p));
	EXPECT_EQ(0, polled(fd, POLLPRI | POLLIN));
}

TCP_TEST(tcp_stdurg_takes_pointers_by_the_letter)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, set_sysctl("ipv4/tcp_stdurg", "1"));
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "abXd", 2));
	expect(_metadata, p, ACK, p->ack, p->seq + 4);
	EXPECT_TEXT("X", fd, MSG_OOB);
	EXPECT_TEXT("ab", fd, 0);
	EXPECT_TEXT("d", fd, 0);
}

TCP_TEST(SIGURG_comes_with_the_pointer)
{
	int fd = connection(_metadata, p);

	ASSERT_EQ(0, count_sigurg(fd));
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "", 5));
	silence(_metadata, p);
	EXPECT_EQ(1, sigurgs);
	/* The same again is no news, nor is the octet. */
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "abcdX", 5));
	expect(_metadata, p, ACK, p->ack, p->seq + 5);
	EXPECT_EQ(1, sigurgs);
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq + 5, p->ack, "Y", 1));
	expect(_metadata, p, ACK, p->ack, p->seq + 6);
	EXPECT_EQ(2, sigurgs);
}

TCP_TEST(no_octet_is_taken_from_a_header)
{
	int fd = connection(_metadata, p);

	/* Linux's own takes the octet before the data. */
	if (p->family == AF_INET)
		return;
	ASSERT_EQ(0, tell_urgent(p, ACK, p->seq, p->ack, "", 1));
	ASSERT_EQ(0, tell(p, ACK, p->seq + 1, p->ack, "bc"));
	expect(_metadata, p, ACK, p->ack, p->seq);
	EXPECT_EQ(0, polled(fd, POLLPRI));
	EXPECT_ERRNO(EAGAIN, recv_one(fd, MSG_OOB));
	ASSERT_EQ(0, tell(p, ACK, p->seq, p->ack, "X"));
	expect(_metadata, p, ACK, p->ack, p->seq + 3);
	EXPECT_TEXT("X", fd, MSG_OOB);
	EXPECT_TEXT("bc", fd, 0);
}

/* The pointer counts from the SYN. */
TCP_TEST(it_may_come_with_the_handshake)
{
	int fd = host_connects(_metadata, p);

	ASSERT_EQ(0, tell_urgent(p, SYN | ACK, p->seq, p->ack, "X", 2));
	EXPECT_EQ(POLLPRI, wait_for(fd, POLLPRI));
	EXPECT_EQ(1, ask(fd, SIOCATMARK));
	EXPECT_TEXT("X", fd, MSG_OOB);
}

TEST_HARNESS_MAIN
