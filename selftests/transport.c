// SPDX-License-Identifier: GPL-2.0
/*
 * A transport in a module of its own, kite_exptransport.ko: socket(2) loads it,
 * two hosts talk by it, and it stays as long as somebody does. What it unwraps goes
 * on to whoever takes that.
 * time limit: 60 s
 */
#include "test_module.h"
#include "wire.h"

#define MODULE		"kite_exptransport"
#define PROTOCOL	253

/* The transport's header, see the module. */
struct exp_hdr {
	uint16_t source;
	uint16_t dest;
	uint8_t next;
	uint8_t zero[3];
};

FIXTURE(transport) {
	struct wire w;
	struct frame f;
};

FIXTURE_SETUP(transport)
{
	ASSERT_EQ(0, wire_take(&self->w, AF_KITE));
	ASSERT_EQ(0, module_unload(MODULE));
}

FIXTURE_TEARDOWN(transport)
{
	EXPECT_EQ(0, module_unload(MODULE));
	EXPECT_EQ(0, run("%s", wire_undo));
}

static int exp_socket(void)
{
	return socket(AF_KITE, SOCK_DGRAM, PROTOCOL);
}

TEST_F(transport, is_loaded_by_its_first_socket)
{
	int fd;

	EXPECT_FALSE(module_is_loaded(MODULE));
	fd = exp_socket();
	ASSERT_LE(0, fd);
	EXPECT_TRUE(module_is_loaded(MODULE));
	EXPECT_EQ(PROTOCOL, get_int(fd, SOL_SOCKET, SO_PROTOCOL));
	close(fd);
}

TEST_F(transport, stays_while_it_is_in_use)
{
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EAGAIN, module_delete(MODULE));
	EXPECT_TRUE(module_is_loaded(MODULE));
	close(fd);
	EXPECT_EQ(0, module_unload(MODULE));
	EXPECT_FALSE(module_is_loaded(MODULE));
}

TEST_F(transport, holds_the_stack_below_it)
{
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_ERRNO(EAGAIN, module_delete("kite"));
}

TEST_F(transport, is_gone_when_it_is_gone)
{
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, module_unload(MODULE));
	packet(&self->f, PEER, HOST, PROTOCOL, 20);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PROT_UNREACH, 0);
}

