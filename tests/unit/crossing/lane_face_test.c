/* SPDX-License-Identifier: Apache-2.0
 * A lane with a camera: the chip's portrait goes to the matcher, frames follow when the traveller is inside, and only what the lane
 * demands of a match lets anybody out. Every other way ends with an officer. Must never look into the lane.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crossing/lane_view.h"
#include "face_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define X(name) POSTERN__EXCEPTION_CLASS__EXCEPTION_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define ADVICE(name) POSTERN__FACE_ADVICE__FACE_ADVICE_##name
#define T(text) ((char *)(uintptr_t)(text))

static struct bench *fresh(void **state)
{
	struct bench *b = *state;
	lane_wipe(&b->lane);
	return b;
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	fresh(state);
	free(*state);
	return 0;
}

/* A clear traveller whose chip has been read, up to standing alone between two locked leaves. */
static void walk_in(struct bench *b, bool with_portrait)
{
	bench_present(b);
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, false);
	face_read_chip(b, with_portrait);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	bench_remove(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 1;
	bench_sense(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_MOVING);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	assert_string_equal(bench_state(b), with_portrait ? "OCCUPIED_VERIFY" : "HOLD_OFFICER");
}

static struct bench *inside(void **state, bool assisted)
{
	struct bench *b = fresh(state);
	bench_start_with_face(b, assisted, GATE_TWO_STEP);
	walk_in(b, true);
	face_reference(b, CHECK(SUCCESSFUL), "");
	return b;
}

static void let_out(struct bench *b)
{
	assert_string_equal(bench_state(b), "DECISION_COMMIT");
	const struct bench_out *v = bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT);
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_CLEAR);
	assert_int_equal(v->face_result, CHECK(SUCCESSFUL));
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT)); /* journal before act */
	bench_commit(b, v, true);
	assert_true(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT));
}

static void held(struct bench *b, Postern__ExceptionClass exception, const char *cause)
{
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	const struct bench_out *v = bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT);
	assert_non_null(v);
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_equal(v->exception, exception);
	assert_string_equal(v->reason, "face.verification");
	assert_string_equal(v->argument, cause);
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT));
}

static void the_holder_passes(void **state)
{
	struct bench *b = inside(state, true);
	const struct bench_out *q = bench_last(b, B(TAKE_REFERENCE));
	assert_int_equal(q->to, K(FACE_MATCH));
	assert_memory_equal(q->blob, face_hash_portrait, 32);
	assert_int_equal(q->blob_size, 15000);
	assert_int_equal(bench_asked(b, B(CAPTURE_FACE)), 1);
	assert_int_equal(bench_last(b, B(CAPTURE_FACE))->frames, 3);
	assert_int_equal(bench_asked(b, B(MATCH_FACE)), 0);
	face_captured(b, CHECK(SUCCESSFUL), "");
	q = bench_last(b, B(MATCH_FACE));
	assert_int_equal(q->to, K(FACE_MATCH));
	assert_memory_equal(q->blob, face_hash_frames, 32);
	assert_int_equal(q->frames, 3);
	assert_true(q->limit_ms > 0 && q->limit_ms < 25000);
	Postern__FaceMatched a = face_match();
	face_say(b, &a);
	let_out(b);
}

/* The end of a crossing is told to whoever holds the reference, and nothing of it is left in the lane. */
static void forgotten(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	a.engine = T("SECRET-ENGINE");
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	let_out(b);
	assert_int_equal(bench_asked(b, B(FORGET_FACE)), 0);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_MOVING);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 2000);
	assert_string_equal(bench_state(b), "IDLE");
	assert_int_equal(bench_asked(b, B(FORGET_FACE)), 1);
	assert_int_equal(bench_last(b, B(FORGET_FACE))->to, K(FACE_MATCH));
	for (size_t i = 0; i + 6 < sizeof b->lane; i++)
		assert_memory_not_equal((const uint8_t *)&b->lane + i, "SECRET", 6);
}

