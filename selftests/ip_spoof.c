// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that name a sender or a receiver who cannot be, or may not, under every setting
 * that has a say in it: what the host answers, forwards and gives to a program is what
 * Linux's own IPv4 would.
 * time limit: 300 s
 */
#include "wire_udp.h"

#define ELSEWHERE "198.51.100.7"	/* behind the peer, where there is a route */

static const char *const sources[] = {
	PEER, HOST, "10.0.0.0", "10.0.0.255", "0.0.0.0", "0.0.0.1", "127.0.0.1",
	"127.255.255.255", "192.0.2.1", ELSEWHERE, "224.0.0.1", "240.0.0.1", "255.255.255.255",
};

static const char *const destinations[] = {
	HOST, PEER, "10.0.0.0", "10.0.0.255", "0.0.0.0", "0.0.0.1", "127.0.0.1",
	"127.255.255.255", ELSEWHERE, "224.0.0.1", "224.0.0.77", "239.1.2.3", "240.0.0.1",
	"255.255.255.255",
};

/* What the packet holds. */
enum cargo { UDP_TO_A_SOCKET, UDP_TO_NOBODY, ECHO, TIMESTAMP, NO_PROTOCOL, CARGOES };

/* How the frame goes over the link. */
enum link { TO_THE_HOST, TO_ALL, TO_SOME, LINKS };

#define PER_SETTING	(ARRAY_SIZE(sources) * ARRAY_SIZE(destinations) * CARGOES * LINKS)

#define SYS "/proc/sys/net/"
#define CONF SYS "ipv4/conf/v0/"
#define DEFAULT(what) "ip route " what " default via " PEER
#define DIRECTED(value)								\
	"; echo " value " >" CONF "bc_forwarding;"				\
	"echo " value " >" SYS "ipv4/conf/all/bc_forwarding"
#define ROUTER DEFAULT("add") "; echo 1 >" CONF "forwarding;"		\
	"echo 0 >" CONF "send_redirects; echo 0 >" SYS "ipv4/conf/all/send_redirects;"	\
	"echo 1 >" SYS "kite/forwarding;"						\
	"ip neighbour replace 10.0.0.0 dev v0 lladdr 02:00:00:00:00:01"
#define NO_ROUTER DEFAULT("del") "; echo 0 >" CONF "forwarding;"	\
	"echo 0 >" SYS "kite/forwarding"

/* What the @i-th of all combinations consists of. */
struct impostor {
	const char *saddr, *daddr;
	enum cargo cargo;
	enum link link;
};

static struct impostor impostor(unsigned int i)
{
	struct impostor m;

	m.saddr = sources[i % ARRAY_SIZE(sources)];
	i /= ARRAY_SIZE(sources);
	m.daddr = destinations[i % ARRAY_SIZE(destinations)];
	i /= ARRAY_SIZE(destinations);
	m.cargo = i % CARGOES;
	m.link = i / CARGOES;
	return m;
}

static void make(struct frame *f, const struct impostor *m)
{
	switch (m->cargo) {
	case UDP_TO_A_SOCKET:
	case UDP_TO_NOBODY:
		datagram(f, m->cargo == UDP_TO_A_SOCKET ? PORT : PORT + 1, 8);
		break;
	case ECHO:
	case TIMESTAMP:
		message(f, PEER, HOST, m->cargo == ECHO ? ICMP_ECHO : ICMP_TIMESTAMP, 0, 12);
		break;
	default:
		packet(f, PEER, HOST, 253, 8);
	}
	f->ip.saddr = inet_addr(m->saddr);
	f->ip.daddr = inet_addr(m->daddr);
	if (f->ip.protocol == IPPROTO_UDP) {
		udp_of(f)->check = 0;
		udp_of(f)->check = udp_checksum(f, udp_of(f), 16);
	}
	seal(f);
}

/*
 * struct fate - what came of a packet
 * @frames: that the host sent before it answered a ping
 * @protocol: of the last of them
 * @type: type and code of an ICMP message
 * @from: its sender
 * @to: its receiver
 * @ttl: its time to live
 * @datagrams: that a program got
 * @sender: of the last of them
 * @addressed: whom to, as IP_PKTINFO tells
 * @local: our address, as it tells
 */
struct fate {
	unsigned int frames;
	unsigned int protocol;
	unsigned int type;
	uint32_t from;
	uint32_t to;
	unsigned int ttl;
	unsigned int datagrams;
	uint32_t sender;
	uint32_t addressed;
	uint32_t local;
};

static void take_datagrams(int fd, struct fate *fate)
{
	char data[64], control[256];

	for (;;) {
		struct sockaddr_in from;
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_name = &from, .msg_namelen = sizeof(from),
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		struct cmsghdr *cmsg;

		if (recvmsg(fd, &msg, MSG_DONTWAIT) < 0)
			return;
		fate->datagrams++;
		fate->sender = from.sin_addr.s_addr;
		for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			struct in_pktinfo info;

			if (cmsg->cmsg_type != IP_PKTINFO)
				continue;
			memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
			fate->addressed = info.ipi_addr.s_addr;
			fate->local = info.ipi_spec_dst.s_addr;
		}
	}
}

static bool is_pong(struct frame *f)
{
	return f->ip.protocol == IPPROTO_ICMP && icmp_of(f)->type == ICMP_ECHOREPLY &&
		f->ip.daddr == inet_addr(PEER) && ntohs(f->ip.tot_len) == 20 + 8 + 100;
}

