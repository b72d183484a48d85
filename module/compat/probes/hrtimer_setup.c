// SPDX-License-Identifier: GPL-2.0
/* hrtimer_setup() exists (6.13), formerly hrtimer_init() and an assignment. */
#include <linux/hrtimer.h>

void probe(struct hrtimer *timer,
	   enum hrtimer_restart (*fn)(struct hrtimer *timer))
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}
