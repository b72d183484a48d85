// SPDX-License-Identifier: GPL-2.0
/*
 * Every option number of a level, with values and lengths of every sort, on a socket
 * of each kind of both families: set, then read again. What AF_INET answers, AF_KITE
 * must answer: the same errno, the same length, the same octets. What differs on
 * purpose is in one list.
 * time limit: 400 s
 */
#include "kite_test.h"

#include <limits.h>
#include <stdbool.h>

#define ROOM	320	/* octets of a value, more than any option takes */

enum kind { TCP, LISTENER, CONNECTED_TCP, UDP, CONNECTED_UDP, RAW, RAW_ICMP, PING, KINDS };

static const char * const kind_names[KINDS] = {
	"TCP", "listener", "connected TCP", "UDP", "connected UDP", "raw", "raw ICMP", "ping",
};

#define WITH_A_PORT	(BIT(LISTENER) | BIT(CONNECTED_TCP) | BIT(CONNECTED_UDP))
#define BIT(n)		(1 << (n))
#define EVERY		(BIT(KINDS) - 1)
#define STREAMS		(BIT(TCP) | BIT(LISTENER) | BIT(CONNECTED_TCP))
#define NEWER		0	/* where this kernel's AF_INET has no such option yet */

/**
 * struct difference - an option that AF_KITE answers otherwise, on purpose
 * @level: of the option
 * @name: its number
 * @last: with others up to this number; 0 = alone
 * @kinds: on which sockets; NEWER
 * @why: as docs/MIRROR.md has it
 */
struct difference {
	int level, name, last;
	int kinds;
	const char *why;
};

#define UNCONNECTED_TCP	(BIT(TCP) | BIT(LISTENER))

#define IP_LOCAL_PORT_RANGE_	51
#define IP_PROTOCOL_		52
#define SO_TIMESTAMPING_NEW_	65
#define SO_DEVMEM_DONTNEED_	80
#define MRT_BASE_		200
#define UDP_NO_CHECK6_TX_	101
#define UDP_NO_CHECK6_RX_	102
#define UDP_GRO_		104
#define UDPLITE_SEND_CSCOV_	10
#define UDPLITE_RECV_CSCOV_	11
#define MRT_MAX_		212
#define TCP_LAST		45

static const struct difference differences[] = {
	{ SOL_IP, IP_IPSEC_POLICY, IP_XFRM_POLICY, EVERY, "there is no IPsec" },
	{ SOL_IP, MRT_BASE_, MRT_MAX_, EVERY, "there is no multicast routing" },
	{ SOL_IP, IP_LOCAL_PORT_RANGE_, 0, NEWER, "Linux 6.3" },
	{ SOL_IP, IP_PROTOCOL_, 0, NEWER, "Linux 6.4" },
	{ SOL_IP, IP_PROTOCOL_, 0, WITH_A_PORT, "it tells the port, which is another's" },
	{ SOL_SOCKET, SO_DOMAIN, 0, EVERY, "it names the family" },
	{ SOL_SOCKET, SO_COOKIE, 0, EVERY, "no two sockets have the same" },
	{ SOL_SOCKET, SO_REUSEPORT, 0, EVERY, "before Linux 6.7 the kernel refuses it" },
	{ SOL_SOCKET, SO_ZEROCOPY, 0, EVERY, "the kernel refuses it to other families" },
	{ SOL_SOCKET, SO_PEEK_OFF, 0, STREAMS, "TCP has none, as in Linux before 6.9" },
	{ SOL_SOCKET, SO_DEVMEM_DONTNEED_, 0, STREAMS, "TCP has no memory of devices" },
	{ SOL_SOCKET, SO_TIMESTAMPING, 0, UNCONNECTED_TCP, "OPT_ID may come first" },
	{ SOL_SOCKET, SO_TIMESTAMPING_NEW_, 0, UNCONNECTED_TCP, "OPT_ID may come first" },
	{ SOL_IP, IP_ROUTER_ALERT, 0, NEWER, "reading it: Linux 6.6" },
	{ SOL_TCP, TCP_MAXSEG, 0, BIT(CONNECTED_TCP), "half of a window, which is another's" },
	{ SOL_TCP, TCP_WINDOW_CLAMP, 0, BIT(CONNECTED_TCP), "the largest window is another's" },
	{ SOL_TCP, TCP_INFO, 0, EVERY, "it tells of another connection" },
	{ SOL_TCP, TCP_MD5SIG, TCP_COOKIE_TRANSACTIONS, EVERY, "no MD5" },
	{ SOL_TCP, TCP_REPAIR, TCP_TIMESTAMP, EVERY, "no repair, no Fast Open" },
	{ SOL_TCP, TCP_REPAIR_WINDOW, TCP_ZEROCOPY_RECEIVE, EVERY, "no repair, ULP, zero copy" },
	{ SOL_TCP, TCP_TX_DELAY, TCP_LAST, EVERY, "no TX delay, no AO, no MPTCP" },
	{ SOL_UDP, UDP_ENCAP, UDP_NO_CHECK6_RX_, EVERY, "there is no IPsec, and no IPv6" },
	{ SOL_UDP, UDP_GRO_, 0, EVERY, "datagrams come one by one" },
	{ SOL_UDP, UDPLITE_SEND_CSCOV_, UDPLITE_RECV_CSCOV_, EVERY, "there is no UDP-Lite" },
};

