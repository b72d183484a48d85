// SPDX-License-Identifier: GPL-2.0
/*
 * Options of RFC 791: filled in on the way and on arrival, turned round in
 * answers, followed where they say the way, and set by users. Each runs against
 * Linux's own IPv4, too.
 * time limit: 120 s
 */
#include "wire.h"

/* RFC 791 3.1. */
#define RR	7
#define TS	68
#define LSRR	0x83
#define SSRR	0x89

#define A_HOST		10, 0, 0, 1
#define A_PEER		10, 0, 0, 2
#define A_STRANGER	10, 0, 0, 3
#define A_BEHIND	10, 3, 0, 1
#define NOBODY		0, 0, 0, 0

static uint32_t address(unsigned char a, unsigned char b, unsigned char c,
			unsigned char d)
{
	return htonl((uint32_t)a << 24 | b << 16 | c << 8 | d);
}

/* The options of a packet begin with these. */
static void expect_options(struct __test_metadata *_metadata,
			   const struct frame *f, const unsigned char *want,
			   size_t n)
{
	size_t i;

	ASSERT_LE(20 + n, f->ip.ihl * 4);
	for (i = 0; i < n; i++)
		EXPECT_EQ(want[i], f->bytes[20 + i]) {
			TH_LOG("octet %zu of the options", i);
		}
	EXPECT_EQ(0, checksum(&f->ip, f->ip.ihl * 4));
}

#define EXPECT_OPTIONS(f, ...)						\
	do {								\
		static const unsigned char __want[] = { __VA_ARGS__ };	\
									\
		expect_options(_metadata, f, __want, sizeof(__want));	\
	} while (0)

/* The ping in self->f gets these options and is sent. */
#define PING_WITH(...)							\
	do {								\
		static const unsigned char __opt[] = { __VA_ARGS__ };	\
									\
		add_options(&self->f, __opt, sizeof(__opt));		\
		ASSERT_EQ(0, transmit(&self->w, &self->f));		\
	} while (0)

/* Milliseconds since midnight UT, at an octet of the header. */
static uint32_t time_at(const struct frame *f, size_t at)
{
	uint32_t t;

	memcpy(&t, f->bytes + at, sizeof(t));
	return ntohl(t);
}

/* A router for 10.3/16, all of which lies behind the wire again. */
static int router(struct wire *w)
{
	if (run("ip route add 10.3.0.0/16 dev v0 &&"
		"ip neighbour add 10.3.0.1 dev v0 lladdr %02x:%02x:%02x:%02x:%02x:%02x",
		2, 0, 0, 0, 0, 9))
		return -1;
	undo("ip route del 10.3.0.0/16; ip neighbour del 10.3.0.1 dev v0");
	if ((w->kite && set_sysctl("kite/forwarding", "1")) ||
	    set_sysctl("ipv4/ip_forward", "1") ||
	    set_sysctl("ipv4/conf/v0/send_redirects", "0") ||
	    set_sysctl("ipv4/conf/all/send_redirects", "0"))
		return -1;
	return 0;
}

static int accept_source_routes(void)
{
	return set_sysctl("ipv4/conf/all/accept_source_route", "1") ||
	       set_sysctl("ipv4/conf/v0/accept_source_route", "1");
}

FIXTURE_ON_A_WIRE(arrival)

TEST_F(arrival, record_route_has_the_host_twice)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 15, 4, NOBODY, NOBODY, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 15, 12, A_HOST, A_HOST, NOBODY, 0);
}

TEST_F(arrival, record_route_that_is_full_stays)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 7, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_STRANGER, 0);
}

TEST_F(arrival, record_route_with_half_an_address_left_is_not_answered)
{
	echo(&self->f, HOST, 8);
	PING_WITH(RR, 8, 4, NOBODY, 0);
	expect_silence(_metadata, &self->w);
}

TEST_F(arrival, time_stamp_has_times)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 16, 5, 0, NOBODY, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 16, 13, 0);
	EXPECT_GT(86400000, time_at(&f, 24));
	EXPECT_LE(time_at(&f, 24), time_at(&f, 28));
	EXPECT_EQ(0, time_at(&f, 32));
}

