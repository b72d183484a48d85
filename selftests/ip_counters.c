// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet that nothing is wrong with counts: for each kind, exactly these
 * counters by one, and no other. (What is dropped: ip_input.c and ip_route.c.)
 * Only KITE has these counters; Linux's own are not looked at.
 */
#include "wire.h"

FIXTURE(counts) {
	struct wire w;
	struct frame f;
};

FIXTURE_SETUP(counts)
{
	ASSERT_EQ(0, wire_take(&self->w, AF_KITE));
}

FIXTURE_TEARDOWN(counts)
{
	EXPECT_EQ(0, run("%s", wire_undo));
}

#define MAX_NAMES	12

static bool is_among(const char *name, const char *const names[])
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* The packet counts each of @names once, and nothing else. */
static void expect_counted(struct __test_metadata *_metadata, struct wire *w,
			   const struct frame *f, const char *const names[])
{
	static struct counters before, after;
	unsigned long n[MAX_NAMES];
	int i;

	ASSERT_EQ(0, read_counters(&before));
	for (i = 0; names[i]; i++) {
		n[i] = counter(names[i]);
		ASSERT_NE(-1UL, n[i]) {
			TH_LOG("no counter %s", names[i]);
		}
	}
	ASSERT_EQ(0, transmit(w, f));
	for (i = 0; names[i]; i++)
		EXPECT_EQ(0, wait_counter(names[i], n[i] + 1)) {
			TH_LOG("%s does not count", names[i]);
		}
	ASSERT_EQ(0, read_counters(&after));
	for (i = 0; i < before.n; i++) {
		const char *name = after.c[i].name;

		if (is_among(name, names) || strstr(name, "Octets"))
			continue;
		/* Each packet counts as one of the four kinds of ECN. */
		if (!strcmp(name, "Ip.InReceives") ||
		    (strstr(name, "NoECTPkts") && !f->ip.tos)) {
			EXPECT_EQ(before.c[i].value + 1, after.c[i].value) {
				TH_LOG("%s", name);
			}
			continue;
		}
		EXPECT_EQ(before.c[i].value, after.c[i].value) {
			TH_LOG("%s counts", name);
		}
	}
}

#define EXPECT_COUNTED(...)						\
	do {								\
		static const char *const __names[] = { __VA_ARGS__, NULL };	\
									\
		expect_counted(_metadata, &self->w, &self->f, __names);	\
	} while (0)

