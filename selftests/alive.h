/* SPDX-License-Identifier: GPL-2.0 */
/*
 * After much that was bad: what everybody does every day still works on the host of a
 * wire (wire.h), and nothing is left behind.
 */
#ifndef _KITE_ALIVE_H
#define _KITE_ALIVE_H

#include "wire.h"

/* What one line of /proc/net/protocols says: sockets, and pages of memory. */
static inline int in_use(const char *name, long *sockets, long *memory)
{
	FILE *file = fopen("/proc/net/protocols", "r");
	char line[256], word[32];
	int found = -1;

	while (found && file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %*s %ld %ld", word, sockets,
			   memory) == 3 && !strcmp(word, name))
			found = 0;
	}
	if (file)
		fclose(file);
	return found;
}

/*
 * Pages that may be counted though nothing holds them: each processor keeps what it charges
 * and gives back to itself until it is a megabyte.
 */
static inline long pages_in_the_balance(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) * (1 << 20) / sysconf(_SC_PAGESIZE);
}

#define PROTOCOLS	4

static const char * const protocols[PROTOCOLS] = {
	"KITE-RAW", "KITE-PING", "KITE-UDP", "KITE-TCP"
};

/*
 * Pages of the whole system when a test begins: what other namespaces have to send, whose
 * programs have ended, they may keep for minutes.
 */
static long pages_before[PROTOCOLS];

static inline void note_memory(struct __test_metadata *_metadata)
{
	long sockets;
	int i;

	for (i = 0; i < PROTOCOLS; i++)
		ASSERT_EQ(0, in_use(protocols[i], &sockets, &pages_before[i]));
}

/* Wait until the namespace has no socket, nor the system more memory for any than before. */
static inline void expect_nothing_left(struct __test_metadata *_metadata)
{
	long sockets, memory, most;
	int i, ms;

	for (i = 0; i < PROTOCOLS; i++) {
		most = pages_before[i] + pages_in_the_balance();
		for (ms = 0; ms <= 30000; ms += 20) {
			ASSERT_EQ(0, in_use(protocols[i], &sockets, &memory));
			if (!sockets && memory <= most)
				break;
			usleep(20000);
		}
		EXPECT_EQ(0, sockets) {
			TH_LOG("%s", protocols[i]);
		}
		EXPECT_GE(most, memory) {
			TH_LOG("%s", protocols[i]);
		}
	}
}

/* Wait until the namespace has no connection in any state, whole or not. */
static inline void expect_no_connection(struct __test_metadata *_metadata)
{
	static const char none[] = "TCP: inuse 0 orphan 0 tw 0 ";
	char line[256] = "";
	bool left = true;
	FILE *file;
	int ms;

	for (ms = 0; left && ms <= 90000; ms += 50) {
		file = fopen("/proc/net/kite/sockstat", "r");
		ASSERT_NE(NULL, file);
		while (fgets(line, sizeof(line), file) && strncmp(line, none, 4))
			;
		fclose(file);
		left = strncmp(line, none, sizeof(none) - 1);
		/* Half-open ones are counted nowhere, but listed. */
		file = fopen("/proc/net/kite/tcp", "r");
		ASSERT_NE(NULL, file);
		while (fgets(line, sizeof(line), file))
			left |= !strstr(line, "local_address");
		fclose(file);
		if (left)
			usleep(50000);
	}
	EXPECT_FALSE(left) {
		run("cat /proc/net/kite/sockstat /proc/net/kite/tcp >&2");
	}
}

/* A connection over loopback brings what is sent, and ends. */
static inline void expect_stream(struct __test_metadata *_metadata)
{
	static char sent[60000], got[60000];
	ssize_t n, have = 0;
	int pair[2], i;

	ASSERT_EQ(0, stream_pair(AF_KITE, pair));
	for (i = 0; i < (int)sizeof(sent); i++)
		sent[i] = i * 7 + i / 256;
	ASSERT_EQ(sizeof(sent), send(pair[0], sent, sizeof(sent), 0));
	for (; have < (ssize_t)sizeof(got); have += n) {
		n = recv_soon(pair[1], got + have, sizeof(got) - have);
		ASSERT_LT(0, n);
	}
	EXPECT_EQ(0, memcmp(sent, got, sizeof(sent)));
	abortive(pair[1]);
	close(pair[0]);
	EXPECT_EQ(0, recv_soon(pair[1], got, 1));
	close(pair[1]);
}

static inline void expect_datagram(struct __test_metadata *_metadata)
{
	char got[8];
	int pair[2];

	ASSERT_EQ(0, dgram_pair(AF_KITE, pair));
	ASSERT_EQ(5, send(pair[0], "alive", 5, 0));
	EXPECT_EQ(5, recv_soon(pair[1], got, sizeof(got)));
	close(pair[0]);
	close(pair[1]);
}

/* The next thing of this sort that the host says on the wire is its answer to a ping. */
static inline void expect_ping(struct __test_metadata *_metadata, struct wire *w)
{
	static struct frame f;

	/* The answers that are still on their way come first. */
	while (!receive(w, &f, 0))
		;
	echo(&f, HOST, 8);
	icmp_of(&f)->un.echo.id = 0xa11e;
	icmp_of(&f)->checksum = 0;
	icmp_of(&f)->checksum = checksum(icmp_of(&f), 16);
	ASSERT_EQ(0, transmit(w, &f));
	do {
		ASSERT_EQ(0, receive(w, &f, SOON));
	} while (f.ip.protocol != IPPROTO_ICMP ||
		 icmp_of(&f)->type != ICMP_ECHOREPLY ||
		 icmp_of(&f)->un.echo.id != 0xa11e);
}

static inline void expect_alive(struct __test_metadata *_metadata, struct wire *w)
{
	expect_ping(_metadata, w);
	expect_stream(_metadata);
	expect_datagram(_metadata);
}

#endif /* _KITE_ALIVE_H */
