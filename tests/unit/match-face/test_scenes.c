/* SPDX-License-Identifier: Apache-2.0
 * What a lane would ask, on scenes that sim-camera draws from portraits: the holder is matched, another is not, and every
 * scene that goes wrong ends as it must. test_scenes MODELS SIM_FACES; exit status 77 where the build could not have the models.
 * Must never take a score of its own for expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "face_stage.h"
#include "scene.h"

enum { PEOPLE = 6, EACH = 3, MOMENT = SCENE_BYTES + SCENE_INFRARED_BYTES, LIMIT_MS = 1000, STEP_MS = 500, FILE_BYTES = 1 << 20 };

static const char crossing[] = "01J00000000000000000000001";
static const char *models, *sim_faces;
static char place[] = "/tmp/postern-scenes-XXXXXX";
static struct face_folder *folder;
static struct face_matcher matcher;
static struct face_stage stage;
static struct face_picture portraits[PEOPLE];
static uint8_t *file[PEOPLE];
static size_t file_size[PEOPLE];
/* A camera for near infrared beside the first; whether it gives the same frame again and again; how much later than the first. */
static bool second_camera, frozen;
static uint64_t late_ns;

static void make_portraits(void)
{
	assert_non_null(mkdtemp(place));
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl(sim_faces, sim_faces, models, place, (char *)NULL);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < PEOPLE; i++) {
		char path[100];
		file[i] = malloc(FILE_BYTES);
		assert_non_null(file[i]);
		snprintf(path, sizeof path, "%s/%u.jpg", place, i);
		FILE *f = fopen(path, "rb");
		assert_non_null(f);
		file_size[i] = fread(file[i], 1, FILE_BYTES, f);
		fclose(f);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(face_picture_jpeg(file[i], file_size[i], &portraits[i]), PN_OK);
	}
	assert_int_equal(rmdir(place), 0);
}

