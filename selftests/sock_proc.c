// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/kite/tcp, udp and snmp say of KITE what /proc/net/tcp, udp and snmp
 * say of AF_INET, in the same columns, so that what reads these reads those.
 */
#include "kite_test.h"

#define ROWS	64
#define BLANKS	" \t\n"

#define ROW_FORMAT							\
	"%*d: %8X:%4X %8X:%4X %2X %8lX:%8lX %2X:%8lX %8lX %d %d %lu %127[^\n]"

/* The columns of tcp and udp, as netstat takes them apart. */
struct row {
	unsigned int laddr, raddr;
	int lport, rport;
	int state;
	unsigned long tx, rx;
	int timer;
	unsigned long when;
	unsigned long retrans;
	int uid, timeout;
	unsigned long inode;
	size_t length;
	char rest[128];
};

FIXTURE(sock_proc) {
	int family;
	const char *tcp;
	const char *udp;
	const char *snmp;
};

FIXTURE_VARIANT(sock_proc) {
	int family;
};

FIXTURE_VARIANT_ADD(sock_proc, inet) { .family = AF_INET };
FIXTURE_VARIANT_ADD(sock_proc, kite) { .family = AF_KITE };

FIXTURE_SETUP(sock_proc)
{
	bool kite = variant->family == AF_KITE;

	self->family = variant->family;
	self->tcp = kite ? "/proc/self/net/kite/tcp" : "/proc/self/net/tcp";
	self->udp = kite ? "/proc/self/net/kite/udp" : "/proc/self/net/udp";
	self->snmp = kite ? "/proc/self/net/kite/snmp" : "/proc/self/net/snmp";
	ASSERT_EQ(0, own_network());
}

FIXTURE_TEARDOWN(sock_proc)
{
}

/* Read all rows of a listing; -1 if a line does not parse. */
static int read_rows(const char *path, struct row *rows)
{
	char line[512];
	int n = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f))
		return -1;
	while (n < ROWS && fgets(line, sizeof(line), f)) {
		struct row *r = &rows[n++];

		r->rest[0] = '\0';
		r->length = strlen(line);
		if (sscanf(line, ROW_FORMAT,
			   &r->laddr, &r->lport, &r->raddr, &r->rport,
			   &r->state, &r->tx, &r->rx, &r->timer, &r->when,
			   &r->retrans, &r->uid, &r->timeout, &r->inode,
			   r->rest) < 13) {
			n = -1;
			break;
		}
	}
	fclose(f);
	return n;
}

/* The row of a socket by its ports, NULL if there is not exactly one. */
static struct row *row_of(const char *path, int lport, int rport)
{
	static struct row rows[ROWS];
	struct row *found = NULL;
	int i, n;

	n = read_rows(path, rows);
	for (i = 0; i < n; i++) {
		if (rows[i].lport != lport || rows[i].rport != rport)
			continue;
		if (found)
			return NULL;
		found = &rows[i];
	}
	return found;
}

/* Wait until a socket is in @state; the state that it was in at last. */
static int state_becomes(const char *path, int lport, int rport, int state)
{
	struct row *r;
	int left;

	for (left = SOON; left > 0; left -= 10) {
		r = row_of(path, lport, rport);
		if (r && r->state == state)
			break;
		poll(NULL, 0, 10);
	}
	return r ? r->state : -1;
}

static unsigned long inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static int first_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "r");
	int ok = f && fgets(line, size, f);

	if (f)
		fclose(f);
	return ok ? 0 : -1;
}

TEST_F(sock_proc, heads_are_those_of_AF_INET)
{
	char inet[512], own[512];

	ASSERT_EQ(0, first_line("/proc/self/net/tcp", inet, sizeof(inet)));
	ASSERT_EQ(0, first_line(self->tcp, own, sizeof(own)));
	EXPECT_STREQ(inet, own);
	ASSERT_EQ(0, first_line("/proc/self/net/udp", inet, sizeof(inet)));
	ASSERT_EQ(0, first_line(self->udp, own, sizeof(own)));
	EXPECT_STREQ(inet, own);
}

TEST_F(sock_proc, empty_without_sockets)
{
	struct row rows[ROWS];

	EXPECT_EQ(0, read_rows(self->tcp, rows));
	EXPECT_EQ(0, read_rows(self->udp, rows));
}

