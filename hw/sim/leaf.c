/* SPDX-License-Identifier: Apache-2.0
 * Physics of one leaf. Must never open without a drive or an emergency release.
 */
#include "sim/leaf.h"

void sim_leaf_init(struct sim_leaf *leaf, uint32_t stroke_ms, uint32_t lock_ms, uint64_t now_ms)
{
	*leaf = (struct sim_leaf){ .stroke_ms = stroke_ms ? stroke_ms : 1, .lock_ms = lock_ms, .at_ms = now_ms };
	leaf->closed_at_ms = now_ms > lock_ms ? now_ms - lock_ms : 0;
}

void sim_leaf_drive(struct sim_leaf *leaf, bool open)
{
	leaf->drive_open = open;
	leaf->obstructed = false;
}

enum sim_leaf_position sim_leaf_position(const struct sim_leaf *leaf)
{
	if (leaf->obstructed)
		return SIM_LEAF_OBSTRUCTED;
	if (leaf->opening_per_mille >= 1000)
		return SIM_LEAF_OPEN;
	if (leaf->opening_per_mille > 0)
		return SIM_LEAF_MOVING;
	if (leaf->drive_open || leaf->emergency || leaf->at_ms - leaf->closed_at_ms < leaf->lock_ms)
		return SIM_LEAF_CLOSED;
	return SIM_LEAF_LOCKED;
}

bool sim_leaf_passable(const struct sim_leaf *leaf)
{
	return leaf->opening_per_mille >= 800;
}

bool sim_leaf_advance(struct sim_leaf *leaf, uint64_t now_ms)
{
	enum sim_leaf_position before = sim_leaf_position(leaf);
	int64_t moved = (int64_t)((now_ms - leaf->at_ms) * 1000u / leaf->stroke_ms);
	bool open = leaf->drive_open || leaf->emergency;
	if (moved == 0 && now_ms != leaf->at_ms && leaf->opening_per_mille > 0 && leaf->opening_per_mille < 1000)
		return false; /* keep the remainder for the next call */
	leaf->at_ms = now_ms;
	if (open && leaf->opening_per_mille < 1000) {
		leaf->opening_per_mille += (int32_t)(moved > 1000 ? 1000 : moved);
		if (leaf->opening_per_mille > 1000)
			leaf->opening_per_mille = 1000;
	} else if (!open && leaf->opening_per_mille > 0) {
		if (leaf->blocked) {
			leaf->obstructed = true;
		} else {
			leaf->opening_per_mille -= (int32_t)(moved > 1000 ? 1000 : moved);
			if (leaf->opening_per_mille <= 0) {
				leaf->opening_per_mille = 0;
				leaf->closed_at_ms = now_ms;
			}
		}
	}
	return sim_leaf_position(leaf) != before;
}
