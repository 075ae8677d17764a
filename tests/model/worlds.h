/* SPDX-License-Identifier: Apache-2.0
 * The worlds a lane is explored in, small ones first. Together they hold every move, every pair of
 * groups that matters and every row of the table. Must never be thinned to make a table pass.
 */
#ifndef POSTERN_MODEL_WORLDS_H
#define POSTERN_MODEL_WORLDS_H
#include "world.h"

struct world_kind {
	const char *name;
	unsigned groups, troubles;
	bool large; /* left out under sanitizers and of the mutation test */
	bool felt;  /* large, and yet every changed guard is tried in it */
};

static const struct world_kind world_kinds[] = {
	{"a traveller and time", MOVES_NORMAL, 0, false, false},
	{"people as they are", MOVES_NORMAL | MOVES_PEOPLE, 1, false, false},
	{"and officers", MOVES_NORMAL | MOVES_OFFICER, 0, false, false},
	{"power and plugins that fail", MOVES_NORMAL | MOVES_POWER, 1, false, false},
	{"people and policy", MOVES_NORMAL | MOVES_PEOPLE | MOVES_POLICY, 1, false, false},
	{"races of people", MOVES_NORMAL | MOVES_PEOPLE | MOVES_RACES, 1, false, false},
	{"officers and policy", MOVES_NORMAL | MOVES_OFFICER | MOVES_POLICY, 0, false, false},
	{"power and policy", MOVES_NORMAL | MOVES_POWER | MOVES_POLICY, 1, false, false},
	{"officers and races", MOVES_NORMAL | MOVES_OFFICER | MOVES_RACES, 0, false, false},
	{"hardware that breaks", MOVES_NORMAL | MOVES_HARDWARE, 1, false, false},
	{"power and officers", MOVES_NORMAL | MOVES_OFFICER | MOVES_POWER, 1, false, false},
	{"people and power", MOVES_NORMAL | MOVES_PEOPLE | MOVES_POWER, 1, false, false},
	{"races of hardware", MOVES_NORMAL | MOVES_HARDWARE | MOVES_RACES, 1, false, false},
	{"wild people", MOVES_NORMAL | MOVES_PEOPLE | MOVES_WILD | MOVES_RACES, 1, false, false},
	{"wild people and officers", MOVES_NORMAL | MOVES_WILD | MOVES_OFFICER, 0, true, false},
	{"people and officers", MOVES_NORMAL | MOVES_PEOPLE | MOVES_OFFICER, 1, true, true},
	{"hardware and officers", MOVES_NORMAL | MOVES_HARDWARE | MOVES_OFFICER, 1, true, false},
	{"hardware and power", MOVES_NORMAL | MOVES_HARDWARE | MOVES_POWER, 1, true, false},
	{"people and hardware", MOVES_NORMAL | MOVES_PEOPLE | MOVES_HARDWARE, 1, true, false},
};
#endif
