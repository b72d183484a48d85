// SPDX-License-Identifier: GPL-2.0
/*
 * The family as socket(2) sees it: which (type, protocol) exist, who may have
 * them, and how many are open.
 */
#include "kite_test.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

FIXTURE(family) {
};

FIXTURE_SETUP(family)
{
	ASSERT_EQ(0, own_network());
}

FIXTURE_TEARDOWN(family)
{
}

/*
 * Types and protocols of which AF_INET has no more than KITE. Left out is what
 * only AF_INET has, of itself or by other modules: UDP-Lite, SCTP, DCCP, SMC,
 * MPTCP, and the obsolete SOCK_PACKET, which is AF_PACKET's. What neither has
 * takes its time: each time modprobe is asked.
 */
TEST_F(family, answers_as_AF_INET_to_every_type_and_protocol)
{
	static const int types[] = {
		0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, 11, 15, 0x1000,
		-1,
	};
	static const int protocols[] = {
		0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, 99, IPPROTO_RAW,
		257, 263, 65536, -1, -2147483647 - 1, 2147483647,
	};
	unsigned int t, p;

	for (t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (p = 0; p < sizeof(protocols) / sizeof(protocols[0]); p++) {
			int type = types[t], protocol = protocols[p];
			int inet = try_socket(AF_INET, type, protocol);
			int kite = try_socket(AF_KITE, type, protocol);

			EXPECT_EQ(inet, kite) {
				TH_LOG("type %d protocol %d: %s, not %s", type,
				       protocol, strerror(kite),
				       strerror(inet));
			}
		}
	}
}

TEST_F(family, lacks_what_only_AF_INET_has)
{
	EXPECT_EQ(EPROTONOSUPPORT, try_socket(AF_KITE, SOCK_DGRAM, 136));
	EXPECT_EQ(EPROTONOSUPPORT, try_socket(AF_KITE, SOCK_STREAM, 132));
	EXPECT_EQ(EPROTONOSUPPORT, try_socket(AF_KITE, SOCK_STREAM, 262));
	EXPECT_EQ(ESOCKTNOSUPPORT, try_socket(AF_KITE, SOCK_SEQPACKET, 0));
	EXPECT_EQ(ESOCKTNOSUPPORT, try_socket(AF_KITE, SOCK_SEQPACKET, 132));
	EXPECT_EQ(ESOCKTNOSUPPORT, try_socket(AF_KITE, SOCK_DCCP, 0));
	EXPECT_EQ(ESOCKTNOSUPPORT, try_socket(AF_KITE, SOCK_PACKET, 0));
}

TEST_F(family, makes_no_pairs)
{
	int pair[2];

	EXPECT_ERRNO(EOPNOTSUPP, socketpair(AF_KITE, SOCK_STREAM, 0, pair));
	EXPECT_ERRNO(EOPNOTSUPP, socketpair(AF_KITE, SOCK_DGRAM, 0, pair));
}

TEST_F(family, honours_SOCK_NONBLOCK_and_SOCK_CLOEXEC)
{
	int plain = socket(AF_KITE, SOCK_DGRAM, 0);
	int both = socket(AF_KITE, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  0);

	ASSERT_OK(plain);
	ASSERT_OK(both);
	EXPECT_EQ(0, fcntl(plain, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(0, fcntl(plain, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(both, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(O_NONBLOCK, fcntl(both, F_GETFL) & O_NONBLOCK);
}

static int drop_privileges(void)
{
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	    setresuid(65534, 65534, 65534))
		return -errno;
	return 0;
}

TEST_F(family, raw_needs_CAP_NET_RAW)
{
	EXPECT_EQ(0, try_socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP));
	ASSERT_EQ(0, drop_privileges());
	EXPECT_EQ(EPERM, try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	EXPECT_EQ(EPERM, try_socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP));
	EXPECT_EQ(EPERM, try_socket(AF_KITE, SOCK_RAW, IPPROTO_RAW));
	EXPECT_EQ(0, try_socket(AF_KITE, SOCK_STREAM, 0));
	EXPECT_EQ(0, try_socket(AF_KITE, SOCK_DGRAM, 0));
}

/*
 * The capability counts in the user namespace that owns the network namespace:
 * worth nothing over somebody else's network, enough over one's own.
 */
TEST_F(family, raw_capability_counts_in_the_owner_of_the_network)
{
	ASSERT_EQ(0, drop_privileges());
	ASSERT_OK(prctl(PR_SET_DUMPABLE, 1));
	ASSERT_OK(unshare(CLONE_NEWUSER));
	EXPECT_EQ(EPERM, try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	EXPECT_EQ(EPERM, try_socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP));
	ASSERT_OK(unshare(CLONE_NEWNET));
	EXPECT_EQ(0, try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	EXPECT_EQ(0, try_socket(AF_KITE, SOCK_RAW, IPPROTO_ICMP));
}

/*
 * Sockets that /proc/net/protocols counts for KITE's @transport in the own
 * namespace, -1 if there is no such line.
 */
static int open_sockets(const char *transport)
{
	char line[256], name[64];
	int sockets, found = -1;
	FILE *f;

	f = fopen("/proc/self/net/protocols", "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %*s %d", name, &sockets) == 2 &&
		    !strncasecmp(name, "KITE", 4) &&
		    strcasestr(name, transport))
			found = sockets;
	}
	fclose(f);
	return found;
}

static void counted(struct __test_metadata *_metadata, const char *transport,
		    int type, int protocol)
{
	int fds[3];
	int i;

	EXPECT_EQ(0, open_sockets(transport));
	for (i = 0; i < 3; i++) {
		fds[i] = socket(AF_KITE, type, protocol);
		ASSERT_OK(fds[i]);
		EXPECT_EQ(i + 1, open_sockets(transport));
	}
	for (i = 0; i < 3; i++) {
		close(fds[i]);
		EXPECT_EQ(2 - i, open_sockets(transport));
	}
}

TEST_F(family, sockets_are_counted_per_protocol)
{
	counted(_metadata, "TCP", SOCK_STREAM, 0);
	counted(_metadata, "UDP", SOCK_DGRAM, 0);
	counted(_metadata, "RAW", SOCK_RAW, IPPROTO_ICMP);
}

TEST_F(family, sockets_of_another_namespace_are_counted_there)
{
	int fd = socket(AF_KITE, SOCK_DGRAM, 0);

	ASSERT_OK(fd);
	ASSERT_EQ(1, open_sockets("UDP"));
	ASSERT_EQ(0, own_network());
	EXPECT_EQ(0, open_sockets("UDP"));
}

TEST_HARNESS_MAIN
