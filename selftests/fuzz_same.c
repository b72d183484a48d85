// SPDX-License-Identifier: GPL-2.0
/*
 * The same mutated frames at a host of Linux's own IPv4 and at one of KITE's, each with
 * the same sockets and a router as well: what either says, passes on and gives to its
 * programs is the same, frame by frame. Where KITE differs on purpose is said below, and
 * in docs/MIRROR.md. TCP is here without connections; tcp_fuzz.c has those.
 *
 * The environment says how many frames (KITE_FUZZ_COUNT) and which
 * (KITE_FUZZ_SEED); a seed that is 0 is drawn anew. The test prints both.
 * time limit: 300 s
 */
#include "fuzz.h"

#include <linux/errqueue.h>

#define UDP_SOCKETS	4
#define CIPSO		0x86
#define SECOND		"10.1.0.1"	/* the host's, too */

/* One after the other: UDP sockets, of a raw protocol, of ICMP's, a ping socket. */
#define SOCKETS		(UDP_SOCKETS + 3)

/*
 * struct host - one of the two
 * @w: its wire
 * @family: of its sockets
 * @fds: they
 */
struct host {
	struct wire w;
	int family;
	int fds[SOCKETS];
};

#define HEARD_MAX	8
#define SHOWN		120		/* octets of what was heard or got */

/*
 * struct outcome - what came of a frame
 * @frames: that the host sent before it answered a ping
 * @heard: the first of them, without what is anyone's guess
 * @got: by each socket: calls that had a result, all octets of data and of control
 *	messages as a sum, the last error, and the first octets, to be shown
 */
struct outcome {
	unsigned int frames;
	struct {
		unsigned int len;
		unsigned char bytes[FUZZ_MAX + 100];
	} heard[HEARD_MAX];
	struct {
		unsigned int calls;
		uint32_t sum;
		int error;
		unsigned int len;
		unsigned char bytes[SHOWN];
	} got[SOCKETS];
};

/* --- the hosts ------------------------------------------------------------ */

static int make_router(struct host *h, const char *source_routes)
{
	/* No neighbour has to be asked for: the answer could come at any time. */
	if (!if_nametoindex("d0") &&
	    run("ip link set v0 arp off && ip route add default via " PEER " dev v0 &&"
		"ip link add d0 type dummy && ip link set d0 arp off && ip link set d0 mtu 600 up &&"
		"ip address add " SECOND "/24 dev d0 &&"
		"ip address add " GROUP "/32 dev v0 autojoin"))
		return -1;
	return (h->family == AF_KITE && set_sysctl("kite/forwarding", "1")) ||
	       set_sysctl("ipv4/ip_forward", "1") ||
	       set_sysctl("ipv4/conf/all/accept_source_route", source_routes) ||
	       set_sysctl("ipv4/conf/all/accept_redirects", "0") ||
	       set_sysctl("ipv4/conf/v0/accept_redirects", "0") ||
	       set_sysctl("ipv4/conf/all/send_redirects", "0") ||
	       set_sysctl("ipv4/conf/v0/send_redirects", "0") ||
	       set_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0") ||
	       set_sysctl("ipv4/ping_group_range", "0 0") ||
	       /* Nothing is given up while this test runs, nor by how many came between. */
	       set_sysctl("ipv4/ipfrag_time", "1000") ||
	       set_sysctl("ipv4/ipfrag_max_dist", "0");
}

