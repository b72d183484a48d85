// SPDX-License-Identifier: GPL-2.0
/*
 * Drawing a port at random (RFC 6056 3.3.1) is easy while most are free and hard
 * when few are: trial and error then tries thousands. Here a draw is a rank and
 * a selection over a bitmap with sums, which cost the same full or empty, and
 * every member of the range is as likely as any other.
 */
#include "port_map.h"

#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/random.h>
#include <linux/string.h>

#define WORDS_IN_BLOCK	((1u << KITE_MAP_BLOCK_BITS) / BITS_PER_LONG)
#define BLOCKS_IN_SUPER	(1u << (KITE_MAP_SUPER_BITS - KITE_MAP_BLOCK_BITS))

/* Draws that may hit an excepted port before those are counted out exactly. */
#define DRAWS		8

/**
 * kite_port_map_fill() - make every port but 0 a member
 * @map: the set
 */
void kite_port_map_fill(struct kite_port_map *map)
{
	unsigned int i;

	bitmap_fill(map->in, KITE_PORTS);
	for (i = 0; i < ARRAY_SIZE(map->block); i++)
		map->block[i] = 1u << KITE_MAP_BLOCK_BITS;
	for (i = 0; i < ARRAY_SIZE(map->super); i++)
		map->super[i] = 1u << KITE_MAP_SUPER_BITS;
	kite_port_map_del(map, 0);
}

/**
 * kite_port_map_add() - make a port a member
 * @map: the set
 * @port: host order; may be a member already
 */
void kite_port_map_add(struct kite_port_map *map, u16 port)
{
	if (__test_and_set_bit(port, map->in))
		return;
	map->block[port >> KITE_MAP_BLOCK_BITS]++;
	map->super[port >> KITE_MAP_SUPER_BITS]++;
}

/**
 * kite_port_map_del() - make a port no member
 * @map: the set
 * @port: host order; need not be a member
 */
void kite_port_map_del(struct kite_port_map *map, u16 port)
{
	if (!__test_and_clear_bit(port, map->in))
		return;
	map->block[port >> KITE_MAP_BLOCK_BITS]--;
	map->super[port >> KITE_MAP_SUPER_BITS]--;
}

/**
 * kite_port_map_rank() - count the members below a port
 * @map: the set
 * @port: host order, up to and including KITE_PORTS
 *
 * Return: how many members are less than @port.
 */
unsigned int kite_port_map_rank(const struct kite_port_map *map,
				unsigned int port)
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
		n += hweight_long(map->in[i]);
	if (bit)
		n += hweight_long(map->in[word] & (BIT(bit) - 1));
	return n;
}

/* Position of the @k-th set bit of @word, which has more than @k. */
static unsigned int select_in_word(unsigned long word, unsigned int k)
{
	while (k--)
		word &= word - 1;
	return __ffs(word);
}

/**
 * kite_port_map_select() - find a member by its rank
 * @map: the set
 * @k: rank, less than the number of members
 *
 * Return: the member with exactly @k members below it.
 */
unsigned int kite_port_map_select(const struct kite_port_map *map,
				  unsigned int k)
{
	unsigned int super, block, word, n;

	for (super = 0; k >= map->super[super]; super++)
		k -= map->super[super];
	for (block = super * BLOCKS_IN_SUPER; k >= map->block[block]; block++)
		k -= map->block[block];
	for (word = block * WORDS_IN_BLOCK;
	     k >= (n = hweight_long(map->in[word])); word++)
		k -= n;
	return word * BITS_PER_LONG + select_in_word(map->in[word], k);
}

/* The members of one word that are in [low, high] and not excepted. */
static unsigned long legal_in_word(const struct kite_port_map *map,
				   unsigned int word, unsigned int low,
				   unsigned int high,
				   const unsigned long *except)
{
	unsigned long legal = map->in[word] & ~except[word];
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
	unsigned int below = kite_port_map_rank(map, low);
	unsigned int n = kite_port_map_rank(map, high + 1) - below;
	unsigned int i, port;

	if (!n)
		return 0;
	for (i = 0; i < DRAWS; i++) {
		port = kite_port_map_select(map,
					    below + get_random_u32_below(n));
		if (!except || !test_bit(port, except))
			return port;
	}
	return draw_exactly(map, low, high, except);
}
