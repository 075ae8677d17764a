/* SPDX-License-Identifier: Apache-2.0
 * Applies a table to one event. Must never choose a state or an action that no row names.
 */
#include <string.h>

#include "gate/table.h"

static uint64_t bit(bool holds, enum gate_atom atom)
{
	return (uint64_t)holds << atom;
}

_Static_assert(GATE_ATOM_COUNT_ <= 64, "facts fit into one word");

uint64_t gate_facts(const struct gate *gate, const struct gate_env *env)
{
	const struct gate *g = gate;
	const struct gate_env *e = env;
	const struct gate_sensed *s = &env->sensed;
	uint64_t facts = 0;
#define A(name, about, condition) facts |= bit(condition, GATE_ATOM_##name);
#define G(name, about, facts)
#include "gate/guards.def"
#undef A
#undef G
	return facts;
}

static bool holds(const struct gate_table *t, uint8_t guard, bool negate, uint64_t facts)
{
	return ((facts & t->guards[guard]) == t->guards[guard]) != negate;
}

/* The first row for this state, else for any state, whose guard holds. */
static const struct gate_row *find(
	const struct gate_table *t, uint8_t state, enum gate_event event, uint64_t facts)
{
	const uint8_t *all = t->row_events, *end = all + t->row_count, *at = all;
	while ((at = memchr(at, (int)event, (size_t)(end - at))) != NULL) {
		const struct gate_row *r = &t->rows[at++ - all];
		if ((r->state == state || r->state == GATE_STATE_ANY) &&
			holds(t, r->guard, r->negate, facts))
			return r;
	}
	return NULL;
}

static uint8_t resolve(const struct gate_table *t, uint8_t next, uint8_t state, uint64_t facts)
{
	if (next < GATE_STATE_COUNT_)
		return next;
	for (uint8_t i = 0; i < t->go_count; i++)
		if (t->goes[i].next == next && holds(t, t->goes[i].guard, t->goes[i].negate, facts))
			return t->goes[i].state;
	return state;
}

static void forget_crossing(struct gate *g)
{
	g->admission = GATE_ADMISSION_NONE;
	g->retries = 0;
	g->crossing = g->recorded = g->committed = g->refused = g->entered = g->passed = g->lost =
		false;
}

/* What an output or an effect means for the lane's own memory. */
static void remember(struct gate *g, enum gate_do what)
{
	switch (what) {
	case GATE_DO_BEGIN_CROSSING:
		forget_crossing(g);
		g->crossing = true;
		return;
	case GATE_DO_END_PASSED:
	case GATE_DO_END_RETURNED:
	case GATE_DO_END_ABANDONED:
	case GATE_DO_END_REFERRED:
	case GATE_DO_END_REFUSED:
	case GATE_DO_END_EMERGENCY:
	case GATE_DO_END_UNKNOWN:
	case GATE_DO_END_ISSUED:
		forget_crossing(g);
		return;
	case GATE_DO_RECORD_REFERRAL:
		g->recorded = true;
		return;
	case GATE_DO_RELEASE_ENTRY:
	case GATE_DO_RELEASE_EXIT:
		g->opened = true;
		return;
	case GATE_DO_ADMIT_BY_MACHINE:
		g->admission = GATE_ADMISSION_MACHINE;
		return;
	case GATE_DO_ADMIT_BY_OFFICER:
		g->admission = GATE_ADMISSION_OFFICER;
		return;
	case GATE_DO_REVOKE_ADMISSION:
		g->admission = GATE_ADMISSION_NONE;
		g->committed = false;
		return;
	case GATE_DO_NOTE_COMMITTED:
		g->committed = true;
		return;
	case GATE_DO_NOTE_REFUSED:
		g->refused = g->crossing;
		return;
	case GATE_DO_NOTE_ENTERED:
		g->entered = g->crossing;
		return;
	case GATE_DO_NOTE_PASSED:
		g->passed = g->crossing;
		return;
	case GATE_DO_NOTE_LOST:
		g->lost = g->crossing;
		return;
	case GATE_DO_NOTE_SHUT:
		g->opened = false;
		g->retries = 0;
		return;
	case GATE_DO_NOTE_TESTED:
		g->tested = true;
		return;
	case GATE_DO_FORGET_TEST:
		g->tested = false;
		return;
	case GATE_DO_WITHDRAW:
		g->withdrawn = true;
		return;
	case GATE_DO_RESTORE:
		g->withdrawn = false;
		return;
	case GATE_DO_COUNT_RETRY:
		g->retries++;
		return;
	case GATE_DO_RESET_RETRIES:
		g->retries = 0;
		return;
	default: /* the other outputs leave no trace in the lane */
		return;
	}
}

static enum gate_do choose(const struct gate_table *t, enum gate_do what, uint64_t facts)
{
	if (what < GATE_DO_END_IN_EMERGENCY)
		return what;
	for (uint8_t i = 0; i < t->choice_count; i++)
		if (t->choices[i].choice == what &&
			holds(t, t->choices[i].guard, t->choices[i].negate, facts))
			return t->choices[i].what;
	return GATE_DO_NOTHING;
}

static bool stands_shut(uint8_t leaf)
{
	return leaf == GATE_LEAF_LOCKED || leaf == GATE_LEAF_CLOSED;
}

/* Whoever opened: somebody is seen inside, or a leaf is not seen shut. */
static bool may_have_let_in(const struct gate_sensed *s)
{
	return (s->occupants_known && s->occupants > 0) || !stands_shut(s->entry_leaf) ||
	       !stands_shut(s->exit_leaf);
}

void gate_step_table(const struct gate_table *table, const struct gate *before,
	enum gate_event event, const struct gate_env *env, struct gate *after,
	struct gate_actions *out)
{
	const struct gate_row *row = find(table, before->state, event, gate_facts(before, env));
	struct gate g = *before;
	g.opened |= may_have_let_in(&env->sensed);
	memset(out, 0, sizeof *out);
	out->row = GATE_ROW_NONE;
	if (row != NULL) {
		out->row = (uint16_t)(row - table->rows);
		out->restart_timer = row->next != GATE_NEXT_SAME;
		for (size_t i = 0; i < GATE_ROW_ACTIONS && row->list[i] != GATE_DO_NOTHING; i++) {
			enum gate_do what = choose(table, row->list[i], gate_facts(&g, env));
			remember(&g, what);
			if (what != GATE_DO_NOTHING && (unsigned)what <= GATE_ACTION_COUNT_)
				out->list[out->count++] = (uint8_t)(what - 1);
		}
		g.state = resolve(table, row->next, before->state, gate_facts(&g, env));
	}
	*after = g;
}

uint32_t gate_timeout_table(
	const struct gate_table *table, const struct gate *gate, const struct gate_timing *timing)
{
	switch ((enum gate_timer)table->timers[gate->state]) {
#define GATE_TIMER(name, default_ms, about)                                                        \
	case GATE_TIMER_##name:                                                                    \
		return timing->name##_ms;
#include "gate/timers.def"
#undef GATE_TIMER
	case GATE_TIMER_COUNT_:
		break;
	}
	return 0;
}
