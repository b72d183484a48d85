/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host and the wire that it hangs on. The test sits on the wire: it sends
 * frames of its own making, sees what the host says to them, and reads what the
 * host counts.
 *
 *   test (packet socket) v1 ------ v0 10.0.0.1/24 host
 *        as 10.0.0.2
 *
 * One such pair for each family is there for all tests of a program: what a test
 * changes of the host is undone after it. A test runs in the host's network
 * namespace.
 */
#ifndef _KITE_WIRE_H
#define _KITE_WIRE_H

#include "kite_test.h"

#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>

#define HOST	"10.0.0.1"
#define PEER	"10.0.0.2"
#define STRANGER "10.0.0.3"	/* the test, too */

/* Not an option's value nor a counter: how much of a packet we look at. */
#define FRAME_MAX	65535

struct wire {
	int fd;			/* packet socket on v1 */
	int host;		/* the host's network namespace */
	bool kite;		/* else it is Linux's own IPv4 on the host */
	struct sockaddr_ll to;	/* the host, seen from the wire */
};

struct frame {
	size_t len;		/* as sent, whatever the header says */
	union {
		struct iphdr ip;
		unsigned char bytes[FRAME_MAX];
	};
};

/* Run a command of the shell, whose own ip(8) and tc(8) may be lesser ones. */
__attribute__((format(printf, 1, 2)))
static inline int run(const char *format, ...)
{
	char command[8192] = "ip() { /usr/sbin/ip \"$@\"; }; "
			     "tc() { /usr/sbin/tc \"$@\"; }; ";
	size_t len = strlen(command);
	va_list args;

	va_start(args, format);
	vsnprintf(command + len, sizeof(command) - len, format, args);
	va_end(args);
	return system(command) ? -1 : 0;
}

/* Commands that undo what a test did, in the reverse order; run after it. */
static char wire_undo[4096];

__attribute__((format(printf, 1, 2)))
static inline void undo(const char *format, ...)
{
	char command[256], before[sizeof(wire_undo)];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	strcpy(before, wire_undo);
	snprintf(wire_undo, sizeof(wire_undo), "%s; %s", command, before);
}

