/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set of ports from which any member can be drawn at constant cost.
 */
#ifndef _KITE_PORT_MAP_H
#define _KITE_PORT_MAP_H

#include <asm/barrier.h>
#include <linux/bitmap.h>
#include <linux/types.h>

#define KITE_PORTS	65536u

/*
 * Two levels of sums over the bitmap: a block is 256 ports, a superblock 4096.
 * A rank or a selection reads at most 16 + 16 + 4 numbers.
 */
#define KITE_MAP_BLOCK_BITS	8
#define KITE_MAP_SUPER_BITS	12

#define KITE_MAP_SUPERS		(KITE_PORTS >> KITE_MAP_SUPER_BITS)

/**
 * struct kite_port_map - a set of ports
 * @in: for each superblock, one bit a port, set = member; NULL as long as all are.
 *	Set once, so that kite_port_map_has() needs no lock
 * @block: members in each run of 2^KITE_MAP_BLOCK_BITS ports
 * @super: members in each run of 2^KITE_MAP_SUPER_BITS ports
 *
 * The owner's lock guards it.
 */
struct kite_port_map {
	unsigned long	*in[KITE_MAP_SUPERS];
	u16		block[KITE_PORTS >> KITE_MAP_BLOCK_BITS];
	u16		super[KITE_MAP_SUPERS];
};

/**
 * kite_port_map_has() - whether a port is a member
 * @map: the set
 * @port: host order
 *
 * Context: any; without the owner's lock the answer may be out of date.
 * Return: true if it is.
 */
static inline bool kite_port_map_has(const struct kite_port_map *map,
				     unsigned int port)
{
	const unsigned long *in;

	/* Pairs with kite_port_map_prepare(). */
	in = smp_load_acquire(&map->in[port >> KITE_MAP_SUPER_BITS]);
	return !in || test_bit(port % BIT(KITE_MAP_SUPER_BITS), in);
}

void kite_port_map_fill(struct kite_port_map *map);
void kite_port_map_free(struct kite_port_map *map);
int kite_port_map_prepare(struct kite_port_map *map, u16 port);
void kite_port_map_add(struct kite_port_map *map, u16 port);
void kite_port_map_del(struct kite_port_map *map, u16 port);
unsigned int kite_port_map_draw(const struct kite_port_map *map,
				unsigned int low, unsigned int high,
				const unsigned long *except);

#endif /* _KITE_PORT_MAP_H */
