/* SPDX-License-Identifier: Apache-2.0
 * Makes up steps, each aimed at one row in turn, from memories that are the last step's or any at
 * all, and compares. Must never skip a row: one that is not taken is an error at the end.
 * CONFORM_TABLE in the environment names the table.
 */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* DERIVED: the events that gate_derive() makes, each a put() there. */
enum { TRIES = 400, DERIVED = 25 };

struct conform {
	struct spin_choice choice;
	struct gate before, after;
	struct gate_env env;
	struct gate_actions actions;
	uint8_t event, taken[MUTANT_ROWS_MAX];
	unsigned char vector[64], snapshots[32];
	struct gate_sensed last, new;
	uint8_t derived[GATE_EVENT_COUNT_];
	uint64_t seed;
	size_t steps;
};

static struct conform *conform(void)
{
	static struct conform c;
	const char *table = getenv("CONFORM_TABLE");
	if (c.choice.table == NULL && (table == NULL || !spin_choose(&c.choice, table, NULL)))
		exit(2);
	if (c.seed == 0)
		c.seed = 20260101;
	return &c;
}

static unsigned below(struct conform *c, unsigned n)
{
	c->seed ^= c->seed << 13;
	c->seed ^= c->seed >> 7;
	c->seed ^= c->seed << 17;
	return (unsigned)(c->seed >> 33) % n;
}

/* Mostly what is usual, sometimes anything. */
static uint8_t some(struct conform *c, unsigned rare, uint8_t usual, unsigned n)
{
	return below(c, 8) < rare ? (uint8_t)below(c, n) : usual;
}

static void surroundings(struct conform *c, unsigned rare)
{
	c->env = (struct gate_env){
		.sensed = {.entry_leaf = some(c, rare, GATE_LEAF_LOCKED, 8),
			.exit_leaf = some(c, rare, GATE_LEAF_LOCKED, 8),
			.occupants = some(c, rare, (uint8_t)below(c, 2), 3),
			.occupants_known = some(c, rare, 1, 2),
			.object_left = some(c, rare, 0, 2),
			.fire = some(c, rare, 0, 2),
			.estop = some(c, rare, 0, 2),
			.mains_ok = some(c, rare, 1, 2),
			.ups_low = some(c, rare, 0, 2),
			.tamper = some(c, rare, 0, 2),
			.key_reset = below(c, 2),
			.maintenance = some(c, rare, 0, 2),
			.self_test_ok = some(c, rare, 1, 2)},
		.document_present = below(c, 2),
		.officer_present = some(c, rare, 1, 2),
		.lists_ok = some(c, rare, 1, 2),
		.clock_trusted = some(c, rare, 1, 2),
		.journal_ok = some(c, rare, 1, 2),
		.may_serve = some(c, rare, 1, 2),
	};
}

static void any_memory(struct conform *c, uint8_t state)
{
	c->before = (struct gate){.state = state,
		.admission = (uint8_t)below(c, 3),
		.retries = (uint8_t)below(c, 5),
		.crossing = below(c, 2),
		.recorded = below(c, 2),
		.committed = below(c, 2),
		.refused = below(c, 2),
		.entered = below(c, 2),
		.passed = below(c, 2),
		.lost = below(c, 2),
		.opened = below(c, 2),
		.tested = below(c, 2),
		.withdrawn = below(c, 2)};
}

/* Every second step goes on from where the last has led; the others try for one row after the
 * other. */
static void make_up(struct conform *c)
{
	size_t aim = (c->steps++ / 2) % c->choice.table->row_count;
	const struct gate_row *r = &c->choice.table->rows[aim];
	if (c->steps % 2 == 0) {
		c->before = c->after;
		c->event = (uint8_t)below(c, GATE_EVENT_COUNT_);
		surroundings(c, below(c, 4));
		return;
	}
	for (unsigned i = 0; i < TRIES; i++) {
		any_memory(c, r->state < GATE_STATE_COUNT_ ? r->state
							   : (uint8_t)below(c, GATE_STATE_COUNT_));
		c->event = r->event;
		surroundings(c, below(c, 8));
		gate_step_table(c->choice.table, &c->before, (enum gate_event)c->event, &c->env,
			&c->after, &c->actions);
		if (c->actions.row == aim)
			return;
	}
}

