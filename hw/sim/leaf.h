/* SPDX-License-Identifier: Apache-2.0
 * A simulated leaf with its lock: it takes time, it can be blocked, it reports what its contacts would.
 * Pure: time is passed in. Must never know a command's reason or a traveller's kind.
 */
#ifndef POSTERN_SIM_LEAF_H
#define POSTERN_SIM_LEAF_H
#include <stdbool.h>
#include <stdint.h>

enum sim_leaf_position {
	SIM_LEAF_LOCKED,
	SIM_LEAF_CLOSED,
	SIM_LEAF_MOVING,
	SIM_LEAF_OPEN,
	SIM_LEAF_OBSTRUCTED,
};

struct sim_leaf {
	uint32_t stroke_ms;    /* closed to open */
	uint32_t lock_ms;      /* closed to lock engaged */
	int32_t opening_per_mille;
	uint64_t at_ms;
	uint64_t closed_at_ms;
	bool drive_open;
	bool blocked;	       /* something stands in the way of closing */
	bool obstructed;       /* closing met it; stays until driven again */
	bool emergency;	       /* released by hardware */
};

void sim_leaf_init(struct sim_leaf *leaf, uint32_t stroke_ms, uint32_t lock_ms, uint64_t now_ms);
void sim_leaf_drive(struct sim_leaf *leaf, bool open);
/* Moves the leaf to now; returns true when the position reported has changed. */
bool sim_leaf_advance(struct sim_leaf *leaf, uint64_t now_ms);
enum sim_leaf_position sim_leaf_position(const struct sim_leaf *leaf);
/* Could a person walk through now? */
bool sim_leaf_passable(const struct sim_leaf *leaf);
#endif
