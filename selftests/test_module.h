/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A module of selftests/modules, which the kernel loads by itself, and a test takes out.
 */
#ifndef _KITE_TEST_MODULE_H
#define _KITE_TEST_MODULE_H

#include "kite_test.h"

#include <sys/syscall.h>

static inline bool module_is_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* As rmmod(8) asks, who does not wait: EAGAIN while somebody uses it. */
static inline long module_delete(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK);
}

/* Take it out; waits for sockets that RCU is still freeing. */
static inline int module_unload(const char *name)
{
	int ms;

	for (ms = 0; module_delete(name); ms += 20) {
		if (errno == ENOENT)
			return 0;
		if (ms > SOON)
			return -1;
		usleep(20000);
	}
	return 0;
}

#endif /* _KITE_TEST_MODULE_H */
