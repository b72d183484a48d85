// SPDX-License-Identifier: GPL-2.0
/*
 * Options of RFC 791 and sockets: what IP_OPTIONS takes and gives back, and what is
 * in the packets then. Each runs against Linux's own IPv4, too.
 * time limit: 120 s
 */
#include "wire_options.h"

FIXTURE_ON_A_WIRE(sending)

static int family_of(const struct wire *w)
{
	return w->kite ? AF_KITE : AF_INET;
}

static int send_to(int fd, const struct wire *w, const char *addr)
{
	struct sockaddr_in to = endpoint(family_of(w), addr, 7);

	return sendto(fd, "options!", 8, 0, (struct sockaddr *)&to, sizeof(to));
}

#define SET_OPTIONS(fd, ...)						\
	do {								\
		static const unsigned char __opt[] = { __VA_ARGS__ };	\
									\
		ASSERT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, __opt,	\
				     sizeof(__opt)));			\
	} while (0)

TEST_F(sending, options_of_a_socket_are_in_its_packets)
{
	int fd = socket(family_of(&self->w), SOCK_DGRAM, 0);
	static struct frame f;

	SET_OPTIONS(fd, RR, 11, 4, 9, 9, 9, 9, 8, 8, 8, 8, TS, 12, 5, 1,
		    NOBODY, NOBODY);
	ASSERT_EQ(8, send_to(fd, &self->w, PEER));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 11, 8, A_HOST, 8, 8, 8, 8, TS, 12, 13, 1,
		       A_HOST);
	EXPECT_EQ(IPPROTO_UDP, f.ip.protocol);
	EXPECT_EQ(0, memcmp(f.bytes + f.ip.ihl * 4 + 8, "options!", 8));

	/* And then they are not any more. */
	ASSERT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, NULL, 0));
	ASSERT_EQ(8, send_to(fd, &self->w, PEER));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(0x45, f.bytes[0]);
	close(fd);
}

TEST_F(sending, options_of_a_message_come_before_those_of_its_socket)
{
	static const unsigned char ra[] = { 0x94, 4, 0, 0 };
	char control[CMSG_SPACE(sizeof(ra))] = {};
	struct sockaddr_in to = endpoint(family_of(&self->w), PEER, 7);
	struct iovec iov = { "options!", 8 };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int fd = socket(family_of(&self->w), SOCK_DGRAM, 0);
	static struct frame f;

	SET_OPTIONS(fd, RR, 7, 4, NOBODY);
	cmsg->cmsg_level = SOL_IP;
	cmsg->cmsg_type = IP_RETOPTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(ra));
	memcpy(CMSG_DATA(cmsg), ra, sizeof(ra));
	ASSERT_EQ(8, sendmsg(fd, &msg, 0));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, 0x94, 4, 0, 0);
	EXPECT_EQ(0x46, f.bytes[0]);
	close(fd);
}

TEST_F(sending, a_source_route_begins_at_its_first_hop)
{
	int fd = socket(family_of(&self->w), SOCK_RAW, 253);
	static struct frame f;

	SET_OPTIONS(fd, LSRR, 11, 4, A_STRANGER, 10, 9, 9, 9);
	ASSERT_EQ(8, send_to(fd, &self->w, "198.51.100.7"));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 11, 4, 10, 9, 9, 9, 198, 51, 100, 7);

	EXPECT_ERRNO(EINVAL, send_to(fd, &self->w, "0.0.0.0"));
	/* A strict one begins on the link. */
	SET_OPTIONS(fd, SSRR, 7, 4, 192, 0, 2, 1);
	EXPECT_ERRNO(ENETUNREACH, send_to(fd, &self->w, PEER));
	close(fd);
}

