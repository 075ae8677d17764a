/* SPDX-License-Identifier: Apache-2.0
 * Requests and answers of gate-modbus. The bytes are the examples of the MODBUS Application Protocol Specification V1.1b3, 6.1 to 6.4,
 * 6.11 and 6.12.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/plan.h"

#define FIRST_OUT ((unsigned)LANE_HW_watchdog_kick)

struct setup {
	struct lane_hw_description lane;
	struct wiring_controller controller;
	struct bus_plan plan;
	char error[WIRING_ERROR_MAX];
};

static void put(struct setup *s, unsigned line, enum wiring_table table, unsigned address, unsigned bit)
{
	s->lane.line[line].present = true;
	s->controller.point[line] = (struct wiring_point){true, table, (uint16_t)address, (uint8_t)bit, true};
}

/* Inputs and outputs at these places, in the order of the lines. */
static void set_up(struct setup *s, enum wiring_table in, unsigned in_at, unsigned ins, enum wiring_table out, unsigned out_at,
	unsigned outs)
{
	memset(s, 0, sizeof *s);
	lane_hw_description_default(&s->lane);
	s->controller.unit = 17;
	for (unsigned i = 0; i < ins; i++)
		if (in == WIRING_DISCRETE_INPUT || in == WIRING_COIL)
			put(s, i, in, in_at + i, 0);
		else
			put(s, i, in, in_at + i / 16, i % 16);
	for (unsigned i = 0; i < outs; i++)
		if (out == WIRING_COIL)
			put(s, FIRST_OUT + i, out, out_at + i, 0);
		else
			put(s, FIRST_OUT + i, out, out_at + i / 16, i % 16);
}

static int make(struct setup *s)
{
	return bus_plan_make(&s->lane, &s->controller, &s->plan, s->error, sizeof s->error);
}

static void asks(const struct setup *s, struct bus_request r, const char *bytes, size_t size)
{
	uint8_t got[BUS_ADU_MAX];
	assert_int_equal(bus_request_bytes(&s->plan, &r, got), size);
	assert_memory_equal(got, bytes, size);
}

static enum bus_result judge(const struct setup *s, struct bus_request r, const char *bytes, size_t size, uint64_t *levels)
{
	uint8_t *exact = malloc(size + (size == 0)); /* a byte read beyond it is found by the sanitizer */
	memcpy(exact, bytes, size);
	enum bus_result result = bus_answer(&s->plan, &r, exact, size, levels);
	free(exact);
	return result;
}

static const struct bus_request READ = {BUS_READ, 0, 0};

static void test_discrete_inputs(void **state)
{
	struct setup s;
	uint64_t levels;
	(void)state;
	set_up(&s, WIRING_DISCRETE_INPUT, 196, 22, WIRING_COIL, 0, 2);
	assert_int_equal(make(&s), 0);
	asks(&s, READ, "\x11\x02\x00\xC4\x00\x16", 6);
	assert_int_equal(judge(&s, READ, "\x11\x02\x03\xAC\xDB\x35", 6, &levels), BUS_GOOD);
	assert_int_equal(levels, 0x35DBAC);
}

static void test_coils_as_inputs(void **state)
{
	struct setup s;
	uint64_t levels;
	(void)state;
	set_up(&s, WIRING_COIL, 19, 19, WIRING_HOLDING_REGISTER, 0, 2);
	assert_int_equal(make(&s), 0);
	asks(&s, READ, "\x11\x01\x00\x13\x00\x13", 6);
	assert_int_equal(judge(&s, READ, "\x11\x01\x03\xCD\x6B\x05", 6, &levels), BUS_GOOD);
	assert_int_equal(levels, 0x056BCD);
}

static void test_registers(void **state)
{
	struct setup s;
	uint64_t levels;
	(void)state;
	set_up(&s, WIRING_HOLDING_REGISTER, 107, 0, WIRING_COIL, 0, 2);
	for (unsigned i = 0; i < 12; i++)
		put(&s, i, WIRING_HOLDING_REGISTER, 107, i);
	for (unsigned i = 0; i < 8; i++)
		put(&s, 12 + i, WIRING_HOLDING_REGISTER, 109, i);
	assert_int_equal(make(&s), 0);
	asks(&s, READ, "\x11\x03\x00\x6B\x00\x03", 6);
	assert_int_equal(judge(&s, READ, "\x11\x03\x06\x02\x2B\x00\x00\x00\x64", 9, &levels), BUS_GOOD);
	assert_int_equal(levels, 0x22B | 0x64 << 12);
	set_up(&s, WIRING_INPUT_REGISTER, 8, 16, WIRING_COIL, 0, 2);
	assert_int_equal(make(&s), 0);
	asks(&s, READ, "\x11\x04\x00\x08\x00\x01", 6);
	assert_int_equal(judge(&s, READ, "\x11\x04\x02\x00\x0A", 5, &levels), BUS_GOOD);
	assert_int_equal(levels, 0x0A);
}