/* Nobody watches: only attack detection that somebody certified will do. */
static void unattended_asks_for_certified_detection(void **state)
{
	static const struct {
		Postern__CheckResult pad;
		Postern__PadLevel level;
		const char *cause; /* NULL: passes */
	} cases[] = {
		{CHECK(NOT_PERFORMED), POSTERN__PAD_LEVEL__PAD_NONE, "face.no_pad"},
		{CHECK(SUCCESSFUL), POSTERN__PAD_LEVEL__PAD_HEURISTIC, "face.no_pad"},
		{CHECK(SUCCESSFUL), POSTERN__PAD_LEVEL__PAD_LEVEL_UNSPECIFIED, "face.no_pad"},
		{CHECK(UNDETERMINED), POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED, "face.no_pad"},
		{CHECK(FAILED), POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED, "face.attack"},
		{CHECK(FAILED), POSTERN__PAD_LEVEL__PAD_HEURISTIC, "face.suspicious"},
		{CHECK(SUCCESSFUL), POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED, NULL},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct bench *b = inside(state, false);
		Postern__FaceMatched a = face_match();
		a.pad = cases[i].pad;
		a.pad_level = cases[i].level;
		face_captured(b, CHECK(SUCCESSFUL), "");
		face_say(b, &a);
		if (cases[i].cause == NULL)
			let_out(b);
		else
			held(b, X(BIOMETRIC_FAILURE), cases[i].cause);
	}
}

/* `successful` is not believed without what makes it so. */
static void no_threshold_no_match(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct bench *b = inside(state, true);
		Postern__FaceMatched a = face_match();
		if (i == 0)
			a.fmr_millionths = 0;
		else if (i == 1)
			a.scored = false;
		else if (i == 2)
			a.score_permille = a.threshold_permille - 1;
		else
			a.pad = CHECK(FAILED);
		face_captured(b, CHECK(SUCCESSFUL), "");
		face_say(b, &a);
		held(b, X(BIOMETRIC_FAILURE), i == 3 ? "face.attack" : "face.no_threshold");
	}
}

static void an_impostor_is_held(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	a.result = CHECK(FAILED);
	a.score_permille = 200;
	a.cause = T("face.no_match");
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	held(b, X(BIOMETRIC_FAILURE), "face.no_match");
	const struct bench_out *v = bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT);
	assert_int_equal(v->face_result, CHECK(FAILED));
	assert_true(v->personal);
}

/* More frames, please. */
static Postern__FaceMatched not_yet(const char *cause)
{
	Postern__FaceMatched a = POSTERN__FACE_MATCHED__INIT;
	a.result = CHECK(UNDETERMINED);
	a.cause = T(cause);
	a.more = true;
	return a;
}

static void more_frames_with_advice(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched more = not_yet("face.too_few_frames"), a = face_match();
	more.advice = ADVICE(CLOSER);
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &more);
	const struct bench_out *g = bench_last(b, B(SHOW_GUIDANCE));
	assert_int_equal(g->guidance, POSTERN__GUIDANCE__GUIDANCE_LOOK_HERE);
	assert_int_equal(g->advice, ADVICE(CLOSER));
	size_t shown = bench_asked(b, B(SHOW_GUIDANCE));
	assert_int_equal(bench_asked(b, B(CAPTURE_FACE)), 2);
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &more);
	assert_int_equal(bench_asked(b, B(SHOW_GUIDANCE)), shown); /* the same: not again */
	face_captured(b, CHECK(SUCCESSFUL), "");
	assert_true(bench_last(b, B(MATCH_FACE))->elapsed_ms > 0);
	face_say(b, &a);
	let_out(b);
	g = bench_last(b, B(SHOW_GUIDANCE));
	assert_int_equal(g->advice, ADVICE(UNSPECIFIED));
}

/* A matcher that never comes to an end is not asked beyond the time. */
static void more_has_an_end(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched more = not_yet("face.too_few_frames");
	unsigned told = 0;
	for (unsigned i = 0; i < 10 && strcmp(bench_state(b), "OCCUPIED_VERIFY") == 0; i++) {
		face_captured(b, CHECK(SUCCESSFUL), "");
		const struct bench_out *q = bench_last(b, B(MATCH_FACE));
		told += q->elapsed_ms >= q->limit_ms;
		bench_wait(b, 3000);
		face_say(b, &more);
	}
	assert_int_equal(told, 1); /* for its last word */
	held(b, X(BIOMETRIC_FAILURE), "face.too_few_frames");
}

