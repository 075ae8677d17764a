/* SPDX-License-Identifier: Apache-2.0
 * A stepped wall clock is noticed in both directions and doubted for a minute; a slewed one, a process that did not run and a long
 * time without a look are no step. Must never use a clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/clock_watch.h"

#define WALL INT64_C(1700000000000)

static void a_step_is_doubted(void **state)
{
	static const int64_t steps[] = {1000, -1000, 3600000, -86400000};
	(void)state;
	for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct clock_watch w = {0};
		assert_int_equal(clock_watch_step(&w, 5000, WALL, 5000), 0);
		assert_false(clock_watch_doubts(&w, 5000));
		assert_int_equal(clock_watch_step(&w, 5100, WALL + 100 + steps[i], 5101), steps[i]);
		assert_true(clock_watch_doubts(&w, 5101));
		/* where it stands now is where it goes on from */
		assert_int_equal(clock_watch_step(&w, 5200, WALL + 200 + steps[i], 5200), 0);
		assert_true(clock_watch_doubts(&w, 5101 + 59999));
		assert_false(clock_watch_doubts(&w, 5101 + 60000));
		/* and a second one begins anew */
		assert_int_equal(clock_watch_step(&w, 60000, WALL + 55000, 60000), -steps[i]);
		assert_true(clock_watch_doubts(&w, 119999));
	}
}

static void what_is_no_step(void **state)
{
	struct clock_watch w = {0};
	int64_t slewed = 0;
	(void)state;
	assert_int_equal(clock_watch_step(&w, 0, WALL, 0), 0);
	/* an hour of the fastest slewing, looked at every second */
	for (unsigned s = 1; s <= 3600; s++) {
		slewed += s % 2;
		assert_int_equal(clock_watch_step(&w, s * 1000, WALL + s * 1000 + slewed, s * 1000), 0);
	}
	/* a day without a look */
	assert_int_equal(clock_watch_step(&w, 90000000, WALL + 90000000 + slewed, 90000001), 0);
	/* stopped between two readings for ten seconds: nothing is learnt, and nothing is lost */
	assert_int_equal(clock_watch_step(&w, 91000000, WALL + 91010000 + slewed, 91010000), 0);
	assert_false(clock_watch_doubts(&w, 91010000));
	assert_int_equal(clock_watch_step(&w, 91020000, WALL + 91020000 + slewed + 5000, 91020000), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_step_is_doubted), cmocka_unit_test(what_is_no_step)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