TEST_F(arrival, time_stamp_has_addresses_and_times)
{
	static struct frame f;
	uint32_t addr;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 1, NOBODY, NOBODY, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 21, 1, A_HOST);
	EXPECT_LE(time_at(&f, 28), time_at(&f, 36));
	memcpy(&addr, f.bytes + 32, sizeof(addr));
	EXPECT_EQ(address(A_HOST), addr);
}

TEST_F(arrival, time_stamp_is_for_those_who_are_named)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 3, A_HOST, NOBODY, A_STRANGER, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 13, 3, A_HOST);
	EXPECT_EQ(0, time_at(&f, 36));

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 20, 5, 3, A_STRANGER, NOBODY, A_HOST, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 20, 5, 3, A_STRANGER, NOBODY, A_HOST, NOBODY);
}

TEST_F(arrival, time_stamp_without_room_counts)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 9, 0x30, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0x40, 1, 2, 3, 4);

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 9, 0xf0, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_PARAMETERPROB, icmp_of(&f)->type);
	EXPECT_EQ(23 << 24, ntohl(icmp_of(&f)->un.gateway));
}

TEST_F(arrival, all_of_them_are_answered_in_an_order)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(TS, 8, 5, 0, NOBODY, 1, RR, 7, 4, NOBODY, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_ECHOREPLY, icmp_of(&f)->type);
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, TS, 8, 9, 0);
}

TEST_F(arrival, an_error_has_them_too)
{
	static struct frame f;

	packet(&self->f, PEER, HOST, 253, 8);
	PING_WITH(RR, 11, 4, NOBODY, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_DEST_UNREACH, icmp_of(&f)->type);
	EXPECT_OPTIONS(&f, RR, 11, 12, A_HOST, A_HOST, 0);
	/* What is quoted is the packet as it is here. */
	EXPECT_EQ(8, f.bytes[f.ip.ihl * 4 + 8 + 22]);
}

TEST_F(arrival, a_source_route_that_has_ended_leads_back)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 7, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 7, 4, A_PEER, 0);
}

TEST_F(arrival, a_source_route_of_several_leads_back_in_reverse)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 15, 16, 10, 9, 9, 9, 10, 8, 8, 8, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 15, 4, 10, 8, 8, 8, 10, 9, 9, 9, A_PEER, 0);
}

TEST_F(arrival, a_source_route_with_its_own_source_leads_there_once)
{
	static struct frame f;

	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 11, 12, A_PEER, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, SSRR, 7, 4, A_PEER, 0);
}

TEST_F(arrival, a_source_route_with_half_an_address_is_a_problem)
{
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 6, 4, 1, 2, 3, 0, 0);
	expect_error(_metadata, &self->w, &self->f, ICMP_PARAMETERPROB, 0,
		     22 << 24);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

TEST_F(arrival, what_follows_the_end_means_nothing)
{
	static struct frame f;

	echo(&self->f, HOST, 8);
	PING_WITH(RR, 7, 8, A_PEER, 0, RR, 3, 4, 9);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_PEER, 0);
}

TEST_F(arrival, fragments_answer_with_the_options_of_the_first)
{
	static const unsigned char rr[] = { RR, 11, 4, NOBODY, NOBODY, 0 };
	static struct frame f;

	echo(&self->f, HOST, 24);
	/* The second half, which has no options, comes first. */
	f = self->f;
	memmove(f.bytes + 20, f.bytes + 36, 16);
	f.len = 36;
	f.ip.tot_len = htons(f.len);
	f.ip.frag_off = htons(2);
	seal(&f);
	ASSERT_EQ(0, transmit(&self->w, &f));
	f = self->f;
	f.len = 36;
	f.ip.tot_len = htons(f.len);
	f.ip.frag_off = htons(IP_MF);
	add_options(&f, rr, sizeof(rr));
	ASSERT_EQ(0, transmit(&self->w, &f));
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 11, 12, A_HOST, A_HOST, 0);
	EXPECT_EQ(0, checksum(icmp_of(&f), 32));
}

