/* SPDX-License-Identifier: Apache-2.0
 * The simulated camera's drive and its line: it moves as told and no further, stops where it must, and the camera is told again while it
 * moves. Must never take the line's words from the code that writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "camera_side.h"
#include "crossing.pb-c.h"

#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name
#define UP POSTERN__CAMERA_DIRECTION__CAMERA_UP
#define DOWN POSTERN__CAMERA_DIRECTION__CAMERA_DOWN

static void without_a_drive(void **state)
{
	struct lift l = {.there = false};
	(void)state;
	lift_move(&l, DOWN, 1000, 7, true, 5000);
	lift_advance(&l, true, 6000);
	assert_int_equal(l.at, 0);
	assert_int_equal(lift_sense(&l, 6000), DRIVE(DRIVE_UNSPECIFIED));
}

static void as_told(void **state)
{
	struct lift l = {.there = true};
	(void)state;
	assert_int_equal(lift_sense(&l, 5000), DRIVE(STANDS));
	lift_move(&l, DOWN, 1000, 7, true, 5000);
	assert_int_equal(l.id, 7);
	for (uint64_t t = 5000; t < 5990; t += 10) {
		lift_advance(&l, true, t);
		assert_int_equal(l.at, -(int32_t)((t - 5000) * LIFT_A_SECOND / 1000));
		assert_int_equal(lift_sense(&l, t), DRIVE(MOVES));
	}
	lift_advance(&l, true, 6500);
	assert_int_equal(l.at, -LIFT_A_SECOND);
	assert_int_equal(lift_sense(&l, 6500), DRIVE(MOVES)); /* it settles */
	lift_advance(&l, true, 6500 + LIFT_SETTLES_MS);
	assert_int_equal(lift_sense(&l, 6500 + LIFT_SETTLES_MS), DRIVE(STANDS));
	lift_move(&l, UP, 60000, 9, true, 8000);
	lift_advance(&l, true, 9000);
	assert_int_equal(l.at, 0);
	lift_advance(&l, true, 20000);
	assert_int_equal(l.at, LIFT_A_SECOND); /* no move is longer than 2 s */
}

static void refused_and_stopped(void **state)
{
	struct lift l = {.there = true};
	(void)state;
	lift_move(&l, UP, 1000, 1, false, 1000); /* a leaf moves */
	assert_int_equal(l.runs, 0);
	assert_int_equal(l.id, 1); /* and said to be heard */
	lift_move(&l, UP, 1000, 2, true, 1000);
	lift_advance(&l, false, 1100);
	lift_advance(&l, true, 1900);
	assert_int_equal(l.at, LIFT_A_SECOND / 10);
	lift_move(&l, DOWN, 1000, 3, true, 3000);
	lift_move(&l, UP, 1000, 4, true, 3100); /* while it moves it stops */
	lift_advance(&l, true, 4000);
	assert_int_equal(l.at, 0);
	lift_move(&l, 0, 1000, 5, true, 5000);
	lift_move(&l, UP, 0, 6, true, 5000);
	assert_int_equal(l.runs, 0);
}

static void ends(void **state)
{
	struct lift l = {.there = true};
	uint64_t t = 1000;
	(void)state;
	for (int i = 0; i < 3; i++, t += 3000) {
		lift_move(&l, DOWN, 2000, 1, true, t);
		lift_advance(&l, true, t + 2000);
	}
	assert_int_equal(l.at, LIFT_BOTTOM);
	assert_int_equal(lift_sense(&l, t), DRIVE(AT_BOTTOM));
	for (int i = 0; i < 4; i++, t += 3000) {
		lift_move(&l, UP, 2000, 1, true, t);
		lift_advance(&l, true, t + 2000);
	}
	assert_int_equal(l.at, LIFT_TOP);
	assert_int_equal(lift_sense(&l, t), DRIVE(AT_TOP));
}

static void heard(int fd, const char *expected)
{
	char line[4 * SEEN_LINE_MAX] = "";
	const ssize_t n = read(fd, line, sizeof line - 1);
	assert_true(n > 0);
	assert_non_null(strstr(line, expected));
}

/* While it is moved the line is told again, and nobody is told twice who has not moved. */
static void told_while_it_moves(void **state)
{
	const struct traveller t = {.index = 3, .kind = TRAVELLER_SEATED};
	int ends_of[2];
	(void)state;
	assert_int_equal(pipe(ends_of), 0);
	struct camera_side c = {.line = ends_of[1], .lift = {.there = true}, .sensed = DRIVE(STANDS)};
	assert_true(camera_side_show(&c, &t, &(struct seen){.somebody = true, .turn_degrees = 30}));
	heard(ends_of[0], "3 well down=900 turn=30\n");
	Postern__MoveCamera told = POSTERN__MOVE_CAMERA__INIT;
	uint8_t bytes[32];
	told.direction = DOWN;
	told.ms = 500;
	told.move_id = 1;
	const size_t size = postern__move_camera__pack(&told, bytes);
	assert_string_equal(camera_side_hear(&c, bytes, size - 1, true, 900), "not"); /* no message */
	assert_false(c.news);
	assert_string_equal(camera_side_hear(&c, bytes, size, false, 900), "not");
	assert_string_equal(camera_side_hear(&c, bytes, size, true, 1000), "down");
	assert_true(c.news);
	assert_true(camera_side_turn(&c, true, 1100));
	assert_true(c.news); /* it moves */
	c.news = false;
	heard(ends_of[0], "3 well down=850 turn=30\n");
	assert_true(camera_side_turn(&c, true, 1200));
	assert_false(c.news);
	heard(ends_of[0], "3 well down=800 turn=30\n");
	assert_true(camera_side_turn(&c, true, 1500));
	heard(ends_of[0], "3 well down=650 turn=30\n");
	assert_true(camera_side_turn(&c, true, 1500 + LIFT_SETTLES_MS));
	assert_true(c.news); /* it stands */
	close(ends_of[1]);
	char more;
	assert_int_equal(read(ends_of[0], &more, 1), 0);
	close(ends_of[0]);
	c.line = -1;
	assert_true(camera_side_show(&c, &t, &(struct seen){.somebody = false}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(without_a_drive), cmocka_unit_test(as_told), cmocka_unit_test(refused_and_stopped),
		cmocka_unit_test(ends), cmocka_unit_test(told_while_it_moves)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
