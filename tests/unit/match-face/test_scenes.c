/* SPDX-License-Identifier: Apache-2.0
 * What a lane would ask, on scenes that sim-camera draws from portraits: the holder is matched, another is not, and every
 * scene that goes wrong ends as it must. test_scenes MODELS SIM_FACES; exit status 77 where the build could not have the models.
 * Must never take a score of its own for expected.
 */
#include "scene_bench.h"

static struct scene_bench bench;

static int begin(void **state)
{
	*state = &bench;
	return scene_bench_begin(&bench);
}

static void holders_and_impostors(void **state)
{
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const struct scene own = {.condition = SCENE_WELL, .who = i, .other = i}, other = {.condition = SCENE_WELL, .who = (i + 1) % PEOPLE, .other = i};
		scene_bench_ask(b, i, own, &m, &advice);
		print_message("%u: %d of %d, %u frames; ", i, m.score_permille, m.threshold_permille, m.frames_used);
		if (m.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			fail_msg("portrait %u: %s, faults %u", i, m.cause, m.faults);
		assert_true(m.frames_used >= 3);
		assert_string_equal(m.live_type, "image/jpeg");
		assert_int_equal(scene_bench_check(&m, "face.match"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(scene_bench_check(&m, "face.capture"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(scene_bench_check(&m, "face.one_person"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(scene_bench_check(&m, "face.pad"), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		assert_int_equal(scene_bench_check(&m, "face.eyes_open"), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		scene_bench_ask(b, i, other, &m, &advice);
		print_message("another %d\n", m.score_permille);
		assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
		assert_string_equal(m.cause, "face.no_match");
		assert_int_equal(scene_bench_check(&m, "face.match"), POSTERN__CHECK_RESULT__CHECK_FAILED);
	}
}

/* The picture that an officer is shown is one that shows the traveller. */
static void shown(void **state)
{
	const struct scene scene = {.condition = SCENE_WELL, .who = 1, .other = 2};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct face_picture p;
	struct scene_bench *b = *state;
	scene_bench_ask(b, 0, scene, &m, &advice);
	assert_int_equal(face_picture_jpeg(b->stage.live.jpeg, b->stage.live.size, &p), PN_OK);
	assert_int_equal(p.width, SCENE_WIDTH);
	const struct face_frame f = {.struct_size = sizeof f, .width = p.width, .height = p.height, .stride = p.width * 3, .format = FACE_RGB24,
		.pixels = p.pixels};
	struct face_found faces[4];
	uint32_t count;
	assert_int_equal(b->matcher.engine[0]->detect(b->matcher.self[0], &f, faces, 4, &count), PN_OK);
	assert_int_equal(count, 1);
	face_picture_free(&p);
	face_stage_shown(&b->stage);
	assert_null(b->stage.live.jpeg);
}

static void what_goes_wrong(void **state)
{
	static const struct {
		enum scene_condition condition;
		Postern__CheckResult result;
		const char *cause;
		Postern__FaceAdvice advice;
	} cases[] = {
		{SCENE_NOBODY, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_face", POSTERN__FACE_ADVICE__FACE_ADVICE_LOOK_HERE},
		{SCENE_FAR, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.too_few_frames", POSTERN__FACE_ADVICE__FACE_ADVICE_CLOSER},
		{SCENE_BLURRED, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.too_few_frames", POSTERN__FACE_ADVICE__FACE_ADVICE_STAND_STILL},
		{SCENE_DARK, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.too_few_frames", POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED},
		{SCENE_TWO, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.several_faces", POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED},
		{SCENE_BLACK, POSTERN__CHECK_RESULT__CHECK_ABORTED, "camera.black", POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED},
		{SCENE_FLOODED, POSTERN__CHECK_RESULT__CHECK_ABORTED, "camera.flooded", POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED},
		{SCENE_FROZEN, POSTERN__CHECK_RESULT__CHECK_ABORTED, "camera.frozen", POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED},
	};
	struct scene_bench *b = *state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct scene scene = {.condition = cases[i].condition, .who = 1, .other = 0};
		Postern__FaceMatched m;
		Postern__FaceAdvice advice;
		scene_bench_ask(b, 1, scene, &m, &advice);
		print_message("%d: %s, faults %u, advice %d\n", cases[i].condition, m.cause, m.faults, advice);
		assert_string_equal(m.cause, cases[i].cause);
		assert_int_equal(m.result, cases[i].result);
		assert_int_equal(advice, cases[i].advice);
		assert_false(m.scored);
		assert_int_equal(scene_bench_check(&m, "face.match"),
			cases[i].result == POSTERN__CHECK_RESULT__CHECK_ABORTED ? cases[i].result : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	}
}

/* The holder looks into the camera first, and another afterwards: with frames of both there is no match. */
static void swapped(void **state)
{
	const struct scene scene = {.condition = SCENE_SWAPPED, .who = 1, .other = 0};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	b->stage.settings.frames_min = 6;
	scene_bench_ask(b, 1, scene, &m, &advice);
	b->stage.settings.frames_min = 3;
	assert_string_equal(m.cause, "face.swapped");
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(scene_bench_check(&m, "face.one_person"), POSTERN__CHECK_RESULT__CHECK_FAILED);
}

/* A second comparison has frames of its own; an impostor does not come nearer by it. */
static void tried_again(void **state)
{
	const struct scene scene = {.condition = SCENE_WELL, .who = 0, .other = 1};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	b->stage.settings.attempts = 3;
	assert_int_equal(scene_bench_ask(b, 1, scene, &m, &advice), 3);
	b->stage.settings.attempts = 1;
	assert_string_equal(m.cause, "face.no_match");
	assert_int_equal(m.attempts, 3);
	assert_int_equal(m.fmr_millionths, 3000); /* of all three together */
	assert_int_equal(advice, POSTERN__FACE_ADVICE__FACE_ADVICE_UNCOVER);
}

static void expect_pad(const Postern__FaceMatched *m, Postern__CheckResult pad, int32_t permille)
{
	assert_int_equal(m->pad, pad);
	assert_int_equal(scene_bench_check(m, "face.pad"), pad);
	assert_int_equal(m->pad_level, POSTERN__PAD_LEVEL__PAD_HEURISTIC);
	assert_string_equal(m->pad_mechanism, "nir-presence/1");
	assert_string_equal(m->pad_certificate, "");
	assert_int_equal(m->pad_score_permille, permille);
}

/* Holders are there in near infrared too; their faces on a screen or in print match, and are doubted; an impostor stays one. */
static void infrared(void **state)
{
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	scene_bench_infrared(b, true, false, 0);
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const struct scene own = {.condition = SCENE_WELL, .who = i, .other = i};
		assert_int_equal(scene_bench_ask(b, i, own, &m, &advice), 1);
		if (m.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			fail_msg("portrait %u: %s, pad %d", i, m.cause, m.pad_score_permille);
		expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
		for (unsigned k = 0; k < 2 && i < 2; k++) {
			const struct scene shown_on = {.condition = k == 0 ? SCENE_SCREEN : SCENE_PRINT, .who = i, .other = i};
			assert_int_equal(scene_bench_ask(b, i, shown_on, &m, &advice), 1);
			assert_string_equal(m.cause, "face.suspicious");
			assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
			assert_true(m.scored && m.score_permille >= m.threshold_permille);
			expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_FAILED, 0);
		}
	}
	const struct scene other = {.condition = SCENE_WELL, .who = 0, .other = 1}, replayed = {.condition = SCENE_SCREEN, .who = 0, .other = 1};
	scene_bench_ask(b, 1, other, &m, &advice);
	assert_string_equal(m.cause, "face.no_match");
	expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
	scene_bench_ask(b, 1, replayed, &m, &advice);
	assert_string_equal(m.cause, "face.no_match");
}

/* Without frames of the moment nobody can tell: there are none, they are of another moment, they stand still. */
static void infrared_missing(void **state)
{
	const struct scene own = {.condition = SCENE_WELL, .who = 2, .other = 2}, blind = {.condition = SCENE_NO_INFRARED, .who = 2, .other = 2};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	for (unsigned i = 0; i < 4; i++) {
		scene_bench_infrared(b, i != 0, i == 3, i == 2 ? UINT64_C(100000001) : 0);
		assert_int_equal(scene_bench_ask(b, 2, i == 1 ? blind : own, &m, &advice), 3);
		assert_string_equal(m.cause, "face.no_infrared");
		assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
		assert_true(m.scored);
		expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, i == 3 ? 1000 : 0);
	}
	/* Just within the moment; and where nobody asks for it, nobody looks. */
	scene_bench_infrared(b, true, false, 100000000);
	scene_bench_ask(b, 2, own, &m, &advice);
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	scene_bench_infrared(b, true, false, 0);
	b->stage.settings.infrared = false;
	const struct scene screen = {.condition = SCENE_SCREEN, .who = 2, .other = 2};
	scene_bench_ask(b, 2, screen, &m, &advice);
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(m.pad, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	b->second_camera = false;
}

/* Unattended it is no better than nothing, and an engine for the slot is asked instead. */
static int certified_attack(void *self, const struct face_frame *const *frames, uint32_t count, struct face_pad *out)
{
	(void)self;
	(void)frames;
	assert_int_equal(count, 2 * EACH);
	out->decision = FACE_PAD_ATTACK;
	out->level = FACE_PAD_CERTIFIED;
	memcpy(out->mechanism, "other/1", 8);
	return PN_OK;
}

static void infrared_is_worth_no_certificate(void **state)
{
	const struct scene own = {.condition = SCENE_WELL, .who = 2, .other = 2};
	const struct face_engine vendor = {.struct_size = sizeof vendor, .abi = FACE_ABI, .slots = FACE_PAD, .pad = certified_attack};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	scene_bench_infrared(b, true, false, 0);
	b->stage.settings.unattended = true;
	assert_string_equal(face_stage_missing(&b->stage), "face.no_pad");
	scene_bench_ask(b, 2, own, &m, &advice);
	assert_string_equal(m.cause, "face.no_pad");
	expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
	b->stage.settings.unattended = false;
	b->matcher.engine[3] = &vendor;
	scene_bench_ask(b, 2, own, &m, &advice);
	b->matcher.engine[3] = NULL;
	assert_string_equal(m.cause, "face.attack");
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(m.pad_level, POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED);
	assert_string_equal(m.pad_mechanism, "other/1");
	b->stage.settings.infrared = b->second_camera = false;
}

/* A face that does not count, too small for it, is told by its height in the frame; one that is outside is not. */
static void how_high_it_is(void **state)
{
	struct scene_bench *b = *state;
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	int32_t before = -1000;
	for (int32_t down = -300; down <= 300; down += 150) {
		const struct scene scene = {.condition = SCENE_FAR, .who = 0, .other = 1, .down_permille = down};
		scene_bench_ask(b, 0, scene, &m, &advice);
		print_message("%d: %d, ", down, b->height.down_permille);
		assert_true(b->height.sight == POSTERN__FACE_SIGHT__FACE_SIGHT_SOMEBODY && b->height.good == 0);
		assert_true(abs(b->height.down_permille - down) < 100 && b->height.down_permille > before + 100);
		before = b->height.down_permille;
		assert_false(m.sight != POSTERN__FACE_SIGHT__FACE_SIGHT_UNSPECIFIED || m.down_permille != 0); /* of no use any more, and not to be recorded */
	}
	const struct scene below = {.condition = SCENE_WELL, .who = 0, .other = 1, .down_permille = 950};
	scene_bench_ask(b, 0, below, &m, &advice);
	assert_int_equal(b->height.sight, POSTERN__FACE_SIGHT__FACE_SIGHT_NOBODY);
	assert_string_equal(m.cause, "face.no_face");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(holders_and_impostors),
		cmocka_unit_test(shown),
		cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(swapped),
		cmocka_unit_test(tried_again),
		cmocka_unit_test(infrared),
		cmocka_unit_test(infrared_missing),
		cmocka_unit_test(infrared_is_worth_no_certificate),
		cmocka_unit_test(how_high_it_is)};
	const int status = scene_bench_arguments(&bench, argc, argv);
	return status != 0 ? status : cmocka_run_group_tests(tests, begin, scene_bench_end);
}
