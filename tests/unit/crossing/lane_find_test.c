/* SPDX-License-Identifier: Apache-2.0
 * A gate behind kiosks that looks who comes: a face that is that of one open result begins a crossing without a document, and everything
 * that a matcher may say else, too late, of nobody, of two, of a name that is none, begins nothing. Must never look into a lane but
 * for its state's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "both_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define VERDICT(name) POSTERN__VERDICT__VERDICT_##name
#define LEAF(name) POSTERN__LEAF_POSITION__LEAF_##name
#define RECORD(name) POSTERN__RECORD_KIND__RECORD_##name

static int setup(void **state)
{
	return both_setup(state, BOTH_GATE_COMPARES);
}

static void is(const struct bench *b, const char *state)
{
	assert_string_equal(gate_state_name(b->lane.gate.state), state);
}

/* A clear result whose face is kept. */
static void issue(struct both *b)
{
	bench_present(&b->kiosk);
	bench_answer_document(&b->kiosk, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->kiosk, false);
	face_read_chip(&b->kiosk, true);
	bench_answer_rules(&b->kiosk, VERDICT(CLEAR));
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(KIOSK)), true);
	memcpy(b->token, bench_last(&b->kiosk, B(KEEP_FACE))->token, sizeof b->token);
	bench_remove(&b->kiosk);
	both_together(b);
	bench_sense(&b->gate);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 1);
	assert_string_equal(bench_last(&b->gate, B(CAPTURE_FACE))->crossing, "");
}

static void frames(struct both *b)
{
	face_captured(&b->gate, CHECK(SUCCESSFUL), "");
	assert_memory_equal(bench_last(&b->gate, B(FIND_FACE))->blob, face_hash_frames, 32);
}

/* As a matcher says it that has found the one whose face is kept. */
static Postern__FaceFound found(struct both *b)
{
	Postern__FaceFound f = POSTERN__FACE_FOUND__INIT;
	f.result = CHECK(SUCCESSFUL);
	f.face_token = (ProtobufCBinaryData){ sizeof b->token, b->token };
	f.somebody = true;
	f.compared = f.candidates = 1;
	f.score_permille = 600;
	f.threshold_permille = 496;
	f.fmr_millionths = 1000;
	return f;
}

static void say(struct both *b, Postern__FaceFound *f)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	e.body_case = B(FACE_FOUND);
	e.face_found = f;
	assert_int_equal(bench_message(&b->gate, K(FACE_MATCH), bench_last(&b->gate, B(FIND_FACE))->query_id, &e), PN_OK);
}

static void begins(struct both *b)
{
	Postern__FaceFound f = found(b);
	frames(b);
	say(b, &f);
	is(&b->gate, "REDEMPTION");
	assert_int_equal(bench_last(&b->gate, B(SHOW_GUIDANCE))->guidance, POSTERN__GUIDANCE__GUIDANCE_LOOK_HERE);
}

static void by_face_alone(void **state)
{
	struct both *b = *state;
	Postern__FaceMatched a = face_match();
	issue(b);
	begins(b);
	/* The list is searched again, the document as the kiosk read it; no zone is asked about. */
	assert_int_equal(both_sent(&b->gate, B(CHECK_DOCUMENT)), 0);
	assert_int_equal(both_sent(&b->gate, B(SEARCH_WATCHLIST)), 1);
	bench_answer_lists(&b->gate, false);
	is(&b->gate, "REDEMPTION");
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "ENTRY_OPENING");
	assert_memory_equal(bench_last(&b->gate, B(TAKE_REFERENCE))->token, b->token, sizeof b->token);
	face_reference(&b->gate, CHECK(SUCCESSFUL), "");
	bench_leaf(&b->gate, true, LEAF(OPEN));
	b->gate.sensed.occupants = 1;
	bench_sense(&b->gate);
	bench_leaf(&b->gate, true, LEAF(LOCKED));
	is(&b->gate, "OCCUPIED_VERIFY"); /* whoever walked in may be another */
	face_captured(&b->gate, CHECK(SUCCESSFUL), "");
	face_say(&b->gate, &a);
	const struct bench_out *v = bench_record(&b->gate, RECORD(VERDICT));
	assert_int_equal(v->verdict, VERDICT(CLEAR));
	assert_true(v->personal);
	bench_commit(&b->gate, v, true);
	assert_true(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
}

static void once(void **state)
{
	struct both *b = *state;
	issue(b);
	begins(b);
	bench_answer_lists(&b->gate, false);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	lane_wipe(&b->gate.lane);
	bench_start_segregated_with_face(&b->gate, &b->store);
	bench_wait(&b->gate, 3000);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 0); /* nobody is waited for */
	/* Nor by the document, after the face. */
	bench_present(&b->gate);
	bench_answer_document(&b->gate, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->gate, false);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->reason, "kiosk.redeemed_before");
}

/* The list has changed since the kiosk. */
static void a_match_of_the_list(void **state)
{
	struct both *b = *state;
	issue(b);
	begins(b);
	bench_answer_lists(&b->gate, true);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->reason, "list.match");
	assert_null(bench_record(&b->gate, RECORD(KIOSK)));
}

static void a_redemption_that_is_not_recorded(void **state)
{
	struct both *b = *state;
	issue(b);
	begins(b);
	bench_answer_lists(&b->gate, false);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), false);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->reason, "kiosk.not_recorded");
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
}

