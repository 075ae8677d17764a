/* SPDX-License-Identifier: Apache-2.0
 * Changes every row, guard, fact, action, way, choice and time of the shipped table, one at a
 * time, and asks the explorer and the walks whether anybody notices. Fails on a survivor that the
 * file EQUIVALENTS does not explain, on an explained mutant that is killed and on an explanation of
 * nothing. Must never count as killed what was not tried.
 *
 *   gate-mutate TOPOLOGY WALKS EQUIVALENTS [HOW]
 *
 *   TOPOLOGY                two-step; of one-step and segregated what they do not share with it, of free what not with one-step
 *   without HOW             the campaign: every mutant, both judges
 *   --steps                 every mutant by the walks, and by what its single steps break
 *   --guards UNSEEN         every changed guard, fact, choice and way by the explorer alone;
 *                           UNSEEN says of which it can find nothing, and why
 *   --guards-quick UNSEEN   the same, but those by single steps only
 *   --slice SECONDS SEED    every mutant by the walks; the explorer in an order drawn by SEED; 0 SECONDS: by the walks alone
 *   --show TEXT             mutants whose name holds TEXT, and how each is found out
 */
#include "guards.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "worlds.h"

#define TEXT_MAX 131072u
#define NAME_MAX_ 256u

struct score {
	size_t total, killed, by_walks, explored, by_explorer, equivalent, survived, stale;
};

struct telling {
	const struct judge *judge;
	const char *equivalents, *unseen;
	bool every; /* tell of each mutant, not only of what is wrong */
	struct score of[MUTATE_COUNT], all;
};

static const char *const words[MUTATE_COUNT] = {"row dropped", "guard always", "guard negated",
	"row stays", "row to IDLE", "action dropped", "exit released", "fact dropped", "no timeout",
	"other timeout", "timeout doubled", "choice dropped", "choice always", "way dropped",
	"way always"};

/* "NAME | WHY", one a line; # comments. */
static bool explained(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = text; (at = strstr(at, name)) != NULL; at += n)
		if ((at == text || at[-1] == '\n') && strncmp(at + n, " | ", 3) == 0)
			return true;
	return false;
}

static size_t explanations(const char *text)
{
	size_t count = 0;
	for (const char *at = text; at != NULL && *at != 0; at = strchr(at, '\n')) {
		at += *at == '\n';
		const char *end = strchr(at, '\n'), *bar = strstr(at, " | ");
		count += *at != '#' && bar != NULL && (end == NULL || bar < end);
	}
	return count;
}

static void count(struct score *s, const struct verdict *v, bool killed, bool excused)
{
	s->total++;
	s->killed += killed;
	s->by_walks += v->walk_killed;
	s->explored += v->explorer != EXPLORED_NOT;
	s->by_explorer += v->explorer == EXPLORED_KILLED;
	s->equivalent += !killed && excused;
	s->survived += !killed && !excused;
	s->stale += killed && excused;
}

static void told(void *context, const struct verdict *v)
{
	struct telling *t = context;
	bool killed = v->walk_killed || v->explorer == EXPLORED_KILLED;
	char name[NAME_MAX_];
	mutant_name(t->judge->table, &t->judge->mutants[v->mutant], name, sizeof name);
	bool excused = explained(t->equivalents, name);
	count(&t->of[t->judge->mutants[v->mutant].how], v, killed, excused);
	count(&t->all, v, killed, excused);
	if (killed && excused)
		printf("NOT EQUIVALENT %s: %s %s\n", name, v->property, v->walk);
	else if (!killed && !excused)
		printf("SURVIVED %s\n", name);
	else if (t->every)
		printf("%s %s: %s%s%s\n", killed ? "killed" : "equivalent", name, v->property,
			*v->property && *v->walk ? "; walk " : "", v->walk);
	fflush(stdout);
}

