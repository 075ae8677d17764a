/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the explorer share. Must never be included by the properties.
 */
#ifndef POSTERN_MODEL_INTERNAL_H
#define POSTERN_MODEL_INTERNAL_H
#include "explore.h"
#include "world.h"

#define MOVES_MAX 1024u
#define NONE UINT32_MAX
#define ASKED_ROWS 1024u

struct node {
	struct gate gate;
	struct world world;
	uint8_t pad[1];
};
_Static_assert(sizeof(struct node) == 48, "six words, no padding");

struct edge {
	uint32_t from, to;
};

/* A step that one row of the table was asked for, whether its guard then held or not. */
struct asked {
	uint32_t node;
	uint16_t move, row;
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
	bool noting; /* fill asked, in the order of the nodes */
	struct asked *asked;
	size_t asked_count, asked_max;
	size_t asked_first[ASKED_ROWS + 1]; /* of each row, once sorted */
};

#define ROWS_SEEN_MAX 128u

/* What one move does to a node under a table. */
struct step {
	struct explorer *x;
	const struct gate_table *table;
	struct explored *result;
	const struct move *move;
	FILE *trace; /* NULL, or where to tell what happens */
	const char *broken;
	uint8_t endings; /* bits of enum ending */
	uint16_t seen[ROWS_SEEN_MAX], seen_count;
};

/* Lets a move happen to a node; false when it cannot. */
bool happen(struct step *s, struct node *n);
/* The number of this node, which is new when it equals the old count; NONE when there is no room.
 */
uint32_t find_or_add(struct explorer *x, const struct node *n);
/* Takes the newest nodes out again, down to count. */
void forget_nodes(struct explorer *x, uint32_t count);
/* Would this step bring more trouble with steel and sensors than is looked at? */
bool too_much(const struct node *from, const struct node *to, unsigned troubles);
/* Plays the way to a node once more under the step's table, and a last move. *length moves; false
 * when the way leads elsewhere. */
bool play(struct step *s, uint32_t node, const struct move *last, uint16_t *length);

/* Fills what an onlooker can tell of one event: heard is the world when it had been heard, after
 * when the machine had acted. */
void report(struct observation *o, const struct node *before, const struct world *heard,
	const struct node *after, enum gate_event event, const struct gate_env *env,
	const struct gate_actions *actions, bool quiet, bool has_timer);

/* What must be true of the whole graph: NULL, or the name of what is not and a state that shows it.
 */
const char *whole_broken(struct explorer *x, unsigned groups, uint8_t endings, uint32_t *where);
#endif
