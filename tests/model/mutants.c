/* SPDX-License-Identifier: Apache-2.0
 * Makes and names mutants. Must never skip one silently: what cannot be changed is not listed, and
 * why is said here.
 */
#include "mutants.h"

#include <stdio.h>
#include <string.h>

struct list {
	struct mutant *all;
	size_t count, max;
};

static void put(struct list *l, bool sensible, enum mutation how, size_t what, size_t part)
{
	if (!sensible)
		return;
	if (l->count < l->max)
		l->all[l->count] = (struct mutant){how, (uint16_t)what, (uint8_t)part};
	l->count++;
}

/* A guard that is ALWAYS cannot be made weaker; its negation is the row dropped. */
static void of_row(struct list *l, const struct gate_row *r, size_t i)
{
	put(l, true, MUTATE_DROP_ROW, i, 0);
	put(l, r->guard != GATE_GUARD_ALWAYS, MUTATE_GUARD_ALWAYS, i, 0);
	put(l, r->guard != GATE_GUARD_ALWAYS, MUTATE_GUARD_NEGATED, i, 0);
	put(l, r->next != GATE_NEXT_SAME, MUTATE_NEXT_SAME, i, 0);
	put(l, !r->ignored && r->next != GATE_STATE_IDLE && r->next != GATE_NEXT_REST,
		MUTATE_NEXT_IDLE, i, 0);
	for (size_t k = 0; k < GATE_ROW_ACTIONS && r->list[k] != GATE_DO_NOTHING; k++)
		put(l, true, MUTATE_DROP_ACTION, i, k);
	put(l, r->list[GATE_ROW_ACTIONS - 1] == GATE_DO_NOTHING, MUTATE_ADD_EXIT, i, 0);
}

static bool has_row(const struct gate_table *table, const struct gate_row *r)
{
	for (size_t i = 0; table != NULL && i < table->row_count; i++)
		if (memcmp(&table->rows[i], r, sizeof *r) == 0)
			return true;
	return false;
}

static bool has_choice(const struct gate_table *table, const struct gate_choice *c)
{
	for (size_t i = 0; table != NULL && i < table->choice_count; i++)
		if (memcmp(&table->choices[i], c, sizeof *c) == 0)
			return true;
	return false;
}

static bool has_go(const struct gate_table *table, const struct gate_go *g)
{
	for (size_t i = 0; table != NULL && i < table->go_count; i++)
		if (memcmp(&table->goes[i], g, sizeof *g) == 0)
			return true;
	return false;
}

/* Tables share states, times and guards; what this one never names cannot be changed in it. */
static bool uses_state(const struct gate_table *table, size_t state)
{
	bool used = state == GATE_STATE_BOOT_SELFTEST;
	for (size_t i = 0; i < table->row_count; i++)
		used |= table->rows[i].next == state;
	for (size_t i = 0; i < table->go_count; i++)
		used |= table->goes[i].state == state;
	return used;
}

static bool uses_timer(const struct gate_table *table, size_t timer)
{
	for (size_t i = 0; i < GATE_STATE_COUNT_; i++)
		if (table->timers[i] == timer && uses_state(table, i))
			return true;
	return false;
}

/* Is it asked in something that the other table does not have? */
static bool uses_guard(const struct gate_table *table, const struct gate_table *beside, size_t guard)
{
	bool used = false;
	for (size_t i = 0; i < table->row_count; i++)
		used |= table->rows[i].guard == guard && !has_row(beside, &table->rows[i]);
	for (size_t i = 0; i < table->choice_count; i++)
		used |= table->choices[i].guard == guard && !has_choice(beside, &table->choices[i]);
	for (size_t i = 0; i < table->go_count; i++)
		used |= table->goes[i].guard == guard && !has_go(beside, &table->goes[i]);
	return used;
}

static void of_times(
	struct list *l, const struct gate_table *table, const struct gate_table *beside)
{
	for (size_t i = 0; i < GATE_STATE_COUNT_; i++) {
		bool used = uses_state(table, i) && (beside == NULL || !uses_state(beside, i));
		put(l, used && table->timers[i] != GATE_TIMER_none, MUTATE_NO_TIMEOUT, i, 0);
		put(l, used, MUTATE_OTHER_TIMEOUT, i, 0);
	}
	for (size_t i = GATE_TIMER_none + 1; i < GATE_TIMER_COUNT_; i++)
		put(l, uses_timer(table, i) && (beside == NULL || !uses_timer(beside, i)),
			MUTATE_LONGER_TIMEOUT, i, 0);
}