static void line(const char *name, const struct score *s)
{
	printf("%-16s %6zu %7zu %6zu %9zu %9zu %11zu %9zu\n", name, s->total, s->killed,
		s->by_walks, s->explored, s->by_explorer, s->equivalent, s->survived);
}

static bool sum_up(const struct telling *t, const struct walks *walks)
{
	printf("%-16s %6s %7s %6s %9s %9s %11s %9s\n", "mutants", "all", "killed", "walks",
		"explored", "explorer", "equivalent", "survived");
	for (size_t k = 0; k < MUTATE_COUNT; k++)
		line(words[k], &t->of[k]);
	line("all", &t->all);
	printf("%zu walks\n", walks_count(walks));
	return t->all.survived == 0 && t->all.stale == 0;
}

/* Every explanation must be of a mutant that exists. */
static bool all_exist(const struct judge *j, const char *equivalents)
{
	size_t found = 0;
	char name[NAME_MAX_];
	for (size_t i = 0; i < j->count; i++) {
		mutant_name(j->table, &j->mutants[i], name, sizeof name);
		found += explained(equivalents, name);
	}
	if (found < explanations(equivalents))
		printf("%zu explanations of mutants that there are not\n",
			explanations(equivalents) - found);
	return found >= explanations(equivalents);
}

/* Fisher and Yates's shuffle with the SplitMix64 sequence of SEED. */
static void shuffle(struct judge *j, uint64_t seed)
{
	for (size_t i = j->count; i > 1; i--) {
		uint64_t z = seed += 0x9e3779b97f4a7c15u;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		z ^= z >> 31;
		size_t k = (size_t)(z % i);
		uint16_t swap = j->order[i - 1];
		j->order[i - 1] = j->order[k];
		j->order[k] = swap;
	}
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, TEXT_MAX);
	size_t n = f == NULL || text == NULL ? 0 : fread(text, 1, TEXT_MAX - 1, f);
	if (f == NULL || n == 0 || n == TEXT_MAX - 1) {
		free(text);
		text = NULL;
	}
	if (f != NULL)
		fclose(f);
	return text;
}

static bool show(struct judge *j, const char *text)
{
	char name[NAME_MAX_];
	size_t shown = 0;
	for (size_t i = 0; i < j->count; i++) {
		mutant_name(j->table, &j->mutants[i], name, sizeof name);
		if (strstr(name, text) == NULL)
			continue;
		shown++;
		printf("%s\n", name);
		judge_show(j, i, stdout);
	}
	return shown > 0;
}

static bool campaign(struct judge *j, const char *equivalents, bool every)
{
	static struct telling t;
	t.judge = j;
	t.equivalents = equivalents;
	t.every = every;
	if (!all_exist(j, equivalents))
		return false;
	if (!judge_all(j, told, &t)) {
		fprintf(stderr, "gate-mutate: a worker died\n");
		return false;
	}
	return sum_up(&t, j->walks);
}

static void told_guard(void *context, const struct verdict *v)
{
	static const char *const as[] = {"NOT TRIED", "SURVIVED", "killed"};
	struct telling *t = context;
	char name[NAME_MAX_];
	mutant_name(t->judge->table, &t->judge->mutants[v->mutant], name, sizeof name);
	bool killed = v->explorer == EXPLORED_KILLED;
	bool excused = explained(t->equivalents, name) || explained(t->unseen, name);
	count(&t->of[t->judge->mutants[v->mutant].how], v, killed, excused);
	count(&t->all, v, killed, excused);
	printf("%s %s",
		killed && excused    ? "EXPLAINED, YET killed"
		: killed || !excused ? as[v->explorer]
				     : "explained",
		name);
	if (killed)
		printf(": %s (after %u: %s)", v->property, v->length, world_kinds[v->world].name);
	putchar('\n');
}

