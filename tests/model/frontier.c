/* SPDX-License-Identifier: Apache-2.0
 * The search from where a changed table can first differ. Must never report a way that the changed
 * table does not go: each is played from the start before it counts.
 */
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "internal.h"

enum { WARY_MAX = 200, NEW_MAX = 300000 };

/* Stable, so that within a row the steps stay in the order of the search. */
static bool sort_by_row(struct explorer *x)
{
	size_t at[ASKED_ROWS], *first = x->asked_first;
	struct asked *sorted = malloc((x->asked_count + 1) * sizeof *sorted);
	if (sorted == NULL)
		return false;
	memset(first, 0, sizeof x->asked_first);
	for (size_t i = 0; i < x->asked_count; i++)
		first[x->asked[i].row + 1]++;
	for (size_t i = 0; i < ASKED_ROWS; i++)
		first[i + 1] += first[i];
	memcpy(at, first, sizeof at);
	for (size_t i = 0; i < x->asked_count; i++)
		sorted[at[x->asked[i].row]++] = x->asked[i];
	free(x->asked);
	x->asked = sorted;
	x->asked_max = x->asked_count;
	return true;
}

void explore_noting(struct explorer *x, const struct gate_table *table, unsigned groups,
	unsigned troubles, struct explored *result)
{
	x->noting = true;
	explore(x, table, groups, troubles, false, result);
	x->noting = false;
	if (table->row_count > ASKED_ROWS || !sort_by_row(x))
		result->full = true;
}

struct front {
	struct explorer *x;
	struct step s;
	unsigned groups, troubles;
	uint32_t wary;
	bool found, want_trace;
};

/* Plays the way to the broken step under the changed table; keeps it when it is one. */
static void confirm(struct front *f, uint32_t from, const struct move *m)
{
	struct explored *r = f->s.result;
	const char *broken = f->s.broken;
	f->s.trace = f->want_trace ? fmemopen(r->trace, sizeof r->trace, "w") : NULL;
	bool same = play(&f->s, from, m, &r->length);
	f->found = same && f->s.broken == broken;
	if (f->s.trace != NULL)
		fclose(f->s.trace);
	f->s.trace = NULL;
	f->s.broken = NULL;
	if (f->found)
		r->broken = broken;
	else
		f->wary++;
}

static void follow(struct front *f, uint32_t from, size_t move)
{
	struct explorer *x = f->x;
	struct node n = x->nodes[from];
	f->s.move = &x->moves[move];
	f->s.broken = NULL;
	if (!happen(&f->s, &n))
		return;
	f->s.result->transitions++;
	if (f->s.broken != NULL) {
		confirm(f, from, &x->moves[move]);
		return;
	}
	if (too_much(&x->nodes[from], &n, f->troubles))
		return;
	uint32_t before = x->count, to = find_or_add(x, &n);
	if (to == NONE) {
		f->s.result->full = true;
	} else if (to == before) {
		x->parent[to] = from;
		x->by[to] = (uint16_t)move;
	}
}

static bool goes_on(const struct front *f)
{
	return !f->found && !f->s.result->full && f->wary < WARY_MAX;
}

void frontier(struct explorer *x, const struct gate_table *table, const uint8_t *rows,
	unsigned groups, unsigned troubles, bool want_trace, struct explored *result,
	uint32_t *wary)
{
	struct front f = {.x = x,
		.s = {.x = x, .table = table, .result = result},
		.groups = groups,
		.troubles = troubles,
		.want_trace = want_trace};
	uint32_t known = x->count, max = x->max;
	memset(result, 0, sizeof *result);
	if (max - known > NEW_MAX)
		x->max = known + NEW_MAX;
	for (size_t row = 0; row < table->row_count; row++)
		for (size_t i = x->asked_first[row];
			rows[row] && i < x->asked_first[row + 1] && goes_on(&f); i++)
			follow(&f, x->asked[i].node, x->asked[i].move);
	for (uint32_t i = known; i < x->count && goes_on(&f); i++)
		for (size_t k = 0; k < x->move_count && goes_on(&f); k++)
			if ((x->moves[k].groups & ~groups) == 0)
				follow(&f, i, k);
	result->states = x->count - known;
	forget_nodes(x, known);
	x->max = max;
	*wary = f.wary;
}
