// SPDX-License-Identifier: GPL-2.0
/*
 * Errors about packets that a socket sent, with IP_RECVERR and without: what the
 * next system call says, and what the error queue says. The test answers what the
 * host sends with ICMP errors; Linux's own sockets must hear the same of them.
 */
#include "wire.h"

#include <linux/errqueue.h>

#include "control.h"

#define PORT	4000		/* the peer's */
#define HELLO	"hello there"	/* as much as an ICMP error has to quote */

/* One entry of the error queue. */
struct error {
	ssize_t len;			/* of the quotation; -1 with errno */
	unsigned char data[2048];
	struct received msg;
	struct sock_extended_err ee;
	struct sockaddr_in offender;
};

FIXTURE(ip_errors) {
	struct wire w;
	struct frame f;
	struct frame sent;
	struct error e;
	int family;
	int fd;
};

FIXTURE_VARIANT(ip_errors) {
	int family;
};

FIXTURE_VARIANT_ADD(ip_errors, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(ip_errors, kite) { .family = AF_KITE };

FIXTURE_SETUP(ip_errors)
{
	self->family = variant->family;
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	self->fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ip_errors)
{
	close(self->fd);
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* Read the oldest error of a socket, with room for @room bytes. */
static void read_error(int fd, struct error *e, size_t room)
{
	struct cmsghdr *c;

	memset(e, 0, sizeof(*e));
	e->len = receive_message(fd, &e->msg, e->data, room,
				 MSG_ERRQUEUE | MSG_DONTWAIT);
	c = e->len < 0 ? NULL : control(&e->msg, SOL_IP, IP_RECVERR);
	if (c && c->cmsg_len == CMSG_LEN(sizeof(e->ee) + sizeof(e->offender))) {
		memcpy(&e->ee, CMSG_DATA(c), sizeof(e->ee));
		memcpy(&e->offender, CMSG_DATA(c) + sizeof(e->ee),
		       sizeof(e->offender));
	}
}

/* An error about @about, of which @quote bytes are quoted, from a stranger. */
static int complain(struct wire *w, const struct frame *about, size_t quote,
		    int type, int code, uint32_t info)
{
	static struct frame f;
	struct icmphdr *icmph;

	if (quote > 1000)
		return -1;
	icmph = message(&f, STRANGER, HOST, type, code, quote);
	memcpy(icmph + 1, about->bytes, quote);
	icmph->un.gateway = htonl(info);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, sizeof(*icmph) + quote);
	return transmit(w, &f);
}

static int send_hello(int fd, int family)
{
	struct sockaddr_in to = endpoint(family, PEER, PORT);

	return sendto(fd, HELLO, sizeof(HELLO), 0, (struct sockaddr *)&to, sizeof(to));
}

/* Send and have somebody complain; all that was sent is quoted. */
static void trouble(struct __test_metadata *_metadata,
		    struct _test_data_ip_errors *self, int type, int code,
		    uint32_t info)
{
	ASSERT_EQ(sizeof(HELLO), send_hello(self->fd, self->family));
	ASSERT_EQ(0, receive(&self->w, &self->sent, SOON));
	ASSERT_EQ(0, complain(&self->w, &self->sent, self->sent.len, type, code,
			      info));
}

static void expect_endpoint(struct __test_metadata *_metadata,
			    const struct sockaddr_in *sin, int family,
			    const char *addr, int port)
{
	EXPECT_EQ(family, sin->sin_family);
	EXPECT_EQ(inet_addr(addr), sin->sin_addr.s_addr);
	EXPECT_EQ(port, ntohs(sin->sin_port));
}

TEST_F(ip_errors, the_queue_tells_all_of_it)
{
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));

	read_error(self->fd, &self->e, sizeof(self->e.data));
	ASSERT_EQ(sizeof(HELLO), self->e.len);
	EXPECT_EQ(0, memcmp(HELLO, self->e.data, sizeof(HELLO)));
	EXPECT_EQ(MSG_ERRQUEUE, self->e.msg.flags);
	EXPECT_EQ(sizeof(struct sockaddr_in), self->e.msg.namelen);
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, PORT);
	EXPECT_EQ(ECONNREFUSED, self->e.ee.ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_ICMP, self->e.ee.ee_origin);
	EXPECT_EQ(ICMP_DEST_UNREACH, self->e.ee.ee_type);
	EXPECT_EQ(ICMP_PORT_UNREACH, self->e.ee.ee_code);
	EXPECT_EQ(0, self->e.ee.ee_info);
	EXPECT_EQ(0, self->e.ee.ee_data);
	expect_endpoint(_metadata, &self->e.offender, self->family, STRANGER, 0);

	/* With the last entry read there is nothing to report any more. */
	EXPECT_EQ(0, polled(self->fd, POLLIN));
	EXPECT_EQ(0, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(-1, self->e.len);
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(ip_errors, every_error_has_its_errno)
{
	static const struct {
		int type, code, error;
	} errors[] = {
		{ ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ENETUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, EHOSTUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, ENOPROTOOPT },
		{ ICMP_DEST_UNREACH, ICMP_SR_FAILED, EOPNOTSUPP },
		{ ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, ENETUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_HOST_UNKNOWN, EHOSTDOWN },
		{ ICMP_DEST_UNREACH, ICMP_HOST_ISOLATED, ENONET },
		{ ICMP_DEST_UNREACH, ICMP_NET_ANO, ENETUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_HOST_ANO, EHOSTUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, EHOSTUNREACH },
		{ ICMP_DEST_UNREACH, ICMP_PREC_CUTOFF, EHOSTUNREACH },
		{ ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, EHOSTUNREACH },
		{ ICMP_PARAMETERPROB, 0, EPROTO },
	};
	size_t i;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		TH_LOG("type %d code %d", errors[i].type, errors[i].code);
		trouble(_metadata, self, errors[i].type, errors[i].code,
			20 << 24);
		ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
		EXPECT_EQ(errors[i].error, so_error(self->fd));
		read_error(self->fd, &self->e, sizeof(self->e.data));
		EXPECT_EQ(errors[i].error, self->e.ee.ee_errno);
		EXPECT_EQ(errors[i].type, self->e.ee.ee_type);
		EXPECT_EQ(errors[i].code, self->e.ee.ee_code);
		EXPECT_EQ(errors[i].type == ICMP_PARAMETERPROB ? 20 : 0,
			  self->e.ee.ee_info);
	}
}

