/* SPDX-License-Identifier: Apache-2.0
 * What the core tells a gate's hardware, carried into hw/lane. Must never judge a command: hw/lane does.
 */
#ifndef POSTERN_GATE_HEAR_H
#define POSTERN_GATE_HEAR_H
#include "lane/lane.h"
#include "postern/plugin.h"

/* False: nothing for the lane, or undecodable. CLOCK_MONOTONIC as told to hw/lane. */
bool gate_hear(struct lane_hw *hw, const struct postern_message *m, uint64_t now_ns);
#endif