TEST_F(sending, a_ping_has_them)
{
	static const unsigned char ping[8] = { ICMP_ECHO };
	struct sockaddr_in to = endpoint(family_of(&self->w), PEER, 0);
	static struct frame f;
	int fd;

	ASSERT_EQ(0, set_sysctl("ipv4/ping_group_range", "0 0"));
	fd = socket(family_of(&self->w), SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_LE(0, fd);
	SET_OPTIONS(fd, RR, 7, 4, NOBODY);
	ASSERT_EQ(8, sendto(fd, ping, 8, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST);
	close(fd);
}

TEST_F(sending, a_header_of_the_user_does_not_go_with_them)
{
	int fd = socket(family_of(&self->w), SOCK_RAW, IPPROTO_RAW);
	struct sockaddr_in to = endpoint(family_of(&self->w), PEER, 0);
	static struct frame f;

	SET_OPTIONS(fd, RR, 7, 4, NOBODY);
	packet(&f, HOST, PEER, 253, 8);
	EXPECT_ERRNO(EINVAL, sendto(fd, f.bytes, f.len, 0,
				    (struct sockaddr *)&to, sizeof(to)));
	close(fd);
}

TEST_F(sending, a_syn_has_them)
{
	int fd = socket(family_of(&self->w), SOCK_STREAM, 0);
	static struct frame f;

	ASSERT_OK(nonblocking(fd));
	SET_OPTIONS(fd, RR, 7, 4, NOBODY, 1);
	EXPECT_ERRNO(EINPROGRESS, connect_to(fd, family_of(&self->w), PEER, 7));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(IPPROTO_TCP, f.ip.protocol);
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, 1);
	close(fd);
}

FIXTURE_OF_BOTH_FAMILIES(calls);

#define EXPECT_OK(call) EXPECT_ERRNO(0, call)

/* What setsockopt() says, and what getsockopt() has then. */
static void expect_kept(struct __test_metadata *_metadata, int fd, int error,
			socklen_t n, const unsigned char *opt, socklen_t len)
{
	unsigned char kept[64] = {};
	socklen_t kept_len = sizeof(kept);

	EXPECT_ERRNO(error, setsockopt(fd, SOL_IP, IP_OPTIONS, opt, len));
	EXPECT_OK(getsockopt(fd, SOL_IP, IP_OPTIONS, kept, &kept_len));
	EXPECT_EQ(n, kept_len);
	if (!error)
		EXPECT_EQ(0, memcmp(kept, opt, len));
}

#define EXPECT_KEPT(fd, error, n, ...)					\
	do {								\
		static const unsigned char __opt[] = { __VA_ARGS__ };	\
									\
		expect_kept(_metadata, fd, error, n, __opt,		\
			    sizeof(__opt));				\
	} while (0)

static void expect_calls(struct __test_metadata *_metadata, int fd)
{
	ASSERT_LE(0, fd);
	EXPECT_KEPT(fd, 0, 4, 1);
	EXPECT_KEPT(fd, 0, 4, 0x94, 4, 0, 0);
	EXPECT_KEPT(fd, 0, 12, RR, 11, 4, NOBODY, NOBODY);
	EXPECT_KEPT(fd, 0, 8, TS, 8, 5, 0, NOBODY);
	EXPECT_KEPT(fd, 0, 12, TS, 12, 5, 1, NOBODY, NOBODY);
	EXPECT_KEPT(fd, 0, 12, TS, 12, 5, 3, 127, 0, 0, 1, NOBODY);
	EXPECT_KEPT(fd, 0, 12, TS, 12, 5, 3, 10, 1, 1, 1, NOBODY);
	EXPECT_KEPT(fd, 0, 12, LSRR, 11, 4, A_HOST, A_PEER);
	EXPECT_KEPT(fd, 0, 8, SSRR, 7, 4, A_HOST);
	EXPECT_KEPT(fd, 0, 4, 0x5e, 4, 1, 2);
	/* What is wrong leaves what was. */
	EXPECT_KEPT(fd, EINVAL, 4, 0x5e, 5, 1, 2);
	EXPECT_KEPT(fd, EINVAL, 4, RR, 7, 3, NOBODY);
	EXPECT_KEPT(fd, EINVAL, 4, LSRR, 7, 8, A_HOST);
	EXPECT_KEPT(fd, EINVAL, 4, LSRR, 8, 4, A_HOST, 0);
	EXPECT_KEPT(fd, EINVAL, 4, LSRR, 3, 4);
	EXPECT_KEPT(fd, EINVAL, 4, TS, 8, 4, 0, NOBODY);
	EXPECT_KEPT(fd, EINVAL, 4, TS, 8, 5, 1, NOBODY);
	EXPECT_KEPT(fd, EINVAL, 4, 0x94, 3, 0);
	EXPECT_KEPT(fd, EINVAL, 4, RR, 3, 4, RR, 3, 4);
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_IP, IP_OPTIONS, NULL, 4));
}