TEST_F(sock_proc, a_listener_and_who_waits)
{
	int lfd = listener(self->family, 5000);
	int fd = socket(self->family, SOCK_STREAM, 0);
	struct row *r;

	ASSERT_OK(lfd);
	r = row_of(self->tcp, 5000, 0);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), r->laddr);
	EXPECT_EQ(0, r->raddr);
	EXPECT_EQ(0x0a, r->state);
	EXPECT_EQ(0, r->tx);
	EXPECT_EQ(0, r->rx);
	EXPECT_EQ(inode_of(lfd), r->inode);
	EXPECT_EQ(0, r->uid);
	EXPECT_EQ(150, r->length);

	ASSERT_OK(connect_to(fd, self->family, "127.0.0.1", 5000));
	ASSERT_EQ(POLLIN, wait_for(lfd, POLLIN));
	r = row_of(self->tcp, 5000, 0);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(1, r->rx) {
		TH_LOG("rx_queue of a listener: connections that wait");
	}
	r = row_of(self->tcp, 5000, port_of(fd));
	ASSERT_NE(NULL, r);
	EXPECT_EQ(0x01, r->state);
	EXPECT_EQ(0, r->inode) {
		TH_LOG("nobody has a file for it yet");
	}
}

TEST_F(sock_proc, a_connection_and_what_is_unread)
{
	int pair[2];
	struct row *r;
	int a, b;

	ASSERT_OK(stream_pair(self->family, pair));
	a = port_of(pair[0]);
	b = port_of(pair[1]);
	ASSERT_EQ(5, send(pair[0], "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(pair[1], POLLIN));

	r = row_of(self->tcp, a, b);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), r->laddr);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), r->raddr);
	EXPECT_EQ(0x01, r->state);
	EXPECT_EQ(0, r->rx);
	EXPECT_EQ(inode_of(pair[0]), r->inode);
	EXPECT_EQ(150, r->length);

	r = row_of(self->tcp, b, a);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(0x01, r->state);
	EXPECT_EQ(5, r->rx);
	EXPECT_EQ(inode_of(pair[1]), r->inode);
}

TEST_F(sock_proc, full_rows_have_the_columns_of_AF_INET)
{
	int pair[2], ref, quick, cwnd, ssthresh, n;
	unsigned long rto, ato;
	char pointer[32];
	struct row *r;

	ASSERT_OK(stream_pair(self->family, pair));
	r = row_of(self->tcp, port_of(pair[0]), port_of(pair[1]));
	ASSERT_NE(NULL, r);
	n = sscanf(r->rest, "%d %31s %lu %lu %d %d %d", &ref, pointer,
		   &rto, &ato, &quick, &cwnd, &ssthresh);
	ASSERT_EQ(7, n) {
		TH_LOG("%s", r->rest);
	}
	EXPECT_LT(0, ref);
	EXPECT_LT(0, cwnd);
}

TEST_F(sock_proc, TIME_WAIT_belongs_to_nobody)
{
	int pair[2];
	struct row *r;
	int a, b;
	char c;

	ASSERT_OK(stream_pair(self->family, pair));
	a = port_of(pair[0]);
	b = port_of(pair[1]);
	close(pair[0]);
	ASSERT_EQ(0, recv(pair[1], &c, 1, 0));
	close(pair[1]);
	ASSERT_EQ(0x06, state_becomes(self->tcp, a, b, 0x06));
	r = row_of(self->tcp, a, b);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(0, r->inode);
	EXPECT_EQ(3, r->timer);
	EXPECT_LT(0, r->when);
	EXPECT_EQ(150, r->length);
}

TEST_F(sock_proc, half_closed_states)
{
	int pair[2];
	struct row *r;
	int a, b;
	char c;

	ASSERT_OK(stream_pair(self->family, pair));
	a = port_of(pair[0]);
	b = port_of(pair[1]);
	ASSERT_OK(shutdown(pair[0], SHUT_WR));
	ASSERT_EQ(0, recv(pair[1], &c, 1, 0));
	r = row_of(self->tcp, b, a);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(0x08, r->state);
	EXPECT_EQ(0x05, state_becomes(self->tcp, a, b, 0x05));
}