/* A camera that gives three frames at once, however far apart they were to be, is not asked more often than an honest one could answer. */
static void nobody_is_kept_busy(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched more = not_yet("face.no_face");
	unsigned rounds = 0;
	while (rounds < 1000 && strcmp(bench_state(b), "OCCUPIED_VERIFY") == 0) {
		face_captured(b, CHECK(SUCCESSFUL), "");
		const struct bench_out *q = bench_last(b, B(MATCH_FACE));
		rounds++;
		/* three frames 100 ms apart take 200 ms, and this goes on for 15 s */
		assert_int_equal(q->elapsed_ms >= q->limit_ms, rounds == 75);
		face_say(b, &more);
	}
	assert_int_equal(rounds, 75);
	held(b, X(BIOMETRIC_FAILURE), "face.no_face");
}

static void what_does_not_come(void **state)
{
	struct bench *b = inside(state, true);
	face_captured(b, CHECK(ABORTED), "camera.frozen");
	held(b, X(SYSTEM_MALFUNCTION), "camera.frozen");
	assert_string_equal(bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT)->face_check, "face.capture");
	b = inside(state, true);
	bench_wait(b, 6000); /* the camera says nothing */
	held(b, X(SYSTEM_MALFUNCTION), "camera.no_answer");
	b = inside(state, true);
	face_captured(b, CHECK(SUCCESSFUL), "");
	bench_wait(b, 6000);
	held(b, X(SYSTEM_MALFUNCTION), "face.no_answer");
	b = inside(state, true);
	bench_lost(b, K(CAMERA));
	held(b, X(SYSTEM_MALFUNCTION), "camera.no_answer");
	b = inside(state, true);
	face_captured(b, CHECK(SUCCESSFUL), "");
	bench_lost(b, K(FACE_MATCH));
	held(b, X(SYSTEM_MALFUNCTION), "face.no_answer");
}

static void references(void **state)
{
	struct bench *b = fresh(state);
	bench_start_with_face(b, true, GATE_TWO_STEP);
	walk_in(b, false);
	assert_int_equal(bench_asked(b, B(TAKE_REFERENCE)), 0);
	held(b, X(BIOMETRIC_FAILURE), "face.no_reference");
	b = fresh(state);
	bench_start_with_face(b, true, GATE_TWO_STEP);
	walk_in(b, true);
	/* It takes its time: frames wait for it. */
	assert_int_equal(bench_asked(b, B(CAPTURE_FACE)), 0);
	face_reference(b, CHECK(UNDETERMINED), "face.several_faces");
	assert_int_equal(bench_asked(b, B(CAPTURE_FACE)), 0);
	held(b, X(BIOMETRIC_FAILURE), "face.several_faces");
	/* A picture that nobody decodes: too large, cut off, or none. */
	b = fresh(state);
	bench_start_with_face(b, true, GATE_TWO_STEP);
	walk_in(b, true);
	face_reference(b, CHECK(ABORTED), "face.picture");
	assert_int_equal(bench_asked(b, B(CAPTURE_FACE)), 0);
	held(b, X(BIOMETRIC_FAILURE), "face.picture");
	b = fresh(state);
	bench_start_with_face(b, true, GATE_TWO_STEP);
	walk_in(b, true);
	bench_wait(b, 4000);
	held(b, X(SYSTEM_MALFUNCTION), "face.no_answer");
}

/* The officer is shown both faces, after the record of it. */
static void both_faces_are_shown(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	unsigned chip = 0, before = 0;
	a.result = CHECK(FAILED);
	a.cause = T("face.no_match");
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT), true);
	assert_int_equal(bench_asked(b, B(PORTRAIT_IMAGE)), 0);
	face_look(b, true);
	assert_int_equal(bench_last(b, B(POST_REPLY))->portraits, 2);
	for (size_t i = 0; i < b->count; i++)
		if (b->out[i].what == OUT_SEND && b->out[i].body == B(PORTRAIT_IMAGE)) {
			assert_int_equal(b->out[i].to, K(POST_LINK));
			chip += memcmp(b->out[i].blob, face_hash_portrait, 32) == 0;
			before += memcmp(b->out[i].blob, face_hash_live, 32) == 0;
		}
	assert_int_equal(chip, 1);
	assert_int_equal(before, 1);
}

