/* SPDX-License-Identifier: Apache-2.0
 * Finds a table and a change of it by their names. Must never guess: what is not found is an error.
 */
#include "common.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum { MUTANTS_MAX = 16384 };

static bool change(struct spin_choice *choice, const char *name)
{
	static struct mutant all[MUTANTS_MAX];
	size_t count = mutants_of(choice->table, NULL, all, MUTANTS_MAX);
	char text[256];
	for (size_t i = 0; i < count && i < MUTANTS_MAX; i++) {
		mutant_name(choice->table, &all[i], text, sizeof text);
		if (strcmp(text, name) != 0)
			continue;
		mutant_make(&choice->copy, choice->table, &all[i]);
		choice->table = &choice->copy.table;
		return true;
	}
	fprintf(stderr, "no mutant is called \"%s\"\n", name);
	return false;
}

bool spin_choose(struct spin_choice *choice, const char *table, const char *mutant)
{
	for (size_t i = 0; i < PN_COUNT(spin_tables); i++) {
		if (strcmp(spin_tables[i].name, table) != 0)
			continue;
		choice->table = spin_tables[i].table;
		return mutant == NULL || *mutant == '\0' || change(choice, mutant);
	}
	fprintf(stderr, "no table is called \"%s\"\n", table);
	return false;
}