FIXTURE_ON_A_WIRE(passing)

#define BEHIND	"10.3.0.1"

TEST_F(passing, record_route_has_the_way_out)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(RR, 11, 8, A_STRANGER, NOBODY, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(63, f.ip.ttl);
	EXPECT_OPTIONS(&f, RR, 11, 12, A_STRANGER, A_HOST, 0);
}

TEST_F(passing, time_stamps_of_all_kinds)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 8, 5, 0, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0);
	EXPECT_NE(0, time_at(&f, 24));

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 12, 5, 1, NOBODY, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 12, 13, 1, A_HOST);

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 12, 5, 3, A_HOST, NOBODY);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 12, 13, 3, A_HOST);

	echo(&self->f, BEHIND, 8);
	PING_WITH(TS, 8, 9, 0, 1, 2, 3, 4);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, TS, 8, 9, 0x10, 1, 2, 3, 4);
}

TEST_F(passing, what_follows_the_end_stays_behind)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	echo(&self->f, BEHIND, 8);
	PING_WITH(RR, 7, 4, NOBODY, 0, 7, 7, 7, 7);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, 0, 0, 0, 0, 0);
}

TEST_F(passing, a_loose_source_route_goes_by_its_next_hop)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, HOST, 8);
	PING_WITH(LSRR, 11, 4, A_BEHIND, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_BEHIND), f.ip.daddr);
	EXPECT_EQ(63, f.ip.ttl);
	EXPECT_OPTIONS(&f, LSRR, 11, 8, A_HOST, A_STRANGER, 0);
}

TEST_F(passing, a_source_route_passes_over_our_own_addresses)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	ASSERT_EQ(0, run("ip address add 10.0.0.7/24 dev v0"));
	undo("ip address del 10.0.0.7/24 dev v0");
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 11, 4, 10, 0, 0, 7, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_STRANGER), f.ip.daddr);
	EXPECT_OPTIONS(&f, SSRR, 11, 12, 10, 0, 0, 7, A_HOST, 0);
}

TEST_F(passing, a_loose_source_route_need_not_name_us)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, BEHIND, 8);
	PING_WITH(LSRR, 7, 4, A_STRANGER, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(address(A_BEHIND), f.ip.daddr);
	EXPECT_OPTIONS(&f, LSRR, 7, 4, A_STRANGER, 0);
}

TEST_F(passing, a_strict_source_route_has_to_name_us)
{
	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	echo(&self->f, BEHIND, 8);
	PING_WITH(SSRR, 7, 4, A_STRANGER, 0);
	expect_error(_metadata, &self->w, &self->f, ICMP_PARAMETERPROB, 0,
		     16 << 24);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

TEST_F(passing, a_strict_source_route_fails_at_a_gateway_it_does_not_name)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, accept_source_routes());
	ASSERT_EQ(0, run("ip route add 10.4.0.0/16 via " PEER));
	undo("ip route del 10.4.0.0/16");
	echo(&self->f, HOST, 8);
	PING_WITH(SSRR, 7, 4, 10, 4, 0, 1, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_EQ(ICMP_DEST_UNREACH, icmp_of(&f)->type);
	EXPECT_EQ(ICMP_SR_FAILED, icmp_of(&f)->code);
	if (self->w.kite)
		EXPECT_EQ(1, counter("KiteExt.InSourceRoute"));
}

TEST_F(passing, fragments_copy_what_is_to_be_copied)
{
	static struct frame f;

	ASSERT_EQ(0, router(&self->w));
	ASSERT_EQ(0, run("ip route change 10.3.0.0/16 dev v0 mtu lock 600"));
	echo(&self->f, BEHIND, 800);
	PING_WITH(RR, 7, 4, NOBODY, 1, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, RR, 7, 8, A_HOST, 1, 0x94, 4, 0, 0);
	ASSERT_EQ(0, receive(&self->w, &f, SOON));
	EXPECT_OPTIONS(&f, 1, 1, 1, 1, 1, 1, 1, 1, 0x94, 4, 0, 0);
}

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
