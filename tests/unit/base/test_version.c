/* SPDX-License-Identifier: Apache-2.0
 * Versions are compared as numbers, and nothing else is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/version.h"

static void versions(void **state)
{
	static const struct {
		const char *a, *b;
		bool known;
		int order;
	} v[] = {{"1", "1.0.0", true, 0}, {"1.2.3", "1.2.10", true, -1}, {"2", "1.99.99", true, 1},
		{"1.0.0.1", "1", true, 1}, {"", "1", false, 0}, {"1.", "1", false, 0},
		{"1.2.3.4.5", "1", false, 0}, {"1.0-rc1", "1", false, 0}, {"-1", "1", false, 0},
		{"9999999999", "1", false, 0}};

	(void)state;
	for (size_t i = 0; i < PN_COUNT(v); i++) {
		int order = 7;
		assert_int_equal(version_compare(v[i].a, v[i].b, &order), v[i].known);
		assert_int_equal(order, v[i].order);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
