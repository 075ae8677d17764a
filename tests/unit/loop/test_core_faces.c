/* SPDX-License-Identifier: Apache-2.0
 * Pictures that passed through the core and are kept: just those that the lane names and the core holds, byte for byte, opened only with a
 * recipient's key, and gone when the configuration's time for them is over. Must never need a running core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../journal/fixture.h"
#include "base/clock.h"
#include "bus/blob.h"
#include "face.pb-c.h"
#include "loop/core_run.h"

enum { LIVE_BYTES = 40000, CHIP_BYTES = 15000, PRINTED_BYTES = 30000, KEY_BYTES = 4096, HOUR_MS = 3600000 };

struct place {
	struct fixture *f;
	struct core *core;
	struct config_unit unit;
	uint8_t *bytes[CORE_PICTURES]; /* what the core holds of each */
	struct bus_blob blob[CORE_PICTURES];
};

static const char crossing[] = "01J00000000000000000000001";

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	assert_non_null(p);
	p->f = fixture_new(NULL);
	p->core = calloc(1, sizeof *p->core);
	assert_non_null(p->core);
	p->unit.journal.failed_faces_hours = 1;
	p->core->unit = &p->unit;
	p->core->journal = fixture_open(p->f);
	for (int i = 0; i < CORE_PICTURES; i++)
		p->core->pictures[i].fd = -1;
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	for (int i = 0; i < CORE_PICTURES; i++) {
		if (p->core->pictures[i].fd >= 0)
			close(p->core->pictures[i].fd);
		free(p->bytes[i]);
	}
	journal_close(p->core->journal);
	fixture_free(p->f);
	free(p->core);
	free(p);
	return 0;
}

/* The core holds a picture of that size; what the lane says of it. */
static struct lane_picture hold(struct place *p, int which, const char *name, const char *media_type, size_t size)
{
	p->bytes[which] = malloc(size);
	assert_non_null(p->bytes[which]);
	for (size_t i = 0; i < size; i++)
		p->bytes[which][i] = (uint8_t)((i + (size_t)which * 7919) * 2654435761U >> 13);
	assert_int_equal(blob_create(p->bytes[which], size, &p->core->pictures[which].fd, &p->blob[which]), PN_OK);
	memcpy(p->core->pictures[which].sha256, p->blob[which].sha256, BUS_HASH_SIZE);
	return (struct lane_picture){name, media_type, p->core->pictures[which].sha256, size};
}

/* What the journal has when it has written; NULL: nothing. */
struct found {
	unsigned rows, closed;
	int64_t wall_ms;
	Postern__KeptFaces *kept;
};

static int on_row(void *context, const char *crossing_id, int64_t wall_ms, int result, const uint8_t *kept, size_t size)
{
	struct found *f = context;
	f->rows++;
	f->wall_ms = wall_ms;
	assert_string_equal(crossing_id, crossing);
	f->closed += result != PN_OK;
	if (result == PN_OK && f->kept == NULL)
		f->kept = postern__kept_faces__unpack(NULL, size, kept);
	return 0;
}

static struct found look(const struct place *p, const char *key)
{
	struct found f = {0};
	uint8_t pem[KEY_BYTES];
	FILE *in = fopen(key, "rb");
	assert_non_null(in);
	const size_t size = fread(pem, 1, sizeof pem, in);
	fclose(in);
	assert_int_equal(journal_show_faces(p->f->path, pem, size, on_row, &f), PN_OK);
	return f;
}

static unsigned rows(const struct place *p)
{
	struct found f = look(p, p->f->centre_key);
	if (f.kept != NULL)
		postern__kept_faces__free_unpacked(f.kept, NULL);
	return f.rows;
}

static bool keep(struct place *p, const struct lane_picture *faces, size_t count, int64_t wall_ms)
{
	const bool kept = faces_keep(p->core, crossing, wall_ms, faces, count);
	if (kept) {
		const struct journal_completion done = fixture_wait(p->core->journal);
		assert_int_equal(done.operation, JOURNAL_FACES_KEPT);
		assert_int_equal(done.tag, TAG_FACES);
		assert_int_equal(done.result, PN_OK);
		faces_done(&done);
	}
	return kept;
}

static void is_picture(const struct place *p, const Postern__KeptFace *f, int which, const char *name, const char *media_type)
{
	assert_string_equal(f->name, name);
	assert_string_equal(f->media_type, media_type);
	assert_int_equal(f->picture.len, p->blob[which].size);
	assert_memory_equal(f->picture.data, p->bytes[which], f->picture.len);
}

/* All three, as they came; whoever has the centre's key or the escrow holder's opens them, the gate does not. */
static void all_that_there_are(void **state)
{
	struct place *p = *state;
	const struct lane_picture faces[] = {hold(p, PICTURE_LIVE, "live", "image/jpeg", LIVE_BYTES), hold(p, PICTURE_CHIP, "chip", "image/jp2", CHIP_BYTES),
		hold(p, PICTURE_PRINTED, "printed", "image/jpeg", PRINTED_BYTES)};
	const char *keys[] = {p->f->centre_key, p->f->escrow_key};
	assert_true(keep(p, faces, 3, 1234567));
	for (size_t i = 0; i < PN_COUNT(keys); i++) {
		struct found f = look(p, keys[i]);
		assert_int_equal(f.rows, 1);
		assert_int_equal(f.wall_ms, 1234567);
		assert_non_null(f.kept);
		assert_string_equal(f.kept->crossing_id, crossing);
		assert_int_equal(f.kept->wall_ms, 1234567);
		assert_int_equal(f.kept->n_faces, 3);
		is_picture(p, f.kept->faces[0], PICTURE_LIVE, "live", "image/jpeg");
		is_picture(p, f.kept->faces[1], PICTURE_CHIP, "chip", "image/jp2");
		is_picture(p, f.kept->faces[2], PICTURE_PRINTED, "printed", "image/jpeg");
		postern__kept_faces__free_unpacked(f.kept, NULL);
	}
	const struct found own = look(p, p->f->key);
	assert_int_equal(own.closed, 1);
	assert_null(own.kept);
}

