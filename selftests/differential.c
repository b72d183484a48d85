// SPDX-License-Identifier: GPL-2.0
/*
 * The differential test: sequences of socket calls, made up at random, run on
 * AF_INET and on AF_KITE side by side, and whatever a program can see has to be
 * the same: results, errno, names, poll(), data.
 *
 *	differential [-n COUNT] [-s SEED] [-r NUMBER] [-v]
 *
 * runs COUNT sequences made from SEED, or the one with that NUMBER; -v shows what
 * each call did. A sequence that differs is made as short as it can be while it
 * still differs, and printed. The same seed gives the same sequences.
 *
 * Nothing depends on time. All runs on one processor, and packets over loopback
 * wait in that processor's one queue in order of their arrival: when a datagram
 * that was sent later has arrived, so has all that was sent before.
 *
 * time limit: 400 s
 */
#include "differential_make.h"

#include <getopt.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define BATCH		250	/* sequences in one namespace */
#define FAILURES	5	/* so many are shown of a setting */
#define COUNT		3000
#define COUNT_DEBUG	600	/* where everything is checked, and slow */
#define LONGEST_WAY	4	/* packets in a row that a call can cause */

/* What the namespace is like. */
static const struct setting {
	const char *name;
	const char *sysctl, *value;
	bool unprivileged;
} settings[] = {
	{ "as the administrator" },
	{ "as an ordinary user", .unprivileged = true },
	{ "with ip_nonlocal_bind", "net/ipv4/ip_nonlocal_bind", "1" },
	{ "with ip_unprivileged_port_start 0",
	  "net/ipv4/ip_unprivileged_port_start", "0", true },
	{ "with ip_no_pmtu_disc", "net/ipv4/ip_no_pmtu_disc", "1" },
	{ "with ip_default_ttl 7", "net/ipv4/ip_default_ttl", "7" },
};

#define SETTINGS	(sizeof(settings) / sizeof(*settings))

static int barrier = -1;
static bool verbose;

static bool raw_more(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SEND || op->call == CALL_SENDTO) &&
	       op->flags == FLAG_MORE && is_raw(w, op->slot);
}

static bool raw_disconnect(const struct world *w, const struct op *op)
{
	return (op->call == CALL_DISCONNECT ||
		(op->call == CALL_CONNECT && op->form == FORM_UNSPEC)) &&
	       is_raw(w, op->slot);
}

/* Over loopback, whose MTU is greater than a packet's length field can say. */
static bool longer_than_ip(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SEND || op->call == CALL_SENDTO) &&
	       op->len == LEN_HUGE && w->kind[op->slot] == KIND_UDP;
}

static bool connect_while_corked(const struct world *w, const struct op *op)
{
	int unsent = 0;

	return op->call == CALL_CONNECT && w->kind[op->slot] == KIND_UDP &&
	       !ioctl(w->fd[op->slot], TIOCOUTQ, &unsent) && unsent;
}

/* Linux 6.1 goes by what it was at bind(), 6.12 by what it is. */
static bool reuse_taken_back(const struct world *w, const struct op *op)
{
	const struct option_call *o = &opts[op->opt];

	return op->call == CALL_SETOPT && o->level == SOL_SOCKET &&
	       (o->number == SO_REUSEADDR || o->number == SO_REUSEPORT) &&
	       !o->values[op->val] && w->kind[op->slot] == KIND_TCP &&
	       port_of(w->fd[op->slot]);
}

/* Linux has it since 6.9. */
static bool stream_peek_offset(const struct world *w, const struct op *op)
{
	return (op->call == CALL_SETOPT || op->call == CALL_GETOPT) &&
	       opts[op->opt].number == SO_PEEK_OFF &&
	       opts[op->opt].level == SOL_SOCKET &&
	       w->kind[op->slot] == KIND_TCP;
}

static bool backlog_of_0(const struct world *w, const struct op *op)
{
	return op->call == CALL_LISTEN && !op->val;
}

/* Where KITE differs on purpose: docs/MIRROR.md, "Deliberate differences". */
static const struct {
	const char *what;
	bool (*covers)(const struct world *w, const struct op *op);
} deliberate[] = {
	{ "MSG_MORE on raw sockets is EOPNOTSUPP", raw_more },
	{ "connect(AF_UNSPEC) keeps a raw socket in its table", raw_disconnect },
	{ "a packet of 65,536 octets is EMSGSIZE", longer_than_ip },
	{ "connect() does not redirect corked data", connect_while_corked },
	{ "SO_REUSEADDR counts as it is now", reuse_taken_back },
	{ "SO_PEEK_OFF on TCP is EOPNOTSUPP", stream_peek_offset },
	{ "a backlog of 0 lets one half-open connection in", backlog_of_0 },
};

