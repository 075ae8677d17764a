/* SPDX-License-Identifier: Apache-2.0
 * What is left of a traveller in the matcher's process: its whole writable memory is searched for the template and for the pixels of the
 * chip's portrait and of a frame, which the test knows masked. test_wiped FOLDER. Must never hold in clear itself what it looks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../face/jp2_writer.h"
#include "face/engines.h"
#include "face/matcher.h"
#include "face/picture.h"
#include "match_rig.h"

enum { NEEDLE = 48, MASK = 0xa5, LINE = 512 };

/* Masked bytes of what is personal. */
struct needle {
	uint8_t bytes[NEEDLE];
};

static const char *folder;

static struct needle mask(const void *from)
{
	struct needle n;
	for (size_t i = 0; i < NEEDLE; i++)
		n.bytes[i] = ((const uint8_t *)from)[i] ^ MASK;
	return n;
}

/* Not all one value: what is found is this and nothing else. */
static void is_distinct(const struct needle *n)
{
	unsigned changes = 0;
	for (size_t i = 1; i < NEEDLE; i++)
		changes += n->bytes[i] != n->bytes[i - 1];
	assert_true(changes > NEEDLE / 3);
}

static unsigned count_in(const uint8_t *at, const uint8_t *end, const struct needle *n)
{
	unsigned found = 0;
	while (end - at >= NEEDLE && (at = memchr(at, n->bytes[0] ^ MASK, (size_t)(end - at) - NEEDLE + 1)) != NULL) {
		size_t same = 1;
		while (same < NEEDLE && (at[same] ^ MASK) == n->bytes[same])
			same++;
		found += same == NEEDLE;
		at++;
	}
	return found;
}

static unsigned left(const struct needle *n)
{
	char line[LINE];
	uintptr_t from, to;
	char rights[5];
	unsigned found = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, rights) == 3 && rights[0] == 'r' && rights[1] == 'w' &&
			strstr(line, "[v") == NULL)
			found += count_in((const uint8_t *)from, (const uint8_t *)to, n); /* NOLINT(performance-no-int-to-ptr): an address of our own */
	fclose(maps);
	return found;
}

/* From the middle of the template that the engine makes of a portrait, and of the portrait's middle row; of both nothing else is left. */
struct known {
	struct needle templ, pixels;
};

static struct known know(const uint8_t *file, size_t size)
{
	struct face_folder *f;
	struct face_matcher m;
	struct face_picture p;
	static struct face_capture c;
	struct known k;
	char why_text[200];
	struct text why;
	const struct face_engine *engine = face_reference_engine();
	text_init(&why, why_text, sizeof why_text);
	assert_int_equal(face_folder_load(folder, &f, &why), PN_OK);
	const struct face_opening o = {.struct_size = sizeof o, .file_count = f->model->files_count, .files = f->files};
	assert_int_equal(face_matcher_open(&engine, 1, &o, &m), PN_OK);
	assert_int_equal(face_picture_decode(file, size, &p), PN_OK);
	const struct face_frame frame = {.struct_size = sizeof frame, .width = p.width, .height = p.height, .stride = p.width * 3, .format = FACE_RGB24,
		.pixels = p.pixels};
	assert_int_equal(face_matcher_capture(&m, &frame, NULL, &c), PN_OK);
	k.templ = mask(c.templ + c.size / 2);
	k.pixels = mask(p.pixels + ((size_t)p.height / 2 * p.width + p.width / 2) * 3);
	is_distinct(&k.templ);
	is_distinct(&k.pixels);
	explicit_bzero(&c, sizeof c);
	face_picture_free(&p);
	face_matcher_close(&m);
	face_folder_free(f);
	return k;
}

/* Of a raw frame, changed from then on in the test's own copies. */
static struct needle know_frame(struct rig *r)
{
	struct needle n = mask(r->films + RIG_FRAME + (RIG_SIDE / 2 * RIG_SIDE + RIG_SIDE / 2) * 3);
	is_distinct(&n);
	return n;
}

static void hide_people(struct rig *r)
{
	for (size_t i = 0; i < sizeof r->films; i++)
		r->films[i] ^= MASK;
	for (size_t i = 0; i < sizeof rig_person; i++)
		((uint8_t *)rig_person)[i] ^= MASK;
}

