/* SPDX-License-Identifier: Apache-2.0
 * The lines of a lane, by name only: what is on the other side of them is this folder's own. Must never use anything of hw/lane
 * but the names in lines.def: each is the other's oracle.
 */
#ifndef POSTERN_SIM_LANE_LINES_H
#define POSTERN_SIM_LANE_LINES_H
#include <stdint.h>

enum sim_lane_line {
#define IN(name, contact, filter, debounce_ms, about) SIM_LANE_##name,
#define OUT(name, contact, safe, about) SIM_LANE_##name,
#include "lane/lines.def"
	SIM_LANE_LINES
};
/* The first output; every line before it is an input. */
#define SIM_LANE_FIRST_OUTPUT SIM_LANE_watchdog_kick
#define SIM_LANE_BIT(name) (UINT64_C(1) << SIM_LANE_##name)

/* "entry_closed"; line < SIM_LANE_LINES. */
const char *sim_lane_line_name(enum sim_lane_line line);
#endif
