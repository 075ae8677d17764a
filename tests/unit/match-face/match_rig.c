/* SPDX-License-Identifier: Apache-2.0
 * See match_rig.h.
 */
#include "match_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../face/models_missing.h"
#include "../face/photograph.h"
#include "face/warp.h"
#include "face_stage.h"

static const char *folder;
uint8_t rig_person[2][RIG_FRAME];

/* Where they are in the photographs: test_faces.c. */
static void cut_out(const char *models)
{
	static const struct {
		const char *file;
		float x, y, angle;
	} where[2] = {{"sample1.jpg", 1563, 340, 0.7F}, {"sample5.jpg", 860, 243, 0}};
	static float square[RIG_FRAME];
	folder = models;
	for (unsigned k = 0; k < 2; k++) {
		struct face_picture p = photograph(models, where[k].file);
		const struct face_frame frame = photograph_frame(&p);
		const struct face_map m =
			face_map_square(where[k].x, where[k].y, 320, where[k].angle, RIG_SIDE);
		face_warp(&frame, &m, RIG_SIDE, square);
		for (unsigned i = 0; i < RIG_FRAME; i++)
			rig_person[k][i] = (uint8_t)square[i];
		face_picture_free(&p);
	}
}

/* A reference is a picture file: a JPEG written here is none of the decoder's. */
#include <jpeglib.h>
size_t rig_jpeg(const uint8_t *pixels, uint8_t **out)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned long size = 0;
	*out = NULL;
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, out, &size);
	c.image_width = c.image_height = RIG_SIDE;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 90, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < RIG_SIDE) {
		JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)c.next_scanline * RIG_SIDE * 3);
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return size;
}

struct fake_host *rig_host(const char *mode, int64_t fmr, int64_t hold_s)
{
	struct fake_host *h = fake_host_new(&postern_plugin);
	fake_host_option(h, "mode", mode, 0);
	fake_host_option(h, "fmr_millionths", NULL, fmr);
	fake_host_option(h, "frames_min", NULL, 3);
	fake_host_option(h, "attempts", NULL, 1);
	fake_host_option(h, "eye_distance_min", NULL, 60);
	fake_host_option(h, "hold_s", NULL, hold_s);
	fake_host_option(h, "find_fmr_millionths", NULL, RIG_FIND_FMR);
	fake_host_option(h, "nir_presence", NULL, 0);
	fake_host_option(h, "head_turns", NULL, 0);
	fake_host_folder(h, "models", folder);
	h->crossing_id = "01J00000000000000000000001";
	return h;
}

Postern__CheckResult rig_take(
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

Postern__FaceMatched *rig_match(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames,
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

void rig_film(const uint8_t *of, uint8_t *out)
{
	for (size_t i = 0; i < RIG_FILM; i++) {
		const size_t at = i % (RIG_FILM / 3);
		out[i] = of[at] < 250 && i / (RIG_FILM / 3) == at % 3 ? of[at] + 1 : of[at];
	}
}

void rig_wall(uint8_t *out)
{
	for (size_t i = 0; i < RIG_FILM; i++)
		out[i] = (uint8_t)(80 + i % 97 + i / RIG_FRAME);
}

Postern__FaceFrame rig_frame(uint32_t offset)
{
	Postern__FaceFrame f = POSTERN__FACE_FRAME__INIT;
	f.format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
	f.width = f.height = RIG_SIDE;
	f.offset = offset;
	f.size = RIG_FRAME;
	return f;
}

void rig_expect_of(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames, size_t count,
	const uint8_t *blob, size_t size, Postern__CheckResult result, const char *cause)
{
	Postern__FaceMatched *a = rig_match(h, id, frames, count, blob, size);
	assert_string_equal(a->cause, cause);
	assert_int_equal(a->result, result);
	assert_int_equal(a->pad, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_int_equal(a->pad_level, POSTERN__PAD_LEVEL__PAD_NONE);
	postern__face_matched__free_unpacked(a, NULL);
}

struct rig *rig_begin(const char *mode, int64_t fmr, int64_t hold_s)
{
	struct rig *r = calloc(1, sizeof *r);
	assert_non_null(r);
	for (unsigned i = 0; i < 2; i++) {
		r->size[i] = rig_jpeg(rig_person[i], &r->file[i]);
		rig_film(rig_person[i], r->films + i * RIG_FILM);
	}
	for (unsigned i = 0; i < 3; i++) {
		r->same[i] = rig_frame(i * RIG_FRAME);
		r->other[i] = rig_frame(RIG_FILM + i * RIG_FRAME);
	}
	r->h = rig_host(mode, fmr, hold_s);
	assert_int_equal(fake_host_start(r->h), 0);
	return r;
}

void rig_end(struct rig *r)
{
	fake_host_stop(r->h);
	fake_host_free(r->h);
	free(r->file[0]);
	free(r->file[1]);
	free(r);
}

void rig_expect(struct rig *r, uint64_t id, Postern__FaceFrame *frames, size_t count, Postern__CheckResult result, const char *cause)
{
	rig_expect_of(r->h, id, frames, count, r->films, sizeof r->films, result, cause);
}

int rig_main(int argc, char **argv, int (*all)(void))
{
	if (argc != 2)
		return 2;
	if (models_missing(argv[1]))
		return MODELS_MISSING;
	cut_out(argv[1]);
	return all();
}
