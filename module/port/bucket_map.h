/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buckets by port. Ports are drawn all over the range, so every new one is alone
 * in its part of any tree: the nodes are small, and stay once they were needed.
 */
#ifndef _KITE_PORT_BUCKET_MAP_H
#define _KITE_PORT_BUCKET_MAP_H

#include <linux/types.h>

struct kite_bind_bucket;
struct kite_bucket_leaf;
struct kite_bucket_node;

#define KITE_LEAF_BITS	5	/* ports of a leaf */
#define KITE_NODE_BITS	5	/* leaves of a node */
#define KITE_ROOT_SIZE	(1u << (16 - KITE_NODE_BITS - KITE_LEAF_BITS))

/**
 * struct kite_bucket_map - buckets by port
 * @node: 1024 ports each, RCU; NULL before the first of them has got a bucket
 *
 * The owner's lock guards it. All set to 0 is an empty one. It never shrinks, and
 * is half a megabyte when every port has had a bucket.
 */
struct kite_bucket_map {
	struct kite_bucket_node __rcu *node[KITE_ROOT_SIZE];
};

struct kite_bind_bucket *kite_bucket_find(const struct kite_bucket_map *map,
					  unsigned int port);
struct kite_bind_bucket *kite_bucket_next(const struct kite_bucket_map *map,
					  unsigned int *port);
int kite_bucket_store(struct kite_bucket_map *map, u16 port,
		      struct kite_bind_bucket *b);
void kite_bucket_erase(struct kite_bucket_map *map, u16 port);
void kite_bucket_map_free(struct kite_bucket_map *map);

#endif /* _KITE_PORT_BUCKET_MAP_H */