static void hear_out(struct __test_metadata *_metadata, struct wire *w, struct fate *fate)
{
	static struct frame f;

	echo(&f, HOST, 100);
	ASSERT_EQ(0, transmit(w, &f));
	for (;;) {
		ASSERT_EQ(0, receive(w, &f, SOON));
		if (is_pong(&f))
			return;
		fate->frames++;
		fate->protocol = f.ip.protocol;
		fate->from = f.ip.saddr;
		fate->to = f.ip.daddr;
		fate->ttl = f.ip.ttl;
		fate->type = f.ip.protocol == IPPROTO_ICMP ?
			icmp_of(&f)->type << 8 | icmp_of(&f)->code : 0;
	}
}

static void address_frame(struct wire *w, enum link link)
{
	static const unsigned char group[] = { 1, 0, 0x5e, 0, 0, 1 };

	switch (link) {
	case TO_ALL:
		memset(w->to.sll_addr, 0xff, ETH_ALEN);
		break;
	case TO_SOME:
		memcpy(w->to.sll_addr, group, ETH_ALEN);
		break;
	default:
		break;
	}
}

static void try_all(struct __test_metadata *_metadata, int family, unsigned int stride,
		    struct fate *fates)
{
	static struct frame f;
	struct wire w, link;
	unsigned int i;
	int fd;

	ASSERT_EQ(0, stay_on_one_processor());
	ASSERT_EQ(0, wire_take(&w, family));
	fd = socket(family, SOCK_DGRAM, 0);
	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_PKTINFO, 1));
	ASSERT_EQ(0, bind_to(fd, family, "0.0.0.0", PORT));
	for (i = 0; i < PER_SETTING; i += stride) {
		struct impostor m = impostor(i);

		memset(&fates[i], 0, sizeof(fates[i]));
		make(&f, &m);
		link = w;
		address_frame(&link, m.link);
		ASSERT_EQ(0, transmit(&link, &f));
		hear_out(_metadata, &w, &fates[i]);
		take_datagrams(fd, &fates[i]);
	}
	close(fd);
}

static void tell_of(struct __test_metadata *_metadata, const char *who, const struct fate *fate)
{
	TH_LOG("  %s: %u frames, protocol %u, type %#x, %#x to %#x, ttl %u", who, fate->frames,
	       fate->protocol, fate->type, ntohl(fate->from), ntohl(fate->to), fate->ttl);
	TH_LOG("  %s: %u datagrams of %#x, addressed to %#x, ours %#x", who, fate->datagrams,
	       ntohl(fate->sender), ntohl(fate->addressed), ntohl(fate->local));
}

FIXTURE(impostors) {
};

/* A setting of the host's, as a command of the shell, and what takes it back. */
FIXTURE_VARIANT(impostors) {
	const char *set;
	const char *unset;
};

#define UNDER(name, the_set, the_unset)					\
	FIXTURE_VARIANT_ADD(impostors, name) {				\
		.set = the_set,						\
		.unset = the_unset,					\
	}

#define UNDER_SYSCTL(name, path, value)					\
	UNDER(name, "echo " #value " >" path, "echo 0 >" path)

UNDER(as_it_is, ":", ":");
UNDER_SYSCTL(strict_rp_filter, CONF "rp_filter", 1);
UNDER_SYSCTL(loose_rp_filter, CONF "rp_filter", 2);
UNDER_SYSCTL(accept_local, CONF "accept_local", 1);
UNDER_SYSCTL(route_localnet, CONF "route_localnet", 1);
UNDER_SYSCTL(drop_unicast_in_l2_multicast, CONF "drop_unicast_in_l2_multicast", 1);
UNDER(with_a_default_route, DEFAULT("add"), DEFAULT("del"));
UNDER(on_a_router, ROUTER, NO_ROUTER);
UNDER(on_a_router_that_forwards_directed_broadcasts, ROUTER DIRECTED("1"), NO_ROUTER DIRECTED("0"));

FIXTURE_SETUP(impostors)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		ASSERT_EQ(0, setns(wires[side].host, CLONE_NEWNET));
		ASSERT_EQ(0, run("%s", variant->set));
	}
}

FIXTURE_TEARDOWN(impostors)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		EXPECT_EQ(0, setns(wires[side].host, CLONE_NEWNET));
		EXPECT_EQ(0, run("%s", variant->unset));
	}
}

/*
 * Linux reports to all that its neighbour's packet could not be delivered; RFC 1122 3.2.2
 * forbids it, and KITE does not.
 */
static bool is_told_to_all(const struct impostor *m, const struct fate *inet)
{
	return !strcmp(m->saddr, "10.0.0.255") && inet->protocol == IPPROTO_ICMP &&
		inet->type >> 8 == ICMP_DEST_UNREACH;
}

TEST_F(impostors, fare_alike)
{
	static struct fate fates[2][PER_SETTING];
	unsigned int i, stride = is_debug_kernel() ? 11 : 1;

	try_all(_metadata, AF_INET, stride, fates[0]);
	try_all(_metadata, AF_KITE, stride, fates[1]);
	for (i = 0; i < PER_SETTING; i += stride) {
		struct impostor m = impostor(i);

		if (is_told_to_all(&m, &fates[0][i])) {
			EXPECT_EQ(0, fates[1][i].frames);
			continue;
		}
		EXPECT_EQ(0, memcmp(&fates[0][i], &fates[1][i], sizeof(fates[0][i]))) {
			TH_LOG("%s to %s, cargo %d, link %d", m.saddr, m.daddr, m.cargo, m.link);
			tell_of(_metadata, "IPv4", &fates[0][i]);
			tell_of(_metadata, "KITE", &fates[1][i]);
		}
	}
}

TEST_HARNESS_MAIN