/* A message that nobody answers, and its type. */
#define ICMP_IN(name, type, which)					\
	TEST_F(counts, icmp_##name)					\
	{								\
		message(&self->f, PEER, HOST, type, 0, 36);		\
		EXPECT_COUNTED("Icmp.InMsgs", which, "Ip.InDelivers");	\
	}

ICMP_IN(echo_reply, ICMP_ECHOREPLY, "Icmp.InEchoReps")
ICMP_IN(source_quench, ICMP_SOURCE_QUENCH, "Icmp.InSrcQuenchs")
ICMP_IN(time_stamp_reply, ICMP_TIMESTAMPREPLY, "Icmp.InTimestampReps")
ICMP_IN(mask_request, ICMP_ADDRESS, "Icmp.InAddrMasks")
ICMP_IN(mask_reply, ICMP_ADDRESSREPLY, "Icmp.InAddrMaskReps")

/* An error about a datagram that the host may have sent, but did not. */
#define ICMP_ERROR(name, type, which)					\
	TEST_F(counts, icmp_##name)					\
	{								\
		static struct frame about;				\
									\
		packet(&about, HOST, PEER, IPPROTO_UDP, 16);		\
		message(&self->f, PEER, HOST, type, 0, about.len);	\
		memcpy(icmp_of(&self->f) + 1, about.bytes, about.len);	\
		icmp_of(&self->f)->checksum = 0;			\
		icmp_of(&self->f)->checksum =				\
			checksum(icmp_of(&self->f), 8 + about.len);	\
		EXPECT_COUNTED("Icmp.InMsgs", which, "Ip.InDelivers");	\
	}

ICMP_ERROR(unreachable, ICMP_DEST_UNREACH, "Icmp.InDestUnreachs")
ICMP_ERROR(time_exceeded, ICMP_TIME_EXCEEDED, "Icmp.InTimeExcds")
ICMP_ERROR(parameter_problem, ICMP_PARAMETERPROB, "Icmp.InParmProbs")

TEST_F(counts, icmp_echo_and_its_answer)
{
	echo(&self->f, HOST, 8);
	EXPECT_COUNTED("Icmp.InMsgs", "Icmp.InEchos", "Ip.InDelivers",
		       "Icmp.OutMsgs", "Icmp.OutEchoReps", "Ip.OutRequests");
}

TEST_F(counts, icmp_time_stamp_and_its_answer)
{
	message(&self->f, PEER, HOST, ICMP_TIMESTAMP, 0, 12);
	EXPECT_COUNTED("Icmp.InMsgs", "Icmp.InTimestamps", "Ip.InDelivers",
		       "Icmp.OutMsgs", "Icmp.OutTimestampReps",
		       "Ip.OutRequests");
}

TEST_F(counts, a_datagram_that_nobody_wants_and_the_error)
{
	packet(&self->f, PEER, HOST, IPPROTO_UDP, 8);
	self->f.bytes[23] = 9;
	self->f.bytes[25] = 8;
	EXPECT_COUNTED("Udp.NoPorts", "Ip.InDelivers", "Icmp.OutMsgs",
		       "Icmp.OutDestUnreachs", "Ip.OutRequests");
}

TEST_F(counts, a_datagram_to_a_group_that_nobody_wants)
{
	packet(&self->f, PEER, "224.0.0.1", IPPROTO_UDP, 8);
	self->f.bytes[23] = 9;
	self->f.bytes[25] = 8;
	EXPECT_COUNTED("IpExt.InMcastPkts", "Udp.IgnoredMulti",
		       "Ip.InDelivers");
}

TEST_F(counts, a_datagram_to_everybody_that_nobody_wants)
{
	packet(&self->f, PEER, "10.0.0.255", IPPROTO_UDP, 8);
	self->f.bytes[23] = 9;
	self->f.bytes[25] = 8;
	EXPECT_COUNTED("IpExt.InBcastPkts", "Udp.IgnoredMulti",
		       "Ip.InDelivers");
}

TEST_F(counts, a_datagram_that_somebody_wants)
{
	int fd = socket(AF_KITE, SOCK_DGRAM, 0);

	ASSERT_OK(bind_to(fd, AF_KITE, HOST, 9));
	packet(&self->f, PEER, HOST, IPPROTO_UDP, 8);
	self->f.bytes[23] = 9;
	self->f.bytes[25] = 8;
	EXPECT_COUNTED("Ip.InDelivers");
	/* That it was received counts when it is. */
	EXPECT_EQ(0, recv_soon(fd, NULL, 0));
	EXPECT_EQ(1, counter("Udp.InDatagrams"));
	close(fd);
}

#define ECN_IN(name, bits, which)					\
	TEST_F(counts, ecn_##name)					\
	{								\
		message(&self->f, PEER, HOST, ICMP_ECHOREPLY, 0, 8);	\
		self->f.ip.tos = bits;					\
		seal(&self->f);						\
		EXPECT_COUNTED(which, "Icmp.InMsgs",			\
			       "Icmp.InEchoReps", "Ip.InDelivers");	\
	}

ECN_IN(incapable, 0, "IpExt.InNoECTPkts")
ECN_IN(capable_0, 2, "IpExt.InECT0Pkts")
ECN_IN(capable_1, 1, "IpExt.InECT1Pkts")
ECN_IN(congested, 3, "IpExt.InCEPkts")

TEST_F(counts, octets_of_the_network_layer)
{
	unsigned long in = counter("IpExt.InOctets");
	unsigned long out = counter("IpExt.OutOctets");

	echo(&self->f, HOST, 72);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_counter("IpExt.OutOctets", out + 100));
	EXPECT_EQ(in + 100, counter("IpExt.InOctets"));
}

/* A link behind the host that swallows everything. */
static int router(void)
{
	if (run("ip link add d0 type dummy && ip link set d0 mtu 600 up &&"
		"ip address add 10.1.0.1/24 dev d0 &&"
		"ip neighbour add 10.1.0.9 dev d0 lladdr 02:00:00:00:00:09"))
		return -1;
	undo("ip link del d0");
	return set_sysctl("kite/forwarding", "1") ||
	       set_sysctl("ipv4/ip_forward", "1");
}

TEST_F(counts, a_packet_that_is_passed_on)
{
	ASSERT_EQ(0, router());
	packet(&self->f, PEER, "10.1.0.9", 253, 8);
	EXPECT_COUNTED("Ip.ForwDatagrams");
}

TEST_F(counts, a_packet_that_is_passed_on_in_pieces)
{
	unsigned long pieces;

	ASSERT_EQ(0, router());
	pieces = counter("Ip.FragCreates");
	packet(&self->f, PEER, "10.1.0.9", 253, 1000);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(0, wait_counter("Ip.FragOKs", 1));
	EXPECT_EQ(pieces + 2, counter("Ip.FragCreates"));
	EXPECT_EQ(1, counter("Ip.ForwDatagrams"));
	EXPECT_EQ(0, counter("Ip.FragFails"));
}

TEST_F(counts, a_packet_that_does_not_fit)
{
	ASSERT_EQ(0, router());
	packet(&self->f, PEER, "10.1.0.9", 253, 1000);
	self->f.ip.frag_off = htons(IP_DF);
	seal(&self->f);
	EXPECT_COUNTED("Ip.FragFails", "Icmp.OutMsgs", "Icmp.OutDestUnreachs",
		       "Ip.OutRequests");
}

TEST_F(counts, a_ttl_that_ends_here)
{
	ASSERT_EQ(0, router());
	packet(&self->f, PEER, "10.1.0.9", 253, 8);
	self->f.ip.ttl = 1;
	seal(&self->f);
	EXPECT_COUNTED("KiteExt.InTtlExceeded", "Icmp.OutMsgs",
		       "Icmp.OutTimeExcds", "Ip.OutRequests");
}

TEST_F(counts, options_that_are_wrong)
{
	static const unsigned char wrong[] = { 7, 7, 3, 0, 0, 0, 0, 0 };

	echo(&self->f, HOST, 8);
	add_options(&self->f, wrong, sizeof(wrong));
	EXPECT_COUNTED("KiteExt.InBadOptions", "Icmp.OutMsgs",
		       "Icmp.OutParmProbs", "Ip.OutRequests");
}

TEST_F(counts, a_sender_without_a_route)
{
	int fd = socket(AF_KITE, SOCK_DGRAM, 0);

	EXPECT_ERRNO(ENETUNREACH, connect_to(fd, AF_KITE, "192.0.2.1", 9));
	EXPECT_EQ(1, counter("Ip.OutNoRoutes"));
	close(fd);
}

TEST_HARNESS_MAIN