static void gone_with_the_crossing(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	const struct known k = know(r->file[0], r->size[0]);
	const struct needle frame = know_frame(r);
	char cause[40];
	(void)state;
	assert_int_equal(left(&k.templ), 0);
	assert_true(left(&frame) > 0); /* the test's own */
	assert_int_equal(rig_take(r->h, 1, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true(left(&k.templ) > 0); /* who waits to be compared */
	assert_int_equal(left(&k.pixels), 0);
	rig_expect(r, 2, r->same, 3, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, "");
	hide_people(r);
	assert_int_equal(left(&frame), 0);
	hide_people(r); /* as they were */
	rig_expect(r, 3, r->other, 3, POSTERN__CHECK_RESULT__CHECK_FAILED, "face.no_match");
	fake_host_send(r->h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	assert_int_equal(left(&k.templ), 0);
	rig_end(r);
}

/* By a new core, by the end of its time, and by the plugin's own end. */
static void gone_by_other_ways(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 3; way++) {
		struct rig *r = rig_begin("assisted", 1000, 1);
		const struct known k = know(r->file[0], r->size[0]);
		char cause[40];
		assert_int_equal(rig_take(r->h, 1, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_true(left(&k.templ) > 0);
		if (way == 0)
			r->h->plugin->core_started(r->h->self, 2);
		else if (way == 1)
			fake_host_run(r->h, 1500);
		if (way < 2)
			assert_int_equal(left(&k.templ), 0);
		rig_end(r);
		assert_int_equal(left(&k.templ), 0);
	}
}

/* A frame of a traveller who goes while it waits to be looked at. */
static void gone_in_the_midst(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	const struct needle frame = know_frame(r);
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceFrame *list[] = {&r->same[0], &r->same[1], &r->same[2]};
	uint8_t bytes[256];
	char cause[40];
	(void)state;
	assert_int_equal(rig_take(r->h, 1, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	q.frames = list;
	q.n_frames = 3;
	fake_host_send_blob(r->h, POSTERN__ENVELOPE__BODY_MATCH_FACE, 2, bytes, postern__match_face__pack(&q, bytes), r->films, sizeof r->films);
	hide_people(r);
	assert_true(left(&frame) > 0);
	fake_host_send(r->h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	assert_int_equal(left(&frame), 0);
	hide_people(r);
	rig_end(r);
}

/* The decoder of JPEG 2000 has the picture in planes of whole numbers. */
static void planes_of_a_chips_portrait(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	opj_image_cmptparm_t part[3] = {{0}};
	opj_cparameters_t how;
	struct jp2_file f;
	char cause[40];
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		part[i] = (opj_image_cmptparm_t){.dx = 1, .dy = 1, .w = RIG_SIDE, .h = RIG_SIDE, .prec = 8};
	opj_image_t *image = opj_image_create(3, part, OPJ_CLRSPC_SRGB);
	image->x1 = image->y1 = RIG_SIDE;
	for (unsigned c = 0; c < 3; c++)
		for (unsigned i = 0; i < RIG_SIDE * RIG_SIDE; i++)
			image->comps[c].data[i] = rig_person[0][3 * i + c];
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.tcp_mct = 1; /* lossless: what was drawn comes back */
	assert_true(jp2_write(image, &how, true, &f));
	int32_t row[NEEDLE / 4];
	for (size_t i = 0; i < NEEDLE / 4; i++)
		row[i] = rig_person[0][3 * (RIG_SIDE / 2 * RIG_SIDE + RIG_SIDE / 2 + i)];
	const struct needle plane = mask(row);
	is_distinct(&plane);
	explicit_bzero(row, sizeof row);
	opj_image_destroy(image);
	const unsigned before = left(&plane); /* of the encoder's, which has taken the planes */
	assert_int_equal(rig_take(r->h, 1, f.bytes, f.size, cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(left(&plane), before);
	free(f.bytes);
	rig_end(r);
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone_with_the_crossing),
		cmocka_unit_test(gone_by_other_ways),
		cmocka_unit_test(gone_in_the_midst),
		cmocka_unit_test(planes_of_a_chips_portrait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "";
	return rig_main(argc, argv, all);
}
