/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Run sequences of socket calls, made up at random, on AF_INET and on AF_KITE side by
 * side; whatever a program can see has to be the same: results, errno, names, poll(),
 * data, the state of a connection.
 *
 *	PROGRAM [-n COUNT] [-s SEED] [-r NUMBER] [-v]
 *
 * runs COUNT sequences made from SEED, or the one with that NUMBER; -v shows what
 * each call did. A sequence that differs is made as short as it can be while it
 * still differs, and printed. The same seed gives the same sequences.
 *
 * What counts does not depend on time. All runs on one processor, and packets over
 * loopback wait in that processor's one queue in order of their arrival: when a
 * datagram that was sent later has arrived, so has all that was sent before.
 */
#ifndef _DIFFERENTIAL_RUN_H
#define _DIFFERENTIAL_RUN_H

#include "differential_deliberate.h"
#include "differential_say.h"

#include <getopt.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define BATCH		250	/* sequences in one namespace */
#define FAILURES	5	/* so many are shown of a setting */
#define LONGEST_WAY	4	/* packets in a row that a call can cause */
#define PATIENCE	1000	/* milliseconds at least, for timers */

/* What the namespace is like. */
struct setting {
	const char *name;
	const char *sysctl, *value;
	bool unprivileged;
};

/**
 * struct program - a differential test
 * @settings: each gets an equal part of the sequences
 * @nr_settings: how many
 * @count: of sequences
 * @count_debug: the same where everything is checked, and slow
 * @make: make sequence @number of a seed
 * @look_at_all: after each call, at all sockets
 */
struct program {
	const struct setting *settings;
	int nr_settings;
	int count, count_debug;
	void (*make)(struct sequence *seq, uint64_t seed, int number);
	bool look_at_all;
};

static int barrier = -1;
static bool verbose;

/* Wait until everything that was sent has arrived, and what that caused. */
static inline void settle(void)
{
	char c;
	int i;

	for (i = 0; i < LONGEST_WAY; i++)
		if (send(barrier, "", 1, 0) != 1 || recv(barrier, &c, 1, 0) != 1)
			_exit(255);
}

static inline bool may_send(const struct op *op)
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

/*
 * What a call changed, as far as it can be seen: all of it at the end, or always if
 * the program wants so.
 */
static inline void look_around(const struct program *prog, struct text *t,
			       struct world *w, const struct op *op)
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
		    (!op || prog->look_at_all || op->slot == i ||
		     (op->call == CALL_ACCEPT && op->other == i)))
			look_at(t, w, i);
}

/*
 * Whether the results of a call are the same, and what can be seen then. Timers may
 * have a part in that: an acknowledgment waits for company in one family, and not
 * in the other. So what differs may become the same within PATIENCE.
 */
static inline bool see_the_same(const struct program *prog, struct text t[2],
				struct world w[2], const struct op *op)
{
	bool same = !strcmp(t[0].s, t[1].s), patient = same;
	struct text seen[2];
	int tries, f;

	for (tries = 0; !tries || (patient && !same && tries < PATIENCE); tries++) {
		if (tries)
			poll(NULL, 0, 1);
		for (f = 0; f < 2; f++) {
			seen[f] = t[f];
			look_around(prog, &seen[f], &w[f], op);
		}
		same = !strcmp(seen[0].s, seen[1].s);
	}
	memcpy(t, seen, sizeof(seen));
	return same;
}

static inline void show(const struct op *op, const struct text t[2], bool same)
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
static inline bool agree(const struct program *prog, const struct sequence *seq,
			 int number, bool tell)
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
		same = see_the_same(prog, t, w, op);
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

/*
 * A namespace with a second device that swallows what is sent by it. Acknowledgments
 * wait for company only where there is no route to say otherwise, to 0.0.0.0.
 */
static inline int enter_namespace(const struct setting *set)
{
	char path[64];

	if (own_network() ||
	    system("printf 'link add other type dummy\n"
		   "addr add 10.1.1.1/24 broadcast 10.1.1.255 dev other\n"
		   "link set other up\n"
		   "route replace local 127.0.0.0/8 dev lo table 255 "
		   "proto kernel scope host src 127.0.0.1 quickack 1\n"
		   "route replace local 127.0.0.1 dev lo table 255 "
		   "proto kernel scope host src 127.0.0.1 quickack 1\n"
		   "route replace local 10.1.1.1 dev other table 255 "
		   "proto kernel scope host src 10.1.1.1 quickack 1\n"
		   "' | /usr/sbin/ip -batch -") ||
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
static inline int run(const struct program *prog, const struct setting *set,
		      uint64_t seed, int first, int end,
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
				prog->make(&made, seed, number);
			if (!agree(prog, seq ?: &made, number, tell))
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

static inline bool differs(const struct program *prog, const struct setting *set,
			   const struct sequence *seq, int number)
{
	return run(prog, set, 0, number, number + 1, seq, false) == number;
}

/* Leave calls out, many at once and then one by one, as long as it differs. */
static inline void shrink(const struct program *prog, const struct setting *set,
			  struct sequence *seq, int number)
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
			if (differs(prog, set, &less, number))
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
static inline bool report(const struct program *prog, const struct setting *set,
			  uint64_t seed, int number)
{
	struct sequence seq;

	prog->make(&seq, seed, number);
	if (!differs(prog, set, &seq, number))
		return false;
	shrink(prog, set, &seq, number);
	printf("# sequence %d of seed %llu differs, in short:\n", number,
	       (unsigned long long)seed);
	run(prog, set, 0, number, number + 1, &seq, true);
	return true;
}

/* All sequences of a setting; how many differ. */
static inline int run_setting(const struct program *prog, const struct setting *set,
			      uint64_t seed, int first, int end)
{
	int failures = 0, at = first, stop, got;

	while (at < end && failures < FAILURES) {
		stop = at - at % BATCH + BATCH;
		if (stop > end)
			stop = end;
		got = run(prog, set, seed, at, stop, NULL, verbose);
		if (got < 0) {
			printf("# sequence %d or behind: could not be run\n", at);
			return failures + 1;
		}
		if (got < stop) {
			failures += report(prog, set, seed, got);
			got++;
		}
		at = got;
	}
	return failures;
}

/* In a namespace of its own, so that the sequences' sockets do not hear it. */
static inline int make_barrier(void)
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

/**
 * differential_main() - main() of a differential test
 * @prog: what it is about
 * @argc: as main() got it
 * @argv: the same
 *
 * Return: exit status.
 */
static inline int differential_main(const struct program *prog, int argc, char **argv)
{
	int count = is_debug_kernel() ? prog->count_debug : prog->count;
	int one = -1, failed = 0, opt;
	uint64_t seed = 1;
	cpu_set_t cpus;
	int i;

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

	printf("TAP version 13\n1..%d\n", prog->nr_settings);
	for (i = 0; i < prog->nr_settings; i++) {
		int first = (long)count * i / prog->nr_settings;
		int end = (long)count * (i + 1) / prog->nr_settings;

		if (one >= 0) {
			first = one < first || one >= end ? end : one;
			end = first < end ? first + 1 : end;
		}
		opt = run_setting(prog, &prog->settings[i], seed, first, end);
		failed |= opt;
		printf("%sok %d - %d sequences agree %s\n", opt ? "not " : "",
		       i + 1, end - first, prog->settings[i].name);
		fflush(stdout);
	}
	return !!failed;
}

#endif /* _DIFFERENTIAL_RUN_H */
