// SPDX-License-Identifier: GPL-2.0
/*
 * Which addresses a socket may be bound to: those of the host, of other devices
 * and VRFs, groups, broadcasts and foreign ones, with every option and sysctl that
 * has a say. AF_INET is right by definition, and AF_KITE has to agree.
 */
#include "kite_test.h"

#include <stdbool.h>
#include <sys/wait.h>

#define IP	"/usr/sbin/ip"
#define SYSCTL	"/proc/sys/net/ipv4/"

static const char * const addresses[] = {
	"0.0.0.0", "127.0.0.1", "127.9.9.9",
	"10.1.1.1",		/* of a device */
	"10.1.1.2",		/* a neighbour's */
	"10.1.1.255",		/* a broadcast */
	"10.2.2.2",		/* of a device in a VRF */
	"10.3.3.3",		/* of a device that is down */
	"192.0.2.1",		/* nobody's here */
	"224.0.0.99", "255.255.255.255", "240.0.0.1",
};

static const char * const devices[] = { NULL, "lo", "other", "red", "inred" };

static const struct permission {
	const char *name;
	int option;
	bool sysctl;
} permissions[] = {
	{ "" },
	{ " IP_FREEBIND", IP_FREEBIND },
	{ " IP_TRANSPARENT", IP_TRANSPARENT },
	{ " IP_BIND_ADDRESS_NO_PORT", IP_BIND_ADDRESS_NO_PORT },
	{ " ip_nonlocal_bind", 0, true },
};

static const int ports[] = { 0, 80 };

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

/* other: 10.1.1.1/24; red: a VRF with inred, 10.2.2.2/24; asleep: 10.3.3.3/24. */
static int devices_and_a_vrf(void)
{
	return system(IP " link add other type dummy && "
		      IP " addr add 10.1.1.1/24 broadcast + dev other && "
		      IP " link set other up && "
		      IP " link add red type vrf table 100 && "
		      IP " link set red up && "
		      IP " link add inred type dummy && "
		      IP " link set inred master red && "
		      IP " addr add 10.2.2.2/24 broadcast + dev inred && "
		      IP " link set inred up && "
		      IP " link add asleep type dummy && "
		      IP " addr add 10.3.3.3/24 dev asleep");
}

/* What a program sees of an attempt. */
struct outcome {
	int failed;		/* errno of what failed first */
	struct in_addr addr;	/* bound to, in the end */
	bool has_port;
	int then;		/* errno of what it goes on to do */
};

static void name_of(int fd, struct outcome *o)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	o->addr = sin.sin_addr;
	o->has_port = sin.sin_port;
}

static struct outcome attempt(int family, int type, int protocol,
			      const char *addr, const char *dev,
			      const struct permission *may, int port)
{
	struct outcome o = {};
	int fd = socket(family, type | SOCK_NONBLOCK, protocol);

	if (fd < 0 ||
	    (dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
			       strlen(dev) + 1)) ||
	    (may->option && set_int(fd, SOL_IP, may->option, 1)) ||
	    bind_to(fd, family, addr, port))
		o.failed = errno;
	name_of(fd, &o);
	if (type == SOCK_STREAM ? listen(fd, 1) :
				  connect_to(fd, family, "127.0.0.1", 9))
		o.then = errno;
	close(fd);
	return o;
}

FIXTURE(bind_address) {
};

FIXTURE_VARIANT(bind_address) {
	int type, protocol;
	bool unprivileged;
};

FIXTURE_VARIANT_ADD(bind_address, tcp) { SOCK_STREAM };
FIXTURE_VARIANT_ADD(bind_address, tcp_of_a_user) { SOCK_STREAM, 0, true };
FIXTURE_VARIANT_ADD(bind_address, udp) { SOCK_DGRAM };
FIXTURE_VARIANT_ADD(bind_address, udp_of_a_user) { SOCK_DGRAM, 0, true };
FIXTURE_VARIANT_ADD(bind_address, raw) { SOCK_RAW, 253 };
FIXTURE_VARIANT_ADD(bind_address, ping) { SOCK_DGRAM, IPPROTO_ICMP };

FIXTURE_SETUP(bind_address)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, devices_and_a_vrf());
	ASSERT_EQ(0, write_file(SYSCTL "ping_group_range", "0 0"));
}

FIXTURE_TEARDOWN(bind_address)
{
}

static void say(char *text, size_t size, const struct outcome *o)
{
	snprintf(text, size, "%s; %s:%s; %s", strerrorname_np(o->failed) ?: "ok",
		 inet_ntoa(o->addr), o->has_port ? "port" : "0",
		 strerrorname_np(o->then) ?: "ok");
}

