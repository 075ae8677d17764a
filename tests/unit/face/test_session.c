/* SPDX-License-Identifier: Apache-2.0
 * The capture policy: which frames are kept, when they are compared, when it ends, what is said meanwhile. The engine is a double
 * whose templates are one byte, alike by their difference. Must never need a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "face/session.h"

static int d_open(const struct face_opening *o, void **self)
{
	(void)o;
	*self = NULL;
	return PN_OK;
}

static void d_close(void *self)
{
	(void)self;
}

static int d_detect(void *self, const struct face_frame *f, struct face_found *faces, uint32_t room, uint32_t *count)
{
	(void)self;
	(void)f;
	(void)faces;
	(void)room;
	*count = 0;
	return PN_OK;
}

static int d_extract(void *self, const struct face_frame *f, const struct face_found *face, uint8_t *templ, uint32_t *size)
{
	(void)self;
	(void)f;
	(void)face;
	(void)templ;
	(void)size;
	return PN_EUNSUPPORTED;
}

/* 1 when equal, 0 when ten apart. */
static int d_compare(void *self, const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size, float *score)
{
	(void)self;
	assert_int_equal(a_size + b_size, 2);
	*score = 1 - fabsf((float)a[0] - (float)b[0]) / 10;
	return a[0] == 255 || b[0] == 255 ? PN_EFORMAT : PN_OK;
}

static const struct face_engine engine = {.struct_size = sizeof engine, .abi = FACE_ABI, .slots = FACE_DETECTOR | FACE_MATCHER, .template_max = 1,
	.open = d_open, .close = d_close, .detect = d_detect, .extract = d_extract, .compare = d_compare};

static struct face_matcher matcher;
static struct face_session s;

static int begin(void **state)
{
	const struct face_engine *one = &engine;
	const struct face_opening o = {.struct_size = sizeof o};
	const struct face_session_settings settings = {.frames_min = 3, .attempts = 2, .same_person = 0.5F};
	(void)state;
	assert_int_equal(face_matcher_open(&one, 1, &o, &matcher), PN_OK);
	face_session_begin(&s, &settings);
	return 0;
}

static int end(void **state)
{
	static const struct face_session empty;
	(void)state;
	face_session_end(&s);
	assert_memory_equal(&s, &empty, sizeof s);
	face_matcher_close(&matcher);
	return 0;
}

/* Of somebody, with so many pixels between the eyes and all else as in a good portrait. */
static struct face_capture of(uint8_t who, float eyes, uint32_t faults)
{
	struct face_capture c = {.faults = faults, .size = (faults & FACE_NO_FACE) != 0 ? 0 : 1, .templ = {who}};
	c.quality = (struct face_quality){.struct_size = sizeof c.quality, .faces = 1, .eye_distance = eyes, .sharpness = 100, .brightness = 0.5F};
	return c;
}

static void offer(uint8_t who, float eyes, uint32_t faults)
{
	const struct face_capture c = of(who, eyes, faults);
	assert_int_equal(face_session_offer(&s, &matcher, &c), PN_OK);
}

static void three_good_ones(void **state)
{
	const struct face_capture *probes[FACE_KEPT];
	(void)state;
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_MORE);
	offer(50, 90, 0);
	offer(51, 80, FACE_BLURRED);
	offer(52, 100, 0);
	assert_int_equal(face_session_next(&s, 500, 1000), FACE_MORE);
	offer(53, 80, 0);
	assert_int_equal(face_session_next(&s, 500, 1000), FACE_COMPARE);
	assert_int_equal(face_session_next(&s, 5000, 1000), FACE_COMPARE); /* what is there is there */
	assert_int_equal(face_session_probes(&s, probes), 3);
	assert_int_equal(probes[0]->templ[0], 52); /* the best first */
	assert_int_equal(probes[1]->templ[0], 50);
	assert_int_equal(probes[2]->templ[0], 53);
}

static void the_best_are_kept(void **state)
{
	const struct face_capture *probes[FACE_KEPT];
	(void)state;
	for (uint8_t i = 0; i < 12; i++)
		offer(50, (float)(60 + (i * 5) % 12), 0);
	assert_int_equal(face_session_probes(&s, probes), FACE_KEPT);
	for (unsigned i = 0; i < FACE_KEPT; i++)
		assert_true(probes[i]->quality.eye_distance == (float)(71 - i));
}

static void quality(void **state)
{
	struct face_capture good = of(1, 120, 0), c;
	(void)state;
	assert_true(face_session_quality(&good) == 1);
	c = of(1, 120, FACE_DARK);
	assert_true(face_session_quality(&c) == 0);
	/* The weakest element decides, and what was not assessed is the weakest. */
	c = good;
	c.quality.yaw = -15;
	assert_true(face_session_quality(&c) == 0.5F);
	c.quality.sharpness = 25;
	assert_true(face_session_quality(&c) == 0.25F);
	c.quality.roll = NAN;
	assert_true(face_session_quality(&c) == 0);
}

