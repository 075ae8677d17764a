/* SPDX-License-Identifier: Apache-2.0
 * A kiosk and its gate, both with a matcher, two lanes over one store: the face of whom a clear result was issued for is kept under a
 * name when the result is durable, compared inside the gate, and dropped with the result whatever becomes of it. Must never look into a
 * lane but for its state's name.
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
#define SHOWS(name) POSTERN__GUIDANCE__GUIDANCE_##name

static int setup(void **state)
{
	return both_setup(state, BOTH_GATE_COMPARES);
}

static int setup_with_camera(void **state)
{
	return both_setup(state, BOTH_COMPARE);
}

static void is(const struct bench *b, const char *state)
{
	assert_string_equal(gate_state_name(b->lane.gate.state), state);
}

static void shown(const struct bench *b, Postern__Guidance guidance)
{
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->guidance, guidance);
}

/* At the kiosk: everything but the face is clear. */
static void check(struct both *b)
{
	both_together(b);
	bench_present(&b->kiosk);
	bench_answer_document(&b->kiosk, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->kiosk, false);
	face_read_chip(&b->kiosk, true);
	bench_answer_rules(&b->kiosk, VERDICT(CLEAR));
	is(&b->kiosk, "KIOSK_VERIFY");
}

static void record(struct both *b, bool durable)
{
	is(&b->kiosk, "DECISION_COMMIT");
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	is(&b->kiosk, "ISSUING");
	assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 0);
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(KIOSK)), durable);
}

static void go_on(struct both *b, Postern__Guidance guidance)
{
	bench_remove(&b->kiosk);
	is(&b->kiosk, "RESULT_SHOWN");
	shown(&b->kiosk, guidance);
}

/* A clear result whose face is kept. */
static const struct bench_out *issue(struct both *b)
{
	check(b);
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	record(b, true);
	const struct bench_out *keep = bench_last(&b->kiosk, B(KEEP_FACE));
	assert_non_null(keep);
	assert_int_equal(keep->to, K(FACE_MATCH));
	assert_int_equal(keep->token_size, KIOSK_TOKEN);
	go_on(b, SHOWS(TO_GATE));
	return keep;
}

/* At the gate, until the redemption is on its way to the journal. */
static void show(struct both *b)
{
	both_together(b);
	bench_present(&b->gate);
	is(&b->gate, "REDEMPTION");
	bench_answer_document(&b->gate, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->gate, false);
}

static void walk_in(struct both *b)
{
	bench_remove(&b->gate);
	is(&b->gate, "ENTRY_OPENING");
	bench_leaf(&b->gate, true, LEAF(OPEN));
	b->gate.sensed.occupants = 1;
	bench_sense(&b->gate);
	bench_leaf(&b->gate, true, LEAF(LOCKED));
}

static void redeem(struct both *b)
{
	show(b);
	assert_int_equal(both_sent(&b->gate, B(TAKE_REFERENCE)), 0);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "DOC_TAKE_BACK");
}

static void held(const struct both *b, const char *cause)
{
	const struct bench_out *v = bench_record(&b->gate, RECORD(VERDICT));
	is(&b->gate, "HOLD_OFFICER");
	assert_string_equal(v->reason, "face.verification");
	assert_string_equal(v->argument, cause);
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
}

static void dropped(const struct bench *b, const struct bench_out *kept)
{
	const struct bench_out *d = bench_last(b, B(DROP_FACE));
	assert_non_null(d);
	assert_int_equal(d->to, K(FACE_MATCH));
	assert_int_equal(d->token_size, KIOSK_TOKEN);
	assert_memory_equal(d->token, kept->token, KIOSK_TOKEN);
}

/* --- at the kiosk -------------------------------------------------------------------------------------------------- */

static void kept_when_the_result_is_durable(void **state)
{
	struct both *b = *state;
	const struct bench_out *keep = issue(b), *mark = bench_record(&b->kiosk, RECORD(KIOSK));
	assert_true(keep->valid_ms > VALID_MS - 100 && keep->valid_ms <= VALID_MS);
	/* The journal has its name. */
	assert_int_equal(mark->token_size, KIOSK_TOKEN);
	assert_memory_equal(mark->token, keep->token, KIOSK_TOKEN);
	/* Before the crossing of its reference is forgotten. */
	const struct bench_out *forget = bench_last(&b->kiosk, B(FORGET_FACE));
	assert_true(keep < forget);
	assert_string_equal(keep->crossing, forget->crossing);
	assert_int_equal(strlen(forget->crossing), ULID_SIZE - 1);
}

static void nothing_looks_at_a_kiosk_without_a_camera(void **state)
{
	struct both *b = *state;
	check(b);
	shown(&b->kiosk, SHOWS(KEEP_DOCUMENT));
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	is(&b->kiosk, "DECISION_COMMIT");
	assert_int_equal(both_sent(&b->kiosk, B(CAPTURE_FACE)), 0);
	assert_int_equal(bench_record(&b->kiosk, RECORD(VERDICT))->face_result, 0);
}

