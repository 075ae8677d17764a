/* SPDX-License-Identifier: Apache-2.0
 * Faces under names: each is given once, in its time, by its name alone; a full gallery takes none, and what goes is wiped. Needs no
 * models. Must never look into the gallery but to see that it is wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "face_gallery.h"

static struct face_gallery g;
static const struct face_gallery empty;

static struct face_capture face(uint8_t of)
{
	struct face_capture c = {.size = 128};
	memset(c.templ, of, 128);
	return c;
}

static int keep(uint8_t name, uint8_t of, uint64_t until_ms)
{
	const uint8_t n[FACE_GALLERY_NAME] = {[15] = name};
	const struct face_capture c = face(of);
	return face_gallery_keep(&g, n, sizeof n, &c, until_ms);
}

static int take(uint8_t name, uint64_t now_ms, uint8_t *of)
{
	const uint8_t n[FACE_GALLERY_NAME] = {[15] = name};
	struct face_capture c = {.size = 0};
	int r = face_gallery_take(&g, n, sizeof n, now_ms, &c);
	*of = c.templ[0];
	return r;
}

static int fresh(void **state)
{
	(void)state;
	memset(&g, 0, sizeof g);
	return 0;
}

static void once(void **state)
{
	uint8_t of;
	(void)state;
	assert_int_equal(keep(1, 11, 100), PN_OK);
	assert_int_equal(keep(2, 22, 100), PN_OK);
	assert_int_equal(take(3, 1, &of), PN_ENOTFOUND);
	assert_int_equal(take(2, 1, &of), PN_OK);
	assert_int_equal(of, 22);
	assert_int_equal(take(2, 1, &of), PN_ENOTFOUND);
	assert_int_equal(of, 0);
	assert_int_equal(take(1, 1, &of), PN_OK);
	assert_int_equal(of, 11);
	assert_memory_equal(&g, &empty, sizeof g);
}

static void in_its_time(void **state)
{
	uint8_t of;
	(void)state;
	assert_int_equal(keep(1, 11, 100), PN_OK);
	assert_int_equal(keep(2, 22, 50), PN_OK);
	assert_true(face_gallery_tick(&g, 10) == 50);
	assert_int_equal(take(2, 50, &of), PN_ENOTFOUND); /* nobody has looked at the clock meanwhile */
	assert_int_equal(of, 0);
	assert_true(face_gallery_tick(&g, 99) == 100);
	assert_true(face_gallery_tick(&g, 100) == 0);
	assert_memory_equal(&g, &empty, sizeof g);
}

static void what_is_no_name(void **state)
{
	const uint8_t n[FACE_GALLERY_NAME + 1] = {1};
	struct face_capture c = face(1), out;
	(void)state;
	assert_int_equal(face_gallery_keep(&g, n, FACE_GALLERY_NAME - 1, &c, 100), PN_EINVAL);
	assert_int_equal(face_gallery_keep(&g, n, FACE_GALLERY_NAME + 1, &c, 100), PN_EINVAL);
	assert_int_equal(face_gallery_keep(&g, NULL, 0, &c, 100), PN_EINVAL);
	assert_int_equal(face_gallery_keep(&g, n, FACE_GALLERY_NAME, &c, 0), PN_EINVAL);
	c.size = 0;
	assert_int_equal(face_gallery_keep(&g, n, FACE_GALLERY_NAME, &c, 100), PN_EINVAL);
	assert_int_equal(face_gallery_take(&g, n, FACE_GALLERY_NAME - 1, 1, &out), PN_ENOTFOUND);
	assert_int_equal(face_gallery_take(&g, NULL, 0, 1, &out), PN_ENOTFOUND);
	/* A place that is free has no name, also not that of zeros. */
	static const uint8_t zeros[FACE_GALLERY_NAME];
	assert_int_equal(face_gallery_take(&g, zeros, sizeof zeros, 0, &out), PN_ENOTFOUND);
	assert_memory_equal(&g, &empty, sizeof g);
}

static void a_full_one(void **state)
{
	uint8_t of;
	(void)state;
	for (unsigned i = 0; i < FACE_GALLERY_MAX; i++)
		assert_int_equal(keep((uint8_t)(i + 1), (uint8_t)(i + 1), 100), PN_OK);
	assert_int_equal(keep(200, 200, 100), PN_ELIMIT);
	assert_int_equal(keep(7, 77, 100), PN_OK); /* its own place */
	assert_int_equal(take(7, 1, &of), PN_OK);
	assert_int_equal(of, 77);
	assert_int_equal(keep(200, 200, 100), PN_OK);
	for (unsigned i = 0; i < FACE_GALLERY_MAX; i++)
		if (i + 1 != 7) {
			assert_int_equal(take((uint8_t)(i + 1), 1, &of), PN_OK);
			assert_int_equal(of, i + 1);
		}
}

static void dropped(void **state)
{
	const uint8_t one[FACE_GALLERY_NAME] = {[15] = 1}, none[FACE_GALLERY_NAME] = {[15] = 9};
	uint8_t of;
	(void)state;
	assert_int_equal(keep(1, 11, 100), PN_OK);
	assert_int_equal(keep(2, 22, 100), PN_OK);
	face_gallery_drop(&g, none, sizeof none);
	face_gallery_drop(&g, one, sizeof one - 1);
	face_gallery_drop(&g, one, sizeof one);
	assert_int_equal(take(1, 1, &of), PN_ENOTFOUND);
	assert_int_equal(take(2, 1, &of), PN_OK);
	assert_int_equal(keep(3, 33, 100), PN_OK);
	face_gallery_drop(&g, NULL, 0);
	assert_memory_equal(&g, &empty, sizeof g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup(once, fresh), cmocka_unit_test_setup(in_its_time, fresh),
		cmocka_unit_test_setup(what_is_no_name, fresh), cmocka_unit_test_setup(a_full_one, fresh), cmocka_unit_test_setup(dropped, fresh)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
