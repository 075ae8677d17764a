/* SPDX-License-Identifier: Apache-2.0
 * Explores the shipped lane in every world; prints counts, and the shortest way to a property that
 * does not hold. Fails on that, and on a row, choice or way that no world ever takes. TOPOLOGY
 * is two-step, one-step, segregated or free; --small leaves the large worlds out, --first N takes the N smallest;
 * gate-model TOPOLOGY GROUPS TROUBLES explores one world.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "explore.h"
#include "worlds.h"

#define STATES_MAX 6000000u

static bool explore_one(struct explorer *x, const struct gate_table *table,
	const struct world_kind *kind, struct explored *r)
{
	explore(x, table, kind->groups, kind->troubles, true, r);
	printf("%-32s %9u states %11llu transitions\n", kind->name, r->states,
		(unsigned long long)r->transitions);
	if (r->full)
		printf("NOT FINISHED: more than %u states\n", STATES_MAX);
	if (r->broken != NULL)
		printf("BROKEN: %s\n%s", r->broken, r->trace);
	fflush(stdout);
	return r->broken == NULL && !r->full;
}

static unsigned never_taken(const struct gate_table *table, const uint8_t *taken)
{
	unsigned never = 0;
	for (unsigned i = 0; i < table->row_count; i++) {
		const struct gate_row *row = &table->rows[i];
		if (taken[i] || row->ignored)
			continue;
		never++;
		printf("NEVER TAKEN: %s %s [%s]\n", gate_next_name(row->state),
			gate_event_name(row->event), gate_guard_name(row->guard));
	}
	return never;
}

int main(int argc, char **argv)
{
	static struct explored r;
	static uint8_t taken[sizeof r.row_taken];
	struct world_kind asked = {"the world asked for", 0, 1, false, false};
	enum gate_topology topology;
	if (argc < 2 || !gate_topology_find(argv[1], &topology)) {
		fprintf(stderr, "usage: gate-model TOPOLOGY [--small | --first N | GROUPS TROUBLES]\n");
		return 2;
	}
	const struct gate_table *table = gate_table_of(topology);
	struct explorer *x = explorer_new(STATES_MAX);
	unsigned long long states = 0, transitions = 0;
	unsigned worlds = 0;
	bool well = x != NULL, small = argc == 3 && strcmp(argv[2], "--small") == 0;
	size_t first = PN_COUNT(world_kinds);
	if (argc == 4 && strcmp(argv[2], "--first") == 0)
		first = strtoul(argv[3], NULL, 10);
	else if (argc > 3 && x != NULL) {
		asked.groups = (unsigned)strtoul(argv[2], NULL, 0);
		asked.troubles = (unsigned)strtoul(argv[3], NULL, 0);
		well = explore_one(x, table, &asked, &r);
		explorer_free(x);
		return well ? 0 : 1;
	}
	for (size_t i = 0; i < PN_COUNT(world_kinds) && i < first && well; i++) {
		if (small && world_kinds[i].large)
			continue;
		well = explore_one(x, table, &world_kinds[i], &r);
		worlds++;
		states += r.states;
		transitions += r.transitions;
		for (size_t k = 0; k < sizeof taken; k++)
			taken[k] |= r.row_taken[k];
	}
	explorer_free(x);
	printf("%llu states, %llu transitions in %u worlds; %u rows\n", states, transitions, worlds,
		table->row_count);
	bool whole = !small && first >= PN_COUNT(world_kinds);
	return well && worlds > 0 && (!whole || never_taken(table, taken) == 0) ? 0 : 1;
}