/* A second person comes in while frames are taken: it is the table's to say, and what comes later changes nothing. */
static void another_reason_to_hold(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	b->sensed.occupants = 2;
	bench_sense(b);
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	assert_int_equal(bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT)->exception, X(TAILGATING));
	face_captured(b, CHECK(SUCCESSFUL), "");
	if (bench_last(b, B(MATCH_FACE)) != NULL)
		face_say(b, &a);
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT));
}

/* Without a camera nobody new is served; the tile says what is going on. */
static void not_served_without(void **state)
{
	static const Postern__PluginKind kinds[] = {K(CAMERA), K(FACE_MATCH)};
	for (size_t i = 0; i < PN_COUNT(kinds); i++) {
		struct bench *b = fresh(state);
		bench_start_with_face(b, true, GATE_TWO_STEP);
		assert_true(lane_may_serve(&b->lane));
		bench_lost(b, kinds[i]);
		assert_false(lane_may_serve(&b->lane));
	}
	struct bench *b = fresh(state);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ReaderStatus s = POSTERN__READER_STATUS__INIT;
	bench_start_with_face(b, true, GATE_TWO_STEP);
	s.reason = T("camera.unplugged");
	e.body_case = B(READER_STATUS);
	e.reader_status = &s;
	assert_int_equal(bench_message(b, K(CAMERA), 0, &e), PN_OK);
	assert_false(lane_may_serve(&b->lane));
	s.ready = true;
	assert_int_equal(bench_message(b, K(CAMERA), 0, &e), PN_OK);
	assert_true(lane_may_serve(&b->lane));
}

static void light(const struct bench *b, Postern__CheckResult result, bool running)
{
	struct lane_view *v = test_malloc(sizeof *v);
	lane_view_build(v, &b->lane, b->now_ms);
	for (size_t i = 0; i < v->view.n_lights; i++)
		if (v->view.lights[i]->block == POSTERN__CHECK_BLOCK__BLOCK_BIOMETRIC) {
			assert_int_equal(v->view.lights[i]->result, result);
			assert_int_equal(v->view.lights[i]->running, running);
		}
	test_free(v);
}

static void lights(void **state)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	light(b, CHECK(NOT_PERFORMED), true);
	a.result = CHECK(FAILED);
	a.cause = T("face.no_match");
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	light(b, CHECK(FAILED), false);
}

/* An officer sends back whoever is held; the crossing is over. */
static void send_back(struct bench *b)
{
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT), true);
	face_send_back(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_MOVING);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 2000);
	assert_non_null(bench_record(b, POSTERN__RECORD_KIND__RECORD_OUTCOME));
}

static unsigned kept_records(const struct bench *b)
{
	unsigned n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_APPEND && strcmp(b->out[i].event, "pictures.kept") == 0;
	return n;
}

static struct bench *keeping(void **state, Postern__CheckResult result, const char *cause)
{
	struct bench *b = inside(state, true);
	Postern__FaceMatched a = face_match();
	b->lane.config.keep_faces = true;
	a.result = result;
	a.cause = T(cause);
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	return b;
}

/* What did not succeed is kept where the policy says so, with a record of it before the outcome. */
static void kept_when_it_failed(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = keeping(state, i == 0 ? CHECK(FAILED) : CHECK(UNDETERMINED), i == 0 ? "face.no_match" : "face.suspicious");
		char crossing[ULID_SIZE];
		memcpy(crossing, b->lane.crossing.id, sizeof crossing);
		assert_int_equal(b->kept.times, 0);
		send_back(b);
		assert_int_equal(b->kept.times, 1);
		assert_int_equal(b->kept.count, 2);
		assert_string_equal(b->kept.crossing, crossing);
		assert_string_equal(b->kept.what[0], "live image/jpeg");
		assert_string_equal(b->kept.what[1], "chip image/jp2");
		assert_memory_equal(b->kept.sha256[0], face_hash_live, 32);
		assert_memory_equal(b->kept.sha256[1], face_hash_portrait, 32);
		assert_int_equal(b->kept.size[0], 40000);
		assert_int_equal(kept_records(b), 1);
		const struct bench_out *audit = bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT);
		assert_string_equal(audit->event, "pictures.kept");
		assert_string_equal(audit->crossing, crossing);
		assert_true(audit < bench_record(b, POSTERN__RECORD_KIND__RECORD_OUTCOME));
	}
}