/* Nobody is sent into a gate that would hold them. */
static void no_face_no_clear_result(void **state)
{
	static const char *const causes[] = { "face.several_faces", "face.picture" };
	struct both *b = *state;
	for (size_t i = 0; i < PN_COUNT(causes); i++) {
		check(b);
		face_reference(&b->kiosk, CHECK(UNDETERMINED), causes[i]);
		record(b, true);
		const struct bench_out *v = bench_record(&b->kiosk, RECORD(VERDICT));
		assert_int_equal(v->verdict, VERDICT(REFER));
		assert_string_equal(v->argument, causes[i]);
		assert_int_equal(bench_record(&b->kiosk, RECORD(KIOSK))->token_size, 0);
		assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 0);
		go_on(b, SHOWS(OTHER_LANE));
		bench_wait(&b->kiosk, 4001);
	}
}

static void no_portrait_no_clear_result(void **state)
{
	struct both *b = *state;
	bench_present(&b->kiosk);
	bench_answer_document(&b->kiosk, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->kiosk, false);
	face_read_chip(&b->kiosk, false);
	bench_answer_rules(&b->kiosk, VERDICT(CLEAR));
	assert_string_equal(bench_record(&b->kiosk, RECORD(VERDICT))->argument, "face.no_reference");
	assert_int_equal(bench_record(&b->kiosk, RECORD(VERDICT))->verdict, VERDICT(REFER));
}

static void not_kept_without_its_record(void **state)
{
	struct both *b = *state;
	check(b);
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	record(b, false);
	assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 0);
	go_on(b, SHOWS(OTHER_LANE));
}

/* The crossing is over when its record becomes durable: the document is good, the face is not known. */
static void not_kept_for_a_crossing_that_is_over(void **state)
{
	struct both *b = *state;
	check(b);
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	const struct bench_out mark = *bench_record(&b->kiosk, RECORD(KIOSK));
	bench_lost(&b->kiosk, K(READER));
	is(&b->kiosk, "IDLE");
	bench_commit(&b->kiosk, &mark, true);
	assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 0);
	redeem(b);
	face_reference(&b->gate, CHECK(UNDETERMINED), "face.no_reference");
	walk_in(b);
	held(b, "face.no_reference");
}

static void a_new_check_drops_the_face_before(void **state)
{
	struct both *b = *state;
	const struct bench_out before = *issue(b);
	bench_wait(&b->kiosk, 4001);
	b->kiosk.count = 0;
	const struct bench_out *after = issue(b);
	assert_memory_not_equal(after->token, before.token, KIOSK_TOKEN);
	dropped(&b->kiosk, &before);
	assert_int_equal(both_sent(&b->kiosk, B(DROP_FACE)), 1);
}

static void the_camera_of_a_kiosk(void **state)
{
	struct both *b = *state;
	Postern__FaceMatched a = face_match();
	check(b);
	shown(&b->kiosk, SHOWS(LOOK_HERE));
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	assert_int_equal(both_sent(&b->kiosk, B(CAPTURE_FACE)), 1);
	bench_remove(&b->kiosk); /* the chip has been read */
	is(&b->kiosk, "KIOSK_VERIFY");
	face_captured(&b->kiosk, CHECK(SUCCESSFUL), "");
	face_say(&b->kiosk, &a);
	record(b, true);
	assert_int_equal(bench_record(&b->kiosk, RECORD(VERDICT))->face_result, CHECK(SUCCESSFUL));
	assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 1);
	is(&b->kiosk, "RESULT_SHOWN");
	shown(&b->kiosk, SHOWS(TO_GATE));
}

static void an_impostor_at_the_kiosk(void **state)
{
	struct both *b = *state;
	Postern__FaceMatched a = face_match();
	a.result = CHECK(FAILED);
	a.cause = (char *)(uintptr_t)"face.no_match";
	check(b);
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	face_captured(&b->kiosk, CHECK(SUCCESSFUL), "");
	face_say(&b->kiosk, &a);
	record(b, true);
	assert_int_equal(both_sent(&b->kiosk, B(KEEP_FACE)), 0);
	go_on(b, SHOWS(OTHER_LANE));
	show(b);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->reason, "kiosk.referred");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->argument, "face.verification");
	assert_int_equal(both_sent(&b->gate, B(TAKE_REFERENCE)), 0);
}

static void a_camera_that_dies_at_the_kiosk(void **state)
{
	struct both *b = *state;
	check(b);
	face_reference(&b->kiosk, CHECK(SUCCESSFUL), "");
	bench_lost(&b->kiosk, K(CAMERA));
	record(b, true);
	assert_string_equal(bench_record(&b->kiosk, RECORD(VERDICT))->argument, "camera.no_answer");
	go_on(b, SHOWS(OTHER_LANE));
}

/* --- at the gate --------------------------------------------------------------------------------------------------- */

