// SPDX-License-Identifier: GPL-2.0
/*
 * The clock. Under QEMU's -icount the guest's clock advances one nanosecond an
 * instruction, and jumps to the next timer when the processor has nothing to
 * do. What has waited is therefore no measurement: it is refused.
 *
 * A machine with several processors cannot count so. There the clock is one.
 */
#include <stdio.h>
#include <time.h>

#include "../profile/mark.h"
#include "bench.h"

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

/* The kernel tells idle time in hundredths of a second: two may be rounding. */
#define IDLE_GRAIN	(2 * NSEC_PER_SEC / 100)

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static long long idle(void)
{
	FILE *file = fopen("/proc/uptime", "r");
	double seconds;

	if (!file || fscanf(file, "%*f %lf", &seconds) != 1)
		err(1, "/proc/uptime");
	fclose(file);
	return seconds * NSEC_PER_SEC;
}

/**
 * processors() - how many there are
 */
unsigned int processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/**
 * span_begin() - begin to measure
 *
 * Return: the span, for span_end().
 */
struct span span_begin(void)
{
	struct span span = { .idle = idle() };

	MARK(MARK_BEGIN);
	span.begin = now();
	return span;
}

/**
 * span_end() - how many instructions the processor has executed in a span
 * @span: from span_begin()
 *
 * Ends the program if the processor was idle in between. With several processors: how many
 * nanoseconds have gone by.
 */
double span_end(const struct span *span)
{
	double took = now() - span->begin;
	long long waited;

	MARK(MARK_END);
	waited = idle() - span->idle;
	if (waited > IDLE_GRAIN && processors() == 1)
		errx(1, "the processor was idle for %lld ms of %.0f",
		     waited / NSEC_PER_MSEC, took / NSEC_PER_MSEC);
	return took;
}

/**
 * settle() - let what ran before come to its end
 *
 * Dead namespaces, RCU callbacks and timers are cleaned up behind a program's
 * back and would be counted for the next. The wait costs no instructions.
 */
void settle(void)
{
	sleep(2);
}
