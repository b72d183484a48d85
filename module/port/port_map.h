/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set of ports from which any member can be drawn at constant cost.
 */
#ifndef _KITE_PORT_MAP_H
#define _KITE_PORT_MAP_H

#include <linux/bitmap.h>
#include <linux/types.h>

#define KITE_PORTS	65536u

/*
 * Two levels of sums over the bitmap: a block is 256 ports, a superblock 4096.
 * A rank or a selection reads at most 16 + 16 + 4 numbers.
 */
#define KITE_MAP_BLOCK_BITS	8
#define KITE_MAP_SUPER_BITS	12

/**
 * struct kite_port_map - a set of ports
 * @in: one bit a port, set = member
 * @block: members in each run of 2^KITE_MAP_BLOCK_BITS ports
 * @super: members in each run of 2^KITE_MAP_SUPER_BITS ports
 *
 * The owner's lock guards it.
 */
struct kite_port_map {
	DECLARE_BITMAP(in, KITE_PORTS);
	u16	block[KITE_PORTS >> KITE_MAP_BLOCK_BITS];
	u16	super[KITE_PORTS >> KITE_MAP_SUPER_BITS];
};

void kite_port_map_fill(struct kite_port_map *map);
void kite_port_map_add(struct kite_port_map *map, u16 port);
void kite_port_map_del(struct kite_port_map *map, u16 port);
unsigned int kite_port_map_rank(const struct kite_port_map *map,
				unsigned int port);
unsigned int kite_port_map_select(const struct kite_port_map *map,
				  unsigned int k);
unsigned int kite_port_map_draw(const struct kite_port_map *map,
				unsigned int low, unsigned int high,
				const unsigned long *except);

#endif /* _KITE_PORT_MAP_H */
