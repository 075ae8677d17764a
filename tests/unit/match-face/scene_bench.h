/* SPDX-License-Identifier: Apache-2.0
 * What a lane would ask of the stage, on scenes that sim-camera draws from portraits: shared by the tests of its answers. Must never be
 * given a traveller's picture.
 */
#ifndef POSTERN_TEST_SCENE_BENCH_H
#define POSTERN_TEST_SCENE_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "face_stage.h"
#include "scene.h"

enum { PEOPLE = 6, EACH = 3, LIMIT_MS = 1000, STEP_MS = 500, PATIENCE_MS = 15000 };

/* What whoever stands there does when the display asks for a turn of the head. */
enum reaction { STANDS_STILL, TURNS, TURNS_ASTRAY, TURNS_LEFT, IS_RELIEVED };

struct scene_bench {
	const char *models, *sim_faces;
	bool all; /* every portrait in every way: a minute and a half */
	struct face_folder *folder;
	struct face_matcher matcher;
	struct face_stage stage;
	struct face_picture portraits[PEOPLE];
	uint8_t *file[PEOPLE];
	size_t file_size[PEOPLE];
	/* A camera for near infrared beside the first; whether it gives the same frame again and again; how much later than the first. */
	bool second_camera, frozen;
	uint64_t late_ns;
	enum reaction reacts;
	uint32_t step_ms; /* between two questions; 0: STEP_MS */
	uint64_t lots; /* the sides that are drawn, a bit for each question */
	unsigned turns_asked;
	bool relieved; /* it is the other who stands there now */
	/* Of the last answer that wanted more. */
	struct {
		Postern__FaceSight sight;
		int32_t down_permille;
		uint32_t good;
	} height;
	char place[40];
	uint8_t blob[EACH * (SCENE_BYTES + SCENE_INFRARED_BYTES)];
};

/* Of the arguments MODELS SIM_FACES [all]. 0: go on; else the exit status, 77 where the build could not have the models. */
int scene_bench_arguments(struct scene_bench *b, int argc, char **argv);
int scene_bench_begin(struct scene_bench *b);
/* *state is the bench. */
int scene_bench_end(void **state);
/* As the core asks: three frames, and again while more are wanted. *advice: the last one. How many times it asked. */
unsigned scene_bench_ask(struct scene_bench *b, uint32_t holder, struct scene scene, Postern__FaceMatched *out, Postern__FaceAdvice *advice);
void scene_bench_infrared(struct scene_bench *b, bool camera, bool stands_still, uint64_t late_ns);
Postern__CheckResult scene_bench_check(const Postern__FaceMatched *m, const char *name);
#endif
