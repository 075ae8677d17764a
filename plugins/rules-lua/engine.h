/* SPDX-License-Identifier: Apache-2.0
 * Runs one pack over one crossing. Each rule is a chunk that returns function(crossing); it is made
 * anew for every crossing, so that nothing it keeps outlives the crossing. A rule returns nothing
 * (clear), or verdict, code, exception and up to ENGINE_ARGS_MAX arguments; the most restrictive
 * verdict counts. Must never let a script's error, hunger or slowness count as clear.
 */
#ifndef POSTERN_RULES_ENGINE_H
#define POSTERN_RULES_ENGINE_H
#include "crossing.pb-c.h"
#include "pack.h"

enum {
	ENGINE_RULE_INSTRUCTIONS = 100000,  /* of one rule; allocated bytes count too (vm.h) */
	ENGINE_LOAD_INSTRUCTIONS = 2000000, /* of compiling a pack */
	ENGINE_TIME_MS = 15,                /* of one evaluation, all rules, rebuilding included */
	ENGINE_ERRORS_MAX = 3,              /* of one rule, then it is quarantined */
	ENGINE_ARGS_MAX = 4,
	ENGINE_FINDINGS_MAX = PACK_RULES_MAX,
	ENGINE_ERROR_MAX = 200,
};

struct engine;

struct engine_finding {
	const char *rule; /* the pack's, or a literal */
	char code[64];
	Postern__Verdict verdict;
	Postern__ExceptionClass exception;
	char args[ENGINE_ARGS_MAX][64];
	size_t arg_count;
};

struct engine_result {
	Postern__Verdict verdict;
	struct engine_finding finding[ENGINE_FINDINGS_MAX]; /* most restrictive first, then in the
							       pack's order; no clear ones */
	size_t finding_count;
	const char *fields_read[FIELDS_MAX]; /* paths, the pack's */
	size_t field_count;
	unsigned errors; /* rules that failed in this evaluation */
};

/* pack stays the caller's and must outlive the engine. error: a sentence naming the rule that does
 * not load. PN_EFORMAT, PN_ENOMEM. */
int engine_open(const struct pack *pack, struct engine **out, struct text *error) PN_MUST_CHECK;
void engine_close(struct engine *e);
/* Never fails: what goes wrong is a finding with verdict refer. */
void engine_evaluate(
	struct engine *e, const Postern__CrossingFacts *facts, struct engine_result *out);
/* The text of the last error, for a pack's author. It may hold what the rule has read: never
 * log it. */
const char *engine_error(const struct engine *e);
#endif
