// SPDX-License-Identifier: GPL-2.0
/* <linux/unaligned.h> exists (6.12), formerly <asm/unaligned.h>. */
#include <linux/unaligned.h>
#include <linux/types.h>

u32 probe(const void *p);
u32 probe(const void *p)
{
	return get_unaligned_be32(p);
}
