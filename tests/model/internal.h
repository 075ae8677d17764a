/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the explorer share. Must never be included by the properties.
 */
#ifndef POSTERN_MODEL_INTERNAL_H
#define POSTERN_MODEL_INTERNAL_H
#include "explore.h"
#include "world.h"

#define MOVES_MAX 1024u
#define NONE UINT32_MAX

struct node {
	struct gate gate;
	struct world world;
	uint8_t pad[2];
};
_Static_assert(sizeof(struct node) == 48, "six words, no padding");

struct edge {
	uint32_t from, to;
};

struct explorer {
	uint32_t max, count;
	uint32_t *slots; /* 2 * power of two */
	uint32_t mask;
	struct node *nodes;
	uint32_t *parent, *timeout;
	uint16_t *by;
	uint8_t *mark;
	struct edge *edges;
	uint32_t edge_count, edge_max;
	uint32_t *first, *list, *queue;
	struct move moves[MOVES_MAX];
	size_t move_count;
};

/* Fills what an onlooker can tell of one event: heard is the world when it had been heard, after
 * when the machine had acted. */
void report(struct observation *o, const struct node *before, const struct world *heard,
	const struct node *after, enum gate_event event, const struct gate_env *env,
	const struct gate_actions *actions, bool quiet, bool has_timer);

/* What must be true of the whole graph: NULL, or the name of what is not and a state that shows it.
 */
const char *whole_broken(struct explorer *x, unsigned groups, uint8_t endings, uint32_t *where);
#endif
