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

#include "face/matcher.h"
#include "face_stage.h"
#include "match_rig.h"

#define WELL POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL
#define UNKNOWN POSTERN__CHECK_RESULT__CHECK_UNDETERMINED

static void matches(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	static uint8_t black[RIG_FRAME];
	Postern__FaceFrame broken[3];
	char cause[40];
	(void)state;
	rig_expect(r, 1, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	assert_int_equal(rig_take(h, 2, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	Postern__FaceMatched *a = rig_match(h, 3, r->same, 3, r->films, sizeof r->films);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true(a->scored && a->score_permille > a->threshold_permille);
	assert_int_equal(a->fmr_millionths, 1000);
	assert_int_equal(a->frames_used, 3);
	assert_int_equal(strlen(a->model_sha256), 64);
	postern__face_matched__free_unpacked(a, NULL);
	rig_expect(r, 4, r->other, 3, POSTERN__CHECK_RESULT__CHECK_FAILED,
		"face.no_match");
	/* Two of three are not enough, nor are frames that are no frames. */
	rig_expect(r, 5, r->same, 2, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	memcpy(broken, r->same, sizeof broken);
	broken[0].offset = UINT32_MAX;
	rig_expect(r, 6, broken, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	memcpy(broken, r->same, sizeof broken);
	broken[1].width = 4096;
	rig_expect(r, 7, broken, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	broken[1].width = RIG_SIDE;
	broken[1].format = POSTERN__FRAME_FORMAT__FRAME_NIR8;
	rig_expect(r, 8, broken, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.too_few_frames");
	rig_expect_of(h, 9, r->same, 3, NULL, 0, POSTERN__CHECK_RESULT__CHECK_ABORTED, "face.picture");
	/* A camera that shows nothing, or always the same, is no person's. */
	for (unsigned i = 0; i < 3; i++)
		broken[i] = rig_frame(0);
	rig_expect_of(h, 10, broken, 3, black, sizeof black, POSTERN__CHECK_RESULT__CHECK_ABORTED, "camera.black");
	rig_expect(r, 14, broken, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.too_few_frames");
	/* Nobody: a wall with a light. */
	rig_wall(r->films + RIG_FILM);
	a = rig_match(h, 15, r->other, 3, r->films, sizeof r->films);
	assert_int_equal(a->faults, FACE_NO_FACE);
	assert_string_equal(a->cause, "face.no_face");
	postern__face_matched__free_unpacked(a, NULL);
	/* Another crossing has no reference. */
	h->crossing_id = "01J00000000000000000000002";
	rig_expect(r, 13, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	h->crossing_id = "01J00000000000000000000001";
	/* A reference that cannot be had replaces the one before all the same. */
	assert_int_equal(rig_take(h, 11, r->file[0], r->size[0] / 2, cause), POSTERN__CHECK_RESULT__CHECK_ABORTED);
	assert_string_equal(cause, "face.picture");
	rig_expect(r, 12, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED,
		"face.no_reference");
	assert_int_equal(fake_host_count(h, "matches_total"), 13);
	rig_end(r);
}

/* Both people, at half their size, beside each other; each time with another line of noise. */
static void both_at(uint8_t *to, uint8_t noise)
{
	for (size_t y = 0; y < RIG_SIDE; y++)
		for (size_t x = 0; x < RIG_SIDE; x++) {
			const uint8_t *from = rig_person[x < RIG_SIDE / 2 ? 0 : 1] +
					      (y * 2 % RIG_SIDE * RIG_SIDE + x * 2 % RIG_SIDE) * 3;
			for (size_t c = 0; c < 3; c++)
				*to++ = y < RIG_SIDE / 2 ? from[c] : (uint8_t)(128 + (y == RIG_SIDE - 1 ? noise : 0));
		}
}

static const Postern__Check *check_of(const Postern__FaceMatched *a, const char *name)
{
	for (size_t i = 0; i < a->n_checks; i++)
		if (strcmp(a->checks[i]->name, name) == 0)
			return a->checks[i];
	fail();
	return NULL;
}

/* A second face in one frame or two is compared with nobody and ends nothing, but that one person was there nobody can say; in three it ends it. */
static void somebody_behind(void **state)
{
	(void)state;
	for (unsigned both = 1; both <= 3; both++) {
		struct rig *r = rig_begin("assisted", 1000, 120);
		uint8_t *blob = malloc(3 * RIG_FRAME + RIG_FILM);
		Postern__FaceFrame frames[6];
		char cause[40];
		assert_non_null(blob);
		for (unsigned i = 0; i < both; i++)
			both_at(blob + (size_t)i * RIG_FRAME, (uint8_t)i);
		memcpy(blob + (size_t)both * RIG_FRAME, r->films, RIG_FILM);
		for (unsigned i = 0; i < both + 3; i++)
			frames[i] = rig_frame(i * RIG_FRAME);
		assert_int_equal(rig_take(r->h, 1, r->file[0], r->size[0], cause), WELL);
		Postern__FaceMatched *a = rig_match(r->h, 2, frames, both + 3, blob, both * RIG_FRAME + RIG_FILM);
		const Postern__Check *one = check_of(a, "face.one_person");
		assert_string_equal(a->cause, both < 3 ? "" : "face.several_faces");
		assert_int_equal(a->result, both < 3 ? WELL : UNKNOWN);
		assert_int_equal(one->result, both < 3 ? UNKNOWN : POSTERN__CHECK_RESULT__CHECK_FAILED);
		assert_string_equal(one->reason, "face.several_faces");
		postern__face_matched__free_unpacked(a, NULL);
		rig_end(r);
		free(blob);
	}
}

static void reference_without_a_face(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	static uint8_t black[RIG_FRAME];
	uint8_t *file;
	char cause[40];
	(void)state;
	const size_t size = rig_jpeg(black, &file);
	assert_int_equal(rig_take(h, 1, file, size, cause), POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(cause, "face.no_face");
	rig_end(r);
	free(file);
}

static void forgotten(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 1);
	struct fake_host *h = r->h;
	char cause[40];
	(void)state;
	assert_int_equal(rig_take(h, 1, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	fake_host_run(h, 1500);
	rig_expect(r, 2, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	/* The crossing is over. */
	assert_int_equal(rig_take(h, 5, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	fake_host_send(h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	rig_expect(r, 6, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	/* A new core knows nothing of the crossing before. */
	assert_int_equal(rig_take(h, 3, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	h->plugin->core_started(h->self, 2);
	rig_expect(r, 4, r->same, 3, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "face.no_reference");
	rig_end(r);
}

/* --- faces that outlive their crossing ----------------------------------------------------------------------------- */

static const uint8_t name[16] = {"nobody guesses"}, other_name[16] = {"nor this one"};

static void keep(struct fake_host *h, const uint8_t *token, size_t size, uint32_t valid_ms)
{
	Postern__KeepFace k = POSTERN__KEEP_FACE__INIT;
	uint8_t bytes[64];
	k.face_token = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)token};
	k.valid_ms = valid_ms;
	fake_host_send(h, POSTERN__ENVELOPE__BODY_KEEP_FACE, 0, bytes, postern__keep_face__pack(&k, bytes));
}

static void drop(struct fake_host *h, const uint8_t *token, size_t size)
{
	Postern__DropFace d = POSTERN__DROP_FACE__INIT;
	uint8_t bytes[64];
	d.face_token = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)token};
	fake_host_send(h, POSTERN__ENVELOPE__BODY_DROP_FACE, 0, bytes, postern__drop_face__pack(&d, bytes));
}

static void recall(struct fake_host *h, uint64_t id, const uint8_t *token, size_t size, Postern__CheckResult expected)
{
	Postern__TakeReference q = POSTERN__TAKE_REFERENCE__INIT;
	uint8_t bytes[64];
	q.face_token = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)token};
	fake_host_send(h, POSTERN__ENVELOPE__BODY_TAKE_REFERENCE, id, bytes, postern__take_reference__pack(&q, bytes));
	const struct fake_message *m = fake_host_next(h, 5000);
	assert_non_null(m);
	assert_int_equal(m->query_id, id);
	Postern__ReferenceTaken *a = postern__reference_taken__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	assert_int_equal(a->result, expected);
	assert_string_equal(a->cause, expected == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL ? "" : "face.no_reference");
	postern__reference_taken__free_unpacked(a, NULL);
}

#define AT_KIOSK "01J00000000000000000000001"
#define AT_GATE "01J00000000000000000000002"

/* A kiosk's crossing whose face is kept, and is over. */
static void at_the_kiosk(struct fake_host *h, uint64_t id, const uint8_t *file, size_t size, uint32_t valid_ms)
{
	char cause[40];
	h->crossing_id = AT_KIOSK;
	assert_int_equal(rig_take(h, id, file, size, cause), WELL);
	keep(h, name, sizeof name, valid_ms);
	fake_host_send(h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	h->crossing_id = AT_GATE;
}

static void kept_for_the_gate(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	(void)state;
	at_the_kiosk(h, 1, r->file[0], r->size[0], 60000);
	rig_expect(r, 2, r->same, 3, UNKNOWN, "face.no_reference"); /* by its name alone */
	recall(h, 3, name, sizeof name, WELL);
	rig_expect(r, 4, r->other, 3, POSTERN__CHECK_RESULT__CHECK_FAILED, "face.no_match");
	rig_expect(r, 5, r->same, 3, WELL, "");
	h->crossing_id = AT_KIOSK;
	rig_expect(r, 6, r->same, 3, UNKNOWN, "face.no_reference");
	recall(h, 7, name, sizeof name, UNKNOWN); /* once */
	h->crossing_id = AT_GATE;
	fake_host_send(h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
	rig_expect(r, 8, r->same, 3, UNKNOWN, "face.no_reference");
	recall(h, 9, name, sizeof name, UNKNOWN);
	assert_int_equal(fake_host_count(h, "faces_kept_total"), 1);
	assert_int_equal(fake_host_count(h, "faces_recalled_total"), 1);
	rig_end(r);
}

/* Names that nobody gave, of another length, of results that are over, and of another core. */
static void names_that_are_none(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	char cause[40];
	(void)state;
	recall(h, 1, name, sizeof name, UNKNOWN);
	at_the_kiosk(h, 2, r->file[0], r->size[0], 60000);
	recall(h, 3, other_name, sizeof other_name, UNKNOWN);
	recall(h, 4, name, sizeof name - 1, UNKNOWN);
	recall(h, 5, name, sizeof name, WELL);
	/* A crossing that has no reference has none to keep; nor is one kept under no name, or for no time. */
	h->crossing_id = "01J00000000000000000000009";
	keep(h, name, sizeof name, 60000);
	recall(h, 6, name, sizeof name, UNKNOWN);
	assert_int_equal(rig_take(h, 7, r->file[0], r->size[0], cause), WELL);
	keep(h, name, 3, 60000);
	keep(h, NULL, 0, 60000);
	keep(h, name, sizeof name, 0);
	assert_int_equal(fake_host_count(h, "faces_kept_total"), 1);
	at_the_kiosk(h, 8, r->file[0], r->size[0], 300);
	fake_host_run(h, 500);
	recall(h, 9, name, sizeof name, UNKNOWN); /* its time is over */
	at_the_kiosk(h, 10, r->file[0], r->size[0], 60000);
	drop(h, other_name, sizeof other_name);
	drop(h, name, sizeof name);
	recall(h, 11, name, sizeof name, UNKNOWN);
	at_the_kiosk(h, 12, r->file[0], r->size[0], 60000);
	drop(h, NULL, 0);
	recall(h, 13, name, sizeof name, UNKNOWN);
	at_the_kiosk(h, 14, r->file[0], r->size[0], 60000);
	h->plugin->core_started(h->self, 2);
	recall(h, 15, name, sizeof name, UNKNOWN);
	rig_end(r);
}

static void send_frames(struct fake_host *h, uint64_t id, const uint8_t *blob)
{
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceFrame f[3] = {rig_frame(0), rig_frame(RIG_FRAME), rig_frame(RIG_FRAME * 2)}, *list[3] = {&f[0], &f[1], &f[2]};
	uint8_t bytes[256];
	q.frames = list;
	q.n_frames = 3;
	fake_host_send_blob(h, POSTERN__ENVELOPE__BODY_MATCH_FACE, id, bytes, postern__match_face__pack(&q, bytes), blob, RIG_FILM);
}

/* Two at once, each with the other's face before the camera of the other: neither hears what the other is told. */
static void a_gate_and_a_kiosk_at_once(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	const uint8_t *frames[2] = {r->films, r->films + RIG_FILM};
	char cause[40];
	unsigned answered = 0;
	(void)state;
	for (uint64_t id = 1; id <= 2; id++) {
		h->crossing_id = id == 1 ? AT_KIOSK : AT_GATE;
		assert_int_equal(rig_take(h, id, r->file[id - 1], r->size[id - 1], cause), WELL);
	}
	h->crossing_id = AT_KIOSK;
	send_frames(h, 3, frames[0]);
	h->crossing_id = AT_GATE;
	send_frames(h, 4, frames[0]);
	while (answered < 2) {
		const struct fake_message *m = fake_host_next(h, 20000);
		assert_non_null(m);
		Postern__FaceMatched *a = postern__face_matched__unpack(NULL, m->size, m->bytes);
		assert_non_null(a);
		assert_int_equal(a->result, m->query_id == 3 ? WELL : POSTERN__CHECK_RESULT__CHECK_FAILED);
		postern__face_matched__free_unpacked(a, NULL);
		answered++;
	}
	/* Asked again of the same crossing, what was under way ends; of the other, it goes on. */
	h->crossing_id = AT_KIOSK;
	send_frames(h, 5, frames[0]);
	h->crossing_id = AT_GATE;
	send_frames(h, 6, frames[1]);
	send_frames(h, 7, frames[1]);
	for (answered = 0; answered < 3; answered++) {
		const struct fake_message *m = fake_host_next(h, 20000);
		assert_non_null(m);
		Postern__FaceMatched *a = postern__face_matched__unpack(NULL, m->size, m->bytes);
		assert_non_null(a);
		assert_string_equal(a->cause, m->query_id == 6 ? "face.asked_again" : "");
		postern__face_matched__free_unpacked(a, NULL);
	}
	rig_end(r);
}

/* A sixth crossing takes the place of the one that has been there longest. */
static void more_crossings_than_seats(void **state)
{
	struct rig *r = rig_begin("assisted", 1000, 120);
	struct fake_host *h = r->h;
	static char id[6][27];
	char cause[40];
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		snprintf(id[i], sizeof id[i], "01J0000000000000000000000%u", i);
		h->crossing_id = id[i];
		assert_int_equal(rig_take(h, i + 1, r->file[0], r->size[0], cause), WELL);
		fake_host_run(h, 5);
	}
	for (unsigned i = 0; i < 6; i++) {
		h->crossing_id = id[i];
		rig_expect(r, 10 + i, r->same, 3, i == 0 ? UNKNOWN : WELL, i == 0 ? "face.no_reference" : "");
	}
	rig_end(r);
}

/* --- whoever comes to the gate ------------------------------------------------------------------------------------- */

/* The caller frees it. */
static Postern__FaceFound *find(struct fake_host *h, uint64_t id, const uint8_t *blob, size_t size)
{
	Postern__FindFace q = POSTERN__FIND_FACE__INIT;
	Postern__FaceFrame f[3] = {rig_frame(0), rig_frame(RIG_FRAME), rig_frame(RIG_FRAME * 2)}, *list[3] = {&f[0], &f[1], &f[2]};
	uint8_t bytes[256];
	q.frames = list;
	q.n_frames = 3;
	h->crossing_id = NULL;
	fake_host_send_blob(h, POSTERN__ENVELOPE__BODY_FIND_FACE, id, bytes, postern__find_face__pack(&q, bytes), blob, size);
	const struct fake_message *m = fake_host_next(h, 20000);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_FACE_FOUND);
	assert_int_equal(m->query_id, id);
	Postern__FaceFound *a = postern__face_found__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	return a;
}

/* token NULL: nobody is found, and why. */
static void finds(struct fake_host *h, uint64_t id, const uint8_t *blob, const uint8_t *token, const char *cause)
{
	Postern__FaceFound *a = find(h, id, blob, RIG_FILM);
	assert_string_equal(a->cause, cause);
	assert_int_equal(a->result == WELL, token != NULL);
	assert_int_equal(a->face_token.len, token != NULL ? 16 : 0);
	if (token != NULL) {
		assert_memory_equal(a->face_token.data, token, 16);
		assert_int_equal(a->candidates, 1);
		assert_true(a->score_permille >= a->threshold_permille && a->threshold_permille > 0);
		assert_int_equal(a->fmr_millionths, 1000 * a->compared);
	}
	assert_int_equal(a->somebody, strcmp(cause, "face.no_face") != 0);
	postern__face_found__free_unpacked(a, NULL);
}

static void keep_one(struct fake_host *h, uint64_t id, const char *crossing, const uint8_t *file, size_t size, const uint8_t *token, uint32_t ms)
{
	char cause[40];
	h->crossing_id = crossing;
	assert_int_equal(rig_take(h, id, file, size, cause), WELL);
	keep(h, token, 16, ms);
	fake_host_send(h, POSTERN__ENVELOPE__BODY_FORGET_FACE, 0, NULL, 0);
}

struct door {
	struct rig *r;
	const uint8_t *person[2]; /* the rig's films */
	uint8_t wall[RIG_FILM];
};

static struct door *door_begin(void)
{
	static struct door d;
	d.r = rig_begin("assisted", 1000, 120);
	d.person[0] = d.r->films;
	d.person[1] = d.r->films + RIG_FILM;
	rig_wall(d.wall);
	return &d;
}

static void whoever_comes(void **state)
{
	const struct door *d = door_begin();
	struct fake_host *h = d->r->h;
	(void)state;
	finds(h, 1, d->person[0], NULL, "face.no_match"); /* nobody's face is kept */
	finds(h, 2, d->wall, NULL, "face.no_face");
	keep_one(h, 3, AT_KIOSK, d->r->file[0], d->r->size[0], name, 60000);
	finds(h, 4, d->person[1], NULL, "face.no_match");
	finds(h, 5, d->person[1], NULL, "face.asked_again"); /* one try, until nobody stands there */
	finds(h, 6, d->person[0], NULL, "face.asked_again");
	finds(h, 7, d->wall, NULL, "face.no_face");
	finds(h, 8, d->person[0], name, "");
	finds(h, 9, d->person[0], NULL, "face.asked_again");
	finds(h, 10, d->wall, NULL, "face.no_face");
	/* Two are kept: the other one, too, is told from them. */
	keep_one(h, 11, AT_KIOSK, d->r->file[1], d->r->size[1], other_name, 60000);
	finds(h, 12, d->person[1], other_name, "");
	finds(h, 13, d->wall, NULL, "face.no_face");
	/* Taken for the gate's crossing, a face is nobody's to find. */
	h->crossing_id = AT_GATE;
	recall(h, 14, other_name, sizeof other_name, WELL);
	finds(h, 15, d->person[1], NULL, "face.no_match");
	finds(h, 16, d->wall, NULL, "face.no_face");
	assert_int_equal(fake_host_count(h, "searches_successful_total"), 2);
	rig_end(d->r);
}

static void nobody_for_sure(void **state)
{
	static uint8_t black[RIG_FILM];
	const struct door *d = door_begin();
	struct fake_host *h = d->r->h;
	(void)state;
	/* One face under two names: which of them? */
	keep_one(h, 1, AT_KIOSK, d->r->file[0], d->r->size[0], name, 60000);
	keep_one(h, 2, AT_GATE, d->r->file[0], d->r->size[0], other_name, 60000);
	Postern__FaceFound *a = find(h, 3, d->person[0], RIG_FILM);
	assert_string_equal(a->cause, "face.several_matches");
	assert_true(a->candidates == 2 && a->compared == 2 && a->face_token.len == 0);
	postern__face_found__free_unpacked(a, NULL);
	finds(h, 4, d->wall, NULL, "face.no_face");
	drop(h, other_name, sizeof other_name);
	finds(h, 5, d->person[0], name, "");
	finds(h, 6, d->wall, NULL, "face.no_face");
	/* A third face: nobody has measured a threshold for a third of the rate. */
	keep_one(h, 7, AT_KIOSK, d->r->file[1], d->r->size[1], other_name, 60000);
	keep_one(h, 8, AT_GATE, d->r->file[1], d->r->size[1], (const uint8_t *)"one more name 16", 60000);
	finds(h, 9, d->person[0], NULL, "face.no_threshold");
	finds(h, 10, d->wall, NULL, "face.no_face");
	drop(h, NULL, 0);
	/* Its time ends while the traveller stands there; and blobs that are none. */
	keep_one(h, 11, AT_KIOSK, d->r->file[0], d->r->size[0], name, 200);
	fake_host_run(h, 300);
	finds(h, 12, d->person[0], NULL, "face.no_match");
	a = find(h, 13, black, RIG_FILM);
	assert_string_equal(a->cause, "camera.black");
	postern__face_found__free_unpacked(a, NULL);
	a = find(h, 14, d->person[0], 10);
	assert_int_not_equal(a->result, WELL);
	postern__face_found__free_unpacked(a, NULL);
	a = find(h, 15, NULL, 0);
	assert_string_equal(a->cause, "face.picture");
	postern__face_found__free_unpacked(a, NULL);
	rig_end(d->r);
}

static void without_a_threshold(void **state)
{
	struct rig *r = rig_begin("assisted", 1, 120); /* one in a million: nobody measured it */
	struct fake_host *h = r->h;
	char cause[40];
	(void)state;
	assert_int_equal(rig_take(h, 1, r->file[0], r->size[0], cause), POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	Postern__FaceMatched *a = rig_match(h, 2, r->same, 3, r->films, sizeof r->films);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(a->cause, "face.no_threshold");
	assert_true(a->scored); /* for the officer */
	assert_int_equal(a->fmr_millionths, 0);
	postern__face_matched__free_unpacked(a, NULL);
	rig_end(r);
	/* Unattended it does not start: neither without a threshold, nor, with one, without attack
	 * detection. */
	for (unsigned k = 0; k < 2; k++) {
		h = rig_host("unattended", k == 0 ? 1 : 1000, 120);
		assert_int_equal(fake_host_start(h), PN_EUNSUPPORTED);
		fake_host_free(h);
	}
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(somebody_behind),
		cmocka_unit_test(reference_without_a_face),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(kept_for_the_gate),
		cmocka_unit_test(names_that_are_none),
		cmocka_unit_test(a_gate_and_a_kiosk_at_once),
		cmocka_unit_test(more_crossings_than_seats),
		cmocka_unit_test(whoever_comes),
		cmocka_unit_test(nobody_for_sure),
		cmocka_unit_test(without_a_threshold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv, all);
}
