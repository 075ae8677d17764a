/* SPDX-License-Identifier: Apache-2.0
 * The plugin in its test's process, with the models where the build has them (exit status 77 where
 * not): references, frames, what is missing, what is forgotten. test_match_face FOLDER. Must never
 * take a score of its own for expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../sdk/fake_host.h"
#include "bus.pb-c.h"
#include "face/matcher.h"
#include "face/model.h"
#include "face/picture.h"
#include "face/warp.h"
#include "face_stage.h"

enum { SIDE = 480, FILM = 3 * SIDE * SIDE * 3 };

static const char *folder;
/* Two who look ahead in sample1.jpg and sample5.jpg, alone in a picture; see test_faces.c for where
 * they are. */
static uint8_t person[2][SIDE * SIDE * 3];

static void cut_out(void)
{
	static const struct {
		const char *file;
		float x, y, angle;
	} where[2] = {{"sample1.jpg", 1563, 340, 0.7F}, {"sample5.jpg", 860, 243, 0}};
	static uint8_t bytes[FACE_PICTURE_BYTES_MAX];
	static float square[SIDE * SIDE * 3];
	for (unsigned k = 0; k < 2; k++) {
		char path[4096];
		struct face_picture p;
		snprintf(path, sizeof path, "%s/samples/%s", folder, where[k].file);
		FILE *f = fopen(path, "rb");
		if (f == NULL)
			exit(1);
		const size_t size = fread(bytes, 1, sizeof bytes, f);
		fclose(f);
		if (face_picture_decode(bytes, size, &p) != PN_OK)
			exit(1);
		const struct face_frame frame = {.struct_size = sizeof frame,
			.width = p.width,
			.height = p.height,
			.stride = p.width * 3,
			.format = FACE_RGB24,
			.pixels = p.pixels};
		const struct face_map m =
			face_map_square(where[k].x, where[k].y, 320, where[k].angle, SIDE);
		face_warp(&frame, &m, SIDE, square);
		for (unsigned i = 0; i < sizeof person[k]; i++)
			person[k][i] = (uint8_t)square[i];
		face_picture_free(&p);
	}
}

/* A reference is a picture file: a JPEG written here is none of the decoder's. */
#include <jpeglib.h>
static size_t jpeg_of(const uint8_t *pixels, uint8_t **out)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned long size = 0;
	*out = NULL;
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, out, &size);
	c.image_width = c.image_height = SIDE;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 90, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < SIDE) {
		JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)c.next_scanline * SIDE * 3);
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return size;
}

static struct fake_host *host_with(const char *mode, int64_t fmr, int64_t hold_s)
{
	struct fake_host *h = fake_host_new(&postern_plugin);
	fake_host_option(h, "mode", mode, 0);
	fake_host_option(h, "fmr_millionths", NULL, fmr);
	fake_host_option(h, "frames_min", NULL, 3);
	fake_host_option(h, "attempts", NULL, 1);
	fake_host_option(h, "eye_distance_min", NULL, 60);
	fake_host_option(h, "hold_s", NULL, hold_s);
	fake_host_option(h, "nir_presence", NULL, 0);
	fake_host_folder(h, "models", folder);
	h->crossing_id = "01J00000000000000000000001";
	return h;
}

static Postern__CheckResult take(
	struct fake_host *h, uint64_t id, const uint8_t *blob, size_t size, char *cause)
{
	fake_host_send_blob(h, POSTERN__ENVELOPE__BODY_TAKE_REFERENCE, id, NULL, 0, blob, size);
	const struct fake_message *m = fake_host_next(h, 5000);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN);
	assert_int_equal(m->query_id, id);
	Postern__ReferenceTaken *a = postern__reference_taken__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	const Postern__CheckResult r = a->result;
	snprintf(cause, 40, "%s", a->cause);
	postern__reference_taken__free_unpacked(a, NULL);
	return r;
}