/* every: what is explained is tried as long as what is not. */
static bool guards(struct judge *j, const char *equivalents, const char *unseen, bool every)
{
	static struct telling t;
	static uint8_t wanted[JUDGE_MUTANTS_MAX];
	char name[NAME_MAX_];
	t.judge = j;
	t.equivalents = equivalents;
	t.unseen = unseen;
	for (size_t i = 0; i < j->count; i++) {
		mutant_name(j->table, &j->mutants[i], name, sizeof name);
		bool excused = explained(equivalents, name) || explained(unseen, name);
		wanted[i] = !mutant_of_guard(&j->mutants[i]) ? GUARDS_LEAVE
			    : excused && !every              ? GUARDS_BY_STEPS
							     : GUARDS_BY_ALL;
	}
	return all_exist(j, unseen) && guards_judge(j, wanted, told_guard, &t) &&
	       sum_up(&t, j->walks);
}

/* Every mutant by the walks, and by the explorer's single steps. */
static bool steps(struct judge *j, const char *equivalents)
{
	static struct telling t;
	static uint8_t wanted[JUDGE_MUTANTS_MAX];
	t.judge = j;
	t.equivalents = equivalents;
	t.every = true;
	for (size_t i = 0; i < j->count; i++)
		wanted[i] = GUARDS_BY_STEPS;
	judge_walks(j);
	return all_exist(j, equivalents) && guards_judge(j, wanted, told, &t) &&
	       sum_up(&t, j->walks);
}

int main(int argc, char **argv)
{
	static struct judge j;
	enum gate_topology topology = GATE_TWO_STEP;
	bool known = argc > 1 && gate_topology_find(argv[1], &topology);
	if (known) {
		argc--;
		argv++;
	}
	j.table = gate_table_of(topology);
	/* A lane ordered free is put together like the mantrap, whose entry stands open too. */
	j.beside = topology == GATE_TWO_STEP ? NULL : gate_table_of(topology == GATE_FREE ? GATE_ONE_STEP : GATE_TWO_STEP);
	char *equivalents = argc > 2 ? read_text(argv[2]) : NULL;
	struct walks *walks = argc > 2 ? walks_read(argv[1]) : NULL;
	bool slice = argc == 6 && strcmp(argv[3], "--slice") == 0, well = false;
	bool quick = argc == 5 && strcmp(argv[3], "--guards-quick") == 0;
	bool only = quick || (argc == 5 && strcmp(argv[3], "--guards") == 0);
	char *unseen = only ? read_text(argv[4]) : NULL;
	if (!known || equivalents == NULL || walks == NULL || (only && unseen == NULL) ||
		!(argc == 3 || slice || only || (argc == 4 && strcmp(argv[3], "--steps") == 0) ||
			(argc == 5 && strcmp(argv[3], "--show") == 0))) {
		fprintf(stderr, "usage: gate-mutate TOPOLOGY WALKS EQUIVALENTS [--slice SECONDS SEED | "
				"--show TEXT | --steps | --guards[-quick] UNSEEN]\n");
		goto out;
	}
	if (only) {
		well = judge_load(&j, walks, false) && guards(&j, equivalents, unseen, !quick);
		goto out;
	}
	if (argc == 4 && strcmp(argv[3], "--steps") == 0) {
		well = judge_load(&j, walks, false) && steps(&j, equivalents);
		goto out;
	}
	if (argc == 5) {
		well = judge_load(&j, walks, false) && show(&j, argv[4]);
		goto out;
	}
	/* Without a second for the explorer what it would find in the unchanged table is not asked. */
	bool walks_alone = slice && strtoll(argv[4], NULL, 10) == 0;
	if (walks_alone ? !judge_load(&j, walks, true) : !judge_init(&j, walks, slice))
		goto out;
	if (slice) {
		shuffle(&j, strtoull(argv[5], NULL, 10));
		j.until_ms = judge_now_ms() + strtoll(argv[4], NULL, 10) * 1000;
	}
	well = campaign(&j, equivalents, !slice);
out:
	walks_free(walks);
	free(equivalents);
	free(unseen);
	return well ? 0 : 1;
}
