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

#endif /* KITE_NEXT_H */