/* The caller frees it. */
static Postern__FaceMatched *match(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames,
	size_t count, const uint8_t *blob, size_t size)
{
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceFrame *list[FACE_STAGE_FRAMES_MAX + 1];
	uint8_t bytes[1024];
	for (size_t i = 0; i < count; i++)
		list[i] = &frames[i];
	q.frames = list;
	q.n_frames = count;
	const size_t packed = postern__match_face__pack(&q, bytes);
	fake_host_send_blob(h, POSTERN__ENVELOPE__BODY_MATCH_FACE, id, bytes, packed, blob, size);
	const struct fake_message *m = fake_host_next(h, 20000);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_FACE_MATCHED);
	Postern__FaceMatched *a = postern__face_matched__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	return a;
}

/* Three frames of somebody, as a sensor gives them: none is like the one before, byte for byte. */
static void film(const uint8_t *of, uint8_t *out)
{
	for (size_t i = 0; i < FILM; i++) {
		const size_t at = i % (FILM / 3);
		out[i] = of[at] < 250 && i / (FILM / 3) == at % 3 ? of[at] + 1 : of[at];
	}
}

static Postern__FaceFrame raw(uint32_t offset)
{
	Postern__FaceFrame f = POSTERN__FACE_FRAME__INIT;
	f.format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
	f.width = f.height = SIDE;
	f.offset = offset;
	f.size = SIDE * SIDE * 3;
	return f;
}

