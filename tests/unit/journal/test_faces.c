/* SPDX-License-Identifier: Apache-2.0
 * Faces that are kept: sealed, opened only with a key, part of no record and no batch, gone with their time from every page of the
 * file, and never more than so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

enum { PICTURE = 40000, KEY_BYTES = 4096, FILE_BYTES = 16 << 20, NEEDLE = 24 };

static uint8_t picture[PICTURE];

static int set_up(void **state)
{
	*state = fixture_new(NULL);
	for (size_t i = 0; i < sizeof picture; i++)
		picture[i] = (uint8_t)(i * 2654435761U >> 13);
	return 0;
}

static int tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct journal_completion keep(struct journal *j, const char *crossing_id, int64_t wall_ms, size_t size)
{
	assert_int_equal(journal_keep_faces(j, 7, crossing_id, wall_ms, picture, size), 0);
	const struct journal_completion done = fixture_wait(j);
	assert_int_equal(done.operation, JOURNAL_FACES_KEPT);
	assert_int_equal(done.tag, 7);
	return done;
}

static uint32_t purge(struct journal *j, int64_t from, int64_t to)
{
	assert_int_equal(journal_purge_faces(j, 8, from, to), 0);
	const struct journal_completion done = fixture_wait(j);
	assert_int_equal(done.operation, JOURNAL_FACES_PURGED);
	assert_int_equal(done.result, 0);
	return done.faces;
}

struct seen {
	unsigned rows, opened, closed;
	char first[JOURNAL_ID_MAX + 1], last[JOURNAL_ID_MAX + 1];
};

static int on_row(void *context, const char *crossing_id, int64_t wall_ms, int result, const uint8_t *kept, size_t size)
{
	struct seen *s = context;
	if (s->rows++ == 0)
		snprintf(s->first, sizeof s->first, "%s", crossing_id);
	snprintf(s->last, sizeof s->last, "%s", crossing_id);
	assert_true(wall_ms > 0);
	if (result != 0) {
		assert_null(kept);
		assert_int_equal(size, 0);
		s->closed++;
		return 0;
	}
	assert_int_equal(size, PICTURE);
	assert_memory_equal(kept, picture, size);
	s->opened++;
	return 0;
}

static struct seen show(const struct fixture *f, const char *key)
{
	struct seen s = {0};
	uint8_t pem[KEY_BYTES];
	size_t size = 0;
	if (key != NULL) {
		FILE *in = fopen(key, "rb");
		assert_non_null(in);
		size = fread(pem, 1, sizeof pem, in);
		fclose(in);
	}
	assert_int_equal(journal_show_faces(f->path, key != NULL ? pem : NULL, size, on_row, &s), 0);
	return s;
}

/* Is a piece of these bytes in the database or its log? */
static bool in_files(const struct fixture *f, const uint8_t *needle)
{
	static uint8_t bytes[FILE_BYTES];
	bool found = false;
	for (unsigned i = 0; i < 2; i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", f->path, i == 0 ? "" : "-wal");
		FILE *in = fopen(name, "rb");
		if (in == NULL)
			continue;
		const size_t size = fread(bytes, 1, sizeof bytes, in);
		assert_true(size < sizeof bytes);
		fclose(in);
		found = found || memmem(bytes, size, needle, NEEDLE) != NULL;
	}
	return found;
}