static void late(void **state)
{
	(void)state;
	offer(50, 0, FACE_NO_FACE);
	assert_int_equal(face_session_next(&s, 999, 1000), FACE_MORE);
	assert_int_equal(face_session_next(&s, 1000, 1000), FACE_LATE);
	assert_int_equal(face_session_next(&s, 0, 0), FACE_LATE); /* these are all */
	for (uint64_t i = 0; i < FACE_SEEN_MAX; i++)
		assert_false(face_session_seen(&s, i));
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_LATE);
	assert_true(face_session_seen(&s, FACE_SEEN_MAX)); /* no room: not another one */
}

static void swapped(void **state)
{
	(void)state;
	offer(50, 90, 0);
	offer(54, 90, 0);
	offer(60, 90, FACE_BLURRED); /* not good enough to say so */
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_MORE);
	offer(60, 90, 0);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_SWAPPED);
	offer(50, 90, 0);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_SWAPPED);
}

/* Between two comparisons as well; and where nobody measured what is alike, nobody says. */
static void swapped_between(void **state)
{
	const struct face_session_settings unknown = {.frames_min = 1, .attempts = 1, .same_person = NAN};
	const struct face_capture broken = of(255, 90, 0);
	(void)state;
	for (int i = 0; i < 3; i++)
		offer(50, 90, 0);
	assert_true(face_session_again(&s, 0, 1000));
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_MORE); /* fresh frames */
	offer(60, 90, 0);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_SWAPPED);
	face_session_begin(&s, &unknown);
	offer(50, 90, 0);
	offer(90, 90, 0);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_MORE); /* never fewer than three, whatever is set */
	offer(90, 90, 0);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_COMPARE);
	s.settings.same_person = 0.5F;
	assert_int_equal(face_session_offer(&s, &matcher, &broken), PN_EFORMAT);
}

static void crowd(void **state)
{
	(void)state;
	offer(50, 90, FACE_SEVERAL);
	offer(50, 90, FACE_SEVERAL);
	assert_int_equal(face_session_advice(&s, 0), FACE_ADVICE_ALONE);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_MORE);
	offer(50, 90, FACE_SEVERAL);
	assert_int_equal(face_session_next(&s, 0, 1000), FACE_CROWD);
}

static void attempts(void **state)
{
	(void)state;
	assert_false(face_session_again(&s, 1000, 1000));
	assert_true(face_session_again(&s, 999, 1000));
	assert_int_equal(face_session_advice(&s, 0), FACE_ADVICE_UNCOVER);
	assert_false(face_session_again(&s, 0, 1000));
}

static void advice(void **state)
{
	static const struct {
		uint32_t faults;
		enum face_advice advice;
	} said[] = {{0, FACE_ADVICE_NONE}, {FACE_NO_FACE, FACE_ADVICE_LOOK_HERE}, {FACE_TURNED, FACE_ADVICE_LOOK_HERE}, {FACE_SMALL, FACE_ADVICE_CLOSER},
		{FACE_SMALL | FACE_TURNED, FACE_ADVICE_CLOSER}, {FACE_BLURRED, FACE_ADVICE_STAND_STILL}, {FACE_DARK, FACE_ADVICE_NONE},
		{FACE_SEVERAL | FACE_SMALL, FACE_ADVICE_ALONE}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(said); i++) {
		offer(50, 90, said[i].faults);
		assert_int_equal(face_session_advice(&s, 0), said[i].advice);
	}
	face_session_again(&s, 0, 1000);
	offer(50, 90, FACE_NO_FACE);
	assert_int_equal(face_session_advice(&s, FACE_UNCOVER_MS - 1), FACE_ADVICE_LOOK_HERE);
	assert_int_equal(face_session_advice(&s, FACE_UNCOVER_MS), FACE_ADVICE_UNCOVER);
}

static void seen_twice(void **state)
{
	(void)state;
	assert_false(face_session_seen(&s, 1));
	assert_false(face_session_seen(&s, 2));
	assert_true(face_session_seen(&s, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(three_good_ones, begin, end),
		cmocka_unit_test_setup_teardown(the_best_are_kept, begin, end),
		cmocka_unit_test_setup_teardown(quality, begin, end),
		cmocka_unit_test_setup_teardown(late, begin, end),
		cmocka_unit_test_setup_teardown(swapped, begin, end),
		cmocka_unit_test_setup_teardown(swapped_between, begin, end),
		cmocka_unit_test_setup_teardown(crowd, begin, end),
		cmocka_unit_test_setup_teardown(attempts, begin, end),
		cmocka_unit_test_setup_teardown(advice, begin, end),
		cmocka_unit_test_setup_teardown(seen_twice, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
