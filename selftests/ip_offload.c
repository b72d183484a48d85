// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that stand for several, from somebody who is not to be trusted: a virtual machine
 * hands them over by its tap, and may say of them what it likes. The host is a router, and
 * its device has them cut. Linux's own IPv4 must make the same of them.
 *
 *   test (tap) t0 ------ host 10.1.0.1 d0, MTU 1000
 *                             10.2.0.1 d1
 */
#include "tcp_peer.h"
#include "router.h"
#include "sniff.h"

#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#define MSS	500
#define DATA	(3 * MSS + 7)

FIXTURE(ip_offload) {
	struct wire w;
	struct frame f;
	struct virtio_net_hdr says;
	int tap;
	int out;		/* hears what leaves by d1 */
};

BOTH_FAMILIES(ip_offload);

/* A tap device t0 that takes the guest's word for a packet; -1 on error. */
static int open_tap(void)
{
	struct ifreq ifr = { .ifr_name = "t0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd;

	if (access("/dev/net/tun", F_OK)) {
		mkdir("/dev/net", 0755);
		mknod("/dev/net/tun", S_IFCHR | 0600, makedev(10, 200));
	}
	run("modprobe -q tun");
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	return ioctl(fd, TUNSETIFF, &ifr) ? -1 : fd;
}

FIXTURE_SETUP(ip_offload)
{
	ASSERT_EQ(0, wire_take(&self->w, variant->family));
	ROUTER;
	self->tap = open_tap();
	ASSERT_OK(self->tap);
	ASSERT_EQ(0, run("ip link set t0 address 02:00:00:00:00:09 up &&"
			 "ethtool -K d1 tso off"));
	self->out = sniff("d1", SOCK_DGRAM, ETH_P_ALL);
	ASSERT_OK(self->out);
	ASSERT_OK(set_int(self->out, SOL_PACKET, PACKET_AUXDATA, 1));
	self->says = (struct virtio_net_hdr) {
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = MSS,
	};
}

FIXTURE_TEARDOWN(ip_offload)
{
	close(self->tap);
	EXPECT_EQ(0, run("%s", wire_undo));
}

/* A segment for @daddr with so many octets of data, and no checksum. */
static void long_segment(struct frame *f, const char *daddr, size_t len)
{
	struct tcphdr *th;
	size_t i;

	packet(f, PEER, daddr, IPPROTO_TCP, sizeof(*th) + len);
	th = tcp_of(f);
	th->source = htons(4000);
	th->dest = htons(5000);
	th->seq = htonl(1000);
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	for (i = 0; i < len; i++)
		data_of(f)[i] = i * 7 + i / 251;
}

/* The guest sends the frame, and says of it what @says has. */
static int guest_sends(int tap, const struct wire *w, const struct virtio_net_hdr *says,
		       const struct frame *f)
{
	struct ethhdr eth = {
		.h_dest = { 2, 0, 0, 0, 0, 9 }, .h_source = { 2, 0, 0, 0, 0, 8 },
		.h_proto = w->to.sll_protocol,
	};
	struct iovec iov[] = {
		{ (void *)says, sizeof(*says) }, { &eth, sizeof(eth) },
		{ (void *)f->bytes, f->len },
	};

	return writev(tap, iov, 3) == (ssize_t)(sizeof(*says) + sizeof(eth) + f->len) ? 0 : -1;
}

/*
 * The next frame that leaves by the device; @is_sum_left tells whether that has to fill in
 * the checksum. -1 when none does.
 */
static int leaves(int out, struct frame *f, bool *is_sum_left)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { f->bytes, sizeof(f->bytes) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct tpacket_auxdata aux;
	struct cmsghdr *c;
	ssize_t n;

	if (wait_for(out, POLLIN) != POLLIN)
		return -1;
	n = recvmsg(out, &msg, MSG_DONTWAIT);
	c = CMSG_FIRSTHDR(&msg);
	if (n < (ssize_t)sizeof(f->ip) || !c || c->cmsg_type != PACKET_AUXDATA)
		return -1;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	f->len = n;
	*is_sum_left = aux.tp_status & TP_STATUS_CSUMNOTREADY;
	return 0;
}

/* Leave the checksum to a device, which expects the pseudo header's part of it there. */
static void leave_sum(struct frame *f)
{
	size_t len = f->len - sizeof(f->ip);
	unsigned char pseudo[12] = {
		[9] = f->ip.protocol, [10] = len >> 8, [11] = len,
	};

	memcpy(pseudo, &f->ip.saddr, 8);
	tcp_of(f)->check = ~checksum(pseudo, sizeof(pseudo));
}

/* The checksum is right, or as a device expects it. */
static void expect_sum(struct __test_metadata *_metadata, struct frame *f, bool is_sum_left)
{
	uint16_t sum = tcp_of(f)->check;

	if (is_sum_left)
		leave_sum(f);
	else
		seal_segment(f);
	EXPECT_EQ(tcp_of(f)->check, sum);
}

/* What left are the segments that long_segment() stands for. */
static void expect_segments(struct __test_metadata *_metadata, int out)
{
	static struct frame whole, f;
	size_t from, len;
	bool is_sum_left;

	long_segment(&whole, "10.2.0.9", DATA);
	for (from = 0; from < DATA; from += MSS) {
		len = DATA - from < MSS ? DATA - from : MSS;
		ASSERT_EQ(0, leaves(out, &f, &is_sum_left)) {
			TH_LOG("octets from %zu on", from);
		}
		EXPECT_EQ(f.len, ntohs(f.ip.tot_len));
		EXPECT_EQ(0, checksum(&f.ip, sizeof(f.ip)));
		EXPECT_EQ(1000 + from, ntohl(tcp_of(&f)->seq));
		ASSERT_EQ(len, data_len(&f));
		EXPECT_EQ(0, memcmp(data_of(&whole) + from, data_of(&f), len));
		expect_sum(_metadata, &f, is_sum_left);
	}
}

/* Nothing left of what was sent so far: what is sent now leaves first. */
static void expect_nothing_left(struct __test_metadata *_metadata, int tap, int out,
				const struct wire *w)
{
	static const struct virtio_net_hdr nothing;
	static struct frame f;
	bool is_sum_left;

	packet(&f, PEER, "10.2.0.9", 253, 47);
	ASSERT_EQ(0, guest_sends(tap, w, &nothing, &f));
	ASSERT_EQ(0, leaves(out, &f, &is_sum_left));
	EXPECT_EQ(253, f.ip.protocol);
}

TEST_F(ip_offload, what_comes_without_a_checksum_leaves_with_a_device_that_computes_it)
{
	ASSERT_EQ(0, run("ethtool -K d1 tx on tso off"));
	long_segment(&self->f, "10.2.0.9", DATA);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	expect_segments(_metadata, self->out);
}

TEST_F(ip_offload, what_comes_without_a_checksum_leaves_with_a_right_one)
{
	ASSERT_EQ(0, run("ethtool -K d1 tx off"));
	long_segment(&self->f, "10.2.0.9", DATA);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	expect_segments(_metadata, self->out);
}

TEST_F(ip_offload, a_checksum_that_is_left_to_the_device_is_each_segments)
{
	struct frame *f = &self->f;

	self->says.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	self->says.csum_start = ETH_HLEN + sizeof(f->ip);
	self->says.csum_offset = offsetof(struct tcphdr, check);
	long_segment(f, "10.2.0.9", DATA);
	leave_sum(f);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, f));
	expect_segments(_metadata, self->out);
}