const unsigned char *conform_next(void)
{
	struct conform *c = conform();
	make_up(c);
	gate_step_table(c->choice.table, &c->before, (enum gate_event)c->event, &c->env, &c->after,
		&c->actions);
	const struct gate_sensed *s = &c->env.sensed;
	const struct gate_env *e = &c->env;
	const unsigned char v[20] = {c->event, s->entry_leaf, s->exit_leaf, s->occupants,
		s->occupants_known, s->object_left, s->fire, s->estop, s->mains_ok, s->ups_low,
		s->tamper, s->key_reset, s->maintenance, s->self_test_ok, e->document_present,
		e->officer_present, e->lists_ok, e->clock_trusted, e->journal_ok, e->may_serve};
	memcpy(c->vector, v, sizeof v);
	memcpy(c->vector + sizeof v, &c->before, sizeof c->before);
	return c->vector;
}

int conform_same(const unsigned char *memory, int row, const unsigned char *out, int outs,
	int restarts, int clock)
{
	struct conform *c = conform();
	bool same =
		memcmp(memory, &c->after, sizeof c->after) == 0 && row == c->actions.row &&
		outs == c->actions.count && memcmp(out, c->actions.list, c->actions.count) == 0 &&
		restarts == c->actions.restart_timer &&
		clock ==
			(gate_timeout_table(c->choice.table, &c->after, &gate_timing_default) != 0);
	if (!same)
		fprintf(stderr, "%s in %s: row %u, and spin's %d; %s\n", gate_event_name(c->event),
			gate_state_name(c->before.state), c->actions.row, row,
			gate_state_name(c->after.state));
	if (c->actions.row < MUTANT_ROWS_MAX)
		c->taken[c->actions.row] = 1;
	return same;
}

static void put_snapshot(const struct gate_sensed *s, unsigned char v[13])
{
	const unsigned char bytes[13] = {s->entry_leaf, s->exit_leaf, s->occupants,
		s->occupants_known, s->object_left, s->fire, s->estop, s->mains_ok, s->ups_low,
		s->tamper, s->key_reset, s->maintenance, s->self_test_ok};
	memcpy(v, bytes, sizeof bytes);
}

const unsigned char *conform_snapshots(void)
{
	struct conform *c = conform();
	unsigned char new[13];
	/* of two moments; the last may be nothing known */
	surroundings(c, 1 + below(c, 7));
	c->last = below(c, 16) == 0 ? gate_sensed_unknown() : c->env.sensed;
	surroundings(c, 1 + below(c, 7));
	c->new = c->env.sensed;
	c->new.estop = false;
	put_snapshot(&c->last, c->snapshots);
	put_snapshot(&c->new, new);
	memcpy(c->snapshots + 13, new, 6);
	memcpy(c->snapshots + 19, new + 7, 6);
	return c->snapshots;
}

int conform_derived(const unsigned char *events, int count, const unsigned char *last)
{
	struct conform *c = conform();
	enum gate_event wanted[GATE_EVENT_COUNT_];
	unsigned char new[13];
	size_t n = gate_derive(&c->last, &c->new, wanted, GATE_EVENT_COUNT_);
	bool same = (size_t)count == n;
	put_snapshot(&c->new, new);
	for (size_t i = 0; i < n; i++) {
		c->derived[wanted[i]] = 1;
		same = same && events[i] == (unsigned char)wanted[i];
	}
	same = same && memcmp(last, new, sizeof new) == 0;
	if (!same)
		fprintf(stderr, "derived: %zu events, and spin's %d\n", n, count);
	return same;
}

int conform_covered(void)
{
	struct conform *c = conform();
	unsigned missing = 0, kinds = 0;
	for (size_t i = 0; i < c->choice.table->row_count; i++) {
		if (c->taken[i])
			continue;
		missing++;
		fprintf(stderr, "row %zu is never taken: %s %s\n", i,
			gate_next_name(c->choice.table->rows[i].state),
			gate_event_name(c->choice.table->rows[i].event));
	}
	for (size_t i = 0; i < GATE_EVENT_COUNT_; i++)
		kinds += c->derived[i];
	printf("%u of %u rows taken in %zu steps, %u kinds of events derived\n",
		c->choice.table->row_count - missing, c->choice.table->row_count, c->steps, kinds);
	return missing == 0 && kinds == DERIVED;
}
_Static_assert(sizeof(struct gate) == 13, "conform.pml.in reads the lane's memory byte by byte");