/* What the reader cut from the page is kept beside them, and where it came too late, or was none, the other two are. */
static void the_print_is_kept_beside_them(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = fresh(state);
		Postern__FaceMatched a = face_match();
		bench_start_with_page(b, true, true, GATE_TWO_STEP);
		b->lane.config.keep_faces = true;
		walk_in(b, true);
		assert_int_equal(face_cut(b, K(READER), face_page_query(b), i == 0 ? CHECK(SUCCESSFUL) : CHECK(UNDETERMINED), i == 0 ? face_hash_page : NULL), PN_OK);
		face_reference(b, CHECK(SUCCESSFUL), "");
		a.result = CHECK(FAILED);
		a.cause = T("face.no_match");
		face_captured(b, CHECK(SUCCESSFUL), "");
		face_say(b, &a);
		send_back(b);
		assert_int_equal(b->kept.times, 1);
		assert_int_equal(b->kept.count, i == 0 ? 3 : 2);
		assert_string_equal(b->kept.what[1], "chip image/jp2");
		if (i != 0)
			continue;
		assert_string_equal(b->kept.what[2], "printed image/jpeg");
		assert_memory_equal(b->kept.sha256[2], face_hash_page, 32);
		assert_int_equal(b->kept.size[2], FACE_PAGE_BYTES);
	}
}

/* A match, a camera that sees nothing, a picture that there is not, and a lane without the policy: nothing is kept. */
static void never_kept_otherwise(void **state)
{
	struct bench *b = keeping(state, CHECK(SUCCESSFUL), "");
	let_out(b);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_MOVING);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 2000);
	assert_non_null(bench_record(b, POSTERN__RECORD_KIND__RECORD_OUTCOME));
	assert_int_equal(b->kept.times, 0);
	/* Successful, and held all the same: a match without certified attack detection. */
	b = inside(state, false);
	Postern__FaceMatched a = face_match();
	b->lane.config.keep_faces = true;
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	held(b, X(BIOMETRIC_FAILURE), "face.no_pad");
	send_back(b);
	assert_int_equal(b->kept.times, 0);
	b = keeping(state, CHECK(ABORTED), "camera.black");
	send_back(b);
	assert_int_equal(b->kept.times, 0);
	b = inside(state, true);
	b->lane.config.keep_faces = true;
	a.result = CHECK(UNDETERMINED);
	a.cause = T("face.no_face");
	a.live_type = T("");
	face_captured(b, CHECK(SUCCESSFUL), "");
	face_say(b, &a);
	send_back(b);
	assert_int_equal(b->kept.times, 0);
	b = keeping(state, CHECK(FAILED), "face.no_match");
	b->lane.config.keep_faces = false;
	send_back(b);
	assert_int_equal(b->kept.times, 0);
	assert_int_equal(kept_records(b), 0);
	/* No record says that what could not be kept is. */
	b = keeping(state, CHECK(FAILED), "face.no_match");
	b->cannot_keep = true;
	send_back(b);
	assert_int_equal(b->kept.times, 1);
	assert_int_equal(kept_records(b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_holder_passes),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(unattended_asks_for_certified_detection),
		cmocka_unit_test(no_threshold_no_match),
		cmocka_unit_test(an_impostor_is_held),
		cmocka_unit_test(more_frames_with_advice),
		cmocka_unit_test(more_has_an_end),
		cmocka_unit_test(nobody_is_kept_busy),
		cmocka_unit_test(what_does_not_come),
		cmocka_unit_test(references),
		cmocka_unit_test(both_faces_are_shown),
		cmocka_unit_test(another_reason_to_hold),
		cmocka_unit_test(not_served_without),
		cmocka_unit_test(lights),
		cmocka_unit_test(kept_when_it_failed),
		cmocka_unit_test(the_print_is_kept_beside_them),
		cmocka_unit_test(never_kept_otherwise),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