static bool differs_on_purpose(const struct world *w, const struct op *op)
{
	unsigned int i;

	for (i = 0; i < sizeof(deliberate) / sizeof(*deliberate); i++)
		if (deliberate[i].covers(w, op))
			return true;
	return false;
}

/* Wait until everything that was sent has arrived, and what that caused. */
static void settle(void)
{
	char c;
	int i;

	for (i = 0; i < LONGEST_WAY; i++)
		if (send(barrier, "", 1, 0) != 1 || recv(barrier, &c, 1, 0) != 1)
			_exit(255);
}

static bool may_send(const struct op *op)
{
	switch ((enum call)op->call) {
	case CALL_CLOSE:
	case CALL_CONNECT:
	case CALL_DISCONNECT:
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_SHUTDOWN:
	case CALL_SETOPT:
		return true;
	default:
		return false;
	}
}

/* What a call changed, as far as it can be seen: all of it at the end. */
static void look_around(struct text *t, struct world *w, const struct op *op)
{
	struct pollfd p[SLOTS];
	int i;

	for (i = 0; i < SLOTS; i++) {
		p[i].fd = w->fd[i];
		p[i].events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
		p[i].revents = 0;
	}
	poll(p, SLOTS, 0);
	say(t, "\n      poll");
	for (i = 0; i < SLOTS; i++)
		say(t, w->fd[i] < 0 ? " -" : " %#x", p[i].revents);
	for (i = 0; i < SLOTS; i++)
		if (w->fd[i] >= 0 &&
		    (!op || op->slot == i ||
		     (op->call == CALL_ACCEPT && op->other == i)))
			look_at(t, w, i);
}

static void show(const struct op *op, const struct text t[2], bool same)
{
	struct text line = {};

	if (op)
		say_call(&line, op);
	else
		say(&line, "in the end");
	if (same)
		printf("#   %s = %s\n", line.s, t[0].s);
	else
		printf("#   %s\n#     inet: %s\n#     kite: %s\n", line.s, t[0].s,
		       t[1].s);
}

/* Run a sequence; whether both families agree on every call. */
static bool agree(const struct sequence *seq, int number, bool tell)
{
	struct world w[2] = { { .family = AF_INET }, { .family = AF_KITE } };
	bool same = true;
	int i, f, s;

	for (f = 0; f < 2; f++) {
		w[f].base = 20000 + number % BATCH * PORTS;
		w[f].low = 600 + number % BATCH;
		for (s = 0; s < SLOTS; s++)
			w[f].fd[s] = -1;
	}
	for (i = 0; i <= seq->n && same; i++) {
		const struct op *op = i < seq->n ? &seq->op[i] : NULL;
		struct text t[2] = {};

		if (op && (!is_possible(&w[0], op) ||
			   differs_on_purpose(&w[0], op)))
			continue;
		for (f = 0; op && f < 2; f++)
			make_call(&t[f], &w[f], op, i);
		if (op && may_send(op))
			settle();
		for (f = 0; f < 2; f++)
			look_around(&t[f], &w[f], op);
		same = !strcmp(t[0].s, t[1].s);
		if (tell)
			show(op, t, same);
	}
	for (f = 0; f < 2; f++)
		for (s = 0; s < SLOTS; s++)
			if (w[f].fd[s] >= 0)
				close(w[f].fd[s]);
	settle();
	return same;
}

/* A namespace with a second device that swallows what is sent by it. */
static int enter_namespace(const struct setting *set)
{
	char path[64];

	if (own_network() ||
	    system("printf 'link add other type dummy\n"
		   "addr add 10.1.1.1/24 broadcast 10.1.1.255 dev other\n"
		   "link set other up\n' | /usr/sbin/ip -batch -") ||
	    write_file("/proc/sys/net/ipv4/icmp_ratemask", "0") ||
	    /* By them a TIME_WAIT is reused, once a delayed ACK has come. */
	    write_file("/proc/sys/net/ipv4/tcp_timestamps", "0"))
		return -1;
	if (set->sysctl) {
		snprintf(path, sizeof(path), "/proc/sys/%s", set->sysctl);
		if (write_file(path, set->value))
			return -1;
	}
	if (set->unprivileged &&
	    setresuid(OTHER_UID + 1, OTHER_UID + 1, OTHER_UID + 1))
		return -1;
	return 0;
}

