/* SPDX-License-Identifier: Apache-2.0
 * What is drawn from a seed for crossing n. Must never depend on anything but these two.
 */
#include <string.h>

#include "sim/lane/traffic.h"

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014, figure 16). */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t between(uint64_t *state, uint32_t low, uint32_t high)
{
	return low + (uint32_t)(next(state) % (high - low + 1));
}

static const struct {
	const char *name;
	uint32_t weight;
} faults[SIM_FAULTS] = {
#define FAULT(name, weight, about) {#name, weight},
#include "sim/lane/faults.def"
#undef FAULT
}, wills[SIM_WILLS] = {
	[WILL_CROSS] = {"cross", 500},
	[WILL_TAILGATE] = {"tailgate", 0},
	[WILL_HOLD_ENTRY] = {"hold-entry", 60},
	[WILL_STEP_BACK] = {"step-back", 60},
	[WILL_TURN_BACK] = {"turn-back", 40},
	[WILL_NO_SHOW] = {"no-show", 20},
	[WILL_HOLD_EXIT] = {"hold-exit", 60},
	[WILL_STAY] = {"stay", 30},
	[WILL_LEAVE_BAG] = {"leave-bag", 30},
	[WILL_PULL_EARLY] = {"pull-early", 40},
	[WILL_FORGET] = {"forget", 20},
	[WILL_WRONG_WAY] = {"wrong-way", 0},
	[WILL_CRAWL] = {"crawl", 0},
	[WILL_CLIMB] = {"climb", 0},
	[WILL_REACH_BACK] = {"reach-back", 0},
	[WILL_LEAVE_DOCUMENT] = {"leave-document", 0},
	[WILL_SHOW_NOTHING] = {"show-nothing", 0},
};

const char *sim_fault_name(enum sim_fault fault)
{
	return faults[fault].name;
}

const char *sim_will_name(enum sim_will will)
{
	return wills[will].name;
}

static unsigned weighted(uint64_t *state, bool of_faults)
{
	unsigned count = of_faults ? SIM_FAULTS : SIM_WILLS;
	uint32_t sum = 0;
	for (unsigned i = 0; i < count; i++)
		sum += of_faults ? faults[i].weight : wills[i].weight;
	uint32_t at = between(state, 0, sum - 1);
	for (unsigned i = 0; i < count; i++) {
		uint32_t weight = of_faults ? faults[i].weight : wills[i].weight;
		if (at < weight)
			return i;
		at -= weight;
	}
	return 0;
}

void sim_plan_draw(struct sim_plan *p, uint64_t seed, uint32_t number)
{
	static const enum sim_place places[] = {COMES, READER, WAITS, ENTERS, CHAMBER, CHAMBER, LEAVES};
	uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + number;
	memset(p, 0, sizeof *p);
	p->number = number;
	p->will = (enum sim_will)weighted(&state, false);
	p->fault = (enum sim_fault)weighted(&state, true);
	p->when = places[between(&state, 0, sizeof places / sizeof places[0] - 1)];
	p->delay_ms = between(&state, 0, 700);
	p->lasts_ms = between(&state, 0, 3) == 0 ? between(&state, 5000, 40000) : between(&state, 60, 5000);
	p->line = (enum sim_lane_line)between(&state, 0, SIM_LANE_object);
	p->speed_mm_s = between(&state, 700, 1900);
	p->react_ms = between(&state, 80, 700);
	p->dwell_ms = p->will == WILL_STAY ? between(&state, 1000, 60000) : between(&state, 200, 8000);
	p->officer_ms = between(&state, 0, 9) == 0 ? 0 : between(&state, 300, 20000);
	p->admits = between(&state, 0, 1) == 0;
}
