/* SPDX-License-Identifier: Apache-2.0
 * The reference engine on the photographs of the pinned package (MIT; demo/sample1.jpg and
 * sample5.jpg of @vladmandic/face-api): people as one counts them there, every one of them like
 * himself in a smaller, darker and turned picture, and unlike all others. Exit status 77 where the
 * build could not have the models: test_faces FOLDER. Must never print a picture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face/matcher.h"
#include "face/model.h"
#include "face/warp.h"
#include "models_missing.h"
#include "photograph.h"

enum { PEOPLE = 8, SIDE = 640 };

static const char *folder;
static struct face_folder *models;
static struct face_matcher matcher;

/* Where one sees them: the middle of the face in the photograph, by hand, to 60 pixels. */
static const struct {
	const char *file;
	unsigned count;
	float middle[5][2];
} photographs[] = {
	{"sample1.jpg", 3, {{514, 500}, {936, 555}, {1563, 340}}},
	{"sample5.jpg", 5, {{670, 555}, {860, 243}, {1523, 544}, {1203, 350}, {458, 1043}}},
};

static int begin(void **state)
{
	char text[256];
	struct text why;
	const struct face_engine *engine = face_reference_engine();
	(void)state;
	text_init(&why, text, sizeof text);
	assert_int_equal(face_folder_load(folder, &models, &why), PN_OK);
	const struct face_opening o = {.struct_size = sizeof o,
		.file_count = models->model->files_count,
		.files = models->files};
	assert_int_equal(face_matcher_open(&engine, 1, &o, &matcher), PN_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	face_matcher_close(&matcher);
	face_folder_free(models);
	return 0;
}

static void counted(void **state)
{
	(void)state;
	for (size_t k = 0; k < PN_COUNT(photographs); k++) {
		struct face_picture p = photograph(folder, photographs[k].file);
		const struct face_frame f = photograph_frame(&p);
		struct face_found faces[16];
		uint32_t count;
		assert_int_equal(
			matcher.engine[0]->detect(matcher.self[0], &f, faces, 16, &count), PN_OK);
		assert_int_equal(count, photographs[k].count);
		for (unsigned i = 0; i < count; i++) {
			unsigned found = 0;
			for (unsigned n = 0; n < count; n++)
				found += hypotf((faces[n].box[0] + faces[n].box[2]) / 2 -
							 photographs[k].middle[i][0],
						 (faces[n].box[1] + faces[n].box[3]) / 2 -
							 photographs[k].middle[i][1]) < 60;
			assert_int_equal(found, 1);
		}
		face_picture_free(&p);
	}
}

/* A square cut out around one of them, as a camera would see him alone. */
static struct face_capture alone(
	const struct face_picture *p, const float middle[2], float wide, float angle, float light)
{
	static float square[SIDE * SIDE * 3];
	static uint8_t pixels[SIDE * SIDE * 3];
	const struct face_frame whole = photograph_frame(p), f = {.struct_size = sizeof f,
							     .width = SIDE,
							     .height = SIDE,
							     .stride = SIDE * 3,
							     .format = FACE_RGB24,
							     .pixels = pixels};
	const struct face_map m = face_map_square(middle[0], middle[1], wide, angle, SIDE);
	struct face_capture c;
	face_warp(&whole, &m, SIDE, square);
	for (unsigned i = 0; i < SIDE * SIDE * 3; i++)
		pixels[i] = (uint8_t)(square[i] * light);
	assert_int_equal(face_matcher_capture(&matcher, &f, NULL, &c), PN_OK);
	assert_true(c.size > 0);
	return c;
}

static void like_himself(void **state)
{
	static struct face_capture reference[PEOPLE], probe[PEOPLE];
	const struct face_threshold *t;
	unsigned people = 0;
	(void)state;
	for (size_t k = 0; k < PN_COUNT(photographs); k++) {
		struct face_picture p = photograph(folder, photographs[k].file);
		for (unsigned i = 0; i < photographs[k].count; i++, people++) {
			reference[people] = alone(&p, photographs[k].middle[i], 320, 0, 1);
			probe[people] = alone(&p, photographs[k].middle[i], 480, 0.2F, 0.7F);
		}
		face_picture_free(&p);
	}
	assert_int_equal(people, PEOPLE);
	assert_int_equal(face_model_threshold(models->model, 0.001, &t), PN_OK);
	for (unsigned i = 0; i < PEOPLE; i++)
		for (unsigned k = 0; k < PEOPLE; k++) {
			const struct face_capture *one = &probe[k];
			float score, again;
			assert_int_equal(
				face_matcher_score(&matcher, &reference[i], &one, 1, &score),
				PN_OK);
			if (((double)score >= t->score) != (i == k))
				fail_msg("person %u and person %u score %f", i, k, (double)score);
			/* Three times the same picture says no more than once. */
			const struct face_capture *three[] = {one, one, one};
			assert_int_equal(
				face_matcher_score(&matcher, &reference[i], three, 3, &again),
				PN_OK);
			assert_true(fabsf(score - again) < 1e-5F);
		}
}

static void nobody(void **state)
{
	static uint8_t pixels[128 * 96 * 3];
	const struct face_frame f = {.struct_size = sizeof f,
		.width = 128,
		.height = 96,
		.stride = 128 * 3,
		.format = FACE_RGB24,
		.pixels = pixels};
	struct face_capture c;
	(void)state;
	for (unsigned v = 0; v < 3; v++) {
		for (unsigned i = 0; i < sizeof pixels; i++)
			pixels[i] = v < 2 ? (uint8_t)(v * 128) : (uint8_t)(i * 2654435761U >> 24);
		assert_int_equal(face_matcher_capture(&matcher, &f, NULL, &c), PN_OK);
		assert_int_equal(c.faults, FACE_NO_FACE);
		assert_int_equal(c.size, 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted),
		cmocka_unit_test(like_himself),
		cmocka_unit_test(nobody),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	if (models_missing(folder))
		return MODELS_MISSING;
	return cmocka_run_group_tests(tests, begin, end);
}
