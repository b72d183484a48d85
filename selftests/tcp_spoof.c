// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that name a sender or a receiver who cannot be, or may not: what the host says
 * to them, and what it remembers, is what Linux's own TCP says and remembers.
 * time limit: 300 s
 */
#include "tcp_peer.h"

static const char *const sources[] = {
	PEER, HOST, "10.0.0.0", "10.0.0.255", "0.0.0.0", "0.0.0.1", "127.0.0.1",
	"127.255.255.255", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
};

static const char *const destinations[] = {
	HOST, "10.0.0.0", "10.0.0.255", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255",
};

static const unsigned int flag_sets[] = {
	0, SYN, ACK, RST, SYN | ACK, SYN | FIN, SYN | RST, FIN | ACK, SYN | PSH | URG | ECE | CWR,
	FIN | SYN | RST | PSH | ACK | URG | ECE | CWR,
};

/* The last is nobody's. */
static const uint16_t ports[] = { 20000, 0, HOST_PORT };
static const uint16_t host_ports[] = { HOST_PORT, 0, 9 };

/*
 * struct answer - what came of one segment
 * @frames: that the host sent before it answered a ping
 * @protocol: of the last of them
 * @flags: of a TCP segment, or type and code of an ICMP message
 * @to: its receiver
 * @ports: its own and the receiver's port
 * @known: connections that the host has afterwards
 */
struct answer {
	unsigned int frames;
	unsigned int protocol;
	unsigned int flags;
	uint32_t to;
	uint32_t ports;
	unsigned int known;
};

#define CASES	(ARRAY_SIZE(sources) * ARRAY_SIZE(destinations) *		\
		 ARRAY_SIZE(flag_sets) * ARRAY_SIZE(ports) * ARRAY_SIZE(host_ports))

/* What the @i-th of all combinations consists of. */
struct impostor {
	const char *saddr, *daddr;
	unsigned int flags;
	uint16_t sport, dport;
};

static struct impostor impostor(unsigned int i)
{
	struct impostor m;

	m.saddr = sources[i % ARRAY_SIZE(sources)];
	i /= ARRAY_SIZE(sources);
	m.daddr = destinations[i % ARRAY_SIZE(destinations)];
	i /= ARRAY_SIZE(destinations);
	m.flags = flag_sets[i % ARRAY_SIZE(flag_sets)];
	i /= ARRAY_SIZE(flag_sets);
	m.sport = ports[i % ARRAY_SIZE(ports)];
	i /= ARRAY_SIZE(ports);
	m.dport = host_ports[i];
	return m;
}

static unsigned int connections(int family)
{
	FILE *file = fopen(family == AF_KITE ? "/proc/net/kite/tcp" : "/proc/net/tcp", "r");
	unsigned int n = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		n++;
	if (file)
		fclose(file);
	return n;
}

static void make(struct peer *p, const struct impostor *m)
{
	struct frame *f = p->f;

	segment(p, m->flags, 1000, m->flags & ACK ? 5000 : 0, "");
	f->ip.saddr = inet_addr(m->saddr);
	f->ip.daddr = inet_addr(m->daddr);
	tcp_of(f)->source = htons(m->sport);
	tcp_of(f)->dest = htons(m->dport);
	seal(f);
	seal_segment(f);
}

static void hear_out(struct __test_metadata *_metadata, struct peer *p, struct answer *a)
{
	static struct frame ping;
	struct frame *f = p->f;

	echo(&ping, HOST, 8);
	ASSERT_EQ(0, transmit(p->w, &ping));
	for (;;) {
		ASSERT_EQ(0, receive(p->w, f, SOON));
		if (f->ip.protocol == IPPROTO_ICMP && icmp_of(f)->type == ICMP_ECHOREPLY)
			return;
		a->frames++;
		a->protocol = f->ip.protocol;
		a->to = f->ip.daddr;
		if (f->ip.protocol == IPPROTO_ICMP) {
			a->flags = icmp_of(f)->type << 8 | icmp_of(f)->code;
			continue;
		}
		a->flags = flags_of(f);
		memcpy(&a->ports, tcp_of(f), sizeof(a->ports));
	}
}