TEST_F(sock_proc, datagram_sockets)
{
	int fd = bound_socket(self->family, SOCK_DGRAM, 5000);
	int from = bound_socket(self->family, SOCK_DGRAM, 5001);
	struct row *r;

	ASSERT_OK(fd);
	ASSERT_OK(connect_to(from, self->family, "127.0.0.1", 5000));
	r = row_of(self->udp, 5000, 0);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), r->laddr);
	EXPECT_EQ(0x07, r->state);
	EXPECT_EQ(0, r->rx);
	EXPECT_EQ(inode_of(fd), r->inode);
	EXPECT_EQ(128, r->length);

	r = row_of(self->udp, 5001, 5000);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), r->raddr);
	EXPECT_EQ(0x01, r->state);

	ASSERT_EQ(5, send(from, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(fd, POLLIN));
	r = row_of(self->udp, 5000, 0);
	ASSERT_NE(NULL, r);
	EXPECT_LE(5, r->rx);
}

TEST_F(sock_proc, datagrams_lost_to_a_full_buffer)
{
	int fd = bound_socket(self->family, SOCK_DGRAM, 5000);
	int from = socket(self->family, SOCK_DGRAM, 0);
	char buf[1000] = {}, pointer[32];
	int i, n, ref, drops = -1;
	struct row *r;

	ASSERT_OK(set_int(fd, SOL_SOCKET, SO_RCVBUF, 4096));
	ASSERT_OK(connect_to(from, self->family, "127.0.0.1", 5000));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(sizeof(buf), send(from, buf, sizeof(buf), 0));
	for (i = 0; recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
	r = row_of(self->udp, 5000, 0);
	ASSERT_NE(NULL, r);
	n = sscanf(r->rest, "%d %31s %d", &ref, pointer, &drops);
	ASSERT_EQ(3, n);
	EXPECT_EQ(100 - i, drops);
}

TEST_F(sock_proc, the_owner_is_named)
{
	int fd;
	struct row *r;

	ASSERT_OK(setresuid(4711, 4711, 0));
	fd = bound_socket(self->family, SOCK_DGRAM, 5000);
	ASSERT_OK(fd);
	r = row_of(self->udp, 5000, 0);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(4711, r->uid);
}

TEST_F(sock_proc, a_namespace_shows_its_own_sockets)
{
	struct row rows[ROWS];

	ASSERT_OK(listener(self->family, 5000));
	ASSERT_OK(bound_socket(self->family, SOCK_DGRAM, 5000));
	ASSERT_EQ(1, read_rows(self->tcp, rows));
	ASSERT_EQ(0, own_network());
	EXPECT_EQ(0, read_rows(self->tcp, rows));
	EXPECT_EQ(0, read_rows(self->udp, rows));
}

/* A counter by group and name, -1 if there is none. */
static long counter(const char *path, const char *group, const char *name)
{
	char names[8192], values[8192], *n, *v, *save_n, *save_v;
	long found = -1;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(names, sizeof(names), f) &&
	       fgets(values, sizeof(values), f)) {
		n = strtok_r(names, BLANKS, &save_n);
		v = strtok_r(values, BLANKS, &save_v);
		if (!n || !v || strcmp(n, v))
			break;
		n[strlen(n) - 1] = '\0';
		if (strcmp(n, group))
			continue;
		while ((n = strtok_r(NULL, BLANKS, &save_n)) &&
		       (v = strtok_r(NULL, BLANKS, &save_v))) {
			if (!strcmp(n, name))
				found = atol(v);
		}
	}
	fclose(f);
	return found;
}

TEST_F(sock_proc, counters_tell_of_datagrams)
{
	int pair[2], lost = socket(self->family, SOCK_DGRAM, 0);
	char buf[8];
	int i;

	ASSERT_OK(dgram_pair(self->family, pair));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send(pair[0], "x", 1, 0));
		ASSERT_EQ(1, recv(pair[1], buf, 1, 0));
	}
	ASSERT_OK(connect_to(lost, self->family, "127.0.0.1", 9));
	ASSERT_EQ(1, send(lost, "x", 1, 0));
	ASSERT_NE(0, wait_for(lost, POLLERR));

	EXPECT_EQ(3, counter(self->snmp, "Udp", "InDatagrams"));
	EXPECT_EQ(4, counter(self->snmp, "Udp", "OutDatagrams"));
	EXPECT_EQ(1, counter(self->snmp, "Udp", "NoPorts"));
	EXPECT_EQ(0, counter(self->snmp, "Udp", "RcvbufErrors"));
	EXPECT_EQ(5, counter(self->snmp, "Ip", "InReceives"));
	EXPECT_EQ(5, counter(self->snmp, "Ip", "InDelivers"));
	EXPECT_EQ(5, counter(self->snmp, "Ip", "OutRequests"));
	EXPECT_EQ(1, counter(self->snmp, "Icmp", "OutDestUnreachs"));
	EXPECT_EQ(1, counter(self->snmp, "Icmp", "InDestUnreachs"));
	EXPECT_EQ(1, counter(self->snmp, "Icmp", "InMsgs"));
	EXPECT_EQ(1, counter(self->snmp, "Icmp", "OutMsgs"));
}