TEST_F(calls, of_a_datagram_socket)
{
	expect_calls(_metadata, socket(self->family, SOCK_DGRAM, 0));
}

TEST_F(calls, of_a_stream_socket)
{
	expect_calls(_metadata, socket(self->family, SOCK_STREAM, 0));
}

TEST_F(calls, of_a_raw_socket)
{
	expect_calls(_metadata, socket(self->family, SOCK_RAW, 253));
}

TEST_F(calls, too_many_and_none)
{
	static const unsigned char many[44] = { 1 };
	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_IP, IP_OPTIONS, many, 41));
	EXPECT_KEPT(fd, 0, 4, 1, 1, 1, 1);
	EXPECT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, many, 0));
	EXPECT_EQ(1, get_int(fd, SOL_IP, IP_OPTIONS) < 0);
}

TEST_F(calls, a_slot_to_be_filled_in_is_blank)
{
	int fd = socket(self->family, SOCK_DGRAM, 0);
	unsigned char rr[] = { RR, 11, 4, 1, 2, 3, 4, 5, 6, 7, 8 }, got[12];
	socklen_t len = sizeof(got);

	EXPECT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, rr, sizeof(rr)));
	EXPECT_OK(getsockopt(fd, SOL_IP, IP_OPTIONS, got, &len));
	memset(rr + 3, 0, 4);
	EXPECT_EQ(0, memcmp(rr, got, sizeof(rr)));
}

TEST_F(calls, users_may_not_set_all_of_them)
{
	ASSERT_OK(setresuid(1000, 1000, 1000));

	int fd = socket(self->family, SOCK_DGRAM, 0);

	EXPECT_KEPT(fd, 0, 8, RR, 7, 4, NOBODY);
	EXPECT_KEPT(fd, EPERM, 8, LSRR, 7, 4, A_HOST);
	EXPECT_KEPT(fd, EINVAL, 8, 0x5e, 4, 1, 2);
	EXPECT_KEPT(fd, EINVAL, 8, TS, 8, 5, 2, NOBODY);
}

TEST_F(calls, who_accepts_has_them_turned_round)
{
	static const unsigned char rr[19] = { RR, 19, 4 };
	unsigned char got[40] = {};
	socklen_t len = sizeof(got);
	int lfd = listener(self->family, 0), fd, child, mss, plain[2];
	char c;

	/* What limits segments is the MTU, not the window. */
	ASSERT_EQ(0, run("ip link set lo mtu 1500"));
	ASSERT_OK(stream_pair(self->family, plain));
	fd = socket(self->family, SOCK_STREAM, 0);
	EXPECT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, rr, sizeof(rr)));
	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", port_of(lfd)));
	child = accept(lfd, NULL, NULL);
	ASSERT_LE(0, child);
	EXPECT_OK(getsockopt(child, SOL_IP, IP_OPTIONS, got, &len));
	EXPECT_EQ(20, len);
	EXPECT_EQ(RR, got[0]);
	EXPECT_EQ(19, got[1]);
	EXPECT_EQ(12, got[2]);

	mss = get_int(plain[0], SOL_TCP, TCP_MAXSEG);
	EXPECT_LT(0, mss);
	EXPECT_EQ(mss - 20, get_int(fd, SOL_TCP, TCP_MAXSEG));
	EXPECT_EQ(mss - 20, get_int(child, SOL_TCP, TCP_MAXSEG));

	/* Options that change in the middle. */
	EXPECT_EQ(1, send(child, "x", 1, 0));
	EXPECT_EQ(1, recv_soon(fd, &c, 1));
	EXPECT_OK(setsockopt(fd, SOL_IP, IP_OPTIONS, NULL, 0));
	EXPECT_EQ(mss, get_int(fd, SOL_TCP, TCP_MAXSEG));
	EXPECT_EQ(1, send(fd, "y", 1, 0));
	EXPECT_EQ(1, recv_soon(child, &c, 1));
	EXPECT_EQ('y', c);
}

TEST_HARNESS_MAIN
