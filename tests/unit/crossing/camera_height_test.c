/* SPDX-License-Identifier: Apache-2.0
 * Where the camera is led: small worlds in which somebody's eyes are at a height and a drive has a speed, and what must hold in each:
 * it comes near the face where that is possible, ends, and keeps its bounds. Must never take a bound from the code but by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crossing/camera_height.h"

#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name
#define UP POSTERN__CAMERA_DIRECTION__CAMERA_UP
#define DOWN POSTERN__CAMERA_DIRECTION__CAMERA_DOWN

enum { LOOK_MS = 550, LIMIT_MS = 15000 };

/* Heights in thousandths of the frame's height, upwards. */
struct world {
	int32_t camera, bottom, top, eyes;
	int32_t per_second; /* of the drive */
	bool nobody, usable;
	/* What came of it. */
	unsigned moves, looks;
	uint32_t run_ms, time_ms, longest_ms;
	bool met; /* the eyes are within the band */
	bool ended_in_time;
};

static Postern__CameraDrive drive_of(const struct world *w)
{
	return w->camera >= w->top ? DRIVE(AT_TOP) : w->camera <= w->bottom ? DRIVE(AT_BOTTOM) : DRIVE(STANDS);
}

static int32_t down_of(const struct world *w)
{
	return w->camera - w->eyes;
}

static void play(struct world *w)
{
	struct camera_height h = {0};
	w->met = false;
	w->ended_in_time = true;
	while (w->time_ms < LIMIT_MS && !w->met) {
		w->time_ms += LOOK_MS;
		w->looks++;
		uint32_t left = w->time_ms < LIMIT_MS ? LIMIT_MS - w->time_ms : 0;
		bool seen = !w->nobody && abs(down_of(w)) < 450;
		w->met = seen && abs(down_of(w)) <= CAMERA_HEIGHT_BAND;
		struct camera_look look = {drive_of(w), seen, down_of(w), w->usable, left};
		struct camera_move m = camera_height_next(&h, &look);
		if (m.ms == 0)
			continue;
		assert_true(m.direction == UP || m.direction == DOWN);
		assert_true(m.ms >= CAMERA_HEIGHT_MOVE_MIN_MS && m.ms <= CAMERA_HEIGHT_MOVE_MAX_MS);
		w->camera += (m.direction == UP ? 1 : -1) * (int32_t)m.ms * w->per_second / 1000;
		w->camera = w->camera < w->bottom ? w->bottom : w->camera > w->top ? w->top : w->camera;
		w->moves++;
		w->run_ms += m.ms;
		w->longest_ms = m.ms > w->longest_ms ? m.ms : w->longest_ms;
		w->time_ms += m.ms + 250;
		w->ended_in_time = w->ended_in_time && w->time_ms + LOOK_MS <= LIMIT_MS;
	}
	assert_true(w->longest_ms <= CAMERA_HEIGHT_MOVE_MAX_MS);
	assert_true(w->moves <= CAMERA_HEIGHT_MOVES_MAX && w->run_ms <= CAMERA_HEIGHT_ALL_MAX_MS);
	assert_true(w->ended_in_time); /* there was one more look after each */
}

static struct camera_move ask(struct camera_height *h, Postern__CameraDrive drive, bool seen, int32_t down, bool usable, uint32_t left)
{
	struct camera_look look = {drive, seen, down, usable, left};
	return camera_height_next(h, &look);
}

static void no_drive_no_move(void **state)
{
	static const Postern__CameraDrive cannot[] = {DRIVE(DRIVE_UNSPECIFIED), DRIVE(MOVES), DRIVE(DRIVE_FAULT)};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct camera_height h = {0};
		for (int k = 0; k < 20; k++) {
			assert_int_equal(ask(&h, cannot[i], true, 400, false, 15000).ms, 0);
			assert_int_equal(ask(&h, cannot[i], false, 0, false, 15000).ms, 0);
		}
	}
}

static void a_face_in_the_middle_is_left_there(void **state)
{
	struct camera_height h = {0};
	(void)state;
	for (int32_t down = -CAMERA_HEIGHT_BAND; down <= CAMERA_HEIGHT_BAND; down += 10)
		assert_int_equal(ask(&h, DRIVE(STANDS), true, down, false, 15000).ms, 0);
}

static void it_is_followed_in_proportion(void **state)
{
	uint32_t before = 0;
	(void)state;
	for (int32_t down = CAMERA_HEIGHT_BAND + 1; down <= 500; down += 50) {
		struct camera_height h = {0}, other = {0};
		struct camera_move m = ask(&h, DRIVE(STANDS), true, down, false, 15000);
		assert_int_equal(m.direction, DOWN);
		assert_true(m.ms > before);
		before = m.ms;
		struct camera_move up = ask(&other, DRIVE(STANDS), true, -down, false, 15000);
		assert_int_equal(up.direction, UP);
		assert_int_equal(up.ms, m.ms);
	}
	struct camera_height h = {0};
	assert_int_equal(ask(&h, DRIVE(STANDS), true, INT32_MIN, false, 15000).ms, CAMERA_HEIGHT_MOVE_MAX_MS);
}

static void a_usable_face_is_left_alone(void **state)
{
	struct camera_height h = {0};
	(void)state;
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 450, true, 15000).ms, 0);
	assert_int_not_equal(ask(&h, DRIVE(STANDS), true, 450, false, 15000).ms, 0);
}