static int make_sockets(struct host *h)
{
	static const unsigned char echo_request[8] = { ICMP_ECHO };
	int i;

	for (i = 0; i < UDP_SOCKETS; i++) {
		h->fds[i] = socket(h->family, SOCK_DGRAM, 0);
		if (bind_to(h->fds[i], h->family, "0.0.0.0", UDP_PORT + i))
			return -1;
	}
	/* One that has a peer, and whom errors may concern. */
	if (connect_to(h->fds[1], h->family, PEER, PEER_PORT))
		return -1;
	h->fds[i++] = socket(h->family, SOCK_RAW, PROTOCOL);
	h->fds[i++] = socket(h->family, SOCK_RAW, IPPROTO_ICMP);
	h->fds[i] = socket(h->family, SOCK_DGRAM, IPPROTO_ICMP);
	if (bind_to(h->fds[i], h->family, "0.0.0.0", 77) ||
	    connect_to(h->fds[i], h->family, PEER, 0) ||
	    send(h->fds[i], echo_request, 8, 0) != 8)
		return -1;
	for (i = 0; i < SOCKETS; i++)
		if (set_int(h->fds[i], SOL_IP, IP_PKTINFO, 1) ||
		    set_int(h->fds[i], SOL_IP, IP_RECVTTL, 1) ||
		    set_int(h->fds[i], SOL_IP, IP_RECVTOS, 1) ||
		    set_int(h->fds[i], SOL_IP, IP_RECVOPTS, 1) ||
		    (i % 2 && set_int(h->fds[i], SOL_IP, IP_RECVERR, 1)))
			return -1;
	return 0;
}

/* --- what is heard -------------------------------------------------------- */

/* Time stamps within a packet's options tell when it was here. */
static void forget_times(unsigned char *packet)
{
	size_t end = (packet[0] & 15) * 4, at = 20;

	while (at + 1 < end && packet[at]) {
		size_t len = packet[at] == IPOPT_NOP ? 1 : packet[at + 1];

		if (!len || at + len > end)
			return;
		if (packet[at] == IPOPT_TIMESTAMP && len > 4)
			memset(packet + at + 4, 0, len - 4);
		at += len;
	}
}

static bool is_error(unsigned int type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETERPROB;
}

/* Numbers and times that each host chooses, and sums over them. */
static void forget_guesses(struct frame *f)
{
	bool is_host = f->ip.saddr == inet_addr(HOST) || f->ip.saddr == inet_addr(SECOND);
	unsigned char *data = payload_of(f);

	if (is_host) {
		f->ip.id = 0;
		f->ip.check = 0;
		/* Left to the device, or not. */
		if (f->ip.protocol == IPPROTO_TCP)
			memset(data + 16, 0, 2);
	}
	if (memchr(f->bytes + 20, IPOPT_TIMESTAMP, f->ip.ihl * 4 - 20)) {
		forget_times(f->bytes);
		f->ip.check = 0;
	}
	/*
	 * Of a packet with options Linux quotes, and sends back, what it has made of them
	 * by then; KITE quotes what came.
	 */
	if (f->ip.protocol == IPPROTO_ICMP && is_error(data[0]) && (data[8] & 15) > 5 && is_host) {
		memset(f->bytes + 20, 0, f->ip.ihl * 4 - 20);
		memset(data + 2, 0, 2);
		memset(data + 8 + 10, 0, 2);
		memset(data + 8 + 20, 0, (data[8] & 15) * 4 - 20);
	}
	/* Of nothing but zeroes Linux has either zero, by what machine it runs on. */
	if (f->ip.protocol == IPPROTO_ICMP && data[0] == ICMP_ECHOREPLY &&
	    data[2] == 0xff && data[3] == 0xff)
		memset(data + 2, 0, 2);
	if (f->ip.protocol == IPPROTO_ICMP && data[0] == ICMP_TIMESTAMPREPLY) {
		memset(data + 12, 0, 8);
		memset(data + 2, 0, 2);
	}
}

static bool is_pong(const struct frame *f, uint16_t sequence)
{
	const struct icmphdr *icmph = (const void *)(f->bytes + f->ip.ihl * 4);

	return f->ip.protocol == IPPROTO_ICMP && icmph->type == ICMP_ECHOREPLY &&
		icmph->un.echo.id == htons(0x7e57) &&
		icmph->un.echo.sequence == htons(sequence);
}

/* All that the host says before it answers a ping, whose number is its own. */
static void hear_out(struct __test_metadata *_metadata, struct host *h, uint16_t sequence,
		     struct outcome *out)
{
	static struct frame f;
	struct icmphdr *icmph;

