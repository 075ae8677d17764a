/* SPDX-License-Identifier: Apache-2.0
 * Judges mutants. Must never change the shipped table: each process works on its own copy.
 */
#include "judge.h"
#include "explore.h"
#include "guards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "worlds.h"

#define STATES_MAX 400000u
#define LARGE_STATES_MAX 6000000u
/* A change to one row that lives through so much has been tried; a guard goes through every small
 * world. */
#define TRANSITIONS_ENOUGH 1500000u
#define WORKERS_MAX 16
#define QUICK_WORLDS 9u

_Static_assert(PN_COUNT(world_kinds) <= 32, "a row of coverage for each");

int64_t judge_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the unchanged table does: it must pass, and what it takes where is needed later. */
static bool baseline(struct judge *j, struct explorer *x)
{
	static struct explored r;
	for (size_t w = 0; w < j->worlds; w++) {
		explore(x, j->table, world_kinds[w].groups, world_kinds[w].troubles, false, &r);
		if (r.broken != NULL || r.full) {
			fprintf(stderr, "%s: %s\n", world_kinds[w].name,
				r.full ? "too many states" : r.broken);
			return false;
		}
		memcpy(j->covered[w], r.row_taken, sizeof j->covered[w]);
	}
	return true;
}

static bool of_a_row(const struct mutant *m)
{
	return m->how == MUTATE_DROP_ROW || m->how == MUTATE_NEXT_SAME ||
	       m->how == MUTATE_NEXT_IDLE || m->how == MUTATE_DROP_ACTION ||
	       m->how == MUTATE_ADD_EXIT;
}

/* Guards first: they are what the explorer is for. */
static void set_order(struct judge *j)
{
	size_t n = 0;
	for (int rows = 0; rows < 2; rows++)
		for (size_t i = 0; i < j->count && i < JUDGE_MUTANTS_MAX; i++)
			if (of_a_row(&j->mutants[i]) == rows)
				j->order[n++] = (uint16_t)i;
}

bool judge_load(struct judge *j, const struct walks *walks, bool quick)
{
	char detail[256] = "";
	const char *broken =
		walks_broken(walks, j->table, &gate_timing_default, detail, sizeof detail);
	if (broken != NULL) {
		fprintf(stderr, "%s: %s\n", broken, detail);
		return false;
	}
	j->walks = walks;
	j->worlds = quick ? QUICK_WORLDS : PN_COUNT(world_kinds);
	j->count = mutants_of(j->table, j->beside, j->mutants, JUDGE_MUTANTS_MAX);
	set_order(j);
	if (j->count > JUDGE_MUTANTS_MAX || j->table->row_count > MUTANT_ROWS_MAX) {
		fprintf(stderr, "more mutants than there is room for\n");
		return false;
	}
	return true;
}

bool judge_init(struct judge *j, const struct walks *walks, bool quick)
{
	if (!judge_load(j, walks, quick))
		return false;
	struct explorer *x = explorer_new(quick ? STATES_MAX : LARGE_STATES_MAX);
	bool well = x != NULL && baseline(j, x);
	explorer_free(x);
	return well;
}

/* A row that a world never takes cannot be missed there; a weaker guard can be felt anywhere. */
static bool can_tell(const struct judge *j, const struct mutant *m, size_t world)
{
	if (of_a_row(m))
		return j->covered[world][m->what];
	/* The explorer's time has no length. */
	return !world_kinds[world].large && m->how != MUTATE_LONGER_TIMEOUT;
}

static bool taken_in_a_small_world(const struct judge *j, const struct mutant *m)
{
	for (size_t w = 0; w < j->worlds; w++)
		if (!world_kinds[w].large && can_tell(j, m, w))
			return true;
	return false;
}

/* The smallest worlds come first: most mutants are found out in them. Of the large ones, the first
 * that takes the row is enough. */
