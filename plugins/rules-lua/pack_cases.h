/* SPDX-License-Identifier: Apache-2.0
 * A pack's test cases: NAME_test.lua beside rule NAME.lua, run by the same engine as at the gate.
 * A case file returns a list of { name, facts, expect }. facts is laid over the table that
 * clear_test.lua returns (a crossing that every rule lets pass); a list replaces a list. expect is
 * "clear", or { verdict, code, exception, arguments... }, and is compared with what that rule alone
 * found. The cases of pack_test.lua are compared with the first finding of the whole pack. Must
 * never be linked into the plugin's decisions.
 */
#ifndef POSTERN_RULES_PACK_CASES_H
#define POSTERN_RULES_PACK_CASES_H
#include "coverage.h"

struct pack_cases {
	unsigned passed, failed;
	unsigned untested;   /* rules without a case file */
	struct text *report; /* one line per failure; the caller's */
	unsigned repeat;     /* evaluations of each case after the one that is judged */
	/* After each evaluation, NULL: nobody. round 0 is the judged one; ns is what it took. */
	void (*seen)(void *ctx, const char *file, const char *name, unsigned round,
		const struct engine_result *result, uint64_t ns);
	void *ctx;
	struct coverage *coverage; /* NULL: not wanted */
};

/* "clear", or "verdict code exception arguments", as cases write it. */
void pack_cases_finding(const struct engine_finding *f, struct text *out);

/* PN_EFORMAT: a case file that cannot be read as one (told in report). Otherwise PN_OK, with the
 * counts. */
int pack_cases_run(const struct pack *pack, struct pack_cases *cases) PN_MUST_CHECK;
#endif
