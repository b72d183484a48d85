// SPDX-License-Identifier: GPL-2.0
/* proc_handler takes a const struct ctl_table (6.11). */
#include <linux/sysctl.h>

static int probe(const struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return 0;
}

proc_handler *probe_handler = probe;
