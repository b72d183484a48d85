/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is refused to KITE: the kernel's fault injection, aimed at the code of
 * the module. Include kite_test.h first.
 */
#ifndef _KITE_FAULTS_H
#define _KITE_FAULTS_H

#include <stdbool.h>

#define DEBUGFS	"/sys/kernel/debug/"

static const char * const injectors[] = { "failslab", "fail_page_alloc" };

static inline int set_injector(const char *injector, const char *name,
			       const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", injector, name);
	return write_file(path, value);
}

/* Where KITE is in memory. */
static inline int place_of_kite(unsigned long long *start, unsigned long long *end)
{
	unsigned long long len;
	char line[512];
	int err = -ENOENT;
	FILE *f;

	f = fopen("/proc/modules", "r");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "kite %llu %*d %*s %*s 0x%llx",
			   &len, start) != 2)
			continue;
		*end = *start + len;
		err = 0;
	}
	fclose(f);
	return err;
}

/* Only allocations on behalf of code between @start and @end shall fail. */
static inline int aim_injectors(unsigned long long start, unsigned long long end)
{
	unsigned int i;
	char text[32];
	int err = 0;

	for (i = 0; !err && i < 2; i++) {
		snprintf(text, sizeof(text), "0x%llx", start);
		err = set_injector(injectors[i], "require-start", text);
		snprintf(text, sizeof(text), "0x%llx", end);
		if (!err)
			err = set_injector(injectors[i], "require-end", text);
	}
	return err;
}

/* @times (-1: all) of the allocations fail with a probability of @percent. */
static inline int start_injectors(const char *percent, const char *times)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < 2; i++) {
		err = set_injector(injectors[i], "times", times);
		if (!err)
			err = set_injector(injectors[i], "probability", percent);
	}
	return err;
}

static inline int set_up_injectors(void)
{
	unsigned long long start, end;
	unsigned int i;
	int err;

	err = place_of_kite(&start, &end) ?: aim_injectors(start, end) ?:
	      start_injectors("0", "1");
	for (i = 0; !err && i < 2; i++) {
		err = set_injector(injectors[i], "stacktrace-depth", "32");
		if (!err)
			err = set_injector(injectors[i], "ignore-gfp-wait",
					   "N");
		if (!err)
			err = set_injector(injectors[i], "verbose", "0");
	}
	if (!err)
		err = set_injector("fail_page_alloc", "min-order", "0");
	return err;
}

static inline void reset_injectors(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		set_injector(injectors[i], "probability", "0");
		set_injector(injectors[i], "times", "1");
		set_injector(injectors[i], "require-start", "0");
		set_injector(injectors[i], "require-end", "0xffffffffffffffff");
		set_injector(injectors[i], "ignore-gfp-wait", "Y");
	}
}

/* Whatever goes wrong with a port that nobody asked for is EAGAIN. */
static inline bool says_no_memory(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == EAGAIN;
}

#endif /* _KITE_FAULTS_H */
