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
	bool full;               /* ran out of max_states: nothing is proved */
	uint8_t row_taken[1024], choice_taken[64], go_taken[16];
};

/* groups: bits of enum move_group. troubles: how many things may be wrong with steel and sensors at
 * the same time. */
void explore(struct explorer *x, const struct gate_table *table, unsigned groups, unsigned troubles,
	bool want_trace, struct explored *result);
#endif
