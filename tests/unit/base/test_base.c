/* SPDX-License-Identifier: Apache-2.0
 * The base library: bounds of arena, text and hex; what a log line can and cannot hold.
 * Must never depend on the locale or on where stderr goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs those above it */
#include <cmocka.h>

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/text.h"

/* --- arena ---------------------------------------------------------------------------------------
 */

static void arena_bounds(void **state)
{
	_Alignas(16) static unsigned char memory[256 + 32];
	struct arena a;
	(void)state;
	memset(memory, 0xaa, sizeof memory);
	for (size_t shift = 0; shift < 16; shift++) {
		/* wherever the memory begins, pieces are aligned, zeroed and within it */
		arena_init(&a, memory + shift, 256);
		unsigned char *last = NULL, *p;
		while ((p = arena_alloc(&a, 24)) != NULL) {
			assert_int_equal((uintptr_t)p % 16, 0);
			assert_true(p >= memory + shift && p + 24 <= memory + shift + 256);
			assert_true(last == NULL || p >= last + 24);
			for (int i = 0; i < 24; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xff, 24);
			last = p;
		}
		assert_in_range(a.used, 256 - 40, 256);
		assert_int_equal(a.peak, a.used);
	}
	assert_int_equal(memory[256 + 16], 0xaa);
	arena_init(&a, memory, 64);
	assert_null(arena_alloc(&a, 65));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 64));
	assert_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 0));
}

static void arena_wiped(void **state)
{
	_Alignas(16) static unsigned char memory[128];
	struct arena a;
	(void)state;
	memset(memory, 0xaa, sizeof memory);
	arena_init(&a, memory, sizeof memory);
	char *s = arena_strdup(&a, "ERIKSSON");
	assert_string_equal(s, "ERIKSSON");
	arena_wipe(&a);
	assert_int_equal(a.used, 0);
	assert_null(memmem(memory, sizeof memory, "ERIK", 4));
	assert_int_equal(memory[64], 0xaa); /* and no more than was handed out */
	char large[200];
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	assert_null(arena_strdup(&a, large));
}

/* --- text ----------------------------------------------------------------------------------------
 */

static void text_numbers(void **state)
{
	(void)state;
	uint64_t n = 7;
	const char *at = "18446744073709551615/x";
	assert_true(text_number(&at, &n));
	assert_true(n == UINT64_MAX);
	assert_true(text_word(&at, "/"));
	assert_string_equal(at, "x");
	assert_false(text_number(&at, &n));
	assert_false(text_word(&at, "xy"));
	assert_string_equal(at, "x");
	const char *const none[] = {"", " 1", "+1", "-1", "18446744073709551616", "99999999999999999999999"};
	for (size_t i = 0; i < PN_COUNT(none); i++) {
		at = none[i];
		assert_false(text_number(&at, &n));
		assert_ptr_equal(at, none[i]);
	}
	assert_true(n == UINT64_MAX);
}

static void text_bounds(void **state)
{
	char buffer[8];
	struct text t;
	(void)state;
	text_init(&t, buffer, sizeof buffer);
	assert_string_equal(buffer, "");
	text_add(&t, "%d-%s", 12, "ab");
	assert_string_equal(buffer, "12-ab");
	assert_int_equal(t.len, 5);
	text_add(&t, "cd");
	assert_string_equal(buffer, "12-abcd");
	assert_false(t.truncated);
	text_add(&t, "%s", "");
	assert_false(t.truncated);
	text_add(&t, "e");
	assert_string_equal(buffer, "12-abcd");
	assert_true(t.truncated);
	text_init(&t, buffer, sizeof buffer);
	text_add(&t, "%s", "0123456789");
	assert_string_equal(buffer, "0123456");
	assert_true(t.truncated);
	text_init(&t, NULL, 0);
	text_add(&t, "x");
	assert_true(t.truncated);
	assert_int_equal(t.len, 0);
}

static void text_copied(void **state)
{
	char dst[5] = "zzzz";
	(void)state;
	assert_true(text_copy(dst, sizeof dst, "abcd"));
	assert_string_equal(dst, "abcd");
	assert_false(text_copy(dst, sizeof dst, "vwxyz"));
	assert_string_equal(dst, "vwxy");
	assert_false(text_copy(dst, 1, "a"));
	assert_string_equal(dst, "");
	dst[0] = 'q';
	assert_false(text_copy(dst, 0, "a"));
	assert_int_equal(dst[0], 'q');
}

/* --- hex -----------------------------------------------------------------------------------------
 */

static void hex_both_ways(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
	uint8_t back[6];
	char text[13];
	(void)state;
	hex_encode(text, bytes, sizeof bytes);
	assert_string_equal(text, "00017f80abff");
	assert_int_equal(hex_decode(back, 6, "00017F80aBff"), PN_OK);
	assert_memory_equal(back, bytes, 6);
	assert_int_equal(hex_decode(back, 0, ""), PN_OK);
	static const char *const wrong[] = {"", "0", "00017f80abf", "00017f80abff0", "00017f80abfg",
		"00017f80ab f", "0x017f80abff", "00017f80ab\xc3\xa9", "00017f80ab/f",
		"00017f80ab:f", "00017f80ab@f", "00017f80ab`f"};
	for (size_t i = 0; i < PN_COUNT(wrong); i++)
		assert_int_equal(hex_decode(back, 6, wrong[i]), PN_EFORMAT);
	hex_encode(text, bytes, 0);
	assert_string_equal(text, "");
}

