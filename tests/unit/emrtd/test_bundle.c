/* SPDX-License-Identifier: Apache-2.0
 * Bundles: layouts typed in byte by byte from bundle.h, and every way to lie about a length. Must never take what the writer
 * wrote as the only proof of the reader.
 */
#include "emrtd/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t two[] = {0x01, 0x01, 1, 0, 0, 0, 3, 0x61, 0x01, 0xAA, /* DG1, whole */
	0x01, 0x0F, 2, 0, 0, 0, 0};                                     /* DG15, absent */

static void read_as_typed(void **state)
{
	struct emrtd_bundle b;
	(void)state;
	assert_int_equal(emrtd_bundle_read(two, sizeof two, &b), PN_OK);
	assert_int_equal(b.group[1].state, EMRTD_BUNDLE_WHOLE);
	assert_int_equal(b.group[1].size, 3);
	assert_ptr_equal(b.group[1].bytes, two + 7);
	assert_int_equal(b.group[15].state, EMRTD_BUNDLE_ABSENT);
	assert_null(b.group[15].bytes);
	assert_int_equal(b.sod.state, EMRTD_BUNDLE_NOT_READ);
	assert_int_equal(emrtd_bundle_read(two, 0, &b), PN_OK);
	assert_int_equal(b.group[1].state, EMRTD_BUNDLE_NOT_READ);
}

static void written_as_typed(void **state)
{
	uint8_t out[sizeof two];
	size_t used = 0;
	(void)state;
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x0101, EMRTD_BUNDLE_WHOLE, two + 7, 3), PN_OK);
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x010F, EMRTD_BUNDLE_ABSENT, NULL, 0), PN_OK);
	assert_int_equal(used, sizeof two);
	assert_memory_equal(out, two, sizeof two);
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x0102, EMRTD_BUNDLE_ABSENT, NULL, 0), PN_ELIMIT);
	assert_int_equal(used, sizeof two);
}

static void no_such_file(void **state)
{
	uint8_t out[32];
	size_t used = 0;
	(void)state;
	static const unsigned wrong[] = {0, 0x0100, 0x0111, 0x011B, 0x011E, 0x3F00, 0x1011D};
	for (size_t i = 0; i < PN_COUNT(wrong); i++)
		assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, wrong[i], EMRTD_BUNDLE_WHOLE, two, 1), PN_EINVAL);
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x0101, EMRTD_BUNDLE_WHOLE, two, 0), PN_EINVAL);
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x0101, EMRTD_BUNDLE_ABSENT, two, 1), PN_EINVAL);
	assert_int_equal(emrtd_bundle_add(out, sizeof out, &used, 0x0101, EMRTD_BUNDLE_NOT_READ, two, 0), PN_EINVAL);
	assert_int_equal(used, 0);
}

/* One octet of the typed bundle changed to every value: read as something else, or refused; never beyond the end. */
static void every_octet_changed(void **state)
{
	(void)state;
	for (size_t at = 0; at < sizeof two; at++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t bytes[sizeof two];
			struct emrtd_bundle b;
			memcpy(bytes, two, sizeof two);
			bytes[at] = (uint8_t)v;
			if (emrtd_bundle_read(bytes, sizeof bytes, &b) != PN_OK)
				continue;
			const struct emrtd_bundle_file *f = &b.card_access;
			for (size_t i = 0; i < sizeof b / sizeof *f; i++)
				if (f[i].bytes != NULL)
					assert_true(f[i].bytes >= bytes && f[i].size <= (size_t)(bytes + sizeof bytes - f[i].bytes));
		}
}

static void cut_short(void **state)
{
	struct emrtd_bundle b;
	(void)state;
	for (size_t n = 1; n < sizeof two; n++)
		assert_int_equal(emrtd_bundle_read(two, n, &b), n == 10 ? PN_OK : PN_EFORMAT);
}

static void a_file_twice(void **state)
{
	uint8_t twice[2 * sizeof two];
	struct emrtd_bundle b;
	(void)state;
	memcpy(twice, two, sizeof two);
	memcpy(twice + sizeof two, two, sizeof two);
	assert_int_equal(emrtd_bundle_read(twice, sizeof twice, &b), PN_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_as_typed),
		cmocka_unit_test(written_as_typed),
		cmocka_unit_test(no_such_file),
		cmocka_unit_test(every_octet_changed),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(a_file_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