static void explore_mutant(struct judge *j, struct explorer *x[2], const struct mutant *m,
	const struct mutant_table *copy, struct explored *r, struct verdict *v, bool trace)
{
	bool small = taken_in_a_small_world(j, m);
	uint64_t seen = 0, enough = of_a_row(m) && !trace ? TRANSITIONS_ENOUGH : UINT64_MAX;
	for (size_t w = 0; w < j->worlds && seen < enough; w++) {
		bool large = world_kinds[w].large;
		if (!can_tell(j, m, w) || (large && small))
			continue;
		if (j->until_ms != 0 && judge_now_ms() > j->until_ms)
			return;
		if (x[large] == NULL)
			x[large] = explorer_new(large ? LARGE_STATES_MAX : STATES_MAX);
		if (x[large] == NULL)
			return;
		explore(x[large], &copy->table, world_kinds[w].groups, world_kinds[w].troubles,
			trace, r);
		if (r->full)
			return; /* neither killed nor alive */
		if (r->broken != NULL) {
			v->explorer = EXPLORED_KILLED;
			snprintf(v->property, sizeof v->property, "%s", r->broken);
			return;
		}
		seen += r->transitions;
		if (large)
			break;
	}
	if (seen > 0)
		v->explorer = EXPLORED_ALIVE;
}

static void walk_mutant(struct judge *j, size_t i)
{
	static struct mutant_table copy;
	struct verdict *v = &j->verdicts[i];
	memset(v, 0, sizeof *v);
	v->mutant = (uint16_t)i;
	mutant_make(&copy, j->table, &j->mutants[i]);
	const char *broken = walks_broken(j->walks, &copy.table, &copy.timing, NULL, 0);
	if (broken == NULL)
		return;
	v->walk_killed = true;
	snprintf(v->walk, sizeof v->walk, "%s", broken);
}

void judge_walks(struct judge *j)
{
	for (size_t i = 0; i < j->count; i++)
		walk_mutant(j, i);
}

static int worker(struct judge *j, int out, size_t first, size_t step)
{
	static struct mutant_table copy;
	static struct explored r;
	struct explorer *x[2] = {NULL, NULL};
	for (size_t i = first; i < j->count; i += step) {
		struct verdict v = j->verdicts[j->order[i]];
		const struct mutant *m = &j->mutants[v.mutant];
		mutant_make(&copy, j->table, m);
		explore_mutant(j, x, m, &copy, &r, &v, false);
		if (write(out, &v, sizeof v) != (ssize_t)sizeof v)
			return 1;
	}
	explorer_free(x[0]);
	explorer_free(x[1]);
	return 0;
}

bool judge_read(int in, struct verdict *v)
{
	size_t have = 0;
	while (have < sizeof *v) {
		ssize_t n = read(in, (char *)v + have, sizeof *v - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

size_t judge_cores(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (size_t)cores;
}

static bool start_workers(struct judge *j, const int ends[2])
{
	size_t workers = judge_cores();
	fflush(NULL);
	for (size_t i = 0; i < workers; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return false;
		if (pid == 0) {
			close(ends[0]);
			_exit(worker(j, ends[1], i, workers));
		}
	}
	return true;
}

bool judge_all(struct judge *j, void (*told)(void *context, const struct verdict *v), void *context)
{
	struct verdict v;
	size_t seen = 0;
	int ends[2], status;
	judge_walks(j);
	if (pipe(ends) != 0)
		return false;
	bool well = start_workers(j, ends);
	close(ends[1]);
	for (; judge_read(ends[0], &v); seen++) {
		j->verdicts[v.mutant] = v;
		told(context, &v);
	}
	close(ends[0]);
	while (wait(&status) > 0)
		well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return well && seen == j->count;
}

void judge_show(struct judge *j, size_t mutant, FILE *out)
{
	static struct mutant_table copy;
	static struct explored r;
	char detail[256] = "";
	struct verdict v = {.mutant = (uint16_t)mutant};
	struct explorer *x[2] = {NULL, NULL};
	mutant_make(&copy, j->table, &j->mutants[mutant]);
	bool shown = guards_show(j, mutant, out);
	if (!shown)
		explore_mutant(j, x, &j->mutants[mutant], &copy, &r, &v, true);
	if (shown)
		fflush(out);
	else if (v.explorer == EXPLORED_KILLED)
		fprintf(out, "  explorer: %s\n%s", v.property, r.trace);
	else
		fprintf(out, "  explorer: nothing broken\n");
	const char *broken =
		walks_broken(j->walks, &copy.table, &copy.timing, detail, sizeof detail);
	fprintf(out, "  walks: %s %s\n", broken == NULL ? "nobody goes another way" : broken,
		detail);
	explorer_free(x[0]);
	explorer_free(x[1]);
}