/* Write to a file below /proc/sys/net, for this test; it is undone @by a shell there. */
static inline int set_sysctl_by(const char *name, const char *value, const char *by)
{
	char path[128], old[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	file = fopen(path, "r");
	if (!file || !fgets(old, sizeof(old), file))
		return -1;
	fclose(file);
	old[strcspn(old, "\n")] = 0;
	undo("%s -c \"echo '%s' >%s\"", by, old, path);
	return write_file(path, value);
}

static inline int set_sysctl(const char *name, const char *value)
{
	return set_sysctl_by(name, value, "sh");
}

/* The same of what is one for the whole machine. */
static inline int set_machine_sysctl(const char *name, const char *value)
{
	int own = open("/proc/self/ns/net", O_RDONLY);
	int init = open("/proc/1/ns/net", O_RDONLY), err;

	err = setns(init, CLONE_NEWNET) ||
	      set_sysctl_by(name, value, "nsenter --net=/proc/1/ns/net sh");
	err |= setns(own, CLONE_NEWNET);
	close(init);
	close(own);
	return err ? -1 : 0;
}

/* What is sent one after the other arrives so: each processor has a queue of its own. */
static inline int stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

/* --- frames ------------------------------------------------------------- */

static inline uint16_t checksum(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* The header's checksum, after it was changed. */
static inline void seal(struct frame *f)
{
	f->ip.check = 0;
	f->ip.check = checksum(&f->ip, f->ip.ihl * 4);
}

/* A packet with @len bytes behind the header, all zeroes. */
static inline void packet(struct frame *f, const char *saddr, const char *daddr,
			  int protocol, size_t len)
{
	memset(f, 0, sizeof(f->len) + sizeof(f->ip) + len);
	f->len = sizeof(f->ip) + len;
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.ttl = 64;
	f->ip.id = htons(getpid());	/* unlike any other test's */
	f->ip.protocol = protocol;
	f->ip.tot_len = htons(f->len);
	f->ip.saddr = inet_addr(saddr);
	f->ip.daddr = inet_addr(daddr);
	seal(f);
}

static inline struct icmphdr *icmp_of(struct frame *f)
{
	return (struct icmphdr *)(f->bytes + f->ip.ihl * 4);
}

/* An ICMP message with @len bytes behind its header. */
static inline struct icmphdr *message(struct frame *f, const char *saddr,
				      const char *daddr, int type, int code,
				      size_t len)
{
	struct icmphdr *icmph;
	size_t i;

	packet(f, saddr, daddr, IPPROTO_ICMP, sizeof(*icmph) + len);
	icmph = icmp_of(f);
	icmph->type = type;
	icmph->code = code;
	for (i = 0; i < len; i++)
		((unsigned char *)(icmph + 1))[i] = i * 7 + i / 256;
	icmph->checksum = checksum(icmph, sizeof(*icmph) + len);
	return icmph;
}

/* A ping that the host can answer. */
static inline void echo(struct frame *f, const char *daddr, size_t len)
{
	message(f, PEER, daddr, ICMP_ECHO, 0, len);
}

/* Put options, a multiple of four bytes, into a packet that has none. */
static inline void add_options(struct frame *f, const void *options, size_t len)
{
	unsigned char *payload = f->bytes + sizeof(f->ip);

	memmove(payload + len, payload, f->len - sizeof(f->ip));
	memcpy(payload, options, len);
	f->len += len;
	f->ip.ihl += len / 4;
	f->ip.tot_len = htons(f->len);
	seal(f);
}

/* --- the wire ----------------------------------------------------------- */

static inline int is_running(int fd, const char *name)
{
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, name);
	return !ioctl(fd, SIOCGIFFLAGS, &ifr) && ifr.ifr_flags & IFF_RUNNING;
}

static inline int wait_running(int fd, const char *name)
{
	int ms;

	for (ms = 0; !is_running(fd, name); ms += 10) {
		if (ms > SOON)
			return -1;
		usleep(10000);
	}
	return 0;
}

static inline int mac_of(int fd, const char *name, unsigned char *mac)
{
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -1;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

/* A network in which no device says anything by itself: IPv6 would greet its routers. */
static inline int quiet_network(void)
{
	static const char setting[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";

	return unshare(CLONE_NEWNET) || (!access(setting, F_OK) && write_file(setting, "1"));
}

/* Make the host and the wire; the process moves to the host. */
static inline int wire_make(struct wire *w, bool kite)
{
	unsigned char mac[ETH_ALEN];
	int wire, fd;

	w->kite = kite;
	w->to = (struct sockaddr_ll) {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(kite ? ETH_P_KITE : ETH_P_IP),
		.sll_halen = ETH_ALEN,
	};

	if (quiet_network() ||
	    run("ip link add v1 type veth peer name v0 && ip link set v1 up"))
		return -1;
	wire = open("/proc/self/ns/net", O_RDONLY);
	w->to.sll_ifindex = if_nametoindex("v1");
	w->fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (bind(w->fd, (struct sockaddr *)&w->to, sizeof(w->to)) ||
	    mac_of(w->fd, "v1", mac) || mac_of(w->fd, "v0", w->to.sll_addr))
		return -1;

	if (quiet_network())
		return -1;
	w->host = open("/proc/self/ns/net", O_RDONLY);
	if (setns(wire, CLONE_NEWNET) ||
	    run("ip link set v0 netns /proc/%d/fd/%d", getpid(), w->host) ||
	    setns(w->host, CLONE_NEWNET))
		return -1;
	close(wire);

	if (run("mac=%02x:%02x:%02x:%02x:%02x:%02x;"
		"ip link set lo up && ip address add " HOST "/24 dev v0 &&"
		"ip link set v0 up &&"
		"ip neighbour add " PEER " dev v0 lladdr $mac &&"
		"ip neighbour add " STRANGER " dev v0 lladdr $mac",
		mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]))
		return -1;
	/*
	 * Every error that is due, and not only a few a second. Not by
	 * icmp_ratelimit: 0 there takes away what IPv4's unreachable routes may
	 * say, which is one error a second.
	 */
	if (write_file("/proc/sys/net/ipv4/icmp_ratemask", "0") ||
	    write_file("/proc/sys/net/ipv4/conf/v0/rp_filter", "0") ||
	    write_file("/proc/sys/net/ipv4/conf/all/rp_filter", "0"))
		return -1;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (wait_running(fd, "v0") || wait_running(w->fd, "v1"))
		return -1;
	close(fd);
	return 0;
}

static struct wire wires[2];	/* of Linux's own IPv4, of KITE */

/* Before main(): the harness runs each test in a process of its own. */
__attribute__((constructor))
static void make_wires(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (wire_make(&wires[i], i)) {
			printf("Bail out! no wire: %s\n", strerror(errno));
			exit(1);
		}
	}
}

/* Do something where our end of the wire is. */
static inline int at_our_end(struct wire *w, const char *command)
{
	int ns = ioctl(w->fd, SIOCGSKNS), err;

	if (ns < 0 || setns(ns, CLONE_NEWNET))
		return -1;
	err = run("%s", command);
	close(ns);
	return setns(w->host, CLONE_NEWNET) ? -1 : err;
}

static inline int transmit(struct wire *w, const struct frame *f)
{
	return sendto(w->fd, f->bytes, f->len, 0, (struct sockaddr *)&w->to,
		      sizeof(w->to)) == (ssize_t)f->len ? 0 : -1;
}

/* The next packet that the host sends; -1 when none comes in @ms. */
static inline int receive(struct wire *w, struct frame *f, int ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	ssize_t n;

	memset(f, 0, sizeof(*f));
	if (poll(&p, 1, ms) != 1)
		return -1;
	n = recv(w->fd, f->bytes, sizeof(f->bytes), MSG_TRUNC);
	if (n < (ssize_t)sizeof(f->ip))
		return -1;
	f->len = n;
	return 0;
}

/* --- counters ----------------------------------------------------------- */

/* What the host counted before the test. */
static struct counters {
	int n;
	struct {
		char name[64];	/* as Ip.InReceives */
		unsigned long value;
	} c[256];
} base;

static inline int read_counters(struct counters *counters)
{
	FILE *file = fopen("/proc/net/kite/snmp", "r");
	char names[4096], values[4096];

	counters->n = 0;
	if (!file)
		return -1;
	while (fgets(names, sizeof(names), file) &&
	       fgets(values, sizeof(values), file)) {
		char *more_names, *more_values, *group, *name, *value;

		group = strtok_r(names, ": \n", &more_names);
		strtok_r(values, ": \n", &more_values);
		while ((name = strtok_r(NULL, " \n", &more_names)) &&
		       (value = strtok_r(NULL, " \n", &more_values)) &&
		       counters->n < 256) {
			snprintf(counters->c[counters->n].name, 64, "%s.%s",
				 group, name);
			counters->c[counters->n++].value = strtoul(value, NULL, 10);
		}
	}
	fclose(file);
	return counters->n ? 0 : -1;
}

/* How often the host counted this in this test. */
static inline unsigned long counter(const char *name)
{
	struct counters now;
	int i;

	if (read_counters(&now))
		return -1UL;
	for (i = 0; i < now.n; i++)
		if (!strcmp(now.c[i].name, name))
			return now.c[i].value - base.c[i].value;
	return -1UL;
}

/* Wait until a counter has counted to the value. */
static inline int wait_counter(const char *name, unsigned long value)
{
	int ms;

	for (ms = 0; counter(name) != value; ms += 5) {
		if (ms > SOON)
			return -1;
		usleep(5000);
	}
	return 0;
}

/* One of Linux's own counters, in the network namespace of the process; -1 without it. */
static inline unsigned long linux_counter(const char *name)
{
	static char names[8192], values[8192];
	char *n, *v, *next_name, *next_value;
	unsigned long value = -1UL;
	FILE *f = fopen("/proc/self/net/netstat", "r");

	while (f && fgets(names, sizeof(names), f) &&
	       fgets(values, sizeof(values), f)) {
		n = strtok_r(names, " \n", &next_name);
		v = strtok_r(values, " \n", &next_value);
		while (n && v && strcmp(n, name)) {
			n = strtok_r(NULL, " \n", &next_name);
			v = strtok_r(NULL, " \n", &next_value);
		}
		if (n && v)
			value = strtoul(v, NULL, 10);
	}
	if (f)
		fclose(f);
	return value;
}

/* What every packet may move: not worth a word. */
static inline bool counts_anything(const char *name)
{
	return !strncmp(name, "Ip.InReceives", 13) ||
	       (!strncmp(name, "IpExt.", 6) && strstr(name, "Octets")) ||
	       (!strncmp(name, "IpExt.In", 8) && strstr(name, "Pkts") &&
		(strstr(name, "ECT") || strstr(name, "CE")));
}

/* --- what is promised --------------------------------------------------- */

/* The host says nothing to what was sent so far: what it says first is this. */
static inline void expect_silence(struct __test_metadata *_metadata,
				  struct wire *w)
{
	static struct frame f;
	static uint16_t sequence = 0x5100;

	echo(&f, HOST, 8);
	icmp_of(&f)->un.echo.sequence = htons(++sequence);
	icmp_of(&f)->checksum = 0;
	icmp_of(&f)->checksum = checksum(icmp_of(&f), 16);
	ASSERT_EQ(0, transmit(w, &f));
	ASSERT_EQ(0, receive(w, &f, SOON));
	EXPECT_EQ(ICMP_ECHOREPLY, icmp_of(&f)->type);
	EXPECT_EQ(sequence, ntohs(icmp_of(&f)->un.echo.sequence));
}

/*
 * The packet is dropped in silence, and exactly @name counts it, and nothing else
 * but what counts anything. (Linux's own counters have other names.)
 */
static inline void expect_drop(struct __test_metadata *_metadata,
			       struct wire *w, const struct frame *f,
			       const char *name)
{
	static struct counters before, after;
	unsigned long n = 0;
	int i;

	if (w->kite) {
		ASSERT_EQ(0, read_counters(&before));
		n = counter(name);
		ASSERT_NE(-1UL, n) {
			TH_LOG("no counter %s", name);
		}
	}
	ASSERT_EQ(0, transmit(w, f));
	if (w->kite) {
		EXPECT_EQ(0, wait_counter(name, n + 1)) {
			TH_LOG("%s does not count", name);
		}
		ASSERT_EQ(0, read_counters(&after));
		for (i = 0; i < before.n; i++) {
			if (counts_anything(after.c[i].name) ||
			    !strcmp(after.c[i].name, name))
				continue;
			EXPECT_EQ(before.c[i].value, after.c[i].value) {
				TH_LOG("%s counts", after.c[i].name);
			}
		}
	}
	expect_silence(_metadata, w);
}

/* The next thing the host says is this ICMP error about that packet. */
static inline void expect_error(struct __test_metadata *_metadata,
				struct wire *w, const struct frame *about,
				int type, int code, uint32_t info)
{
	static struct frame f;
	struct icmphdr *icmph;
	struct iphdr *quoted;
	size_t len, room;

	ASSERT_EQ(0, receive(w, &f, SOON));
	icmph = icmp_of(&f);
	quoted = (struct iphdr *)(icmph + 1);
	len = f.len - f.ip.ihl * 4;
	ASSERT_EQ(IPPROTO_ICMP, f.ip.protocol);
	EXPECT_EQ(type, icmph->type);
	EXPECT_EQ(code, icmph->code);
	EXPECT_EQ(info, ntohl(icmph->un.gateway));
	EXPECT_EQ(0, checksum(icmph, len));
	EXPECT_EQ(inet_addr(PEER), f.ip.daddr);
	EXPECT_EQ(inet_addr(HOST), f.ip.saddr);
	/* RFC 1812 4.3.2.3: as much as fits. */
	room = 576 - f.ip.ihl * 4 - sizeof(*icmph);
	EXPECT_EQ(about->len < room ? about->len : room, len - sizeof(*icmph));
	EXPECT_EQ(0, memcmp(quoted, about->bytes, len - sizeof(*icmph)));
}

/* The host answers a ping that was sent as @asked. */
static inline void expect_echo(struct __test_metadata *_metadata,
			       struct wire *w, const struct frame *asked,
			       const char *from)
{
	static struct frame f;
	size_t len = asked->len - asked->ip.ihl * 4;

	ASSERT_EQ(0, receive(w, &f, SOON));
	EXPECT_EQ(IPPROTO_ICMP, f.ip.protocol);
	EXPECT_EQ(ICMP_ECHOREPLY, icmp_of(&f)->type);
	EXPECT_EQ(inet_addr(from), f.ip.saddr);
	EXPECT_EQ(asked->ip.saddr, f.ip.daddr);
	EXPECT_EQ(64, f.ip.ttl);
	ASSERT_EQ(len, f.len - f.ip.ihl * 4);
	EXPECT_EQ(0, checksum(icmp_of(&f), len));
	EXPECT_EQ(0, memcmp(icmp_of(&f) + 1, asked->bytes + asked->ip.ihl * 4 +
			    sizeof(struct icmphdr),
			    len - sizeof(struct icmphdr)));
}

static inline int wire_take(struct wire *w, int family)
{
	static struct frame old;

	*w = wires[family == AF_KITE];
	if (setns(w->host, CLONE_NEWNET))
		return -1;
	while (!receive(w, &old, 0))
		;
	/* What an earlier test taught the host about the path. */
	if (write_file("/proc/sys/net/ipv4/route/flush", "1"))
		return -1;
	return w->kite ? read_counters(&base) : 0;
}

#define FIXTURE_ON_A_WIRE(name)						\
	FIXTURE(name) {							\
		struct wire w;						\
		struct frame f;						\
	};								\
	BOTH_FAMILIES(name);						\
	FIXTURE_SETUP(name)						\
	{								\
		ASSERT_EQ(0, wire_take(&self->w, variant->family));	\
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
		EXPECT_EQ(0, run("%s", wire_undo));			\
	}

#endif /* _KITE_WIRE_H */
