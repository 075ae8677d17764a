/* SPDX-License-Identifier: Apache-2.0
 * What the generator, the conformance test and the replay share: which table, and which change of
 * it. Must never change the shipped table itself.
 */
#ifndef POSTERN_SPIN_COMMON_H
#define POSTERN_SPIN_COMMON_H
#include "mutants.h"
#include "tables.h"

struct spin_choice {
	struct mutant_table copy; /* table points into it when something is changed */
	const struct gate_table *table;
};

/* The table of that name, with the one mutant of exactly that name, unless that is NULL or empty.
 * false: there is no such table or mutant; which is on stderr. */
bool spin_choose(struct spin_choice *choice, const char *table, const char *mutant);
#endif