static bool is_deliberate(int level, int name, enum kind kind, int inet_errno)
{
	const struct difference *d = differences;
	unsigned int i;

	for (i = 0; i < sizeof(differences) / sizeof(*d); i++, d++)
		if (d->level == level && name >= d->name &&
		    name <= (d->last ?: d->name) &&
		    (d->kinds == NEWER ? inet_errno == ENOPROTOOPT : d->kinds >> kind & 1))
			return true;
	return false;
}

/* Values for whatever the option takes: their first octets, the rest is zero. */
static const int numbers[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 31, 63, 100, 127, 128, 255, 256, 1000, 65535,
	-1, -2, INT_MAX, INT_MIN, 1 << 24, 0x0100007f,
};

/* Membership requests and their like; addresses in network order on the machine's own. */
static const struct {
	int words[6];
	size_t len;
} structures[] = {
	{ { 0x630000e0, 0x0100007f }, 8 },			/* 224.0.0.99 at 127.0.0.1 */
	{ { 0x630000e0, 0, 1 }, 12 },				/* ... by the first device */
	{ { 0x630000e0, 0, 77 }, 12 },
	{ { 0x0100007f, 0x0100007f }, 8 },			/* not a group */
	{ { 0x630000e0, 0x0100007f, 0x0200000a }, 12 },		/* with a source */
	{ { 0x630000e0, 0x0100007f, 1, 0 }, 16 },		/* a filter */
	{ { 0x630000e0, 0x0100007f, 0, 1, 0x0200000a }, 20 },
	{ { 0x630000e0, 0x0100007f, 0, 9, 0x0200000a }, 20 },	/* too short for its sources */
	{ { 0x04000007 | 0x0700, 0 }, 7 },			/* record route, malformed */
	{ { 0x00040707, 0 }, 7 },				/* record route */
	{ { 0x00000494, 0 }, 4 },				/* router alert */
};

static const int set_lengths[] = { 0, 1, 2, 3, 4, 5, 8, 12, 136, 264, 300 };
static const int get_lengths[] = { -1, 0, 1, 2, 3, 4, 5, 8, 12, 16, 64, ROOM };

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/**
 * struct trial - one kind of socket, one option
 * @fd: of AF_INET, of AF_KITE
 * @other: the peers of connected ones, else -1
 * @kind: of the sockets
 * @level: of the option
 * @name: its number
 * @wrong: differences found
 */
struct trial {
	int fd[2];
	int other[2];
	enum kind kind;
	int level, name;
	int wrong;
};

FIXTURE(options) {
	struct trial t;
};

FIXTURE_SETUP(options)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, write_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
}

FIXTURE_TEARDOWN(options)
{
}

static int make(enum kind kind, int family, int *other)
{
	int pair[2] = { -1, -1 };

	*other = -1;
	switch (kind) {
	case TCP:
		return socket(family, SOCK_STREAM, 0);
	case LISTENER:
		return listener(family, 0);
	case CONNECTED_TCP:
		if (stream_pair(family, pair))
			return -1;
		*other = pair[1];
		return pair[0];
	case UDP:
		return socket(family, SOCK_DGRAM, 0);
	case CONNECTED_UDP:
		if (dgram_pair(family, pair))
			return -1;
		*other = pair[1];
		return pair[0];
	case RAW:
		return socket(family, SOCK_RAW, 253);
	case RAW_ICMP:
		return socket(family, SOCK_RAW, IPPROTO_ICMP);
	case PING:
		return socket(family, SOCK_DGRAM, IPPROTO_ICMP);
	default:
		return -1;
	}
}

/* What one family said. */
struct answer {
	int error;		/* errno, 0 = success */
	socklen_t len;
	unsigned char value[ROOM];
};

static void set(int fd, int level, int name, const void *value, int len, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	a->error = setsockopt(fd, level, name, value, len) ? errno : 0;
}

static void get(int fd, int level, int name, const void *value, int len, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->value, value, ROOM);
	a->len = len;
	a->error = getsockopt(fd, level, name, a->value, &a->len) ? errno : 0;
}

#define SHOWN	3	/* differences of an option that are told */

