/* SPDX-License-Identifier: Apache-2.0
 * World after world: the shipped table once, then every mutant from where it can first differ, on
 * every core. Must never change the shipped table.
 */
#include "guards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explore.h"
#include "worlds.h"

#define STATES_MAX 1600000u

struct guards {
	struct judge *judge;
	struct explorer *x;
	uint8_t alive[JUDGE_MUTANTS_MAX]; /* enum guards_wanted; LEAVE when killed */
	uint8_t felt[JUDGE_MUTANTS_MAX][32];
	size_t world;
	bool whole;
};

static bool left_out(size_t world)
{
	return world_kinds[world].large && !world_kinds[world].felt;
}

static void steps_of(struct guards *g, size_t i, struct verdict *v)
{
	static struct mutant_table copy;
	static struct explored r;
	uint8_t rows[MUTANT_ROWS_MAX];
	uint32_t wary = 0;
	const struct world_kind *kind = &world_kinds[g->world];
	const struct mutant *m = &g->judge->mutants[i];
	v->explorer = EXPLORED_NOT;
	if (!mutant_rows(g->judge->table, m, rows))
		return;
	mutant_make(&copy, g->judge->table, m);
	frontier(g->x, &copy.table, rows, kind->groups, kind->troubles, false, &r, &wary);
	v->felt = r.transitions > 0;
	if (r.broken == NULL)
		return;
	v->explorer = EXPLORED_KILLED;
	v->world = (uint8_t)g->world;
	v->length = r.length;
	snprintf(v->property, sizeof v->property, "%s", r.broken);
}

static void whole_of(struct guards *g, size_t i, struct verdict *v)
{
	static struct mutant_table copy;
	static struct explored r;
	mutant_make(&copy, g->judge->table, &g->judge->mutants[i]);
	v->explorer = EXPLORED_NOT;
	for (size_t w = 0; w < g->judge->worlds; w++) {
		if (left_out(w) || !g->felt[i][w])
			continue;
		explore(g->x, &copy.table, world_kinds[w].groups, world_kinds[w].troubles, false,
			&r);
		if (r.full) {
			v->explorer = EXPLORED_NOT;
			return;
		}
		v->explorer = EXPLORED_ALIVE;
		if (r.broken == NULL)
			continue;
		v->explorer = EXPLORED_KILLED;
		v->world = (uint8_t)w;
		v->length = r.length;
		snprintf(v->property, sizeof v->property, "%s", r.broken);
		return;
	}
}

static int worker(struct guards *g, int out, size_t first, size_t step)
{
	size_t nth = 0;
	for (size_t i = 0; i < g->judge->count; i++) {
		if (g->alive[i] < (g->whole ? GUARDS_BY_ALL : GUARDS_BY_STEPS) ||
			nth++ % step != first)
			continue;
		struct verdict v = g->judge->verdicts[i]; /* with what the walks said */
		v.mutant = (uint16_t)i;
		if (g->whole)
			whole_of(g, i, &v);
		else
			steps_of(g, i, &v);
		if (write(out, &v, sizeof v) != (ssize_t)sizeof v)
			return 1;
	}
	return 0;
}

static bool on_every_core(struct guards *g)
{
	struct verdict v;
	int ends[2], status;
	bool well = pipe(ends) == 0;
	size_t cores = judge_cores();
	fflush(NULL);
	for (size_t i = 0; well && i < cores; i++) {
		pid_t pid = fork();
		well = pid >= 0;
		if (pid == 0) {
			close(ends[0]);
			_exit(worker(g, ends[1], i, cores));
		}
	}
	close(ends[1]);
	while (judge_read(ends[0], &v)) {
		g->felt[v.mutant][g->world] |= v.felt;
		if (v.explorer == EXPLORED_KILLED)
			g->alive[v.mutant] = GUARDS_LEAVE;
		g->judge->verdicts[v.mutant] = v;
	}
	close(ends[0]);
	while (wait(&status) > 0)
		well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return well;
}

static bool world_by_steps(struct guards *g)
{
	static struct explored r;
	const struct world_kind *kind = &world_kinds[g->world];
	explore_noting(g->x, g->judge->table, kind->groups, kind->troubles, &r);
	if (r.broken != NULL || r.full) {
		fprintf(stderr, "%s: %s\n", kind->name, r.full ? "too many states" : r.broken);
		return false;
	}
	return on_every_core(g);
}

bool guards_judge(struct judge *j, const uint8_t *wanted,
	void (*told)(void *context, const struct verdict *v), void *context)
{
	static struct guards g;
	g.judge = j;
	g.x = explorer_new(STATES_MAX);
	memcpy(g.alive, wanted, sizeof g.alive);
	bool well = g.x != NULL;
	for (; well && g.world < j->worlds; g.world++)
		if (!left_out(g.world))
			well = world_by_steps(&g);
	g.whole = true;
	g.world = 0;
	well = well && on_every_core(&g);
	explorer_free(g.x);
	for (size_t i = 0; well && i < j->count; i++)
		if (wanted[i] != GUARDS_LEAVE)
			told(context, &j->verdicts[i]);
	return well;
}

bool guards_show(struct judge *j, size_t mutant, FILE *out)
{
	static struct mutant_table copy;
	static struct explored r;
	uint8_t rows[MUTANT_ROWS_MAX];
	uint32_t wary = 0;
	bool found = false;
	if (!mutant_rows(j->table, &j->mutants[mutant], rows))
		return false;
	struct explorer *x = explorer_new(STATES_MAX);
	mutant_make(&copy, j->table, &j->mutants[mutant]);
	for (size_t w = 0; x != NULL && !found && w < j->worlds; w++) {
		const struct world_kind *kind = &world_kinds[w];
		if (left_out(w))
			continue;
		explore_noting(x, j->table, kind->groups, kind->troubles, &r);
		frontier(x, &copy.table, rows, kind->groups, kind->troubles, true, &r, &wary);
		found = r.broken != NULL;
		if (found)
			fprintf(out, "  explorer: %s (after %u: %s)\n%s", r.broken, r.length,
				kind->name, r.trace);
	}
	explorer_free(x);
	return found;
}
