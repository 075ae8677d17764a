/* SPDX-License-Identifier: Apache-2.0
 * Drawn portraits as they come out of the printer: a picture that a reader may give, paler than what it was made from, still that one and no
 * other's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jpeg.h"
#include "face/picture.h"
#include "page.h"
#include "sim/chip/portrait.h"

enum { BYTES = 20000 };

static struct face_picture printed(uint32_t seed, enum sim_face kind, uint32_t number)
{
	struct sim_der portrait = {0};
	struct face_picture page;
	uint8_t *jpeg = NULL;
	size_t size = 0;
	assert_true(sim_portrait(&portrait, kind, seed, BYTES));
	assert_int_equal(page_print(portrait.bytes, portrait.size, number, &jpeg, &size), PN_OK);
	assert_in_range(size, 1000, PAGE_BYTES_MAX);
	assert_int_equal(jpeg_check(jpeg, size), PN_OK);
	assert_int_equal(face_picture_jpeg(jpeg, size, &page), PN_OK);
	assert_int_equal(page.width, PAGE_WIDTH);
	assert_int_equal(page.height, PAGE_HEIGHT);
	free(jpeg);
	sim_der_free(&portrait);
	return page;
}

/* Of cells of 40 pixels, which are larger than the raster's dots. */
static double apart(const struct face_picture *a, const struct face_picture *b)
{
	double sum = 0;
	unsigned cells = 0;
	for (unsigned top = 0; top + 40 <= PAGE_HEIGHT; top += 40)
		for (unsigned left = 0; left + 40 <= PAGE_WIDTH; left += 40, cells++) {
			double of[2] = {0, 0};
			for (unsigned y = top; y < top + 40; y++)
				for (unsigned x = left; x < left + 40; x++) {
					of[0] += a->pixels[3 * ((size_t)y * a->width + x)];
					of[1] += b->pixels[3 * ((size_t)y * b->width + x)];
				}
			sum += of[0] > of[1] ? (of[0] - of[1]) / 1600 : (of[1] - of[0]) / 1600;
		}
	return sum / cells;
}

static void a_page(void **state)
{
	(void)state;
	struct face_picture one = printed(7, SIM_FACE_JPEG, 1), again = printed(7, SIM_FACE_JPEG, 1), two = printed(7, SIM_FACE_JPEG_2000, 2),
			    other = printed(8, SIM_FACE_JPEG, 1);
	assert_memory_equal(one.pixels, again.pixels, (size_t)PAGE_WIDTH * PAGE_HEIGHT * 3);
	assert_memory_not_equal(one.pixels, two.pixels, (size_t)PAGE_WIDTH * PAGE_HEIGHT * 3);
	assert_true(apart(&one, &two) * 2 < apart(&one, &other));
	face_picture_free(&one);
	face_picture_free(&again);
	face_picture_free(&two);
	face_picture_free(&other);
}

/* Ink is not black and paper not white. */
static void paler(void **state)
{
	(void)state;
	struct sim_der portrait = {0};
	struct face_picture from, page = printed(7, SIM_FACE_JPEG, 1);
	uint64_t darkest[2] = {255, 255};
	assert_true(sim_portrait(&portrait, SIM_FACE_JPEG, 7, BYTES));
	assert_int_equal(face_picture_jpeg(portrait.bytes, portrait.size, &from), PN_OK);
	for (size_t i = 0; i < (size_t)PAGE_WIDTH * PAGE_HEIGHT * 3; i++) {
		darkest[0] = from.pixels[i] < darkest[0] ? from.pixels[i] : darkest[0];
		darkest[1] = page.pixels[i] < darkest[1] ? page.pixels[i] : darkest[1];
	}
	assert_true(darkest[1] > darkest[0] + 10);
	face_picture_free(&from);
	face_picture_free(&page);
	sim_der_free(&portrait);
}

static void no_portrait(void **state)
{
	static const uint8_t nothing[64] = {0xff, 0xd8, 0xff};
	uint8_t *jpeg = NULL;
	size_t size = 0;
	(void)state;
	assert_int_not_equal(page_print(nothing, sizeof nothing, 1, &jpeg, &size), PN_OK);
	assert_null(jpeg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page),
		cmocka_unit_test(paler),
		cmocka_unit_test(no_portrait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