size_t mutants_of(const struct gate_table *table, const struct gate_table *beside,
	struct mutant *all, size_t max)
{
	struct list l = {all, 0, max};
	for (size_t i = 0; i < table->row_count; i++)
		if (!has_row(beside, &table->rows[i]))
			of_row(&l, &table->rows[i], i);
	for (size_t i = 0; i < GATE_GUARD_COUNT_; i++)
		for (size_t k = 0; k < GATE_ATOM_COUNT_; k++)
			put(&l, uses_guard(table, beside, i) && table->guards[i] >> k & 1,
				MUTATE_DROP_FACT, i, k);
	of_times(&l, table, beside);
	for (size_t i = 0; i < table->choice_count; i++) {
		if (has_choice(beside, &table->choices[i]))
			continue;
		put(&l, true, MUTATE_DROP_CHOICE, i, 0);
		put(&l, table->choices[i].guard != GATE_GUARD_ALWAYS, MUTATE_CHOICE_ALWAYS, i, 0);
	}
	for (size_t i = 0; i < table->go_count; i++) {
		if (has_go(beside, &table->goes[i]))
			continue;
		put(&l, true, MUTATE_DROP_GO, i, 0);
		put(&l, table->goes[i].guard != GATE_GUARD_ALWAYS, MUTATE_GO_ALWAYS, i, 0);
	}
	return l.count;
}

/* First, so that no later action of the row hides it. */
static void add_exit(struct gate_row *r)
{
	memmove(&r->list[1], &r->list[0], GATE_ROW_ACTIONS - 1);
	r->list[0] = GATE_DO_RELEASE_EXIT;
}

static uint32_t *timer_of(struct gate_timing *timing, size_t which)
{
	switch ((enum gate_timer)which) {
#define GATE_TIMER(name, default_ms, about)                                                        \
	case GATE_TIMER_##name:                                                                    \
		return &timing->name##_ms;
#include "gate/timers.def"
#undef GATE_TIMER
	case GATE_TIMER_COUNT_:
		break;
	}
	return NULL;
}

/* The next timer whose time is another. */
static uint8_t other_timer(uint8_t timer)
{
	struct gate_timing t = gate_timing_default;
	uint8_t other = timer;
	do
		other = (uint8_t)((other + 1) % GATE_TIMER_COUNT_);
	while (other == GATE_TIMER_none || *timer_of(&t, other) == *timer_of(&t, timer));
	return other;
}

static void drop_action(struct gate_row *r, size_t k)
{
	memmove(&r->list[k], &r->list[k + 1], GATE_ROW_ACTIONS - k - 1);
	r->list[GATE_ROW_ACTIONS - 1] = GATE_DO_NOTHING;
}

void mutant_make(struct mutant_table *copy, const struct gate_table *table, const struct mutant *m)
{
	copy->table = *table;
	copy->timing = gate_timing_default;
	memcpy(copy->rows, table->rows, table->row_count * sizeof copy->rows[0]);
	memcpy(copy->choices, table->choices, table->choice_count * sizeof copy->choices[0]);
	memcpy(copy->goes, table->goes, table->go_count * sizeof copy->goes[0]);
	copy->table.rows = copy->rows;
	copy->table.choices = copy->choices;
	copy->table.goes = copy->goes;
	switch (m->how) {
	case MUTATE_DROP_ROW:
		copy->rows[m->what].guard = GATE_GUARD_NEVER;
		return;
	case MUTATE_GUARD_ALWAYS:
		copy->rows[m->what].guard = GATE_GUARD_ALWAYS;
		return;
	case MUTATE_GUARD_NEGATED:
		copy->rows[m->what].negate = true;
		return;
	case MUTATE_NEXT_SAME:
		copy->rows[m->what].next = GATE_NEXT_SAME;
		return;
	case MUTATE_NEXT_IDLE:
		copy->rows[m->what].next = GATE_STATE_IDLE;
		return;
	case MUTATE_DROP_ACTION:
		drop_action(&copy->rows[m->what], m->part);
		return;
	case MUTATE_ADD_EXIT:
		add_exit(&copy->rows[m->what]);
		return;
	case MUTATE_DROP_FACT:
		copy->table.guards[m->what] &= ~(UINT64_C(1) << m->part);
		return;
	case MUTATE_NO_TIMEOUT:
		copy->table.timers[m->what] = GATE_TIMER_none;
		return;
	case MUTATE_OTHER_TIMEOUT:
		copy->table.timers[m->what] = other_timer(table->timers[m->what]);
		return;
	case MUTATE_LONGER_TIMEOUT:
		*timer_of(&copy->timing, m->what) *= 2;
		return;
	case MUTATE_DROP_CHOICE:
		copy->choices[m->what].guard = GATE_GUARD_NEVER;
		return;
	case MUTATE_CHOICE_ALWAYS:
		copy->choices[m->what].guard = GATE_GUARD_ALWAYS;
		return;
	case MUTATE_DROP_GO:
		copy->goes[m->what].guard = GATE_GUARD_NEVER;
		return;
	case MUTATE_GO_ALWAYS:
		copy->goes[m->what].guard = GATE_GUARD_ALWAYS;
		return;
	case MUTATE_COUNT:
		return;
	}
}

static void mark_choice(const struct gate_table *table, uint8_t choice, uint8_t *rows)
{
	for (size_t i = 0; i < table->row_count; i++)
		rows[i] |= memchr(table->rows[i].list, choice, GATE_ROW_ACTIONS) != NULL;
}

static void mark_way(const struct gate_table *table, uint8_t next, uint8_t *rows)
{
	for (size_t i = 0; i < table->row_count; i++)
		rows[i] |= table->rows[i].next == next;
}

