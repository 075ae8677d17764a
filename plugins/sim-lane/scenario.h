/* SPDX-License-Identifier: Apache-2.0
 * A scenario file (etc/demo/NAME.yaml): seed, number and mix of travellers, pace of people and devices.
 * Must never hold anything that changes the core's behaviour or timings.
 */
#ifndef POSTERN_SIM_SCENARIO_H
#define POSTERN_SIM_SCENARIO_H
#include "agent.h"

/* How long a chip takes. Real ones: 424 or 848 kbit/s, a turn-around of 300 us, 50 to 200 ms for a key agreement. */
struct chip_pace {
	uint32_t air_kbit, frame_us, command_us, key_ms;
};

struct scenario {
	uint64_t seed;
	uint32_t travellers;  /* per lane */
	char own_state[4];
	uint32_t gap_ms;      /* between two travellers */
	uint32_t leaf_stroke_ms, lock_ms, bag_ms;
	struct agent_pace pace;
	struct chip_pace chip; /* where the file says nothing: 424 kbit/s, 300 us, 1000 us, 50 ms */
	struct traveller_mix mix;
};

/* 0, or -1 with a sentence in error ("FILE: what is wrong, what is expected"). */
int scenario_load(const char *path, struct scenario *out, char *error, size_t error_size);
#endif
