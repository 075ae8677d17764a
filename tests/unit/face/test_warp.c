/* SPDX-License-Identifier: Apache-2.0
 * Squares out of frames, and measures of a face: by geometry worked out by hand. Must never need a
 * model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "face/engine_internal.h"

static void near_to(float found, float expected, float off)
{
	if (!(fabsf(found - expected) <= off))
		fail_msg("%f, not %f", (double)found, (double)expected);
}

static struct face_frame grey(const uint8_t *pixels, uint32_t width, uint32_t height)
{
	return (struct face_frame){.struct_size = sizeof(struct face_frame),
		.width = width,
		.height = height,
		.stride = width,
		.format = FACE_GREY8,
		.pixels = pixels};
}

/* A quarter turn by 2 and a shift: (u, v) to (-2 v + 7, 2 u + 3). */
static void fit(void **state)
{
	const float from[4][2] = {{0, 0}, {4, 0}, {4, 3}, {1, 5}},
		    to[4][2] = {{7, 3}, {7, 11}, {1, 11}, {-3, 5}};
	const float same[2][2] = {{3, 3}, {3, 3}};
	struct face_map m;
	(void)state;
	assert_true(face_map_fit(from, to, 4, &m));
	near_to(m.a, 0, 1e-5F);
	near_to(m.b, 2, 1e-5F);
	near_to(m.x, 7, 1e-5F);
	near_to(m.y, 3, 1e-5F);
	assert_false(face_map_fit(same, to, 2, &m));
}

static void warp(void **state)
{
	static const uint8_t pixels[16] = {
		0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150};
	const struct face_frame f = grey(pixels, 4, 4);
	float out[4 * 4 * 3];
	struct face_map m = face_map_square(1.5F, 1.5F, 4, 0, 4);
	(void)state;
	face_warp(&f, &m, 4, out); /* itself */
	for (unsigned i = 0; i < 48; i++)
		near_to(out[i], pixels[i / 3], 1e-4F);
	m = face_map_square(1.5F, 1.5F, 4, 0, 2);
	face_warp(&f, &m, 2, out); /* means of four: 25, 45, 105, 125 */
	near_to(out[0], 25, 1e-4F);
	near_to(out[3], 45, 1e-4F);
	near_to(out[6], 105, 1e-4F);
	near_to(out[9], 125, 1e-4F);
	m = (struct face_map){1, 0, 0.5F, 0}; /* half a pixel to the right */
	face_warp(&f, &m, 2, out);
	near_to(out[0], 5, 1e-4F);
	near_to(out[9], 55, 1e-4F);
	m = (struct face_map){0, 1, 3, 0}; /* a quarter turn: u goes down the last column */
	face_warp(&f, &m, 4, out);
	near_to(out[0], 30, 1e-4F);
	near_to(out[3], 70, 1e-4F);
	near_to(out[12], 20, 1e-4F);
	m = (struct face_map){1, 0, -100, 1e30F}; /* outside all is black, also far outside */
	face_warp(&f, &m, 4, out);
	near_to(out[0], 0, 0);
	m = (struct face_map){NAN, 0, 0, INFINITY};
	face_warp(&f, &m, 4, out);
	near_to(out[0], 0, 0);
}

/* A square that is not turned goes a shorter way: to the same pixels, at edges and outside too, as one that is turned by nothing much. */
static void upright(void **state)
{
	enum { WIDE = 37, HIGH = 29, ROW = 37 * 3 + 5, SIDE = 16 };
	static uint8_t pixels[ROW * HIGH];
	static const float scales[] = {0.3F, 1, 1.6F, 1.8F, 2.5F, 3.9F, 7.6F, 12};
	struct face_frame f = {.struct_size = sizeof f, .width = WIDE, .height = HIGH, .stride = ROW, .pixels = pixels};
	float short_way[SIDE * SIDE * 3], long_way[SIDE * SIDE * 3];
	(void)state;
	for (unsigned i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i * 7919 % 251);
	for (unsigned k = 0; k < 2 * sizeof scales / sizeof scales[0]; k++)
		for (int shift = -40; shift <= 40; shift += 8) {
			struct face_map m = {scales[k / 2], 0, (float)shift + 0.3F, (float)shift / 2};
			f.format = k % 2 == 0 ? FACE_RGB24 : FACE_GREY8;
			face_warp(&f, &m, SIDE, short_way);
			m.b = 1e-30F;
			face_warp(&f, &m, SIDE, long_way);
			for (unsigned i = 0; i < SIDE * SIDE * 3; i++)
				near_to(short_way[i], long_way[i], 1e-3F);
		}
}

static void usable(void **state)
{
	static const uint8_t pixels[12] = {0};
	struct face_frame f = grey(pixels, 4, 3);
	(void)state;
	assert_true(face_frame_usable(&f));
	f.stride = 3;
	assert_false(face_frame_usable(&f));
	f = grey(pixels, 4, 3);
	f.format = FACE_RGB24;
	assert_false(face_frame_usable(&f));
	f = grey(pixels, 0, 3);
	assert_false(face_frame_usable(&f));
	f = grey(NULL, 4, 3);
	assert_false(face_frame_usable(&f));
	f = grey(pixels, 4, 3);
	f.format = FACE_NIR8;
	assert_false(face_frame_usable(&f));
}

static void measure(void **state)
{
	static float chip[FACE_CHIP * FACE_CHIP * 3];
	const struct face_found face = {
		.points = {{70, 50}, {60, 50}, {10, 20}, {20, 10}, {40, 60}}, .angles = {1, 2, 3}};
	struct face_quality q = {.struct_size = sizeof q};
	(void)state;
	for (unsigned i = 0; i < FACE_CHIP * FACE_CHIP * 3; i++)
		chip[i] = 51;
	face_measure(chip, &face, &q);
	near_to(q.brightness, 0.2F, 1e-4F);
	near_to(q.sharpness, 0, 1e-3F);
	near_to(q.clipped, 0, 0);
	near_to(q.eye_distance, 61.03278F, 1e-3F); /* from (65, 50) to (15, 15) */
	near_to(q.yaw, 1, 0);
	assert_true(isnan(q.eyes_open) && isnan(q.mouth_closed));
	/* A chess board of 0 and 255: each Laplacian is 4 x 255 either way, their mean 0. */
	for (unsigned i = 0; i < FACE_CHIP * FACE_CHIP * 3; i++)
		chip[i] = (i / 3 / FACE_CHIP + i / 3 % FACE_CHIP) % 2 == 0 ? 0 : 255;
	face_measure(chip, &face, &q);
	near_to(q.clipped, 1, 1e-5F);
	near_to(q.brightness, 0.5F, 1e-4F);
	near_to(q.sharpness / (1020.0F * 1020), 1, 1e-3F);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit),
		cmocka_unit_test(warp), cmocka_unit_test(upright),
		cmocka_unit_test(usable),
		cmocka_unit_test(measure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
