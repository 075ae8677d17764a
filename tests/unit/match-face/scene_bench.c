/* SPDX-License-Identifier: Apache-2.0
 * See scene_bench.h.
 */
#include "scene_bench.h"

#include "../face/models_missing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOMENT = SCENE_BYTES + SCENE_INFRARED_BYTES, TURN_DEGREES = 30, TURN_A_FRAME = 6, FILE_BYTES = 1 << 20 };

static const char crossing[] = "01J00000000000000000000001";

int scene_bench_arguments(struct scene_bench *b, int argc, char **argv)
{
	b->all = argc == 4 && strcmp(argv[3], "all") == 0;
	if (argc != 3 && !b->all)
		return 2;
	b->models = argv[1];
	b->sim_faces = argv[2];
	return models_missing(b->models) ? MODELS_MISSING : 0;
}

static void make_portraits(struct scene_bench *b)
{
	strcpy(b->place, "/tmp/postern-scenes-XXXXXX");
	assert_non_null(mkdtemp(b->place));
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl(b->sim_faces, b->sim_faces, b->models, b->place, (char *)NULL);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < PEOPLE; i++) {
		char path[100];
		b->file[i] = malloc(FILE_BYTES);
		assert_non_null(b->file[i]);
		snprintf(path, sizeof path, "%s/%u.jpg", b->place, i);
		FILE *f = fopen(path, "rb");
		assert_non_null(f);
		b->file_size[i] = fread(b->file[i], 1, FILE_BYTES, f);
		fclose(f);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(face_picture_jpeg(b->file[i], b->file_size[i], &b->portraits[i]), PN_OK);
	}
	assert_int_equal(rmdir(b->place), 0);
}

int scene_bench_begin(struct scene_bench *b)
{
	char why_text[200];
	struct text why;
	const struct face_engine *engine = face_reference_engine();
	make_portraits(b);
	text_init(&why, why_text, sizeof why_text);
	assert_int_equal(face_folder_load(b->models, &b->folder, &why), PN_OK);
	const struct face_opening o = {.struct_size = sizeof o, .file_count = b->folder->model->files_count, .files = b->folder->files};
	assert_int_equal(face_matcher_open(&engine, 1, &o, &b->matcher), PN_OK);
	b->stage.matcher = &b->matcher;
	b->stage.folder = b->folder;
	b->stage.settings.limits = face_limits_default;
	b->stage.settings.frames_min = 3;
	b->stage.settings.attempts = 1;
	assert_int_equal(face_model_threshold(b->folder->model, 0.001, &b->stage.settings.threshold), PN_OK);
	return 0;
}

int scene_bench_end(void **state)
{
	struct scene_bench *b = *state;
	face_stage_forget(&b->stage);
	face_matcher_close(&b->matcher);
	face_folder_free(b->folder);
	for (unsigned i = 0; i < PEOPLE; i++) {
		face_picture_free(&b->portraits[i]);
		free(b->file[i]);
	}
	return 0;
}

void scene_bench_infrared(struct scene_bench *b, bool camera, bool stands_still, uint64_t late_ns)
{
	b->stage.settings.infrared = true;
	b->second_camera = camera;
	b->frozen = stands_still;
	b->late_ns = late_ns;
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

static Postern__FaceFrame *infrared_frame(Postern__FaceFrame *f, uint32_t number, ptrdiff_t at, uint64_t late_ns)
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

static void swap(uint32_t *a, uint32_t *b)
{
	const uint32_t was = *a;
	*a = *b;
	*b = was;
}

/* A tenth of a second later. */
static void move(struct scene_bench *b, struct scene *scene, Postern__FaceAdvice told)
{
	const enum reaction reacts = b->reacts;
	const bool left = told == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT, right = told == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT;
	int32_t to = left ? TURN_DEGREES : right ? -TURN_DEGREES : 0;
	if (reacts == STANDS_STILL)
		return;
	if (reacts == TURNS_LEFT && right)
		to = TURN_DEGREES;
	if (reacts == TURNS_ASTRAY)
		to = -to;
	if (scene->turn_degrees != to)
		scene->turn_degrees += scene->turn_degrees < to ? TURN_A_FRAME : -TURN_A_FRAME;
	if (reacts == IS_RELIEVED && b->relieved != (left || right || scene->turn_degrees != 0)) {
		swap(&scene->who, &scene->other); /* another does what is asked in the holder's place */
		b->relieved = !b->relieved;
	}
}

static size_t take(struct scene_bench *b, const struct scene *scene, uint32_t number, unsigned i, Postern__FaceFrame *frame, Postern__FaceFrame **list)
{
	uint8_t *at = b->blob + (size_t)i * MOMENT;
	scene_draw(b->portraits, PEOPLE, scene, number, at);
	list[0] = seen_frame(&frame[0], number, at - b->blob);
	if (!b->second_camera || !scene_draw_infrared(b->portraits, PEOPLE, scene, b->frozen ? 0 : number, at + SCENE_BYTES))
		return 1;
	list[1] = infrared_frame(&frame[1], number, at - b->blob + SCENE_BYTES, b->late_ns);
	return 2;
}

static void question(struct scene_bench *b, Postern__MatchFace *q, unsigned times, Postern__FaceMatched *out)
{
	q->elapsed_ms = times * (b->step_ms > 0 ? b->step_ms : STEP_MS);
	q->limit_ms = b->stage.settings.head_turns > 0 ? PATIENCE_MS : LIMIT_MS;
	if (!face_stage_begin(&b->stage, crossing, q, b->blob, out))
		return;
	for (size_t i = 0; i < q->n_frames; i++)
		face_stage_look(&b->stage, q, i, b->blob, sizeof b->blob);
	b->stage.lots = b->lots >> (times % 64);
	face_stage_decide(&b->stage, q, b->blob, sizeof b->blob, out);
}

unsigned scene_bench_ask(struct scene_bench *b, uint32_t holder, struct scene scene, Postern__FaceMatched *out, Postern__FaceAdvice *advice)
{
	Postern__ReferenceTaken taken;
	Postern__FaceAdvice told = POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED;
	uint32_t number = 0;
	unsigned times = 0;
	*advice = told;
	b->turns_asked = 0;
	b->relieved = false;
	face_stage_take(&b->stage, crossing, b->file[holder], b->file_size[holder], &taken);
	assert_int_equal(taken.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	do {
		Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
		Postern__FaceFrame frame[2 * EACH], *list[2 * EACH];
		for (unsigned i = 0; i < EACH; i++) {
			move(b, &scene, told);
			q.n_frames += take(b, &scene, number++, i, &frame[q.n_frames], &list[q.n_frames]);
		}
		q.frames = list;
		question(b, &q, times++, out);
		if (out->more) {
			*advice = out->advice;
			b->height.sight = out->sight;
			b->height.down_permille = out->down_permille;
			b->height.good = out->frames_good;
		}
		b->turns_asked += out->more && out->advice != told && out->advice >= POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT;
		told = out->more ? out->advice : POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED;
		assert_true(!out->more || (out->result == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED && out->live_type[0] == '\0'));
	} while (out->more);
	return times;
}

Postern__CheckResult scene_bench_check(const Postern__FaceMatched *m, const char *name)
{
	for (size_t i = 0; i < m->n_checks; i++)
		if (strcmp(m->checks[i]->name, name) == 0)
			return m->checks[i]->result;
	return POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED;
}
