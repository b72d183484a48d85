// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel is told why a packet is dropped: at tracepoint skb:kfree_skb stands the
 * reason that stands there for an IPv4 packet with the same trouble, where IPv4 gives
 * any. Frames of our own making, to a host of each family.
 */
#include "traced.h"
#include "wire_udp.h"

#include <linux/filter.h>

/* Where the reasons of a family's packets appear; -1 without tracing. */
static int trace_drops(bool kite)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "protocol == %d", kite ? ETH_P_KITE : ETH_P_IP);
	if (trace_begin())
		return -1;
	undo("rmdir %s", traced);
	if (write_file(traced_file("events/skb/kfree_skb/filter"), filter))
		return -1;
	return trace_event("skb/kfree_skb");
}

/* The reason of the first drop since the trace was emptied; waits for one. */
static int first_reason(char *name, size_t len)
{
	char line[512], *at;
	FILE *file;
	int ms;

	for (ms = 0; ms < SOON; ms += 10) {
		file = fopen(traced_file("trace"), "r");
		while (file && fgets(line, sizeof(line), file)) {
			at = strstr(line, "reason: ");
			if (line[0] == '#' || !at)
				continue;
			at += strlen("reason: ");
			at[strcspn(at, " \n")] = 0;
			snprintf(name, len, "%s", at);
			fclose(file);
			return 0;
		}
		if (file)
			fclose(file);
		usleep(10000);
	}
	return -1;
}

static int forget(void)
{
	int fd = open(traced_file("trace"), O_WRONLY | O_TRUNC);

	return fd < 0 ? -1 : close(fd);
}

/* Each makes a frame that the host drops. */
static void bad_version(struct frame *f)
{
	echo(f, HOST, 8);
	f->ip.version = 5;
	seal(f);
}

static void short_header(struct frame *f)
{
	echo(f, HOST, 8);
	f->ip.ihl = 4;
	seal(f);
}

static void bad_checksum(struct frame *f)
{
	echo(f, HOST, 8);
	f->ip.check ^= 0x1111;
}

static void truncated(struct frame *f)
{
	echo(f, HOST, 8);
	f->ip.tot_len = htons(f->len + 8);
	seal(f);
}

static void for_nobody_here(struct frame *f)
{
	packet(f, PEER, HOST, 253, 8);
}

static void wrong_way(struct frame *f)
{
	message(f, "192.0.2.1", HOST, ICMP_ECHO, 0, 8);
}

static void bad_icmp_checksum(struct frame *f)
{
	echo(f, HOST, 8);
	icmp_of(f)->checksum ^= 0x1111;
}

static void bad_udp_checksum(struct frame *f)
{
	datagram(f, PORT, 8)->check ^= 0x1111;
}

static void without_a_port(struct frame *f)
{
	datagram(f, PORT + 1, 8);
}

static void bad_tcp_checksum(struct frame *f)
{
	packet(f, PEER, HOST, IPPROTO_TCP, 20);
	f->bytes[20 + 12] = 5 << 4;
	f->bytes[20 + 16] = 0x55;
}

static const struct {
	void (*make)(struct frame *f);
	const char *reason;	/* KITE's, always */
} cases[] = {
	{ bad_version, "IP_INHDR" },
	{ short_header, "IP_INHDR" },
	{ bad_checksum, "IP_CSUM" },
	{ truncated, "PKT_TOO_SMALL" },
	{ for_nobody_here, "IP_NOPROTO" },
	{ wrong_way, "IP_RPFILTER" },
	{ bad_icmp_checksum, "ICMP_CSUM" },
	{ bad_udp_checksum, "UDP_CSUM" },
	{ without_a_port, "NO_SOCKET" },
	{ bad_tcp_checksum, "TCP_CSUM" },
};

FIXTURE_ON_A_WIRE(reasons)

TEST_F(reasons, are_those_that_ipv4_gives)
{
	int fd = socket(variant->family, SOCK_DGRAM, 0);
	char name[64];
	unsigned int i;

	ASSERT_OK(bind_to(fd, variant->family, HOST, PORT));
	ASSERT_EQ(0, run("ip link add d0 type dummy && ip link set d0 up &&"
			 "ip route add 192.0.2.0/24 dev d0"));
	undo("ip link del d0");
	ASSERT_EQ(0, set_sysctl("ipv4/conf/v0/rp_filter", "1"));
	ASSERT_EQ(0, trace_drops(self->w.kite));
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cases[i].make(&self->f);
		ASSERT_EQ(0, forget());
		ASSERT_EQ(0, transmit(&self->w, &self->f));
		EXPECT_EQ(0, first_reason(name, sizeof(name))) {
			TH_LOG("case %u: nothing dropped", i);
			continue;
		}
		/* Older kernels' IPv4 does not always say. */
		if (!self->w.kite && !strcmp(name, "NOT_SPECIFIED"))
			continue;
		EXPECT_STREQ(cases[i].reason, name) {
			TH_LOG("case %u", i);
		}
	}
	close(fd);
}

/* One of the packets for a raw socket is dropped for this. */
static void raw_socket_drops(struct __test_metadata *_metadata, struct wire *w,
			     struct frame *f, const char *reason)
{
	char name[64];
	int i;

	ASSERT_EQ(0, trace_drops(w->kite));
	for (i = 0; i < 8; i++) {
		packet(f, PEER, HOST, 99, 1000);
		seal(f);
		ASSERT_EQ(0, transmit(w, f));
	}
	EXPECT_EQ(0, first_reason(name, sizeof(name)));
	/* A newer IPv4 looks first, and takes a full socket for one that does not want it. */
	if (w->kite || strcmp(name, "IP_NOPROTO"))
		EXPECT_STREQ(reason, name);
}

TEST_F(reasons, a_full_socket)
{
	int fd = socket(variant->family, SOCK_RAW, 99);

	ASSERT_OK(fd);
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVBUF, 0));
	raw_socket_drops(_metadata, &self->w, &self->f, "SOCKET_RCVBUFF");
	close(fd);
}

TEST_F(reasons, a_filter)
{
	struct sock_filter nothing = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &nothing };
	int fd = socket(variant->family, SOCK_RAW, 99);

	ASSERT_OK(fd);
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	raw_socket_drops(_metadata, &self->w, &self->f, "SOCKET_FILTER");
	close(fd);
}

TEST_HARNESS_MAIN