static void test_write(void **state)
{
	struct setup s;
	uint64_t levels;
	(void)state;
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 2, WIRING_COIL, 19, 10);
	assert_int_equal(make(&s), 0);
	const struct bus_request coils = {BUS_WRITE, 0, UINT64_C(0x1CD) << FIRST_OUT};
	asks(&s, coils, "\x11\x0F\x00\x13\x00\x0A\x02\xCD\x01", 9);
	assert_int_equal(judge(&s, coils, "\x11\x0F\x00\x13\x00\x0A", 6, &levels), BUS_GOOD);
	assert_int_equal(judge(&s, coils, "\x11\x0F\x00\x13\x00\x09", 6, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, coils, "\x11\x0F\x00\x14\x00\x0A", 6, &levels), BUS_GARBLED);
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 2, WIRING_HOLDING_REGISTER, 1, 0);
	for (unsigned i = 0; i < 8; i++)
		put(&s, FIRST_OUT + i, WIRING_HOLDING_REGISTER, 1, i);
	for (unsigned i = 0; i < 14; i++)
		put(&s, FIRST_OUT + 8 + i, WIRING_HOLDING_REGISTER, 2, i);
	assert_int_equal(make(&s), 0);
	const struct bus_request registers = {BUS_WRITE, 0, (UINT64_C(0x0A) | UINT64_C(0x0102) << 8) << FIRST_OUT};
	asks(&s, registers, "\x11\x10\x00\x01\x00\x02\x04\x00\x0A\x01\x02", 11);
	assert_int_equal(judge(&s, registers, "\x11\x10\x00\x01\x00\x02", 6, &levels), BUS_GOOD);
	const struct bus_request back = {BUS_READ_BACK, 0, 0};
	asks(&s, back, "\x11\x03\x00\x01\x00\x02", 6);
	assert_int_equal(judge(&s, back, "\x11\x03\x04\x00\x0A\x01\x02", 7, &levels), BUS_GOOD);
	assert_int_equal(levels, registers.levels);
}

static void test_answers_that_are_none(void **state)
{
	struct setup s;
	uint64_t levels;
	(void)state;
	set_up(&s, WIRING_DISCRETE_INPUT, 196, 22, WIRING_COIL, 0, 2);
	assert_int_equal(make(&s), 0);
	assert_int_equal(judge(&s, READ, "\x12\x02\x03\xAC\xDB\x35", 6, &levels), BUS_OTHER_UNIT);
	assert_int_equal(judge(&s, READ, "\x11\x01\x03\xAC\xDB\x35", 6, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, READ, "\x11\x02\x02\xAC\xDB\x35", 6, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, READ, "\x11\x02\x03\xAC\xDB\x35\x00", 7, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, READ, "\x11\x02\x02\xAC\xDB", 5, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, READ, "\x11\x82\x04", 3, &levels), BUS_EXCEPTION);
	assert_int_equal(judge(&s, READ, "\x11\x82\x04\x00", 4, &levels), BUS_GARBLED);
	assert_int_equal(judge(&s, READ, "\x11\x81\x04", 3, &levels), BUS_GARBLED);
	for (size_t n = 0; n < 6; n++) {
		assert_int_equal(judge(&s, READ, "\x11\x02\x03\xAC\xDB\x35", n, &levels), BUS_GARBLED);
		assert_int_equal(levels, 0);
	}
}

static void refused(struct setup *s, const char *part)
{
	assert_int_equal(make(s), -1);
	if (strstr(s->error, part) == NULL)
		fail_msg("\"%s\" has no \"%s\"", s->error, part);
}

static void test_what_is_refused(void **state)
{
	struct setup s;
	(void)state;
	/* what lies between two outputs is not ours to write */
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 4, WIRING_COIL, 0, 3);
	s.controller.point[FIRST_OUT + 2].address = 3;
	refused(&s, "coil: the outputs leave a place out");
	set_up(&s, WIRING_HOLDING_REGISTER, 5, 4, WIRING_HOLDING_REGISTER, 5, 0);
	put(&s, FIRST_OUT, WIRING_HOLDING_REGISTER, 5, 9);
	refused(&s, "an input stands among the outputs");
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 4, WIRING_COIL, 0, 2);
	s.controller.point[3].address = 2000;
	refused(&s, "span 2001 places");
	s.controller.point[3].address = 65535;
	refused(&s, "discrete-input: the inputs span");
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 4, WIRING_COIL, 0, 2);
	s.controller.point[1].table = WIRING_INPUT_REGISTER;
	s.controller.point[2].table = WIRING_HOLDING_REGISTER;
	refused(&s, "more than two tables");
	set_up(&s, WIRING_DISCRETE_INPUT, 0, 4, WIRING_COIL, 0, 2);
	s.lane.line[FIRST_OUT].present = false;
	s.controller.point[FIRST_OUT + 1].address = 0;
	refused(&s, "watchdog_kick");
}

static void test_shipped_files(void **state)
{
	static const char *const names[] = {"generic-io", "plc-registers"};
	char lane[512], file[512];
	(void)state;
	snprintf(lane, sizeof lane, "%s/lanes/two-step.yaml", getenv("HW"));
	for (unsigned i = 0; i < 2; i++) {
		struct setup s = {0};
		snprintf(file, sizeof file, "%s/controllers/%s.yaml", getenv("HW"), names[i]);
		assert_int_equal(wiring_lane_load(lane, &s.lane, s.error, sizeof s.error), 0);
		if (wiring_controller_load(file, &s.controller, s.error, sizeof s.error) != 0 ||
			wiring_controller_join(&s.lane, &s.controller, file, s.error, sizeof s.error) != 0 || make(&s) != 0)
			fail_msg("%s", s.error);
		/* one request for all inputs, one for all outputs */
		assert_int_equal(s.plan.reads, 1);
		assert_int_equal(s.plan.writes, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_discrete_inputs), cmocka_unit_test(test_coils_as_inputs),
		cmocka_unit_test(test_registers), cmocka_unit_test(test_write), cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_shipped_files)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
