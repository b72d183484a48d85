/* SPDX-License-Identifier: GPL-2.0 */
/* How a function of the library reaches the one whose place it takes. */
#ifndef KITE_NEXT_H
#define KITE_NEXT_H

#include <dlfcn.h>

#define EXPORT	__attribute__((visibility("default")))

/**
 * NEXT() - the function of this name that would be called without the library
 * @name: declared by a header
 *
 * Looked up at its first use. Threads that do so at the same time find the same.
 */
#define NEXT(name) ({							\
	static __typeof__(name) *next;				\
									\
	if (!next)							\
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);	\
	next;								\
})

/*
 * What open() and its kin become in programs that are built with _FORTIFY_SOURCE, where
 * the flags are not known then: without a mode. No header declares them to others.
 */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

#endif /* KITE_NEXT_H */
