/* SPDX-License-Identifier: Apache-2.0
 * What every plugin of a gate's hardware tells the core, whatever its lines hang on: GateSensed on every change and every 200 ms,
 * troubles as they come and go. Must never judge what a line means (hw/lane does), or drive one.
 */
#ifndef POSTERN_GATE_TELL_H
#define POSTERN_GATE_TELL_H
#include "lane/lane.h"
#include "postern/plugin.h"

/* All zero but host: nothing was told yet. */
struct gate_tell {
	const struct postern_host *host; /* borrowed */
	struct lane_hw_sensed told;
	bool has_told;
	uint64_t told_ns;
};

/* After anything that may have changed the lane. What the core does not take now is tried again at the next call. */
void gate_tell(struct gate_tell *t, struct lane_hw *hw, uint64_t now_ns);
/* When gate_tell() is due by itself; CLOCK_MONOTONIC as told. */
uint64_t gate_tell_next_ns(const struct gate_tell *t);
/* A new core knows nothing: the next gate_tell() tells everything. */
void gate_tell_anew(struct gate_tell *t);
#endif
