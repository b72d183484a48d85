// SPDX-License-Identifier: GPL-2.0
/*
 * Drawing a port at random (RFC 6056 3.3.1) is easy while most are free and hard
 * when few are: trial and error then tries thousands. Here, after a trial or two,
 * a draw is a rank and a selection over a bitmap with sums, which cost the same
 * full or empty, and every member of the range is as likely as any other.
 */
#include "port_map.h"

#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#define WORDS_IN_BLOCK	((1u << KITE_MAP_BLOCK_BITS) / BITS_PER_LONG)
#define WORDS_IN_SUPER	((1u << KITE_MAP_SUPER_BITS) / BITS_PER_LONG)
#define BLOCKS_IN_SUPER	(1u << (KITE_MAP_SUPER_BITS - KITE_MAP_BLOCK_BITS))

/* Draws that may hit a port that is no member before those are counted. */
#define TRIALS		2
/* Draws that may hit an excepted port before those are counted out exactly. */
#define DRAWS		8

/**
 * kite_port_map_fill() - make every port a member
 * @map: the set
 *
 * Port 0 is one as well, which nobody asks for or draws.
 */
void kite_port_map_fill(struct kite_port_map *map)
{
	unsigned int i;

	memset(map->in, 0, sizeof(map->in));
	for (i = 0; i < ARRAY_SIZE(map->block); i++)
		map->block[i] = 1u << KITE_MAP_BLOCK_BITS;
	for (i = 0; i < ARRAY_SIZE(map->super); i++)
		map->super[i] = 1u << KITE_MAP_SUPER_BITS;
}

/**
 * kite_port_map_free() - free what a set has grown to
 * @map: the set, not to be used any more
 */
void kite_port_map_free(struct kite_port_map *map)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map->in); i++)
		kfree(map->in[i]);
}

/**
 * kite_port_map_prepare() - see that kite_port_map_del() has got memory
 * @map: the set
 * @port: host order
 *
 * Context: any but hard interrupt; the owner's lock held.
 * Return: 0 or -ENOMEM.
 */
int kite_port_map_prepare(struct kite_port_map *map, u16 port)
{
	unsigned long **slot = &map->in[port >> KITE_MAP_SUPER_BITS], *in;

	if (likely(*slot))
		return 0;
	in = kmalloc_array(WORDS_IN_SUPER, sizeof(*in), GFP_ATOMIC | __GFP_NOWARN);
	if (!in)
		return -ENOMEM;
	bitmap_fill(in, 1u << KITE_MAP_SUPER_BITS);
	/* Pairs with kite_port_map_has(). */
	smp_store_release(slot, in);
	return 0;
}

/**
 * kite_port_map_add() - make a port a member
 * @map: the set
 * @port: host order; may be a member already
 */
void kite_port_map_add(struct kite_port_map *map, u16 port)
{
	unsigned long *in = map->in[port >> KITE_MAP_SUPER_BITS];

	if (!in || __test_and_set_bit(port % BIT(KITE_MAP_SUPER_BITS), in))
		return;
	map->block[port >> KITE_MAP_BLOCK_BITS]++;
	map->super[port >> KITE_MAP_SUPER_BITS]++;
}

/**
 * kite_port_map_del() - make a port no member
 * @map: the set, prepared for @port
 * @port: host order; need not be a member
 */
void kite_port_map_del(struct kite_port_map *map, u16 port)
{
	unsigned long *in = map->in[port >> KITE_MAP_SUPER_BITS];

	if (!__test_and_clear_bit(port % BIT(KITE_MAP_SUPER_BITS), in))
		return;
	map->block[port >> KITE_MAP_BLOCK_BITS]--;
	map->super[port >> KITE_MAP_SUPER_BITS]--;
}

/* The members among the ports from @word * BITS_PER_LONG on. */
static unsigned long word_of(const struct kite_port_map *map, unsigned int word)
{
	const unsigned long *in = map->in[word / WORDS_IN_SUPER];

	return in ? in[word % WORDS_IN_SUPER] : ~0UL;
}

