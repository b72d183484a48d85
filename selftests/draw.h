/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fuzzers share: numbers that look random and come again with the same seed, what the
 * environment says of how many and which, and sums of what came of them.
 */
#ifndef _KITE_DRAW_H
#define _KITE_DRAW_H

#include "kite_test.h"

#include <sys/random.h>

#define SEED	20261125	/* where none is asked for */

/* xorshift64* */
static inline uint32_t draw_from(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * 0x2545f4914f6cdd1dULL) >> 32;
}

static inline uint32_t below_from(uint64_t *state, uint32_t n)
{
	return (uint64_t)draw_from(state) * n >> 32;
}

/* Of anything that has the generator's state. */
#define draw(z)		draw_from(&(z)->state)
#define below(z, n)	below_from(&(z)->state, n)
#define one_in(z, n)	(!below(z, n))

/* One of several numbers. */
#define PICK(z, ...)							\
	({								\
		const uint32_t _of[] = { __VA_ARGS__ };			\
									\
		_of[below(z, sizeof(_of) / sizeof(_of[0]))];		\
	})

static inline void fill_from(uint64_t *state, unsigned char *p, size_t len)
{
	while (len--)
		*p++ = draw_from(state);
}

#define fill_random(z, p, len)	fill_from(&(z)->state, p, len)

/* A sum that tells octets from others; FNV-1a. */
static inline uint32_t summed(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		sum = (sum ^ *p++) * 0x01000193;
	return sum;
}

/* A number that the environment may set. */
static inline unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

/* The seed that is asked for; a new one if that is 0. */
static inline unsigned long seed_asked_for(void)
{
	unsigned long seed = number("KITE_FUZZ_SEED", SEED);

	while (!seed)
		if (getrandom(&seed, sizeof(seed), 0) < 0)
			abort();
	return seed;
}

#endif /* _KITE_DRAW_H */
