/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace of a test's own, an instance of the kernel's tracing.
 */
#ifndef _KITE_TRACED_H
#define _KITE_TRACED_H

#include "kite_test.h"

#include <sys/stat.h>

/* Where it is; empty while there is none. */
static char traced[128];

/* A file of it; good until the next call. */
static inline const char *traced_file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", traced, name);
	return path;
}

/* Begin a trace in which nothing appears yet; -1 without tracing. */
static inline int trace_begin(void)
{
	snprintf(traced, sizeof(traced), "/sys/kernel/tracing/instances/kite-test-%d", getpid());
	return mkdir(traced, 0700);
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
