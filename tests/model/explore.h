/* SPDX-License-Identifier: Apache-2.0
 * Breadth-first search through everything a lane and its world can do together. Must never change a
 * table.
 */
#ifndef POSTERN_MODEL_EXPLORE_H
#define POSTERN_MODEL_EXPLORE_H
#include <stdio.h>

#include "gate/table.h"

struct explorer;

/* max_states bounds memory; NULL when there is none. */
struct explorer *explorer_new(uint32_t max_states);
void explorer_free(struct explorer *x);

struct explored {
	uint32_t states;
	uint64_t transitions;
	uint32_t states_of_lane; /* of struct gate alone */
	const char *broken;      /* NULL, or the property that does not hold */
	char trace[16384];       /* and the shortest way there, a line an event */
	uint16_t length;         /* of that way, in things that happen */
	bool full;               /* ran out of max_states: nothing is proved */
	uint8_t row_taken[1024], choice_taken[64], go_taken[16];
};

/* groups: bits of enum move_group. troubles: how many things may be wrong with steel and sensors at
 * the same time. */
void explore(struct explorer *x, const struct gate_table *table, unsigned groups, unsigned troubles,
	bool want_trace, struct explored *result);
/* The same search, of the unchanged table, that keeps for frontier() which row was asked where. */
void explore_noting(struct explorer *x, const struct gate_table *table, unsigned groups,
	unsigned troubles, struct explored *result);
/* What a table does that differs from the one noted only in the rows marked (a byte each): from
 * every step that asked one of them, on through every state that the other table never reaches.
 * Finds what single steps break, not what the whole graph does. A way that the changed table would
 * not go is never reported. wary: how many ways led elsewhere; when that is not 0 or result->full
 * is set, only explore() can tell that nothing is broken. */
void frontier(struct explorer *x, const struct gate_table *table, const uint8_t *rows,
	unsigned groups, unsigned troubles, bool want_trace, struct explored *result,
	uint32_t *wary);
#endif