static void never_beyond_an_end(void **state)
{
	struct camera_height h = {0};
	(void)state;
	assert_int_equal(ask(&h, DRIVE(AT_BOTTOM), true, 450, false, 15000).ms, 0);
	assert_int_equal(ask(&h, DRIVE(AT_TOP), true, -450, false, 15000).ms, 0);
	assert_int_equal(ask(&h, DRIVE(AT_TOP), true, 450, false, 15000).direction, DOWN);
	assert_int_equal(ask(&h, DRIVE(AT_BOTTOM), true, -450, false, 15000).direction, UP);
}

static void nobody_is_searched_for_downwards_first(void **state)
{
	struct camera_height h = {0};
	(void)state;
	for (int i = 1; i < CAMERA_HEIGHT_LOOKS; i++)
		assert_int_equal(ask(&h, DRIVE(STANDS), false, 0, false, 15000).ms, 0);
	for (int i = 0; i < 3; i++) {
		struct camera_move m = ask(&h, DRIVE(STANDS), false, 0, false, 15000);
		assert_int_equal(m.direction, DOWN);
		assert_int_equal(m.ms, CAMERA_HEIGHT_SEARCH_MS);
	}
	assert_int_equal(ask(&h, DRIVE(AT_BOTTOM), false, 0, false, 15000).direction, UP);
	assert_int_equal(ask(&h, DRIVE(STANDS), false, 0, false, 15000).direction, UP);
	assert_int_equal(ask(&h, DRIVE(AT_TOP), false, 0, false, 15000).ms, 0);
	for (int i = 0; i < 10; i++) /* all of the way was looked at */
		assert_int_equal(ask(&h, DRIVE(STANDS), false, 0, false, 15000).ms, 0);
}

static void a_face_ends_the_search(void **state)
{
	struct camera_height h = {0};
	(void)state;
	for (int i = 0; i < 4; i++)
		ask(&h, DRIVE(STANDS), false, 0, false, 15000);
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 0, false, 15000).ms, 0);
	assert_int_equal(ask(&h, DRIVE(STANDS), false, 0, false, 15000).ms, 0); /* who blinks is still there */
	assert_int_equal(ask(&h, DRIVE(STANDS), false, 0, false, 15000).direction, DOWN);
}

static void time_for_the_last_look_is_left(void **state)
{
	struct camera_height h = {0};
	(void)state;
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 450, false, CAMERA_HEIGHT_AFTER_MS + CAMERA_HEIGHT_MOVE_MIN_MS - 1).ms, 0);
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 450, false, CAMERA_HEIGHT_AFTER_MS + 300).ms, 300);
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 450, false, CAMERA_HEIGHT_AFTER_MS + 5000).ms, 900);
	assert_int_equal(ask(&h, DRIVE(STANDS), true, 450, false, 0).ms, 0);
}

static void moves_have_an_end(void **state)
{
	struct camera_height h = {0};
	unsigned moves = 0;
	uint32_t all = 0;
	(void)state;
	for (int i = 0; i < 1000; i++) { /* a face that is always elsewhere */
		struct camera_move m = ask(&h, DRIVE(STANDS), true, i % 3 ? 400 : -400, false, 15000);
		moves += m.ms > 0;
		all += m.ms;
	}
	assert_true(moves > 0 && moves <= CAMERA_HEIGHT_MOVES_MAX && all <= CAMERA_HEIGHT_ALL_MAX_MS);
	h = (struct camera_height){0};
	for (int i = 0, all_blind = 0; i < 1000; i++) { /* a drive that never says where it is */
		all_blind += (int)ask(&h, DRIVE(STANDS), false, 0, false, 15000).ms;
		assert_true(all_blind <= CAMERA_HEIGHT_ALL_MAX_MS);
	}
}

/* Everybody whom the drive can reach is met, from wherever it stands, by drives that take 4 s or less for their way. */
static void whoever_can_be_reached_is_met(void **state)
{
	static const int32_t speeds[] = {250, 400, 700};
	(void)state;
	for (size_t v = 0; v < 3; v++)
		for (int32_t eyes = -700; eyes <= 700; eyes += 50)
			for (int32_t camera = -500; camera <= 500; camera += 100) {
				struct world w = {.camera = camera, .bottom = -500, .top = 500, .eyes = eyes, .per_second = speeds[v]};
				play(&w);
				if (!w.met)
					print_error("at %d per mille a second, from %d to %d: not met, now at %d\n", speeds[v], camera, eyes, w.camera);
				assert_true(w.met);
			}
}

static void a_drive_that_overshoots_settles(void **state)
{
	(void)state;
	for (int32_t eyes = -900; eyes <= 900; eyes += 100) {
		struct world w = {.camera = 0, .bottom = -1000, .top = 1000, .eyes = eyes, .per_second = 900};
		play(&w);
		assert_true(w.met || abs(eyes) > 450);
	}
}

static void nobody_at_all_ends(void **state)
{
	(void)state;
	struct world w = {.camera = 100, .bottom = -500, .top = 500, .per_second = 250, .nobody = true};
	play(&w);
	assert_false(w.met);
	assert_true(w.moves > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_drive_no_move),
		cmocka_unit_test(a_face_in_the_middle_is_left_there),
		cmocka_unit_test(it_is_followed_in_proportion),
		cmocka_unit_test(a_usable_face_is_left_alone),
		cmocka_unit_test(never_beyond_an_end),
		cmocka_unit_test(nobody_is_searched_for_downwards_first),
		cmocka_unit_test(a_face_ends_the_search),
		cmocka_unit_test(time_for_the_last_look_is_left),
		cmocka_unit_test(moves_have_an_end),
		cmocka_unit_test(whoever_can_be_reached_is_met),
		cmocka_unit_test(a_drive_that_overshoots_settles),
		cmocka_unit_test(nobody_at_all_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