/* All addresses, devices and ports with one permission; how many were bound. */
static unsigned int compare(struct __test_metadata *_metadata, int type,
			    int protocol, const struct permission *may)
{
	unsigned int bound = 0, a, d, p;
	char text[2][96];

	for (a = 0; a < COUNT(addresses); a++)
		for (d = 0; d < COUNT(devices); d++)
			for (p = 0; p < COUNT(ports); p++) {
				struct outcome i, k;

				i = attempt(AF_INET, type, protocol,
					    addresses[a], devices[d], may,
					    ports[p]);
				k = attempt(AF_KITE, type, protocol,
					    addresses[a], devices[d], may,
					    ports[p]);
				bound += !i.failed;
				say(text[0], sizeof(text[0]), &i);
				say(text[1], sizeof(text[1]), &k);
				EXPECT_STREQ(text[0], text[1]) {
					TH_LOG("%s:%d dev %s%s", addresses[a],
					       ports[p], devices[d] ?: "none",
					       may->name);
				}
			}
	return bound;
}

TEST_F_TIMEOUT(bind_address, is_taken_as_inet_takes_it, 300)
{
	const unsigned int all = COUNT(addresses) * COUNT(devices) *
				 COUNT(ports);
	unsigned int bound = 0, tried = 0, i;

	if (variant->unprivileged)
		ASSERT_OK(setresuid(1000, 1000, 1000));
	for (i = 0; i < COUNT(permissions); i++) {
		/* The last one, and not a user's to set. */
		if (permissions[i].sysctl) {
			if (variant->unprivileged)
				continue;
			ASSERT_EQ(0, write_file(SYSCTL "ip_nonlocal_bind",
						"1"));
		}
		bound += compare(_metadata, variant->type, variant->protocol,
				 &permissions[i]);
		tried += all;
	}
	/* The table has both answers, or it says nothing. */
	EXPECT_LT(0, bound);
	EXPECT_GT(tried, bound);
}

FIXTURE_OF_BOTH_FAMILIES(bind_right);

static int bind_privileged(int family, int type)
{
	int fd = socket(family, type, 0);
	int err = bind_to(fd, family, "127.0.0.1", 80) ? errno : 0;

	close(fd);
	return err;
}

/* What bind() to port 80 says to a child with a user namespace of its own. */
static int as_root_of_another_namespace(int family, int flags)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWUSER | flags))
			_exit(255);
		_exit(bind_privileged(family, SOCK_STREAM) ?:
		      bind_privileged(family, SOCK_DGRAM));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(bind_right, is_asked_of_the_user_namespace_that_owns_the_network)
{
	ASSERT_OK(setresuid(1000, 1000, 1000));
	EXPECT_EQ(EACCES, bind_privileged(self->family, SOCK_STREAM));
	EXPECT_EQ(EACCES, bind_privileged(self->family, SOCK_DGRAM));
	EXPECT_EQ(EACCES, as_root_of_another_namespace(self->family, 0));
	EXPECT_EQ(0, as_root_of_another_namespace(self->family, CLONE_NEWNET));
}

/* Owned by the sender or not, a VRF's address is heard in that VRF alone. */
TEST_F(bind_right, vrfs_have_ports_of_their_own)
{
	static const char * const devs[] = { NULL, "red", "blue" };
	int i, j, fd[3];

	ASSERT_EQ(0, system(IP " link add red type vrf table 100 && "
			    IP " link add blue type vrf table 200 && "
			    IP " link set red up && "
			    IP " link set blue up"));
	for (i = 0; i < 3; i++) {
		fd[i] = socket(self->family, SOCK_STREAM, 0);
		if (devs[i])
			ASSERT_OK(setsockopt(fd[i], SOL_SOCKET, SO_BINDTODEVICE,
					     devs[i], strlen(devs[i]) + 1));
		ASSERT_OK(bind_to(fd[i], self->family, "0.0.0.0", 4242));
		ASSERT_OK(listen(fd[i], 1));
	}
	/* In each of them the port is taken. */
	for (i = 0; i < 3; i++) {
		j = socket(self->family, SOCK_STREAM, 0);
		if (devs[i])
			ASSERT_OK(setsockopt(j, SOL_SOCKET, SO_BINDTODEVICE,
					     devs[i], strlen(devs[i]) + 1));
		EXPECT_ERRNO(EADDRINUSE, bind_to(j, self->family, "0.0.0.0",
						 4242));
	}
}

TEST_HARNESS_MAIN
