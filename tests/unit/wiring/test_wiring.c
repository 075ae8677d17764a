/* SPDX-License-Identifier: Apache-2.0
 * Lane and board files: those that are shipped are well and fit together; each file with one thing wrong names its line and what
 * is expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wiring/wiring.h"

static const char *const lanes[] = {"two-step", "one-step", "segregated"};
static const char *const boards[] = {"cm4", "cm5", "x86-expander", "gpio-sim"};

static void path_of(char out[512], const char *folder, const char *name)
{
	snprintf(out, 512, "%s/%s/%s.yaml", getenv("HW"), folder, name);
}

static void test_shipped_files_fit(void **state)
{
	struct lane_hw_description lane;
	struct wiring_board board;
	char path[512], board_path[512], error[WIRING_ERROR_MAX] = "";
	(void)state;
	for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
		for (size_t k = 0; k < sizeof boards / sizeof boards[0]; k++) {
			path_of(path, "lanes", lanes[i]);
			path_of(board_path, "boards", boards[k]);
			if (wiring_lane_load(path, &lane, error, sizeof error) != 0 ||
				wiring_board_load(board_path, &board, error, sizeof error) != 0 ||
				wiring_join(&lane, &board, board_path, error, sizeof error) != 0)
				fail_msg("%s", error);
			assert_string_equal(lane.name, lanes[i]);
			assert_string_equal(board.name, boards[k]);
		}
	}
}

static void test_values(void **state)
{
	struct lane_hw_description lane;
	struct wiring_board board;
	char path[512], error[WIRING_ERROR_MAX] = "";
	(void)state;
	path_of(path, "lanes", "segregated");
	assert_int_equal(wiring_lane_load(path, &lane, error, sizeof error), 0);
	assert_int_equal(lane.topology, LANE_HW_SEGREGATED);
	assert_int_equal(lane.occupancy, LANE_HW_BEAMS);
	assert_int_equal(lane.drive, LANE_HW_PULSE);
	assert_int_equal(lane.pulse_ms, 150);
	assert_int_equal(lane.return_path_ms, 10000);
	assert_true(lane.line[LANE_HW_fire_alarm].present);
	assert_false(lane.line[LANE_HW_occupied].present);
	assert_int_equal(lane.line[LANE_HW_entry_outer_beam].debounce_ms, 20);
	path_of(path, "boards", "cm4");
	assert_int_equal(wiring_board_load(path, &board, error, sizeof error), 0);
	assert_int_equal(board.chips, 3);
	assert_string_equal(board.chip[0].label, "pinctrl-bcm2711");
	assert_string_equal(board.pin[LANE_HW_fire_alarm].name, "GPIO4");
	assert_int_equal(board.pin[LANE_HW_fire_alarm].bias, WIRING_PULL_UP);
	assert_false(board.pin[LANE_HW_fire_alarm].closed_level);
	assert_true(board.pin[LANE_HW_watchdog_kick].closed_level);
	assert_int_equal(wiring_join(&lane, &board, path, error, sizeof error), 0);
	assert_false(lane.line[LANE_HW_fire_alarm].closed_level);
	/* a closed fire contact reads 0 there: no alarm; a cut wire reads 1 */
	assert_false(lane_hw_meaning(&lane, LANE_HW_fire_alarm, false));
	assert_true(lane_hw_meaning(&lane, LANE_HW_fire_alarm, true));
}

