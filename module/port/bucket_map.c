// SPDX-License-Identifier: GPL-2.0
#include "bucket_map.h"

#include <linux/bits.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "port_map.h"

#define LEAF_SIZE	BIT(KITE_LEAF_BITS)
#define NODE_SIZE	BIT(KITE_NODE_BITS)

struct kite_bucket_leaf {
	struct kite_bind_bucket __rcu *bucket[LEAF_SIZE];
};

struct kite_bucket_node {
	struct kite_bucket_leaf __rcu *leaf[NODE_SIZE];
};

/* Where the port has its place on each level. */
static unsigned int in_root(unsigned int port)
{
	return port >> (KITE_NODE_BITS + KITE_LEAF_BITS);
}

static unsigned int in_node(unsigned int port)
{
	return port / LEAF_SIZE % NODE_SIZE;
}

static unsigned int in_leaf(unsigned int port)
{
	return port % LEAF_SIZE;
}

/* NULL where there is none; under RCU. */
static struct kite_bucket_leaf *leaf_of(const struct kite_bucket_map *map,
					unsigned int port)
{
	struct kite_bucket_node *node = rcu_dereference(map->node[in_root(port)]);

	return node ? rcu_dereference(node->leaf[in_node(port)]) : NULL;
}

/**
 * kite_bucket_find() - the bucket of a port
 * @map: the buckets
 * @port: host order
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: the bucket, or NULL.
 */
struct kite_bind_bucket *kite_bucket_find(const struct kite_bucket_map *map,
					  unsigned int port)
{
	struct kite_bucket_leaf *leaf = leaf_of(map, port);

	return leaf ? rcu_dereference(leaf->bucket[in_leaf(port)]) : NULL;
}

/**
 * kite_bucket_next() - the first bucket from a port on
 * @map: the buckets
 * @port: host order, up to KITE_PORTS; set to the bucket's when there is one
 *
 * Context: under rcu_read_lock(), until whose end the result may be used.
 * Return: the bucket, or NULL.
 */
struct kite_bind_bucket *kite_bucket_next(const struct kite_bucket_map *map,
					  unsigned int *port)
{
	struct kite_bind_bucket *b;
	unsigned int p = *port;

	while (p < KITE_PORTS) {
		if (!leaf_of(map, p)) {
			p = (p | (LEAF_SIZE - 1)) + 1;
			continue;
		}
		b = kite_bucket_find(map, p);
		if (b) {
			*port = p;
			return b;
		}
		p++;
	}
	return NULL;
}

/**
 * kite_bucket_store() - enter the bucket of a port
 * @map: the buckets
 * @port: host order; has got none
 * @b: the bucket, from here on to be found
 *
 * Context: any but hard interrupt; the owner's lock held.
 * Return: 0 or -ENOMEM.
 */
int kite_bucket_store(struct kite_bucket_map *map, u16 port,
		      struct kite_bind_bucket *b)
{
	struct kite_bucket_node *node =
		rcu_dereference_protected(map->node[in_root(port)], true);
	struct kite_bucket_leaf *leaf;

	if (!node) {
		node = kzalloc(sizeof(*node), GFP_ATOMIC | __GFP_NOWARN);
		if (!node)
			return -ENOMEM;
		rcu_assign_pointer(map->node[in_root(port)], node);
	}
	leaf = rcu_dereference_protected(node->leaf[in_node(port)], true);
	if (!leaf) {
		leaf = kzalloc(sizeof(*leaf), GFP_ATOMIC | __GFP_NOWARN);
		if (!leaf)
			return -ENOMEM;
		rcu_assign_pointer(node->leaf[in_node(port)], leaf);
	}
	rcu_assign_pointer(leaf->bucket[in_leaf(port)], b);
	return 0;
}

/**
 * kite_bucket_erase() - take the bucket of a port out
 * @map: the buckets
 * @port: host order; has got one
 *
 * Readers may have the bucket until a grace period is over.
 *
 * Context: under rcu_read_lock(), the owner's lock held.
 */
void kite_bucket_erase(struct kite_bucket_map *map, u16 port)
{
	RCU_INIT_POINTER(leaf_of(map, port)->bucket[in_leaf(port)], NULL);
}

/**
 * kite_bucket_map_free() - free what the map has grown to
 * @map: the buckets, of which none is left; nobody reads it any more
 */
void kite_bucket_map_free(struct kite_bucket_map *map)
{
	struct kite_bucket_node *node;
	unsigned int i, j;

	for (i = 0; i < KITE_ROOT_SIZE; i++) {
		node = rcu_dereference_protected(map->node[i], true);
		if (!node)
			continue;
		for (j = 0; j < NODE_SIZE; j++)
			kfree(rcu_dereference_protected(node->leaf[j], true));
		kfree(node);
	}
}