/*
 * In a process and a namespace of their own, run the sequences from @first up to
 * @end, or @seq if there is one. Returns the number of the first that differs,
 * @end if none does, -1 if something else went wrong.
 */
static int run(const struct setting *set, uint64_t seed, int first, int end,
	       const struct sequence *seq, bool tell)
{
	struct sequence made;
	int status, number;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (enter_namespace(set))
			_exit(255);
		for (number = first; number < end; number++) {
			if (!seq)
				make_sequence(&made, seed, number);
			if (!agree(seq ?: &made, number, tell))
				break;
		}
		fflush(stdout);
		_exit(number - first);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > end - first)
		return -1;
	return first + WEXITSTATUS(status);
}

static bool differs(const struct setting *set, const struct sequence *seq,
		    int number)
{
	return run(set, 0, number, number + 1, seq, false) == number;
}

/* Leave calls out, many at once and then one by one, as long as it differs. */
static void shrink(const struct setting *set, struct sequence *seq, int number)
{
	struct sequence less;
	int size, at;

	for (size = seq->n / 2; size; size /= 2) {
		for (at = 0; at < seq->n; ) {
			int cut = size < seq->n - at ? size : seq->n - at;

			less = *seq;
			memmove(less.op + at, less.op + at + cut,
				(less.n - at - cut) * sizeof(*less.op));
			less.n -= cut;
			if (differs(set, &less, number))
				*seq = less;
			else
				at += size;
		}
	}
}

/*
 * Ports that the kernel chose can be equal by chance, so a difference counts when
 * it comes again.
 */
static bool report(const struct setting *set, uint64_t seed, int number)
{
	struct sequence seq;

	make_sequence(&seq, seed, number);
	if (!differs(set, &seq, number))
		return false;
	shrink(set, &seq, number);
	printf("# sequence %d of seed %llu differs, in short:\n", number,
	       (unsigned long long)seed);
	run(set, 0, number, number + 1, &seq, true);
	return true;
}

/* All sequences of a setting; how many differ. */
static int run_setting(const struct setting *set, uint64_t seed, int first,
		       int end)
{
	int failures = 0, at = first, stop, got;

	while (at < end && failures < FAILURES) {
		stop = at - at % BATCH + BATCH;
		if (stop > end)
			stop = end;
		got = run(set, seed, at, stop, NULL, verbose);
		if (got < 0) {
			printf("# sequence %d or behind: could not be run\n", at);
			return failures + 1;
		}
		if (got < stop) {
			failures += report(set, seed, got);
			got++;
		}
		at = got;
	}
	return failures;
}

/* In a namespace of its own, so that the sequences' sockets do not hear it. */
static int make_barrier(void)
{
	struct timeval patience = { .tv_sec = 60 };

	if (own_network())
		return -1;
	barrier = bound_socket(AF_INET, SOCK_DGRAM, 0);
	if (barrier < 0 ||
	    connect_to(barrier, AF_INET, "127.0.0.1", port_of(barrier)))
		return -1;
	return setsockopt(barrier, SOL_SOCKET, SO_RCVTIMEO, &patience,
			  sizeof(patience));
}

int main(int argc, char **argv)
{
	int count = is_debug_kernel() ? COUNT_DEBUG : COUNT;
	int one = -1, failed = 0, opt;
	unsigned int i;
	uint64_t seed = 1;
	cpu_set_t cpus;

	while ((opt = getopt(argc, argv, "n:s:r:v")) != -1) {
		switch (opt) {
		case 'n':
			count = atoi(optarg);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			one = atoi(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 1;
		}
	}
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || make_barrier()) {
		printf("Bail out! cannot be set up: %s\n", strerror(errno));
		return 1;
	}

	printf("TAP version 13\n1..%d\n", (int)SETTINGS);
	for (i = 0; i < SETTINGS; i++) {
		int first = (long)count * i / SETTINGS;
		int end = (long)count * (i + 1) / SETTINGS;

		if (one >= 0) {
			first = one < first || one >= end ? end : one;
			end = first < end ? first + 1 : end;
		}
		opt = run_setting(&settings[i], seed, first, end);
		failed |= opt;
		printf("%sok %d - %d sequences agree %s\n", opt ? "not " : "",
		       i + 1, end - first, settings[i].name);
		fflush(stdout);
	}
	return !!failed;
}