static void the_holder_passes(void **state)
{
	struct both *b = *state;
	const struct bench_out *kept = issue(b);
	Postern__FaceMatched a = face_match();
	redeem(b);
	const struct bench_out *recall = bench_last(&b->gate, B(TAKE_REFERENCE));
	assert_int_equal(recall->token_size, KIOSK_TOKEN);
	assert_memory_equal(recall->token, kept->token, KIOSK_TOKEN);
	assert_int_equal(recall->blob_size, 0);
	face_reference(&b->gate, CHECK(SUCCESSFUL), "");
	walk_in(b);
	is(&b->gate, "OCCUPIED_VERIFY");
	face_captured(&b->gate, CHECK(SUCCESSFUL), "");
	face_say(&b->gate, &a);
	is(&b->gate, "DECISION_COMMIT");
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(VERDICT)), true);
	assert_true(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
	assert_int_equal(both_sent(&b->gate, B(DROP_FACE)), 0); /* it was moved, not copied */
}

static void another_is_held(void **state)
{
	struct both *b = *state;
	Postern__FaceMatched a = face_match();
	a.result = CHECK(FAILED);
	a.cause = (char *)(uintptr_t)"face.no_match";
	issue(b);
	redeem(b);
	face_reference(&b->gate, CHECK(SUCCESSFUL), "");
	walk_in(b);
	face_captured(&b->gate, CHECK(SUCCESSFUL), "");
	face_say(&b->gate, &a);
	held(b, "face.no_match");
}

/* The matcher says nothing, or has been started anew: the result is spent, and an officer looks. */
static void a_matcher_that_is_silent(void **state)
{
	struct both *b = *state;
	issue(b);
	redeem(b);
	bench_wait(&b->gate, 3001);
	walk_in(b);
	held(b, "face.no_answer");
}

static void a_face_that_is_lost(void **state)
{
	struct both *b = *state;
	issue(b);
	redeem(b);
	face_reference(&b->gate, CHECK(UNDETERMINED), "face.no_reference");
	walk_in(b);
	held(b, "face.no_reference");
	assert_int_equal(both_sent(&b->gate, B(CAPTURE_FACE)), 0);
}

static void a_result_without_a_face(void **state)
{
	struct both *b = *state;
	issue(b);
	for (size_t i = 0; i < KIOSK_SLOTS; i++)
		b->store.slots[i].result.has_token = false; /* as of a kiosk that reads no chips */
	redeem(b);
	assert_int_equal(both_sent(&b->gate, B(TAKE_REFERENCE)), 0);
	walk_in(b);
	held(b, "face.no_reference");
}

static void dropped_when_the_redemption_is_not_recorded(void **state)
{
	struct both *b = *state;
	const struct bench_out *kept = issue(b);
	show(b);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), false);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_int_equal(both_sent(&b->gate, B(TAKE_REFERENCE)), 0);
	dropped(&b->gate, kept);
}

static void dropped_when_the_crossing_is_over(void **state)
{
	struct both *b = *state;
	const struct bench_out *kept = issue(b);
	show(b);
	const struct bench_out mark = *bench_record(&b->gate, RECORD(KIOSK));
	bench_lost(&b->gate, K(READER));
	is(&b->gate, "IDLE");
	bench_commit(&b->gate, &mark, true);
	assert_int_equal(both_sent(&b->gate, B(TAKE_REFERENCE)), 0);
	dropped(&b->gate, kept);
}

static void all_are_dropped_when_the_clock_jumps(void **state)
{
	struct both *b = *state;
	issue(b);
	b->store.results.seen.wall_ms -= 5000;
	show(b);
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_string_equal(bench_record(&b->gate, RECORD(VERDICT))->reason, "kiosk.clock");
	assert_int_equal(bench_last(&b->gate, B(DROP_FACE))->token_size, 0);
}

/* The matcher is there for the kiosks' cameras: a gate that has none looks at nobody, and the face has served. */
static void a_gate_without_a_camera(void **state)
{
	struct both *b = *state;
	const struct bench_out *kept = issue(b);
	b->gate.lane.config.has[K(CAMERA)] = false;
	redeem(b);
	dropped(&b->gate, kept);
	walk_in(b);
	is(&b->gate, "DECISION_COMMIT");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, both_teardown)
#define SEEN(f) cmocka_unit_test_setup_teardown(f, setup_with_camera, both_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(kept_when_the_result_is_durable), TEST(nothing_looks_at_a_kiosk_without_a_camera),
		TEST(no_face_no_clear_result), TEST(no_portrait_no_clear_result), TEST(not_kept_without_its_record),
		TEST(not_kept_for_a_crossing_that_is_over), TEST(a_new_check_drops_the_face_before), SEEN(the_camera_of_a_kiosk),
		SEEN(an_impostor_at_the_kiosk), SEEN(a_camera_that_dies_at_the_kiosk), TEST(the_holder_passes), TEST(another_is_held),
		TEST(a_matcher_that_is_silent), TEST(a_face_that_is_lost), TEST(a_result_without_a_face), TEST(dropped_when_the_redemption_is_not_recorded),
		TEST(dropped_when_the_crossing_is_over), TEST(all_are_dropped_when_the_clock_jumps), TEST(a_gate_without_a_camera) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