	echo(&f, HOST, 8);
	icmph = icmp_of(&f);
	icmph->un.echo.id = htons(0x7e57);
	icmph->un.echo.sequence = htons(sequence);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, 16);
	ASSERT_EQ(0, transmit(&h->w, &f));
	for (;;) {
		ASSERT_EQ(0, receive(&h->w, &f, SOON));
		if (is_pong(&f, sequence))
			return;
		/* Linux tells of its groups when it likes. */
		if (f.ip.protocol == IPPROTO_IGMP)
			continue;
		forget_guesses(&f);
		if (out->frames < HEARD_MAX && f.len <= sizeof(out->heard[0].bytes)) {
			out->heard[out->frames].len = f.len;
			memcpy(out->heard[out->frames].bytes, f.bytes, f.len);
		}
		out->frames++;
	}
}

/* --- what programs get ---------------------------------------------------- */

/* Of a control message, but for the device's number, which is each host's own. */
static uint32_t summed_control(uint32_t sum, const struct cmsghdr *cmsg, bool is_ping)
{
	unsigned char data[256] = {};
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);

	if (len > sizeof(data))
		len = sizeof(data);
	memcpy(data, CMSG_DATA(cmsg), len);
	if (cmsg->cmsg_type == IP_PKTINFO)
		memset(data, 0, 4);
	/* To a ping socket Linux does not tell our address. */
	if (cmsg->cmsg_type == IP_PKTINFO && is_ping)
		memset(data + 4, 0, 4);
	/* The sender's family is. */
	if (cmsg->cmsg_type == IP_RECVERR)
		memset(data + sizeof(struct sock_extended_err), 0, 2);
	/* When it was here. */
	if (cmsg->cmsg_type == IP_RECVOPTS)
		len = 0;
	sum = summed(sum, &cmsg->cmsg_type, sizeof(cmsg->cmsg_type));
	return summed(sum, data, len);
}

/* Of a header that a raw socket gets: what is by chance. */
static void forget_header(unsigned char *packet)
{
	/* What Linux writes into the options, it does not sum up. */
	if ((packet[0] & 15) > 5) {
		forget_times(packet);
		memset(packet + 10, 0, 2);
	}
	/* The number that the host has given to what it sent to all, itself among them. */
	if (!memcmp(packet + 12, &(struct in_addr) { inet_addr(HOST) }, 4)) {
		memset(packet + 4, 0, 2);
		memset(packet + 10, 0, 2);
	}
}

static bool take_one(struct outcome *out, int i, int fd, int flags)
{
	unsigned char data[2048], control[1024];
	struct sockaddr_in from = {};
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n = recvmsg(fd, &msg, flags | MSG_DONTWAIT);

	if (n < 0) {
		if (errno == EAGAIN)
			return false;
		out->got[i].error = errno;
		return true;
	}
	out->got[i].calls++;
	if (msg.msg_namelen) {
		from.sin_family = 0;
		out->got[i].sum = summed(out->got[i].sum, &from, sizeof(from));
	}
	/* A raw socket sees the header, an error the packet, with its number. */
	out->got[i].sum = summed(out->got[i].sum, &n, sizeof(n));
	if (!(flags & MSG_ERRQUEUE)) {
		if (i >= UDP_SOCKETS && i < SOCKETS - 1 && n >= 20)
			forget_header(data);
		out->got[i].sum = summed(out->got[i].sum, data, n);
		if (n > (ssize_t)(SHOWN - out->got[i].len))
			n = SHOWN - out->got[i].len;
		memcpy(out->got[i].bytes + out->got[i].len, data, n);
		out->got[i].len += n;
	}
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		out->got[i].sum = summed_control(out->got[i].sum, cmsg, i == SOCKETS - 1);
	return true;
}

static void take_all(struct host *h, struct outcome *out)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		while (take_one(out, i, h->fds[i], 0) ||
		       (i % 2 && take_one(out, i, h->fds[i], MSG_ERRQUEUE)))
			;
}

/* --- what is promised ----------------------------------------------------- */

static void tell_octets(const char *what, const unsigned char *p, size_t len)
{
	size_t k;

	printf("#     %s %zu: ", what, len);
	for (k = 0; k < len && k < SHOWN; k++)
		printf("%02x%s", p[k], k % 4 == 3 ? " " : "");
	printf("\n");
}

