/* SPDX-License-Identifier: Apache-2.0
 * A lane as an officer's tile and `postern lanes` show it: one builder for both. Pure. Must never put anything personal into a view.
 */
#ifndef POSTERN_CROSSING_LANE_VIEW_H
#define POSTERN_CROSSING_LANE_VIEW_H
#include "crossing/lane.h"

#define LANE_VIEW_LIGHTS 4

/* The view and what it borrows from; borrows from the lane too. */
struct lane_view {
	Postern__LaneView view;
	Postern__BlockLight light[LANE_VIEW_LIGHTS], *lights[LANE_VIEW_LIGHTS];
	Postern__LaneAlarm alarm[LANE_ALARMS], *alarms[LANE_ALARMS];
	char *steps[STEP_COUNT_];
	Postern__GateSensed sensed;
	Postern__OrderStatus order;
};

/* Everything that the lane itself knows. The caller adds epoch, sequence, wall clock, troubles, links and the journal's numbers. */
void lane_view_build(struct lane_view *out, const struct lane *lane, uint64_t now_ms);
#endif
