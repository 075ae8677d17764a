/* SPDX-License-Identifier: Apache-2.0
 * Every single change that can be made to a table. Must never change the table it is given.
 */
#ifndef POSTERN_MODEL_MUTANTS_H
#define POSTERN_MODEL_MUTANTS_H
#include "gate/table.h"

enum mutation {
	MUTATE_DROP_ROW,
	MUTATE_GUARD_ALWAYS,
	MUTATE_GUARD_NEGATED,
	MUTATE_NEXT_SAME,
	MUTATE_NEXT_IDLE,
	MUTATE_DROP_ACTION,
	MUTATE_ADD_EXIT,
	MUTATE_DROP_FACT,
	MUTATE_NO_TIMEOUT,
	MUTATE_OTHER_TIMEOUT,
	MUTATE_LONGER_TIMEOUT,
	MUTATE_DROP_CHOICE,
	MUTATE_CHOICE_ALWAYS,
	MUTATE_DROP_GO,
	MUTATE_GO_ALWAYS,
	MUTATE_COUNT,
};

struct mutant {
	enum mutation how;
	uint16_t what; /* row, guard, state, timer, choice or go */
	uint8_t part;  /* action or fact */
};

#define MUTANT_ROWS_MAX 1024u

/* A table of its own, with copies of everything that can be changed. */
struct mutant_table {
	struct gate_table table;
	struct gate_row rows[MUTANT_ROWS_MAX];
	struct gate_choice choices[32];
	struct gate_go goes[8];
	struct gate_timing timing;
};

/* Fills all; returns how many there are (more than max when it does not fit). beside: NULL, or a
 * table; what it has in the same words is left out, and a guard, state or time that it uses as
 * well. */
size_t mutants_of(const struct gate_table *table, const struct gate_table *beside,
	struct mutant *all, size_t max);
void mutant_make(struct mutant_table *copy, const struct gate_table *table, const struct mutant *m);
/* A name that does not move when rows are added elsewhere. */
void mutant_name(const struct gate_table *table, const struct mutant *m, char *text, size_t size);
/* Marks the rows whose steps can differ, a byte each; false when it is not a matter of rows. */
bool mutant_rows(const struct gate_table *table, const struct mutant *m, uint8_t *rows);
/* A guard changed, or a fact left out of one. */
bool mutant_of_guard(const struct mutant *m);
#endif
