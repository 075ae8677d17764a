/* SPDX-License-Identifier: Apache-2.0
 * The headers of a JPEG, typed in after ITU-T T.81, annex B: what a browser may be handed, and what it may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jpeg.h"

/* Start, an application segment, a frame of 16 x 8 in one component, a scan, some coded bytes, end. */
static const uint8_t good[] = {0xff, 0xd8, 0xff, 0xe0, 0, 4, 'a', 'b', 0xff, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1,
	1, 0, 0, 63, 0, 0x12, 0x34, 0xff, 0xd9};
enum { APP = 2, APP_LENGTH = 5, FILL = 8, SOF = 10, SOF_LENGTH = 12, PRECISION = 13, HEIGHT = 14, WIDTH = 16, COMPONENTS = 18, SOS = 23, SOS_LENGTH = 25 };

/* Exactly as long as the bytes, so that a sanitizer sees a read beyond them. */
static int check(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	if (size > 0)
		memcpy(copy, bytes, size);
	const int r = jpeg_check(copy, size);
	free(copy);
	return r;
}

static int with(size_t at, uint8_t value)
{
	uint8_t bytes[sizeof good];
	memcpy(bytes, good, sizeof good);
	bytes[at] = value;
	return check(bytes, sizeof bytes);
}

static void a_jpeg(void **state)
{
	(void)state;
	assert_int_equal(check(good, sizeof good), PN_OK);
	assert_int_equal(with(SOF, 0xc1), PN_OK); /* extended sequential */
	assert_int_equal(with(SOF, 0xc2), PN_OK); /* progressive */
	assert_int_equal(with(HEIGHT, 0x0f), PN_OK);
}

static void not_one(void **state)
{
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0xff, 0xd9};
	(void)state;
	assert_int_equal(check(png, sizeof png), PN_EFORMAT);
	assert_int_equal(check((const uint8_t *)"<svg onload=alert(1)>", 21), PN_EFORMAT);
	for (size_t size = 0; size < sizeof good; size++) /* cut off anywhere */
		assert_int_equal(check(good, size), PN_EFORMAT);
	assert_int_equal(with(0, 0), PN_EFORMAT);
	assert_int_equal(with(APP, 0), PN_EFORMAT);
	assert_int_equal(with(APP_LENGTH, 1), PN_EFORMAT);
	assert_int_equal(with(APP_LENGTH, 200), PN_EFORMAT);
	assert_int_equal(with(APP_LENGTH - 1, 0xff), PN_EFORMAT);
	assert_int_equal(with(SOF, 0xc3), PN_EFORMAT); /* lossless */
	assert_int_equal(with(SOF, 0xc9), PN_EFORMAT); /* arithmetic coding */
	assert_int_equal(with(SOF, 0xd8), PN_EFORMAT); /* another picture begins */
	assert_int_equal(with(SOF, 0xe1), PN_EFORMAT); /* a scan of no frame */
	assert_int_equal(with(SOF_LENGTH, 10), PN_EFORMAT);
	assert_int_equal(with(PRECISION, 12), PN_EFORMAT);
	assert_int_equal(with(HEIGHT + 1, 0), PN_EFORMAT);
	assert_int_equal(with(WIDTH + 1, 0), PN_EFORMAT);
	assert_int_equal(with(COMPONENTS, 4), PN_EFORMAT);
	assert_int_equal(with(SOS, 0xc0), PN_EFORMAT); /* a second frame */
	assert_int_equal(with(SOS_LENGTH, 200), PN_EFORMAT);
	assert_int_equal(with(sizeof good - 1, 0xd8), PN_EFORMAT);
}

/* What would take gigabytes to decode. */
static void too_large(void **state)
{
	(void)state;
	assert_int_equal(with(HEIGHT, 0x10), PN_ELIMIT);
	assert_int_equal(with(WIDTH, 0xff), PN_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jpeg),
		cmocka_unit_test(not_one),
		cmocka_unit_test(too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