TEST_F(ip_offload, a_checksum_of_something_else_is_not_cut)
{
	self->says.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	self->says.csum_start = ETH_HLEN + sizeof(struct iphdr) + 4;
	self->says.csum_offset = offsetof(struct tcphdr, check);
	long_segment(&self->f, "10.2.0.9", DATA);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	expect_nothing_left(_metadata, self->tap, self->out, &self->w);
}

/* Linux 6.1 writes where it is told to. */
TEST_F(ip_offload, a_checksum_within_the_header_is_not_written_there)
{
	if (variant->family != AF_KITE)
		return;
	self->says = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = ETH_HLEN + 10,
		.csum_offset = 6,	/* the destination */
	};
	long_segment(&self->f, "10.1.0.9", 1400);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	EXPECT_EQ(0, wait_counter("Ip.FragFails", 1));
	EXPECT_EQ(0, counter("Ip.FragCreates"));
}

/* Linux's own IPv4 cuts these. */
TEST_F(ip_offload, a_fragment_is_not_cut)
{
	if (variant->family != AF_KITE)
		return;
	long_segment(&self->f, "10.2.0.9", DATA);
	self->f.ip.frag_off = htons(IP_MF);
	seal(&self->f);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	self->f.ip.frag_off = htons(100);
	seal(&self->f);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, &self->f));
	expect_nothing_left(_metadata, self->tap, self->out, &self->w);
}

/* ... and this into fragments. */
TEST_F(ip_offload, fragments_that_are_one_datagram_are_not_cut)
{
	struct frame *f = &self->f;
	struct udphdr *uh;

	if (variant->family != AF_KITE)
		return;
	packet(f, PEER, "10.2.0.9", IPPROTO_UDP, sizeof(*uh) + DATA);
	uh = (struct udphdr *)(f->bytes + sizeof(f->ip));
	uh->source = htons(4000);
	uh->dest = htons(5000);
	uh->len = htons(sizeof(*uh) + DATA);
	self->says.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	self->says.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	self->says.csum_start = ETH_HLEN + sizeof(f->ip);
	self->says.csum_offset = offsetof(struct udphdr, check);
	ASSERT_EQ(0, guest_sends(self->tap, &self->w, &self->says, f));
	expect_nothing_left(_metadata, self->tap, self->out, &self->w);
}

TEST_HARNESS_MAIN
