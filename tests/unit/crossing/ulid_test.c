/* SPDX-License-Identifier: Apache-2.0
 * Crossing identifiers against the example of the ULID specification and its bounds. Must never use our own output as
 * an expected value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crossing/ulid.h"

static void time_part(void **state)
{
	/* github.com/ulid/spec: 1469918176385 ms is "01ARYZ6S41" in the first ten characters. */
	uint8_t zero[10] = { 0 };
	char id[ULID_SIZE];
	(void)state;
	ulid_make(id, INT64_C(1469918176385), zero);
	assert_string_equal(id, "01ARYZ6S410000000000000000");
}

static void largest(void **state)
{
	/* The specification names 7ZZZZZZZZZZZZZZZZZZZZZZZZZ as the largest valid value. */
	uint8_t ones[10];
	char id[ULID_SIZE];
	(void)state;
	memset(ones, 0xff, sizeof ones);
	ulid_make(id, INT64_C(281474976710655), ones);
	assert_string_equal(id, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(time_part), cmocka_unit_test(largest) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
