/* SPDX-License-Identifier: Apache-2.0
 * Every kind of traveller as the simulated camera is told of it, judged by the camera's own reading. Must never need a picture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "scene.h"
#include "seen.h"

enum { PEOPLE = 7 };

static struct scene read_line(uint32_t index, enum traveller_kind kind, struct seen seen)
{
	const struct traveller who = {.index = index, .kind = kind};
	char line[SEEN_LINE_MAX];
	struct scene s;
	const size_t n = seen_line(&who, &seen, line);
	assert_int_equal(n, strlen(line));
	assert_int_equal(line[n - 1], '\n');
	line[n - 1] = '\0';
	if (!scene_parse(line, PEOPLE, &s))
		fail_msg("%s: a camera does not understand '%s'", traveller_kind_name(kind), line);
	return s;
}

static void understood(void **state)
{
	(void)state;
	for (int kind = 0; kind < TRAVELLER_KINDS; kind++)
		for (int turn = -30; turn <= 30; turn += 30) {
			const struct scene s = read_line(UINT32_MAX - 1, (enum traveller_kind)kind, (struct seen){.somebody = true, .turn_degrees = turn});
			assert_int_equal(s.turn_degrees, turn);
			assert_int_equal(s.down_permille, kind == TRAVELLER_SEATED ? 900 : kind == TRAVELLER_TALL ? -900 : 0);
			const struct scene gone = read_line(5, (enum traveller_kind)kind, (struct seen){.somebody = false, .turn_degrees = turn, .camera_at = 400});
			assert_int_equal(gone.condition, SCENE_NOBODY);
			assert_int_equal(gone.turn_degrees, 0);
			assert_int_equal(gone.down_permille, 0);
			const struct scene lifted =
				read_line(1, (enum traveller_kind)kind, (struct seen){.somebody = true, .turn_degrees = turn, .camera_at = 300});
			assert_int_equal(lifted.down_permille, s.down_permille + 300);
			assert_int_equal(lifted.turn_degrees, turn);
		}
}

static void who_and_how(void **state)
{
	static const struct {
		enum traveller_kind kind;
		enum scene_condition condition;
		uint32_t who;
	} cases[] = {{TRAVELLER_CITIZEN, SCENE_WELL, 3}, {TRAVELLER_IMPOSTOR, SCENE_WELL, 4}, {TRAVELLER_PHOTO_SUBSTITUTED, SCENE_WELL, 4},
		{TRAVELLER_FACE_SWAP, SCENE_SWAPPED, 3}, {TRAVELLER_BESIDE, SCENE_TWO, 3}, {TRAVELLER_HIDES_FACE, SCENE_NOBODY, 3},
		{TRAVELLER_OUT_OF_FOCUS, SCENE_BLURRED, 3}, {TRAVELLER_LENS_COVERED, SCENE_BLACK, 3}, {TRAVELLER_CAMERA_FREEZES, SCENE_FROZEN, 3},
		{TRAVELLER_SCREEN_REPLAY, SCENE_SCREEN, 3}, {TRAVELLER_PRINTED_FACE, SCENE_PRINT, 3}, {TRAVELLER_NO_INFRARED, SCENE_NO_INFRARED, 3},
		{TRAVELLER_CAMERA_BLINDED, SCENE_FLOODED, 3}, {TRAVELLER_CAMERA_SILENT, SCENE_STALLED, 3}, {TRAVELLER_CAMERA_UNPLUGGED, SCENE_UNPLUGGED, 3},
		{TRAVELLER_HEAD_STILL, SCENE_WELL, 3}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct scene s = read_line(3, cases[i].kind, (struct seen){.somebody = true});
		assert_int_equal(s.condition, cases[i].condition);
		assert_int_equal(s.who, cases[i].who);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(understood), cmocka_unit_test(who_and_how)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