#define COMPARE(call, octets, length)						\
	do {									\
		static struct answer __a[2];					\
										\
		call(t->fd[0], t->level, t->name, octets, length, &__a[0]);	\
		call(t->fd[1], t->level, t->name, octets, length, &__a[1]);	\
		if (memcmp(&__a[0], &__a[1], sizeof(__a[0])) &&			\
		    !is_deliberate(t->level, t->name, t->kind, __a[0].error) &&	\
		    t->wrong++ < SHOWN)					\
			TH_LOG("%s: level %d option %d: " #call " %#x, %d octets: "	\
			       "inet %s (%d octets, %#x), kite %s (%d octets, %#x)",	\
			       kind_names[t->kind], t->level, t->name,	\
			       *(const int *)(octets), length,			\
			       strerrorname_np(__a[0].error), __a[0].len,	\
			       *(int *)__a[0].value,				\
			       strerrorname_np(__a[1].error), __a[1].len,	\
			       *(int *)__a[1].value);				\
	} while (0)

static void try_option(struct __test_metadata *_metadata, struct trial *t)
{
	static unsigned char value[ROOM] __attribute__((aligned(8)));
	static const unsigned char none[ROOM] __attribute__((aligned(8)));
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		t->fd[i] = make(t->kind, i ? AF_KITE : AF_INET, &t->other[i]);
		ASSERT_LE(0, t->fd[i]);
	}
	for (i = 0; i < COUNT(get_lengths); i++)
		COMPARE(get, none, get_lengths[i]);
	for (i = 0; i < COUNT(numbers); i++) {
		memset(value, 0, ROOM);
		memcpy(value, &numbers[i], sizeof(int));
		COMPARE(set, value, 4);
		COMPARE(get, none, 4);
		COMPARE(set, value, 1);
		COMPARE(get, none, 4);
	}
	for (i = 0; i < COUNT(structures); i++) {
		memset(value, 0, ROOM);
		memcpy(value, structures[i].words, sizeof(structures[i].words));
		COMPARE(set, value, (int)structures[i].len);
		COMPARE(get, none, 4);
		COMPARE(get, value, ROOM);
	}
	for (i = 0; i < 3; i++) {
		for (j = 0; j < COUNT(set_lengths); j++) {
			memset(value, 0, ROOM);
			memcpy(value, &numbers[i], sizeof(int));
			COMPARE(set, value, set_lengths[j]);
		}
		for (j = 0; j < COUNT(get_lengths); j++)
			COMPARE(get, none, get_lengths[j]);
	}
	for (i = 0; i < 2; i++) {
		close(t->fd[i]);
		if (t->other[i] >= 0)
			close(t->other[i]);
	}
}

static void try_level(struct __test_metadata *_metadata, struct trial *t,
		      int level, int first, int last)
{
	t->level = level;
	for (t->name = first; t->name <= last; t->name++) {
		t->wrong = 0;
		try_option(_metadata, t);
		EXPECT_EQ(0, t->wrong) {
			TH_LOG("option %d", t->name);
		}
	}
}

#define TEST_LEVEL(kind_, what, level, first, last)				\
	TEST_F(options, what)							\
	{									\
		self->t.kind = kind_;						\
		try_level(_metadata, &self->t, level, first, last);		\
	}

TEST_LEVEL(TCP, SOL_IP_of_TCP, SOL_IP, 0, 60)
TEST_LEVEL(LISTENER, SOL_IP_of_a_listener, SOL_IP, 0, 60)
TEST_LEVEL(CONNECTED_TCP, SOL_IP_of_a_connection, SOL_IP, 0, 60)
TEST_LEVEL(UDP, SOL_IP_of_UDP, SOL_IP, 0, 60)
TEST_LEVEL(CONNECTED_UDP, SOL_IP_of_connected_UDP, SOL_IP, 0, 60)
TEST_LEVEL(RAW, SOL_IP_of_a_raw_socket, SOL_IP, 0, 60)
TEST_LEVEL(RAW_ICMP, SOL_IP_of_a_raw_socket_of_ICMP, SOL_IP, 0, 60)
TEST_LEVEL(PING, SOL_IP_of_a_ping_socket, SOL_IP, 0, 60)

TEST_LEVEL(TCP, SOL_SOCKET_of_TCP, SOL_SOCKET, 1, 82)
TEST_LEVEL(UDP, SOL_SOCKET_of_UDP, SOL_SOCKET, 1, 82)
TEST_LEVEL(RAW, SOL_SOCKET_of_a_raw_socket, SOL_SOCKET, 1, 82)
TEST_LEVEL(TCP, SOL_TCP_of_TCP, SOL_TCP, 0, TCP_LAST)
TEST_LEVEL(LISTENER, SOL_TCP_of_a_listener, SOL_TCP, 0, TCP_LAST)
TEST_LEVEL(CONNECTED_TCP, SOL_TCP_of_a_connection, SOL_TCP, 0, TCP_LAST)
TEST_LEVEL(UDP, SOL_UDP_of_UDP, SOL_UDP, 0, 110)
TEST_LEVEL(CONNECTED_UDP, SOL_UDP_of_connected_UDP, SOL_UDP, 0, 110)
TEST_LEVEL(RAW, SOL_RAW_of_a_raw_socket, SOL_RAW, 0, 4)
TEST_LEVEL(RAW_ICMP, SOL_RAW_of_a_raw_socket_of_ICMP, SOL_RAW, 0, 4)

TEST_HARNESS_MAIN
