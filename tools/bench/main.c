// SPDX-License-Identifier: GPL-2.0
/*
 * kite-bench: measure one operation on one address family.
 *
 *   kite-bench OPERATION inet|kite
 *   kite-bench --list
 *
 * Prints a line for each result: operation, family, what, value, with tabs in
 * between; or the names of the operations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../profile/mark.h"
#include "bench.h"

int family;

static const struct bench {
	const char	*name;
	void		(*run)(void);
} benches[] = {
	{ "stream-rr",		bench_stream_rr },
	{ "dgram-rr",		bench_dgram_rr },
	{ "connect-rr-close",	bench_connect_rr_close },
	{ "accept-cpus",	bench_accept_cpus },
	{ "socket-close",	bench_socket_close },
	{ "stream-bulk",	bench_stream_bulk },
	{ "bind-any",		bench_bind_any },
	{ "bind-explicit",	bench_bind_explicit },
	{ "connect-any",	bench_connect_any },
	{ "lookup-connection",	bench_lookup_connection },
	{ "lookup-listener",	bench_lookup_listener },
	{ "lookup-dgram",	bench_lookup_dgram },
	{ "flood",		bench_flood },
	{ "memory",		bench_memory },
	{ "hop",		bench_hop },
	{ "hop-flows",		bench_hop_flows },
	{ "stream-rr-router",	bench_stream_rr_router },
	{ "stream-bulk-router",	bench_stream_bulk_router },
};

static const struct bench *bench;
static const char *family_name;

/**
 * report() - print one result
 * @what: what was measured, for people
 * @value: instructions for each, or bytes if @what says so
 */
void report(const char *what, double value)
{
	printf("%s\t%s\t%s\t%.0f\n", bench->name, family_name, what, value);
	fflush(stdout);
	MARK(MARK_REPORT);
}

static int kite_family(void)
{
	FILE *file = fopen("/sys/module/kite/parameters/family", "r");
	int number;

	if (!file || fscanf(file, "%d", &number) != 1)
		errx(1, "the module kite is not loaded");
	fclose(file);
	return number;
}

static void list(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(benches); i++)
		puts(benches[i].name);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (argc != 3)
		errx(2, "usage: kite-bench OPERATION inet|kite");

	family_name = argv[2];
	if (!strcmp(family_name, "inet"))
		family = AF_INET;
	else if (!strcmp(family_name, "kite"))
		family = kite_family();
	else
		errx(2, "no family %s", family_name);

	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (!strcmp(argv[1], benches[i].name)) {
			bench = &benches[i];
			settle();
			bench->run();
			return 0;
		}
	}
	errx(2, "no operation %s", argv[1]);
}