TEST_F(ip_errors, the_next_call_fails_once)
{
	char c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_ERRNO(EHOSTUNREACH, send_hello(self->fd, self->family));
	EXPECT_EQ(sizeof(HELLO), send_hello(self->fd, self->family));

	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	while (so_error(self->fd) != ENETUNREACH)
		wait_for(self->fd, POLLERR);
	EXPECT_ERRNO(EAGAIN, recv(self->fd, &c, 1, MSG_DONTWAIT));
	/* What was reported waits in the queue nevertheless. */
	EXPECT_EQ(POLLERR, polled(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(EHOSTUNREACH, self->e.ee.ee_errno);
	/* The next entry is reported again: it is unread. */
	EXPECT_EQ(ENETUNREACH, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(ENETUNREACH, self->e.ee.ee_errno);
}

TEST_F(ip_errors, without_IP_RECVERR_only_the_connected_hear_of_hard_ones)
{
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));

	ASSERT_OK(connect_to(self->fd, self->family, PEER, PORT));
	trouble(_metadata, self, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_EQ(ENOPROTOOPT, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(-1, self->e.len);
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(ip_errors, a_short_buffer_is_told)
{
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	read_error(self->fd, &self->e, 3);
	EXPECT_EQ(3, self->e.len);
	EXPECT_EQ(MSG_ERRQUEUE | MSG_TRUNC, self->e.msg.flags);
}

TEST_F(ip_errors, IP_RECVERR_off_forgets)
{
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 0));
	EXPECT_EQ(ECONNREFUSED, so_error(self->fd));
	EXPECT_EQ(0, polled(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(-1, self->e.len);
}

TEST_F(ip_errors, the_path_mtu_is_told)
{
	undo("ip route flush cache");
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1300);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_EQ(EMSGSIZE, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(EMSGSIZE, self->e.ee.ee_errno);
	EXPECT_EQ(ICMP_FRAG_NEEDED, self->e.ee.ee_code);
	EXPECT_EQ(1300, self->e.ee.ee_info);

	/* Who lets everything be fragmented does not care. */
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1300);
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, polled(self->fd, POLLIN));
}

TEST_F(ip_errors, what_is_too_big_here_is_told_too)
{
	static char big[65530];
	struct sockaddr_in to = endpoint(self->family, PEER, PORT);

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	EXPECT_ERRNO(EMSGSIZE, sendto(self->fd, big, 1473, 0,
				      (struct sockaddr *)&to, sizeof(to)));
	/* The call has failed already: nothing else will. */
	EXPECT_EQ(0, so_error(self->fd));
	EXPECT_EQ(POLLERR, polled(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(0, self->e.len);
	EXPECT_EQ(MSG_ERRQUEUE, self->e.msg.flags);
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, 0);
	EXPECT_EQ(EMSGSIZE, self->e.ee.ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_LOCAL, self->e.ee.ee_origin);
	EXPECT_EQ(0, self->e.ee.ee_type);
	EXPECT_EQ(1500, self->e.ee.ee_info);
	EXPECT_EQ(AF_UNSPEC, self->e.offender.sin_family);

	ASSERT_OK(connect_to(self->fd, self->family, PEER, PORT));
	EXPECT_ERRNO(EMSGSIZE, send(self->fd, big, 1473, 0));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, PORT);

	/* More than any datagram can be. */
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	EXPECT_ERRNO(EMSGSIZE, send(self->fd, big, 65508, 0));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(SO_EE_ORIGIN_LOCAL, self->e.ee.ee_origin);
	EXPECT_EQ(1500, self->e.ee.ee_info);
}

/* Who sends that much less his own headers is not refused again. */
TEST_F(ip_errors, what_is_too_big_here_is_told_without_room_for_options)
{
	unsigned char nothing[40] = {};
	static char big[1500];
	int room = 0;

	memset(nothing, 1, sizeof(nothing));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	ASSERT_OK(setsockopt(self->fd, SOL_IP, IP_OPTIONS, nothing, sizeof(nothing)));
	ASSERT_OK(connect_to(self->fd, self->family, PEER, PORT));
	EXPECT_ERRNO(EMSGSIZE, send(self->fd, big, 1472, 0));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	room = self->e.ee.ee_info;
	EXPECT_EQ(1460, room);
	EXPECT_EQ(room - 28, send(self->fd, big, room - 28, 0));
}

TEST_F(ip_errors, an_error_tells_how_it_came)
{
	struct in_pktinfo *info;
	struct cmsghdr *c;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVTTL, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_PKTINFO, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(64, control_int(&self->e.msg, IP_TTL));
	c = control(&self->e.msg, SOL_IP, IP_PKTINFO);
	ASSERT_NE(NULL, c);
	info = (struct in_pktinfo *)CMSG_DATA(c);
	EXPECT_EQ(if_nametoindex("v0"), info->ipi_ifindex);
	EXPECT_EQ(0, info->ipi_spec_dst.s_addr);
	EXPECT_EQ(inet_addr(HOST), info->ipi_addr.s_addr);
}

TEST_F(ip_errors, a_raw_socket_hears_of_its_protocol)
{
	close(self->fd);
	self->fd = socket(self->family, SOCK_RAW, 253);
	ASSERT_LE(0, self->fd);
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_EQ(ENOPROTOOPT, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(sizeof(HELLO), self->e.len);
	EXPECT_EQ(0, memcmp(HELLO, self->e.data, sizeof(HELLO)));
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, 0);

	/* Connected, it also hears without the option; not of another peer's. */
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 0));
	ASSERT_OK(connect_to(self->fd, self->family, STRANGER, 0));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	expect_silence(_metadata, &self->w);
	EXPECT_EQ(0, so_error(self->fd));
	ASSERT_OK(connect_to(self->fd, self->family, PEER, 0));
	trouble(_metadata, self, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_EQ(ENOPROTOOPT, so_error(self->fd));
}

TEST_F(ip_errors, who_writes_headers_sees_them_again)
{
	struct iphdr *ip = (struct iphdr *)self->e.data;
	struct sockaddr_in to = endpoint(self->family, PEER, 0);
	static char big[1501];
	struct frame *f = &self->f;

	close(self->fd);
	self->fd = socket(self->family, SOCK_RAW, IPPROTO_UDP);
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_HDRINCL, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	packet(f, HOST, PEER, IPPROTO_UDP, 16);
	ASSERT_EQ(f->len, sendto(self->fd, f->bytes, f->len, 0,
				 (struct sockaddr *)&to, sizeof(to)));
	ASSERT_EQ(0, receive(&self->w, &self->sent, SOON));
	ASSERT_EQ(0, complain(&self->w, &self->sent, 28, ICMP_TIME_EXCEEDED,
			      ICMP_EXC_TTL, 0));
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(28, self->e.len);
	EXPECT_EQ(IPPROTO_UDP, ip->protocol);
	EXPECT_EQ(inet_addr(PEER), ip->daddr);

	EXPECT_ERRNO(EMSGSIZE, sendto(self->fd, big, sizeof(big), 0,
				      (struct sockaddr *)&to, sizeof(to)));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(SO_EE_ORIGIN_LOCAL, self->e.ee.ee_origin);
	EXPECT_EQ(1500, self->e.ee.ee_info);
}

TEST_F(ip_errors, a_ping_socket_hears_of_its_echo)
{
	struct sockaddr_in to = endpoint(self->family, PEER, 0);
	struct icmphdr out = {
		.type = ICMP_ECHO, .un.echo.sequence = htons(77),
	}, *quoted = (struct icmphdr *)self->e.data;

	ASSERT_EQ(0, set_sysctl("ipv4/ping_group_range", "0 0"));
	close(self->fd);
	self->fd = socket(self->family, SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_LE(0, self->fd);
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_EQ(8, sendto(self->fd, &out, 8, 0, (struct sockaddr *)&to,
			    sizeof(to)));
	ASSERT_EQ(0, receive(&self->w, &self->sent, SOON));
	ASSERT_EQ(0, complain(&self->w, &self->sent, 28, ICMP_TIME_EXCEEDED,
			      ICMP_EXC_TTL, 0));
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	EXPECT_EQ(EHOSTUNREACH, so_error(self->fd));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	ASSERT_EQ(8, self->e.len);
	EXPECT_EQ(ICMP_ECHO, quoted->type);
	EXPECT_EQ(77, ntohs(quoted->un.echo.sequence));
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, 0);
	expect_endpoint(_metadata, &self->e.offender, self->family, STRANGER, 0);
}

TEST_F(ip_errors, extensions_are_found)
{
	static char data[200];
	struct sockaddr_in to = endpoint(self->family, PEER, PORT);
	static struct frame about;
	unsigned char *ext = about.bytes + 128;

	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR, 1));
	ASSERT_OK(set_int(self->fd, SOL_IP, IP_RECVERR_RFC4884, 1));
	ASSERT_EQ(sizeof(data), sendto(self->fd, data, sizeof(data), 0,
				       (struct sockaddr *)&to, sizeof(to)));
	ASSERT_EQ(0, receive(&self->w, &about, SOON));
	/* RFC 4884 7: version 2, and one object of 8 bytes behind 128. */
	memset(ext, 0, 12);
	ext[0] = 0x20;
	ext[5] = 8;
	ext[6] = 1;
	ext[7] = 1;
	*(uint16_t *)(ext + 2) = checksum(ext, 12);
	ASSERT_EQ(0, complain(&self->w, &about, 140, ICMP_TIME_EXCEEDED,
			      ICMP_EXC_TTL, 32 << 16));
	ASSERT_EQ(POLLERR, wait_for(self->fd, POLLIN));
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(112, self->e.len);
	EXPECT_EQ(100, self->e.ee.ee_rfc4884.len);
	EXPECT_EQ(0, self->e.ee.ee_rfc4884.flags);
}

TEST_F(ip_errors, a_connection_attempt_ends_with_any)
{
	struct linger linger = { .l_onoff = 1 };

	close(self->fd);
	self->fd = socket(self->family, SOCK_STREAM, 0);
	setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	ASSERT_OK(nonblocking(self->fd));
	EXPECT_ERRNO(EINPROGRESS, connect_to(self->fd, self->family, PEER, PORT));
	ASSERT_EQ(0, receive(&self->w, &self->sent, SOON));
	ASSERT_EQ(0, complain(&self->w, &self->sent, 28, ICMP_DEST_UNREACH,
			      ICMP_HOST_UNREACH, 0));
	ASSERT_NE(0, wait_for(self->fd, POLLOUT) & POLLERR);
	/* Told in any case; AF_INET tells it whether one asked or not. */
	read_error(self->fd, &self->e, sizeof(self->e.data));
	EXPECT_EQ(8, self->e.len);
	EXPECT_EQ(EHOSTUNREACH, self->e.ee.ee_errno);
	expect_endpoint(_metadata, &self->e.msg.name, self->family, PEER, PORT);
	expect_endpoint(_metadata, &self->e.offender, self->family, STRANGER, 0);
}

TEST_HARNESS_MAIN
