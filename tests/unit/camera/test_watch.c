/* SPDX-License-Identifier: Apache-2.0
 * A camera's faults, each found within a second, and a dim or bright hall that is none. Must never draw a picture with
 * the code that judges it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "camera/watch.h"

enum { W = 64, H = 48 };

static uint8_t frame[W * H * 3];

/* Noise around a level, another in each frame. */
static void draw(uint8_t level, uint8_t noise, uint32_t seed)
{
	for (size_t i = 0; i < sizeof frame; i++) {
		seed = seed * 1664525U + 1013904223U;
		frame[i] = (uint8_t)(level + (seed >> 24) % (noise + 1U));
	}
}

static struct camera_look look(void)
{
	struct camera_look l;
	camera_look_at(frame, W, H, W * 3, 3, &l);
	return l;
}

/* Published vectors of FNV-1a, 64 bits (Fowler, Noll, Vo: draft-eastlake-fnv, appendix C). */
static void digests(void **state)
{
	(void)state;
	assert_true(camera_digest((const uint8_t *)"", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(camera_digest((const uint8_t *)"a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(camera_digest((const uint8_t *)"foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void judged(void **state)
{
	static const struct {
		uint8_t level, noise;
		enum camera_fault fault;
	} cases[] = {{0, 8, CAMERA_BLACK}, {252, 3, CAMERA_FLOODED}, {20, 10, CAMERA_WELL}, {230, 10, CAMERA_WELL}, {120, 30, CAMERA_WELL}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		draw(cases[i].level, cases[i].noise, 7);
		const struct camera_look l = look();
		assert_int_equal(camera_look_judge(&l), cases[i].fault);
	}
	/* A lamp in a dark hall. */
	draw(0, 8, 7);
	memset(frame, 200, sizeof frame / 20);
	struct camera_look l = look();
	assert_int_equal(camera_look_judge(&l), CAMERA_WELL);
	/* What was not looked at is no fault, and no pixels are not well seen ones. */
	l = (struct camera_look){.dark = NAN, .bright = NAN};
	assert_int_equal(camera_look_judge(&l), CAMERA_WELL);
	camera_look_at(frame, 0, 0, 0, 3, &l);
	assert_true(isnan(l.dark));
}

/* What lies between rows is none of the frame's. */
static void rows(void **state)
{
	struct camera_look a, b;
	(void)state;
	draw(100, 50, 3);
	camera_look_at(frame, W / 2, H, W * 3, 3, &a);
	for (size_t y = 0; y < H; y++)
		memset(frame + y * W * 3 + (size_t)W / 2 * 3, 255, (size_t)W / 2 * 3);
	camera_look_at(frame, W / 2, H, W * 3, 3, &b);
	assert_true(a.digest == b.digest && a.dark == b.dark && a.bright == b.bright);
	/* What lies in them is, each byte of it, also where a row is no multiple of four. */
	for (uint32_t width = 1; width <= 5; width++) {
		camera_look_at(frame, width, 2, W * 3, 3, &a);
		for (uint32_t i = 0; i < 2 * width * 3; i++) {
			uint8_t *at = frame + i / (width * 3) * W * 3 + i % (width * 3);
			*at ^= 1;
			camera_look_at(frame, width, 2, W * 3, 3, &b);
			assert_true(a.digest != b.digest);
			*at ^= 1;
		}
	}
}

/* Ten frames a second, good ones until 1000 ms, then the fault's. When is it known? */
static uint64_t known_ms(enum camera_fault wanted)
{
	struct camera_watch w;
	camera_watch_begin(&w, 0);
	for (uint64_t now = 50; now < 5000; now += CAMERA_LOOK_MS) {
		const bool good = now <= 1000;
		const uint32_t seed = (uint32_t)(wanted == CAMERA_FROZEN && !good ? 9 : now);
		if (!good && wanted == CAMERA_BLACK)
			draw(0, 8, seed);
		else if (!good && wanted == CAMERA_FLOODED)
			draw(252, 3, seed);
		else
			draw(90, 60, seed);
		if (good || wanted != CAMERA_SILENT) {
			const struct camera_look l = look();
			const enum camera_fault f = camera_watch_frame(&w, &l, now);
			if (good)
				assert_int_equal(f, CAMERA_WELL);
			else if (now > 1100) /* a frozen one freezes on a frame that was good once */
				assert_int_equal(f, wanted);
		}
		const enum camera_fault f = camera_watch_now(&w, now + 50);
		if (f != CAMERA_WELL) {
			assert_int_equal(f, wanted);
			return now + 50;
		}
	}
	return UINT64_MAX;
}

static void within_a_second(void **state)
{
	(void)state;
	for (int f = CAMERA_SILENT; f <= CAMERA_FLOODED; f++) {
		const uint64_t at = known_ms((enum camera_fault)f);
		assert_true(at > 1000 && at <= 2050); /* the last good frame: at 950 or, frozen, 1050 */
		assert_string_not_equal(camera_fault_key((enum camera_fault)f), "");
	}
	assert_int_equal(known_ms(CAMERA_WELL), UINT64_MAX);
	assert_string_equal(camera_fault_key(CAMERA_WELL), "");
}

/* A sensor that is covered, or blinded, may give the very same bytes each time: what it shows says more than that it stands still. */
static void saturated(void **state)
{
	static const uint8_t levels[] = {0, 255, 90};
	static const enum camera_fault faults[] = {CAMERA_BLACK, CAMERA_FLOODED, CAMERA_FROZEN};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(levels); i++) {
		struct camera_watch w;
		camera_watch_begin(&w, 0);
		memset(frame, levels[i], sizeof frame);
		const struct camera_look l = look();
		(void)camera_watch_frame(&w, &l, 10);
		assert_int_equal(camera_watch_frame(&w, &l, 110), faults[i]);
		assert_int_equal(camera_watch_now(&w, 10 + CAMERA_FAULT_MS), faults[i]);
	}
}

static void recovers(void **state)
{
	struct camera_watch w;
	(void)state;
	camera_watch_begin(&w, 1000);
	assert_int_equal(camera_watch_now(&w, 1000), CAMERA_WELL);
	assert_int_equal(camera_watch_now(&w, 1000 + CAMERA_FAULT_MS), CAMERA_SILENT);
	draw(90, 60, 1);
	struct camera_look l = look();
	assert_int_equal(camera_watch_frame(&w, &l, 3000), CAMERA_WELL);
	assert_int_equal(camera_watch_now(&w, 3000), CAMERA_WELL);
	/* A clock that seems to go back finds no fault. */
	assert_int_equal(camera_watch_now(&w, 10), CAMERA_WELL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(digests), cmocka_unit_test(judged), cmocka_unit_test(rows),
		cmocka_unit_test(within_a_second), cmocka_unit_test(saturated), cmocka_unit_test(recovers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