static void expect(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames, size_t count,
	const uint8_t *blob, size_t size, Postern__CheckResult result, const char *cause)
{
	Postern__FaceMatched *a = match(h, id, frames, count, blob, size);
	assert_string_equal(a->cause, cause);
	assert_int_equal(a->result, result);
	assert_int_equal(a->pad, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_int_equal(a->pad_level, POSTERN__PAD_LEVEL__PAD_NONE);
	postern__face_matched__free_unpacked(a, NULL);
}

static void matches(void **state)
{
	struct fake_host *h = host_with("assisted", 1000, 120);
	static uint8_t frames[2 * FILM], black[SIDE * SIDE * 3];
	Postern__FaceFrame same[3], other[3], broken[3];
	uint8_t *file;
	char cause[40];
	(void)state;
	const size_t size = jpeg_of(person[0], &file);
	film(person[0], frames);
	film(person[1], frames + FILM);
	for (unsigned i = 0; i < 3; i++) {
		same[i] = raw(i * (FILM / 3));
		other[i] = raw(FILM + i * (FILM / 3));
	}
	assert_int_equal(fake_host_start(h), 0);
	expect(h, 1, same, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	assert_int_equal(take(h, 2, file, size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	Postern__FaceMatched *a = match(h, 3, same, 3, frames, sizeof frames);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true(a->scored && a->score_permille > a->threshold_permille);
	assert_int_equal(a->fmr_millionths, 1000);
	assert_int_equal(a->frames_used, 3);
	assert_int_equal(strlen(a->model_sha256), 64);
	postern__face_matched__free_unpacked(a, NULL);
	expect(h, 4, other, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_FAILED,
		"face.no_match");
	/* Two of three are not enough, nor are frames that are no frames. */
	expect(h, 5, same, 2, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	memcpy(broken, same, sizeof broken);
	broken[0].offset = UINT32_MAX;
	expect(h, 6, broken, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	memcpy(broken, same, sizeof broken);
	broken[1].width = 4096;
	expect(h, 7, broken, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	broken[1].width = SIDE;
	broken[1].format = POSTERN__FRAME_FORMAT__FRAME_NIR8;
	expect(h, 8, broken, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	expect(h, 9, same, 3, NULL, 0, POSTERN__CHECK_RESULT__CHECK_ABORTED, "face.picture");
	/* A camera that shows nothing, or always the same, is no person's. */
	for (unsigned i = 0; i < 3; i++)
		broken[i] = raw(0);
	expect(h, 10, broken, 3, black, sizeof black, POSTERN__CHECK_RESULT__CHECK_ABORTED, "camera.black");
	expect(h, 14, broken, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.too_few_frames");
	/* Nobody: a wall with a light. */
	for (unsigned i = 0; i < 3; i++)
		broken[i] = raw(i * (FILM / 3));
	for (size_t i = 0; i < FILM; i++)
		frames[FILM + i] = (uint8_t)(80 + i % 97 + i / (FILM / 3));
	for (unsigned i = 0; i < 3; i++)
		broken[i] = raw(FILM + i * (FILM / 3));
	a = match(h, 15, broken, 3, frames, sizeof frames);
	assert_int_equal(a->faults, FACE_NO_FACE);
	assert_string_equal(a->cause, "face.no_face");
	postern__face_matched__free_unpacked(a, NULL);
	film(person[1], frames + FILM);
	/* Another crossing has no reference. */
	h->crossing_id = "01J00000000000000000000002";
	expect(h, 13, same, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	h->crossing_id = "01J00000000000000000000001";
	/* A reference that cannot be had replaces the one before all the same. */
	assert_int_equal(take(h, 11, file, size / 2, cause), POSTERN__CHECK_RESULT__CHECK_ABORTED);
	assert_string_equal(cause, "face.picture");
	expect(h, 12, same, 3, frames, sizeof frames, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	assert_int_equal(fake_host_count(h, "matches_total"), 13);
	fake_host_stop(h);
	fake_host_free(h);
	free(file);
}

static void reference_without_a_face(void **state)
{
	struct fake_host *h = host_with("assisted", 1000, 120);
	static uint8_t black[SIDE * SIDE * 3];
	uint8_t *file;
	char cause[40];
	(void)state;
	const size_t size = jpeg_of(black, &file);
	assert_int_equal(fake_host_start(h), 0);
	assert_int_equal(take(h, 1, file, size, cause), POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(cause, "face.no_face");
	fake_host_stop(h);
	fake_host_free(h);
	free(file);
}

static void forgotten(void **state)
{
	struct fake_host *h = host_with("assisted", 1000, 1);
	static uint8_t frames[FILM];
	Postern__FaceFrame same[3] = {raw(0), raw(FILM / 3), raw(FILM / 3 * 2)};
	uint8_t *file;
	char cause[40];
	(void)state;
	const size_t size = jpeg_of(person[0], &file);
	film(person[0], frames);
	assert_int_equal(fake_host_start(h), 0);
	assert_int_equal(take(h, 1, file, size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	fake_host_run(h, 1500);
	expect(h, 2, same, 3, frames, sizeof frames,
		POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	/* The crossing is over. */
	assert_int_equal(take(h, 5, file, size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	fake_host_send(h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	expect(h, 6, same, 3, frames, sizeof frames,
		POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	/* A new core knows nothing of the crossing before. */
	assert_int_equal(take(h, 3, file, size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	h->plugin->core_started(h->self, 2);
	expect(h, 4, same, 3, frames, sizeof frames,
		POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	fake_host_stop(h);
	fake_host_free(h);
	free(file);
}

static void without_a_threshold(void **state)
{
	struct fake_host *h =
		host_with("assisted", 1, 120); /* one in a million: nobody measured it */
	static uint8_t frames[FILM];
	Postern__FaceFrame same[3] = {raw(0), raw(FILM / 3), raw(FILM / 3 * 2)};
	uint8_t *file;
	char cause[40];
	(void)state;
	const size_t size = jpeg_of(person[0], &file);
	film(person[0], frames);
	assert_int_equal(fake_host_start(h), 0);
	assert_int_equal(take(h, 1, file, size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	Postern__FaceMatched *a = match(h, 2, same, 3, frames, sizeof frames);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(a->cause, "face.no_threshold");
	assert_true(a->scored); /* for the officer */
	assert_int_equal(a->fmr_millionths, 0);
	postern__face_matched__free_unpacked(a, NULL);
	fake_host_stop(h);
	fake_host_free(h);
	free(file);
	/* Unattended it does not start: neither without a threshold, nor, with one, without attack
	 * detection. */
	for (unsigned k = 0; k < 2; k++) {
		h = host_with("unattended", k == 0 ? 1 : 1000, 120);
		assert_int_equal(fake_host_start(h), PN_EUNSUPPORTED);
		fake_host_free(h);
	}
}

int main(int argc, char **argv)
{
	char path[4096];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(reference_without_a_face),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(without_a_threshold),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	snprintf(path, sizeof path, "%s/missing.txt", folder);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "skipped: %s\n", path);
		return 77;
	}
	cut_out();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