/* One change to a shipped file, and what must be said of it. */
static const struct {
	const char *folder, *file, *from, *to, *line, *expected;
} bad[] = {
	{"lanes", "two-step", "schema: 1", "schema: 2", ":5: schema is 2, expected 1", ""},
	{"lanes", "two-step", "topology: two-step", "topology: three-step", ":8: ", "expected one of two-step, one-step, segregated"},
	{"lanes", "two-step", "  - {line: estop}\n", "", ": estop is missing, expected a line", ""},
	{"lanes", "two-step", "{line: estop}", "{line: estop, debounce_ms: 50}", ":14: debounce_ms is out of range, expected 0 to 10", ""},
	{"lanes", "two-step", "{line: estop}", "{line: e_stop}", ":14: ", "expected the name of a line"},
	{"lanes", "two-step", "{line: estop}", "{line: fire_alarm}", ":14: line fire_alarm is given twice, expected once", ""},
	{"lanes", "two-step", "{line: estop}", "{line: estop, debounce_ms: many}", ":14: ", "expected a whole number of milliseconds"},
	{"lanes", "two-step", "{line: estop}", "{line: estop, colour: red}", ":14: ", "colour"},
	{"lanes", "two-step", "pulse_ms: 200", "pulse_ms: 20", ":11: pulse_ms is out of range, expected 100 to 2000", ""},
	{"lanes", "two-step", "occupancy: both\n", "", "", "expected one of beams, overhead, both"},
	{"lanes", "two-step", "  - {line: camera_down}\n", "", "camera_down is missing, expected a line", ""},
	{"lanes", "two-step", "camera_travel_ms: 4000", "camera_travel_ms: 400", ":11: camera_travel_ms is out of range, expected 500 to 30000", ""},
	{"lanes", "one-step", "occupancy: overhead", "occupancy: beams", "entry_outer_beam is missing, expected a line", ""},
	{"boards", "gpio-sim", "closed_level: 1", "closed_level: high", ":7: ", "expected 0 or 1"},
	{"boards", "gpio-sim", "device: chip0", "device: chip7", ":6: device is \"chip7\", expected chip0, chip1, chip2 or chip3", ""},
	{"boards", "gpio-sim", "{line: estop, name: estop}", "{line: estop, name: fire_alarm}", ":11: line estop has the place of fire_alarm", ""},
	{"boards", "gpio-sim", "{line: estop, name: estop}", "{line: estop}", ":11: line estop has no place, expected one of offset and name", ""},
	{"boards", "gpio-sim", "{line: estop, name: estop}", "{line: estop, name: estop, offset: 3}", ":11: line estop has two places", ""},
	{"boards", "gpio-sim", "{line: estop, name: estop}", "{line: estop, name: estop, bias: up}", ":11: ", "expected one of as-is, disabled, pull-up, pull-down"},
	{"boards", "gpio-sim", "{line: estop, name: estop}", "{line: estop, name: estop, chip: chip1}", ":11: chip is \"chip1\", expected a device of chips", ""},
	{"boards", "cm4", "chip: chip1, offset: 3", "offset: 3", "names no chip, expected one", ""},
	{"boards", "cm4", "chip: chip1, offset: 3", "chip: chip1, offset: 9999", "offset is 9999, expected 0 to 1023", ""},
};

static char *altered(const char *path, const char *from, const char *to)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, WIRING_FILE_MAX), *out = calloc(1, WIRING_FILE_MAX);
	assert_true(f != NULL && text != NULL && out != NULL);
	assert_true(fread(text, 1, WIRING_FILE_MAX - 1, f) > 0);
	fclose(f);
	const char *at = strstr(text, from);
	assert_non_null(at);
	snprintf(out, WIRING_FILE_MAX, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	free(text);
	return out;
}

static void test_one_thing_wrong(void **state)
{
	struct lane_hw_description lane;
	struct wiring_board board;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char path[512], error[WIRING_ERROR_MAX] = "";
		path_of(path, bad[i].folder, bad[i].file);
		char *text = altered(path, bad[i].from, bad[i].to);
		int rc = strcmp(bad[i].folder, "lanes") == 0
				 ? wiring_lane_parse("FILE", (const uint8_t *)text, strlen(text), &lane, error, sizeof error)
				 : wiring_board_parse("FILE", (const uint8_t *)text, strlen(text), &board, error, sizeof error);
		free(text);
		if (rc != -1 || strncmp(error, "FILE:", 5) != 0 || strstr(error, bad[i].line) == NULL ||
			strstr(error, bad[i].expected) == NULL)
			fail_msg("%s with '%s': \"%s\", expected \"%s\" and \"%s\"", bad[i].file, bad[i].to, error, bad[i].line,
				bad[i].expected);
	}
}

static void test_not_connected(void **state)
{
	struct lane_hw_description lane;
	struct wiring_board board;
	char path[512], error[WIRING_ERROR_MAX] = "";
	(void)state;
	path_of(path, "lanes", "two-step");
	assert_int_equal(wiring_lane_load(path, &lane, error, sizeof error), 0);
	path_of(path, "boards", "gpio-sim");
	char *text = altered(path, "  - {line: tamper, name: tamper}\n", "");
	assert_int_equal(wiring_board_parse("FILE", (const uint8_t *)text, strlen(text), &board, error, sizeof error), 0);
	free(text);
	assert_int_equal(wiring_join(&lane, &board, "FILE", error, sizeof error), -1);
	assert_string_equal(error, "FILE:1: lane \"two-step\" has the line tamper, expected its place among lines");
}

static void test_no_file(void **state)
{
	struct lane_hw_description lane;
	struct wiring_board board;
	char error[WIRING_ERROR_MAX] = "";
	(void)state;
	assert_int_equal(wiring_lane_load("/nonexistent", &lane, error, sizeof error), -1);
	assert_non_null(strstr(error, "/nonexistent: cannot be read"));
	assert_int_equal(wiring_board_parse("FILE", (const uint8_t *)"", 0, &board, error, sizeof error), -1);
	assert_int_equal(wiring_board_parse("FILE", (const uint8_t *)"[", 1, &board, error, sizeof error), -1);
	assert_int_equal(strncmp(error, "FILE:", 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_files_fit), cmocka_unit_test(test_values), cmocka_unit_test(test_one_thing_wrong),
		cmocka_unit_test(test_not_connected), cmocka_unit_test(test_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
