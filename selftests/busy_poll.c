// SPDX-License-Identifier: GPL-2.0
/*
 * Who waits for data can look into the device himself (SO_BUSY_POLL), once a packet has told
 * his socket where it came from. Linux's own sockets must do the same.
 */
#include "tcp_peer.h"
#include "wire_udp.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#ifndef SO_BUSY_POLL
#define SO_BUSY_POLL		46
#endif
#ifndef SO_INCOMING_NAPI_ID
#define SO_INCOMING_NAPI_ID	56
#endif

FIXTURE_ON_A_WIRE(busy_poll)

/* The host's device is polled for packets of which none was many before. */
static int polled_device(struct wire *w)
{
	undo("ethtool -K v0 gro off");
	return run("ethtool -K v0 gro on") || at_our_end(w, "ethtool -K v1 tso off") ? -1 : 0;
}

static int napi_of(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID);
}

/* A connection that the host asks for, or we. */
static int connection_by(struct __test_metadata *_metadata, struct peer *p, bool asked_by_host)
{
	int fd;

	if (!asked_by_host)
		return connection(_metadata, p);
	fd = host_connects(_metadata, p);
	EXPECT_EQ(0, tell(p, SYN | ACK, p->seq++, p->ack, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	return fd;
}

/* Packets that somebody found in a device of this host for himself. */
static unsigned long found(void)
{
	return linux_counter("BusyPollRxPackets");
}

/* A process that sends for as long as the test runs. */
static pid_t sender(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/*
 * Read from the socket until something was found in the device: a frame for it comes every
 * now and then. With one processor the sender's takes it out before the reader gets to look.
 */
static void expect_found(struct __test_metadata *_metadata, int fd)
{
	struct timeval limit = { .tv_sec = 1 };
	unsigned long before = found();
	double start = seconds();
	char buf[2000];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_BUSY_POLL, 100000));
	while (found() == before && seconds() - start < SOON / 1000)
		recv(fd, buf, sizeof(buf), 0);
	EXPECT_LT(before, found());
}

TEST_F(busy_poll, a_datagram_tells_where_it_came_from)
{
	int fd = socket(variant->family, SOCK_DGRAM, 0);
	char buf[10];

	ASSERT_EQ(0, polled_device(&self->w));
	ASSERT_OK(bind_to(fd, variant->family, HOST, PORT));
	EXPECT_EQ(0, napi_of(fd));
	datagram(&self->f, PORT, 10);
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(10, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_LT(0, napi_of(fd));
	close(fd);

	fd = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_OK(bind_to(fd, variant->family, HOST, PORT));
	ASSERT_OK(connect_to(fd, variant->family, PEER, FROM));
	ASSERT_EQ(0, transmit(&self->w, &self->f));
	EXPECT_EQ(10, recv_soon(fd, buf, sizeof(buf)));
	EXPECT_LT(0, napi_of(fd));
	close(fd);
}

TEST_F(busy_poll, a_handshake_tells_where_it_came_from)
{
	struct peer p = PEER_OF(self, variant);
	int fd, i;

	ASSERT_EQ(0, polled_device(&self->w));
	for (i = 0; i < 2; i++) {
		p.port++;
		fd = connection_by(_metadata, &p, i);
		EXPECT_LT(0, napi_of(fd)) {
			TH_LOG("asked for by %s", i ? "the host" : "us");
		}
		close(fd);
	}
}

TEST_F(busy_poll, who_waits_for_a_datagram_looks_into_the_device)
{
	int fd = socket(variant->family, SOCK_DGRAM, 0);
	pid_t pid;

	ASSERT_EQ(0, polled_device(&self->w));
	ASSERT_OK(bind_to(fd, variant->family, HOST, PORT));
	datagram(&self->f, PORT, 10);
	pid = sender();
	while (!pid) {
		transmit(&self->w, &self->f);
		usleep(2000);
	}
	expect_found(_metadata, fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

TEST_F(busy_poll, who_waits_for_a_connections_data_looks_into_the_device)
{
	struct peer p = PEER_OF(self, variant);
	pid_t pid;
	int fd;

	ASSERT_EQ(0, polled_device(&self->w));
	fd = connection(_metadata, &p);
	pid = sender();
	while (!pid) {
		tell(&p, ACK, p.seq++, p.ack, "x");
		usleep(2000);
	}
	expect_found(_metadata, fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

TEST_HARNESS_MAIN