TEST_F(sock_proc, counters_tell_of_connections)
{
	int pair[2], refused = socket(self->family, SOCK_STREAM, 0);

	ASSERT_OK(stream_pair(self->family, pair));
	EXPECT_ERRNO(ECONNREFUSED,
		     connect_to(refused, self->family, "127.0.0.1", 9));
	EXPECT_EQ(2, counter(self->snmp, "Tcp", "ActiveOpens"));
	EXPECT_EQ(1, counter(self->snmp, "Tcp", "PassiveOpens"));
	EXPECT_EQ(1, counter(self->snmp, "Tcp", "AttemptFails"));
	EXPECT_EQ(1, counter(self->snmp, "Tcp", "OutRsts"));
	EXPECT_EQ(0, counter(self->snmp, "Tcp", "RetransSegs"));
	EXPECT_EQ(0, counter(self->snmp, "Tcp", "InErrs"));
	/* SYN, SYN-ACK, ACK, and SYN, RST */
	EXPECT_EQ(5, counter(self->snmp, "Tcp", "OutSegs"));
	EXPECT_EQ(5, counter(self->snmp, "Tcp", "InSegs"));
}

TEST_F(sock_proc, counters_of_RFC_4293_4022_4113_are_there)
{
	static const char * const names[][2] = {
		{ "Ip", "InHdrErrors" }, { "Ip", "InAddrErrors" },
		{ "Ip", "ForwDatagrams" }, { "Ip", "InUnknownProtos" },
		{ "Ip", "InDiscards" }, { "Ip", "OutDiscards" },
		{ "Ip", "OutNoRoutes" }, { "Ip", "ReasmTimeout" },
		{ "Ip", "ReasmReqds" }, { "Ip", "ReasmOKs" },
		{ "Ip", "ReasmFails" }, { "Ip", "FragOKs" },
		{ "Ip", "FragFails" }, { "Ip", "FragCreates" },
		{ "Icmp", "InErrors" }, { "Icmp", "InTimeExcds" },
		{ "Icmp", "InEchos" }, { "Icmp", "InEchoReps" },
		{ "Icmp", "OutEchoReps" }, { "Icmp", "OutTimeExcds" },
		{ "Tcp", "EstabResets" }, { "Tcp", "RetransSegs" },
		{ "Udp", "InErrors" }, { "Udp", "InCsumErrors" },
		{ "Udp", "SndbufErrors" },
	};
	unsigned int i;
	int fd = socket(self->family, SOCK_DGRAM, 0);

	ASSERT_OK(fd);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		EXPECT_EQ(0, counter(self->snmp, names[i][0], names[i][1])) {
			TH_LOG("%s.%s", names[i][0], names[i][1]);
		}
	}
}

static bool has_kite(void)
{
	return !access("/proc/self/net/kite/tcp", F_OK) &&
	       !access("/proc/sys/net/kite/forwarding", F_OK);
}

/* What is merely there costs next to nothing. */
TEST(a_namespace_has_its_files_from_the_first_socket_on)
{
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(false, has_kite());
	fd = socket(AF_KITE, SOCK_DGRAM, 0);
	ASSERT_OK(fd);
	EXPECT_EQ(true, has_kite());
	close(fd);
	EXPECT_EQ(true, has_kite());
}

TEST(a_namespace_has_its_files_from_the_first_device_on)
{
	ASSERT_EQ(0, own_network());
	EXPECT_EQ(true, has_kite());
}

TEST_HARNESS_MAIN
