/* SPDX-License-Identifier: Apache-2.0
 * The hardened Lua 5.4 in which one pack runs: no library, own allocator with caps, instruction and time budget per
 * evaluation, text only, read-only facts. A rule returns nothing (clear) or verdict, code, exception, arguments.
 * Must never let a script's error, hunger or slowness count as clear. The process boundary is the second wall.
 */
#ifndef POSTERN_RULES_ENGINE_H
#define POSTERN_RULES_ENGINE_H
#include "crossing.pb-c.h"
#include "pack.h"

enum {
	ENGINE_MEMORY_BYTES = 256 * 1024,
	ENGINE_BLOCK_BYTES = 48 * 1024,
	ENGINE_STRING_BYTES = 4 * 1024,
	ENGINE_INSTRUCTIONS = 100000, /* per evaluation, all rules; allocated bytes / 32 count too */
	ENGINE_TIME_MS = 20,
	ENGINE_ERRORS_MAX = 3, /* of one rule, then it is quarantined */
	ENGINE_FINDINGS_MAX = 32,
	ENGINE_ARGS_MAX = 4,
};

struct engine;

struct engine_finding {
	char rule[64], code[64];
	Postern__Verdict verdict;
	Postern__ExceptionClass exception;
	char args[ENGINE_ARGS_MAX][64];
	size_t arg_count;
};

struct engine_result {
	Postern__Verdict verdict;
	struct engine_finding finding[ENGINE_FINDINGS_MAX];
	size_t finding_count;
	uint64_t fields_read; /* bit i: pack->fields[i] */
	unsigned errors;
};

/* pack stays the caller's and must outlive the engine. error: a sentence naming the rule that does not load. */
int engine_open(const struct pack *pack, struct engine **out, struct text *error) PN_MUST_CHECK;
void engine_close(struct engine *e);
/* Never fails: what goes wrong is a finding with verdict refer. */
void engine_evaluate(struct engine *e, const Postern__CrossingFacts *facts, struct engine_result *out);
#endif
