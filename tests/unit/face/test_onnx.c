/* SPDX-License-Identifier: Apache-2.0
 * The matcher of two ONNX files, on networks that onnx_models.py makes: what is opened and refused, a face like itself in
 * another size and unlike another's, and that a face that YuNet does not see is none. test_onnx MODELS ONNX; 77 where the
 * build could not have the models. Must never say how well real files do.
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

#include "face/engines.h"
#include "face/matcher.h"
#include "face/onnx/engine.h"
#include "photograph.h"

static const char *models, *onnx;

static int open_folder(const char *name, struct face_folder **folder, struct face_matcher *m)
{
	char path[4096], text[256];
	struct text why;
	const struct face_engine *engines[FACE_ENGINES_MAX];
	size_t count;
	snprintf(path, sizeof path, "%s/%s", onnx, name);
	text_init(&why, text, sizeof text);
	assert_int_equal(face_folder_load(path, folder, &why), PN_OK);
	assert_int_equal(face_engines_of(*folder, engines, &count), PN_OK);
	assert_int_equal(count, 2);
	const struct face_opening o = {.struct_size = sizeof o,
		.file_count = (*folder)->model->files_count,
		.files = (*folder)->files,
		.folder = path};
	return face_matcher_open(engines, count, &o, m);
}

/* OpenCV's class reads one form or the other, by its version. */
static struct face_folder *open_either(struct face_matcher *m)
{
	struct face_folder *folder = NULL;
	int opened = 0;
	static const char *const forms[] = {"2023", "2022"};
	for (size_t i = 0; i < PN_COUNT(forms) && opened == 0; i++) {
		int r = open_folder(forms[i], &folder, m);
		opened = r == PN_OK;
		if (!opened) {
			assert_int_equal(r, PN_EFORMAT);
			face_folder_free(folder);
			folder = NULL;
		}
	}
	assert_non_null(folder);
	return folder;
}

static float score(struct face_matcher *m, const struct face_capture *a, const struct face_capture *b)
{
	const struct face_capture *probes[] = {b};
	float v = -2;
	assert_int_equal(face_matcher_score(m, a, probes, 1, &v), PN_OK);
	return v;
}

static void compares(void **state)
{
	static struct face_capture one, again, other, none;
	struct face_matcher m;
	struct face_folder *folder = open_either(&m);
	struct face_picture p = photograph(models, "sample1.jpg"), q = photograph(models, "sample5.jpg");
	struct face_frame f = photograph_frame(&p), g = photograph_frame(&q);
	(void)state;
	assert_string_equal(m.engine[2]->name, "onnx");
	assert_string_equal(m.engine[0]->name, "reference");
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &one), PN_OK);
	assert_int_equal(one.size, 128 * sizeof(float));
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &again), PN_OK);
	assert_int_equal(face_matcher_capture(&m, &g, NULL, &other), PN_OK);
	assert_true(score(&m, &one, &again) > 0.9999F);
	assert_true(score(&m, &one, &other) < score(&m, &one, &again) - 0.001F);
	/* a picture without a face; one whose face is in a corner that YuNet has no place for */
	memset(p.pixels, 128, (size_t)p.width * p.height * 3);
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &none), PN_OK);
	assert_int_equal(none.faults, FACE_NO_FACE);
	assert_int_equal(none.size, 0);
	face_matcher_close(&m);
	face_folder_free(folder);
	face_picture_free(&p);
	face_picture_free(&q);
}

/* What the detector calls a face, and YuNet does not: no template, and no error. */
static void sees_no_face(void **state)
{
	struct face_matcher m;
	struct face_folder *folder = open_either(&m);
	struct face_picture p = photograph(models, "sample1.jpg");
	struct face_frame f = photograph_frame(&p);
	struct face_found thin = {.box = {100, 100, 110, 400}};
	uint8_t templ[FACE_TEMPLATE_MAX];
	uint32_t size = sizeof templ;
	(void)state;
	assert_int_equal(m.engine[2]->extract(m.self[2], &f, &thin, templ, &size), PN_ENOTFOUND);
	thin.box[2] = NAN;
	assert_int_equal(m.engine[2]->extract(m.self[2], &f, &thin, templ, &size), PN_EINVAL);
	size = 8;
	assert_int_equal(m.engine[2]->extract(m.self[2], &f, &thin, templ, &size), PN_ELIMIT);
	f.format = FACE_DEPTH16;
	size = sizeof templ;
	assert_int_equal(m.engine[2]->extract(m.self[2], &f, &thin, templ, &size), PN_EINVAL);
	face_matcher_close(&m);
	face_folder_free(folder);
	face_picture_free(&p);
}

static int open_bytes(const char *folder, const char *slot, const uint8_t *bytes, size_t size)
{
	const struct face_file files[] = {{slot, bytes, size}, {"sface", bytes, size}};
	const struct face_opening o = {.struct_size = sizeof o, .file_count = 2, .files = files, .folder = folder};
	void *self = &self;
	int r = face_onnx_engine()->open(&o, &self);
	assert_null(self);
	return r;
}

static void refused(void **state)
{
	char folder[] = "/tmp/test-onnx-XXXXXX", path[64];
	static const uint8_t rubbish[] = "this is no network";
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(open_bytes(folder, "yunet", rubbish, sizeof rubbish), PN_ENOTFOUND);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s.onnx", folder, i == 0 ? "yunet" : "sface");
		FILE *f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(rubbish, 1, sizeof rubbish, f), sizeof rubbish);
		fclose(f);
	}
	assert_int_equal(open_bytes(folder, "yunet", rubbish, sizeof rubbish), PN_EFORMAT);
	/* other bytes than were verified; no such slot */
	assert_int_equal(open_bytes(folder, "yunet", rubbish, sizeof rubbish - 1), PN_ENOTFOUND);
	assert_int_equal(open_bytes(folder, "detector", rubbish, sizeof rubbish), PN_ENOTFOUND);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s.onnx", folder, i == 0 ? "yunet" : "sface");
		unlink(path);
	}
	rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares), cmocka_unit_test(sees_no_face), cmocka_unit_test(refused)};
	char path[4096];
	if (argc != 3)
		return 2;
	models = argv[1];
	onnx = argv[2];
	snprintf(path, sizeof path, "%s/model.json", models);
	if (access(path, R_OK) != 0)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