static void errors_have_names(void **state)
{
	(void)state;
	for (int e = PN_OK; e >= PN_EUNSUPPORTED; e--) {
		assert_non_null(pn_err_name(e));
		for (int other = PN_OK; other > e; other--)
			assert_string_not_equal(pn_err_name(e), pn_err_name(other));
	}
	assert_non_null(pn_err_name(1));
	assert_non_null(pn_err_name(-999));
}

static void clocks_go_forward(void **state)
{
	uint64_t ms = clock_mono_ms(), ns = clock_mono_ns();
	(void)state;
	assert_in_range(ns / 1000000, ms, ms + 1000);
	assert_true(clock_mono_ns() >= ns);
	assert_true(clock_wall_ms() > 1700000000000); /* after November 2023 */
}

/* --- log -----------------------------------------------------------------------------------------
 */

static char logged[8192];

/* Runs one pn_log with stderr going into logged. */
#define LOGGED(...)                                                                                \
	do {                                                                                       \
		int to[2], old = dup(STDERR_FILENO);                                               \
		assert_int_equal(pipe(to), 0);                                                     \
		dup2(to[1], STDERR_FILENO);                                                        \
		close(to[1]);                                                                      \
		pn_log(__VA_ARGS__);                                                               \
		dup2(old, STDERR_FILENO);                                                          \
		close(old);                                                                        \
		ssize_t got = read(to[0], logged, sizeof logged - 1);                              \
		close(to[0]);                                                                      \
		logged[got > 0 ? got : 0] = '\0';                                                  \
	} while (0)

static void log_line(void **state)
{
	int year, month, day, hour, minute, second, ms, at = 0;
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_identify("lane-1/reader");
	LOGGED(LOG_LEVEL_INFO, "bus", "plugin.lost", LK("instance", "reader"), LN("pid", -7),
		LE(PN_ETIMEOUT));
	assert_int_equal(sscanf(logged, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day,
				 &hour, &minute, &second, &ms, &at),
		7);
	assert_int_equal(at, 25);
	char expected[256];
	snprintf(expected, sizeof expected,
		"info lane-1/reader bus: plugin.lost instance=reader pid=-7 error=\"%s\"\n",
		pn_err_name(PN_ETIMEOUT));
	assert_string_equal(logged + at, expected);
	LOGGED(LOG_LEVEL_DEBUG, "bus", "not.shown");
	assert_string_equal(logged, "");
	log_threshold(LOG_LEVEL_DEBUG);
	LOGGED(LOG_LEVEL_DEBUG, "bus", "shown");
	assert_string_equal(logged + at, "debug lane-1/reader bus: shown\n");
	log_threshold(LOG_LEVEL_INFO);
	setenv("JOURNAL_STREAM", "8:1", 1);
	LOGGED(LOG_LEVEL_ERROR, "bus", "plugin.lost");
	assert_string_equal(logged, "<3>lane-1/reader bus: plugin.lost\n");
}

static void log_escapes(void **state)
{
	static const struct {
		const char *value, *printed;
	} cases[] = {
		{"plain-1.2/x:y@z+,", "plain-1.2/x:y@z+,"},
		{"line\nbreak", "\"line\\x0abreak\""}, /* one event, one line */
		{"\x1b[31m", "\"\\x1b[31m\""},         /* no colours, no cursor */
		{"\x7f", "\"\\x7f\""},
		{"\xc3\xa9", "\"\\xc3\\xa9\""},
		{"a b", "\"a b\""},
		{"x pid=1", "\"x pid=1\""}, /* no second field */
		{"quote\"d", "\"quote\\\"d\""},
		{"back\\slash", "\"back\\\\slash\""},
		{"%s%n%x", "\"%s%n%x\""}, /* a value is never a format */
		{"", "\"\""},
		{NULL, "-"},
	};
	char expected[256];
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_identify("t");
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		LOGGED(LOG_LEVEL_INFO, "g", "e", LK("k", cases[i].value));
		snprintf(expected, sizeof expected, "<6>t g: e k=%s\n", cases[i].printed);
		assert_string_equal(logged, expected);
	}
	/* an event and a name are no format either */
	LOGGED(LOG_LEVEL_INFO, "%s", "%n%s", LK("%d", "v"));
	assert_string_equal(logged, "<6>t %s: %n%s %d=v\n");
}

static void log_long(void **state)
{
	static char value[5000];
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	/* every length around the line's bound, of plain and of escaped characters */
	for (size_t n = 900; n < 1100; n++)
		for (int c = 0; c < 2; c++) {
			memset(value, c == 0 ? 'a' : '\n', n);
			value[n] = '\0';
			LOGGED(LOG_LEVEL_INFO, "g", "e", LK("k", value), LN("n", 1));
			size_t len = strlen(logged);
			assert_in_range(len, 900, 1024);
			assert_int_equal(logged[len - 1], '\n');
			assert_ptr_equal(strchr(logged, '\n'), logged + len - 1);
		}
	memset(value, '\xff', sizeof value - 1);
	LOGGED(LOG_LEVEL_INFO, value, value, LK(value, value));
	assert_in_range(strlen(logged), 900, 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_bounds),
		cmocka_unit_test(arena_wiped),
		cmocka_unit_test(text_bounds),
		cmocka_unit_test(text_numbers),
		cmocka_unit_test(text_copied),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(clocks_go_forward),
		cmocka_unit_test(log_line),
		cmocka_unit_test(log_escapes),
		cmocka_unit_test(log_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
