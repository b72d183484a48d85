/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace of a test's own, an instance of the kernel's tracing.
 */
#ifndef _KITE_TRACED_H
#define _KITE_TRACED_H

#include "kite_test.h"

#define RECORD_NAMES	"/sys/kernel/tracing/options/record-cmd"

/* Where it is. */
static char traced[128];

/* A file of it; good until the next call. */
static inline const char *traced_file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", traced, name);
	return path;
}

/*
 * Begin a trace in which nothing appears yet; -1 without tracing. It inherits the option to
 * record the names of processes, which would patch the scheduler.
 */
static inline int trace_begin(void)
{
	int err;

	snprintf(traced, sizeof(traced), "/sys/kernel/tracing/instances/kite-test-%d", getpid());
	if (write_file(RECORD_NAMES, "0"))
		return -1;
	err = mkdir(traced, 0700);
	return write_file(RECORD_NAMES, "1") ?: err;
}

/* Let an event appear, or all of a directory of them, such as "kite". */
static inline int trace_event(const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "events/%s/enable", name);
	return write_file(traced_file(file), "1");
}

static inline int trace_end(void)
{
	return rmdir(traced);
}

#endif /* _KITE_TRACED_H */