static void another_is_held_inside(void **state)
{
	struct both *b = *state;
	Postern__FaceMatched a = face_match();
	a.result = CHECK(FAILED);
	a.cause = (char *)(uintptr_t)"face.no_match";
	issue(b);
	begins(b);
	bench_answer_lists(&b->gate, false);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	face_reference(&b->gate, CHECK(SUCCESSFUL), "");
	bench_leaf(&b->gate, true, LEAF(OPEN));
	b->gate.sensed.occupants = 1;
	bench_sense(&b->gate);
	bench_leaf(&b->gate, true, LEAF(LOCKED));
	face_captured(&b->gate, CHECK(SUCCESSFUL), "");
	face_say(&b->gate, &a);
	is(&b->gate, "HOLD_OFFICER");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->argument, "face.no_match");
}

/* --- what begins nothing ------------------------------------------------------------------------------------------- */

static void nothing_begins(struct both *b)
{
	is(&b->gate, "IDLE");
	assert_null(bench_record(&b->gate, RECORD(KIOSK)));
	assert_int_equal(both_sent(&b->gate, B(SEARCH_WATCHLIST)), 0);
	assert_int_equal(bench_last(&b->gate, B(SHOW_GUIDANCE))->guidance, POSTERN__GUIDANCE__GUIDANCE_PRESENT_DOCUMENT);
}

static void answers_that_are_no_good(void **state)
{
	static uint8_t unknown[KIOSK_TOKEN] = "one nobody knows", longer[KIOSK_TOKEN + 1];
	struct both *b = *state;
	issue(b);
	for (unsigned i = 0; i < 9; i++) {
		Postern__FaceFound f = found(b);
		switch (i) {
		case 0:
			f.face_token.data = unknown;
			break;
		case 1:
			f.face_token.len = 15;
			break;
		case 2:
			f.face_token = (ProtobufCBinaryData){ sizeof longer, longer };
			break;
		case 3:
			f.face_token.len = 0;
			break;
		case 4:
			f.candidates = 2;
			break;
		case 5:
			f.score_permille = f.threshold_permille - 1;
			break;
		case 6:
			f.fmr_millionths = 0;
			break;
		case 7:
			f.compared = 0;
			break;
		default:
			f.result = CHECK(FAILED);
			break;
		}
		frames(b);
		say(b, &f);
		nothing_begins(b);
		bench_wait(&b->gate, 600); /* and it looks again */
		assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 2 + i);
	}
	begins(b);
}

static void too_late(void **state)
{
	struct both *b = *state;
	Postern__FaceFound f;
	issue(b);
	f = found(b);
	frames(b);
	b->gate.now_ms += VALID_MS;
	b->kiosk.now_ms = b->gate.now_ms;
	const struct kiosk_now now = { b->gate.now_ms, INT64_C(1700000000000) + (int64_t)b->gate.now_ms, true };
	assert_false(kiosk_store_look(&b->store, &now)); /* as the core does with every beat */
	bench_sense(&b->gate);
	say(b, &f);
	nothing_begins(b);
	bench_wait(&b->gate, 3000);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 1); /* nobody is waited for any more */
}

static void after_the_clock_has_jumped(void **state)
{
	struct both *b = *state;
	issue(b);
	Postern__FaceFound f = found(b);
	frames(b);
	b->store.results.seen.wall_ms -= 5000;
	const struct kiosk_now now = { b->gate.now_ms, INT64_C(1700000000000) + (int64_t)b->gate.now_ms, true };
	assert_true(kiosk_store_look(&b->store, &now));
	say(b, &f);
	nothing_begins(b);
}

static void a_document_comes_first(void **state)
{
	struct both *b = *state;
	issue(b);
	Postern__FaceFound f = found(b);
	frames(b);
	bench_present(&b->gate);
	is(&b->gate, "REDEMPTION");
	say(b, &f);
	is(&b->gate, "REDEMPTION");
	assert_int_equal(both_sent(&b->gate, B(SEARCH_WATCHLIST)), 0); /* it is the document's zone that is asked about */
	bench_answer_document(&b->gate, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->gate, false);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "DOC_TAKE_BACK");
}

static void no_answer(void **state)
{
	struct both *b = *state;
	Postern__FaceFound f;
	issue(b);
	f = found(b);
	frames(b);
	bench_wait(&b->gate, 5100);
	nothing_begins(b);
	say(b, &f); /* its question has ended */
	nothing_begins(b);
	bench_wait(&b->gate, 2100);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 2);
	face_captured(&b->gate, CHECK(ABORTED), "camera.black");
	nothing_begins(b);
	bench_lost(&b->gate, K(FACE_MATCH));
	bench_wait(&b->gate, 3000);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 2); /* it serves nobody */
}

static void nobody_is_looked_at(struct both *b)
{
	both_together(b);
	bench_wait(&b->gate, 3000);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 0);
}

static void only_while_somebody_may_come(void **state)
{
	struct both *b = *state;
	nobody_is_looked_at(b);
	/* A gate that does not serve. */
	issue(b);
	lane_wipe(&b->gate.lane);
	bench_start_segregated_with_face(&b->gate, &b->store);
	b->gate.count = 0;
	b->gate.lane.config.record.mode = POSTERN__LANE_MODE__MODE_LOCKED;
	bench_wait(&b->gate, 3000);
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, both_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(by_face_alone), TEST(once), TEST(a_match_of_the_list), TEST(a_redemption_that_is_not_recorded),
		TEST(another_is_held_inside), TEST(answers_that_are_no_good), TEST(too_late), TEST(after_the_clock_has_jumped),
		TEST(a_document_comes_first), TEST(no_answer), TEST(only_while_somebody_may_come) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