TEST_F(transport, carries_data_between_two_hosts)
{
	struct sockaddr_in to = endpoint(AF_KITE, "10.7.0.2", 70), from;
	static char sent[5000], got[6000];
	socklen_t len = sizeof(from);
	int a, b, late, one, other;
	size_t i;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	other = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_EQ(0, run("ip link set lo up"));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	/* Held: its socket does not outlive this test's last step. */
	one = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_EQ(0, run("ip link add t0 type veth peer name t1 &&"
			 "ip link set t1 netns /proc/%d/fd/%d &&"
			 "ip address add 10.7.0.1/24 dev t0 &&"
			 "ip link set t0 up", getpid(), other));
	a = exp_socket();
	ASSERT_LE(0, a);
	ASSERT_OK(bind_to(a, AF_KITE, "10.7.0.1", 0));
	EXPECT_LT(0, port_of(a));

	ASSERT_EQ(0, setns(other, CLONE_NEWNET));
	ASSERT_EQ(0, run("ip address add 10.7.0.2/24 dev t1 &&"
			 "ip link set t1 up"));
	b = exp_socket();
	ASSERT_LE(0, b);
	ASSERT_OK(bind_to(b, AF_KITE, "0.0.0.0", 70));
	late = exp_socket();
	EXPECT_ERRNO(EADDRINUSE, bind_to(late, AF_KITE, "0.0.0.0", 70));
	close(late);
	ASSERT_EQ(0, wait_running(b, "t1"));

	/* In fragments, so that the network layer has something to do. */
	for (i = 0; i < sizeof(sent); i++)
		sent[i] = i * 7 + i / 256;
	ASSERT_EQ(sizeof(sent), sendto(a, sent, sizeof(sent), 0,
				       (struct sockaddr *)&to, sizeof(to)));
	ASSERT_NE(0, wait_for(b, POLLIN) & POLLIN);
	ASSERT_EQ(sizeof(sent), recvfrom(b, got, sizeof(got), MSG_DONTWAIT,
					 (struct sockaddr *)&from, &len));
	EXPECT_EQ(0, memcmp(sent, got, sizeof(sent)));
	EXPECT_EQ(inet_addr("10.7.0.1"), from.sin_addr.s_addr);

	/* And back. */
	ASSERT_OK(connect_to(b, AF_KITE, "10.7.0.1", port_of(a)));
	ASSERT_EQ(5, send(b, "hello", 5, 0));
	ASSERT_EQ(5, recv_soon(a, got, sizeof(got)));
	EXPECT_EQ(0, memcmp("hello", got, 5));

	/* An ICMP error finds its way to the socket. */
	close(a);
	ASSERT_EQ(5, send(b, "hello", 5, 0));
	EXPECT_NE(0, wait_for(b, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, so_error(b));
	close(b);
	close(one);
	close(other);
}

/* A packet of protocol @next in one of the transport's, both from PEER. */
static struct exp_hdr *wrap(struct frame *f, uint8_t next)
{
	unsigned char inner[256];
	size_t len = f->len - 20;
	struct exp_hdr *eh;

	memcpy(inner, f->bytes + 20, len);
	packet(f, PEER, HOST, PROTOCOL, sizeof(*eh) + len);
	eh = (struct exp_hdr *)(f->bytes + 20);
	eh->next = next;
	memcpy(eh + 1, inner, len);
	return eh;
}

TEST_F(transport, what_it_unwraps_is_delivered_again)
{
	static struct frame f;
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	echo(&self->f, HOST, 8);
	f = self->f;
	wrap(&self->f, IPPROTO_ICMP);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &f, HOST);
	EXPECT_EQ(1, counter("Icmp.InEchos"));
	/* One datagram came in, however often it was looked at. */
	EXPECT_EQ(1, counter("Ip.InDelivers"));
	close(fd);
}

TEST_F(transport, what_it_unwraps_twice_is_delivered_again)
{
	static struct frame f;
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	echo(&self->f, HOST, 8);
	f = self->f;
	wrap(&self->f, IPPROTO_ICMP);
	wrap(&self->f, PROTOCOL);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_echo(_metadata, &self->w, &f, HOST);
	close(fd);
}

TEST_F(transport, what_it_unwraps_may_be_nobodys)
{
	int fd = exp_socket();

	ASSERT_LE(0, fd);
	echo(&self->f, HOST, 8);
	wrap(&self->f, 254);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PROT_UNREACH, 0);
	EXPECT_EQ(1, counter("Ip.InUnknownProtos"));
	close(fd);
}

TEST_F(transport, raw_sockets_see_what_it_unwraps_once)
{
	int fd = exp_socket(), outer, inner;
	char got[256];

	ASSERT_LE(0, fd);
	outer = socket(AF_KITE, SOCK_RAW, PROTOCOL);
	inner = socket(AF_KITE, SOCK_RAW, 254);
	echo(&self->f, HOST, 8);
	wrap(&self->f, 254);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(self->f.len, recv_soon(inner, got, sizeof(got)));
	EXPECT_EQ(self->f.len, recv_soon(outer, got, sizeof(got)));
	EXPECT_ERRNO(EAGAIN, recv(outer, got, sizeof(got), MSG_DONTWAIT));
	/* Nothing is unreachable of which a raw socket has a copy. */
	expect_silence(_metadata, &self->w);
	close(inner);
	close(outer);
	close(fd);
}

TEST_F(transport, a_channel_that_nobody_has_is_unreachable)
{
	int fd = exp_socket();
	struct exp_hdr *eh;

	ASSERT_LE(0, fd);
	packet(&self->f, PEER, HOST, PROTOCOL, sizeof(*eh) + 4);
	eh = (struct exp_hdr *)(self->f.bytes + 20);
	eh->dest = htons(99);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	expect_error(_metadata, &self->w, &self->f, ICMP_DEST_UNREACH,
		     ICMP_PORT_UNREACH, 0);
	close(fd);
}

TEST_HARNESS_MAIN
