/* SPDX-License-Identifier: Apache-2.0
 * A lane whose gate has a drive for the camera's height: between two captures the camera is moved, frames wait until the gate says that
 * it stands, and nothing of it lasts longer than the face check; a lane without a drive does not notice. Must never look into the lane.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name
#define UP POSTERN__CAMERA_DIRECTION__CAMERA_UP
#define DOWN POSTERN__CAMERA_DIRECTION__CAMERA_DOWN
#define T(text) ((char *)(uintptr_t)(text))

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	lane_wipe(&((struct bench *)*state)->lane);
	free(*state);
	return 0;
}

static const char *state_of(const struct bench *b)
{
	return gate_state_name(b->lane.gate.state);
}

static size_t asked(const struct bench *b, Postern__Envelope__BodyCase body)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_SEND && b->out[i].body == body;
	return n;
}

/* Somebody stands alone between two locked leaves, and the first frames have been asked for. */
static struct bench *inside(void **state, Postern__CameraDrive drive)
{
	struct bench *b = *state;
	lane_wipe(&b->lane);
	bench_start_with_face(b, true, GATE_TWO_STEP);
	b->sensed.camera = drive;
	bench_present(b);
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, false);
	face_read_chip(b, true);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	bench_remove(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 1;
	bench_sense(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	assert_string_equal(state_of(b), "OCCUPIED_VERIFY");
	face_reference(b, CHECK(SUCCESSFUL), "");
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	return b;
}

/* One look: frames, and the matcher's word of them. */
static void look(struct bench *b, bool seen, int32_t down, uint32_t good)
{
	Postern__FaceMatched more = POSTERN__FACE_MATCHED__INIT;
	more.result = CHECK(UNDETERMINED);
	more.cause = T(seen ? "face.too_few_frames" : "face.no_face");
	more.more = true;
	more.sight = seen ? POSTERN__FACE_SIGHT__FACE_SIGHT_SOMEBODY : POSTERN__FACE_SIGHT__FACE_SIGHT_NOBODY;
	more.down_permille = down;
	more.frames_good = good;
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &more);
}

static void senses(struct bench *b, Postern__CameraDrive drive, uint32_t move_id)
{
	b->sensed.camera = drive;
	b->sensed.last_move_id = move_id;
	bench_sense(b);
}

static void matches(struct bench *b)
{
	Postern__FaceMatched a = face_match();
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	assert_string_equal(state_of(b), "DECISION_COMMIT");
}

static void without_a_drive_nothing_changes(void **state)
{
	static const Postern__CameraDrive none[] = {DRIVE(DRIVE_UNSPECIFIED), DRIVE(DRIVE_FAULT)};
	for (size_t i = 0; i < PN_COUNT(none); i++) {
		struct bench *b = inside(state, none[i]);
		for (size_t k = 2; k < 8; k++) {
			look(b, k % 2 == 0, 450, 0);
			assert_int_equal(asked(b, B(CAPTURE_FACE)), k);
		}
		assert_int_equal(asked(b, B(MOVE_CAMERA)), 0);
		matches(b);
	}
}

static void frames_wait_until_it_stands(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 400, 0);
	const struct bench_out *m = bench_last(b, B(MOVE_CAMERA));
	assert_non_null(m);
	assert_int_equal(m->to, K(GATE));
	assert_int_equal(m->move, DOWN);
	assert_true(m->move_ms >= 100 && m->move_ms <= 1000 && m->move_id != 0);
	assert_string_equal(m->crossing, b->lane.crossing.id);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	senses(b, DRIVE(STANDS), m->move_id - 2); /* of before the order */
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	senses(b, DRIVE(MOVES), m->move_id);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	senses(b, DRIVE(STANDS), m->move_id);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 2);
	senses(b, DRIVE(STANDS), m->move_id); /* once */
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 2);
	look(b, true, -300, 0);
	const struct bench_out *n = bench_last(b, B(MOVE_CAMERA));
	assert_int_equal(n->move, UP);
	assert_int_not_equal(n->move_id, m->move_id);
	senses(b, DRIVE(AT_TOP), n->move_id); /* refused, or at its end: it stands */
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 3);
	matches(b);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 2);
}

static void whoever_is_found_is_looked_at_well(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, false, 0, 0);
	assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 1);
	look(b, true, 10, 0);
	assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 3);
	matches(b);
}

