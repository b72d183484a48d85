// SPDX-License-Identifier: GPL-2.0
/*
 * timer_delete() and timer_delete_sync() exist (6.2, and in stable kernels), formerly
 * del_timer().
 */
#include <linux/timer.h>

int probe(struct timer_list *t)
{
	return timer_delete(t) + timer_delete_sync(t);
}