static void tell_of(const char *who, const struct outcome *out)
{
	unsigned int i;
	char name[64];

	printf("#   %s: %u frames\n", who, out->frames);
	for (i = 0; i < out->frames && i < HEARD_MAX; i++)
		tell_octets("says", out->heard[i].bytes, out->heard[i].len);
	for (i = 0; i < SOCKETS; i++) {
		if (!out->got[i].calls && !out->got[i].error)
			continue;
		snprintf(name, sizeof(name), "socket %u (%u, %#x, %d) gets", i,
			 out->got[i].calls, out->got[i].sum, out->got[i].error);
		tell_octets(name, out->got[i].bytes, out->got[i].len);
	}
}

/* What Linux has besides: protocols, and an option (CIPSO). */
static bool is_beyond_kite(const struct frame *f)
{
	size_t hlen = f->ip.ihl * 4;

	if (f->len < 20)
		return false;
	return f->ip.protocol == IPPROTO_IGMP || f->ip.protocol == IPPROTO_PIM ||
		f->ip.protocol == IPPROTO_UDPLITE ||
		(hlen > 20 && memchr(f->bytes + 20, CIPSO, hlen - 20));
}

/* Whether all that a host says is that something is wrong with the packet's options. */
static bool complains_of_options(const struct outcome *out)
{
	const unsigned char *said = out->heard[0].bytes;

	return out->frames == 1 && out->heard[0].len >= 28 && said[9] == IPPROTO_ICMP &&
		said[(said[0] & 15) * 4] == ICMP_PARAMETERPROB;
}

static bool is_reset(const unsigned char *packet)
{
	return packet[9] == IPPROTO_TCP && packet[(packet[0] & 15) * 4 + 13] & 4;
}

/* An error in which Linux looks for no more than the protocol: KITE wants a whole header. */
static bool quotes_nonsense(const unsigned char *quoted)
{
	return quoted[0] >> 4 != 4 || (quoted[0] & 15) < 5;
}

/* Whether a source route of the packet leads back over the host, or over nobody, at first. */
static bool comes_back_over_us(const struct frame *f)
{
	const unsigned char *p = f->bytes + 20, *end = f->bytes + f->ip.ihl * 4;
	unsigned int at;
	uint32_t last;

	while (p + 3 < end && *p != IPOPT_EOL) {
		if (*p == IPOPT_NOP) {
			p++;
			continue;
		}
		if (p[1] < 3 || p + p[1] > end)
			return false;
		/* The last address before its pointer. */
		at = p[2] > p[1] ? p[1] : p[2] - 1U;
		if ((*p == IPOPT_LSRR || *p == IPOPT_SSRR) && at >= 7) {
			memcpy(&last, p + at - 4, 4);
			return !last || last == inet_addr(HOST) || last == inet_addr(SECOND);
		}
		p += p[1];
	}
	return false;
}