/* A picture that has not passed through, is not held any more, or is not what its digest says, is left out; without any, nothing is kept. */
static void only_what_is_held(void **state)
{
	struct place *p = *state;
	uint8_t unknown[BUS_HASH_SIZE] = "nobody has sent such a picture";
	struct lane_picture faces[] = {hold(p, PICTURE_LIVE, "live", "image/jpeg", LIVE_BYTES), hold(p, PICTURE_CHIP, "chip", NULL, CHIP_BYTES)};
	const struct lane_picture none[] = {{"live", "image/jpeg", unknown, LIVE_BYTES}};
	assert_false(keep(p, none, 1, 1000));
	assert_int_equal(rows(p), 0);
	faces[0].sha256 = unknown;
	assert_true(keep(p, faces, 2, 1000));
	struct found f = look(p, p->f->centre_key);
	assert_int_equal(f.kept->n_faces, 1);
	is_picture(p, f.kept->faces[0], PICTURE_CHIP, "chip", "");
	postern__kept_faces__free_unpacked(f.kept, NULL);
	/* of another size than the lane says; with other bytes than its digest */
	faces[1].size = CHIP_BYTES - 1;
	assert_false(keep(p, faces, 2, 1000));
	faces[1].size = 0;
	assert_false(keep(p, faces, 2, 1000));
	faces[1].size = CHIP_BYTES;
	p->core->pictures[PICTURE_CHIP].sha256[0] ^= 1;
	assert_false(keep(p, faces, 2, 1000));
	assert_int_equal(rows(p), 1);
}

/* Together they have room for JOURNAL_FACES_BYTES_MAX: what does not fit beside those before it is left out, and these are kept all the same. */
static void as_many_as_there_is_room_for(void **state)
{
	struct place *p = *state;
	const size_t half = JOURNAL_FACES_BYTES_MAX / 2;
	const struct lane_picture faces[] = {hold(p, PICTURE_LIVE, "live", "image/jpeg", half), hold(p, PICTURE_CHIP, "chip", "image/jp2", half),
		hold(p, PICTURE_PRINTED, "printed", "image/jpeg", PRINTED_BYTES)};
	assert_true(keep(p, faces, 3, 1000));
	struct found f = look(p, p->f->centre_key);
	assert_int_equal(f.kept->n_faces, 2);
	is_picture(p, f.kept->faces[0], PICTURE_LIVE, "live", "image/jpeg");
	is_picture(p, f.kept->faces[1], PICTURE_PRINTED, "printed", "image/jpeg");
	postern__kept_faces__free_unpacked(f.kept, NULL);
}

static void nothing_that_is_larger_than_all(void **state)
{
	struct place *p = *state;
	const struct lane_picture face = hold(p, PICTURE_LIVE, "live", "image/jpeg", JOURNAL_FACES_BYTES_MAX + 1);
	assert_false(keep(p, &face, 1, 1000));
	assert_int_equal(rows(p), 0);
}

static uint32_t purge(struct place *p)
{
	faces_purge(p->core);
	const struct journal_completion done = fixture_wait(p->core->journal);
	assert_int_equal(done.operation, JOURNAL_FACES_PURGED);
	assert_int_equal(done.tag, TAG_FACES);
	assert_int_equal(done.result, PN_OK);
	faces_done(&done);
	return done.faces;
}

/* By what the configuration says now; a time that is more than an hour ahead was never. */
static void until_their_time_is_over(void **state)
{
	struct place *p = *state;
	const struct lane_picture face = hold(p, PICTURE_LIVE, "live", "image/jpeg", LIVE_BYTES);
	const int64_t now = clock_wall_ms(), old = now - HOUR_MS - 1000;
	assert_true(keep(p, &face, 1, old));
	assert_true(keep(p, &face, 1, now - HOUR_MS / 2));
	assert_true(keep(p, &face, 1, now + HOUR_MS / 2));
	assert_true(keep(p, &face, 1, now + HOUR_MS + 600000));
	assert_int_equal(purge(p), 2);
	struct found f = look(p, p->f->centre_key);
	assert_int_equal(f.rows, 2);
	postern__kept_faces__free_unpacked(f.kept, NULL);
	p->unit.journal.failed_faces_hours = 2;
	assert_int_equal(purge(p), 0);
	p->unit.journal.failed_faces_hours = 0;
	assert_int_equal(purge(p), 2);
	assert_int_equal(rows(p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_that_there_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_is_held, set_up, tear_down),
		cmocka_unit_test_setup_teardown(as_many_as_there_is_room_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_that_is_larger_than_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(until_their_time_is_over, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