/* A matcher that was built before, or by somebody else, and does not tell. */
static void no_word_of_a_face_is_not_nobody(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	for (size_t i = 2; i < 8; i++) {
		Postern__FaceMatched more = POSTERN__FACE_MATCHED__INIT;
		more.result = CHECK(UNDETERMINED);
		more.more = true;
		face_captured(b, CHECK(SUCCESSFUL), "");
		face_say(b, &more);
		assert_int_equal(asked(b, B(CAPTURE_FACE)), i);
		assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 3);
	}
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 0);
	matches(b);
}

static void a_usable_face_is_left_alone(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 450, 1);
	look(b, true, 100, 0);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 0);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 3);
}

/* A turned head may be no face to the detector: nobody is searched for who was asked to turn it. */
static void a_head_that_turns_is_not_searched_for(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	for (int i = 0; i < 6; i++) {
		Postern__FaceMatched more = POSTERN__FACE_MATCHED__INIT;
		more.result = CHECK(UNDETERMINED);
		more.more = true;
		more.sight = POSTERN__FACE_SIGHT__FACE_SIGHT_NOBODY;
		more.advice = i % 2 ? POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT : POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT;
		face_captured(b, CHECK(SUCCESSFUL), "");
		face_say(b, &more);
		assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 3);
	}
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 0);
	matches(b);
}

static void a_drive_that_does_not_answer(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 400, 0);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 1);
	uint64_t wake = lane_next_wake(&b->lane);
	assert_true(wake <= b->now_ms + 3000);
	bench_wait(b, 3000);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 2);
	look(b, true, 400, 0);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 1); /* not again for this traveller */
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 3);
	matches(b);
}

/* Nobody is ever seen: it ends in the time of the face check, with its word. */
static void a_search_ends_in_time(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	uint64_t begun = b->now_ms;
	size_t moves = 0;
	assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 3);
	while (strcmp(state_of(b), "OCCUPIED_VERIFY") == 0) {
		assert_true(b->now_ms - begun < 17000);
		bench_wait(b, 400);
		look(b, false, 0, 0);
		if (asked(b, B(MOVE_CAMERA)) == moves)
			continue;
		moves++;
		const struct bench_out *m = bench_last(b, B(MOVE_CAMERA));
		b->sensed.camera = DRIVE(MOVES);
		b->sensed.last_move_id = m->move_id;
		bench_wait(b, m->move_ms + 200);
		senses(b, moves == 3 ? DRIVE(AT_BOTTOM) : DRIVE(STANDS), m->move_id);
		assert_int_equal(m->move, moves <= 3 ? DOWN : UP);
		assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 1); /* nobody is compared yet */
	}
	assert_true(moves > 5);
	const struct bench_out *v = bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT);
	assert_string_equal(v->argument, "face.no_face");
	assert_string_equal(state_of(b), "HOLD_OFFICER");
}

/* What ends the verification ends the waiting, too. */
static void an_alarm_while_it_moves(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 400, 0);
	const struct bench_out *m = bench_last(b, B(MOVE_CAMERA));
	b->sensed.fire_alarm = true;
	senses(b, DRIVE(STANDS), 0);
	assert_string_equal(state_of(b), "EMERGENCY_OPEN");
	senses(b, DRIVE(STANDS), m->move_id);
	bench_wait(b, 4000);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 1);
}

static void another_reason_to_hold(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 400, 0);
	b->sensed.occupants = 2;
	bench_sense(b);
	assert_string_equal(state_of(b), "HOLD_OFFICER");
	bench_wait(b, 4000);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 1);
}

/* A gate that is gone is not waited for. */
static void the_gate_is_lost(void **state)
{
	struct bench *b = inside(state, DRIVE(STANDS));
	look(b, true, 400, 0);
	bench_lost(b, K(GATE));
	assert_string_not_equal(state_of(b), "OCCUPIED_VERIFY");
	bench_wait(b, 4000);
	assert_int_equal(asked(b, B(CAPTURE_FACE)), 1);
}

/* Nobody stands inside. */
static void never_before_an_idle_gate(void **state)
{
	struct bench *b = *state;
	bench_start_with_face(b, true, GATE_TWO_STEP);
	b->sensed.camera = DRIVE(STANDS);
	bench_wait(b, 20000);
	bench_present(b);
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_wait(b, 300);
	assert_int_equal(asked(b, B(MOVE_CAMERA)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_drive_nothing_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(frames_wait_until_it_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(whoever_is_found_is_looked_at_well, setup, teardown),
		cmocka_unit_test_setup_teardown(no_word_of_a_face_is_not_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(a_usable_face_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_head_that_turns_is_not_searched_for, setup, teardown),
		cmocka_unit_test_setup_teardown(a_drive_that_does_not_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_search_ends_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(an_alarm_while_it_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(another_reason_to_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(the_gate_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(never_before_an_idle_gate, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
