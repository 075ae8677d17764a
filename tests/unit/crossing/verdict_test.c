/* SPDX-License-Identifier: Apache-2.0
 * The lattice and the evidence rules: exhaustive over results and absences. Must never accept clear for anything but
 * complete, good evidence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/verdict.h"

#define V(name) POSTERN__VERDICT__VERDICT_##name

static void lattice(void **state)
{
	static const Postern__Verdict order[] = { V(CLEAR), V(REFER), V(STOP) };
	(void)state;
	for (int a = 0; a < 3; a++)
		for (int b = 0; b < 3; b++) {
			struct verdict x = { order[a], POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE, NULL, NULL }, y = x;
			y.value = order[b];
			assert_int_equal(verdict_combine(x, y).value, order[a > b ? a : b]);
		}
	assert_int_equal(verdict_careful(V(UNSPECIFIED)), V(STOP));
	assert_int_equal(verdict_careful((Postern__Verdict)77), V(STOP));
}

/* Every combination of: document result 0..5 or absent, list result 0..5 or absent, stale, match, rules 0..3 or absent,
 * clock, chip result 0..5 or none expected. Clear exactly when all is good. */
static void clear_only_when_all_is_good(void **state)
{
	Postern__Document doc = POSTERN__DOCUMENT__INIT;
	Postern__WatchlistMatch match = POSTERN__WATCHLIST_MATCH__INIT, *matches[1] = { &match };
	unsigned clear = 0;
	(void)state;
	for (int d = 0; d <= 6; d++)
		for (int w = 0; w <= 6; w++)
			for (int bits = 0; bits < 8; bits++)
				for (int r = 0; r <= 4; r++) {
					Postern__DocumentChecked dc = POSTERN__DOCUMENT_CHECKED__INIT;
					Postern__WatchlistSearched ws = POSTERN__WATCHLIST_SEARCHED__INIT;
					Postern__RulesEvaluated re = POSTERN__RULES_EVALUATED__INIT;
					dc.document = &doc;
					dc.overall = (Postern__CheckResult)d;
					ws.result = (Postern__CheckResult)w;
					ws.list_stale = bits & 1;
					ws.matches = matches;
					ws.n_matches = bits & 2 ? 1 : 0;
					re.verdict = (Postern__Verdict)r;
					for (int chip = 0; chip <= 6; chip++) {
						struct verdict_evidence e = { .document = d == 6 ? NULL : &dc,
							.watchlist = w == 6 ? NULL : &ws, .rules = r == 4 ? NULL : &re,
							.clock_trusted = (bits & 4) != 0 };
						e.chip.expected = chip < 6;
						e.chip.result = (Postern__CheckResult)chip;
						e.chip.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_CHIP_FAILURE;
						struct verdict v = verdict_of(&e);
						int good = d == 1 && w == 1 && bits == 4 && r == 1 && (chip == 1 || chip == 6);
						assert_int_equal(v.value == V(CLEAR), good);
						clear += v.value == V(CLEAR);
						if (w == 1 && (bits & 3) == 2)
							assert_int_equal(v.value, V(STOP));
					}
				}
	assert_int_equal(clear, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lattice), cmocka_unit_test(clear_only_when_all_is_good) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