static void mark_guard(const struct gate_table *table, uint16_t guard, uint8_t *rows)
{
	for (size_t i = 0; i < table->row_count; i++)
		rows[i] |= table->rows[i].guard == guard;
	for (size_t i = 0; i < table->choice_count; i++)
		if (table->choices[i].guard == guard)
			mark_choice(table, table->choices[i].choice, rows);
	for (size_t i = 0; i < table->go_count; i++)
		if (table->goes[i].guard == guard)
			mark_way(table, table->goes[i].next, rows);
}

bool mutant_rows(const struct gate_table *table, const struct mutant *m, uint8_t *rows)
{
	memset(rows, 0, table->row_count);
	switch (m->how) {
	case MUTATE_DROP_ROW:
	case MUTATE_GUARD_ALWAYS:
	case MUTATE_GUARD_NEGATED:
	case MUTATE_NEXT_SAME:
	case MUTATE_NEXT_IDLE:
	case MUTATE_DROP_ACTION:
	case MUTATE_ADD_EXIT:
		rows[m->what] = 1;
		return !table->rows[m->what].ignored; /* those are not noted */
	case MUTATE_DROP_FACT:
		mark_guard(table, m->what, rows);
		return true;
	case MUTATE_DROP_CHOICE:
	case MUTATE_CHOICE_ALWAYS:
		mark_choice(table, table->choices[m->what].choice, rows);
		return true;
	case MUTATE_DROP_GO:
	case MUTATE_GO_ALWAYS:
		mark_way(table, table->goes[m->what].next, rows);
		return true;
	case MUTATE_NO_TIMEOUT:
	case MUTATE_OTHER_TIMEOUT:
	case MUTATE_LONGER_TIMEOUT:
	case MUTATE_COUNT:
		break;
	}
	return false;
}

bool mutant_of_guard(const struct mutant *m)
{
	return m->how == MUTATE_GUARD_ALWAYS || m->how == MUTATE_GUARD_NEGATED ||
	       m->how == MUTATE_DROP_FACT || m->how == MUTATE_CHOICE_ALWAYS ||
	       m->how == MUTATE_GO_ALWAYS;
}

/* Rows with the same state, event and guard are told apart by where they lead. */
static void row_name(
	const struct gate_row *r, const char *how, const char *which, char *text, size_t size)
{
	snprintf(text, size, "%s %s [%s] -> %s: %s%s%s", gate_next_name(r->state),
		gate_event_name(r->event), gate_guard_name(r->guard), gate_next_name(r->next), how,
		*which ? " " : "", which);
}

void mutant_name(const struct gate_table *table, const struct mutant *m, char *text, size_t size)
{
	static const char *const row_words[] = {"row dropped", "guard always", "guard negated",
		"stays", "to IDLE", "without", "releases the exit"};
	static const char *const timer_names[] = {
#define GATE_TIMER(name, default_ms, about) #name,
#include "gate/timers.def"
#undef GATE_TIMER
	};
	switch (m->how) {
	case MUTATE_DROP_ROW:
	case MUTATE_GUARD_ALWAYS:
	case MUTATE_GUARD_NEGATED:
	case MUTATE_NEXT_SAME:
	case MUTATE_NEXT_IDLE:
	case MUTATE_ADD_EXIT:
		row_name(&table->rows[m->what], row_words[m->how], "", text, size);
		return;
	case MUTATE_DROP_ACTION:
		row_name(&table->rows[m->what], row_words[m->how],
			gate_do_name(table->rows[m->what].list[m->part]), text, size);
		return;
	case MUTATE_DROP_FACT:
		snprintf(text, size, "guard %s without %s", gate_guard_name(m->what),
			gate_atom_name(m->part));
		return;
	case MUTATE_NO_TIMEOUT:
		snprintf(text, size, "%s without timeout", gate_state_name(m->what));
		return;
	case MUTATE_OTHER_TIMEOUT:
		snprintf(text, size, "%s with timeout %s", gate_state_name(m->what),
			timer_names[other_timer(table->timers[m->what])]);
		return;
	case MUTATE_LONGER_TIMEOUT:
		snprintf(text, size, "timeout %s doubled", timer_names[m->what]);
		return;
	case MUTATE_DROP_CHOICE:
	case MUTATE_CHOICE_ALWAYS:
		snprintf(text, size, "choice %s [%s] %s: %s",
			gate_do_name(table->choices[m->what].choice),
			gate_guard_name(table->choices[m->what].guard),
			gate_do_name(table->choices[m->what].what),
			m->how == MUTATE_DROP_CHOICE ? "dropped" : "always");
		return;
	case MUTATE_DROP_GO:
	case MUTATE_GO_ALWAYS:
		snprintf(text, size, "way %s [%s] %s: %s",
			gate_next_name(table->goes[m->what].next),
			gate_guard_name(table->goes[m->what].guard),
			gate_state_name(table->goes[m->what].state),
			m->how == MUTATE_DROP_GO ? "dropped" : "always");
		return;
	case MUTATE_COUNT:
		break;
	}
	snprintf(text, size, "?");
}