/* How many members are less than @port, which may be KITE_PORTS. */
static unsigned int rank(const struct kite_port_map *map, unsigned int port)
{
	unsigned int super = port >> KITE_MAP_SUPER_BITS;
	unsigned int block = port >> KITE_MAP_BLOCK_BITS;
	unsigned int word = port / BITS_PER_LONG;
	unsigned int bit = port % BITS_PER_LONG;
	unsigned int i, n = 0;

	for (i = 0; i < super; i++)
		n += map->super[i];
	for (i = super * BLOCKS_IN_SUPER; i < block; i++)
		n += map->block[i];
	for (i = block * WORDS_IN_BLOCK; i < word; i++)
		n += hweight_long(word_of(map, i));
	if (bit)
		n += hweight_long(word_of(map, word) & (BIT(bit) - 1));
	return n;
}

/* Position of the @k-th set bit of @word, which has more than @k. */
static unsigned int select_in_word(unsigned long word, unsigned int k)
{
	while (k--)
		word &= word - 1;
	return __ffs(word);
}

/* The member with exactly @k members below it; there are more than @k. */
static unsigned int select(const struct kite_port_map *map, unsigned int k)
{
	unsigned int super, block, word, n;

	for (super = 0; k >= map->super[super]; super++)
		k -= map->super[super];
	for (block = super * BLOCKS_IN_SUPER; k >= map->block[block]; block++)
		k -= map->block[block];
	for (word = block * WORDS_IN_BLOCK;
	     k >= (n = hweight_long(word_of(map, word))); word++)
		k -= n;
	return word * BITS_PER_LONG + select_in_word(word_of(map, word), k);
}

/* The members of one word that are in [low, high] and not excepted. */
static unsigned long legal_in_word(const struct kite_port_map *map,
				   unsigned int word, unsigned int low,
				   unsigned int high,
				   const unsigned long *except)
{
	unsigned long legal = word_of(map, word) & ~except[word];
	unsigned int first = word * BITS_PER_LONG;

	if (low > first)
		legal &= ~0UL << (low - first);
	if (high < first + BITS_PER_LONG - 1)
		legal &= ~0UL >> (first + BITS_PER_LONG - 1 - high);
	return legal;
}

/* Draw where most members are excepted: count what is left, then choose. */
static unsigned int draw_exactly(const struct kite_port_map *map,
				 unsigned int low, unsigned int high,
				 const unsigned long *except)
{
	unsigned int word, n = 0, k;
	unsigned long legal;

	for (word = low / BITS_PER_LONG; word <= high / BITS_PER_LONG; word++)
		n += hweight_long(legal_in_word(map, word, low, high, except));
	if (!n)
		return 0;

	k = get_random_u32_below(n);
	for (word = low / BITS_PER_LONG; word <= high / BITS_PER_LONG; word++) {
		legal = legal_in_word(map, word, low, high, except);
		n = hweight_long(legal);
		if (k < n)
			return word * BITS_PER_LONG + select_in_word(legal, k);
		k -= n;
	}
	/* @except is a sysctl's and may have grown between the two loops. */
	return 0;
}

/**
 * kite_port_map_draw() - draw a member at random
 * @map: the set
 * @low: least port allowed, at least 1
 * @high: greatest port allowed, less than KITE_PORTS
 * @except: bitmap of ports that are not allowed, or NULL
 *
 * Every allowed member is equally likely.
 *
 * Return: the member, or 0 when there is none.
 */
unsigned int kite_port_map_draw(const struct kite_port_map *map,
				unsigned int low, unsigned int high,
				const unsigned long *except)
{
	unsigned int i, port, below, n;

	for (i = 0; i < TRIALS; i++) {
		port = low + get_random_u32_below(high - low + 1);
		if (kite_port_map_has(map, port) &&
		    (!except || !test_bit(port, except)))
			return port;
	}

	below = rank(map, low);
	n = rank(map, high + 1) - below;
	if (!n)
		return 0;
	for (i = 0; i < DRAWS; i++) {
		port = select(map, below + get_random_u32_below(n));
		if (!except || !test_bit(port, except))
			return port;
	}
	return draw_exactly(map, low, high, except);
}
