/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the program that is measured talks to the plugin (insns.c): by an
 * instruction that does nothing anywhere, and says its number in what would be
 * an address.
 */
#ifndef KITE_PROFILE_MARK_H
#define KITE_PROFILE_MARK_H

#define MARK_BEGIN	0x4b495401	/* count what is executed from now on */
#define MARK_END	0x4b495402	/* count no more */
#define MARK_REPORT	0x4b495403	/* write down what was counted, and forget it */

/* nopl MARK(%rax), and its first octets. The plugin knows no other machine's. */
#ifdef __x86_64__
#define MARK(number)	asm volatile("nopl %c0(%%rax)" : : "i" (number) : "memory")
#else
#define MARK(number)	((void)(number))
#endif
#define MARK_OPCODE	{ 0x0f, 0x1f, 0x80 }

#endif /* KITE_PROFILE_MARK_H */