/* None of these is a connection that a later one could meet. */
static void forget(struct __test_metadata *_metadata, struct peer *p, struct impostor m)
{
	struct answer anything = {};

	m.flags = RST;
	segment(p, RST, 1001, 0, "");
	p->f->ip.saddr = inet_addr(m.saddr);
	tcp_of(p->f)->source = htons(m.sport);
	seal(p->f);
	seal_segment(p->f);
	ASSERT_EQ(0, transmit(p->w, p->f));
	hear_out(_metadata, p, &anything);
}

/* Those of the cases that are wanted, on the host of @family. */
static void try_cases(struct __test_metadata *_metadata, int family, const bool *wanted,
		      struct answer *answers)
{
	static struct frame f;
	static struct wire w;
	struct peer p = { .w = &w, .f = &f, .family = family, .port = 20000 };
	unsigned int i;
	int listener;

	ASSERT_EQ(0, wire_take(&w, family));
	/* Strays are answered, however soon one follows the other. */
	ASSERT_EQ(0, set_sysctl("ipv4/tcp_invalid_ratelimit", "0"));
	listener = host_listens(&p, 100);
	ASSERT_LE(0, listener);
	for (i = 0; i < CASES; i++) {
		struct impostor m = impostor(i);

		if (!wanted[i])
			continue;
		memset(&answers[i], 0, sizeof(answers[i]));
		make(&p, &m);
		ASSERT_EQ(0, transmit(&w, &f));
		hear_out(_metadata, &p, &answers[i]);
		answers[i].known = connections(family);
		if (answers[i].known > 2)
			forget(_metadata, &p, m);
	}
	close(listener);
	EXPECT_EQ(0, run("%s", wire_undo));
	wire_undo[0] = 0;
}

/* A SYN-ACK that comes again just then is in the outcome: not so in every attempt. */
TEST(impostors_are_answered_alike)
{
	static struct answer answers[2][CASES];
	static bool differs[CASES];
	/* Prime to the number of each thing of which a case is one of all combinations. */
	unsigned int i, stride = is_debug_kernel() ? 11 : 1, left = 1;
	int attempt;

	ASSERT_EQ(0, stay_on_one_processor());
	for (i = 0; i < CASES; i += stride)
		differs[i] = true;
	for (attempt = 0; attempt < 5 && left; attempt++) {
		try_cases(_metadata, AF_INET, differs, answers[0]);
		try_cases(_metadata, AF_KITE, differs, answers[1]);
		for (left = 0, i = 0; i < CASES; i++) {
			differs[i] = differs[i] && memcmp(&answers[0][i], &answers[1][i],
							  sizeof(answers[0][i]));
			left += differs[i];
		}
	}
	EXPECT_EQ(0, left);
	for (i = 0; i < CASES; i++) {
		struct impostor m = impostor(i);
		const struct answer *inet = &answers[0][i], *kite = &answers[1][i];

		if (!differs[i])
			continue;
		TH_LOG("%s:%u to %s:%u flags %#x", m.saddr, m.sport, m.daddr, m.dport, m.flags);
		TH_LOG("IPv4 says %u: protocol %u, %#x to %#x:%#x, knows %u", inet->frames,
		       inet->protocol, inet->flags, inet->to, inet->ports, inet->known);
		TH_LOG("KITE says %u: protocol %u, %#x to %#x:%#x, knows %u", kite->frames,
		       kite->protocol, kite->flags, kite->to, kite->ports, kite->known);
	}
}

TEST(a_SYN_that_no_way_leads_back_from_is_not_remembered)
{
	static const struct impostor nowhere = {
		"192.0.2.1", HOST, SYN, 20000, HOST_PORT
	};
	static struct frame f;
	static struct wire w;
	struct peer p = { .w = &w, .f = &f, .family = AF_KITE, .port = 20000 };
	int cookies, listener;

	ASSERT_EQ(0, wire_take(&w, AF_KITE));
	listener = host_listens(&p, 1);
	ASSERT_LE(0, listener);
	for (cookies = 0; cookies < 3; cookies++) {
		char value[2] = { '0' + cookies };

		ASSERT_EQ(0, set_sysctl("ipv4/tcp_syncookies", value));
		make(&p, &nowhere);
		ASSERT_EQ(0, transmit(&w, &f));
		silence(_metadata, &p);
		counted(_metadata, &p, "Ip.OutNoRoutes", cookies + 1);
	}
	EXPECT_EQ(0, run("%s", wire_undo));
	EXPECT_EQ(2, connections(AF_KITE));
	close(listener);
}

TEST_HARNESS_MAIN
