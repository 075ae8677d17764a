/* SPDX-License-Identifier: Apache-2.0
 * What gate.h promises, over whichever table a lane has. Must never hold a row.
 */
#include <string.h>

#include "base/err.h"
#include "gate/table.h"

const struct gate_timing gate_timing_default = {
#define GATE_TIMER(name, default_ms, about) .name##_ms = (default_ms),
#include "gate/timers.def"
#undef GATE_TIMER
};

void gate_boot(struct gate *gate, bool unfinished)
{
	memset(gate, 0, sizeof *gate);
	gate->state = GATE_STATE_BOOT_SELFTEST;
	gate->crossing = gate->entered = gate->lost = unfinished;
	gate->opened = true; /* nobody knows */
}

static const struct {
	const struct gate_table *table;
	const char *name;
} topologies[] = {
	[GATE_TWO_STEP] = {&gate_two_step, "two-step"},
	[GATE_ONE_STEP] = {&gate_one_step, "one-step"},
	[GATE_SEGREGATED] = {&gate_redeem, "segregated"},
	[GATE_KIOSK] = {&gate_kiosk, "kiosk"},
	[GATE_FREE] = {&gate_free, "free"},
};
_Static_assert(PN_COUNT(topologies) == GATE_TOPOLOGY_COUNT_, "a table for each");

const struct gate_table *gate_table_of(enum gate_topology topology)
{
	return (unsigned)topology < PN_COUNT(topologies) ? topologies[topology].table : NULL;
}

const char *gate_topology_name(unsigned topology)
{
	return topology < PN_COUNT(topologies) ? topologies[topology].name : "?";
}

bool gate_topology_find(const char *name, enum gate_topology *topology)
{
	for (unsigned i = 0; i < PN_COUNT(topologies); i++)
		if (strcmp(topologies[i].name, name) == 0) {
			*topology = (enum gate_topology)i;
			return true;
		}
	return false;
}

bool gate_ready(const struct gate_table *table, const struct gate *gate, const struct gate_env *env)
{
	static const uint8_t guards[GATE_TOPOLOGY_COUNT_] = {[GATE_TWO_STEP] = GATE_GUARD_READY,
		[GATE_ONE_STEP] = GATE_GUARD_READY_INSIDE,
		[GATE_SEGREGATED] = GATE_GUARD_READY,
		[GATE_KIOSK] = GATE_GUARD_READY_KIOSK,
		[GATE_FREE] = GATE_GUARD_READY_FREE};
	uint64_t ready = table->guards[guards[table->topology]];
	return (gate_facts(gate, env) & ready) == ready;
}