/* From the middle of what is sealed of the oldest. */
static void take_needle(const struct fixture *f, uint8_t out[NEEDLE])
{
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT sealed FROM face ORDER BY id LIMIT 1", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_true(sqlite3_column_bytes(s, 0) > PICTURE);
	memcpy(out, (const uint8_t *)sqlite3_column_blob(s, 0) + PICTURE / 2, NEEDLE);
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void kept_for_keys(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	struct journal_verify_summary v;
	struct journal_batch b;
	static uint8_t buffer[JOURNAL_BATCH_BYTES_MAX];
	assert_int_equal(keep(j, "A", 1000, PICTURE).result, 0);
	assert_int_equal(keep(j, "B", 2000, PICTURE).result, 0);
	struct seen s = show(f, f->centre_key);
	assert_int_equal(s.opened, 2);
	assert_string_equal(s.first, "A");
	assert_string_equal(s.last, "B");
	assert_int_equal(show(f, f->escrow_key).opened, 2);
	assert_int_equal(show(f, NULL).closed, 2);
	/* The gate's own key is none of them, and no clear byte is in the file. */
	assert_int_equal(show(f, f->key).closed, 2);
	assert_false(in_files(f, picture + PICTURE / 2));
	/* No record, nothing for the centre, and the file is a journal still. */
	struct journal_status status;
	journal_status(j, &status);
	assert_int_equal(status.outbox, 0);
	assert_int_equal(status.head_seq, 0);
	assert_int_equal(journal_next_batch(j, 0, 0, 64, buffer, sizeof buffer, &b), PN_ENOTFOUND);
	assert_int_equal(fixture_append(j, 1, 3000, NULL, 0).seq, 1);
	journal_close(j);
	assert_int_equal(journal_verify(f->path, &(struct journal_verify_options){.checkpoint_pub_path = f->pub}, NULL, NULL, &v), 0);
	assert_int_equal(v.records, 1);
	/* And they outlive a restart. */
	j = fixture_open(f);
	assert_int_equal(show(f, f->centre_key).opened, 2);
	journal_close(j);
}

static void gone_with_their_time(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	uint8_t needle[NEEDLE];
	assert_int_equal(keep(j, "A", 1000, PICTURE).result, 0);
	assert_int_equal(keep(j, "B", 2000, PICTURE).result, 0);
	assert_int_equal(keep(j, "C", 9000, PICTURE).result, 0);
	take_needle(f, needle);
	assert_true(in_files(f, needle));
	assert_int_equal(purge(j, 1000, 9000), 0);
	assert_int_equal(show(f, NULL).rows, 3);
	/* Nobody has acknowledged anything: that is no reason to keep them. */
	assert_int_equal(purge(j, 1001, 9000), 1);
	assert_string_equal(show(f, NULL).first, "B");
	assert_false(in_files(f, needle));
	/* What is from a time that cannot have been goes too. */
	assert_int_equal(purge(j, 1001, 8999), 1);
	assert_string_equal(show(f, NULL).last, "B");
	assert_int_equal(purge(j, INT64_MAX, INT64_MAX), 1);
	assert_int_equal(show(f, NULL).rows, 0);
	journal_close(j);
}

static void never_too_many(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	char id[16];
	for (unsigned i = 0; i < JOURNAL_FACES_MAX + 3; i++) {
		snprintf(id, sizeof id, "%u", i);
		assert_int_equal(keep(j, id, 1000 + i, 10).result, 0);
	}
	struct seen s = show(f, NULL);
	assert_int_equal(s.rows, JOURNAL_FACES_MAX);
	assert_string_equal(s.first, "3");
	/* After all of them have gone, numbers begin anew, and so does the count. */
	assert_int_equal(purge(j, INT64_MAX, INT64_MAX), JOURNAL_FACES_MAX);
	assert_int_equal(keep(j, "again", 1000, 10).result, 0);
	assert_int_equal(show(f, NULL).rows, 1);
	journal_close(j);
}

static void refused(void **state)
{
	const struct fixture *f = *state;
	static uint8_t large[JOURNAL_FACES_BYTES_MAX + 1];
	struct journal_config c;
	struct journal *j = fixture_open(f);
	char id[JOURNAL_ID_MAX + 2];
	memset(id, 'x', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	assert_int_equal(journal_keep_faces(j, 1, "A", 1000, large, sizeof large), PN_ELIMIT);
	assert_int_equal(journal_keep_faces(j, 1, "A", 1000, large, 0), PN_EINVAL);
	assert_int_equal(journal_keep_faces(j, 1, "", 1000, large, 1), PN_EINVAL);
	assert_int_equal(journal_keep_faces(j, 1, id, 1000, large, 1), PN_EINVAL);
	journal_close(j);
	/* Nothing below the floor, and nothing that cannot be sealed. */
	fixture_config(f, &c);
	c.free_floor = UINT64_MAX;
	assert_int_equal(journal_open(&j, &c), 0);
	assert_int_equal(keep(j, "A", 1000, PICTURE).result, PN_ELIMIT);
	journal_close(j);
	fixture_config(f, &c);
	memset(&c.seal_centre, 0, sizeof c.seal_centre);
	memset(&c.seal_escrow, 0, sizeof c.seal_escrow);
	assert_int_equal(journal_open(&j, &c), 0);
	assert_int_equal(journal_keep_faces(j, 1, "A", 1000, picture, 1), PN_ECRYPTO);
	journal_close(j);
	assert_int_equal(show(f, NULL).rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(kept_for_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gone_with_their_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