static int begin(void **state)
{
	char why_text[200];
	struct text why;
	const struct face_engine *engine = face_reference_engine();
	(void)state;
	make_portraits();
	text_init(&why, why_text, sizeof why_text);
	assert_int_equal(face_folder_load(models, &folder, &why), PN_OK);
	const struct face_opening o = {.struct_size = sizeof o, .file_count = folder->model->files_count, .files = folder->files};
	assert_int_equal(face_matcher_open(&engine, 1, &o, &matcher), PN_OK);
	stage.matcher = &matcher;
	stage.folder = folder;
	stage.settings.limits = face_limits_default;
	stage.settings.frames_min = 3;
	stage.settings.attempts = 1;
	assert_int_equal(face_model_threshold(folder->model, 0.001, &stage.settings.threshold), PN_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	face_stage_forget(&stage);
	face_matcher_close(&matcher);
	face_folder_free(folder);
	for (unsigned i = 0; i < PEOPLE; i++) {
		face_picture_free(&portraits[i]);
		free(file[i]);
	}
	return 0;
}

static Postern__FaceFrame *seen_frame(Postern__FaceFrame *f, uint32_t number, ptrdiff_t at)
{
	postern__face_frame__init(f);
	f->format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
	f->width = SCENE_WIDTH;
	f->height = SCENE_HEIGHT;
	f->offset = (uint32_t)at;
	f->size = SCENE_BYTES;
	f->mono_ns = UINT64_C(1000000000) + number * UINT64_C(100000000);
	return f;
}

static Postern__FaceFrame *infrared_frame(Postern__FaceFrame *f, uint32_t number, ptrdiff_t at)
{
	seen_frame(f, number, at);
	f->format = POSTERN__FRAME_FORMAT__FRAME_NIR8;
	f->width = SCENE_INFRARED_WIDTH;
	f->height = SCENE_INFRARED_HEIGHT;
	f->size = SCENE_INFRARED_BYTES;
	f->sensor = 1;
	f->mono_ns += late_ns;
	return f;
}

/* As the core asks: three frames, and again while more are wanted. *advice: the last one. How many times it asked. */
static unsigned ask(uint32_t holder, struct scene scene, Postern__FaceMatched *out, Postern__FaceAdvice *advice)
{
	static uint8_t blob[EACH * MOMENT];
	Postern__ReferenceTaken taken;
	uint32_t number = 0;
	unsigned times = 0;
	*advice = POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED;
	face_stage_take(&stage, crossing, file[holder], file_size[holder], &taken);
	assert_int_equal(taken.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	do {
		Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
		Postern__FaceFrame frame[2 * EACH], *list[2 * EACH];
		size_t count = 0;
		for (unsigned i = 0; i < EACH; i++) {
			uint8_t *at = blob + (size_t)i * MOMENT;
			scene_draw(portraits, PEOPLE, &scene, number, at);
			list[count] = seen_frame(&frame[count], number, at - blob);
			count++;
			if (second_camera && scene_draw_infrared(portraits, PEOPLE, &scene, frozen ? 0 : number, at + SCENE_BYTES)) {
				list[count] = infrared_frame(&frame[count], number, at - blob + SCENE_BYTES);
				count++;
			}
			number++;
		}
		q.frames = list;
		q.n_frames = count;
		q.elapsed_ms = times++ * STEP_MS;
		q.limit_ms = LIMIT_MS;
		if (face_stage_begin(&stage, crossing, &q, blob, out)) {
			for (size_t i = 0; i < count; i++)
				face_stage_look(&stage, &q, i, blob, sizeof blob);
			face_stage_decide(&stage, &q, blob, sizeof blob, out);
		}
		if (out->more)
			*advice = out->advice;
		assert_true(!out->more || (out->result == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED && out->live_type[0] == '\0'));
	} while (out->more);
	return times;
}

static Postern__CheckResult check_of(const Postern__FaceMatched *m, const char *name)
{
	for (size_t i = 0; i < m->n_checks; i++)
		if (strcmp(m->checks[i]->name, name) == 0)
			return m->checks[i]->result;
	return POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED;
}

static void holders_and_impostors(void **state)
{
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	(void)state;
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const struct scene own = {.condition = SCENE_WELL, .who = i, .other = i}, other = {.condition = SCENE_WELL, .who = (i + 1) % PEOPLE, .other = i};
		ask(i, own, &m, &advice);
		print_message("%u: %d of %d, %u frames; ", i, m.score_permille, m.threshold_permille, m.frames_used);
		if (m.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			fail_msg("portrait %u: %s, faults %u", i, m.cause, m.faults);
		assert_true(m.frames_used >= 3);
		assert_string_equal(m.live_type, "image/jpeg");
		assert_int_equal(check_of(&m, "face.match"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(check_of(&m, "face.capture"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(check_of(&m, "face.one_person"), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(check_of(&m, "face.pad"), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		assert_int_equal(check_of(&m, "face.eyes_open"), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		ask(i, other, &m, &advice);
		print_message("another %d\n", m.score_permille);
		assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
		assert_string_equal(m.cause, "face.no_match");
		assert_int_equal(check_of(&m, "face.match"), POSTERN__CHECK_RESULT__CHECK_FAILED);
	}
}

/* The picture that an officer is shown is one that shows the traveller. */
static void shown(void **state)
{
	const struct scene scene = {.condition = SCENE_WELL, .who = 1, .other = 2};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct face_picture p;
	(void)state;
	ask(0, scene, &m, &advice);
	assert_int_equal(face_picture_jpeg(stage.live.jpeg, stage.live.size, &p), PN_OK);
	assert_int_equal(p.width, SCENE_WIDTH);
	const struct face_frame f = {.struct_size = sizeof f, .width = p.width, .height = p.height, .stride = p.width * 3, .format = FACE_RGB24,
		.pixels = p.pixels};
	struct face_found faces[4];
	uint32_t count;
	assert_int_equal(matcher.engine[0]->detect(matcher.self[0], &f, faces, 4, &count), PN_OK);
	assert_int_equal(count, 1);
	face_picture_free(&p);
	face_stage_shown(&stage);
	assert_null(stage.live.jpeg);
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
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct scene scene = {.condition = cases[i].condition, .who = 1, .other = 0};
		Postern__FaceMatched m;
		Postern__FaceAdvice advice;
		ask(1, scene, &m, &advice);
		print_message("%d: %s, faults %u, advice %d\n", cases[i].condition, m.cause, m.faults, advice);
		assert_string_equal(m.cause, cases[i].cause);
		assert_int_equal(m.result, cases[i].result);
		assert_int_equal(advice, cases[i].advice);
		assert_false(m.scored);
		assert_int_equal(check_of(&m, "face.match"),
			cases[i].result == POSTERN__CHECK_RESULT__CHECK_ABORTED ? cases[i].result : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	}
}

/* The holder looks into the camera first, and another afterwards: with frames of both there is no match. */
static void swapped(void **state)
{
	const struct scene scene = {.condition = SCENE_SWAPPED, .who = 1, .other = 0};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	(void)state;
	stage.settings.frames_min = 6;
	ask(1, scene, &m, &advice);
	stage.settings.frames_min = 3;
	assert_string_equal(m.cause, "face.swapped");
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(check_of(&m, "face.one_person"), POSTERN__CHECK_RESULT__CHECK_FAILED);
}

/* A second comparison has frames of its own; an impostor does not come nearer by it. */
static void tried_again(void **state)
{
	const struct scene scene = {.condition = SCENE_WELL, .who = 0, .other = 1};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	(void)state;
	stage.settings.attempts = 3;
	assert_int_equal(ask(1, scene, &m, &advice), 3);
	stage.settings.attempts = 1;
	assert_string_equal(m.cause, "face.no_match");
	assert_int_equal(m.attempts, 3);
	assert_int_equal(m.fmr_millionths, 3000); /* of all three together */
	assert_int_equal(advice, POSTERN__FACE_ADVICE__FACE_ADVICE_UNCOVER);
}

static void with_infrared(bool camera, bool stands_still, uint64_t ns)
{
	stage.settings.infrared = true;
	second_camera = camera;
	frozen = stands_still;
	late_ns = ns;
}

static void expect_pad(const Postern__FaceMatched *m, Postern__CheckResult pad, int32_t permille)
{
	assert_int_equal(m->pad, pad);
	assert_int_equal(check_of(m, "face.pad"), pad);
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
	(void)state;
	with_infrared(true, false, 0);
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const struct scene own = {.condition = SCENE_WELL, .who = i, .other = i};
		assert_int_equal(ask(i, own, &m, &advice), 1);
		if (m.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			fail_msg("portrait %u: %s, pad %d", i, m.cause, m.pad_score_permille);
		expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
		for (unsigned k = 0; k < 2 && i < 2; k++) {
			const struct scene shown_on = {.condition = k == 0 ? SCENE_SCREEN : SCENE_PRINT, .who = i, .other = i};
			assert_int_equal(ask(i, shown_on, &m, &advice), 1);
			assert_string_equal(m.cause, "face.suspicious");
			assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
			assert_true(m.scored && m.score_permille >= m.threshold_permille);
			expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_FAILED, 0);
		}
	}
	const struct scene other = {.condition = SCENE_WELL, .who = 0, .other = 1}, replayed = {.condition = SCENE_SCREEN, .who = 0, .other = 1};
	ask(1, other, &m, &advice);
	assert_string_equal(m.cause, "face.no_match");
	expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
	ask(1, replayed, &m, &advice);
	assert_string_equal(m.cause, "face.no_match");
}

/* Without frames of the moment nobody can tell: there are none, they are of another moment, they stand still. */
static void infrared_missing(void **state)
{
	const struct scene own = {.condition = SCENE_WELL, .who = 2, .other = 2}, blind = {.condition = SCENE_NO_INFRARED, .who = 2, .other = 2};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		with_infrared(i != 0, i == 3, i == 2 ? UINT64_C(100000001) : 0);
		assert_int_equal(ask(2, i == 1 ? blind : own, &m, &advice), 3);
		assert_string_equal(m.cause, "face.no_infrared");
		assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
		assert_true(m.scored);
		expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, i == 3 ? 1000 : 0);
	}
	/* Just within the moment; and where nobody asks for it, nobody looks. */
	with_infrared(true, false, 100000000);
	ask(2, own, &m, &advice);
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	with_infrared(true, false, 0);
	stage.settings.infrared = false;
	const struct scene screen = {.condition = SCENE_SCREEN, .who = 2, .other = 2};
	ask(2, screen, &m, &advice);
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(m.pad, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	second_camera = false;
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
	(void)state;
	with_infrared(true, false, 0);
	stage.settings.unattended = true;
	assert_string_equal(face_stage_missing(&stage), "face.no_pad");
	ask(2, own, &m, &advice);
	assert_string_equal(m.cause, "face.no_pad");
	expect_pad(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
	stage.settings.unattended = false;
	matcher.engine[3] = &vendor;
	ask(2, own, &m, &advice);
	matcher.engine[3] = NULL;
	assert_string_equal(m.cause, "face.attack");
	assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(m.pad_level, POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED);
	assert_string_equal(m.pad_mechanism, "other/1");
	stage.settings.infrared = second_camera = false;
}

int main(int argc, char **argv)
{
	char path[4096];
	const struct CMUnitTest tests[] = {cmocka_unit_test(holders_and_impostors), cmocka_unit_test(shown), cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(swapped), cmocka_unit_test(tried_again), cmocka_unit_test(infrared), cmocka_unit_test(infrared_missing),
		cmocka_unit_test(infrared_is_worth_no_certificate)};
	if (argc != 3)
		return 2;
	models = argv[1];
	sim_faces = argv[2];
	snprintf(path, sizeof path, "%s/missing.txt", models);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "skipped: %s\n", path);
		return 77;
	}
	return cmocka_run_group_tests(tests, begin, end);
}