/* What Linux does otherwise, of little use. */
static bool is_besides(const struct frame *f, const struct outcome *inet,
		       const struct outcome *kite)
{
	const unsigned char *data = f->bytes + f->ip.ihl * 4;
	bool same_got = !memcmp(inet->got, kite->got, sizeof(inet->got));
	const uint16_t flow[] = { htons(PEER_PORT), htons(UDP_PORT + 1) };
	bool same_but_for_icmp = !memcmp(inet->got, kite->got,
					 sizeof(inet->got[0]) * (SOCKETS - 2));
	bool same_but_for_ping = inet->frames == kite->frames &&
		!memcmp(inet->got, kite->got, sizeof(inet->got[0]) * (SOCKETS - 1));

	/* What is wrong with options it does not say where it cannot send them back. */
	if (f->ip.ihl > 5 && same_got && !inet->frames && complains_of_options(kite))
		return true;
	/* ... and it says so to a group or to all, if their source route came from there. */
	if (f->ip.ihl > 5 && same_got && !kite->frames && complains_of_options(inet) &&
	    (memchr(f->bytes + 20, IPOPT_LSRR, f->ip.ihl * 4 - 20) ||
	     memchr(f->bytes + 20, IPOPT_SSRR, f->ip.ihl * 4 - 20)))
		return true;
	/* An answer of its own that a source route leads back to it: a martian. */
	if (f->ip.ihl > 5 && same_but_for_icmp && !inet->frames && kite->frames <= 1 &&
	    comes_back_over_us(f))
		return true;
	/* It drops what goes on by a source route, if a socket here has that peer. */
	if (f->ip.ihl > 5 && f->ip.protocol == IPPROTO_UDP && same_got && !inet->frames &&
	    kite->frames == 1 && !memcmp(data, flow, sizeof(flow)))
		return true;
	/* An error about a packet that came from everybody, RFC 1122 3.2.2. */
	if (f->ip.saddr == inet_addr("10.0.0.255") && inet->frames == 1 && !kite->frames)
		return true;
	/* Since 6.7 it sends no reset where options of the segment are cut short. */
	if (f->ip.protocol == IPPROTO_TCP && data[12] >> 4 > 5 && same_got && !inet->frames)
		return kite->frames == 1 && is_reset(kite->heard[0].bytes);
	if (f->ip.protocol != IPPROTO_ICMP)
		return false;
	/* Whose ping an error is about, it does not look for in what is quoted. */
	if (is_error(data[0]) && (same_but_for_ping || quotes_nonsense(data + 8)))
		return true;
	/* A question for the time that is cut short, RFC 792 has it of 20 octets. */
	return data[0] == ICMP_TIMESTAMP && ntohs(f->ip.tot_len) < f->ip.ihl * 4 + 20;
}

FIXTURE(fuzz) {
};

FIXTURE_SETUP(fuzz)
{
}

FIXTURE_TEARDOWN(fuzz)
{
}

static void compare(struct __test_metadata *_metadata, unsigned long count,
		    const char *source_routes)
{
	static struct host hosts[2] = { { .family = AF_INET }, { .family = AF_KITE } };
	static struct outcome outcomes[2];
	static struct frame f;
	unsigned long seed = seed_asked_for(), n, differing = 0;
	struct fuzz z = { .state = seed, .ident = htons(77) };
	int side;

	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", count, seed);
	ASSERT_EQ(0, stay_on_one_processor());
	for (side = 0; side < 2; side++) {
		ASSERT_EQ(0, wire_take(&hosts[side].w, hosts[side].family));
		ASSERT_EQ(0, make_router(&hosts[side], source_routes));
		ASSERT_EQ(0, make_sockets(&hosts[side]));
		hear_out(_metadata, &hosts[side], 0, &outcomes[side]);
	}
	for (n = 1; n <= count && differing < 40; n++) {
		unsigned int link = below(&z, 64);

		make_frame(&z, &f);
		memset(outcomes, 0, sizeof(outcomes));
		for (side = 0; side < 2; side++) {
			struct wire w = hosts[side].w;

			if (!link)
				memset(w.to.sll_addr, 0xff, ETH_ALEN);
			else if (link == 1)
				w.to.sll_addr[0] |= 1;
			ASSERT_EQ(0, transmit(&w, &f));
			hear_out(_metadata, &hosts[side], n, &outcomes[side]);
			take_all(&hosts[side], &outcomes[side]);
		}
		if (!memcmp(&outcomes[0], &outcomes[1], sizeof(outcomes[0])) ||
		    is_beyond_kite(&f) || is_besides(&f, &outcomes[0], &outcomes[1]))
			continue;
		differing++;
		printf("# frame %lu, link %u\n", n, link);
		tell_octets("frame", f.bytes, f.len);
		tell_of("IPv4", &outcomes[0]);
		tell_of("KITE", &outcomes[1]);
	}
	EXPECT_EQ(0, differing);
}

TEST_F_TIMEOUT(fuzz, mutated_frames_fare_alike, 1800)
{
	compare(_metadata, number("KITE_FUZZ_COUNT", is_debug_kernel() ? 3000 : 20000), "0");
}

TEST_F_TIMEOUT(fuzz, mutated_frames_fare_alike_where_source_routes_are_accepted, 1800)
{
	compare(_metadata, number("KITE_FUZZ_COUNT", is_debug_kernel() ? 1000 : 20000), "1");
}

TEST_HARNESS_MAIN
