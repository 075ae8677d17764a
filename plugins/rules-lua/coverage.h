/* SPDX-License-Identifier: Apache-2.0
 * Which lines of a pack's rules its cases have run. Lines come from the interpreter itself: those of
 * every function that was entered; a function that never was counts as such. Must never be part of
 * an evaluation at a gate.
 */
#ifndef POSTERN_RULES_COVERAGE_H
#define POSTERN_RULES_COVERAGE_H
#include "engine.h"

enum { COVERAGE_LINES_MAX = 2048, COVERAGE_FUNCTIONS_MAX = 64 };

struct coverage {
	const struct pack *pack;
	struct coverage_rule {
		bool can[COVERAGE_LINES_MAX], ran[COVERAGE_LINES_MAX]; /* by line, from 1 */
		int entered[COVERAGE_FUNCTIONS_MAX]; /* the lines where functions begin; 0: the file */
		unsigned entered_count;
	} rule[PACK_RULES_MAX];
};

/* From now on every line that the engine runs is noted. */
void coverage_watch(struct coverage *c, struct engine *engine);
/* Functions of the rule's text that no case has entered. */
unsigned coverage_missed(const struct coverage *c, size_t rule);
#endif
