/* SPDX-License-Identifier: Apache-2.0
 * Controller files: one that is well gives its values, joins only a lane whose every line has a place; each with one thing wrong
 * names its line and what is expected. Must never read a file that is shipped as its own expectation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "wiring/controller.h"

#define HEAD "schema: 1\nname: plc\nunit: 17\npoll_ms: 20\ntimeout_ms: 50\nlost_after: 3\nlines:\n"
#define IN1 "  - {line: entry_closed, table: discrete-input, address: 4}\n"

static int parse(const char *text, struct wiring_controller *out, char error[WIRING_ERROR_MAX])
{
	error[0] = '\0';
	return wiring_controller_parse("c.yaml", (const uint8_t *)text, strlen(text), out, error, WIRING_ERROR_MAX);
}

static void test_values(void **state)
{
	struct wiring_controller c;
	struct lane_hw_description lane;
	char error[WIRING_ERROR_MAX];
	(void)state;
	if (parse(HEAD IN1 "  - {line: watchdog_kick, table: holding-register, address: 65535, bit: 15, closed_level: 0}\n", &c, error) != 0)
		fail_msg("%s", error);
	assert_string_equal(c.name, "plc");
	assert_int_equal(c.unit, 17);
	assert_int_equal(c.poll_ms, 20);
	assert_int_equal(c.timeout_ms, 50);
	assert_int_equal(c.lost_after, 3);
	assert_int_equal(c.point[LANE_HW_entry_closed].table, WIRING_DISCRETE_INPUT);
	assert_int_equal(c.point[LANE_HW_entry_closed].address, 4);
	assert_true(c.point[LANE_HW_entry_closed].closed_level);
	assert_int_equal(c.point[LANE_HW_watchdog_kick].table, WIRING_HOLDING_REGISTER);
	assert_int_equal(c.point[LANE_HW_watchdog_kick].address, 65535);
	assert_int_equal(c.point[LANE_HW_watchdog_kick].bit, 15);
	assert_false(c.point[LANE_HW_watchdog_kick].closed_level);
	assert_false(c.point[LANE_HW_estop].present);

	lane_hw_description_default(&lane);
	lane.line[LANE_HW_watchdog_kick].present = true;
	assert_int_equal(wiring_controller_join(&lane, &c, "c.yaml", error, sizeof error), 0);
	assert_false(lane.line[LANE_HW_watchdog_kick].closed_level);
	lane.line[LANE_HW_estop].present = true;
	assert_int_equal(wiring_controller_join(&lane, &c, "c.yaml", error, sizeof error), -1);
	assert_non_null(strstr(error, "estop"));
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text, *at, *what;
	} cases[] = {
		{"", "c.yaml:1:", "empty"},
		{"schema: 2\nname: p\nunit: 1\npoll_ms: 20\ntimeout_ms: 50\nlost_after: 3\nlines:\n" IN1, "c.yaml:1:", "schema is 2"},
		{"schema: 1\nname: p\nunit: 248\npoll_ms: 20\ntimeout_ms: 50\nlost_after: 3\nlines:\n" IN1, "c.yaml:3:", "unit is 248"},
		{"schema: 1\nname: p\nunit: 0\npoll_ms: 20\ntimeout_ms: 50\nlost_after: 3\nlines:\n" IN1, "c.yaml:3:", "unit is 0"},
		{"schema: 1\nname: p\nunit: 1\npoll_ms: 4\ntimeout_ms: 50\nlost_after: 3\nlines:\n" IN1, "c.yaml:4:", "poll_ms is 4"},
		{"schema: 1\nname: p\nunit: 1\npoll_ms: 20\ntimeout_ms: 201\nlost_after: 3\nlines:\n" IN1, "c.yaml:5:", "timeout_ms is 201"},
		{"schema: 1\nname: p\nunit: 1\npoll_ms: 20\ntimeout_ms: 50\nlost_after: 7\nlines:\n" IN1, "c.yaml:6:", "after 490 ms"},
		{HEAD IN1 IN1, "c.yaml:9:", "twice"},
		{HEAD IN1 "  - {line: entry_open, table: discrete-input, address: 4}\n", "c.yaml:9:", "the place of entry_closed"},
		{HEAD "  - {line: entry_unlock, table: discrete-input, address: 4}\n", "c.yaml:8:", "only read"},
		{HEAD "  - {line: entry_unlock, table: input-register, address: 4, bit: 1}\n", "c.yaml:8:", "only read"},
		{HEAD "  - {line: entry_open, table: coil, address: 4, bit: 1}\n", "c.yaml:8:", "has a bit"},
		{HEAD "  - {line: entry_open, table: holding-register, address: 4}\n", "c.yaml:8:", "has no bit"},
		{HEAD "  - {line: entry_open, table: holding-register, address: 4, bit: 16}\n", "c.yaml:8:", "bit is 16"},
		{HEAD "  - {line: entry_open, table: coil, address: 65536}\n", "c.yaml:8:", "address is 65536"},
		{HEAD "  - {line: entry_open, table: coil, address: 1, closed_level: 2}\n", "c.yaml:8:", "closed_level is 2"},
		{HEAD "  - {line: nothing, table: coil, address: 1}\n", "c.yaml:8:", "the name of a line"},
		{HEAD "  - {line: entry_open, table: relay, address: 1}\n", "c.yaml:8:", "one of discrete-input"},
	};
	struct wiring_controller c;
	char error[WIRING_ERROR_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(parse(cases[i].text, &c, error), -1);
		if (strncmp(error, cases[i].at, strlen(cases[i].at)) != 0 || strstr(error, cases[i].what) == NULL)
			fail_msg("case %zu: \"%s\", expected %s ... %s", i, error, cases[i].at, cases[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
